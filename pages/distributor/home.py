"""Both sides of a distributor's day: what I buy and what I sell, side by side."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard, page_of
from app.parts import Column, Tile, empty_state, metric_tiles, page_header, section, table
from app.parts.onboarding import card_until_done
from domain import orders, payments
from domain.identity import Permission

who, actor = guard()
work_list = ask(orders.work_list)
page_header(f"Hello, {who.person_name.split()[0]}", who.org_name)
card_until_done()

tiles = []
if actor.may(Permission.PAY):
    wallet = ask(payments.my_wallet, currency=who.currency)
    tiles.append(
        Tile("In your wallet", words.money(wallet.balance, who.currency), "What you can spend.", url="retailer-wallet")
    )
if actor.may(Permission.SEE_PAYOUTS):
    owed = ask(payments.my_balance, currency=who.currency)
    tiles.append(
        Tile(
            "Owed to you",
            words.money(owed, who.currency),
            "Net earnings, not paid out yet.",
            url="manufacturer-payouts",
        )
    )
if actor.may(Permission.SEE_PRICES):
    open_value = words.money(work_list.open_value, work_list.currency)
    tiles.append(Tile("In open orders", open_value, "Bought and sold, everything that is not finished."))
if tiles:
    metric_tiles(tiles, columns=3)

BUYING = (
    ("to_pay", "Pay", "retailer-orders"),
    ("to_receive", "Receive goods", "retailer-orders"),
    ("to_accept", "Accept goods", "retailer-orders"),
)
SELLING = (
    ("to_answer", "Answer orders", "manufacturer-orders"),
    ("to_ship", "Ship goods", "manufacturer-orders"),
    ("in_production", "In production", "manufacturer-orders"),
)


def draw_tasks(tasks: tuple[tuple[str, str, str], ...], nothing: str) -> None:
    waiting = [(getattr(work_list, name), title, url) for name, title, url in tasks if getattr(work_list, name)]
    if not waiting:
        st.caption(f":material/check_circle: {nothing}")
    for count, title, url in waiting:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{title}**", width="content")
            st.page_link(page_of(url), label=words.count(count, "order"), icon=":material/arrow_forward:")


left, right = st.columns(2, gap="medium")
with left:
    with st.container(border=True):
        section("Buying")
        draw_tasks(BUYING, "Nothing waits for you as a buyer.")
    if actor.may(Permission.SEE_PURCHASES):
        bought, _ = ask(orders.orders_of_buyer, size=6)
        if bought:
            columns = [
                Column("Order", lambda row: row.number, "open"),
                Column("Supplier", lambda row: row.seller_name),
                Column("State", lambda row: words.stage(row.state, row.progress), "state"),
            ]
            if actor.may(Permission.SEE_PRICES):
                columns.insert(1, Column("Total", lambda row: words.money(row.total, row.currency), "right"))
            table("bought", bought, columns, on_open=lambda row: go("retailer-order", order=row.order_id))
        else:
            empty_state("shopping_cart", "Nothing bought yet", "Find products.", ("Find products", "retailer-products"))
with right:
    with st.container(border=True):
        section("Selling")
        draw_tasks(SELLING, "Nothing waits for you as a seller.")
    if actor.may(Permission.SEE_SALES):
        sold, _ = ask(orders.orders_of_seller, size=6)
        if sold:
            columns = [
                Column("Order", lambda row: row.number, "open"),
                Column("Buyer", lambda row: row.buyer_name),
                Column("State", lambda row: words.stage(row.state, row.progress), "state"),
            ]
            if actor.may(Permission.SEE_PRICES):
                columns.insert(1, Column("Total", lambda row: words.money(row.total, row.currency), "right"))
            table("sold", sold, columns, on_open=lambda row: go("manufacturer-order", order=row.order_id))
        else:
            empty_state(
                "receipt_long",
                "Nothing sold yet",
                "Publish products with prices and stock.",
                ("Products", "manufacturer-products"),
            )
