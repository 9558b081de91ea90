"""Looking through somebody else's eyes: what a colleague or a member sees, and nothing that could change it.

Who manages a team looks as colleagues whose rights are within their own. The platform's people look as a member only
while that member's consent holds. A look is a row bound to the looker's session; every drawing asks anew whether it
still may be, and the actor that it gives can do nothing (`kernel.work.run`). asked -> granted | refused;
granted -> withdrawn.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, text

from domain.identity.events import ViewConsentAnswered, ViewConsentAsked, ViewStarted, ViewStopped
from domain.identity.granting import is_owner, may_grant
from domain.identity.matrix import GRANTS
from domain.identity.models import Membership, ViewConsent, Viewing
from domain.identity.permissions import Permission
from domain.identity.sessions import actor_of, live_session, system_only
from domain.identity.states import OrgKind, Variant, ViewConsentState, ViewEnd
from domain.identity.views import Looking, SignedIn, ViewConsentRow, ViewingRow
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

LONGEST_VIEW = timedelta(minutes=30)
ANSWER_WITHIN = timedelta(days=7)
MOST_HOURS = 72
_OPEN = (ViewConsentState.ASKED, ViewConsentState.GRANTED)


class NotForYourEyes(NotAllowed):
    """Nobody looks through the eyes of somebody who may do more, or of the platform's own people."""


# --- the consent of a member --------------------------------------------------------------------


def ask_to_view(work: Work, *, request_id: UUID, org_id: UUID, person_id: UUID, reason: str) -> UUID:
    """Ask a member for consent to look through their eyes. The member, or the owner, answers within seven days.

    Raises `NotFound` for who is no member, `NotForYourEyes` for the platform's own people, `Conflict` while one's
    earlier wish is open. Announces `ViewConsentAsked`.
    """
    work.actor.require(Permission.VIEW_AS_MEMBER)
    _may_be_seen_by_staff(work, org_id, person_id)
    open_one = select(ViewConsent.id).where(
        ViewConsent.org_id == org_id, ViewConsent.person_id == person_id, ViewConsent.state.in_(_OPEN),
        ViewConsent.asked_by == work.actor.user_id, ViewConsent.expires_at > work.now,
    )  # fmt: skip
    if work.session.scalar(open_one):
        raise Conflict("You have asked this person already.")
    made = ViewConsent(
        id=new_id(), org_id=org_id, person_id=person_id, asked_by=work.actor.user_id, reason=_reason(reason, least=3),
        state=ViewConsentState.ASKED.value, asked_at=work.now, expires_at=work.now + ANSWER_WITHIN,
    )  # fmt: skip
    work.session.add(made)
    work.record(
        ViewConsentAsked(
            subject_id=org_id, consent_id=made.id, person_id=person_id, reason=made.reason, after={"state": made.state}
        )
    )  # fmt: skip
    return made.id


def open_view(work: Work, *, request_id: UUID, hours: int, reason: str = "") -> UUID:
    """Let the platform's people look through one's own eyes for some hours, without having been asked.

    Raises `Invalid`, `NotForYourEyes` for the platform's own people. Announces `ViewConsentAnswered`.
    """
    org_id, me = work.actor.require_org(), work.actor.user_id
    if me is None:
        raise NotFound
    _may_be_seen_by_staff(work, org_id, me)
    made = ViewConsent(
        id=new_id(), org_id=org_id, person_id=me, reason=_reason(reason, least=0),
        state=ViewConsentState.GRANTED.value, asked_at=work.now, expires_at=work.now + _life(hours), answered_by=me,
        answered_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    _tell(work, made, before={})
    return made.id


def grant_view(work: Work, *, consent_id: UUID, hours: int) -> None:
    """Let whoever asked look through one's own eyes for some hours; an owner answers for everybody of theirs.

    Raises `NotFound`, `Invalid`, `Conflict` for a wish that is no longer open. Announces `ViewConsentAnswered`.
    """
    found = _to_answer(work, consent_id)
    if found.state == ViewConsentState.ASKED and found.expires_at <= work.now:
        raise Conflict("This was asked too long ago and no longer counts.")
    before = found.state
    found.move_to(ViewConsentState.GRANTED)
    found.answered_by, found.answered_at, found.expires_at = work.actor.user_id, work.now, work.now + _life(hours)
    _tell(work, found, before={"state": before})


def end_view_consent(work: Work, *, consent_id: UUID) -> None:
    """Say no to a wish, or take a consent back: whoever looks sees nothing any more from the next moment on.

    Raises `NotFound`, `states.IllegalMove` when it has ended. Announces `ViewConsentAnswered` and `ViewStopped`.
    """
    found = _to_answer(work, consent_id)
    before = found.state
    if before == ViewConsentState.ASKED:
        found.move_to(ViewConsentState.REFUSED)
        found.answered_by, found.answered_at = work.actor.user_id, work.now
    else:
        found.move_to(ViewConsentState.WITHDRAWN)
        found.withdrawn_by, found.withdrawn_at = work.actor.user_id, work.now
    work.session.flush()
    _tell(work, found, before={"state": before})
    _end(work, "v.consent_id = :id", ViewEnd.CONSENT, id=consent_id)


# --- looking ------------------------------------------------------------------------------------


def view_as_colleague(work: Work, *, person_id: UUID) -> UUID:
    """Let the session in which this is asked look as a colleague, for at most half an hour.

    Raises `NotFound` for who is no colleague, `NotForYourEyes` for a role that may do more than one's own, `Conflict`
    without a session. Announces `ViewStarted`.
    """
    work.actor.require(Permission.MANAGE_TEAM)
    org_id = work.actor.require_org()
    member = work.session.get(Membership, (person_id, org_id))
    if member is None or member.state != "active":
        raise NotFound
    if person_id == work.actor.user_id:
        raise Invalid("You see everything with your own eyes already.")
    if not may_look_as(work.actor, Variant(member.variant)):
        raise NotForYourEyes("This person may do more than you, so you cannot look through their eyes.")
    return _start(work, org_id=org_id, person_id=person_id, consent=None)


def view_as_member(work: Work, *, consent_id: UUID) -> UUID:
    """Let the session in which this is asked look as the member who consented, for half an hour or what is left.

    Raises `NotFound` for a consent that is somebody else's, `Conflict` when it does not hold. Announces `ViewStarted`.
    """
    work.actor.require(Permission.VIEW_AS_MEMBER)
    # Not locked: a consent that is taken back at this moment counts no more when the look is drawn.
    found = work.session.get(ViewConsent, consent_id)
    if found is None or found.asked_by not in (None, work.actor.user_id):
        raise NotFound
    _may_be_seen_by_staff(work, found.org_id, found.person_id)
    if found.state != ViewConsentState.GRANTED or found.expires_at <= work.now:
        raise Conflict("There is no consent that holds. Please ask for one.")
    return _start(work, org_id=found.org_id, person_id=found.person_id, consent=found)


def stop_viewing(work: Work, *, session_id: UUID) -> None:
    """See with one's own eyes again (the web process only). Twice is fine. Announces `ViewStopped`."""
    system_only(work)
    _end(work, "v.session_id = :id", ViewEnd.VIEWER, id=session_id)


def end_views(work: Work) -> int:
    """Close looks that are over, whatever ended them (the system only). Returns how many. Announces `ViewStopped`."""
    system_only(work)
    ended = _end(
        work,
        "exists (select 1 from sign_in_sessions s where s.id = v.session_id"
        " and (s.revoked_at is not null or s.expires_at <= :now))",
        ViewEnd.SESSION,
    )
    ended += _end(work, "v.expires_at <= :now", ViewEnd.TIME)
    # What every drawing finds out for itself: a role that changed, a person who left. Few looks are ever open.
    open_ones = work.session.scalars(select(Viewing.session_id).where(Viewing.ended_at.is_(None))).all()
    for session_id in open_ones:
        found = seen_as(work, session_id=session_id)
        if found is None or found[0].looking is None:
            ended += _end(work, "v.session_id = :id", ViewEnd.CONSENT, id=session_id)
    return ended


# --- questions ----------------------------------------------------------------------------------

_SEEN = text(
    "select p.id as person_id, p.name as person_name, p.email, o.id as org_id, o.name as org_name,"
    " o.kind as org_kind, o.state as org_state, m.variant, o.time_zone, o.locale, o.currency,"
    " v.expires_at as until, v.consent_id is not null as is_staff,"
    " coalesce(c.state = 'granted' and c.expires_at > :now and coalesce(c.asked_by, v.viewer_id) = v.viewer_id,"
    "  false) as is_consented"
    " from viewings v join people p on p.id = v.person_id and p.state = 'active'"
    " join memberships m on m.person_id = v.person_id and m.org_id = v.org_id and m.state = 'active'"
    " join organizations o on o.id = v.org_id left join view_consents c on c.id = v.consent_id"
    " where v.id = :id and v.ended_at is null and v.expires_at > :now and v.viewer_id = :viewer"
    " and v.viewer_org_id = :viewer_org"
)


def seen_as(work: Work, *, session_id: UUID) -> tuple[SignedIn, Actor] | None:
    """Whose screens a live session shows (the web process only): its person's, or those of whom the person looks as.

    A look that may no longer be counts no more, in the same moment; None when the session has ended.
    """
    live = live_session(work, session_id=session_id)
    if live is None:
        return None
    real, viewing_id = live
    actor = actor_of(real)
    if viewing_id is None:
        return real, actor
    row = work.session.execute(
        _SEEN, {"id": viewing_id, "now": work.now, "viewer": real.person_id, "viewer_org": real.org_id}
    ).one_or_none()
    if row is None or not (_may_look_on(actor, row)):
        return real, actor
    facts = row._asdict()
    looking = Looking(
        viewing_id=viewing_id, viewer_id=real.person_id, viewer_name=real.person_name,
        is_staff=facts.pop("is_staff"), until=facts.pop("until"),
    )  # fmt: skip
    seen = SignedIn.model_validate({**facts, "session_id": real.session_id, "looking": looking})
    return seen, replace(actor_of(seen), viewer_id=real.person_id, sign_in_session_id=None)


def my_views(work: Work) -> tuple[list[ViewConsentRow], list[ViewingRow]]:
    """Consents to look through one's own eyes, and who looked; owners see those of everybody of theirs. Latest first.

    The platform's people stand there without a name.
    """
    org_id, me = work.actor.require_org(), work.actor.user_id
    everybody = work.actor.variant is not None and is_owner(work.actor.variant)
    facts = {"org": org_id, "me": me, "all": everybody, "now": work.now}
    consents = work.session.execute(
        text(_CONSENTS + " where c.org_id = :org and (:all or c.person_id = :me) order by c.asked_at desc limit 50"),
        facts,
    )
    return [ViewConsentRow.model_validate(row._asdict()) for row in consents], _viewings(
        work, " where v.org_id = :org and (:all or v.person_id = :me or v.viewer_id = :me)", facts
    )


def views_of_organization(work: Work, *, org_id: UUID) -> tuple[list[ViewConsentRow], list[ViewingRow]]:
    """Consents of an organisation's people to the platform's people, and the looks with them. Latest first."""
    work.actor.require(Permission.VIEW_AS_MEMBER)
    facts = {"org": org_id, "me": work.actor.user_id, "now": work.now}
    consents = work.session.execute(text(_CONSENTS + " where c.org_id = :org order by c.asked_at desc limit 50"), facts)
    return [ViewConsentRow.model_validate(row._asdict()) for row in consents], _viewings(
        work, " where v.org_id = :org and v.consent_id is not null", facts
    )


_CONSENTS = (
    "select c.id as consent_id, c.person_id, p.name as person_name, c.state, c.reason, c.asked_at, c.expires_at,"
    " c.asked_by is not null as is_asked, c.expires_at <= :now and c.state in ('asked', 'granted') as is_lapsed,"
    " coalesce(c.asked_by = :me, true) as is_mine from view_consents c join people p on p.id = c.person_id"
)


def _viewings(work: Work, which: str, facts: Mapping[str, object]) -> list[ViewingRow]:
    rows = work.session.execute(
        text(
            "select v.id as viewing_id, v.person_id, p.name as person_name,"
            " case when v.consent_id is null or :staff then w.name end as viewer_name, c.reason, v.started_at,"
            " v.ended_at, v.ended_by from viewings v join people p on p.id = v.person_id"
            " left join people w on w.id = v.viewer_id left join view_consents c on c.id = v.consent_id"
            + which
            + " order by v.started_at desc limit 50"
        ),
        {**facts, "staff": work.actor.is_staff},
    )
    return [ViewingRow.model_validate(row._asdict()) for row in rows]


# --- inside -------------------------------------------------------------------------------------


def may_look_as(actor: Actor, variant: Variant) -> bool:
    """Whether all that a colleague of this role may do, the actor may too; never of the platform's own people."""
    is_ours = actor.org_kind != OrgKind.PLATFORM
    return is_ours and may_grant(actor, variant) and GRANTS[variant] <= actor.permissions


def _may_look_on(actor: Actor, row: object) -> bool:
    """Whether a look that has begun may go on: the rights that it took are held still."""
    if row.is_staff:  # type: ignore[attr-defined]
        return row.is_consented and actor.may(Permission.VIEW_AS_MEMBER)  # type: ignore[attr-defined]
    return may_look_as(actor, Variant(row.variant))  # type: ignore[attr-defined]


def _may_be_seen_by_staff(work: Work, org_id: UUID, person_id: UUID) -> None:
    row = work.session.execute(
        text(
            "select o.kind, exists (select 1 from memberships a join organizations p on p.id = a.org_id"
            " and p.kind = 'platform' where a.person_id = m.person_id and a.state = 'active') as is_admin"
            " from memberships m join organizations o on o.id = m.org_id and o.origin = 'live'"
            " join people p on p.id = m.person_id and p.state = 'active'"
            " where m.org_id = :org and m.person_id = :person and m.state = 'active'"
        ),
        {"org": org_id, "person": person_id},
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.is_admin or row.kind == OrgKind.PLATFORM:
        raise NotForYourEyes("Nobody looks through the eyes of the platform's own people.")


def _to_answer(work: Work, consent_id: UUID) -> ViewConsent:
    """A consent about the one who acts, or about somebody of whose organisation the one who acts is an owner."""
    found = work.session.get(ViewConsent, consent_id, with_for_update=True)
    if found is None or work.actor.user_id is None or found.org_id != work.actor.org_id:
        raise NotFound
    is_owners = work.actor.variant is not None and is_owner(work.actor.variant)
    if found.person_id != work.actor.user_id and not is_owners:
        raise NotFound
    return found


def _start(work: Work, *, org_id: UUID, person_id: UUID, consent: ViewConsent | None) -> UUID:
    session_id = work.actor.sign_in_session_id
    live = work.session.execute(
        text(
            "select 1 from sign_in_sessions where id = :id and person_id = :me and org_id = :org"
            " and revoked_at is null and expires_at > :now for update"
        ),
        {"id": session_id, "me": work.actor.user_id, "org": work.actor.org_id, "now": work.now},
    ).one_or_none()
    if session_id is None or live is None:
        raise Conflict("Looking as somebody else takes a sign-in of your own. Please sign in again.")
    _end(work, "v.session_id = :id", ViewEnd.ANOTHER, id=session_id)
    until = work.now + LONGEST_VIEW if consent is None else min(work.now + LONGEST_VIEW, consent.expires_at)
    made = Viewing(
        id=new_id(), session_id=session_id, viewer_id=work.actor.user_id, viewer_org_id=work.actor.org_id,
        person_id=person_id, org_id=org_id, consent_id=None if consent is None else consent.id, started_at=work.now,
        expires_at=until,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    work.record(
        ViewStarted(
            subject_id=org_id, viewing_id=made.id, person_id=person_id, viewer_id=made.viewer_id, until=until,
            consent_id=made.consent_id, reason="" if consent is None else consent.reason,
        )
    )  # fmt: skip
    return made.id


def _end(work: Work, which: str, how: ViewEnd, **facts: UUID) -> int:
    """End the open looks that a condition of ours names, and say so."""
    rows = work.session.execute(
        text(
            "update viewings v set ended_at = :now, ended_by = :how where v.ended_at is null and "
            + which
            + " returning v.id, v.org_id, v.person_id, v.viewer_id, v.consent_id"
        ).bindparams(bindparam("how", how.value), bindparam("now", work.now)),
        facts,
    ).all()
    for row in rows:
        work.record(
            ViewStopped(
                subject_id=row.org_id, viewing_id=row.id, person_id=row.person_id, viewer_id=row.viewer_id,
                consent_id=row.consent_id, ending=how.value,
            )
        )  # fmt: skip
    return len(rows)


def _tell(work: Work, found: ViewConsent, *, before: dict[str, str]) -> None:
    after = {"state": found.state}
    if found.state == ViewConsentState.GRANTED:
        after["until"] = found.expires_at.isoformat()
    work.record(
        ViewConsentAnswered(
            subject_id=found.org_id, consent_id=found.id, person_id=found.person_id, reason=found.reason,
            before=before, after=after,
        )
    )  # fmt: skip


def _life(hours: int) -> timedelta:
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid(f"A consent holds for 1 to {MOST_HOURS} hours.")
    return timedelta(hours=hours)


def _reason(value: str, *, least: int) -> str:
    value = value.strip()
    if not least <= len(value) <= 500:
        raise Invalid("Please give a reason of at most 500 characters.")
    return value
