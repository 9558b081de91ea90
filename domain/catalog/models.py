"""Products are shared identities; an offer is one seller's way of selling one variant."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.states import MOVES, OfferState
from domain.kernel.records import Currency, Id, Instant, Json, Key, Quantity, Rate, Record, UnitPrice, one_of
from domain.kernel.states import check_move


class Category(Record):
    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("history_id", "name", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    name: Mapped[str]


class Product(Record):
    """What it is, whoever sells it."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("history_id", "external_id"),
        Index("products_search_idx", "search", postgresql_using="gin"),
        Index("products_name_trgm_idx", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    id: Mapped[Id]
    created_by_org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    name: Mapped[str]
    brand: Mapped[str | None]
    description: Mapped[str]
    base_unit: Mapped[str]
    specifications: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    picture_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    external_id: Mapped[str | None]
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', coalesce(brand, '')), 'B')"
            " || setweight(to_tsvector('english', name || ' ' || description), 'C')",
            persisted=True,
        ),
    )
    created_at: Mapped[Instant]


class Variant(Record):
    """A product in one size, colour or grade: what stock is counted in."""

    __tablename__ = "product_variants"
    __table_args__ = (Index(None, "product_id"), UniqueConstraint("id", "product_id"))

    id: Mapped[Id]
    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"))
    options: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    name: Mapped[str]
    gtin: Mapped[str | None]


class Offer(Record):
    """A seller's SKU with price, order rules and tax. Quantities are base units."""

    __tablename__ = "offers"
    __table_args__ = (
        one_of("state", OfferState),
        UniqueConstraint("seller_id", "sku"),
        UniqueConstraint("id", "seller_id"),
        Index(None, "variant_id"),
        Index("offers_seller_id_state_idx", "seller_id", "state"),
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint("order_increment > 0", name="order_increment"),
        CheckConstraint("tax_rate >= 0 and tax_rate < 1", name="tax_rate"),
        CheckConstraint("lead_time_days >= 0", name="lead_time_days"),
    )

    id: Mapped[Id]
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    sku: Mapped[str]
    state: Mapped[str]
    currency: Mapped[Currency]
    minimum_quantity: Mapped[Quantity]
    order_increment: Mapped[Quantity]
    lead_time_days: Mapped[int]
    tax_rate: Mapped[Rate]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    published_at: Mapped[datetime | None]
    created_at: Mapped[Instant]

    def move_to(self, state: OfferState) -> None:
        check_move(MOVES, OfferState(self.state), state, noun="offer")
        self.state = state.value


class PriceTier(Record):
    """From `minimum_quantity` base units on, one base unit costs `unit_price`.

    Rows are never changed: a new price list closes the old rows at `valid_to` and adds new ones.
    """

    __tablename__ = "price_tiers"
    __table_args__ = (
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint("unit_price > 0 and unit_price < 1000000000", name="unit_price"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="valid"),
        Index("price_tiers_offer_id_idx", "offer_id", "minimum_quantity"),
        Index(
            "price_tiers_current_key",
            "offer_id",
            "minimum_quantity",
            unique=True,
            postgresql_where=text("valid_to is null"),
        ),
    )

    id: Mapped[Id]
    offer_id: Mapped[Key] = mapped_column(ForeignKey("offers.id"))
    seller_id: Mapped[Key]
    minimum_quantity: Mapped[Quantity]
    unit_price: Mapped[UnitPrice]
    valid_from: Mapped[Instant]
    valid_to: Mapped[datetime | None]


class OfferPack(Record):
    """A named pack in which the offer can be bought: "case" = 24 base units."""

    __tablename__ = "offer_packs"
    __table_args__ = (CheckConstraint("base_units > 0", name="base_units"),)

    offer_id: Mapped[Key] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[Key]
    base_units: Mapped[Quantity]


class SellerTerms(Record):
    """How a seller ships and from which order value on."""

    __tablename__ = "seller_terms"
    __table_args__ = (CheckConstraint("order_minimum >= 0 and shipping_fee >= 0", name="not_negative"),)

    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    currency: Mapped[Currency]
    order_minimum: Mapped[UnitPrice]
    shipping_fee: Mapped[UnitPrice]
    free_shipping_from: Mapped[UnitPrice | None]
