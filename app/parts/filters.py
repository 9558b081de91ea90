"""Filters above a table: they stand in the address, and a change goes back to the first page.

A choice stands there by its value ("?show=in_production"), so that links and bookmarks do not depend on
the words of the screen; Streamlit's own binding would write the words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from app.parts.tables import reset_page


def search_box(table: str, placeholder: str, *, key: str = "find") -> str:
    """A text to look for."""
    found = st.text_input(
        "Search", key=key, bind="query-params", placeholder=placeholder, icon=":material/search:", width=300,
        label_visibility="collapsed", on_change=reset_page(table),
    )  # fmt: skip
    return (found or "").strip()


def choice(
    table: str, label: str, options: Mapping[str, str] | Sequence[str], *, key: str, width: int = 190,
    default: str | None = None,
) -> str | None:  # fmt: skip
    """One of the options, or None for all; `options` maps values to words. With a `default` one is always chosen."""
    words = dict(options) if isinstance(options, Mapping) else {value: value for value in options}
    state = _from_address(key, words, default)
    shown = st.selectbox(
        label, list(words), format_func=lambda value: words.get(value, value), index=None, key=state, placeholder=label,
        label_visibility="collapsed", width=width, required=default is not None, on_change=_changed,
        args=(table, key, state, default),
    )  # fmt: skip
    return shown if shown in words else default


def tabs_of(table: str, options: Mapping[str, str], *, key: str = "show", default: str | None = None) -> str:
    """Views of one list side by side; the first is what one sees without asking."""
    first = default or next(iter(options))
    state = _from_address(key, options, first)
    shown = st.segmented_control(
        "Show", list(options), format_func=lambda value: options[value], required=True, key=state,
        label_visibility="collapsed", on_change=_changed, args=(table, key, state, first),
    )  # fmt: skip
    return shown if shown is not None and shown in options else first


def _from_address(key: str, options: Collection[str], default: str | None) -> str:
    """Take over what the address says, unless it is what we wrote there; returns the key of the widget."""
    screen = st.session_state.get("screen", "")
    state, seen = f"{screen}-{key}", f"{screen}-{key}-in-address"
    said = st.query_params.get(key)
    known = st.session_state.get(state)
    if (
        state not in st.session_state
        or st.session_state.get(seen) != said
        or (known is not None and known not in options)
    ):
        st.session_state[state] = said if said in options else default
        st.session_state[seen] = said
    return state


def _changed(table: str, key: str, state: str, default: str | None) -> None:
    value = st.session_state.get(state)
    if value is None or value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value
    st.session_state[f"{state}-in-address"] = st.query_params.get(key)
    if table:
        reset_page(table)()
