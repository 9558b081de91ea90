from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.catalog import PackRow, Tier


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProductRow(View):
    """One product in a list of results, with the best published offer for it."""

    product_id: UUID
    name: str
    brand: str | None
    category: str | None
    base_unit: str
    picture_file_id: UUID | None
    sellers: int
    offers: int
    offer_id: UUID
    seller_id: UUID
    seller_name: str
    sku: str
    currency: str
    from_price: Decimal
    minimum_quantity: int
    order_increment: int
    lead_time_days: int
    available: int


class Facet(View):
    """A value to filter by and how many of the results have it."""

    value: str
    label: str
    count: int


class ResultPage(View):
    """One page of results. `total` counts at most `counted_to` matches; then it means "or more"."""

    rows: list[ProductRow]
    total: int
    counted_to: int
    categories: list[Facet]
    suppliers: list[Facet]


class OfferCard(View):
    """One seller's offer of one variant, as a buyer sees it."""

    offer_id: UUID
    variant_id: UUID
    variant_name: str
    options: dict[str, Any]
    seller_id: UUID
    seller_name: str
    seller_country: str | None
    sku: str
    currency: str
    minimum_quantity: int
    order_increment: int
    lead_time_days: int
    tax_rate: Decimal
    available: int
    tiers: list[Tier]
    packs: list[PackRow]
    rating: Decimal | None
    reviews: int


class ProductSheet(View):
    """All that a buyer may know about a product."""

    product_id: UUID
    name: str
    brand: str | None
    category: str | None
    description: str
    base_unit: str
    specifications: dict[str, Any]
    picture_file_id: UUID | None
    offers: list[OfferCard]
