"""The words of notifications."""

from enum import StrEnum


class EmailWish(StrEnum):
    """When a person wants a letter about a topic."""

    NOW = "now"
    DAILY = "daily"
    OFF = "off"


class OutgoingState(StrEnum):
    """What became of a message; dropped is one that its reader no longer wanted when its time came."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Topic(StrEnum):
    """What notices are about, as far as people choose."""

    ORDERS = "orders"
    ACCOUNT = "account"
    MONEY = "money"
    SECURITY = "security"
    SYSTEM = "system"


# The kinds of notices about trade and money; all others are about the account.
TRADE = frozenset(
    {
        "new_order", "order_confirmed", "order_declined", "order_declined_by_us", "order_expired", "order_cancelled",
        "order_ready", "goods_shipped", "goods_received", "goods_accepted", "goods_accepted_by_us",
        "order_closed_short", "shortage_refunded", "shortage_refunded_by_us", "order_completed", "review_written",
        "approval_asked", "approval_reminded", "purchase_approved", "purchase_rejected", "approval_expired",
        "stock_low", "new_products", "price_asked", "price_given", "price_refused",
    }
)  # fmt: skip
PAID = frozenset({"money_released", "money_refunded", "wallet_topped_up", "payout_sent"})


def topic_of(kind: str) -> Topic:
    if kind in TRADE or kind in PAID:
        return Topic.ORDERS if kind in TRADE else Topic.MONEY
    first = kind.partition("_")[0]
    return {"security": Topic.SECURITY, "system": Topic.SYSTEM}.get(first, Topic.ACCOUNT)


# What is about a person's money and safety comes at once, whatever he has chosen.
UNMUTABLE = frozenset({Topic.MONEY, Topic.SECURITY, Topic.SYSTEM})
DEFAULTS: dict[Topic, EmailWish] = {
    Topic.ORDERS: EmailWish.DAILY,
    Topic.ACCOUNT: EmailWish.NOW,
    Topic.MONEY: EmailWish.NOW,
    Topic.SECURITY: EmailWish.NOW,
    Topic.SYSTEM: EmailWish.NOW,
}
