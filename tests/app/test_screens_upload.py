"""The screen of lists: understood, checked, brought in, put on sale and undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app.exports import as_csv
from app.navigation import BY_URL
from app.parts.catalog_file import template, to_mend
from app.run import uploads
from domain import catalog
from domain.identity import OrgKind, Variant
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.make.market import Company, company, offer

LINES = "SKU;Bezeichnung;Preis;ab 50;MOQ\n" + "".join(
    f"A-{number};Becher {number};{number},50;{number},10;6\n" for number in range(1, 9)
)


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER)


@contextmanager
def screen(maker: Company, **address: Any) -> Iterator[AppTest]:
    with browser(cookie_of(session_of(maker.emails[Variant.FACTORY_OWNER]))) as at:
        at.run()
        for name, value in address.items():
            at.query_params[name] = str(value)
        at.switch_page(str(PROJECT / BY_URL["manufacturer-upload"].path)).run()
        assert not at.exception, at.exception
        yield at


def press(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception, at.exception


def checked(maker: Company, path: Path, content: str) -> UUID:
    path.write_text(content)
    return run(maker.owner, catalog.check_upload, path=path, name=path.name)


def test_a_list_is_uploaded_understood_and_checked(maker: Company) -> None:
    with screen(maker) as at:
        assert "No list has come in yet" in texts(at)
        at.file_uploader[0].upload("list.csv", LINES.encode(), "text/csv").run()
        assert not at.exception, at.exception
        shown = texts(at)
        assert "Price from “Preis”" in shown and "price from 50" in shown
        press(at, "Check the list")
    with begin(maker.owner) as work:
        assert work.session.scalar(sa.text("select rows_new from catalog_uploads")) == 8


def test_a_checked_list_comes_in_goes_on_sale_and_is_undone(maker: Company, tmp_path: Path) -> None:
    kept = offer(maker, "Sold already", tiers=[(1, "10.00")], on_hand=0)
    with begin(maker.owner) as work:
        sku = catalog.offer_sheet(work, offer_id=kept).sku
    upload_id = checked(maker, tmp_path / "list.csv", LINES + f"{sku};;20,00;;\nBAD;Kanne;abc;;1\n")
    with screen(maker, upload=upload_id) as at:
        shown = texts(at)
        assert "Price not a number" in str([frame.value for frame in at.dataframe]) and "Rows to mend" in shown
        assert "Prices that change by more than a quarter" in shown
        press(at, "Bring in 9 lines")
        assert "You may leave this screen" in texts(at)
    uploads.bring_waiting()
    with screen(maker, upload=upload_id) as at:
        assert "9 lines came in" in at.success[0].value
        press(at, "Put 8 new products on sale")
        assert "Put 8 new products on sale" not in [button.label for button in at.button]
    with begin(maker.owner) as work:
        assert work.session.scalar(sa.text("select count(*) from offers where state = 'published'")) == 9
    run(maker.owner, catalog.undo_upload, upload_id=upload_id)
    with screen(maker, upload=upload_id) as at:
        assert "8 lines stayed" in at.info[0].value  # they went on sale since, which somebody decided
    with screen(maker) as at:
        assert "list.csv" in str([frame.value for frame in at.dataframe])


def test_how_many_rows_the_file_to_mend_has_is_said(
    maker: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "MOST_TO_MEND", 30)
    bad = "".join(f"B-{number};Topf;abc;;1\n" for number in range(31))
    with screen(maker, upload=checked(maker, tmp_path / "list.csv", LINES + bad)) as at:
        assert "The first 25 of 31 lines; the file has only the first 30" in texts(at)


def test_rows_to_mend_are_a_file_that_can_be_uploaded(maker: Company, tmp_path: Path) -> None:
    upload_id = checked(maker, tmp_path / "list.csv", LINES + "=cmd|x;Kanne;9,00;;1\nB-1;Topf;abc;;1\n")
    with begin(maker.owner) as work:
        sheet = catalog.upload_sheet(work, upload_id=upload_id)
        rows = catalog.upload_rows(work, upload_id=upload_id)
    content = as_csv(to_mend(sheet, rows)).decode("utf-8-sig")
    assert "'=cmd|x" in content and "formula injection in sku" in content
    mended = tmp_path / "mended.csv"
    mended.write_text(content.replace("'=cmd|x", "B-2").replace("abc", "7.25"))
    again = run(maker.owner, catalog.check_upload, path=mended, name="mended.csv")
    with begin(maker.owner) as work:
        sheet = catalog.upload_sheet(work, upload_id=again)
        why = [row.why for row in catalog.upload_rows(work, upload_id=again)]
    assert (sheet.rows_new, why) == (2, [])
    # A row whose cells nobody has is found by its line.
    without = to_mend(sheet, [rows[0].model_copy(update={"cells": ()})])
    assert without.rows[0][-1] == "line 10 of your list: formula injection in sku"
    plain = tmp_path / "template.csv"
    plain.write_bytes(as_csv(template()))
    begun = run(maker.owner, catalog.check_upload, path=plain, name="template.csv")
    with begin(maker.owner) as work:
        assert catalog.upload_sheet(work, upload_id=begun).rows_new == 2
