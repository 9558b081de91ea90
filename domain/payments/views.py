from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class WalletSheet(View):
    """One's own prepaid account: what it holds, and the text to write on a transfer to top it up."""

    currency: str
    balance: Decimal
    reference: str


class BankLineRow(View):
    """One incoming line of the escrow account's statement; suggestions are what its text names."""

    bank_line_id: UUID
    bank_reference: str
    booked_on: date
    payer: str
    remittance: str
    amount: Decimal
    currency: str
    matched_at: datetime | None
    matched_org: str | None
    suggested_payment_id: UUID | None
    suggested_org_id: UUID | None
    suggested_org: str | None
    suggested_amount: Decimal | None
    suggested_purchase: str | None
    suggested_purchase_id: UUID | None


class AwaitedRow(View):
    """One purchase that waits for its bank transfer."""

    purchase_id: UUID
    number: str
    org_id: UUID
    org_name: str
    amount: Decimal
    currency: str
    reference: str
    created_at: datetime


class PayoutRow(View):
    """One transfer to one organisation in a batch."""

    payout_id: UUID
    batch_id: UUID
    batch_number: int
    org_id: UUID
    org_name: str
    kind: str
    amount: Decimal
    currency: str
    holder: str
    iban: str
    state: str
    prepared_at: datetime
    sent_at: datetime | None


class BatchRow(View):
    batch_id: UUID
    number: int
    state: str
    currency: str
    payouts: int
    amount: Decimal
    prepared_by: UUID
    prepared_by_name: str
    prepared_at: datetime
    sent_by_name: str | None
    sent_at: datetime | None


class DueRow(View):
    """What would be in the next batch for one organisation, or why it would not."""

    org_id: UUID
    org_name: str
    kind: str
    currency: str
    amount: Decimal
    items: int
    has_bank_account: bool
    may_be_paid: bool  # the account is verified, and no name on a list of sanctions waits


class EarningRow(View):
    """One release of one's own orders: what was set free, what was taken, what is left."""

    release_id: UUID
    order_id: UUID
    order_number: str
    released_at: datetime
    currency: str
    gross: Decimal
    goods: Decimal
    commission: Decimal
    commission_vat: Decimal
    distributor: Decimal
    net: Decimal
    payout_number: int | None
    paid_at: datetime | None


class OrderMoney(View):
    """The money of one order: funded = held + released + refunded."""

    currency: str
    funded: Decimal
    held: Decimal
    released: Decimal
    refunded: Decimal


class PaymentSheet(View):
    """The payment of a purchase, with what the buyer writes on the transfer."""

    payment_id: UUID
    purchase_id: UUID
    method: str
    state: str
    amount: Decimal
    currency: str
    reference: str
    captured_at: datetime | None
    due_at: datetime | None


class BankAccountSheet(View):
    holder: str
    iban: str
    changed_at: datetime


class EscrowAccountSheet(View):
    """The bank account that holds buyers' money."""

    holder: str
    iban: str
