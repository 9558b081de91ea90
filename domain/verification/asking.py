"""What is asked of whom from when on: rules and regulated categories, changed for later and never for what was.

A rule is for kinds of organisations and, if it says so, for some countries only; a rule for a country goes before one
for all. A rule ends or is followed by another; its row is never written anew, so any past day can be asked. Whoever
is here when a rule begins has its `grace_days` to comply, and is asked for what was asked before until then.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select, text

from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.verification.events import RequirementChanged
from domain.verification.models import Regulation, RequirementRule
from domain.verification.requirements import CERTIFICATES, EVERYBODY
from domain.verification.states import Requirement
from domain.verification.views import RegulationRow, RequirementPreview, RuleRow

_REASON = (5, 500)
PLANNED = "A change for a later time is planned already. Please choose a time after it."


def change_requirement(
    work: Work,
    *,
    requirement: Requirement,
    kinds: Sequence[str],
    level: int,
    from_when: datetime,
    version: int,
    is_optional: bool = False,
    countries: Sequence[str] | None = None,
    life_days: int | None = None,
    grace_days: int = 0,
    reason: str,
) -> UUID:
    """Ask for something, or ask differently, from an instant on; what was decided before stands.

    Those who are here already have `grace_days` to comply. `version` is the one that was read. Raises `Invalid` for
    an instant that is past or values out of bounds, `Conflict` when somebody else changed it meanwhile, when a later
    change is planned, or when a rule for more than this would be cut in two. Announces `RequirementChanged`.
    """
    work.actor.require(Permission.SET_REQUIREMENTS)
    requirement = Requirement(requirement)
    _check_reason(reason)
    _check_version(work, requirement, version)
    rule = _proposed(work, requirement, kinds, level, from_when, is_optional, countries, life_days, grace_days)
    replaced = _replaced_by(work, rule)
    before = _told(replaced)
    for earlier in replaced:
        earlier.valid_until = from_when
    work.session.flush()
    work.session.add(rule)
    work.record(
        RequirementChanged(
            subject_id=rule.id, requirement=requirement.value, before=before, after=_told([rule]),
            reason=reason.strip(),
        )
    )  # fmt: skip
    return rule.id


def end_requirement(work: Work, *, rule_id: UUID, from_when: datetime, version: int, reason: str) -> None:
    """Stop asking for what a rule asks for, from an instant on. Raises as a change does, and `NotFound`.

    Where a rule for a country ends, that for all countries holds. Announces `RequirementChanged`.
    """
    work.actor.require(Permission.SET_REQUIREMENTS)
    rule = work.session.get(RequirementRule, rule_id)
    if rule is None:
        raise NotFound
    _check_reason(reason)
    _check_version(work, Requirement(rule.requirement), version)
    _check_later(work, from_when)
    if rule.valid_until is not None:
        raise Conflict("The end of this rule is written down already.")
    if rule.valid_from >= from_when:
        raise Conflict("The rule begins later than that. Please choose an end after its beginning.")
    before = _told([rule])
    rule.valid_until = from_when
    work.record(
        RequirementChanged(
            subject_id=rule.id, requirement=rule.requirement, before=before, after=_told([rule]), reason=reason.strip()
        )
    )


def requirement_rules(work: Work, *, with_ended: bool = False) -> list[RuleRow]:
    """Every rule that holds or is planned, and on demand those that ended; for the platform's staff.

    One row is one rule, with who wrote it down and why; those that the product came with have neither.
    """
    work.actor.require(Permission.SEE_PLATFORM)
    rows = work.session.execute(
        text(
            "select r.id as rule_id, r.requirement, r.level, r.kinds, r.countries, r.is_optional, r.life_days,"
            " r.grace_days, r.valid_from, r.valid_until, case when r.valid_until <= :now then 'ended'"
            "   when r.valid_from > :now then 'planned' else 'holds' end as state,"
            " p.name as set_by, e.reason,"
            " (select count(*) + count(v.valid_until) from verification_requirements v"
            "   where v.requirement = r.requirement) as version"
            " from verification_requirements r left join people p on p.id = r.set_by"
            " left join lateral (select v.facts ->> 'reason' as reason from events v"
            "   where v.subject = 'verification_requirement' and v.subject_id = r.id order by v.id desc limit 1) e"
            "   on true"
            " where :with_ended or r.valid_until is null or r.valid_until > :now"
            " order by r.level, r.is_optional, r.requirement, r.valid_from, r.kinds"
        ),
        {"now": work.now, "with_ended": with_ended},
    )
    return [RuleRow.model_validate(row._asdict()) for row in rows]


def preview_requirement(
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
) -> RequirementPreview:
    """Who would be on a lower level on the day on which a rule binds those who are here; nothing is written.

    It counts with the proofs of today: what is handed in until then is not known. Raises as the change itself would.
    """
    work.actor.require(Permission.SET_REQUIREMENTS)
    requirement = Requirement(requirement)
    rule = _proposed(work, requirement, kinds, level, from_when, is_optional, countries, life_days, grace_days)
    planned = [*({**_row(earlier), "valid_until": from_when.isoformat()} for earlier in _replaced_by(work, rule)),
               _row(rule)]  # fmt: skip
    at = from_when + timedelta(days=grace_days, seconds=1)
    rows = work.session.execute(
        _LEVELS,
        {"kinds": rule.kinds, "countries": rule.countries, "at": at, "planned": json.dumps(planned)},
    ).all()
    losing = [row for row in rows if row.after < row.before]
    lost: dict[int, int] = {}
    for row in losing:
        lost[row.before] = lost.get(row.before, 0) + 1
    return RequirementPreview(
        at=at, asked=len(rows), lost=dict(sorted(lost.items())), names=tuple(row.name for row in losing[:10])
    )


_LEVELS = text("""
select o.name, now.level as before, then_.level as after
from organizations o
cross join lateral (
    select least(coalesce(min(i.level) filter (where not i.is_met) - 1, 3), coalesce(max(i.level), 0)) as level
    from verification_items(o.id, :at) i where not i.is_optional) now
cross join lateral (
    select least(coalesce(min(i.level) filter (where not i.is_met) - 1, 3), coalesce(max(i.level), 0)) as level
    from verification_items(o.id, :at, null, cast(:planned as jsonb)) i where not i.is_optional) then_
where o.origin = 'live' and o.kind = any(:kinds)
  and (cast(:countries as text[]) is null or o.country_code = any(:countries))
order by o.name, o.id
""")


# --- regulated categories ----------------------------------------------------------------------


def regulate_category(
    work: Work,
    *,
    category_id: UUID,
    requirement: Requirement,
    reason: str,
    from_when: datetime | None = None,
    countries: Sequence[str] | None = None,
) -> None:
    """From now on, or later, an offer in this category needs a certificate of this kind before it is published.

    With `countries` only sellers of these need it. What is on sale stays on sale. Raises `Invalid` for what is no
    certificate or an instant that is past, `Conflict` for a planned change. Announces `RequirementChanged`.
    """
    work.actor.require(Permission.SET_REQUIREMENTS)
    requirement, begins = Requirement(requirement), from_when or work.now
    if requirement not in CERTIFICATES:
        raise Invalid("A category is regulated by a certificate.")
    _check_reason(reason)
    if begins < work.now:
        raise Invalid("A category is regulated from now or from a later time on.")
    if not work.session.scalar(text("select 1 from categories where id = :id"), {"id": category_id}):
        raise NotFound
    places = _countries(countries)
    last = _last_regulation(work, category_id, requirement)
    if last is not None and last.valid_until is None and last.countries == places and last.valid_from <= begins:
        return
    if last is not None and (last.valid_from >= begins or (last.valid_until or begins) > begins):
        raise Conflict(PLANNED)
    before = _told_of_category(last) if last is not None and last.valid_until is None else {}
    if last is not None and last.valid_until is None:
        last.valid_until = begins
        work.session.flush()
    regulation = Regulation(category_id=category_id, requirement=requirement.value, valid_from=begins,
                            set_by=work.actor.user_id, countries=places)  # fmt: skip
    work.session.add(regulation)
    _tell_category(work, regulation, before, reason)


def end_regulation(
    work: Work, *, category_id: UUID, requirement: Requirement, reason: str, from_when: datetime | None = None
) -> None:
    """A category needs no certificate of this kind any more, from now or later on. Raises `NotFound`, `Conflict`.

    Announces `RequirementChanged`.
    """
    work.actor.require(Permission.SET_REQUIREMENTS)
    requirement, ends = Requirement(requirement), from_when or work.now
    _check_reason(reason)
    if ends < work.now:
        raise Invalid("It ends now or at a later time.")
    last = _last_regulation(work, category_id, requirement)
    if last is None:
        raise NotFound
    if last.valid_until is not None:
        raise Conflict("The end of this is written down already.")
    if last.valid_from >= ends:
        raise Conflict("It begins later than that. Please choose an end after its beginning.")
    before = _told_of_category(last)
    last.valid_until = ends
    _tell_category(work, last, before, reason)


def regulations(work: Work) -> list[RegulationRow]:
    """Which categories need which certificates, now and as planned; for the platform's staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    rows = work.session.execute(
        text(
            "select g.category_id, c.name as category, g.requirement, g.countries, g.valid_from, g.valid_until,"
            " case when g.valid_from > :now then 'planned' else 'holds' end as state, p.name as set_by"
            " from verification_regulations g join categories c on c.id = g.category_id"
            " left join people p on p.id = g.set_by where g.valid_until is null or g.valid_until > :now"
            " order by c.name, g.requirement, g.valid_from"
        ),
        {"now": work.now},
    )
    return [RegulationRow.model_validate(row._asdict()) for row in rows]


# --- steps -------------------------------------------------------------------------------------


def _proposed(
    work: Work, requirement: Requirement, kinds: Sequence[str], level: int, from_when: datetime, is_optional: bool,
    countries: Sequence[str] | None, life_days: int | None, grace_days: int,
) -> RequirementRule:  # fmt: skip
    if not kinds or any(kind not in EVERYBODY for kind in kinds) or not 1 <= level <= 3:
        raise Invalid("A requirement has a level of 1 to 3 and at least one kind of organisation.")
    _check_later(work, from_when)
    if not 0 <= grace_days <= 365 or (life_days is not None and not 1 <= life_days <= 3650):
        raise Invalid("Grace is 0 to 365 days, a life 1 to 3,650 days.")
    return RequirementRule(
        id=new_id(), requirement=requirement.value, level=level, kinds=sorted(set(kinds)),
        countries=_countries(countries), is_optional=is_optional, life_days=life_days, grace_days=grace_days,
        valid_from=from_when, valid_until=None, set_by=work.actor.user_id,
    )  # fmt: skip


def _replaced_by(work: Work, rule: RequirementRule) -> list[RequirementRule]:
    """The rules of the same scope that end when this one begins; `Conflict` where one would be cut in two."""
    found: list[RequirementRule] = []
    for other in work.session.scalars(
        select(RequirementRule)
        .where(RequirementRule.requirement == rule.requirement)
        .order_by(RequirementRule.valid_from, RequirementRule.id)
    ):
        is_over = other.valid_until is not None and other.valid_until <= rule.valid_from
        if is_over or not set(other.kinds) & set(rule.kinds) or not _meet(other.countries, rule.countries):
            continue
        if other.valid_from >= rule.valid_from or other.valid_until is not None:
            raise Conflict(PLANNED)
        if not set(other.kinds) <= set(rule.kinds):
            raise Conflict("A rule for more kinds of organisations holds. Please change it for all of them.")
        if other.countries and not set(other.countries) <= set(rule.countries or ()):
            raise Conflict("A rule for more countries holds. Please change it for all of them.")
        found.append(other)
    return found


def _meet(one: list[str] | None, other: list[str] | None) -> bool:
    """Whether two rules are about the same places: one for all countries stands behind one for some."""
    return bool(set(one) & set(other)) if one and other else one == other


def _countries(countries: Sequence[str] | None) -> list[str] | None:
    codes = sorted({country.strip().upper() for country in countries or () if country.strip()})
    if any(len(code) != 2 or not (code.isascii() and code.isalpha()) for code in codes):
        raise Invalid("A country is written with its two letters, such as DE.")
    return codes or None


def _check_reason(reason: str) -> None:
    if not _REASON[0] <= len(reason.strip()) <= _REASON[1]:
        raise Invalid("Please say why, in 5 to 500 characters.")


def _check_later(work: Work, from_when: datetime) -> None:
    if from_when <= work.now:
        raise Invalid("A requirement changes from a later time on, so that nobody is surprised.")


def _check_version(work: Work, requirement: Requirement, version: int) -> None:
    """Two people who change the same do it one after the other, and the second is told."""
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": f"requirement {requirement}"})
    known = work.session.scalar(
        text("select count(*) + count(valid_until) from verification_requirements where requirement = :requirement"),
        {"requirement": requirement.value},
    )
    if known != version:
        raise Conflict("Somebody else has changed this requirement meanwhile. Please look at it again.")


def _row(rule: RequirementRule) -> dict[str, Any]:
    return {
        "id": str(rule.id), "requirement": rule.requirement, "level": rule.level, "kinds": rule.kinds,
        "countries": rule.countries, "is_optional": rule.is_optional, "life_days": rule.life_days,
        "grace_days": rule.grace_days, "valid_from": rule.valid_from.isoformat(),
    }  # fmt: skip


def _told(rules: Sequence[RequirementRule]) -> dict[str, Any]:
    """Rules as the log keeps them, each value in words; several side by side."""
    told = [
        {
            "level": str(rule.level), "kinds": ", ".join(rule.kinds), "countries": ", ".join(rule.countries or ["all"]),
            "is_optional": "yes" if rule.is_optional else "no", "life_days": str(rule.life_days or "no end"),
            "grace_days": str(rule.grace_days), "from": rule.valid_from.isoformat(),
            "until": rule.valid_until.isoformat() if rule.valid_until else "no end",
        }
        for rule in rules
    ]  # fmt: skip
    return {key: "; ".join(one[key] for one in told) for key in told[0]} if told else {}


def _last_regulation(work: Work, category_id: UUID, requirement: Requirement) -> Regulation | None:
    return work.session.scalar(
        select(Regulation)
        .where(Regulation.category_id == category_id, Regulation.requirement == requirement.value)
        .order_by(Regulation.valid_from.desc())
        .limit(1)
        .with_for_update()
    )


def _told_of_category(regulation: Regulation) -> dict[str, Any]:
    return {
        "category_id": str(regulation.category_id), "countries": ", ".join(regulation.countries or ["all"]),
        "from": regulation.valid_from.isoformat(),
        "until": regulation.valid_until.isoformat() if regulation.valid_until else "no end",
    }  # fmt: skip


def _tell_category(work: Work, regulation: Regulation, before: dict[str, Any], reason: str) -> None:
    work.record(
        RequirementChanged(
            subject_id=uuid5(NAMESPACE_URL, f"regulation:{regulation.category_id}:{regulation.requirement}"),
            requirement=regulation.requirement, before=before, after=_told_of_category(regulation),
            reason=reason.strip(),
        )
    )  # fmt: skip
