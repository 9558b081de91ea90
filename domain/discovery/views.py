from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.catalog import AlignedRow, PackRow, Tier
from domain.discovery.states import Audience, Display, DisplayFor, Shown
from domain.pricing import Price
from domain.verification import Requirement


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Why(View):
    """Why a product stands where it stands: what of the search it has.

    `words` are stems ("charg" of "charger"). `is_number` is a SKU, barcode or other number that was asked for,
    `is_alike` a name that is spelled alike; `score` compares the products of one page of results, nothing else.
    """

    is_number: bool
    is_alike: bool
    has_all: bool
    words: list[str]
    score: Decimal
    in_stock: bool


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
    # This buyer's price of a base unit at the smallest quantity, and the list price when that is another one.
    price: Decimal | None
    list_price: Decimal | None
    external_id: str | None
    why: Why


class Facet(View):
    """A value to filter by and how many of the results have it."""

    value: str
    label: str
    count: int
    selected: bool = False


class Facets(View):
    """What else results can be kept to. Each counts what passes all filters but its own.

    `minimum` and `lead_time` are limits upwards, `price` ranges "20-100" of the lowest list price in the currency
    that was asked for, `level` from 1 to 3 and up. `in_stock` counts products with free goods at the last count.
    """

    minimum: list[Facet]
    lead_time: list[Facet]
    price: list[Facet]
    level: list[Facet]
    certificates: list[Facet]
    countries: list[Facet]
    in_stock: int


class ResultPage(View):
    """One page of results. `total` counts at most `counted_to` matches; with `is_capped` it means "or more".

    `how` says what was found: "number", "all" words, "any" of them, or names that are spelled "alike".
    `did_you_mean` is the search with the words that were taken for others.
    """

    rows: list[ProductRow]
    total: int
    counted_to: int
    is_capped: bool
    categories: list[Facet]
    suppliers: list[Facet]
    facets: Facets
    how: str
    did_you_mean: str | None


class NumberHit(View):
    """An offer that has a number which was asked for; `matched` says which: "sku", "barcode" or the own "number"."""

    offer_id: UUID
    product_id: UUID
    variant_id: UUID
    seller_id: UUID
    sku: str
    gtin: str | None
    matched: str


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
    gtin: str | None
    grade: str | None
    shelf_life_days: int | None
    production_days: int | None
    policy_id: UUID | None
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
    option_names: list[str]
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


class Landed(View):
    """What a quantity of one offer costs at the door, when it is ordered alone: goods, tax and shipping.

    `missing` is what the seller's order minimum asks for beyond these goods; `price` says how the price came about.
    """

    offer_id: UUID
    price: Price
    quantity: int
    currency: str
    unit_price: Decimal
    list_price: Decimal
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    each: Decimal
    missing: Decimal


class ComparedProduct(View):
    """One product beside others, by its best offer for the quantity."""

    product_id: UUID
    name: str
    brand: str | None
    category: str | None
    base_unit: str
    picture_file_id: UUID | None
    offers: int
    offer: OfferCard
    landed: Landed
    certificates: list[str]


class Comparison(View):
    """Products side by side; `specifications` are in one unit, their values in the order of the products."""

    products: list[ComparedProduct]
    specifications: list[AlignedRow]


class Criteria(View):
    """What a search asks for, beside its page: the arguments of `search_products`."""

    find: str = ""
    category_id: UUID | None = None
    seller_id: UUID | None = None
    max_minimum_quantity: int | None = None
    max_lead_time_days: int | None = None
    in_stock: bool = False
    certificate: Requirement | None = None
    min_level: int | None = None
    country: str | None = None
    price_from: Decimal | None = None
    price_to: Decimal | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked for, without what is left open."""
        return self.model_dump(exclude_defaults=True)


class SavedSearchRow(View):
    search_id: UUID
    name: str
    criteria: Criteria
    tells: bool


class ViewedProduct(View):
    product_id: UUID
    name: str
    brand: str | None
    picture_file_id: UUID | None
    viewed_at: datetime


class OfferName(View):
    offer_id: UUID
    sku: str
    product_name: str
    seller_name: str


class SupplierFacts(View):
    """What a supplier has on sale for whoever asks, how fast, and the regions that it serves as a distributor."""

    products: int
    lead_time_days_min: int
    lead_time_days_max: int
    regions: list[str]
