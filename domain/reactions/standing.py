"""Who hears that an organisation was suspended, restored or answered, and who of the platform has to look."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity, notifications
from domain.identity import OrgKind, Permission
from domain.kernel.work import Work

CALLS = frozenset(
    {
        "OrganizationSuspended", "OrganizationRestored", "AppealDecided", "SuspensionProposed", "SuspensionAppealed",
        "RestorationProposed", "PersonDisabled", "PersonEnabled",
    }
)  # fmt: skip

_FOR_THE_PLATFORM = {
    "SuspensionProposed": "suspension_proposed", "SuspensionAppealed": "suspension_appealed",
    "RestorationProposed": "restoration_proposed",
}  # fmt: skip


def tell_of_standing(work: Work, event: Any) -> None:
    """Leave notices and write letters: to the organisation about itself, to the platform about what waits for it."""
    if event.name in ("PersonDisabled", "PersonEnabled"):
        _tell_person(work, event)
        return
    org_name: str = work.session.execute(
        text("select name from organizations where id = :id"), {"id": event.subject_id}
    ).scalar_one()
    if event.name in _FOR_THE_PLATFORM:
        _notice(work, event, _FOR_THE_PLATFORM[event.name], _platform(work), {"org_name": org_name})
        return
    if event.name == "AppealDecided" and event.facts["is_granted"]:
        return  # the restoration tells
    kind = {
        "OrganizationSuspended": "organization_suspended", "OrganizationRestored": "organization_restored",
        "AppealDecided": "appeal_refused",
    }[event.name]  # fmt: skip
    facts = {"org_name": org_name, "reason": event.facts["reason"], "answer": event.facts["reason"]}
    _notice(work, event, kind, event.subject_id, facts)
    for person in _responsible(work, event.subject_id):
        notifications.send_email(
            work, to=person.email, kind=kind, facts=facts, cause=f"event:{event.id}", org_id=event.subject_id,
            person_id=person.id,
        )  # fmt: skip


def _notice(work: Work, event: Any, kind: str, org_id: UUID | None, facts: dict[str, Any]) -> None:
    if org_id is None:
        return
    # The organisation gets a letter of its own, so that its notice needs none.
    notifications.tell(
        work, org_id=org_id, kind=kind, cause=f"{event.id}:{kind}", subject="organization",
        subject_id=event.subject_id, facts=facts, is_mailed=org_id == event.subject_id,
    )  # fmt: skip


def _tell_person(work: Work, event: Any) -> None:
    email = work.session.execute(
        text("select email from people where id = :id"), {"id": event.subject_id}
    ).scalar_one_or_none()
    if email is not None:
        notifications.send_email(
            work, to=email, kind="account_disabled" if event.name == "PersonDisabled" else "account_enabled",
            facts={"reason": event.facts["reason"]}, cause=f"event:{event.id}", person_id=event.subject_id,
        )  # fmt: skip


def _platform(work: Work) -> UUID | None:
    return work.session.execute(
        text("select id from organizations where kind = :kind and origin = 'live' order by created_at limit 1"),
        {"kind": OrgKind.PLATFORM},
    ).scalar_one_or_none()


def _responsible(work: Work, org_id: UUID) -> list[Any]:
    """Who answers for the organisation: those who manage it. A letter about its standing cannot be muted."""
    variants = [variant.value for variant in identity.holders_of(Permission.MANAGE_ORGANIZATION)]
    return list(
        work.session.execute(
            text(
                "select p.id, p.email from memberships m join people p on p.id = m.person_id and p.state = 'active'"
                " and p.email_confirmed_at is not null"
                " where m.org_id = :org and m.state = 'active' and m.variant = any(:variants) order by p.id"
            ),
            {"org": org_id, "variants": variants},
        ).all()
    )
