"""Everything about one order, with the ledger behind it; deliveries on the carrier's proof."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import empty_state, facts_list, order_lines, page_header, section, status
from app.parts.addresses import asked_for
from app.parts.forms import guarded_dialog, once, settle
from app.parts.postings import postings_table
from app.parts.trade import CARRIERS, address, money_card, quantities, shipments, story
from domain import orders
from domain.identity import Permission
from domain.logistics import ShipmentSheet
from domain.orders import OrderSheet

_, actor = guard()
BACK = ("Orders", "admin-orders")
order_id = asked_for("order")
if order_id is None:
    page_header("Order", back=BACK)
    empty_state("receipt_long", "No order chosen", "Open one from the list of orders.", BACK)
    st.stop()
sheet: OrderSheet = ask(orders.order_sheet, order_id=order_id)
on_the_way = [shipment for shipment in sheet.shipments if shipment.delivered_at is None]


@guarded_dialog("Record a delivery", width="medium")
def deliver() -> None:
    st.caption("On the carrier's proof of delivery. The buyer's time to inspect the goods starts now.")
    names = {shipment.shipment_id: shipment for shipment in on_the_way}
    chosen = st.selectbox("Shipment", list(names), format_func=lambda key: _named(names[key]))
    if chosen is None:
        return
    name = f"deliver-{chosen}"
    with st.form(once(name), border=False):
        received_by = st.text_input("Received by, as the proof says", max_chars=120)
        lines = names[chosen].lines
        counts = quantities(lines, {line.line_id: line.shipped for line in lines}, key=name, word="sent")
        if st.form_submit_button("Record delivery", type="primary") and settle(
            orders.record_receipt, request=name, order_id=sheet.order_id, shipment_id=chosen, counts=counts,
            received_by=received_by or "", done="The delivery is recorded.",
        ):  # fmt: skip
            st.rerun()


def _named(shipment: ShipmentSheet) -> str:
    return f"{shipment.position}: {CARRIERS.get(shipment.carrier, shipment.carrier)} {shipment.tracking}"


def actions() -> None:
    may = actor.may(Permission.RECORD_DELIVERIES) and on_the_way
    if may and st.button("Record a delivery", type="primary", icon=":material/inventory:"):
        deliver()


page_header(
    sheet.number, f"{sheet.buyer_name} bought from {sheet.seller_name}, {words.instant(sheet.created_at)}", actions,
    state=sheet.state, back=BACK,
)  # fmt: skip
if sheet.origin == "imported":
    st.info("This order was imported from a company's past; no money of it ever moved here.", icon=":material/history:")
section("Lines")
order_lines("lines", sheet.lines, sheet.currency)
main, side = st.columns([1.7, 1], gap="medium")
with main:
    if sheet.shipments:
        section("Shipments")
        shipments(sheet)
    with st.container(border=True):
        section("What happened")
        story(sheet)
with side:
    with st.container(border=True):
        money_card(sheet)
    with st.container(border=True):
        section("Facts")
        with st.container(horizontal=True):
            status(sheet.progress)
        facts = {
            "Purchase": sheet.purchase_number,
            "Buyer": sheet.buyer_name,
            "Seller": sheet.seller_name,
            "Paid by": words.method(sheet.payment_method),
            "Deliver to": address(sheet),
            "Promised": words.day(sheet.promised_at),
        }
        if sheet.payment and sheet.payment.reference:
            facts["Payment reference"] = sheet.payment.reference
        facts_list(facts)
section("Ledger lines", "Every movement of this order's money, and its sales figures apart.")
money = [row for row in sheet.postings if not row.family.startswith("memo.")]
memo = [row for row in sheet.postings if row.family.startswith("memo.")]
if money:
    postings_table("money", money)
else:
    st.caption("No money has moved for this order.")
if memo:
    label = "Sales figures (no money)"
    with st.expander(label, icon=":material/query_stats:", key="sales-figures", on_change="rerun") as part:
        if part.open:
            postings_table("memo", memo)
