"""Whether my organisation may trade: the reason of a suspension, and the one appeal against it."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import empty_state, facts_list, page_header, plain, section
from app.parts.forms import once, settle
from domain import identity
from domain.identity import Permission

who, actor = guard()
found = ask(identity.my_suspension)
page_header("Standing", "Whether your organisation may trade", state="suspended" if found else "active")

if found is None:
    empty_state("verified_user", "Everything is in order", "Your organisation may trade without limits.")
    st.stop()

left, right = st.columns([1.2, 1], gap="medium")
with left, st.container(border=True):
    section("Why")
    st.markdown(plain(found.reason))
    facts_list(
        {
            "Suspended since": words.instant(found.decided_at),
            "Until": words.instant(found.until) if found.until else "Until it is lifted",
        }
    )
    section("What this means")
    st.markdown(
        "- **Goes on:** open orders. Answer, ship, count and accept them as agreed; money is released and paid out.\n"
        "- **Stops:** new orders, new baskets and new offers. Your offers do not show in searches."
    )

with right, st.container(border=True):
    section("Appeal")
    if found.appeal_state is None and actor.may(Permission.MANAGE_ORGANIZATION):
        st.caption("You may appeal once. Somebody else than who decided will look at it.")
        with st.form(once("appeal"), border=False):
            appeal = st.text_area("Why should the suspension be lifted?", max_chars=1000, height=160)
            if st.form_submit_button("Send the appeal", type="primary") and settle(
                identity.appeal_suspension, appeal=appeal or "", done="Your appeal is sent. We will write to you."
            ):
                st.rerun()
    elif found.appeal_state is None:
        st.caption("An owner or a manager of your organisation may appeal once.")
    else:
        st.markdown(plain(found.appeal or ""))
        facts_list({"Sent": words.instant(found.appealed_at), "State": words.appeal_word(found.appeal_state)})
        if found.appeal_answer:
            st.markdown(f"**Answer:** {plain(found.appeal_answer)}")
