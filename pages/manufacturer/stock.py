"""What lies where: by warehouse and lot, taking goods in, counting, and why a number is what it is."""

from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, empty_state, page_header, paged_table, plain
from app.parts.filters import choice, search_box, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import catalog, identity, stock
from domain.identity import Permission
from domain.stock import StockRow

_, actor = guard()
MOVES = {"received": "Received", "counted": "Counted", "shipped": "Shipped"}
warehouses = {row.location_id: row for row in ask(stock.my_locations)}
may_manage = actor.may(Permission.MANAGE_STOCK)
is_kept = ask(identity.reach_of).warehouses is not None  # those who work in some of them add none


@guarded_dialog("Add a warehouse")
def add_warehouse() -> None:
    with st.form(once("warehouse"), border=False):
        name = st.text_input("Name", max_chars=120, placeholder="Warehouse Hamburg")
        places = {place.site_id: words.address(place.model_dump()) for place in ask(identity.my_sites)}
        site_id = st.selectbox(
            "Where it is", list(places), format_func=places.__getitem__, index=None, placeholder="One of your places",
            help="Who works in this warehouse receives what is delivered there.",
        )  # fmt: skip
        if st.form_submit_button("Add warehouse", type="primary") and settle(
            stock.add_location, request="warehouse", name=name or "", site_id=site_id, done="The warehouse is added."
        ):
            st.rerun()


@guarded_dialog("Receive goods", width="medium")
def receive() -> None:
    find = st.text_input("Find the product", placeholder="Product or SKU", icon=":material/search:", key="receive-find")
    offers, total = ask(catalog.my_offers, find=find or "", size=50)
    if not offers:
        st.caption("No product of yours has this name or SKU.")
        return
    if total > len(offers):
        st.caption(f"The first {len(offers)} of {words.number(total)}; type to narrow down.")
    names = {row.variant_id: f"{row.product_name}, {row.variant_name} · {row.sku}" for row in offers}
    names |= {row.variant_id: f"{row.product_name} · {row.sku}" for row in offers if row.variant_name == "Standard"}
    with st.form(once("receive"), border=False):
        variant_id = st.selectbox("Product", list(names), format_func=lambda key: names.get(key, ""))
        place = st.selectbox("Warehouse", list(warehouses), format_func=lambda key: warehouses[key].name)
        one, two = st.columns(2)
        quantity = one.number_input("Quantity in single units", 1, value=1, step=1)
        lot = two.text_input("Lot (optional)", max_chars=60)
        expires = two.date_input("Best before (optional)", value=None, min_value=today())
        if st.form_submit_button("Receive", type="primary") and settle(
            stock.receive_stock, request="receive", variant_id=variant_id, location_id=place, quantity=int(quantity),
            lot=(lot or "").strip() or stock.NO_LOT, expires_on=expires,
            done=f"{words.number(int(quantity))} units received.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Count")
def count(row: StockRow) -> None:
    st.markdown(
        f"**{plain(row.product_name)}** · {plain(row.location)}" + ("" if row.lot == "-" else f" · {plain(row.lot)}")
    )
    st.caption(
        f"The system says {words.number(row.on_hand)}; {words.number(row.reserved)} of them are held for orders."
    )
    name = f"count-{row.variant_id}-{row.location_id}-{row.lot_id}"
    with st.form(once(name), border=False):
        counted = st.number_input("Counted", 0, value=row.on_hand, step=1)
        if st.form_submit_button("Save the count", type="primary") and settle(
            stock.count_stock, request=name, variant_id=row.variant_id, location_id=row.location_id, lot_id=row.lot_id,
            counted=int(counted), done="Counted.",
        ):  # fmt: skip
            st.rerun()


def actions() -> None:
    if not may_manage:
        return
    if not is_kept and st.button("Add a warehouse", icon=":material/add_business:"):
        add_warehouse()
    if warehouses and st.button("Receive goods", type="primary", icon=":material/input:"):
        receive()


total_units = sum(row.on_hand for row in warehouses.values())
places = "1 warehouse" if len(warehouses) == 1 else f"{len(warehouses)} warehouses"
page_header("Stock", f"{words.number(total_units)} units in {places}", actions)
if not warehouses:
    empty_state(
        "warehouse", "No warehouse yet",
        "Ask the owner to assign one to you." if is_kept else "Add a warehouse first; then receive goods into it.",
    )  # fmt: skip
    st.stop()
bar = st.container(horizontal=True, vertical_alignment="center")
with bar:
    show = tabs_of("stock", {"now": "On hand", "history": "Movements"})


def draw_on_hand() -> None:
    with bar:
        find = search_box("stock", "Product or SKU")
        options = {str(key): row.name for key, row in warehouses.items()}
        place = choice("stock", "All warehouses", options, key="warehouse") if len(warehouses) > 1 else None
    columns = [
        Column("Product", lambda row: _named(row), width="medium"),
        Column("Free", lambda row: words.number(row.available), "right"),
        Column("On hand", lambda row: words.number(row.on_hand), "right"),
        Column("SKU", lambda row: row.sku or "–"),
        Column("Warehouse", lambda row: row.location),
        Column("Lot", lambda row: "–" if row.lot == stock.NO_LOT else row.lot),
        Column("Best before", lambda row: words.day(row.expires_on)),
        Column("Held for orders", lambda row: words.number(row.reserved), "right"),
    ]
    rows: list[StockRow] = []

    def page_of_stock(page: int, size: int) -> tuple[list[StockRow], int]:
        found, total = ask(stock.my_stock, find=find, location_id=UUID(place) if place else None, page=page, size=size)
        rows.extend(found)
        return found, total

    def nothing() -> None:
        if find or place:
            empty_state("filter_alt_off", "Nothing fits", "Clear the search or choose another warehouse.")
        else:
            empty_state("inventory_2", "Nothing in stock", "Receive goods, and buyers can order them.")

    paged_table("stock", page_of_stock, columns, empty=nothing, alt="Stock on hand")
    if rows and may_manage:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox(
                "Count one of these", range(len(rows)), index=None, placeholder="Product and lot", key="to-count",
                width=360,
                format_func=lambda i: f"{_named(rows[i])} · {rows[i].location}"
                + ("" if rows[i].lot == stock.NO_LOT else f" · {rows[i].lot}"),
            )  # fmt: skip
            if st.button("Count", icon=":material/checklist:", disabled=number is None) and number is not None:
                count(rows[number])


def draw_history() -> None:
    columns = [
        Column("When", lambda row: words.instant(row.recorded_at)),
        Column("Change", lambda row: f"{'+' if row.quantity > 0 else ''}{words.number(row.quantity)}", "right"),
        Column("What", lambda row: MOVES.get(row.kind, words.sentence_case(row.kind))),
        Column("Product", lambda row: row.product_name, width="medium"),
        Column("SKU", lambda row: row.sku or "–"),
        Column("Warehouse", lambda row: row.location),
        Column("Lot", lambda row: "–" if row.lot == stock.NO_LOT else row.lot),
    ]
    paged_table(
        "stock", lambda page, size: ask(stock.my_movements, page=page, size=size), columns,
        empty=lambda: empty_state("history", "Nothing has moved yet", "Receive goods to begin."), alt="Stock movements",
    )  # fmt: skip


def _named(row: StockRow) -> str:
    return row.product_name if row.variant_name == "Standard" else f"{row.product_name}, {row.variant_name}"


draw_on_hand() if show == "now" else draw_history()
