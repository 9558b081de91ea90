"""What is known of builds: their start, their assets, their end, and what readers see."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from domain.kernel import database
from domain.kernel.database import Role, role_name
from domain.kernel.errors import Conflict
from domain.kernel.ids import new_id
from domain.reports import BUILD_LOCK

SLOTS = ("blue", "green")
PUBLISHED = ("core", "marts")
PATIENCE_S = 30.0
KEPT_RUNS = 500  # with what they did, which is ten days of half hours
KEPT_WITH_ROWS = 20  # with the rows that their checks found wrong
KEPT_ROWS = 1000  # of one check


class AnotherBuildRuns(Conflict):
    """Two builds would write into the same tables."""


class NoBuild(Conflict):
    """A later step was asked for without the first one."""


@dataclass(frozen=True, slots=True)
class Build:
    """One run: the set of tables it fills, and the instant up to which it reads the market."""

    run_id: UUID
    slot: str
    as_of: datetime
    read_before: datetime | None  # the `as_of` that readers see until this one is published


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing a run did."""

    name: str
    kind: str  # gate, model, test, publish
    status: str  # ok, failed, skipped
    seconds: float
    rows: int | None = None
    message: str = ""
    parents: tuple[str, ...] = ()  # the assets that it is made of or that it checks


@dataclass(slots=True)
class _Held:
    """The build that this process has open, with the connection that holds its lock."""

    build: Build
    connection: psycopg.Connection[Any]
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


_held: dict[UUID, _Held] = {}


def start(started_by: str, request_id: UUID | None = None) -> Build:
    """Open a build, for whoever asked for it by `request_id`. Raises `AnotherBuildRuns`.

    What was written before `as_of` must be committed before the tables are read one by one, so writers
    that are at work now are waited for, within reason.
    """
    for run_id in list(_held):  # this process began one that never ended
        _release(run_id)
    connection = database.connect(Role.BUILDER)
    if not _one(connection, "select pg_try_advisory_lock(%s)", [BUILD_LOCK])[0]:
        connection.close()
        raise AnotherBuildRuns("The warehouse is being built right now; try again when that has ended.")
    connection.execute(_ABANDON)
    seen = connection.execute("select slot, as_of from ops.publications order by published_at desc limit 1").fetchone()
    slot = SLOTS[1] if seen and seen[0] == SLOTS[0] else SLOTS[0]
    run_id = new_id()
    (as_of,) = _one(
        connection,
        "insert into ops.pipeline_runs (id, started_by, slot, as_of, started_at, status)"
        " values (%s, %s, %s, clock_timestamp(), clock_timestamp(), 'running') returning as_of",
        [run_id, started_by, slot],
    )
    connection.execute(_TAKE_REQUEST, [run_id, request_id])
    _wait_for_writers(connection)
    build = Build(run_id, slot, as_of, seen[1] if seen else None)
    _held[run_id] = _Held(build, connection)
    return build


_ABANDON = """
    with dead as (
        update ops.pipeline_runs set status = 'abandoned', ended_at = clock_timestamp(),
               problem = 'The build was interrupted before it had ended.'
        where status = 'running' returning id
    )
    update ops.build_requests set state = 'ended' where run_id in (select id from dead) and state = 'running'
"""
_TAKE_REQUEST = """
    update ops.build_requests set state = 'running', run_id = %s where id = %s and state in ('waiting', 'sent')
"""


def current() -> Build:
    """The build that this process has open. Raises `NoBuild`."""
    for held in _held.values():
        return held.build
    raise NoBuild("No build is open here; start with the gate.")


_WRITERS = """
    select l.virtualtransaction
    from pg_locks l join pg_class c on c.oid = l.relation
    where l.database = (select oid from pg_database where datname = current_database())
      and c.relnamespace = 'market'::regnamespace and l.mode = 'RowExclusiveLock' and l.granted
"""


def _wait_for_writers(connection: psycopg.Connection[Any]) -> None:
    at_work = [row[0] for row in connection.execute(_WRITERS)]
    end = time.monotonic() + PATIENCE_S
    while at_work and time.monotonic() < end:
        time.sleep(0.1)
        at_work = [row[0] for row in connection.execute(_WRITERS) if row[0] in at_work]


def note(build: Build, asset: Asset) -> None:
    """Write down at once what the build did, so that others see how far it is; what is known already is replaced."""
    held = _held[build.run_id]
    with held.one_at_a_time:
        position = held.positions.setdefault((asset.kind, asset.name), len(held.positions) + 1)
        held.connection.execute(
            "insert into ops.pipeline_assets"
            " (run_id, position, name, kind, status, row_count, seconds, message, parents)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (run_id, position) do update set status = excluded.status, row_count = excluded.row_count,"
            " seconds = excluded.seconds, message = excluded.message, parents = excluded.parents",
            [
                build.run_id, position, asset.name, asset.kind, asset.status, asset.rows, round(asset.seconds, 3),
                asset.message or None, list(asset.parents),
            ],
        )  # fmt: skip


def keep_failing_rows(build: Build, check: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows that a check found wrong, at most `KEPT_ROWS` of them."""
    with database.connect(Role.BUILDER) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.failing_rows (run_id, check_name, position, facts) values (%s, %s, %s, %s)",
            [(build.run_id, check, place, Json(dict(row))) for place, row in enumerate(rows[:KEPT_ROWS], 1)],
        )


def copy_failing_rows(build: Build, check: str, schema: str, table: str) -> None:
    """Keep rows that dbt has put into a table for a check that failed."""
    with database.connect(Role.BUILDER) as connection:
        copy = sql.SQL(
            "insert into ops.failing_rows (run_id, check_name, position, facts)"
            " select %s, %s, row_number() over (), to_json(f) from {} f limit %s"
        )
        connection.execute(copy.format(sql.Identifier(schema, table)), [build.run_id, check, KEPT_ROWS])


def finish(build: Build, *, status: str, problem: str | None = None) -> None:
    """Write down how the build ended: succeeded, failed or blocked. What is long gone is forgotten."""
    with database.connect(Role.BUILDER) as connection, connection.transaction():
        connection.execute(
            "update ops.pipeline_runs set status = %s, problem = %s, ended_at = clock_timestamp() where id = %s",
            [status, problem, build.run_id],
        )
        connection.execute(
            "update ops.build_requests set state = 'ended' where run_id = %s and state = 'running'", [build.run_id]
        )
        for forget, kept in _FORGET:
            connection.execute(forget, [kept])
    _release(build.run_id)


_FORGET = (
    ("delete from ops.failing_rows where run_id not in"
     " (select id from ops.pipeline_runs order by started_at desc limit %s)", KEPT_WITH_ROWS),
    ("delete from ops.pipeline_assets where run_id not in"
     " (select id from ops.pipeline_runs order by started_at desc limit %s)", KEPT_RUNS),
    ("delete from ops.quality_results where run_id not in"
     " (select id from ops.pipeline_runs order by started_at desc limit %s)", KEPT_RUNS),
)  # fmt: skip


def publish(
    build: Build, fences: Mapping[str, Sequence[str]], together: Callable[[psycopg.Connection[Any]], None]
) -> int:
    """Repoint the readers' views to what this build filled, in one transaction; answers how many there are.

    The platform's staff and jobs see every row. `fences` names, by table, the columns with the organisations
    that see the row too; of their people who are kept to a part of the trade those whose part it is. `together`
    writes what must change in the same instant.
    """
    with database.connect(Role.BUILDER) as connection:
        tables = [
            (schema, table)
            for schema in PUBLISHED
            for (table,) in connection.execute(
                "select tablename from pg_tables where schemaname = %s order by 1", [f"{schema}_{build.slot}"]
            )
        ]
        for schema, table in tables:
            # A table that was just filled has no statistics, and the first readers would get the plans of guesses.
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(f"{schema}_{build.slot}", table)))
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                with connection.transaction():
                    _repoint(connection, build, tables, fences)
                    together(connection)
                    connection.execute(
                        "insert into ops.publications (run_id, slot, as_of, published_at)"
                        " values (%s, %s, %s, clock_timestamp())",
                        [build.run_id, build.slot, build.as_of],
                    )
                return len(tables)
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)


def _repoint(
    connection: psycopg.Connection[Any],
    build: Build,
    tables: Sequence[tuple[str, str]],
    fences: Mapping[str, Sequence[str]],
) -> None:
    # Readers take views in any order. Who waits for them with views in hand could wait in a circle, and the server
    # would end one of the two after a second; so we give up sooner, and try again when they have gone.
    connection.execute("set local lock_timeout = '300ms'")
    readers = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in (Role.APP, Role.ANALYST))
    for schema in PUBLISHED:
        views = connection.execute("select viewname from pg_views where schemaname = %s", [schema]).fetchall()
        for (view,) in views:
            connection.execute(sql.SQL("drop view {}").format(sql.Identifier(schema, view)))
    for schema, table in tables:
        who = [sql.SQL("(select market.is_staff())")] + [
            sql.SQL("{} = (select market.app_org())").format(sql.Identifier(column))
            for column in fences.get(table, ())
        ]
        connection.execute(
            sql.SQL(
                "create view {view} with (security_barrier) as select * from {table} where ({who}) and {part}"
            ).format(
                view=sql.Identifier(schema, table),
                table=sql.Identifier(f"{schema}_{build.slot}", table),
                who=sql.SQL(" or ").join(who),
                part=_part(connection, f"{schema}_{build.slot}", table),
            )
        )
        connection.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(schema, table), readers))


def _part(connection: psycopg.Connection[Any], schema: str, table: str) -> sql.Composable:
    """Who does not see all orders of the organisation sees rows of those orders; of what names none, nothing.

    A subquery without correlation is read once and hashed, an array would be searched for every row.
    """
    has = "select a.attname from pg_attribute a where a.attrelid = %s::regclass and a.attname = any(%s) order by 1"
    columns = [name for (name,) in connection.execute(has, [f"{schema}.{table}", ["order_id", "purchase_id"]])]
    whole = sql.SQL("(select market.sees_all_orders())")
    if not columns:
        return whole
    return sql.SQL("({whole} or {column} in (select mine.{column} from market.my_orders() mine))").format(
        whole=whole, column=sql.Identifier(columns[0])
    )


def _release(run_id: UUID) -> None:
    held = _held.pop(run_id, None)
    if held is not None:
        held.connection.close()


def _one(connection: psycopg.Connection[Any], query: str, parameters: Sequence[Any]) -> Any:
    return connection.execute(query, parameters).fetchone()  # type: ignore[arg-type]
