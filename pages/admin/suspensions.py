"""Which suspensions and appeals wait for a decision, and a search for an organisation to look at."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, plain, section, status, table
from app.parts.filters import search_box
from domain import identity
from domain.identity import SuspensionRow

guard()
page_header("Suspensions", "Proposals and appeals that wait for somebody's decision")


def waiting(row: SuspensionRow) -> None:
    is_appeal = row.appeal_state == "open"
    is_restoration = row.restore_proposed_at is not None and not is_appeal
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content", gap="xxsmall"):
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                st.markdown(f"**{plain(row.org_name)}**", width="content")
                status("appealed" if is_appeal else "restoration_proposed" if is_restoration else "proposed")
            said, since = row.reason, row.proposed_at
            if is_appeal:
                said, since = row.appeal or "", row.appealed_at or since
            elif is_restoration:
                said, since = row.restore_reason or "", row.restore_proposed_at or since
            st.caption(plain(f"{said} · {words.ago(since)}"))
        if st.button("Look at it", key=f"look-{row.suspension_id}", icon=":material/arrow_forward:"):
            go("admin-organization", organization=row.org_id)


open_ones = ask(identity.open_suspensions)
for each in open_ones:
    waiting(each)
if not open_ones:
    empty_state("task_alt", "Nothing waits", "Proposals of support and compliance, and appeals, appear here.")

section("Find an organisation")
find = search_box("suspensions", "Name of the organisation")
rows = ask(identity.find_organizations, find=find)
if rows:
    table(
        "found", rows,
        [
            Column("Name", lambda row: row.name, "open", width="medium"),
            Column("State", lambda row: row.state, "state"),
            Column("Kind", lambda row: words.kind(row.kind)),
            Column("Country", lambda row: words.country(row.country_code)),
        ],
        on_open=lambda row: go("admin-organization", organization=row.org_id), alt="Organisations found",
    )  # fmt: skip
elif find:
    empty_state("domain", "No organisation fits", "Try another part of the name.")
else:
    empty_state("domain", "No organisation is suspended", "Search for one by its name.")
