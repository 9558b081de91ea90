"""Lines of article numbers and quantities as people paste them: which part is which is guessed for the whole text."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.kernel.quantities import LARGEST

MOST_LINES = 1000
MOST_SIGNS = 400_000  # of all lines together; more is not looked at
LONGEST_LINE = 400  # what stands further to the right is no number and no quantity
_SEPARATORS = ("\t", ";", "|", ",")
_NUMBER = re.compile(
    r"^\s*(\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d+)(?:[.,]0+)?\s*(?:[x×*]\s*)?([^\W\d_][\w \-]*)?\.?\s*$"
)
_LEADING = re.compile(r"^\s*(\d+)\s*[x×*]\s+(\S.*)$", re.I)
_TRAILING = re.compile(r"^\s*(\S.*?)\s+[x×*]?\s*(\d+)\s*([^\W\d_][\w\-]*)?\s*$", re.I)
# Words of people for base units, and what a heading calls its columns.
UNITS = frozenset({"", "x", "pc", "pcs", "piece", "pieces", "ea", "each", "unit", "units", "stk", "stück", "st"})
_HEADING = re.compile(r"\b(sku|article|artikel|item|code|gtin|ean|barcode|qty|quantity|menge|anzahl|amount)\b", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line: what was asked for, how many of it, in which pack (empty: base units), or `why` it is unreadable."""

    line_no: int
    typed: str
    code: str = ""
    count: int = 0
    pack: str = ""
    words: str = ""
    why: str | None = None


def parse_lines(pasted: str) -> list[Asked]:
    """Each line that is not empty, in order; a heading is left out.

    Lines are cut and blanks within a cell are one, since the patterns look at a row of blanks again from each of them.
    """
    lines = [(number, line.strip("\r")) for number, line in enumerate(pasted.lstrip("\ufeff").split("\n"), 1)]
    lines = [(number, line[:LONGEST_LINE]) for number, line in lines if line.strip()]
    separator = _separator([line for _, line in lines])
    rows = [(number, line, _cells(line, separator)) for number, line in lines]
    if rows and _HEADING.search(rows[0][1]) and not any(_NUMBER.match(cell) for cell in rows[0][2]):
        rows = rows[1:]
    place = _quantity_column([cells for _, _, cells in rows if len(cells) > 1])
    return [_asked(number, line, cells, place) for number, line, cells in rows]


def _separator(lines: Sequence[str]) -> str | None:
    """What stands in most lines, the same number of times."""
    for separator in _SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        counts.pop(0, None)
        if counts and sum(counts.values()) * 2 > len(lines):
            return separator
    return None


def _cells(line: str, separator: str | None) -> list[str]:
    parts = line.split(separator) if separator else [line]
    return [" ".join(part.split()).strip('"').strip() for part in parts]


def _quantity_column(rows: Sequence[Sequence[str]]) -> int | None:
    """The column that reads as a quantity most often; of two, the one with the shorter numbers: barcodes are long."""
    width = max((len(cells) for cells in rows), default=0)
    best: tuple[int, int, int] | None = None
    for column in range(width):
        found = [cells[column] for cells in rows if column < len(cells) and _NUMBER.match(cells[column])]
        if found:
            longest = sorted(len(cell.split()[0]) for cell in found)[len(found) // 2]
            key = (len(found), -longest, column)
            best = max(best, key) if best else key
    return best[2] if best else None


def _asked(number: int, line: str, cells: Sequence[str], place: int | None) -> Asked:
    typed = line.strip()[:200]
    if len(cells) > 1 and place is not None:
        given = cells[place] if place < len(cells) else ""
        others = [cell for column, cell in enumerate(cells) if column != place and cell]
        code, words = (others[0], " ".join(others[1:])) if others else ("", "")
        found = _NUMBER.match(given)
        if found is None:
            why = f"“{given}” is not a quantity." if given else "There is no quantity."
            return Asked(number, typed, code[:80], words=words[:200], why=why)
        return _counted(Asked(number, typed, code[:80], words=words[:200]), found[1], found[2] or "")
    one = cells[0] if cells else ""
    if leading := _LEADING.match(one):
        return _counted(Asked(number, typed, leading[2].strip()[:80]), leading[1], "")
    if trailing := _TRAILING.match(one):
        return _counted(Asked(number, typed, trailing[1].strip()[:80]), trailing[2], trailing[3] or "")
    return Asked(number, typed, one[:80], why="There is no quantity.")


def _counted(asked: Asked, digits: str, pack: str) -> Asked:
    count = int(re.sub(r"\D", "", digits))
    why = None
    if not asked.code:
        why = "There is no article number."
    elif not 0 < count <= LARGEST:
        why = "The quantity must be 1 or more."
    pack = " ".join(pack.lower().split())
    pack = "" if pack in UNITS else pack
    return Asked(asked.line_no, asked.typed, asked.code, count, pack, asked.words, why)
