"""Ways in which stock could drift from what lies there: every one is refused, and nothing moves."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, orders, stock
from domain.identity import OrgKind, ScopeKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import begin, clock, run
from domain.reports.verify import violations
from domain.stock import CountState, DiscrepancyState, LargeAdjustment, OutOfStock, SerialNotHere, Wanted
from tests.domain.pricing.test_promotions import counted as counted_statements
from tests.make.market import Company, Market, buy, company, make_market, offer, orders_of, receive, sheet


@pytest.fixture
def market(database: Any) -> Market:
    return make_market(makers=1, on_hand=0)


@pytest.fixture
def maker(market: Market) -> Company:
    made = market.makers[0]
    receive(made, made.variants[0], 100)
    return made


def do(who: Company | Actor, command: Any, **facts: Any) -> Any:
    return run(who.owner if isinstance(who, Company) else who, command, request_id=uuid4(), **facts)


def rows(statement: str, **facts: object) -> list[Any]:
    with begin(Actor.system()) as work:
        return [tuple(row) for row in work.session.execute(sa.text(statement), facts)]


def holds() -> None:
    with begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []


def on_hand(maker: Company) -> dict[UUID, int]:
    return dict(rows("select location_id, on_hand from stock_balances where org_id = :org", org=maker.org_id))


def lot_of(maker: Company) -> UUID:
    [(lot,)] = rows("select distinct lot_id from stock_balances where org_id = :org", org=maker.org_id)
    made: UUID = lot
    return made


def sent(maker: Company, quantity: int) -> tuple[UUID, UUID, UUID]:
    """A transfer that is on the way: it, its line and where it goes."""
    there = do(maker, stock.add_location, name=f"Other {uuid4().hex[:4]}")
    moved = do(maker, stock.draft_transfer, from_location_id=maker.location_id, to_location_id=there,
               lines=[Wanted(maker.variants[0], maker.location_id, lot_of(maker), quantity)])  # fmt: skip
    do(maker, stock.send_transfer, transfer_id=moved)
    with begin(maker.owner) as work:
        return moved, stock.transfer_sheet(work, transfer_id=moved).lines[0].line_id, there


def test_what_is_on_the_way_moves_by_its_transfer_alone(market: Market, maker: Company) -> None:
    moved, line, there = sent(maker, 10)
    [(transit,)] = rows("select id from locations where org_id = :org and kind = 'transit'", org=maker.org_id)
    of = {"variant_id": maker.variants[0], "lot_id": lot_of(maker)}
    before = on_hand(maker)
    for command, facts in (
        (stock.move_stock, {**of, "from_location_id": transit, "to_location_id": there, "quantity": 4}),
        (stock.move_stock, {**of, "from_location_id": maker.location_id, "to_location_id": transit, "quantity": 4}),
        (stock.dispose_stock, {**of, "location_id": transit, "quantity": 4, "reason": "Lost"}),
        (stock.count_stock, {**of, "location_id": transit, "counted": 4}),
        (stock.receive_stock, {"variant_id": maker.variants[0], "location_id": transit, "quantity": 4}),
        (stock.record_sales, {"location_id": transit, "sold": {maker.variants[0]: 4}}),
        (stock.draft_transfer, {"from_location_id": transit, "to_location_id": there,
                                "lines": [Wanted(maker.variants[0], transit, of["lot_id"], 4)]}),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            do(maker, command, **facts)
    assert on_hand(maker) == before
    do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(10)})
    holds()


def test_a_correction_in_the_middle_of_a_count_is_not_made_twice(market: Market, maker: Company) -> None:
    here, lot = maker.location_id, lot_of(maker)
    counted = do(maker, stock.open_count, name="January", location_id=here)
    with begin(maker.owner) as work:
        [line] = stock.count_sheet(work, count_id=counted).rows
    do(maker, stock.enter_count, line_id=line.line_id, counted=96)
    do(maker, stock.count_stock, variant_id=maker.variants[0], location_id=here, lot_id=lot, counted=96)
    with pytest.raises(Conflict, match="corrected since"):
        do(maker, stock.finish_count, count_id=counted)
    assert on_hand(maker) == {here: 96}
    do(maker, stock.enter_count, line_id=line.line_id, counted=96)
    assert do(maker, stock.finish_count, count_id=counted) is CountState.CLOSED
    assert on_hand(maker) == {here: 96}


def test_as_many_numbers_move_as_units(market: Market) -> None:
    maker = market.makers[0]
    here, there = (do(maker, stock.add_location, name=name) for name in ("Main", "Other"))
    of: dict[str, Any] = {"variant_id": maker.variants[0]}
    of["lot_id"] = do(maker, stock.receive_stock, location_id=here, quantity=2, serials=["A", "B"], **of)
    do(maker, stock.receive_stock, variant_id=maker.variants[0], location_id=here, quantity=5)
    maker.location_id = here
    before = on_hand(maker)
    for command, facts in (
        (stock.move_stock, {"from_location_id": here, "to_location_id": there}),
        (stock.dispose_stock, {"location_id": here, "reason": "Broken"}),
    ):
        with pytest.raises(Invalid, match="more serial numbers"):
            do(maker, command, quantity=1, serials=["A", "B"], **facts, **of)
    moved = do(maker, stock.draft_transfer, from_location_id=here, to_location_id=there,
               lines=[Wanted(maker.variants[0], here, of["lot_id"], 1)])  # fmt: skip
    with begin(maker.owner) as work:
        line = stock.transfer_sheet(work, transfer_id=moved).lines[0].line_id
    with pytest.raises(Invalid, match="more serial numbers"):
        do(maker, stock.send_transfer, transfer_id=moved, serials={line: ["A", "B"]})
    do(maker, stock.send_transfer, transfer_id=moved, serials={line: ["A"]})
    with pytest.raises(Invalid, match="more serial numbers"):
        do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(0, 1, serials=["A"])})
    assert {place: units for place, units in on_hand(maker).items() if place == here} == {here: before[here] - 1}
    holds()


def test_who_is_kept_to_a_warehouse_lets_go_of_nothing_elsewhere(market: Market) -> None:
    trader = company(OrgKind.DISTRIBUTOR, "Kept Trade", Variant.DISTRIBUTOR_OWNER, Variant.WAREHOUSE_MANAGER)
    offer(trader, "Resold", on_hand=40)
    north = do(trader, stock.add_location, name="North")
    held = do(trader, stock.hold_stock, variant_id=trader.variants[0], quantity=5, note="Mr X")
    keeper = trader.people[Variant.WAREHOUSE_MANAGER]
    run(trader.owner, identity.set_member_scopes, person_id=keeper.user_id, kind=ScopeKind.WAREHOUSE, subject_ids=[north])
    with pytest.raises(NotFound):
        run(keeper, stock.release_hold, hold_id=held)
    assert rows("select state from stock_holds") == [("held",)]
    run(trader.owner, identity.set_member_scopes, person_id=keeper.user_id, kind=ScopeKind.WAREHOUSE,
        subject_ids=[trader.location_id])  # fmt: skip
    assert run(keeper, stock.release_hold, hold_id=held)


def test_old_goods_do_not_stand_in_for_what_a_customer_was_promised(market: Market, maker: Company) -> None:
    with begin(maker.owner) as work:
        today, now = work.now.date(), work.now
    good = lot_of(maker)
    receive(maker, maker.variants[0], 100, lot="OLD", expires_on=today - timedelta(days=1))
    do(maker, stock.allocate_stock, variant_id=maker.variants[0], holder_id=market.distributor.org_id, quantity=90,
       ends_at=now + timedelta(days=5))  # fmt: skip
    of = {"variant_id": maker.variants[0], "location_id": maker.location_id}
    with pytest.raises(Conflict, match="kept for your customers"):
        do(maker, stock.dispose_stock, lot_id=good, quantity=11, reason="Broken", **of)
    with pytest.raises(Conflict, match="kept for your customers"):
        do(maker, stock.record_sales, location_id=maker.location_id, sold={maker.variants[0]: 11})
    with pytest.raises(OutOfStock):
        do(maker, stock.hold_stock, variant_id=maker.variants[0], quantity=11, note="Mr X")
    old = next(lot for (lot,) in rows("select id from lots where code = 'OLD'"))
    do(maker, stock.dispose_stock, lot_id=old, quantity=100, reason="Too old", **of)  # nobody was promised these
    do(maker, stock.dispose_stock, lot_id=good, quantity=10, reason="Broken", **of)
    holds()


def test_an_allocation_whose_day_is_over_is_no_broken_promise(market: Market, maker: Company) -> None:
    with begin(maker.owner) as work:
        now = work.now
    do(maker, stock.allocate_stock, variant_id=maker.variants[0], holder_id=market.distributor.org_id, quantity=90,
       ends_at=now + timedelta(hours=1))  # fmt: skip
    with clock(now + timedelta(hours=2)):
        buy(market.retailer, {maker.offers[0]: 50})  # before the job has come by
        holds()


def test_many_small_losses_are_a_large_one(market: Market, maker: Company) -> None:
    receive(maker, maker.variants[0], 5000)
    worker, lost = maker.people[Variant.PRODUCTION_MANAGER], []
    for _ in range(2):
        moved, line, _ = sent(maker, 900)
        lost += do(worker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(0, 900)})
    facts = {"outcome": DiscrepancyState.WRITTEN_OFF, "reason": "Lost"}
    do(worker, stock.resolve_discrepancy, discrepancy_id=lost[0], **facts)
    with pytest.raises(LargeAdjustment):
        do(worker, stock.resolve_discrepancy, discrepancy_id=lost[1], **facts)
    holds()


def test_many_small_counts_are_a_large_one(market: Market, maker: Company) -> None:
    worker, found = maker.people[Variant.PRODUCTION_MANAGER], []
    for counted in (92, 84, 76):  # eight each, and twenty is the most
        count = do(worker, stock.open_count, name="Day", location_id=maker.location_id)
        with begin(worker) as work:
            [line] = stock.count_sheet(work, count_id=count).rows
        do(worker, stock.enter_count, line_id=line.line_id, counted=counted)
        found.append(do(worker, stock.finish_count, count_id=count))
    assert found == [CountState.CLOSED, CountState.CLOSED, CountState.IN_REVIEW]
    assert on_hand(maker) == {maker.location_id: 84}


def test_goods_that_cannot_leave_are_given_back_first(market: Market, maker: Company) -> None:
    shop = market.retailer
    with begin(maker.owner) as work:
        today = work.now.date()
    [(plain,)] = rows("select id from lots where org_id = :org", org=maker.org_id)
    soon = receive(maker, maker.variants[0], 5, lot="SOON", expires_on=today + timedelta(days=9))
    purchase = buy(shop, {maker.offers[0]: 8})
    assert sorted(rows("select lot_id = :soon, quantity from stock_reservations", soon=soon)) == [(False, 3), (True, 5)]
    run(maker.owner, stock.hold_lot, lot_id=soon, reason="It smells")
    placed = orders_of(shop, purchase)[maker.org_id]
    line = sheet(maker.owner, placed).lines[0].line_id
    run(maker.owner, orders.confirm_order, order_id=placed, quantities_confirmed={line: 3})
    assert rows("select lot_id, quantity from stock_reservations where state = 'held'") == [(plain, 3)]
    holds()


def test_a_number_belongs_to_its_own_transfer(market: Market) -> None:
    maker = market.makers[0]
    here, there = (do(maker, stock.add_location, name=name) for name in ("Main", "Other"))
    variant = maker.variants[0]
    lot = do(maker, stock.receive_stock, variant_id=variant, location_id=here, quantity=2, serials=["A", "B"])
    lines = {}
    for number in ("A", "B"):
        moved = do(maker, stock.draft_transfer, from_location_id=here, to_location_id=there,
                   lines=[Wanted(variant, here, lot, 1)])  # fmt: skip
        with begin(maker.owner) as work:
            lines[number] = (moved, stock.transfer_sheet(work, transfer_id=moved).lines[0].line_id)
        do(maker, stock.send_transfer, transfer_id=moved, serials={lines[number][1]: [number]})
    moved, line = lines["B"]
    with pytest.raises(SerialNotHere):
        do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(1, serials=["A"])})
    [lost] = do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(0, 1)})
    moved, line = lines["A"]
    do(maker, stock.receive_transfer, transfer_id=moved, arrived={line: stock.Arrived(1, serials=["A"])})
    do(maker, stock.resolve_discrepancy, discrepancy_id=lost, outcome=DiscrepancyState.WRITTEN_OFF, reason="Lost")
    assert rows("select serial, state, location_id from stock_serials order by serial") == [
        ("A", "in_stock", there), ("B", "gone", None),
    ]  # fmt: skip
    holds()


def test_a_long_transfer_asks_no_more_than_a_short_one(market: Market) -> None:
    maker = market.makers[0]
    here, there = (do(maker, stock.add_location, name=name) for name in ("Main", "Other"))
    variant, said = maker.variants[0], []
    for size in (1, 4):
        lots = [
            do(maker, stock.receive_stock, variant_id=variant, location_id=here, quantity=2, lot=f"{size} {n}",
               serials=[f"{size} {n} A", f"{size} {n} B"])
            for n in range(size)
        ]  # fmt: skip
        moved = do(maker, stock.draft_transfer, from_location_id=here, to_location_id=there,
                   lines=[Wanted(variant, here, lot, 2) for lot in lots])  # fmt: skip
        with begin(maker.owner) as work:
            parts = {row.line_id: row.lot for row in stock.transfer_sheet(work, transfer_id=moved).lines}
        with counted_statements() as sending:
            do(maker, stock.send_transfer, transfer_id=moved,
               serials={line: [f"{lot} A", f"{lot} B"] for line, lot in parts.items()})  # fmt: skip
        with counted_statements() as receiving:
            do(maker, stock.receive_transfer, transfer_id=moved,
               arrived={line: stock.Arrived(1, 1, serials=[f"{lot} A"]) for line, lot in parts.items()})  # fmt: skip
        said.append((len(sending), len(receiving)))
    # The places in between are made when the first transfer needs them, which costs nothing that is counted here.
    assert said[0] == said[1]
    holds()
