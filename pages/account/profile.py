"""Who I am here."""

import streamlit as st

from app import sign_in, words
from app.bridge import ask
from app.navigation import guard, page_of
from app.parts import facts_list, page_header, section
from app.parts.looking import draw_own_views
from app.parts.reachable import draw_company_sign_on, draw_reachable
from app.workplaces import draw_workplaces
from domain import identity
from domain.identity import OrgKind

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
    if who.org_kind != OrgKind.PLATFORM:
        st.page_link(page_of("account-terms"), label="Terms of service", icon=":material/gavel:")
    if who.looking is None:
        st.button("Sign out", icon=":material/logout:", on_click=sign_in.leave, key="profile-sign-out")
draw_workplaces(who)

with right:
    with st.container(border=True):
        section("Sign-in")
        st.caption("Your password, your second factor, and where you are signed in.")
        st.page_link(page_of("account-security"), label="Sign-in & security", icon=":material/shield_lock:")
    if who.looking is None:
        draw_reachable()
    draw_company_sign_on(actor, who.email)
draw_own_views((who, actor))
