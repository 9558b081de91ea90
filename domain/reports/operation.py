"""Does the machinery run? What could not be delivered, what is overdue, and how the builds went."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.reports.building import is_at_work
from domain.reports.health import TIMER_LATE
from domain.reports.in_words import asset_words


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class StuckRow(_View):
    """One thing that should have happened and did not: an event's delivery or a timer."""

    what: str
    subject: str
    attempts: int
    has_given_up: bool
    due_at: datetime
    last_error: str | None


class RunRow(_View):
    """One build of the warehouse. `asked_by` and `reason` are those of the request that it answers, if any."""

    run_id: UUID
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    as_of: datetime
    status: str
    problem: str | None
    assets: int
    checks: int
    failed: int
    is_published: bool
    asked_by: str | None = None
    reason: str | None = None


class AssetRow(_View):
    """One thing that a build did: a gate, a table, a check, the publication. `words` say its name to people.

    `rows_before` are those of the last good build before; `parents` what it is made of or checks; `failing_rows`
    how many rows that a check found wrong are kept; `checks_passed` and `checks_failed` count those of a table;
    `holds_up` are the tables that were left out because it failed.
    """

    position: int
    name: str
    words: str = ""
    kind: str
    status: str
    rows: int | None
    rows_before: int | None
    seconds: Decimal
    message: str | None
    parents: tuple[str, ...]
    failing_rows: int
    checks_passed: int = 0
    checks_failed: int = 0
    holds_up: tuple[str, ...] = ()


class FailingRows(_View):
    """Rows that a check found wrong, by column; at most a thousand are kept of each of the last runs."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


_STUCK = text("""
    select *, count(*) over () as total from (
        select d.reaction as what, e.name as subject, d.attempts, d.state = 'failed' as has_given_up,
               d.next_try_at as due_at, d.last_error
        from deliveries d join events e on e.id = d.event_id
        where d.state = 'failed' or d.state = 'waiting' and d.attempts > 0
        union all
        select t.command, t.key, t.attempts, false, t.due_at, t.last_error
        from timers t
        where t.fired_at is null and (t.attempts > 0 or t.due_at < :overdue_before)
    ) s order by has_given_up desc, due_at limit :size offset :skip
""")

# A run that says it runs while nobody holds the lock of builds was killed.
_RUNS = text("""
    select r.id as run_id, r.started_by, r.started_at, r.ended_at, r.as_of, r.problem,
           case when r.status = 'running' and not :is_at_work then 'abandoned' else r.status end as status,
           q.reason, w.name as asked_by,
           count(a.position) filter (where a.kind <> 'test') as assets,
           count(a.position) filter (where a.kind = 'test') as checks,
           count(a.position) filter (where a.status = 'failed') as failed,
           exists (select 1 from ops.publications p where p.run_id = r.id) as is_published, r.total
    from (select *, count(*) over () as total from ops.pipeline_runs
          order by started_at desc limit :size offset :skip) r
    left join ops.pipeline_assets a on a.run_id = r.id
    left join ops.build_requests q on q.run_id = r.id
    left join people w on w.id = q.asked_by
    group by r.id, r.started_by, r.started_at, r.ended_at, r.as_of, r.status, r.problem, r.total, q.reason, w.name
    order by r.started_at desc
""")

_ASSETS = text("""
    with before as (
        select a.name, a.kind, a.row_count from ops.pipeline_assets a
        where a.run_id = (select id from ops.pipeline_runs where status = 'succeeded' and started_at <
                          (select started_at from ops.pipeline_runs where id = :run_id)
                          order by started_at desc limit 1)
    ), wrong as (select check_name, count(*) as rows from ops.failing_rows where run_id = :run_id group by check_name)
    select a.position, a.name, a.kind, a.status, a.row_count as rows, b.row_count as rows_before, a.seconds, a.message,
           a.parents, coalesce(w.rows, 0) as failing_rows
    from ops.pipeline_assets a
    left join before b on b.name = a.name and b.kind = a.kind
    left join wrong w on w.check_name = a.name and a.kind <> 'model'
    where a.run_id = :run_id order by a.position
""")
_FAILING = text("select facts from ops.failing_rows where run_id = :run_id and check_name = :name order by position")


def stuck(work: Work, *, page: int = 1, size: int = 50) -> tuple[list[StuckRow], int]:
    """Deliveries that failed and timers that are overdue by ten minutes: one page, and how many there are."""
    work.actor.require_staff()
    rows = work.session.execute(_STUCK, {"overdue_before": work.now - TIMER_LATE, **_paged(page, size)}).all()
    return [StuckRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def pipeline_runs(work: Work, *, page: int = 1, size: int = 20) -> tuple[list[RunRow], int]:
    """Builds of the warehouse, newest first: one page, and how many there are."""
    work.actor.require_staff()
    rows = work.session.execute(_RUNS, {"is_at_work": is_at_work(work), **_paged(page, size)}).all()
    return [RunRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def assets_of_run(work: Work, *, run_id: UUID) -> list[AssetRow]:
    """What one build did, in order."""
    work.actor.require_staff()
    found = [AssetRow.model_validate(row._asdict()) for row in work.session.execute(_ASSETS, {"run_id": run_id})]
    passed, failed = Counter[str](), Counter[str]()
    for row in found:
        if row.kind == "test" and row.status != "skipped":
            (passed if row.status == "ok" else failed).update(row.parents)
    more = [
        {
            "words": asset_words(row.name, row.parents if row.kind == "test" else ()),
            "checks_passed": passed[row.name] if row.kind == "model" else 0,
            "checks_failed": failed[row.name] if row.kind == "model" else 0,
            "holds_up": _held_up(found, row) if row.status == "failed" else (),
        }
        for row in found
    ]
    return [row.model_copy(update=facts) for row, facts in zip(found, more, strict=True)]


def failing_rows(work: Work, *, run_id: UUID, name: str) -> FailingRows:
    """The rows that a check of a run found wrong, one row each, with all its columns."""
    work.actor.require_staff()
    work.actor.require(Permission.RUN_PIPELINES)
    kept = {"run_id": run_id, "name": name}
    found: Sequence[dict[str, object]] = work.session.execute(_FAILING, kept).scalars().all()
    columns = tuple(dict.fromkeys(column for facts in found for column in facts))
    return FailingRows(
        columns=columns, rows=tuple(tuple(facts.get(column) for column in columns) for facts in found)
    )


def _held_up(assets: Sequence[AssetRow], failed: AssetRow) -> tuple[str, ...]:
    """The tables that were left out because of what failed, directly or by what lies between, in order."""
    reached = {failed.name, *(failed.parents if failed.kind == "test" else ())}
    while more := {row.name for row in assets if row.kind == "model" and reached.intersection(row.parents)} - reached:
        reached |= more
    return tuple(row.name for row in assets if row.kind == "model" and row.status == "skipped" and row.name in reached)


def _paged(page: int, size: int) -> dict[str, int]:
    return {"size": size, "skip": (max(page, 1) - 1) * size}
