"""A backup holds the whole world, and a restore brings it back as it was, documents included."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.commands.backup import FILES, backup, restore
from domain import migrations, orders
from domain.kernel import database as db
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.settings import Unusable, settings
from domain.kernel.work import begin, run
from domain.reports import violations
from tests.conftest import pointed_to
from tests.domain.test_strangers import Watch, World, make_world


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Documents in a folder of the test's own; the database is told by DATABASE_URL."""
    monkeypatch.setenv("WHOLESALE_HOME", str(tmp_path / "one"))
    settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def empty_database(server: str, drop_database: Callable[[str], None]) -> Iterator[str]:
    name = f"wholesale_restored_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    db.dispose()
    drop_database(name)


def holds() -> None:
    with begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []


def document(world: World) -> bytes:
    with begin(world.maker.owner) as work:
        return files.read(work, file_id=world.file)[0]


def test_a_backup_is_restored_elsewhere_and_in_place(
    home: Path, fresh_database: str, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    watch = Watch(world.market)
    before, kept = watch.rows(), document(world)
    backup(home / "backup.zip")
    with pytest.raises(Unusable, match="exists already"):
        backup(home / "backup.zip")
    with zipfile.ZipFile(home / "backup.zip") as archive:
        kept_files = {name for name in archive.namelist() if name.startswith(FILES)}
    with begin(Actor.system()) as work:
        digests = work.session.scalars(text("select distinct sha256 from files")).all()
    assert len(kept_files) == len(digests) > 1

    # In place: refused while there is data, then what happened since is gone.
    run(world.maker.owner, orders.decline_order, order_id=world.paid, reason="after the backup")
    changed = watch.rows()
    with pytest.raises(Unusable, match="--replace"):
        restore(home / "backup.zip")
    assert watch.rows() == changed != before
    db.dispose()
    restore(home / "backup.zip", replace=True)
    assert watch.rows() == before
    holds()

    # Elsewhere: an empty database and an empty data folder.
    monkeypatch.setenv("WHOLESALE_HOME", str(home / "two"))
    with pointed_to(empty_database):
        restore(home / "backup.zip")
        assert migrations.head_is_current()
        assert (watch.rows(), document(world)) == (before, kept)
        holds()
        run(world.maker.owner, orders.confirm_order, order_id=world.paid)  # and trade goes on
        holds()


def test_a_damaged_backup_changes_nothing(home: Path, fresh_database: str) -> None:
    world = make_world()
    watch = Watch(world.market)
    backup(home / "whole.zip")
    whole = (home / "whole.zip").read_bytes()
    middle = len(whole) // 2
    (home / "damaged.zip").write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    (home / "short.zip").write_bytes(whole[:middle])
    before, kept = watch.rows(), document(world)
    for name in ("damaged.zip", "short.zip", "absent.zip"):
        with pytest.raises(Unusable, match="not a whole backup"):
            restore(home / name, replace=True)
    assert (watch.rows(), document(world)) == (before, kept)
