"""Where the rows of an upload come from: a file of text or a workbook, looked at once and then read as a stream."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from domain.kernel import delimited, workbooks
from domain.kernel.delimited import Block, Dialect
from domain.kernel.errors import Invalid
from domain.kernel.workbooks import Cell, Page

LARGEST_TEXT = 200 * 1024 * 1024
MOST_COLUMNS = 200
_BLOCK = 2000  # rows of a workbook

Rows = Iterator[tuple[int, list[Cell]]]


@dataclass(frozen=True, slots=True)
class Source:
    """A file whose rows can be read again and again; `pages` are the sheets of a workbook, `page` the one meant."""

    path: Path
    sha256: str
    size: int
    encoding: str = ""
    dialect: Dialect = Dialect()
    pages: tuple[Page, ...] = ()
    page: int = 0

    @property
    def is_workbook(self) -> bool:
        return bool(self.pages)

    def rows(self) -> Rows:
        """The rows that are not blank, each with its line in the file."""
        if self.is_workbook:
            yield from self.pages[self.page].rows()
            return
        with self.path.open(encoding=self.encoding, errors="replace") as file:
            yield from delimited.rows(file, self.dialect)  # type: ignore[misc]

    def blocks(self) -> Iterator[Block]:
        """The same rows, many at once."""
        if self.is_workbook:
            rows = self.rows()
            while block := list(islice(rows, _BLOCK)):
                yield Block([line for line, _ in block], rows=[cells for _, cells in block])
            return
        with self.path.open(encoding=self.encoding, errors="replace") as file:
            yield from delimited.blocks(file, self.dialect)

    def on_page(self, page: int) -> "Source":
        return replace(self, page=page)

    def with_text(self, encoding: str | None, delimiter: str | None) -> "Source":
        """As a person says that the text is to be read."""
        dialect = self.dialect if delimiter is None else replace(self.dialect, delimiter=delimiter)
        return replace(self, encoding=encoding or self.encoding, dialect=dialect)


def open_list(path: Path) -> Source:
    """Look at a file. Raises `Invalid` for what is empty, too large, no list or dangerous to open."""
    size = path.stat().st_size
    if not size:
        raise Invalid("This file is empty.")
    with path.open("rb") as file:
        head = file.read(8)
    if workbooks.is_workbook(head):
        if size > workbooks.LARGEST_BYTES:
            raise Invalid("This workbook is larger than 50 MB. Please save the list as CSV, or in parts.")
        content = path.read_bytes()
        pages = tuple(workbooks.read_workbook(content))
        if not any(page.width for page in pages):
            raise Invalid("This workbook has no sheet with rows.")
        if any(page.width > MOST_COLUMNS for page in pages if page.is_shown):
            raise Invalid(f"A sheet of this workbook has more than {MOST_COLUMNS} columns, so it is no price list.")
        return Source(path, hashlib.sha256(content).hexdigest(), size, pages=pages)
    if size > LARGEST_TEXT:
        raise Invalid("This file is larger than 200 MB. Please bring it in part by part.")
    facts = delimited.look_at(path)
    try:
        with path.open(encoding=facts.encoding, errors="replace") as file:
            head_text = file.read(delimited.LOOKED_AT_BYTES)
    except UnicodeError:  # a mark of UTF-16 and nothing of it
        raise Invalid("This file is not a list that we can read: its letters are damaged.") from None
    if len(head_text) == delimited.LOOKED_AT_BYTES:
        head_text = head_text[: head_text.rfind("\n") + 1] or head_text
    if not head_text.strip("\ufeff \t\r\n\0"):
        raise Invalid("This file is empty.")
    dialect = delimited.dialect_of(head_text)
    if dialect.width > MOST_COLUMNS:
        raise Invalid(f"This file has more than {MOST_COLUMNS} columns, so it is no price list.")
    return Source(path, facts.sha256, size, facts.encoding, dialect)
