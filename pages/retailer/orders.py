"""My purchases: every supplier order, by state and word, with what waits for payment on top."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard
from app.parts import (
    Column,
    confirm,
    empty_state,
    facts_list,
    id_or_none,
    page_header,
    paged_table,
    plain,
    reset_page,
    section,
)
from app.parts.transfer import draw_transfer
from domain import orders
from domain.identity import Permission
from domain.orders import OrderState, PurchaseSheet

NAME = "purchases"
GROUPS: dict[str, list[OrderState] | None] = {
    "All": None,
    "To pay": [OrderState.AWAITING_PAYMENT],
    "Waiting for supplier": [OrderState.AWAITING_SELLER],
    "In progress": [OrderState.CONFIRMED, OrderState.IN_PRODUCTION, OrderState.READY, OrderState.CLOSED_SHORT],
    "Completed": [OrderState.COMPLETED],
    "Ended early": [OrderState.CANCELLED, OrderState.DECLINED, OrderState.EXPIRED],
}

_, actor = guard()
sees_costs = actor.may(Permission.SEE_COSTS)


def draw_purchase(purchase: PurchaseSheet) -> None:
    """The checkout that was just placed, or that still waits for its transfer."""
    with st.container(border=True, key="purchase"):
        is_waiting = purchase.payment is not None and purchase.payment.state == "awaiting_transfer"
        section(f"Purchase {purchase.number}" + (": waiting for your transfer" if is_waiting else ""))
        left, right = st.columns([1.2, 1], gap="medium")
        with left:
            for order in purchase.orders:
                with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                    st.markdown(f"**{plain(order.number)}** {plain(order.seller_name)}", width="content")
                    with st.container(horizontal=True, width="content", vertical_alignment="center"):
                        if sees_costs:
                            st.markdown(plain(words.money(order.total, order.currency)), width="content")
                        if st.button("Open", key=f"open-{order.order_id}", type="tertiary"):
                            go("retailer-order", order=order.order_id)
            facts_list(
                ({"Total": words.money(purchase.total, purchase.currency)} if sees_costs else {})
                | {
                    "Paid by": words.method(purchase.payment_method),
                }
            )
        with right:
            if is_waiting and purchase.payment is not None:
                draw_transfer(purchase.payment)
                with st.container(horizontal=True):
                    if actor.may(Permission.PAY):
                        st.button(
                            "Pay from wallet", on_click=perform, args=(orders.pay_from_wallet,),
                            kwargs={
                                "purchase_id": purchase.purchase_id, "request": f"pay-{purchase.purchase_id}",
                                "done": "Paid from your wallet. The suppliers are told.",
                            },
                        )  # fmt: skip
                    if actor.may(Permission.CANCEL_ORDERS) and st.button("Cancel purchase", type="tertiary"):
                        confirm(
                            "Cancel this purchase?", "All its orders end, and the reserved goods are free again.",
                            "Cancel purchase",
                            lambda: perform(
                                orders.cancel_purchase, purchase_id=purchase.purchase_id,
                                done="The purchase is cancelled.",
                            ),
                        )  # fmt: skip
            else:
                st.success(
                    "Your order is placed and your payment is held in escrow. The suppliers have been told.",
                    icon=":material/verified_user:",
                )


page_header("Purchases", "Everything you ordered, one line per supplier")
purchase_id = id_or_none("purchase")
if purchase_id is not None:
    draw_purchase(ask(orders.purchase_sheet, purchase_id=purchase_id))
with st.container(horizontal=True, vertical_alignment="bottom"):
    group = st.segmented_control(
        "State", list(GROUPS), default="All", required=True, key="purchases-state", bind="query-params",
        on_change=reset_page(NAME), label_visibility="collapsed",
    )  # fmt: skip
    find = st.text_input(
        "Search orders", key="purchases-find", bind="query-params", type="search", width=260,
        placeholder="Order number or supplier", on_change=reset_page(NAME), label_visibility="collapsed",
    )  # fmt: skip
paged_table(
    NAME,
    lambda page, size: ask(
        orders.orders_of_buyer, states=GROUPS.get(group or "All"), find=find or "", page=page, size=size
    ),
    [
        Column("Order", lambda row: row.number, "open"),
        *([Column("Total", lambda row: words.money(row.total, row.currency), "right")] if sees_costs else []),
        Column("Supplier", lambda row: row.seller_name),
        Column("State", lambda row: words.stage(row.state, row.progress), "state"),
        Column("Placed", lambda row: words.day(row.created_at)),
        Column("Promised", lambda row: words.day(row.promised_at) + (" (late)" if row.is_late else "")),
    ],
    on_open=lambda row: go("retailer-order", order=row.order_id),
    empty=lambda: empty_state(
        "receipt_long",
        "No orders here",
        "Orders appear here as soon as you place them.",
        ("Find products", "retailer-products") if actor.may(Permission.SEARCH_PRODUCTS) else None,
    ),
    alt="My orders",
)
