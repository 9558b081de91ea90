"""The owner sets a colleague's limits on the team's screen."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.navigation import BY_URL
from domain import identity, territories
from domain.identity import OrgKind, Variant
from domain.kernel.work import begin, run
from domain.territories import Mode
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_screens import open_screen
from tests.app.test_screens_seller_admin import opened
from tests.make.market import company


@pytest.mark.usefixtures("database")
def test_an_owner_limits_a_store_manager_to_an_amount_and_a_place() -> None:
    shop = company(OrgKind.RETAILER, "Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)
    clerk = shop.people[Variant.STORE_MANAGER]
    with browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER]))) as at:
        at.run()
        open_screen(at, BY_URL["account-team"])
        with opened(at, "Limits"):
            next(field for field in at.number_input if "Orders up to" in field.label).set_value(250.0)
            next(field for field in at.multiselect if field.label == "Only these places").set_value([shop.site_id])
            next(button for button in at.button if button.label == "Set the limits").click().run()
            assert not at.exception
        with begin(shop.owner) as work:
            [row] = [one for one in identity.members_reach(work) if one.person_id == clerk.user_id]
        assert (row.amount, row.currency, row.stores) == (Decimal(250), "EUR", (shop.site_id,))
        assert "1 place" in texts(open_screen(at, BY_URL["account-team"]))
    with browser(cookie_of(session_of(shop.emails[Variant.STORE_MANAGER]))) as at:
        at.run()
        open_screen(at, BY_URL["account-team"])
        assert not at.exception and "Limits" not in [button.label for button in at.button]


@pytest.mark.usefixtures("database")
def test_an_owner_keeps_a_regional_manager_to_a_region_and_the_home_says_so() -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS)
    trader = company(OrgKind.DISTRIBUTOR, "Trader", Variant.DISTRIBUTOR_OWNER, Variant.REGIONAL_MANAGER)
    with begin(trader.owner) as work:
        today = work.now.date()
    north = run(platform.owner, territories.create_region, request_id=uuid4(), name="North", areas=[("DE", "1", "1")])
    run(platform.owner, territories.assign_territory, request_id=uuid4(), region_id=north, mode=Mode.RESALE,
        distributor_id=trader.org_id, is_exclusive=True, valid_from=today, reason="Agreed")  # fmt: skip
    with browser(cookie_of(session_of(trader.emails[Variant.DISTRIBUTOR_OWNER]))) as at:
        at.run()
        assert "Nothing sold yet" in texts(open_screen(at, BY_URL["distributor-home"]))
        places = texts(open_screen(at, BY_URL["account-places"]))
        assert "North" in places and "Served by" in places  # the address knows its region
        open_screen(at, BY_URL["account-team"])
        with opened(at, "Limits"):
            next(field for field in at.multiselect if field.label == "Only these regions").set_value([north])
            next(button for button in at.button if button.label == "Set the limits").click().run()
            assert not at.exception
        assert "1 region" in texts(open_screen(at, BY_URL["account-team"]))
        open_screen(at, BY_URL["distributor-territory"])
        assert "regional_manager of Trader" in str(at.dataframe[0].value.to_dict())
    with browser(cookie_of(session_of(trader.emails[Variant.REGIONAL_MANAGER]))) as at:
        at.run()
        home = texts(open_screen(at, BY_URL["distributor-home"]))
        assert not at.exception and "Trader · North" in home and "No orders here yet" in home
