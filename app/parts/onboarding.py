"""The checklist of getting started, whole or as a card on a home until it is done."""

from __future__ import annotations

import streamlit as st

from app import bridge, words
from app.navigation import BY_URL, page_of
from app.parts.text import plain
from app.sign_in import here
from domain import reports
from domain.reports import StartStep


def draw_checklist() -> None:
    """Every step with what it unlocks, what is done, and where to do what is not."""
    steps = bridge.ask(reports.getting_started)
    done = sum(step.is_done for step in steps)
    st.progress(done / len(steps), text=f"{done} of {len(steps)} steps done")
    following = next((step.key for step in steps if not step.is_done), None)
    for step in steps:
        _draw_step(step, is_next=step.key == following)


def card_until_done() -> None:
    """What comes next, on top of a home; nothing once every step is done.

    This browser tab does not ask again once all is done, as steps that were reached stay reached.
    """
    known = here()
    if known is None or st.session_state.get("started") == known[0].org_id:
        return
    steps = bridge.ask(reports.getting_started)
    following = next((step for step in steps if not step.is_done), None)
    if following is None:
        st.session_state["started"] = known[0].org_id
        return
    done = sum(step.is_done for step in steps)
    title, unlocks, url, label = words.START_STEPS[following.key]
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key="getting-started"):  # fmt: skip
        st.markdown(
            f"**Getting started** · {done} of {len(steps)} done  \nNext: {plain(title)}. {plain(unlocks)}",
            width="content",
        )
        with st.container(horizontal=True, width="content"):
            _link(url, label)
            st.page_link(page_of("account-start"), label="All steps", icon=":material/checklist:")


def _draw_step(step: StartStep, *, is_next: bool) -> None:
    title, unlocks, url, label = words.START_STEPS[step.key]
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key=f"start-{step.key}"):  # fmt: skip
        icon = ":green[:material/check_circle:]" if step.is_done else ":gray[:material/radio_button_unchecked:]"
        when = f" · :gray[{plain(words.day(step.done_at))}]" if step.done_at else ""
        st.markdown(f"{icon} **{plain(title)}**{when}  \n:gray[{plain(unlocks)}]", width="content")
        if is_next:
            st.badge("Next", color="primary")
        if not step.is_done:
            _link(url, label)


def _link(url: str, label: str) -> None:
    known = here()
    screen = BY_URL.get(url)
    if known is not None and screen is not None and screen.is_for(known):
        st.page_link(page_of(url), label=label, icon=":material/arrow_forward:")
