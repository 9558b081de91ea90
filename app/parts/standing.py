"""What the people of a suspended organisation see at the top of every screen."""

import streamlit as st

from app.navigation import page_of
from app.sign_in import Here


def remind_of_standing(here: Here) -> None:
    """Say that the organisation is suspended, and where the reason and the appeal stand."""
    if here[0].org_state != "suspended" or st.session_state.get("screen") == "account-standing":
        return
    with st.container(border=True, key="suspended", horizontal=True, horizontal_alignment="distribute",
                      vertical_alignment="center"):  # fmt: skip
        st.markdown(
            ":orange[:material/block:] **Your organisation is suspended.** Open orders go on;"
            " nothing new can be started.",
            width="content",
        )
        st.page_link(page_of("account-standing"), label="Reason and appeal", icon=":material/arrow_forward:")
