"""Why a price is what it is, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import streamlit as st

from app import words
from app.parts.text import plain

_STEPS = {
    "contract": "Your contract", "floor": "The lowest price of the seller", "customer": "For you",
    "promotion": "Promotion",
}  # fmt: skip


def price_lines(trace: Iterable[Mapping[str, Any]], currency: str) -> list[tuple[str, str]]:
    """Each step in words, and what one costs after it."""
    lines = []
    for step in trace:
        kind, price = str(step["step"]), words.unit_price(Decimal(str(step["unit_price"])), currency)
        if kind == "list":
            label = "List price"
        elif kind == "tier":
            label = f"From {words.number(int(step['from_quantity']))} on"
        else:
            label = _STEPS.get(kind, "Rule")
            if step.get("title"):
                label += f": {step['title']}"
            if step.get("kind") == "percent" and step.get("by"):
                label += f" (−{step['by']} %)"
        lines.append((label, price))
    return lines


def why_this_price(trace: Iterable[Mapping[str, Any]], currency: str, *, key: str) -> None:
    """A button that opens the steps."""
    with st.popover("Why this price", icon=":material/help:", key=key, type="tertiary"):
        st.markdown("**How your price comes about**")
        rows = [f"| {plain(label)} | {plain(price)} |" for label, price in price_lines(trace, currency)]
        st.markdown("\n".join(["| Step | Each |", "|:---|---:|", *rows]))
