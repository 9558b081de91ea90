"""Purchases that wait for a colleague: who asked, what it would cost today, yes or no; and the company's rule."""

from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard
from app.parts import (
    Column,
    Sum,
    empty_state,
    facts_list,
    id_or_none,
    money_table,
    page_header,
    paged_table,
    plain,
    reset_page,
    section,
    status,
    table,
)
from app.parts.forms import guarded_dialog, once, settle
from app.parts.trade import what_stops
from domain import orders
from domain.identity import Permission
from domain.orders import RequestSheet, RequestState

NAME = "requests"
who, actor = guard()
may_decide, may_rule = actor.may(Permission.APPROVE_ORDERS), actor.may(Permission.SET_APPROVAL_RULES)


@guarded_dialog("Rule about approvals")
def change_rule() -> None:
    rule = ask(orders.approval_rule)
    with st.form(once("rule"), border=False):
        amount = st.number_input(
            f"Ask for approval above ({rule.currency})", min_value=0.0, step=100.0, placeholder="Personal limits only",
            value=None if rule.amount is None else float(rule.amount), format="%.2f",
        )  # fmt: skip
        st.caption("Holds for everybody but owners, beside the personal limits on the Team page.")
        own = st.toggle("Approvers may approve what they asked for themselves", value=rule.own_requests)
        sent = st.form_submit_button("Save", type="primary")
    if sent and settle(
        orders.set_approval_rule, done="The rule holds from now on.", currency=rule.currency, own_requests=own,
        amount=None if amount is None else Decimal(str(amount)),
    ):  # fmt: skip
        st.rerun()


@guarded_dialog("Do not approve")
def reject(request: RequestSheet) -> None:
    st.markdown(f"The basket goes back to {plain(request.asked_by)}, with your reason.")
    with st.form(once("reject"), border=False):
        reason = st.text_area("Why", max_chars=500, height=90)
        sent = st.form_submit_button("Do not approve", type="primary")
    if sent and settle(
        orders.reject_purchase, done=f"{request.asked_by} is told.", reason=reason or "",
        purchase_request_id=request.purchase_request_id,
    ):  # fmt: skip
        st.rerun()


def draw_request(request: RequestSheet) -> None:
    with st.container(border=True, key="request"):
        with st.container(horizontal=True, vertical_alignment="center"):
            section(f"{request.asked_by}: {words.money(request.total, request.currency)}")
            status(request.state)
        left, right = st.columns([1.8, 1], gap="medium")
        with left:
            draw_lines(request)
        with right:
            facts_list(
                {
                    "Deliver to": request.site_name,
                    "To be paid by": words.method(request.method),
                    "Asked": words.instant(request.asked_at),
                    **({"Ends": words.instant(request.expires_at)} if request.state == "waiting" else {}),
                    **({"Decided by": request.decided_by} if request.decided_by else {}),
                    **({"Reason": request.reason} if request.reason else {}),
                    **({"Note": request.note} if request.note else {}),
                }
            )
            draw_decision(request)


def draw_lines(request: RequestSheet) -> None:
    basket = request.basket
    if basket is None:
        st.caption("What was asked for: " + plain(", ".join(request.suppliers) or "nothing that is still for sale"))
        return
    last = request.last_times
    table(
        "request-lines",
        [line for group in basket.groups for line in group.lines],
        [
            Column("Product", lambda line: line.name),
            Column("Quantity", lambda line: words.number(line.quantity), "right"),
            Column("Unit price", lambda line: words.unit_price(line.unit_price, line.currency), "right"),
            Column("Last time", lambda line: last_time(request, line.offer_id), "right"),
            Column("Goods", lambda line: words.money(line.goods, line.currency), "right"),
        ],
        alt="What is to be bought",
    )  # fmt: skip
    if not last:
        st.caption("Your company has not bought any of these before.")
    if basket.currency is not None:
        money_table(
            [
                Sum("Goods", basket.goods),
                Sum("Tax", basket.tax),
                Sum("Shipping", basket.shipping),
                Sum("Today's total", basket.total, is_total=True),
            ],
            basket.currency,
        )
        if basket.total != request.total:
            was = words.money(request.total, request.currency)
            st.warning(f"It was {plain(was)} when it was asked for.", icon=":material/sync:")


def last_time(request: RequestSheet, offer_id: object) -> str:
    found = next((last for key, last in request.last_times.items() if key == offer_id), None)
    if found is None:
        return "–"
    return f"{words.number(found.quantity)} at {words.unit_price(found.unit_price, request.currency)}"


def draw_decision(request: RequestSheet) -> None:
    if request.purchase_id is not None and st.button("Open the purchase", icon=":material/receipt_long:"):
        go("retailer-orders", purchase=request.purchase_id)
    if request.state != RequestState.WAITING:
        return
    if request.is_mine:
        st.button(
            "Take it back", icon=":material/undo:", on_click=perform, args=(orders.withdraw_request,),
            kwargs={
                "purchase_request_id": request.purchase_request_id, "done": "The basket is yours again.",
            },
        )  # fmt: skip
    if not may_decide:
        st.caption("Your colleagues who may approve it have been told.")
        return
    problems = what_stops(request.basket) if request.basket and not request.basket.ready else []
    for sentence in [request.obstacle, *problems]:
        if sentence:
            st.warning(plain(sentence))
    if request.obstacle is None and request.basket is not None:
        with st.container(horizontal=True):
            st.button(
                "Approve and order", type="primary", icon=":material/check:", disabled=not request.basket.ready,
                on_click=perform, args=(orders.approve_purchase,),
                kwargs={
                    "purchase_request_id": request.purchase_request_id, "total": request.basket.total,
                    "request": f"approve-{request.purchase_request_id}", "done": "Approved and ordered.",
                },
            )  # fmt: skip
            if st.button("Do not approve"):
                reject(request)


def draw_rule_button() -> None:
    if may_rule and st.button("Rule about approvals", icon=":material/rule:"):
        change_rule()


page_header("Approvals", "Purchases that a colleague has to agree to", actions=draw_rule_button)
request_id = id_or_none("request")
if request_id is not None:
    draw_request(ask(orders.request_sheet, purchase_request_id=request_id))
only = st.segmented_control(
    "State", ["Waiting", "All"], default="Waiting", required=True, key="requests-state", bind="query-params",
    on_change=reset_page(NAME), label_visibility="collapsed",
)  # fmt: skip
paged_table(
    NAME,
    lambda page, size: ask(
        orders.purchase_requests, state=RequestState.WAITING if only == "Waiting" else None, page=page, size=size
    ),
    [
        Column("Asked by", lambda row: row.asked_by, "open"),
        Column("Total", lambda row: words.money(row.total, row.currency), "right"),
        Column("Suppliers", lambda row: ", ".join(row.suppliers)),
        Column("Deliver to", lambda row: row.site_name),
        Column("State", lambda row: row.state, "state"),
        Column("Asked", lambda row: words.instant(row.asked_at)),
    ],
    on_open=lambda row: go("retailer-approvals", request=row.purchase_request_id),
    empty=lambda: empty_state(
        "approval", "Nothing waits for an approval",
        "A purchase above somebody's limit appears here, for a colleague to approve.",
        ("Find products", "retailer-products"),
    ),
    alt="Requests for approval",
)  # fmt: skip
