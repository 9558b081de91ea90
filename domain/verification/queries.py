"""Questions about verification: one's own, the reviewers' queue, and what everybody may know of a seller."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import NotFound
from domain.kernel.files import read as read_file
from domain.kernel.work import Work
from domain.verification import pace
from domain.verification.checking import calendar_of_platform
from domain.verification.gates import standing
from domain.verification.models import Case
from domain.verification.reviewing import why_not
from domain.verification.submitting import deposit_amounts
from domain.verification.views import (
    Badge,
    CaseRow,
    CaseSheet,
    CertificateRow,
    DepositRow,
    FileRow,
    HitRow,
    OwnerStated,
    Proof,
    QueueFigures,
    ReviewerRow,
    SubmissionRow,
    VerificationSheet,
    WaiverRow,
)


def my_verification(work: Work) -> VerificationSheet:
    """One's own level, what is missing for more, and the newest submission for each requirement."""
    work.actor.require(Permission.SEE_VERIFICATION)
    org_id = work.actor.require_org()
    rows = _submissions(work, org_id=org_id)
    return VerificationSheet(
        standing=standing(work, org_id, work.now),
        submissions={row.requirement: row for row in reversed(rows)},
        purchase_cap=value_of(work, Setting.PURCHASE_CAP_LEVEL_1),
    )


def my_proof_file(work: Work, *, file_id: UUID) -> tuple[bytes, str, str]:
    """A paper of one's own submission or, for reviewers, of any: bytes, media type, name. Raises `NotFound`."""
    decides = work.actor.is_staff and work.actor.may(Permission.DECIDE_VERIFICATION)
    if not decides and not work.actor.may(Permission.SUBMIT_VERIFICATION):
        raise NotFound
    known = work.session.execute(
        text(
            "select x.name from verification_files f join files x on x.id = f.file_id where f.file_id = :file_id"
            " and (:decides or f.org_id = :org_id) limit 1"
        ),
        {"file_id": file_id, "decides": decides, "org_id": work.actor.org_id},
    ).scalar_one_or_none()
    if known is None:
        raise NotFound
    content, media_type = read_file(work, file_id=file_id)
    return content, media_type, str(known)


_CASES = """
select c.id as case_id, c.submission_id, c.org_id, o.name as organization, o.kind as org_kind, o.country_code,
       c.kind, c.state, s.requirement, c.reasons, c.needs_second, c.first_by is not null as has_first, c.opened_at,
       c.due_at,
       c.state <> 'decided' and c.due_at < :now as is_late, c.claimed_by, p.name as reviewer, c.decided_at, c.decision,
       count(*) over () as total
from verification_cases c join organizations o on o.id = c.org_id
left join verification_submissions s on s.id = c.submission_id
left join people p on p.id = coalesce(c.decided_by, c.claimed_by)
"""
_QUEUE = text(
    _CASES + " where case :which when 'open' then c.state <> 'decided' when 'mine' then c.claimed_by = :me and"
    " c.state = 'claimed' else c.state = 'decided' end"
    # What runs late first, then the oldest: both are the instant until which it is due.
    " order by case when c.state = 'decided' then null else c.due_at end, c.decided_at desc nulls last, c.id"
    " limit :size offset :skip"
)
_CASE = text(_CASES + " where c.id = :case_id")
_EARLIER = text(
    _CASES + " where c.org_id = :org_id and c.id <> :case_id and (c.submission_id = cast(:submission as uuid) or"
    " c.kind = 'sanctions') order by c.opened_at desc limit 20"
)


def case_queue(work: Work, *, which: str = "open", page: int = 1, size: int = 25) -> tuple[list[CaseRow], int]:
    """Cases that are open (most urgent first), one's own, or decided (newest first); and how many."""
    _reviewers(work)
    facts = {"which": which, "me": work.actor.user_id, "now": work.now, "size": size, "skip": (max(page, 1) - 1) * size}
    rows = work.session.execute(_QUEUE, facts).all()
    total = int(rows[0].total) if rows else 0
    then = _expected(work, total) if which == "open" else None
    found = [
        CaseRow.model_validate(row._asdict() | {"expected_at": then[facts["skip"] + place] if then else None})
        for place, row in enumerate(rows)
    ]
    return found, total


def _expected(work: Work, count: int) -> list[datetime] | None:
    """When the open cases will be decided, the most urgent first, at the pace of the last four weeks."""
    decided = work.session.scalar(
        text("select count(*) from verification_cases where decision is not null and decided_at > :since"),
        {"since": work.now - timedelta(days=pace.LOOK_BACK_DAYS)},
    )
    hours = calendar_of_platform(work)
    return pace.expected(count, int(decided or 0), now=work.now, time_zone=hours.time_zone, closed=hours.closed)


def queue_figures(work: Work) -> QueueFigures:
    """How long the queue is and how much of it runs late, or will at the pace of the last four weeks."""
    _reviewers(work)
    row = work.session.execute(
        text(
            "select count(*) filter (where state = 'open') as open,"
            " count(*) filter (where state = 'claimed') as claimed,"
            " count(*) filter (where state <> 'decided' and due_at < :now) as late,"
            " count(*) filter (where state <> 'decided' and due_at between :now and"
            "   cast(:now as timestamptz) + interval '1 day') as due_within_a_day,"
            " count(*) filter (where decided_at > cast(:now as timestamptz) - interval '30 days') as decided_30_days,"
            " count(*) filter (where kind = 'appeal' and decided_at > cast(:now as timestamptz) - interval '30 days')"
            "   as appeals_30_days,"
            " count(*) filter (where kind = 'appeal' and decision = 'approve'"
            "   and decided_at > cast(:now as timestamptz) - interval '30 days') as overturned_30_days"
            " from verification_cases"
        ),
        {"now": work.now},
    ).one()
    due = work.session.scalars(
        text("select due_at from verification_cases where state <> 'decided' order by due_at, id")
    ).all()
    likely = pace.late_at_this_pace(due, _expected(work, len(due)), now=work.now)
    return QueueFigures.model_validate(row._asdict() | {"likely_late": likely})


def reviewer_figures(work: Work) -> list[ReviewerRow]:
    """How many a reviewer decided and rejected, and how many of the rejections were appealed and overturned."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    work.actor.require_staff()
    rows = work.session.execute(
        text(
            "select p.id as reviewer_id, p.name as reviewer, count(*) as decided,"
            " count(*) filter (where c.decision = 'reject') as rejected, count(a.id) as appealed,"
            " count(a.id) filter (where a.decision = 'approve') as overturned"
            " from verification_cases c join people p on p.id = c.decided_by"
            " left join verification_cases a on a.submission_id = c.submission_id and a.kind = 'appeal'"
            "   and c.decision = 'reject' and c.kind = 'review'"
            " where c.state = 'decided' group by p.id, p.name order by p.name"
        )
    )
    return [ReviewerRow.model_validate(row._asdict()) for row in rows]


def case_sheet(work: Work, *, case_id: UUID) -> CaseSheet:
    """Everything that a reviewer looks at before deciding. Raises `NotFound`."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    work.actor.require_staff()
    row = work.session.execute(_CASE, {"case_id": case_id, "now": work.now}).one_or_none()
    case = work.session.get(Case, case_id)
    if row is None or case is None:
        raise NotFound
    submission = next(iter(_submissions(work, org_id=case.org_id, submission_id=case.submission_id)), None)
    findings = work.session.execute(
        text("select findings from verification_submissions where id = :id"), {"id": case.submission_id}
    ).scalar()
    owners = work.session.execute(
        text(
            "select name, share, is_director, born_on, country from verification_owners where submission_id = :id"
            " order by share desc, name"
        ),
        {"id": case.submission_id},
    )
    problem = why_not(work, case)
    earlier = work.session.execute(
        _EARLIER, {"org_id": case.org_id, "case_id": case_id, "submission": case.submission_id, "now": work.now}
    )
    return CaseSheet(
        row=CaseRow.model_validate(row._asdict()), submission=submission, findings=_named(work, dict(findings or {})),
        stated=_stated(work, case.org_id), owners=tuple(OwnerStated.model_validate(o._asdict()) for o in owners),
        hits=_hits(work, case_id), first_note=case.note if case.first_by else None, may_decide=problem is None,
        why_not=problem, earlier=tuple(CaseRow.model_validate(e._asdict()) for e in earlier),
    )  # fmt: skip


def badge_of(work: Work, *, org_id: UUID) -> Badge:
    """What stands behind a seller's badge: the level, what was verified and when. Raises `NotFound` for a buyer's."""
    _signed_in(work)
    level = work.session.execute(
        text("select level from sellers_level(:ids, :now)"), {"ids": [org_id], "now": work.now}
    ).scalar_one_or_none()
    if level is None:
        raise NotFound
    proofs = work.session.execute(
        text("select * from seller_proofs(:org_id, :now) order by level, since, requirement"),
        {"org_id": org_id, "now": work.now},
    )
    return Badge(
        org_id=org_id, level=int(level), proofs=tuple(Proof.model_validate(row._asdict()) for row in proofs),
        certificates=tuple(valid_certificates(work, org_ids=[org_id])),
    )  # fmt: skip


def valid_certificates(work: Work, *, org_ids: Collection[UUID], on: date | None = None) -> list[CertificateRow]:
    """The certificates of sellers that hold on a day (today): number, body, scope and end."""
    _signed_in(work)
    rows = work.session.execute(
        text("select * from sellers_certificates(:ids, :day) order by org_id, requirement, number"),
        {"ids": list(org_ids), "day": on or work.now.date()},
    )
    return [
        CertificateRow.model_validate({**row._asdict(), "category_ids": tuple(row.category_ids or ())}) for row in rows
    ]


def waivers(work: Work, *, only_proposed: bool = False) -> list[WaiverRow]:
    """Waivers that hold or wait for a second person, those that wait first."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    work.actor.require_staff()
    rows = work.session.execute(
        text(
            "select w.id as waiver_id, w.org_id, o.name as organization, w.requirement, w.state, w.reason,"
            " w.proposed_by,"
            " p.name as proposer, w.proposed_at, w.waived_until from verification_waivers w"
            " join organizations o on o.id = w.org_id left join people p on p.id = w.proposed_by"
            " where w.ended_at is null and w.waived_until > :now and w.proposed_by is not null"
            " and (w.state = 'proposed' or not :only_proposed)"
            " order by w.state = 'proposed' desc, w.proposed_at desc limit 200"
        ),
        {"now": work.now, "only_proposed": only_proposed},
    )
    return [WaiverRow.model_validate(row._asdict()) for row in rows]


def deposits_to_send(work: Work) -> list[DepositRow]:
    """Test deposits that finance has not sent yet, oldest first."""
    work.actor.require(Permission.PREPARE_PAYOUTS)
    work.actor.require_staff()
    rows = work.session.execute(
        text(
            "select s.id as submission_id, s.org_id, o.name as organization, s.issuer as holder, s.number as iban_tail,"
            " min(d.created_at) as created_at from verification_deposits d"
            " join verification_submissions s on s.id = d.submission_id and s.state = 'submitted'"
            " join organizations o on o.id = s.org_id where d.sent_at is null"
            " group by s.id, s.org_id, o.name, s.issuer, s.number order by min(d.created_at), s.id limit 200"
        )
    )
    return [DepositRow(**row._asdict(), amounts=deposit_amounts(row.submission_id)) for row in rows]


# --- parts -------------------------------------------------------------------------------------


def _submissions(work: Work, *, org_id: UUID, submission_id: UUID | None = None) -> list[SubmissionRow]:
    """Submissions of one organisation, newest first, with their files."""
    rows = work.session.execute(
        text(
            "select s.id as submission_id, s.requirement, s.state, s.source, s.number, s.issuer, s.scope, s.issued_on,"
            " s.expires_on, s.submitted_at, s.verified_at, s.counts_from, s.expires_at, s.question, s.answer,"
            " s.reasons,"
            " s.note, s.tries, (select min(d.sent_at) from verification_deposits d where d.submission_id = s.id)"
            "   as deposits_sent_at"
            " from verification_submissions s where s.org_id = :org_id"
            " and (cast(:id as uuid) is null or s.id = :id) order by s.submitted_at desc, s.id desc"
        ),
        {"org_id": org_id, "id": submission_id},
    ).all()
    files: dict[UUID, list[FileRow]] = {}
    for row in work.session.execute(
        text(
            "select f.submission_id, f.file_id, x.name, x.media_type, x.bytes, f.added_at, f.read_at, f.reading,"
            " x.scan_state"
            " from verification_files f join files x on x.id = f.file_id where f.submission_id = any(:ids)"
            " order by f.added_at, f.file_id"
        ),
        {"ids": [row.submission_id for row in rows]},
    ):
        found = row.reading
        files.setdefault(row.submission_id, []).append(
            FileRow(
                file_id=row.file_id, name=row.name, media_type=row.media_type, bytes=row.bytes, added_at=row.added_at,
                read_at=row.read_at, outcome=found.get("outcome"), reasons=tuple(found.get("reasons", ())),
                fields={name: (value, confidence) for name, (value, confidence) in found.get("fields", {}).items()},
                scan_state=row.scan_state,
            )
        )  # fmt: skip
    return [
        SubmissionRow.model_validate({**row._asdict(), "files": tuple(files.get(row.submission_id, ()))})
        for row in rows
    ]


def _stated(work: Work, org_id: UUID) -> dict[str, str]:
    """What the organisation says of itself."""
    row = work.session.execute(
        text(
            "select o.name, o.legal_name, o.kind, o.country_code,"
            " (select concat_ws(', ', t.street, t.postal_code || ' ' || t.city, t.country_code) from sites t"
            "   where t.org_id = o.id order by t.created_at limit 1) as address,"
            " (select r.name from sites t left join regions r"
            "   on r.id = region_of(t.country_code, t.postal_code, :today) where t.org_id = o.id"
            "   order by t.created_at limit 1) as territory,"
            " (select string_agg(distinct s.requirement || ': ' || s.number, '; ') from verification_submissions s"
            "   where s.org_id = o.id and s.number is not null and s.ended_at is null"
            "   and s.requirement in ('business_name', 'registration_document', 'tax_number')) as numbers"
            " from organizations o where o.id = :org_id"
        ),
        {"org_id": org_id, "today": work.now.date()},
    ).one()
    return {name: str(value) for name, value in row._asdict().items() if value}


def _named(work: Work, findings: dict[str, Any]) -> dict[str, Any]:
    """Organisations that findings point at, by name, for whoever may see all."""
    ids = [org_id for key in ("same_document", "same_owner") for org_id in findings.get(key, ())]
    if ids:
        rows = work.session.execute(
            text("select id::text as id, name from organizations where id = any(cast(:ids as uuid[]))"), {"ids": ids}
        ).all()
        names = {row.id: row.name for row in rows}
        for key in ("same_document", "same_owner"):
            if key in findings:
                findings[key] = [names.get(org_id, org_id) for org_id in findings[key]]
    return findings


def _hits(work: Work, case_id: UUID) -> tuple[HitRow, ...]:
    rows = work.session.execute(
        text(
            "select h.id as hit_id, coalesce((select w.name from verification_owners w where w.org_id = h.org_id"
            "   and w.person_key = h.owner_key limit 1), o.name) as matched, e.name as listed, e.list, e.reference,"
            " h.score, h.state from sanctions_hits h join sanctions_entries e on e.id = h.entry_id"
            " join organizations o on o.id = h.org_id where h.case_id = :case_id order by h.score desc"
        ),
        {"case_id": case_id},
    )
    return tuple(HitRow.model_validate(row._asdict()) for row in rows)


def _reviewers(work: Work) -> None:
    if not work.actor.is_staff or not (
        work.actor.may(Permission.DECIDE_VERIFICATION) or work.actor.may(Permission.SEE_VERIFICATION_STATUS)
    ):
        work.actor.require(Permission.DECIDE_VERIFICATION)
        raise NotFound


def _signed_in(work: Work) -> None:
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
