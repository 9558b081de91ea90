"""How a database comes to the shape that this code expects: forward only, by one starter at a time.

Schema `market` holds the application and its `alembic_version`; schema `jobs` holds the job queue, which
brings its own tables. `upgrade` may be called as often as one likes and by several starters at once.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, ProgrammingError

from domain.kernel import database
from domain.kernel.database import Role, role_name

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = "market"
JOBS = "jobs"
VERSION_TABLE = "alembic_version"

_LOCK = 4242_1001  # one number for everybody who migrates
_log = logging.getLogger(__name__)


def upgrade() -> None:
    """Bring server, roles, databases, tables and job queue up to date.

    Raises: Unusable, when the server cannot carry the product.
    """
    database.ensure_running()
    try:
        database.check_server()
        database.make_roles()
        database.make_databases()
        with _one_at_a_time():
            _prepare_schemas()
            _upgrade_jobs()  # first: functions of the application enqueue jobs
            _upgrade_tables()
            _grant()
    except DBAPIError as problem:
        raise (database.explain(problem) or problem) from problem


def head_is_current() -> bool:
    """Whether the database has seen every migration that this code knows."""
    try:
        with database.engine(Role.APP).connect() as connection:
            found = connection.execute(sa.text("select version_num from market.alembic_version"))
            return {str(version_num) for (version_num,) in found} == set(heads())
    except ProgrammingError:  # no schema or no table yet
        return False


def heads() -> tuple[str, ...]:
    """The newest revisions that this code knows."""
    from alembic.script import ScriptDirectory

    return tuple(ScriptDirectory.from_config(configuration()).get_heads())


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def metadata() -> sa.MetaData:
    """The tables of every module of the domain, for comparing code and database."""
    import domain
    from domain.kernel.records import Record

    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        is_kernel = module.name.startswith("domain.kernel.") and not module.ispkg
        if module.name.endswith(".models") or is_kernel:
            importlib.import_module(module.name)
    return Record.metadata


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with database.connect(Role.OWNER) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])  # waits as long as the other one works
        yield


def _prepare_schemas() -> None:
    with database.connect(Role.OWNER) as connection:
        for schema in (SCHEMA, JOBS):
            connection.execute(f"create schema if not exists {schema}")


def _upgrade_tables() -> None:
    from alembic import command

    with database.engine(Role.OWNER).connect() as connection:
        command.upgrade(configuration(connection), "head")
        connection.commit()


# --- the job queue -----------------------------------------------------------------------------


def _upgrade_jobs() -> None:
    """Bring the queue's own tables to the installed version; the schema's comment tells what is there."""
    wanted = version("procrastinate")
    with database.engine(Role.OWNER).begin() as connection:
        connection.exec_driver_sql(f"set local search_path = {JOBS}, public")
        there = connection.execute(sa.text("select obj_description(cast('jobs' as regnamespace))")).scalar()
        if there == wanted:
            return
        has_tables = connection.execute(sa.text("select to_regclass('jobs.procrastinate_jobs')")).scalar()
        files = _jobs_migrations(there or "0") if has_tables else [_jobs_folder() / "schema.sql"]
        for file in files:
            _run_script(connection, file.read_text())
        connection.exec_driver_sql(f"comment on schema {JOBS} is '{wanted}'")
        _log.info("job queue %s", wanted)


def _jobs_folder() -> Path:
    return Path(str(resources.files("procrastinate.sql")))


def _jobs_migrations(after: str) -> list[Path]:
    """The queue's migrations that are newer than a version, in order; files are named 03.04.00_01_..."""
    have = _numbers(after)
    return [
        file
        for file in sorted((_jobs_folder() / "migrations").glob("*.sql"))
        if _numbers(file.name.split("_", 1)[0]) > have
    ]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _run_script(connection: sa.Connection, script: str) -> None:
    # Straight to libpq: one simple query may carry many statements, and % stays %.
    driver: Any = connection.connection.driver_connection
    driver.execute(script, prepare=False)


def _grant() -> None:
    app, builder, analyst = (role_name(role) for role in (Role.APP, Role.BUILDER, Role.ANALYST))
    with database.engine(Role.OWNER).begin() as connection:
        quote = connection.dialect.identifier_preparer.quote
        for statement in (
            f"grant usage on schema {SCHEMA} to {quote(app)}, {quote(builder)}, {quote(analyst)}",
            f"grant select on {SCHEMA}.{VERSION_TABLE} to {quote(app)}, {quote(builder)}",
            f"grant usage on schema {JOBS} to {quote(app)}",
            f"grant select, insert, update, delete on all tables in schema {JOBS} to {quote(app)}",
            f"grant usage, select on all sequences in schema {JOBS} to {quote(app)}",
            f"grant execute on all functions in schema {JOBS} to {quote(app)}",
        ):
            connection.exec_driver_sql(statement)


__all__ = ["JOBS", "SCHEMA", "configuration", "head_is_current", "heads", "metadata", "upgrade"]
