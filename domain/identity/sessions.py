"""Sessions: picked up by the browser, asked for on every rerun, listed for their person, and ended.

A sign-in ends in a ticket that lives for seconds and is bound to the browser's nonce cookie; `redeem_ticket` turns
it into a session. From then on every rerun asks `whose_session`; revoking the row ends it everywhere at once.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity.events import SessionEnded, SessionsEnded, SignedOut
from domain.identity.matrix import GRANTS
from domain.identity.states import OrgKind, Variant
from domain.identity.views import SecurityEventRow, SessionRow, SignedIn
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import NotFound
from domain.kernel.work import Work

SESSION_LIFE = timedelta(hours=12)


def redeem_ticket(work: Work, *, ticket: str, nonce: str) -> UUID:
    """Turn a ticket into its session, once, within its life, for the browser that asked.

    Raises `NotFound` for anything else, without saying what was wrong.
    """
    system_only(work)
    session_id = work.session.execute(
        text(
            "update sign_in_sessions set ticket_hash = null, nonce_hash = null"
            " where ticket_hash = :ticket and nonce_hash = :nonce and ticket_expires_at > :now and revoked_at is null"
            " returning id"
        ),
        {"ticket": hashed_secret(ticket), "nonce": hashed_secret(nonce), "now": work.now},
    ).scalar_one_or_none()
    if session_id is None:
        raise NotFound("This sign-in has expired. Please sign in again.")
    return UUID(str(session_id))


def whose_session(work: Work, *, session_id: UUID) -> tuple[SignedIn, Actor] | None:
    """Who a live session belongs to, and the actor that may act for it; None when it has ended."""
    live = live_session(work, session_id=session_id)
    return None if live is None else (live[0], actor_of(live[0]))


def live_session(work: Work, *, session_id: UUID) -> tuple[SignedIn, UUID | None] | None:
    """Who a live session belongs to, and the look through somebody else's eyes that is open in it, if any."""
    system_only(work)
    row = work.session.execute(
        text(
            "select s.id as session_id, p.id as person_id, p.name as person_name, p.email, o.id as org_id,"
            " o.name as org_name, o.kind as org_kind, o.state as org_state, m.variant, o.time_zone,"
            " o.locale, o.currency, v.id as viewing_id"
            " from sign_in_sessions s join people p on p.id = s.person_id and p.state = 'active'"
            " join memberships m on m.person_id = p.id and m.org_id = s.org_id and m.state = 'active'"
            " join organizations o on o.id = s.org_id"
            " left join viewings v on v.session_id = s.id and v.ended_at is null"
            " where s.id = :id and s.revoked_at is null and s.expires_at > :now and s.ticket_hash is null"
        ),
        {"id": session_id, "now": work.now},
    ).one_or_none()
    if row is None:
        return None
    facts = row._asdict()
    viewing_id: UUID | None = facts.pop("viewing_id")
    return SignedIn.model_validate(facts), viewing_id


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
    system_only(work)
    person_id = work.session.execute(
        text("update sign_in_sessions set revoked_at = :now where id = :id and revoked_at is null returning person_id"),
        {"id": session_id, "now": work.now},
    ).scalar_one_or_none()
    if person_id is not None:
        work.record(SignedOut(subject_id=person_id, session_id=session_id))


def note_seen(work: Work, *, session_id: UUID) -> None:
    """Write down that a session is in use; the screens do so every few minutes."""
    system_only(work)
    work.session.execute(
        text("update sign_in_sessions set last_seen_at = :now where id = :id and revoked_at is null"),
        {"now": work.now, "id": session_id},
    )


# --- looking after one's own ---------------------------------------------------------------------


def my_sessions(work: Work) -> list[SessionRow]:
    """The acting person's live sessions: this one first, then the one used last."""
    work.actor.require_self()
    rows = work.session.execute(
        text(
            "select id as session_id, user_agent, method, factor_shown_at is not null as with_factor, created_at,"
            " last_seen_at, expires_at, id is not distinct from :mine as is_this from sign_in_sessions"
            " where person_id = :me and revoked_at is null and ticket_hash is null and expires_at > :now"
            " order by id is not distinct from :mine desc, last_seen_at desc, id"
        ),
        {"me": _me(work), "mine": work.actor.sign_in_session_id, "now": work.now},
    )
    return [SessionRow.model_validate(row._asdict()) for row in rows]


def end_session(work: Work, *, session_id: UUID) -> None:
    """End one of one's own sessions. Raises `NotFound` for any other. Announces `SessionEnded`."""
    ended = work.session.execute(
        text(
            "update sign_in_sessions set revoked_at = :now"
            " where id = :id and person_id = :me and revoked_at is null returning id"
        ),
        {"now": work.now, "id": session_id, "me": _me(work)},
    ).first()
    if ended is None:
        raise NotFound("This session has ended already.")
    work.record(SessionEnded(subject_id=_me(work), session_id=session_id))


def end_my_sessions(work: Work, *, this_too: bool = False) -> int:
    """Sign out everywhere: all of one's sessions, or all but this one. Returns how many. Announces `SessionsEnded`."""
    me, kept = _me(work), None if this_too else work.actor.sign_in_session_id
    ended = end_sessions_of(work, person_id=me, but=kept)
    if ended:
        work.record(SessionsEnded(subject_id=me, sessions=ended, kept_id=kept))
    return ended


def end_sessions_of(work: Work, *, person_id: UUID, but: UUID | None = None) -> int:
    """The step by which a person's sessions end, those signed in by half as well. The caller had the right to it."""
    work.session.execute(text("delete from half_sign_ins where person_id = :person"), {"person": person_id})
    ended = work.session.execute(
        text(
            "update sign_in_sessions set revoked_at = :now where person_id = :person and revoked_at is null"
            " and id is distinct from :but returning id"
        ),
        {"now": work.now, "person": person_id, "but": but},
    )
    return len(ended.all())


SECURITY_EVENTS = (
    "SignedInEvent", "SignInRefused", "SignInLocked", "SignedOut", "SessionEnded", "SessionsEnded", "PasswordChanged",
    "OwnPasswordRefused", "PasswordReset", "EmailChanged", "PhoneConfirmed", "IdentityJoined", "IdentityTakenAway",
    "FactorEnrolled", "FactorRemoved", "FactorLossReported", "FactorLossApproved", "FactorLossRefused",
    "FactorLossCancelled", "LostFactorRemoved", "NewBrowserSeen", "SignInDisowned", "FactorRefused", "FactorShown",
    "RecoveryCodeUsed", "RecoveryCodesRenewed",
)  # fmt: skip


def my_sign_ins(work: Work, *, page: int = 1, size: int = 20) -> tuple[list[SecurityEventRow], int]:
    """What happened to one's own sign-in, latest first: one page, and how many there are in all."""
    work.actor.require_self()
    rows = work.session.execute(
        text(
            "select e.id as event_id, e.name, e.recorded_at as at, e.facts, s.user_agent,"
            " s.id is not distinct from :mine and s.id is not null as is_this, count(*) over () as total from events e"
            " left join sign_in_sessions s on s.id = (e.facts ->> 'session_id')::uuid and s.person_id = :me"
            " where e.subject in ('person', 'sign_in') and e.subject_id = :me and e.name = any(:names)"
            " order by e.id desc limit :size offset :skip"
        ),
        {
            "me": _me(work), "mine": work.actor.sign_in_session_id, "names": list(SECURITY_EVENTS), "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    found = [SecurityEventRow.model_validate(row._asdict()) for row in rows]
    return found, rows[0].total if rows else 0


def _me(work: Work) -> UUID:
    if work.actor.user_id is None:
        raise NotFound
    return work.actor.user_id


def system_only(work: Work) -> None:
    # Nobody is signed in yet, so the web process acts as the system, here and nowhere else.
    if not work.actor.is_system:
        raise NotFound


def hashed_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
