"""Who hears what became of a change that operations looked at: the seller who asked for it."""

from typing import Any

from sqlalchemy import text

from domain import notifications
from domain.kernel.work import Work

DECIDED = frozenset({"CatalogChangeDecided"})


def tell_of_change(work: Work, event: Any) -> None:
    """A notice to the seller when a person has decided; nothing for what passed by itself or was withdrawn."""
    if event.facts.get("by_itself") or event.to_state not in ("approved", "rejected"):
        return
    row = work.session.execute(
        text(
            "select h.seller_id, h.asked_by, h.kind, h.product_id, p.name from catalog_changes h"
            " join products p on p.id = h.product_id where h.id = :id"
        ),
        {"id": event.subject_id},
    ).one()
    kind = f"catalog_change_{event.to_state}"
    notifications.tell(
        work, org_id=row.seller_id, person_id=row.asked_by, kind=kind, cause=f"{event.id}:{kind}", subject="product",
        subject_id=row.product_id,
        facts={"product": row.name, "what": "publication" if row.kind == "publication" else "change",
               "reason": event.facts["reason"]},
    )  # fmt: skip
