"""What needs me today as a seller, what I am owed, and how it goes."""

import streamlit as st

from app import words
from app.bridge import questions
from app.navigation import go, guard, page_of
from app.parts import Column, Tile, bars, empty_state, metric_tiles, page_header, plain, section, table
from app.parts.onboarding import card_until_done
from domain import orders, payments
from domain.identity import Permission

who, actor = guard()
sees_prices, sees_payouts = actor.may(Permission.SEE_PRICES), actor.may(Permission.SEE_PAYOUTS)
with questions() as put:
    work_list = put(orders.work_list)
    weeks = put(orders.sales_by_week) if sees_prices else []
    owed = put(payments.my_balance, currency=who.currency) if sees_payouts else None
    recent, _ = put(orders.orders_of_seller, size=6)
    low = put(orders.running_low) if actor.may(Permission.SEE_STOCK) else []
page_header(f"Hello, {who.person_name.split()[0]}", who.org_name)
card_until_done()

TO_DO = (
    ("to_answer", "Answer new orders", "Accept or decline; unanswered orders are declined for you", "awaiting_seller"),
    ("late", "Late orders", "The promised day has passed and nothing has been shipped", "late"),
    ("to_ship", "Ship", "Confirmed goods that have not left yet", "open"),
    ("in_production", "In production", "Tell the buyer how far you are", "in_production"),
)
waiting = [
    (getattr(work_list, name), title, note, show) for name, title, note, show in TO_DO if getattr(work_list, name)
]
with st.container(border=True, key="needs-me"):
    section("Needs you now")
    if not waiting:
        st.caption(":material/check_circle: Nothing waits for you. New orders appear here as soon as they are paid.")
    for count, title, note, show in waiting:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(gap=None, width="content"):
                st.markdown(f"**{title}**")
                st.caption(note)
            label = "Open the order" if count == 1 else f"Open {words.count(count, 'order')}"
            if st.button(label, key=f"todo-{show}", icon=":material/arrow_forward:", icon_position="right"):
                go("manufacturer-orders", show="open" if show == "late" else show)

tiles = []
if owed is not None:
    tiles.append(
        Tile(
            "Owed to you", words.money(owed, who.currency), "Your net earnings from accepted goods, not paid out yet.",
            url="manufacturer-payouts",
        )
    )  # fmt: skip
if sees_prices:
    tiles.append(
        Tile(
            "In open orders", words.money(work_list.open_value, work_list.currency),
            "Total of all orders that are not finished.", url="manufacturer-orders",
        )
    )  # fmt: skip
if weeks:
    now = weeks[-1]
    tiles.append(
        Tile(
            "Sold this week", words.money(now.goods, now.currency), "Goods value of orders paid since Monday.",
            url="manufacturer-orders",
        )
    )  # fmt: skip
    tiles.append(
        Tile(
            "Orders this week", words.number(now.orders), "Orders that were paid since Monday.",
            url="manufacturer-orders",
        )
    )  # fmt: skip
if tiles:
    metric_tiles(tiles)

left, right = st.columns([1.7, 1], gap="medium")
with left:
    section("Recent orders")
    if not recent:
        empty_state(
            "receipt_long", "No orders yet", "Publish products with prices and stock, and buyers can order them.",
            ("Go to your products", "manufacturer-products"),
        )  # fmt: skip
    else:
        columns = [
            Column("Order", lambda row: row.number, "open"),
            Column("Buyer", lambda row: row.buyer_name),
            Column("State", lambda row: words.stage(row.state, row.progress), "state"),
        ]
        if sees_prices:
            columns.insert(1, Column("Total", lambda row: words.money(row.total, row.currency), "right"))
        table("recent", recent, columns, on_open=lambda row: go("manufacturer-order", order=row.order_id))
with right, st.container(border=True, key="low-stock"):
    section("Running low", "Free stock is less than you sold in the last four weeks, or less than your minimum order.")
    if not low:
        st.caption("All published products have stock for the next weeks.")
    for row in low:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            with st.container(gap=None):
                st.markdown(plain(row.name))
                st.caption(plain(f"{row.sku} · {words.number(row.sold)} sold in 4 weeks"))
            st.badge(f"{words.number(row.available)} free", color="red" if not row.available else "orange")
    if low:
        st.page_link(page_of("manufacturer-inventory"), label="What to reorder or make", icon=":material/monitoring:")

if any(week.goods for week in weeks):
    with st.container(border=True):
        section(f"Sales by week, {weeks[0].currency}", "Goods value of orders by the week they were paid in.")
        bars(
            [week.week_on for week in weeks], [float(week.goods) for week in weeks],
            name=f"Goods sold ({weeks[0].currency})", alt="Goods value sold in each of the last twelve weeks",
        )  # fmt: skip
