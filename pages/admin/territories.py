"""The regions of the market, their postal codes, and which distributor serves them from when to when."""

from datetime import timedelta
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, facts_list, id_or_none, page_header, paged_table, plain, section, table
from app.parts.filters import tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import identity, territories
from domain.identity import OrgKind, Permission
from domain.kernel.errors import DomainError
from domain.territories import AssignmentRow, Mode, RegionRow

_, actor = guard()
may_change = actor.may(Permission.ASSIGN_TERRITORIES)
AREAS_HELP = "One a line or after commas: DE 20-25, DE 80, GB SW1, or AT for all of Austria"


def read(written: str) -> list[territories.Area] | None:
    try:
        return territories.parse_areas(written)
    except DomainError as refusal:
        st.error(plain(refusal.sentence))
        return None


@guarded_dialog("Draw a region")
def draw_region(rows: list[RegionRow]) -> None:
    with st.form(once("region"), border=False):
        name = st.text_input("Name", max_chars=120)
        names = {row.region_id: row.name for row in rows}
        parent = st.selectbox("Part of (optional)", list(names), format_func=lambda key: names[key], index=None)
        written = st.text_area("Postal codes", help=AREAS_HELP, placeholder="DE 20-25\nDE 80")
        st.caption("The longest beginning decides, so a city can be cut out of a country.")
        if st.form_submit_button("Draw", type="primary"):
            areas = read(written or "")
            if areas is not None and settle(
                territories.create_region, request="region", done=f"{name} is drawn.", name=name or "",
                parent_id=parent, areas=areas,
            ):  # fmt: skip
                st.rerun()


@guarded_dialog("Change the postal codes")
def redraw(row: RegionRow) -> None:
    with st.form(once("areas"), border=False):
        there = "\n".join(words.area(area.country_code, area.first, area.last) for area in row.areas)
        written = st.text_area("Postal codes", there, help=AREAS_HELP, height=160)
        day = st.date_input("From", today() + timedelta(days=1), min_value=today(), format="YYYY-MM-DD")
        reason = st.text_input("Why", max_chars=500)
        st.caption("Days before stay as they were, and can be asked for later.")
        if st.form_submit_button("Change", type="primary"):
            areas = read(written or "")
            if areas is not None and settle(
                territories.set_region_areas, request="areas", done="The region is changed.",
                region_id=row.region_id, areas=areas, valid_from=day, reason=reason or "",
            ):  # fmt: skip
                st.rerun()


@guarded_dialog("Assign a region")
def assign(rows: list[RegionRow], region_id: UUID | None = None) -> None:
    distributors, _ = ask(identity.organizations, kind=OrgKind.DISTRIBUTOR, size=500)
    names, regions = {row.org_id: row.name for row in distributors}, {row.region_id: row.name for row in rows}
    with st.form(once("assign"), border=False):
        keys = list(regions)
        where = st.selectbox(
            "Region", keys, format_func=lambda key: regions[key], index=keys.index(region_id) if region_id else None
        )
        distributor = st.selectbox("Distributor", list(names), format_func=lambda key: names[key], index=None)
        mode = st.segmented_control(
            "How", list(Mode), format_func=words.territory_mode, default=Mode.RESALE, required=True
        )
        is_exclusive = st.toggle("Alone in the region", value=True)
        one, two = st.columns(2)
        first = one.date_input("First day", today(), min_value=today(), format="YYYY-MM-DD")
        last = two.date_input("Last day (optional)", None, min_value=today(), format="YYYY-MM-DD")
        reason = st.text_input("Why", max_chars=500, placeholder="The agreement it rests on")
        if st.form_submit_button("Assign", type="primary"):
            if where is None or distributor is None:
                st.error("Please choose a region and a distributor.")
            elif settle(
                territories.assign_territory, request="assign", done="The region is assigned.", region_id=where,
                distributor_id=distributor, mode=mode or Mode.RESALE, is_exclusive=is_exclusive, valid_from=first,
                valid_to=last + timedelta(days=1) if last else None, reason=reason or "",
            ):  # fmt: skip
                st.rerun()


@guarded_dialog("End an assignment")
def end(row: AssignmentRow) -> None:
    st.markdown(plain(f"{row.distributor_name} serves {row.region_name}, {days(row)}."))
    if row.state == "past":
        st.info("This one is over.")
        return
    with st.form(f"end-{row.assignment_id}", border=False):
        day = st.date_input("First day without it", today(), min_value=today(), format="YYYY-MM-DD")
        reason = st.text_input("Why", max_chars=500)
        if st.form_submit_button("End", type="primary") and settle(
            territories.end_assignment, done="It is ended.", assignment_id=row.assignment_id, valid_to=day,
            reason=reason or "",
        ):  # fmt: skip
            st.rerun()


def days(row: AssignmentRow) -> str:
    if row.valid_to is None:
        return f"from {words.day(row.valid_from)} on"
    if row.valid_to == row.valid_from:
        return "withdrawn before its first day"
    return words.days_from(row.valid_from, row.valid_to)


def draw_assignments(region_id: UUID | None) -> None:
    paged_table(
        "assignments",
        lambda page, size: ask(territories.assignments, region_id=region_id, page=page, size=size),
        [
            Column("Distributor", lambda row: row.distributor_name, "open" if may_change else "text", "medium"),
            Column("Region", lambda row: row.region_name, width="medium"),
            Column("State", lambda row: row.state, "state"),
            Column("Days", days, width="medium"),
            Column("How", lambda row: words.territory_mode(row.mode)),
            Column("Alone", lambda row: "Yes" if row.is_exclusive else "No"),
            Column("Assigned by", lambda row: row.assigned_by or "The system"),
        ],
        on_open=end,
        empty=lambda: empty_state("handshake", "Nobody serves it yet", "Assign a distributor from a day on."),
        alt="Assignments",
        hint="Press a distributor to end its assignment." if may_change else None,
    )


def draw_region_sheet(row: RegionRow) -> None:
    def actions() -> None:
        if may_change:
            if st.button("Change postal codes", icon=":material/edit_location:"):
                redraw(row)
            if st.button("Assign", type="primary", icon=":material/handshake:"):
                assign(rows, row.region_id)

    page_header(row.name, row.parent_name and f"Part of {row.parent_name}", actions,
                back=("Territories", "admin-territories"))  # fmt: skip
    served = ", ".join(row.served_by) or "Nobody of its own" + (
        f", so whoever serves {row.parent_name}" if row.parent_name else ""
    )
    facts_list({"Postal codes today": words.areas(row.areas) or "None", "Served today by": served})
    st.space("small")
    section("Who serves it, and did")
    draw_assignments(row.region_id)


def draw_lookup() -> None:
    section("Whose is a place?", help="By its postal code, today.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        country = st.text_input("Country", "DE", max_chars=2, key="of-country", width=90)
        code = st.text_input("Postal code", max_chars=20, key="of-code", width=160)
    if code and country:
        found = ask(territories.region_of, country=country, postal_code=code)
        row = next((row for row in rows if found and row.region_id == found.region_id), None)
        if row is None:
            st.caption(":material/location_off: No region holds this postal code.")
        else:
            served = ", ".join(row.served_by) or "nobody of its own"
            st.markdown(f":material/location_on: **{plain(row.name)}**, served by {plain(served)}")


rows = ask(territories.regions)
chosen = id_or_none("region")
sheet = next((row for row in rows if row.region_id == chosen), None)
if sheet is not None:
    draw_region_sheet(sheet)
else:

    def actions() -> None:
        if may_change:
            if st.button("Draw a region", icon=":material/add_location_alt:"):
                draw_region(rows)
            if rows and st.button("Assign", type="primary", icon=":material/handshake:"):
                assign(rows)

    page_header("Territories", "The regions of the market, and which distributor serves them", actions)
    shown = tabs_of("territories", {"regions": "Regions", "assignments": "Assignments"})
    if shown == "assignments":
        draw_assignments(None)
    elif not rows:
        empty_state("map", "No region is drawn yet", "Draw one by its postal codes, then say who serves it.")
    else:
        table(
            "regions",
            rows,
            [
                Column("Region", lambda row: row.name, "open", "medium"),
                Column("Part of", lambda row: row.parent_name or "–"),
                Column("Postal codes", lambda row: words.areas(row.areas) or "None", width="medium"),
                Column("Served today by", lambda row: ", ".join(row.served_by) or "–", width="medium"),
            ],
            on_open=lambda row: go("admin-territories", region=row.region_id),
            alt="Regions",
        )
        st.space("small")
        draw_lookup()
