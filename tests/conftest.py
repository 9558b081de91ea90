"""What all tests share: a real PostgreSQL, migrated once, and a clean world for each test.

With DATABASE_URL the tests use that server (its user must be allowed to make databases and roles), else
one embedded server for the whole session, shared by all workers. `database` gives a test one outer
transaction that is rolled back; `fresh_database` gives it a database of its own with real commits.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import pickle
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import make_url

from domain import migrations
from domain.kernel import database as db
from domain.kernel import postgres
from domain.kernel.settings import PROJECT, settings

if TYPE_CHECKING:
    from tests.make.traded import Traded

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
_HOME = "WHOLESALE_TEST_HOME"  # made by the first process, known to its workers
_RUN = "WHOLESALE_TEST_RUN"
_OURS = ("WHOLESALE_TEST_", "WHOLESALE_SHARED_DATA", "WHOLESALE_ROUND", "WHOLESALE_PICTURES")
_MADE_HERE: list[Path] = []
_numbers = count(1)


# --- one session, one server -------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if _HOME not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="wholesale-test-"))
        home.chmod(0o755)  # another user must be able to enter when root has to step down
        _MADE_HERE.append(home)
        os.environ[_HOME] = str(home)
        os.environ[_RUN] = uuid4().hex[:8]
        os.environ["WHOLESALE_TEST_SERVER"] = os.environ.get("DATABASE_URL", "")
    for name in [name for name in os.environ if name.startswith("WHOLESALE_") and not name.startswith(_OURS)]:
        del os.environ[name]  # the settings of the instance that a developer works on are none of the tests'
    os.environ["WHOLESALE_HOME"] = os.environ[_HOME]
    os.environ["WHOLESALE_ENVIRONMENT"] = "test"
    os.environ["WHOLESALE_SECRET_KEY"] = "a key for tests, known to everybody"
    settings.cache_clear()


def pytest_unconfigure(config: pytest.Config) -> None:
    for home in _MADE_HERE:
        db.dispose()
        _drop_clones()
        postgres.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    _MADE_HERE.clear()


# The files that take longest, longest first. A worker takes whole files; one that begins late ends alone.
LONG = (
    "browser/test_market_day.py", "pipelines/test_build.py", "domain/test_strangers.py",
    "browser/test_registration.py", "browser/test_verification.py", "app/test_run_instance.py",
    "app/test_strangers_screens.py", "orchestration/test_definitions.py", "app/test_masks.py",
    "app/test_screens_seller_admin.py", "app/test_demo.py", "pipelines/test_metrics_again.py",
    "proof/test_last_units.py", "domain/reports/test_verify.py", "domain/identity/test_matrix.py",
    "domain/orders/test_order_machine.py", "domain/reports/test_metrics.py", "domain/kernel/test_postgres.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path, len(LONG)))


def pytest_collection_finish(session: pytest.Session) -> None:
    # What is there by now stays: looking through all of it again and again for garbage is a tenth of the tests' time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@contextmanager
def pointed_to(url: str | None) -> Iterator[None]:
    """This process and its children work on another database for a while."""
    before = os.environ.get("DATABASE_URL")
    _point(url)
    try:
        yield
    finally:
        _point(before)


def _point(url: str | None) -> None:
    db.dispose()
    if url is None:
        os.environ.pop("DATABASE_URL", None)
    else:
        os.environ["DATABASE_URL"] = url
    settings.cache_clear()


def _server_url() -> str:
    """The owner's address of the server under test, embedded or given."""
    given = os.environ.get("WHOLESALE_TEST_SERVER")
    return given or postgres.start(Path(os.environ[_HOME])).url()


@contextmanager
def _one_worker_at_a_time(what: str = "template") -> Iterator[None]:
    with open(Path(os.environ[_HOME]) / f"{what}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def server() -> str:
    """The owner's address of the server, in libpq's plain form."""
    url = _server_url()
    _point(url)
    return db.url(db.Role.OWNER, driver="")


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database that has every migration; made once for each state of the migrations."""
    name = f"wholesale_test_{_fingerprint()}"
    with _one_worker_at_a_time():
        if not _exists(server, name):
            half_made = f"{name}_making"
            _drop(server, half_made)
            _execute(server, "create database {}", half_made)
            with pointed_to(_named(server, half_made)):
                migrations.upgrade()
            _execute(server, "alter database {} rename to {}", half_made, name)
    return name


def _fingerprint() -> str:
    digest = hashlib.sha256(version("procrastinate").encode())
    folder = PROJECT / "domain" / "migrations"
    for file in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".sql")):
        digest.update(file.read_bytes())
    digest.update((PROJECT / "domain" / "kernel" / "database.py").read_bytes())
    return digest.hexdigest()[:12]


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: str, *names: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


def _drop(server: str, name: str) -> None:
    """Drop a database whoever is still in it.

    A session that a thread or an uncollected pool left behind is ended by its own role: `with (force)` may end
    those of others only as a superuser, and refuses all the rest while an autovacuum worker is inside
    (PostgreSQL 15). A plain drop sends that worker away.
    """
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        for attempt in range(20):
            how = "drop database if exists {} with (force)" if attempt % 2 == 0 else "drop database if exists {}"
            try:
                connection.execute(sql.SQL(how).format(sql.Identifier(name)))  # type: ignore[arg-type]
                return
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse) as error:
                inside = connection.execute(_INSIDE, [name]).fetchall()
                refusal = error
                _end_sessions(server, name)
                time.sleep(0.2)
        raise AssertionError(f"{name} could not be dropped; inside are {inside}") from refusal


_INSIDE = "select usename, application_name, backend_type, state, query from pg_stat_activity where datname = %s"
_END_MINE = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
"""


def _end_sessions(server: str, name: str) -> None:
    """End what each of our roles still has open in a database."""
    import psycopg

    with pointed_to(_named(server, name)):
        for role in (db.Role.APP, db.Role.BUILDER, db.Role.ANALYST, db.Role.OWNER):
            with suppress(psycopg.Error), psycopg.connect(db.url(role, driver=""), autocommit=True) as connection:
                connection.execute(_END_MINE)


def _exists(server: str, name: str) -> bool:
    import psycopg

    with psycopg.connect(server) as connection:
        return connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def _clone_name() -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    # All names are of one length, see `_keep_the_parsed_project`.
    return f"wholesale_clone_{os.environ[_RUN]}_{worker:_>5}_{os.getpid():07}_{next(_numbers):05}"


def _clone(server: str, template: str) -> str:
    name = _clone_name()
    _take_the_parsed_project(name)
    with _one_worker_at_a_time():
        _execute(server, "create database {} template {}", name, template)
    # A test may kill processes, never the machine: commits need not wait for the disk.
    _execute(server, "alter database {} set synchronous_commit = off", name)
    return name


def _drop_clone(server: str, name: str) -> None:
    _drop(server, name)
    _keep_the_parsed_project(name)
    shutil.rmtree(_folder("dbt") / name, ignore_errors=True)


def _keep_the_parsed_project(name: str) -> None:
    """Keep what dbt has parsed for a database: it is the same for all but for the name, and these are equally long."""
    for file in (_folder("dbt") / name).glob("project[.-]*"):
        kept = _folder("parsed") / file.name
        if not kept.exists():
            whole = kept.with_name(f"{name}-{file.name}")
            whole.write_bytes(file.read_bytes().replace(name.encode(), b"?" * len(name)))
            whole.replace(kept)


def _take_the_parsed_project(name: str) -> None:
    for kept in _folder("parsed").glob("project[.-]*"):
        file = _folder(f"dbt/{name}") / kept.name
        file.write_bytes(kept.read_bytes().replace(b"?" * len(name), name.encode()))


def _folder(name: str) -> Path:
    folder = Path(os.environ[_HOME]) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _drop_clones() -> None:
    """On a server that outlives the session, take away what this session made."""
    import psycopg

    given = os.environ.get("WHOLESALE_TEST_SERVER")
    if not given:
        return
    try:
        server = make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(server, autocommit=True, connect_timeout=5) as connection:
            pattern = f"wholesale_clone_{os.environ[_RUN]}_%"
            names = connection.execute("select datname from pg_database where datname like %s", [pattern]).fetchall()
        for (name,) in names:
            _drop(server, name)
    except psycopg.Error:
        pass  # the server is gone, and the databases with it


# --- worlds ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_clone(server: str, template: str) -> Iterator[str]:
    """The database of this worker, on which tests never commit."""
    name = _clone(server, template)
    yield _named(server, name)
    db.dispose()
    _drop_clone(server, name)


@pytest.fixture
def database(shared_clone: str) -> Iterator[sa.Connection]:
    """One outer transaction as the app's role, rolled back; commands open their own inside it."""
    _nobody_writes_beside()
    if os.environ.get("DATABASE_URL") != shared_clone:
        _point(shared_clone)
    with db.engine().connect() as connection:
        outer = connection.begin()
        try:
            with db.bound_to(connection):
                yield connection
        finally:
            if outer.is_active:
                outer.rollback()


def _nobody_writes_beside() -> None:
    """See that no thread of the product lives on that would write into the test's transaction when it likes.

    All threads share the connection of that transaction, so what one of them is refused would end it for all.
    """
    alive = [thread.name for thread in threading.enumerate() if thread.name == "activity"]
    assert not alive, "The thread that writes down activity still runs; the test that started it has to stop it."


@pytest.fixture
def drop_database(server: str) -> Callable[[str], None]:
    """Drop a database that a test has made itself, by its name."""
    return lambda name: _drop(server, name)


@pytest.fixture
def fresh_database(server: str, template: str) -> Iterator[str]:
    """A database of the test's own; the address of its owner. Children find it by DATABASE_URL."""
    name = _clone(server, template)
    with pointed_to(_named(server, name)):
        yield _named(server, name)
    _drop_clone(server, name)


@pytest.fixture(scope="module")
def files_database(server: str, template: str) -> Iterator[str]:
    """As `fresh_database`, for a world that all tests of a file share; each of them rolls back what it does."""
    name = _clone(server, template)
    with pointed_to(_named(server, name)):
        yield _named(server, name)
    _drop_clone(server, name)


@pytest.fixture(scope="session")
def traded_template(server: str, template: str) -> tuple[str, Traded]:
    """The name of a database with a market whose warehouse is built, and what is in it; made once for all workers."""
    name = f"wholesale_clone_{os.environ[_RUN]}_traded_{0:012}"  # as long as those of `_clone_name`
    kept = Path(os.environ[_HOME]) / f"{name}.pickle"
    with _one_worker_at_a_time("traded"):
        if not kept.exists():
            from tests.make.traded import make_traded

            with _one_worker_at_a_time():
                _execute(server, "create database {} template {}", name, template)
            with pointed_to(_named(server, name)), tempfile.TemporaryDirectory() as folder:
                made = make_traded(Path(folder))
            _end_sessions(server, name)
            _keep_the_parsed_project(name)
            kept.write_bytes(pickle.dumps(made))
    return name, pickle.loads(kept.read_bytes())


@pytest.fixture
def traded(server: str, traded_template: tuple[str, Traded]) -> Iterator[Traded]:
    """As `fresh_database`, with a market whose warehouse is built."""
    name = _clone(server, traded_template[0])
    with pointed_to(_named(server, name)):
        yield traded_template[1]
    _drop_clone(server, name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data sets that the team shares beside the project."""
    folder = Path(os.environ.get("WHOLESALE_SHARED_DATA") or PROJECT.parent / "shared" / "data")
    if not folder.is_dir():
        _absent(f"The shared data sets are not at {folder}; WHOLESALE_SHARED_DATA may name their folder.")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that is installed; it is never downloaded."""
    found = _chromium()
    if found is None:
        _absent("No Chromium was found; CHROMIUM may name one.")
    return str(found)


@pytest.fixture(autouse=True)
def _browser_or_named_skip(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("browser_required"):
        request.getfixturevalue("chromium")


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return named if shutil.which(named) else None
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


def _absent(sentence: str) -> None:
    """What CI must have and a laptop may lack."""
    pytest.fail(sentence) if IN_CI else pytest.skip(sentence)


@pytest.fixture(scope="session")
def quick_round() -> bool:
    """Whether `make prove ROUND=short` asks for a short round."""
    return os.environ.get("WHOLESALE_ROUND", "full") == "short"
