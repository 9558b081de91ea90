"""The lights of the system: each is green in a sound market, and red when its part is broken on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain import identity, reports
from domain.identity import ActivityKind, Seen
from domain.kernel.actor import Actor
from domain.kernel.work import Work, begin, clock, run
from domain.reports import BACKUP, HealthRow, Light
from domain.reports.health import JOBS
from tests.make.market import Market, buy, make_market

SYSTEM = Actor.system()


@pytest.fixture
def sound(database: sa.Connection) -> None:
    """The machinery works: the worker is seen, its jobs ran, the rules were counted, a backup was made."""
    for job in (*JOBS, BACKUP):
        run(SYSTEM, reports.record_job, name=job)
    run(SYSTEM, reports.check_invariants)
    broken_by("insert into jobs.procrastinate_workers (last_heartbeat) values (now())")


@pytest.fixture
def market(sound: None) -> Market:
    """And people trade."""
    made = make_market(makers=1)
    buy(made.retailer, {made.makers[0].offers[0]: 5})
    broken_by("delete from jobs.procrastinate_jobs")
    return made


def broken_by(statement: str) -> None:
    """What only a defect would do, with the rights of the worker."""

    def break_it(work: Work) -> None:
        assert work.session.execute(text(statement)).rowcount  # type: ignore[attr-defined]

    run(SYSTEM, break_it)


def lights() -> dict[str, HealthRow]:
    with begin(SYSTEM) as work:
        return {row.name: row for row in reports.system_health(work)}


def light(name: str) -> Light:
    return lights()[name].light


@contextmanager
def later(time: timedelta) -> Iterator[None]:
    with clock(now() + time):
        yield


def now() -> datetime:
    with begin(SYSTEM) as work:
        return work.now


def test_a_sound_system_is_green_and_says_so(sound: None) -> None:
    rows = lights()
    unwell = {name: row.sentence for name, row in rows.items() if row.light is not Light.GREEN}
    assert list(unwell) == ["Figures"]  # none have been built in this market
    assert all(row.next_step for row in rows.values() if row.light is not Light.GREEN)
    assert all(row.sentence.endswith(".") for row in rows.values())


def test_a_job_that_is_late_or_fails_is_red(sound: None) -> None:
    with later(timedelta(minutes=6)):
        found = lights()
        assert found["Recurring jobs"].light is Light.RED and "has not succeeded since" in found["Recurring jobs"].sentence
    run(SYSTEM, reports.record_job, name="seal_audit", problem="OSError: disk full")
    assert "The job seal audit failed: OSError: disk full" in lights()["Recurring jobs"].sentence
    with begin(SYSTEM) as work:
        [job] = [row for row in reports.last_jobs(work) if row.problem]
    assert job.name == "seal_audit" and job.last_success_at is not None and not job.is_late
    run(SYSTEM, reports.record_job, name="seal_audit")
    assert light("Recurring jobs") is Light.GREEN


def test_a_worker_that_stopped_or_is_behind_is_red(sound: None) -> None:
    with later(timedelta(minutes=3)):
        assert light("Worker") is Light.RED
    add = "insert into jobs.procrastinate_jobs (queue_name, task_name, args, status, scheduled_at) values"
    broken_by(f"{add} ('default', 'deliver_events', '{{}}', 'todo', now() - interval '90 seconds')")
    assert light("Worker") is Light.AMBER
    broken_by("update jobs.procrastinate_jobs set scheduled_at = now() - interval '6 minutes'")
    assert light("Worker") is Light.RED and "the oldest for 6 minutes" in lights()["Worker"].sentence


def test_undelivered_events_late_timers_and_broken_rules_are_red(market: Market) -> None:
    undelivered()
    assert light("Timed steps") is Light.GREEN
    with later(timedelta(days=60)):
        assert light("Timed steps") is Light.RED
    broken_rule(market)


def undelivered() -> None:
    add = "insert into deliveries (event_id, reaction, state, attempts, next_try_at, last_error)"
    assert light("Notices and follow-ups") is Light.GREEN
    broken_by(f"{add} select min(id), 'tell', 'waiting', 1, now(), 'no' from events")
    assert light("Notices and follow-ups") is Light.AMBER
    broken_by("update deliveries set state = 'failed' where reaction = 'tell'")
    assert light("Notices and follow-ups") is Light.RED
    broken_by("update deliveries set state = 'done', done_at = now() where reaction = 'tell'")
    assert light("Notices and follow-ups") is Light.GREEN


def broken_rule(market: Market) -> None:
    broken_by(
        "insert into deliveries (event_id, reaction, state, attempts, next_try_at, done_at)"
        " select min(id), 'never tried', 'done', 0, now(), now() from events"
    )
    assert light("Rules of the books") is Light.GREEN  # nobody has counted since
    run(market.finance, reports.check_invariants)
    assert light("Rules of the books") is Light.RED
    with begin(SYSTEM) as work:
        last = reports.last_invariant_check(work)
    assert last is not None and [row.number for row in last.broken] == [17]
    assert last.broken[0].violations == 1 and last.broken[0].sample
    broken_by("update deliveries set attempts = 1 where reaction = 'never tried'")
    run(market.finance, reports.check_invariants)
    assert light("Rules of the books") is Light.GREEN
    with later(timedelta(days=2)):
        assert light("Rules of the books") is Light.AMBER


def test_a_backup_that_is_old_or_missing_is_amber(sound: None) -> None:
    with later(timedelta(days=3)):
        assert "3 days old" in lights()["Backup"].sentence and light("Backup") is Light.AMBER
    broken_by("update ops.job_runs set last_success_at = null where name = 'backup'")
    assert light("Backup") is Light.AMBER


def test_the_light_of_the_search_knows_how_long_people_waited_yesterday(market: Market) -> None:
    owner = market.retailer.owner
    assert owner.user_id is not None and lights()["Search"].sentence == "Nobody has searched within the last day."

    def note(*times: float) -> None:
        run(SYSTEM, identity.record_activity, seen=[
            Seen(org_id=owner.require_org(), person_id=owner.user_id, kind=ActivityKind.SEARCH, screen="retailer-products",
                 facts={"find": "lamp", "results": 1, "ms": ms}) for ms in times])  # fmt: skip

    note(*(10.0 for _ in range(30)))
    well = lights()["Search"]
    assert well.light is Light.GREEN and "half took at most 10 ms, 95 % at most 10 ms" in well.sentence
    note(*(5000.0 for _ in range(3)))
    slow = lights()["Search"]
    assert slow.light is Light.AMBER and "half took at most 10 ms, 95 % at most 5,000 ms" in slow.sentence
    with later(timedelta(days=2)):
        assert light("Search") is Light.GREEN
