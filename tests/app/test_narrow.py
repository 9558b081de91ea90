"""Narrow windows: how the drawing hears of them, and what their tables put first."""

from typing import NamedTuple

import pytest
from starlette.datastructures import Headers

from app.narrow import cookie_name, cookie_to_set
from app.parts.tables import Column, _for_telephones

TELEPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("said", "agent", "known", "given"),
    [
        ("390", "Chrome", None, "1"), ("1280", "Chrome", None, None), ("1280", "Chrome", "1", "0"),
        ("390", "Chrome", "1", None), ("1280", TELEPHONE, None, None), (None, TELEPHONE, None, "1"),
        (None, "Firefox", "1", "0"), ("x" * 500, "Firefox", None, None), ("9" * 50, TELEPHONE, "1", None),
    ],
)  # fmt: skip
def test_a_cookie_says_what_the_window_is(said: str | None, agent: str, known: str | None, given: str | None) -> None:
    headers = {"user-agent": agent}
    headers |= {"sec-ch-viewport-width": said} if said else {}
    headers |= {"cookie": f"{cookie_name()}={known}"} if known else {}
    cookie = cookie_to_set(Headers(headers))
    assert cookie == (given and f"{cookie_name()}={given}; Path=/; HttpOnly; SameSite=Lax")


class Row(NamedTuple):
    sku: str
    name: str
    units: str


def _columns(*, name_opens: bool = False) -> list[Column]:
    return [
        Column("SKU", lambda row: row.sku, "text" if name_opens else "open"),
        Column("Product", lambda row: row.name, "open" if name_opens else "text", width="medium"),
        Column("Note", lambda row: "–"), Column("Units", lambda row: row.units, "right", first=True),
    ]  # fmt: skip


def test_a_narrow_table_shows_whole_names_and_what_one_looks_for_first() -> None:
    long = [Row("LG-1", "Water tumbler Vänern 30 cl, Smoke", "1,200")]
    shown, height = _for_telephones(long, _columns())
    assert [column.title for column in shown] == ["Product", "Units", "SKU", "Note"]
    assert height is not None and height > 56  # below that nothing is broken into lines
    shown, _ = _for_telephones(long, _columns(name_opens=True))
    assert [(column.title, column.kind) for column in shown[:3]] == [
        ("Product", "text"), ("Units", "right"), (" ", "open"),
    ]  # fmt: skip
    shown, _ = _for_telephones([Row("LG-T-20CL-AMBER", "Bowl", "3")], _columns())
    assert [(column.title, column.kind) for column in shown] == [
        ("Product", "text"), ("Units", "right"), (" ", "open"), ("Note", "text"), ("SKU", "text"),
    ]  # fmt: skip


def test_what_is_short_or_has_no_name_stays_as_it_is() -> None:
    short = [Row("LG-1", "Bowl", "3")]
    shown, height = _for_telephones(short, _columns(name_opens=True))
    assert [column.title for column in shown] == ["Product", "Units", "SKU", "Note"] and height is None
    plain = [Column("Order", lambda row: row.sku, "open"), Column("Total", lambda row: row.units, "right")]
    assert _for_telephones(short, plain) == (plain, None)
