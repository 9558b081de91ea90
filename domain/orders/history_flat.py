"""One file with a line for each order line, as shops and accounting programs write it: read by a layout.

The layout says how the file is written (encoding, delimiter, decimal mark, order of day and month), which of its
columns is what, and what its words for states mean. The lines are staged as they are, with their numbers, and
become the five sheets of a history inside the database, so that memory does not grow with the file.

Lines with a negative quantity are goods that came back: they become a credit note of the order.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.kernel.errors import Invalid
from domain.kernel.work import Work
from domain.orders import history_flat_sql as sql
from domain.orders.history_files import (
    SHEETS,
    STATUSES,
    Found,
    ImportProgress,
    Problem,
    Reader,
    Sheet,
    currency_code,
    in_utc,
    look_at,
    number_in,
    of_the_century,
    price_in,
    shown,
    stage_sheet,
    whole_in,
    words_in,
)

ENCODINGS = ("utf-8", "cp1252", "utf-16")
DELIMITERS = (",", ";", "\t", "|")
MOST_LINES = 1_000_000

DayOrder = Literal["ymd", "dmy", "mdy"]

# What a line may say, and the type it has in the database.
FIELDS: dict[str, str] = {
    "order_id": "text",
    "ordered_at": "timestamptz",
    "customer_id": "text",
    "customer": "text",
    "country": "text",
    "sku": "text",
    "product": "text",
    "category": "text",
    "unit": "text",
    "quantity": "bigint",
    "unit_price": "numeric",
    "line_discount": "numeric",
    "discount_percent": "numeric",
    "status": "text",
    "currency": "text",
    "promised_at": "timestamptz",
    "shipped_at": "timestamptz",
    "delivered_at": "timestamptz",
}
NEEDED = ("order_id", "ordered_at", "quantity", "unit_price")
EITHER = (("customer_id", "customer"), ("sku", "product"))


class Layout(BaseModel):
    """How a file is written. `columns` names the file's column for each of our fields that it has.

    `currency` is that of lines which name none, `status` that of orders when the file has no such column;
    `statuses` says for each word of the file, in lower case, which of ours it means.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    columns: dict[str, str]
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    day_order: DayOrder = "ymd"
    currency: str = "EUR"
    status: str = "completed"
    statuses: dict[str, str] = {}

    def lacks(self) -> list[tuple[str, ...]]:
        """What a file must have and this one does not: of each group one field is enough."""
        groups = [*((name,) for name in NEEDED), *EITHER]
        return [group for group in groups if not any(self.columns.get(name) for name in group)]


class UnknownLayout(Invalid):
    """The layout does not say what is needed to read the file."""


@dataclass(frozen=True, slots=True)
class FlatFile:
    """The file with its layout, as a source of a history."""

    path: Path
    layout: Layout

    def digest(self, meaning: str, found: Found) -> str:
        _refuse_what_cannot_be_meant(self.layout)
        digest = hashlib.sha256(f"{meaning}\0{self.layout.model_dump_json(exclude={'file'})}\0".encode())
        look_at(self.path, self._sheet(), digest, found)
        return digest.hexdigest()

    def stage(self, work: Work, zone: tzinfo, found: Found, tell: ImportProgress) -> None:
        stage_sheet(work, self.path, self._sheet(), zone, found, tell, most=MOST_LINES)
        for sheet in SHEETS:
            sheet.make_table(work)
        if self.layout.file in found.broken:
            found.broken.update(sheet.file for sheet in SHEETS)
            return
        for statement in sql.UNFOLD:
            work.session.execute(statement, {"currency": self.layout.currency, "status": self.layout.status})
        for query in sql.CHECKS:
            found.add_rows(self.layout.file, work.session.execute(query, {"shown": found.limit}).all())
        for sheet in SHEETS:
            work.session.execute(text(f"analyze pg_temp.{sheet.table}"))

    def notes(self, work: Work) -> tuple[str, ...]:
        seen = work.session.execute(sql.NOTES).one()
        notes = []
        if seen.returns:
            noun = "line" if seen.returns == 1 else "lines"
            notes.append(f"{seen.returns:,} {noun} of returned goods were taken as credit notes.")
        if seen.doubles:
            noun = "line repeats" if seen.doubles == 1 else "lines repeat"
            notes.append(f"{seen.doubles:,} {noun} another one of the same order; all of them were counted.")
        if seen.no_customer_name:
            notes.append("Customers without a name are called by their number.")
        for statement in sql.TIDY:
            work.session.execute(statement)
        return tuple(notes)

    def place(self, problem: Problem) -> Problem:
        if problem.file == self.layout.file:
            column = self._header(problem.column)
            return problem if column == problem.column else Problem(problem.file, problem.line, column, problem.what)
        return Problem(self.layout.file, problem.line, self._header(problem.column), problem.what)

    def _header(self, field: str) -> str:
        either = {"buyer_id": EITHER[0], "product_id": EITHER[1]}.get(field, (field,))
        return next((self.layout.columns[name] for name in either if self.layout.columns.get(name)), field)

    def _sheet(self) -> Sheet:
        layout = self.layout
        named = {name: header for name, header in layout.columns.items() if header}
        readers = _readers(layout)
        return Sheet(
            layout.file,
            "staged_flat",
            tuple((name, kind, readers[name]) for name, kind in FIELDS.items() if name in named),
            headers=named,
            absent=tuple((name, kind) for name, kind in FIELDS.items() if name not in named),
            encoding=layout.encoding,
            delimiter=layout.delimiter,
        )


def _refuse_what_cannot_be_meant(layout: Layout) -> None:
    lacking = layout.lacks()
    if lacking:
        raise UnknownLayout(f"Please say which column is {' or '.join(lacking[0]).replace('_', ' ')}.")
    if stray := sorted(set(layout.columns) - set(FIELDS)):
        raise UnknownLayout(f"There is no field {stray[0]}.")
    headers = [header for header in layout.columns.values() if header]
    if twice := sorted({header for header in headers if headers.count(header) > 1}):
        raise UnknownLayout(f"The column {twice[0]} cannot be two things.")
    if not {layout.status, *layout.statuses.values()} <= STATUSES:
        raise UnknownLayout("A state is one of completed, open, cancelled, returned.")
    if layout.encoding not in ENCODINGS or layout.delimiter not in DELIMITERS:
        raise UnknownLayout("The file is written in a way that cannot be read.")
    currency_code(layout.currency)


# --- cells as this file writes them --------------------------------------------------------------


def _readers(layout: Layout) -> dict[str, Reader]:
    number, moment = _number(layout.decimal), _moment(layout.day_order)

    def numeric(read: Callable[[str], str]) -> Reader:
        return lambda cell, zone: read(number(cell))

    def perhaps(read: Reader) -> Reader:
        return lambda cell, zone: read(cell, zone) if cell.strip() else None

    def status(cell: str, zone: tzinfo) -> str | None:
        word = cell.strip().casefold()
        if not word:
            return None
        if word not in layout.statuses:
            raise ValueError(f"{shown(cell)} has no meaning yet; say which state it is")
        return layout.statuses[word]

    def discount(cell: str) -> str:
        return number_in(cell).removeprefix("-")  # some programs write what is taken off with a minus

    texts: dict[str, Reader] = dict.fromkeys(FIELDS, words_in)
    return texts | {
        "order_id": _key,
        "ordered_at": moment,
        "quantity": numeric(whole_in),
        "unit_price": numeric(price_in),
        "line_discount": perhaps(numeric(discount)),
        "discount_percent": perhaps(lambda cell, zone: discount(number(cell.replace("%", "")))),
        "status": status,
        "currency": perhaps(lambda cell, zone: currency_code(cell.strip().upper())),
        **{name: perhaps(moment) for name in ("promised_at", "shipped_at", "delivered_at")},
    }


def _key(cell: str, zone: tzinfo) -> str:
    found = words_in(cell, zone)
    if found is None:
        raise ValueError("is empty")
    return found


_SPACES = re.compile(r"[\s\u00a0\u202f']")
_MONEY = re.compile(r"^[€$£¥]|[€$£¥]$")


def _number(decimal: str) -> Callable[[str], str]:
    """Turns a number as the file writes it into digits and a dot. Thousands must stand in threes."""
    mark, other = (re.escape(decimal), re.escape("," if decimal == "." else "."))
    grouped = re.compile(rf"[+-]?[0-9]{{1,3}}({other}[0-9]{{3}})+({mark}[0-9]*)?")

    def read(cell: str) -> str:
        bare = _MONEY.sub("", _SPACES.sub("", cell))
        if bare.endswith("-"):
            bare = f"-{bare[:-1]}"
        if grouped.fullmatch(bare):
            bare = bare.replace("," if decimal == "." else ".", "")
        elif ("," if decimal == "." else ".") in bare:
            raise ValueError(f"{shown(cell)} is not a number with the decimal mark {decimal}")
        return bare.replace(decimal, ".")

    return read


_DAY = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[./-]?([0-9]{1,2})[./-]?([0-9]{1,2})")
_CLOCK = re.compile(
    r"[T ,]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?\s*([AaPp][Mm])?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def _moment(day_order: str) -> Reader:
    """Reads days and instants; a year in front is never in doubt, otherwise `day_order` says what stands first."""

    def read(cell: str, zone: tzinfo) -> str:
        words = cell.strip()
        wrong = f"{shown(cell)} is not a date that can be read as {EXAMPLES[day_order]}"
        if first := _YEAR_FIRST.match(words):
            match, (year, month, day) = first, (first[1], first[2], first[3])
        elif (match := _DAY.match(words)) and day_order != "ymd":  # type: ignore[assignment]
            day, month = (match[1], match[2]) if day_order == "dmy" else (match[2], match[1])
            year = of_the_century(match[3])
        else:
            raise ValueError(wrong)
        clock = _CLOCK.fullmatch(words[match.end() :])
        if words[match.end() :] and not clock:
            raise ValueError(wrong)
        try:
            found = _instant(int(year), int(month), int(day), clock, zone)
        except ValueError:
            raise ValueError(wrong) from None
        return in_utc(found, cell)

    return read


EXAMPLES = {"ymd": "2025-12-31", "dmy": "31.12.2025", "mdy": "12/31/2025"}


def _instant(year: int, month: int, day: int, clock: "re.Match[str] | None", zone: tzinfo) -> datetime:
    hour, minute, second = (int(clock[n] or 0) for n in (1, 2, 3)) if clock else (0, 0, 0)
    if clock and clock[4]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if clock[4].lower() == "pm" else 0)
    found = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    if clock and clock[5]:
        found = datetime.fromisoformat(f"{found:%Y-%m-%dT%H:%M:%S}{clock[5]}")
    return found
