"""How far those who register get, and how long each step takes half of them."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, empty_state, page_header, ranking, table
from domain import reports
from domain.identity import OrgKind

guard()
KINDS = (OrgKind.RETAILER, OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR)
PERIODS = {30: "Last 30 days", 90: "Last 90 days", 365: "Last 12 months"}

page_header("Onboarding", "From a registration to the first money: how many get how far, and how fast")
with st.container(horizontal=True):
    days = st.selectbox("Begun in", list(PERIODS), index=1, format_func=lambda key: PERIODS[key], key="days",
                        bind="query-params")  # fmt: skip
    kind = st.selectbox("As", [None, *KINDS], format_func=lambda each: words.kind(each) if each else "All kinds")
end = datetime.now(UTC)
stages = ask(reports.onboarding_funnel, first=end - timedelta(days=days), end=end, kind=kind)
begun = stages[0].count
if not begun:
    empty_state("conversion_path", "Nobody has registered in this time", "Choose a longer time, or another kind.")
    st.stop()
names = [words.FUNNEL[stage.key] for stage in stages]
ranking(
    [(name, stage.count, words.number(stage.count)) for name, stage in zip(names, stages, strict=True)],
    alt="Registrations by how far they got", key="funnel-bars",
)  # fmt: skip
table(
    "funnel", list(zip(names, stages, strict=True)),
    [
        Column("Step", lambda row: row[0]),
        Column("Reached", lambda row: words.number(row[1].count), "right"),
        Column("Of all", lambda row: f"{round(100 * row[1].count / begun)} %", "right"),
        Column("Half within, from the step before", lambda row: words.duration(row[1].median), "right"),
        Column("Half within, from the start", lambda row: words.duration(row[1].median_from_start or None), "right"),
    ],
    alt="Registrations by step, with the median time",
)  # fmt: skip
st.caption("Ready to trade means level 1 for those who buy and level 2 for those who sell. A time is shown for those "
           "who reached both steps.")  # fmt: skip
