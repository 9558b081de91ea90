"""Lots: what expires, what is stopped, and single units by their serial numbers."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.filters import search_box, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import named
from domain import identity, stock
from domain.identity import Permission

_, actor = guard()
VIEWS = {"stocked": "In stock", "expiring": "Expiring", "expired": "Expired", "stopped": "Stopped",
         "serials": "Serial numbers"}  # fmt: skip
EMPTY = {
    "stocked": ("Nothing in lots", "Goods that are received with a lot or a date stand here."),
    "expiring": ("Nothing expires soon", "Lots that expire within 60 days stand here."),
    "expired": ("Nothing has expired", "What is past its date stands here until it is thrown away or sent back."),
    "stopped": ("Nothing is stopped", "Lots on hold or called back stand here."),
}


@guarded_dialog("How fresh goods must be")
def life_term() -> None:
    customers = {None: "All customers"} | {row.org_id: row.name for row in ask(stock.customers_to_keep_for)}
    with st.form(once("life"), border=False):
        buyer = st.selectbox("For", list(customers), format_func=lambda key: customers.get(key, ""))
        least = st.number_input("Least part of its life that a lot must have left, in %", 0, 100, value=50, step=5)
        st.caption("A lot with less is neither reserved nor shipped for them. 0: everything that has not expired.")
        if st.form_submit_button("Save", type="primary") and settle(
            stock.set_life_term, least_percent=int(least), buyer_id=buyer, done="Saved."
        ):
            st.rerun()


def actions() -> None:
    is_whole = ask(identity.reach_of).warehouses is None
    if actor.may(Permission.MANAGE_STOCK) and is_whole and st.button("How fresh", icon=":material/timer:"):
        life_term()


page_header("Lots", "What expires first stands first", actions, back=("Stock", "manufacturer-stock"))
with st.container(horizontal=True, vertical_alignment="center"):
    show = tabs_of("lots", VIEWS)
    find = search_box("lots", "Serial number" if show == "serials" else "Product, SKU or lot")

if show == "serials":
    paged_table(
        "lots", lambda page, size: ask(stock.find_serials, find=find, page=page, size=size),
        [
            Column("Serial number", lambda row: row.serial),
            Column("State", lambda row: row.state, "state"),
            Column("Product", named, width="medium"),
            Column("Place", lambda row: row.location or "–"),
            Column("Received", lambda row: words.day(row.received_at)),
            Column("Left", lambda row: words.day(row.left_at)),
            Column("Sold with", lambda row: "Open the order" if row.order_id else "–", "open"),
        ],
        on_open=lambda row: go("manufacturer-order", order=row.order_id) if row.order_id else None,
        empty=lambda: empty_state("tag", "No such number", "Numbers are entered when goods are received."),
        alt="Serial numbers",
    )  # fmt: skip
else:
    title, hint = EMPTY[show]
    paged_table(
        "lots", lambda page, size: ask(stock.my_lots, find=find, show=show, page=page, size=size),
        [
            Column("Lot", lambda row: "No lot" if row.code == stock.NO_LOT else row.code, "open"),
            Column("Product", named, width="medium"),
            Column("Best before", lambda row: words.day(row.expires_on), first=True),
            Column("Life left", lambda row: "–" if row.life_percent is None else f"{row.life_percent} %", "right"),
            Column("State", lambda row: row.state, "state"),
            Column("On hand", lambda row: words.number(row.on_hand), "right", first=True),
            Column("Reserved", lambda row: words.number(row.reserved), "right"),
            Column("SKU", lambda row: row.sku or "–"),
        ],
        on_open=lambda row: go("manufacturer-lot", lot=row.lot_id),
        empty=lambda: empty_state("qr_code_2", title, hint), alt="Lots",
    )  # fmt: skip
