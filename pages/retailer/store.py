"""My stores: what lies there, what to put away, what was sold, and what to order again."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform, questions
from app.navigation import go, guard, page_of
from app.parts import Column, empty_state, id_or_none, inventory, page_header, paged_table, plain, section, table
from app.parts.downloads import export_box
from app.parts.filters import choice, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import orders, reports, stock
from domain.identity import Permission
from domain.reports import Recommendation
from domain.stock import StockLine

who, actor = guard()
sees_costs, may_keep = actor.may(Permission.SEE_COSTS), actor.may(Permission.MANAGE_STOCK)
may_order = actor.may(Permission.FILL_BASKET)
VIEWS = {"stock": "Stock", "put": "To put away", "sales": "Sales", "reorder": "To reorder"}
stores = ask(stock.store_places)


def store_id() -> UUID | None:
    """The store that is looked at; None: all of them."""
    kept = {str(place.location_id): place.name for place in stores if place.location_id is not None}
    if len(kept) < 2:
        return next(map(UUID, kept), None)
    chosen = choice("levels", "All stores", kept, key="store", width=190)
    return UUID(chosen) if chosen else None


def open_line(line: StockLine) -> None:
    go("retailer-store", variant=line.variant_id)


@guarded_dialog("Put into the basket")
def reorder(chosen: Sequence[Recommendation]) -> None:
    for one in chosen:
        st.markdown(plain(f"{inventory.named(one)}: {words.number(one.quantity)} from {one.seller_name}"))
    with st.form(once("reorder"), border=False):
        st.caption("Prices are those of now; you check out in the basket. They count as on the way from now on.")
        if st.form_submit_button("Put into the basket", type="primary") and settle(
            orders.add_many_to_basket, done="In your basket.",
            quantities={one.offer_id: one.quantity for one in chosen if one.offer_id},
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Note a sale")
def sold(location_id: UUID, lines: Sequence[StockLine]) -> None:
    names = {line.variant_id: f"{inventory.named(line)} · {words.number(line.available)} here" for line in lines}
    with st.form(once("sold"), border=False):
        variant_id = st.selectbox("Product", list(names), format_func=lambda key: names.get(key, ""))
        one, two = st.columns(2)
        quantity = one.number_input("Units", 1, value=1, step=1)
        this_day = today(who.time_zone)
        day = two.date_input("Sold on", this_day, max_value=this_day)
        if st.form_submit_button("Save", type="primary") and settle(
            orders.sell_from_store, request="sold", location_id=location_id, variant_id=variant_id,
            quantity=int(quantity), sold_on=day, done="Noted.",
        ):  # fmt: skip
            st.rerun()


variant_id = id_or_none("variant")
if variant_id is not None:
    found = inventory.line_of(ask(stock.stock_lines), variant_id)
    if found is None:
        page_header("Store", back=("Store", "retailer-store"))
        empty_state("search_off", "We could not find that product", "It was never in your store.")
        st.stop()
    page_header(inventory.named(found), "In all of your stores together", back=("Store", "retailer-store"))
    inventory.product(found, may_manage=may_keep, sees_costs=sees_costs)
    st.stop()

page_header("Store", "What lies in your stores, and how long it lasts")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    show = tabs_of("levels", VIEWS)
    side = st.container(horizontal=True, width="content", vertical_alignment="center")
with side:
    location_id = store_id()


def draw_stock() -> None:
    with questions() as put:
        lines = put(stock.stock_lines, location_id=location_id)
        advice = put(reports.recommendations) if lines else []
        value = put(stock.inventory_value, location_id=location_id)
        turns = put(stock.turnover, location_id=location_id) if sees_costs else None
    if not lines:
        empty_state(
            "store", "Nothing in your store yet",
            "When you have accepted goods of an order, put them into the store under “To put away”.",
        )  # fmt: skip
        return
    idle = stock.DEAD_AFTER
    dead = [line for line in lines if (line.idle_days or 0) >= idle]
    inventory.tiles(lines, value=value, turns=turns, dead=dead, idle=idle, advice=advice)
    with side:
        export_box(
            "store",
            lambda: ([inventory.levels_sheet(lines, sees_costs=sees_costs), inventory.advice_sheet(advice)],
                     {"What": "Stock of the store by product"}),
            choices={}, flat=lambda: inventory.levels_sheet(lines, sees_costs=sees_costs),
        )  # fmt: skip
    inventory.products(lines, sees_costs=sees_costs, on_open=open_line)


def draw_put_away() -> None:
    rows: list[orders.ToPutAway] = []

    def waiting(page: int, size: int) -> tuple[list[orders.ToPutAway], int]:
        found, total = ask(orders.to_put_away, page=page, size=size)
        rows.extend(found)
        return found, total

    columns = [
        Column("Order", lambda row: row.number, "open"),
        Column("Supplier", lambda row: row.seller_name),
        Column("Units", lambda row: words.number(row.units), "right"),
        Column("Products", lambda row: words.number(row.lines), "right"),
        Column("Store", lambda row: row.site_name or "–"),
        Column("Arrived", lambda row: words.day(row.delivered_at)),
    ]
    paged_table(
        "put-away", waiting, columns, on_open=lambda row: go("retailer-order", order=row.order_id),
        empty=lambda: empty_state(
            "task_alt", "Nothing to put away", "Accepted goods of your orders wait here until they are in the store.",
            ("Go to your purchases", "retailer-orders"),
        ),
        alt="Orders with goods to put away", hint="Units that you accepted and that lie in no store yet.",
    )  # fmt: skip
    if rows and may_keep:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox(
                "Put one of these away", range(len(rows)), index=0 if len(rows) == 1 else None, placeholder="Order",
                key="to-put", width=320,
                format_func=lambda i: f"{rows[i].number} · {words.count(rows[i].units, 'unit')}",
            )  # fmt: skip
            if st.button("Put into store", type="primary", icon=":material/move_to_inbox:", disabled=number is None):
                row = rows[number or 0]
                perform(
                    orders.put_into_store, request=f"put-{row.order_id}-{row.units}", order_id=row.order_id,
                    done=f"{words.count(row.units, 'unit')} are in your store.",
                )  # fmt: skip
                st.rerun()


def draw_sales() -> None:
    if location_id is None:
        kept = [place for place in stores if place.location_id is not None]
        if kept:
            empty_state("store", "Choose a store", "Above at the right: sales are of one store.")
        else:
            empty_state("store", "Nothing in your store yet", "Put goods of an order into the store first.")
        return
    if not may_keep:
        st.caption("Who keeps the store takes sales in.")
        return
    section("Sales from your till", "CSV with the columns sku (or gtin), quantity and day. The same file counts once.")
    file = st.file_uploader("File of sales", type=["csv", "txt"], label_visibility="collapsed", key="sales-file")
    if file is not None:
        read_file(location_id, file.getvalue())
    lines = [line for line in ask(stock.stock_lines, location_id=location_id) if line.available > 0]
    with st.container(horizontal=True):
        if lines and st.button("Note a sale by hand", icon=":material/edit_note:"):
            sold(location_id, lines)


def read_file(location_id: UUID, raw: bytes) -> None:
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("cp1252", errors="replace")
    sheet = ask(orders.read_store_sales, location_id=location_id, content=content.replace("\x00", ""))
    if sheet.is_known:
        st.warning("This file was taken in before, so its sales are counted already.", icon=":material/content_copy:")
        return
    st.markdown(f"**{words.count(len(sheet.sales), 'line')}** with {words.count(sheet.units, 'unit')} can be taken in.")
    if sheet.bad:
        st.warning(f"{words.count(len(sheet.bad), 'line')} cannot:", icon=":material/rule:")
        columns = [
            Column("Line", lambda row: words.number(row.line), "right"),
            Column("Why", lambda row: row.why, width="large"),
        ]
        table("bad-sales", sheet.bad[:200], columns, alt="Lines that cannot be taken in")
    label = "Take in the others" if sheet.bad else "Take in"
    if sheet.sales and st.button(label, type="primary", icon=":material/input:", key=f"take-{sheet.content_hash[:12]}"):
        perform(
            orders.take_store_sales, request=f"sales-{sheet.content_hash[:12]}", location_id=location_id,
            content=content.replace("\x00", ""), skip_bad=bool(sheet.bad),
            done=f"{words.count(sheet.units, 'unit')} went out of stock.",
        )  # fmt: skip
        st.rerun()


if show == "stock":
    draw_stock()
elif show == "put":
    draw_put_away()
elif show == "sales":
    draw_sales()
else:
    inventory.reorder_list(
        ask(reports.recommendations), act=reorder if may_order else None, label="Put into the basket",
        quiet="What you have and what is on the way lasts until the next look, at the high end of the demand.",
    )  # fmt: skip
    st.page_link(page_of("retailer-basket"), label="Go to the basket", icon=":material/shopping_cart:")
