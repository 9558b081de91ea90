"""Parts that the screens of the stock hub share: names of things, and choosing a product, a place or a lot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from domain import catalog, stock
from domain.stock import PlaceRow, StockRow


def named(row: Any) -> str:
    """A product with its variant, where it has several."""
    return row.product_name if row.variant_name == "Standard" else f"{row.product_name}, {row.variant_name}"


def lot_name(code: str) -> str:
    return "–" if code == stock.NO_LOT else code


def place_names(rows: list[PlaceRow]) -> dict[UUID, str]:
    """Places by their way down from the building: "Main · Zone A · A-1"."""
    names: dict[UUID, str] = {}
    for row in rows:
        above = names.get(row.parent_id) if row.parent_id else None
        names[row.location_id] = f"{above} · {row.name}" if above else row.name
    return names


def pick_product(key: str) -> UUID | None:
    """Choose a product of one's own by typing a part of its name or its SKU."""
    find = st.text_input("Find the product", placeholder="Product or SKU", icon=":material/search:", key=f"{key}-find")
    offers, total = ask(catalog.my_offers, find=find or "", size=50)
    if not offers:
        st.caption("No product of yours has this name or SKU.")
        return None
    if total > len(offers):
        st.caption(f"The first {len(offers)} of {words.number(total)}; type to narrow down.")
    names = {row.variant_id: f"{named(row)} · {row.sku}" for row in offers}
    return st.selectbox("Product", list(names), format_func=lambda one: names.get(one, ""), key=f"{key}-product")


def pick_place(label: str, names: Mapping[UUID, str], *, key: str | None = None) -> UUID | None:
    return st.selectbox(label, list(names), format_func=lambda one: names.get(one, ""), key=key)


def pick_lot(label: str, rows: list[StockRow], *, key: str) -> StockRow | None:
    """Choose one lot in one place among rows of stock."""
    return st.selectbox(
        label, rows, key=key,
        format_func=lambda row: f"{row.location} · {lot_name(row.lot)} · {words.number(row.available)} free",
    )  # fmt: skip


def serials_of(text: str | None) -> list[str]:
    """Serial numbers as people paste them: one a line, or with commas between."""
    return [one.strip() for one in (text or "").replace(",", "\n").splitlines() if one.strip()]
