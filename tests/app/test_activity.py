"""What a screen notes about its visitors: openings and searches, never reruns, and never at a screen's cost."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app import activity, measures
from app.activity import Notebook
from app.navigation import BY_URL
from domain import identity
from domain.identity import ActivityKind, OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin
from tests.app.signed_in import browser, cookie_of, session_of
from tests.app.test_screens import open_screen
from tests.conftest import pointed_to
from tests.make.market import Market, buy, company, make_market, orders_of

Written = Callable[[], list[Any]]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    mine = Notebook()
    monkeypatch.setattr(activity, "notebook", mine)
    return mine


@pytest.fixture
def written(notebook: Notebook) -> Written:
    """All that was noted until now, as it stands in the database."""

    def rows() -> list[Any]:
        notebook.flush()
        with begin(Actor.system()) as work:
            statement = "select kind, screen, facts, org_id, person_id from activity order by occurred_at"
            return list(work.session.execute(sa.text(statement)).all())

    return rows


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


def test_a_view_is_an_opening_and_not_a_rerun(market: Market, written: Written) -> None:
    shop = market.retailer
    [maker] = market.makers
    first, second = (orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id] for _ in range(2))
    with browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER]))) as at:
        at.run()
        open_screen(at, BY_URL["retailer-orders"])
        at.run()
        at.text_input(key="purchases-find").set_value("S-1").run()
        open_screen(at, BY_URL["retailer-order"], order=first)
        at.run()
        open_screen(at, BY_URL["retailer-order"], order=second)
        open_screen(at, BY_URL["admin-ledger"])  # refused: not seen
        assert not at.exception
    with browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER]))) as at:  # a reload
        at.run()
    home, *rest = written()
    assert (home.kind, home.screen, home.facts) == ("page_view", "retailer-home", {})
    assert (home.org_id, home.person_id) == (shop.org_id, shop.people[Variant.BUSINESS_OWNER].user_id)
    assert [row.screen for row in rest] == ["retailer-orders", "retailer-order", "retailer-order", "retailer-home"]
    assert {row.kind for row in rest} == {"page_view"}


def test_a_search_is_its_words_filters_and_how_much_it_found(market: Market, written: Written) -> None:
    with browser(cookie_of(session_of(market.retailer.emails[Variant.BUSINESS_OWNER]))) as at:
        at.run()
        open_screen(at, BY_URL["retailer-products"])
        assert {row.kind for row in written()} == {"page_view"}  # looking at all that there is asks nothing
        at.text_input(key="q").set_value("  nothing is called so ").run()
        at.run()
        at.selectbox(key="sort").set_value("price").run()
        at.text_input(key="q").set_value("").run()
        at.toggle(key="stock").set_value(True).run()
        assert not at.exception
    nothing, stocked = [row for row in written() if row.kind == "search"]
    assert (nothing.kind, nothing.screen) == ("search", "retailer-products")
    assert nothing.facts.pop("ms") > 0 and stocked.facts.pop("ms") > 0  # how long it took, for System health
    assert nothing.facts == {"find": "nothing is called so", "results": 0}
    assert stocked.facts == {"in_stock": True, "results": len(market.makers[0].offers)}


def lost(reason: str) -> float:
    return measures.activity_lost.labels(reason)._value.get()


def test_screens_open_while_notes_cannot_be_written_or_do_not_fit(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    shop = company(OrgKind.RETAILER, "Shop")
    small = Notebook(waiting_at_most=2)
    monkeypatch.setattr(activity, "notebook", small)
    before = lost("queue full")
    with browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER]))) as at:
        at.run()
        with pointed_to("postgresql://nobody:nothing@127.0.0.1:1/nowhere"):
            small.flush()
        for url in ("retailer-orders", "retailer-basket", "retailer-wallet"):
            open_screen(at, BY_URL[url])
            assert not at.exception
    small.flush()
    assert [row.screen for row in written()] == ["retailer-home", "retailer-orders", "retailer-basket"]
    assert lost("queue full") == before + 1


@pytest.mark.parametrize("words", ["a\x00b", "a\ud800b"], ids=["by the database", "before the database"])
def test_what_is_refused_does_not_stop_what_comes_after(
    database: sa.Connection, notebook: Notebook, written: Written, words: str
) -> None:
    email = company(OrgKind.RETAILER, "Shop").emails[Variant.BUSINESS_OWNER]
    with begin(Actor.system()) as work:
        who = identity.person_by_email(work, email=email)
    before = lost("refused")
    here = (who, identity.actor_of(who))
    notebook.note(here, ActivityKind.SEARCH, "retailer-products", {"find": words})
    notebook.flush()
    notebook.note(here, ActivityKind.PAGE_VIEW, "retailer-home", {})
    assert [row.screen for row in written()] == ["retailer-home"]
    assert lost("refused") == before + 1


def test_the_thread_writes_batches_by_itself_and_the_rest_at_the_end(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, notebook: Notebook
) -> None:
    email = company(OrgKind.RETAILER, "Shop").emails[Variant.BUSINESS_OWNER]
    monkeypatch.setattr(activity, "PAUSE_S", 0.05)
    with begin(Actor.system()) as work:
        who = identity.person_by_email(work, email=email)
    here = (who, identity.actor_of(who))

    def stored() -> int:
        with begin(Actor.system()) as work:
            return int(work.session.execute(sa.text("select count(*) from activity")).scalar_one())

    notebook.start()
    for _ in range(activity.BATCH + 1):
        notebook.note(here, ActivityKind.PAGE_VIEW, "retailer-home", {})
    until = time.monotonic() + 10
    while stored() <= activity.BATCH:
        assert time.monotonic() < until
        time.sleep(0.02)
    notebook.note(here, ActivityKind.PAGE_VIEW, "retailer-orders", {})
    notebook.stop()
    assert stored() == activity.BATCH + 2
