"""What happened in the whole market: everybody's log, and whether it is whole."""

from typing import Any

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import page_header, plain
from app.parts.audit import audit_table
from app.parts.filters import search_box
from domain import reports

who, _ = guard()


def check() -> None:
    if st.button("Check the chain", icon=":material/link:", help="Reads every event and compares it with its seal"):
        with st.spinner("Comparing every event with its seal …"):
            st.session_state["audit-chain"] = ask(reports.audit_chain)


def filters() -> dict[str, Any]:
    return {"find": search_box("all-audit", "Organisation or person")}


page_header("Audit log", "What happened in the whole market, newest first. Nothing here can be changed.", check)
chain = st.session_state.pop("audit-chain", None)
if chain is not None and chain.broken is not None:
    st.error(plain(f"The log was tampered with: {chain.broken.sentence}."), icon=":material/broken_image:")
elif chain is not None:
    whole = f"The chain is whole: {words.number(chain.events)} events in {words.count(chain.batches, 'batch')}"
    st.success(plain(f"{whole}, {words.number(chain.waiting)} wait for the next seal."), icon=":material/verified:")
    st.caption(plain(f"Newest hash: {chain.head or '–'}"))
audit_table(
    "all-audit",
    lambda **asked: ask(reports.all_audit, **asked),
    who.time_zone,
    filters=filters,
    with_organization=True,
)
