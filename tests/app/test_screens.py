"""Every screen opens for its role, tells a stranger nothing, and asks anew who is here on every drawing."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app.navigation import SCREENS, Screen
from domain import catalog, identity, logistics, orders
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import run
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.make.market import Company, Market, buy, make_market, orders_of, sheet

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


def traded(market: Market) -> UUID:
    """An order that was shipped in part, so that every panel of its screens has content."""
    [maker] = market.makers
    purchase_id = buy(market.retailer, {maker.offers[0]: 10})
    order_id = orders_of(market.retailer, purchase_id)[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order_id)
    [line] = sheet(maker.owner, order_id).lines
    run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=logistics.Carrier.DHL,
        tracking="JD0001", shipped={line.line_id: 4},
    )  # fmt: skip
    return order_id


def open_screen(at: AppTest, screen: Screen, **address: object) -> AppTest:
    at.query_params.clear()
    for name, value in address.items():
        at.query_params[name] = str(value)
    return at.switch_page(str(PROJECT / screen.path)).run()


def addresses(market: Market, order_id: UUID) -> dict[str, object]:
    """What a detail screen needs in its address."""
    [maker] = market.makers
    with_product = run(market.retailer.owner, _first_product)
    return {"order": order_id, "org": maker.org_id, "product": with_product}


def _first_product(work: object) -> UUID:
    from domain import discovery

    return discovery.search_products(work).rows[0].product_id  # type: ignore[arg-type]


def test_checkout_names_what_stops_it(market: Market) -> None:
    [maker] = market.makers
    with browser(cookie_of(session_of(next(iter(market.retailer.emails.values()))))) as at:
        at.run()
        screen = next(screen for screen in SCREENS if screen.url == "retailer-checkout")
        assert "Your basket is empty" in texts(open_screen(at, screen))
        run(market.retailer.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=10)
        assert "To pay" in texts(open_screen(at, screen))
        run(market.retailer.owner, orders.set_basket_quantity, offer_id=maker.offers[0], quantity=10_000_000)
        shown = texts(open_screen(at, screen))
        assert "Your basket is not ready" in shown
        assert "are in stock right now" in shown


@pytest.mark.parametrize("kind", list(OrgKind))
def test_every_screen_opens_for_its_role_and_for_no_other(market: Market, kind: OrgKind) -> None:
    order_id = traded(market)
    facts = addresses(market, order_id)
    company: Company = {
        OrgKind.RETAILER: market.retailer,
        OrgKind.MANUFACTURER: market.makers[0],
        OrgKind.DISTRIBUTOR: market.distributor,
        OrgKind.PLATFORM: market.platform,
    }[kind]
    who = company.owner
    with browser(cookie_of(session_of(next(iter(company.emails.values()))))) as at:
        at.run()
        assert not at.exception
        for screen in SCREENS:
            open_screen(at, screen, **facts)
            assert not at.exception, screen.url
            assert "Something went wrong" not in texts(at), screen.url
            may = (screen.permission is None or who.may(screen.permission)) and (
                not screen.any_of or any(who.may(one) for one in screen.any_of)
            )
            is_theirs = screen.is_open or (kind in screen.kinds and may)
            assert ("This page is not for your role" in texts(at)) is not is_theirs, screen.url


def test_a_stranger_sees_the_sign_in_and_nothing_else(market: Market) -> None:
    order_id = traded(market)
    with browser({}) as at:
        at.run()
        for screen in SCREENS:
            open_screen(at, screen, order=order_id)
            assert not at.exception
            assert market.retailer.name not in texts(at)
            assert not at.dataframe


def test_the_order_of_somebody_else_is_not_found(market: Market) -> None:
    order_id = traded(market)
    screen = next(screen for screen in SCREENS if screen.url == "retailer-order")
    with browser(cookie_of(session_of(next(iter(market.distributor.emails.values()))))) as at:
        at.run()
        open_screen(at, screen, order=order_id)
        assert "We could not find that" in texts(at)
        assert market.retailer.name not in texts(at)


def test_a_refused_screen_is_written_into_the_audit_trail(market: Market, database: sa.Connection) -> None:
    screen = next(screen for screen in SCREENS if screen.url == "admin-ledger")
    with browser(cookie_of(session_of(market.retailer.emails[Variant.BUSINESS_OWNER]))) as at:
        at.run()
        open_screen(at, screen)
        assert "This page is not for your role" in texts(at)
    database.execute(sa.text("select set_config('app.scope', 'system', true)"))
    found = (
        database.execute(sa.text("select facts ->> 'screen' from events where name = 'ScreenRefused'")).scalars().all()
    )
    assert found == ["admin-ledger"]


def test_a_revoked_session_is_over_on_the_next_drawing(market: Market) -> None:
    session_id = session_of(market.retailer.emails[Variant.BUSINESS_OWNER])
    with browser(cookie_of(session_id)) as at:
        at.run()
        assert market.retailer.name in texts(at)
        run(Actor.system(), identity.sign_out, session_id=session_id)
        at.run()
        assert market.retailer.name not in texts(at)
        assert [button.label for button in at.button][0] == "Sign in"


def test_a_part_that_draws_itself_asks_anew_who_is_here(market: Market) -> None:
    def script() -> None:
        import streamlit as st

        from app.navigation import guard, guarded_fragment

        st.session_state["screen"] = "retailer-orders"

        @guarded_fragment()
        def part() -> None:
            st.text(guard()[0].org_name)
            st.button("Again")

        part()

    session_id = session_of(market.retailer.emails[Variant.BUSINESS_OWNER])
    with browser(cookie_of(session_id)):
        at = AppTest.from_function(script).run()
        assert not at.exception
        assert market.retailer.name in texts(at)


def test_a_revoked_session_is_over_on_a_screen_that_polls(market: Market) -> None:
    session_id = session_of(market.platform.emails[Variant.FINANCE])
    screen = next(screen for screen in SCREENS if screen.url == "admin-pipelines")
    with browser(cookie_of(session_id)) as at:
        at.run()
        open_screen(at, screen)
        assert market.platform.name in texts(at)
        run(Actor.system(), identity.sign_out, session_id=session_id)
        at.run()  # what the timer of the polling part does
        assert market.platform.name not in texts(at)
        assert "Sign in" in [button.label for button in at.button]


def test_a_colleague_without_the_right_sees_no_button_for_it(market: Market) -> None:
    screen = next(screen for screen in SCREENS if screen.url == "retailer-order")
    order_id = traded(market)
    with browser(cookie_of(session_of(market.retailer.emails[Variant.PURCHASING_AGENT]))) as at:
        at.run()
        open_screen(at, screen, order=order_id)
        assert "Record receipt" not in [button.label for button in at.button]
    with browser(cookie_of(session_of(market.retailer.emails[Variant.STORE_MANAGER]))) as at:
        at.run()
        open_screen(at, screen, order=order_id)
        assert "Record receipt" in [button.label for button in at.button]


def test_the_buyer_may_cancel_on_the_page_of_an_order_that_is_not_shipped(market: Market) -> None:
    [maker] = market.makers
    screen = next(screen for screen in SCREENS if screen.url == "retailer-order")
    order_id = orders_of(market.retailer, buy(market.retailer, {maker.offers[0]: 10}))[maker.org_id]
    with browser(cookie_of(session_of(market.retailer.emails[Variant.BUSINESS_OWNER]))) as at:
        at.run()
        for step in (None, orders.confirm_order):
            if step:
                run(maker.owner, step, order_id=order_id)
            open_screen(at, screen, order=order_id)
            assert "Something went wrong" not in texts(at)
            assert "Cancel order" in [button.label for button in at.button]


def test_the_terms_of_a_seller_stand_there_as_one_would_type_them(market: Market) -> None:
    [maker] = market.makers
    run(
        maker.owner, catalog.set_seller_terms, currency="EUR", order_minimum=Decimal(200), shipping_fee=Decimal("30.50"),
        free_shipping_from=Decimal(1200),
    )  # fmt: skip
    screen = next(screen for screen in SCREENS if screen.url == "manufacturer-product")
    with browser(cookie_of(session_of(maker.emails[Variant.FACTORY_OWNER]))) as at:
        at.run()
        open_screen(at, screen, show="terms")
        assert [box.value for box in at.text_input] == ["200", "30.5", "1200"]


def test_names_that_people_typed_are_shown_as_they_are(market: Market) -> None:
    from app.parts import plain

    assert plain("**bold** [x](http://y)") == r"\*\*bold\*\* \[x\]\(http:" + "//y" + r"\)"
    assert ":red[" not in plain(":red[a]")
    assert "<script>" not in plain("<script>")


def test_every_screen_has_an_address_of_its_own() -> None:
    assert len({screen.url for screen in SCREENS}) == len(SCREENS)
    assert len({screen.path for screen in SCREENS}) == len(SCREENS)
