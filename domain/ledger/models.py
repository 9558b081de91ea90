"""Accounts, entries and postings. Only the owner-owned function `ledger_post` writes them."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Amount, Currency, Id, Instant, Record, one_of, settled


class Account(Record):
    """One account per family, holder and currency. Debit is positive.

    `balance` and `version` are kept for accounts that authorise spending; the others are
    append-only and their balance is the sum of their postings.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        one_of("kind", ("asset", "liability", "income", "expense", "memo")),
        UniqueConstraint("family", "holder_id", "currency", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "currency"),
        # What a liability of this kind authorises can never be overspent: its balance is a credit.
        CheckConstraint("not is_locked or balance <= 0", name="never_overspent"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    family: Mapped[str]
    kind: Mapped[str]
    holder_id: Mapped[UUID | None]
    org_id: Mapped[UUID | None]
    buyer_id: Mapped[UUID | None]
    seller_id: Mapped[UUID | None]
    currency: Mapped[Currency]
    is_locked: Mapped[bool]
    balance: Mapped[Amount] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("0"))


class Entry(Record):
    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("kind", "reference"), Index(None, "order_id"))

    id: Mapped[Id]
    kind: Mapped[str]
    reference: Mapped[str]
    order_id: Mapped[UUID | None]
    org_id: Mapped[UUID | None]
    effective_at: Mapped[Instant]
    recorded_at: Mapped[Instant]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_entries.id"))


class Posting(Record):
    """One leg of an entry. `account_version` and `balance_after` chain a locked account's postings."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_some"),
        *settled("amount"),
        UniqueConstraint("account_id", "account_version"),
        Index("ledger_postings_account_amount_idx", "account_id", postgresql_include=["amount"]),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_entries.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    account_version: Mapped[int | None]
    balance_after: Mapped[Amount | None]
