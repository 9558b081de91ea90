"""What files of rows from other programs look like: their encoding, their marks, their headers, their broken lines.

Nothing here knows what the rows mean. Where a file leaves two ways to read it open (1,234 or 03/04/2025) the answer
is None, and whoever asked has to decide or to ask a person.
"""

import codecs
import csv
import hashlib
import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain, pairwise
from pathlib import Path
from typing import IO, Any, Literal

from domain.kernel.errors import Invalid

DayOrder = Literal["ymd", "dmy", "mdy"]
DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT_BYTES = 1 << 18
LONGEST_LINE = 1 << 20
MOST_LINES_IN_A_ROW = 50
_CHUNK = 1 << 20
_NOT_DECOMPOSED = str.maketrans("łŁøØđĐıæÆœŒ", "lLoOdDiaAoO")


def folded(words: str) -> str:
    """Lower case without accents and signs, one blank between words; "OrderDate" is two words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).translate(_NOT_DECOMPOSED)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[\W_]+", " ", bare.casefold()).split())


def decimal_mark(cells: Iterable[str]) -> Literal[".", ","] | None:
    """The decimal mark, or None when every mark could stand for thousands as well."""
    in_doubt = False
    for cell in cells:
        marks = [sign for sign in cell if sign in ".,"]
        if not marks:
            continue
        last: Literal[".", ","] = "." if marks[-1] == "." else ","
        if len(set(marks)) == 2 or (len(marks) == 1 and not re.search(r"[.,][0-9]{3}(?![0-9])", cell)):
            return last
        if len(marks) > 1:
            return "," if last == "." else "."  # 1.234.567
        if re.match(r"[^0-9]*0[.,]", cell):
            return last  # 0.125 is no thousand
        in_doubt = True
    return None if in_doubt else "."


def day_order(cells: Iterable[str]) -> DayOrder | None:
    """What stands first in the dates, or None when no date says it. Who writes dots begins with the day."""
    in_doubt = has_dots = False
    for cell in cells:
        match = re.match(r"([0-9]{1,4})([./-])([0-9]{1,2})[./-]([0-9]{2,4})", cell)
        if not match or len(match[1]) == 4:
            continue
        if int(match[1]) > 12:
            return "dmy"
        if int(match[3]) > 12:
            return "mdy"
        in_doubt, has_dots = True, has_dots or match[2] == "."
    return ("dmy" if has_dots else None) if in_doubt else "ymd"


# --- the file as a whole -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A file of text: how it is encoded, and the hash of its bytes."""

    encoding: str
    sha256: str
    size: int


def look_at(path: Path) -> TextFacts:
    """Read a file once, a piece at a time. Raises `Invalid` for what is no text or has endless lines."""
    digest, size, since_line = hashlib.sha256(), 0, 0
    head, foreign = b"", bytearray()
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            head = head or chunk[:LOOKED_AT_BYTES]
            # A piece is no longer than a line may be, so only one that goes on from piece to piece can be too long.
            ends = [place for place in (chunk.find(b"\n"), chunk.find(b"\r")) if place >= 0]
            if since_line + min(ends, default=len(chunk)) > LONGEST_LINE:
                raise Invalid("This file has a line of more than a million characters, so it is no list.")
            last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            since_line = len(chunk) - last - 1 if ends else since_line + len(chunk)
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if not is_utf8 and len(foreign) < LOOKED_AT_BYTES:
                # Lines in other letters may stand far below; they are what tells the encodings apart.
                lines = (line for line in re.split(rb"[\r\n]+", chunk) if not line.isascii())
                foreign += b"\n".join(lines)[: LOOKED_AT_BYTES - len(foreign)] + b"\n"
    return TextFacts(_encoding(head, bytes(foreign), is_utf8), digest.hexdigest(), size)


def _encoding(head: bytes, foreign: bytes, is_utf8: bool) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    ):  # fmt: skip
        if head.startswith(mark):
            return encoding
    zeros = head.count(0)
    if zeros > len(head) // 5:  # every second byte of Latin text in UTF-16 is zero
        even = head[::2].count(0)
        if min(even, zeros - even) * 20 <= zeros:
            return "utf-16-be" if even > zeros - even else "utf-16-le"
    odd = sum(head.count(sign) for sign in range(32) if sign not in (9, 10, 12, 13, 27))
    if odd > len(head) // 50:
        raise Invalid("This file is not a list that we can read: it is neither text nor a workbook.")
    return "utf-8" if is_utf8 else _likeliest(foreign)


def _likeliest(sample: bytes) -> str:
    """The encoding in which the words look most like words; of equal ones the more usual."""
    mended = sample.decode("utf-8", errors="replace")
    broken = mended.count("\ufffd")
    if broken and sum(not sign.isascii() for sign in mended) - broken > 10 * broken:
        return "utf-8"  # a few broken letters in a file of UTF-8
    usual = ("cp1252", "cp1250", "iso8859-7", "cp1253", "cp1251", "gb18030", "shift_jis", "latin-1")
    return min(usual, key=lambda encoding: _oddness(sample, encoding))


def _oddness(sample: bytes, encoding: str) -> float:
    try:
        words = sample.decode(encoding)
    except UnicodeDecodeError:
        return 1e9 if encoding != "latin-1" else 1e8
    odd = 0.0
    for word in re.findall(r"[^\s,;|\"']+", words):
        if word.isascii():
            continue
        scripts = {_script(sign) for sign in word if sign.isalpha()}
        odd += 3 * (len(scripts) - 1) if len(scripts) > 1 else 0
        odd += sum(0x80 <= ord(sign) < 0xA0 for sign in word) * 3
        # A sign between letters, small before capital, and rows of accented Latin letters are no words.
        for before, sign in pairwise(word):
            odd += 2 * (sign.isalpha() and before in "¹³²¼½¾ª¤¦¬¸¨´¿¡¯¶§±»«·¢£¥")
            odd += 1.5 * (before.islower() and sign.isupper() and not (before.isascii() and sign.isascii()))
        for run in re.findall(r"[\u00c0-\u024f]{3,}", word):
            odd += len(run)
    return odd


def _script(sign: str) -> str:
    name = unicodedata.name(sign, "").split(" ", 1)[0]
    return "LATIN" if name in ("FEMININE", "MASCULINE", "MICRO") else name


# --- rows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dialect:
    """How lines are cut, and into how many cells most of them."""

    delimiter: str = ","
    escape: str | None = None
    width: int = 0


def dialect_of(head: str) -> Dialect:
    """What cuts most lines into the same number of columns, and into the most; first a line `sep=;`, which says so."""
    escape = "\\" if '\\"' in head and '""' not in head.replace('\\""', "") else None
    said = re.match(r"\s*\"?sep=(.)\"?\s*\n", head)
    best = (-1.0, Dialect())
    for delimiter in said[1] if said else DELIMITERS:
        lines = csv.reader(StringIO(head), delimiter=delimiter, escapechar=escape, skipinitialspace=True)
        widths = [len(row) for row in _whole(lines) if row][:500]
        usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width), default=1)
        share = widths.count(usual) / max(len(widths), 1)
        best = max(best, (share * share * (usual - 1), Dialect(delimiter, escape, usual)), key=lambda one: one[0])
    return best[1]


def _whole(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from lines
    except csv.Error:
        return


BROKEN = "\0"  # the one cell of a row whose quotation mark is never closed
_BROKEN_LINE = f"{BROKEN}\n"


def rows(file: IO[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file that was opened with universal newlines, each with the number of its first line.

    A quotation mark that is never closed costs its own line and not the rest of the file: such a row is `[BROKEN]`.
    """
    yield from _one_by_one(_Lines(file, dialect), dialect)


def _one_by_one(lines: "_Lines", dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=dialect.delimiter, escapechar=dialect.escape, skipinitialspace=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield lines.number, [BROKEN]
            continue
        if row:
            yield lines.number, row


BLOCK_SIGNS = 1 << 17  # some thousand usual lines; long ones are fewer


class Block:
    """Rows that stand one after the other, with the numbers of their first lines.

    Lines that need no more than to be cut are cut when it is known how: into columns all at once, or into rows.
    """

    __slots__ = ("_lines", "_mark", "_rows", "numbers")

    def __init__(self, numbers: Sequence[int], *, rows: Sequence[list[Any]] = (), lines: list[str] | None = None,
                 mark: str = "") -> None:  # fmt: skip
        self.numbers, self._rows, self._lines, self._mark = numbers, rows, lines, mark

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self) -> Sequence[list[Any]]:
        if self._lines is None:
            return self._rows
        return [line.removesuffix("\n").split(self._mark) for line in self._lines]

    def columns(self, width: int) -> list[Sequence[Any]] | None:
        """The cells column by column, or None when a row has not so many."""
        if self._lines is None:
            return list(zip(*self._rows, strict=True)) if set(map(len, self._rows)) == {width} else None
        mark = self._mark
        if {line.count(mark) for line in self._lines} != {width - 1}:
            return None
        # No list a row: so many of them keep the collector of garbage busier than the reading.
        cells = "".join(self._lines).removesuffix("\n").replace("\n", mark).split(mark)
        return [cells[place::width] for place in range(width)]

    def from_to(self, start: int, end: int) -> "Block":
        if self._lines is None:
            return Block(self.numbers[start:end], rows=self._rows[start:end])
        return Block(self.numbers[start:end], lines=self._lines[start:end], mark=self._mark)


def blocks(file: IO[str], dialect: Dialect) -> Iterator[Block]:
    """The same rows, many at once: where no quotation mark stays open a block's lines are cut all together."""
    lines = _Lines(file, dialect)
    while given := file.readlines(BLOCK_SIGNS):
        if (block := _cut(given, lines, dialect)) is not None:
            yield block
            continue
        lines.take_back(given)
        numbers, rows = [], []
        for number, row in _one_by_one(lines, dialect):
            numbers.append(number)
            rows.append(row)
            if not lines.has_waiting:
                break
        if rows:
            yield Block(numbers, rows=rows)


def _cut(given: list[str], lines: "_Lines", dialect: Dialect) -> Block | None:
    """A row of each line, or None when a line is none by itself."""
    whole, mark = "".join(given), dialect.delimiter
    if "\0" in whole or (dialect.escape and dialect.escape in whole):
        return None
    if '"' not in whole:
        # As a reader of CSV cuts them, which takes blanks before a cell away, and leaves blank lines empty.
        if f"{mark} " not in whole and "\n " not in whole and "\n\n" not in whole and whole[0] not in " \n":
            return Block(lines.skip(len(given)), lines=given, mark=mark)
    elif any(line.count('"') % 2 for line in given):
        return None
    # A cell that is still open behind the last line would swallow the blank one.
    try:
        rows = list(csv.reader(chain(given, ("\n",)), delimiter=mark, escapechar=dialect.escape, skipinitialspace=True))
    except csv.Error:
        return None
    if len(rows) != len(given) + 1:
        return None
    rows.pop()
    numbers: Sequence[int] = lines.skip(len(given))
    if [] in rows:
        numbers = [number for number, row in zip(numbers, rows, strict=True) if row]
        rows = [row for row in rows if row]
    return Block(numbers, rows=rows)


class _Lines:
    """The lines of a file, those of a cell with line breaks as one; `number` is that of the first of them."""

    def __init__(self, file: IO[str], dialect: Dialect) -> None:
        self.file = file
        self.number = 0
        self._next = 1
        self._waiting: deque[str] = deque()
        self._dialect = dialect

    def __iter__(self) -> Iterator[str]:
        return self

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    def take_back(self, lines: list[str]) -> None:
        """Lines of the file that somebody has read before; they come first."""
        self._waiting.extend(lines)

    def skip(self, lines: int) -> range:
        """So many lines of the file were read by somebody; their numbers."""
        self._next += lines
        return range(self._next - lines, self._next)

    def __next__(self) -> str:
        line = self._read()
        self.number = self._next
        self._next += 1
        # An even number of marks closes all cells, unless one stands within a cell: 6" pan;"and more
        if '"' not in line or (line.count('"') % 2 == 0 and not self._swallows_more(line)) or not self._is_open(line):
            return line
        return self._joined(line)

    def _read(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self.file)
        return line.replace("\0", "") if "\0" in line else line

    def _joined(self, first: str) -> str:
        more: list[str] = []
        while len(more) < MOST_LINES_IN_A_ROW:
            try:
                more.append(self._read())
            except StopIteration:
                break
            whole = first + "".join(more)
            if '"' in more[-1] and not self._is_open(whole):
                # Whole rows within a cell, or letters right behind its end: the mark was a stray one.
                if self._is_proper(whole) and not (more[:-1] and all(map(self._fits, more[:-1]))):
                    self._next += len(more)
                    return whole
                break
        self._waiting.extendleft(reversed(more))
        return _BROKEN_LINE

    def _swallows_more(self, line: str) -> bool:
        """Whether a reader of CSV would go on in the next line; quicker than `_is_open`, and not only of marks."""
        cut = {"delimiter": self._dialect.delimiter, "escapechar": self._dialect.escape}
        try:
            return len(list(csv.reader((line, "\n"), skipinitialspace=True, **cut))) < 2  # type: ignore[arg-type]
        except csv.Error:
            return True

    def _is_open(self, line: str) -> bool:
        """Whether a quoted cell is still open at the end."""
        delimiter, is_open, at_start, place = self._dialect.delimiter, False, True, 0
        while place < len(line):
            sign = line[place]
            if is_open:
                if sign == self._dialect.escape:
                    place += 1
                elif sign == '"':
                    if line[place + 1 : place + 2] == '"':
                        place += 1
                    else:
                        is_open = False
            elif sign == '"' and at_start:
                is_open = True
            at_start = not is_open and (sign == delimiter or (at_start and sign == " "))
            place += 1
        return is_open

    def _is_proper(self, line: str) -> bool:
        try:
            cut = {"delimiter": self._dialect.delimiter, "escapechar": self._dialect.escape}
            list(csv.reader([line], strict=True, skipinitialspace=True, **cut))  # type: ignore[arg-type]
        except csv.Error:
            return False
        return True

    def _fits(self, line: str) -> bool:
        """Whether the line has as many cells as most."""
        return len(next(csv.reader([line], delimiter=self._dialect.delimiter), ())) == self._dialect.width
