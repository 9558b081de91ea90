from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.logistics.models import Carrier, Shipment, ShipmentLine


class AlreadyDelivered(Conflict):
    pass


def ship(
    work: Work,
    *,
    order_id: UUID,
    buyer_id: UUID,
    seller_id: UUID,
    carrier: Carrier,
    tracking: str,
    lines: Mapping[UUID, int],
) -> UUID:
    """Write down a shipment of an order that the caller has locked. `lines`: base units by line."""
    work.actor.require_party(seller_id)
    tracking = tracking.strip()
    if not 1 <= len(tracking) <= 80:
        raise Invalid("A shipment needs a tracking number of at most 80 characters.")
    position = work.session.scalar(select(func.count()).where(Shipment.order_id == order_id)) or 0
    shipment = Shipment(
        id=new_id(), order_id=order_id, buyer_id=buyer_id, seller_id=seller_id, position=position + 1,
        carrier=Carrier(carrier).value, tracking=tracking, shipped_at=work.now,
    )  # fmt: skip
    work.session.add(shipment)
    work.session.flush()
    work.session.add_all(
        ShipmentLine(shipment_id=shipment.id, line_id=line_id, buyer_id=buyer_id, seller_id=seller_id, shipped=quantity)
        for line_id, quantity in lines.items()
    )
    work.session.flush()
    return shipment.id


def deliver(work: Work, *, shipment_id: UUID, counts: Mapping[UUID, int], received_by: str) -> dict[UUID, int]:
    """Write down what arrived of a shipment: base units by line; a line left out arrived in full.

    Returns what was shipped by line. Raises `AlreadyDelivered`, or `Invalid` for a count that is not
    between 0 and what was shipped.
    """
    shipment = work.session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None:
        raise NotFound
    work.actor.require_party(shipment.buyer_id, staff=Permission.RECORD_DELIVERIES)
    if shipment.delivered_at is not None:
        raise AlreadyDelivered("This shipment was already received.")
    lines = work.session.scalars(select(ShipmentLine).where(ShipmentLine.shipment_id == shipment_id)).all()
    known = {line.line_id for line in lines}
    if set(counts) - known:
        raise NotFound
    for line in lines:
        count = counts.get(line.line_id, line.shipped)
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= line.shipped:
            raise Invalid(f"The received quantity must be between 0 and the {line.shipped:,} that were shipped.")
        line.delivered = count
    shipment.delivered_at = work.now
    shipment.received_by = received_by.strip()[:120]
    work.session.flush()
    return {line.line_id: line.shipped for line in lines}
