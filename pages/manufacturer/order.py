"""One order I sold: answer it, produce, ship, close it; where its money is and what happened."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import confirm, empty_state, facts_list, order_lines, page_header, plain, section, status
from app.parts.addresses import asked_for
from app.parts.forms import guarded_dialog, once, settle
from app.parts.order_promises import draw_promises
from app.parts.postings import postings_table
from app.parts.prices import why_these_prices
from app.parts.stocked import serials_of
from app.parts.trade import CARRIERS, address, delivery_preferences, money_card, quantities, shipments, story
from domain import orders
from domain.identity import Permission
from domain.logistics import Carrier
from domain.orders import BOUND, OrderSheet, OrderState

who, actor = guard()
BACK = ("Sales orders", "manufacturer-orders")
wanted = asked_for("order")
if wanted is None:
    page_header("Sales order", back=BACK)
    empty_state("receipt_long", "No order chosen", "Open one from the list of your sales orders.", BACK)
    st.stop()
sheet: OrderSheet = ask(orders.order_sheet, order_id=wanted)
if sheet.side != "seller":
    page_header("Sales order", back=BACK)
    empty_state(
        "swap_horiz", "You bought this order", "Find it among your purchases.", ("Purchases", "retailer-orders")
    )
    st.stop()
left_to_ship = {line.line_id: line.confirmed - line.shipped for line in sheet.lines}
missing = {
    line.line_id: sum(
        row.shipped - row.delivered
        for shipment in sheet.shipments
        for row in shipment.lines
        if row.line_id == line.line_id and row.delivered is not None
    )
    - line.lost
    for line in sheet.lines
}
can_ship = sheet.state in ("confirmed", "in_production", "ready") and any(left_to_ship.values())


@guarded_dialog("Accept in part", width="medium")
def accept_in_part() -> None:
    st.caption("Say what you can deliver. The rest is cut and its money goes back to the buyer at once.")
    with st.form(once("accept"), border=False):
        given = quantities(
            sheet.lines, {line.line_id: line.ordered for line in sheet.lines}, key="accept", word="ordered"
        )
        if st.form_submit_button("Accept these quantities", type="primary") and settle(
            orders.confirm_order, order_id=sheet.order_id, quantities_confirmed=given, done="Order accepted in part."
        ):
            st.rerun()


@guarded_dialog("Decline this order")
def decline() -> None:
    st.caption("The buyer gets all of the money for this order back. They read your reason.")
    with st.form(once("decline"), border=False):
        reason = st.text_area("Reason", max_chars=500, placeholder="For example: out of raw material until March")
        if st.form_submit_button("Decline the order", type="primary") and settle(
            orders.decline_order,
            order_id=sheet.order_id,
            reason=reason or "",
            done="Order declined; the buyer is refunded.",
        ):
            st.rerun()


@guarded_dialog("Withdraw from this order")
def withdraw() -> None:
    st.caption("The buyer gets all the money back and the goods are free again.")
    with st.form(once("withdraw"), border=False):
        reason = st.text_area("Reason, for the buyer", max_chars=500)
        if st.form_submit_button("Withdraw and refund", type="primary") and settle(
            orders.withdraw_order, order_id=sheet.order_id, reason=reason or "", done="Withdrawn and refunded.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Report progress")
def report() -> None:
    with st.form(once("report"), border=False):
        percent = st.slider(
            "Produced", sheet.produced_percent, 100, min(100, sheet.produced_percent + 10), format="%d %%"
        )
        note = st.text_input("Note for your own records", max_chars=500)
        st.caption("At 100 % the order is ready to ship. Progress cannot go back.")
        if st.form_submit_button("Report", type="primary") and settle(
            orders.report_production,
            order_id=sheet.order_id,
            percent=percent,
            note=note or "",
            done="Progress reported.",
        ):
            st.rerun()


@guarded_dialog("Ship goods", width="medium")
def ship() -> None:
    name = f"ship-{sheet.order_id}"
    with st.form(once(name), border=False):
        one, two = st.columns(2)
        wished = sheet.delivery_address.get("preferred_carrier")
        carrier = one.selectbox(
            "Carrier", list(Carrier), format_func=lambda value: CARRIERS.get(value, value),
            index=next((i for i, value in enumerate(Carrier) if value == wished), 0),
            help="The buyer asks for this carrier." if wished else None,
        )  # fmt: skip
        tracking = two.text_input("Tracking number", max_chars=80)
        st.caption("What is in this shipment? You can ship the rest later.")
        shipped = quantities(sheet.lines, left_to_ship, key=name, word="left to ship")
        serials = {
            line.variant_id: serials_of(
                st.text_area(
                    f"Serial numbers of {plain(line.name)}", height=68, key=f"{name}-numbers-{line.line_id}",
                    help="One for each unit in this shipment that has a number of its own, one a line.",
                )
            )
            for line in sheet.lines
            if line.has_serials and line.variant_id is not None and left_to_ship[line.line_id]
        }  # fmt: skip
        if st.form_submit_button("Ship", type="primary", icon=":material/local_shipping:") and settle(
            orders.ship_goods, request=name, order_id=sheet.order_id, carrier=carrier, tracking=tracking or "",
            shipped={line_id: units for line_id, units in shipped.items() if units},
            serials={variant_id: numbers for variant_id, numbers in serials.items() if numbers} or None,
            done="Shipment recorded.",
        ):  # fmt: skip
            st.rerun()


def answer() -> None:
    if st.button("Decline", key="decline"):
        decline()
    if st.button("Accept in part", key="accept-part"):
        accept_in_part()
    if st.button("Accept all", type="primary", icon=":material/check:", key="accept-all"):
        confirm(
            "Accept the whole order?",
            f"You promise to deliver all of it within {words.days(sheet.lead_time_days)}. "
            "Your commission rate is fixed for this order now.",
            "Accept all",
            lambda: settle(orders.confirm_order, order_id=sheet.order_id, done="Order accepted."),
        )


def produce() -> None:
    is_new = sheet.state == OrderState.CONFIRMED
    if is_new and st.button("Start production", icon=":material/factory:", key="start"):
        confirm(
            "Start production?", "From now on the buyer cannot cancel free of charge.", "Start production",
            lambda: settle(orders.start_production, order_id=sheet.order_id, done="Production started."),
        )  # fmt: skip
    if not is_new and st.button("Report progress", icon=":material/percent:", key="report"):
        report()


def close() -> None:
    units = sum(left_to_ship.values()) + sum(missing.values())
    if units and st.button("Refund what is missing", icon=":material/undo:", key="close-short"):
        confirm(
            "Refund what is missing?",
            f"{words.number(units)} units were not shipped or did not arrive. "
            "The buyer gets the money for them back and the order is closed without them.",
            "Refund and close",
            lambda: settle(orders.close_short, order_id=sheet.order_id, done="Refunded and closed."),
            is_grave=True,
        )


def actions() -> None:
    if sheet.state == OrderState.AWAITING_SELLER and actor.may(Permission.ANSWER_ORDERS):
        answer()
    if sheet.state in (OrderState.CONFIRMED, OrderState.IN_PRODUCTION) and actor.may(Permission.REPORT_PRODUCTION):
        produce()
    nothing_shipped = not any(line.shipped for line in sheet.lines)
    if sheet.state in BOUND and actor.may(Permission.ANSWER_ORDERS):
        if nothing_shipped and st.button("Cannot deliver", icon=":material/block:", key="withdraw"):
            withdraw()
        if not nothing_shipped:
            close()
    may_ship = can_ship and actor.may(Permission.SHIP_ORDERS)
    if may_ship and st.button("Ship goods", type="primary", icon=":material/local_shipping:", key="ship"):
        ship()


page_header(
    sheet.number,
    f"{sheet.buyer_name} · placed {words.instant(sheet.created_at)}",
    actions,
    state=words.stage(sheet.state, sheet.progress),
    back=BACK,
)
if sheet.state == OrderState.AWAITING_SELLER:
    st.info(
        "The buyer's money is held. Please accept or decline; unanswered orders are declined.", icon=":material/timer:"
    )
if sheet.is_late:
    st.warning(f"Promised for {words.day(sheet.promised_at)} and not shipped yet.", icon=":material/schedule:")
if any(missing.values()) and sheet.state == OrderState.READY:
    st.warning(
        f"{words.number(sum(missing.values()))} shipped units did not arrive. Please refund them; "
        "without an answer from you they are refunded.", icon=":material/package_2:",
    )  # fmt: skip
if sheet.state == OrderState.IN_PRODUCTION:
    st.progress(sheet.produced_percent, text=f"Produced: {sheet.produced_percent} %")

section("Lines")
order_lines("lines", sheet.lines, sheet.currency)
why_these_prices(sheet.lines, sheet.currency)
draw_promises(sheet.lines)
main, side = st.columns([1.7, 1], gap="medium")
with main:
    if sheet.shipments:
        section("Shipments")
        shipments(sheet)
    with st.container(border=True):
        section("What happened")
        story(sheet)
    if sheet.state == OrderState.COMPLETED:
        section("Feedback")
        mine = [review for review in sheet.reviews if review.author_id == who.org_id]
        for review in sheet.reviews:
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"{words.stars(review.stars)} :gray[{plain(review.author_name)}]")
                if review.comment:
                    st.text(review.comment)
                st.caption(
                    words.day(review.written_at) + ("" if review.published_at else " · shown once both have written")
                )
        if not mine and actor.may(Permission.WRITE_REVIEWS):
            name = f"review-{sheet.order_id}"
            with st.form(once(name)):
                st.markdown(f"How was it to trade with {plain(sheet.buyer_name)}?")
                stars = st.feedback("stars", key=f"stars-{once(name)}")
                comment = st.text_area("Comment (optional)", max_chars=1000)
                if st.form_submit_button("Leave feedback", type="primary"):
                    if stars is None:
                        st.error("Please choose one to five stars.")
                    elif settle(
                        orders.leave_feedback, request=name, order_id=sheet.order_id, stars=stars + 1,
                        comment=comment or "",
                        done="Thank you for your feedback.",
                    ):  # fmt: skip
                        st.rerun()
with side:
    with st.container(border=True):
        money_card(sheet)
    with st.container(border=True):
        section("Delivery")
        with st.container(horizontal=True):
            status(sheet.progress)
        facts = {"Deliver to": address(sheet), **delivery_preferences(sheet.delivery_address),
                 "Lead time": words.days(sheet.lead_time_days)}  # fmt: skip
        if sheet.promised_at:
            facts["Promised"] = words.day(sheet.promised_at)
        if sheet.buyer_note:
            facts["Note from the buyer"] = sheet.buyer_note
        facts_list(facts)
if sheet.postings:
    label = "Ledger lines behind the money"
    with st.expander(label, icon=":material/menu_book:", key="ledger-lines", on_change="rerun") as part:
        if part.open:
            postings_table("postings", sheet.postings)
