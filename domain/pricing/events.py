from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class GroupOpened(Event):
    subject: ClassVar[str] = "customer_group"


@dataclass(frozen=True, kw_only=True)
class GroupClosed(Event):
    subject: ClassVar[str] = "customer_group"


@dataclass(frozen=True, kw_only=True)
class GroupMembersChanged(Event):
    """The organisations in the group, before and after."""

    subject: ClassVar[str] = "customer_group"
    before: list[str]
    after: list[str]


@dataclass(frozen=True, kw_only=True)
class RuleMade(Event):
    """A rule of a customer or group, or a promotion; `terms` are its figures as they were written down."""

    subject: ClassVar[str] = "price_rule"
    step: str
    kind: str
    group_id: UUID | None
    customer_id: UUID | None
    terms: dict[str, str | int | None]


@dataclass(frozen=True, kw_only=True)
class RuleEnded(Event):
    subject: ClassVar[str] = "price_rule"
    before: str | None
    after: str


@dataclass(frozen=True, kw_only=True)
class ProductMinimumChanged(Event):
    subject: ClassVar[str] = "product"
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True)
class PriceAsked(Event):
    """Somebody wants to give a customer a price below the floor."""

    subject: ClassVar[str] = "price_request"
    offer_id: UUID
    customer_id: UUID
    unit_price: str
    minimum_quantity: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class PriceRequestDecided(Event):
    subject: ClassVar[str] = "price_request"
    offer_id: UUID
    asked_by: UUID
    rule_id: UUID | None
    reason: str
