"""`wholesale backup` and `wholesale restore`: the database and the documents in one file.

A backup is a zip archive: `database.dump` (pg_dump's custom format), the folder `files/`, and `manifest.json`
with the hash of every member. It is written beside its name first, so a backup that exists is whole. The
secret key is left out: whoever holds a backup must not be able to sign sessions.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files/"
FORMAT = 1
_CHUNK = 1024 * 1024
# What the warehouse holds is built again from these.
_SCHEMAS = ("market", "jobs")


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(file: Annotated[Path, typer.Argument(help="Where the backup is written; it must not exist.")]) -> None:
    """Write the database and the documents into one file, while the product runs."""
    from domain.kernel.settings import Unusable, settings

    if file.exists():
        raise Unusable(f"{file} exists already; a backup never overwrites another.")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
        dump, partial = Path(folder) / DUMP, Path(folder) / "backup.zip"
        # Documents are never changed or removed: those that the dump names are there when it is done.
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            members = {DUMP: _add(archive, dump, DUMP)}
            for path, name in _documents(settings().home / "files"):
                members[name] = _add(archive, path, name)
            manifest = {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(), "members": members}
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        with partial.open("rb") as whole:
            os.fsync(whole.fileno())
        partial.rename(file)
    _write_down()
    typer.echo(f"Wrote {file}: {file.stat().st_size:,} bytes, {len(members) - 1:,} documents.")


def _write_down() -> None:
    """Let the screens know how old the last backup is; a backup of an older version has nowhere to say it."""
    from domain import migrations, reports
    from domain.kernel.actor import Actor
    from domain.kernel.work import run

    if migrations.head_is_current():
        run(Actor.system(), reports.record_job, name=reports.BACKUP)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `wholesale backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what is there now.")] = False,
) -> None:
    """Bring a backup back: into an empty installation, or in place of what is there with --replace."""
    from app.run import instance
    from domain import migrations
    from domain.kernel.settings import Unusable, settings

    if instance.status()["instance"].startswith("running"):
        raise Unusable("The product is running; stop it with `wholesale stop` before a restore.")
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings().folder("run")) as folder:
        manifest = _unpack(file, Path(folder))
        if not replace and (_has_tables() or any(_documents(settings().home / "files"))):
            raise Unusable("There is data here already; --replace throws it away and takes the backup instead.")
        _empty_database()
        script = Path(folder) / "database.sql"
        _run("pg_restore", "--no-owner", f"--file={script}", str(Path(folder) / DUMP))
        _leave_out_newer_settings(script)
        _run(
            "psql",
            "--quiet",
            "--no-psqlrc",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--file={script}",
            _dsn(),
        )
        _put_documents(Path(folder) / "files", settings().home / "files")
    # What is newer here than in the backup is migrated, and the roles of this installation get their rights.
    migrations.upgrade()
    typer.echo(f"Restored the backup of {manifest['made_at']}: {len(manifest['members']) - 1:,} documents.")


# --- the archive -------------------------------------------------------------------------------


def _documents(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every document with its name in the archive; drafts that begin with a dot are not yet documents."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            yield path, FILES + path.relative_to(folder).as_posix()


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> dict[str, Any]:
    archive.write(path, name)
    return {"sha256": _hash_of(path), "bytes": path.stat().st_size}


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Take out exactly what the manifest lists, and see that each member is what it says."""
    from domain.kernel.settings import Unusable

    damaged = f"{file} is not a whole backup; nothing was changed."
    try:
        with zipfile.ZipFile(file) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise Unusable(f"{file} was written by another version of the product; nothing was changed.")
            for name, expected in manifest["members"].items():
                path = folder / name
                if not path.resolve().is_relative_to(folder.resolve()):
                    raise Unusable(damaged)
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK)
                if _hash_of(path) != expected["sha256"]:
                    raise Unusable(damaged)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise Unusable(damaged) from problem
    return manifest


def _put_documents(source: Path, target: Path) -> None:
    """The documents of the backup take the place of those that are there."""
    source.mkdir(exist_ok=True)
    aside = target.with_name(f"files.before-restore.{os.getpid()}")
    if target.exists():
        target.rename(aside)
    shutil.copytree(source, target)
    shutil.rmtree(aside, ignore_errors=True)


# --- the database ------------------------------------------------------------------------------


def _dsn() -> str:
    """The owner's address without its password, which travels in the environment."""
    from sqlalchemy.engine import make_url

    from domain.kernel import database

    # `set` takes None for "leave it".
    return make_url(database.url(database.Role.OWNER, driver=""))._replace(password=None).render_as_string()


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the owner of the database."""
    from sqlalchemy.engine import make_url

    from domain.kernel import database
    from domain.kernel.settings import Unusable, child_environment

    database.ensure_running()
    password = make_url(database.url(database.Role.OWNER, driver="")).password
    environment = child_environment({"PGPASSWORD": str(password)} if password else {})
    words = [_program(program), *arguments]
    if program == "pg_dump":
        words += [f"--dbname={_dsn()}", *(f"--schema={schema}" for schema in _SCHEMAS)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise Unusable(f"{program} could not do it: {told[-1] if told else 'it gave no reason'}.")


def _leave_out_newer_settings(script: Path) -> None:
    """Programs of a newer PostgreSQL begin their script with settings that an older server does not know."""
    whole = script.with_suffix(".all")
    script.rename(whole)
    with whole.open("rb") as lines, script.open("wb") as kept:
        for number, line in enumerate(lines):
            if number > 60 or not line.startswith(b"SET transaction_timeout"):
                kept.write(line)
    whole.unlink()


def _program(name: str) -> str:
    """PostgreSQL's own program: the embedded one, else one on the path."""
    from domain.kernel import postgres
    from domain.kernel.settings import Unusable

    try:
        embedded = postgres.bin_dir() / name
        if embedded.exists():
            return str(embedded)
    except Unusable:
        pass
    found = shutil.which(name)
    if found is None:
        raise Unusable(f"{name} was not found; install PostgreSQL's client programs.")
    return found


def _has_tables() -> bool:
    from domain.kernel import database

    with database.connect(database.Role.OWNER) as connection:
        found = connection.execute("select to_regclass('market.organizations')").fetchone()
        if found is None or found[0] is None:
            return False
        row = connection.execute("select exists (select 1 from market.organizations)").fetchone()
        return bool(row and row[0])


def _empty_database() -> None:
    """Take away our schemas and what the warehouse made of them; it is built again.

    The backup grants rights to the roles of the product by name, so they are made first.
    """
    from psycopg import sql

    from domain.kernel import database

    database.make_roles()
    database.make_databases()
    for role in (database.Role.BUILDER, database.Role.OWNER):
        with database.connect(role) as connection:
            owned = connection.execute(
                "select nspname from pg_namespace where nspowner = current_user::regrole and nspname <> 'public'"
                " and nspname !~ '^pg_' and nspname <> 'information_schema'"
            ).fetchall()
            for (schema,) in owned:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
    with database.connect(database.Role.OWNER) as connection:
        for extension in database.EXTENSIONS:
            connection.execute(
                sql.SQL("create extension if not exists {} with schema public").format(sql.Identifier(extension))
            )
