"""Looking through somebody else's eyes: the banner that says so, and who may look through one's own."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.parts.forms import guarded_dialog, once, settle
from app.parts.header import section
from app.parts.tables import Column, table
from app.parts.text import plain
from app.sign_in import Here, stop_looking
from domain import identity
from domain.identity import OrganizationSheet, OrgKind, PersonRow, ViewConsentRow, ViewConsentState, ViewingRow

HOURS = (1, 4, 24, identity.MOST_HOURS)

# It stays in sight however far one scrolls, above everything that is drawn below it.
_STYLE = """
<style>
[data-testid="stElementContainer"]:has(.st-key-looking), [data-testid="stLayoutWrapper"]:has(> .st-key-looking) {
  position: sticky; top: 1.75rem; z-index: 999; }
@media (max-width: 640px) {
  [data-testid="stElementContainer"]:has(.st-key-looking), [data-testid="stLayoutWrapper"]:has(> .st-key-looking) {
    top: 3.75rem; }
}
.st-key-looking { background: #7c2d12; border-radius: 0.5rem; padding: 0.6rem 1rem; flex-wrap: nowrap; }
.st-key-looking p, .st-key-looking span { color: #fff; }
.st-key-looking button { background: #fff; border-color: #fff; white-space: nowrap; }
.st-key-looking button p, .st-key-looking button span { color: #7c2d12; font-weight: 600; }
/* What is shown is not taken along. */
[data-testid="stElementToolbar"] { display: none; }
</style>
"""


def draw_banner(here: Here) -> None:
    """Whose view this is, that nothing can be changed, until when, and the way out. Nothing with one's own eyes."""
    who, looking = here[0], here[0].looking
    if looking is None:
        return
    st.html(_STYLE)
    with st.container(key="looking", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        left = max(1, round((looking.until - datetime.now(UTC)).total_seconds() / 60))
        by = "with consent, which can be taken back at any moment; " if looking.is_staff else ""
        st.markdown(
            f":material/visibility: **You are looking as {plain(who.person_name)}**"
            f" ({plain(words.role(who.variant))}, {plain(who.org_name)}). Nothing can be changed."
            f" {by.capitalize()}{plain(words.count(left, 'minute'))} left.",
            width="stretch",
        )
        st.button("Stop", icon=":material/visibility_off:", key="stop-looking", on_click=stop_looking)


# --- one's own eyes -----------------------------------------------------------------------------


def draw_own_views(here: Here) -> None:
    """Wishes and consents to look through one's own eyes, and who looked; for owners those of the whole team."""
    who = here[0]
    if who.org_kind == OrgKind.PLATFORM:
        return
    consents, looks = ask(identity.my_views)
    with st.container(border=True, key="own-views"):
        section("Who looks through your eyes")
        st.caption(
            "Support can see what you see while you let them, and change nothing. Whoever manages the team can look"
            " as a colleague at any time. Each look stands below and in the audit log."
        )
        for row in consents:
            if not row.is_lapsed and row.state == ViewConsentState.ASKED:
                _asked(row)
            elif not row.is_lapsed and row.state == ViewConsentState.GRANTED:
                _granted(row)
        _draw_opening()
        if looks:
            draw_looks(looks, "own-looks")


def _asked(row: ViewConsentRow) -> None:
    with st.container(border=True, key=f"asked-{row.consent_id}"):
        st.markdown(
            f"**The platform's support asks to see what {plain(row.person_name)} sees.**  \n{plain(row.reason)}  \n"
            f":gray[:small[{plain(words.ago(row.asked_at))}]]"
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            hours = st.selectbox(
                "For", HOURS, format_func=lambda each: words.count(each, "hour"), key=f"hours-{row.consent_id}",
                width=140,
            )  # fmt: skip
            st.button(
                "Allow", type="primary", key=f"allow-{row.consent_id}", on_click=perform, args=(identity.grant_view,),
                kwargs={"consent_id": row.consent_id, "hours": hours, "done": "Support may look now, and only look."},
            )  # fmt: skip
            st.button(
                "No", key=f"deny-{row.consent_id}", on_click=perform, args=(identity.end_view_consent,),
                kwargs={"consent_id": row.consent_id, "done": "Nobody looks."},
            )  # fmt: skip


def _granted(row: ViewConsentRow) -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key=f"granted-{row.consent_id}"):  # fmt: skip
        st.markdown(
            f"Support may see what **{plain(row.person_name)}** sees until {plain(words.instant(row.expires_at))}.",
            width="content",
        )
        st.button(
            "Take it back", key=f"withdraw-{row.consent_id}", icon=":material/visibility_off:", on_click=perform,
            args=(identity.end_view_consent,),
            kwargs={"consent_id": row.consent_id, "done": "Taken back. Nobody looks any more."},
        )  # fmt: skip


def _draw_opening() -> None:
    with st.popover("Let support look", icon=":material/visibility:"), st.form(once("open-view"), border=False):
        hours = st.selectbox("For", HOURS, format_func=lambda each: words.count(each, "hour"))
        reason = st.text_input("What should they look at? (optional)", max_chars=500)
        if st.form_submit_button("Let them look", type="primary") and settle(
            identity.open_view, request="open-view", hours=hours, reason=reason or "",
            done="Support may look now, and only look.",
        ):  # fmt: skip
            st.rerun()


def draw_looks(looks: list[ViewingRow], key: str) -> None:
    """A table of who looked through whose eyes, and when."""
    table(
        key, looks,
        [
            Column("Who looked", lambda row: row.viewer_name or "The platform's support"),
            Column("As", lambda row: row.person_name),
            Column("From", lambda row: words.instant(row.started_at)),
            Column("To", lambda row: words.instant(row.ended_at) if row.ended_at else "Now"),
            Column("Why", lambda row: row.reason or "–"),
        ],
        alt="Who looked through whose eyes",
    )  # fmt: skip


# --- the platform's people ----------------------------------------------------------------------


def draw_member_views(sheet: OrganizationSheet) -> None:
    """For support and operations: asking a member for consent, and looking while one holds."""
    consents, looks = ask(identity.views_of_organization, org_id=sheet.org_id)
    with st.container(border=True, key="member-views"):
        section("Looking as a member")
        st.caption("Read-only, for at most half an hour at a time, and only while the member's consent holds.")
        open_ones = [
            row for row in consents
            if not row.is_lapsed and row.state in (ViewConsentState.ASKED, ViewConsentState.GRANTED)
        ]  # fmt: skip
        for row in open_ones:
            _consent(row)
        if st.button("Ask for consent", icon=":material/visibility:", key="ask-to-view"):
            _ask(sheet)
        if looks:
            draw_looks(looks, "member-looks")


def _consent(row: ViewConsentRow) -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key=f"consent-{row.consent_id}"):  # fmt: skip
        is_granted = row.state == ViewConsentState.GRANTED
        how = f"consented until {words.instant(row.expires_at)}" if is_granted else "has not answered yet"
        why = f" · {row.reason}" if row.reason else ""
        st.markdown(f"**{plain(row.person_name)}** {plain(how)}{plain(why)}", width="content")
        if is_granted and row.is_mine:
            st.button(
                "Look now", key=f"look-{row.consent_id}", type="primary", on_click=perform,
                args=(identity.view_as_member,), kwargs={"consent_id": row.consent_id},
            )  # fmt: skip
        elif is_granted:
            st.caption("Given to a colleague of yours", width="content")


@guarded_dialog("Ask for consent")
def _ask(sheet: OrganizationSheet) -> None:
    people: dict[object, PersonRow] = {
        row.person_id: row for row in sheet.people if row.membership == "active" and row.state == "active"
    }
    with st.form(once("ask-view"), border=False):
        person = st.selectbox(
            "Through whose eyes?", list(people),
            format_func=lambda each: f"{people[each].name} · {words.role(people[each].variant)}",
        )  # fmt: skip
        reason = st.text_area("Why, as the member will read it", max_chars=500, height=90)
        if st.form_submit_button("Ask", type="primary") and settle(
            identity.ask_to_view, request="ask-view", org_id=sheet.org_id, person_id=person, reason=reason or "",
            done="The member is asked. The answer will stand here.",
        ):  # fmt: skip
            st.rerun()
