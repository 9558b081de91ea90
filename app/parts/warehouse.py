"""How fresh the figures of a screen are, and what stands there while there are none."""

from __future__ import annotations

from datetime import date

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import BY_URL, guarded_fragment, page_of
from app.parts.header import empty_state, page_header
from app.parts.text import plain
from app.sign_in import Here
from domain import reports
from domain.kernel.work import Work
from domain.reports import FiguresState

COMMAND = "wholesale pipeline run"


def figures_or_stop(here: Here, title: str) -> tuple[FiguresState, date]:
    """How fresh the figures are, and the day it is (UTC).

    Without any the drawing ends, under `title`, with why and what to do.
    """
    state, today = ask(_state_and_day)
    if state.as_of is not None:
        return state, today
    page_header(title)
    if state.state == "building":
        _draw_building(here)
    else:
        failed = state.state == "failed"
        sentence = state.problem or "The last build of the figures did not end well." if failed else None
        empty_state(
            "error" if failed else "database",
            "The figures could not be built" if failed else "No figures yet",
            sentence or "They are read from the data warehouse, which has not been built. It is built on a schedule; "
            "to have it at once:", lambda: _how(here),
        )  # fmt: skip
    st.stop()


def _state_and_day(work: Work) -> tuple[FiguresState, date]:
    return reports.figures_state(work), work.now.date()


def no_trade() -> None:
    """What stands where a warehouse is built and holds no order."""
    empty_state("query_stats", "No trade yet", "Figures appear with the next build after the first paid order.")


def freshness_link(state: FiguresState, here: Here) -> None:
    """One quiet line: as of when, checked or not; a way to the builds behind it for those who may see them."""
    icons = {"fresh": ("verified", "green"), "stale": ("schedule", "orange"), "failed": ("error", "red")}
    icon, colour = icons.get(state.state, ("schedule", "orange"))
    said = f"As of {words.clock(state.as_of)}" if words.is_today(state.as_of) else f"As of {words.instant(state.as_of)}"
    said += f", {words.count(state.checks_passed, 'check')} passed" if not state.checks_failed else ", checks failed"
    if _may_see_builds(here):
        st.page_link(
            page_of("admin-pipelines"), label=plain(said), icon=f":material/{icon}:",
            help="How these figures were built and checked",
        )  # fmt: skip
    else:
        st.badge(plain(said), icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]


def freshness_warning(state: FiguresState, here: Here) -> None:
    """A word above the figures when they are older than promised or the last build failed."""
    if state.state == "stale":
        text = (
            f"These figures are those of {words.instant(state.as_of)}, older than the schedule promises; "
            "the next build brings them up to date."
        )
        _warn(text, "schedule", here)
    elif state.state == "failed":
        problem = f" {state.problem}" if state.problem else ""
        text = (
            f"The last build failed, so these are still the figures of {words.instant(state.as_of)}, whole and checked "
            f"but older.{problem}"
        )
        _warn(text, "error", here)


def _warn(text: str, icon: str, here: Here) -> None:
    with st.container(gap="xxsmall", key="figures-warning"):
        st.warning(plain(text), icon=f":material/{icon}:")
        if _may_see_builds(here):
            st.page_link(page_of("admin-pipelines"), label="See what happened", icon=":material/arrow_forward:")


def _draw_building(here: Here) -> None:
    @guarded_fragment(run_every="3s")
    def wait() -> None:
        state = ask(reports.figures_state)
        if state.as_of is not None or state.state != "building":
            st.rerun()
        work = state.work
        with st.container(border=True, horizontal_alignment="center", gap="xsmall", key="figures-building"):
            st.space("small")
            st.markdown(":gray[:material/construction:]", text_alignment="center")
            st.markdown("**The figures are being built**", text_alignment="center")
            st.caption("The first build takes about a minute. This page shows them by itself.", text_alignment="center")
            if work is not None and work.steps_expected:
                st.progress(min(work.steps / work.steps_expected, 1.0), width=320)
            elif work is not None and work.steps:
                st.caption(f"{words.count(work.steps, 'step')} done", text_alignment="center")
            if _may_see_builds(here):
                st.page_link(page_of("admin-pipelines"), label="Watch it", icon=":material/arrow_forward:")
            st.space("small")

    wait()


def _how(here: Here) -> None:
    st.code(COMMAND, language="bash", width=260)
    if _may_see_builds(here):
        st.page_link(page_of("admin-pipelines"), label="Data pipelines", icon=":material/schema:")


def _may_see_builds(here: Here) -> bool:
    return BY_URL["admin-pipelines"].is_for(here)
