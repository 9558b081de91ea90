"""What orders hand out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.ledger import PostingRow
from domain.logistics import ShipmentSheet
from domain.payments import Commission, OrderMoney, PaymentSheet
from domain.trust import ReviewRow


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class BasketRow(View):
    """One line of the open basket at today's price. `problem` is a sentence when it cannot be ordered."""

    offer_id: UUID
    product_id: UUID
    picture_file_id: UUID | None
    sku: str
    name: str
    quantity: int
    minimum_quantity: int
    order_increment: int
    lead_time_days: int
    # None: the seller does not tell this buyer how many there are.
    available: int | None
    currency: str
    unit_price: Decimal
    seen_unit_price: Decimal
    goods: Decimal
    tax: Decimal
    next_quantity: int | None
    next_unit_price: Decimal | None
    price_trace: list[dict[str, Any]]
    problem: str | None


class BasketGroup(View):
    """The lines of one seller with its totals and what is missing to its order minimum."""

    seller_id: UUID
    seller_name: str
    currency: str
    lines: list[BasketRow]
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    order_minimum: Decimal
    missing_to_minimum: Decimal
    free_shipping_from: Decimal | None


class BasketSheet(View):
    """The open basket. `ready` says that checkout would not refuse it for its contents."""

    basket_id: UUID | None
    groups: list[BasketGroup]
    currency: str | None
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    prices_changed: int
    ready: bool


class ApprovalRuleSheet(View):
    """How an organisation approves purchases. `amount` None: only personal limits ask for an approval."""

    amount: Decimal | None
    currency: str
    own_requests: bool


class RequestRow(View):
    """One purchase that waits, or has waited, for an approval."""

    purchase_request_id: UUID
    asked_by: str
    is_mine: bool
    site_name: str
    suppliers: list[str]
    lines: int
    currency: str
    total: Decimal
    state: str
    asked_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    purchase_id: UUID | None


class LastTime(View):
    """How the organisation last bought the same goods."""

    offer_id: UUID
    unit_price: Decimal
    quantity: int
    ordered_at: datetime


class RequestSheet(RequestRow):
    """One request with its basket at today's prices. `obstacle` says why this reader cannot approve it, if so."""

    method: str
    note: str
    basket: BasketSheet | None
    last_times: dict[UUID, LastTime]
    obstacle: str | None


class OrderRow(View):
    """One supplier order in a list."""

    order_id: UUID
    number: str
    purchase_id: UUID
    buyer_id: UUID
    seller_id: UUID
    buyer_name: str
    seller_name: str
    state: str
    progress: str
    currency: str
    goods: Decimal
    total: Decimal
    ordered: int
    confirmed: int
    shipped: int
    delivered: int
    accepted: int
    created_at: datetime
    promised_at: datetime | None
    is_late: bool


class OrderLineRow(View):
    line_id: UUID
    line_no: int
    offer_id: UUID
    sku: str
    name: str
    ordered: int
    confirmed: int
    cancelled: int
    shipped: int
    delivered: int
    accepted: int
    lost: int
    unit_price: Decimal
    goods: Decimal
    tax_rate: Decimal
    tax: Decimal
    shipping: Decimal
    price_trace: list[dict[str, Any]]


class StepRow(View):
    """One thing that happened to the order, for its timeline."""

    name: str
    at: datetime
    from_state: str | None
    to_state: str | None
    facts: dict[str, Any]
    by_org_id: UUID | None
    by_person: str | None


class OrderSheet(View):
    """All of one supplier order that the actor may see. Amounts are None for roles without prices."""

    order_id: UUID
    number: str
    purchase_id: UUID
    purchase_number: str
    origin: str
    side: str
    buyer_id: UUID
    seller_id: UUID
    buyer_name: str
    seller_name: str
    state: str
    progress: str
    payment_method: str
    currency: str
    goods: Decimal | None
    tax: Decimal | None
    shipping: Decimal | None
    total: Decimal | None
    produced_percent: int
    lead_time_days: int
    delivery_address: dict[str, Any]
    buyer_note: str
    created_at: datetime
    secured_at: datetime | None
    confirmed_at: datetime | None
    promised_at: datetime | None
    delivered_at: datetime | None
    completed_at: datetime | None
    ended_at: datetime | None
    is_late: bool
    lines: list[OrderLineRow]
    shipments: list[ShipmentSheet]
    steps: list[StepRow]
    money: OrderMoney | None
    payment: PaymentSheet | None
    postings: list[PostingRow]
    commissions: list[Commission]
    reviews: list[ReviewRow]


class PurchaseSheet(View):
    """One checkout with its orders and its payment."""

    purchase_id: UUID
    number: str
    currency: str
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    payment_method: str
    created_at: datetime
    orders: list[OrderRow]
    payment: PaymentSheet | None


class WorkList(View):
    """What waits for the actor's organisation, by what it is; numbers of orders."""

    to_answer: int
    to_ship: int
    in_production: int
    to_receive: int
    to_accept: int
    to_pay: int
    late: int
    open_value: Decimal
    currency: str


class SalesWeek(View):
    """What one's own organisation sold in one week: orders that were paid, and their goods value."""

    week_on: date
    orders: int
    goods: Decimal
    currency: str


class RunningLow(View):
    """A published offer whose free stock will not cover what sold in the last four weeks."""

    offer_id: UUID
    sku: str
    name: str
    available: int
    sold: int


class LearnedCarrier(View):
    """By whom the last deliveries to a place came, all of them, while another carrier or none is preferred there."""

    site_id: UUID
    carrier: str
    deliveries: int


class RegionalSales(View):
    """What was sold to addresses of one region; `region_id` is None for those in none."""

    region_id: UUID | None
    region_name: str | None
    orders: int
    buyers: int
    goods: Decimal
    currency: str


class PastRow(View):
    """One file of past sales that a company has brought in."""

    history_id: UUID
    name: str
    currency: str
    time_zone: str
    orders: int
    lines: int
    customers: int
    gmv: Decimal
    first_at: datetime | None
    last_at: datetime | None
    imported_at: datetime


class PastMonth(View):
    """What a company sold in one month before it joined: GMV placed, net of tax and shipping."""

    currency: str
    month_on: date
    orders: int
    gmv: Decimal
