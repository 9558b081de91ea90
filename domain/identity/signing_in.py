"""Signing in: the password, the second factor where there is one, and a ticket for the browser.

The screens check the password (`sign_in`). Who has a second factor has signed in by half then: a row that opens
nothing, lives for minutes and is found by the browser's nonce alone, so that a reload or another process of ours
goes on where it was. `finish_sign_in` takes the code. Both ways end in a ticket that lives for seconds
and is bound to the same nonce; `sessions.redeem_ticket` turns it into a session.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text

from domain.identity.events import SignedInEvent, SignInLocked, SignInRefused
from domain.identity.factors import shown
from domain.identity.guesses import GUESSES, GUESSES_PER_ADDRESS, GUESSES_WINDOW, bucket_of, wait_for
from domain.identity.lost_factors import cancel_loss_of
from domain.identity.models import HalfSignIn, SignInSession
from domain.identity.passwords import is_right
from domain.identity.sessions import SESSION_LIFE, hashed_secret, system_only
from domain.identity.states import SignInMethod
from domain.identity.views import CodeAwaited, Ticket
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

TICKET_LIFE = timedelta(seconds=30)
HALF_LIFE = timedelta(minutes=10)


def sign_in(
    work: Work, *, email: str, password: str, nonce: str, address: str, user_agent: str = ""
) -> Ticket | CodeAwaited | None:
    """Check e-mail and password; hand out a ticket for the browser that holds `nonce`, or wait for its code.

    None means that they are wrong: the failed try is written down, so the answer must commit. Tries
    count per account and address together, so nobody can lock a victim out from elsewhere, and per
    address alone. Raises `TooManyTries`. Unknown and known accounts do the same argon2 work and read the same words.
    Announces `SignedInEvent`, `SignInRefused` and `SignInLocked`.
    """
    system_only(work)
    email = email.strip().lower()
    buckets = [bucket_of(email, address), bucket_of(address)]
    # Guesses that arrive together are counted one after the other.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:bucket))"), {"bucket": buckets[0]})
    rows = work.session.execute(
        text(
            "select bucket, attempted_at from sign_in_attempts where bucket = any(:buckets) and attempted_at > :since"
            " order by attempted_at, id"
        ),
        {"buckets": buckets, "since": work.now - GUESSES_WINDOW},
    )
    tries: list[tuple[str, datetime]] = [(row.bucket, row.attempted_at) for row in rows]
    for bucket, most in zip(buckets, (GUESSES, GUESSES_PER_ADDRESS), strict=True):
        counted = [at for one, at in tries if one == bucket]
        if len(counted) >= most:
            raise wait_for(counted[-most], work.now)
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
        subject, org_id = (person.id, person.org_id) if person else (new_id(), None)
        work.record(SignInRefused(subject_id=subject, bucket=buckets[0], for_org_id=org_id))
        if len([at for one, at in tries if one == buckets[0]]) + 1 == GUESSES:
            until = work.now + GUESSES_WINDOW
            work.record(
                SignInLocked(subject_id=subject, bucket=buckets[0], step="password", until=until, for_org_id=org_id)
            )
        return None
    work.session.execute(text("delete from sign_in_attempts where bucket = :bucket"), {"bucket": buckets[0]})
    return admit(work, person_id=person.id, nonce=nonce, user_agent=user_agent, method=SignInMethod.PASSWORD)


def admit(
    work: Work, *, person_id: UUID, nonce: str, user_agent: str = "", method: SignInMethod, org_id: UUID | None = None
) -> Ticket | CodeAwaited:
    """Let somebody in who has proved who they are by `method`; a second factor that is set up is asked for still.

    They act for `org_id`, or for the first organisation that they belong to. Every way in ends here, so none gets
    around the second factor. Raises `NotFound` for somebody who may not sign in.
    """
    system_only(work)
    person = work.session.execute(
        text(
            "select m.org_id, exists (select 1 from second_factors f where f.person_id = p.id"
            " and f.confirmed_at is not null) as has_factor"
            " from people p join memberships m on m.person_id = p.id and m.state = 'active'"
            " where p.id = :person and p.state = 'active' and (cast(:org as uuid) is null or m.org_id = :org)"
            " order by m.created_at limit 1"
        ),
        {"person": person_id, "org": org_id},
    ).one_or_none()
    if person is None:
        raise NotFound("This account cannot sign in.")
    if not person.has_factor:
        return _hand_out(work, person_id, person.org_id, nonce, user_agent, method, factor="no")
    # What was left lying is cleared here; this browser begins anew.
    work.session.execute(
        delete(HalfSignIn).where((HalfSignIn.nonce_hash == hashed_secret(nonce)) | (HalfSignIn.expires_at <= work.now))
    )
    half = HalfSignIn(
        id=new_id(), person_id=person_id, org_id=person.org_id, nonce_hash=hashed_secret(nonce), method=method.value,
        user_agent=user_agent[:300], created_at=work.now, expires_at=work.now + HALF_LIFE,
    )  # fmt: skip
    work.session.add(half)
    return CodeAwaited(until=half.expires_at)


def finish_sign_in(work: Work, *, nonce: str, code: str, address: str) -> Ticket | None:
    """The second step: the code of the app or a recovery code, for the browser that holds `nonce`.

    None means that it was wrong, which is written down. Raises `NotFound` when the first step is too long ago
    or the person may no longer sign in, and `TooManyTries`. Announces `SignedInEvent`.
    """
    system_only(work)
    half = work.session.scalars(
        select(HalfSignIn)
        .where(HalfSignIn.nonce_hash == hashed_secret(nonce), HalfSignIn.expires_at > work.now)
        .with_for_update()
    ).one_or_none()
    if half is None or not _may_sign_in(work, half):
        raise NotFound("This sign-in has expired. Please sign in again.")
    factor = shown(work, person_id=half.person_id, code=code, address=address, org_id=half.org_id)
    if factor is None:
        return None
    # Whoever shows the factor has not lost it, so a request that says so is somebody else's, or is done with.
    cancel_loss_of(work, person_id=half.person_id, by="factor")
    work.session.delete(half)
    return _hand_out(
        work, half.person_id, half.org_id, nonce, half.user_agent or "", SignInMethod(half.method), factor=factor.value
    )


def awaits_code(work: Work, *, nonce: str) -> bool:
    """Whether the browser that holds `nonce` has signed in by half."""
    system_only(work)
    statement = select(HalfSignIn.id).where(
        HalfSignIn.nonce_hash == hashed_secret(nonce), HalfSignIn.expires_at > work.now
    )
    return work.session.scalar(statement) is not None


def give_up_sign_in(work: Work, *, nonce: str) -> None:
    """Forget the first step, to begin again with another account."""
    system_only(work)
    work.session.execute(delete(HalfSignIn).where(HalfSignIn.nonce_hash == hashed_secret(nonce)))


def _may_sign_in(work: Work, half: HalfSignIn) -> bool:
    found = work.session.execute(
        text(
            "select 1 from people p join memberships m on m.person_id = p.id and m.state = 'active'"
            " and m.org_id = :org where p.id = :person and p.state = 'active'"
        ),
        {"org": half.org_id, "person": half.person_id},
    ).first()
    return found is not None


def _hand_out(
    work: Work, person_id: UUID, org_id: UUID, nonce: str, user_agent: str, method: SignInMethod, *, factor: str
) -> Ticket:
    ticket = secrets.token_urlsafe(32)
    session = SignInSession(
        id=new_id(), person_id=person_id, org_id=org_id, ticket_hash=hashed_secret(ticket),
        nonce_hash=hashed_secret(nonce), ticket_expires_at=work.now + TICKET_LIFE, user_agent=user_agent[:300],
        method=method.value, factor_shown_at=None if factor == "no" else work.now, created_at=work.now,
        expires_at=work.now + SESSION_LIFE, last_seen_at=work.now,
    )  # fmt: skip
    work.session.add(session)
    work.record(
        SignedInEvent(
            subject_id=person_id, session_id=session.id, for_org_id=org_id, method=method.value, factor=factor
        )
    )
    return Ticket(session_id=session.id, ticket=ticket)
