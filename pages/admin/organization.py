"""One organisation: facts, people, whether it may trade, and suspending it with a look at what that touches."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard
from app.parts import Column, empty_state, facts_list, page_header, plain, section, status, table
from app.parts.audience import draw_why_hidden
from app.parts.forms import guarded_dialog, once, settle
from app.parts.looking import draw_member_views
from domain import identity, reports, territories
from domain.identity import AppealState, OrgKind, PersonRow, SuspensionRow, SuspensionState
from domain.identity import Permission as P
from domain.reports import SuspensionPreview

who, actor = guard()


def asked_for() -> UUID | None:
    try:
        return UUID(st.query_params.get("organization", ""))
    except ValueError:
        return None


org_id = asked_for()
if org_id is None:
    page_header("Organisation")
    empty_state("search_off", "No organisation chosen", "Open one from the list of organisations.",
                ("Suspensions", "admin-suspensions"))  # fmt: skip
    st.stop()
sheet = ask(identity.organization_sheet, org_id=org_id)
history = ask(identity.suspensions_of, org_id=org_id)
current = next((row for row in history if row.state in (SuspensionState.PROPOSED, SuspensionState.ACTIVE)), None)
DECIDES = actor.may(P.SUSPEND_MEMBERS) or actor.may(P.APPROVE_SUSPENSION)
CONCERNED = DECIDES or actor.may(P.PROPOSE_SUSPENSION)


def show_preview(seen: SuspensionPreview) -> None:
    """What a suspension touches: what stops at once, and what goes on."""
    one, two = st.columns(2)
    with one:
        st.markdown("**Stops at once**")
        facts_list(
            {
                "Offers that buyers find no more": words.number(seen.active_offers),
                "Open baskets of buyers with its goods": words.number(seen.baskets),
            }
        )
    with two:
        st.markdown("**Goes on**")
        facts_list(
            {
                "Open sales orders": f"{words.number(seen.open_sales)} ({words.number(seen.unanswered)} unanswered)",
                "Open purchases": words.number(seen.open_purchases),
                "Units reserved in its stock": words.number(seen.units_reserved),
                "People who can sign in": words.number(seen.people),
            }
        )
    for money in seen.money:
        st.markdown(
            f"Money: **{plain(words.money(money.held, money.currency))}** held in escrow,"
            f" {plain(words.money(money.owed, money.currency))} owed to it,"
            f" {plain(words.money(money.wallet, money.currency))} in its wallet"
        )
    if seen.parties:
        names = ", ".join(f"{party.name} ({words.count(party.orders, 'order')})" for party in seen.largest_parties[:5])
        more = f" and {seen.parties - 5} more" if seen.parties > 5 else ""
        st.caption(plain(f"Trades right now with {names}{more}"))


@guarded_dialog("Suspend this organisation", width="large")
def suspend(is_proposal: bool) -> None:
    st.markdown("What it touches:")
    with st.container(border=True):
        show_preview(ask(reports.suspension_preview, org_id=sheet.org_id))
    with st.form(once("suspend"), border=False):
        reason = st.text_area("Reason, as the organisation will read it", max_chars=1000, height=100)
        last = st.date_input("Until the end of (optional)", value=None, min_value=datetime.now(UTC).date())
        label = "Propose the suspension" if is_proposal else "Suspend now"
        if st.form_submit_button(label, type="primary"):
            # The whole of the last day, where the organisation is.
            after = last + timedelta(days=1) if last is not None else None
            until = datetime.combine(after, time(), ZoneInfo(sheet.time_zone)) if after is not None else None
            done = "The proposal waits for a decision." if is_proposal else f"{sheet.name} is suspended."
            command = identity.propose_suspension if is_proposal else identity.suspend_organization
            if settle(command, request="suspend", org_id=sheet.org_id, reason=reason or "", until=until, done=done):
                st.rerun()


@guarded_dialog("Restore this organisation")
def restore(is_proposal: bool) -> None:
    with st.form(once("restore"), border=False):
        note = st.text_area("Why it is restored", max_chars=1000, height=100)
        if not st.form_submit_button("Propose to restore" if is_proposal else "Restore", type="primary"):
            return
        if is_proposal:
            kept = settle(
                identity.propose_restoration, request="restore", org_id=sheet.org_id, reason=note or "",
                done="The proposal waits for a decision.",
            )  # fmt: skip
        else:
            kept = settle(
                identity.restore_organization, org_id=sheet.org_id, note=note or "",
                done=f"{sheet.name} is active again.",
            )  # fmt: skip
        if kept:
            st.rerun()


@guarded_dialog("Account of a person")
def switch(person: PersonRow) -> None:
    st.markdown(f"**{plain(person.name)}** · {plain(person.email)}")
    is_open = person.state == "active"
    st.caption(
        "A disabled person is signed out at once and cannot sign in; colleagues go on."
        if is_open
        else "The person can sign in again."
    )
    with st.form(once("person"), border=False):
        reason = st.text_area("Reason", max_chars=1000, height=80)
        if st.form_submit_button("Disable the account" if is_open else "Enable the account", type="primary") and settle(
            identity.disable_person if is_open else identity.enable_person, person_id=person.person_id,
            reason=reason or "", done=f"{person.name}'s account is {'disabled' if is_open else 'open again'}.",
        ):  # fmt: skip
            st.rerun()


def actions() -> None:
    if sheet.kind == OrgKind.PLATFORM:
        return
    if current is None and actor.may(P.SUSPEND_MEMBERS):
        if st.button("Suspend", icon=":material/block:"):
            suspend(False)
    elif current is None and actor.may(P.PROPOSE_SUSPENSION):
        if st.button("Propose a suspension", icon=":material/block:"):
            suspend(True)
    elif (
        current is not None
        and current.state == SuspensionState.ACTIVE
        and current.appeal_state != AppealState.OPEN
        and current.restore_proposed_at is None
    ):
        if DECIDES and st.button("Restore", icon=":material/undo:"):
            restore(False)
        elif not DECIDES and CONCERNED and st.button("Propose to restore", icon=":material/undo:"):
            restore(True)


def decide_proposal(row: SuspensionRow) -> None:
    with st.container(border=True):
        section("A suspension is proposed")
        st.markdown(plain(row.reason))
        st.caption(plain(f"By {row.proposed_by_name or 'the system'}, {words.instant(row.proposed_at)}"))
        with st.expander("What it would touch", expanded=True):
            show_preview(ask(reports.suspension_preview, org_id=row.org_id))
        if not DECIDES:
            st.caption("Operations or an administrator decides.")
        elif row.proposed_by == who.person_id:
            st.caption("You proposed it, so somebody else has to decide.")
        else:
            note = st.text_input("Note on the decision", max_chars=1000, key="decision-note")
            with st.container(horizontal=True):
                for label, is_approved in (("Suspend", True), ("Decline the proposal", False)):
                    st.button(
                        label, type="primary" if is_approved else "secondary", on_click=perform,
                        args=(identity.decide_suspension,),
                        kwargs={"suspension_id": row.suspension_id, "is_approved": is_approved, "note": note or "",
                                "done": "The decision is kept, and those concerned are told."},
                    )  # fmt: skip


def decide_restoration(row: SuspensionRow) -> None:
    with st.container(border=True, key="restoration"):
        section("It is proposed to restore this organisation")
        st.markdown(plain(row.restore_reason or ""))
        by = row.restore_proposed_by_name or "the system"
        st.caption(plain(f"By {by}, {words.instant(row.restore_proposed_at)}. Suspended for: {row.reason}"))
        if not DECIDES:
            st.caption("Operations or an administrator decides.")
        elif row.restore_proposed_by == who.person_id:
            st.caption("You proposed it, so somebody else has to decide.")
        else:
            note = st.text_input("Note on the decision", max_chars=1000, key="restoration-note")
            with st.container(horizontal=True):
                for label, is_approved in (("Restore", True), ("Decline the proposal", False)):
                    st.button(
                        label, type="primary" if is_approved else "secondary", on_click=perform,
                        key=f"restoration-{is_approved}", args=(identity.decide_restoration,),
                        kwargs={"suspension_id": row.suspension_id, "is_approved": is_approved, "note": note or "",
                                "done": "The decision is kept, and those concerned are told."},
                    )  # fmt: skip


def decide_appeal(row: SuspensionRow) -> None:
    with st.container(border=True):
        section("An appeal is open")
        st.markdown(plain(row.appeal or ""))
        st.caption(plain(f"Sent {words.instant(row.appealed_at)}. Suspended for: {row.reason}"))
        if not DECIDES:
            st.caption("Operations or an administrator decides.")
        elif who.person_id in (row.decided_by, row.proposed_by, row.restore_proposed_by):
            st.caption("You took part in the decision, so somebody else has to look at the appeal.")
        else:
            answer = st.text_input("Answer, as the organisation will read it", max_chars=1000, key="appeal-answer")
            with st.container(horizontal=True):
                for label, is_granted in (("Grant and restore", True), ("Refuse", False)):
                    st.button(
                        label, type="primary" if is_granted else "secondary", on_click=perform,
                        args=(identity.decide_appeal,),
                        kwargs={"suspension_id": row.suspension_id, "is_granted": is_granted, "answer": answer or "",
                                "done": "The answer is kept and sent."},
                    )  # fmt: skip


page_header(sheet.name, words.kind(sheet.kind), actions, state=sheet.state, back=("Suspensions", "admin-suspensions"))
if current is not None and current.state == SuspensionState.PROPOSED and CONCERNED:
    decide_proposal(current)
elif current is not None and current.appeal_state == AppealState.OPEN and CONCERNED:
    decide_appeal(current)
elif current is not None and current.restore_proposed_at is not None and CONCERNED:
    decide_restoration(current)

left, right = st.columns([1, 2.2], gap="medium")
with left, st.container(border=True):
    section("Facts")
    facts_list(
        {
            "Country": words.country(sheet.country_code),
            "Time zone": sheet.time_zone.replace("_", " "),
            "Currency": sheet.currency,
            "Here since": words.day(sheet.created_at),
            "About": sheet.about or "–",
        }
    )
with right, st.container(border=True):
    section("People")
    table(
        "people", sheet.people,
        [
            Column("Name", lambda row: row.name, "open" if actor.may(P.SUSPEND_MEMBERS) else "text"),
            Column("Account", lambda row: row.state, "state"),
            Column("Role", lambda row: words.role(row.variant)),
            Column("E-mail", lambda row: row.email),
            Column("Member", lambda row: row.membership, "state"),
            Column("Last here", lambda row: words.ago(row.seen_at) if row.seen_at else "Never"),
        ],
        on_open=switch if actor.may(P.SUSPEND_MEMBERS) else None, alt="People of the organisation",
    )  # fmt: skip

found_places = ask(territories.places, org_id=org_id) if actor.may(P.SEE_TERRITORIES) else []
if found_places:
    with st.container(border=True):
        section("Places", "The region follows from the postal code, today.")
        table(
            "places", found_places,
            [
                Column("Place", lambda row: row.name),
                Column("Kind", lambda row: words.site_kind(row.kind)),
                Column("Address", lambda row: words.address(row.model_dump()), width="medium"),
                Column("Region", lambda row: row.region_name or "None drawn"),
                Column("Served by", lambda row: ", ".join(row.served_by) or "–"),
            ],
            alt="Places of the organisation",
        )  # fmt: skip

if actor.may(P.SEE_PLATFORM) and sheet.kind in (OrgKind.RETAILER, OrgKind.DISTRIBUTOR):
    draw_why_hidden(sheet.org_id, sheet.name)
if actor.may(P.VIEW_AS_MEMBER) and sheet.kind != OrgKind.PLATFORM:
    draw_member_views(sheet)

if history:
    section("Suspensions so far")
for row in history:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(row.reason)}**", width="content")
            # What is active here is the suspension, which is nothing to show in green.
            status("suspended" if row.state == SuspensionState.ACTIVE else row.state)
        lines = {}
        if row.proposed_at != row.decided_at:
            lines["Proposed"] = f"{words.instant(row.proposed_at)}, {row.proposed_by_name or 'the system'}"
        if row.decided_at:
            note = f": {row.decision_note}" if row.decision_note else ""
            lines["Decided"] = f"{words.instant(row.decided_at)}, {row.decided_by_name or 'the system'}{note}"
        if row.until:
            lines["Until"] = words.instant(row.until)
        if row.appeal:
            answered = f" – {words.appeal_word(row.appeal_state)}"
            lines["Appeal"] = f"{row.appeal}{answered}{f': {row.appeal_answer}' if row.appeal_answer else ''}"
        if row.restore_proposed_at:
            by = row.restore_proposed_by_name or "the system"
            lines["Restoration proposed"] = f"{words.instant(row.restore_proposed_at)}, {by}: {row.restore_reason}"
        if row.lifted_at:
            lines["Lifted"] = f"{words.instant(row.lifted_at)}, {row.lifted_by_name or 'by itself'}: {row.lift_note}"
        facts_list(lines)
