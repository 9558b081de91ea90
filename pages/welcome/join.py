"""Accept an invitation to a team: as somebody new, or with the account that one has."""

from uuid import UUID

import streamlit as st

from app import sign_in, words
from app.bridge import ask_for_visitor, perform_for_visitor
from app.navigation import start_link
from app.parts import plain
from app.parts.welcome import spent, welcome
from domain import identity
from domain.identity import InvitationCard
from domain.kernel.errors import NotFound


def invited(token: str) -> None:
    if st.session_state.get("joined") == token:
        st.success("You are in the team.", icon=":material/check_circle:")
        start_link("Go on")
        return
    try:
        card = ask_for_visitor(identity.invitation_card, token=token)
    except NotFound as refusal:
        spent(refusal.sentence)
        st.markdown("Ask whoever invited you to send the invitation once more.")
        start_link("Back to the sign-in")
        return
    by = f"{plain(card.invited_by)} invites you" if card.invited_by else "You are invited"
    st.markdown(f"{by} to work for **{plain(card.org_name)}** as **{plain(words.role(card.variant))}**.")
    st.caption(plain(card.email))
    here = sign_in.here()
    me = here[0].person_id if here and here[0].looking is None else None
    if card.person_id is None:
        newcomer(token)
    elif me == card.person_id:
        if st.button("Join the team", type="primary", width="stretch"):
            accept(token, signed_in=me)
        st.caption("You keep one account. Switch between your organisations on your profile.")
    else:
        with_account(token, card)


def newcomer(token: str) -> None:
    with st.form("join-new", border=False):
        name = st.text_input("Your name", max_chars=120, autocomplete="name")
        password = st.text_input("Choose a password", type="password", autocomplete="new-password",
                                 help="At least 15 characters; a sentence is a good one.")  # fmt: skip
        sent = st.form_submit_button("Join the team", type="primary", width="stretch")
    if sent:
        accept(token, name=name or "", password=password or "")


def with_account(token: str, card: InvitationCard) -> None:
    st.markdown("This address has an account. Join with its password; you keep one account for both.")
    with st.form("join-account", border=False):
        password = st.text_input("Your password", type="password", autocomplete="current-password")
        sent = st.form_submit_button("Join the team", type="primary", width="stretch")
    if sent:
        accept(token, password=password or "")


def accept(token: str, *, name: str = "", password: str = "", signed_in: UUID | None = None) -> None:
    perform_for_visitor(
        identity.join_organization, token=token, name=name, password=password, signed_in=signed_in,
        then=lambda person_id: joined(token, person_id),
    )  # fmt: skip


def joined(token: str, person_id: UUID | None) -> None:
    if person_id is None:
        st.error("The password is not right. Please try again.")
        return
    st.session_state["joined"] = token
    st.rerun()


with welcome("Join a team"):
    if "token" in st.query_params:
        invited(st.query_params["token"])
    else:
        spent("Please open the link of your invitation.")
        start_link("Back to the sign-in")
