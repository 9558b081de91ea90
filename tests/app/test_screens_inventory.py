"""The screens of inventory, of a shop's store and of product performance do what they say, for who may see it."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import orders, reports, stock
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock, run
from tests.app.test_screens_seller_admin import labels, opened, press, screen
from tests.app.test_strangers_screens import drawn
from tests.domain.orders.test_stores import arrived, place, put
from tests.make.market import Market, make_market

pytestmark = pytest.mark.usefixtures("database")
OWNER, KEEPER, SHOP = Variant.FACTORY_OWNER, Variant.PRODUCTION_MANAGER, Variant.BUSINESS_OWNER


@pytest.fixture
def market(database: sa.Connection) -> Market:
    """A maker whose goods are going and a shop that has sold most of what it bought; one lot expires."""
    with begin(Actor.system()) as work:
        now = work.now
    # In the past, since whoever signs in does so now.
    with clock(now - timedelta(days=8)):
        made = make_market(makers=1)
        [maker], shop = made.makers, made.retailer
        put(shop, arrived(made, 60))
        with begin(maker.owner) as work:
            [row], _ = stock.my_stock(work)
        run(maker.owner, stock.count_stock, request_id=uuid4(), variant_id=row.variant_id, location_id=row.location_id,
            lot_id=row.lot_id, counted=20)  # fmt: skip
        run(maker.owner, stock.receive_stock, request_id=uuid4(), variant_id=row.variant_id,
            location_id=row.location_id, quantity=31, lot="Old", expires_on=(now + timedelta(days=4)).date(),
            unit_cost=Decimal("4.13"), currency="EUR")  # fmt: skip
    for day in range(1, 7):
        with clock(now - timedelta(days=day)):
            run(shop.owner, orders.sell_from_store, request_id=uuid4(), location_id=place(shop).location_id, quantity=9,
                variant_id=maker.variants[0], sold_on=(now - timedelta(days=day)).date())  # fmt: skip
    return made


@pytest.mark.parametrize("show", ["overview", "levels", "reorder", "idle", "expiring", "wishes"])
def test_every_view_of_the_inventory_opens_and_masks_costs(market: Market, show: str) -> None:
    [maker] = market.makers
    with screen(maker.emails[OWNER], "manufacturer-inventory", show=show) as at:
        owners = drawn(at)
    with screen(maker.emails[KEEPER], "manufacturer-inventory", show=show) as at:
        keepers = drawn(at)
    assert "€" not in keepers and "128.03" not in keepers
    if show == "overview":
        assert "€128.03" in owners and "Turns a year" in owners and "Turns a year" not in keepers
    if show == "expiring":
        assert "Old" in owners and "off" in owners


def test_a_product_opens_to_its_projection_and_layers(market: Market) -> None:
    [maker] = market.makers
    with screen(maker.emails[OWNER], "manufacturer-inventory", variant=maker.variants[0]) as at:
        assert "The next 60 days" in drawn(at)
        assert list(at.dataframe[-1].value["Unit cost"]) == ["€4.13", "not known"]
        with opened(at, "Change the alert"):
            at.number_input[-1].set_value(21)
            press(at, "Save")
    with begin(maker.owner) as work:
        [line] = stock.stock_lines(work)
    assert line.threshold_days == 21


def test_a_maker_puts_what_is_recommended_on_the_list_and_closes_it(market: Market) -> None:
    [maker] = market.makers
    run(maker.owner, stock.set_threshold, variant_id=maker.variants[0], units=60)
    run(Actor.system(), stock.tend_alerts)
    with screen(maker.emails[KEEPER], "manufacturer-inventory", show="reorder") as at:
        assert "would be missing" in drawn(at)
        boxes = [box for box in at.checkbox if box.key and box.key.startswith("take-")]
        boxes[0].set_value(True).run()
        with opened(at, "Put on the production list"):
            press(at, "Put on the list")
    with begin(maker.owner) as work:
        assert len(stock.production_wishes(work)[0]) == 1 and reports.recommendations(work) == []
    with screen(maker.emails[OWNER], "manufacturer-inventory", show="wishes") as at:
        at.selectbox(key="to-close").set_value(0).run()
        press(at, "It is made")
    with begin(maker.owner) as work:
        assert stock.production_wishes(work) == ([], 0)
    with screen(maker.emails[OWNER], "manufacturer-inventory") as at:
        assert "below 60" in drawn(at)


def test_a_shop_puts_away_takes_sales_in_and_orders_again(market: Market) -> None:
    shop = market.retailer
    email = shop.emails[SHOP]
    arrived(market, 3)
    with screen(email, "retailer-store") as at:
        assert "€60" in drawn(at) and "Days of stock left" in drawn(at)
    with screen(email, "retailer-store", show="put") as at:
        press(at, "Put into store")
    assert place(shop).on_hand == 6 + 3
    with screen(email, "retailer-store", show="sales") as at, opened(at, "Note a sale by hand"):
        press(at, "Save")
    assert place(shop).on_hand == 8
    with screen(email, "retailer-store", show="reorder") as at:
        assert at.checkbox[0].value  # urgent ones are ticked
        with opened(at, "Put into the basket"):
            press(at, "Put into the basket")
    with begin(shop.owner) as work:
        assert reports.recommendations(work) == [] and orders.my_basket(work).groups
    with screen(email, "retailer-store", variant=market.makers[0].variants[0]) as at:
        assert "The next 60 days" in drawn(at)
    with screen(shop.emails[Variant.PURCHASING_AGENT], "retailer-store", show="sales") as at:
        assert "Note a sale by hand" not in labels(at)


def test_performance_shows_the_steps_of_a_product(market: Market) -> None:
    [maker] = market.makers
    with screen(maker.emails[OWNER], "manufacturer-performance", range="30d") as at:
        assert "Baskets" in str(at.dataframe[0].value.columns)
    with screen(maker.emails[OWNER], "manufacturer-performance", offer=maker.offers[0], range="30d") as at:
        assert "Put into a basket" in drawn(at) and "Orders behind it" in drawn(at)
