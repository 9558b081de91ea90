"""From how much stock on people want to hear of it, what is to be made, and what stores sold on which day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Key, Quantity, Record, one_of


class Threshold(Record):
    """From how much free stock on people want to hear of a variant; `cover_days` is None for a number set by hand."""

    __tablename__ = "stock_thresholds"
    __table_args__ = (
        CheckConstraint("units >= 0", name="units"),
        CheckConstraint("cover_days between 1 and 365", name="cover_days"),
        Index("stock_thresholds_computed_at_idx", "computed_at", postgresql_where=text("cover_days is not null")),
    )

    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"), primary_key=True)
    units: Mapped[Quantity]
    cover_days: Mapped[int | None]
    set_by: Mapped[UUID | None]
    set_at: Mapped[Instant]
    computed_at: Mapped[Instant]


class Alert(Record):
    """Free stock fell below its threshold; cleared when it is back. At most one is open for a variant."""

    __tablename__ = "stock_alerts"
    __table_args__ = (
        CheckConstraint("available >= 0 and available < threshold", name="available"),
        CheckConstraint("cleared_at >= opened_at", name="cleared_at"),
        Index(
            "stock_alerts_open_key", "org_id", "variant_id", unique=True, postgresql_where=text("cleared_at is null")
        ),
        Index(None, "org_id", "opened_at"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    available: Mapped[Quantity]
    threshold: Mapped[Quantity]
    opened_at: Mapped[Instant]
    cleared_at: Mapped[datetime | None]


class ProductionWish(Record):
    """What a maker means to make of a variant; on its way until it is made or dropped."""

    __tablename__ = "production_wishes"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        one_of("outcome", ("made", "dropped")),
        CheckConstraint("(outcome is null) = (closed_at is null)", name="closed"),
        Index("production_wishes_open_idx", "org_id", "variant_id", postgresql_where=text("closed_at is null")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    quantity: Mapped[Quantity]
    due_on: Mapped[date]
    wished_by: Mapped[UUID | None]
    wished_at: Mapped[Instant]
    outcome: Mapped[str | None]
    closed_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class StoreSale(Record):
    """What a store sold of a variant on a day; the movement that took it out of stock has the same cause."""

    __tablename__ = "store_sales"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(["location_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index(None, "org_id", "variant_id", "sold_on"),
        Index(None, "cause_id"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    location_id: Mapped[Key]
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    sold_on: Mapped[date]
    quantity: Mapped[Quantity]
    cause_id: Mapped[UUID]
    recorded_at: Mapped[Instant]


class StoreSalesFile(Record):
    """A file of what a store sold; the same contents count once for a store."""

    __tablename__ = "store_sales_files"
    __table_args__ = (
        UniqueConstraint("org_id", "location_id", "content_hash"),
        ForeignKeyConstraint(["location_id", "org_id"], ["locations.id", "locations.org_id"]),
        CheckConstraint("lines > 0 and units > 0", name="lines"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    location_id: Mapped[Key]
    content_hash: Mapped[str]
    lines: Mapped[int]
    units: Mapped[Quantity]
    taken_by: Mapped[UUID | None]
    taken_at: Mapped[Instant]
