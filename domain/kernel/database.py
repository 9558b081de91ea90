"""How processes reach PostgreSQL: four roles, one engine a process and role, plain sentences.

The *owner* migrates and owns everything. The *app* serves screens, API and worker; the *builder*
builds the warehouse and keeps Dagster's tables; the *analyst* reads. The last three own nothing of the
application and cannot pass row-level security. Their passwords are derived from the owner's
credentials, so that every process knows them and none is written down; where the one user may not
make roles, their addresses can be given instead.

Relies on: `settings` for the addresses, `postgres` for the embedded server.
Refuses: `Unusable`, with one sentence, whatever an installation can get wrong.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from domain.kernel import postgres
from domain.kernel.settings import Settings, Unusable, settings

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "EXTENSIONS",
    "Role",
    "Unusable",
    "bound_to",
    "check_server",
    "connect",
    "dagster_url",
    "dispose",
    "engine",
    "ensure_running",
    "explain",
    "make_databases",
    "make_roles",
    "role_name",
    "session",
    "stop",
    "url",
]

EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent")
SEARCH_PATH = "market,jobs,public"
OLDEST_SERVER = 150000
RESTED_S = 1.0
# A connection keeps the plans of what it asks often. A few hundred statements are ours; with room for fewer each is
# planned anew for want of a place, which costs more than carrying it out.
PREPARED_MAX = 500


class Role(StrEnum):
    OWNER = "owner"
    APP = "app"
    BUILDER = "builder"
    ANALYST = "analyst"


# Connections a process may hold in each role: (kept, added under load). A web process, the worker,
# Dagster's three processes and a command or two stay under PostgreSQL's usual hundred.
BUDGET = {Role.OWNER: (1, 1), Role.APP: (8, 8), Role.BUILDER: (2, 2), Role.ANALYST: (2, 2)}

# Milliseconds for a statement, a wait for a lock, and a transaction that does nothing. A long job
# says so itself, with `set local`.
LIMITS = {
    Role.OWNER: {"statement": 0, "lock": 10_000, "idle": 600_000},
    Role.APP: {"statement": 30_000, "lock": 5_000, "idle": 60_000},
    Role.BUILDER: {"statement": 900_000, "lock": 30_000, "idle": 900_000},
    Role.ANALYST: {"statement": 60_000, "lock": 5_000, "idle": 60_000},
}

# By process and role, with the settings they were made for: those of another instance do not fit.
_engines: dict[tuple[int, Role], tuple[Settings, sa.Engine]] = {}
_engines_lock = threading.Lock()
_bound: sa.Connection | None = None


# --- addresses ---------------------------------------------------------------------------------


def url(role: Role = Role.APP, *, driver: str = "psycopg", database: str | None = None) -> str:
    """The address of the application database for one role.

    `driver` is "psycopg", "psycopg2" (Dagster speaks no other) or "" for the plain form of libpq.
    """
    address = _given_url(role) or _derived_url(role)
    return _written(address.set(database=database) if database else address, driver)


def dagster_url(*, driver: str = "psycopg2") -> str:
    """The address of Dagster's own database, which holds its runs and schedules."""
    given = settings().dagster_database_url
    if given:
        return _written(_parsed("DAGSTER_DATABASE_URL", given), driver)
    return url(Role.BUILDER, driver=driver, database=dagster_database())


def dagster_database() -> str:
    return f"{_owner_url().database}_dagster"


def role_name(role: Role) -> str:
    """The name of the role inside PostgreSQL, for grants."""
    given = _given_url(role)
    if given is not None and given.username:
        return given.username
    return str(_owner_url().username) if role is Role.OWNER else f"{settings().role_prefix}_{role}"


def _owner_url() -> URL:
    known = settings()
    if known.database_url:
        return _parsed("DATABASE_URL", known.database_url)
    server = postgres.known(known.home) or postgres.start(known.home)
    return make_url(server.url())


def _given_url(role: Role) -> URL | None:
    known = settings()
    given = {
        Role.APP: ("DATABASE_APP_URL", known.database_app_url),
        Role.BUILDER: ("DATABASE_BUILDER_URL", known.database_builder_url),
        Role.ANALYST: ("DATABASE_ANALYST_URL", known.database_analyst_url),
    }.get(role)
    return _parsed(given[0], given[1]) if given and given[1] else None


def _derived_url(role: Role) -> URL:
    owner = _owner_url()
    return owner if role is Role.OWNER else owner.set(username=role_name(role), password=_password(owner, role))


def _password(owner: URL, role: Role) -> str:
    key = f"{owner.username}:{owner.password}" if owner.password else settings().secret_key.get_secret_value()
    return hmac.new(key.encode(), f"{settings().role_prefix}:{role}".encode(), hashlib.sha256).hexdigest()[:40]


def _parsed(name: str, value: str) -> URL:
    wanted = f"{name} is not the address of a PostgreSQL database; write postgresql://user:password@host:port/database."
    try:
        address = make_url(value)
    except (ArgumentError, ValueError):
        raise Unusable(wanted) from None
    if address.get_backend_name() not in ("postgresql", "postgres") or not address.database:
        raise Unusable(wanted)
    return address


def _written(address: URL, driver: str) -> str:
    return address.set(drivername=f"postgresql+{driver}" if driver else "postgresql").render_as_string(
        hide_password=False
    )


# --- engines and sessions ----------------------------------------------------------------------


def engine(role: Role = Role.APP) -> sa.Engine:
    """The engine of this process for one role; it starts the embedded server when that is needed."""
    key, known = (os.getpid(), role), settings()
    kept = _engines.get(key)
    if kept is not None and kept[0] is known:
        return kept[1]
    ensure_running()
    with _engines_lock:
        kept = _engines.get(key)
        if kept is None or kept[0] is not known:
            if kept is not None:
                kept[1].dispose()
            _engines[key] = kept = (known, _new_engine(role))
        return kept[1]


def _new_engine(role: Role) -> sa.Engine:
    kept, added = BUDGET[role]
    made = sa.create_engine(
        url(role),
        creator=lambda: _new_connection(role),
        pool_size=kept,
        max_overflow=added,
        pool_timeout=5,
        pool_use_lifo=True,
        hide_parameters=True,  # e-mails and addresses do not belong into a traceback
    )
    sa.event.listen(made, "checkin", _note_rest)
    sa.event.listen(made, "checkout", _ping_rested)
    return made


def _note_rest(_: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _ping_rested(connection: Any, record: Any, _: Any) -> None:
    """See that a connection that rested for a while still lives; if not, the pool makes another.

    The pool's own way asks each time: three of an order's fourteen round trips.
    """
    import psycopg

    if time.monotonic() - record.info.get("rests_since", time.monotonic()) < RESTED_S:
        return
    try:
        with connection.transaction():  # at a rollback the driver would forget what is prepared
            connection.execute("select 1")
    except psycopg.Error as problem:
        raise sa.exc.DisconnectionError from problem


def _new_connection(role: Role) -> psycopg.Connection[Any]:
    # The address is asked anew each time: an embedded server that was restarted may have moved.
    import psycopg

    made = psycopg.connect(url(role, driver=""), **_connect_arguments(role))
    made.prepared_max = PREPARED_MAX
    return made


def _connect_arguments(role: Role) -> dict[str, Any]:
    limits = LIMITS[role]
    wanted = {
        "search_path": SEARCH_PATH,
        "statement_timeout": limits["statement"],
        "lock_timeout": limits["lock"],
        "idle_in_transaction_session_timeout": limits["idle"],
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in wanted.items())
    already = make_url(url(role)).query.get("options")
    return {
        "options": f"{already} {options}" if already else options,
        "application_name": f"wholesale {role} {os.path.basename(sys.argv[0] or 'python')}"[:63],
        "connect_timeout": 5,
    }


def dispose() -> None:
    """Close every pooled connection of this process, before a database is dropped or a process forks."""
    with _engines_lock:
        for _, found in _engines.values():
            found.dispose()
        _engines.clear()


def session(role: Role = Role.APP) -> Session:
    """A session of its own. Under `bound_to`, one of the app joins the test's transaction."""
    # A `sessionmaker` makes a class, and its events anew with the first session: a quarter of a question's cost.
    if role is Role.APP and _bound is not None:
        return Session(_bound, expire_on_commit=False, join_transaction_mode="create_savepoint")
    return Session(engine(role), expire_on_commit=False)


@contextmanager
def bound_to(connection: sa.Connection) -> Iterator[None]:
    """For tests: every session of the app, in any thread, joins this connection's outer transaction."""
    global _bound
    before, _bound = _bound, connection
    try:
        yield
    finally:
        _bound = before


def connect(role: Role = Role.OWNER, *, database: str | None = None) -> psycopg.Connection[Any]:
    """A plain connection in autocommit, for what cannot stand in a transaction.

    Raises: Unusable, saying why the server does not let us in.
    """
    import psycopg

    ensure_running()
    try:
        return psycopg.connect(
            url(role, driver="", database=database),
            autocommit=True,
            connect_timeout=5,
            application_name=f"wholesale {role}",
        )
    except psycopg.Error as problem:
        raise _no_entry(problem, role, database) from problem


# --- the server --------------------------------------------------------------------------------


def ensure_running() -> None:
    """Start the embedded server if it is not running; with DATABASE_URL there is nothing to start."""
    known = settings()
    if known.embedded and not postgres.is_running(known.home):
        postgres.start(known.home)


def stop() -> bool:
    """Stop the embedded server; False when there was none to stop."""
    dispose()
    return settings().embedded and postgres.stop(settings().home)


def check_server() -> None:
    """See that the server can carry the product.

    Raises: Unusable, when it is too old, lacks an extension, or gives the owner too few rights.
    """
    with connect(Role.OWNER) as connection:
        _check_version(_server_version(connection))
        found = {name for (name,) in connection.execute("select name from pg_available_extensions")}
        missing = [name for name in EXTENSIONS if name not in found]
        if missing:
            raise Unusable(
                f"PostgreSQL lacks the extension {missing[0]}; install the package of its contributed extensions."
            )
        if not _all_urls_given(settings()):
            _check_rights(connection)


def _server_version(connection: psycopg.Connection[Any]) -> int:
    return connection.info.server_version


def _check_version(version: int) -> None:
    if version < OLDEST_SERVER:
        raise Unusable(f"PostgreSQL {version // 10000} is too old; the product needs 15 or newer.")


def _check_rights(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(
        "select rolsuper or rolcreaterole, rolsuper or rolcreatedb from pg_roles where rolname = current_user"
    ).fetchone()
    assert row is not None
    lacking = [right for right, has in zip(("CREATEROLE", "CREATEDB"), row, strict=True) if not has]
    if lacking:
        raise Unusable(
            f"The database user {connection.info.user} lacks the right {' and '.join(lacking)}; grant it, or give "
            "DATABASE_APP_URL, DATABASE_BUILDER_URL, DATABASE_ANALYST_URL and DAGSTER_DATABASE_URL."
        )


def _all_urls_given(known: Settings) -> bool:
    return bool(
        known.database_app_url
        and known.database_builder_url
        and known.database_analyst_url
        and known.dagster_database_url
    )


def make_roles() -> None:
    """Make the three login roles that are missing, and give them the passwords that are derived."""
    for role in (Role.APP, Role.BUILDER, Role.ANALYST):
        if _given_url(role) is None:
            _make_role(role)
    _check_roles()


def _make_role(role: Role) -> None:
    import psycopg
    from psycopg import sql

    if _may_enter(role):
        return
    name, password = sql.Identifier(role_name(role)), sql.Literal(_password(_owner_url(), role))
    with connect(Role.OWNER) as connection:
        for attempt in range(5):
            exists = connection.execute("select 1 from pg_roles where rolname = %s", [role_name(role)]).fetchone()
            # ALTER may not even mention SUPERUSER or BYPASSRLS unless a superuser asks: see _check_roles.
            verb = "alter role {} login password {}" if exists else "create role {} login password {}"
            try:
                connection.execute(sql.SQL(verb).format(name, password))
                return
            except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_):
                # Another starter makes the same role at this moment, perhaps from another database.
                time.sleep(0.1 * (attempt + 1))
            except psycopg.errors.InsufficientPrivilege as problem:
                raise Unusable(
                    f"The database user may not set the password of the role {role_name(role)}; "
                    "choose another WHOLESALE_ROLE_PREFIX."
                ) from problem
    raise Unusable(f"The database role {role_name(role)} could not be made.")


def _may_enter(role: Role) -> bool:
    import psycopg

    try:
        # The maintenance database may be closed to us; our own is where the role must come in anyway.
        psycopg.connect(url(role, driver=""), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _check_roles() -> None:
    names = [role_name(role) for role in (Role.APP, Role.BUILDER, Role.ANALYST)]
    with connect(Role.OWNER) as connection:
        row = connection.execute(
            "select rolname from pg_roles where rolname = any(%s) and (rolsuper or rolbypassrls) order by 1", [names]
        ).fetchone()
    if row is not None:
        raise Unusable(f"The database role {row[0]} passes row-level security; take SUPERUSER and BYPASSRLS from it.")


def make_databases() -> None:
    """Let the roles into the application database, and make Dagster's own (never in tests)."""
    import psycopg
    from psycopg import sql

    given_dagster = settings().dagster_database_url or settings().environment == "test"
    with connect(Role.OWNER) as connection:
        ours = sql.Identifier(str(_owner_url().database))
        names = [sql.Identifier(role_name(role)) for role in (Role.APP, Role.BUILDER, Role.ANALYST)]
        owns = connection.execute(
            "select pg_has_role(current_user, datdba, 'USAGE') from pg_database where datname = current_database()"
        ).fetchone()
        if owns and owns[0]:
            _patiently(
                connection,
                sql.SQL("grant connect, temporary on database {} to {}").format(ours, sql.SQL(", ").join(names)),
            )
            # The warehouse's schemas are the builder's own.
            _patiently(connection, sql.SQL("grant create on database {} to {}").format(ours, names[1]))
        if given_dagster:
            return
        dagster, builder = sql.Identifier(dagster_database()), names[1]
        if not connection.execute("select 1 from pg_database where datname = %s", [dagster_database()]).fetchone():
            # Another starter may be faster.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("create database {}").format(dagster))
    with connect(Role.OWNER, database=dagster_database()) as connection:
        _patiently(connection, sql.SQL("grant usage, create on schema public to {}").format(builder))


def _patiently(connection: psycopg.Connection[Any], statement: Any) -> None:
    """Two starters that grant at once collide with "tuple concurrently updated"; the second tries again."""
    import psycopg

    for attempt in range(5):
        try:
            connection.execute(statement)
            return
        except psycopg.errors.InternalError_:
            time.sleep(0.1 * (attempt + 1))
    connection.execute(statement)


# --- sentences ---------------------------------------------------------------------------------


def explain(problem: BaseException) -> Unusable | None:
    """The sentence for a failure that lies in the installation, or nothing when it is a defect of ours."""
    if isinstance(problem, Unusable):
        return problem
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return Unusable("The disk is full; free some space and start again.")
    original = problem.orig if isinstance(problem, DBAPIError) else problem
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if state in _SENTENCES:
        return Unusable(_SENTENCES[state])
    if state == "42501":
        return Unusable(f"The database user lacks a right: {_first_line(original)}.")
    if type(original).__name__ == "OperationalError" and state is None:
        return Unusable(f"The database could not be reached: {_first_line(original)}.")
    return None


_SENTENCES = {
    "53100": "The disk of the database is full; free some space and start again.",
    "53200": "The database server is out of memory; give it more or start fewer processes.",
    "53300": "The database server has no connection left; raise its max_connections or stop other programs.",
    "57P03": "The database server is starting or stopping; try again in a moment.",
    "28P01": "The database server refuses the user or the password of DATABASE_URL.",
    "28000": "The database server refuses the user of DATABASE_URL.",
    "3D000": "The database that DATABASE_URL names does not exist; create it first.",
}


def _no_entry(problem: BaseException, role: Role, database: str | None) -> Unusable:
    known = explain(problem)
    address = make_url(url(role, database=database))
    where = f"{address.host or address.query.get('host') or 'localhost'}:{address.port or 5432}"
    text = _first_line(problem)
    if "password authentication failed" in text or "no password supplied" in text:
        return Unusable(f"The database server at {where} refuses the user {address.username} or the password.")
    if "does not exist" in text and "database" in text:
        return Unusable(f"The database {address.database} does not exist at {where}; create it first.")
    if known is not None and "could not be reached" not in str(known):
        return known
    return Unusable(f"The database server at {where} could not be reached: {text}.")


def _first_line(problem: object) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[0] if lines else type(problem).__name__).rstrip(".")
