"""Whom a seller shows what, and what a buyer keeps of searching."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from domain.discovery.states import Display, DisplayFor, Shown
from domain.kernel.records import Id, Instant, Json, Key, Quantity, Record, one_of


class OfferAudience(Record):
    """One of those whom an offer is shown to: a customer, a group, a region, a country, or the seller's territory."""

    __tablename__ = "offer_audiences"
    __table_args__ = (
        one_of("kind", Shown),
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        UniqueConstraint(
            "offer_id", "kind", "subject_id", "country_code", name="offer_audiences_once_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "(kind in ('customer', 'group', 'region')) = (subject_id is not null)"
            " and (kind = 'country') = (country_code is not null)", name="subject",
        ),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
        CheckConstraint("valid_to > valid_from", name="days"),
    )  # fmt: skip

    id: Mapped[Id]
    offer_id: Mapped[Key]
    seller_id: Mapped[Key]
    kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    country_code: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_at: Mapped[Instant]


class StockDisplay(Record):
    """What buyers are told of a seller's stock: for all, for a group or for one customer."""

    __tablename__ = "stock_displays"
    __table_args__ = (
        one_of("kind", DisplayFor),
        one_of("display", Display),
        UniqueConstraint(
            "seller_id", "kind", "subject_id", name="stock_displays_once_key", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("(kind = 'all') = (subject_id is null)", name="subject"),
        CheckConstraint("few_below > 0", name="few_below"),
    )

    id: Mapped[Id]
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    display: Mapped[str]
    few_below: Mapped[Quantity]


class SavedSearch(Record):
    """What somebody asks again and again. Products that came after `looked_at` are new to them."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("org_id", "person_id", "name"),)

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    criteria: Mapped[Json]
    tells: Mapped[bool]
    looked_at: Mapped[datetime]
    created_at: Mapped[Instant]


class ProductSearch(Record):
    """A product that somebody has on sale: its words, its numbers, and of each offer for everybody what filters ask.

    Triggers of the catalogue's tables keep the rows; nothing else writes them.
    """

    __tablename__ = "product_search"
    __table_args__ = (
        CheckConstraint("length >= 0", name="length"),
        CheckConstraint("slice between 0 and 3", name="slice"),
        CheckConstraint(
            "cardinality(offer_ids) = cardinality(seller_ids) and cardinality(offer_ids) = cardinality(minimums)"
            " and cardinality(offer_ids) = cardinality(leads) and cardinality(offer_ids) = cardinality(prices)"
            " and cardinality(offer_ids) = cardinality(currencies)",
            name="lists",
        ),
        Index("product_search_words_0_idx", "words", postgresql_using="gin", postgresql_where=text("slice = 0")),
        Index("product_search_words_1_idx", "words", postgresql_using="gin", postgresql_where=text("slice = 1")),
        Index("product_search_words_2_idx", "words", postgresql_using="gin", postgresql_where=text("slice = 2")),
        Index("product_search_words_3_idx", "words", postgresql_using="gin", postgresql_where=text("slice = 3")),
        Index("product_search_numbers_idx", "numbers", postgresql_using="gin"),
        Index("product_search_sellers_idx", "seller_ids", postgresql_using="gin"),
        Index("product_search_category_id_idx", "category_id", "product_id"),
        Index("product_search_from_price_idx", "from_price", "product_id"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    category_id: Mapped[UUID | None]
    seller_id: Mapped[UUID | None]
    lead: Mapped[int | None]
    minimum: Mapped[int | None]
    length: Mapped[int] = mapped_column(Integer)
    shelf: Mapped[int | None] = mapped_column(Integer)
    slice: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    is_open: Mapped[bool]
    has_chosen: Mapped[bool]
    in_stock: Mapped[bool] = mapped_column(server_default=text("false"))
    from_price: Mapped[Decimal | None] = mapped_column(Numeric)
    currency: Mapped[str | None]
    words: Mapped[str] = mapped_column(TSVECTOR)
    numbers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    offer_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    seller_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    minimums: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    leads: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    prices: Mapped[list[Decimal]] = mapped_column(ARRAY(Numeric))
    currencies: Mapped[list[str]] = mapped_column(ARRAY(Text))


class SearchLexeme(Record):
    """In how many products a word stands, at the last count."""

    __tablename__ = "search_lexemes"
    __table_args__ = (
        CheckConstraint("documents > 0", name="documents"),
        Index(
            "search_lexemes_trgm_idx",
            "lexeme",
            postgresql_using="gin",
            postgresql_ops={"lexeme": "gin_trgm_ops"},
            postgresql_where=text("lexeme !~ '[0-9]'"),
        ),
    )

    lexeme: Mapped[str] = mapped_column(primary_key=True)
    documents: Mapped[int] = mapped_column(Integer)


class SearchTotal(Record):
    """How many products there were at the last count, how many words together, and where new ones go: one row."""

    __tablename__ = "search_totals"
    __table_args__ = (CheckConstraint("is_only", name="only"),)

    is_only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    documents: Mapped[int]
    lengths: Mapped[int]
    slice: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    counted_at: Mapped[Instant]


class SearchSeller(Record):
    """The level of a seller at the last count, and whether it has a certificate: for facets and filters."""

    __tablename__ = "search_sellers"
    __table_args__ = (CheckConstraint("level between 0 and 3", name="level"),)

    seller_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    level: Mapped[int]
    is_certified: Mapped[bool]
