"""Whom the platform vouches for: what was seen elsewhere counts here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, text

from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.verification.events import OrganizationVouchedFor
from domain.verification.models import Submission
from domain.verification.requirements import VOUCHED
from domain.verification.states import Source, SubmissionState


def vouch(work: Work, *, org_ids: Sequence[UUID], reason: str, level: int = 2, until: datetime | None = None) -> int:
    """Take organisations as verified up to a level, because they were verified before they came here.

    For imports, the demo and tests; jobs only. A place and a clean list are never vouched for. Returns how many
    proofs were written. Announces `OrganizationVouchedFor`.
    """
    if not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select o.id as org_id, i.requirement from organizations o, verification_items(o.id, :now) i"
            " where o.id = any(:ids) and not i.is_met and i.level <= :level"
            " and (not i.is_optional or i.requirement = 'bank_account')"
            " and i.requirement = any(:vouched) order by o.id, i.level, i.requirement"
        ),
        {"ids": list(org_ids), "now": work.now, "level": level, "vouched": [r.value for r in VOUCHED]},
    ).all()
    if rows:
        work.session.execute(
            insert(Submission),
            [
                {
                    "id": new_id(), "org_id": row.org_id, "requirement": row.requirement,
                    "source": Source.VOUCHED.value,
                    "state": SubmissionState.VERIFIED.value, "facts": {}, "findings": {}, "reasons": [], "tries": 0,
                    "note": reason, "submitted_at": work.now, "verified_at": work.now, "counts_from": work.now,
                    "expires_at": until, "recheck_at": until,
                }
                for row in rows
            ],
        )  # fmt: skip
    for org_id in sorted({row.org_id for row in rows}):
        work.record(OrganizationVouchedFor(subject_id=org_id, level=level, reason=reason))
    return len(rows)
