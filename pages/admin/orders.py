"""Every order of the market, by state, with a search."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.filters import choice, search_box
from domain import orders
from domain.orders import OrderState

guard()
page_header("Orders", "All orders of the market, newest first")

with st.container(horizontal=True):
    find = search_box("orders", "Order, buyer or seller")
    state = choice("orders", "All states", {s.value: words.state_word(s.value) for s in OrderState}, key="state")


def nothing() -> None:
    if find or state:
        empty_state("filter_alt_off", "No order fits", "Choose another state or clear the search.")
    else:
        empty_state("receipt_long", "No orders yet", "Orders appear as soon as a buyer checks out.")


paged_table(
    "orders",
    lambda page, size: ask(
        orders.all_orders, states=[OrderState(state)] if state else None, find=find, page=page, size=size
    ),
    [
        Column("Order", lambda row: row.number, "open"),
        Column("Total", lambda row: words.money(row.total, row.currency), "right"),
        Column("Buyer", lambda row: row.buyer_name, width="medium"),
        Column("Seller", lambda row: row.seller_name, width="medium"),
        Column("State", lambda row: row.state, "state"),
        Column("Goods are", lambda row: row.progress, "state"),
        Column("Placed", lambda row: words.day(row.created_at)),
        Column("Promised", lambda row: words.day(row.promised_at) + (" (late)" if row.is_late else "")),
    ],
    on_open=lambda row: go("admin-order", order=row.order_id),
    empty=nothing,
    alt="All orders",
)
