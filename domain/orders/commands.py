"""The story of a supplier order after checkout, step by step.

    paid -> the seller accepts (all or part) or declines -> produces -> ships, in parts -> the buyer counts
    what arrived -> accepts it -> money is released -> the order is complete.

Every command locks the order first, then its lines; stock and ledger accounts follow (the lock order of
the house). Checkout is `placing`; the ways in which an order ends early are `ending`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from domain import identity, ledger, logistics, payments, stock
from domain.identity import Permission
from domain.kernel.calendar import after_business_hours
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.timers import set_timers
from domain.kernel.work import Work
from domain.ledger import Kind
from domain.logistics import Carrier
from domain.orders.events import (
    GoodsAccepted,
    GoodsReceived,
    GoodsShipped,
    OrderConfirmed,
    OrderReady,
    OrderSecured,
    ProductionReported,
    ProductionStarted,
)
from domain.orders.models import Acceptance, AcceptanceLine, OrderLine, ProductionReport, Purchase, SupplierOrder
from domain.orders.placing import set_answer_timers
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
    quantities,
    route,
    worth,
)
from domain.payments import Method


class NothingToAccept(Conflict):
    pass


def pay_from_wallet(work: Work, *, request_id: UUID, purchase_id: UUID) -> None:
    """Pay a purchase that waits for a transfer from the wallet instead.

    Raises `ledger.Overspent`, or `Conflict` when it is no longer waiting. Announces `OrderSecured`.
    """
    work.actor.require(Permission.PAY)
    purchase, orders = _unpaid(work, purchase_id)
    if purchase.buyer_id != work.actor.org_id:
        raise NotFound
    identity.require_reach(
        work, buyer_id=purchase.buyer_id, seller_id=None, site_id=purchase.site_id, permission=Permission.PAY,
        amount=purchase.total, currency=purchase.currency, at=purchase.created_at,
    )  # fmt: skip
    purchase.payment_method = Method.WALLET.value
    _secure(work, purchase, orders, Method.WALLET)


def match_transfer(work: Work, *, bank_line_id: UUID, purchase_id: UUID) -> bool:
    """Match an incoming transfer with the purchase it pays (finance). Returns whether it is now paid.

    More than asked: the rest goes to the buyer's wallet. Less, or too late: all of it does, and the buyer
    can pay from there. Raises `payments.AlreadyMatched`. Announces `OrderSecured` per order.
    """
    work.actor.require(Permission.MATCH_PAYMENTS)
    purchase = work.session.get(Purchase, purchase_id, with_for_update=True)
    if purchase is None or purchase.origin != "live":
        raise NotFound
    payment = payments.payment_of_purchase(work, purchase_id=purchase_id)
    line = payments.claim_bank_line(
        work, bank_line_id=bank_line_id, org_id=purchase.buyer_id, payment_id=payment.payment_id if payment else None
    )
    orders = _orders_of(work, purchase_id)
    waiting = all(order.state == OrderState.AWAITING_PAYMENT for order in orders)
    fits = waiting and line.currency == purchase.currency and line.amount >= purchase.total
    if fits:
        _secure(work, purchase, orders, Method.BANK_TRANSFER)
    spare = line.amount - purchase.total if fits else line.amount
    payments.credit_wallet(work, org_id=purchase.buyer_id, bank_line_id=line.id, amount=spare, currency=line.currency)
    return fits


def confirm_order(work: Work, *, order_id: UUID, quantities_confirmed: Mapping[UUID, int] | None = None) -> None:
    """The seller accepts the order: all of it, or the given base units by line.

    What is cut is refunded at once and its stock is free again; the buyer may still cancel free of charge
    until production starts. The promise date and the commission are frozen here. Cutting everything is
    declining. Raises `identity.TermsNotAccepted`, `identity.AboveLimit`. Announces `OrderConfirmed`.
    """
    work.actor.require(Permission.ANSWER_ORDERS)
    identity.require_terms(work)
    order, lines = locked(work, order_id, side="seller", limited=Permission.ANSWER_ORDERS)
    wanted = {line.id: line.ordered for line in lines}
    if quantities_confirmed is not None:
        wanted = quantities(lines, quantities_confirmed, what="accepted", at_most="ordered")
        if not wanted:
            raise Invalid("Accept at least one unit, or decline the order.")
    cut_gross = Decimal(0)
    for line in lines:
        line.confirmed = wanted.get(line.id, 0)
        line.cancelled = line.ordered - line.confirmed
        cut_gross += between(line, line.confirmed, line.ordered)[1]
    order.confirmed_at = work.now
    order.promised_at = _promise(work, order)
    goods = sum((worth(line, line.confirmed)[0] for line in lines), Decimal(0))
    cut = sum(line.cancelled for line in lines)
    move(work, order, OrderState.CONFIRMED, OrderConfirmed, cut=cut, goods=goods)
    if cut:
        stock.release(work, order_id=order.id, lines={line.id: line.cancelled for line in lines if line.cancelled})
        payments.refund(work, held=held(order), amount=cut_gross, cause="confirmed_in_part", route=route(order))
    payments.freeze_commission(work, order_id=order.id, buyer_id=order.buyer_id, seller_id=order.seller_id)
    ledger.post(work, entries=[payments.memo(Kind.GMV_CONFIRMED, order.id, goods, order.currency)])


def _promise(work: Work, order: SupplierOrder) -> datetime:
    """Making it takes so many of the seller's working days, getting it there so many days of any kind."""
    ready_at = work.now
    if order.production_days:
        kept = identity.calendars_of(work, org_ids=[order.seller_id])[order.seller_id]
        hours = 24 * order.production_days
        ready_at = after_business_hours(work.now, hours, time_zone=kept.time_zone, holidays=kept.closed)
    return ready_at + timedelta(days=order.lead_time_days)


def start_production(work: Work, *, order_id: UUID) -> None:
    """The seller starts to produce; from here on the buyer cannot cancel free of charge."""
    work.actor.require(Permission.REPORT_PRODUCTION)
    order, _ = locked(work, order_id, side="seller")
    move(work, order, OrderState.IN_PRODUCTION, ProductionStarted)


def report_production(work: Work, *, order_id: UUID, percent: int, note: str = "") -> None:
    """Say how far production is. It never goes back; 100 makes the order ready to ship.

    Announces `ProductionReported`, and `OrderReady` at 100.
    """
    work.actor.require(Permission.REPORT_PRODUCTION)
    order, _ = locked(work, order_id, side="seller")
    if order.state != OrderState.IN_PRODUCTION:
        raise Conflict("Progress can be reported while the order is in production.")
    if isinstance(percent, bool) or not isinstance(percent, int) or not order.produced_percent <= percent <= 100:
        raise Invalid(f"Progress must be between {order.produced_percent} and 100 percent.")
    order.produced_percent = percent
    work.session.add(
        ProductionReport(
            id=new_id(), order_id=order.id, buyer_id=order.buyer_id, seller_id=order.seller_id, percent=percent,
            note=note.strip()[:500], reported_by=work.actor.user_id, reported_at=work.now,
        )
    )  # fmt: skip
    work.record(ProductionReported(**parties(order), percent=percent))
    if percent == 100:
        move(work, order, OrderState.READY, OrderReady)


def ship_goods(
    work: Work,
    *,
    request_id: UUID,
    order_id: UUID,
    carrier: Carrier,
    tracking: str,
    shipped: Mapping[UUID, int],
    serials: Mapping[UUID, Sequence[str]] | None = None,
) -> UUID:
    """Ship base units by line, with carrier and tracking; as often as it takes. Returns the shipment.

    Units with numbers of their own leave by them: `serials` by variant, as many as leave.
    Goods from stock need no production: shipping makes the order ready. Raises `Invalid` for more than is
    left to ship, `NotAllowed` for who is kept to warehouses when the goods lie in another one. Announces
    `GoodsShipped`.
    """
    work.actor.require(Permission.SHIP_ORDERS)
    order, lines = locked(work, order_id, side="seller")
    if order.state not in BOUND:
        raise Conflict("This order cannot be shipped in the state it is in.")
    wanted = quantities(lines, shipped, what="shipped", at_most="confirmed")
    if not wanted:
        raise Invalid("Ship at least one unit.")
    for line in lines:
        if wanted.get(line.id, 0) > line.confirmed - line.shipped:
            raise Invalid(f"{line.name}: only {line.confirmed - line.shipped:,} are left to ship.")
    stock.require_own_warehouses(work, order_id=order.id, line_ids=list(wanted))
    if order.state != OrderState.READY:
        move(work, order, OrderState.READY, OrderReady)
    shipment_id = logistics.ship(
        work, order_id=order.id, buyer_id=order.buyer_id, seller_id=order.seller_id, carrier=carrier,
        tracking=tracking, lines=wanted,
    )  # fmt: skip
    for line in lines:
        line.shipped += wanted.get(line.id, 0)
    order.first_shipped_at = order.first_shipped_at or work.now
    work.session.flush()
    stock.ship(work, order_id=order.id, shipment_id=shipment_id, lines=wanted, serials=_serials(lines, wanted, serials))
    is_last = all(line.shipped == line.confirmed for line in lines)
    work.record(GoodsShipped(**parties(order), shipment_id=shipment_id, units=sum(wanted.values()), is_last=is_last))
    return shipment_id


def _serials(
    lines: list[OrderLine], wanted: Mapping[UUID, int], serials: Mapping[UUID, Sequence[str]] | None
) -> dict[UUID, Sequence[str]]:
    """The numbers of the units that leave. Raises `Invalid` for one of a product that does not leave, or for more."""
    leaving: dict[UUID, int] = {}
    for line in lines:
        leaving[line.variant_id] = leaving.get(line.variant_id, 0) + wanted.get(line.id, 0)
    named = {variant_id: [one for one in numbers if one.strip()] for variant_id, numbers in (serials or {}).items()}
    if any(len(numbers) > leaving.get(variant_id, 0) for variant_id, numbers in named.items()):
        raise Invalid("There are more serial numbers than units that leave.")
    return {variant_id: numbers for variant_id, numbers in named.items() if numbers}


def record_receipt(
    work: Work,
    *,
    request_id: UUID,
    order_id: UUID,
    shipment_id: UUID,
    counts: Mapping[UUID, int] | None = None,
    received_by: str = "",
) -> None:
    """Count what arrived of a shipment, in base units by line; lines left out arrived in full.

    The buyer counts, or the platform records a carrier's proof. The inspection period starts; missing
    units start the seller's time to answer. Announces `GoodsReceived`.
    """
    by_platform = work.actor.may(Permission.RECORD_DELIVERIES)
    if not by_platform:
        work.actor.require(Permission.RECEIVE_GOODS)
    order, lines = locked(work, order_id, side="platform" if by_platform else "buyer")
    counted = dict(counts or {})
    shipments = {s.shipment_id: s for s in logistics.shipments_of_order(work, order_id=order.id)}
    if shipment_id not in shipments:
        raise NotFound
    sent = logistics.deliver(work, shipment_id=shipment_id, counts=counted, received_by=received_by)
    missing = 0
    for line in lines:
        if line.id in sent:
            arrived = counted.get(line.id, sent[line.id])
            line.delivered += arrived
            missing += sent[line.id] - arrived
    work.session.flush()
    note_arrival(work, order, lines)
    units = sum(sent.values()) - missing
    _set_inspection_timer(work, order, shipment_id)
    if missing:
        _set_shortage_timer(work, order, shipment_id)
    work.record(GoodsReceived(**parties(order), shipment_id=shipment_id, units=units, missing=missing))


def accept_goods(work: Work, *, request_id: UUID, order_id: UUID, accepted: Mapping[UUID, int] | None = None) -> UUID:
    """The buyer accepts delivered goods: all that wait, or base units by line. Returns the acceptance.

    Their share of the escrow is released: the seller's net, the commission and its VAT (P3). When
    nothing is left open the order completes. Raises `NothingToAccept`. Announces `GoodsAccepted`.
    """
    work.actor.require(Permission.RECEIVE_GOODS)
    order, lines = locked(work, order_id, side="buyer")
    return _accept(work, order, lines, accepted, how="buyer")


def accept_silently(work: Work, *, order_id: UUID, shipment_id: UUID) -> None:
    """The inspection period of a shipment is over: what it delivered and nobody accepted is accepted (timer).

    What the buyer accepted counts for the shipments that arrived first, so goods of a later one keep their
    own inspection period.
    """
    if not work.actor.is_system:
        raise NotFound
    order, lines = locked(work, order_id, side="buyer")
    due = {line.id: -line.accepted for line in lines}
    for shipment in arrived_until(work, order_id, shipment_id):
        for row in shipment.lines:
            due[row.line_id] += row.delivered or 0
    due = {line_id: quantity for line_id, quantity in due.items() if quantity > 0}
    if due:
        _accept(work, order, lines, due, how="timer")


def _accept(
    work: Work, order: SupplierOrder, lines: list[OrderLine], accepted: Mapping[UUID, int] | None, *, how: str
) -> UUID:
    waiting = {line.id: line.delivered - line.accepted for line in lines}
    wanted = waiting if accepted is None else quantities(lines, accepted, what="accepted", at_most="delivered")
    wanted = {line_id: quantity for line_id, quantity in wanted.items() if quantity}
    if not wanted:
        raise NothingToAccept("There is nothing to accept: all delivered goods are accepted already.")
    goods = gross = Decimal(0)
    for line in lines:
        quantity = wanted.get(line.id, 0)
        if quantity > waiting[line.id]:
            raise Invalid(f"{line.name}: only {waiting[line.id]:,} delivered units wait to be accepted.")
        step_goods, step_gross = between(line, line.accepted, line.accepted + quantity)
        goods, gross = goods + step_goods, gross + step_gross
        line.accepted += quantity
    acceptance = Acceptance(
        id=new_id(), order_id=order.id, buyer_id=order.buyer_id, seller_id=order.seller_id, how=how,
        accepted_by=work.actor.user_id, accepted_at=work.now,
    )  # fmt: skip
    work.session.add(acceptance)
    work.session.flush()
    work.session.add_all(
        AcceptanceLine(acceptance_id=acceptance.id, line_id=line_id, buyer_id=order.buyer_id,
                       seller_id=order.seller_id, quantity=quantity)
        for line_id, quantity in wanted.items()
    )  # fmt: skip
    payments.release(
        work, held=held(order), acceptance_id=acceptance.id, gross=gross, goods=goods,
        distributor_id=order.distributor_id,
    )  # fmt: skip
    work.record(
        GoodsAccepted(**parties(order), acceptance_id=acceptance.id, units=sum(wanted.values()), gross=gross, how=how)
    )
    complete_if_done(work, order, lines)
    return acceptance.id


def _secure(work: Work, purchase: Purchase, orders: list[SupplierOrder], method: Method) -> None:
    """The money is there: it goes into each order's escrow, the goods stay reserved, the sellers can answer."""
    for order in orders:
        order.secured_at, order.payment_method = work.now, method.value
        move(work, order, OrderState.AWAITING_SELLER, OrderSecured, method=method.value)
    stock.firm(work, order_ids=[order.id for order in orders])
    payment = payments.payment_of_purchase(work, purchase_id=purchase.id)
    if payment is not None:
        payments.capture(work, payment_id=payment.payment_id, method=method)
    payments.hold(work, orders=[held(order) for order in orders], method=method)
    calendars = identity.calendars_of(work, org_ids={order.seller_id for order in orders})
    placed_at = orders[0].created_at if orders else None
    set_answer_timers(work, {order.id: calendars[order.seller_id] for order in orders}, placed_at=placed_at)


def _unpaid(work: Work, purchase_id: UUID) -> tuple[Purchase, list[SupplierOrder]]:
    purchase = work.session.get(Purchase, purchase_id, with_for_update=True)
    if purchase is None or purchase.origin != "live":
        raise NotFound
    orders = _orders_of(work, purchase_id)
    if any(order.state != OrderState.AWAITING_PAYMENT for order in orders):
        raise Conflict("This purchase is no longer waiting for payment.")
    return purchase, orders


def _orders_of(work: Work, purchase_id: UUID) -> list[SupplierOrder]:
    return list(
        work.session.scalars(
            select(SupplierOrder)
            .where(SupplierOrder.purchase_id == purchase_id)
            .order_by(SupplierOrder.id)
            .with_for_update()
        )
    )


def _set_inspection_timer(work: Work, order: SupplierOrder, shipment_id: UUID) -> None:
    at = work.now + timedelta(days=int(value_of(work, Setting.INSPECTION_DAYS, at=order.created_at)))
    facts = {"order_id": str(order.id), "shipment_id": str(shipment_id)}
    set_timers(work, "accept_silently", {f"inspect:{shipment_id}": (at, facts)})


def _set_shortage_timer(work: Work, order: SupplierOrder, shipment_id: UUID) -> None:
    hours = int(value_of(work, Setting.SHORTAGE_ANSWER_BUSINESS_HOURS, at=order.created_at))
    kept = identity.calendars_of(work, org_ids={order.seller_id})[order.seller_id]
    at = after_business_hours(work.now, hours, time_zone=kept.time_zone, holidays=kept.closed)
    facts = {"order_id": str(order.id), "shipment_id": str(shipment_id)}
    set_timers(work, "close_shortage", {f"shortage:{shipment_id}": (at, facts)})
