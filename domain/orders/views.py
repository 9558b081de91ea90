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
    list_price: Decimal
    price_trace: list[dict[str, Any]]
    problem: str | None


class MixRow(View):
    """A product whose variants together have a minimum; what is missing in units, and what those cost at least."""

    product_id: UUID
    product_name: str
    quantity: int
    minimum_quantity: int
    missing: int
    missing_value: Decimal


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
    mixes: list[MixRow]


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
    # Lines of what is not for sale any more, which stand in no group.
    gone: int = 0


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
    policy_id: UUID | None = None
    grade: str | None = None
    variant_id: UUID | None = None
    # Units of it in one's own stock have numbers of their own, by which they leave; only its seller knows.
    has_serials: bool = False


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


class LeftOut(View):
    name: str
    reason: str


class LoadedList(View):
    """What came from a list into the basket, and what did not."""

    added: int
    left_out: list[LeftOut]


class ListRow(View):
    """A saved basket, of one's own or shared by a colleague."""

    list_id: UUID
    name: str
    is_shared: bool
    is_mine: bool
    owner_name: str
    changed_at: datetime
    lines: int


class ListLine(View):
    """What one line cost when it was saved and what it costs today; `reason` says what stands in the way."""

    offer_id: UUID
    product_id: UUID | None
    picture_file_id: UUID | None
    sku: str
    name: str
    seller_name: str
    quantity: int
    currency: str
    seen_unit_price: Decimal
    unit_price: Decimal | None
    goods: Decimal | None
    is_for_sale: bool
    reason: str | None

    @property
    def drift(self) -> Decimal | None:
        """How much more one costs than when it was saved."""
        return None if self.unit_price is None else self.unit_price - self.seen_unit_price


class ListSheet(View):
    list_id: UUID
    name: str
    is_shared: bool
    is_mine: bool
    owner_name: str
    changed_at: datetime
    lines: list[ListLine]


class Substitute(View):
    """An offer that could be meant by a line, or serve instead."""

    offer_id: UUID
    product_id: UUID
    name: str
    seller_name: str
    sku: str
    currency: str
    unit_price: Decimal
    stock: str
    available: int | None
    packs: dict[str, int]


class QuickLine(View):
    """A line of a quick order: "found", "ambiguous", "unknown" or "wrong". `why` says what stands in the way.

    A found line has one substitute: the offer itself.
    """

    line_no: int
    typed: str
    code: str
    count: int
    pack: str
    state: str
    offer_id: UUID | None
    quantity: int | None
    why: str | None
    substitutes: list[Substitute]


class QuickOrder(View):
    lines: list[QuickLine]


class ToPutAway(View):
    """An order with accepted goods that lie in no store or warehouse of one's own yet."""

    order_id: UUID
    number: str
    seller_name: str
    site_id: UUID | None
    site_name: str | None
    delivered_at: datetime | None
    lines: int
    units: int


class BadSale(View):
    """A line of a file of sales that cannot be taken in, and why."""

    line: int
    why: str


class StoreSalesSheet(View):
    """What a file says that a store sold: (variant, day, units) and the lines that cannot be taken in."""

    sales: tuple[tuple[UUID, date, int], ...]
    bad: tuple[BadSale, ...]
    units: int
    content_hash: str
    is_known: bool


class PromiseRecord(View):
    """How many orders of the last `days` were due and arrived in full by the promised day; how late others were."""

    due: int
    kept: int
    late_days: Decimal
    days: int
