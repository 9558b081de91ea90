"""A recall drill: of a lot that left with ten thousand shipments to five hundred buyers, everybody is listed and told."""

import time
from typing import Any
from uuid import uuid4

import pytest

from domain import orders, reactions, stock
from domain.kernel import database as db
from domain.kernel.work import begin, run
from domain.logistics import Carrier
from tests.make.market import buy, make_market, orders_of, sheet
from tests.proof.written import write_down

pytestmark = pytest.mark.proof
SHIPMENTS, BUYERS, MOST_SECONDS = 10_000, 500, 5.0

# Rows like those of one real order, as many as wanted: a year of trade in seconds.
GROWN = (
    "create temp table copies as select n, gen_random_uuid() as purchase_id, gen_random_uuid() as order_id,"
    " gen_random_uuid() as shipment_id from generate_series(1, {shipments}) n",
    "create temp table shops as select n, gen_random_uuid() as id from generate_series(0, {buyers} - 1) n",
    "insert into organizations select (jsonb_populate_record(g, jsonb_build_object('id', s.id, 'name', 'Shop ' || s.n))).*"
    " from organizations g, shops s where g.id = '{buyer}'",
    "insert into purchases select (jsonb_populate_record(p, jsonb_build_object('id', c.purchase_id, 'number', 'X' || c.n,"
    " 'buyer_id', s.id, 'site_id', null))).* from copies c join shops s on s.n = c.n % {buyers}, purchases p"
    " where p.id = '{purchase}'",
    "insert into supplier_orders select (jsonb_populate_record(o, jsonb_build_object('id', c.order_id, 'number',"
    " 'X' || c.n || '-1', 'purchase_id', c.purchase_id, 'buyer_id', s.id, 'buyer_name', 'Shop ' || s.n, 'site_id', null"
    "))).* from copies c join shops s on s.n = c.n % {buyers}, supplier_orders o where o.id = '{order}'",
    "insert into shipments select (jsonb_populate_record(h, jsonb_build_object('id', c.shipment_id, 'order_id', c.order_id,"
    " 'buyer_id', s.id))).* from copies c join shops s on s.n = c.n % {buyers},"
    " shipments h where h.order_id = '{order}'",
    "alter table stock_movements disable trigger user",
    "insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id, recorded_at)"
    " select m.org_id, m.variant_id, m.location_id, m.lot_id, -2, 'shipped', 'shipment', c.shipment_id, m.recorded_at"
    " from copies c, stock_movements m where m.kind = 'shipped'",
    "analyze",
)


@pytest.mark.timeout(600)
def test_ten_thousand_shipments_are_listed_and_told_within_seconds(fresh_database: str, quick_round: bool) -> None:
    market = make_market(makers=1)
    shop, [maker] = market.retailer, market.makers
    purchase = buy(shop, {maker.offers[0]: 3})
    order = orders_of(shop, purchase)[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    line = sheet(maker.owner, order).lines[0].line_id
    run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier=Carrier.DHL, tracking="T", shipped={line: 3})
    reactions.deliver_new()
    facts = {"shipments": SHIPMENTS, "buyers": BUYERS, "buyer": shop.org_id, "purchase": purchase, "order": order}
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("set search_path = market, public")
        for statement in GROWN:
            connection.execute(statement.format(**facts).encode())
    with begin(maker.owner) as work:
        lot = stock.my_stock(work)[0][0].lot_id

    begun = time.monotonic()
    run(maker.owner, stock.recall_lot, lot_id=lot, reason="Glass in it")
    with begin(maker.owner) as work:
        rows, totals, count = orders.recall_list(work, lot_id=lot, size=SHIPMENTS + 1)
    listed = time.monotonic() - begun
    reactions.deliver_new()
    seconds = time.monotonic() - begun

    assert (count, len(rows), totals.shipments) == (SHIPMENTS + 1,) * 3
    assert (totals.buyers, totals.units) == (BUYERS + 1, 2 * SHIPMENTS + 3)
    told: Any
    with db.connect(db.Role.OWNER) as connection:
        told = connection.execute(
            "select count(*), count(distinct org_id) from market.notices where kind = 'system_lot_recalled'"
        ).fetchone()
    assert tuple(told) == (BUYERS + 1, BUYERS + 1)
    assert seconds < MOST_SECONDS
    figures = {"shipments": count, "buyers": totals.buyers, "listed_s": round(listed, 2), "told_s": round(seconds, 2)}
    write_down("recall_drill", figures, quick_round=quick_round)
