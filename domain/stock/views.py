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
