"""The people of my organisation: who they are, asking somebody to join, and letting somebody go."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard
from app.parts import Column, confirm, page_header, plain, section, table
from app.parts.forms import guarded_dialog, once, settle
from app.parts.lost_factors import draw_for_owner
from domain import identity, orders, reports, stock, territories
from domain.identity import VARIANTS, InvitationRow, MemberRow, OrgKind, Permission, ScopeKind, Variant

who, actor = guard()
may_manage = actor.may(Permission.MANAGE_TEAM)
people = ask(identity.my_team)
here = [person for person in people if person.state == "active"]
left = [person for person in people if person.state != "active"]
reach = {row.person_id: row for row in ask(identity.members_reach)} if may_manage else {}
roles = [variant for variant in VARIANTS[OrgKind(who.org_kind)] if identity.may_grant(actor, variant)]


@guarded_dialog("Invite somebody")
def invite() -> None:
    with st.form(once("invite"), border=False):
        email = st.text_input("E-mail", type="email", max_chars=254, placeholder="colleague@company.com")
        # The one that may least is offered: nobody becomes an owner because a field was left as it was.
        variant = st.selectbox("Role", roles, index=len(roles) - 1, format_func=words.role)
        st.caption("The invitation works once, for seven days.")
        sent = st.form_submit_button("Send the invitation", type="primary")
    if sent and settle(
        identity.invite_member, request="invite", done=f"An invitation is on its way to {email}.", email=email or "",
        variant=variant,
    ):  # fmt: skip
        st.rerun()


@guarded_dialog("Change the role")
def change_role(person: MemberRow) -> None:
    st.markdown(f"**{plain(person.name)}** is {plain(words.role(person.variant))} now.")
    with st.form(once("role"), border=False):
        at = next((i for i, variant in enumerate(roles) if variant == person.variant), 0)
        variant = st.selectbox("New role", roles, index=at, format_func=words.role)
        reason = st.text_input("Why (optional)", max_chars=500)
        sent = st.form_submit_button("Change the role", type="primary")
    if sent and settle(
        identity.change_role, done=f"{person.name} is {words.role(variant)} from now on.",
        person_id=person.person_id, variant=variant, reason=reason or "",
    ):  # fmt: skip
        st.rerun()


@dataclass(frozen=True, slots=True)
class Scope:
    """To what people are kept: where it stands in their reach, and its words."""

    held: str
    plural: str
    unknown: str
    help: str


SCOPES = {
    ScopeKind.STORE: Scope("stores", "places", "A place of before", "They order and receive for these."),
    ScopeKind.CUSTOMER: Scope("customers", "customers", "Another customer", "They see and answer orders of these."),
    ScopeKind.REGION: Scope(
        "regions", "regions", "Another region",
        "They see what is delivered to an address there, by the day of the order, and its figures.",
    ),
    ScopeKind.WAREHOUSE: Scope(
        "warehouses", "warehouses", "A warehouse of before",
        "They receive, count and ship there, and receive what is delivered to its address.",
    ),
}  # fmt: skip


def assignable(kind: ScopeKind) -> dict[UUID, str]:
    """What somebody of this organisation can be kept to, by its name."""
    match kind:
        case ScopeKind.STORE:
            return {place.site_id: place.name for place in ask(identity.my_sites)}
        case ScopeKind.CUSTOMER:
            return {row.buyer_id: row.buyer_name for row in ask(orders.orders_of_seller, size=500)[0]}
        case ScopeKind.REGION:
            return {row.region_id: row.name for row in ask(territories.my_territories) if row.state != "past"}
        case ScopeKind.WAREHOUSE:
            return {row.location_id: row.name for row in ask(stock.my_locations)}


@guarded_dialog("Limits")
def set_limits(person: MemberRow) -> None:
    st.markdown(f"How far **{plain(person.name)}** may go without asking you. Left empty: no limit.")
    role, now = Variant(person.variant), reach[person.person_id]
    amount, chosen = None, {}
    with st.form(once("limits"), border=False):
        if identity.can_be_limited(role):
            amount = st.number_input(
                f"Orders up to, in {who.currency}", min_value=0.0, step=100.0, format="%.2f", placeholder="No limit",
                value=None if now.amount is None else float(now.amount),
                help="For a checkout the whole sum counts, with tax and shipping.",
            )  # fmt: skip
        for kind in sorted(identity.scope_kinds(role)):
            names, held = assignable(kind), getattr(now, SCOPES[kind].held)
            names = dict.fromkeys(held, SCOPES[kind].unknown) | names
            chosen[kind] = st.multiselect(
                f"Only these {SCOPES[kind].plural}", list(names), default=list(held), help=SCOPES[kind].help,
                format_func=names.__getitem__, placeholder=f"All {SCOPES[kind].plural}",
            )  # fmt: skip
        reason = st.text_input("Why (optional)", max_chars=500)
        sent = st.form_submit_button("Set the limits", type="primary")
    if not sent:
        return
    kept = True
    if identity.can_be_limited(role):
        limit = None if amount is None else Decimal(f"{amount:.2f}")
        kept = settle(
            identity.set_member_limits, done="The limit is set.", person_id=person.person_id, amount=limit,
            currency=who.currency, reason=reason or "",
        )  # fmt: skip
    for kind, subjects in chosen.items():
        if kept and set(subjects) != set(getattr(now, SCOPES[kind].held)):
            kept = settle(
                identity.set_member_scopes, done="The limits are set.", person_id=person.person_id, kind=kind,
                subject_ids=subjects, reason=reason or "",
            )  # fmt: skip
    if kept:
        st.rerun()


def limits_of(person: MemberRow) -> str:
    """ " · up to 500.00 EUR · 2 places", or nothing."""
    found = reach.get(person.person_id)
    if found is None:
        return ""
    words_ = []
    if found.amount is not None and found.currency is not None:
        words_.append(f"up to {words.money(found.amount, found.currency)}")
    for scope in SCOPES.values():
        held = getattr(found, scope.held)
        if held:
            words_.append(words.count(len(held), scope.plural.removesuffix("s")))
    return "".join(f" · {word}" for word in words_)


@guarded_dialog("Remove from the team", width="large")
def remove(person: MemberRow) -> None:
    heirs = {other.person_id: other for other in here if other.person_id != person.person_id}
    st.markdown(f"**{plain(person.name)}** can no longer act for {plain(who.org_name)}, from this moment on.")
    found = ask(reports.open_work_of, person_id=person.person_id)
    if found:
        st.markdown("Open work, which goes to a colleague:")
        st.markdown("\n".join(f"- {plain(words.open_work(work.kind, work.count))}" for work in found))
    else:
        st.caption("There is no open work of this person. A colleague is noted all the same, for what comes later.")
    if not heirs:
        st.warning("There is nobody who could take over. Invite somebody first.")
        return
    with st.form(once("remove"), border=False):
        ids = list(heirs)
        mine = ids.index(actor.user_id) if actor.user_id in heirs else 0
        heir = st.selectbox(
            "Who takes over?", ids, index=mine,
            format_func=lambda each: f"{heirs[each].name} · {words.role(heirs[each].variant)}",
        )  # fmt: skip
        reason = st.text_input("Why (optional)", max_chars=500)
        sent = st.form_submit_button("Remove and hand over", type="primary")
    if sent and settle(
        identity.remove_member, done=f"{person.name} is no longer in the team.", person_id=person.person_id,
        handed_to=heir, reason=reason or "",
    ):  # fmt: skip
        st.rerun()


def revoke(row: InvitationRow) -> None:
    confirm(
        "Take the invitation back", f"The link that {row.email} has got stops working.", "Take it back",
        partial(perform, identity.revoke_invitation, invitation_id=row.invitation_id, done="The invitation is void."),
    )  # fmt: skip


def invite_button() -> None:
    if may_manage and st.button("Invite somebody", icon=":material/person_add:", type="primary"):
        invite()


def draw_person(person: MemberRow) -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key=f"member-{person.person_id}"):  # fmt: skip
        you = " · you" if person.person_id == actor.user_id else ""
        st.markdown(
            f"**{plain(person.name)}**{you}  \n{plain(words.role(person.variant))}{plain(limits_of(person))}  \n"
            f":gray[:small[{plain(person.email)} · since {plain(words.day(person.joined_at))}]]",
            width="content",
        )
        if may_manage and identity.may_grant(actor, person.variant):  # type: ignore[arg-type]
            with st.container(horizontal=True, width="content"):
                if st.button("Change role", key=f"role-{person.person_id}", type="tertiary"):
                    change_role(person)
                is_other = person.person_id != actor.user_id
                if person.person_id in reach and is_other and st.button(
                    "Limits", key=f"limits-{person.person_id}", type="tertiary"
                ):
                    set_limits(person)
                if is_other and identity.may_look_as(actor, Variant(person.variant)):
                    st.button(
                        "View as", key=f"view-as-{person.person_id}", type="tertiary", on_click=perform,
                        args=(identity.view_as_colleague,), kwargs={"person_id": person.person_id},
                        help="See every screen as this colleague does. Nothing can be changed.",
                    )  # fmt: skip
                if st.button("Remove", key=f"remove-{person.person_id}", type="tertiary"):
                    remove(person)


def what_moved(person: MemberRow) -> str:
    found = moved.get(person.person_id)
    if found is None or not found.moved:
        return "Nothing was open"
    return ", ".join(words.open_work(kind, count) for kind, count in found.moved.items())


page_header(
    "Team", f"{words.count(len(here), 'person') if len(here) == 1 else f'{len(here)} people'} at {who.org_name}",
    invite_button,
)  # fmt: skip
if actor.may(Permission.RESTORE_ACCESS):
    draw_for_owner(actor.user_id)
for person in here:
    draw_person(person)
invitations = ask(identity.my_invitations) if may_manage else []
if invitations:
    section("Invited")
for row in invitations:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key=f"invitation-{row.invitation_id}"):  # fmt: skip
        until = "expired" if row.is_expired else f"works until {words.day(row.expires_at)}"
        by = f" · by {row.invited_by}" if row.invited_by else ""
        st.markdown(
            f"**{plain(row.email)}**  \n{plain(words.role(row.variant))}  \n"
            f":gray[:small[Sent {plain(words.ago(row.sent_at))}{plain(by)} · {plain(until)}]]",
            width="content",
        )
        with st.container(horizontal=True, width="content"):
            st.button(
                "Send again", key=f"resend-{row.invitation_id}", type="tertiary", on_click=perform,
                args=(identity.resend_invitation,),
                kwargs={"invitation_id": row.invitation_id, "done": f"A new link is on its way to {row.email}."},
            )  # fmt: skip
            if st.button("Take back", key=f"revoke-{row.invitation_id}", type="tertiary"):
                revoke(row)
if left and may_manage:
    section("Left the team")
    moved = {work.person_id: work for work in ask(reports.work_handed_over)}
    table(
        "left", left,
        [
            Column("Name", lambda person: person.name),
            Column("Was", lambda person: words.role(person.variant)),
            Column("Left", lambda person: words.day(person.removed_at)),
            Column("Work went to", lambda person: person.handed_to or "–"),
            Column("What moved", what_moved),
        ],
        alt="People who left",
    )  # fmt: skip
