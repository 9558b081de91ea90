"""What needs me now, my recent orders, and where my money is."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard, page_of
from app.parts import Column, Tile, empty_state, metric_tiles, page_header, section, table
from app.parts.onboarding import card_until_done
from domain import orders, payments
from domain.identity import Permission

who, actor = guard()
page_header(
    f"Hello, {who.person_name.split()[0]}",
    who.org_name,
    lambda: st.page_link(page_of("retailer-products"), label="Find products", icon=":material/search:"),
)
card_until_done()
if not actor.may(Permission.SEE_PURCHASES):
    empty_state("search", "Find products", "Compare suppliers and prices.", ("Find products", "retailer-products"))
    st.stop()
todo = ask(orders.work_list)
tiles = [
    Tile(
        "Open orders",
        words.money_short(todo.open_value, todo.currency),
        definition="The value of your orders that have not ended yet, tax and shipping included.",
        formula="Sum of the totals of open orders.",
        fresh="now",
    )
]
if actor.may(Permission.PAY):
    wallet = ask(payments.my_wallet, currency=who.currency)
    tiles.append(
        Tile(
            "Wallet",
            words.money_short(wallet.balance, wallet.currency),
            definition="What you can pay with right now.",
            fresh="now",
        )
    )
tiles.append(
    Tile("To receive", words.number(todo.to_receive), definition="Orders with goods on their way to you.", fresh="now")
)
tiles.append(
    Tile(
        "Late",
        words.number(todo.late),
        definition="Orders that are not shipped although their promised day is over.",
        fresh="now",
    )
)
metric_tiles(tiles)

section("What needs you now")
NEEDS = (
    (todo.to_pay, "waits for your payment", "wait for your payment", "payments", "To pay"),
    (
        todo.to_receive,
        "is on its way: record what arrives",
        "are on their way: record what arrives",
        "local_shipping",
        "In progress",
    ),
    (todo.to_accept, "was delivered: accept the goods", "were delivered: accept the goods", "task_alt", "In progress"),
    (todo.late, "is late", "are late", "schedule", "In progress"),
)
open_needs = [need for need in NEEDS if need[0]]
if not open_needs:
    empty_state("task_alt", "All done", "Nothing waits for you. New deliveries and payments appear here.")
for number, one, many, icon, group in open_needs:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        text = f"**{words.count(number, 'order')}** {one if number == 1 else many}"
        st.markdown(f":primary[:material/{icon}:] {text}", width="content")
        st.page_link(
            page_of("retailer-orders"), label="Show", icon=":material/arrow_forward:", icon_position="right",
            query_params={"purchases-state": group},
        )  # fmt: skip

section("Recent orders")
recent, _ = ask(orders.orders_of_buyer, page=1, size=8)
if recent:
    table(
        "recent",
        recent,
        [
            Column("Order", lambda row: row.number, "open"),
            Column("Total", lambda row: words.money(row.total, row.currency), "right"),
            Column("Supplier", lambda row: row.seller_name),
            Column("State", lambda row: words.stage(row.state, row.progress), "state"),
            Column("Placed", lambda row: words.ago(row.created_at)),
        ],
        on_open=lambda row: go("retailer-order", order=row.order_id),
        alt="My most recent orders",
    )
else:
    empty_state(
        "receipt_long", "No orders yet", "Your first order appears here.", ("Find products", "retailer-products")
    )
