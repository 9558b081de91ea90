"""Who hears what became of a change that operations looked at, or of a long list: the seller who asked for it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from domain import notifications
from domain.kernel.work import Work

DECIDED = frozenset({"CatalogChangeDecided"})
ENDED = frozenset({"CatalogUploadDone", "CatalogUploadFailed"})
# Whoever starts a shorter one is still looking at it.
LONG = timedelta(seconds=20)


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


def tell_of_upload(work: Work, event: Any) -> None:
    """A notice to whoever started a list: that a long one has come in, or that one could not go on."""
    row = work.session.execute(
        text(
            "select org_id, started_by, file_name, problem, rows_new, rows_changed, rows_bad,"
            " ended_at - started_at as took from catalog_uploads where id = :id"
        ),
        {"id": event.subject_id},
    ).one()
    is_done = event.name == "CatalogUploadDone"
    if row.started_by is None or (is_done and row.took < LONG):
        return
    kind = "catalog_upload_done" if is_done else "catalog_upload_failed"
    bad = f"; {row.rows_bad:,} are bad" if row.rows_bad else ""
    notifications.tell(
        work, org_id=row.org_id, person_id=row.started_by, kind=kind, cause=f"{event.id}:{kind}",
        subject="catalog_upload", subject_id=event.subject_id,
        facts={"file": row.file_name, "rows": f"{row.rows_new:,} new and {row.rows_changed:,} changed rows{bad}"}
        if is_done else {"file": row.file_name, "problem": row.problem},
    )  # fmt: skip
