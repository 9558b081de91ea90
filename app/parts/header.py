"""The top of a screen, and what stands where there is nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app import words
from app.parts.text import plain


def page_header(
    title: str,
    subtitle: str | None = None,
    actions: Callable[[], Any] | None = None,
    *,
    state: str | None = None,
    back: tuple[str, str] | None = None,
) -> None:
    """Title, one line below it, a state badge beside it, buttons at the right; `back` is (label, url)."""
    from app.navigation import page_of

    if back:
        st.page_link(page_of(back[1]), label=back[0], icon=":material/arrow_back:")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content", gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.title(plain(title), anchor=False, width="content")
                if state:
                    status(state)
            if subtitle:
                st.caption(plain(subtitle))
        if actions:
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                actions()


def section(title: str, help: str | None = None) -> None:
    """A heading inside a screen."""
    st.subheader(plain(title), anchor=False, help=help)


def status(state: str, *, word: str | None = None) -> None:
    """A coloured badge with the state's word."""
    st.badge(plain(word or words.state_word(state)), color=words.state_colour(state))


def empty_state(
    icon: str, title: str, what_next: str, action: Callable[[], Any] | tuple[str, str] | None = None
) -> None:
    """Nothing here yet, why, and what to do next; `action` draws a button or is (label, url)."""
    from app.navigation import page_of

    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f":gray[:material/{icon}:]", text_alignment="center")
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        st.caption(plain(what_next), text_alignment="center")
        if isinstance(action, tuple):
            st.page_link(page_of(action[1]), label=action[0], icon=":material/arrow_forward:", icon_position="right")
        elif action:
            action()
        st.space("small")
