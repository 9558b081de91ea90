"""Forgotten passwords: a link to the address of the account, and a new password for whoever has it.

What is said and what is done is the same for every address, so nobody learns here who has an account. A new
password signs nobody in: who has a second factor shows it at the next sign-in as always.
"""

import hashlib
from datetime import timedelta

from sqlalchemy import text

from domain.identity.events import EmailConfirmed, PasswordReset, PasswordResetRequested
from domain.identity.links import make_link, use_link, withdraw_links
from domain.identity.models import Person
from domain.identity.passwords import check_strength, hash_password
from domain.identity.sessions import end_sessions_of
from domain.identity.states import LinkPurpose
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

RESET_LIFE = timedelta(hours=1)
RESETS_WINDOW = timedelta(hours=1)
RESETS_PER_EMAIL, RESETS_PER_ADDRESS = 3, 20


class TooManyResets(Conflict):
    pass


def request_password_reset(work: Work, *, email: str, address: str) -> None:
    """Send a link for a new password to an e-mail address, if somebody signs in by it (system only).

    Known and unknown addresses do the same work and get the same answer. The fourth letter to one address
    within an hour is silently not sent. Raises `TooManyResets` for an internet address that asks for many.
    Announces `PasswordResetRequested`.
    """
    if not work.actor.is_system:
        raise NotFound
    email = email.strip().lower()
    by_email, by_address = _bucket(email), _bucket(f"from {address}")
    counts: dict[str, int] = dict(
        work.session.execute(
            text(
                "select bucket, count(*) from sign_in_attempts where bucket = any(:buckets) and attempted_at > :since"
                " group by bucket"
            ),
            {"buckets": [by_email, by_address], "since": work.now - RESETS_WINDOW},
        ).all()
    )
    if counts.get(by_address, 0) >= RESETS_PER_ADDRESS:
        raise TooManyResets("Too many requests. Please wait an hour and try again.")
    work.session.execute(
        text(
            "insert into sign_in_attempts (id, bucket, attempted_at)"
            " select * from unnest(cast(:ids as uuid[]), cast(:buckets as text[]), cast(:at as timestamptz[]))"
        ),
        {"ids": [new_id(), new_id()], "buckets": [by_email, by_address], "at": [work.now, work.now]},
    )
    person_id = work.session.execute(
        text("select id from people where email = :email and state = 'active'"), {"email": email}
    ).scalar_one_or_none()
    if counts.get(by_email, 0) >= RESETS_PER_EMAIL:
        person_id = None  # nothing is sent, and everything else goes on as if it were
    link_id = make_link(work, purpose=LinkPurpose.PASSWORD_RESET, person_id=person_id, life=RESET_LIFE)
    work.record(PasswordResetRequested(subject_id=link_id, person_id=person_id))


def reset_password(work: Work, *, token: str, new: str) -> None:
    """Choose a new password by a link; every session of the person ends, and no new one begins (system only).

    The link proves the address, so it is confirmed too. Raises `NotFound` for a link that does not work and
    `Invalid` for a weak password, which leaves the link as it was. Announces `PasswordReset`.
    """
    link = use_link(work, token=token, purpose=LinkPurpose.PASSWORD_RESET)
    person = work.session.get(Person, link.person_id, with_for_update=True) if link.person_id else None
    if person is None or person.state != "active":
        raise NotFound("This account cannot sign in any more. Please ask the owner of your organisation.")
    check_strength(new, own_words=(person.email, person.name))
    person.password_hash = hash_password(new)
    if person.email_confirmed_at is None:
        person.email_confirmed_at = work.now
        work.record(EmailConfirmed(subject_id=person.id))
    withdraw_links(work, purpose=LinkPurpose.PASSWORD_RESET, person_id=person.id)
    ended = end_sessions_of(work, person_id=person.id)
    work.record(PasswordReset(subject_id=person.id, link_id=link.link_id, sessions_ended=ended))


def _bucket(what: str) -> str:
    return hashlib.sha256(f"reset {what}".encode()).hexdigest()
