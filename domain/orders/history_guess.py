"""What a file of past sales looks like: a first guess at its layout, for a person to look over.

Headers are compared with the words that programs in several languages use. Where the file leaves two ways to
read it open (1,234 or 03/04/2025), that is said as a doubt and left to the person.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

from domain.kernel.delimited import day_order as find_day_order
from domain.kernel.delimited import decimal_mark, folded
from domain.orders.history_files import codec
from domain.orders.history_flat import DELIMITERS, Layout
from domain.orders.history_words import FIELD_OF, STATE_OF

LOOKED_AT_BYTES = 1 << 20
LOOKED_AT_ROWS = 3000
MOST_WORDS = 40

Doubt = Literal["decimal", "day_order", "delimiter"]


@dataclass(frozen=True, slots=True)
class Guess:
    """A layout to begin with, the file's header and first rows, and what the file leaves open."""

    layout: Layout
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    doubts: frozenset[Doubt]


def guess_layout(
    file: BinaryIO,
    *,
    name: str,
    currency: str = "EUR",
    encoding: str | None = None,
    delimiter: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Guess:
    """Look at the beginning of a file of past sales. What is given is taken as it is, and the rest follows from it."""
    encoding = encoding or encoding_of(file)
    file.seek(0)
    words = _text(file.read(LOOKED_AT_BYTES), encoding)
    sure = delimiter or _delimiter(words)
    found = list(_rows(io.StringIO(words, newline=""), sure or ","))
    header = tuple(cell.strip() for cell in found[0]) if found else ()
    rows = tuple(tuple(row) for row in found[1 : LOOKED_AT_ROWS + 1] if any(row))
    fields = dict(columns) if columns is not None else guess_columns(header)
    decimal, day_order = (
        decimal_mark(_cells(header, rows, fields, "unit_price", "line_discount", "quantity")),
        find_day_order(_cells(header, rows, fields, "ordered_at", "promised_at", "shipped_at", "delivered_at")),
    )
    doubts: set[Doubt] = set()
    if not sure:
        doubts.add("delimiter")
    if not decimal:
        doubts.add("decimal")
    if not day_order:
        doubts.add("day_order")
    layout = Layout(
        file=name, columns=fields, encoding=encoding, delimiter=sure or ",", decimal=decimal or ".",
        day_order=day_order or "dmy", currency=currency,
    )  # fmt: skip
    return Guess(layout, header, rows, frozenset(doubts))


def words_in_column(file: BinaryIO, layout: Layout, column: str) -> tuple[str, ...]:
    """The different words of one column of the whole file, in lower case; the first forty."""
    file.seek(0)
    lines = io.TextIOWrapper(file, encoding=codec(layout.encoding), errors="replace", newline="")
    try:
        rows = _rows(lines, layout.delimiter)
        header = [cell.strip() for cell in next(rows, [])]
        if column not in header:
            return ()
        place, found = header.index(column), dict[str, None]()
        for row in rows:
            if len(row) > place and (word := row[place].strip().casefold()):
                found[word] = None
                if len(found) == MOST_WORDS:
                    break
        return tuple(found)
    finally:
        lines.detach()


def guess_state(word: str) -> str | None:
    """Which of our states a word of a file means, if it is a usual one."""
    return STATE_OF.get(folded(word))


def guess_columns(header: Iterable[str]) -> dict[str, str]:
    """Which column of the file is which of our fields; a header is one field at most and a field one header."""
    found: dict[str, str] = {}
    left = []
    for name in dict.fromkeys(header):
        field = FIELD_OF.get(folded(name))
        if field == "line_discount" and "%" in name:
            field = "discount_percent"
        if field and field not in found:
            found[field] = name
        elif name:
            left.append(name)
    for name in left:  # "Order Date (UTC)", "Net price EUR": the longest of our words that it holds
        held = [word for word in FIELD_OF if f" {word} " in f" {folded(name)} " and FIELD_OF[word] not in found]
        if held:
            found[FIELD_OF[max(held, key=len)]] = name
    return found


def encoding_of(file: BinaryIO) -> str:
    """UTF-16 by its mark; UTF-8 if the whole file is; else what Windows writes in Western Europe."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    while chunk := file.read(LOOKED_AT_BYTES):
        if first and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        first = False
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _text(head: bytes, encoding: str) -> str:
    """The whole lines at the beginning of the file."""
    words = head.decode(codec(encoding), errors="replace")
    return words if len(head) < LOOKED_AT_BYTES else words[: words.rfind("\n") + 1]


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        return  # what cannot be read is told with its line when the file is checked


def _delimiter(words: str) -> str | None:
    """What cuts the first lines into the same number of columns, and into the most."""
    best: tuple[int, str] | None = None
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _rows(io.StringIO(words[:65536], newline=""), delimiter) if row][:50]
        even = widths[:-1] or widths  # the last one may be cut
        if even and even[0] > 1 and sum(width == even[0] for width in even) >= 0.8 * len(even):
            best = max(best or (0, ""), (even[0], delimiter))
    return best[1] if best else None


def _cells(
    header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], columns: Mapping[str, str], *fields: str
) -> list[str]:
    places = [header.index(columns[field]) for field in fields if columns.get(field) in header]
    return [row[place].strip() for row in rows for place in places if len(row) > place and row[place].strip()]
