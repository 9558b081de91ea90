"""One lot: where it came from, where it lies, who got it; stopping it and calling it back."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, Tile, facts_list, id_of, metric_tiles, page_header, paged_table, section
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import lot_name, named
from domain import identity, orders, stock
from domain.identity import Permission
from domain.stock import LotState

_, actor = guard()
lot_id = id_of("lot")
lot = ask(stock.my_lot, lot_id=lot_id)
may_change = actor.may(Permission.MANAGE_STOCK) and ask(identity.reach_of).warehouses is None


@guarded_dialog("Stop this lot")
def stop() -> None:
    with st.form(once("stop"), border=False):
        why = st.text_input("Why", max_chars=500)
        st.caption("Nobody can order it, and what is reserved of it cannot be shipped, until you let it go.")
        if st.form_submit_button("Put on hold", type="primary") and settle(
            stock.hold_lot, lot_id=lot_id, reason=why or "", done="The lot is on hold."
        ):
            st.rerun()


@guarded_dialog("Let this lot go")
def free() -> None:
    with st.form(once("free"), border=False):
        why = st.text_input("Why it is fine", max_chars=500)
        if st.form_submit_button("Let go", type="primary") and settle(
            stock.free_lot, lot_id=lot_id, reason=why or "", done="The lot may leave again."
        ):
            st.rerun()


@guarded_dialog("Call this lot back")
def recall() -> None:
    st.markdown("It is stopped at once, and everybody who got some of it gets a notice with your reason.")
    with st.form(once("recall"), border=False):
        why = st.text_area("What your customers should know and do", max_chars=500, height=100)
        if st.form_submit_button("Call back", type="primary") and settle(
            stock.recall_lot, lot_id=lot_id, reason=why or "",
            done="The lot is called back. Your customers are told now.",
        ):  # fmt: skip
            st.rerun()


def actions() -> None:
    if not may_change:
        return
    if lot.state == LotState.AVAILABLE and st.button("Put on hold", icon=":material/pause_circle:"):
        stop()
    if lot.state == LotState.RECALLED and st.button("End the recall", icon=":material/undo:"):
        stop()
    if lot.state == LotState.ON_HOLD and st.button("Let go", icon=":material/play_circle:"):
        free()
    if lot.state != LotState.RECALLED and st.button("Call back", icon=":material/campaign:"):
        recall()


title = "Goods without a lot" if lot.code == stock.NO_LOT else f"Lot {lot.code}"
page_header(title, named(lot), actions, state=lot.state, back=("Lots", "manufacturer-lots"))
if lot.state_reason and lot.state != LotState.AVAILABLE:
    st.warning(lot.state_reason.replace("$", r"\$"), icon=":material/report:")
metric_tiles(
    [
        Tile("On hand", words.number(lot.on_hand)),
        Tile("Reserved", words.number(lot.reserved)),
        Tile("Life left", "–" if lot.life_percent is None else f"{lot.life_percent} %",
             "Days until the date, as a part of the days between making and the date."),
    ],
    columns=3,
)  # fmt: skip
if lot.expires_on is not None:
    facts_list({"Made on": words.day(lot.made_on), "Best before": words.day(lot.expires_on)})
if actor.may(Permission.SEE_SALES):
    section("Who got it")
    _rows, totals, _total = ask(orders.recall_list, lot_id=lot_id, size=1)
    if totals.orders:
        st.caption(
            f"{words.count(totals.units, 'unit')} in {words.count(totals.orders, 'order')} of"
            f" {words.count(totals.buyers, 'customer')}"
        )

    def went(page: int, size: int) -> tuple[list[orders.RecallRow], int]:
        rows, _all, total = ask(orders.recall_list, lot_id=lot_id, page=page, size=size)
        return rows, total

    paged_table(
        "went", went,
        [
            Column("Order", lambda row: row.number, "open"),
            Column("Customer", lambda row: row.buyer_name, width="medium"),
            Column("Units", lambda row: words.number(row.units), "right"),
            Column("Shipped", lambda row: words.instant(row.shipped_at) if row.shipped_at else "Not yet"),
            Column("Arrived", lambda row: words.instant(row.delivered_at) if row.delivered_at else "–"),
        ],
        on_open=lambda row: go("manufacturer-order", order=row.order_id), alt="Who got goods of this lot",
        empty=lambda: st.caption("Nobody got goods of this lot yet."),
    )  # fmt: skip
section("Where it came from and went", "Every movement of this lot, the newest first.")
paged_table(
    "story",
    lambda page, size: ask(stock.stock_story, variant_id=lot.variant_id, lot_id=lot_id, page=page, size=size),
    [
        Column("When", lambda row: words.instant(row.recorded_at)),
        Column("Change", lambda row: f"{'+' if row.quantity > 0 else ''}{words.number(row.quantity)}", "right"),
        Column("After", lambda row: words.number(row.running), "right"),
        Column("What", lambda row: words.stock_move(row.kind)),
        Column("Order", lambda row: row.number or "–"),
        Column("Place", lambda row: row.location),
        Column("Lot", lambda row: lot_name(row.lot)),
        Column("Note", lambda row: row.note or "–"),
    ],
    alt="Movements of this lot",
)  # fmt: skip
