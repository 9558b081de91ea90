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
    subject: ClassVar[str] = "offer"
    before: list[list[str]]
    after: list[list[str]]


@dataclass(frozen=True, kw_only=True)
class SellerTermsChanged(Event):
    subject: ClassVar[str] = "organization"
    order_minimum: str
    shipping_fee: str
    free_shipping_from: str | None
    before: dict[str, str | None] | None = None
    after: dict[str, str | None] | None = None
