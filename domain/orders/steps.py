"""What every command of an order begins and ends with: load it locked, move it, finish it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import select

from domain import identity, ledger, logistics, payments
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work
from domain.ledger import Kind
from domain.logistics import ShipmentSheet
from domain.orders.events import OrderCompleted, OrderEvent
from domain.orders.models import OrderLine, SupplierOrder
from domain.orders.states import OrderState
from domain.payments import Held, Method, part


class Parties(TypedDict):
    """What every event of an order says of whose it is."""

    subject_id: UUID
    buyer_id: UUID
    seller_id: UUID


def locked(
    work: Work, order_id: UUID, *, side: str, limited: Permission | None = None
) -> tuple[SupplierOrder, list[OrderLine]]:
    """The order and its lines, locked, if the actor is its `buyer` or `seller` (the system is both).

    It must lie within the stores, customers or regions that the actor is kept to, and `limited` names the right whose
    personal limit its total must keep (`identity.AboveLimit`). `platform` is for staff whose permission the command
    has checked. Imported orders are history: no command finds them.
    """
    order = work.session.scalar(
        select(SupplierOrder).where(SupplierOrder.id == order_id, SupplierOrder.origin == "live").with_for_update()
    )
    if order is None:
        raise NotFound
    party = {"buyer": order.buyer_id, "seller": order.seller_id, "platform": work.actor.org_id}[side]
    if not work.actor.is_system and work.actor.org_id != party:
        raise NotFound
    identity.require_reach(
        work, buyer_id=order.buyer_id, seller_id=order.seller_id, site_id=order.site_id, permission=limited,
        amount=order.total, currency=order.currency, address=order.delivery_address, at=order.created_at,
    )  # fmt: skip
    return order, lines_of(work, order_id)


def lines_of(work: Work, order_id: UUID) -> list[OrderLine]:
    return list(
        work.session.scalars(
            select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.line_no).with_for_update()
        )
    )


def move(work: Work, order: SupplierOrder, state: OrderState, event: type[OrderEvent], **facts: Any) -> None:
    """Take the step that the state table allows, and write down both states."""
    was = order.state
    order.move_to(state)
    work.session.flush()
    work.record(event(**parties(order), from_state=was, to_state=order.state, **facts))


def parties(order: SupplierOrder) -> Parties:
    return {"subject_id": order.id, "buyer_id": order.buyer_id, "seller_id": order.seller_id}


def held(order: SupplierOrder) -> Held:
    return Held(order.id, order.buyer_id, order.seller_id, order.currency, order.total, order.goods)


def route(order: SupplierOrder) -> Method:
    """How the buyer paid, so how money goes back."""
    return Method(order.payment_method)


def worth(line: OrderLine, units: int) -> tuple[Decimal, Decimal]:
    """What `units` of a line are worth: (goods, goods + tax + shipping), settled."""
    goods = part(line.goods, units, line.ordered, line.currency)
    rest = part(line.tax, units, line.ordered, line.currency) + part(line.shipping, units, line.ordered, line.currency)
    return goods, goods + rest


def between(line: OrderLine, before: int, after: int) -> tuple[Decimal, Decimal]:
    """What the step from `before` to `after` units is worth: (goods, gross). Steps add up to the whole."""
    (goods_before, gross_before), (goods_after, gross_after) = worth(line, before), worth(line, after)
    return goods_after - goods_before, gross_after - gross_before


def quantities(lines: list[OrderLine], wanted: Mapping[UUID, int], *, what: str, at_most: str) -> dict[UUID, int]:
    """The wanted quantities by line, checked: known lines, whole numbers, from 0 to `at_most` of the line."""
    by_id = {line.id: line for line in lines}
    for line_id, quantity in wanted.items():
        line = by_id.get(line_id)
        if line is None:
            raise NotFound
        most = getattr(line, at_most)
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= most:
            raise Invalid(f"{line.name}: the {what} quantity must be a whole number between 0 and {most:,}.")
    return {line_id: quantity for line_id, quantity in wanted.items() if quantity}


def arrived_until(work: Work, order_id: UUID, shipment_id: UUID) -> list[ShipmentSheet]:
    """The shipments of an order that arrived no later than this one: whose time is over when its time is."""
    arrived = [s for s in logistics.shipments_of_order(work, order_id=order_id) if s.delivered_at is not None]
    at = next((s.delivered_at for s in arrived if s.shipment_id == shipment_id), None)
    return [] if at is None else [s for s in arrived if s.delivered_at is not None and s.delivered_at <= at]


def note_arrival(work: Work, order: SupplierOrder, lines: list[OrderLine]) -> None:
    """The order has been delivered since its last shipment came, once nothing is on its way or missing."""
    if order.delivered_at is not None or any(line.delivered + line.lost < line.confirmed for line in lines):
        return
    arrived = [s.delivered_at for s in logistics.shipments_of_order(work, order_id=order.id) if s.delivered_at]
    order.delivered_at = max(arrived, default=None)


def complete_if_done(work: Work, order: SupplierOrder, lines: list[OrderLine]) -> None:
    """The order is complete when every unit was accepted, cancelled or given back (P0 completed)."""
    if any(line.accepted + line.lost + line.cancelled < line.ordered for line in lines):
        return
    goods = sum((worth(line, line.accepted)[0] for line in lines), Decimal(0))
    order.completed_at = order.ended_at = work.now
    ledger.post(work, entries=[payments.memo(Kind.GMV_COMPLETED, order.id, goods, order.currency)])
    move(work, order, OrderState.COMPLETED, OrderCompleted, goods=goods)
