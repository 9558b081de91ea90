"""The screens of prices do what they say, and a buyer reads why a price is what it is."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from domain import catalog, orders, pricing
from domain.identity import OrgKind, Variant
from domain.kernel.work import begin, run
from tests.app.signed_in import texts
from tests.app.test_screens_seller_admin import opened, press, screen
from tests.make.market import Company, buy, company, offer, orders_of, top_up

pytestmark = pytest.mark.usefixtures("database")
D = Decimal


@pytest.fixture
def trade(database: object) -> tuple[Company, Company]:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.FINANCE)
    shop = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)
    maker = company(
        OrgKind.MANUFACTURER, "Maker 1", Variant.FACTORY_OWNER, Variant.SALES_REPRESENTATIVE, Variant.PRODUCTION_MANAGER
    )
    offer(maker, "Thing 1", tiers=[(1, "10.00"), (100, "9.00")])
    top_up(shop, "5000.00", platform.owner)
    buy(shop, {maker.offers[0]: 1})
    return maker, shop


def read(at: AppTest) -> str:
    """What stands there, without the marks that keep text from being Markdown; with the names of the buttons."""
    return texts(at).replace("\\", "") + "".join(f"\n{button.label}" for button in at.button)


def test_every_view_is_drawn_for_who_sees_prices(trade: tuple[Company, Company]) -> None:
    maker, shop = trade
    run(maker.owner, pricing.open_group, request_id=uuid4(), name="Friends", customer_ids=[shop.org_id])
    run(maker.owner, pricing.make_rule, request_id=uuid4(), step="promotion", kind="percent", title="Spring",
        percent=D(10), currency="EUR", budget_amount=D(100), budget_units=50)  # fmt: skip
    for variant in (Variant.FACTORY_OWNER, Variant.SALES_REPRESENTATIVE):
        for show, word in (("lists", "Change many"), ("customers", "Friends"), ("promotions", "Spring"),
                           ("requests", "Ask for a price"), ("try", "List price")):  # fmt: skip
            with screen(maker.emails[variant], "manufacturer-prices", show=show) as at:
                assert word in read(at) or variant is not Variant.FACTORY_OWNER
        with screen(maker.emails[variant], "manufacturer-price", offer=maker.offers[0]) as at:
            assert "How the list price went" in read(at)
            assert ("Save prices" in read(at)) is (variant is Variant.FACTORY_OWNER)
    with screen(maker.emails[Variant.PRODUCTION_MANAGER], "manufacturer-prices") as at:
        assert "This page is not for your role" in read(at)


def unfold(at: AppTest, key: str) -> None:
    """Open a folded part, as who presses it does."""
    at.session_state[key] = True
    at.run()
    assert not at.exception


def test_a_promotion_is_made_and_the_buyer_reads_why(trade: tuple[Company, Company]) -> None:
    maker, shop = trade
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-prices", show="promotions") as at:
        with opened(at, "Add a promotion"):
            at.text_input(key="rule-promotion-title").set_value("Spring")
            at.text_input(key="rule-promotion-value").set_value("10")
            at.text_input(key="rule-promotion-money").set_value("500.00")
            press(at, "Save")
    with begin(maker.owner) as work:
        [rule] = pricing.my_rules(work)
    assert (rule.percent, rule.amount_limit, rule.ends_at) == (D(10), D(500), None)
    run(shop.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=20)
    with screen(shop.emails[Variant.BUSINESS_OWNER], "retailer-basket") as at:
        unfold(at, f"why-{maker.offers[0]}")
        said = read(at)
        assert "Promotion: Spring" in said and "Add 80 and save" in said and "€20.00" in said
    order = orders_of(
        shop, run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method="wallet")
    )[maker.org_id]
    for who, url in ((shop, "retailer-order"), (maker, "manufacturer-order")):
        with screen(next(iter(who.emails.values())), url, order=order) as at:
            unfold(at, "why-these-prices")
            assert "Promotion: Spring" in read(at), url
    with screen(maker.emails[Variant.PRODUCTION_MANAGER], "manufacturer-order", order=order) as at:
        unfold(at, "why-these-prices")
        assert "Spring" not in read(at)


def test_prices_are_planned_for_a_day(trade: tuple[Company, Company]) -> None:
    maker, _ = trade
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-price", offer=maker.offers[0]) as at:
        with opened(at, "Plan prices"):
            at.date_input(key=f"plan-{maker.offers[0]}-day").set_value(date.today() + timedelta(days=9))
            press(at, "Save the plan")
        with begin(maker.owner) as work:
            [plan] = catalog.planned_prices(work)
        assert [tier.unit_price for tier in plan.tiers] == [D(10), D(9)]
        with opened(at, "Take back"):
            press(at, "Take it back")
    with begin(maker.owner) as work:
        assert catalog.planned_prices(work) == []


def test_many_prices_change_after_a_preview(trade: tuple[Company, Company]) -> None:
    maker, _ = trade
    with (
        screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-prices") as at,
        opened(at, "Change many prices"),
    ):
        assert "€10.50" in read(at)
        press(at, "Change prices")
    with begin(maker.owner) as work:
        tiers = catalog.offer_sheet(work, offer_id=maker.offers[0]).tiers
    assert [tier.unit_price for tier in tiers] == [D("10.50"), D("9.45")]
