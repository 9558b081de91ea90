"""The states of a supplier order and the steps between them (state-machines D1).

How far goods have travelled is not stored: `progress` derives it from quantities.
"""

from enum import StrEnum


class OrderState(StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_SELLER = "awaiting_seller"
    CONFIRMED = "confirmed"
    IN_PRODUCTION = "in_production"
    READY = "ready"
    COMPLETED = "completed"
    CLOSED_SHORT = "closed_short"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"


MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.AWAITING_PAYMENT: frozenset({OrderState.AWAITING_SELLER, OrderState.EXPIRED, OrderState.CANCELLED}),
    OrderState.AWAITING_SELLER: frozenset({OrderState.CONFIRMED, OrderState.DECLINED, OrderState.CANCELLED}),
    OrderState.CONFIRMED: frozenset({OrderState.IN_PRODUCTION, OrderState.READY, OrderState.CANCELLED}),
    OrderState.IN_PRODUCTION: frozenset({OrderState.READY, OrderState.CANCELLED}),
    OrderState.READY: frozenset({OrderState.COMPLETED, OrderState.CLOSED_SHORT, OrderState.CANCELLED}),
    OrderState.CLOSED_SHORT: frozenset({OrderState.COMPLETED}),
    OrderState.COMPLETED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.DECLINED: frozenset(),
    OrderState.EXPIRED: frozenset(),
}

ENDED = frozenset({OrderState.COMPLETED, OrderState.CANCELLED, OrderState.DECLINED, OrderState.EXPIRED})
BOUND = frozenset({OrderState.CONFIRMED, OrderState.IN_PRODUCTION, OrderState.READY})


class RequestState(StrEnum):
    """Of a purchase that waits for a colleague's approval."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


REQUEST_MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.WAITING: frozenset(RequestState) - {RequestState.WAITING},
    **{state: frozenset() for state in RequestState if state is not RequestState.WAITING},
}


class Progress(StrEnum):
    """How far the goods of an order are, derived from quantities."""

    NOT_SHIPPED = "not_shipped"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    PARTLY_ACCEPTED = "partly_accepted"
    ACCEPTED = "accepted"


def progress(*, confirmed: int, shipped: int, delivered: int, accepted: int) -> Progress:
    """The furthest stage that these quantities (base units, summed over lines) have reached."""
    if confirmed and accepted == confirmed:
        return Progress.ACCEPTED
    if accepted:
        return Progress.PARTLY_ACCEPTED
    if confirmed and delivered == confirmed:
        return Progress.DELIVERED
    if delivered:
        return Progress.PARTLY_DELIVERED
    if confirmed and shipped == confirmed:
        return Progress.SHIPPED
    return Progress.PARTLY_SHIPPED if shipped else Progress.NOT_SHIPPED
