"""The stock hub: layers, bins, lots, holds, allocations, transfers, counts while trade goes on, serials and recalls."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import notifications, orders, reactions, stock
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.states import IllegalMove
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from domain.payments import Method
from domain.reports.verify import violations
from domain.stock import CountState, DiscrepancyState, LocationKind, OutOfStock, SerialNotHere, SerialsMissing, Wanted
from tests.make.market import Company, Market, buy, make_market, offer, orders_of, receive, sheet


@pytest.fixture
def market(database: Any) -> Market:
    return make_market(makers=1, on_hand=0)


@pytest.fixture
def maker(market: Market) -> Company:
    made = market.makers[0]
    receive(made, made.variants[0], 100)
    return made


def rows(statement: str, **facts: object) -> list[Any]:
    with begin(Actor.system()) as work:
        return [tuple(row) for row in work.session.execute(sa.text(statement), facts)]


def holds() -> None:
    with begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []


def do(who: Company | Actor, command: Any, **facts: Any) -> Any:
    return run(who.owner if isinstance(who, Company) else who, command, request_id=uuid4(), **facts)


def place(maker: Company, name: str, **facts: Any) -> UUID:
    made: UUID = do(maker, stock.add_location, name=name, **facts)
    return made


def free(maker: Company) -> int:
    [(units,)] = rows("select sum(on_hand - reserved)::int from stock_balances where org_id = :org", org=maker.org_id)
    return int(units)


def lot_of(maker: Company) -> UUID:
    with begin(maker.owner) as work:
        return stock.my_stock(work)[0][0].lot_id


def seen_by(buyer: Company, maker: Company) -> int:
    with begin(buyer.owner) as work:
        found = work.session.execute(
            sa.text("select available from stock_available(array[cast(:offer as uuid)], :now)"),
            {"offer": maker.offers[0], "now": work.now},
        )
        return int(found.scalar_one())


def test_what_goes_out_uses_the_oldest_layer_and_a_move_keeps_it(market: Market) -> None:
    maker = market.makers[0]
    variant = maker.variants[0]
    here = maker.location_id = place(maker, "Main")
    cost = {"variant_id": variant, "location_id": here, "currency": "EUR"}
    with begin(maker.owner) as work:
        day = work.now
    for number, (quantity, price) in enumerate([(10, "2.00"), (10, "3.00")]):
        with clock(day + timedelta(days=number)):
            do(maker, stock.receive_stock, quantity=quantity, unit_cost=Decimal(price), **cost)
    lot = lot_of(maker)
    there = place(maker, "Other")
    with clock(day + timedelta(days=2)):
        do(maker, stock.move_stock, variant_id=variant, lot_id=lot, from_location_id=here, to_location_id=there, quantity=12)
        do(maker, stock.record_sales, location_id=there, sold={variant: 11})
    layers = "select location_id, unit_cost, remaining from stock_layers where remaining > 0 order by location_id = :here"
    assert rows(layers, here=here) == [(there, Decimal("3.000000"), 1), (here, Decimal("3.000000"), 8)]
    used = "select sum(u.quantity * l.unit_cost) from stock_layer_uses u join stock_layers l on l.id = u.layer_id"
    used += " join stock_movements m on m.id = u.movement_id where m.kind = 'sold'"
    assert rows(used) == [(Decimal("23.000000"),)]  # ten at two and one at three
    with clock(day + timedelta(days=3)):  # what is found without a price is taken at the last one, and says so
        do(maker, stock.count_stock, variant_id=variant, location_id=here, lot_id=lot, counted=9)
    assert rows("select unit_cost, is_estimated from stock_layers order by id desc limit 1") == [(Decimal("3.000000"), True)]
    before = rows("select count(*) from stock_movements")
    with pytest.raises(OutOfStock):
        do(maker, stock.record_sales, location_id=there, sold={variant: 2})
    assert rows("select count(*) from stock_movements") == before
    holds()


def test_bins_lie_in_their_warehouse_and_who_is_kept_to_it_works_in_them(market: Market) -> None:
    trader = market.distributor
    offer(trader, "Resold", on_hand=40)
    main, variant = trader.location_id, trader.variants[0]
    zone = place(trader, "Zone A", kind=LocationKind.ZONE, parent_id=main)
    shelf = place(trader, "A-1", kind=LocationKind.BIN, parent_id=zone, code="A1")
    with pytest.raises(Invalid, match="cannot lie in a bin"):
        place(trader, "B", kind=LocationKind.BIN, parent_id=shelf)
    with pytest.raises(Conflict):
        place(trader, "A-1", kind=LocationKind.BIN, parent_id=zone)
    do(trader, stock.move_stock, variant_id=variant, lot_id=lot_of(trader), from_location_id=main, to_location_id=shelf,
       quantity=15)  # fmt: skip
    with begin(trader.owner) as work:
        tree = [(row.name, row.depth, row.on_hand) for row in stock.places(work)]
        assert stock.my_locations(work)[0].on_hand == 40
        assert stock.my_stock(work, location_id=zone)[0][0].on_hand == 15
    assert tree == [("Main warehouse", 0, 40), ("Zone A", 1, 15), ("A-1", 2, 15)]
    # Orders are filled from bins as well.
    buy(market.retailer, {trader.offers[0]: 40})
    holds()


def test_a_lot_on_hold_or_too_old_for_a_buyer_is_not_reserved(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    with begin(maker.owner) as work:
        today = work.now.date()
    lot = receive(maker, maker.variants[0], 30, lot="L1", expires_on=today + timedelta(days=100))
    assert seen_by(shop, maker) == 30
    run(maker.owner, stock.hold_lot, lot_id=lot, reason="Label is wrong")
    with pytest.raises(IllegalMove):
        run(maker.owner, stock.hold_lot, lot_id=lot, reason="Label is wrong")
    assert seen_by(shop, maker) == 0
    with pytest.raises(OutOfStock):
        buy(shop, {maker.offers[0]: 1})
    run(maker.owner, stock.free_lot, lot_id=lot, reason="Labelled anew")
    placed = orders_of(shop, buy(shop, {maker.offers[0]: 1}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=placed)
    # Made 60 days ago of 160: 62 % are left. That is enough for all but the one who asks for more.
    run(Actor.system(), _age, lot_id=lot, days=60)
    run(maker.owner, stock.set_life_term, least_percent=60)
    assert seen_by(shop, maker) == 28  # what was refused before stayed in the basket
    run(maker.owner, stock.set_life_term, least_percent=70, buyer_id=shop.org_id)
    assert seen_by(shop, maker) == 0
    line = sheet(maker.owner, placed).lines[0].line_id
    with pytest.raises(OutOfStock, match="too old for this buyer"):
        do(maker, orders.ship_goods, order_id=placed, carrier=Carrier.DHL, tracking="T", shipped={line: 1})
    do(maker, stock.dispose_stock, variant_id=maker.variants[0], location_id=maker.location_id, lot_id=lot, quantity=9,
       reason="Too old", is_returned=True)  # fmt: skip
    with pytest.raises(Conflict, match="reserved"):
        do(maker, stock.dispose_stock, variant_id=maker.variants[0], location_id=maker.location_id, lot_id=lot,
           quantity=21, reason="Too old")  # fmt: skip
    assert rows("select kind, cause, quantity from stock_movements order by id desc limit 1") == [
        ("returned", "supplier_return", -9)
    ]
    holds()


def _age(work: Any, *, lot_id: UUID, days: int) -> None:
    work.session.execute(
        sa.text("update lots set made_on = made_on - cast(:days as integer) where id = :id"), {"id": lot_id, "days": days}
    )


def test_what_is_held_by_hand_is_free_again_when_its_time_has_come(market: Market, maker: Company) -> None:
    with begin(maker.owner) as work:
        now = work.now
    held = do(maker, stock.hold_stock, variant_id=maker.variants[0], quantity=20, note="Mr X", expires_at=now + timedelta(days=1))
    other = do(maker, stock.hold_stock, variant_id=maker.variants[0], quantity=30, note="The fair")
    assert free(maker) == 50
    with pytest.raises(OutOfStock):
        do(maker, stock.hold_stock, variant_id=maker.variants[0], quantity=51, note="Mr Y")
    assert run(Actor.system(), stock.end_due) == 0
    with clock(now + timedelta(days=2)):
        assert [run(Actor.system(), stock.end_due) for _ in (1, 2)] == [1, 0]
    assert free(maker) == 70
    assert [run(maker.owner, stock.release_hold, hold_id=one) for one in (held, other, other)] == [False, True, False]
    assert free(maker) == 100
    holds()


def test_holds_end_one_a_transaction(market: Market, maker: Company) -> None:
    """Two in one would lock rows of stock out of their order; the storm of the proofs saw that as deadlocks."""
    with begin(maker.owner) as work:
        now = work.now
    for number in (1, 2):
        do(maker, stock.hold_stock, variant_id=maker.variants[0], quantity=10 * number, note="Mr X",
           expires_at=now + timedelta(hours=1))  # fmt: skip
    with clock(now + timedelta(hours=2)):
        assert [run(Actor.system(), stock.end_due) for _ in range(3)] == [1, 1, 0]
    assert free(maker) == 100


def test_what_is_allocated_only_its_holder_can_order_until_the_day(market: Market, maker: Company) -> None:
    shop, trader, offer_id = market.retailer, market.distributor, maker.offers[0]
    with begin(maker.owner) as work:
        now = work.now
    facts = {"variant_id": maker.variants[0], "ends_at": now + timedelta(days=5)}
    made = do(maker, stock.allocate_stock, holder_id=trader.org_id, quantity=80, **facts)
    with pytest.raises(NotAllowed):
        do(maker, stock.allocate_stock, holder_id=trader.org_id, quantity=1, **facts)
    with pytest.raises(NotFound):
        do(maker, stock.allocate_stock, holder_id=maker.org_id, quantity=1, **facts)
    assert (seen_by(shop, maker), seen_by(trader, maker)) == (20, 100)
    with pytest.raises(OutOfStock):
        buy(shop, {offer_id: 21})
    run(shop.owner, orders.set_basket_quantity, offer_id=offer_id, quantity=20)
    placed = orders_of(shop, do(shop, orders.place_order, site_id=shop.site_id, method=Method.WALLET))[maker.org_id]
    assert (seen_by(shop, maker), seen_by(trader, maker)) == (0, 80)
    with pytest.raises(Conflict, match="kept for your customers"):  # less than was promised would be left
        do(maker, stock.dispose_stock, variant_id=maker.variants[0], location_id=maker.location_id,
           lot_id=lot_of(maker), quantity=1, reason="Broken")  # fmt: skip
    bought = buy(trader, {offer_id: 30}, method=Method.BANK_TRANSFER)
    assert rows("select used from stock_allocations") == [(30,)]
    run(trader.owner, orders.cancel_purchase, purchase_id=bought)
    assert rows("select used from stock_allocations") == [(0,)]
    with begin(maker.owner) as work:
        shares = stock.fair_shares(work, variant_id=maker.variants[0], quantity=7)
        assert [row.allocation_id for row in stock.my_allocations(work)[0]] == [made]
    assert [(row.holder_id, row.quantity) for row in shares][:1] == [(shop.org_id, 7)]
    holds()
    with clock(now + timedelta(days=6)):
        assert seen_by(shop, maker) == 80  # at once, before the job has come by
        assert run(Actor.system(), stock.end_due) == 1
        assert run(Actor.system(), stock.end_due) == 0
    run(maker.owner, orders.decline_order, order_id=placed, reason="x")
    holds()


def test_seven_of_ten_arrive_and_three_are_settled(market: Market, maker: Company) -> None:
    variant, here, there = maker.variants[0], maker.location_id, place(maker, "Other")
    lot = lot_of(maker)
    moved = do(maker, stock.draft_transfer, from_location_id=here, to_location_id=there,
               lines=[Wanted(variant, here, lot, 10)])  # fmt: skip
    assert free(maker) == 100
    do(maker, stock.send_transfer, transfer_id=moved)
    with pytest.raises(IllegalMove):
        run(maker.owner, stock.cancel_transfer, transfer_id=moved)
    with begin(maker.owner) as work:
        assert stock.stock_totals(work).in_transit == 10 and stock.stock_totals(work).on_hand == 90
        line = stock.transfer_sheet(work, transfer_id=moved).lines[0].line_id
    assert seen_by(market.retailer, maker) == 90
    do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(4, 0)})
    [one] = do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(3, 3, what="Crushed")})
    with pytest.raises(IllegalMove):
        do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(1, 0)})
    with begin(maker.owner) as work:
        totals = stock.stock_totals(work)
        assert (totals.in_transit, totals.set_aside, totals.on_hand) == (0, 3, 97)
        assert [row.discrepancy_id for row in stock.my_discrepancies(work)[0]] == [one]
    holds()
    do(maker, stock.resolve_discrepancy, discrepancy_id=one, outcome=DiscrepancyState.WRITTEN_OFF, reason="Crushed")
    assert free(maker) == 97
    holds()


def test_a_large_loss_is_written_off_by_another_person(market: Market, maker: Company) -> None:
    receive(maker, maker.variants[0], 5000)
    here, there, lot = maker.location_id, place(maker, "Other"), lot_of(maker)
    moved = do(maker, stock.draft_transfer, from_location_id=here, to_location_id=there,
               lines=[Wanted(maker.variants[0], here, lot, 2000)])  # fmt: skip
    do(maker, stock.send_transfer, transfer_id=moved)
    with begin(maker.owner) as work:
        line = stock.transfer_sheet(work, transfer_id=moved).lines[0].line_id
    [one] = do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(0, 2000)})
    facts = {"discrepancy_id": one, "outcome": DiscrepancyState.WRITTEN_OFF, "reason": "Lost"}
    for who in (maker.owner, maker.people[Variant.PRODUCTION_MANAGER]):
        with pytest.raises(NotAllowed):
            do(who, stock.resolve_discrepancy, **facts)
    assert free(maker) == 5100
    do(maker.people[Variant.FACTORY_MANAGER], stock.resolve_discrepancy, **facts)
    assert free(maker) == 3100
    holds()


def test_a_count_is_blind_and_trade_goes_on(market: Market, maker: Company) -> None:
    shop, worker = market.retailer, maker.people[Variant.PRODUCTION_MANAGER]
    counted = do(worker, stock.open_count, name="January", location_id=maker.location_id)
    with begin(worker) as work:
        [line] = stock.count_sheet(work, count_id=counted).rows
        assert (line.expected, line.difference) == (None, None)
    with pytest.raises(Conflict, match="not counted yet"):
        do(worker, stock.finish_count, count_id=counted)
    # 30 leave before the shelf is counted, 10 after it; 65 are found of the 70 that lie there at that instant.
    _ship(shop, maker, 30)
    do(worker, stock.enter_count, line_id=line.line_id, counted=40)
    _ship(shop, maker, 10)
    assert do(worker, stock.finish_count, count_id=counted) is CountState.IN_REVIEW
    with begin(maker.owner) as work:
        seen = stock.count_sheet(work, count_id=counted)
    assert [(row.expected, row.difference, row.moved_since) for row in seen.rows] == [(70, -30, -10)]
    with pytest.raises(NotAllowed):
        do(worker, stock.approve_count, count_id=counted, reason="Lost")
    do(maker, stock.recount, count_id=counted, line_ids=[line.line_id])
    with begin(worker) as work:
        assert stock.count_sheet(work, count_id=counted).rows[0].counted is None
    do(worker, stock.enter_count, line_id=line.line_id, counted=55)  # of 60 that lie there now
    _ship(shop, maker, 5)
    assert do(worker, stock.finish_count, count_id=counted) is CountState.CLOSED  # five units are small
    assert free(maker) == 50
    with begin(maker.owner) as work:
        story, total = stock.stock_story(work, variant_id=maker.variants[0])
    assert [(row.kind, row.quantity, row.running) for row in story] == [
        ("counted", -5, 50), ("shipped", -5, 55), ("shipped", -10, 60), ("shipped", -30, 70), ("received", 100, 100),
    ]  # fmt: skip
    assert total == 5 and story[0].subject_id == counted and story[1].number is not None
    holds()


def test_a_large_difference_is_approved_by_who_did_not_count(market: Market, maker: Company) -> None:
    counted = do(maker, stock.open_count, name="All", location_id=maker.location_id)
    with pytest.raises(Invalid, match="nothing to count"):  # another count has it
        do(maker, stock.open_count, name="Again", location_id=maker.location_id)
    with begin(maker.owner) as work:
        [line] = stock.count_sheet(work, count_id=counted).rows
    do(maker, stock.enter_count, line_id=line.line_id, counted=10)
    do(maker, stock.finish_count, count_id=counted)
    with pytest.raises(NotAllowed, match="somebody else"):
        do(maker, stock.approve_count, count_id=counted, reason="Theft")
    assert free(maker) == 100
    do(maker.people[Variant.FACTORY_MANAGER], stock.approve_count, count_id=counted, reason="Theft")
    assert free(maker) == 10
    with pytest.raises(Conflict):
        do(maker, stock.enter_count, line_id=line.line_id, counted=11)
    holds()


def test_what_is_due_for_counting_is_what_was_not_counted_for_long(market: Market, maker: Company) -> None:
    _ship(market.retailer, maker, 10)
    with begin(maker.owner) as work:
        now = work.now
        assert stock.count_plan(work) == ([], 0)
    with clock(now + timedelta(days=31)), begin(maker.owner) as work:
        [due], _ = stock.count_plan(work)
        assert (due.stock_class, due.location) == ("A", "Main warehouse")


def _ship(shop: Company, maker: Company, quantity: int, **facts: Any) -> UUID:
    placed = orders_of(shop, buy(shop, {maker.offers[0]: quantity}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=placed)
    line = sheet(maker.owner, placed).lines[0].line_id
    do(maker, orders.ship_goods, order_id=placed, carrier=Carrier.DHL, tracking="T", shipped={line: quantity}, **facts)
    return placed


def test_a_unit_with_a_number_is_sold_once(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    here = maker.location_id = place(maker, "Main")
    facts = {"variant_id": maker.variants[0], "location_id": here}
    with pytest.raises(Invalid, match="each unit needs its own"):
        do(maker, stock.receive_stock, quantity=3, serials=["A", "B"], **facts)
    do(maker, stock.receive_stock, quantity=3, serials=["A", "B", "C"], **facts)
    with pytest.raises(Invalid, match="Received before: C"):
        do(maker, stock.receive_stock, quantity=1, serials=["C"], **facts)
    assert free(maker) == 3
    with pytest.raises(SerialsMissing):
        _ship(shop, maker, 1)
    placed = [row[0] for row in rows("select id from supplier_orders")][0]
    line = sheet(maker.owner, placed).lines[0].line_id
    facts = {"order_id": placed, "carrier": Carrier.DHL, "tracking": "T", "shipped": {line: 1}}
    with pytest.raises(SerialNotHere):
        do(maker, orders.ship_goods, serials={maker.variants[0]: ["Z"]}, **facts)
    do(maker, orders.ship_goods, serials={maker.variants[0]: ["B"]}, **facts)
    with begin(maker.owner) as work:
        [gone], _ = stock.find_serials(work, find="b")
    assert (gone.state, gone.order_id) == ("shipped", placed)
    with pytest.raises(SerialNotHere):  # sold once only
        do(maker, stock.dispose_stock, variant_id=maker.variants[0], location_id=here, lot_id=lot_of(maker), quantity=1,
           reason="x", serials=["B"])  # fmt: skip
    holds()


def test_a_recall_stops_the_lot_and_tells_every_buyer(market: Market, maker: Company) -> None:
    shop, trader = market.retailer, market.distributor
    shipped = [_ship(shop, maker, 3), _ship(shop, maker, 4)]
    waiting = orders_of(trader, buy(trader, {maker.offers[0]: 2}, method=Method.BANK_TRANSFER))[maker.org_id]
    lot = lot_of(maker)
    run(maker.people[Variant.FACTORY_MANAGER], stock.recall_lot, lot_id=lot, reason="Glass in it")
    with begin(maker.owner) as work:
        listed, totals, count = orders.recall_list(work, lot_id=lot)
    assert {row.order_id for row in listed} == {*shipped, waiting} and count == 3
    assert (totals.buyers, totals.orders, totals.shipments, totals.units) == (2, 3, 2, 9)
    reactions.deliver_new()
    for buyer, units in ((shop, 7), (trader, 2)):
        with begin(buyer.owner) as work:
            [told] = [row for row in notifications.my_notices(work)[0] if row.kind == "system_lot_recalled"]
        assert told.facts["units"] == units and told.facts["reason"] == "Glass in it"
    assert seen_by(shop, maker) == 0
    with begin(shop.owner) as work, pytest.raises(NotAllowed):
        orders.recall_list(work, lot_id=lot)

