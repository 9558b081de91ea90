from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProductCreated(Event):
    subject: ClassVar[str] = "product"
    variants: int


@dataclass(frozen=True, kw_only=True)
class ProductChanged(Event):
    """Long texts stand there by their beginning."""

    subject: ClassVar[str] = "product"
    fields: list[str]
    before: dict[str, str | None] | None = None
    after: dict[str, str | None] | None = None


@dataclass(frozen=True, kw_only=True)
class OfferCreated(Event):
    subject: ClassVar[str] = "offer"
    variant_id: UUID
    sku: str


@dataclass(frozen=True, kw_only=True)
class OfferMoved(Event):
    subject: ClassVar[str] = "offer"


@dataclass(frozen=True, kw_only=True)
class OfferChanged(Event):
    subject: ClassVar[str] = "offer"
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PricesChanged(Event):
    """With a plan when it was one that began."""

    subject: ClassVar[str] = "offer"
    before: list[list[str]]
    after: list[list[str]]
    plan_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PricesPlanned(Event):
    """A price list that begins later was planned, or such a plan was changed."""

    subject: ClassVar[str] = "offer"
    plan_id: UUID
    starts_at: str
    before: list[list[str]]
    after: list[list[str]]


@dataclass(frozen=True, kw_only=True)
class PlanWithdrawn(Event):
    subject: ClassVar[str] = "offer"
    plan_id: UUID


@dataclass(frozen=True, kw_only=True)
class FloorChanged(Event):
    subject: ClassVar[str] = "offer"
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class SellerTermsChanged(Event):
    subject: ClassVar[str] = "organization"
    order_minimum: str
    shipping_fee: str
    free_shipping_from: str | None
    before: dict[str, str | None] | None = None
    after: dict[str, str | None] | None = None


@dataclass(frozen=True, kw_only=True)
class CategoryCreated(Event):
    subject: ClassVar[str] = "category"
    name: str
    parent_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CategoryChanged(Event):
    subject: ClassVar[str] = "category"
    before: dict[str, str | bool | None]
    after: dict[str, str | bool | None]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TemplateChanged(Event):
    """What a category asks of its products, an attribute a line."""

    subject: ClassVar[str] = "category"
    before: list[str]
    after: list[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class VariantsCreated(Event):
    """Variants with the offers that were made for them, all at once."""

    subject: ClassVar[str] = "product"
    variants: int
    offers: int


@dataclass(frozen=True, kw_only=True)
class VariantsChanged(Event):
    """Several offers and numbers of one product, changed together: by SKU, what was and what is."""

    subject: ClassVar[str] = "product"
    before: dict[str, dict[str, str | None]]
    after: dict[str, dict[str, str | None]]


@dataclass(frozen=True, kw_only=True)
class VariantsRemoved(Event):
    subject: ClassVar[str] = "product"
    variants: int
    offers: int


@dataclass(frozen=True, kw_only=True)
class MediaChanged(Event):
    """Pictures, films and models of a product: `change` is added, removed, described or arranged."""

    subject: ClassVar[str] = "product"
    change: str
    media_id: UUID | None = None
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProductCertificatesChanged(Event):
    """Submissions of verified certificates that the product is shown with, before and after."""

    subject: ClassVar[str] = "product"
    before: list[str]
    after: list[str]


@dataclass(frozen=True, kw_only=True)
class PolicyWritten(Event):
    """Warranty and returns in a new version; `offers` hold it from now on."""

    subject: ClassVar[str] = "sale_policy"
    name: str
    version: int
    offers: int
    before: dict[str, str] | None
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class CatalogChangeAsked(Event):
    subject: ClassVar[str] = "catalog_change"
    product_id: UUID
    kind: str
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class CatalogChangeDecided(Event):
    """Approved, rejected or withdrawn; `by_itself` is small enough to need nobody."""

    subject: ClassVar[str] = "catalog_change"
    product_id: UUID
    kind: str
    reason: str
    by_itself: bool = False
