"""Asking once more before something that cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app import sign_in
from app.navigation import guard
from app.parts.text import plain


def confirm(title: str, question: str, label: str, act: Callable[[], Any], *, is_grave: bool = False) -> None:
    """Open a dialog with a question; `act` (usually a `perform`) runs when the button is pressed."""

    @st.dialog(title, icon=":material/warning:" if is_grave else None)
    def ask_once_more() -> None:
        # A dialog's redraw skips the shell. What `act` has to say is said by the screen, which is drawn after it.
        with sign_in.this_rerun() as here:
            if here is None:
                st.rerun()
            guard()
            st.markdown(plain(question))
            with st.container(horizontal=True, horizontal_alignment="right"):
                if st.button("Back", key="confirm-back"):
                    st.rerun()
                if st.button(label, type="primary", key="confirm-act"):
                    act()
                    st.rerun()

    ask_once_more()
