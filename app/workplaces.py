"""The organisations of the person who is here, and going over to another of them."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from app import bridge, sign_in, words
from app.parts.header import section
from app.parts.text import plain
from domain import identity
from domain.identity import SignedIn
from domain.kernel.actor import Actor
from domain.kernel.work import run


def draw_workplaces(who: SignedIn) -> None:
    """Where else this person works; nothing for most people, who belong to one organisation."""
    if who.looking is not None:
        return
    places = bridge.ask_for_visitor(identity.workplaces, session_id=who.session_id)
    if len(places) < 2:
        return
    with st.container(border=True, key="workplaces"):
        section("Your organisations")
        for place in places:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"**{plain(place.name)}**  \n:gray[{plain(words.role(place.variant))}]", width="content")
                if place.is_current:
                    st.badge("You are here", color="green")
                else:
                    st.button("Switch", key=f"switch-{place.org_id}", on_click=_switch, args=(place.org_id,))


def _switch(org_id: UUID) -> None:
    """A callback: the session is looked up anew, so that only its own person switches it."""
    known = sign_in.here()
    if known is not None and known[0].looking is None:
        run(Actor.system(), identity.switch_organization, session_id=known[0].session_id, org_id=org_id)
        # Filters, drafts and notes of the screens belong to the organisation that was left.
        st.session_state.clear()
        st.query_params.clear()
