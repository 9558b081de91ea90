"""The regions that my organisation serves: which postal codes, how, and from when to when."""

from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, plain, table
from domain import identity, territories
from domain.identity import Permission
from domain.territories import TerritoryRow

_, actor = guard()


def days(row: TerritoryRow) -> str:
    return (
        f"from {words.day(row.valid_from)} on"
        if row.valid_to is None
        else words.days_from(row.valid_from, row.valid_to)
    )


def kept_to_regions() -> dict[UUID, list[str]]:
    """The people who are kept to a region, by the region; for those who assign them."""
    names = {person.person_id: person.name for person in ask(identity.my_team)}
    found: dict[UUID, list[str]] = {}
    for member in ask(identity.members_reach):
        for region_id in member.regions:
            found.setdefault(region_id, []).append(names.get(member.person_id, "–"))
    return found


def assign_button() -> None:
    if may_assign and rows and st.button("Assign people", icon=":material/group:"):
        go("account-team")


may_assign = actor.may(Permission.MANAGE_TEAM)
rows = ask(territories.my_territories)
current = [row for row in rows if row.state == "current"]
page_header("Territory", f"You serve {words.count(len(current), 'region')} today" if current else "Where you sell",
            assign_button)  # fmt: skip
if rows:
    columns = [
        Column("Region", lambda row: row.name),
        Column("State", lambda row: row.state, "state"),
        Column("Days", days),
        Column("Postal codes today", lambda row: words.areas(row.areas) or "None", width="medium"),
        Column("How", lambda row: words.territory_mode(row.mode)),
        Column("Alone", lambda row: "Yes" if row.is_exclusive else "No"),
    ]
    if may_assign:
        people = kept_to_regions()
        columns.append(Column("Kept to it", lambda row: ", ".join(people.get(row.region_id, [])) or "–"))
    table("territory", rows, columns, alt="The regions that you serve")
    if not may_assign and (mine := ask(identity.reach_of).regions) is not None:
        names = sorted({row.name for row in rows if row.region_id in mine})
        st.caption(plain(f"You see what goes to {', '.join(names) or 'the regions that are assigned to you'}."))
    if may_assign:
        st.caption("Who is kept to a region (Team, Limits) sees orders to addresses there only; the others see all.")
else:
    empty_state("map", "No region is assigned to you yet", "The platform's operations assign regions by agreement.")
