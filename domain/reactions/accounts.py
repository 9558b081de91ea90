"""Letters and text messages about how somebody signs in: each to the address that it concerns, once per event."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity, notifications
from domain.kernel.work import Work

# event name -> (kind of the letter, the fact that names its link; empty: the subject is the link)
LETTERS: dict[str, tuple[str, str | None]] = {
    "PasswordResetRequested": ("password_reset", ""),
    "PasswordReset": ("password_changed", None),
    "PasswordChanged": ("password_changed", None),
    "FactorEnrolled": ("second_factor_on", None),
    "FactorRemoved": ("second_factor_off", None),
    "RecoveryCodeUsed": ("recovery_code_used", None),
    "EmailConfirmationRequested": ("email_confirmation", "link_id"),
}
CHANGES = frozenset({"EmailChangeRequested", "EmailChanged"})
WRITTEN = frozenset({*LETTERS, *CHANGES, "PhoneCodeRequested", "CompanySignOnSet"})

CLOSING = frozenset({"CompanySignOnSet", "CompanySignOnClosed"})


def write_about_sign_in(work: Work, event: Any) -> None:
    """Write what this event calls for. Who has no account, or an account that is closed, gets nothing."""
    if event.name in CHANGES:
        _about_address(work, event)
    elif event.name == "PhoneCodeRequested":
        _code(work, event)
    elif event.name == "CompanySignOnSet":
        _to_postmaster(work, event)
    else:
        kind, link = LETTERS[event.name]
        person_id = event.facts.get("person_id") if link == "" else event.subject_id
        facts = {} if link is None else {"link_id": str(event.facts[link] if link else event.subject_id)}
        email = _email(work, person_id)
        if email is not None:
            _send(work, event, email, kind, facts, person_id)


def end_company_sessions(work: Work, event: Any) -> None:
    """What a sign-on opened that a company has closed, or put another in its place, ends."""
    identity.end_company_sessions(work, org_id=event.subject_id)


def _about_address(work: Work, event: Any) -> None:
    change = work.session.execute(
        text("select person_id, old_email, new_email from email_changes where id = :id"),
        {"id": event.facts["change_id"]},
    ).one_or_none()
    if change is None:
        return
    if event.name == "EmailChanged":
        _send(work, event, change.old_email, "email_changed", {}, change.person_id)
        return
    for side, address in (("old", change.old_email), ("new", change.new_email)):
        facts = {"link_id": event.facts[f"{side}_link_id"]}
        _send(work, event, address, f"email_change_{side}", facts, change.person_id)


def _code(work: Work, event: Any) -> None:
    phone = work.session.execute(
        text("select phone from phone_codes where id = :id"), {"id": event.facts["code_id"]}
    ).scalar_one_or_none()
    if phone is not None:
        notifications.send_text(
            work, to=phone, kind="phone_confirmation", facts={"code_id": event.facts["code_id"]},
            cause=str(event.id), person_id=event.subject_id,
        )  # fmt: skip


def _to_postmaster(work: Work, event: Any) -> None:
    row = work.session.execute(
        text(
            "select p.email_domain, o.name from identity_providers p join organizations o on o.id = p.org_id"
            " where p.id = :id and p.state = 'waiting'"
        ),
        {"id": event.facts["provider_id"]},
    ).one_or_none()
    if row is not None:
        facts = {"link_id": event.facts["link_id"], "org_name": row.name, "domain": row.email_domain}
        notifications.send_email(
            work, to=f"postmaster@{row.email_domain}", kind="domain_confirmation", facts=facts, cause=str(event.id),
            org_id=event.subject_id,
        )  # fmt: skip


def _send(work: Work, event: Any, to: str, kind: str, facts: dict[str, Any], person_id: UUID | str | None) -> None:
    notifications.send_email(
        work, to=to, kind=kind, facts=facts, cause=str(event.id),
        person_id=None if person_id is None else UUID(str(person_id)),
    )  # fmt: skip


def _email(work: Work, person_id: Any) -> str | None:
    if person_id is None:
        return None
    statement = text("select email from people where id = :id and state = 'active'")
    return work.session.execute(statement, {"id": person_id}).scalar_one_or_none()
