"""The states of an offer, and the steps between them."""

from enum import StrEnum


class OfferState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    DISCONTINUED = "discontinued"


MOVES: dict[OfferState, frozenset[OfferState]] = {
    OfferState.DRAFT: frozenset({OfferState.PUBLISHED, OfferState.DISCONTINUED}),
    OfferState.PUBLISHED: frozenset({OfferState.PAUSED, OfferState.DISCONTINUED}),
    OfferState.PAUSED: frozenset({OfferState.PUBLISHED, OfferState.DISCONTINUED}),
    OfferState.DISCONTINUED: frozenset(),
}
