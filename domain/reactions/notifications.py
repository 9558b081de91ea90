"""Who is told what when something happens to an order or to money."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import notifications
from domain.kernel.work import Work
from domain.notifications import News

# event name -> (side that is told, kind of the notice)
TOLD: dict[str, tuple[tuple[str, str], ...]] = {
    "OrderSecured": (("seller", "new_order"),),
    "OrderConfirmed": (("buyer", "order_confirmed"),),
    "OrderDeclined": (("buyer", "order_declined"), ("seller", "order_declined_by_us")),
    "OrderExpired": (("buyer", "order_expired"),),
    "OrderCancelled": (("seller", "order_cancelled"), ("buyer", "order_cancelled")),
    "OrderReady": (("buyer", "order_ready"),),
    "GoodsShipped": (("buyer", "goods_shipped"),),
    "GoodsReceived": (("seller", "goods_received"),),
    "GoodsAccepted": (("seller", "goods_accepted"), ("buyer", "goods_accepted_by_us")),
    "OrderClosedShort": (("buyer", "order_closed_short"),),
    "ShortageRefunded": (("buyer", "shortage_refunded"), ("seller", "shortage_refunded_by_us")),
    "OrderCompleted": (("buyer", "order_completed"), ("seller", "order_completed")),
    "MoneyReleased": (("seller", "money_released"),),
    "MoneyRefunded": (("buyer", "money_refunded"),),
    "WalletToppedUp": (("buyer", "wallet_topped_up"),),
    "PayoutSent": (("seller", "payout_sent"),),
    "ReviewWritten": (("other", "review_written"),),
}


_AMOUNTS = {"amount", "commission", "goods", "gross", "net", "refunded", "total"}


def tell_parties(work: Work, events: Sequence[Any]) -> None:
    """Leave the notices that these events call for. An order that nobody paid is no news to its seller."""
    orders = _orders(work, events)
    notifications.tell_all(work, news=[one for event in events for one in _news(event, orders.get(_order_id(event)))])


def _news(event: Any, order: Any) -> Iterator[News]:
    if event.name == "OrderCancelled" and event.from_state == "awaiting_payment":
        return
    for side, kind in TOLD[event.name]:
        if event.name == "OrderCancelled" and side == event.facts.get("by"):
            continue  # they did it themselves
        org_id = _told(event, side)
        if org_id is None:
            continue
        subject, subject_id = ("order", order.id) if order is not None else (event.subject, event.subject_id)
        names = {"number": order.number, "buyer": order.buyer_name, "seller": order.seller_name} if order else {}
        yield News(
            org_id=org_id, kind=kind, cause=f"{event.id}:{kind}", subject=subject, subject_id=subject_id,
            facts={**_without_money(event.facts), **names},
        )  # fmt: skip


def _without_money(facts: dict[str, Any]) -> dict[str, Any]:
    """The whole organisation reads it, also those who may see no prices; the order's page says what it is about."""
    return {name: fact for name, fact in facts.items() if name not in _AMOUNTS}


def _told(event: Any, side: str) -> UUID | None:
    if side == "other":
        author = event.facts.get("author_id")
        told = event.seller_id if str(event.buyer_id) == author else event.buyer_id
    else:
        told = event.buyer_id if side == "buyer" else event.seller_id
    return told if told is None or isinstance(told, UUID) else UUID(str(told))


def _order_id(event: Any) -> UUID | None:
    found = event.subject_id if event.subject == "order" else event.facts.get("order_id")
    return found if found is None or isinstance(found, UUID) else UUID(found)


def _orders(work: Work, events: Sequence[Any]) -> dict[UUID | None, Any]:
    ids = {order_id for order_id in map(_order_id, events) if order_id is not None}
    rows = work.session.execute(
        text("select id, number, buyer_name, seller_name from supplier_orders where id = any(:ids)"),
        {"ids": sorted(ids)},
    )
    return {row.id: row for row in rows}
