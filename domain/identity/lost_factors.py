"""A lost second factor, without app and without recovery codes: a way back that asks for other eyes and for time.

asked -> approved -> done; until then refused or cancelled. Whoever asks has given the right password in this browser.
An owner of the organisation says yes, somebody else than who asks; where there is no other owner, or where the
person works for several organisations, two people of the platform do. Then a waiting time runs, and everything that
reaches the person tells of it: whoever still has a session, the factor or the mail stops it. When it is
over the factor goes, all sessions end, and what needs a fresh factor stays closed to the person for three days.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Row, select, text

from domain.identity.events import (
    FactorLossApproved,
    FactorLossCancelled,
    FactorLossNear,
    FactorLossRefused,
    FactorLossReported,
    LostFactorRemoved,
)
from domain.identity.factors import CLOSED_AFTER_LOSS, take_factor_off
from domain.identity.granting import OWNERS
from domain.identity.links import SPENT, new_link, use_link, withdraw_links
from domain.identity.models import FactorLoss, HalfSignIn
from domain.identity.permissions import Permission
from domain.identity.sessions import end_sessions_of, hashed_secret, system_only
from domain.identity.states import Decider, LinkPurpose, LossState
from domain.identity.suspension import OtherEyesNeeded
from domain.identity.views import LossRow
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

ANSWER_WITHIN = timedelta(days=7)  # a request that nobody decides on
TOLD_BEFORE = timedelta(hours=3)
LINK_LIFE = timedelta(days=21)  # longer than any waiting time: it only ever stops something
ASKED_PER_DAY = 3
_LONGEST = 500
_OPEN = (LossState.ASKED.value, LossState.APPROVED.value)


class AskedTooOften(Conflict):
    pass


# --- asking ------------------------------------------------------------------------------------


def report_lost_factor(work: Work, *, nonce: str) -> UUID:
    """Ask for a way in without the second factor, in the browser that has just given the right password (system only).

    A request that is open already is the answer. Raises `NotFound` for a browser that has not, and `AskedTooOften` at
    the fourth request within a day. Announces `FactorLossReported`.
    """
    system_only(work)
    half = work.session.scalar(
        select(HalfSignIn)
        .where(HalfSignIn.nonce_hash == hashed_secret(nonce), HalfSignIn.expires_at > work.now)
        .with_for_update()
    )
    if half is None:
        raise NotFound("This sign-in has expired. Please sign in again.")
    # The person's row is the lock: two browsers that ask at once make one request.
    work.session.execute(text("select 1 from people where id = :id for update"), {"id": half.person_id})
    found = _open_of(work, half.person_id)
    if found is not None:
        return found.id
    recent: int = work.session.execute(
        text("select count(*) from factor_losses where person_id = :id and asked_at > :since"),
        {"id": half.person_id, "since": work.now - timedelta(days=1)},
    ).scalar_one()
    if recent >= ASKED_PER_DAY:
        raise AskedTooOften("This was asked for several times today. Please try again tomorrow.")
    loss = FactorLoss(
        id=new_id(), person_id=half.person_id, org_id=half.org_id,
        decider=_decider(work, half.person_id, half.org_id).value, state=LossState.ASKED.value, asked_at=work.now,
    )  # fmt: skip
    work.session.add(loss)
    work.record(
        FactorLossReported(
            subject_id=loss.person_id, loss_id=loss.id, link_id=_stop_link(work, loss), for_org_id=loss.org_id,
            decider=loss.decider,
        )
    )  # fmt: skip
    return loss.id


def lost_factor_of_browser(work: Work, *, nonce: str) -> LossRow | None:
    """The open request of whoever has given the right password in this browser, to say how it stands (system only)."""
    system_only(work)
    statement = _ROWS + " join half_sign_ins h on h.person_id = l.person_id where h.nonce_hash = :nonce"
    statement += " and h.expires_at > :now and l.state in ('asked', 'approved')"
    row = work.session.execute(text(statement), {"nonce": hashed_secret(nonce), "now": work.now}).one_or_none()
    return None if row is None else _view(row)


def _decider(work: Work, person_id: UUID, org_id: UUID) -> Decider:
    """An owner of the one organisation that the person works for: what opens others is not for him to say."""
    found = work.session.execute(
        text(
            "select (select count(*) from memberships where person_id = :person and state = 'active') as places,"
            " exists (select 1 from memberships m join people p on p.id = m.person_id and p.state = 'active'"
            "   where m.org_id = :org and m.state = 'active' and m.person_id <> :person and m.variant = any(:owners))"
            " as has_other_owner"
        ),
        {"person": person_id, "org": org_id, "owners": [variant.value for variant in OWNERS.values()]},
    ).one()
    return Decider.OWNER if found.places == 1 and found.has_other_owner else Decider.PLATFORM


def _opens_others(work: Work, loss: FactorLoss) -> bool:
    """Whether the person has come to work for others since: an owner's yes opens the owner's organisation alone.

    Asked when time is over: the owner does not see for whom else a colleague works.
    """
    found = work.session.execute(
        text("select 1 from memberships where person_id = :person and state = 'active' and org_id <> :org limit 1"),
        {"person": loss.person_id, "org": loss.org_id},
    )
    return found.first() is not None


# --- deciding ----------------------------------------------------------------------------------


def lost_factors(work: Work) -> list[LossRow]:
    """The open requests that the actor may decide on: of their own organisation, or those that the platform decides.

    One's own is never among them.
    """
    if work.actor.may(Permission.VOUCH_FOR_PEOPLE):
        which, facts = "l.decider = 'platform'", {}
    else:
        work.actor.require(Permission.RESTORE_ACCESS)
        which, facts = "l.decider = 'owner' and l.org_id = :org", {"org": work.actor.require_org()}
    statement = _ROWS + " where l.state in ('asked', 'approved') and l.person_id is distinct from :me and " + which
    rows = work.session.execute(text(statement + " order by l.asked_at, l.id"), facts | {"me": work.actor.user_id})
    return [_view(row) for row in rows]


def decide_lost_factor(work: Work, *, loss_id: UUID, is_approved: bool, reason: str) -> None:
    """An owner decides on a colleague's lost second factor; with a yes the waiting time begins.

    Raises `NotFound`, `OtherEyesNeeded` for one's own, `Invalid` without a reason, `IllegalMove`. Announces
    `FactorLossApproved` or `FactorLossRefused`.
    """
    work.actor.require(Permission.RESTORE_ACCESS)
    loss = _locked(work, loss_id)
    if loss.org_id != work.actor.require_org() or loss.decider != Decider.OWNER:
        raise NotFound
    _decide(work, loss, is_approved, _sentence(reason))


def vouch_for_lost_factor(work: Work, *, loss_id: UUID, is_approved: bool, reason: str) -> None:
    """One of the platform's two people decides; a no is enough, a yes takes a second person.

    A step: whoever calls has seen what the organisation has proved (`verification.vouch_for_person`). Raises as
    `decide_lost_factor`.
    """
    work.actor.require(Permission.VOUCH_FOR_PEOPLE)
    loss = _locked(work, loss_id)
    if loss.decider != Decider.PLATFORM or loss.org_id == work.actor.org_id:
        raise NotFound
    _decide(work, loss, is_approved, _sentence(reason))


def _decide(work: Work, loss: FactorLoss, is_approved: bool, reason: str) -> None:
    me = work.actor.user_id
    if me is None or me == loss.person_id:
        raise OtherEyesNeeded("This is about your own second factor, so somebody else has to decide.")
    if not is_approved:
        loss.move_to(LossState.REFUSED)
        loss.decided_by, loss.decided_at, loss.ended_at = me, work.now, work.now
        withdraw_links(work, purpose=LinkPurpose.FACTOR_LOSS, person_id=loss.person_id)
        work.record(
            FactorLossRefused(subject_id=loss.person_id, loss_id=loss.id, for_org_id=loss.org_id, reason=reason)
        )
        return
    if loss.decider == Decider.PLATFORM and loss.first_yes_by is None and loss.state == LossState.ASKED:
        loss.first_yes_by, loss.first_yes_at = me, work.now
        work.record(
            FactorLossApproved(
                subject_id=loss.person_id, loss_id=loss.id, link_id=None, for_org_id=loss.org_id,
                takes_effect_at=None, reason=reason,
            )
        )  # fmt: skip
        return
    if loss.first_yes_by == me:
        raise OtherEyesNeeded("You have said yes already. A second person has to look at it.")
    loss.decided_by, loss.decided_at = me, work.now
    loss.takes_effect_at = work.now + timedelta(hours=int(value_of(work, Setting.LOST_FACTOR_WAIT_HOURS)))
    loss.move_to(LossState.APPROVED)
    work.session.flush()
    work.record(
        FactorLossApproved(
            subject_id=loss.person_id, loss_id=loss.id, link_id=_stop_link(work, loss), for_org_id=loss.org_id,
            takes_effect_at=loss.takes_effect_at, reason=reason,
        )
    )  # fmt: skip


# --- stopping it -------------------------------------------------------------------------------


def my_lost_factor(work: Work) -> LossRow | None:
    """The open request about one's own second factor: somebody who is signed in has not lost the way in."""
    if work.actor.user_id is None:
        raise NotFound
    statement = text(_ROWS + " where l.person_id = :me and l.state in ('asked', 'approved')")
    row = work.session.execute(statement, {"me": work.actor.user_id}).one_or_none()
    return None if row is None else _view(row)


def cancel_lost_factor(work: Work) -> None:
    """Stop the request about one's own second factor, from any live session. Raises `NotFound` without one.

    Announces `FactorLossCancelled`.
    """
    if work.actor.user_id is None or not cancel_loss_of(work, person_id=work.actor.user_id, by="session"):
        raise NotFound("There is no request that could be stopped.")


def stop_lost_factor(work: Work, *, token: str) -> None:
    """Stop a request by the link of its letters (system only). Raises `NotFound` for a link that does not work.

    Announces `FactorLossCancelled`.
    """
    link = use_link(work, token=token, purpose=LinkPurpose.FACTOR_LOSS)
    if link.person_id is None or not cancel_loss_of(work, person_id=link.person_id, by="link"):
        raise NotFound(SPENT)


def cancel_loss_of(work: Work, *, person_id: UUID, by: str) -> bool:
    """The step by which a person's open request ends. The caller had the right to it."""
    loss = _open_of(work, person_id)
    if loss is None:
        return False
    loss.move_to(LossState.CANCELLED)
    loss.ended_at = work.now
    work.session.flush()
    withdraw_links(work, purpose=LinkPurpose.FACTOR_LOSS, person_id=person_id)
    work.record(FactorLossCancelled(subject_id=person_id, loss_id=loss.id, for_org_id=loss.org_id, by=by))
    return True


# --- time --------------------------------------------------------------------------------------


def tend_lost_factors(work: Work, *, limit: int = 100) -> int:
    """What time does: tell once more before a factor goes, take it off when its hour has come, and end what nobody
    decided on for a week, or what would open another organisation by now (system only). Returns how many moved.

    Announces `FactorLossNear`, `LostFactorRemoved`, `FactorLossCancelled`.
    """
    system_only(work)
    due = work.session.scalars(
        select(FactorLoss)
        .where(
            ((FactorLoss.state == LossState.ASKED.value) & (FactorLoss.asked_at <= work.now - ANSWER_WITHIN))
            | (
                (FactorLoss.state == LossState.APPROVED.value)
                & (
                    (FactorLoss.takes_effect_at <= work.now)
                    | ((FactorLoss.takes_effect_at <= work.now + TOLD_BEFORE) & FactorLoss.reminded_at.is_(None))
                )
            )
        )
        .order_by(FactorLoss.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for loss in due:
        if loss.state == LossState.ASKED:
            cancel_loss_of(work, person_id=loss.person_id, by="time")
        elif loss.decider == Decider.OWNER and _opens_others(work, loss):
            cancel_loss_of(work, person_id=loss.person_id, by="another organisation")
        elif loss.reminded_at is None:
            _tell_again(work, loss)
        else:
            _carry_out(work, loss)
    return len(due)


def _tell_again(work: Work, loss: FactorLoss) -> None:
    assert loss.takes_effect_at is not None
    # A worker that was down for a day still tells first: nobody loses the factor without the second letter.
    loss.takes_effect_at = max(loss.takes_effect_at, work.now + TOLD_BEFORE)
    loss.reminded_at = work.now
    work.record(
        FactorLossNear(
            subject_id=loss.person_id, loss_id=loss.id, link_id=_stop_link(work, loss), for_org_id=loss.org_id,
            takes_effect_at=loss.takes_effect_at,
        )
    )  # fmt: skip


def _carry_out(work: Work, loss: FactorLoss) -> None:
    loss.move_to(LossState.DONE)
    loss.ended_at = work.now
    work.session.flush()
    take_factor_off(work, person_id=loss.person_id)
    ended = end_sessions_of(work, person_id=loss.person_id)
    withdraw_links(work, purpose=LinkPurpose.FACTOR_LOSS, person_id=loss.person_id)
    work.record(
        LostFactorRemoved(
            subject_id=loss.person_id, loss_id=loss.id, for_org_id=loss.org_id, sessions_ended=ended,
            closed_until=work.now + CLOSED_AFTER_LOSS, before={"second_factor": "app"}, after={"second_factor": "off"},
        )
    )  # fmt: skip


# --- inside --------------------------------------------------------------------------------------

_ROWS = (
    "select l.id as loss_id, l.person_id, p.name as person_name, l.org_id, coalesce(o.name, '') as org_name,"
    " l.decider, l.state, l.asked_at, l.first_yes_by, f.name as first_yes_name, l.takes_effect_at"
    " from factor_losses l join people p on p.id = l.person_id left join organizations o on o.id = l.org_id"
    " left join people f on f.id = l.first_yes_by"
)


def _view(row: Row[tuple[object, ...]]) -> LossRow:
    return LossRow.model_validate(row._asdict())


def _open_of(work: Work, person_id: UUID) -> FactorLoss | None:
    return work.session.scalar(
        select(FactorLoss)
        .where(FactorLoss.person_id == person_id, FactorLoss.state.in_(_OPEN))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _locked(work: Work, loss_id: UUID) -> FactorLoss:
    loss = work.session.get(FactorLoss, loss_id, with_for_update=True, populate_existing=True)
    if loss is None:
        raise NotFound
    return loss


def _stop_link(work: Work, loss: FactorLoss) -> UUID:
    # The organisation's too, so that its owner's transaction can make it and make it useless.
    return new_link(
        work, purpose=LinkPurpose.FACTOR_LOSS, person_id=loss.person_id, org_id=loss.org_id,
        facts={"loss_id": str(loss.id)}, life=LINK_LIFE,
    )  # fmt: skip


def _sentence(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST:
        raise Invalid(f"Please say how you know that it is them, in up to {_LONGEST} characters.")
    return reason
