import json
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


def tell(
    work: Work, *, org_id: UUID, kind: str, cause: str, subject: str, subject_id: UUID, facts: dict[str, Any]
) -> None:
    """Leave a notice for an organisation, once per cause (reactions only)."""
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(
        text(
            "insert into notices (id, org_id, kind, cause, subject, subject_id, facts, created_at)"
            " values (:id, :org_id, :kind, :cause, :subject, :subject_id, cast(:facts as jsonb), :now)"
            " on conflict (org_id, cause) do nothing"
        ),
        {
            "id": new_id(),
            "org_id": org_id,
            "kind": kind,
            "cause": cause,
            "subject": subject,
            "subject_id": subject_id,
            "facts": json.dumps(facts, default=str),
            "now": work.now,
        },
    )


def mark_read(work: Work, *, notice_ids: list[UUID] | None = None) -> int:
    """Mark notices of one's own organisation as read: these, or all. Returns how many were unread."""
    done = work.session.execute(
        text(
            "update notices set read_at = :now, read_by = :person where org_id = :org_id and read_at is null"
            " and (cast(:ids as uuid[]) is null or id = any(cast(:ids as uuid[])))"
        ),
        {"now": work.now, "person": work.actor.user_id, "org_id": work.actor.require_org(), "ids": notice_ids},
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
