"""What stands around the screens that are open to everybody: the product's name and one card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app import bridge
from app.sign_in import STATIC


@contextmanager
def welcome(title: str, *, width: float = 1.15) -> Iterator[None]:
    """One card in the middle, as wide as `width` is to the two margins of 1, with a way to the sign-in below."""
    _, middle, _ = st.columns([1, width, 1])
    with middle:
        st.space("large")
        variant = "dark" if st.context.theme.type == "dark" else "light"
        st.image(STATIC / f"logo-{variant}.svg", width=210, alt="Wholesale OS")
        st.space("small")
        with st.container(border=True, key="welcome"):
            st.subheader(title, anchor=False)
            with bridge.messages():  # what a command has to say stands inside of the card
                yield


def spent(sentence: str, *, key: str = "spent") -> None:
    """Say that a link does not work (any more); the reason is the same for every way of it not to."""
    with st.container(key=key):
        st.warning(sentence, icon=":material/link_off:")
