"""A file of past sales on a screen: how it is written, which column is what, and what its words mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

import streamlit as st

from app.parts.text import plain
from domain import orders
from domain.orders import Guess, Layout

FIELDS = {
    "order_id": "Order number",
    "ordered_at": "Order date",
    "customer": "Customer",
    "customer_id": "Customer number",
    "country": "Customer's country",
    "sku": "SKU",
    "product": "Product name",
    "quantity": "Quantity",
    "unit_price": "Unit price",
    "line_discount": "Discount, amount of the line",
    "discount_percent": "Discount, percent",
    "currency": "Currency",
    "status": "State of the order",
    "delivered_at": "Delivered on",
    "promised_at": "Promised on",
    "shipped_at": "Shipped on",
    "category": "Category",
    "unit": "Unit",
}
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows (Western Europe)", "utf-16": "UTF-16"}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
DECIMALS = {".": "Point: 1,234.50", ",": "Comma: 1.234,50"}
DAY_ORDERS = {"ymd": "Year first: 2025-12-31", "dmy": "Day first: 31/12/2025", "mdy": "Month first: 12/31/2025"}
STATES = {
    "completed": "Completed", "open": "Still open", "cancelled": "Cancelled", "returned": "Returned (credit note)",
}  # fmt: skip
CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY", "PLN", "SEK", "DKK", "CZK", "CAD", "AUD"]
NEEDED = ("order_id", "ordered_at", "quantity", "unit_price")


def ask_layout(file: BinaryIO, *, key: str, name: str, currency: str) -> Layout | None:
    """Ask how a file is to be read, beginning with the best guess; None while something is open."""
    how = st.container(border=True, key="file-form")
    guess = _ask_cut(how, file, key, name, currency)
    if len(guess.header) < 2:
        st.warning("No columns were found. Choose another separator, or save the file as CSV.", icon=":material/error:")
        return None
    with st.container(border=True, key="file-columns"):
        st.markdown("**Which column is what**")
        st.caption("We have guessed from the header. An order needs its number, date, customer, product and price.")
        columns = _ask_columns(guess, key)
    guess = orders.guess_layout(
        file, name=name, currency=currency, encoding=guess.layout.encoding, delimiter=guess.layout.delimiter,
        columns=columns,
    )  # fmt: skip
    decimal, day_order = _ask_marks(how, guess, key)
    more = _ask_meanings(file, guess.layout, key, currency)
    _preview(guess)
    lacking = [" or ".join(FIELDS[field].lower() for field in group) for group in guess.layout.lacks()]
    if lacking:
        st.info(f"Still to choose: {'; '.join(lacking)}.", icon=":material/rule:")
    if lacking or decimal is None or day_order is None or more is None:
        return None
    return guess.layout.model_copy(update={"decimal": decimal, "day_order": day_order, **more})


def _ask_cut(how: Any, file: BinaryIO, key: str, name: str, currency: str) -> Guess:
    first = orders.guess_layout(file, name=name, currency=currency)
    with how:
        st.markdown("**How the file is written**")
        with st.container(horizontal=True):
            encoding = _select("Characters", ENCODINGS, first.layout.encoding, f"encoding-{key}")
            delimiter = _select("Separator", DELIMITERS, first.layout.delimiter, f"delimiter-{key}")
    if (encoding, delimiter) == (first.layout.encoding, first.layout.delimiter):
        return first
    return orders.guess_layout(file, name=name, currency=currency, encoding=encoding, delimiter=delimiter)


def _ask_marks(how: Any, guess: Guess, key: str) -> tuple[str | None, str | None]:
    in_doubt = guess.doubts
    with how:
        with st.container(horizontal=True):
            decimal = _select(
                "Decimal mark", DECIMALS, None if "decimal" in in_doubt else guess.layout.decimal, f"decimal-{key}"
            )
            day_order = _select(
                "Dates", DAY_ORDERS, None if "day_order" in in_doubt else guess.layout.day_order, f"days-{key}"
            )
        if "decimal" in in_doubt and decimal is None:
            st.warning("1,234 can be a thousand or a bit more than one here. Please choose.", icon=":material/help:")
        if "day_order" in in_doubt and day_order is None:
            st.warning("03/04/2025 can be in March or in April here. Please choose.", icon=":material/help:")
    return decimal, day_order


def _ask_columns(guess: Guess, key: str) -> dict[str, str]:
    options = [name for name in dict.fromkeys(guess.header) if name]
    found = {}
    cut = f"{guess.layout.encoding}{guess.layout.delimiter}"
    with st.grid(3, min_column_width=180, gap="small"):
        for field, label in FIELDS.items():
            known = guess.layout.columns.get(field)
            chosen = st.selectbox(
                f"{label} *" if field in NEEDED else label, options, key=f"column-{field}-{key}-{cut}",
                index=options.index(known) if known in options else None, placeholder="Not in the file",
            )  # fmt: skip
            if chosen:
                found[field] = chosen
    return found


def _ask_meanings(file: BinaryIO, layout: Layout, key: str, currency: str) -> dict[str, Any] | None:
    """The currency and the states where the file does not say them in our words; None while one is open."""
    column = layout.columns.get("status")
    more: dict[str, Any] = {}
    if "currency" in layout.columns and column is None:
        return more | {"status": _ask_state("All orders in the file are", "completed", f"status-{key}")}
    with st.container(border=True, key="file-meanings"):
        st.markdown("**What is meant**")
        with st.grid(3, min_column_width=180, gap="small"):
            if "currency" not in layout.columns:
                choices = list(dict.fromkeys([currency, *CURRENCIES]))
                more["currency"] = st.selectbox("Currency of all prices", choices, key=f"currency-{key}")
            if column is None:
                more["status"] = _ask_state("All orders in the file are", "completed", f"status-{key}")
                return more
            words = _words(file, layout, column, key)
            meanings = {
                word: _ask_state(f"“{plain(word)}” means", orders.guess_state(word), f"state-{word}-{key}")
                for word in words
            }
        if not all(meanings.values()):
            st.warning("Please choose what each state means.", icon=":material/help:")
            return None
    return more | {"statuses": meanings}


def _words(file: BinaryIO, layout: Layout, column: str, key: str) -> tuple[str, ...]:
    """The states of the whole file, read once and not on every drawing."""
    known: dict[Any, tuple[str, ...]] = st.session_state.setdefault("words-of-files", {})
    name = (key, layout.encoding, layout.delimiter, column)
    if name not in known:
        known.clear()
        known[name] = orders.words_in_column(file, layout, column)
    return known[name]


def _ask_state(label: str, known: str | None, key: str) -> str | None:
    return _select(label, STATES, known, key, width="stretch")


def _select(label: str, options: Mapping[str, str], known: str | None, key: str, width: Any = 220) -> Any:
    # What was guessed stands in the key, so that another guess is a new question.
    values = list(options)
    return st.selectbox(
        label, values, index=values.index(known) if known is not None and known in options else None, width=width,
        format_func=lambda value: options[value], key=f"{key}-{known}", placeholder="Please choose",
    )  # fmt: skip


def _preview(guess: Guess) -> None:
    chosen = {
        FIELDS[field]: guess.header.index(column)
        for field, column in guess.layout.columns.items()
        if column in guess.header
    }
    if not chosen or not guess.rows:
        st.caption("There are no lines below the header." if not guess.rows else "")
        return
    st.caption("The first lines as we read them")
    rows = guess.rows[:6]
    st.dataframe(
        {label: [row[place] if place < len(row) else "" for row in rows] for label, place in chosen.items()},
        hide_index=True, alt="The first lines of the file", height="content",
    )  # fmt: skip
