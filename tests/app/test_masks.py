"""Who may not see prices is shown none: on every screen, in the API, in lists and figures.

A factory's production manager and a distributor's warehouse manager open all that is theirs in a market whose
prices are numbers that stand nowhere else. The owner, who sees them, is the control.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app.api import api
from app.navigation import SCREENS
from app.sign_in import Here
from domain import identity, orders
from domain.identity import OrgKind, SignedIn, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_screens import open_screen
from tests.make.market import PASSWORD, Company, Market, buy, company, make_market, offer, orders_of, top_up

pytestmark = pytest.mark.usefixtures("database")

# 7 units at 31.37: unit price, goods, tax of 8 %, gross.
PRICES = ("31.37", "219.59", "17.57", "237.16")


@pytest.fixture
def trades(database: object) -> tuple[Market, Company, dict[OrgKind, UUID]]:
    """A distributor buys from a maker and sells to a shop, at the same telling price."""
    market = make_market(makers=1)
    [maker] = market.makers
    both = company(OrgKind.DISTRIBUTOR, "Both sides", Variant.DISTRIBUTOR_OWNER, Variant.WAREHOUSE_MANAGER)
    top_up(both, "900.00", market.finance)
    made, resold = (offer(who, f"Telling thing of {who.name}", tiers=[(1, "31.37")]) for who in (maker, both))
    bought = orders_of(both, buy(both, {made: 7}))[maker.org_id]
    buy(market.retailer, {resold: 7})
    run(maker.owner, orders.confirm_order, order_id=bought)
    return market, both, {OrgKind.MANUFACTURER: bought, OrgKind.DISTRIBUTOR: bought}


@contextmanager
def signed_in(who: Company, variant: Variant) -> Iterator[AppTest]:
    with browser(cookie_of(session_of(who.emails[variant]))) as at:
        at.run()
        yield at


def here_of(who: Company, variant: Variant) -> Here:
    with begin(Actor.system()) as work:
        found: SignedIn = identity.person_by_email(work, email=who.emails[variant])
    return found, who.people[variant]


def prices_on_screens(who: Company, variant: Variant, order_id: UUID) -> tuple[set[str], int]:
    """The telling numbers on every screen of the person, and how many screens were read."""
    shown, screens = set(), [s for s in SCREENS if s.is_for(here_of(who, variant)) and not s.is_open]
    with signed_in(who, variant) as at:
        for screen in screens:
            open_screen(at, screen, order=order_id)
            assert not at.exception, screen.url
            text = texts(at) + " ".join(str(button.label) for button in at.button)
            shown |= {f"{price} on {screen.url}" for price in PRICES if price in text}
    return shown, len(screens)


@pytest.mark.parametrize("kind", [OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR])
def test_no_screen_shows_a_price_to_who_sees_none(
    trades: tuple[Market, Company, dict[OrgKind, UUID]], kind: OrgKind
) -> None:
    market, both, order_ids = trades
    who, owner, masked = {
        OrgKind.MANUFACTURER: (market.makers[0], Variant.FACTORY_OWNER, Variant.PRODUCTION_MANAGER),
        OrgKind.DISTRIBUTOR: (both, Variant.DISTRIBUTOR_OWNER, Variant.WAREHOUSE_MANAGER),
    }[kind]
    assert len(prices_on_screens(who, owner, order_ids[kind])[0]) > 3
    shown, screens = prices_on_screens(who, masked, order_ids[kind])
    assert shown == set()
    assert screens >= 8


def test_the_api_and_the_lists_hold_no_price_for_who_sees_none(
    trades: tuple[Market, Company, dict[OrgKind, UUID]]
) -> None:
    market, both, order_ids = trades
    web = TestClient(api(), raise_server_exceptions=False)

    def answers(who: Company, variant: Variant) -> str:
        token = web.post("/v1/sign-in", json={"email": who.emails[variant], "password": PASSWORD}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        order_id = order_ids[OrgKind.MANUFACTURER]
        with begin(Actor.system()) as work:
            purchase = orders.order_sheet(work, order_id=order_id).purchase_id
        paths = (f"orders/{order_id}", f"purchases/{purchase}", "basket", "wallet/EUR", "sites")
        found = " ".join(web.get(f"/v1/{path}", headers=headers).text for path in paths)
        with begin(who.people[variant]) as work:
            found += repr(orders.orders_of_seller(work)) + repr(orders.work_list(work))
        return found

    def told(who: Company, variant: Variant) -> list[str]:
        text = answers(who, variant)
        return [price for price in PRICES if price in text]

    assert told(market.makers[0], Variant.FACTORY_OWNER) == list(PRICES)
    assert told(both, Variant.DISTRIBUTOR_OWNER) == list(PRICES)
    assert told(market.makers[0], Variant.PRODUCTION_MANAGER) == []
    assert told(both, Variant.WAREHOUSE_MANAGER) == []
