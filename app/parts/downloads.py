"""Taking along what a screen shows: as CSV, or as a spreadsheet with a sheet per table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from app import sign_in
from app.bridge import later, quietly
from app.exports import CSV, XLSX, Sheet, as_csv, as_xlsx, file_name
from domain import reports

Made = tuple[Sequence[Sheet], Mapping[str, str]]


def export_box(name: str, sheets: Callable[[], Made], *, choices: Mapping[str, str], flat: Callable[[], Sheet]) -> None:
    """A box with both forms of a screen's tables; a file is made when it is asked for, and that is written down.

    `sheets` are the tables of the spreadsheet with what is said about them, `flat` is all of it in one table.
    """
    if _is_looking():
        return
    stem = "-".join([name, *choices.values()])
    with st.popover("Export", icon=":material/download:", key=f"export-{name}"):
        st.caption("What this screen shows, with all rows.")

        def spreadsheet() -> bytes:
            tables, about = sheets()
            made = as_xlsx(tables, about)
            _note(name, "xlsx", sum(len(table.rows) for table in tables), choices)
            return made

        def plain_file() -> bytes:
            table = flat()
            made = as_csv(table)
            _note(name, "csv", len(table.rows), choices)
            return made

        st.download_button(
            "Spreadsheet (XLSX)", later(spreadsheet), file_name(stem, ending="xlsx"), XLSX, key=f"xlsx-{name}",
            on_click="ignore", icon=":material/table:", width="stretch",
        )  # fmt: skip
        st.download_button(
            "Plain (CSV)", later(plain_file), file_name(stem, ending="csv"), CSV, key=f"csv-{name}",
            on_click="ignore", icon=":material/description:", width="stretch",
        )  # fmt: skip


def rows_button(
    name: str, table: Callable[[], Sheet], *, choices: Mapping[str, str], label: str = "CSV"
) -> None:
    """A quiet button below a table that takes all of its rows along as CSV; `name` is unique on the screen.

    `choices` say which rows these were, for whoever reads later what was taken along.
    """

    if _is_looking():
        return

    def made() -> bytes:
        sheet = table()
        _note(name, "csv", len(sheet.rows), choices)
        return as_csv(sheet)

    st.download_button(
        label, later(made), file_name(name, ending="csv"), CSV, key=f"rows-{name}", on_click="ignore",
        type="tertiary", icon=":material/download:", help="All rows of this table, on every page of it",
    )  # fmt: skip


def _is_looking() -> bool:
    """Who looks through somebody else's eyes takes nothing along; the command that notes a file says no as well."""
    here = sign_in.here()
    return here is not None and here[1].is_looking


def _note(what: str, format: Literal["csv", "xlsx"], rows: int, choices: Mapping[str, str]) -> None:
    quietly(reports.record_export, what=what, format=format, rows=rows, choices=choices)
