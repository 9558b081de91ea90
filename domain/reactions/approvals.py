"""Who is told of purchases that wait for an approval: the colleagues who may decide, and whoever asked."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity, notifications
from domain.identity import Permission
from domain.kernel.work import Work

_TO_APPROVERS = {"ApprovalAsked": "approval_asked", "ApprovalReminded": "approval_reminded"}
_TO_ASKER = {
    "PurchaseApproved": "purchase_approved",
    "PurchaseRejected": "purchase_rejected",
    "RequestExpired": "approval_expired",
}
TOLD = frozenset(_TO_APPROVERS) | frozenset(_TO_ASKER)


def tell_of_approval(work: Work, event: Any) -> None:
    """A notice to each colleague who may decide about the store, or to whoever asked."""
    asker = UUID(event.facts["person_id"])
    kind = _TO_APPROVERS.get(event.name) or _TO_ASKER[event.name]
    told = _deciders(work, event, asker) if event.name in _TO_APPROVERS else [asker]
    name = work.session.execute(text("select name from people where id = :id"), {"id": asker}).scalar()
    for person_id in told:
        notifications.tell(
            work, org_id=event.buyer_id, person_id=person_id, kind=kind, cause=f"{event.id}:{kind}:{person_id}",
            subject=event.subject, subject_id=event.subject_id, facts={**event.facts, "asked_by": name},
        )  # fmt: skip


def _deciders(work: Work, event: Any, asker: UUID) -> list[UUID]:
    variants = [variant.value for variant in identity.holders_of(Permission.APPROVE_ORDERS)]
    return list(
        work.session.scalars(
            text(
                "select m.person_id from memberships m where m.org_id = :org_id and m.state = 'active'"
                " and m.variant = any(:variants) and m.person_id <> :asker"
                " and (not exists (select 1 from membership_scopes s where s.person_id = m.person_id"
                "  and s.org_id = m.org_id and s.kind = 'store') or exists (select 1 from membership_scopes s"
                "  join purchase_requests r on r.site_id = s.subject_id and r.id = :request_id"
                "  where s.person_id = m.person_id and s.org_id = m.org_id and s.kind = 'store'))"
                " order by m.person_id"
            ),
            {"org_id": event.buyer_id, "variants": variants, "asker": asker, "request_id": event.subject_id},
        )
    )
