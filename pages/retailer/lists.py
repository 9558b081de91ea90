"""Saved baskets: what is on them, what has changed since, and into the basket again."""

from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard, page_of
from app.parts import confirm, empty_state, id_or_none, page_header, plain, section
from app.parts.forms import once, settle
from app.parts.pictures import show, thumbnails
from app.parts.tables import line_columns
from domain import orders
from domain.orders import ListLine, ListSheet, LoadedList

guard()
BACK = ("Lists", "retailer-lists")
LEFT_OUT = "list-left-out"


def note_left_out(loaded: LoadedList) -> None:
    st.session_state[LEFT_OUT] = [(one.name, one.reason) for one in loaded.left_out]


def draw_left_out() -> None:
    for name, reason in st.session_state.pop(LEFT_OUT, []):
        st.warning(plain(f"{name} was left out: {reason}"))


def draw_lists() -> None:
    page_header("Lists", "Baskets that you order again and again", back=("Basket", "retailer-basket"))
    basket = ask(orders.my_basket)
    lines = sum(len(group.lines) for group in basket.groups)
    if lines:
        with st.container(border=True), st.form(once("save-list"), border=False):
            section("Keep what is in your basket")
            with st.container(horizontal=True, vertical_alignment="bottom"):
                name = st.text_input("Name", max_chars=80, placeholder="Monday order", width=280)
                is_shared = st.checkbox("Share with colleagues")
                if st.form_submit_button(f"Save {words.count(lines, 'line')}", type="primary") and settle(
                    orders.save_basket_as_list, request="save-list", name=name or "", is_shared=bool(is_shared),
                    done="Saved. Your basket stays as it is.",
                ):  # fmt: skip
                    st.rerun()
    found = ask(orders.my_lists)
    if not found:
        empty_state(
            "playlist_add", "No lists yet",
            "Fill your basket and save it here under a name; it stays, whatever happens to the basket.",
            ("Find products", "retailer-products"),
        )  # fmt: skip
        return
    with st.grid(2, min_column_width=320, gap="small"):
        for row in found:
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.page_link(
                    page_of("retailer-lists"), label=f"**{plain(row.name)}**", icon=":material/list_alt:",
                    query_params={"list": str(row.list_id)},
                )  # fmt: skip
                whose = "" if row.is_mine else f" · of {row.owner_name}"
                shared = " · shared" if row.is_shared and row.is_mine else ""
                st.caption(
                    plain(f"{words.count(row.lines, 'line')}{whose}{shared} · changed {words.day(row.changed_at)}")
                )
                st.button(
                    "Into the basket", icon=":material/add_shopping_cart:", key=f"load-{row.list_id}",
                    on_click=perform, args=(orders.load_list,),
                    kwargs={"list_id": row.list_id, "then": note_left_out, "done": f"{row.name} is in your basket."},
                )  # fmt: skip


def draw_list(sheet: ListSheet) -> None:
    def actions() -> None:
        st.button(
            "Into the basket", type="primary", icon=":material/add_shopping_cart:", on_click=perform,
            args=(orders.load_list,),
            kwargs={"list_id": sheet.list_id, "then": note_left_out, "done": f"{sheet.name} is in your basket."},
            disabled=not any(line.is_for_sale for line in sheet.lines),
        )  # fmt: skip

    whose = "Shared with your colleagues" if sheet.is_shared else "Only you see it"
    page_header(sheet.name, whose if sheet.is_mine else f"Shared by {sheet.owner_name}", actions, back=BACK)
    draw_left_out()
    drifted = [line for line in sheet.lines if line.drift]
    gone = [line for line in sheet.lines if not line.is_for_sale]
    if drifted or gone:
        with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            parts = [f"{words.count(len(drifted), 'price')} changed since it was saved"] if drifted else []
            parts += [f"{words.count(len(gone), 'line')} cannot be had"] if gone else []
            st.markdown(f":orange[:material/sync:] **{plain(', '.join(parts))}**", width="content")
            if drifted and sheet.is_mine:
                st.button(
                    "I have seen the new prices", on_click=perform, args=(orders.renew_list_prices,),
                    kwargs={"list_id": sheet.list_id, "done": "Today's prices are noted."},
                )  # fmt: skip
    small = thumbnails(line.picture_file_id for line in sheet.lines)
    with st.container(border=True):
        for line in sheet.lines:
            draw_line(sheet, line, small)
        by_currency: dict[str, list[ListLine]] = {}
        for line in sheet.lines:
            if line.goods is not None:
                by_currency.setdefault(line.currency, []).append(line)
        for currency, lines in by_currency.items():
            total = sum((line.goods for line in lines if line.goods is not None), start=lines[0].seen_unit_price * 0)
            st.markdown(f"Goods at today's prices: **{plain(words.money(total, currency))}**", text_alignment="right")
    if sheet.is_mine:
        draw_settings(sheet)


def draw_line(sheet: ListSheet, line: ListLine, small: Mapping[UUID, bytes]) -> None:
    name, amount, money, remove = line_columns([3, 1.3, 1.4, 0.4])
    with name, st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
        if line.picture_file_id is not None and line.picture_file_id in small:
            show(small[line.picture_file_id], alt="", width=48)
        with st.container(gap="xxsmall"):
            if line.product_id is not None and line.is_for_sale:
                st.page_link(
                    page_of("retailer-product"), label=f"**{plain(line.name)}**",
                    query_params={"product": str(line.product_id)},
                )  # fmt: skip
            else:
                st.markdown(f":gray[**{plain(line.name)}**]")
            st.caption(plain(f"{line.seller_name} · {line.sku}"))
            if line.drift:
                up = line.drift > 0
                was = words.unit_price(line.seen_unit_price, line.currency)
                now = words.unit_price(line.unit_price, line.currency)
                icon, colour = ("trending_up", "orange") if up else ("trending_down", "green")
                st.markdown(f":{colour}-badge[:material/{icon}: {plain(f'{was} → {now} each')}]")
            if line.reason:
                st.markdown(f":{'orange' if line.is_for_sale else 'red'}-badge[:material/error: {plain(line.reason)}]")
    if sheet.is_mine:
        key = f"list-quantity-{line.offer_id}"

        def change() -> None:
            perform(
                orders.set_list_quantity, list_id=sheet.list_id, offer_id=line.offer_id,
                quantity=int(st.session_state[key] or 1),
            )  # fmt: skip

        amount.number_input(
            f"Quantity of {line.name}", min_value=1, value=line.quantity, key=key, label_visibility="collapsed",
            on_change=change,
        )  # fmt: skip
        remove.button(
            "", icon=":material/delete:", key=f"list-remove-{line.offer_id}", help=f"Take {plain(line.name)} off",
            type="tertiary", on_click=perform, args=(orders.set_list_quantity,),
            kwargs={"list_id": sheet.list_id, "offer_id": line.offer_id, "quantity": 0, "done": "Taken off the list."},
        )  # fmt: skip
    else:
        amount.markdown(plain(words.number(line.quantity)), text_alignment="right")
    goods = words.money(line.goods, line.currency) if line.goods is not None else "–"
    money.markdown(f"**{plain(goods)}**", text_alignment="right")


def draw_settings(sheet: ListSheet) -> None:
    with st.expander("Name, sharing, deleting"):
        with st.form(f"list-{sheet.list_id}-{sheet.changed_at}", border=False):
            name = st.text_input("Name", sheet.name, max_chars=80, width=320)
            is_shared = st.checkbox("Share with colleagues", sheet.is_shared)
            if st.form_submit_button("Save") and settle(
                orders.change_list, list_id=sheet.list_id, name=name or "", is_shared=bool(is_shared), done="Saved."
            ):
                st.rerun()
        if st.button("Delete this list", icon=":material/delete:", key="forget-list"):

            def forget() -> None:
                if settle(orders.forget_list, list_id=sheet.list_id, done="The list is deleted."):
                    go("retailer-lists")

            confirm("Delete this list?", f"{sheet.name} goes for good; your basket stays.", "Delete", forget)


asked = id_or_none("list")
if asked is None:
    draw_left_out()
    draw_lists()
else:
    draw_list(ask(orders.list_sheet, list_id=asked))
