"""The days on which an organisation is closed beside weekends: shown to all of it, kept by its owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask
from app.parts.dialogs import confirm
from app.parts.forms import guarded_dialog, once, settle
from app.parts.header import empty_state, section
from app.parts.tables import Column, table
from app.sign_in import Here
from domain import identity
from domain.identity import HolidayRow, OrgKind, Permission
from domain.kernel.errors import Invalid

_EXAMPLE = "2027-01-01 New Year's Day\n2027-12-24; Christmas Eve\n25.12.2027, Christmas"


def draw_closed_days(here: Here) -> None:
    """The closed days, and for who manages places: adding a time, pasting a list, taking days out."""
    may = here[1].may(Permission.CONFIGURE if here[0].org_kind == OrgKind.PLATFORM else Permission.MANAGE_ADDRESSES)
    may = may and ask(identity.reach_of).stores is None  # the days are those of every store
    kept = ask(identity.my_holidays)
    section("Closed days", help="Deadlines in working hours stand still on these days and at weekends.")
    with st.container(horizontal=True):
        if may and st.button("Add closed days", icon=":material/event_busy:"):
            _add({row.closed_on: row.name for row in kept})
        if may and st.button("Paste a list", icon=":material/content_paste:"):
            _paste({row.closed_on: row.name for row in kept})
    if not kept:
        empty_state("event_available", "No closed days", "Weekends are free anyway. Add public holidays and breaks.")
        return

    def take_out(row: HolidayRow) -> None:
        left = {each.closed_on: each.name for each in kept if each.closed_on != row.closed_on}
        confirm(
            "Open on this day?", f"{words.day(row.closed_on)} ({row.name}) becomes a working day.", "Take it out",
            lambda: settle(identity.set_holidays, holidays=left, done=f"{words.day(row.closed_on)} is a working day."),
        )  # fmt: skip

    table(
        "closed-days", kept,
        [
            Column("Day", lambda row: words.day(row.closed_on), "open" if may else "text"),
            Column("Name", lambda row: row.name, width="medium"),
        ],
        on_open=take_out if may else None, alt="Closed days",
    )  # fmt: skip
    if may:
        st.caption("Press a day to make it a working day again.")


@guarded_dialog("Add closed days")
def _add(kept: dict[Any, str]) -> None:
    with st.form(once("closed-days"), border=False):
        name = st.text_input("Name", max_chars=80, placeholder="Summer break")
        left, right = st.columns(2)
        first = left.date_input("First day", value=None)
        last = right.date_input("Last day (optional)", value=None)
        sent = st.form_submit_button("Add", type="primary")
    if sent and first is None:
        st.error("Please choose the first day.")
    elif sent and first is not None:
        span = ((last or first) - first).days
        if not 0 <= span < identity.MOST_A_YEAR:
            st.error("The last day must not lie before the first, nor months after it.")
            return
        fresh = {first + timedelta(days=n): name or "" for n in range(span + 1)}
        if settle(identity.set_holidays, holidays=kept | fresh, done=f"{words.count(len(fresh), 'day')} added."):
            st.rerun()


@guarded_dialog("Paste a list of closed days")
def _paste(kept: dict[Any, str]) -> None:
    st.caption("A line a day: the date, then its name. Days that you have already keep their place.")
    with st.form(once("pasted-days"), border=False):
        listed = st.text_area("Days", height=180, max_chars=20_000, placeholder=_EXAMPLE)
        sent = st.form_submit_button("Add these days", type="primary")
    if sent:
        try:
            fresh = identity.read_holidays(listed or "")
        except Invalid as problem:
            st.error(problem.sentence)
            return
        if not fresh:
            st.error("There is no day in the list.")
        elif settle(identity.set_holidays, holidays=kept | fresh, done=f"{words.count(len(fresh), 'day')} added."):
            st.rerun()
