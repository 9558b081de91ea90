"""The people of an organisation: asked to join, given a role, and leaving with their work handed over.

Nobody grants what they lack or touches somebody above them, and an organisation always keeps an owner. A person
has one account, whatever number of organisations it belongs to; each session is for one of them.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from domain.identity.addresses import LETTERS_PER_HOUR, TooManyLetters, normal_email
from domain.identity.commands import add_member
from domain.identity.events import (
    InvitationAccepted,
    InvitationRevoked,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    MemberRoleChanged,
    OrganizationSwitched,
    WorkHandedOver,
)
from domain.identity.granting import is_owner, may_grant
from domain.identity.links import SPENT, link_of, make_link, use_link, withdraw_links
from domain.identity.models import Invitation, Membership, Organization, Person, SignInSession
from domain.identity.passwords import is_right
from domain.identity.permissions import VARIANTS, Permission
from domain.identity.reach import forget_reach, pass_on_limit
from domain.identity.states import InvitationState, LinkPurpose, OrgKind, Variant
from domain.identity.tries import TooManyTries, count_try, too_many
from domain.identity.views import InvitationCard, InvitationRow, WorkplaceRow
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

INVITATION_LIFE = timedelta(days=7)
INVITATIONS_PER_HOUR = 60  # letters of one organisation
PASSWORD_TRIES, TRIES_WINDOW = 5, timedelta(hours=1)


class LastOwner(Conflict):
    pass


class AboveYou(NotAllowed):
    """A role that one may not give or take."""


# --- inviting ------------------------------------------------------------------------------------


def invite_member(work: Work, *, request_id: UUID, email: str, variant: Variant) -> UUID:
    """Ask somebody by e-mail to join one's own organisation with a role. Returns the invitation.

    The link works once, for seven days. Raises `AboveYou` for a role that one may not give, `Conflict` when the
    person is a member or is invited already, `TooManyLetters`. Announces `MemberInvited`.
    """
    work.actor.require(Permission.MANAGE_TEAM)
    org_id, address = work.actor.require_org(), normal_email(email)
    _may_give(work, org_id, Variant(variant))
    is_member = text(
        "select 1 from memberships m join people p on p.id = m.person_id"
        " where m.org_id = :org_id and m.state = 'active' and p.email = :email"
    )
    if work.session.execute(is_member, {"org_id": org_id, "email": address}).scalar():
        raise Conflict("This person is in your team already.")
    open_one = select(Invitation.id).where(
        Invitation.org_id == org_id, Invitation.email == address, Invitation.state == InvitationState.OPEN
    )
    if work.session.scalar(open_one):
        raise Conflict("This address is invited already. You can send the invitation once more.")
    row = Invitation(
        id=new_id(), org_id=org_id, email=address, variant=Variant(variant).value, invited_by=work.actor.user_id,
        state=InvitationState.OPEN.value, sent_at=work.now, expires_at=work.now + INVITATION_LIFE,
        created_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    _send(work, row, before={})
    return row.id


def resend_invitation(work: Work, *, invitation_id: UUID) -> None:
    """Send an open invitation once more, with a new link; the one before stops working.

    Raises `TooManyLetters` for the fourth letter to an address within an hour. Announces `MemberInvited`.
    """
    row = _own_invitation(work, invitation_id)
    _may_give(work, row.org_id, Variant(row.variant))
    if row.link_id is not None:
        withdraw_links(work, purpose=LinkPurpose.INVITATION, link_id=row.link_id)
    before = {"expires_at": row.expires_at.isoformat()}
    row.sent_at, row.expires_at = work.now, work.now + INVITATION_LIFE
    _send(work, row, before=before)


def revoke_invitation(work: Work, *, invitation_id: UUID, reason: str = "") -> None:
    """Take an open invitation back; its link stops working. Announces `InvitationRevoked`."""
    row = _own_invitation(work, invitation_id)
    if row.link_id is not None:
        withdraw_links(work, purpose=LinkPurpose.INVITATION, link_id=row.link_id)
    row.answer(InvitationState.REVOKED, work.now)
    work.record(
        InvitationRevoked(
            subject_id=row.org_id, invitation_id=row.id, reason=_reason(reason),
            before={"state": InvitationState.OPEN.value}, after={"state": row.state},
        )
    )  # fmt: skip


def my_invitations(work: Work) -> list[InvitationRow]:
    """The open invitations of one's own organisation, the latest first."""
    work.actor.require(Permission.MANAGE_TEAM)
    rows = work.session.execute(
        text(
            "select i.id as invitation_id, i.email, i.variant, p.name as invited_by, i.sent_at, i.expires_at,"
            " i.expires_at <= :now as is_expired from invitations i left join people p on p.id = i.invited_by"
            " where i.org_id = :org_id and i.state = 'open' order by i.sent_at desc, i.id"
        ),
        {"org_id": work.actor.require_org(), "now": work.now},
    )
    return [InvitationRow.model_validate(row._asdict()) for row in rows]


# --- joining -------------------------------------------------------------------------------------


def invitation_card(work: Work, *, token: str) -> InvitationCard:
    """What an invitation is about, for whoever holds its link (the web process only); uses nothing up.

    Raises `NotFound`, in one sentence, for a link that is forged, used, late or taken back.
    """
    return _card(work, _behind(work, token, lock=False))


def join_organization(
    work: Work, *, token: str, password: str, name: str = "", signed_in: UUID | None = None
) -> UUID | None:
    """Accept an invitation (the web process only). Returns the person, or None for a wrong password.

    Somebody new gives a name and chooses a password. Whoever has an account proves to be that person: by its
    password, or by being signed in. A wrong password is written down, so the answer must commit. Raises
    `NotFound` for a link that does not work, `TooManyTries`. Announces `InvitationAccepted` and `MemberJoined`.
    """
    row = _behind(work, token, lock=True)
    person_id = work.session.scalar(select(Person.id).where(Person.email == row.email))
    if person_id is not None and signed_in != person_id:
        bucket = f"join-password|{row.id}"
        if too_many(work, bucket, limit=PASSWORD_TRIES, within=TRIES_WINDOW):
            raise TooManyTries("Too many attempts. Please wait an hour and try again.")
        person = work.session.get_one(Person, person_id)
        if not is_right(password, person.password_hash) or person.state != "active":
            count_try(work, bucket)
            return None
    use_link(work, token=token, purpose=LinkPurpose.INVITATION)
    if person_id is None:
        person_id = add_member(
            work, request_id=row.id, org_id=row.org_id, email=row.email, name=name, variant=Variant(row.variant),
            password=password,
        )  # fmt: skip
        work.session.flush()
    else:
        _join_again(work, row, person_id)
    given = Variant(row.variant)
    pass_on_limit(work, granter_id=row.invited_by, person_id=person_id, org_id=row.org_id, variant=given)
    row.answer(InvitationState.ACCEPTED, work.now, person_id)
    work.record(
        InvitationAccepted(
            subject_id=row.org_id, invitation_id=row.id, person_id=person_id,
            before={"state": InvitationState.OPEN.value}, after={"state": row.state, "variant": row.variant},
        )
    )  # fmt: skip
    return person_id


def _join_again(work: Work, row: Invitation, person_id: UUID) -> None:
    """Somebody with an account becomes a member, perhaps for the second time."""
    member = work.session.get(Membership, (person_id, row.org_id), with_for_update=True)
    if member is None:
        work.session.add(
            Membership(person_id=person_id, org_id=row.org_id, variant=row.variant, created_at=work.now)
        )  # fmt: skip
    elif member.state == "removed":
        member.come_back(row.variant)
    else:
        raise Conflict("You are in this team already. Please sign in.")
    work.record(MemberJoined(subject_id=row.org_id, person_id=person_id, variant=row.variant))


# --- roles and leaving ---------------------------------------------------------------------------


def change_role(work: Work, *, person_id: UUID, variant: Variant, reason: str = "") -> None:
    """Give a member of one's own organisation another role; it holds from their next click on.

    Scopes and limits that the new role does not know are gone with the old one; a limit of one's own goes with the
    role that one gives. Raises `AboveYou`, and `LastOwner` when nobody would own the organisation. Announces
    `MemberRoleChanged`.
    """
    work.actor.require(Permission.MANAGE_TEAM)
    member = _own_member(work, person_id)
    _may_give(work, member.org_id, Variant(variant))
    if member.variant == Variant(variant):
        return
    before = member.variant
    member.variant = Variant(variant).value
    ids = {"person_id": person_id, "org_id": member.org_id}
    forget_reach(work, **ids, variant=Variant(variant))
    pass_on_limit(work, granter_id=work.actor.user_id, **ids, variant=Variant(variant))
    _keep_an_owner(work, member.org_id)
    work.record(
        MemberRoleChanged(
            subject_id=member.org_id, person_id=person_id, before={"variant": before},
            after={"variant": member.variant}, reason=_reason(reason),
        )
    )  # fmt: skip


def remove_member(work: Work, *, person_id: UUID, handed_to: UUID | None = None, reason: str = "") -> None:
    """Take somebody out of one's own organisation; their sessions end, and a colleague takes over their work.

    Left out, `handed_to` is whoever removes. Raises `AboveYou`, `LastOwner`, `Invalid` when the work would go
    to nobody of the team. Announces `MemberRemoved`.
    """
    work.actor.require(Permission.MANAGE_TEAM)
    member = _own_member(work, person_id)
    heir = handed_to or (work.actor.user_id if work.actor.user_id != person_id else None)
    if heir is None or heir == person_id:
        raise Invalid("Please choose a colleague who takes over the work.")
    if (successor := work.session.get(Membership, (heir, member.org_id))) is None or successor.state != "active":
        raise Invalid("Work can only go to somebody of your team.")
    member.leave(work.now, heir)
    _keep_an_owner(work, member.org_id)
    work.record(
        MemberRemoved(
            subject_id=member.org_id, person_id=person_id, handed_to=heir,
            before={"state": "active", "variant": member.variant}, after={"state": "removed"}, reason=_reason(reason),
        )
    )  # fmt: skip


def hand_over(work: Work, *, org_id: UUID, person_id: UUID, handed_to: UUID, moved: dict[str, int]) -> None:
    """Hand over what identity keeps of somebody who left, end their sessions there, and note all that `moved`.

    A step of the reaction to `MemberRemoved`, which has moved the work of the higher modules (the system only).
    Announces `WorkHandedOver`.
    """
    if not work.actor.is_system:
        raise NotFound
    ids = {"org_id": org_id, "person_id": person_id, "handed_to": handed_to, "now": work.now}
    invitations = work.session.execute(
        text(
            "update invitations set invited_by = :handed_to"
            " where org_id = :org_id and invited_by = :person_id and state = 'open' returning id"
        ),
        ids,
    ).all()
    work.session.execute(
        text(
            "update sign_in_sessions s set revoked_at = :now where s.person_id = :person_id and s.org_id = :org_id"
            " and s.revoked_at is null and exists (select 1 from memberships m where m.person_id = s.person_id"
            " and m.org_id = s.org_id and m.state = 'removed')"
        ),
        ids,
    )
    counts = {kind: count for kind, count in (moved | {"invitations": len(invitations)}).items() if count}
    work.record(WorkHandedOver(subject_id=org_id, person_id=person_id, handed_to=handed_to, moved=counts))


# --- one person, several organisations -----------------------------------------------------------


def workplaces(work: Work, *, session_id: UUID) -> list[WorkplaceRow]:
    """The organisations for which the person of a live session may act, by name (the web process only).

    Whoever came in by the sign-on of a company acts for that one alone: it speaks for nobody else.
    """
    if not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select o.id as org_id, o.name, o.kind, m.variant, o.id = s.org_id as is_current from sign_in_sessions s"
            " join memberships m on m.person_id = s.person_id and m.state = 'active'"
            " join organizations o on o.id = m.org_id"
            " where s.id = :id and s.revoked_at is null and s.expires_at > :now"
            " and (s.method <> 'company' or m.org_id = s.org_id) order by o.name, o.id"
        ),
        {"id": session_id, "now": work.now},
    )
    return [WorkplaceRow.model_validate(row._asdict()) for row in rows]


def switch_organization(work: Work, *, session_id: UUID, org_id: UUID) -> None:
    """Let a session act for another organisation of its person (the web process only).

    Raises `NotFound` for one to which the person does not belong. Announces `OrganizationSwitched`.
    """
    if org_id not in {place.org_id for place in workplaces(work, session_id=session_id)}:
        raise NotFound
    session = work.session.get_one(SignInSession, session_id, with_for_update=True)
    before, session.org_id = session.org_id, org_id
    work.record(
        OrganizationSwitched(
            subject_id=session.person_id, session_id=session_id, for_org_id=org_id, before={"org_id": str(before)},
            after={"org_id": str(org_id)},
        )
    )  # fmt: skip


# --- inside --------------------------------------------------------------------------------------


def _send(work: Work, row: Invitation, *, before: dict[str, Any]) -> None:
    _heed_letters(work, row)
    row.link_id = make_link(
        work, purpose=LinkPurpose.INVITATION, org_id=row.org_id, facts={"invitation_id": str(row.id)},
        life=INVITATION_LIFE,
    )  # fmt: skip
    work.record(
        MemberInvited(
            subject_id=row.org_id, invitation_id=row.id, link_id=row.link_id, variant=row.variant, before=before,
            after={"variant": row.variant, "expires_at": row.expires_at.isoformat()},
        ),
        personal={"org_id": row.org_id, "person_id": None, "after": {"email": row.email}},
    )  # fmt: skip


def _heed_letters(work: Work, row: Invitation) -> None:
    """Refuse more letters than a team needs: what comes under our name must not be a nuisance to strangers."""
    # A new invitation to the address counts with the ones that were taken back.
    sent = work.session.execute(
        text(
            "select count(*) as in_all, count(*) filter (where i.email = :email) as to_address from links l"
            " join invitations i on i.id = (l.facts ->> 'invitation_id')::uuid"
            " where l.org_id = :org_id and l.purpose = 'invitation' and l.created_at > :since"
        ),
        {"org_id": row.org_id, "email": row.email, "since": work.now - timedelta(hours=1)},
    ).one()
    if sent.to_address >= LETTERS_PER_HOUR or sent.in_all >= INVITATIONS_PER_HOUR:
        raise TooManyLetters("Several invitations were sent within the hour already. Please wait before sending more.")


def _behind(work: Work, token: str, *, lock: bool) -> Invitation:
    """The open invitation behind a link that is its latest."""
    link = link_of(work, token=token, purpose=LinkPurpose.INVITATION)
    row = work.session.get(Invitation, UUID(link.facts["invitation_id"]), with_for_update=lock or None)
    if row is None or row.state != InvitationState.OPEN or row.link_id != link.link_id or row.expires_at <= work.now:
        raise NotFound(SPENT)
    return row


def _card(work: Work, row: Invitation) -> InvitationCard:
    organization = work.session.get_one(Organization, row.org_id)
    by = work.session.get(Person, row.invited_by) if row.invited_by else None
    return InvitationCard(
        invitation_id=row.id, org_name=organization.name, org_kind=organization.kind, variant=row.variant,
        email=row.email, invited_by=by.name if by else None,
        person_id=work.session.scalar(select(Person.id).where(Person.email == row.email)),
    )  # fmt: skip


def _own_invitation(work: Work, invitation_id: UUID) -> Invitation:
    work.actor.require(Permission.MANAGE_TEAM)
    row = work.session.get(Invitation, invitation_id, with_for_update=True)
    if row is None or row.org_id != work.actor.require_org():
        raise NotFound
    if row.state != InvitationState.OPEN:
        raise Conflict("This invitation is no longer open.")
    return row


def _own_member(work: Work, person_id: UUID) -> Membership:
    """An active member of one's own organisation whom one may manage. Its owners are locked with it."""
    org_id = work.actor.require_org()
    # One lock order: two owners who remove each other come one after the other.
    rows: Sequence[Membership] = work.session.scalars(
        select(Membership)
        .where(Membership.org_id == org_id, Membership.state == "active")
        .order_by(Membership.person_id)
        .with_for_update()
    ).all()
    member = next((row for row in rows if row.person_id == person_id), None)
    if member is None:
        raise NotFound
    if not may_grant(work.actor, Variant(member.variant)):
        raise AboveYou("This person's role is above yours. Please ask the owner.")
    return member


def _may_give(work: Work, org_id: UUID, variant: Variant) -> None:
    kind = work.actor.org_kind or work.session.get_one(Organization, org_id).kind
    if variant not in VARIANTS[OrgKind(kind)]:
        raise Invalid(f"A {kind} has no such role.")
    if not may_grant(work.actor, variant):
        raise AboveYou("You cannot give a role that may do more than you. Please ask the owner.")


def _keep_an_owner(work: Work, org_id: UUID) -> None:
    work.session.flush()
    variants = work.session.scalars(
        select(Membership.variant).where(Membership.org_id == org_id, Membership.state == "active")
    )
    if not any(is_owner(variant) for variant in variants):
        raise LastOwner("An organisation always has an owner. Make somebody else the owner first.")


def _reason(text_: str) -> str:
    if len(text_) > 500:
        raise Invalid("A reason has at most 500 characters.")
    return text_.strip()
