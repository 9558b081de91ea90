"""How an order ends other than by acceptance: declined, expired, cancelled, or closed short."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from domain import identity, logistics, payments, pricing, stock
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import Work
from domain.logistics import ShipmentSheet
from domain.orders.events import (
    OrderCancelled,
    OrderClosedShort,
    OrderDeclined,
    OrderExpired,
    ShortageRefunded,
)
from domain.orders.models import OrderLine, Purchase, SupplierOrder
from domain.orders.states import BOUND, OrderState
from domain.orders.steps import (
    arrived_until,
    between,
    complete_if_done,
    held,
    locked,
    move,
    note_arrival,
    parties,
    route,
)

LATE_GRACE = timedelta(days=14)  # state-machines D1


def decline_order(work: Work, *, order_id: UUID, reason: str) -> None:
    """The seller declines: the buyer gets this order's money back, the other orders go on (P18).

    Announces `OrderDeclined`.
    """
    work.actor.require(Permission.ANSWER_ORDERS)
    reason = reason.strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("Please give the buyer a reason of at most 500 characters.")
    order, lines = locked(work, order_id, side="seller", limited=Permission.ANSWER_ORDERS)
    _decline(work, order, lines, reason, by_timer=False)


def decline_unanswered(work: Work, *, order_id: UUID) -> None:
    """The seller's time to answer is over: the order is declined (timer). Answered orders are left alone."""
    if not work.actor.is_system:
        raise NotFound
    order, lines = locked(work, order_id, side="seller")
    if order.state == OrderState.AWAITING_SELLER:
        _decline(work, order, lines, "The supplier did not answer in time.", by_timer=True)


def cancel_order(work: Work, *, order_id: UUID, reason: str = "") -> None:
    """The buyer cancels a paid order, free of charge until production starts; the money goes back.

    Also when nothing has been shipped two weeks after the promised day, whatever the seller says.

    Announces `OrderCancelled`.
    """
    work.actor.require(Permission.CANCEL_ORDERS)
    order, lines = locked(work, order_id, side="buyer", limited=Permission.CANCEL_ORDERS)
    if order.state == OrderState.AWAITING_PAYMENT:
        raise Conflict("This order waits for payment together with others. Please cancel the whole purchase.")
    if order.state in (OrderState.IN_PRODUCTION, OrderState.READY) and not _is_long_late(work, order, lines):
        raise Conflict("Production has started or is done, so this order can no longer be cancelled free of charge.")
    move(work, order, OrderState.CANCELLED, OrderCancelled, reason=reason.strip()[:500], by="buyer")
    _give_all_back(work, order, lines, cause="cancelled")


def withdraw_order(work: Work, *, order_id: UUID, reason: str) -> None:
    """The seller cannot deliver an order that it has accepted: before anything is shipped, all money goes back.

    Raises `Conflict` once something is shipped (then `close_short` refunds the rest). Announces `OrderCancelled`.
    """
    work.actor.require(Permission.ANSWER_ORDERS)
    reason = reason.strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("Please give the buyer a reason of at most 500 characters.")
    order, lines = locked(work, order_id, side="seller", limited=Permission.ANSWER_ORDERS)
    if order.state not in BOUND or any(line.shipped for line in lines):
        raise Conflict("Only an accepted order of which nothing is shipped can be withdrawn.")
    move(work, order, OrderState.CANCELLED, OrderCancelled, reason=reason, by="seller")
    _give_all_back(work, order, lines, cause="withdrawn")


def cancel_purchase(work: Work, *, purchase_id: UUID) -> None:
    """The buyer cancels a purchase that waits for its transfer; the goods are free again."""
    work.actor.require(Permission.CANCEL_ORDERS)
    purchase = work.session.get(Purchase, purchase_id, with_for_update=True)
    if purchase is None or purchase.buyer_id != work.actor.org_id or purchase.origin != "live":
        raise NotFound
    identity.require_reach(
        work, buyer_id=purchase.buyer_id, seller_id=None, site_id=purchase.site_id,
        permission=Permission.CANCEL_ORDERS, amount=purchase.total, currency=purchase.currency, at=purchase.created_at,
    )  # fmt: skip
    orders = _waiting(work, purchase_id, refuse=True)
    for order in orders:
        order.ended_at = work.now
        move(work, order, OrderState.CANCELLED, OrderCancelled, reason="", by="buyer")
    _free(work, orders)
    payments.expire(work, purchase_id=purchase_id)


def expire_purchase(work: Work, *, purchase_id: UUID) -> None:
    """No money came in time: the orders expire and their goods are free again (timer)."""
    if not work.actor.is_system:
        raise NotFound
    work.session.get(Purchase, purchase_id, with_for_update=True)
    orders = _waiting(work, purchase_id, refuse=False)
    for order in orders:
        order.ended_at = work.now
        move(work, order, OrderState.EXPIRED, OrderExpired)
    if orders:
        _free(work, orders)
        payments.expire(work, purchase_id=purchase_id)


def _free(work: Work, orders: list[SupplierOrder]) -> None:
    """Budgets of promotions first, stock after them: the order of locks."""
    pricing.return_promotions(work, order_ids=[order.id for order in orders])
    for order in orders:
        stock.release(work, order_id=order.id)


def close_short(work: Work, *, order_id: UUID) -> None:
    """The seller gives up what is missing: what got lost on the way and what is not shipped is refunded.

    What is still on its way can be received and accepted; then the order completes. Announces
    `OrderClosedShort`.
    """
    work.actor.require(Permission.ANSWER_ORDERS)
    order, lines = locked(work, order_id, side="seller", limited=Permission.ANSWER_ORDERS)
    missing = _lost(lines, logistics.shipments_of_order(work, order_id=order_id))
    unshipped = {line.id: line.confirmed - line.shipped for line in lines}
    units = sum(missing.values()) + sum(unshipped.values())
    if not units:
        raise Conflict("Nothing is missing from this order.")
    to_free = {line_id: quantity for line_id, quantity in unshipped.items() if quantity}
    gross = _give_up(lines, missing, unshipped)
    move(work, order, OrderState.CLOSED_SHORT, OrderClosedShort, units=units, refunded=gross)
    if to_free:
        stock.release(work, order_id=order.id, lines=to_free)
    payments.refund(work, held=held(order), amount=gross, cause=f"closed_short:{order.version}", route=route(order))
    note_arrival(work, order, lines)
    complete_if_done(work, order, lines)


def close_shortage(work: Work, *, order_id: UUID, shipment_id: UUID | None = None) -> None:
    """The seller did not answer about units missing from a shipment: silence means they are refunded (timer).

    What is missing from a shipment that arrived later keeps its own time to answer, and the rest of the order
    goes on. Announces `ShortageRefunded`.
    """
    if not work.actor.is_system:
        raise NotFound
    order, lines = locked(work, order_id, side="seller")
    if shipment_id is None:  # a timer that was set before timers named their shipment
        shipments = logistics.shipments_of_order(work, order_id=order_id)
    else:
        shipments = arrived_until(work, order_id, shipment_id)
    missing = _lost(lines, shipments)
    units = sum(missing.values())
    if not units:
        return
    gross = _give_up(lines, missing, {})
    lost = sum(line.lost for line in lines)
    payments.refund(work, held=held(order), amount=gross, cause=f"missing:{lost}", route=route(order))
    note_arrival(work, order, lines)
    work.record(ShortageRefunded(**parties(order), units=units, refunded=gross))
    complete_if_done(work, order, lines)


def _is_long_late(work: Work, order: SupplierOrder, lines: list[OrderLine]) -> bool:
    shipped = any(line.shipped for line in lines)
    return not shipped and order.promised_at is not None and order.promised_at + LATE_GRACE < work.now


def _decline(work: Work, order: SupplierOrder, lines: list[OrderLine], reason: str, *, by_timer: bool) -> None:
    move(work, order, OrderState.DECLINED, OrderDeclined, reason=reason, by_timer=by_timer)
    _give_all_back(work, order, lines, cause="declined")


def _give_all_back(work: Work, order: SupplierOrder, lines: list[OrderLine], *, cause: str) -> None:
    gross = sum((between(line, 0, _open(line))[1] for line in lines), Decimal(0))
    for line in lines:
        line.confirmed, line.cancelled = 0, line.ordered
    order.ended_at = work.now
    pricing.return_promotions(work, order_ids=[order.id])
    stock.release(work, order_id=order.id)
    payments.refund(work, held=held(order), amount=gross, cause=cause, route=route(order))


def _give_up(lines: list[OrderLine], missing: dict[UUID, int], unshipped: dict[UUID, int]) -> Decimal:
    """Take lost and unshipped units off the lines; returns what the buyer paid for them."""
    gross = Decimal(0)
    for line in lines:
        before = _open(line)
        line.lost += missing.get(line.id, 0)
        line.confirmed -= unshipped.get(line.id, 0)
        line.cancelled += unshipped.get(line.id, 0)
        gross += between(line, _open(line), before)[1]
    return gross


def _open(line: OrderLine) -> int:
    """Units of the line that are neither cancelled nor lost: what its held and released money is for."""
    return line.ordered - line.cancelled - line.lost


def _lost(lines: list[OrderLine], shipments: Sequence[ShipmentSheet]) -> dict[UUID, int]:
    """Units by line that did not arrive with these shipments and were not given up yet."""
    missing = {line.id: -line.lost for line in lines}
    for shipment in shipments:
        for row in shipment.lines:
            if row.delivered is not None:
                missing[row.line_id] += row.shipped - row.delivered
    return {line_id: max(quantity, 0) for line_id, quantity in missing.items()}


def _waiting(work: Work, purchase_id: UUID, *, refuse: bool) -> list[SupplierOrder]:
    orders = list(
        work.session.scalars(
            select(SupplierOrder)
            .where(SupplierOrder.purchase_id == purchase_id)
            .order_by(SupplierOrder.id)
            .with_for_update()
        )
    )
    waiting = [order for order in orders if order.state == OrderState.AWAITING_PAYMENT]
    if refuse and (not waiting or len(waiting) < len(orders)):
        raise Conflict("This purchase is no longer waiting for payment.")
    return waiting
