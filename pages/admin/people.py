"""Who is here, without names: for analysts, who count people and need not know them."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.tables import reset_page
from domain import identity

guard()
WHICH = {"all": "Everybody", "disabled": "Disabled accounts", "suspended": "Of suspended organisations"}
page_header("People", "Members under pseudonyms: the same person is the same row, and nobody is named")
which = st.segmented_control(
    "Who", list(WHICH), default="all", required=True, format_func=WHICH.__getitem__, label_visibility="collapsed",
    key="which", on_change=reset_page("pseudonyms"),
)  # fmt: skip
paged_table(
    "pseudonyms", lambda page, size: ask(identity.people_without_names, which=which or "all", page=page, size=size),
    [
        Column("Pseudonym", lambda row: row.pseudonym),
        Column("Account", lambda row: row.state, "state"),
        Column("Role", lambda row: words.role(row.variant)),
        Column("Organisation", lambda row: words.kind(row.kind)),
        Column("May trade", lambda row: row.org_state, "state"),
        Column("Country", lambda row: words.country(row.country_code)),
        Column("Joined in", lambda row: row.joined_in),
        Column("Last here in", lambda row: row.seen_in or "–"),
    ],
    empty=lambda: empty_state("group_off", "Nobody", "Nobody fits this choice."), alt="People without names",
)  # fmt: skip
