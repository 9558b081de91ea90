"""A grid to order many variants from: rows and columns are options, a cell is a quantity, one press adds them all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.parts.text import plain
from domain import orders, pricing
from domain.discovery import OfferCard

MOST_CELLS = 120
_KEY = "matrix-"


def grid_of(offers: Sequence[OfferCard], option_names: Sequence[str]) -> dict[str, list[OfferCard]]:
    """The offers of one seller in rows: by the first option when there are two or more, else in one row."""
    names = [name for name in option_names if all(name in offer.options for offer in offers)]
    names = names or sorted({name for offer in offers for name in offer.options})
    rows: dict[str, list[OfferCard]] = {}
    for offer in sorted(offers, key=lambda one: [in_order(str(one.options.get(name, ""))) for name in names]):
        row = f"{names[0]} {offer.options.get(names[0], '')}".strip() if len(names) > 1 else ""
        rows.setdefault(row, []).append(offer)
    return rows


_SIZES = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl")


def in_order(value: str) -> tuple[int, float, str]:
    """Sizes as people order them, numbers by what they count, words by the alphabet."""
    word = value.strip().lower()
    if word in _SIZES:
        return 0, _SIZES.index(word), word
    number = re.match(r"\d+(?:[.,]\d+)?", word)
    return (0, float(number[0].replace(",", ".")), word) if number else (1, 0, word)


def cell_name(offer: OfferCard, option_names: Sequence[str]) -> str:
    """What a cell is called beside its row."""
    others = [str(offer.options[name]) for name in option_names[1:] if name in offer.options]
    return ", ".join(others) or offer.variant_name


def _add(offers: Mapping[UUID, str], name: str) -> None:
    """As a callback: what stands in the cells at this moment, also in the one that was just typed into."""
    quantities = {}
    for offer_id, key in offers.items():
        count = int(st.session_state.get(key) or 0)
        if count > 0:
            quantities[offer_id] = count

    def clear(_: Any) -> None:
        for key in offers.values():
            st.session_state[key] = 0

    perform(
        orders.add_many_to_basket, quantities=quantities, then=clear,
        done=f"{words.count(len(quantities), 'variant')} of {name} are in your basket.",
    )  # fmt: skip


def order_matrix(name: str, unit: str, offers: Sequence[OfferCard], option_names: Sequence[str], *, may: bool) -> None:
    """The grid of one seller's variants, with what each costs at its quantity and what is told of its stock."""
    shown = list(offers)[:MOST_CELLS]
    keys = {offer.offer_id: f"{_KEY}{offer.offer_id}" for offer in shown}
    counts = {offer.offer_id: int(st.session_state.get(keys[offer.offer_id]) or 0) for offer in shown}
    prices = ask(
        pricing.resolve,
        quantities={offer.offer_id: counts[offer.offer_id] or offer.minimum_quantity for offer in shown},
    )
    too_few = []
    for row, cells in grid_of(shown, option_names).items():
        if row:
            st.markdown(f"**{plain(row)}**")
        with st.grid(4, min_column_width=112, gap="small"):
            for offer in cells:
                with st.container(gap="xxsmall"):
                    count = st.number_input(
                        plain(cell_name(offer, option_names)), min_value=0, step=offer.order_increment, value=0,
                        key=keys[offer.offer_id],
                    )  # fmt: skip
                    price = prices.get(offer.offer_id)
                    each = words.unit_price(price.unit_price, price.currency) if price else "–"
                    told = words.stock(offer.stock, offer.available)
                    colour = words.stock_colour(offer.stock)
                    stock = f" · :{colour}[{plain(told)}]" if told else ""
                    st.markdown(f":small[**{plain(each)}**{stock}]")
                if count and (count < offer.minimum_quantity or count % offer.order_increment):
                    too_few.append(offer)
    if len(offers) > len(shown):
        of = f"{words.number(len(shown))} of {words.number(len(offers))}"
        st.caption(f"These are {of} variants; choose the others one by one beside, or by a quick order.")
    _total(name, unit, shown, keys, counts, prices, too_few, option_names, may=may)


def _total(
    name: str,
    unit: str,
    offers: Sequence[OfferCard],
    keys: Mapping[UUID, str],
    counts: Mapping[UUID, int],
    prices: Mapping[UUID, pricing.Price],
    wrong: Sequence[OfferCard],
    option_names: Sequence[str],
    *,
    may: bool,
) -> None:
    chosen = [offer for offer in offers if counts[offer.offer_id] and offer.offer_id in prices]
    pieces = sum(counts[offer.offer_id] for offer in chosen)
    goods = sum((prices[offer.offer_id].unit_price * counts[offer.offer_id] for offer in chosen), Decimal(0))
    for offer in wrong[:3]:
        rule = f"from {words.number(offer.minimum_quantity)} on"
        if offer.order_increment > 1:
            rule += f", in steps of {words.number(offer.order_increment)}"
        row = next((label for label, cells in grid_of(offers, option_names).items() if offer in cells), "")
        st.warning(plain(f"{row} {cell_name(offer, option_names)}".strip() + f" is sold {rule}."))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if chosen:
            currency = chosen[0].currency
            st.markdown(
                f"**{words.count(len(chosen), 'variant')}**, {plain(words.quantity(pieces, unit))}: "
                f"**{plain(words.money(goods, currency))}** :gray[plus tax]", width="content",
            )  # fmt: skip
        else:
            st.caption("Type how many you want of each; all of them go into the basket at once.", width="content")
        st.button(
            "Add all to basket", type="primary", icon=":material/add_shopping_cart:", key="matrix-add",
            on_click=partial(_add, keys, name), disabled=not may,
        )  # fmt: skip
