"""The terms of service: what holds, what has changed, and who accepted what and when."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard
from app.parts import Column, page_header, section, table
from app.parts.terms import show_changes, show_terms, version_name
from domain import identity
from domain.identity import Permission

who, actor = guard()
terms = ask(identity.my_terms)
page_header("Terms of service", "What holds between your organisation and the platform")
if terms.current is None:
    st.info("No terms hold at the moment.")
    st.stop()
if not terms.is_missing:
    st.success("Your organisation has accepted the terms that hold.", icon=":material/check_circle:")
elif terms.accepted:
    section("What is new")
    st.caption("New orders and offers wait until your organisation accepts this version. Open orders go on.")
    show_changes(terms.accepted[0].version, terms.current)
section(version_name(terms.current))
show_terms(terms.current, height=420)
if terms.is_missing and actor.may(Permission.MANAGE_ORGANIZATION):
    agreed = st.checkbox(f"I may speak for {who.org_name}, and it accepts these terms", key="terms-agree")
    st.button(
        "Accept the terms", type="primary", disabled=not agreed, on_click=perform, args=(identity.accept_terms,),
        kwargs={"version": terms.current, "done": "The terms are accepted."},
    )  # fmt: skip
elif terms.is_missing:
    st.info("The owner of your organisation can accept them.", icon=":material/person:")
if terms.accepted:
    section("Accepted so far")
    table(
        "accepted", terms.accepted,
        [
            Column("Version", lambda row: version_name(row.version)),
            Column("Accepted", lambda row: words.instant(row.accepted_at)),
            Column("By", lambda row: row.accepted_by),
        ],
        alt="Accepted terms",
    )  # fmt: skip
