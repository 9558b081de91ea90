"""The audit trail as a table: filters in the address, a row opens with what was before and after, and files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.exports import Sheet
from app.parts import audit_words as said
from app.parts.downloads import export_box
from app.parts.filters import choice
from app.parts.forms import guarded_dialog
from app.parts.header import empty_state, section
from app.parts.lists import facts_list
from app.parts.periods import pick_period, today
from app.parts.tables import Column, paged_table, table
from app.parts.text import plain
from domain.reports import MOST_AUDIT_ROWS, AuditRow

Query = Callable[..., tuple[list[AuditRow], int]]


def audit_table(
    name: str, query: Query, time_zone: str, *, filters: Callable[[], dict[str, Any]], with_organization: bool
) -> None:
    """The filters and the log that fits them; `query(first=, end=, names=, page=, size=, **filters)` is asked."""
    with st.container(horizontal=True):
        chosen, period = pick_period(today(time_zone), default="30d")
        topic = choice(name, "All topics", said.topics(), key="topic", width=200)
        more = filters()
        zone = ZoneInfo(time_zone)
        asked = {
            "first": datetime.combine(period.first, time(), zone).astimezone(UTC),
            "end": datetime.combine(period.end, time(), zone).astimezone(UTC),
            "names": said.names_of(topic),
            **more,
        }
        choices = {"time": chosen, "topic": topic or "all"}

        def sheet() -> Sheet:
            rows, _ = query(**asked, page=1, size=MOST_AUDIT_ROWS)
            return _sheet(rows)

        about = {"Days": words.days_from(period.first, period.end), "Topic": said.topics().get(topic or "", "All")}
        export_box(name, lambda: ([sheet()], about), choices=choices, flat=sheet)
    columns = [
        Column("What happened", said.sentence, "open", 340),
        Column("When", lambda row: words.instant(row.at)),
        Column("Who", said.who, width=140),
    ]
    if with_organization:
        columns.append(Column("Organisation", lambda row: row.org_name or "–", width=190))
    columns += [
        Column("Why", lambda row: row.reason or "–", width="medium"),
        Column("Sealed", lambda row: "Yes" if row.sealed_in else "Soon", help="Sealed rows prove themselves unchanged"),
    ]
    paged_table(
        name,
        lambda page, size: query(**asked, page=page, size=size),
        columns,
        on_open=_show,
        empty=lambda: empty_state("policy", "Nothing happened here", "Choose other days or another topic."),
        alt="Audit log",
        hint="Press a row to see what was before and after.",
        file=sheet,
    )


@guarded_dialog("What happened", width="large")
def _show(row: AuditRow) -> None:
    st.markdown(f"**{plain(said.sentence(row))}**")
    facts = {"When": words.instant(row.at), "Who": said.who(row)}
    if row.org_name:
        facts["Organisation"] = row.org_name
    if row.reason:
        facts["Why"] = row.reason
    with st.grid(2, min_column_width=220):
        facts_list(facts)
        facts_list(dict(said.details(row)) or {"Details": "None"})
    if row.changes:
        section("Before and after")
        table(
            "audit-changes",
            row.changes,
            [
                Column("What", said.field),
                Column("Before", lambda change: said.value(row, change, change.before), width="medium"),
                Column("After", lambda change: said.value(row, change, change.after), width="medium"),
            ],
            alt="What was before and after",
        )
    if row.is_erased:
        st.caption(":material/person_off: What was personal of this event has been erased.")
    seal = f"sealed in batch {words.number(row.sealed_in)}" if row.sealed_in else "waits for the next seal"
    st.caption(plain(f"Event {row.event_id}, {seal}"))


def _sheet(rows: list[AuditRow]) -> Sheet:
    return Sheet(
        "Audit log",
        ("Event", "When (UTC)", "What happened", "Kind", "Who", "Organisation", "Before", "After", "Why", "Details",
         "Sealed in batch"),
        [
            (
                row.event_id, row.at.astimezone(UTC), said.sentence(row), row.name, said.who(row), row.org_name or "",
                _side(row, "before"), _side(row, "after"), row.reason or "",
                "; ".join(f"{name}: {value}" for name, value in said.details(row).items()), row.sealed_in,
            )
            for row in rows
        ],
        ("count", "at", "text", "text", "text", "text", "text", "text", "text", "text", "count"),
    )  # fmt: skip


def _side(row: AuditRow, side: str) -> str:
    return "; ".join(
        f"{said.field(change)}: {said.value(row, change, getattr(change, side))}"
        for change in row.changes
        if getattr(change, side) is not None
    )
