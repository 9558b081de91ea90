from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PostingRow(View):
    """One leg of an entry, as a person reads it: debits positive."""

    entry_id: UUID
    kind: str
    reference: str
    order_id: UUID | None
    family: str
    holder_id: UUID | None
    holder_name: str | None
    order_number: str | None = None
    amount: Decimal
    currency: str
    balance_after: Decimal | None
    effective_at: datetime


class AccountBalance(View):
    """One line of the trial balance: what an account family holds in a currency. Debits positive."""

    family: str
    kind: str
    currency: str
    balance: Decimal
    postings: int


class StatementRow(View):
    """One movement on an account of one's own, with the balance after it. Money in is positive."""

    entry_id: UUID
    kind: str
    order_id: UUID | None
    order_number: str | None
    amount: Decimal
    balance: Decimal
    currency: str
    effective_at: datetime
