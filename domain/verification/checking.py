"""What the system does by itself: read papers, check what was handed in, open cases, remind, and let run out.

Everything here is the jobs' own. A member's command only says that something was handed in; whether it counts is
worked out anew from what stands in the database, so that nothing a member wrote can verify itself.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from domain.identity import WorkingCalendar, calendars_of
from domain.kernel.calendar import after_business_hours
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.verification import screening
from domain.verification.events import CaseMoved, CaseOpened, ProofMoved, ProofRunsOut
from domain.verification.models import Case, EvidenceFile, Owner, Submission
from domain.verification.naming import likeness
from domain.verification.requirements import AUTOMATIC, PAPERS, TWO_REVIEWERS
from domain.verification.states import CaseKind, CaseState, Reason, Requirement, SubmissionState
from domain.verification.submitting import SHARES_LEAST, TRIES_MAX, deposits_match, end_as_replaced
from domain.verification.views import WaitingFile

READ_TRIES = 3
REMIND_DAYS = (60, 30, 7)
CLAIM_HOURS = 8
EXACT, ALIKE = 97.0, 80.0


def readings_waiting(work: Work, *, limit: int = 20) -> list[WaitingFile]:
    """Files that nobody has read yet, oldest first, with what they are compared with (jobs only)."""
    _jobs_only(work)
    rows = work.session.execute(
        text(
            "select f.submission_id, f.file_id, f.org_id, s.requirement, x.media_type, o.country_code,"
            " coalesce(o.legal_name, o.name) as name,"
            " s.facts ->> 'account' as account,"
            " coalesce((select n.number from verification_submissions n where n.org_id = f.org_id and n.number is not"
            "   null and n.requirement in ('registration_document', 'business_name') and n.ended_at is null"
            "   order by n.submitted_at desc limit 1), '') as registration_number,"
            " coalesce((select n.number from verification_submissions n where n.org_id = f.org_id"
            "   and n.requirement = 'tax_number' and n.ended_at is null order by n.submitted_at desc limit 1), '')"
            "   as tax_number,"
            " (select concat_ws(', ', t.street, t.postal_code || ' ' || t.city) from sites t where t.org_id = f.org_id"
            "   order by t.created_at limit 1) as address"
            " from verification_files f join verification_submissions s on s.id = f.submission_id"
            " join files x on x.id = f.file_id join organizations o on o.id = f.org_id"
            " where f.read_at is null order by f.added_at, f.file_id limit :limit"
        ),
        {"limit": limit},
    ).all()
    return [
        WaitingFile(
            submission_id=row.submission_id, file_id=row.file_id, org_id=row.org_id,
            paper=PAPERS.get(Requirement(row.requirement), "other"), media_type=row.media_type, name=row.name,
            country=row.country_code or "", registration_number=row.registration_number or None,
            tax_number=row.tax_number or None, address=row.address, account=row.account,
        )
        for row in rows
    ]  # fmt: skip


def record_reading(
    work: Work,
    *,
    submission_id: UUID,
    file_id: UUID,
    outcome: str,
    reasons: Sequence[str] = (),
    fields: dict[str, tuple[str, float]] | None = None,
) -> None:
    """Keep what was read in a file and whether it agrees ("pass" or "review"); then check what it belongs to.

    Jobs only. Announces `ProofMoved` when that settles the submission.
    """
    _jobs_only(work)
    file = work.session.get(EvidenceFile, (submission_id, file_id), with_for_update=True)
    if file is None:
        raise NotFound
    if file.read_at is None:
        file.read_at = work.now
        file.reading = {
            "outcome": "pass" if outcome == "pass" else "review",
            "reasons": list(reasons),
            # Of an account the last four signs are enough to show; the whole was compared by whoever read it.
            "fields": {
                name: [f"…{''.join(value.split())[-4:]}" if name == "iban" else value, confidence]
                for name, (value, confidence) in (fields or {}).items()
            },
        }
    work.session.flush()
    check_submission(work, submission_id=submission_id)


def give_up_reading(work: Work, *, submission_id: UUID, file_id: UUID, problem: str) -> None:
    """A file could not be read: after three tries it is for a person (jobs only)."""
    _jobs_only(work)
    file = work.session.get(EvidenceFile, (submission_id, file_id), with_for_update=True)
    if file is None:
        raise NotFound
    if file.read_at is not None:
        return
    file.attempts += 1
    if file.attempts >= READ_TRIES:
        record_reading(work, submission_id=submission_id, file_id=file_id, outcome="review", reasons=[problem[:200]])


def check_submission(work: Work, *, submission_id: UUID) -> str:
    """Decide what can be decided without a person, and open a case for the rest. Returns the state (jobs only).

    Nothing is done while files wait to be read or test deposits wait to be answered. Announces `ProofMoved`,
    `CaseOpened`.
    """
    _jobs_only(work)
    submission = work.session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise NotFound
    _close_left_over_cases(work, submission.org_id)
    if submission.state == SubmissionState.APPEALED:
        open_case(work, submission, CaseKind.APPEAL, [Reason(r) for r in submission.reasons] or [Reason.OTHER])
        return submission.state
    if submission.state != SubmissionState.SUBMITTED:
        return submission.state
    files = work.session.scalars(select(EvidenceFile).where(EvidenceFile.submission_id == submission_id)).all()
    if any(file.read_at is None for file in files):
        return submission.state
    reasons = _reasons_for_review(work, submission, files)
    if reasons is None:
        return submission.state
    if reasons:
        move(work, submission, SubmissionState.NEEDS_REVIEW, reasons)
        open_case(work, submission, CaseKind.REVIEW, reasons)
    else:
        move(work, submission, SubmissionState.AUTO_VERIFIED)
        verify(work, submission)
    return submission.state


def tick(work: Work, *, limit: int = 500) -> int:
    """Remind at 60, 30 and 7 days, let run out what has, and give back cases that were held too long (jobs only).

    Returns how many things were moved. Announces `ProofRunsOut`, `ProofMoved`, `CaseMoved`.
    """
    _jobs_only(work)
    found: Any = work.session.execute(
        select(Submission, text("grace"))
        .from_statement(
            text(
                "select s.*, coalesce((select max(i.grace_days) from verification_items(s.org_id, :now, s.requirement)"
                "   i), 0) as grace"
                " from verification_submissions s where s.state in ('verified', 'expiring')"
                " and s.expires_at <= :horizon and s.ended_at is null"
                # Those of whom nothing is to be said today would keep the others from being looked at.
                " and (s.state = 'verified' or s.expires_at <= :now or s.reminded_days is null or exists ("
                "   select 1 from unnest(cast(:days as integer[])) d(days) where d.days < s.reminded_days"
                "   and s.expires_at < cast(:now as timestamptz) + make_interval(days => d.days)))"
                " order by s.expires_at limit :limit for update of s skip locked"
            )
        ),
        {
            "now": work.now, "horizon": work.now + timedelta(days=REMIND_DAYS[0]), "limit": limit,
            "days": [*REMIND_DAYS],
        },
    ).all()  # fmt: skip
    moved = 0
    for submission, grace in found:
        moved += _run_out(work, submission, int(grace))
    held_since = work.now - timedelta(hours=CLAIM_HOURS)
    for case in work.session.scalars(
        select(Case).where(Case.state == CaseState.CLAIMED.value, Case.claimed_at < held_since).with_for_update()
    ):
        was = case.state
        case.move_to(CaseState.OPEN)
        case.claimed_by = case.claimed_at = None
        work.record(CaseMoved(subject_id=case.id, for_org_id=case.org_id, from_state=was, to_state=case.state))
        moved += 1
    return moved


def _run_out(work: Work, submission: Submission, grace_days: int) -> int:
    assert submission.expires_at is not None
    moved = 0
    if submission.state == SubmissionState.VERIFIED:
        move(work, submission, SubmissionState.EXPIRING)
        moved = 1
    left = (submission.expires_at - work.now).days
    if submission.expires_at + timedelta(days=grace_days) <= work.now:
        move(work, submission, SubmissionState.EXPIRED)
        submission.ended_at = work.now
        return moved + 1
    due = min((days for days in REMIND_DAYS if left < days), default=None)
    if due is not None and (submission.reminded_days is None or due < submission.reminded_days):
        submission.reminded_days = due
        work.record(
            ProofRunsOut(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement,
                         days=max(left, 0))
        )  # fmt: skip
        moved += 1
    return moved


# --- steps that reviewing shares ---------------------------------------------------------------


def move(work: Work, submission: Submission, state: SubmissionState, reasons: Sequence[Reason] = ()) -> None:
    was = submission.state
    submission.move_to(state)
    work.record(
        ProofMoved(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement,
                   from_state=was, to_state=submission.state, reasons=tuple(reason.value for reason in reasons))
    )  # fmt: skip


def verify(work: Work, submission: Submission) -> None:
    """It counts from now on (or from the end of a cool-down), and what counted before is replaced."""
    for earlier in work.session.scalars(
        select(Submission)
        .where(
            Submission.org_id == submission.org_id, Submission.requirement == submission.requirement,
            Submission.id != submission.id, Submission.ended_at.is_(None),
            Submission.state.in_([SubmissionState.VERIFIED.value, SubmissionState.EXPIRING.value]),
            # Of certificates an organisation may hold several; only the one with the same number is renewed.
            (Submission.number == submission.number) | Submission.number.is_(None)
            if submission.expires_on is not None
            else text("true"),
        )
        .with_for_update()
    ):  # fmt: skip
        end_as_replaced(work, earlier)
    submission.verified_at = work.now
    submission.counts_from = max(work.now, submission.not_before or work.now)
    submission.expires_at = _end_of(work, submission)
    submission.recheck_at = submission.expires_at
    submission.ended_at = None
    move(work, submission, SubmissionState.VERIFIED)
    work.session.flush()


def open_case(work: Work, submission: Submission, kind: CaseKind, reasons: Sequence[Reason]) -> UUID:
    """Something for a person. Two are needed for level 3, owners that do not add up, and names on lists."""
    open_one = work.session.scalar(
        select(Case.id).where(Case.submission_id == submission.id, Case.state != CaseState.DECIDED.value)
    )
    if open_one is not None:
        return open_one
    two = {Reason.SAME_OWNER, Reason.SHARES_INCOMPLETE, Reason.SANCTIONS_HIT, Reason.SAME_DOCUMENT}
    needs_second = _is_of_level_3(work, submission) or bool(two & set(reasons))
    return add_case(work, submission.org_id, submission.id, kind, reasons, needs_second=needs_second)


def add_case(
    work: Work, org_id: UUID, submission_id: UUID | None, kind: CaseKind, reasons: Sequence[Reason], *,
    needs_second: bool,
) -> UUID:  # fmt: skip
    hours = int(value_of(work, Setting.VERIFICATION_ANSWER_BUSINESS_HOURS))
    hours_of = calendar_of_platform(work)
    case = Case(
        id=new_id(), org_id=org_id, submission_id=submission_id, kind=kind.value, state=CaseState.OPEN.value,
        reasons=[reason.value for reason in reasons], needs_second=needs_second, opened_at=work.now,
        due_at=after_business_hours(work.now, hours, time_zone=hours_of.time_zone, holidays=hours_of.closed),
    )  # fmt: skip
    work.session.add(case)
    work.session.flush()
    work.record(
        CaseOpened(subject_id=case.id, for_org_id=org_id, kind=case.kind, reasons=tuple(case.reasons),
                   due_at=case.due_at, to_state=case.state)
    )  # fmt: skip
    return case.id


def calendar_of_platform(work: Work) -> WorkingCalendar:
    """When the platform's people work: its time zone, and the days on which it is closed."""
    platform = work.session.scalar(
        text("select id from organizations where kind = 'platform' order by created_at, id limit 1")
    )
    found = calendars_of(work, org_ids=[platform]) if platform is not None else {}
    return found.get(platform, WorkingCalendar(time_zone="UTC", closed=frozenset()))


def _end_of(work: Work, submission: Submission) -> datetime | None:
    if submission.expires_on is not None:
        return datetime.combine(submission.expires_on, time(23, 59, 59), UTC)  # its last day counts
    days = work.session.scalar(
        text("select min(life_days) from verification_items(:org_id, :now, :requirement)"),
        {"org_id": submission.org_id, "requirement": submission.requirement, "now": work.now},
    )
    return work.now + timedelta(days=int(days)) if days else None


def _close_left_over_cases(work: Work, org_id: UUID) -> None:
    """What was replaced meanwhile needs no decision any more."""
    replaced = select(Submission.id).where(
        Submission.org_id == org_id, Submission.state == SubmissionState.REPLACED.value
    )
    cases = work.session.scalars(
        select(Case)
        .where(Case.org_id == org_id, Case.state != CaseState.DECIDED.value, Case.submission_id.in_(replaced))
        .order_by(Case.id)
        .with_for_update()
    ).all()
    for case in cases:
        was = case.state
        case.move_to(CaseState.DECIDED)
        case.decided_at, case.claimed_by, case.claimed_at = work.now, None, None
        work.record(CaseMoved(subject_id=case.id, for_org_id=org_id, from_state=was, to_state=case.state))


# --- what can be decided without a person ------------------------------------------------------


def _reasons_for_review(work: Work, submission: Submission, files: Sequence[EvidenceFile]) -> list[Reason] | None:
    """Why a person has to look: none means that it is verified, None that the answer is still awaited."""
    requirement = Requirement(submission.requirement)
    findings: dict[str, Any] = {}
    reasons = _doubles(work, submission, files, findings)
    passed = bool(files) and all(file.reading.get("outcome") == "pass" for file in files)
    if requirement is Requirement.BANK_ACCOUNT:
        if deposits_match(submission.id, submission.facts.get("typed") or []):
            findings["deposits"] = "Both amounts were right."
        elif passed:
            findings["statement"] = "A statement of the account has the name of the business and the whole IBAN."
        elif submission.tries >= TRIES_MAX:
            reasons.append(Reason.TRIES_USED_UP)
        elif files:
            reasons.append(Reason.AUTOMATIC_CHECK_UNSURE)
        else:
            return None
    elif requirement is Requirement.BUSINESS_NAME:
        reasons += _name_in_register(work, submission, findings)
    elif requirement is Requirement.OWNERS:
        reasons += _owners(work, submission, findings) or [Reason.NO_AUTOMATIC_CHECK]
    elif requirement is Requirement.TAX_NUMBER and _tax_in_register(work, submission, findings):
        pass
    elif requirement in AUTOMATIC:
        if not passed:
            reasons.append(Reason.AUTOMATIC_CHECK_UNSURE if files else Reason.NO_AUTOMATIC_CHECK)
    else:
        reasons.append(Reason.NO_AUTOMATIC_CHECK)
    if _is_of_level_3(work, submission):
        reasons.append(Reason.LEVEL_3)
    if submission.question is not None and not reasons:
        reasons.append(Reason.OTHER)  # somebody asked, so somebody reads the answer
    submission.findings = findings
    return list(dict.fromkeys(reasons))


def _is_of_level_3(work: Work, submission: Submission) -> bool:
    """By the rule that binds it now, or by the one that it came with."""
    return Requirement(submission.requirement) in TWO_REVIEWERS or bool(
        work.session.scalar(
            text("select max(level) = 3 from verification_items(:org_id, :now, :requirement)"),
            {"org_id": submission.org_id, "now": work.now, "requirement": submission.requirement},
        )
    )


def _doubles(
    work: Work, submission: Submission, files: Sequence[EvidenceFile], findings: dict[str, Any]
) -> list[Reason]:
    """The same paper, or the same number of a register, with another organisation."""
    others = work.session.scalars(
        text(
            "select distinct f.org_id from verification_files f where f.org_id <> :org_id and f.sha256 = any(:hashes)"
            " union select distinct s.org_id from verification_submissions s where s.org_id <> :org_id"
            " and s.requirement = :requirement and s.number = :number and s.state <> 'rejected_final'"
            " and s.requirement in ('registration_document', 'business_name', 'tax_number', 'quality_certificate',"
            "   'ce_conformity', 'fda_registration', 'organic_certificate')"
        ),
        {
            "org_id": submission.org_id,
            "hashes": [file.sha256 for file in files],
            "requirement": submission.requirement,
            "number": submission.number or "",
        },
    ).all()
    if not others:
        return []
    findings["same_document"] = sorted(str(org_id) for org_id in others)
    return [Reason.SAME_DOCUMENT]


def _name_in_register(work: Work, submission: Submission, findings: dict[str, Any]) -> list[Reason]:
    row = work.session.execute(
        text(
            "select coalesce(o.legal_name, o.name) as name, r.name as registered, r.standing, r.loaded_at"
            " from organizations o"
            " left join company_registry r on r.country_code = o.country_code and r.number = :number"
            " where o.id = :org_id"
        ),
        {"org_id": submission.org_id, "number": submission.number},
    ).one()
    if row.registered is None:
        nearest = work.session.execute(
            text(
                "select r.name, r.number from company_registry r join organizations o on o.id = :org_id"
                " and o.country_code = r.country_code where r.name % coalesce(o.legal_name, o.name)"
                " order by similarity(r.name, coalesce(o.legal_name, o.name)) desc limit 1"
            ),
            {"org_id": submission.org_id},
        ).one_or_none()
        findings["register"] = {"match": "none", "nearest": nearest.name if nearest else None,
                                "score": likeness(row.name, nearest.name) if nearest else None}  # fmt: skip
        return [Reason.NOT_REGISTERED]
    score = likeness(row.name, row.registered)
    match = "exact" if score >= EXACT else "fuzzy" if score >= ALIKE else "none"
    findings["register"] = {"match": match, "score": score, "registered": row.registered, "standing": row.standing,
                            "source": "company register", "as_of": row.loaded_at.isoformat()}  # fmt: skip
    if row.standing != "active":
        return [Reason.NOT_REGISTERED]
    return [] if match == "exact" else [Reason.NAME_DIFFERS]


def _tax_in_register(work: Work, submission: Submission, findings: dict[str, Any]) -> bool:
    row = work.session.execute(
        text(
            "select coalesce(o.legal_name, o.name) as name, r.name as registered, r.loaded_at from organizations o"
            " join company_registry r"
            " on r.country_code = o.country_code and r.tax_number = :number and r.standing = 'active'"
            " where o.id = :org_id"
        ),
        {"org_id": submission.org_id, "number": submission.number},
    ).first()
    if row is None:
        return False
    score = likeness(row.name, row.registered)
    findings["register"] = {"match": "exact" if score >= EXACT else "fuzzy", "score": score,
                            "registered": row.registered, "source": "company register",
                            "as_of": row.loaded_at.isoformat()}  # fmt: skip
    return score >= EXACT


def _owners(work: Work, submission: Submission, findings: dict[str, Any]) -> list[Reason]:
    owners = work.session.scalars(select(Owner).where(Owner.submission_id == submission.id)).all()
    reasons: list[Reason] = []
    shares = sum(owner.share for owner in owners)
    findings["shares"] = str(shares)
    if shares < SHARES_LEAST:
        reasons.append(Reason.SHARES_INCOMPLETE)
    shared = screening.shared_owners(work, submission.org_id, [owner.person_key for owner in owners])
    if shared:
        findings["same_owner"] = [str(org_id) for org_id in shared]
        reasons.append(Reason.SAME_OWNER)
    if screening.screen(work, org_ids=[submission.org_id]):
        reasons.append(Reason.SANCTIONS_HIT)
    return reasons


def _jobs_only(work: Work) -> None:
    if not work.actor.is_system:
        raise NotFound
