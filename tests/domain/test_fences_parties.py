"""The second fence between the two sides of a trade: plain SQL as one side cannot rewrite the other's facts."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain import orders
from domain.kernel.work import Work, run
from domain.logistics import Carrier
from tests.make.market import buy, make_market, orders_of, sheet

BY_BUYER = {
    "lower the total": "update supplier_orders set goods = 1, tax = 0, shipping = 0, total = 1 where id = :order",
    "become the distributor": "update supplier_orders set distributor_id = buyer_id where id = :order",
    "lower a price": "update order_lines set goods = 0 where order_id = :order",
    "set the commission": "insert into commission_lines (order_id, position, buyer_id, seller_id, beneficiary, rate, vat_rate,"
    " frozen_at) select id, 2, buyer_id, seller_id, 'platform', 0.9, 0.2, created_at from supplier_orders where id = :order",
    "ship": "insert into shipments (id, order_id, buyer_id, seller_id, position, carrier, tracking, shipped_at)"
    " select gen_random_uuid(), id, buyer_id, seller_id, 9, 'dhl', 'T', created_at from supplier_orders where id = :order",
    "call a refund unpaid": "update refunds set state = 'owed' where order_id = :order",
}
BY_SELLER = {
    "accept": "insert into acceptances (id, order_id, buyer_id, seller_id, how, accepted_at)"
    " select gen_random_uuid(), id, buyer_id, seller_id, 'buyer', created_at from supplier_orders where id = :order",
    "count what arrived": "update shipment_lines l set delivered = shipped from shipments s where s.id = l.shipment_id and s.order_id = :order",
    "raise the quantity": "update order_lines set ordered = ordered + 1 where order_id = :order",
    "be paid twice": "update releases set payout_id = null where order_id = :order",
    "give somebody else's refund": "update refunds set payout_id = null where order_id = :order",
}


def changed(work: Work, *, statement: str, order: object) -> int:
    return work.session.execute(text(statement), {"order": order}).rowcount


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("side", "what"), [("buyer", w) for w in BY_BUYER] + [("seller", w) for w in BY_SELLER])
def test_a_side_cannot_write_the_facts_of_the_other(side, what):
    market = make_market(makers=1)
    shop, maker = market.retailer, market.makers[0]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    line = sheet(maker.owner, order).lines[0].line_id
    run(maker.owner, orders.confirm_order, order_id=order, quantities_confirmed={line: 4})
    shipments = [
        run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier=Carrier.DHL, tracking="T", shipped={line: 2})
        for _ in range(2)
    ]
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=shipments[0])
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    statement = {**BY_BUYER, **BY_SELLER}[what]
    try:
        assert run((shop if side == "buyer" else maker).owner, changed, statement=statement, order=order) == 0
    except DBAPIError as refused:
        assert refused.orig.sqlstate == "42501"  # insufficient_privilege
