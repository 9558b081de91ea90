from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ShipmentLineRow(View):
    line_id: UUID
    sku: str
    name: str
    shipped: int
    delivered: int | None


class ShipmentSheet(View):
    """One shipment with its lines. `delivered` is None until somebody counted."""

    shipment_id: UUID
    order_id: UUID
    position: int
    carrier: str
    tracking: str
    shipped_at: datetime
    delivered_at: datetime | None
    received_by: str | None
    lines: list[ShipmentLineRow]
