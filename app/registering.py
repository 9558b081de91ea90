"""Which registration this browser has begun, and letting it keep one: a cookie, which only a full page load sets."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from app import bridge, cookies
from domain import identity
from domain.identity import RegistrationSheet
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


def begun_here() -> RegistrationSheet | None:
    """The registration that this browser has begun, as far as it got."""
    registration_id = cookies.registration_of(st.context.cookies.get(cookies.registration_name()))
    if registration_id is None:
        return None
    try:
        return bridge.ask_for_visitor(identity.registration, registration_id=registration_id)
    except NotFound:
        return None


def has_nonce() -> bool:
    """See that this browser has a nonce; without one it fetches it and comes back to where it is."""
    if st.context.cookies.get(cookies.nonce_name()):
        return True
    facts = urlencode(st.query_params.to_dict())
    leave_for("/auth/nonce?" + urlencode({"next": "/welcome-register" + (f"?{facts}" if facts else "")}))
    return False


def keep(registration_id: UUID) -> None:
    """Let this browser keep the registration, and go on with it."""
    nonce = st.context.cookies.get(cookies.nonce_name()) or ""
    handed = cookies.registration_pass(registration_id, nonce, now=bridge.ask_for_visitor(_now))
    leave_for(f"/auth/registration?{urlencode({'t': handed})}")


def forget() -> None:
    """Let this browser begin anew."""
    leave_for("/auth/registration")


def leave_for(address: str) -> None:
    # Percent-encoded by urlencode, and written as JSON: nothing in it can end the script.
    st.html(f"<script>window.location.replace({json.dumps(address)});</script>", unsafe_allow_javascript=True)
    st.caption("One moment …")


def _now(work: Work):  # type: ignore[no-untyped-def]
    return work.now
