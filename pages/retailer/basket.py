"""My basket: one group per supplier, what is missing to its minimum, and on to checkout."""

from decimal import Decimal
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard, page_of
from app.parts import Sum, empty_state, money_table, page_header, plain
from app.parts.pictures import show, thumbnails
from app.parts.prices import saved_on, why_this_price
from app.parts.tables import line_columns
from app.parts.trade import what_stops
from domain import orders
from domain.kernel.money import rounded
from domain.orders import BasketGroup, BasketRow

guard()
basket = ask(orders.my_basket)
lines = sum(len(group.lines) for group in basket.groups)
small = thumbnails(line.picture_file_id for group in basket.groups for line in group.lines)


def set_quantity(offer_id: UUID, key: str) -> None:
    perform(orders.set_basket_quantity, offer_id=offer_id, quantity=int(st.session_state[key] or 1))


def draw_product(line: BasketRow) -> None:
    with st.container(gap="xsmall"):
        st.page_link(
            page_of("retailer-product"), label=f"**{plain(line.name)}**", query_params={"product": str(line.product_id)}
        )
        was = ""
        if line.list_price > line.unit_price:
            was = f" ~~{plain(words.unit_price(line.list_price, line.currency))}~~"
        st.caption(
            f"{plain(line.sku)} ·{was} {plain(words.unit_price(line.unit_price, line.currency))} each · "
            f"{words.lead_time(line.lead_time_days)}"
        )
        draw_hint(line)
        if line.unit_price != line.seen_unit_price:
            was = plain(words.unit_price(line.seen_unit_price, line.currency))
            st.markdown(f":orange-badge[:material/sync: Price changed, it was {was}]")
        if line.problem:
            st.markdown(f":red-badge[:material/error: {plain(line.problem)}]")


def draw_hint(line: BasketRow) -> None:
    """The reasons of the price, and what the next break saves."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        why_this_price(line.price_trace, line.currency, key=f"why-{line.offer_id}")
        if line.next_quantity is not None and line.next_unit_price is not None:
            more = words.number(line.next_quantity - line.quantity)
            saved = rounded((line.unit_price - line.next_unit_price) * line.next_quantity, line.currency)
            worth = plain(words.money(saved, line.currency))
            st.markdown(
                f":green[:small[:material/trending_down: Add {more} and save {worth}]]",
                width="content", help="How much less the whole line then costs than at the price of now.",
            )  # fmt: skip


def draw_line(line: BasketRow) -> None:
    name, amount, money, remove = line_columns([4.2, 1.4, 1.2, 0.4])
    with name, st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        if line.picture_file_id in small:
            show(small[line.picture_file_id], alt="", width=56)
        draw_product(line)
    key = f"quantity-{line.offer_id}"
    amount.number_input(
        f"Quantity of {line.name}", min_value=1, value=line.quantity, step=line.order_increment, key=key,
        label_visibility="collapsed", on_change=set_quantity, args=(line.offer_id, key),
    )  # fmt: skip
    money.markdown(f"**{plain(words.money(line.goods, line.currency))}**", text_alignment="right")
    remove.button(
        "", icon=":material/delete:", key=f"remove-{line.offer_id}", help=f"Take {plain(line.name)} out",
        type="tertiary", on_click=perform, args=(orders.remove_from_basket,),
        kwargs={"offer_id": line.offer_id, "done": f"{line.name} is out of your basket."},
    )  # fmt: skip


def draw_meter(group: BasketGroup) -> None:
    """How far the group is from the supplier's minimum, or from free shipping."""
    if group.missing_to_minimum:
        share = group.goods / group.order_minimum
        missing = words.money(group.missing_to_minimum, group.currency)
        st.progress(
            float(min(share, Decimal(1))),
            f"Add {plain(missing)} to reach the minimum of {plain(words.money(group.order_minimum, group.currency))}",
        )
    elif group.shipping and group.free_shipping_from:
        share = group.goods / group.free_shipping_from
        missing = words.money(group.free_shipping_from - group.goods, group.currency)
        st.progress(float(min(share, Decimal(1))), f"{plain(missing)} to free shipping")
    elif group.order_minimum and not group.mixes:
        minimum = plain(words.money(group.order_minimum, group.currency))
        st.caption(f":green[:material/check_circle:] Above the order minimum of {minimum}")


def draw_mixes(group: BasketGroup) -> None:
    """How far each product is from its minimum, all its variants together."""
    for mix in group.mixes:
        if mix.missing:
            value = words.money(mix.missing_value, group.currency)
            st.progress(
                mix.quantity / mix.minimum_quantity,
                f"{plain(mix.product_name)}: {words.number(mix.missing)} more of any variant, about {plain(value)}, to "
                f"reach the smallest order of {words.number(mix.minimum_quantity)}",
            )
        else:
            least = words.number(mix.minimum_quantity)
            st.caption(
                f":green[:material/check_circle:] {plain(mix.product_name)}: above the smallest order of {least}"
            )


def draw_group(group: BasketGroup) -> None:
    with st.container(border=True, key=f"group-{group.seller_id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.page_link(
                page_of("retailer-supplier"), label=f"**{plain(group.seller_name)}**", icon=":material/storefront:",
                query_params={"org": str(group.seller_id)},
            )  # fmt: skip
            total = plain(words.money(group.goods, group.currency))
            st.markdown(f":gray[{words.count(len(group.lines), 'product')} ·] **{total}**", width="content")
        draw_meter(group)
        draw_mixes(group)
        for line in group.lines:
            draw_line(line)


def actions() -> None:
    if st.button("Quick order", icon=":material/playlist_add_check:"):
        go("retailer-quick-order")
    if st.button("Lists", icon=":material/list_alt:", help="Keep this basket, or take one that you kept"):
        go("retailer-lists")


page_header(
    "Basket", f"{words.count(lines, 'product')} from {words.count(len(basket.groups), 'supplier')}" if lines else None,
    actions,
)  # fmt: skip
if basket.gone:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            f":orange[:material/remove_shopping_cart:] **{words.count(basket.gone, 'line')}** of your basket can no "
            "longer be bought.", width="content",
        )  # fmt: skip
        st.button(
            "Take it out" if basket.gone == 1 else "Take them out", key="take-out-gone", on_click=perform,
            args=(orders.take_out_gone,), kwargs={"done": "Your basket holds only what can be bought."},
        )  # fmt: skip
if not basket.groups:
    empty_state(
        "shopping_cart", "Your basket is empty",
        "Products from several suppliers fit into one basket and one checkout.",
        ("Find products", "retailer-products"),
    )  # fmt: skip
    st.stop()
if basket.prices_changed:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            f":orange[:material/sync:] **{words.count(basket.prices_changed, 'price')} changed** since you filled the "
            "basket. Look at the new prices and confirm them to go on.", width="content",
        )  # fmt: skip
        st.button(
            "Confirm new prices", on_click=perform, args=(orders.confirm_basket_prices,),
            kwargs={"done": "The new prices are confirmed."},
        )  # fmt: skip
main, side = st.columns([2.2, 1], gap="medium")
with main:
    for group in basket.groups:
        draw_group(group)
with side, st.container(border=True):
    st.subheader("Summary", anchor=False)
    saved = saved_on(basket)
    if basket.currency is None:
        st.warning("The basket holds several currencies. Please check out one currency at a time.")
    else:
        money_table(
            [
                *([Sum("At list prices", basket.goods + saved), Sum("Discounts", -saved)] if saved else []),
                Sum("Goods", basket.goods),
                Sum("Tax", basket.tax),
                Sum("Shipping", basket.shipping),
                Sum("Total", basket.total, is_total=True),
            ],
            basket.currency,
        )
    is_ready = basket.ready and not basket.prices_changed
    if st.button(
        "Go to checkout", type="primary", width="stretch", icon=":material/arrow_forward:", disabled=not is_ready
    ):
        go("retailer-checkout")
    if not is_ready:
        st.caption(plain("To solve first: " + " ".join(what_stops(basket))))
    st.caption(":material/lock: Your money is held in escrow until you accept the goods.")
