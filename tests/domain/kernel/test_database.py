"""Roles, addresses, limits, and one sentence for everything an installation can get wrong."""

import errno
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import make_url

from domain import migrations
from domain.kernel import database as db
from domain.kernel.database import Role, Unusable
from domain.kernel.settings import settings


def _told(url: str, **more: str | None) -> str:
    return make_url(url).set(**more).render_as_string(hide_password=False)


@pytest.fixture
def at(monkeypatch):
    """Point this process at an address and take the environment back afterwards."""

    def point(url: str, **more: str) -> None:
        monkeypatch.setenv("DATABASE_URL", url)
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield point
    db.dispose()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(
    "wrong", ["nonsense", "mysql://u:p@h/d", "postgresql://u:p@h", "postgresql://u:p@h:port/d", "://"]
)
def test_a_wrong_address_is_a_sentence(at, wrong):
    at(wrong)
    with pytest.raises(Unusable, match="^DATABASE_URL is not the address of a PostgreSQL database"):
        db.check_server()


def test_each_driver_gets_its_own_form(at):
    at("postgres://owner:p%40ss@server:5433/shop?sslmode=require")
    assert db.url(Role.OWNER) == "postgresql+psycopg://owner:p%40ss@server:5433/shop?sslmode=require"
    assert db.url(Role.OWNER, driver="") == "postgresql://owner:p%40ss@server:5433/shop?sslmode=require"
    assert db.url(Role.APP, driver="psycopg2").startswith("postgresql+psycopg2://wholesale_app:")
    assert db.dagster_url().endswith("@server:5433/shop_dagster?sslmode=require")


def test_every_process_derives_the_same_password_and_each_role_another(at):
    at("postgresql://owner:one@server/shop")
    first = [db.url(role) for role in Role]
    at("postgresql://owner:one@server/shop")
    assert [db.url(role) for role in Role] == first
    assert len(set(first)) == 4
    at("postgresql://owner:two@server/shop")
    assert db.url(Role.APP) not in first


def test_given_addresses_win(at):
    at("postgresql://owner:one@server/shop", DATABASE_APP_URL="postgresql://theirs:own@server/shop")
    assert db.url(Role.APP, driver="") == "postgresql://theirs:own@server/shop"
    assert db.role_name(Role.APP) == "theirs"


def test_nobody_listening_is_a_sentence(at):
    at("postgresql://owner:one@127.0.0.1:1/shop")
    with pytest.raises(Unusable, match="^The database server at 127.0.0.1:1 could not be reached"):
        db.check_server()


def test_a_wrong_password_is_a_sentence(at, server):
    at(_told(server, password="wrong"))
    with pytest.raises(Unusable, match="refuses the user .* or the password.$"):
        db.check_server()


def test_a_missing_database_is_a_sentence(at, server):
    at(_told(server, database="not_there"))
    with pytest.raises(Unusable, match="^The database not_there does not exist"):
        db.check_server()


def test_an_old_server_is_a_sentence(server, monkeypatch):
    monkeypatch.setattr(db, "_server_version", lambda _: 140012)
    with pytest.raises(Unusable, match="^PostgreSQL 14 is too old; the product needs 15 or newer.$"):
        db.check_server()


def test_a_missing_extension_is_a_sentence(server, monkeypatch):
    monkeypatch.setattr(db, "EXTENSIONS", ("pg_trgm", "no_such_extension"))
    with pytest.raises(Unusable, match="lacks the extension no_such_extension"):
        db.check_server()


@pytest.fixture
def weak_role(server):
    """A role on the real server that may make neither roles nor databases."""
    name = sql.Identifier("wholesale_test_weak")
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = 'wholesale_test_weak'").fetchone():
            connection.execute(sql.SQL("create role {} login password 'weak'").format(name))
    return "wholesale_test_weak"


def test_a_missing_right_is_a_sentence(at, server, weak_role):
    at(_told(server, username=weak_role, password="weak"))
    with pytest.raises(Unusable, match="^The database user wholesale_test_weak lacks the right CREATE"):
        db.check_server()


def test_a_user_without_rights_will_do_when_all_addresses_are_given(at, server, weak_role):
    own = _told(server, username=weak_role, password="weak")
    names = ("DATABASE_APP_URL", "DATABASE_BUILDER_URL", "DATABASE_ANALYST_URL", "DAGSTER_DATABASE_URL")
    at(own, **dict.fromkeys(names, own))
    db.check_server()


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (psycopg.errors.DiskFull("x"), "The disk of the database is full; free some space and start again."),
        (OSError(errno.ENOSPC, "x"), "The disk is full; free some space and start again."),
        (psycopg.errors.TooManyConnections("x"), "The database server has no connection left"),
        (psycopg.errors.InsufficientPrivilege("permission denied"), "The database user lacks a right"),
    ],
)
def test_a_failure_of_the_installation_has_its_sentence(problem, sentence):
    assert str(db.explain(problem)).startswith(sentence)
    wrapped = sa.exc.DBAPIError("select", {}, problem)
    if not isinstance(problem, OSError):
        assert str(db.explain(wrapped)).startswith(sentence)


def test_a_defect_of_ours_has_no_sentence():
    assert db.explain(ValueError("x")) is None
    assert db.explain(SimpleNamespace(sqlstate="42P01")) is None  # type: ignore[arg-type]


# --- on a migrated database --------------------------------------------------------------------


def test_the_app_owns_nothing_and_cannot_pass_row_security(fresh_database):
    with db.engine(Role.APP).connect() as connection:
        name = connection.execute(sa.text("select current_user")).scalar_one()
        assert name == db.role_name(Role.APP)
        owned = connection.execute(
            sa.text("select count(*) from pg_class where relowner = cast(current_user as regrole)")
        ).scalar_one()
        passes = connection.execute(
            sa.text("select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user")
        ).scalar_one()
    assert (owned, passes) == (0, False)


def test_every_connection_carries_its_limits(fresh_database):
    with db.engine(Role.APP).connect() as connection:
        settings_there = [
            connection.execute(sa.text(f"select current_setting('{name}')")).scalar_one()
            for name in ("search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        ]
    assert settings_there == ["market,jobs,public", "30s", "5s", "1min"]


def test_the_pool_keeps_its_budget(fresh_database):
    engine = db.engine(Role.ANALYST)
    held = [engine.connect() for _ in range(sum(db.BUDGET[Role.ANALYST]))]
    with pytest.raises(sa.exc.TimeoutError):
        engine.connect()
    for connection in held:
        connection.close()


def test_engines_are_kept_until_the_settings_change(fresh_database):
    engine = db.engine()
    assert db.engine() is engine
    settings.cache_clear()
    assert db.engine() is not engine


def test_a_database_with_a_forgotten_session_can_be_dropped(server, template, drop_database):
    # What a thread or an uncollected pool leaves behind; an owner who is no superuser cannot end it by force.
    name = f"wholesale_forgotten_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (name, template))))
    forgotten = psycopg.connect(_told(db.url(Role.APP, driver=""), database=name))
    drop_database(name)
    with pytest.raises(psycopg.OperationalError):
        forgotten.execute("select 1")


def test_sessions_under_bound_to_leave_nothing(fresh_database):
    with db.engine(Role.OWNER).begin() as connection:
        connection.execute(sa.text("create table public.kept (n int)"))
        connection.execute(sa.text(f"grant all on public.kept to {db.role_name(Role.APP)}"))
    with db.engine().connect() as connection:
        outer = connection.begin()
        with db.bound_to(connection):
            with db.session() as session, session.begin():
                session.execute(sa.text("insert into public.kept values (1)"))
            with db.session() as session:
                assert session.execute(sa.text("select count(*) from public.kept")).scalar_one() == 1
        outer.rollback()
    with db.session() as session:
        assert session.execute(sa.text("select count(*) from public.kept")).scalar_one() == 0


def test_upgrade_may_be_called_again_and_by_several_at_once(fresh_database):
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrations.upgrade(), range(3)))
    assert migrations.head_is_current()


def test_a_database_without_tables_is_not_current(server, at, monkeypatch, drop_database):
    drop_database("wholesale_test_bare")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("create database wholesale_test_bare")
    at(_told(server, database="wholesale_test_bare"))
    db.make_roles()
    assert not migrations.head_is_current()
    migrations.upgrade()
    assert migrations.head_is_current()
    db.dispose()
    drop_database("wholesale_test_bare")


def test_the_app_may_use_the_job_queue(fresh_database):
    from app.run.worker import make_app

    app = make_app()
    with app.open():
        app.tasks["deliver_events"].configure(queueing_lock=None).defer()
    with db.engine().connect() as connection:
        assert connection.execute(sa.text("select task_name, status from procrastinate_jobs")).all() == [
            ("deliver_events", "todo")
        ]
