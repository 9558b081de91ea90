"""The Streamlit entry: page, sign-in, menu, messages, and then the screen that was asked for."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app import activity, bridge, measures, navigation, sign_in, style, words
from app.navigation import BY_URL
from app.parts import step_up
from app.parts.bell import draw_bell, unread_of
from app.parts.looking import draw_banner
from app.parts.standing import remind_of_standing
from app.parts.terms import remind_of_terms
from app.sign_in import STATIC, Here


def draw() -> None:
    with sign_in.this_rerun() as here:
        page = st.navigation(navigation.pages(here), position="hidden" if here is None else "sidebar", expanded=True)
        screen = BY_URL.get(page.url_path)
        st.set_page_config(
            page_title=f"{screen.title if screen and (here or screen.is_open) else 'Sign in'} · Wholesale OS",
            page_icon=str(STATIC / "mark.svg"),
            layout="wide",
            initial_sidebar_state="auto" if here else "collapsed",
        )
        measures.reruns.labels(page.url_path or "start").inc()
        if screen is not None and screen.is_open:
            with bridge.messages():
                page.run()
            return
        if here is None:
            sign_in.draw_form(_deep_link(page.url_path))
            return
        if sign_in.eyes_changed(here):
            navigation.start_anew()
        st.session_state["screen"] = page.url_path
        if screen is not None and screen.is_for(here):
            activity.note_view(here, screen.url)
        _draw_shell(here)
        step_up.draw()
        draw_banner(here)
        with bridge.messages():
            remind_of_standing(here)
            remind_of_terms()
            page.run()


def _draw_shell(here: Here) -> None:
    who, _ = here
    # A PNG, since Streamlit sends an SVG whole with every drawing: 10 KB. It is logo-dark.svg at three times its size.
    st.logo(STATIC / "logo-menu.png", size="medium", icon_image=STATIC / "mark.svg")
    st.html(style.LINK)
    draw_bell(unread_of(here))
    with st.sidebar, st.container(key="whoami", gap=None):
        st.markdown(f"**{bridge.escaped(who.org_name)}**")
        st.caption(bridge.escaped(f"{who.person_name} · {words.role(who.variant)}"))
        st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign-out", on_click=sign_in.leave)


def _deep_link(url: str) -> str:
    facts = urlencode(st.query_params.to_dict())
    return f"/{url}" + (f"?{facts}" if facts else "")


draw()
