from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PaymentOpened(Event):
    subject: ClassVar[str] = "payment"
    purchase_id: UUID
    method: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class PaymentCaptured(Event):
    subject: ClassVar[str] = "payment"
    purchase_id: UUID
    method: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class PaymentExpired(Event):
    subject: ClassVar[str] = "payment"
    purchase_id: UUID


@dataclass(frozen=True, kw_only=True)
class WalletToppedUp(Event):
    subject: ClassVar[str] = "wallet"
    bank_line_id: UUID
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class MoneyReleased(Event):
    subject: ClassVar[str] = "release"
    order_id: UUID
    gross: Decimal
    commission: Decimal
    net: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class MoneyRefunded(Event):
    subject: ClassVar[str] = "refund"
    order_id: UUID
    amount: Decimal
    currency: str
    route: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class BankLineRecorded(Event):
    subject: ClassVar[str] = "bank_line"
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class PayoutBatchMoved(Event):
    subject: ClassVar[str] = "payout_batch"
    payouts: int
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class PayoutSent(Event):
    subject: ClassVar[str] = "payout"
    kind: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class BankAccountChanged(Event):
    """Where an organisation is paid; of the account number its country and its end. The holder is beside the log."""

    subject: ClassVar[str] = "organization"
    before: dict[str, str] | None = None
    after: dict[str, str] | None = None
