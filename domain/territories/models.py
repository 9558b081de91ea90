"""Regions, the areas that make them up, and who serves them: rows with days from and to, never rewritten."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Key, Record, one_of
from domain.territories.states import Mode

_DAYS = func.daterange(text("valid_from"), text("valid_to"))


class Region(Record):
    """A part of the market by name. A part of a region names the whole as its parent."""

    __tablename__ = "regions"
    __table_args__ = (CheckConstraint("parent_id <> id", name="parent"), Index(None, "parent_id"))

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"))
    created_at: Mapped[Instant]


class RegionArea(Record):
    """Postal codes of a country that belong to a region for some days, by their beginning.

    All codes whose beginning lies between `first` and `last`, which are of equal length: "20" to "25", or "SW1"
    to "SW1". Empty ones are the whole country. The longest beginning decides, so a city can be cut out of it.
    """

    __tablename__ = "region_areas"
    __table_args__ = (
        CheckConstraint('length(first) = length(last) and (first collate "C") <= last', name="postal_codes"),
        CheckConstraint("first ~ '^[A-Z0-9]*$' and last ~ '^[A-Z0-9]*$'", name="plain_codes"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
        CheckConstraint("valid_to >= valid_from", name="days"),
        # A code belongs to one region on a day.
        ExcludeConstraint(
            (text("country_code"), "="),
            (func.length(text("first")), "="),
            (func.postal_codes(text("first"), text("last"), text("'[]'")), "&&"),
            (_DAYS, "&&"),
            name="region_areas_one_region",
            using="gist",
        ),
        Index(None, "region_id"),
    )

    id: Mapped[Id]
    region_id: Mapped[Key] = mapped_column(ForeignKey("regions.id"))
    country_code: Mapped[str]
    first: Mapped[str]
    last: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_at: Mapped[Instant]


class TerritoryAssignment(Record):
    """A distributor serves a region from a day on, up to, but not with, another."""

    __tablename__ = "territory_assignments"
    __table_args__ = (
        one_of("mode", Mode),
        CheckConstraint("valid_to >= valid_from", name="days"),
        # Who has a region alone has it alone, and nobody has it twice.
        ExcludeConstraint(
            (text("region_id"), "="), (_DAYS, "&&"), name="territory_assignments_alone", using="gist",
            where=text("is_exclusive"),
        ),
        ExcludeConstraint(
            (text("region_id"), "="), (text("(is_exclusive::integer)"), "<>"), (_DAYS, "&&"),
            name="territory_assignments_alone_or_shared", using="gist",
        ),
        ExcludeConstraint(
            (text("region_id"), "="), (text("distributor_id"), "="), (_DAYS, "&&"),
            name="territory_assignments_once", using="gist",
        ),
        Index(None, "distributor_id"),
    )  # fmt: skip

    id: Mapped[Id]
    region_id: Mapped[Key] = mapped_column(ForeignKey("regions.id"))
    distributor_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    mode: Mapped[str]
    is_exclusive: Mapped[bool]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    assigned_by: Mapped[UUID | None]
    created_at: Mapped[Instant]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
