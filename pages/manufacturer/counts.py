"""Counts: what is being counted, what should be counted next, and what was."""

from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.filters import tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import named, place_names
from domain import catalog, stock
from domain.identity import Permission

_, actor = guard()
may_manage = actor.may(Permission.MANAGE_STOCK)


@guarded_dialog("Begin a count")
def begin() -> None:
    names = place_names(ask(stock.places))
    categories = {row.category_id: row.name for row in ask(catalog.categories)} if may_see_categories() else {}
    with st.form(once("begin"), border=False):
        name = st.text_input("Name", max_chars=120, placeholder="Hall A, November")
        place = st.selectbox("What lies in", list(names), format_func=lambda key: names.get(key, ""))
        category = st.selectbox(
            "Category (optional)", list(categories), index=None, format_func=lambda key: categories.get(key, ""),
            placeholder="All",
        ) if categories else None  # fmt: skip
        classes = st.pills(
            "Only (optional)", ["A", "B", "C"], selection_mode="multi",
            help="A: what makes up the first four fifths of what goes out. B: the next 15 %. C: the rest.",
        )  # fmt: skip
        st.caption("Whoever counts does not see what is expected. Selling and receiving go on meanwhile.")
        if st.form_submit_button("Begin", type="primary") and settle(
            stock.open_count, opened, request="begin", name=name or "", location_id=place, category_id=category,
            classes=classes or [], done="Count what you find.",
        ):  # fmt: skip
            st.rerun()


def may_see_categories() -> bool:
    return actor.may(Permission.SEARCH_PRODUCTS)


def opened(count_id: UUID) -> None:
    st.session_state["opened-count"] = count_id


def actions() -> None:
    if may_manage and st.button("Begin a count", type="primary", icon=":material/checklist:"):
        begin()


opened_count = st.session_state.pop("opened-count", None)
if opened_count is not None:
    go("manufacturer-count", count=opened_count)
page_header("Counts", "Trade goes on while you count", actions, back=("Stock", "manufacturer-stock"))
show = tabs_of("counts", {"open": "Under way", "due": "To count next", "over": "Over"})
if show == "due":
    paged_table(
        "counts", lambda page, size: ask(stock.count_plan, page=page, size=size),
        [
            Column("Product", named, width="medium"),
            Column("Class", lambda row: row.stock_class),
            Column("Warehouse", lambda row: row.location),
            Column("Last counted", lambda row: words.day(row.last_counted_at) if row.last_counted_at else "Never"),
            Column("Due since", lambda row: words.day(row.due_at), first=True),
            Column("Lots", lambda row: words.number(row.lots), "right"),
        ],
        empty=lambda: empty_state("task_alt", "Nothing is due", "A is counted every 30 days, B every 90, C every 180."),
        alt="What to count next", hint="A is counted every 30 days, B every 90, C every 180: by what goes out.",
    )  # fmt: skip
else:
    paged_table(
        "counts", lambda page, size: ask(stock.my_counts, is_open=show == "open", page=page, size=size),
        [
            Column("Count", lambda row: row.name, "open", width="medium"),
            Column("Place", lambda row: row.location),
            Column("State", lambda row: row.state, "state", first=True),
            Column("Counted", lambda row: f"{words.number(row.counted)} of {words.number(row.lines)}", "right"),
            Column("Begun", lambda row: words.instant(row.made_at)),
            Column("Over", lambda row: words.instant(row.ended_at) if row.ended_at else "–"),
        ],
        on_open=lambda row: go("manufacturer-count", count=row.count_id), alt="Counts",
        empty=lambda: empty_state("checklist", "No counts here", "Begin one for a hall, a category or a class."),
    )  # fmt: skip
