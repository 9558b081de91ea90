"""A workbook with 37 bad rows in a real browser: uploaded, brought in, mended from the file of bad rows, uploaded again."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter

from app.run import uploads
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from tests.make.market import PASSWORD, company

pytestmark = [pytest.mark.browser_required, pytest.mark.timeout(600)]

HEADER = ["Art.-Nr.", "Bezeichnung", "Marke", "Preis", "Preis ab 50", "MOQ", "VPE", "Lieferzeit"]
BAD = 37
# What goes wrong in a row: the column, what stands there, and what should.
MISTAKES: list[tuple[int, Any]] = [
    (0, ""), (3, "auf Anfrage"), (3, -4.2), (5, 2.5), (0, "=HYPERLINK(1)"), (7, "bald"), (4, 99999), (3, 0), (5, "keine"),
]  # fmt: skip


def article(number: int) -> list[Any]:
    price = 2 + number % 90 + 0.49
    return [f"LG-{number:05d}", f"Glas {number}", "Lindqvist", price, round(price * 0.9, 2), 6, 12, "10 Tage"]


def write(path: Path, rows: int) -> set[int]:
    """A workbook with a title above its header; answers the articles that are spoilt in it."""
    spoilt = {number * (rows // BAD) for number in range(BAD)}
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Preisliste")
    sheet.merge_range(0, 0, 0, len(HEADER) - 1, "Lindqvist Glasbruk – Preisliste")
    sheet.write_row(2, 0, HEADER)
    for number in range(rows):
        cells = article(number)
        if number in spoilt:
            column, wrong = MISTAKES[sorted(spoilt).index(number) % len(MISTAKES)]
            cells[column] = wrong
        sheet.write_row(number + 3, 0, cells)
    book.close()
    return spoilt


def mend(content: str) -> str:
    """What the person does in a spreadsheet program: every bad row is written as it should be."""
    [header, *rows] = list(csv.reader(StringIO(content.removeprefix("\ufeff"))))
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    for row in rows:
        if len(row) < len(HEADER):
            continue  # how many rows there are
        right = article(int(row[1].split()[1]))
        writer.writerow([*map(str, right), *row[len(HEADER) : -1], ""])
    return written.getvalue()


def offers() -> int:
    with db.engine(db.Role.OWNER).connect() as connection:
        return int(connection.execute(sa.text("select count(*) from market.offers")).scalar_one())


@pytest.mark.parametrize("rows", [500, pytest.param(5000, marks=pytest.mark.proof)])
def test_a_workbook_with_bad_rows_is_mended_and_uploaded_again(web, visitor, tmp_path, rows):
    maker = company(OrgKind.MANUFACTURER, "Lindqvist Glas", Variant.FACTORY_OWNER)
    good = rows - BAD
    path = tmp_path / "preise.xlsx"
    assert len(write(path, rows)) == BAD
    seller = visitor("upload")
    seller.sign_in(maker.emails[Variant.FACTORY_OWNER], PASSWORD, at="manufacturer-upload")
    seller.sees("No list has come in yet")
    seller.page.locator("input[type=file]").set_input_files(str(path))
    seller.sees("What we understood", "Price from “Preis”", "price from 50")
    seller.press("Check the list")
    seller.sees("Rows to mend", f"Bring in {good:,} lines", "The good rows; the others are named")
    assert offers() == 0
    with seller.page.expect_download() as download:
        seller.page.get_by_role("button", name="Download to mend").last.click()
    bad = tmp_path / "bad.csv"
    download.value.save_as(bad)

    seller.press(f"Bring in {good:,} lines")
    seller.sees("You may leave this screen")
    uploads.bring_waiting()
    seller.sees(f"{good:,} lines came in", f"Put {good:,} new products on sale")
    assert offers() == good

    mended = tmp_path / "mended.csv"
    mended.write_text(mend(bad.read_text(encoding="utf-8-sig")))
    for bring in (True, False):
        seller.open("manufacturer-upload")
        seller.page.locator("input[type=file]").set_input_files(str(mended))
        seller.sees("What we understood")
        seller.press("Check the list")
        if bring:
            seller.sees(f"Bring in {BAD} lines")
            seller.press(f"Bring in {BAD} lines")
            seller.sees("You may leave this screen")
            uploads.bring_waiting()
            seller.sees(f"{BAD} lines came in")
        else:
            seller.sees("Your catalogue says all of this already; nothing would change.")
    assert offers() == rows
