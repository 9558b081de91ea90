"""Erasing a person everywhere, and forgetting by time."""

from uuid import UUID

from domain import discovery, identity, notifications, orders
from domain.kernel.work import Work


def erase_person(work: Work, *, person_id: UUID, reason: str) -> None:
    """Take a person's name, addresses and traces out of every table, for good; the operator asks for it (system only).

    Ids stay, in the log too, and name nobody any more. Raises what `identity.forget_person` raises. Announces
    `PersonErased`.
    """
    email = identity.forget_person(work, person_id=person_id, reason=reason)
    discovery.forget_searches_of(work, person_id=person_id)
    orders.forget_lists_of(work, person_id=person_id)
    notifications.forget_messages_to(work, person_id=person_id, email=email)


def forget_old(work: Work, *, limit: int = 1000) -> int:
    """Let go of what has served its time, at most `limit` rows of each kind (system only). Returns how many went."""
    return identity.forget_old_traces(work, limit=limit) + notifications.forget_old_messages(work, limit=limit)
