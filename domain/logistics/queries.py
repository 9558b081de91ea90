from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.logistics.views import ShipmentLineRow, ShipmentSheet


def shipments_of_order(work: Work, *, order_id: UUID) -> list[ShipmentSheet]:
    """The shipments of an order that the actor may see, in the order of shipping."""
    rows = work.session.execute(
        text(
            "select s.id as shipment_id, s.order_id, s.position, s.carrier, s.tracking, s.shipped_at, s.delivered_at,"
            " s.received_by, jsonb_agg(jsonb_build_object('line_id', l.line_id, 'sku', o.sku, 'name', o.name,"
            " 'shipped', l.shipped, 'delivered', l.delivered) order by o.line_no) as lines"
            " from shipments s join shipment_lines l on l.shipment_id = s.id join order_lines o on o.id = l.line_id"
            " where s.order_id = :order_id and (:me in (s.buyer_id, s.seller_id) or :staff)"
            " group by s.id order by s.position"
        ),
        {"order_id": order_id, "me": work.actor.org_id, "staff": work.actor.may(Permission.SEE_ALL_ORDERS)},
    )
    return [
        ShipmentSheet.model_validate(
            row._asdict() | {"lines": [ShipmentLineRow.model_validate(line) for line in row.lines]}
        )
        for row in rows
    ]
