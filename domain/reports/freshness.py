"""Are the figures fresh? What the schedule promises, what readers see, and what stands in the way."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.kernel.work import Work
from domain.reports.building import is_at_work

# The schedule in UTC, as orchestration keeps it: a build at night, and one every half hour of the day.
NIGHTLY = time(3, 10)
DAY_FIRST, DAY_LAST, EVERY = time(5, 0), time(23, 30), timedelta(minutes=30)
# A build may take this long before its figures count as late.
ALLOWANCE = timedelta(minutes=15)


class FiguresState(BaseModel):
    """How fresh the figures are that readers see.

    `state`: `none` (never built), `building` (none yet, the first build is at work or asked for), `fresh`, `stale`
    (older than the schedule promises), `failed` (the last build did not end well, so readers keep what they had).
    `as_of` is what they know, `since` when the state began, `promised_at` the instant that they should know.
    """

    model_config = ConfigDict(frozen=True)

    state: Literal["none", "building", "fresh", "stale", "failed"]
    as_of: datetime | None
    published_at: datetime | None
    published_run_id: UUID | None
    since: datetime | None
    promised_at: datetime
    last_run_id: UUID | None
    last_status: str | None
    problem: str | None
    checks_passed: int
    checks_failed: int
    work: "BuildProgress | None"


class BuildProgress(BaseModel):
    """A build that is asked for or at work. `steps_expected` is what the last whole build did, None for the first."""

    model_config = ConfigDict(frozen=True)

    state: Literal["waiting", "sent", "running"]
    asked_at: datetime
    asked_by: str | None
    reason: str | None
    run_id: UUID | None
    steps: int
    steps_expected: int | None
    seconds_expected: Decimal | None


_SEEN = text("""
    select p.as_of, p.published_at, p.run_id,
           count(a.position) filter (where a.status = 'ok') as passed,
           count(a.position) filter (where a.status = 'failed') as failed
    from (select * from ops.publications order by published_at desc limit 1) p
    left join ops.pipeline_assets a on a.run_id = p.run_id and a.kind in ('test', 'gate')
    group by p.as_of, p.published_at, p.run_id
""")
_LAST = text("""
    select id, started_at, case when status = 'running' then 'abandoned' else status end as status,
           case when status = 'running' then 'The build was interrupted before it had ended.' else problem end
               as problem
    from ops.pipeline_runs where status <> 'running' or not :is_at_work order by started_at desc limit 1
""")
_FAILING_SINCE = text("""
    select min(started_at) from ops.pipeline_runs
    where started_at > coalesce((select max(started_at) from ops.pipeline_runs where status = 'succeeded'), '-infinity')
""")
_WORK = text("""
    with asked as (select * from ops.build_requests where state in ('waiting', 'sent', 'running')),
    running as (select * from ops.pipeline_runs where status = 'running' and :is_at_work
                order by started_at desc limit 1),
    whole as (select r.id, extract(epoch from r.ended_at - r.started_at)::numeric as seconds
              from ops.pipeline_runs r where status = 'succeeded' order by started_at desc limit 1)
    select case when r.id is not null then 'running' else q.state end as state,
           coalesce(q.asked_at, r.started_at) as asked_at, p.name as asked_by, q.reason, r.id as run_id,
           (select count(*) from ops.pipeline_assets a where a.run_id = r.id) as steps,
           (select nullif(count(*), 0) from ops.pipeline_assets a join whole on a.run_id = whole.id) as steps_expected,
           (select seconds from whole) as seconds_expected
    from running r full join asked q on true
    left join people p on p.id = q.asked_by
    where r.id is not null or q.state <> 'running'
""")


def figures_state(work: Work) -> FiguresState:
    """How fresh the figures are, what the last build said, and whether one is on its way."""
    work.actor.require_staff()
    at_work = {"is_at_work": is_at_work(work)}
    seen = work.session.execute(_SEEN).one_or_none()
    last = work.session.execute(_LAST, at_work).one_or_none()
    under_way = work.session.execute(_WORK, at_work).one_or_none()
    promised = promised_at(work.now)
    as_of = seen.as_of if seen else None
    state: Literal["none", "building", "fresh", "stale", "failed"]
    since: datetime | None
    # A build that died after its figures were shown has done what readers need.
    is_shown = last is not None and seen is not None and last.id == seen.run_id
    if last is not None and last.status != "succeeded" and not is_shown:
        state, since = "failed", work.session.execute(_FAILING_SINCE).scalar_one()
    elif as_of is None:
        state, since = ("building" if under_way else "none"), None
    elif as_of < promised:
        state, since = "stale", promised + ALLOWANCE
    else:
        state, since = "fresh", seen.published_at  # type: ignore[union-attr]
    return FiguresState(
        state=state,
        as_of=as_of,
        published_at=seen.published_at if seen else None,
        published_run_id=seen.run_id if seen else None,
        since=since,
        promised_at=promised,
        last_run_id=last.id if last else None,
        last_status=last.status if last else None,
        problem=last.problem if last and state == "failed" else None,
        checks_passed=seen.passed if seen else 0,
        checks_failed=seen.failed if seen else 0,
        work=BuildProgress.model_validate(under_way._asdict()) if under_way else None,
    )


def promised_at(now: datetime) -> datetime:
    """The instant up to which the figures should know the market: the last start that had time to end (UTC)."""
    latest = now - ALLOWANCE
    day = latest.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [_on(day, NIGHTLY), _on(day - timedelta(days=1), DAY_LAST)]
    start = _on(day, DAY_FIRST)
    while start <= _on(day, DAY_LAST):
        starts.append(start)
        start += EVERY
    return max(start for start in starts if start <= latest)


def _on(day: datetime, clock: time) -> datetime:
    return day.replace(hour=clock.hour, minute=clock.minute)
