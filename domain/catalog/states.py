"""The states of an offer and of a change that waits, the steps between them, and the words of the catalogue."""

from enum import StrEnum


class OfferState(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    PAUSED = "paused"
    DISCONTINUED = "discontinued"


MOVES: dict[OfferState, frozenset[OfferState]] = {
    OfferState.DRAFT: frozenset({OfferState.PUBLISHED, OfferState.IN_REVIEW, OfferState.DISCONTINUED}),
    OfferState.IN_REVIEW: frozenset({OfferState.PUBLISHED, OfferState.DRAFT, OfferState.DISCONTINUED}),
    OfferState.PUBLISHED: frozenset({OfferState.PAUSED, OfferState.DISCONTINUED}),
    OfferState.PAUSED: frozenset({OfferState.PUBLISHED, OfferState.DISCONTINUED}),
    OfferState.DISCONTINUED: frozenset(),
}


class ChangeKind(StrEnum):
    EDIT = "edit"
    PUBLICATION = "publication"


class ChangeState(StrEnum):
    """What becomes of something that operations look at."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


CHANGE_MOVES: dict[ChangeState, frozenset[ChangeState]] = {
    ChangeState.PENDING: frozenset({ChangeState.APPROVED, ChangeState.REJECTED, ChangeState.WITHDRAWN}),
    ChangeState.APPROVED: frozenset(),
    ChangeState.REJECTED: frozenset(),
    ChangeState.WITHDRAWN: frozenset(),
}


class AttributeKind(StrEnum):
    """What kind of answer a category asks for."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    YES_NO = "yes_no"
    CHOICE = "choice"


class MediaKind(StrEnum):
    PICTURE = "picture"
    VIDEO = "video"
    MODEL = "model"


class PackLevel(StrEnum):
    """How packs are put together, from the smallest to the largest."""

    INNER = "inner"
    CASE = "case"
    PALLET = "pallet"


GRADES = ("A", "B", "C")
