"""What timers do to an order: each shipment has its own time, whenever the worker comes to it."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain import orders, reactions
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from domain.orders import OrderState
from tests.make.market import buy, make_market, offer, orders_of, sheet

D = Decimal


def confirmed(market, quantity, offer_id=None):
    maker = market.makers[0]
    order = orders_of(market.retailer, buy(market.retailer, {offer_id or maker.offers[0]: quantity}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    return order, sheet(maker.owner, order).lines[0].line_id


def deliver(market, order, line, sent, arrived):
    shipment = run(
        market.makers[0].owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier=Carrier.DHL, tracking="T",
        shipped={line: sent},
    )  # fmt: skip
    run(market.retailer.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=shipment, counts={line: arrived})


def invariants_hold():
    with begin(Actor.system()) as work:
        assert work.session.execute(text("select name, sample from invariants where violations > 0")).all() == []
        assert work.session.execute(text("select key, last_error from timers where attempts > 0")).all() == []


@pytest.mark.usefixtures("database")
def test_goods_of_a_later_shipment_keep_their_own_inspection_period():
    market = make_market(makers=1)
    order, line = confirmed(market, 20)
    with begin(Actor.system()) as work:
        start = work.now
    with clock(start):
        deliver(market, order, line, 10, 10)
    with clock(start + timedelta(days=6)):
        deliver(market, order, line, 10, 10)
        run(market.retailer.owner, orders.accept_goods, request_id=uuid4(), order_id=order, accepted={line: 10})
    with clock(start + timedelta(days=7, hours=1)):
        reactions.fire_due_timers()
    assert sheet(market.retailer.owner, order).lines[0].accepted == 10  # the second ten are one day old
    with clock(start + timedelta(days=13, hours=1)):
        reactions.fire_due_timers()
    assert sheet(market.retailer.owner, order).state == OrderState.COMPLETED
    invariants_hold()


@pytest.mark.usefixtures("database")
def test_units_missing_from_a_later_shipment_keep_their_own_time_to_answer():
    market = make_market(makers=1)
    order, line = confirmed(market, 20)
    with begin(Actor.system()) as work:
        start = work.now
    with clock(start):
        deliver(market, order, line, 10, 9)
    with clock(start + timedelta(days=6)):
        deliver(market, order, line, 10, 8)
        reactions.fire_due_timers()
    seen = sheet(market.retailer.owner, order)
    assert (seen.lines[0].lost, seen.money.refunded) == (1, D("10.80"))
    with clock(start + timedelta(days=20)):
        reactions.fire_due_timers()
        reactions.fire_due_timers()
    seen = sheet(market.retailer.owner, order)
    assert (seen.state, seen.lines[0].lost, seen.money.held) == (OrderState.COMPLETED, 3, 0)
    assert seen.delivered_at == start + timedelta(days=6)  # when the last goods came, not when the matter was closed
    invariants_hold()


@pytest.mark.usefixtures("database")
def test_a_worker_that_was_down_for_weeks_does_everything_once():
    market = make_market(makers=1)
    order, line = confirmed(market, 20)
    unanswered = orders_of(market.retailer, buy(market.retailer, {market.makers[0].offers[0]: 5}))[market.makers[0].org_id]
    with begin(Actor.system()) as work:
        start = work.now
    deliver(market, order, line, 20, 17)
    with clock(start + timedelta(days=60)):
        assert reactions.fire_due_timers() > 0
        assert reactions.fire_due_timers() == 0
    assert sheet(market.retailer.owner, order).money.released == D("183.60")
    assert sheet(market.retailer.owner, order).money.refunded == D("32.40")
    assert sheet(market.retailer.owner, unanswered).state == OrderState.DECLINED
    invariants_hold()


@pytest.mark.usefixtures("database")
def test_goods_worth_less_than_a_cent_can_be_accepted_one_by_one():
    market = make_market(makers=1)
    screw = offer(market.makers[0], "Screw", tiers=[(1, "0.0049")], tax_rate="0")
    order, line = confirmed(market, 5, screw)  # 0.02 in all: some units are worth nothing, some a cent
    for _ in range(5):
        deliver(market, order, line, 1, 1)
        run(market.retailer.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    assert sheet(market.retailer.owner, order).state == OrderState.COMPLETED
    invariants_hold()


@pytest.mark.usefixtures("database")
def test_a_step_of_one_cent_is_accepted_although_its_shares_round_up_to_two():
    market = make_market(makers=1)
    cent = offer(market.makers[0], "Washer", tiers=[(1, "0.01")], tax_rate="0")
    order, line = confirmed(market, 63, cent)
    for sent in (62, 1):
        deliver(market, order, line, sent, sent)
        run(market.retailer.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    assert sheet(market.retailer.owner, order).state == OrderState.COMPLETED
    invariants_hold()


@pytest.mark.usefixtures("database")
def test_nothing_more_can_be_accepted_twice():
    market = make_market(makers=1)
    order, line = confirmed(market, 2)
    deliver(market, order, line, 2, 2)
    run(market.retailer.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    with pytest.raises(Conflict):
        run(market.retailer.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    invariants_hold()


@pytest.mark.usefixtures("database")
def test_setting_a_timer_never_reads_a_table_whole():
    market = make_market(makers=1)
    order, _ = confirmed(market, 20)
    whole = text(
        "select relname, seq_scan from pg_stat_xact_user_tables where relname in ('purchases', 'supplier_orders') order by 1"
    )

    def set_one(work):
        before = work.session.execute(whole).all()
        timer = {"id": str(uuid4()), "key": f"test:{order}", "due_at": work.now.isoformat(), "facts": {"order_id": str(order)}}
        work.session.execute(
            text("select set_timers('decline_unanswered', cast(:timers as jsonb), :now)"),
            {"timers": json.dumps([timer]), "now": work.now},
        )
        return before, work.session.execute(whole).all()

    before, after = run(market.retailer.owner, set_one)
    assert len(before) == 2
    assert after == before
