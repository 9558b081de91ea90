"""What a screen reads from its address."""

from uuid import UUID

import streamlit as st


def id_of(name: str) -> UUID:
    """The id that stands under `name` in the address; without a proper one the drawing ends with a word."""
    found = id_or_none(name)
    if found is None:
        with st.container(border=True, key="not-found"):
            st.subheader("We could not find that", anchor=False, icon=":material/search_off:")
            st.markdown("The link is not complete. Please go back and choose again.")
        st.stop()
    return found


def id_or_none(name: str) -> UUID | None:
    try:
        return UUID(st.query_params.get(name, ""))
    except ValueError:
        return None
