"""One order from the buyer's side: where it is, where the money is, and what I can do now."""

from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard, page_of
from app.parts import (
    Column,
    Step,
    Sum,
    confirm,
    facts_list,
    id_of,
    money_table,
    order_lines,
    page_header,
    plain,
    section,
    table,
    timeline,
)
from app.parts.forms import guarded_dialog, settle
from app.parts.order_promises import draw_promises
from app.parts.prices import why_these_prices
from app.parts.trade import delivery_preferences
from app.parts.transfer import draw_transfer
from domain import orders
from domain.identity import Permission
from domain.logistics import ShipmentSheet
from domain.orders import OrderSheet, OrderState

who, actor = guard()
order = ask(orders.order_sheet, order_id=id_of("order"))
units = {
    name: sum(getattr(line, name) for line in order.lines)
    for name in ("confirmed", "shipped", "delivered", "accepted", "lost")
}
waiting = units["delivered"] - units["accepted"]


def actions() -> None:
    if (
        waiting > 0
        and actor.may(Permission.RECEIVE_GOODS)
        and st.button("Accept goods", type="primary", icon=":material/task_alt:")
    ):
        accept(order)
    is_free = order.state in (OrderState.AWAITING_SELLER, OrderState.CONFIRMED) or order.is_late
    if is_free and units["shipped"] == 0 and actor.may(Permission.CANCEL_ORDERS) and st.button("Cancel order"):
        confirm(
            "Cancel this order?", "Your money comes back the way it came. The supplier is told.", "Cancel order",
            lambda: perform(orders.cancel_order, order_id=order.order_id, done="The order is cancelled."),
            is_grave=True,
        )  # fmt: skip


@guarded_dialog("Accept goods", width="medium")
def accept(order: OrderSheet) -> None:
    """Take delivered goods, all or part of them; their money goes to the supplier."""
    st.caption("Accept what is in good order. The money for it is released to the supplier; this cannot be taken back.")
    taken: dict[UUID, int] = {}
    for line in order.lines:
        open_units = line.delivered - line.accepted
        if open_units > 0:
            taken[line.line_id] = int(
                st.number_input(
                    f"{plain(line.name)} (of {words.number(open_units)})",
                    0,
                    open_units,
                    open_units,
                    key=f"accept-{line.line_id}",
                )
            )
    if st.button("Accept and release the money", type="primary") and settle(
        orders.accept_goods, request=f"accept-{order.order_id}-{sorted(taken.items())}",
        done="Thank you. The money is released.", order_id=order.order_id, accepted=taken,
    ):  # fmt: skip
        st.rerun()


@guarded_dialog("Record what arrived", width="medium")
def receive(shipment: ShipmentSheet) -> None:
    st.caption("Count what really arrived. Missing units are reported to the supplier and stay paid for until solved.")
    counts: dict[UUID, int] = {}
    for line in shipment.lines:
        counts[line.line_id] = int(
            st.number_input(
                f"{plain(line.name)} (of {words.number(line.shipped)})",
                0,
                line.shipped,
                line.shipped,
                key=f"count-{shipment.shipment_id}-{line.line_id}",
            )
        )
    by = st.text_input("Received by", value=who.person_name, max_chars=120)
    if st.button("Record receipt", type="primary") and settle(
        orders.record_receipt, request=f"receipt-{shipment.shipment_id}-{sorted(counts.items())}",
        done="The receipt is recorded.", order_id=order.order_id,
        shipment_id=shipment.shipment_id, counts=counts, received_by=by or "",
    ):  # fmt: skip
        st.rerun()


def draw_shipments() -> None:
    section("Shipments")
    if not order.shipments:
        st.caption("Nothing has been shipped yet.")
    for shipment in order.shipments:
        with st.container(border=True, key=f"shipment-{shipment.position}"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(
                    f"**Shipment {shipment.position}** :gray[{plain(words.carrier(shipment.carrier))} · "
                    f"{plain(shipment.tracking)} · shipped {plain(words.day(shipment.shipped_at))}]", width="content",
                )  # fmt: skip
                if shipment.delivered_at is not None:
                    st.badge(f"Received {words.day(shipment.delivered_at)}", color="green")
            table(
                f"shipment-lines-{shipment.position}",
                shipment.lines,
                [
                    Column("Product", lambda line: line.name),
                    Column("Article", lambda line: line.sku),
                    Column("Shipped", lambda line: words.number(line.shipped), "right"),
                    Column(
                        "Arrived", lambda line: "–" if line.delivered is None else words.number(line.delivered), "right"
                    ),
                ],
                alt=f"Contents of shipment {shipment.position}",
            )
            # Below the table: its toolbar would lie over a button above it.
            is_open = shipment.delivered_at is None and actor.may(Permission.RECEIVE_GOODS)
            if is_open and st.button("Record receipt", key=f"receive-{shipment.position}", icon=":material/inventory:"):
                receive(shipment)


def draw_money() -> None:
    section("Money", help="Paid = held in escrow + released to the supplier + refunded to you.")
    if order.money is None or order.total is None:
        st.caption("Your role does not show amounts.")
        return
    if order.payment is not None and order.payment.state == "awaiting_transfer":
        draw_transfer(order.payment)
        st.page_link(
            page_of("retailer-orders"), label="Pay from the wallet or cancel", icon=":material/arrow_forward:",
            query_params={"purchase": str(order.purchase_id)},
        )  # fmt: skip
    money_table(
        [
            Sum("Goods", order.goods),
            Sum("Tax", order.tax),
            Sum("Shipping", order.shipping),
            Sum("Order total", order.total, is_total=True),
        ],
        order.currency,
    )
    st.space("small")
    money_table(
        [
            Sum("Paid", order.money.funded),
            Sum("Held in escrow", order.money.held),
            Sum("Released to supplier", order.money.released),
            Sum("Refunded to you", order.money.refunded),
        ],
        order.currency,
    )


def draw_postings() -> None:
    """The ledger entries behind the money, as far as they are this buyer's to see."""
    label = "Ledger entries behind the money"
    with st.expander(label, icon=":material/menu_book:", key="ledger-entries", on_change="rerun") as part:
        if not part.open:
            return
        table(
            "postings",
            order.postings,
            [
                Column("When", lambda row: words.instant(row.effective_at)),
                Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
                Column("What", lambda row: words.movement(row.kind)),
                Column("Account", lambda row: words.account(row.family)),
            ],
            alt="Ledger entries behind this order",
        )


def draw_feedback() -> None:
    mine = next((review for review in order.reviews if review.author_id == who.org_id), None)
    for review in order.reviews:
        with st.container(border=True, gap="xsmall"):
            author = "You" if review is mine else review.author_name
            st.markdown(f"{words.stars(review.stars)} :gray[{plain(author)} · {plain(words.day(review.written_at))}]")
            if review.comment:
                st.text(review.comment)
    if order.state == OrderState.COMPLETED and mine is None and actor.may(Permission.WRITE_REVIEWS):
        with st.container(border=True), st.form("feedback", border=False):
            st.markdown(f"**How was it to buy from {plain(order.seller_name)}?**")
            stars = st.feedback("stars")
            comment = st.text_area("Comment", max_chars=2000, placeholder="Optional", height=80)
            if st.form_submit_button("Leave feedback", type="primary"):
                if stars is None:
                    st.error("Please choose between one and five stars.")
                else:
                    perform(
                        orders.leave_feedback, request=f"feedback-{order.order_id}",
                        done="Thank you for your feedback.", order_id=order.order_id, stars=stars + 1,
                        comment=comment or "",
                    )  # fmt: skip
                    st.rerun()


page_header(
    f"Order {order.number}", f"{order.seller_name} · placed {words.instant(order.created_at)}", actions,
    state=words.stage(order.state, order.progress), back=("Purchases", "retailer-orders"),
)  # fmt: skip
if order.is_late:
    st.warning(
        "The supplier is late: goods were promised for " + plain(words.day(order.promised_at)) + ".",
        icon=":material/schedule:",
    )
if units["lost"]:
    st.info(f"{words.count(units['lost'], 'unit')} got lost; the money for it was refunded.", icon=":material/info:")

section("Goods")
order_lines("lines", order.lines, order.currency)
why_these_prices(order.lines, order.currency)
draw_promises(order.lines)
main, side = st.columns([1.8, 1], gap="medium")
with main:
    if order.state == OrderState.IN_PRODUCTION:
        st.progress(order.produced_percent, f"Production: {order.produced_percent}%")
    draw_shipments()
    if order.reviews or order.state == OrderState.COMPLETED:
        section("Feedback")
        draw_feedback()
    if order.postings:
        draw_postings()
with side:
    with st.container(border=True):
        draw_money()
    with st.container(border=True):
        section("What happened")
        timeline([Step(words.step(step.name), step.at, step.by_person or "") for step in order.steps])
    with st.container(border=True):
        section("Delivery")
        facts_list(
            {
                "To": words.address(order.delivery_address),
                **delivery_preferences(order.delivery_address),
                "Promised for": words.day(order.promised_at),
                "Your note": order.buyer_note or "–",
            }
        )
        st.page_link(
            page_of("retailer-supplier"),
            label=plain(order.seller_name),
            icon=":material/storefront:",
            query_params={"org": str(order.seller_id)},
        )
