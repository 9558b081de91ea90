"""Who has got goods of a lot: for a recall, told in one question from the movements of stock up to the orders."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work


class RecallRow(BaseModel):
    """Units of a lot that one shipment brought to a buyer, or (without a shipment) that are held for an order."""

    model_config = ConfigDict(frozen=True)

    buyer_id: UUID
    buyer_name: str
    order_id: UUID
    number: str
    shipment_id: UUID | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    units: int


class RecallTotals(BaseModel):
    """All that left or is held of a lot."""

    model_config = ConfigDict(frozen=True)

    buyers: int
    orders: int
    shipments: int
    units: int


_WENT = (
    "with went as ("
    " select s.order_id, s.id as shipment_id, s.shipped_at, s.delivered_at, -sum(m.quantity)::bigint as units"
    " from stock_movements m join shipments s on s.id = m.cause_id"
    " where m.lot_id = :lot_id and m.org_id = :org_id and m.kind = 'shipped'"
    " group by s.order_id, s.id, s.shipped_at, s.delivered_at"
    " union all select r.order_id, null, null, null, sum(r.quantity)::bigint from stock_reservations r"
    " where r.lot_id = :lot_id and r.org_id = :org_id and r.state = 'held' and r.order_id is not null group by 1)"
    " select o.buyer_id, o.buyer_name, o.id as order_id, o.number, w.shipment_id, w.shipped_at,"
    " w.delivered_at, w.units,"
    " count(*) over () as total, sum(w.units) over ()::bigint as all_units,"
    " dense_rank() over (order by o.buyer_id) + dense_rank() over (order by o.buyer_id desc) - 1 as buyers,"
    " dense_rank() over (order by o.id) + dense_rank() over (order by o.id desc) - 1 as orders,"
    " count(w.shipment_id) over () as shipments"
    " from went w join supplier_orders o on o.id = w.order_id"
)


def recall_list(
    work: Work, *, lot_id: UUID, page: int = 1, size: int = 50
) -> tuple[list[RecallRow], RecallTotals, int]:
    """Every shipment and every open order that has goods of one of one's own lots, by buyer: one page, all in sum, and
    how many rows there are. One question, however many there are."""
    work.actor.require(Permission.SEE_STOCK)
    work.actor.require(Permission.SEE_SALES)
    rows = work.session.execute(
        text(
            _WENT
            + " order by o.buyer_name, o.buyer_id, o.number, w.shipped_at nulls last, w.shipment_id"
            " limit :size offset :skip"
        ),
        {
            "lot_id": lot_id, "org_id": work.actor.require_org(), "size": size, "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    if not rows:
        return [], RecallTotals(buyers=0, orders=0, shipments=0, units=0), 0
    first = rows[0]
    totals = RecallTotals(buyers=first.buyers, orders=first.orders, shipments=first.shipments, units=first.all_units)
    return [RecallRow.model_validate(row._asdict()) for row in rows], totals, first.total
