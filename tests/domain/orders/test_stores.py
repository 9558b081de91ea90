"""From an order into the store, over the counter and back into the basket: each unit once, each file once."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, orders, reports, stock
from domain.identity import SiteKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from domain.orders import NothingToPutAway
from tests.make.market import Company, Market, buy, make_market, orders_of, sheet


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


def arrived(market: Market, units: int, *, accepted: int | None = None) -> UUID:
    """An order whose goods came to the shop, all or part of them accepted."""
    [maker], shop = market.makers, market.retailer
    order_id = orders_of(shop, buy(shop, {maker.offers[0]: units}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order_id)
    [line] = sheet(maker.owner, order_id).lines
    shipment_id = run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="JD1",
        shipped={line.line_id: units},
    )  # fmt: skip
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment_id)
    if accepted is None or accepted:
        some = None if accepted is None else {line.line_id: accepted}
        run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id, accepted=some)
    return order_id


def put(shop: Company, order_id: UUID, who: Actor | None = None) -> int:
    return run(who or shop.owner, orders.put_into_store, request_id=uuid4(), order_id=order_id)


def place(shop: Company) -> stock.StorePlace:
    with begin(shop.owner) as work:
        return next(place for place in stock.store_places(work) if place.site_id == shop.site_id)


def test_accepted_goods_go_into_the_store_once_at_what_they_cost(market: Market, database: sa.Connection) -> None:
    shop = market.retailer
    order_id = arrived(market, 30, accepted=20)
    assert put(shop, order_id) == 20
    with pytest.raises(NothingToPutAway):
        put(shop, order_id)
    assert place(shop).on_hand == 20
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id)  # the other ten
    with begin(shop.owner) as work:
        [waiting], total = orders.to_put_away(work)
    assert (waiting.units, waiting.order_id, total) == (10, order_id, 1)
    request = uuid4()
    for _ in range(2):  # a second press of the button is the first
        assert run(shop.owner, orders.put_into_store, request_id=request, order_id=order_id) == 10
    with begin(shop.owner) as work:
        value = stock.inventory_value(work)
        assert orders.to_put_away(work) == ([], 0)
    assert (place(shop).on_hand, value.value, value.units) == (30, Decimal("300"), 30)  # at 10.00 each, without tax
    moved = database.execute(sa.text("select sum(quantity) from market.store_receipt_lines")).scalar_one()
    assert moved == 30


def test_nothing_accepted_is_nothing_to_put_away_and_others_find_nothing(market: Market) -> None:
    shop = market.retailer
    order_id = arrived(market, 30, accepted=0)
    for who, refusal in (
        (shop.owner, NothingToPutAway), (shop.people[Variant.PURCHASING_AGENT], NotAllowed),
        (market.makers[0].owner, NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            put(shop, order_id, who)
    assert place(shop).location_id is None  # not even the store was made


def test_a_manager_keeps_the_own_store_and_no_other(market: Market) -> None:
    shop = market.retailer
    manager = shop.people[Variant.STORE_MANAGER]
    second = run(
        shop.owner, identity.add_site, request_id=uuid4(), org_id=shop.org_id, kind=SiteKind.STORE, name="Second store",
        street="Markt 2", postal_code="10115", city="Berlin", country_code="DE",
    )  # fmt: skip
    order_id = arrived(market, 30)
    put(shop, order_id)
    run(shop.owner, identity.set_member_scopes, person_id=manager.user_id, kind=identity.ScopeKind.STORE, subject_ids=[second])
    with begin(manager) as work:
        assert [one.name for one in stock.store_places(work)] == ["Second store"]
        assert stock.stock_lines(work) == [] and stock.my_stock(work) == ([], 0)
        with pytest.raises(NotFound):
            stock.stock_lines(work, location_id=place(shop).location_id)
    sale = {"request_id": uuid4(), "location_id": place(shop).location_id, "sold_on": _today()}
    with pytest.raises(NotFound):
        run(manager, orders.sell_from_store, variant_id=market.makers[0].variants[0], quantity=1, **sale)
    run(shop.owner, identity.set_member_scopes, person_id=manager.user_id, kind=identity.ScopeKind.STORE, subject_ids=[shop.site_id])
    run(manager, orders.sell_from_store, variant_id=market.makers[0].variants[0], quantity=1, **sale)
    assert place(shop).on_hand == 29


def _today() -> Any:
    with begin(Actor.system()) as work:
        return work.now.date()


def test_a_file_of_sales_counts_once_and_names_its_bad_lines(market: Market, database: sa.Connection) -> None:
    shop, [maker] = market.retailer, market.makers
    order_id = arrived(market, 30)
    put(shop, order_id)
    location_id = place(shop).location_id
    assert location_id is not None
    today = _today()
    sku = sheet(shop.owner, order_id).lines[0].sku
    content = (
        f"Date;SKU;Qty\n{today};{sku};4\n{today - timedelta(days=1)};{sku.lower()};5\n"
        f"{today};{sku};0\n{today};NOBODY;3\n2019-01-01;{sku};1\n{today};{sku};1000\nsoon;{sku};1\n{today};;2\n\n"
    )
    with begin(shop.owner) as work:
        read = orders.read_store_sales(work, location_id=location_id, content=content)
    assert [bad.line for bad in read.bad] == [4, 5, 6, 7, 8, 9]
    assert [bad.why.split()[0] for bad in read.bad] == ["“0”", "No", "2019-01-01", "Only", "“soon”", "The"]
    facts = {"location_id": location_id, "content": content}
    with pytest.raises(Invalid, match="6 lines cannot be taken in; line 4"):
        run(shop.owner, orders.take_store_sales, request_id=uuid4(), **facts)
    assert place(shop).on_hand == 30
    assert run(shop.owner, orders.take_store_sales, request_id=uuid4(), skip_bad=True, **facts) == 9
    with pytest.raises(Conflict, match="taken in before"):
        run(shop.owner, orders.take_store_sales, request_id=uuid4(), skip_bad=True, **facts)
    # Saved anew by another program it is the same file, whatever its line ends and separators are.
    facts["content"] = "\ufeff" + content.rstrip().replace("\n", "\r\n").replace(";", ",")
    with pytest.raises(Conflict, match="taken in before"):
        run(shop.owner, orders.take_store_sales, request_id=uuid4(), skip_bad=True, **facts)
    assert place(shop).on_hand == 21
    by_day = database.execute(sa.text("select sold_on, quantity from market.store_sales order by 1")).all()
    assert [tuple(row) for row in by_day] == [(today - timedelta(days=1), 5), (today, 4)]
    with begin(shop.owner) as work:
        rate = stock.daily_demand(work, variant_ids=maker.variants)[maker.variants[0]]
    assert (rate.units, rate.days_sold) == (9, 2)
    for broken in ("", "a,b\n1,2\n", "sku,quantity,day\n"):
        with pytest.raises(Invalid), begin(shop.owner) as work:
            orders.read_store_sales(work, location_id=location_id, content=broken)


@pytest.mark.parametrize("hour", [0, 11, 13, 23])
def test_sales_of_two_days_are_two_days_at_any_hour(market: Market, hour: int) -> None:
    shop, [maker] = market.retailer, market.makers
    put(shop, arrived(market, 30))
    day = _today() + timedelta(days=1)
    facts = {"location_id": place(shop).location_id, "variant_id": maker.variants[0]}
    with clock(datetime.combine(day, time(hour, 30), UTC)):
        for sold_on, quantity in ((day, 4), (day - timedelta(days=1), 5)):
            run(shop.owner, orders.sell_from_store, request_id=uuid4(), quantity=quantity, sold_on=sold_on, **facts)
        with begin(shop.owner) as work:
            rate = stock.daily_demand(work, variant_ids=maker.variants)[maker.variants[0]]
    assert (rate.units, rate.days_sold) == (9, 2)


def test_more_than_lies_there_is_not_sold(market: Market) -> None:
    shop, [maker] = market.retailer, market.makers
    put(shop, arrived(market, 5))
    facts = {"location_id": place(shop).location_id, "variant_id": maker.variants[0], "sold_on": _today()}
    with pytest.raises(stock.OutOfStock):
        run(shop.owner, orders.sell_from_store, request_id=uuid4(), quantity=6, **facts)
    assert place(shop).on_hand == 5


# --- what to order again ---------------------------------------------------------------------------


@pytest.fixture
def selling(market: Market) -> Iterator[Market]:
    """A shop that put 60 units away two weeks ago and sold four on each of the last twelve days."""
    with begin(Actor.system()) as work:
        now = work.now
    shop = market.retailer
    with clock(now + timedelta(days=1)):
        put(shop, arrived(market, 60))
    location_id = place(shop).location_id
    for day in range(2, 14):
        with clock(now + timedelta(days=day)):
            run(shop.owner, orders.sell_from_store, request_id=uuid4(), location_id=location_id, quantity=4,
                variant_id=market.makers[0].variants[0], sold_on=(now + timedelta(days=day)).date())  # fmt: skip
    with clock(now + timedelta(days=14)):
        yield market


def test_a_recommendation_is_what_the_projection_lacks_and_goes_when_it_is_followed(selling: Market) -> None:
    shop, [variant_id] = selling.retailer, selling.makers[0].variants
    with begin(shop.owner) as work:
        [one] = reports.recommendations(work)
        going = reports.projection(work, variant_id=variant_id)
    assert (one.available, one.on_order, one.lead_days, one.cover_days) == (12, 0, 3, 17)
    low = going.days[one.cover_days].low
    assert one.needed == -int(low // 1) and one.quantity == one.needed  # the same projection says both
    assert going.days[0].expected == going.days[0].low == 12 and one.is_urgent is (going.days[3].expected < 0)
    run(shop.owner, orders.add_many_to_basket, quantities={one.offer_id: one.quantity})
    with begin(shop.owner) as work:
        assert reports.recommendations(work) == []
        after = reports.projection(work, variant_id=variant_id)
    assert after.on_order == one.quantity
    assert after.days[one.cover_days].low == pytest.approx(low + one.quantity) and after.days[one.cover_days].low >= 0
    # ordered, on its way, arrived, accepted, put away: it counts once at every step
    order_id = orders_of(shop, run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method="wallet"))
    [order_id] = order_id.values()
    seen = []

    def look() -> None:
        with begin(shop.owner) as work:
            assert reports.recommendations(work) == []
            level = reports.projection(work, variant_id=variant_id)
            seen.append(level.available + level.on_order)

    look()
    maker = selling.makers[0]
    run(maker.owner, orders.confirm_order, order_id=order_id)
    look()
    [line] = sheet(maker.owner, order_id).lines
    shipment_id = run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL,
                      tracking="JD2", shipped={line.line_id: line.confirmed})  # fmt: skip
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment_id)
    look()
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id)
    look()
    put(shop, order_id)
    look()
    assert set(seen) == {12 + one.quantity}


def test_a_makers_wish_counts_until_the_goods_are_there(selling: Market) -> None:
    maker = selling.makers[0]
    [variant_id] = maker.variants
    with begin(maker.owner) as work:
        [line] = stock.stock_lines(work)
    run(maker.owner, stock.count_stock, request_id=uuid4(), variant_id=variant_id, location_id=maker.location_id,
        lot_id=_lot(maker), counted=10)  # fmt: skip
    with begin(maker.owner) as work:
        [one] = reports.recommendations(work)
    assert (one.offer_id, one.seller_name, one.available) == (None, None, 10) and line.units_out == 60
    [wish] = run(maker.owner, stock.wish_production, request_id=uuid4(), quantities={variant_id: one.quantity},
                 due_on=_day_of(maker))  # fmt: skip
    with begin(maker.owner) as work:
        assert reports.recommendations(work) == []
        assert reports.projection(work, variant_id=variant_id).on_order == one.quantity
    run(maker.owner, stock.receive_stock, request_id=uuid4(), variant_id=variant_id, location_id=maker.location_id, quantity=7)
    with begin(maker.owner) as work:
        level = reports.projection(work, variant_id=variant_id)
    assert level.available == 17 and level.on_order >= one.quantity - 7
    run(maker.owner, stock.close_production_wish, wish_id=wish, outcome="dropped")
    with pytest.raises(DomainError):
        run(maker.owner, stock.close_production_wish, wish_id=wish, outcome="made")
    with begin(maker.owner) as work:
        assert [row.needed > 0 for row in reports.recommendations(work)] == [True]
    with pytest.raises(NotFound):
        run(selling.retailer.owner, stock.wish_production, request_id=uuid4(), quantities={variant_id: 1}, due_on=_day_of(maker))


def _lot(maker: Company) -> UUID:
    with begin(maker.owner) as work:
        [row], _ = stock.my_stock(work)
    return row.lot_id


def _day_of(maker: Company) -> Any:
    with begin(maker.owner) as work:
        return work.now.date() + timedelta(days=5)
