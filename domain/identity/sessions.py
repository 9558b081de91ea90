"""Signing in: password, rate limit, a ticket for the browser, a server-side session, sign-out.

The screens check the password (`sign_in`), get a ticket that lives for seconds and is bound to the
browser's nonce cookie, and send the browser to pick up its session cookie (`redeem_ticket`). From
then on every rerun asks `whose_session`; revoking the row ends it everywhere at once.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity.events import SignedInEvent, SignedOut, SignInRefused
from domain.identity.models import SignInSession
from domain.identity.passwords import is_right
from domain.identity.permissions import GRANTS
from domain.identity.states import OrgKind, Variant
from domain.identity.views import SignedIn, Ticket
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

TRIES, TRIES_WINDOW = 5, timedelta(minutes=15)
TRIES_PER_ADDRESS = 50
TICKET_LIFE = timedelta(seconds=30)
SESSION_LIFE = timedelta(hours=12)


class TooManyTries(Conflict):
    pass


def sign_in(work: Work, *, email: str, password: str, nonce: str, address: str, user_agent: str = "") -> Ticket | None:
    """Check e-mail and password; hand out a ticket for the browser that holds `nonce`.

    None means that they are wrong: the failed try is written down, so the answer must commit. Tries
    count per account and address together, so nobody can lock a victim out from elsewhere, and per
    address alone. Raises `TooManyTries`. Unknown and known accounts do the same argon2 work.
    """
    _system_only(work)
    email = email.strip().lower()
    buckets = [_hashed(f"{email}|{address}").hex(), _hashed(address).hex()]
    # Guesses that arrive together are counted one after the other.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:bucket))"), {"bucket": buckets[0]})
    counts: dict[str, int] = dict(
        work.session.execute(
            text(
                "select bucket, count(*) from sign_in_attempts where bucket = any(:buckets) and attempted_at > :since"
                " group by bucket"
            ),
            {"buckets": buckets, "since": work.now - TRIES_WINDOW},
        ).all()
    )
    if counts.get(buckets[0], 0) >= TRIES or counts.get(buckets[1], 0) >= TRIES_PER_ADDRESS:
        raise TooManyTries("Too many attempts. Please wait a quarter of an hour and try again.")
    person = work.session.execute(
        text(
            "select p.id, p.password_hash, p.state, m.org_id from people p"
            " join memberships m on m.person_id = p.id and m.state = 'active'"
            " where p.email = :email order by m.created_at limit 1"
        ),
        {"email": email},
    ).one_or_none()
    right = is_right(password, person.password_hash if person else None)
    if person is None or not right or person.state != "active":
        work.session.execute(
            text(
                "insert into sign_in_attempts (id, bucket, attempted_at)"
                " select * from unnest(cast(:ids as uuid[]), cast(:buckets as text[]), cast(:at as timestamptz[]))"
            ),
            {"ids": [new_id(), new_id()], "buckets": buckets, "at": [work.now, work.now]},
        )
        work.record(SignInRefused(subject_id=person.id if person else new_id(), bucket=buckets[0]))
        return None
    work.session.execute(text("delete from sign_in_attempts where bucket = :bucket"), {"bucket": buckets[0]})
    ticket = secrets.token_urlsafe(32)
    session = SignInSession(
        id=new_id(), person_id=person.id, org_id=person.org_id, ticket_hash=_hashed(ticket), nonce_hash=_hashed(nonce),
        ticket_expires_at=work.now + TICKET_LIFE, user_agent=user_agent[:300], created_at=work.now,
        expires_at=work.now + SESSION_LIFE, last_seen_at=work.now,
    )  # fmt: skip
    work.session.add(session)
    work.record(SignedInEvent(subject_id=person.id, session_id=session.id, for_org_id=person.org_id))
    return Ticket(session_id=session.id, ticket=ticket)


def redeem_ticket(work: Work, *, ticket: str, nonce: str) -> UUID:
    """Turn a ticket into its session, once, within its life, for the browser that asked.

    Raises `NotFound` for anything else, without saying what was wrong.
    """
    _system_only(work)
    session_id = work.session.execute(
        text(
            "update sign_in_sessions set ticket_hash = null, nonce_hash = null"
            " where ticket_hash = :ticket and nonce_hash = :nonce and ticket_expires_at > :now and revoked_at is null"
            " returning id"
        ),
        {"ticket": _hashed(ticket), "nonce": _hashed(nonce), "now": work.now},
    ).scalar_one_or_none()
    if session_id is None:
        raise NotFound("This sign-in has expired. Please sign in again.")
    return UUID(str(session_id))


def whose_session(work: Work, *, session_id: UUID) -> tuple[SignedIn, Actor] | None:
    """Who a live session belongs to, and the actor that may act for it; None when it has ended."""
    _system_only(work)
    row = work.session.execute(
        text(
            "select s.id as session_id, p.id as person_id, p.name as person_name, p.email, o.id as org_id,"
            " o.name as org_name, o.kind as org_kind, m.variant, o.time_zone, o.locale, o.currency"
            " from sign_in_sessions s join people p on p.id = s.person_id and p.state = 'active'"
            " join memberships m on m.person_id = p.id and m.org_id = s.org_id and m.state = 'active'"
            " join organizations o on o.id = s.org_id and o.state = 'active'"
            " where s.id = :id and s.revoked_at is null and s.expires_at > :now and s.ticket_hash is null"
        ),
        {"id": session_id, "now": work.now},
    ).one_or_none()
    if row is None:
        return None
    signed_in = SignedIn.model_validate(row._asdict())
    return signed_in, actor_of(signed_in)


def actor_of(signed_in: SignedIn) -> Actor:
    """The actor of a person in an organisation, with the permissions of the role variant."""
    is_platform = signed_in.org_kind == OrgKind.PLATFORM
    return Actor(
        user_id=signed_in.person_id, org_id=signed_in.org_id, org_kind=signed_in.org_kind, variant=signed_in.variant,
        scope=Scope.PLATFORM if is_platform else Scope.MEMBER, permissions=GRANTS[Variant(signed_in.variant)],
        sign_in_session_id=signed_in.session_id,
    )  # fmt: skip


def sign_out(work: Work, *, session_id: UUID) -> None:
    """End a session. Ending it twice is fine."""
    _system_only(work)
    person_id = work.session.execute(
        text("update sign_in_sessions set revoked_at = :now where id = :id and revoked_at is null returning person_id"),
        {"id": session_id, "now": work.now},
    ).scalar_one_or_none()
    if person_id is not None:
        work.record(SignedOut(subject_id=person_id, session_id=session_id))


def _system_only(work: Work) -> None:
    # Nobody is signed in yet, so the web process acts as the system, here and nowhere else.
    if not work.actor.is_system:
        raise NotFound


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
