"""Who I am here, and my password."""

import streamlit as st

from app import sign_in, words
from app.bridge import ask, perform
from app.navigation import guard
from app.parts import facts_list, page_header, section
from domain import identity

who, actor = guard()
page_header("Profile", "Who you are here and how you sign in")

left, right = st.columns([1, 1.2], gap="medium")
with left, st.container(border=True):
    section("You")
    facts_list({"Name": who.person_name, "E-mail": who.email, "Role": words.role(who.variant)})
    section("Your organisation")
    company = ask(identity.my_organization)
    facts_list(
        {
            "Name": company.name,
            "Kind": words.kind(company.kind),
            "Country": words.country(company.country_code),
            "Currency": company.currency,
            "Time zone": company.time_zone.replace("_", " "),
        }
    )
    st.button("Sign out", icon=":material/logout:", on_click=sign_in.leave, key="profile-sign-out")

with right, st.container(border=True):
    section("Change password")
    st.caption("At least 12 characters; a sentence is a good one. Your other devices are signed out.")
    with st.form("password", border=False, clear_on_submit=True):
        current = st.text_input("Current password", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("New password once more", type="password", autocomplete="new-password")
        sent = st.form_submit_button("Change password", type="primary")
    if sent and new != again:
        st.error("The two new passwords differ.")
    elif sent:
        perform(
            identity.change_password, current=current or "", new=new or "", done="Your password is changed.",
        )  # fmt: skip
