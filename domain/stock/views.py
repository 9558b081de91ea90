from datetime import date, datetime
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
