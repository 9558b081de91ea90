from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Tier(View):
    """From `minimum_quantity` base units on, one costs `unit_price`."""

    minimum_quantity: int
    unit_price: Decimal


class PackRow(View):
    name: str
    base_units: int


class CategoryRow(View):
    category_id: UUID
    parent_id: UUID | None
    name: str


class OfferRow(View):
    """One offer in the seller's own list."""

    offer_id: UUID
    product_id: UUID
    variant_id: UUID
    product_name: str
    variant_name: str
    category: str | None
    sku: str
    state: str
    currency: str
    from_price: Decimal | None
    minimum_quantity: int
    order_increment: int
    lead_time_days: int
    on_hand: int
    reserved: int


class OfferSheet(View):
    """All of one offer, for the seller who edits it."""

    offer_id: UUID
    seller_id: UUID
    product_id: UUID
    variant_id: UUID
    product_name: str
    variant_name: str
    brand: str | None
    category_id: UUID | None
    description: str
    base_unit: str
    specifications: dict[str, Any]
    options: dict[str, Any]
    gtin: str | None
    sku: str
    state: str
    version: int
    currency: str
    minimum_quantity: int
    order_increment: int
    lead_time_days: int
    tax_rate: Decimal
    picture_file_id: UUID | None
    published_at: datetime | None
    tiers: list[Tier]
    packs: list[PackRow]


class SellerTermsSheet(View):
    """How a seller ships and from which order value on."""

    seller_id: UUID
    currency: str
    order_minimum: Decimal
    shipping_fee: Decimal
    free_shipping_from: Decimal | None
