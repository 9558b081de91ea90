from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.catalog import PackRow, Tier
from domain.discovery.states import Audience, Display, DisplayFor, Shown


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
    # What the seller tells this buyer of the stock: a word, and the number or None.
    available: int | None
    stock: str


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
    available: int | None
    stock: str
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


class AudienceRow(View):
    """One of those whom an offer is shown to, from a day on, up to, but not with, another."""

    kind: Shown
    subject_id: UUID | None = None
    country_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    name: str | None = None

    @property
    def key(self) -> str:
        whom = self.subject_id or self.country_code
        return f"{self.kind.value}:{whom}" if whom else self.kind.value

    def same_days(self, wanted: "AudienceRow") -> bool:
        """Whether what is wanted leaves the days as they are; no first day stands for "as it is"."""
        return self.valid_to == wanted.valid_to and wanted.valid_from in (None, self.valid_from)


class AudienceSheet(View):
    """Whom an offer is shown to; `shown_to` counts when the audience is chosen."""

    audience: Audience
    shown_to: list[AudienceRow]


class Choice(View):
    subject_id: UUID
    name: str


class AudienceChoices(View):
    """Whom a seller may name."""

    customers: list[Choice]
    groups: list[Choice]
    regions: list[Choice]


class Visibility(View):
    """Whether an organisation sees an offer, and if not, why."""

    offer_id: UUID
    org_id: UUID
    product_name: str
    seller_name: str
    buyer_name: str | None
    is_shown: bool
    reasons: list[str]


class StockDisplayRow(View):
    kind: DisplayFor
    subject_id: UUID | None
    name: str | None
    display: Display
    few_below: int


class StockShown(View):
    """What a buyer is told of stock: "in_stock", "few_left", "out" or "not_told", and the number if that is told."""

    word: str
    units: int | None

    @property
    def told(self) -> dict[str, Any]:
        """As the fields of a row or a card."""
        return {"available": self.units, "stock": self.word}
