"""How a person is reached and comes in: address, telephone, sign-on elsewhere. Parts of the profile."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import oidc, words
from app.bridge import ask, perform
from app.parts.forms import once, settle
from app.parts.header import section
from app.parts.lists import facts_list
from app.parts.text import plain
from domain import identity
from domain.identity import Permission, WaysIn
from domain.kernel.actor import Actor
from domain.kernel.settings import settings


def draw_reachable() -> None:
    """The person's own address, telephone and other ways in, each with what can be done about it."""
    mine = ask(identity.my_ways_in)
    with st.container(border=True, key="reachable-email"):
        section("E-mail address")
        _draw_email(mine)
    with st.container(border=True, key="reachable-phone"):
        section("Telephone")
        _draw_phone(mine)
    if mine.providers:
        with st.container(border=True, key="reachable-providers"):
            section("Sign-on elsewhere")
            _draw_providers(mine)


def _line(text: str, is_confirmed: bool) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(text, width="content")
        if is_confirmed:
            st.badge("Confirmed", icon=":material/check:", color="green")
        else:
            st.badge("Not confirmed", icon=":material/schedule:", color="orange")


def _act(label: str, command: Any, key: str, *, done: str, icon: str, kind: Any = "secondary", **facts: Any) -> None:
    st.button(label, key=key, icon=icon, type=kind, on_click=perform, args=(command,), kwargs={"done": done, **facts})


# --- e-mail ------------------------------------------------------------------------------------


def _draw_email(mine: WaysIn) -> None:
    _line(mine.email, mine.email_confirmed_at is not None)
    if mine.email_confirmed_at is None:
        st.caption("Without a confirmed address you cannot check out or sign on elsewhere.")
        _act(
            "Send me a letter with a link", identity.request_email_confirmation, "confirm-email",
            done="A letter is on its way to you.", icon=":material/outgoing_mail:",
        )  # fmt: skip
    if mine.new_email is not None:
        _draw_waiting(mine)
        return
    with st.expander("Use another address", icon=":material/edit:"), st.form("new-email", border=False):
        st.caption("Both addresses get a link, and both have to say yes within a day.")
        new = st.text_input("New address", type="email", autocomplete="email", placeholder="you@company.com")
        if st.form_submit_button("Send the links", type="primary") and settle(
            identity.request_email_change, new_email=new or "", done="Two letters are on their way."
        ):
            st.rerun()


def _draw_waiting(mine: WaysIn) -> None:
    def said(at: object) -> str:
        return (
            ":green[:material/check_circle: has said yes]" if at else ":gray[:material/schedule: has not answered yet]"
        )

    st.markdown(f"You asked for **{plain(mine.new_email)}**. It counts when both have said yes:")
    st.markdown(f"- your address of now {said(mine.old_confirmed_at)}\n- the new address {said(mine.new_confirmed_at)}")
    st.caption(f"The links work until {plain(words.instant(mine.new_email_until))}.")
    _act(
        "Take it back", identity.cancel_email_change, "cancel-email", done="Your address stays.", icon=":material/undo:"
    )


# --- telephone ---------------------------------------------------------------------------------


def _draw_phone(mine: WaysIn) -> None:
    if mine.phone is not None:
        _line(mine.phone, mine.phone_confirmed_at is not None)
    if mine.cooling_until is not None:
        st.warning(
            f"Three codes were wrong. You can try again at {words.clock(mine.cooling_until)}.",
            icon=":material/hourglass_top:",
        )
    elif mine.code_for is not None:
        _draw_code(mine)
    elif mine.phone is None:
        st.caption("For urgent matters of deliveries and of your account. We send a code to be sure that it is yours.")
        _draw_number("Send me a code")
    else:
        with st.expander("Use another number", icon=":material/edit:"):
            _draw_number("Send a code there")


def _draw_number(label: str) -> None:
    with st.form("phone", border=False):
        number = st.text_input("Number with country", autocomplete="tel", placeholder="+49 30 1234567", max_chars=30)
        if st.form_submit_button(label, type="primary") and settle(identity.request_phone_code, phone=number or ""):
            st.rerun()


def _draw_code(mine: WaysIn) -> None:
    st.markdown(f"We have sent six digits to **{plain(mine.code_for)}**.")
    with st.form("phone-code", border=False, clear_on_submit=True):
        code = st.text_input("Code", autocomplete="one-time-code", max_chars=10, placeholder="123 456")
        sent = st.form_submit_button("Confirm", type="primary")
    if sent:
        answers: list[bool] = []
        if settle(identity.confirm_phone, answers.append, code=code or "") and answers == [False]:
            st.session_state["phone-code-wrong"] = True
        st.rerun()
    if st.session_state.pop("phone-code-wrong", False):
        st.error("This code is not right. After three wrong ones you wait for a quarter of an hour.")
    st.caption(f"It is valid until {plain(words.clock(mine.code_until))}.")
    _act(
        "Send another code", identity.request_phone_code, "another-code", done="Another code is on its way.",
        icon=":material/sms:", kind="tertiary", phone=mine.code_for,
    )  # fmt: skip


# --- elsewhere ---------------------------------------------------------------------------------


def _draw_providers(mine: WaysIn) -> None:
    known = settings().sign_on_providers
    for row in mine.providers:
        label = known[row.provider].label if row.provider in known else "your company's sign-on"
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            used = plain(words.ago(row.last_used_at))
            st.markdown(
                f"**{plain(label[:1].upper() + label[1:])}**  \n:gray[:small[Last used {used}]]", width="content"
            )
            _act(
                "Take away", identity.leave_provider, f"leave-{row.provider}",
                done="You no longer come in that way. Your password still works.", icon=":material/link_off:",
                kind="tertiary", provider=row.provider,
            )  # fmt: skip


def draw_company_sign_on(actor: Actor, email: str) -> None:
    """For owners: where the people of the company sign on."""
    if not actor.may(Permission.MANAGE_SIGN_ON):
        return
    found = ask(identity.my_company_sign_on)
    with st.container(border=True, key="company-sign-on"):
        section("Company sign-on", help="Your people sign in with the accounts that your company gives them.")
        if found is None:
            _draw_set_up(email.rpartition("@")[2])
            return
        if found.state == "active":
            st.badge("Open", icon=":material/check:", color="green")
        else:
            st.badge("Waits for the yes of your mail domain", icon=":material/schedule:", color="orange")
            st.caption(f"We have sent a letter with a link to postmaster@{plain(found.email_domain)}.")
        facts_list({"Mail domain": found.email_domain, "Issuer": found.issuer, "Client id": found.client_id})
        st.caption("The address to which your provider sends people back:")
        st.code(oidc.callback_address(f"company:{found.provider_id}"), language=None)
        _act(
            "Close it", identity.close_company_sign_on, "close-sign-on", icon=":material/link_off:",
            done="Nobody signs on that way any more.",
        )  # fmt: skip


def _draw_set_up(domain: str) -> None:
    st.caption(
        f"For everybody at {plain(domain)} who works with you here. Your provider has to speak OpenID Connect; a letter"
        " to the postmaster of the domain opens it."
    )
    with st.expander("Set it up", icon=":material/domain:"), st.form(once("company-sign-on-form"), border=False):
        issuer = st.text_input("Issuer", placeholder="https://login.company.com")
        client_id = st.text_input("Client id")
        secret = st.text_input(
            "Client secret", type="password", help="Leave it empty when your provider gave you none."
        )
        if st.form_submit_button("Send the letter", type="primary") and settle(
            identity.set_company_sign_on, request="company-sign-on-form", email_domain=domain, issuer=issuer or "",
            client_id=client_id or "", client_secret=secret or "", done="The letter is on its way to the postmaster.",
        ):  # fmt: skip
            st.rerun()
