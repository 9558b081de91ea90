"""Workbooks that want to do harm are refused before anything of them is unpacked, and cost the caller next to nothing."""

import resource
import struct
import time
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
import xlsxwriter

from domain.kernel.errors import Invalid
from domain.kernel.workbooks import read_workbook


def archive(fill: Callable[[zipfile.ZipFile], None]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        fill(book)
    return content.getvalue()


def zeros(book: zipfile.ZipFile) -> None:
    with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
        for _ in range(64):
            sheet.write(bytes(1 << 20))


def many(book: zipfile.ZipFile) -> None:
    for number in range(1500):
        book.writestr(f"xl/worksheets/sheet{number}.xml", "<worksheet/>")


def link(book: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("xl/shared")
    entry.external_attr = 0o120777 << 16
    book.writestr(entry, "/etc/passwd")


def echoes() -> bytes:
    """A few kilobytes in which one long text stands in twenty thousand cells."""
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet("P")
    sheet.write_row(0, 0, ["sku"] + ["x"] * 199)
    sheet.merge_range(1, 1, 100, 198, "A" * 32_000)
    sheet.write(100, 199, "z")
    book.close()
    return content.getvalue()


def said_to_be_huge() -> bytes:
    """A directory that says more than there is."""
    content = bytearray(archive(lambda book: book.writestr("xl/worksheets/sheet1.xml", "x" * 9_000)))
    entry = content.rindex(b"PK\1\2")
    content[entry + 24 : entry + 28] = struct.pack("<I", 4_000_000_000)
    return bytes(content)


LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    ) + "]><workbook>&j;</workbook>"
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive(zeros), "far more than a list"),
        (archive(many), "far more than a list"),
        (archive(lambda book: book.writestr("../outside", "x")), "links or paths"),
        (archive(lambda book: book.writestr("/outside", "x")), "links or paths"),
        (archive(link), "links or paths"),
        (said_to_be_huge(), "far more than a list"),
        (echoes(), "far more than a list"),
        (archive(lambda book: book.writestr("[Content_Types].xml", LAUGHS)), "damaged"),
        (b"PK\3\4" + bytes(500), "damaged"),
        (b"PK\5\6" + b"\xff" * 18, "damaged|far more"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged|could not be read"),
    ],
    ids=["zeros", "many", "dots", "root", "link", "lies", "echoes", "laughs", "cut", "end", "ole"],
)
def test_harmful_workbooks_are_refused_in_a_moment(content: bytes, words: str) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Invalid, match=words):
        read_workbook(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB, of this process
    assert time.monotonic() - began < 20


def test_archives_of_other_things_are_no_workbooks() -> None:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("list.csv", "sku,price\n1,2\n")
    with pytest.raises(Invalid, match="no workbook"):
        read_workbook(content.getvalue())


def test_merged_cells_are_spread_and_titles_are_not() -> None:
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet("A")
    sheet.merge_range(0, 0, 0, 2, "A title across the sheet")
    sheet.merge_range(1, 0, 3, 0, "Group")
    sheet.write(3, 2, 2.5)
    book.add_worksheet("B").hide()
    book.close()
    first, second = read_workbook(content.getvalue())
    assert (first.name, first.is_shown, second.name, second.is_shown) == ("A", True, "B", False)
    assert list(first.rows()) == [
        (1, ["A title across the sheet", None, None]), (2, ["Group", None, None]), (3, ["Group", None, None]),
        (4, ["Group", None, 2.5]),
    ]  # fmt: skip
