"""What pricing hands out."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class CustomerRow(View):
    """An organisation that has ordered from one's own."""

    customer_id: UUID
    name: str


class GroupRow(View):
    """A customer group with who is in it."""

    group_id: UUID
    name: str
    members: list[CustomerRow]


class RuleRow(View):
    """A price rule or promotion of one's own, with what is spent of its budget and what it moved so far."""

    rule_id: UUID
    step: str
    kind: str
    title: str
    for_whom: str | None
    scope: str
    category: str | None
    offers: int
    percent: Decimal | None
    amount: Decimal | None
    currency: str | None
    minimum_quantity: int
    starts_at: datetime
    ends_at: datetime | None
    state: str
    amount_limit: Decimal | None
    amount_spent: Decimal | None
    unit_limit: int | None
    units_spent: int | None
    orders: int
    units_sold: int


class PricedOffer(View):
    """An own offer with its ladder, its floor, and how many lists are planned for it."""

    offer_id: UUID
    product_id: UUID
    name: str
    sku: str
    state: str
    currency: str
    version: int
    minimum_quantity: int
    order_increment: int
    quantities: list[int]
    prices: list[Decimal]
    floor: Decimal | None
    planned: int


class PastPrice(View):
    """One row of an offer's list prices: what one unit cost from a quantity on, and between which instants."""

    minimum_quantity: int
    unit_price: Decimal
    currency: str
    valid_from: datetime
    valid_to: datetime | None


class PriceRequestRow(View):
    """A price below the floor that somebody asked for."""

    price_request_id: UUID
    offer_id: UUID
    sku: str
    currency: str
    customer_id: UUID
    customer: str
    minimum_quantity: int
    unit_price: Decimal
    floor: Decimal | None
    ends_at: datetime
    reason: str
    state: str
    asked_by: str | None
    is_mine: bool
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    answer: str | None


class ProductMinimumRow(View):
    product_id: UUID
    name: str
    minimum_quantity: int
