"""Is the system well? One line for each thing that can break: a light, a sentence, and what to do next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.reports.freshness import FiguresState, figures_state
from domain.reports.verify import MEANING, InvariantRow, violations


class Light(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class HealthRow(BaseModel):
    """One thing that can break: how it is, since when if that is known, and what to do when it is not well."""

    model_config = ConfigDict(frozen=True)

    name: str
    light: Light
    sentence: str
    next_step: str | None = None
    since: datetime | None = None


class JobRow(BaseModel):
    """The last run of a recurring job. `is_late`: it has not succeeded for longer than it may."""

    model_config = ConfigDict(frozen=True)

    name: str
    last_run_at: datetime | None
    last_success_at: datetime | None
    problem: str | None
    is_late: bool


class InvariantCheck(BaseModel):
    """A look at the invariants: when, and those that were broken."""

    model_config = ConfigDict(frozen=True)

    checked_at: datetime
    broken: tuple[InvariantRow, ...]


# How long a job may go without success before it is late.
JOBS: dict[str, timedelta] = {
    "deliver_events": timedelta(minutes=2),
    "fire_timers": timedelta(minutes=2),
    "seal_audit": timedelta(minutes=5),
    "start_builds": timedelta(minutes=2),
    "retry_stalled": timedelta(minutes=10),
    "count_words": timedelta(minutes=20),
    "forget_old_jobs": timedelta(hours=30),
}
BACKUP = "backup"
BACKUP_AGE_MAX, CHECK_AGE_MAX = timedelta(hours=26), timedelta(hours=26)
QUEUE_LAG_AMBER, QUEUE_LAG_RED = timedelta(seconds=60), timedelta(minutes=5)
SEARCH_SPAN, SEARCH_SLOW_MS = timedelta(days=1), 1000.0
TIMER_LATE = timedelta(minutes=10)  # from then on it stands in the list of what is stuck
SESSIONS_AMBER, SESSIONS_RED = 0.8, 0.95

_DATABASE = text("""
    select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
           (select count(*) from pg_stat_activity where datid is not null) as sessions,
           current_setting('max_connections')::int as sessions_max
""")
_WORKER = text("""
    select (select max(last_heartbeat) from jobs.procrastinate_workers) as seen_at,
           (select count(*) from jobs.procrastinate_jobs where status = 'todo'
               and coalesce(scheduled_at, '-infinity') <= :now) as waiting,
           (select min(coalesce(j.scheduled_at, e.at)) from jobs.procrastinate_jobs j
               left join jobs.procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
               where j.status = 'todo' and coalesce(j.scheduled_at, '-infinity') <= :now) as oldest_at
""")
_DELIVERIES = text("""
    select count(*) filter (where state = 'failed') as failed,
           min(next_try_at) filter (where state = 'failed') as failed_since,
           count(*) filter (where state = 'waiting' and attempts > 0) as retried
    from deliveries where state <> 'done'
""")
_TIMERS = text("""
    select count(*) filter (where attempts > 0) as retried, count(*) filter (where due_at < :late) as late,
           min(due_at) filter (where due_at < :late) as late_since
    from timers where fired_at is null
""")
_JOBS = text("select name, last_run_at, last_success_at, problem from ops.job_runs")
_RECORD_JOB = text("""
    insert into ops.job_runs (name, last_run_at, last_success_at, problem)
    values (:name, :now, case when cast(:problem as text) is null then cast(:now as timestamptz) end, :problem)
    on conflict (name) do update set last_run_at = excluded.last_run_at, problem = excluded.problem,
        last_success_at = coalesce(excluded.last_success_at, ops.job_runs.last_success_at)
""")
_SEARCHES = text("""
    select count(*) as searches, percentile_cont(0.5) within group (order by (facts ->> 'ms')::float8) as p50,
           percentile_cont(0.95) within group (order by (facts ->> 'ms')::float8) as p95
    from activity where kind = 'search' and facts ? 'ms' and occurred_at > :since
""")
_CHECKED = text("select checked_at, broken from ops.invariant_checks order by checked_at desc, id desc limit 1")
_RECORD_CHECK = text(
    "insert into ops.invariant_checks (id, checked_at, checked_by, broken)"
    " values (:id, :now, :who, cast(:broken as jsonb))"
)


def system_health(work: Work) -> list[HealthRow]:
    """How every part that the database knows of is, the worst first. A row is one part."""
    work.actor.require_staff()
    rows = [
        _database(work), _worker(work), _jobs(last_jobs(work)), _deliveries(work), _timers(work), _invariants(work),
        _figures(figures_state(work)), _backup(work), _search(work),
    ]  # fmt: skip
    return _worst_first(rows)


def last_jobs(work: Work) -> list[JobRow]:
    """The last run of each recurring job of the worker, those that never ran included."""
    work.actor.require_staff()
    found = {row.name: row for row in work.session.execute(_JOBS)}
    return [
        JobRow(
            name=name,
            last_run_at=getattr(found.get(name), "last_run_at", None),
            last_success_at=getattr(found.get(name), "last_success_at", None),
            problem=getattr(found.get(name), "problem", None),
            is_late=name in found and (found[name].last_success_at or found[name].last_run_at) < work.now - may,
        )
        for name, may in JOBS.items()
    ]


def record_job(work: Work, *, name: str, problem: str | None = None) -> None:
    """Write down that a recurring job ran, and what went wrong if it did. For jobs only."""
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(_RECORD_JOB, {"name": name, "now": work.now, "problem": problem})


def check_invariants(work: Work) -> list[InvariantRow]:
    """Count what breaks each invariant, and write down what was found."""
    work.actor.require_staff()
    work.actor.require(Permission.SEE_LEDGER)
    found = violations(work)
    broken = [row for row in found if row.violations]
    facts = {"id": new_id(), "now": work.now, "who": work.actor.user_id, "broken": to_json(broken).decode()}
    work.session.execute(_RECORD_CHECK, facts)
    return found


def last_invariant_check(work: Work) -> InvariantCheck | None:
    """The last look at the invariants; None when there was none."""
    work.actor.require_staff()
    found = work.session.execute(_CHECKED).one_or_none()
    return InvariantCheck.model_validate(found._asdict()) if found else None


def _database(work: Work) -> HealthRow:
    found = work.session.execute(_DATABASE).one()
    share = found.sessions / found.sessions_max
    light = Light.RED if share >= SESSIONS_RED else Light.AMBER if share >= SESSIONS_AMBER else Light.GREEN
    return HealthRow(
        name="Database",
        light=light,
        sentence=f"PostgreSQL {found.version.split()[0]} answers; it holds {found.bytes / 1e6:,.0f} MB, and"
        f" {found.sessions} of {found.sessions_max} connections are in use.",
        next_step=None
        if light is Light.GREEN
        else "Raise max_connections, or stop programs that hold connections; at the limit nobody can sign in.",
    )


def _worker(work: Work) -> HealthRow:
    found = work.session.execute(_WORKER, {"now": work.now}).one()
    silent = work.now - found.seen_at if found.seen_at else None
    oldest = found.oldest_at or work.now
    lag = max(work.now - oldest, timedelta(0))
    restart = "Look into logs/worker.log; the worker starts again by itself when it dies, else restart the product."
    if silent is None or silent > timedelta(minutes=2):
        what = "The worker has not been seen" + (" since the start." if silent is None else f" for {_span(silent)}.")
        return HealthRow(
            name="Worker", light=Light.RED, sentence=f"{what} Notices, timed steps and builds wait.",
            next_step=restart, since=found.seen_at,
        )  # fmt: skip
    light = Light.RED if lag > QUEUE_LAG_RED else Light.AMBER if lag > QUEUE_LAG_AMBER else Light.GREEN
    if light is Light.GREEN:
        return HealthRow(name="Worker", light=light, sentence=f"It works; {found.waiting} jobs wait, none for long.")
    return HealthRow(
        name="Worker", light=light, sentence=f"It is behind: {found.waiting} jobs wait, the oldest for {_span(lag)}.",
        next_step=restart, since=oldest,
    )  # fmt: skip


def _jobs(jobs: Sequence[JobRow]) -> HealthRow:
    failing, late = [job for job in jobs if job.problem], [job for job in jobs if job.is_late]
    if late or failing:
        job = (late or failing)[0]
        more = f" ({len(late or failing)} in all)" if len(late or failing) > 1 else ""
        what = f"has not succeeded since {_clock(job.last_success_at)}" if late else f"failed: {job.problem}"
        return HealthRow(
            name="Recurring jobs",
            light=Light.RED,
            sentence=f"The job {job.name.replace('_', ' ')} {what}{more}.",
            next_step="The last problem stands in the list of jobs below; logs/worker.log has the whole of it.",
            since=job.last_success_at,
        )
    if all(job.last_run_at is None for job in jobs):
        return HealthRow(
            name="Recurring jobs", light=Light.AMBER, sentence="No job has run yet.",
            next_step="Jobs begin with the worker; wait a minute after the start.",
        )  # fmt: skip
    return HealthRow(name="Recurring jobs", light=Light.GREEN, sentence="Every job ran when it had to.")


def _deliveries(work: Work) -> HealthRow:
    found = work.session.execute(_DELIVERIES).one()
    if found.failed:
        return HealthRow(
            name="Notices and follow-ups",
            light=Light.RED,
            sentence=f"{_count(found.failed, 'follow-up')} of what happened failed for good.",
            next_step="The list below says which and why. Mend the cause; support can then do the step by hand.",
            since=found.failed_since,
        )
    if found.retried:
        return HealthRow(
            name="Notices and follow-ups", light=Light.AMBER,
            sentence=f"{_count(found.retried, 'follow-up')} failed and will be tried again.",
            next_step="Nothing yet; they stand in the list below.",
        )  # fmt: skip
    return HealthRow(
        name="Notices and follow-ups", light=Light.GREEN, sentence="Everything that happened was passed on."
    )


def _timers(work: Work) -> HealthRow:
    found = work.session.execute(_TIMERS, {"late": work.now - TIMER_LATE}).one()
    if found.late or found.retried:
        return HealthRow(
            name="Timed steps",
            light=Light.RED if found.late else Light.AMBER,
            sentence=f"{_count(found.late, 'timed step')} are late, {found.retried} failed and will be tried again.",
            next_step="The list below says which. Deadlines of orders pass only when their steps are done.",
            since=found.late_since,
        )
    return HealthRow(name="Timed steps", light=Light.GREEN, sentence="Every deadline that has come was acted on.")


def _invariants(work: Work) -> HealthRow:
    last = last_invariant_check(work)
    name, run_now = "Rules of the books", "Run all checks on this screen."
    if last is None:
        return HealthRow(name=name, light=Light.AMBER, sentence="They have not been counted yet.", next_step=run_now)
    if last.broken:
        return HealthRow(
            name=name,
            light=Light.RED,
            sentence=f"{len(last.broken)} of {len(MEANING)} rules were broken when they were last counted.",
            next_step="The rules below name what breaks them. Send no payouts before it is understood.",
            since=last.checked_at,
        )
    if work.now - last.checked_at > CHECK_AGE_MAX:
        age = _span(work.now - last.checked_at)
        return HealthRow(
            name=name, light=Light.AMBER, sentence=f"All held, but were last counted {age} ago.", next_step=run_now
        )
    return HealthRow(
        name=name, light=Light.GREEN, sentence=f"All {len(MEANING)} held when last counted.", since=last.checked_at
    )


def _figures(figures: FiguresState) -> HealthRow:
    look = "Data pipelines says what stopped it and which figures are old."
    light, sentence, step = {
        "fresh": (Light.GREEN, "They are as new as the schedule promises.", None),
        "building": (Light.AMBER, "The first figures are being built.", "Nothing; they appear by themselves."),
        "none": (Light.AMBER, "No figures have been built yet.", "Build them on Data pipelines."),
        "stale": (Light.AMBER, "They are older than the schedule promises.", look),
        "failed": (Light.RED, "The last build failed; readers see older figures.", look),
    }[figures.state]
    return HealthRow(name="Figures", light=light, sentence=sentence, next_step=step, since=figures.since)


def _backup(work: Work) -> HealthRow:
    found = next((row for row in work.session.execute(_JOBS) if row.name == BACKUP), None)
    make = "Let an engineer run wholesale backup FILE, and keep the file on another machine."
    if found is None or found.last_success_at is None:
        nothing = "No backup of this database is known."
        return HealthRow(name="Backup", light=Light.AMBER, sentence=nothing, next_step=make)
    age = work.now - found.last_success_at
    is_old = age > BACKUP_AGE_MAX
    return HealthRow(
        name="Backup", light=Light.AMBER if is_old else Light.GREEN, sentence=f"The last one is {_span(age)} old.",
        next_step=make if is_old else None, since=found.last_success_at,
    )  # fmt: skip


def _search(work: Work) -> HealthRow:
    """How long people waited for a page of results within the last day, as their screens measured it."""
    found = work.session.execute(_SEARCHES, {"since": work.now - SEARCH_SPAN}).one()
    if not found.searches:
        return HealthRow(name="Search", light=Light.GREEN, sentence="Nobody has searched within the last day.")
    is_slow = found.p95 > SEARCH_SLOW_MS
    return HealthRow(
        name="Search", light=Light.AMBER if is_slow else Light.GREEN,
        sentence=f"Of {found.searches:,} within the last day half took at most {found.p50:,.0f} ms, 95 % at most"
        f" {found.p95:,.0f} ms.",
        next_step="See what else the database does; wholesale bench search tells what a search should take here."
        if is_slow else None,
    )  # fmt: skip


def _worst_first(rows: Sequence[HealthRow]) -> list[HealthRow]:
    order = [Light.RED, Light.AMBER, Light.GREEN]
    return sorted(rows, key=lambda row: order.index(row.light))


def _span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return _count(seconds // size, word)
    return _count(seconds, "second")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _clock(moment: datetime | None) -> str:
    return f"{moment:%d %b %H:%M} UTC" if moment else "the start"
