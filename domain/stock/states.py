"""In which states lots, transfers and what went wrong in them, and counts can be, and the steps between them."""

from enum import StrEnum


class LocationKind(StrEnum):
    WAREHOUSE = "warehouse"
    STORE = "store"
    ZONE = "zone"
    BIN = "bin"
    # One of each an organisation, made when it is needed: goods on the way, and goods that a transfer did not settle.
    TRANSIT = "transit"
    ASIDE = "aside"


class MovementKind(StrEnum):
    RECEIVED = "received"
    COUNTED = "counted"
    SHIPPED = "shipped"
    SOLD = "sold"
    MOVED = "moved"
    DISPOSED = "disposed"
    RETURNED = "returned"


class ReservationState(StrEnum):
    HELD = "held"
    SHIPPED = "shipped"
    RELEASED = "released"


class LotState(StrEnum):
    """Whether a lot may leave. That it has expired is told by its date, never stored."""

    AVAILABLE = "available"
    ON_HOLD = "on_hold"
    RECALLED = "recalled"


class SerialState(StrEnum):
    IN_STOCK = "in_stock"
    SHIPPED = "shipped"
    GONE = "gone"


class TransferState(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class DiscrepancyState(StrEnum):
    OPEN = "open"
    FOUND = "found"
    WRITTEN_OFF = "written_off"
    SENT_BACK = "sent_back"


class CountState(StrEnum):
    OPEN = "open"
    IN_REVIEW = "in_review"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CountLineState(StrEnum):
    OPEN = "open"
    COUNTED = "counted"
    POSTED = "posted"


class HoldState(StrEnum):
    HELD = "held"
    RELEASED = "released"


class AllocationState(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


LOT_MOVES: dict[LotState, frozenset[LotState]] = {
    LotState.AVAILABLE: frozenset({LotState.ON_HOLD, LotState.RECALLED}),
    LotState.ON_HOLD: frozenset({LotState.AVAILABLE, LotState.RECALLED}),
    LotState.RECALLED: frozenset({LotState.ON_HOLD}),  # a recall that was a mistake is looked at again first
}
TRANSFER_MOVES: dict[TransferState, frozenset[TransferState]] = {
    TransferState.DRAFT: frozenset({TransferState.SENT, TransferState.CANCELLED}),
    TransferState.SENT: frozenset({TransferState.RECEIVED}),
    TransferState.RECEIVED: frozenset(),
    TransferState.CANCELLED: frozenset(),
}
DISCREPANCY_MOVES: dict[DiscrepancyState, frozenset[DiscrepancyState]] = {
    DiscrepancyState.OPEN: frozenset(
        {DiscrepancyState.FOUND, DiscrepancyState.WRITTEN_OFF, DiscrepancyState.SENT_BACK}
    ),
    DiscrepancyState.FOUND: frozenset(),
    DiscrepancyState.WRITTEN_OFF: frozenset(),
    DiscrepancyState.SENT_BACK: frozenset(),
}
COUNT_MOVES: dict[CountState, frozenset[CountState]] = {
    CountState.OPEN: frozenset({CountState.IN_REVIEW, CountState.CLOSED, CountState.CANCELLED}),
    CountState.IN_REVIEW: frozenset({CountState.OPEN, CountState.CLOSED, CountState.CANCELLED}),
    CountState.CLOSED: frozenset(),
    CountState.CANCELLED: frozenset(),
}
