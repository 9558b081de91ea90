"""The screens of the machinery: how fresh figures are, what stopped a build, asking for one, and the health of it all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from app import measures
from app.navigation import BY_URL
from domain import reports
from domain.identity import Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_screens_seller_admin import opened
from tests.make.market import Market, make_market

RUN = """
    insert into ops.pipeline_runs (id, started_by, slot, as_of, started_at, ended_at, status, problem)
    values (%s, 'schedule', 'blue', now() - %s::interval, now() - %s::interval, now() - %s::interval + interval '20 seconds',
            %s, %s)
"""
ASSET = """
    insert into ops.pipeline_assets (run_id, position, name, kind, status, row_count, seconds, message, parents)
    values (%s, %s, %s, %s, %s, %s, 0.04, %s, %s)
"""


@pytest.fixture
def market(fresh_database: str) -> Market:
    return make_market(makers=1)


@contextmanager
def screen(email: str, url: str) -> Iterator[AppTest]:
    with browser(cookie_of(session_of(email))) as at:
        at.run()
        at.switch_page(str(PROJECT / BY_URL[url].path)).run()
        assert not at.exception, at.exception
        yield at


def press(at: AppTest, label: str, *, last: bool = False) -> None:
    found = [button for button in at.button if button.label == label]
    found[-1 if last else 0].click().run()
    assert not at.exception, at.exception


def built_and_then_stopped() -> None:
    """A good build two hours ago, and one that a check in the middle stopped an hour ago."""
    good, bad = uuid4(), uuid4()
    with db.connect(db.Role.BUILDER) as connection:
        connection.execute(RUN, [good, "2 hours", "2 hours", "2 hours", "succeeded", None])
        connection.execute(ASSET, [good, 1, "fct_orders", "model", "ok", 90, None, []])
        connection.execute(ASSET, [good, 2, "orders_add_up", "test", "ok", None, None, ["fct_orders"]])
        connection.execute(
            "insert into ops.publications select id, slot, as_of, ended_at from ops.pipeline_runs where id = %s", [good]
        )
        said = "The check “Orders add up” found 2 rows that are wrong."
        connection.execute(RUN, [bad, "1 hour", "1 hour", "1 hour", "failed", said])
        connection.execute(ASSET, [bad, 1, "fct_orders", "model", "ok", 100, None, []])
        failed = "Got 2 results, configured to fail if != 0"
        connection.execute(ASSET, [bad, 2, "orders_add_up", "test", "failed", None, failed, ["fct_orders"]])
        connection.execute(ASSET, [bad, 3, "mart_gmv_daily", "model", "skipped", None, None, ["fct_orders"]])
        connection.execute(
            "insert into ops.failing_rows values (%s, 'orders_add_up', 1, '{\"order_number\": \"=1+1\", \"total\": 3}')", [bad]
        )


def test_a_failed_build_is_told_in_plain_words_and_asked_for_again_by_one_person(market: Market) -> None:
    email = market.platform.emails[Variant.OPERATIONS]
    with screen(email, "admin-pipelines") as at:
        assert "There are no figures yet" in texts(at)
        built_and_then_stopped()
        at.run()
        said = texts(at).replace("\\", "")
        assert "The last build failed" in said and "All figures stay those of" in said and "(2 hours ago)" in said
        assert "The check “Orders add up” found 2 rows that are wrong." in said
        assert "1 table left out because of it: GMV daily" in said
        assert "+10" in said and "Change" in said

        with opened(at, "Build now"):
            at.text_input[0].set_value("The source is mended")
            run(market.platform.people[Variant.ANALYTICS], reports.request_build, request_id=uuid4(), reason="I was first")
            press(at, "Build now", last=True)
            assert "has asked for it already" in texts(at)
        at.run()
        assert "A build is under way" in texts(at) and "I was first" in texts(at)
    with begin(Actor.system()) as work:
        asked = reports.figures_state(work).work
    assert asked is not None and asked.reason == "I was first"


def test_the_health_of_the_system_has_a_light_for_each_part(market: Market) -> None:
    measures.recent_errors.append((datetime.now(UTC), "ABCD1234"))
    try:
        with screen(market.platform.emails[Variant.FINANCE], "admin-checks") as at:
            said = texts(at).replace("\\", "")
    finally:
        measures.recent_errors.pop()
    for part in ("Database", "Worker", "Recurring jobs", "Notices and follow-ups", "Timed steps", "Rules of the books",
                 "Figures", "Backup", "Disk", "Screens"):  # fmt: skip
        assert f"**{part}**" in said, part
    assert "The worker has not been seen since the start" in said and "the last one is ABCD1234" in said
    assert "need a look" in said
