"""The files of an order history: what each column must hold, and how they are streamed into temporary tables.

Each row is staged with its line number. A cell that cannot be read is staged as unknown and reported with
file, line and column, so that one pass finds everything.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text

from domain.kernel.errors import Invalid
from domain.kernel.work import Work

SHOWN = 50
BATCH = 2000
CHUNK = 1 << 20

ImportProgress = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: in which file, on which line (the header is line 1), in which column."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}, {self.column}: {self.what}" if self.column else f"{place}: {self.what}"


class BadHistory(Invalid):
    """The folder cannot be imported. `problems` are the first of `count`."""

    def __init__(self, problems: list[Problem], count: int) -> None:
        noun = "problem was" if count == 1 else "problems were"
        super().__init__(f"{count:,} {noun} found, so nothing was imported. The first: {problems[0]}.")
        self.problems = tuple(problems)
        self.count = count


@dataclass(slots=True)
class Found:
    """Problems as they turn up: the first are kept, all are counted. A broken file is not checked further."""

    limit: int = SHOWN
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    broken: set[str] = field(default_factory=set)

    def add(self, file: str, line: int, column: str, what: str) -> None:
        self.count += 1
        if len(self.problems) < self.limit:
            self.problems.append(Problem(file, line, column, what))

    def add_rows(self, file: str, rows: Sequence[Any]) -> None:
        """What a check says: the first rows that are wrong, each with how many there are in all."""
        for row in rows:
            self.add(file, row.line, row.column_name, row.what)
        self.count += rows[0].found - len(rows) if rows else 0

    def breaks(self, file: str, line: int, what: str) -> None:
        self.broken.add(file)
        self.add(file, line, "", what)

    def refuse(self, place: Callable[[Problem], Problem]) -> None:
        if self.count:
            raise BadHistory([place(problem) for problem in self.problems], self.count)


# A reader turns a cell into what COPY understands, None for unknown, or raises ValueError with the reason.
Reader = Callable[[str, tzinfo], "str | None"]

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,13}(\.0*)?")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,12}(\.[0-9]*)?|\.[0-9]+)")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
STATUSES = frozenset({"completed", "open", "cancelled", "returned"})


def words_in(cell: str, zone: tzinfo) -> str | None:
    return cell.translate(_ESCAPED).strip() or None


def _key(cell: str, zone: tzinfo) -> str:
    if not cell.strip():
        raise ValueError("is empty")
    return cell.strip().translate(_ESCAPED)


def whole_in(cell: str) -> str:
    """A whole number as COPY reads it, or ValueError."""
    if not _WHOLE.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a whole number")
    return cell.partition(".")[0]


def number_in(cell: str) -> str:
    """A number with digits and a dot and at most six decimals, or ValueError."""
    if len(_number(cell).partition(".")[2].rstrip("0")) > 6:
        raise ValueError(f"{shown(cell)} has more than six decimals")
    return cell


def price_in(cell: str) -> str:
    """A number that is not negative, or ValueError."""
    if number_in(cell).startswith("-"):
        raise ValueError(f"{shown(cell)} is negative")
    return cell


def of_the_century(year: str) -> str:
    """A year of two digits is one of 1970 to 2069."""
    return year if len(year) == 4 else f"{'20' if int(year) < 70 else '19'}{year}"


def _whole(cell: str, zone: tzinfo) -> str:
    return whole_in(cell)


def _number(cell: str) -> str:
    if not _DECIMAL.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a number with digits and a dot")
    return cell


def _decimal(cell: str, zone: tzinfo) -> str:
    return number_in(cell)


def _price(cell: str, zone: tzinfo) -> str:
    return price_in(cell)


def _list_price(cell: str, zone: tzinfo) -> str | None:
    if cell and _number(cell).startswith("-"):
        raise ValueError(f"{shown(cell)} is negative")
    return cell or None


def _zero_if_empty(cell: str, zone: tzinfo) -> str:
    return _decimal(cell, zone) if cell else "0"


def _price_or_zero(cell: str, zone: tzinfo) -> str:
    return _price(cell, zone) if cell else "0"


def _instant(cell: str, zone: tzinfo) -> str:
    wrong = f"{shown(cell)} is not a date such as 2024-01-31 or 2024-01-31T16:05:00"
    if not _INSTANT.fullmatch(cell):
        raise ValueError(wrong)
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(wrong) from None
    return in_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone), cell)


def in_utc(moment: datetime, cell: str) -> str:
    """The moment that a cell says, as COPY reads it, or ValueError for one of no trade."""
    if not 1900 <= moment.year <= 2100:
        raise ValueError(f"{shown(cell)} is outside of the years 1900 to 2100")
    return moment.astimezone(UTC).isoformat()


def _instant_or_nothing(cell: str, zone: tzinfo) -> str | None:
    return _instant(cell, zone) if cell else None


def _status(cell: str, zone: tzinfo) -> str:
    if cell not in STATUSES:
        raise ValueError(f"{shown(cell)} is none of completed, open, cancelled, returned")
    return cell


def currency_code(cell: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", cell):
        raise ValueError(f"{shown(cell)} is not a currency code of three capital letters")
    return cell


def _currency(cell: str, zone: tzinfo) -> str:
    return currency_code(cell)


def shown(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:40] + "...") if cell else "an empty cell"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: its temporary table, and its columns with their type there and their reader.

    `headers` names the columns that are called otherwise in the file, `absent` those it does not have.
    """

    file: str
    table: str
    columns: tuple[tuple[str, str, Reader], ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[tuple[str, str], ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","

    def header(self, name: str) -> str:
        return self.headers.get(name, name)

    def make_table(self, work: Work) -> None:
        """Make the temporary table anew, empty."""
        kinds = [*((name, kind) for name, kind, _ in self.columns), *self.absent]
        columns = ", ".join(f"{name} {kind}" for name, kind in kinds)
        work.session.execute(text(f"drop table if exists pg_temp.{self.table}"))  # noqa: S608 - our own names
        work.session.execute(text(f"create temporary table {self.table} (line bigint, {columns}) on commit drop"))


SHEETS = (
    Sheet(
        "suppliers.csv",
        "staged_suppliers",
        (("supplier_id", "text", _key), ("name", "text", words_in), ("country", "text", words_in)),
    ),
    Sheet(
        "buyers.csv",
        "staged_buyers",
        (
            ("buyer_id", "text", _key),
            ("name", "text", words_in),
            ("country", "text", words_in),
            ("region", "text", words_in),
            ("registered_at", "timestamptz", _instant_or_nothing),
        ),
    ),
    Sheet(
        "products.csv",
        "staged_products",
        (
            ("product_id", "text", _key),
            ("supplier_id", "text", _key),
            ("sku", "text", words_in),
            ("name", "text", words_in),
            ("category", "text", words_in),
            ("unit", "text", words_in),
            ("list_price", "numeric", _list_price),
        ),
    ),
    Sheet(
        "orders.csv",
        "staged_orders",
        (
            ("order_id", "text", _key),
            ("buyer_id", "text", _key),
            ("ordered_at", "timestamptz", _instant),
            ("status", "text", _status),
            ("currency", "text", _currency),
            ("promised_at", "timestamptz", _instant_or_nothing),
            ("shipped_at", "timestamptz", _instant_or_nothing),
            ("delivered_at", "timestamptz", _instant_or_nothing),
            ("freight", "numeric", _price_or_zero),
        ),
    ),
    Sheet(
        "order_lines.csv",
        "staged_lines",
        (
            ("order_id", "text", _key),
            ("line_no", "bigint", _whole),
            ("product_id", "text", _key),
            ("quantity", "bigint", _whole),
            ("unit_price", "numeric", _price),
            ("line_discount", "numeric", _zero_if_empty),
        ),
    ),
)


class Source(Protocol):
    """Where a history comes from."""

    def digest(self, meaning: str, found: Found) -> str:
        """See that it can be read as text; answers the hash of what it would mean."""

    def stage(self, work: Work, zone: tzinfo, found: Found, tell: ImportProgress) -> None:
        """Fill the five staged tables."""

    def notes(self, work: Work) -> tuple[str, ...]:
        """What the import takes in another way than one may expect."""

    def place(self, problem: Problem) -> Problem:
        """The problem in the words of the files."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The five files in one folder, each of `most` lines at most."""

    path: Path
    most: int | None = None

    def digest(self, meaning: str, found: Found) -> str:
        if not self.path.is_dir():
            raise Invalid(f"There is no folder {self.path}.")
        digest = hashlib.sha256(meaning.encode())
        for sheet in SHEETS:
            digest.update(f"\0{sheet.file}\0".encode())
            if (self.path / sheet.file).is_file():
                look_at(self.path / sheet.file, sheet, digest, found)
            else:
                found.breaks(sheet.file, 0, "the file is missing")
        return digest.hexdigest()

    def stage(self, work: Work, zone: tzinfo, found: Found, tell: ImportProgress) -> None:
        for sheet in SHEETS:
            stage_sheet(work, self.path / sheet.file, sheet, zone, found, tell, self.most)

    def notes(self, work: Work) -> tuple[str, ...]:
        known = {sheet.file for sheet in SHEETS}
        others = sorted(file.name for file in self.path.glob("*.csv") if file.name not in known)
        return (f"{', '.join(others)}: not part of an order history, left out.",) if others else ()

    def place(self, problem: Problem) -> Problem:
        return problem


def look_at(path: Path, sheet: Sheet, digest: "hashlib._Hash", found: Found) -> None:
    """Hash a file, and find the first place at which it is no text."""
    decoder = codecs.getincrementaldecoder(sheet.encoding)()
    number = 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            if sheet.file in found.broken:
                continue
            try:
                words = decoder.decode(chunk)
            except UnicodeDecodeError as problem:
                number += problem.object[: problem.start].count(b"\n")
                found.breaks(sheet.file, number, f"the text is not {sheet.encoding.upper()}")
                continue
            if "\0" in words:
                number += words.partition("\0")[0].count("\n")
                found.breaks(sheet.file, number, "a character that cannot be stored (NUL)")
            number += words.count("\n")


def codec(encoding: str) -> str:
    """How a file of an encoding is read: a mark at the beginning of UTF-8 is no text."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def stage_sheet(
    work: Work,
    path: Path,
    sheet: Sheet,
    zone: tzinfo,
    found: Found,
    tell: ImportProgress,
    most: int | None = None,
) -> None:
    """Stream one file into its temporary table, `most` rows of it at most.

    A cell that cannot be read is staged as unknown and reported.
    """
    names = ", ".join(("line", *(name for name, _, _ in sheet.columns)))
    sheet.make_table(work)
    if sheet.file in found.broken:
        return
    connection: Any = work.session.connection().connection.driver_connection
    size = path.stat().st_size
    with (
        path.open("rb") as raw,
        TextIOWrapper(raw, encoding=codec(sheet.encoding), newline="") as file,
        connection.cursor() as cursor,
        cursor.copy(f"copy pg_temp.{sheet.table} ({names}) from stdin") as copy,
    ):
        batch: list[str] = []
        rows = _rows(csv.reader(file, strict=True, delimiter=sheet.delimiter), sheet, zone, found)
        for number, row in enumerate(rows, 1):
            batch.append(row)
            if most and number > most:
                found.breaks(sheet.file, 0, f"the file has more than {most:,} lines; bring it in part by part")
                break
            if len(batch) == BATCH:
                copy.write("".join(batch))
                batch.clear()
                tell(f"reading {sheet.file}", raw.tell(), size)
        copy.write("".join(batch))
    work.session.execute(text(f"analyze pg_temp.{sheet.table}"))
    tell(f"reading {sheet.file}", size, size)


def _rows(lines: Any, sheet: Sheet, zone: tzinfo, found: Found) -> Iterator[str]:
    """The rows of a file in COPY's text form, each with the number of its first line."""
    try:
        places = _places(next(lines, []), sheet, found)
        if places is None:
            return
        readers = [(name, reader, place) for (name, _, reader), place in zip(sheet.columns, places[1:], strict=True)]
        width, last = places[0], lines.line_num
        for row in lines:
            number, last = last + 1, lines.line_num
            if len(row) != width:
                if row:
                    found.add(sheet.file, number, "", f"{len(row)} columns instead of {width}")
                continue
            values = [str(number)]
            for name, reader, place in readers:
                try:
                    values.append(reader(row[place], zone) or "\\N")
                except ValueError as problem:
                    found.add(sheet.file, number, sheet.header(name), str(problem))
                    values.append("\\N")
            yield "\t".join(values) + "\n"
    except csv.Error as problem:
        found.breaks(sheet.file, lines.line_num, f"the line cannot be read as CSV ({problem})")


def _places(header: list[str], sheet: Sheet, found: Found) -> tuple[int, ...] | None:
    """How wide the file is and where its columns stand, or None when they do not."""
    names = [cell.strip() for cell in header]
    wanted = [sheet.header(name) for name, _, _ in sheet.columns]
    missing = [name for name in wanted if name not in names]
    twice = [name for name in wanted if names.count(name) > 1]
    for name in missing:
        found.add(sheet.file, 1, name, "the column is missing from the header")
    for name in twice:
        found.add(sheet.file, 1, name, "the column stands twice in the header")
    if missing or twice:
        found.broken.add(sheet.file)
        return None
    return (len(names), *(names.index(name) for name in wanted))
