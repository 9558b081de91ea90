from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AudienceChosen(Event):
    """To whom an offer is shown: "everybody", or kinds with their ids ("customer:...", "country:DE")."""

    subject: ClassVar[str] = "offer"
    before: list[str]
    after: list[str]


@dataclass(frozen=True, kw_only=True)
class StockDisplayChosen(Event):
    """What is said of the stock, to all, to a group or to one customer; None: as to the others."""

    subject: ClassVar[str] = "organization"
    shown_to: str
    whom: UUID | None
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class SearchSaved(Event):
    subject: ClassVar[str] = "saved_search"
    tells: bool


@dataclass(frozen=True, kw_only=True)
class SearchForgotten(Event):
    subject: ClassVar[str] = "saved_search"


@dataclass(frozen=True, kw_only=True)
class NewProductsFound(Event):
    """A saved search has new products for its person."""

    subject: ClassVar[str] = "saved_search"
    person_id: UUID
    products: int
