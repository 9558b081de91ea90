"""By which carrier deliveries come to a place: three in a row suggest a preference, which people take or leave."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from domain import identity, orders
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from tests.make.market import Market, buy, make_market, orders_of, sheet


@pytest.fixture
def market(database: Any) -> Market:
    return make_market(makers=1)


def deliver(market: Market, *carriers: Carrier) -> None:
    """One order, a shipment by each carrier, all of them received."""
    shop, [maker] = market.retailer, market.makers
    order = orders_of(shop, buy(shop, {maker.offers[0]: len(carriers)}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    [line] = sheet(maker.owner, order).lines
    for carrier in carriers:
        parcel = run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier=carrier, tracking="T",
                     shipped={line.line_id: 1})  # fmt: skip
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=parcel)


def learned(market: Market) -> list[tuple[str, int]]:
    with begin(market.retailer.owner) as work:
        found = orders.learned_carriers(work)
    assert all(row.site_id == market.retailer.site_id for row in found)
    return [(row.carrier, row.deliveries) for row in found]


def test_three_deliveries_in_a_row_by_another_carrier_suggest_it(market: Market) -> None:
    shop = market.retailer
    prefer = {"site_id": shop.site_id, "dock_hours": "8-12"}
    run(shop.owner, identity.set_delivery_preferences, preferred_carrier="dhl", **prefer)
    deliver(market, Carrier.UPS, Carrier.UPS)
    assert learned(market) == []
    with begin(shop.owner) as work:
        next_day = work.now + timedelta(days=1)
    with clock(next_day):
        deliver(market, Carrier.UPS)
        assert learned(market) == [("ups", 3)]
        run(shop.owner, identity.set_delivery_preferences, preferred_carrier="ups", **prefer)
        assert learned(market) == []  # taken
        # It is applied at the next checkout: the seller reads it on the order.
        [maker] = market.makers
        order = orders_of(shop, buy(shop, {maker.offers[0]: 1}))[maker.org_id]
        assert sheet(maker.owner, order).delivery_address["preferred_carrier"] == "ups"
    with clock(next_day + timedelta(days=1)):
        deliver(market, Carrier.DPD)  # a single odd parcel suggests nothing
        assert learned(market) == []
    with clock(next_day + timedelta(days=2)):
        deliver(market, Carrier.OTHER, Carrier.OTHER, Carrier.OTHER)
        assert learned(market) == []  # "other" is nobody whom one could ask for


def test_sales_by_region_are_of_the_own_sales_and_hide_amounts_from_who_sees_no_prices(market: Market) -> None:
    deliver(market, Carrier.UPS)
    [maker] = market.makers
    with begin(maker.owner) as work:
        [row] = orders.sales_by_region(work)
    assert (row.region_id, row.orders, row.buyers, row.goods) == (None, 1, 1, Decimal("10.00"))
    with begin(maker.people[identity.Variant.PRODUCTION_MANAGER]) as work:
        assert [(row.orders, row.goods) for row in orders.sales_by_region(work)] == [(1, 0)]
