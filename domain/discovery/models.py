"""Whom a seller shows what, and what a buyer keeps of searching."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
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
