"""Steps of an order's money: opened, held in escrow, released, refunded.

The order's commands call these inside their own transaction, with the order locked.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text

from domain import ledger
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.ledger import Draft, Family, Kind, Leg
from domain.payments.events import MoneyRefunded, MoneyReleased, PaymentCaptured, PaymentExpired, PaymentOpened
from domain.payments.models import CommissionLine, CommissionRule, Payment, Refund, Release
from domain.payments.shares import Commission, Division, divide
from domain.payments.states import Method, PaymentState, RefundState

# Letters and digits that nobody mistakes for one another when they copy a reference by hand.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Held:
    """An order whose money is to be held: all of it, and the goods value in it."""

    order_id: UUID
    buyer_id: UUID
    seller_id: UUID
    currency: str
    total: Decimal
    goods: Decimal


_OPEN = text("""
with opened as (
    insert into payments (id, purchase_id, buyer_id, method, state, amount, currency, reference, created_at,
      captured_at)
    values (:id, :purchase_id, :buyer_id, :method, :state, :amount, :currency, :reference, :now, :captured_at)
)
insert into payment_dues (order_id, position, buyer_id, seller_id, kind, amount, currency, due_at, settled_at)
select o.order_id, 1, :buyer_id, o.seller_id, 'full', o.total, :currency, :due_at, :captured_at
from jsonb_to_recordset(cast(:orders as jsonb)) as o(order_id uuid, seller_id uuid, total numeric)
""")


def open_payment(
    work: Work, *, purchase_id: UUID, buyer_id: UUID, method: Method, orders: Sequence[Held], due_at: datetime
) -> UUID:
    """Open the payment of a purchase with one schedule row per order; a wallet payment is captured at once."""
    work.actor.require_party(buyer_id)
    captured = method is Method.WALLET
    payment_id, amount, currency = new_id(), sum((o.total for o in orders), Decimal(0)), orders[0].currency
    work.session.execute(
        _OPEN,
        {
            "id": payment_id,
            "purchase_id": purchase_id,
            "buyer_id": buyer_id,
            "method": method.value,
            "state": (PaymentState.CAPTURED if captured else PaymentState.AWAITING_TRANSFER).value,
            "amount": amount,
            "currency": currency,
            "reference": new_reference("P"),
            "now": work.now,
            "captured_at": work.now if captured else None,
            "due_at": due_at,
            "orders": json.dumps(
                [{"order_id": str(o.order_id), "seller_id": str(o.seller_id), "total": str(o.total)} for o in orders]
            ),
        },
    )
    event = PaymentCaptured if captured else PaymentOpened
    work.record(
        event(subject_id=payment_id, buyer_id=buyer_id, purchase_id=purchase_id, method=method.value, amount=amount,
              currency=currency)
    )  # fmt: skip
    return payment_id


def hold(work: Work, *, orders: Sequence[Held], method: Method) -> None:
    """Move each order's money into its escrow, and note the placed goods value (P10 or P2, and P0).

    Raises `ledger.Overspent` when the wallet does not hold enough.
    """
    source, kind = (
        (Family.WALLET, Kind.ORDER_FUNDED_BY_WALLET)
        if method is Method.WALLET
        else (Family.BANK_ESCROW, Kind.ORDER_FUNDED_BY_TRANSFER)
    )
    entries = []
    for order in orders:
        payer = order.buyer_id if source is Family.WALLET else None
        legs = [Leg(source, order.total, payer), Leg(Family.ESCROW, -order.total, order.order_id)]
        entries.append(Draft(kind, str(order.order_id), order.currency, legs, order.order_id))
        entries.append(memo(Kind.GMV_PLACED, order.order_id, order.goods, order.currency))
    ledger.post(work, entries=entries)


def memo(kind: Kind, order_id: UUID, goods: Decimal, currency: str) -> Draft:
    """The memo entry (P0) that an order's goods value was placed, confirmed or completed."""
    family = {
        Kind.GMV_PLACED: Family.MEMO_PLACED,
        Kind.GMV_CONFIRMED: Family.MEMO_CONFIRMED,
        Kind.GMV_COMPLETED: Family.MEMO_COMPLETED,
    }[kind]
    return Draft(kind, str(order_id), currency, [Leg(family, goods), Leg(Family.MEMO_CONTRA, -goods)], order_id)


def capture(work: Work, *, payment_id: UUID, method: Method) -> None:
    """The awaited money has come, by this method: the payment and its schedule rows are settled."""
    payment = work.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound
    work.actor.require_party(payment.buyer_id, staff=Permission.MATCH_PAYMENTS)
    payment.move_to(PaymentState.CAPTURED)
    payment.captured_at, payment.method = work.now, method.value
    work.session.execute(
        text(
            "update payment_dues set settled_at = :now where settled_at is null and order_id in"
            " (select id from supplier_orders where purchase_id = :purchase_id)"
        ),
        {"now": work.now, "purchase_id": payment.purchase_id},
    )
    work.record(
        PaymentCaptured(subject_id=payment.id, buyer_id=payment.buyer_id, purchase_id=payment.purchase_id,
                        method=payment.method, amount=payment.amount, currency=payment.currency)
    )  # fmt: skip


def expire(work: Work, *, purchase_id: UUID) -> None:
    """No money came: the open payment of the purchase ends."""
    payment = work.session.scalar(
        select(Payment)
        .where(Payment.purchase_id == purchase_id, Payment.state == PaymentState.AWAITING_TRANSFER.value)
        .with_for_update()
    )
    if payment is None:
        raise NotFound
    work.actor.require_party(payment.buyer_id)
    payment.move_to(PaymentState.EXPIRED)
    work.record(PaymentExpired(subject_id=payment.id, buyer_id=payment.buyer_id, purchase_id=purchase_id))


def freeze_commission(work: Work, *, order_id: UUID, buyer_id: UUID, seller_id: UUID) -> list[Commission]:
    """Write down who earns which share of this order; later changes of the rules do not touch it."""
    work.actor.require_party(seller_id)
    rule = work.session.scalars(
        select(CommissionRule)
        .where(CommissionRule.effective_from <= work.now)
        .order_by(CommissionRule.effective_from.desc())
        .limit(1)
    ).one()
    work.session.add(
        CommissionLine(order_id=order_id, position=1, buyer_id=buyer_id, seller_id=seller_id, beneficiary="platform",
                       rate=rule.rate, vat_rate=rule.vat_rate, rule_id=rule.id, frozen_at=work.now)
    )  # fmt: skip
    work.session.flush()
    return [Commission("platform", rule.rate, rule.vat_rate)]


def release(
    work: Work, *, held: Held, acceptance_id: UUID, gross: Decimal, goods: Decimal, distributor_id: UUID | None = None
) -> Division:
    """Set free what one acceptance covers, divided by the order's frozen shares (P3); nothing for nothing."""
    work.actor.require_party(held.buyer_id)
    shares = [
        Commission(line.beneficiary, line.rate, line.vat_rate)
        for line in work.session.scalars(
            select(CommissionLine).where(CommissionLine.order_id == held.order_id).order_by(CommissionLine.position)
        )
    ]
    names = ("gross", "goods", "commission", "commission_vat", "distributor", "net")
    sums = [func.coalesce(func.sum(getattr(Release, name)), Decimal(0)).label(name) for name in names]
    earlier = work.session.execute(select(*sums).where(Release.order_id == held.order_id)).one()
    taken = Division(**earlier._asdict())
    division = divide(
        gross=gross, goods=goods, goods_before=taken.goods, commissions=shares, currency=held.currency, taken=taken
    )
    if not gross:
        return division  # less than the smallest unit of the currency: nothing moves
    released = Release(
        id=new_id(), order_id=held.order_id, acceptance_id=acceptance_id, buyer_id=held.buyer_id,
        seller_id=held.seller_id, currency=held.currency, gross=division.gross, goods=division.goods,
        commission=division.commission, commission_vat=division.commission_vat, distributor=division.distributor,
        net=division.net, released_at=work.now,
    )  # fmt: skip
    work.session.add(released)
    work.session.flush()
    ledger.post(
        work,
        entries=[
            Draft(
                Kind.GOODS_ACCEPTED,
                str(acceptance_id),
                held.currency,
                [
                    Leg(Family.ESCROW, division.gross, held.order_id),
                    Leg(Family.PAYABLE_SELLER, -division.net, held.seller_id),
                    Leg(Family.COMMISSION_REVENUE, -division.commission),
                    Leg(Family.COMMISSION_VAT, -division.commission_vat),
                    Leg(Family.PAYABLE_DISTRIBUTOR, -division.distributor, distributor_id),
                ],
                held.order_id,
            )
        ],
    )
    work.record(
        MoneyReleased(subject_id=released.id, buyer_id=held.buyer_id, seller_id=held.seller_id, order_id=held.order_id,
                      gross=division.gross, commission=division.commission, net=division.net, currency=held.currency)
    )  # fmt: skip
    return division


def refund(work: Work, *, held: Held, amount: Decimal, cause: str, route: Method) -> UUID | None:
    """Give part of an order's escrow back to the buyer, by the way it came (P5, P18).

    To the wallet at once; to the bank with the next payout batch. Nothing to give back: None.
    """
    work.actor.require_party(held.buyer_id, held.seller_id)
    if amount < 0:
        raise Invalid("A refund cannot be negative.")
    if not amount:
        return None
    to_wallet = route is Method.WALLET
    state = RefundState.SENT if to_wallet else RefundState.OWED
    row = Refund(
        id=new_id(), order_id=held.order_id, buyer_id=held.buyer_id, seller_id=held.seller_id, cause=cause,
        amount=amount, currency=held.currency, route=route.value, state=state.value, decided_at=work.now,
        sent_at=work.now if to_wallet else None,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    owed = Leg(Family.REFUND_PAYABLE, -amount, held.buyer_id)
    entries = [
        Draft(Kind.ORDER_REFUNDED, str(row.id), held.currency, [Leg(Family.ESCROW, amount, held.order_id), owed],
              held.order_id)
    ]  # fmt: skip
    if to_wallet:
        legs = [Leg(Family.REFUND_PAYABLE, amount, held.buyer_id), Leg(Family.WALLET, -amount, held.buyer_id)]
        entries.append(Draft(Kind.REFUND_TO_WALLET, str(row.id), held.currency, legs, held.order_id))
    ledger.post(work, entries=entries)
    work.record(
        MoneyRefunded(subject_id=row.id, buyer_id=held.buyer_id, seller_id=held.seller_id, order_id=held.order_id,
                      amount=amount, currency=held.currency, route=route.value, cause=cause)
    )  # fmt: skip
    return row.id


def new_reference(prefix: str) -> str:
    """A short text that a person copies into a bank transfer: P-4K7QXWM2."""
    return f"{prefix}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
