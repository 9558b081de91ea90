"""The words of notifications."""

from enum import StrEnum


class EmailWish(StrEnum):
    """When a person wants a letter about a topic."""

    NOW = "now"
    DAILY = "daily"
    OFF = "off"


class OutgoingState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Topic(StrEnum):
    """What notices are about, as far as people choose."""

    ORDERS = "orders"
    ACCOUNT = "account"
    MONEY = "money"
    SECURITY = "security"
    SYSTEM = "system"


# What is about a person's money and safety comes at once, whatever he has chosen.
UNMUTABLE = frozenset({Topic.MONEY, Topic.SECURITY, Topic.SYSTEM})
DEFAULTS: dict[Topic, EmailWish] = {
    Topic.ORDERS: EmailWish.DAILY,
    Topic.ACCOUNT: EmailWish.NOW,
    Topic.MONEY: EmailWish.NOW,
    Topic.SECURITY: EmailWish.NOW,
    Topic.SYSTEM: EmailWish.NOW,
}
