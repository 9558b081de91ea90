"""A wish for a price below the floor waits for who may give it."""

from enum import StrEnum


class PriceRequestState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


MOVES: dict[PriceRequestState, frozenset[PriceRequestState]] = {
    PriceRequestState.WAITING: frozenset({PriceRequestState.APPROVED, PriceRequestState.REJECTED}),
    PriceRequestState.APPROVED: frozenset(),
    PriceRequestState.REJECTED: frozenset(),
}


class Step(StrEnum):
    """What a rule belongs to: of each step at most one rule holds for a line."""

    CUSTOMER = "customer"
    PROMOTION = "promotion"


class RuleKind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    FIXED = "fixed"


class Scope(StrEnum):
    ALL = "all"
    CATEGORY = "category"
    OFFERS = "offers"
