"""Files of what stands on a screen: CSV for programs, XLSX for people.

A file holds all rows or is refused, never a part of them, and says at its end how many there are. Text is
made safe for spreadsheets (`as_cell`), and a spreadsheet gets it as text, never as a formula. Amounts are
exact in CSV; in XLSX they are numbers, which hold fifteen digits, in the format of their currency.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from domain.kernel.errors import Invalid
from domain.kernel.exports import as_cell
from domain.kernel.money import minor_unit, rounded

# A sheet ends at 1,048,576 rows; long before that a spreadsheet of this size is no longer read by people.
LARGEST_SHEET = 100_000
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WIDEST = 48
_FORMATS = {"share": "0.00%", "count": "#,##0", "number": "#,##0.00##", "day": "yyyy-mm-dd", "at": "yyyy-mm-dd hh:mm"}


class TooLarge(Invalid):
    """More rows than the format can hold in a way that people can use."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a file. `kinds` says how a column is written: "text", "money", "share" (0 to 1), "count",
    "number", "day" or "at"; a cell of its own may say so by being a `Cell`."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    kinds: tuple[str, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that is written otherwise than the rest of its column."""

    value: Any
    kind: str
    currency: str | None = None


def as_csv(sheet: Sheet, *, notes: Iterable[str] = ()) -> bytes:
    """One table as CSV in UTF-8 with the mark that spreadsheets look for; the last line counts the rows."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([as_cell(title) for title in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_plain(cell, *_kind(sheet, c, cell)) for c, cell in enumerate(row)])
    writer.writerow([f"# {counted(sheet)}"])
    for note in notes:
        writer.writerow([f"# {note}"])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Sequence[Sheet], about: Mapping[str, str]) -> bytes:
    """A sheet per table and a last one, "About", that says what was asked and what the figures mean.

    Raises: TooLarge.
    """
    # A large library for few requests: read when the first file is asked for.
    import xlsxwriter

    for sheet in sheets:
        if len(sheet.rows) > LARGEST_SHEET:
            raise TooLarge(f"A spreadsheet takes up to {LARGEST_SHEET:,} rows, and these are {len(sheet.rows):,}.")
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats: dict[tuple[str, str | None], Any] = {}

    def format_of(kind: str, currency: str | None) -> Any:
        key = kind, currency if kind == "money" else None
        if key not in formats:
            digits = minor_unit(currency) if currency else 2
            money = "#,##0" + ("." + "0" * digits if digits else "")
            formats[key] = book.add_format({"num_format": money if kind == "money" else _FORMATS.get(kind, "@")})
        return formats[key]

    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    quiet = book.add_format({"font_color": "#64748B"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    taken: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(_title(sheet.title, taken))
        page.freeze_panes(1, 0)
        widths = [min(len(title), 20) for title in sheet.columns]
        for c, title in enumerate(sheet.columns):
            page.write_string(0, c, as_cell(title), head)
        for r, row in enumerate(sheet.rows, 1):
            for c, cell in enumerate(row):
                style = format_of(*_kind(sheet, c, cell))
                widths[c] = max(widths[c], _write(page, r, c, cell.value if isinstance(cell, Cell) else cell, style))
        page.write_string(len(sheet.rows) + 1, 0, counted(sheet), quiet)
        for c, width in enumerate(widths):
            page.set_column(c, c, min(width, _WIDEST) + 2)
        if sheet.rows:
            page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    page = book.add_worksheet(_title("About", taken))
    for r, (name, words) in enumerate(about.items()):
        page.write_string(r, 0, as_cell(name), head)
        page.write_string(r, 1, as_cell(words), wrapped)
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 110)
    book.close()
    return out.getvalue()


def counted(sheet: Sheet) -> str:
    """ "1 row", "1,204 rows"."""
    return f"{len(sheet.rows):,} row{'' if len(sheet.rows) == 1 else 's'}"


def file_name(*parts: object, ending: str) -> str:
    """ "orders-2026-11-01-2026-11-30.csv" from parts that people typed or chose."""
    words = "-".join(str(part) for part in parts if part not in (None, ""))
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in words).lower()
    return "-".join(part for part in kept.split("-") if part)[:120] + f".{ending}"


def _kind(sheet: Sheet, column: int, cell: Any) -> tuple[str, str | None]:
    """How a cell is written, and in which currency."""
    if isinstance(cell, Cell):
        return cell.kind, cell.currency or sheet.currency
    return sheet.kinds[column] if column < len(sheet.kinds) else "text", sheet.currency


def _plain(cell: Any, kind: str, currency: str | None) -> str:
    value = cell.value if isinstance(cell, Cell) else cell
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{rounded(value, currency) if kind == 'money' and currency else value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date | int | float):
        return str(value)
    return as_cell(str(value))


def _write(page: Any, r: int, c: int, value: Any, style: Any) -> int:
    """Write one cell with its type; returns how wide it stands."""
    if value is None:
        return 0
    if isinstance(value, bool):
        page.write_boolean(r, c, value)
        return 5
    if isinstance(value, Decimal | int | float):
        page.write_number(r, c, float(value), style)
        return len(f"{value:,.2f}")
    if isinstance(value, datetime):
        # Spreadsheets know no zones: instants are written in UTC, and "About" says so.
        page.write_datetime(r, c, value.astimezone(UTC).replace(tzinfo=None), style)
        return 16
    if isinstance(value, date):
        page.write_datetime(r, c, value, style)
        return 10
    text = as_cell(str(value))
    page.write_string(r, c, text)
    return len(text)


def _title(title: str, taken: set[str]) -> str:
    """A name that a sheet may have: up to 31 letters, none of []:*?/\\, and not twice."""
    kept = "".join(" " if letter in "[]:*?/\\" else letter for letter in title).strip("' ")[:28] or "Sheet"
    name, n = kept, 2
    while name.lower() in taken:
        name, n = f"{kept} {n}", n + 1
    taken.add(name.lower())
    return name
