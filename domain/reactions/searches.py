"""Who is told of new products: whoever keeps a search and wants to hear of it, once a day."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import discovery, identity, notifications
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import Work, begin, run

TOLD = frozenset({"NewProductsFound"})


def look_for_new_products() -> int:
    """Run each search that is due with the eyes of its person, each in a transaction of its own. Returns how many."""
    with begin(Actor.system()) as work:
        due = discovery.searches_due(work)
    done = 0
    for search_id, email in due:
        try:
            with begin(Actor.system()) as work:
                person = identity.actor_of(identity.person_by_email(work, email=email))
            run(person, discovery.look_for_new, search_id=search_id)
            done += 1
        except DomainError:  # they may no longer search, or work elsewhere by now: nothing to tell
            continue
    return done


def tell_of_new_products(work: Work, event: Any) -> None:
    """A notice to whoever keeps the search, with its name."""
    name = work.session.execute(
        text("select name from saved_searches where id = :id"), {"id": event.subject_id}
    ).scalar()
    if name is None:
        return
    person_id = UUID(event.facts["person_id"])
    notifications.tell(
        work, org_id=event.buyer_id, person_id=person_id, kind="new_products", cause=f"{event.id}:new_products",
        subject=event.subject, subject_id=event.subject_id, facts={**event.facts, "name": name},
    )  # fmt: skip
