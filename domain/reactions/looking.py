"""Who is told that the platform's people ask to look through somebody's eyes, or do so."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity, notifications
from domain.identity import Variant
from domain.kernel.work import Work

TOLD = frozenset({"ViewConsentAsked", "ViewStarted"})


def tell_of_looking(work: Work, event: Any) -> None:
    """A notice to the member: that support asks, or looks. Owners may answer too, so they hear of the wish."""
    if event.name == "ViewStarted" and event.facts["consent_id"] is None:
        return  # a colleague who manages the team; it stands on the profile and in the audit log
    person_id = UUID(event.facts["person_id"])
    kind = "security_view_asked" if event.name == "ViewConsentAsked" else "security_view_started"
    name = work.session.execute(text("select name from people where id = :id"), {"id": person_id}).scalar()
    told = {person_id} | (_owners(work, event.subject_id) if event.name == "ViewConsentAsked" else set())
    for each in sorted(told):
        notifications.tell(
            work, org_id=event.subject_id, person_id=each, kind=kind, cause=f"{event.id}:{kind}:{each}", subject="view",
            subject_id=person_id, facts={"person_id": str(person_id), "person": name, "reason": event.facts["reason"]},
        )  # fmt: skip


def _owners(work: Work, org_id: UUID) -> set[UUID]:
    variants = [variant.value for variant in Variant if identity.is_owner(variant)]
    return set(
        work.session.scalars(
            text(
                "select person_id from memberships where org_id = :org and state = 'active'"
                " and variant = any(:variants)"
            ),
            {"org": org_id, "variants": variants},
        )
    )
