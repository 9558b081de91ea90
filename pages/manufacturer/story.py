"""All of one product: its lots in their places, and why there are so many of it, row by row."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, Tile, empty_state, id_of, metric_tiles, page_header, paged_table, section
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import lot_name, named, pick_lot, place_names, serials_of
from domain import stock
from domain.identity import Permission
from domain.stock import LocationKind, LotState, StockRow, StoryRow

_, actor = guard()
variant_id = id_of("variant")
may_manage = actor.may(Permission.MANAGE_STOCK)
rows, total = ask(stock.my_stock, variant_id=variant_id, size=200)
BETWEEN = (LocationKind.TRANSIT, LocationKind.ASIDE)
OPENS = {"order": "manufacturer-order", "transfer": "manufacturer-transfer", "count": "manufacturer-count"}


def subject(row: StoryRow) -> str:
    """What caused a movement, in a word that opens it where there is something to open."""
    if row.number is not None:
        return f"Order {row.number}"
    return {"transfer": "Transfer", "count": "Count", "receipt": "Receipt", "sale": "Sale", "disposal": "Disposal",
            "supplier_return": "Return to the supplier", "discrepancy": "Transfer settled", "move": "Move"}.get(
        row.cause, words.sentence_case(row.cause))  # fmt: skip


def free_of(row: StockRow) -> int:
    """What can be ordered of a lot: nothing of one that is stopped, on the way or set aside."""
    return row.available if row.lot_state == LotState.AVAILABLE and row.location_kind not in BETWEEN else 0


def open_subject(row: StoryRow) -> None:
    kind = "order" if row.number is not None else row.cause
    if kind in OPENS and row.subject_id is not None:
        go(OPENS[kind], **{kind: row.subject_id})


@guarded_dialog("Move goods")
def move(row: StockRow) -> None:
    names = {key: name for key, name in place_names(ask(stock.places)).items() if key != row.location_id}
    if not names:
        st.caption("There is no other place. Add a zone or a bin on Stock, under Places.")
        return
    st.caption(f"{words.number(row.available)} of {words.number(row.on_hand)} in {row.location} can be moved.")
    with st.form(once("move"), border=False):
        there = st.selectbox("To", list(names), format_func=lambda key: names.get(key, ""))
        quantity = st.number_input("Units", 1, value=max(row.available, 1), step=1)
        serials = st.text_area("Serial numbers (if they have some)", height=68)
        if st.form_submit_button("Move", type="primary") and settle(
            stock.move_stock, request="move", variant_id=row.variant_id, lot_id=row.lot_id,
            from_location_id=row.location_id, to_location_id=there, quantity=int(quantity),
            serials=serials_of(serials), done="Moved.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Count")
def count(row: StockRow) -> None:
    st.caption("What you find on the shelf. For more than a few lots open a count: then nobody sees what is expected.")
    name = f"count-{row.variant_id}-{row.location_id}-{row.lot_id}"
    with st.form(once(name), border=False):
        counted = st.number_input("Counted", 0, value=row.on_hand, step=1)
        if st.form_submit_button("Save the count", type="primary") and settle(
            stock.count_stock, request=name, variant_id=row.variant_id, location_id=row.location_id, lot_id=row.lot_id,
            counted=int(counted), done="Counted.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Take out of stock")
def dispose(row: StockRow) -> None:
    with st.form(once("dispose"), border=False):
        way = st.segmented_control(
            "What happens to them", ["disposed", "returned"], default="disposed", required=True,
            format_func={"disposed": "Thrown away", "returned": "Back to the supplier"}.__getitem__,
        )  # fmt: skip
        quantity = st.number_input("Units", 1, value=max(row.available, 1), step=1)
        why = st.text_input("Why", max_chars=500, placeholder="Past its date")
        serials = st.text_area("Serial numbers (if they have some)", height=68)
        if st.form_submit_button("Take out", type="primary") and settle(
            stock.dispose_stock, request="dispose", variant_id=row.variant_id, location_id=row.location_id,
            lot_id=row.lot_id, quantity=int(quantity), reason=why or "", is_returned=way == "returned",
            serials=serials_of(serials), done="Taken out of stock.",
        ):  # fmt: skip
            st.rerun()


if not rows:
    page_header("Stock of a product", back=("Stock", "manufacturer-stock"))
    empty_state("inventory_2", "Nothing of this in stock", "Receive goods on Stock, and their lots stand here.")
    st.stop()
page_header(named(rows[0]), rows[0].sku, back=("Stock", "manufacturer-stock"))
here = [row for row in rows if row.location_kind not in BETWEEN]
under_way = sum(row.on_hand for row in rows) - sum(row.on_hand for row in here)
metric_tiles(
    [
        Tile("On hand", words.number(sum(row.on_hand for row in here))),
        Tile("Reserved", words.number(sum(row.reserved for row in here))),
        Tile("On the way", words.number(under_way)),
    ],
    columns=3,
)
section("Lots and places")
paged_table(
    "lots-of-product", lambda page, size: (rows[(page - 1) * size : page * size], len(rows)),
    [
        Column("Place", lambda row: row.location),
        Column("Lot", lambda row: lot_name(row.lot)),
        Column("State", lambda row: row.lot_state, "state"),
        Column("Best before", lambda row: words.day(row.expires_on)),
        Column("Free", lambda row: words.number(free_of(row)), "right"),
        Column("On hand", lambda row: words.number(row.on_hand), "right"),
        Column("Reserved", lambda row: words.number(row.reserved), "right"),
    ],
    alt="Lots of this product in their places",
)  # fmt: skip
if here and may_manage:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = pick_lot("Lot and place", here, key="chosen-lot")
        if st.button("Move", icon=":material/move_item:") and chosen is not None:
            move(chosen)
        if st.button("Count", icon=":material/checklist:") and chosen is not None:
            count(chosen)
        if st.button("Take out", icon=":material/delete:") and chosen is not None:
            dispose(chosen)
        if chosen is not None and st.button("Look at the lot", icon=":material/qr_code_2:"):
            go("manufacturer-lot", lot=chosen.lot_id)
section("Why there are so many", "Every movement, the newest first; “After” is the sum of all up to it.")
paged_table(
    "story", lambda page, size: ask(stock.stock_story, variant_id=variant_id, page=page, size=size),
    [
        Column("When", lambda row: words.instant(row.recorded_at)),
        Column("Change", lambda row: f"{'+' if row.quantity > 0 else ''}{words.number(row.quantity)}", "right"),
        Column("After", lambda row: words.number(row.running), "right"),
        Column("What", lambda row: words.stock_move(row.kind)),
        Column("Because of", subject, "open", width="medium"),
        Column("Place", lambda row: row.location),
        Column("Lot", lambda row: lot_name(row.lot)),
        Column("By", lambda row: row.actor_name or "–"),
        Column("Note", lambda row: row.note or "–"),
    ],
    on_open=open_subject, alt="Movements of this product with their sum",
)  # fmt: skip
