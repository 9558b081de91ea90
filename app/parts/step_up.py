"""The second factor once more, before what a command asks it for; then the command is repeated as it was."""

from __future__ import annotations

import streamlit as st

from app import bridge, sign_in, words
from app.parts.forms import guarded_dialog
from domain import identity


def draw() -> None:
    """Ask for the code as long as a command waits for it."""
    if bridge.awaits_step_up():
        _ask()


@guarded_dialog("Is it you?", icon=":material/encrypted:", on_dismiss=bridge.forget_step_up)
def _ask() -> None:
    st.markdown(
        "Before money or your sign-in changes we ask for your second factor once more. It holds for ten minutes."
    )
    code = code_form("step-up", "Confirm")
    if code is None:
        return
    answers: list[bool] = []
    bridge.perform(identity.show_factor, code=code, address=sign_in.address(), then=answers.append)
    if answers == [False]:
        st.error(words.WRONG_CODE, icon=":material/error:")
    elif answers:
        bridge.repeat_after_step_up()
        st.rerun()


def code_form(key: str, label: str) -> str | None:
    """A form that asks for a code; what was typed once it is sent."""
    with st.form(key, border=False):
        code = st.text_input(
            "Code of your app, or a recovery code", autocomplete="one-time-code", max_chars=20, key=f"{key}-code"
        )
        sent = st.form_submit_button(label, type="primary", width="stretch")
    return (code or "").strip() if sent else None
