from datetime import date, datetime
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


class PlanRow(View):
    """A price list that begins later."""

    plan_id: UUID
    offer_id: UUID
    sku: str
    name: str
    currency: str
    version: int
    starts_at: datetime
    planned_at: datetime
    tiers: list[Tier]


class PackRow(View):
    name: str
    base_units: int
    level: str = "case"


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
    grade: str | None = None
    shelf_life_days: int | None = None
    minimum_life_share: Decimal | None = None
    production_days: int = 0
    policy_id: UUID | None = None


class SellerTermsSheet(View):
    """How a seller ships and from which order value on."""

    seller_id: UUID
    currency: str
    order_minimum: Decimal
    shipping_fee: Decimal
    free_shipping_from: Decimal | None


class AttributeRow(View):
    """Something that a category asks to be said of its products."""

    attribute_id: UUID
    category_id: UUID
    name: str
    kind: str
    unit: str | None
    is_required: bool
    choices: tuple[str, ...]
    is_inherited: bool = False


class AlignedRow(View):
    """One specification of several products, in their order; `numbers` where it is one, in `unit`."""

    name: str
    unit: str | None
    values: tuple[str, ...]
    numbers: tuple[Decimal | None, ...]
    differs: bool


class CategoryNode(View):
    """A category in its tree: how deep it stands, and what is in it (without those below)."""

    category_id: UUID
    parent_id: UUID | None
    name: str
    depth: int
    path: tuple[str, ...]
    is_reviewed: bool
    is_reviewed_above: bool
    version: int
    products: int
    attributes: int


class VariantRow(View):
    """One variant of a product with the seller's own offer of it, if there is one."""

    variant_id: UUID
    name: str
    options: dict[str, Any]
    gtin: str | None
    offer_id: UUID | None
    sku: str | None
    state: str | None
    version: int | None
    currency: str | None
    minimum_quantity: int | None
    order_increment: int | None
    lead_time_days: int | None
    production_days: int | None
    grade: str | None
    from_price: Decimal | None
    on_hand: int
    is_removed: bool


class ProductSheet(View):
    """All of a product as its seller edits it."""

    product_id: UUID
    name: str
    brand: str | None
    description: str
    category_id: UUID | None
    category: str | None
    base_unit: str
    specifications: dict[str, Any]
    option_names: tuple[str, ...]
    picture_file_id: UUID | None
    is_mine: bool
    is_reviewed: bool
    created_at: datetime


class MediaRow(View):
    media_id: UUID
    product_id: UUID
    kind: str
    file_id: UUID
    card_file_id: UUID | None
    thumb_file_id: UUID | None
    alt: str
    position: int
    bytes: int


class PolicyRow(View):
    """Warranty and returns in one version; `offers` are those that it holds for now."""

    policy_id: UUID
    seller_id: UUID
    name: str
    version: int
    return_days: int
    restocking_share: Decimal
    warranty_months: int
    exclusions: str
    valid_from: datetime
    valid_to: datetime | None
    offers: int = 0


class ClaimRow(View):
    """A verified certificate that a product is shown with and that holds today."""

    product_id: UUID
    org_id: UUID
    submission_id: UUID
    requirement: str
    number: str | None
    issuer: str | None
    scope: str | None
    verified_at: datetime | None
    expires_on: date | None


class TagRow(View):
    """One of the seller's own certificates, and whether the product is shown with it."""

    submission_id: UUID
    requirement: str
    number: str | None
    issuer: str | None
    expires_on: date | None
    holds: bool
    is_tagged: bool


class MatchRow(View):
    """An offer of somebody else for what bears the same number of the trade."""

    offer_id: UUID
    matches_offer_id: UUID
    seller_id: UUID
    seller_name: str
    product_id: UUID
    product_name: str
    gtin: str


class ChangeRow(View):
    """A change that waits or waited for operations; `fields` are (field, before, after) as people read them."""

    change_id: UUID
    product_id: UUID
    product_name: str
    seller_id: UUID
    seller_name: str
    category: str | None
    kind: str
    state: str
    asked_at: datetime
    asked_by: str | None
    decided_at: datetime | None
    reason: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    description: str
    specifications: dict[str, Any]
    picture_file_id: UUID | None
    total: int = 0
