"""Checkout: where to, how paid, what it costs; one button places one order per supplier."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard
from app.parts import Sum, empty_state, money_table, page_header, plain, section
from app.parts.prices import saved_on, why_this_price
from app.parts.trade import delivery_preferences, what_stops
from domain import identity, orders, payments
from domain.identity import Permission
from domain.payments import Method

who, actor = guard()
basket = ask(orders.my_basket)
page_header("Checkout", back=("Basket", "retailer-basket"))
if not basket.groups or basket.currency is None or not basket.ready or basket.prices_changed:
    is_empty = not basket.groups
    empty_state(
        "shopping_cart", "Your basket is empty" if is_empty else "Your basket is not ready",
        "Put products into it first." if is_empty else " ".join(what_stops(basket)),
        ("Find products", "retailer-products") if is_empty else ("Go to basket", "retailer-basket"),
    )  # fmt: skip
    st.stop()
places = {place.site_id: place for place in ask(identity.my_sites)}
if not places:
    empty_state(
        "location_on", "Where should it go?", "Add a place of your organisation to have goods delivered there.",
        ("Add a place", "account-places"),
    )  # fmt: skip
    st.stop()
may_pay = actor.may(Permission.PAY)
wallet = ask(payments.my_wallet, currency=basket.currency) if may_pay else None

main, side = st.columns([1.8, 1], gap="medium")
with main:
    with st.container(border=True):
        section("Delivery")
        site_id = st.selectbox(
            "Deliver to", list(places),
            format_func=lambda key: words.address(places[key].model_dump()),
        )  # fmt: skip
        wishes = delivery_preferences(places[site_id].model_dump())
        if wishes:
            st.caption(plain(" · ".join(f"{name}: {value}" for name, value in wishes.items())))
        note = st.text_area(
            "Note to the suppliers", max_chars=1000, placeholder="Optional: delivery hours, contact", height=80
        )
    with st.container(border=True):
        section("Payment")
        methods = [Method.WALLET, Method.BANK_TRANSFER] if wallet else [Method.BANK_TRANSFER]
        covers = wallet is not None and wallet.balance >= basket.total
        captions = {
            Method.WALLET: f"Balance {words.money(wallet.balance, wallet.currency)}; the orders start at once"
            if wallet
            else "",
            Method.BANK_TRANSFER: "The goods are reserved while your transfer is on its way",
        }
        method = st.radio(
            "How do you want to pay?", methods, index=0 if covers or len(methods) == 1 else 1, format_func=words.method,
            captions=[captions[each] for each in methods], label_visibility="collapsed",
        )  # fmt: skip
        is_short = method is Method.WALLET and not covers
        if is_short and wallet:
            missing = words.money(basket.total - wallet.balance, basket.currency)
            st.warning(f"Your wallet is short of {plain(missing)}. Top it up or pay by bank transfer.")
    with st.container(border=True):
        section("Your order")
        for group in basket.groups:
            st.markdown(f"**{plain(group.seller_name)}**")
            for line in group.lines:
                with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
                    st.markdown(f":gray[{words.number(line.quantity)} ×] {plain(line.name)}", width="content")
                    st.markdown(plain(words.money(line.goods, line.currency)), width="content")
                if line.list_price > line.unit_price:
                    why_this_price(line.price_trace, line.currency, key=f"why-{line.offer_id}")
            money_table(
                [
                    Sum("Tax", group.tax),
                    Sum("Shipping", group.shipping),
                    Sum(f"Total of {group.seller_name}", group.total, is_total=True),
                ],
                group.currency,
            )
with side, st.container(border=True):
    section("Total")
    saved = saved_on(basket)
    money_table(
        [
            *([Sum("At list prices", basket.goods + saved), Sum("Discounts", -saved)] if saved else []),
            Sum("Goods", basket.goods),
            Sum("Tax", basket.tax),
            Sum("Shipping", basket.shipping),
            Sum("To pay", basket.total, is_total=True),
        ],
        basket.currency,
    )
    why_not = ask(orders.approval_needed, site_id=site_id, total=basket.total, currency=basket.currency)
    if why_not:
        st.info(plain(why_not), icon=":material/approval:")
        if st.button("Ask for approval", type="primary", width="stretch", icon=":material/approval:"):
            perform(
                orders.ask_approval, request=f"ask-{basket.basket_id}", done="Your colleagues are asked.",
                then=lambda asked_id: st.session_state.update({"asked": asked_id}),
                site_id=site_id, method=method, basket_id=basket.basket_id, note=note or "",
            )  # fmt: skip
            asked = st.session_state.pop("asked", None)
            if asked is not None:
                go("retailer-approvals", request=asked)
    elif st.button("Place order", type="primary", width="stretch", icon=":material/check:", disabled=is_short):
        perform(
            orders.place_order, request=f"place-{basket.basket_id}", done="Your order is placed.",
            then=lambda purchase_id: st.session_state.update({"placed": purchase_id}),
            site_id=site_id, method=method, basket_id=basket.basket_id, note=note or "",
        )  # fmt: skip
        placed = st.session_state.pop("placed", None)
        if placed is not None:
            go("retailer-orders", purchase=placed)
    makes = words.count(len(basket.groups), "order")
    st.caption(
        f"Makes {makes}, one per supplier. :material/lock: Your money is held in escrow until you accept the goods."
    )
