"""Past sales: a file is looked at, checked and brought in; what is wrong with it stands by line."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
import sqlalchemy as sa
import streamlit as st
from starlette.responses import PlainTextResponse
from streamlit.testing.v1 import AppTest

from app.middleware import Doorway
from app.navigation import BY_URL
from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import run
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_exports import read_csv
from tests.domain.orders.test_history import FILES, counts
from tests.domain.orders.test_history_company import HEAD, LINES
from tests.make.market import Company, company


class Upload:
    """A file as the browser would hand it over."""

    def __new__(cls, content: bytes, name: str) -> "Upload":
        from streamlit.proto.Common_pb2 import FileURLs
        from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

        return UploadedFile(UploadedFileRec("file-1", name, "text/csv", content), FileURLs())  # type: ignore[return-value]


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Mill", Variant.FACTORY_OWNER, Variant.SALES_REPRESENTATIVE)


@contextmanager
def screen(who: Company, variant: Variant, *files: tuple[str, bytes]) -> Iterator[AppTest]:
    uploads = [Upload(content, name) for name, content in files]
    with (
        patch.object(st, "file_uploader", lambda *_, **__: list(uploads)),
        browser(cookie_of(session_of(who.emails[variant]))) as at,
    ):
        at.run()
        at.switch_page(str(PROJECT / BY_URL["manufacturer-past"].path)).run()
        assert not at.exception
        yield at
        assert not at.exception


def said(at: AppTest) -> str:
    boxes = " ".join(box.value for kind in (at.success, at.info, at.warning, at.error) for box in kind)
    return f"{texts(at)} {boxes}".replace("\\", "")


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception
    assert "Something went wrong" not in texts(at)


def test_a_file_is_checked_and_brought_in(maker: Company) -> None:
    with screen(maker, Variant.FACTORY_OWNER, ("Verkäufe 2024.csv", (HEAD + LINES).encode("cp1252"))) as at:
        before = counts()
        assert "Nothing brought in yet" in said(at)
        press(at, "past-check")
        assert counts() == before
        assert "4 orders with 5 lines would come in" in said(at)
        press(at, "past-bring")
        shown = said(at)
        assert "4 orders with 5 lines came in" in shown
        assert "Verkaufe-2024" in shown and "€2,528.96" in shown
        press(at, "past-check")
        assert "is in already" in said(at)


def test_what_is_wrong_is_shown_by_line(maker: Company) -> None:
    content = (HEAD + LINES).replace("Offen", "geliefert").replace("02.01.2025", "32.01.2025").encode("cp1252")
    made: list[Callable[[], bytes]] = []
    with (
        patch.object(st, "download_button", lambda label, data, *_, **__: made.append(data)),
        screen(maker, Variant.FACTORY_OWNER, ("a.csv", content)) as at,
    ):
        before = counts()
        press(at, "past-check")
        assert "1 problem found" in said(at)
        assert "'32.01.2025' is not a date" in texts(at)
        assert [button.key for button in at.button if button.key == "past-bring"] == []
        assert counts() == before
    head, line, count = read_csv(made[-1]())
    assert (head, count) == (["file", "line", "column", "problem"], ["# 1 row"])
    assert line[:2] == ["a.csv", "4"] and "'32.01.2025' is not a date" in line[3]


@pytest.mark.parametrize("content", [b"", b"just words", b"Order;Date\n1;2025-01-01\n"])
def test_a_file_that_is_none_asks_and_does_not_break(maker: Company, content: bytes) -> None:
    with screen(maker, Variant.FACTORY_OWNER, ("a.csv", content)) as at:
        assert [button.key for button in at.button if str(button.key).startswith("past-")] == []


def test_what_can_be_read_in_two_ways_is_asked(maker: Company) -> None:
    content = b"Order,Date,Customer,SKU,Qty,Price\n1,03/04/2025,Shop,A,1,1.50\n"
    with screen(maker, Variant.FACTORY_OWNER, ("a.csv", content)) as at:
        assert "March or in April" in said(at)
        assert [button.key for button in at.button if button.key == "past-check"] == []
        [days] = [box for box in at.selectbox if box.label == "Dates"]
        days.set_value("mdy").run()
        press(at, "past-check")
        assert "Mar 4, 2025" in said(at)


def test_a_name_that_is_a_path_is_no_place_on_the_disk(maker: Company, tmp_path: Path) -> None:
    stray = tmp_path / "stray.csv"
    five = [(f"{name}.csv", content.encode()) for name, content in FILES.items()]
    with screen(maker, Variant.FACTORY_OWNER, *five, (str(stray), b"x")) as at:
        assert "all of the five files" in said(at)
        assert [button.key for button in at.button if button.key == "past-check"] == []
    with screen(maker, Variant.FACTORY_OWNER, *five) as at:
        press(at, "past-check")
        assert "would come in" in said(at)
    assert not stray.exists()


def test_the_screen_is_for_owners(maker: Company) -> None:
    with screen(maker, Variant.SALES_REPRESENTATIVE, ("a.csv", b"x")) as at:
        assert "This page is not for your role" in texts(at)


@pytest.mark.parametrize(
    ("who", "length", "status"),
    [
        ("nobody", {"content-length": "10"}, 200),
        ("nobody", {"content-length": f"{21 << 20}"}, 413),
        ("nobody", {"transfer-encoding": "chunked"}, 413),
        ("nobody", {"content-length": "10", "transfer-encoding": "chunked"}, 413),
        ("signed in", {"content-length": f"{21 << 20}"}, 200),
        ("signed out", {"content-length": f"{21 << 20}"}, 413),
    ],
)
def test_a_large_upload_is_for_who_is_signed_in(maker: Company, who: str, length: dict[str, str], status: int) -> None:
    held = {}
    if who != "nobody":
        session_id = session_of(maker.emails[Variant.FACTORY_OWNER])
        held = cookie_of(session_id)
        if who == "signed out":  # the cookie's signature is good for days, the session is not
            run(Actor.system(), identity.sign_out, session_id=session_id)
    headers = {**length, "cookie": "; ".join(f"{name}={value}" for name, value in held.items())}

    async def put() -> int:
        transport = httpx.ASGITransport(Doorway(PlainTextResponse("taken")))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.put("/_stcore/upload_file/a/b", headers=headers)).status_code

    assert asyncio.run(put()) == status
