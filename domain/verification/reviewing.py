"""What the platform's reviewers do: take a case, decide it, ask, and waive. Never alone where two are needed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text

from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.verification.checking import move, verify
from domain.verification.events import CaseMoved, SanctionsHitDecided, WaiverMoved
from domain.verification.models import Case, SanctionsHit, Submission, Waiver
from domain.verification.requirements import CHECKLIST, VOUCHED
from domain.verification.states import (
    CaseKind,
    CaseState,
    Decision,
    HitState,
    Reason,
    Requirement,
    SubmissionState,
    WaiverState,
)

WAIVED_DAYS_MAX = 365
TIES = "You have ties to this organisation, so a colleague has to decide."


class Taken(Conflict):
    """A colleague holds the case."""


class FourEyes(NotAllowed):
    """The same person may not do both steps, or has ties to the organisation."""


def claim_case(work: Work, *, case_id: UUID) -> None:
    """Take an open case, so that nobody else decides it meanwhile.

    Raises `Taken`, `FourEyes` for whoever decided it before, gave the first of two answers or has ties to the
    organisation. Announces `CaseMoved`.
    """
    work.actor.require(Permission.DECIDE_VERIFICATION)
    case = _locked(work, case_id)
    if case.state == CaseState.CLAIMED and case.claimed_by == work.actor.user_id:
        return
    if case.state == CaseState.CLAIMED:
        raise Taken("A colleague has taken this case. Please choose another one.")
    problem = why_not(work, case)
    if problem:
        raise FourEyes(problem)
    was = case.state
    case.move_to(CaseState.CLAIMED)
    case.claimed_by, case.claimed_at = work.actor.user_id, work.now
    work.record(CaseMoved(subject_id=case.id, for_org_id=case.org_id, from_state=was, to_state=case.state))


def release_case(work: Work, *, case_id: UUID) -> None:
    """Give a case that one has taken back to the queue. Announces `CaseMoved`."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    case = _mine(work, case_id)
    _back_to_queue(work, case)


def release_cases_of(work: Work, *, person_id: UUID) -> int:
    """Give back to the queue what somebody who left has taken (the system only). Returns how many.

    No colleague gets them at once: whether one may decide a case is asked when one takes it. Announces `CaseMoved`.
    """
    if not work.actor.is_system:
        raise NotFound
    statement = select(Case).where(Case.claimed_by == person_id, Case.state == CaseState.CLAIMED).order_by(Case.id)
    cases = work.session.scalars(statement.with_for_update()).all()
    for case in cases:
        _back_to_queue(work, case)
    return len(cases)


def decide_case(
    work: Work,
    *,
    case_id: UUID,
    decision: Decision,
    reasons: Sequence[Reason] = (),
    note: str = "",
    checklist: Sequence[str] = (),
) -> str:
    """Approve, reject with reasons, or ask for information: the case one has taken. Returns the case's state.

    Where two are needed, the first approval gives the case back to the queue for the second; a rejection or a
    question needs one. Raises `Invalid` for a rejection without a reason, a question without words, or an
    inspection whose list is not complete. Announces `CaseMoved` and what follows for the submission.
    """
    work.actor.require(Permission.DECIDE_VERIFICATION)
    case, decision = _mine(work, case_id), Decision(decision)
    chosen = [Reason(reason) for reason in reasons]
    note = note.strip()
    if len(note) > 2000:
        raise Invalid("A note has at most 2,000 characters.")
    if decision is Decision.REJECT and not chosen:
        raise Invalid("Please choose at least one reason.")
    if decision is Decision.ASK and len(note) < 5:
        raise Invalid("Please write what the organisation should send or explain.")
    problem = why_not(work, case)
    if problem:
        raise FourEyes(problem)
    if case.kind == CaseKind.SANCTIONS:
        return _decide_hit(work, case, decision, chosen, note)
    submission = work.session.get(Submission, case.submission_id, with_for_update=True)
    assert submission is not None
    if decision is Decision.APPROVE and submission.requirement == Requirement.SITE_INSPECTION:
        if set(checklist) != set(CHECKLIST):
            raise Invalid("Please go through the whole list of the inspection before you approve.")
        seen = {"checklist": list(CHECKLIST), "inspector": str(work.actor.user_id)}
        submission.findings = {**submission.findings, **seen}
    if decision is Decision.APPROVE and case.needs_second and case.first_by is None:
        return _first_of_two(work, case, note)
    if decision is Decision.ASK:
        if case.kind == CaseKind.APPEAL:
            raise Conflict("An appeal is decided: approve it or reject it.")
        submission.question = note
        move(work, submission, SubmissionState.INFO_REQUESTED)
    elif decision is Decision.REJECT:
        final = case.kind == CaseKind.APPEAL
        submission.reasons, submission.ended_at = [reason.value for reason in chosen], work.now
        submission.question = note or submission.question
        move(work, submission, SubmissionState.REJECTED_FINAL if final else SubmissionState.REJECTED, chosen)
    else:
        submission.reasons = []
        verify(work, submission)
    return _decided(work, case, decision, chosen, note)


def why_not(work: Work, case: Case) -> str | None:
    """Why this actor may not decide this case, in a sentence; None when nothing stands against it."""
    person = work.actor.user_id
    if person is None:
        return "A case is decided by a person."
    has_ties = work.session.execute(
        text(
            "select exists (select 1 from memberships where person_id = :person and org_id = :org_id)"
            " or exists (select 1 from verification_submissions where id = :submission and submitted_by = :person)"
        ),
        {"person": person, "org_id": case.org_id, "submission": case.submission_id},
    ).scalar()
    if has_ties:
        return TIES
    if case.first_by == person:
        return "You gave the first of two answers, so a colleague has to give the second."
    if case.kind == CaseKind.APPEAL:
        decided = work.session.scalar(
            select(Case.id).where(
                Case.submission_id == case.submission_id,
                Case.id != case.id,
                (Case.decided_by == person) | (Case.first_by == person),
            )
        )
        if decided is not None:
            return "You decided this before, so a colleague has to decide the appeal."
    return None


# --- waivers -----------------------------------------------------------------------------------


def propose_waiver(
    work: Work, *, request_id: UUID, org_id: UUID, requirement: Requirement, reason: str, waived_until: datetime
) -> UUID:
    """Propose that an organisation need not show something until a day; a colleague has to agree.

    Raises `Invalid` for a missing reason or a day more than a year away, `FourEyes` for whoever has ties to the
    organisation. Announces `WaiverMoved`.
    """
    work.actor.require(Permission.DECIDE_VERIFICATION)
    requirement = Requirement(requirement)
    if requirement not in VOUCHED:
        raise Invalid("This cannot be waived.")
    if not 10 <= len(reason.strip()) <= 500:
        raise Invalid("Please give a reason of 10 to 500 characters.")
    if not work.now < waived_until <= work.now + timedelta(days=WAIVED_DAYS_MAX):
        raise Invalid("A waiver ends within a year.")
    kind = work.session.execute(text("select kind from organizations where id = :id"), {"id": org_id}).scalar()
    if kind is None or kind == "platform":
        raise NotFound
    _require_no_ties(work, org_id)
    waiver = Waiver(
        id=new_id(), org_id=org_id, requirement=requirement.value, state=WaiverState.PROPOSED.value,
        reason=reason.strip(), proposed_by=_person(work), proposed_at=work.now, waived_until=waived_until,
    )  # fmt: skip
    work.session.add(waiver)
    _tell_waiver(work, waiver, None)
    return waiver.id


def approve_waiver(work: Work, *, waiver_id: UUID) -> None:
    """Agree to a waiver that a colleague proposed. Raises `FourEyes`, `Conflict`. Announces `WaiverMoved`."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    waiver = _waiver(work, waiver_id)
    if waiver.state != WaiverState.PROPOSED:
        raise Conflict("This waiver was decided already.")
    if waiver.proposed_by == _person(work):
        raise FourEyes("You proposed this waiver, so a colleague has to agree.")
    _require_no_ties(work, waiver.org_id)
    was = waiver.state
    waiver.move_to(WaiverState.APPROVED)
    waiver.approved_by, waiver.approved_at = work.actor.user_id, work.now
    _tell_waiver(work, waiver, was)


def end_waiver(work: Work, *, waiver_id: UUID) -> None:
    """End a waiver, or turn a proposal down. Raises `FourEyes`, `Conflict`. Announces `WaiverMoved`."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    waiver = _waiver(work, waiver_id)
    _require_no_ties(work, waiver.org_id)
    if waiver.ended_at is not None:
        raise Conflict("This waiver has ended already.")
    was = waiver.state
    waiver.approved_at = waiver.approved_at or work.now
    waiver.move_to(WaiverState.ENDED)
    waiver.ended_at = work.now
    _tell_waiver(work, waiver, was)


# --- steps -------------------------------------------------------------------------------------


def _decide_hit(work: Work, case: Case, decision: Decision, reasons: Sequence[Reason], note: str) -> str:
    """Approve: it is somebody else. Reject: it is the one on the list. Clearing takes two, confirming one."""
    if decision is Decision.ASK:
        raise Conflict("A name on a list is cleared or confirmed.")
    if decision is Decision.APPROVE and case.first_by is None:
        return _first_of_two(work, case, note)
    state = HitState.CLEARED if decision is Decision.APPROVE else HitState.CONFIRMED
    for hit in work.session.scalars(
        select(SanctionsHit).where(SanctionsHit.case_id == case.id, SanctionsHit.state == HitState.OPEN.value)
    ):
        hit.move_to(state)
        hit.decided_at = work.now
        work.record(
            SanctionsHitDecided(subject_id=hit.id, for_org_id=hit.org_id, from_state=HitState.OPEN.value,
                                to_state=hit.state)
        )  # fmt: skip
    return _decided(work, case, decision, reasons, note)


def _first_of_two(work: Work, case: Case, note: str) -> str:
    case.first_by, case.first_at = work.actor.user_id, work.now
    case.first_decision, case.note = Decision.APPROVE.value, note or None
    _back_to_queue(work, case, decision=Decision.APPROVE)
    return case.state


def _decided(work: Work, case: Case, decision: Decision, reasons: Sequence[Reason], note: str) -> str:
    was = case.state
    case.move_to(CaseState.DECIDED)
    case.decided_by, case.decided_at, case.decision = work.actor.user_id, work.now, decision.value
    case.claimed_by = case.claimed_at = None
    case.note = note or case.note
    work.record(
        CaseMoved(subject_id=case.id, for_org_id=case.org_id, from_state=was, to_state=case.state,
                  decision=decision.value, reasons=tuple(reason.value for reason in reasons))
    )  # fmt: skip
    return case.state


def _back_to_queue(work: Work, case: Case, *, decision: Decision | None = None) -> None:
    was = case.state
    case.move_to(CaseState.OPEN)
    case.claimed_by = case.claimed_at = None
    work.record(
        CaseMoved(subject_id=case.id, for_org_id=case.org_id, from_state=was, to_state=case.state,
                  decision=decision.value if decision else None)
    )  # fmt: skip


def _locked(work: Work, case_id: UUID) -> Case:
    case = work.session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise NotFound
    if case.state == CaseState.DECIDED:
        raise Conflict("This case was decided already.")
    return case


def _mine(work: Work, case_id: UUID) -> Case:
    case = _locked(work, case_id)
    if case.claimed_by is None or case.claimed_by != work.actor.user_id:
        raise Taken("Please take the case first; a colleague may be at it.")
    return case


def _waiver(work: Work, waiver_id: UUID) -> Waiver:
    waiver = work.session.get(Waiver, waiver_id, with_for_update=True)
    if waiver is None:
        raise NotFound
    return waiver


def _require_no_ties(work: Work, org_id: UUID) -> None:
    """Refuse who belongs to the organisation, or did."""
    if work.session.scalar(
        text("select 1 from memberships where person_id = :person and org_id = :org_id"),
        {"person": work.actor.user_id, "org_id": org_id},
    ):
        raise FourEyes(TIES)


def _person(work: Work) -> UUID:
    if work.actor.user_id is None:
        raise NotAllowed("A waiver is proposed and agreed to by people.")
    return work.actor.user_id


def _tell_waiver(work: Work, waiver: Waiver, was: str | None) -> None:
    work.record(
        WaiverMoved(subject_id=waiver.id, for_org_id=waiver.org_id, requirement=waiver.requirement, from_state=was,
                    to_state=waiver.state, waived_until=waiver.waived_until, reason=waiver.reason)
    )  # fmt: skip
