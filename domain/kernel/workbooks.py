"""Workbooks (XLSX, XLSB, XLS, ODS) as rows of plain cells.

A workbook is an archive, and an archive can be a bomb: its directory is looked at before anything is unpacked, and it
is taken apart in a confined child. Calamine reads it, which is no XML parser of Python's and expands no entities.
"""

import datetime
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from domain.kernel.confined import confined
from domain.kernel.errors import Invalid

LARGEST_BYTES = 50 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 100
MOST_FILES = 1000
MOST_SHEETS = 20
MOST_ROWS = 200_000
MOST_CELLS = 8_000_000
MOST_WORDS = 300 * 1024 * 1024  # bytes of all rows: one long text may stand in many cells and be written down once

TOO_MUCH = "This file unpacks to far more than a list of products would; it was not opened."

Cell = str | int | float | bool | datetime.date | None

_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Page:
    """One worksheet: its name, whether it is shown, and its rows."""

    name: str
    is_shown: bool
    width: int
    packed: bytes

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """The rows that are not blank, each with its number; of a merged cell every part holds the value."""
        for line in _unpacked(self.packed):
            number, cells = json.loads(line)
            yield number, [datetime.date.fromisoformat(cell[0]) if type(cell) is list else cell for cell in cells]


def _unpacked(packed: bytes) -> Iterator[bytes]:
    """Line by line, never all of it at once."""
    unpack, rest = zlib.decompressobj(), b""
    for start in range(0, len(packed), 1 << 14):
        *lines, rest = (rest + unpack.decompress(packed[start : start + (1 << 14)])).split(b"\n")
        yield from lines


def is_workbook(head: bytes) -> bool:
    """Whether these are the first bytes of a workbook, or of any archive."""
    return head.startswith((_ZIP, _OLE))


def read_workbook(content: bytes) -> list[Page]:
    """The worksheets of a workbook, in its order.

    Raises `Invalid` for what is too large, packed too tightly, protected by a password or damaged.
    """
    if len(content) > LARGEST_BYTES:
        raise Invalid("This workbook is larger than 50 MB. Please save the list as CSV, or in parts.")
    if content.startswith(_ZIP):
        check_archive(content)
    answer = confined(pages, content, memory_mb=1536, cpu_s=60, wall_s=90)
    return [
        Page(name, is_shown, width, answer[str(place)])
        for place, (name, is_shown, width) in enumerate(answer["pages"])
    ]  # fmt: skip


def check_archive(content: bytes) -> None:
    """Look at the directory of a workbook before anything is unpacked. Raises `Invalid`."""
    end = content.rfind(b"PK\5\6")
    if end < 0 or len(content) < end + 22:
        raise Invalid("This workbook is damaged. Please open it in your spreadsheet program and save it again.")
    # The number of members as the directory's end tells it, before a directory of millions is read.
    if struct.unpack("<H", content[end + 10 : end + 12])[0] > MOST_FILES:
        raise Invalid(TOO_MUCH)
    try:
        members = zipfile.ZipFile(BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, struct.error):
        raise Invalid(
            "This workbook is damaged. Please open it in your spreadsheet program and save it again."
        ) from None
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if len(members) > MOST_FILES or unpacked > LARGEST_UNPACKED or unpacked > MOST_RATIO * max(packed, 10_000):
        raise Invalid(TOO_MUCH)
    for one in members:
        is_link = (one.external_attr >> 16) & 0o170000 == 0o120000
        if is_link or one.filename.startswith(("/", "\\")) or ".." in one.filename.replace("\\", "/").split("/"):
            raise Invalid("This archive holds links or paths out of it; it was not opened.")
        if one.flag_bits & 1:
            raise Invalid("This file is protected by a password. Please save it without one.")
    names = {one.filename for one in members}
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise Invalid("This is an archive and no workbook. Please unpack it and take the list in it.")


def pages(content: bytes) -> dict[str, Any]:
    """The worksheets as JSON lines, packed; runs in a confined child."""
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        book = load_workbook(BytesIO(content))
        sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet][:MOST_SHEETS]
        found: list[tuple[str, bool, int]] = []
        answer: dict[str, Any] = {"pages": found}
        cells = words = 0
        for place, one in enumerate(sheets):
            sheet = book.get_sheet_by_name(one.name)
            cells += sheet.total_height * sheet.total_width
            if sheet.total_height > MOST_ROWS or cells > MOST_CELLS:
                raise Invalid(f"This workbook has more than {MOST_ROWS:,} rows. Please save the list as CSV.")
            lines = sheet.to_python(skip_empty_area=False)
            width = len(lines[0]) if lines else 0
            _spread(lines, sheet.merged_cell_ranges or [], width)
            packed, parts = zlib.compressobj(1), list[bytes]()
            for number, line in enumerate(lines, 1):
                if any(cell != "" for cell in line):
                    written = json.dumps([number, [_plain(cell) for cell in line]]).encode() + b"\n"
                    words += len(written)
                    if words > MOST_WORDS:
                        raise Invalid(TOO_MUCH)
                    parts.append(packed.compress(written))
            answer[str(place)] = b"".join([*parts, packed.flush()])
            found.append((one.name, one.visible == SheetVisibleEnum.Visible, width))
    except PasswordError:
        raise Invalid("This workbook is protected by a password. Please save it without one.") from None
    except (CalamineError, OSError, ValueError, OverflowError):
        raise Invalid(
            "This workbook is damaged or of an old kind. Please save it as XLSX or CSV and try again."
        ) from None
    return answer


def _spread(lines: list[list[Any]], merged: list[Any], width: int) -> None:
    """Give every part of a merged cell its value, but not across the whole sheet: that is a title."""
    for (top, left), (bottom, right) in merged:
        value = lines[top][left] if top < len(lines) and left < len(lines[top]) else ""
        last = right if right - left + 1 < width else left
        if value == "" or (bottom - top + 1) * (last - left + 1) > 100_000:
            continue
        for line in lines[top : bottom + 1]:
            line[left : last + 1] = [value] * (last - left + 1)


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, datetime.datetime | datetime.date):
        return [cell.isoformat()[:10]]
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode().replace("\0", "") if cell else None
    return cell if isinstance(cell, int | float | bool) else str(cell)
