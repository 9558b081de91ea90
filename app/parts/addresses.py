"""What the address of a screen asks for."""

from __future__ import annotations

from uuid import UUID

import streamlit as st


def asked_for(name: str) -> UUID | None:
    """The id that stands in the address under this name; None when it is missing or no id."""
    try:
        return UUID(str(st.query_params.get(name) or ""))
    except ValueError:
        return None
