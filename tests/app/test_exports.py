"""Files of what a screen shows: read back they say what went in, with types, and no cell is a formula."""

import csv
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from xml.etree import ElementTree

import pytest

from app import exports
from app.exports import Cell, Sheet, TooLarge, as_csv, as_xlsx, file_name
from app.parts.tables import every_row
from domain.kernel.errors import Conflict

D = Decimal
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
FORMULA = '=HYPERLINK("http://x.example","pay here")'
ROWS = [
    ("P100-1", D("1234.5600"), D("0.125"), 3, date(2026, 11, 24), datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
    (FORMULA, D("-0.01"), None, 0, None, None),
]
SHEET = Sheet(
    "Orders", ("Order", "Amount", "Share", "Lines", "Day", "Booked"), ROWS,
    ("text", "money", "share", "count", "day", "at"), "EUR",
)  # fmt: skip


def read_csv(file: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(file.decode("utf-8-sig"), newline="")))


def read_xlsx(file: bytes) -> dict[str, list[list[object]]]:
    """Every sheet by its name, with numbers as numbers; the parts of the format that we write."""
    with zipfile.ZipFile(BytesIO(file)) as book:
        strings = [
            "".join(part.itertext())
            for part in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).findall("m:si", NS)
        ]
        names = [sheet.attrib["name"] for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(
            f"{{{NS['m']}}}sheet")]  # fmt: skip
        found: dict[str, list[list[object]]] = {}
        for n, name in enumerate(names, 1):
            page = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{n}.xml"))
            assert page.find(".//m:f", NS) is None, "a cell is a formula"
            found[name] = [
                [
                    strings[int(value)] if cell.attrib.get("t") == "s" else float(value)
                    for cell in row.findall("m:c", NS)
                    if (value := cell.findtext("m:v", namespaces=NS)) is not None
                ]
                for row in page.iter(f"{{{NS['m']}}}row")
            ]
        return found


def test_csv_has_exact_amounts_a_count_and_no_formula() -> None:
    head, first, second, count, note = read_csv(as_csv(SHEET, notes=["As of now"]))
    assert head == list(SHEET.columns)
    assert first == ["P100-1", "1234.56", "0.125", "3", "2026-11-24", "2026-11-24T09:30:00+00:00"]
    assert second == [f"'{FORMULA}", "-0.01", "", "0", "", ""]
    assert (count, note) == (["# 2 rows"], ["# As of now"])


def test_a_spreadsheet_has_typed_cells_a_count_and_says_what_it_is() -> None:
    sheets = read_xlsx(as_xlsx([SHEET, SHEET], {"Days": "2026-11", FORMULA: FORMULA}))
    assert list(sheets) == ["Orders", "Orders 2", "About"]
    assert sheets["Orders"][0] == list(SHEET.columns)
    # Days are counted from the end of 1899, as spreadsheets do.
    assert sheets["Orders"][1] == ["P100-1", 1234.56, 0.125, 3.0, 46350.0, pytest.approx(46350 + 9.5 / 24, abs=1e-8)]
    assert sheets["Orders"][2] == [f"'{FORMULA}", -0.01, 0.0]
    assert sheets["Orders"][3] == ["2 rows"]
    assert sheets["About"] == [["Days", "2026-11"], [f"'{FORMULA}", f"'{FORMULA}"]]


def test_a_cell_may_be_of_another_kind_than_its_column() -> None:
    rows = [("GMV", Cell(D("10.999"), "money", "EUR")), ("Yen", Cell(D("10.4"), "money", "JPY"))]
    sheet = Sheet("Figures", ("Figure", "Value"), rows)
    assert [row[1] for row in read_csv(as_csv(sheet))[1:3]] == ["11.00", "10"]
    with zipfile.ZipFile(BytesIO(as_xlsx([sheet], {}))) as book:
        book_styles = ElementTree.fromstring(book.read("xl/styles.xml"))
        cells = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).findall(".//m:c", NS)
    formats = {one.attrib["numFmtId"]: one.attrib["formatCode"] for one in book_styles.findall(".//m:numFmt", NS)}
    styles = [one.attrib["numFmtId"] for one in book_styles.findall("m:cellXfs/m:xf", NS)]
    style = {cell.attrib["r"]: formats.get(styles[int(cell.attrib.get("s", 0))]) for cell in cells}
    assert (style["B2"], style["B3"]) == ("#,##0.00", "#,##0")


def test_a_file_is_whole_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "LARGEST_SHEET", 1)
    with pytest.raises(TooLarge, match="up to 1 rows, and these are 2"):
        as_xlsx([SHEET], {})
    assert read_csv(as_csv(SHEET))[-1] == ["# 2 rows"]  # a plain file has no such limit


def test_all_rows_are_asked_for_page_by_page_and_none_may_be_missing() -> None:
    there = list(range(7))

    def query(page: int, size: int) -> tuple[list[int], int]:
        return there[(page - 1) * size : page * size], len(there)

    assert every_row(query, 3) == there and every_row(query, 7) == there and every_row(query, 9) == there
    assert every_row(lambda page, size: ([], 0), 3) == []
    with pytest.raises(Conflict):
        every_row(lambda page, size: (query(page, size)[0], 8), 3)  # one went away after it was counted


@pytest.mark.parametrize(
    ("parts", "name"),
    [(("Overview", "2026-11-01", "EUR"), "overview-2026-11-01-eur.csv"), (("../../etc/passwd", "ä "), "etc-passwd.csv")],
)
def test_the_name_of_a_file_is_plain(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts, ending="csv") == name
