"""The products that somebody has put aside to compare: in this browser tab, and in the address of the comparison."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from app.navigation import go
from domain.discovery import MOST_COMPARED

_KEY = "compared"


def put_aside() -> list[UUID]:
    return list(st.session_state.get(_KEY, []))


def keep(product_ids: list[UUID]) -> None:
    st.session_state[_KEY] = list(dict.fromkeys(product_ids))[:MOST_COMPARED]


def toggle(product_id: UUID) -> None:
    """As a callback: put a product aside, or take it back."""
    there = put_aside()
    if product_id in there:
        there.remove(product_id)
    elif len(there) < MOST_COMPARED:
        there.append(product_id)
    else:
        st.toast(f"At most {MOST_COMPARED} products stand side by side.", icon=":material/info:")
    keep(there)


def compare_button(product_id: UUID, *, key: str) -> None:
    """Put this product aside, or take it back."""
    is_in = product_id in put_aside()
    st.button(
        "In comparison" if is_in else "Compare", icon=":material/check:" if is_in else ":material/compare_arrows:",
        type="tertiary", key=key, on_click=toggle, args=(product_id,),
    )  # fmt: skip


def compare_link() -> None:
    """The way to the comparison, once there is something to compare."""
    there = put_aside()
    if there and st.button(f"Compare {len(there)} side by side", icon=":material/compare_arrows:", key="compare-all"):
        go("retailer-compare", products=",".join(str(one) for one in there))
