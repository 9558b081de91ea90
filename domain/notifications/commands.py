import json
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


def tell(
    work: Work,
    *,
    org_id: UUID,
    kind: str,
    cause: str,
    subject: str,
    subject_id: UUID,
    facts: dict[str, Any],
    person_id: UUID | None = None,
    is_mailed: bool = False,
) -> None:
    """Leave a notice for an organisation, or for one person of it, once per cause (reactions only).

    Letters about it follow what each person has chosen (`mail_notices`), unless `is_mailed` says that a letter of
    its own goes out.
    """
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(
        text(
            "insert into notices (id, org_id, person_id, kind, cause, subject, subject_id, facts, created_at,"
            " mailed_at) values (:id, :org_id, :person_id, :kind, :cause, :subject, :subject_id,"
            " cast(:facts as jsonb), :now, case when :is_mailed then cast(:now as timestamptz) end)"
            " on conflict (org_id, cause) do nothing"
        ),
        {
            "id": new_id(),
            "org_id": org_id,
            "person_id": person_id,
            "kind": kind,
            "cause": cause,
            "subject": subject,
            "subject_id": subject_id,
            "facts": json.dumps(facts, default=str),
            "now": work.now,
            "is_mailed": is_mailed,
        },
    )


def mark_read(work: Work, *, notice_ids: list[UUID] | None = None) -> int:
    """Mark notices as read for oneself: these, or all. Returns how many were unread."""
    done = work.session.execute(
        text(
            "insert into notice_reads (notice_id, person_id, org_id, read_at)"
            " select n.id, m.person_id, n.org_id, :now from notices n"
            " join memberships m on m.org_id = n.org_id and m.person_id = :person"
            " where n.org_id = :org_id and n.created_at >= m.created_at"
            " and (n.person_id is null or n.person_id = :person)"
            " and (cast(:ids as uuid[]) is null or n.id = any(cast(:ids as uuid[])))"
            " order by n.id on conflict do nothing"
        ),
        {"now": work.now, "person": work.actor.user_id, "org_id": work.actor.require_org(), "ids": notice_ids},
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
