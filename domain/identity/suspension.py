"""Suspending an organisation: proposed or done at once, lifted, appealed against, and decided by other eyes.

A suspended organisation begins nothing new: no orders, no baskets, no offers, and its offers are not found. It signs
in, and what is open goes on: it ships, counts, accepts and is paid. proposed -> active | declined; active -> lifted.
Lifting is proposed and decided in the same way: whoever proposed it never decides.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from domain.identity.events import (
    AppealDecided,
    OrganizationRestored,
    OrganizationSuspended,
    PersonDisabled,
    PersonEnabled,
    RestorationDeclined,
    RestorationProposed,
    SuspensionAppealed,
    SuspensionDeclined,
    SuspensionProposed,
)
from domain.identity.models import Membership, Organization, Person, Suspension
from domain.identity.permissions import Permission
from domain.identity.sessions import end_sessions_of
from domain.identity.states import AppealState, OrgKind, Origin, SuspensionState, Variant
from domain.identity.views import FoundOrganization, OrganizationSheet, PersonRow, SuspensionRow
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

ACTIVE, SUSPENDED = "active", "suspended"
_DECIDERS = (Permission.SUSPEND_MEMBERS, Permission.APPROVE_SUSPENSION)
_LOOKERS = (Permission.MANAGE_MEMBERS, *_DECIDERS, Permission.PROPOSE_SUSPENSION)


class OrganizationIsSuspended(NotAllowed):
    """What would begin something new is refused while an organisation is suspended."""


class OtherEyesNeeded(Conflict):
    """Somebody else has to decide this."""


def require_active_organization(work: Work) -> None:
    """Refuse to begin something new for an organisation that is suspended.

    Raises `OrganizationIsSuspended`. The system itself is never refused.
    """
    if work.actor.is_system:
        return
    state = work.session.execute(
        text("select state from organizations where id = :org"), {"org": work.actor.require_org()}
    ).scalar_one_or_none()
    if state == SUSPENDED:
        raise OrganizationIsSuspended(
            "Your organisation is suspended, so nothing new can be started. Open orders go on."
            " The reason, and how to appeal, stand on the page Standing."
        )


def suspend_organization(
    work: Work, *, request_id: UUID, org_id: UUID, reason: str, until: datetime | None = None
) -> UUID:
    """Suspend an organisation at once, for good or until an instant. An open proposal becomes this decision.

    Raises `NotFound`, `Conflict` when it is suspended already, `OtherEyesNeeded` for one's own proposal or when one
    belongs to the organisation. Announces `OrganizationSuspended`.
    """
    work.actor.require(Permission.SUSPEND_MEMBERS)
    organization = _organization(work, org_id)
    _is_no_party(work, org_id)
    reason = _sentence(reason, "reason")
    _is_later(work, until)
    found = _open(work, org_id)
    if found is not None and found.state == SuspensionState.ACTIVE:
        raise Conflict("This organisation is suspended already.")
    if found is None:
        found = Suspension(
            id=new_id(), org_id=org_id, state=SuspensionState.PROPOSED.value, reason=reason,
            proposed_by=work.actor.user_id, proposed_at=work.now,
        )  # fmt: skip
        work.session.add(found)
    elif found.proposed_by == work.actor.user_id:
        raise OtherEyesNeeded("You proposed this suspension, so somebody else has to decide on it.")
    found.reason, found.until = reason, until
    _impose(work, organization, found, note=None)
    return found.id


def propose_suspension(
    work: Work, *, request_id: UUID, org_id: UUID, reason: str, until: datetime | None = None
) -> UUID:
    """Propose that an organisation be suspended; nothing changes for it until somebody else decides.

    Raises `NotFound`, and `Conflict` when a proposal or a suspension is open. Announces `SuspensionProposed`.
    """
    work.actor.require(Permission.PROPOSE_SUSPENSION)
    _organization(work, org_id)
    _is_no_party(work, org_id)
    _is_later(work, until)
    if _open(work, org_id) is not None:
        raise Conflict("A suspension of this organisation is proposed or in force already.")
    made = Suspension(
        id=new_id(), org_id=org_id, state=SuspensionState.PROPOSED.value, reason=_sentence(reason, "reason"),
        until=until, proposed_by=work.actor.user_id, proposed_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.record(SuspensionProposed(subject_id=org_id, suspension_id=made.id, reason=made.reason))
    return made.id


def decide_suspension(work: Work, *, suspension_id: UUID, is_approved: bool, note: str) -> None:
    """Decide on a proposed suspension, by somebody else than who proposed it.

    Raises `NotFound`, `OtherEyesNeeded`, `states.IllegalMove` when it is decided. Announces `OrganizationSuspended`
    or `SuspensionDeclined`.
    """
    _require_any(work, _DECIDERS)
    found = _locked(work, suspension_id)
    _is_no_party(work, found.org_id)
    if found.proposed_by is not None and found.proposed_by == work.actor.user_id:
        raise OtherEyesNeeded("You proposed this suspension, so somebody else has to decide on it.")
    note = _sentence(note, "note")
    if is_approved:
        _impose(work, _organization(work, found.org_id), found, note=note)
        return
    found.move_to(SuspensionState.DECLINED)
    found.decided_by, found.decided_at, found.decision_note = work.actor.user_id, work.now, note
    work.record(
        SuspensionDeclined(
            subject_id=found.org_id, suspension_id=found.id, reason=note,
            from_state=SuspensionState.PROPOSED, to_state=SuspensionState.DECLINED,
        )
    )  # fmt: skip


def restore_organization(work: Work, *, org_id: UUID, note: str) -> None:
    """Lift the suspension of an organisation. Raises `NotFound`, `Conflict`. Announces `OrganizationRestored`."""
    _require_any(work, _DECIDERS)
    organization = _organization(work, org_id)
    _is_no_party(work, org_id)
    found = _open(work, org_id)
    if found is None or found.state != SuspensionState.ACTIVE:
        raise Conflict("This organisation is not suspended.")
    if found.appeal_state == AppealState.OPEN:
        raise Conflict("An appeal is open. Please decide on the appeal.")
    if found.restore_proposed_by is not None and found.restore_proposed_by == work.actor.user_id:
        raise OtherEyesNeeded("You proposed this restoration, so somebody else has to decide on it.")
    _lift(work, organization, found, _sentence(note, "note"))


def propose_restoration(work: Work, *, request_id: UUID, org_id: UUID, reason: str) -> UUID:
    """Propose that a suspension be lifted; it stands until somebody else decides. Returns the suspension.

    Raises `NotFound`, and `Conflict` when nothing is suspended, an appeal is open or one is proposed already. Announces
    `RestorationProposed`.
    """
    work.actor.require(Permission.PROPOSE_SUSPENSION)
    _organization(work, org_id)
    _is_no_party(work, org_id)
    found = _open(work, org_id)
    if found is None or found.state != SuspensionState.ACTIVE:
        raise Conflict("This organisation is not suspended.")
    if found.appeal_state == AppealState.OPEN:
        raise Conflict("An appeal is open, and whoever decides on it decides about the suspension.")
    if found.restore_proposed_at is not None:
        raise Conflict("A restoration of this organisation is proposed already.")
    found.restore_proposed_by, found.restore_proposed_at = work.actor.user_id, work.now
    found.restore_reason = _sentence(reason, "reason")
    work.record(RestorationProposed(subject_id=org_id, suspension_id=found.id, reason=found.restore_reason))
    return found.id


def decide_restoration(work: Work, *, suspension_id: UUID, is_approved: bool, note: str) -> None:
    """Decide on a proposed restoration, by somebody else than who proposed it.

    Raises `NotFound`, `Conflict` when none is proposed, `OtherEyesNeeded`. Announces `OrganizationRestored` or
    `RestorationDeclined`; after a no another one can be proposed.
    """
    _require_any(work, _DECIDERS)
    found = _locked(work, suspension_id)
    _is_no_party(work, found.org_id)
    if found.restore_proposed_at is None or found.state != SuspensionState.ACTIVE:
        raise Conflict("There is no open proposal to restore this organisation.")
    if found.restore_proposed_by is not None and found.restore_proposed_by == work.actor.user_id:
        raise OtherEyesNeeded("You proposed this restoration, so somebody else has to decide on it.")
    if found.appeal_state == AppealState.OPEN:
        raise Conflict("An appeal is open. Please decide on the appeal.")
    note = _sentence(note, "note")
    if is_approved:
        _lift(work, _organization(work, found.org_id), found, note)
        return
    found.restore_proposed_by = found.restore_proposed_at = found.restore_reason = None
    work.record(RestorationDeclined(subject_id=found.org_id, suspension_id=found.id, reason=note))


def appeal_suspension(work: Work, *, appeal: str) -> None:
    """Appeal against the suspension of one's own organisation, once.

    Raises `Conflict` when it is not suspended or an appeal was made. Announces `SuspensionAppealed`.
    """
    work.actor.require(Permission.MANAGE_ORGANIZATION)
    appeal = _sentence(appeal, "appeal")
    found = my_suspension(work)
    if found is None:
        raise Conflict("Your organisation is not suspended.")
    made = work.session.execute(
        text(
            "update suspensions set appeal = :appeal, appealed_by = :person, appealed_at = :now, appeal_state = 'open'"
            " where id = :id and org_id = :org and state = 'active' and appeal_state is null returning id"
        ),
        {
            "appeal": appeal, "person": work.actor.user_id, "now": work.now, "id": found.suspension_id,
            "org": work.actor.require_org(),
        },
    ).scalar_one_or_none()  # fmt: skip
    if made is None:
        raise Conflict("An appeal was made already. There is one appeal for each suspension.")
    work.record(SuspensionAppealed(subject_id=found.org_id, suspension_id=found.suspension_id))


def decide_appeal(work: Work, *, suspension_id: UUID, is_granted: bool, answer: str) -> None:
    """Decide on an appeal, by somebody else than who proposed or decided the suspension.

    Granted, the organisation is restored. Raises `NotFound`, `Conflict`, `OtherEyesNeeded`. Announces
    `AppealDecided` and, when granted, `OrganizationRestored`.
    """
    _require_any(work, _DECIDERS)
    found = _locked(work, suspension_id)
    _is_no_party(work, found.org_id)
    if found.appeal_state != AppealState.OPEN or found.state != SuspensionState.ACTIVE:
        raise Conflict("There is no open appeal against this suspension.")
    if work.actor.user_id in (found.decided_by, found.proposed_by, found.restore_proposed_by):
        raise OtherEyesNeeded("You took part in the decision, so somebody else has to look at the appeal.")
    answer = _sentence(answer, "answer")
    found.appeal_state = (AppealState.GRANTED if is_granted else AppealState.REFUSED).value
    found.appeal_decided_by, found.appeal_decided_at, found.appeal_answer = work.actor.user_id, work.now, answer
    work.record(AppealDecided(subject_id=found.org_id, suspension_id=found.id, is_granted=is_granted, reason=answer))
    if is_granted:
        _lift(work, _organization(work, found.org_id), found, answer)


def lift_ended_suspensions(work: Work, *, limit: int = 100) -> int:
    """Restore organisations whose suspension has run out (system only). Returns how many."""
    if not work.actor.is_system:
        raise NotFound
    ended = work.session.scalars(
        select(Suspension)
        .where(Suspension.state == SuspensionState.ACTIVE.value, Suspension.until <= work.now)
        .order_by(Suspension.until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for found in ended:
        _lift(work, _organization(work, found.org_id), found, "The time of the suspension has ended.")
    return len(ended)


def disable_person(work: Work, *, person_id: UUID, reason: str) -> None:
    """Keep one person from signing in, and end where the person is signed in; colleagues go on.

    Raises `NotFound`, `Conflict` for oneself, `OtherEyesNeeded` for somebody with whom one works elsewhere, and
    `NotAllowed` for an administrator of the platform, unless by another one. Announces `PersonDisabled`.
    """
    work.actor.require(Permission.SUSPEND_MEMBERS)
    person = _person(work, person_id)
    if person.id == work.actor.user_id:
        raise Conflict("You cannot disable your own account.")
    _may_decide_on(work, person_id)
    if person.state == "disabled":
        raise Conflict("This account is disabled already.")
    person.stand_as("disabled")
    end_sessions_of(work, person_id=person_id)
    work.record(
        PersonDisabled(
            subject_id=person_id, for_org_id=_home_of(work, person_id), reason=_sentence(reason, "reason"),
            before={"state": "active"}, after={"state": "disabled"},
        )
    )  # fmt: skip


def enable_person(work: Work, *, person_id: UUID, reason: str) -> None:
    """Let a person sign in again. Raises what `disable_person` raises. Announces `PersonEnabled`."""
    work.actor.require(Permission.SUSPEND_MEMBERS)
    person = _person(work, person_id)
    _may_decide_on(work, person_id)
    if person.state != "disabled":
        raise Conflict("This account is not disabled.")
    person.stand_as("active")
    work.record(
        PersonEnabled(
            subject_id=person_id, for_org_id=_home_of(work, person_id), reason=_sentence(reason, "reason"),
            before={"state": "disabled"}, after={"state": "active"},
        )
    )  # fmt: skip


# --- questions ---------------------------------------------------------------------------------

_ROW = (
    "select s.id as suspension_id, s.org_id, o.name as org_name, s.state, s.reason, s.until, s.proposed_at,"
    " s.proposed_by, s.decided_at, s.decided_by, s.decision_note, s.lifted_at, s.lift_note, s.appeal, s.appealed_at,"
    " s.appeal_state, s.appeal_decided_at, s.appeal_answer,"
    " s.restore_proposed_by, s.restore_proposed_at, s.restore_reason, rb.name as restore_proposed_by_name,"
    " pb.name as proposed_by_name, db.name as decided_by_name, lb.name as lifted_by_name, ab.name as appeal_by_name"
    " from suspensions s join organizations o on o.id = s.org_id left join people pb on pb.id = s.proposed_by"
    " left join people db on db.id = s.decided_by left join people lb on lb.id = s.lifted_by"
    " left join people ab on ab.id = s.appeal_decided_by left join people rb on rb.id = s.restore_proposed_by"
)


def my_suspension(work: Work) -> SuspensionRow | None:
    """The suspension of one's own organisation that is in force, without who decided it; None when it is active."""
    row = work.session.execute(
        text(_ROW + " where s.org_id = :org and s.state = 'active'"), {"org": work.actor.require_org()}
    ).one_or_none()
    if row is None:
        return None
    unnamed = {"proposed_by": None, "decided_by": None, "proposed_by_name": None, "decided_by_name": None,
               "lifted_by_name": None, "appeal_by_name": None, "decision_note": None, "restore_proposed_by": None,
               "restore_proposed_at": None, "restore_reason": None, "restore_proposed_by_name": None}  # fmt: skip
    return SuspensionRow.model_validate({**row._asdict(), **unnamed})


def suspensions_of(work: Work, *, org_id: UUID) -> list[SuspensionRow]:
    """Every suspension of an organisation, newest first, for the platform's people."""
    _require_any(work, _LOOKERS)
    rows = work.session.execute(text(_ROW + " where s.org_id = :org order by s.proposed_at desc"), {"org": org_id})
    return [SuspensionRow.model_validate(row._asdict()) for row in rows]


def open_suspensions(work: Work) -> list[SuspensionRow]:
    """Proposals and appeals that wait for somebody's decision, oldest first."""
    _require_any(work, _LOOKERS)
    rows = work.session.execute(
        text(
            _ROW + " where s.state = 'proposed' or (s.state = 'active'"
            " and (s.appeal_state = 'open' or s.restore_proposed_at is not null))"
            " order by greatest(s.appealed_at, s.restore_proposed_at, s.proposed_at)"
        )
    )
    return [SuspensionRow.model_validate(row._asdict()) for row in rows]


def find_organizations(work: Work, *, find: str = "", size: int = 20) -> list[FoundOrganization]:
    """Live organisations by a part of their name; without one those that are suspended."""
    _require_any(work, _LOOKERS)
    rows = work.session.execute(
        text(
            "select id as org_id, kind, name, country_code, state from organizations where origin = 'live'"
            " and kind <> 'platform' and case when :find = '' then state = 'suspended'"
            " else strpos(lower(name), lower(:find)) > 0 end order by name, id limit :size"
        ),
        {"find": find.strip(), "size": size},
    )
    return [FoundOrganization.model_validate(row._asdict()) for row in rows]


def organization_sheet(work: Work, *, org_id: UUID) -> OrganizationSheet:
    """One organisation as the platform's people see it: facts and people. Raises `NotFound`."""
    _require_any(work, _LOOKERS)
    row = work.session.execute(
        text(
            "select id as org_id, kind, name, country_code, region, time_zone, locale, currency, about, state,"
            " created_at from organizations where id = :org and origin = 'live'"
        ),
        {"org": org_id},
    ).one_or_none()
    if row is None:
        raise NotFound
    people = work.session.execute(
        text(
            "select p.id as person_id, p.name, p.email, p.state, m.variant, m.state as membership, m.created_at"
            " as joined_at, (select max(s.last_seen_at) from sign_in_sessions s where s.person_id = p.id) as seen_at"
            " from memberships m join people p on p.id = m.person_id where m.org_id = :org order by p.name, p.id"
        ),
        {"org": org_id},
    )
    return OrganizationSheet.model_validate(
        {**row._asdict(), "people": [PersonRow.model_validate(each._asdict()) for each in people]}
    )


# --- steps -------------------------------------------------------------------------------------


def _impose(work: Work, organization: Organization, found: Suspension, *, note: str | None) -> None:
    found.move_to(SuspensionState.ACTIVE)
    found.decided_by, found.decided_at, found.decision_note = work.actor.user_id, work.now, note
    organization.stand_as(SUSPENDED)
    work.record(
        OrganizationSuspended(
            subject_id=organization.id, suspension_id=found.id, reason=found.reason, until=found.until,
            before={"state": ACTIVE}, after={"state": SUSPENDED},
        )
    )  # fmt: skip


def _lift(work: Work, organization: Organization, found: Suspension, note: str) -> None:
    found.move_to(SuspensionState.LIFTED)
    found.lifted_by, found.lifted_at, found.lift_note = work.actor.user_id, work.now, note
    organization.stand_as(ACTIVE)
    work.record(
        OrganizationRestored(
            subject_id=organization.id, suspension_id=found.id, reason=note, before={"state": SUSPENDED},
            after={"state": ACTIVE},
        )
    )  # fmt: skip


def _organization(work: Work, org_id: UUID) -> Organization:
    found = work.session.get(Organization, org_id, with_for_update=True, populate_existing=True)
    if found is None or found.origin != Origin.LIVE:
        raise NotFound
    if found.kind == OrgKind.PLATFORM:
        raise Invalid("The platform itself cannot be suspended.")
    return found


def _open(work: Work, org_id: UUID) -> Suspension | None:
    return work.session.scalar(
        select(Suspension)
        .where(Suspension.org_id == org_id, Suspension.state.in_((SuspensionState.PROPOSED, SuspensionState.ACTIVE)))
        .with_for_update()
    )


def _locked(work: Work, suspension_id: UUID) -> Suspension:
    found = work.session.get(Suspension, suspension_id, with_for_update=True)
    if found is None:
        raise NotFound
    return found


def _person(work: Work, person_id: UUID) -> Person:
    person = work.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound
    return person


def _home_of(work: Work, person_id: UUID) -> UUID | None:
    return work.session.scalar(
        select(Membership.org_id).where(Membership.person_id == person_id).order_by(Membership.created_at).limit(1)
    )


def _is_no_party(work: Work, org_id: UUID) -> None:
    """Who has, or had, a place in the organisation does not decide about it."""
    if work.actor.user_id is not None and work.session.get(Membership, (work.actor.user_id, org_id)) is not None:
        raise OtherEyesNeeded("You belong to this organisation, so somebody else has to decide.")


def _may_decide_on(work: Work, person_id: UUID) -> None:
    """Who works with somebody elsewhere does not decide on that person's account, and nobody on those above."""
    found = work.session.execute(
        text(
            "select exists (select 1 from memberships mine join memberships theirs on theirs.org_id = mine.org_id"
            " join organizations o on o.id = mine.org_id and o.kind <> :platform"
            " where mine.person_id = :me and theirs.person_id = :person) as has_ties,"
            " exists (select 1 from memberships where person_id = :person and state = 'active' and variant = :above)"
            " as is_above"
        ),
        {"me": work.actor.user_id, "person": person_id, "platform": OrgKind.PLATFORM, "above": Variant.SUPER_ADMIN},
    ).one()
    if found.has_ties:
        raise OtherEyesNeeded("You work with this person elsewhere, so somebody else has to decide.")
    if found.is_above and not work.actor.is_system and work.actor.variant != Variant.SUPER_ADMIN:
        raise NotAllowed("The account of an administrator is for another administrator to decide on.")


def _require_any(work: Work, permissions: tuple[Permission, ...]) -> None:
    if not any(work.actor.may(permission) for permission in permissions):
        work.actor.require(permissions[0])


def _is_later(work: Work, until: datetime | None) -> None:
    if until is not None and until <= work.now:
        raise Invalid("The end of a suspension must be in the future.")


def _sentence(value: str, what: str) -> str:
    value = value.strip()
    if not 3 <= len(value) <= 1000:
        raise Invalid(f"The {what} must have between 3 and 1,000 characters.")
    return value
