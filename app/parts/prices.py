"""Prices on screens: why a price is what it is, the next break, ladders to read and to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.parts.text import plain
from domain.kernel.money import rounded
from domain.orders import BasketSheet

Ladder = list[tuple[int, Decimal]]


def reasons(trace: Sequence[Mapping[str, Any]], currency: str) -> list[tuple[str, str, str]]:
    """The steps of a price: what it was, what it changed in the line, and what one unit costs after it."""
    said = []
    for step in trace:
        price = words.unit_price(Decimal(str(step["unit_price"])), currency)
        amount = Decimal(str(step["amount"])) if "amount" in step else None
        change = "" if not amount else ("−" if amount < 0 else "+") + words.money(abs(amount), currency)
        said.append((_name_of(step, currency), change, price))
    return said


def _name_of(step: Mapping[str, Any], currency: str) -> str:
    title, by = str(step.get("title", "")), str(step.get("by", ""))
    taken = {"percent": f" (−{by} %)", "amount": f" (−{words.unit_price(Decimal(by or 0), currency)} each)"}
    off = taken.get(str(step.get("kind")), "") if by else ""
    names = {
        "list": f"List price from {words.number(int(step.get('from_quantity', 1)))} on",
        "tier": f"Quantity: list price from {words.number(int(step.get('from_quantity', 1)))} on",
        "contract": "Your contract",
        "customer": f"{title}{off}",
        "promotion": f"Promotion: {title}{off}",
        "floor": "Lowest price of the supplier",
    }
    return names.get(str(step["step"]), words.sentence_case(str(step["step"])))


def draw_reasons(trace: Sequence[Mapping[str, Any]], currency: str) -> None:
    """The steps below one another: name, change of the line, price of one."""
    with st.container(gap="xsmall"):
        for name, change, price in reasons(trace, currency):
            with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
                st.markdown(f":small[{plain(name)}]", width="content")
                changed = f":gray[{plain(change)}] · " if change else ""
                st.markdown(f":small[{changed}**{plain(price)}**]", width="content", text_alignment="right")


def why_this_price(trace: Sequence[Mapping[str, Any]], currency: str, *, key: str) -> None:
    """A small button that opens the reasons of a price."""
    if trace:
        with st.popover("Why this price", icon=":material/help:", type="tertiary", key=key, on_change="rerun") as box:
            if box.open:
                draw_reasons(trace, currency)


def why_these_prices(lines: Sequence[Any], currency: str) -> None:
    """The reasons of every line of an order, folded; nothing where prices are not shown."""
    told = [line for line in lines if line.price_trace]
    if not told:
        return
    lowered = sum(1 for line in told if any(step["step"] not in ("list", "tier") for step in line.price_trace))
    more = f" · {words.count(lowered, 'line')} below the list price" if lowered else ""
    label = f"Why these prices{more}"
    with st.expander(label, icon=":material/help:", key="why-these-prices", on_change="rerun") as part:
        for line in told if part.open else []:
            st.markdown(f"**{plain(line.name)}** :gray[· {words.number(line.ordered)} ×]")
            draw_reasons(line.price_trace, currency)


def ladder_words(quantities: Sequence[int], prices: Sequence[Decimal], currency: str) -> str:
    """A ladder on one line: "€10.00 · from 50 €9.00 · from 200 €8.00"."""
    parts = [
        words.unit_price(price, currency)
        if place == 0 and quantity == 1
        else f"from {words.number(quantity)} {words.unit_price(price, currency)}"
        for place, (quantity, price) in enumerate(zip(quantities, prices, strict=True))
    ]
    return " · ".join(parts) or "–"


def ladder_editor(key: str, rows: Ladder, currency: str, *, alt: str) -> list[dict[str, Any]]:
    """A ladder as a table to write in; empty lines do not count."""
    decimals = max([2, *(-int(Decimal(price).normalize().as_tuple().exponent) for _, price in rows)])
    edited: Any = st.data_editor(
        {"from": [quantity for quantity, _ in rows], "price": [float(price) for _, price in rows]},
        column_config={
            "from": st.column_config.NumberColumn("From quantity", min_value=1, step=1, required=True),
            "price": st.column_config.NumberColumn(
                f"Unit price in {currency}", min_value=0.000001, step=0.000001, format=f"%.{decimals}f", required=True
            ),
        },
        num_rows="dynamic", hide_index=True, key=key, alt=alt,
    )  # fmt: skip
    quantities, amounts = list(edited["from"]), list(edited["price"])
    return [
        {"from": quantity, "price": price}
        for quantity, price in zip(quantities, amounts, strict=True)
        if quantity is not None or price is not None
    ]


def checked_ladder(rows: Sequence[Mapping[str, Any]]) -> Ladder | None:
    """What was written, as numbers; None after saying which line is none. What a ladder may be the domain says."""
    found: Ladder = []
    for number, row in enumerate(rows, 1):
        quantity, price = row["from"], row["price"]
        if quantity is None or quantity != quantity or quantity < 1 or int(quantity) != quantity:
            st.error(f"Line {number}: the quantity must be a whole number, 1 or more.")
            return None
        if price is None or price != price or price <= 0:
            st.error(f"Line {number}: the price must be above 0.")
            return None
        found.append((int(quantity), Decimal(f"{price:.6f}").normalize()))
    return sorted(found)


def amount_of(text: str | None, what: str) -> Decimal | None:
    """An amount as people type it; None after saying that it is none."""
    try:
        value = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        st.error(f"{what} is not a number. Write for example 12.50")
        return None
    return value


def midnight(day: date, time_zone: str) -> datetime:
    """When a day begins where the organisation is."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def saved_on(basket: BasketSheet) -> Decimal:
    """What rules and promotions take off a basket, beside its list prices."""
    lines = [line for group in basket.groups for line in group.lines]
    return sum((rounded(line.list_price * line.quantity, line.currency) - line.goods for line in lines), Decimal(0))
