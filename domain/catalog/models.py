"""Products are shared identities; an offer is one seller's way of selling one variant."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.states import (
    CHANGE_MOVES,
    MOVES,
    AttributeKind,
    ChangeKind,
    ChangeState,
    MediaKind,
    OfferState,
    PackLevel,
)
from domain.kernel.records import Currency, Id, Instant, Json, Key, Quantity, Rate, Record, UnitPrice, one_of
from domain.kernel.states import check_move


class Category(Record):
    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("history_id", "name", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    name: Mapped[str]
    # What goes on sale here, and below, is looked at by operations first.
    is_reviewed: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CategoryAttribute(Record):
    """Something that a category asks to be said of its products; those below inherit it."""

    __tablename__ = "category_attributes"
    __table_args__ = (
        one_of("kind", AttributeKind),
        CheckConstraint("unit is null or kind in ('whole', 'decimal')", name="unit"),
        CheckConstraint("(kind = 'choice') = (cardinality(choices) > 0)", name="choices"),
        Index(
            "category_attributes_name_key", "category_id", "name", unique=True,
            postgresql_where=text("removed_at is null"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    category_id: Mapped[Key] = mapped_column(ForeignKey("categories.id"))
    name: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str | None]
    is_required: Mapped[bool]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text))
    position: Mapped[int]
    removed_at: Mapped[datetime | None]


class Product(Record):
    """What it is, whoever sells it."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("history_id", "external_id"),
        Index("products_name_trgm_idx", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        Index(None, "created_by_org_id"),
        Index(None, "category_id"),
        CheckConstraint("cardinality(option_names) <= 3", name="option_names"),
    )

    id: Mapped[Id]
    created_by_org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    name: Mapped[str]
    brand: Mapped[str | None]
    description: Mapped[str]
    base_unit: Mapped[str]
    specifications: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    option_names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    category_since: Mapped[datetime | None]  # when it came into its category, if it was moved
    picture_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    external_id: Mapped[str | None]
    created_at: Mapped[Instant]


class ProductCategory(Record):
    """In which category a product was from when to when; written by triggers, whoever changes the product."""

    __tablename__ = "product_categories"
    __table_args__ = (
        CheckConstraint("valid_to is null or valid_to > valid_from", name="valid"),
        Index("product_categories_current_key", "product_id", unique=True, postgresql_where=text("valid_to is null")),
    )

    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"), primary_key=True)
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    valid_from: Mapped[Instant] = mapped_column(primary_key=True)
    valid_to: Mapped[datetime | None]


class Variant(Record):
    """A product in one size, colour or grade: what stock is counted in."""

    __tablename__ = "product_variants"
    __table_args__ = (
        Index(None, "product_id"),
        Index(None, "gtin"),
        UniqueConstraint("id", "product_id"),
        CheckConstraint("gtin ~ '^([0-9]{8}|[0-9]{12,14})$'", name="gtin"),
    )

    id: Mapped[Id]
    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"))
    options: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    name: Mapped[str]
    gtin: Mapped[str | None]
    removed_at: Mapped[datetime | None]


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
        one_of("audience", ("everybody", "chosen")),
        Index("offers_chosen_idx", "seller_id", postgresql_where=text("audience = 'chosen'")),
        CheckConstraint("grade in ('A', 'B', 'C')", name="grade"),
        CheckConstraint("shelf_life_days between 1 and 3650", name="shelf_life_days"),
        CheckConstraint("minimum_life_share between 0 and 1", name="minimum_life_share"),
        CheckConstraint("production_days between 0 and 365", name="production_days"),
        ForeignKeyConstraint(["policy_id", "seller_id"], ["sale_policies.id", "sale_policies.seller_id"]),
        Index("offers_policy_id_idx", "policy_id", postgresql_where=text("policy_id is not null")),
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
    # Who sees it: everybody, or those whom the seller has chosen (discovery keeps whom).
    audience: Mapped[str] = mapped_column(server_default=text("'everybody'"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    published_at: Mapped[datetime | None]
    created_at: Mapped[Instant]
    grade: Mapped[str | None]
    shelf_life_days: Mapped[int | None]
    minimum_life_share: Mapped[Decimal | None] = mapped_column(Numeric(7, 6))
    production_days: Mapped[int] = mapped_column(server_default=text("0"))
    policy_id: Mapped[UUID | None]

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


class PricePlan(Record):
    """A price list that begins on a day; until then it may be changed or taken back.

    Its rows go into `price_tiers` when it begins, so that the open rows there are always those of today.
    """

    __tablename__ = "price_plans"
    __table_args__ = (
        UniqueConstraint("id", "seller_id"),
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        CheckConstraint("starts_at > planned_at", name="ahead"),
        CheckConstraint("begun_at >= starts_at", name="begun"),
        CheckConstraint("begun_at is null or withdrawn_at is null", name="ended"),
        Index(
            "price_plans_open_key", "offer_id", "starts_at", unique=True,
            postgresql_where=text("begun_at is null and withdrawn_at is null"),
        ),
        Index("price_plans_due_idx", "starts_at", postgresql_where=text("begun_at is null and withdrawn_at is null")),
        Index(None, "seller_id"),
    )  # fmt: skip

    id: Mapped[Id]
    offer_id: Mapped[Key]
    seller_id: Mapped[Key]
    starts_at: Mapped[Instant]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    planned_by: Mapped[UUID | None]
    planned_at: Mapped[Instant]
    begun_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class PlannedTier(Record):
    __tablename__ = "planned_tiers"
    __table_args__ = (
        ForeignKeyConstraint(["plan_id", "seller_id"], ["price_plans.id", "price_plans.seller_id"]),
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint("unit_price > 0 and unit_price < 1000000000", name="unit_price"),
    )

    plan_id: Mapped[Key] = mapped_column(primary_key=True)
    minimum_quantity: Mapped[Quantity] = mapped_column(primary_key=True)
    seller_id: Mapped[Key]
    unit_price: Mapped[UnitPrice]


class PriceFloor(Record):
    """The lowest price of an offer that a seller's people give without the owner's word."""

    __tablename__ = "price_floors"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        CheckConstraint("minimum_price > 0 and minimum_price < 1000000000", name="minimum_price"),
        Index(None, "seller_id"),
    )

    offer_id: Mapped[Key] = mapped_column(primary_key=True)
    seller_id: Mapped[Key]
    minimum_price: Mapped[UnitPrice]
    set_by: Mapped[UUID | None]
    set_at: Mapped[Instant]


class OfferPack(Record):
    """A named pack in which the offer can be bought: "case" = 24 base units."""

    __tablename__ = "offer_packs"
    __table_args__ = (CheckConstraint("base_units > 0", name="base_units"), one_of("level", PackLevel))

    offer_id: Mapped[Key] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[Key]
    base_units: Mapped[Quantity]
    level: Mapped[str] = mapped_column(server_default=text("'case'::text"))


class SellerTerms(Record):
    """How a seller ships and from which order value on."""

    __tablename__ = "seller_terms"
    __table_args__ = (CheckConstraint("order_minimum >= 0 and shipping_fee >= 0", name="not_negative"),)

    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    currency: Mapped[Currency]
    order_minimum: Mapped[UnitPrice]
    shipping_fee: Mapped[UnitPrice]
    free_shipping_from: Mapped[UnitPrice | None]


class SalePolicy(Record):
    """Warranty and returns in one version; orders keep the version they were placed under."""

    __tablename__ = "sale_policies"
    __table_args__ = (
        UniqueConstraint("id", "seller_id"),
        UniqueConstraint("seller_id", "name", "version"),
        CheckConstraint("return_days between 0 and 365", name="return_days"),
        CheckConstraint("restocking_share between 0 and 1", name="restocking_share"),
        CheckConstraint("warranty_months between 0 and 240", name="warranty_months"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="valid"),
        Index("sale_policies_current_key", "seller_id", "name", unique=True, postgresql_where=text("valid_to is null")),
    )

    id: Mapped[Id]
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    version: Mapped[int]
    return_days: Mapped[int]
    restocking_share: Mapped[Rate]
    warranty_months: Mapped[int]
    exclusions: Mapped[str]
    valid_from: Mapped[Instant]
    valid_to: Mapped[datetime | None]
    written_by: Mapped[UUID | None]


class ProductMedia(Record):
    """A picture, a film or a model of a product, in the order in which it is shown."""

    __tablename__ = "product_media"
    __table_args__ = (
        one_of("kind", MediaKind),
        CheckConstraint("alt <> ''", name="alt"),
        CheckConstraint("bytes > 0", name="bytes"),
        Index(None, "product_id", "position"),
        Index(None, "file_id"),
    )

    id: Mapped[Id]
    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"))
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    file_id: Mapped[Key] = mapped_column(ForeignKey("files.id"))
    card_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    thumb_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    alt: Mapped[str]
    position: Mapped[int]
    bytes: Mapped[int]
    added_at: Mapped[Instant]


class ProductCertificate(Record):
    """One of the seller's own verified certificates that a product is shown with."""

    __tablename__ = "product_certificates"
    __table_args__ = (
        ForeignKeyConstraint(
            ["submission_id", "org_id"], ["verification_submissions.id", "verification_submissions.org_id"]
        ),
    )

    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"), primary_key=True)
    submission_id: Mapped[Key] = mapped_column(primary_key=True)
    org_id: Mapped[Key]
    tagged_at: Mapped[Instant]
    tagged_by: Mapped[UUID | None]


class CatalogChange(Record):
    """What waits for operations: a change of what is on sale in a reviewed category, or going on sale there."""

    __tablename__ = "catalog_changes"
    __table_args__ = (
        one_of("kind", ChangeKind),
        one_of("state", ChangeState),
        CheckConstraint("(state = 'pending') = (decided_at is null)", name="decided"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="other_eyes"),
        Index(
            "catalog_changes_open_key", "product_id", "seller_id", unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index("catalog_changes_waiting_idx", "asked_at", postgresql_where=text("state = 'pending'")),
        Index(None, "seller_id", "asked_at"),
    )  # fmt: skip

    id: Mapped[Id]
    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"))
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    state: Mapped[str]
    before: Mapped[Json]
    after: Mapped[Json]
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    def move_to(self, state: ChangeState) -> None:
        check_move(CHANGE_MOVES, ChangeState(self.state), state, noun="change")
        self.state = state.value
