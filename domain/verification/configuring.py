"""What is asked for from when on, which categories are regulated, and whom the platform vouches for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import insert, select, text

from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.verification.events import OrganizationVouchedFor, RequirementChanged
from domain.verification.models import Regulation, RequirementRule, Submission
from domain.verification.requirements import CERTIFICATES, VOUCHED
from domain.verification.states import Requirement, Source, SubmissionState


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


def change_requirement(
    work: Work,
    *,
    requirement: Requirement,
    kinds: Sequence[str],
    level: int,
    from_when: datetime,
    is_optional: bool = False,
    countries: Sequence[str] | None = None,
    life_days: int | None = None,
    grace_days: int = 0,
    reason: str,
) -> UUID:
    """Ask for something, or ask differently, from an instant on; what was decided before stands.

    Those who are here already have `grace_days` to comply. Raises `Invalid` for an instant that is past.
    Announces `RequirementChanged`.
    """
    work.actor.require(Permission.CONFIGURE)
    requirement = Requirement(requirement)
    known = ("manufacturer", "retailer", "distributor")
    if not kinds or any(kind not in known for kind in kinds) or not 1 <= level <= 3:
        raise Invalid("A requirement has a level of 1 to 3 and at least one kind of organisation.")
    if from_when <= work.now:
        raise Invalid("A requirement changes from a later time on, so that nobody is surprised.")
    if not 5 <= len(reason.strip()) <= 500:
        raise Invalid("Please say why, in 5 to 500 characters.")
    if not 0 <= grace_days <= 365 or (life_days is not None and not 1 <= life_days <= 3650):
        raise Invalid("Grace is 0 to 365 days, a life 1 to 3,650 days.")
    before: list[dict[str, Any]] = []
    for rule in work.session.scalars(
        select(RequirementRule)
        .where(RequirementRule.requirement == requirement.value, RequirementRule.valid_until.is_(None))
        .with_for_update()
    ):
        if set(rule.kinds) & set(kinds):
            if not set(rule.kinds) <= set(kinds):
                raise Conflict("A rule for more kinds of organisations holds. Please change it for all of them.")
            before.append({"level": rule.level, "kinds": rule.kinds, "grace_days": rule.grace_days})
            rule.valid_until = from_when
    work.session.flush()
    row = RequirementRule(
        id=new_id(), requirement=requirement.value, level=level, kinds=sorted(set(kinds)),
        countries=sorted({country.upper() for country in countries}) if countries else None, is_optional=is_optional,
        life_days=life_days, grace_days=grace_days, valid_from=from_when, set_by=work.actor.user_id,
    )  # fmt: skip
    work.session.add(row)
    work.record(
        RequirementChanged(
            subject_id=row.id,
            requirement=requirement.value,
            before={"rules": before},
            reason=reason.strip(),
            after={"level": level, "kinds": row.kinds, "grace_days": grace_days, "from": from_when.isoformat()},
        )
    )
    return row.id


def regulate_category(work: Work, *, category_id: UUID, requirement: Requirement, reason: str) -> None:
    """From now on an offer in this category needs a certificate of this kind before it is published.

    What is on sale stays on sale. Raises `Invalid` for what is no certificate. Announces `RequirementChanged`.
    """
    work.actor.require(Permission.CONFIGURE)
    requirement = Requirement(requirement)
    if requirement not in CERTIFICATES:
        raise Invalid("A category is regulated by a certificate.")
    if not work.session.scalar(text("select 1 from categories where id = :id"), {"id": category_id}):
        raise NotFound
    if work.session.scalar(
        select(Regulation.category_id).where(
            Regulation.category_id == category_id,
            Regulation.requirement == requirement.value,
            Regulation.valid_until.is_(None),
        )
    ):
        return
    work.session.add(
        Regulation(category_id=category_id, requirement=requirement.value, valid_from=work.now,
                   set_by=work.actor.user_id)
    )  # fmt: skip
    work.record(
        RequirementChanged(
            subject_id=uuid5(NAMESPACE_URL, f"regulation:{category_id}:{requirement}"), requirement=requirement.value,
            after={"category_id": str(category_id)}, reason=reason,
        )
    )  # fmt: skip
