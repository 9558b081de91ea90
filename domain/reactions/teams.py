"""Mails about joining, and the work of whoever leaves going to a colleague."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity, notifications, orders, verification
from domain.kernel.work import Work

CALLS_FOR_A_LETTER = frozenset({"RegistrationBegun", "RegistrationLinkAsked", "MemberInvited", "MemberRoleChanged"})


def write_letters(work: Work, event: Any) -> None:
    """The mail that an invitation, a registration or a new role calls for."""
    if event.subject == "registration":
        _registration(work, event)
    elif event.name == "MemberInvited":
        _invitation(work, event)
    else:
        _to_member(work, event, "role_changed")


def hand_over_work(work: Work, event: Any) -> None:
    """Hand over what a member who was removed had open, and tell the person."""
    org_id, person_id = event.subject_id, UUID(event.facts["person_id"])
    heir = event.facts.get("handed_to")
    if heir is not None:
        ids = {"org_id": org_id, "person_id": person_id, "handed_to": UUID(heir)}
        moved = {
            "basket_lines": orders.hand_over_basket(work, **ids),
            "verification_cases": verification.release_cases_of(work, person_id=person_id),
        }
        identity.hand_over(work, **ids, moved=moved)
    _to_member(work, event, "member_removed")


def _registration(work: Work, event: Any) -> None:
    mail = identity.registration_mail(work, registration_id=event.subject_id)
    if mail is None:
        return
    to, is_known = mail
    # An address that has an account gets no link, so nobody can finish a registration for it.
    kind, facts = ("account_exists", {}) if is_known else ("registration", {"link_id": event.facts["link_id"]})
    notifications.send_email(work, to=to, kind=kind, facts=facts, cause=f"event:{event.id}")


def _invitation(work: Work, event: Any) -> None:
    row = work.session.execute(
        text(
            "select i.email, o.name as org_name from invitations i join organizations o on o.id = i.org_id"
            " where i.id = :id and i.state = 'open'"
        ),
        {"id": event.facts["invitation_id"]},
    ).one_or_none()
    if row is not None:
        notifications.send_email(
            work, to=row.email, kind="invitation", org_id=event.subject_id, cause=f"event:{event.id}",
            facts={"org_name": row.org_name, "link_id": event.facts["link_id"]},
        )  # fmt: skip


def _to_member(work: Work, event: Any, kind: str) -> None:
    row = work.session.execute(
        text("select p.email, o.name as org_name from people p, organizations o where p.id = :person and o.id = :org"),
        {"person": event.facts["person_id"], "org": event.subject_id},
    ).one_or_none()
    if row is not None:
        notifications.send_email(
            work, to=row.email, kind=kind, facts={"org_name": row.org_name}, cause=f"event:{event.id}",
            org_id=event.subject_id, person_id=UUID(event.facts["person_id"]),
        )  # fmt: skip
