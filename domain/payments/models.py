"""What is owed, paid in, held, given back and paid out. Money itself moves in the ledger."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Amount, Currency, Id, Instant, Key, Rate, Record, one_of, settled
from domain.kernel.states import check_move
from domain.payments.states import BATCH_MOVES, PAYMENT_MOVES, BatchState, Method, PaymentState, RefundState


class PaymentDue(Record):
    """One row of an order's payment schedule: how much, when, and what it unlocks."""

    __tablename__ = "payment_dues"
    __table_args__ = (
        one_of("kind", ("full", "deposit", "balance")),
        *settled("amount"),
        CheckConstraint("amount > 0", name="amount"),
    )

    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    kind: Mapped[str]
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    due_at: Mapped[Instant]
    settled_at: Mapped[datetime | None]


class Payment(Record):
    """A purchase paid by one method: at once from the wallet, or by a transfer that is awaited."""

    __tablename__ = "payments"
    __table_args__ = (
        one_of("method", Method),
        one_of("state", PaymentState),
        *settled("amount"),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "purchase_id"),
        Index(None, "buyer_id"),
    )

    id: Mapped[Id]
    purchase_id: Mapped[Key] = mapped_column(ForeignKey("purchases.id"))
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    method: Mapped[str]
    state: Mapped[str]
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    reference: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[Instant]
    captured_at: Mapped[datetime | None]

    def move_to(self, state: PaymentState) -> None:
        check_move(PAYMENT_MOVES, PaymentState(self.state), state, noun="payment")
        self.state = state.value


class WalletReference(Record):
    """The text a buyer writes on a transfer that tops up the wallet. One per organisation."""

    __tablename__ = "wallet_references"

    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)


class BankLine(Record):
    """One incoming line of the escrow bank account's statement. Matched once, by a person."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        *settled("amount"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(matched_at is null) = (matched_org_id is null)", name="matched"),
        Index("bank_lines_open_idx", "booked_on", postgresql_where=text("matched_at is null")),
    )

    id: Mapped[Id]
    bank_reference: Mapped[str] = mapped_column(unique=True)
    booked_on: Mapped[date]
    payer: Mapped[str]
    remittance: Mapped[str]
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    matched_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    matched_payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    matched_by: Mapped[UUID | None]
    matched_at: Mapped[datetime | None]
    recorded_at: Mapped[Instant]


class CommissionRule(Record):
    """What the platform takes of the goods value, from an instant on. Rows are never changed."""

    __tablename__ = "commission_rules"
    __table_args__ = (
        CheckConstraint("rate >= 0 and rate < 1", name="rate"),
        CheckConstraint("vat_rate >= 0 and vat_rate < 1", name="vat_rate"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    rate: Mapped[Rate]
    vat_rate: Mapped[Rate]
    effective_from: Mapped[Instant]
    created_by: Mapped[UUID | None]


class CommissionLine(Record):
    """Who earns which share of an order, frozen when the seller confirms it."""

    __tablename__ = "commission_lines"
    __table_args__ = (
        one_of("beneficiary", ("platform", "distributor")),
        CheckConstraint("(beneficiary = 'platform') = (beneficiary_org_id is null)", name="beneficiary_org"),
    )

    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    beneficiary: Mapped[str]
    beneficiary_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    rate: Mapped[Rate]
    vat_rate: Mapped[Rate]
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission_rules.id"))
    frozen_at: Mapped[Instant]


class Release(Record):
    """What one acceptance sets free: gross = net + commission + its VAT + the distributor's share."""

    __tablename__ = "releases"
    __table_args__ = (
        *settled("gross", "goods", "commission", "commission_vat", "distributor", "net"),
        CheckConstraint("gross = net + commission + commission_vat + distributor", name="whole"),
        CheckConstraint("least(gross, goods, commission, commission_vat, distributor, net) >= 0", name="not_negative"),
        Index(None, "order_id"),
        Index("releases_unpaid_idx", "seller_id", postgresql_where=text("payout_id is null")),
    )

    id: Mapped[Id]
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    acceptance_id: Mapped[Key] = mapped_column(ForeignKey("acceptances.id"), unique=True)
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    currency: Mapped[Currency]
    gross: Mapped[Amount]
    goods: Mapped[Amount]
    commission: Mapped[Amount]
    commission_vat: Mapped[Amount]
    distributor: Mapped[Amount]
    net: Mapped[Amount]
    released_at: Mapped[Instant]
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts.id"))


class Refund(Record):
    """Money of an order that goes back to the buyer, by the way it came."""

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("route", Method),
        one_of("state", RefundState),
        *settled("amount"),
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("order_id", "cause"),
        Index("refunds_owed_idx", "buyer_id", postgresql_where=text("state = 'owed'")),
    )

    id: Mapped[Id]
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    cause: Mapped[str]
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    route: Mapped[str]
    state: Mapped[str]
    decided_at: Mapped[Instant]
    sent_at: Mapped[datetime | None]
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts.id"))


class BankAccount(Record):
    """Where an organisation is paid."""

    __tablename__ = "bank_accounts"

    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    holder: Mapped[str]
    iban: Mapped[str]
    changed_at: Mapped[Instant]


class PayoutBatch(Record):
    """Payouts that one person prepared and another sends."""

    __tablename__ = "payout_batches"
    __table_args__ = (
        one_of("state", BatchState),
        CheckConstraint("sent_by is null or sent_by <> prepared_by", name="maker_is_not_checker"),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    state: Mapped[str]
    currency: Mapped[Currency]
    prepared_by: Mapped[Key]
    prepared_at: Mapped[Instant]
    sent_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]

    def move_to(self, state: BatchState) -> None:
        check_move(BATCH_MOVES, BatchState(self.state), state, noun="payout batch")
        self.state = state.value


class Payout(Record):
    """One transfer of a batch to one organisation, with the account as it was then."""

    __tablename__ = "payouts"
    __table_args__ = (
        one_of("kind", ("earnings", "refund")),
        *settled("amount"),
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("batch_id", "org_id", "kind"),
        Index(None, "org_id"),
    )

    id: Mapped[Id]
    batch_id: Mapped[Key] = mapped_column(ForeignKey("payout_batches.id"))
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    holder: Mapped[str]
    iban: Mapped[str]
