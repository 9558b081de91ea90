"""What was bought from me: by what it needs, with a search."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.filters import search_box, tabs_of
from domain import orders
from domain.identity import Permission
from domain.orders import OrderState

_, actor = guard()
VIEWS: dict[str, tuple[str, list[OrderState] | None]] = {
    "all": ("All", None),
    "awaiting_seller": ("To answer", [OrderState.AWAITING_SELLER]),
    "open": ("To ship", [OrderState.CONFIRMED, OrderState.READY]),
    "in_production": ("In production", [OrderState.IN_PRODUCTION]),
    "completed": ("Completed", [OrderState.COMPLETED, OrderState.CLOSED_SHORT]),
    "ended": ("Declined or cancelled", [OrderState.DECLINED, OrderState.CANCELLED]),
}

page_header("Sales orders", "Orders appear here once the buyer's money is held for them")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    show = tabs_of("orders", {name: title for name, (title, _) in VIEWS.items()})
    find = search_box("orders", "Order number or buyer")


def nothing() -> None:
    if find or show != "all":
        empty_state("filter_alt_off", "No order fits", "Choose another view or clear the search.")
    elif not actor.may(Permission.MANAGE_OFFERS):
        empty_state("receipt_long", "No orders yet", "Paid orders of what you are responsible for appear here.")
    else:
        empty_state(
            "receipt_long", "No orders yet", "Publish products with prices and stock, and buyers can order them.",
            ("Go to your products", "manufacturer-products"),
        )  # fmt: skip


columns = [
    Column("Order", lambda row: row.number, "open"),
    Column("Buyer", lambda row: row.buyer_name),
    Column("State", lambda row: words.stage(row.state, row.progress), "state"),
    Column("Units", lambda row: words.number(row.confirmed or row.ordered), "right"),
    Column("Shipped", lambda row: row.shipped * 100 // row.confirmed if row.confirmed else 0, "progress"),
    Column("Placed", lambda row: words.day(row.created_at)),
    Column("Promised", lambda row: words.day(row.promised_at) + (" (late)" if row.is_late else "")),
]
if actor.may(Permission.SEE_PRICES):
    columns.insert(1, Column("Total", lambda row: words.money(row.total, row.currency), "right"))
paged_table(
    "orders",
    lambda page, size: ask(orders.orders_of_seller, states=VIEWS[show][1], find=find, page=page, size=size),
    columns,
    on_open=lambda row: go("manufacturer-order", order=row.order_id),
    empty=nothing,
    alt="Sales orders",
)
