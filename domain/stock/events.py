"""What happens to stock: ids and numbers. What somebody noted for themselves stays with the row."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class StockReceived(Event):
    subject: ClassVar[str] = "variant"
    location_id: UUID
    lot_id: UUID
    quantity: int


@dataclass(frozen=True, kw_only=True)
class StockCounted(Event):
    subject: ClassVar[str] = "variant"
    location_id: UUID
    lot_id: UUID
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class LocationAdded(Event):
    subject: ClassVar[str] = "location"
    kind: str
    parent_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class StockSold(Event):
    """Goods went over the counter of a store."""

    subject: ClassVar[str] = "location"
    sold: dict[str, int]
    sold_on: date


@dataclass(frozen=True, kw_only=True)
class StockMoved(Event):
    subject: ClassVar[str] = "variant"
    lot_id: UUID
    from_location_id: UUID
    to_location_id: UUID
    quantity: int


@dataclass(frozen=True, kw_only=True)
class StockDisposed(Event):
    """Goods were thrown away (`disposed`) or went back to who supplied them (`returned`)."""

    subject: ClassVar[str] = "variant"
    location_id: UUID
    lot_id: UUID
    quantity: int
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LotHeld(Event):
    subject: ClassVar[str] = "lot"
    reason: str


@dataclass(frozen=True, kw_only=True)
class LotFreed(Event):
    subject: ClassVar[str] = "lot"
    reason: str


@dataclass(frozen=True, kw_only=True)
class LotRecalled(Event):
    """A lot must come back: its buyers are told by a reaction."""

    subject: ClassVar[str] = "lot"
    variant_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class LifeTermSet(Event):
    subject: ClassVar[str] = "organization"
    buyer: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StockHeld(Event):
    subject: ClassVar[str] = "stock_hold"
    variant_id: UUID
    quantity: int
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StockLetGo(Event):
    """A hold by hand ended: by somebody, or because its time had come (`has_expired`)."""

    subject: ClassVar[str] = "stock_hold"
    for_org_id: UUID
    variant_id: UUID
    quantity: int
    has_expired: bool


@dataclass(frozen=True, kw_only=True)
class StockAllocated(Event):
    subject: ClassVar[str] = "stock_allocation"
    variant_id: UUID
    quantity: int
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class AllocationEnded(Event):
    """What was kept for a customer is free for all: `returned` units were never ordered."""

    subject: ClassVar[str] = "stock_allocation"
    variant_id: UUID
    returned: int
    has_expired: bool


@dataclass(frozen=True, kw_only=True)
class TransferDrafted(Event):
    subject: ClassVar[str] = "stock_transfer"
    from_location_id: UUID
    to_location_id: UUID
    units: int


@dataclass(frozen=True, kw_only=True)
class TransferSent(Event):
    subject: ClassVar[str] = "stock_transfer"
    units: int


@dataclass(frozen=True, kw_only=True)
class TransferArrived(Event):
    """Part or all of a transfer came in; with all of it the transfer is received."""

    subject: ClassVar[str] = "stock_transfer"
    received: int
    rejected: int


@dataclass(frozen=True, kw_only=True)
class TransferCancelled(Event):
    subject: ClassVar[str] = "stock_transfer"


@dataclass(frozen=True, kw_only=True)
class DiscrepancyOpened(Event):
    subject: ClassVar[str] = "stock_discrepancy"
    transfer_id: UUID
    quantity: int


@dataclass(frozen=True, kw_only=True)
class DiscrepancyResolved(Event):
    subject: ClassVar[str] = "stock_discrepancy"
    transfer_id: UUID
    quantity: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CountOpened(Event):
    subject: ClassVar[str] = "stock_count"
    location_id: UUID
    lines: int


@dataclass(frozen=True, kw_only=True)
class LineCounted(Event):
    subject: ClassVar[str] = "stock_count"
    line_id: UUID
    counted: int


@dataclass(frozen=True, kw_only=True)
class CountFinished(Event):
    """Everything is counted. What differs by more than a person corrects alone waits for another one."""

    subject: ClassVar[str] = "stock_count"
    difference: int


@dataclass(frozen=True, kw_only=True)
class CountClosed(Event):
    subject: ClassVar[str] = "stock_count"
    difference: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CountReopened(Event):
    subject: ClassVar[str] = "stock_count"
    line_ids: list[UUID]


@dataclass(frozen=True, kw_only=True)
class CountCancelled(Event):
    subject: ClassVar[str] = "stock_count"
