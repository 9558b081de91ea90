"""What happens to orders. `from_state` and `to_state` make each step provable."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    subject: ClassVar[str] = "order"


@dataclass(frozen=True, kw_only=True)
class PurchasePlaced(Event):
    subject: ClassVar[str] = "purchase"
    orders: int
    total: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ApprovalRuleChanged(Event):
    subject: ClassVar[str] = "organization"
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RequestEvent(Event):
    """About a purchase that waits for an approval; who asked for it is told how it ends."""

    subject: ClassVar[str] = "purchase_request"
    person_id: UUID
    total: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ApprovalAsked(RequestEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ApprovalReminded(RequestEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PurchaseApproved(RequestEvent):
    purchase_id: UUID


@dataclass(frozen=True, kw_only=True)
class PurchaseRejected(RequestEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestWithdrawn(RequestEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RequestExpired(RequestEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(OrderEvent):
    purchase_id: UUID
    total: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderSecured(OrderEvent):
    """The money of the order is held; its seller can answer."""

    method: str


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    cut: int
    goods: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderDeclined(OrderEvent):
    reason: str
    by_timer: bool


@dataclass(frozen=True, kw_only=True)
class OrderExpired(OrderEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    reason: str
    by: str  # buyer or seller


@dataclass(frozen=True, kw_only=True)
class ProductionStarted(OrderEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionReported(OrderEvent):
    percent: int


@dataclass(frozen=True, kw_only=True)
class OrderReady(OrderEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class GoodsShipped(OrderEvent):
    shipment_id: UUID
    units: int
    is_last: bool


@dataclass(frozen=True, kw_only=True)
class GoodsReceived(OrderEvent):
    shipment_id: UUID
    units: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class GoodsAccepted(OrderEvent):
    acceptance_id: UUID
    units: int
    gross: Decimal
    how: str


@dataclass(frozen=True, kw_only=True)
class OrderClosedShort(OrderEvent):
    units: int
    refunded: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(OrderEvent):
    goods: Decimal


@dataclass(frozen=True, kw_only=True)
class ShortageRefunded(OrderEvent):
    units: int
    refunded: Decimal


@dataclass(frozen=True, kw_only=True)
class ListSaved(Event):
    subject: ClassVar[str] = "saved_list"
    lines: int
    is_shared: bool


@dataclass(frozen=True, kw_only=True)
class ListChanged(Event):
    subject: ClassVar[str] = "saved_list"
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ListForgotten(Event):
    subject: ClassVar[str] = "saved_list"
