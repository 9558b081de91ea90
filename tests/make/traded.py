"""A market with one checkout of every fate and a short imported history, built into the warehouse; made once a run."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from domain import orders
from domain.kernel.actor import Actor
from domain.kernel.work import run
from domain.logistics import Carrier
from domain.orders.history import import_history
from pipelines.warehouse.build import build
from tests.make.market import Market, buy, make_market, orders_of, sheet

HISTORY = {
    "suppliers": "supplier_id,name,country\nS1,Mill,DE\n",
    "buyers": "buyer_id,name,country,region,registered_at\nB1,Shop,DE,,2024-01-01\n",
    "products": "product_id,supplier_id,sku,name,category,unit,list_price\nP1,S1,P1,Flour,,,\n",
    "orders": (
        "order_id,buyer_id,ordered_at,status,currency,promised_at,shipped_at,delivered_at,freight\n"
        "1,B1,2024-01-10T23:30:00,completed,EUR,,,,\n2,B1,2024-01-20T10:00:00,cancelled,EUR,,,,\n"
    ),
    "order_lines": (
        "order_id,line_no,product_id,quantity,unit_price,line_discount\n1,1,P1,3,2.333333,0\n2,1,P1,1,2.5,0\n"
    ),
}


@dataclass(frozen=True)
class Traded:
    """1,000.00 placed, 800.00 confirmed, 480.00 completed by three orders of one checkout; 7.00 in January 2024."""

    market: Market
    order_ids: dict[str, UUID]  # by what became of each
    as_of: datetime


def make_traded(folder: Path) -> Traded:
    """The market with its history and its warehouse, and one more order that came after the build."""
    market = make_market()
    order_ids = _trade(market)
    for name, content in HISTORY.items():
        (folder / f"{name}.csv").write_text(content)
    run(Actor.system(), import_history, folder=folder, name="mill", time_zone="Europe/Berlin")
    outcome = build("test", lambda asset: None)
    assert outcome.status == "succeeded", [asset for asset in outcome.assets if asset.status != "ok"]
    buy(market.retailer, {market.makers[0].offers[0]: 5})  # nobody counts it, nobody misses it
    return Traded(market, order_ids, outcome.as_of)


def _trade(market: Market) -> dict[str, UUID]:
    """One purchase at three sellers: one declines, one confirms 30 of 40, one delivers 48 of 50 and closes short."""
    shop, (one, two, three) = market.retailer, market.makers
    by_seller = orders_of(shop, buy(shop, {one.offers[0]: 10, two.offers[0]: 40, three.offers[0]: 50}))
    run(one.owner, orders.decline_order, order_id=by_seller[one.org_id], reason="Sold out")
    line = sheet(two.owner, by_seller[two.org_id]).lines[0].line_id
    run(two.owner, orders.confirm_order, order_id=by_seller[two.org_id], quantities_confirmed={line: 30})
    order_id = by_seller[three.org_id]
    run(three.owner, orders.confirm_order, order_id=order_id)
    line = sheet(three.owner, order_id).lines[0].line_id
    shipment = run(
        three.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="T",
        shipped={line: 48},
    )  # fmt: skip
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment)
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id)
    run(three.owner, orders.close_short, order_id=order_id)
    return {"declined": by_seller[one.org_id], "confirmed": by_seller[two.org_id], "completed": order_id}
