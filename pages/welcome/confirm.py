"""What a link about an e-mail address opens. Looking uses nothing up: scanners open links, people press buttons."""

import streamlit as st

from app.bridge import ask_for_visitor, perform_for_visitor
from app.navigation import page_of, start_link
from app.parts.welcome import spent, welcome
from domain import identity
from domain.identity import LinkPurpose
from domain.kernel.errors import NotFound

TITLES = {
    LinkPurpose.EMAIL_CONFIRMATION: "Confirm your e-mail address",
    LinkPurpose.EMAIL_CHANGE_OLD: "Change your e-mail address?",
    LinkPurpose.EMAIL_CHANGE_NEW: "Is this your new address?",
    LinkPurpose.DOMAIN_CONFIRMATION: "Company sign-on for your mail domain?",
    LinkPurpose.FACTOR_LOSS: "Keep your second factor?",
    LinkPurpose.NEW_BROWSER: "Was this sign-in not you?",
}
CONFIRMED = "Your e-mail address is confirmed. Thank you!"
CHANGED = "Both addresses have said yes. From now on you sign in with the new one."
WAITS = "Thank you. The other address has to say yes as well; we have sent a link there, too."
KEPT = "Nothing is changed: your account keeps its address."
STOPPED = "It is stopped: your second factor stays. If you did not ask for it, please choose another password."
OPENED = "Your company's sign-on is open: people with an address of this domain can use it."


def said(sentence: str) -> None:
    st.session_state["confirm-said"] = (token, sentence)
    st.rerun()


def choose_new_password(reset: str) -> None:
    st.switch_page(page_of("welcome-reset"), query_params={"token": reset})


def draw(purpose: LinkPurpose) -> None:
    if purpose is LinkPurpose.EMAIL_CONFIRMATION:
        st.markdown("You have got this link by e-mail. One click, and we know that the address is yours.")
        if st.button("Confirm my address", type="primary", width="stretch"):
            perform_for_visitor(identity.confirm_email, token=token, then=lambda _: said(CONFIRMED))
    elif purpose is LinkPurpose.DOMAIN_CONFIRMATION:
        st.markdown(
            "A company at Wholesale OS wants its people to sign in by its own sign-on with addresses of your mail"
            " domain. Say yes only when you look after this domain and know of it."
        )
        if st.button("Yes, open it", type="primary", width="stretch"):
            perform_for_visitor(identity.confirm_company_domain, token=token, then=lambda _: said(OPENED))
    elif purpose is LinkPurpose.FACTOR_LOSS:
        st.markdown(
            "Somebody who knows your password asked to sign in without your second factor. One click, and nothing"
            " is taken off."
        )
        if st.button("Stop it, keep my second factor", type="primary", width="stretch"):
            perform_for_visitor(identity.stop_lost_factor, token=token, then=lambda _: said(STOPPED))
    elif purpose is LinkPurpose.NEW_BROWSER:
        st.markdown(
            "We have written to you because your account was opened from a browser that was new to us. If it was not"
            " you: all sessions end at once, your password opens nothing any more, and you choose a new one."
        )
        if st.button("It was not me: end all sessions", type="primary", width="stretch"):
            perform_for_visitor(identity.disown_sign_in, token=token, then=choose_new_password)
        st.caption("If it was you, close this page; nothing happens.")
    else:
        if purpose is LinkPurpose.EMAIL_CHANGE_OLD:
            st.markdown("Somebody who is signed in to your account wants it to have another address.")
        else:
            st.markdown("An account at Wholesale OS wants to use your address from now on.")
        if st.button("Yes, change it", type="primary", width="stretch"):
            perform_for_visitor(
                identity.confirm_email_change, token=token, then=lambda both: said(CHANGED if both else WAITS)
            )
        if st.button("No, leave it as it is", width="stretch"):
            perform_for_visitor(identity.refuse_email_change, token=token, then=lambda _: said(KEPT))


token = st.query_params.get("token", "")
before, sentence = st.session_state.get("confirm-said", ("", ""))
if before == token and sentence:
    with welcome("Done"):
        st.success(sentence, icon=":material/check_circle:")
        start_link("Go on")
else:
    try:
        link = ask_for_visitor(identity.link_of, token=token)
        if link.purpose not in TITLES:
            raise NotFound("This link is for something else.")
    except NotFound as refusal:
        with welcome("This link does not work"):
            spent(refusal.sentence)
            start_link("Go to the sign-in")
    else:
        with welcome(TITLES[link.purpose]):
            draw(link.purpose)
