"""Dialogs and forms that do something: guarded on each redraw, and once per click however fast it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from app import bridge, sign_in
from app.bridge import fresh_request, perform
from app.navigation import guard


def guarded_dialog(title: str, **more: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A dialog that asks on each of its redraws who is here: a dialog's rerun skips the shell.

    What a command refuses is said inside the dialog, which stays open; after success call `st.rerun()`.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> None:
            with sign_in.this_rerun() as here:
                if here is None:
                    st.rerun()
                guard()
                with bridge.messages():
                    function(*args, **kwargs)

        return st.dialog(title, **more)(checked)

    return decorate


def settle(command: Callable[..., Any], then: Callable[[Any], Any] | None = None, /, **facts: Any) -> bool:
    """`perform` a command in place; whether it worked. `then` gets its answer."""
    answers: list[Any] = []

    def note(answer: Any) -> None:
        answers.append(answer)
        if then:  # here, since a command that asks for the second factor answers later, elsewhere
            then(answer)

    perform(command, then=note, **facts)
    return bool(answers)


def once(name: str) -> str:
    """A key for a form or a button whose click counts once.

    It is the id of the request to come, so it is another one after success: the second half of a double
    click finds nothing to press.
    """
    return f"{name}-{fresh_request(name)}"
