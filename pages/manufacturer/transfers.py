"""Goods on the way between one's own places: what is planned and sent, and what did not arrive well."""

from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.filters import tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import lot_name, named
from domain import stock
from domain.identity import Permission
from domain.stock import DiscrepancyRow, DiscrepancyState, Wanted

_, actor = guard()
may_manage = actor.may(Permission.MANAGE_STOCK)
OUTCOMES = {
    DiscrepancyState.FOUND: "Found: put them where they should go",
    DiscrepancyState.SENT_BACK: "They go back to where they came from",
    DiscrepancyState.WRITTEN_OFF: "Gone: write them off",
}


@guarded_dialog("Plan a transfer", width="medium")
def plan() -> None:
    own = {row.location_id: row.name for row in ask(stock.my_locations)}
    all_places = {row.location_id: row.name for row in ask(stock.destinations)}
    one, two = st.columns(2)
    here = one.selectbox("From", list(own), format_func=lambda key: own.get(key, ""), key="from")
    others = {key: name for key, name in all_places.items() if key != here}
    there = two.selectbox("To", list(others), format_func=lambda key: others.get(key, ""), key="to")
    find = st.text_input("Find what to send", placeholder="Product or SKU", icon=":material/search:", key="plan-find")
    rows, _ = ask(stock.my_stock, find=find or "", location_id=here, size=30)
    rows = [row for row in rows if row.available > 0]
    if here is None or there is None or not rows:
        st.caption("Nothing free lies there, or there is no other place to bring it to.")
        return
    with st.form(once("plan"), border=False):
        table: dict[str, Any] = st.data_editor(
            {
                "Product": [named(row) for row in rows], "Place": [row.location for row in rows],
                "Lot": [lot_name(row.lot) for row in rows], "Free": [row.available for row in rows],
                "Send": [0 for _ in rows],
            },
            disabled=["Product", "Place", "Lot", "Free"], hide_index=True, key=f"plan-{here}-{find}",
            column_config={"Send": st.column_config.NumberColumn("Send", min_value=0, step=1)},
        )  # fmt: skip
        note = st.text_input("Note (optional)", max_chars=500)
        if st.form_submit_button("Plan it", type="primary"):
            wanted = [
                Wanted(row.variant_id, row.location_id, row.lot_id, int(send))
                for row, send in zip(rows, table["Send"], strict=True)
                if send
            ]
            if not wanted:
                st.warning("Say how many units to send of at least one line.")
            elif settle(
                stock.draft_transfer, opened, request="plan", from_location_id=here, to_location_id=there,
                lines=wanted, note=note or "", done="Planned. Send it when the goods leave.",
            ):  # fmt: skip
                st.rerun()


def opened(transfer_id: UUID) -> None:
    st.session_state["planned-transfer"] = transfer_id


@guarded_dialog("What became of it?")
def resolve(row: DiscrepancyRow) -> None:
    st.markdown(f"**{words.number(row.quantity)}** units of **{named(row)}** did not arrive well.".replace("$", r"\$"))
    if row.what:
        st.caption(row.what.replace("$", r"\$"))
    with st.form(once("resolve"), border=False):
        outcome = st.radio("Outcome", list(OUTCOMES), format_func=OUTCOMES.__getitem__, label_visibility="collapsed")
        reason = st.text_input("What happened", max_chars=500)
        if st.form_submit_button("Settle", type="primary") and settle(
            stock.resolve_discrepancy, request="resolve", discrepancy_id=row.discrepancy_id,
            outcome=outcome, reason=reason or "", done="Settled.",
        ):  # fmt: skip
            st.rerun()


def actions() -> None:
    if may_manage and st.button("Plan a transfer", type="primary", icon=":material/add:"):
        plan()


planned = st.session_state.pop("planned-transfer", None)
if planned is not None:
    go("manufacturer-transfer", transfer=planned)
page_header("Transfers", "Goods on the way between your places", actions, back=("Stock", "manufacturer-stock"))
show = tabs_of("transfers", {"open": "Under way", "wrong": "Did not arrive well", "over": "Over"})
if show == "wrong":
    wrong: list[DiscrepancyRow] = []

    def page_of_wrong(page: int, size: int) -> tuple[list[DiscrepancyRow], int]:
        rows, total = ask(stock.my_discrepancies, page=page, size=size)
        wrong.extend(rows)
        return rows, total

    paged_table(
        "transfers", page_of_wrong,
        [
            Column("Product", named, "open", width="medium"),
            Column("Units", lambda row: words.number(row.quantity), "right", first=True),
            Column("Lot", lambda row: lot_name(row.lot)),
            Column("Was to go to", lambda row: row.to_name),
            Column("Said", lambda row: row.what or "–"),
            Column("Since", lambda row: words.instant(row.opened_at)),
        ],
        on_open=lambda row: resolve(row) if may_manage else go("manufacturer-transfer", transfer=row.transfer_id),
        empty=lambda: empty_state("task_alt", "Everything arrived well", "What is missing or broken would stand here."),
        alt="What did not arrive well", hint="Open a line to say what became of it." if may_manage else None,
    )  # fmt: skip
else:
    paged_table(
        "transfers", lambda page, size: ask(stock.my_transfers, is_open=show == "open", page=page, size=size),
        [
            Column("From", lambda row: row.from_name, "open"),
            Column("To", lambda row: row.to_name),
            Column("State", lambda row: row.state, "state"),
            Column("Units", lambda row: words.number(row.units), "right"),
            Column("Arrived", lambda row: words.number(row.received), "right"),
            Column("Not well", lambda row: words.number(row.rejected), "right"),
            Column("Planned", lambda row: words.instant(row.made_at)),
            Column("Note", lambda row: row.note or "–"),
        ],
        on_open=lambda row: go("manufacturer-transfer", transfer=row.transfer_id), alt="Transfers",
        empty=lambda: empty_state("sync_alt", "No transfers here", "Plan one to bring goods to another place."),
    )  # fmt: skip
