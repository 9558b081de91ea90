from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class LocationRow(View):
    location_id: UUID
    name: str
    on_hand: int


class StockRow(View):
    """One lot of one variant in one place. Base units."""

    variant_id: UUID
    location_id: UUID
    lot_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    location: str
    lot: str
    expires_on: date | None
    lot_state: str
    location_kind: str
    on_hand: int
    reserved: int
    available: int


class MovementRow(View):
    """Why a balance is what it is: one signed movement, newest first."""

    movement_id: int
    sku: str | None
    product_name: str
    location: str
    lot: str
    quantity: int
    kind: str
    cause: str
    recorded_at: datetime


class Demand(View):
    """Units a day of a variant that go out: the mean with P10 and P90 of it.

    `dispersion` is the variance of a day by its mean (1: by chance alone). `days_empty` of the `window_days` had no
    stock and do not count; on `days_sold` of them something went out.
    """

    variant_id: UUID
    per_day: float
    low: float
    high: float
    dispersion: float
    units: int
    window_days: int
    days_empty: int
    days_sold: int


class WishRow(View):
    """What is to be made by a day, and what of the variant came in since it was wished for."""

    wish_id: UUID
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    quantity: int
    received: int
    due_on: date
    wished_at: datetime


class AlertRow(View):
    """A variant whose free stock is below its threshold, since when."""

    variant_id: UUID
    product_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    available: int
    threshold: int
    opened_at: datetime


class StockLine(View):
    """A variant with all that its stock tells. Base units; amounts in one's own currency, None for who sees no costs.

    `days_left` is what is free by what goes out a day, `days_left_low` by the high end of its range; None: nothing goes
    out. `uncosted` units came in without a cost. `idle_days` have passed since something went out (or came in, if
    nothing ever went out) of what is there.
    """

    variant_id: UUID
    product_id: UUID
    offer_id: UUID | None
    sku: str | None
    product_name: str
    variant_name: str
    on_hand: int
    reserved: int
    available: int
    in_transit: int
    value: Decimal | None
    uncosted: int
    currency: str
    units_out: int
    out_value: Decimal | None
    last_out_at: datetime | None
    is_on_sale: bool
    abc: str
    xyz: str
    variation: Decimal | None
    threshold: int | None
    threshold_days: int | None
    per_day: float
    low: float
    high: float
    dispersion: float
    days_left: int | None
    days_left_low: int | None
    days_left_high: int | None
    idle_days: int | None


class InventoryValue(View):
    """What the stock cost: `value` of the units with a cost in one's own currency; `uncosted` of `units` have none."""

    value: Decimal | None
    currency: str
    units: int
    uncosted: int


class ValuePoint(View):
    at: datetime
    value: Decimal


class Turnover(View):
    """`cost_of_sales` of the days by `average_value`, as turns a year; None without a value."""

    days: int
    cost_of_sales: Decimal
    average_value: Decimal
    per_year: Decimal | None


class LayerRow(View):
    """What came in together at one cost, and what is left of it."""

    layer_id: int
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    location: str
    lot: str
    received_at: datetime
    quantity: int
    remaining: int
    unit_cost: Decimal | None
    currency: str | None
    is_estimated: bool
    value: Decimal | None


class ExpiringLot(View):
    """A lot that expires soon: `before` units of the variant go out first, `left_over` would not be sold in time.

    `mark_down_percent` clears it: 0 when all is sold anyway, None when no price does.
    """

    variant_id: UUID
    product_id: UUID
    offer_id: UUID | None
    sku: str | None
    product_name: str
    variant_name: str
    lot_id: UUID
    lot: str
    expires_on: date
    days_left: int
    on_hand: int
    before: int
    per_day: float
    left_over: int
    mark_down_percent: int | None


class PlaceRow(View):
    """A place with what lies in it and in all places within it. Base units; `depth` 0 is a building."""

    location_id: UUID
    parent_id: UUID | None
    warehouse_id: UUID
    name: str
    kind: str
    code: str | None
    depth: int
    on_hand: int
    reserved: int


class StockTotals(View):
    """All of one's stock in base units; `on_hold` and `expired` are parts of what is on hand and cannot be sold."""

    on_hand: int
    reserved: int
    free: int
    in_transit: int
    set_aside: int
    on_hold: int
    expired: int
    allocated: int


class ProductStock(View):
    """All of a variant in a place, or in all of them."""

    variant_id: UUID
    product_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    on_hand: int
    reserved: int
    free: int
    in_transit: int
    on_hold: int
    lots: int


class StoryRow(View):
    """One movement of a variant, with the sum up to it, and what caused it: an order, a count, a transfer ..."""

    movement_id: int
    location: str
    lot: str
    quantity: int
    running: int
    kind: str
    cause: str
    cause_id: UUID
    subject_id: UUID | None
    number: str | None
    note: str | None
    actor_name: str | None
    recorded_at: datetime


class LotRow(View):
    """A lot of one's own with all that is left of it."""

    lot_id: UUID
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    code: str
    made_on: date | None
    expires_on: date | None
    state: str
    state_reason: str | None
    life_percent: int | None
    on_hand: int
    reserved: int


class SerialRow(View):
    serial_id: UUID
    variant_id: UUID
    serial: str
    lot: str
    product_name: str
    variant_name: str
    state: str
    location: str | None
    order_id: UUID | None
    received_at: datetime
    left_at: datetime | None


class HoldRow(View):
    hold_id: UUID
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    quantity: int
    note: str
    expires_at: datetime | None
    made_at: datetime


class AllocationRow(View):
    """Units kept for a customer until an instant."""

    allocation_id: UUID
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    holder_id: UUID
    holder_name: str | None
    quantity: int
    used: int
    note: str
    ends_at: datetime


class ShareRow(View):
    """What a customer would get of so many units: by what it ordered in the last months."""

    holder_id: UUID
    holder_name: str
    ordered: int
    quantity: int
    why: str


class CustomerRow(View):
    org_id: UUID
    name: str


class TransferRow(View):
    transfer_id: UUID
    from_name: str
    to_name: str
    state: str
    note: str
    units: int
    received: int
    rejected: int
    made_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class TransferLineRow(View):
    line_id: UUID
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    lot: str
    from_name: str
    quantity: int
    received: int
    rejected: int
    has_serials: bool


class TransferSheet(TransferRow):
    lines: tuple[TransferLineRow, ...]
    may_send: bool
    may_receive: bool


class DiscrepancyRow(View):
    discrepancy_id: UUID
    transfer_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    lot: str
    to_name: str
    quantity: int
    state: str
    what: str
    opened_at: datetime
    reason: str | None


class CountRow(View):
    count_id: UUID
    name: str
    location: str
    state: str
    lines: int
    counted: int
    made_at: datetime
    ended_at: datetime | None


class CountLineRow(View):
    """A line to count. What is expected is told only to who looks at a finished count."""

    line_id: UUID
    variant_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    location: str
    lot: str
    state: str
    counted: int | None
    counted_by: str | None
    counted_at: datetime | None
    tries: int
    expected: int | None = None
    difference: int | None = None
    moved_since: int | None = None


class CountSheet(CountRow):
    rows: tuple[CountLineRow, ...]
    difference: int | None = None


class CountDue(View):
    """A variant in a warehouse that should be counted by now."""

    variant_id: UUID
    location_id: UUID
    product_name: str
    variant_name: str
    location: str
    stock_class: str
    lots: int
    last_counted_at: datetime | None
    due_at: datetime


class Drift(View):
    """How many balances differ from what their movements, reservations and layers say. All 0: the stock is true."""

    balances: int
    by_movements: int
    by_reservations: int
    by_layers: int


class StorePlace(View):
    """A store at one of one's own addresses; `location_id` is None until something is put there."""

    site_id: UUID
    name: str
    location_id: UUID | None
    on_hand: int
