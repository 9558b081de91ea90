"""Asking for a build: who may, one at a time, and what becomes of a request that nobody takes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain import reports
from domain.identity import Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, Invalid
from domain.kernel.work import begin, clock, run
from domain.reports import BuildUnderWay
from domain.reports.freshness import promised_at
from tests.make.market import Market, make_market

SYSTEM = Actor.system()


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


@pytest.fixture
def real_market(fresh_database: str) -> Market:
    """For what several connections see."""
    return make_market(makers=1)


def ask(who: Actor, reason: str = "Prices were mended") -> UUID:
    return run(who, reports.request_build, request_id=uuid4(), reason=reason)


def rows(query: str) -> list[tuple[Any, ...]]:
    with begin(SYSTEM) as work:
        return [tuple(row) for row in work.session.execute(text(query))]


def as_builder(statement: str) -> None:
    with db.connect(db.Role.BUILDER) as connection:
        connection.execute(statement.encode())


def test_who_asked_and_why_is_kept_and_the_second_is_told(market: Market) -> None:
    operations, analyst = market.platform.people[Variant.OPERATIONS], market.platform.people[Variant.ANALYTICS]
    asked = ask(operations, "  Prices  were mended ")
    with pytest.raises(BuildUnderWay, match="has asked for it already"):
        ask(analyst)
    assert rows("select id, reason, asked_by, state from ops.build_requests") == [
        (asked, "Prices were mended", operations.user_id, "waiting")
    ]
    log = "select name, subject_id, actor_user_id from events where subject = 'build'"
    assert rows(log) == [("BuildRequested", asked, operations.user_id)]
    with begin(analyst) as work:
        seen = reports.figures_state(work)
    assert seen.state == "building" and seen.work is not None
    assert (seen.work.state, seen.work.reason, seen.work.run_id) == ("waiting", "Prices were mended", None)


def test_people_who_ask_at_the_same_moment_get_one_build(real_market: Market) -> None:
    askers = [real_market.platform.people[v] for v in (Variant.OPERATIONS, Variant.SUPER_ADMIN, Variant.ANALYTICS)]
    askers = [who for who in askers for _ in range(3)]

    def outcome(who: Actor) -> str:
        try:
            ask(who)
        except BuildUnderWay:
            return "told"
        return "asked"

    with ThreadPoolExecutor(len(askers)) as pool:
        assert sorted(pool.map(outcome, askers)) == ["asked", *["told"] * (len(askers) - 1)]
    assert rows("select count(*) from ops.build_requests") == [(1,)]


def test_a_reason_is_needed(market: Market) -> None:
    for reason in ("", "  x ", "y" * 501):
        with pytest.raises(Invalid):
            ask(market.platform.people[Variant.ANALYTICS], reason)
    assert rows("select count(*) from ops.build_requests") == [(0,)]


def test_a_build_at_work_is_not_started_twice_and_one_that_died_is_not_waited_for(real_market: Market) -> None:
    asked = ask(real_market.platform.people[Variant.ANALYTICS])
    with db.connect(db.Role.BUILDER) as builder:
        builder.execute("select pg_advisory_lock(42422001)")
        run_id = uuid4()
        as_builder(
            "insert into ops.pipeline_runs (id, started_by, slot, as_of, started_at, status)"
            f" values ('{run_id}', 'request', 'blue', clock_timestamp(), clock_timestamp(), 'running')"
        )
        as_builder(f"update ops.build_requests set state = 'running', run_id = '{run_id}'")
        with pytest.raises(BuildUnderWay):
            ask(real_market.platform.people[Variant.ANALYTICS])
        with begin(SYSTEM) as work:
            assert reports.build_to_start(work) is None
            assert reports.figures_state(work).state == "building"
            assert reports.pipeline_runs(work)[0][0].status == "running"
        # As at the end of the session, which a busy server notices too late for a test.
        builder.execute("select pg_advisory_unlock(42422001)")
    with begin(SYSTEM) as work:
        state = reports.figures_state(work)
        assert (state.state, state.last_status, state.work) == ("failed", "abandoned", None)
        assert reports.pipeline_runs(work)[0][0].status == "abandoned"
    again = ask(real_market.platform.people[Variant.ANALYTICS])
    assert rows("select id, state from ops.build_requests order by asked_at") == [(asked, "ended"), (again, "waiting")]


def test_what_was_sent_and_never_began_is_sent_again_and_given_up_in_the_end(market: Market) -> None:
    asked = ask(market.platform.people[Variant.ANALYTICS])
    with begin(SYSTEM) as work:
        now, wanted = work.now, reports.build_to_start(work)
    assert wanted is not None and (wanted.request_id, wanted.tries) == (asked, 0)
    run(SYSTEM, reports.record_build_sent, build_request_id=asked, sent_to="dagster")

    def waiting_at(later: timedelta) -> int | None:
        with clock(now + later), begin(SYSTEM) as work:
            found = reports.build_to_start(work)
            return None if found is None else found.tries

    assert waiting_at(timedelta(minutes=2)) is None
    assert waiting_at(timedelta(minutes=4)) == 1
    run(SYSTEM, reports.give_up_build, build_request_id=asked, problem="Nobody took it.")
    assert waiting_at(timedelta(minutes=4)) is None
    assert rows("select name from events where subject = 'build' order by id") == [("BuildRequested",), ("BuildGivenUp",)]
    ask(market.platform.people[Variant.ANALYTICS])


def test_the_first_build_is_asked_for_once(market: Market) -> None:
    assert run(SYSTEM, reports.request_first_build) is not None
    assert run(SYSTEM, reports.request_first_build) is None
    assert rows("select asked_by from ops.build_requests") == [(None,)]


def test_figures_of_before_the_registry_are_built_anew(real_market: Market) -> None:
    as_builder(
        "insert into ops.pipeline_runs (id, started_by, slot, as_of, started_at, status)"
        " values (gen_random_uuid(), 'an older release', 'blue', clock_timestamp(), clock_timestamp(), 'succeeded')"
    )
    as_builder("insert into ops.publications select id, slot, as_of, started_at from ops.pipeline_runs")
    with begin(real_market.platform.people[Variant.ANALYTICS]) as work, pytest.raises(reports.WarehouseNotBuilt):
        reports.known_metrics(work)
    assert run(SYSTEM, reports.request_first_build) is not None


def test_the_steps_of_jobs_are_for_jobs(market: Market) -> None:
    steps: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (reports.request_first_build, {}),
        (reports.record_build_sent, {"build_request_id": uuid4(), "sent_to": "worker"}),
        (reports.give_up_build, {"build_request_id": uuid4(), "problem": "none"}),
        (reports.record_job, {"name": "backup"}),
    ]
    for command, facts in steps:
        with pytest.raises(DomainError):
            run(market.platform.people[Variant.ANALYTICS], command, **facts)
    assert rows("select count(*) from ops.build_requests") == rows("select count(*) from ops.job_runs") == [(0,)]


@pytest.mark.parametrize(
    ("now", "promised"),
    [
        ("2026-03-02 12:44", "2026-03-02 12:00"),
        ("2026-03-02 12:45", "2026-03-02 12:30"),
        ("2026-03-02 00:10", "2026-03-01 23:30"),
        ("2026-03-02 03:24", "2026-03-01 23:30"),
        ("2026-03-02 03:25", "2026-03-02 03:10"),
        ("2026-03-02 05:14", "2026-03-02 03:10"),
        ("2026-03-02 05:15", "2026-03-02 05:00"),
        ("2026-03-02 23:59", "2026-03-02 23:30"),
    ],
)
def test_what_the_schedule_promises(now: str, promised: str) -> None:
    assert promised_at(datetime.fromisoformat(now).replace(tzinfo=UTC)) == datetime.fromisoformat(promised).replace(
        tzinfo=UTC
    )
