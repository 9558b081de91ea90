"""One count: lot by lot on a telephone without seeing what is expected, and the look at what differs afterwards."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, confirm, empty_state, id_of, page_header, plain, table
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import lot_name, named
from domain import identity, stock
from domain.identity import Permission
from domain.stock import CountLineRow, CountState

_, actor = guard()
count_id = id_of("count")
sheet = ask(stock.count_sheet, count_id=count_id)
may_manage = actor.may(Permission.MANAGE_STOCK)
SHOWN = 10


def signed(units: int | None) -> str:
    return "–" if not units else f"{'+' if units > 0 else ''}{words.number(units)}"


def finish() -> None:
    settle(stock.finish_count, request="finish", count_id=count_id, done="The count is finished.")


def cancel() -> None:
    settle(stock.cancel_count, count_id=count_id, done="The count is cancelled; nothing was corrected.")


@guarded_dialog("Correct the stock")
def approve() -> None:
    st.markdown(f"**{words.number(sheet.difference or 0)}** units differ in all.")
    with st.form(once("approve"), border=False):
        why = st.text_input("How the difference came about", max_chars=500)
        if st.form_submit_button("Correct the stock", type="primary") and settle(
            stock.approve_count, request="approve", count_id=count_id, reason=why or "", done="The stock is corrected."
        ):
            st.rerun()


@guarded_dialog("Count again")
def again() -> None:
    differ = {row.line_id: f"{named(row)} · {row.location}" for row in sheet.rows if row.difference}
    with st.form(once("again"), border=False):
        chosen = st.multiselect("What is counted again", list(differ), default=list(differ),
                                format_func=lambda key: differ.get(key, ""))  # fmt: skip
        if st.form_submit_button("Have it counted again", type="primary") and settle(
            stock.recount, request="again", count_id=count_id, line_ids=chosen, done="To be counted again."
        ):
            st.rerun()


def actions() -> None:
    if not may_manage:
        return
    is_open, in_review = sheet.state == CountState.OPEN, sheet.state == CountState.IN_REVIEW
    if (is_open or in_review) and st.button("Cancel"):
        confirm("Cancel the count", "Nothing is corrected, and what was counted is only kept to look at.",
                "Cancel the count", cancel)  # fmt: skip
    if is_open and sheet.counted == sheet.lines and st.button("Finish", type="primary", icon=":material/done_all:"):
        finish()
        st.rerun()
    if in_review and st.button("Count again", icon=":material/replay:"):
        again()
    if in_review and identity.adjusts_alone(actor) and st.button("Correct the stock", type="primary"):
        approve()


page_header(sheet.name, f"{sheet.location} · {words.number(sheet.counted)} of {words.number(sheet.lines)} counted",
            actions, state=sheet.state, back=("Counts", "manufacturer-counts"))  # fmt: skip
st.progress(sheet.counted / max(sheet.lines, 1))


def draw_line(row: CountLineRow) -> None:
    """One lot to count: big enough for a thumb, nothing but what one sees on the shelf."""
    with st.container(border=True):
        st.markdown(f"**{plain(named(row))}**")
        lot = "" if row.lot == stock.NO_LOT else f"lot {row.lot}"
        st.caption(plain(" · ".join(part for part in (row.location, lot, row.sku) if part)))
        name = f"line-{row.line_id}"
        with st.form(once(name), border=False):
            one, two = st.columns([2, 1], vertical_alignment="bottom")
            counted = one.number_input("Units that you see", 0, value=None, step=1, key=f"{name}-{row.tries}")
            if two.form_submit_button("Save", type="primary", width="stretch"):
                if counted is None:
                    st.warning("Enter a number; 0 if nothing is there.")
                elif settle(stock.enter_count, request=name, line_id=row.line_id, counted=int(counted), done="Saved."):
                    st.rerun()


if sheet.state == CountState.OPEN:
    to_do = [row for row in sheet.rows if row.counted is None]
    if not to_do:
        empty_state("done_all", "Everything is counted", "Finish the count; larger differences are looked at first.")
    elif may_manage:
        for line in to_do[:SHOWN]:
            draw_line(line)
        if len(to_do) > SHOWN:
            st.caption(f"{words.number(len(to_do) - SHOWN)} more come after these.")
    done = [row for row in sheet.rows if row.counted is not None]
    if done:
        with st.expander(f"Counted: {words.number(len(done))}"):
            table(
                "counted", done,
                [
                    Column("Product", named, width="medium"), Column("Place", lambda row: row.location),
                    Column("Lot", lambda row: lot_name(row.lot)),
                    Column("Counted", lambda row: words.number(row.counted), "right", first=True),
                    Column("By", lambda row: row.counted_by or "–"),
                ],
            )  # fmt: skip
else:
    shown = sorted(sheet.rows, key=lambda row: -abs(row.difference or 0))
    if sheet.state == CountState.IN_REVIEW:
        st.info(
            "Compared with what lay there at the instant of each count; what moved before or after does not matter."
            " Another person than the one who counted corrects the stock.",
            icon=":material/balance:",
        )  # fmt: skip
    table(
        "review", shown[:200],
        [
            Column("Product", named, width="medium"), Column("Place", lambda row: row.location),
            Column("Lot", lambda row: lot_name(row.lot)),
            Column("Difference", lambda row: signed(row.difference), "right", first=True),
            Column("Counted", lambda row: "–" if row.counted is None else words.number(row.counted), "right",
                   first=True),
            Column("Expected", lambda row: "–" if row.expected is None else words.number(row.expected), "right"),
            Column("Moved since", lambda row: signed(row.moved_since), "right"),
            Column("By", lambda row: row.counted_by or "–"),
            Column("Tries", lambda row: words.number(row.tries), "right"),
        ],
        alt="What was counted and expected",
    )  # fmt: skip
