"""The reviewers' queue: what is most urgent first, what runs late, who holds what, and waivers."""

from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard
from app.parts import (
    Column,
    Tile,
    empty_state,
    metric_tiles,
    page_header,
    paged_table,
    plain,
    reset_page,
    section,
    table,
)
from domain import verification
from domain.identity import Permission
from domain.verification import CaseRow, WaiverRow

who, actor = guard()
DECIDES = actor.may(Permission.DECIDE_VERIFICATION)
TABS = {"open": "Open", "mine": "Taken by me", "decided": "Decided"}
KINDS = {"review": "Review", "appeal": "Appeal", "sanctions": "Sanctions list"}


def subject_of(row: CaseRow) -> str:
    what = words.requirement(row.requirement) if row.requirement else "Name on a list"
    return what if row.kind == "review" else f"{KINDS[row.kind]}: {what}"


def overturned_share(overturned: int, of: int) -> str:
    return words.percent(Decimal(overturned) / of) if of else "–"


def holder_of(row: CaseRow) -> str:
    if row.reviewer:
        return row.reviewer
    return "Second reviewer needed" if row.has_first else "–"


def expected_of(row: CaseRow) -> str:
    """When it will be decided at the pace of late; of the open ones."""
    if row.expected_at is None:
        return "–"
    return words.ago(row.expected_at) + (", late" if row.expected_at > row.due_at else "")


def draw_waiver(row: WaiverRow) -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            f"**{plain(row.organization)}** · {plain(words.requirement(row.requirement))} until "
            f"{plain(words.day(row.waived_until))}  \n:gray[{plain(row.reason)} · {plain(row.proposer or '')}]",
            width="content",
        )
        with st.container(horizontal=True, width="content"):
            if row.state == "proposed" and row.proposed_by != actor.user_id:
                st.button("Agree", key=f"agree-{row.waiver_id}", on_click=perform, args=(verification.approve_waiver,),
                          kwargs={"waiver_id": row.waiver_id, "done": "The waiver holds."})  # fmt: skip
            label = "Turn down" if row.state == "proposed" else "End"
            st.button(label, key=f"end-{row.waiver_id}", on_click=perform, args=(verification.end_waiver,),
                      kwargs={"waiver_id": row.waiver_id, "done": "Done."})  # fmt: skip


figures = ask(verification.queue_figures)
page_header("Business verification", "Cases that people decide: most urgent first")
metric_tiles(
    [
        Tile("Waiting", words.number(figures.open), definition="Cases that nobody has taken"),
        Tile("Taken", words.number(figures.claimed), definition="Cases that a reviewer holds"),
        Tile("Late", words.number(figures.late), definition="Open beyond the time in which we decide"),
        Tile("Due within a day", words.number(figures.due_within_a_day), definition="Will be late by tomorrow"),
        Tile("Likely late", "–" if figures.likely_late is None else words.number(figures.likely_late),
             definition="Decided after they are due, if we go on as in the last four weeks",
             formula="cases in the order in which they are due, one after the other at that pace"),
    ],
    columns=5,
)  # fmt: skip
which = st.segmented_control(
    "Cases", list(TABS), format_func=lambda key: TABS[key], default="open", required=True, key="cases",
    bind="query-params", on_change=reset_page("case-queue"), label_visibility="collapsed",
)  # fmt: skip
paged_table(
    "case-queue",
    lambda page, size: ask(verification.case_queue, which=which, page=page, size=size),
    [
        Column("Case", subject_of, "open" if DECIDES else "text"),
        Column("Organisation", lambda row: row.organization),
        Column("State", lambda row: "late" if row.is_late else row.decision or row.state, "state"),
        Column("Due", lambda row: words.ago(row.due_at) if row.state != "decided" else words.day(row.decided_at)),
        Column("At this pace", expected_of),
        Column("Reviewer", holder_of),
        Column("Why a person looks", lambda row: "; ".join(words.reason(reason) for reason in row.reasons)),
        Column("Two people", lambda row: "Yes" if row.needs_second else "–"),
    ],
    on_open=lambda row: go("admin-case", case=row.case_id),
    empty=lambda: empty_state("task_alt", "Nothing here", "There is no case of this kind right now."),
    alt="Cases of business verification",
)
if DECIDES:
    held = ask(verification.waivers)
    section("Waivers", help="Two people agree that something need not be shown until a day.")
    if not held:
        st.caption("No waiver holds or waits.")
    for waiver in held:
        draw_waiver(waiver)
    reviewers = ask(verification.reviewer_figures)
    if reviewers:
        section("Reviewers")
        table(
            "reviewers",
            reviewers,
            [
                Column("Reviewer", lambda row: row.reviewer),
                Column("Decided", lambda row: words.number(row.decided), "right"),
                Column("Rejected", lambda row: words.number(row.rejected), "right"),
                Column("Appealed", lambda row: words.number(row.appealed), "right"),
                Column("Overturned", lambda row: words.number(row.overturned), "right"),
                Column("Of the appealed", lambda row: overturned_share(row.overturned, row.appealed), "right"),
                Column("Of the rejected", lambda row: overturned_share(row.overturned, row.rejected), "right"),
            ],
            alt="What became of the reviewers' decisions",
        )
