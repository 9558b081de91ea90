"""The bell at the top of every screen: how many notices the person here has not read."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import page_of
from app.sign_in import Here
from domain import notifications

_FRESH_S = 5.0
_KNOWN_MAX = 5000
# What a person was last told, per process: a click draws the shell anew and need not count again.
_known: dict[tuple[UUID, UUID], tuple[float, int]] = {}
_one_at_a_time = threading.Lock()



def unread_of(here: Here) -> int:
    """How many notices this person has not read, at most a few seconds old."""
    who = (here[0].person_id, here[0].org_id)
    at, count = _known.get(who, (-_FRESH_S, 0))
    if time.monotonic() - at >= _FRESH_S:
        count = ask(notifications.unread)
        with _one_at_a_time:
            if len(_known) >= _KNOWN_MAX:
                _known.clear()
            _known[who] = time.monotonic(), count
    return count


def count_again(here: Here) -> None:
    """The person has read something: the next drawing counts anew."""
    _known.pop((here[0].person_id, here[0].org_id), None)


def draw_bell(unread: int) -> None:
    """A link to the notices with their number, in the corner of every screen."""
    with st.container(key="bell"):
        st.page_link(
            page_of("account-notices"),
            label=f"**{words.number(unread)}**" if unread else "0",
            icon=":material/notifications_active:" if unread else ":material/notifications:",
            help=f"{words.count(unread, 'unread notice')}" if unread else "No unread notices",
        )
