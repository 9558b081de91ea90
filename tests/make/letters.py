"""What people find in their mail and on their telephones: the wishes that the reactions left."""

from typing import Any, NamedTuple

from sqlalchemy import text

from domain import notifications, reactions
from domain.kernel.actor import Actor
from domain.kernel.work import begin


class Received(NamedTuple):
    kind: str
    token: str
    code: str
    facts: dict[str, Any]


def letters_to(address: str) -> list[Received]:
    """The letters to an e-mail address so far, oldest first."""
    return _received("outgoing_emails", address)


def texts_to(phone: str) -> list[Received]:
    """The text messages to a telephone so far, oldest first."""
    return _received("outgoing_texts", phone)


def _received(table: str, recipient: str) -> list[Received]:
    reactions.deliver_new()
    with begin(Actor.system()) as work:
        rows = work.session.execute(
            text("select kind, facts from " + table + " where recipient = :to order by created_at, id"),
            {"to": recipient},
        ).all()
    return [
        Received(row.kind, notifications.token_in(row.facts), notifications.code_in(row.facts), row.facts)
        for row in rows
    ]
