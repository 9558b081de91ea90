"""Ask for a link to choose a new password; with a link: choose it."""

import streamlit as st

from app.bridge import ask_for_visitor, perform_for_visitor
from app.navigation import start_link
from app.parts.welcome import spent, welcome
from domain import identity
from domain.identity import LinkPurpose
from domain.kernel.errors import NotFound


def ask_for_link() -> None:
    if st.session_state.get("reset-asked"):
        st.success("If an account has this address, a letter is on its way to it.", icon=":material/outgoing_mail:")
        st.markdown("Its link works once and for an hour. Nothing there? Look into your spam folder.")
        start_link("Back to the sign-in")
        return
    st.markdown("We send a link to your address; with it you choose a new password.")
    with st.form("reset-ask", border=False):
        email = st.text_input("E-mail", type="email", autocomplete="username", placeholder="you@company.com")
        sent = st.form_submit_button("Send me a link", type="primary", width="stretch")
    if sent and not email:
        st.error("Please enter your e-mail address.")
    elif sent:
        perform_for_visitor(
            identity.request_password_reset, email=email or "", address=st.context.ip_address or "local", then=asked
        )
    start_link("Back to the sign-in")


def asked(_: None) -> None:
    st.session_state["reset-asked"] = True
    st.rerun()


def choose_password(token: str) -> None:
    if st.session_state.get("reset-done") == token:
        st.success("Your new password is set, and all your devices are signed out.", icon=":material/check_circle:")
        start_link("Sign in")
        return
    try:
        ask_for_visitor(identity.link_of, token=token, purpose=LinkPurpose.PASSWORD_RESET)
    except NotFound as refusal:
        spent(refusal.sentence)
        if st.button("Ask for a new link", type="primary"):
            st.query_params.clear()
            st.session_state.pop("reset-asked", None)
            st.rerun()
        return
    st.caption("At least 15 characters; a sentence is a good one. Your devices are signed out.")
    with st.form("reset-choose", border=False):
        new = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("New password once more", type="password", autocomplete="new-password")
        sent = st.form_submit_button("Set the new password", type="primary", width="stretch")
    if sent and new != again:
        st.error("The two passwords differ.")
    elif sent:
        perform_for_visitor(identity.reset_password, token=token, new=new or "", then=lambda _: done(token))


def done(token: str) -> None:
    st.session_state["reset-done"] = token
    st.rerun()


with welcome("Choose a new password"):
    if "token" in st.query_params:
        choose_password(st.query_params["token"])
    else:
        ask_for_link()
