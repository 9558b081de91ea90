from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class RegionCreated(Event):
    subject: ClassVar[str] = "region"
    after: dict[str, Any]
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegionAreasChanged(Event):
    """Postal codes came to the region or went; both sides list its areas from the day on."""

    subject: ClassVar[str] = "region"
    valid_from: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class TerritoryAssigned(Event):
    subject: ClassVar[str] = "region"
    assignment_id: UUID
    for_org_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TerritoryEnded(Event):
    subject: ClassVar[str] = "region"
    assignment_id: UUID
    for_org_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
