"""What territories hands out."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.territories.states import Mode


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class AreaRow(View):
    """Postal codes of a country by their beginning; empty ones are the whole country."""

    area_id: UUID
    country_code: str
    first: str
    last: str
    valid_from: date
    valid_to: date | None


class RegionRow(View):
    """One region with what it is made of and who serves it on a day."""

    region_id: UUID
    name: str
    parent_id: UUID | None
    parent_name: str | None
    areas: tuple[AreaRow, ...]
    served_by: tuple[str, ...]


class AssignmentRow(View):
    """A distributor's service of a region, up to, but not with, `valid_to`."""

    assignment_id: UUID
    region_id: UUID
    region_name: str
    distributor_id: UUID
    distributor_name: str
    mode: Mode
    is_exclusive: bool
    valid_from: date
    valid_to: date | None
    assigned_by: str | None
    state: str  # planned, current or past


class RegionName(View):
    """The region that a place lies in."""

    region_id: UUID
    name: str


class PlaceRow(View):
    """A place of an organisation with the region that its address lies in on a day, and who serves it there."""

    site_id: UUID
    name: str
    kind: str
    street: str
    postal_code: str
    city: str
    country_code: str
    region_id: UUID | None
    region_name: str | None
    served_by: tuple[str, ...]


class ServingRow(View):
    """A distributor that serves a place on a day, and the region by which it does."""

    distributor_id: UUID
    distributor_name: str
    region_id: UUID
    region_name: str
    mode: Mode
    is_exclusive: bool


class TerritoryRow(View):
    """A region that the actor's organisation serves or will serve, with its areas of today."""

    assignment_id: UUID
    region_id: UUID
    name: str
    mode: Mode
    is_exclusive: bool
    valid_from: date
    valid_to: date | None
    areas: tuple[AreaRow, ...]
    state: str
