"""The terms of service on a screen: the text, and what has changed since the version that was accepted."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from app import bridge, sign_in, terms, words
from app.navigation import page_of
from app.parts.text import plain
from domain import identity
from domain.identity import TERMS, OrgKind


def show_terms(version: str, *, height: int = 320) -> None:
    """The text in a box of its own, so that what follows stays in sight."""
    with st.container(border=True, height=height, key="terms-text"):
        for block in terms.text_of(version).split("\n\n"):
            _block(block)


def _block(block: str) -> None:
    """A paragraph; headings as bold lines, as the page has headings of its own."""
    st.markdown(f"**{plain(block.lstrip('# '))}**" if block.startswith("#") else plain(block))


def show_changes(old: str, new: str) -> None:
    """What is different, paragraph by paragraph: struck out what stood there, and what stands there now."""
    for before, after in terms.changes(old, new):
        with st.container(border=True, gap="xsmall"):
            for words_of, mark, label in ((before, "red", "Before"), (after, "green", "Now")):
                if words_of:
                    st.badge(label, color=mark)  # type: ignore[arg-type]
                    for block in words_of.split("\n\n"):
                        _block(block)


def version_name(version: str) -> str:
    """ "Version of Jul 1, 2025"."""
    since = next((each.since for each in TERMS if each.version == version), None)
    return f"Version of {words.day(since)}" if since else version


def remind_of_terms() -> None:
    """A line above every screen while the organisation has not accepted the terms that hold.

    Once it has, this browser tab does not ask again before another version holds.
    """
    here = sign_in.here()
    if here is None or here[0].org_kind == OrgKind.PLATFORM or st.session_state.get("screen") == "account-terms":
        return
    current = identity.terms_at(datetime.now(UTC))
    known = (here[0].org_id, current.version if current else None)
    if st.session_state.get("terms-known") == known:
        return
    terms = bridge.ask(identity.my_terms)
    if not terms.is_missing:
        st.session_state["terms-known"] = known
        return
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key="terms-banner"):  # fmt: skip
        what = "The terms of service have changed." if terms.accepted else "Please read the terms of service."
        st.markdown(f":material/gavel: {what} New orders and offers wait until they are accepted.", width="content")
        st.page_link(page_of("account-terms"), label="Read and accept", icon=":material/arrow_forward:")
