"""E-mail addresses: confirmed by a link, and changed only when the old and the new one both say yes."""

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from domain.identity.events import (
    EmailChangeCancelled,
    EmailChangeConfirmed,
    EmailChanged,
    EmailChangeRequested,
    EmailConfirmationRequested,
    EmailConfirmed,
)
from domain.identity.factors import require_recent_factor
from domain.identity.links import SPENT, link_of, make_link, new_link, use_link, withdraw_links
from domain.identity.models import EmailChange, Link, Person
from domain.identity.states import EmailChangeState, LinkPurpose
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

CONFIRMATION_LIFE = timedelta(hours=24)
LETTERS_PER_HOUR = 3
CHANGE_LINKS = (LinkPurpose.EMAIL_CHANGE_OLD, LinkPurpose.EMAIL_CHANGE_NEW)


class TooManyLetters(Conflict):
    pass


class AddressInUse(Conflict):
    """Said only to somebody who has shown that he reads the mail of that address."""


def normal_email(written: str) -> str:
    """An address as it is stored. Raises `Invalid` for what is none."""
    address = written.strip().lower()
    before, at, after = address.rpartition("@")
    is_one = before and at and "." in after.strip(".") and after == after.strip(".") and "@" not in before
    if not is_one or len(address) > 254 or any(sign.isspace() or not sign.isprintable() for sign in address):
        raise Invalid(f"{written.strip()!r} is not an e-mail address; write for example you@company.com.")
    return address


# --- confirming --------------------------------------------------------------------------------


def request_email_confirmation(work: Work, *, person_id: UUID | None = None) -> None:
    """Send oneself a link that confirms one's address (the system: to anybody); earlier ones stop working.

    Nothing happens when it is confirmed already. Raises `TooManyLetters` at the fourth within an hour.
    Announces `EmailConfirmationRequested`.
    """
    person = _person(work, person_id)
    if person.email_confirmed_at is not None:
        return
    recent = select(Link.id).where(
        Link.person_id == person.id,
        Link.purpose == LinkPurpose.EMAIL_CONFIRMATION.value,
        Link.created_at > work.now - timedelta(hours=1),
    )
    if len(work.session.scalars(recent).all()) >= LETTERS_PER_HOUR:
        raise TooManyLetters("We have sent you several letters already. Please look into your spam folder, or wait.")
    withdraw_links(work, purpose=LinkPurpose.EMAIL_CONFIRMATION, person_id=person.id)
    send_confirmation(work, person)


def send_confirmation(work: Work, person: Person) -> None:
    """The step by which a link goes to a person's address. The caller had the right to it."""
    link_id = new_link(
        work, purpose=LinkPurpose.EMAIL_CONFIRMATION, person_id=person.id, life=CONFIRMATION_LIFE,
        facts={"address": _print_of(person.email)},
    )  # fmt: skip
    work.record(EmailConfirmationRequested(subject_id=person.id, link_id=link_id))


def confirm_email(work: Work, *, token: str) -> None:
    """Confirm the address that a link was sent to (system only: whoever has the link has the address).

    Raises `NotFound` for a link that does not work. Announces `EmailConfirmed`.
    """
    link = use_link(work, token=token, purpose=LinkPurpose.EMAIL_CONFIRMATION)
    person = work.session.get(Person, link.person_id, with_for_update=True) if link.person_id else None
    if person is None or link.facts.get("address") != _print_of(person.email):
        raise NotFound(SPENT)  # the address of the account is another one by now
    if person.email_confirmed_at is None:
        person.email_confirmed_at = work.now
        work.record(EmailConfirmed(subject_id=person.id))


# --- changing ----------------------------------------------------------------------------------


def request_email_change(work: Work, *, new_email: str) -> UUID:
    """Ask to sign in by another address: both addresses get a link, and both have to say yes within a day.

    A wish of before is cancelled. Whether the new address has an account is not said here. Raises `Invalid` for
    no address or one's own, `StepUpNeeded`, and `TooManyLetters` at the fourth wish within an hour. Announces
    `EmailChangeRequested`.
    """
    person = _person(work, None)
    require_recent_factor(work)
    new = normal_email(new_email)
    if new == person.email:
        raise Invalid("This is your address already.")
    recent = select(EmailChange.id).where(
        EmailChange.person_id == person.id, EmailChange.asked_at > work.now - timedelta(hours=1)
    )
    if len(work.session.scalars(recent).all()) >= LETTERS_PER_HOUR:
        raise TooManyLetters("You have asked for several changes already. Please wait an hour.")
    _cancel_waiting(work, person)
    change = EmailChange(
        id=new_id(), person_id=person.id, old_email=person.email, new_email=new,
        state=EmailChangeState.WAITING.value, asked_at=work.now, expires_at=work.now + CONFIRMATION_LIFE,
    )  # fmt: skip
    work.session.add(change)
    facts = {"change_id": str(change.id)}
    old_link, new_link = (
        make_link(work, purpose=purpose, person_id=person.id, life=CONFIRMATION_LIFE, facts=facts)
        for purpose in CHANGE_LINKS
    )
    work.record(
        EmailChangeRequested(subject_id=person.id, change_id=change.id, old_link_id=old_link, new_link_id=new_link),
        personal={"before": {"email": person.email}, "after": {"email": new}},
    )
    return change.id


def confirm_email_change(work: Work, *, token: str) -> bool:
    """Say yes for one of the two addresses (system only). True when that was the second yes: it counts now.

    Raises `NotFound` for a link that does not work, and `AddressInUse` when somebody else signs in by the new
    address. Announces `EmailChangeConfirmed`, and `EmailChanged` with the second yes.
    """
    side, change = _opened(work, token)
    if side is LinkPurpose.EMAIL_CHANGE_OLD:
        change.old_confirmed_at = work.now
    else:
        change.new_confirmed_at = work.now
    word = "old" if side is LinkPurpose.EMAIL_CHANGE_OLD else "new"
    work.record(EmailChangeConfirmed(subject_id=change.person_id, change_id=change.id, side=word))
    if change.old_confirmed_at is None or change.new_confirmed_at is None:
        return False
    if work.session.scalar(select(Person.id).where(Person.email == change.new_email)):
        raise AddressInUse("Another account signs in by this address. Please choose another address.")
    person = work.session.get_one(Person, change.person_id)
    before = person.email
    person.email, person.email_confirmed_at = change.new_email, work.now
    change.move_to(EmailChangeState.DONE)
    # What was sent to the old address opens nothing any more.
    for purpose in (LinkPurpose.PASSWORD_RESET, LinkPurpose.EMAIL_CONFIRMATION, *CHANGE_LINKS):
        withdraw_links(work, purpose=purpose, person_id=person.id)
    work.record(
        EmailChanged(subject_id=person.id, change_id=change.id),
        personal={"before": {"email": before}, "after": {"email": person.email}},
    )
    return True


def refuse_email_change(work: Work, *, token: str) -> None:
    """Say no from either of the two addresses: nothing changes (system only).

    Raises `NotFound` for a link that does not work. Announces `EmailChangeCancelled`.
    """
    _, change = _opened(work, token)
    _cancel_waiting(work, work.session.get_one(Person, change.person_id))


def cancel_email_change(work: Work) -> None:
    """Take back one's own wish for another address. Raises `NotFound` when there is none."""
    if not _cancel_waiting(work, _person(work, None)):
        raise NotFound("There is no change of address that waits.")


def _opened(work: Work, token: str) -> tuple[LinkPurpose, EmailChange]:
    purpose = link_of(work, token=token).purpose
    if purpose not in CHANGE_LINKS:
        raise NotFound(SPENT)
    link = use_link(work, token=token, purpose=purpose)
    # The person first, then the wish: two clicks at once wait for each other, and the second sees the first.
    work.session.get(Person, link.person_id, with_for_update=True)
    change = work.session.get(
        EmailChange, UUID(str(link.facts["change_id"])), with_for_update=True, populate_existing=True
    )
    if change is None or change.state != EmailChangeState.WAITING or change.expires_at <= work.now:
        raise NotFound(SPENT)
    return purpose, change


def _cancel_waiting(work: Work, person: Person) -> bool:
    change = work.session.scalar(
        select(EmailChange)
        .where(EmailChange.person_id == person.id, EmailChange.state == EmailChangeState.WAITING.value)
        .with_for_update()
    )
    if change is None:
        return False
    change.move_to(EmailChangeState.CANCELLED)
    for purpose in CHANGE_LINKS:
        withdraw_links(work, purpose=purpose, person_id=person.id)
    work.session.flush()
    work.record(EmailChangeCancelled(subject_id=person.id, change_id=change.id))
    return True


def _person(work: Work, person_id: UUID | None) -> Person:
    """The person who acts; the system may name another."""
    wanted = person_id if work.actor.is_system else work.actor.user_id
    if wanted is None or (person_id is not None and person_id != wanted):
        raise NotFound
    person = work.session.get(Person, wanted, with_for_update=True)
    if person is None or person.state != "active":
        raise NotFound
    return person


def _print_of(email: str) -> str:
    """Enough of an address to know it again; the address itself stands with the person only."""
    return hashlib.sha256(email.encode()).hexdigest()
