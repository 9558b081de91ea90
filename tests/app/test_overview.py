"""The platform's overview and what is behind its figures: numbers are those of the one query path, in the
address, on the screen and in the files alike."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import words
from app.navigation import BY_URL
from app.parts.figures import change_words, value_words
from app.parts.periods import days_of
from domain import reports
from domain.identity import Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin
from domain.reports import Compare, Grain, Metric, MetricQuery, MetricResult
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_exports import read_xlsx
from tests.make.market import Market
from tests.make.traded import Traded

D = Decimal


class Screens:
    """One tab of a person, and the files that its last screen offers, each as what makes it when it is asked for."""

    def __init__(self, at: AppTest) -> None:
        self.at = at
        self.files: dict[str, Callable[[], bytes]] = {}

    def offer(self, label: str, data: Callable[[], bytes], *_: Any, key: str = "", **__: Any) -> bool:
        self.files[key] = data
        return False

    def open(self, url: str, **address: Any) -> AppTest:
        """Go to an address, as by a link."""
        self.at.query_params.clear()
        for name, value in address.items():
            self.at.query_params[name] = value
        self.at.switch_page(str(PROJECT / BY_URL[url].path)).run()
        assert not self.at.exception, (url, address, self.at.exception)
        assert "Something went wrong" not in texts(self.at), (url, address)
        return self.at


@contextmanager
def tab_of(email: str) -> Iterator[Screens]:
    with browser(cookie_of(session_of(email))) as at:
        screens = Screens(at)
        with patch.object(st, "download_button", screens.offer):
            at.query_params["show"] = "missing"  # the cheapest of the screens to land on
            at.run()
            yield screens


def asked(query: MetricQuery) -> MetricResult:
    with begin(Actor.system()) as work:
        return reports.metric_values(work, query=query)


def metrics() -> dict[str, Metric]:
    with begin(Actor.system()) as work:
        return {metric.name: metric for metric in reports.known_metrics(work)}


def today() -> date:
    with begin(Actor.system()) as work:
        return work.now.date()


def shown(at: AppTest) -> dict[str, tuple[str, str]]:
    return {found.label: (found.value, str(found.delta or "")) for found in at.metric}


def test_figures_on_the_screen_in_the_address_and_in_files(traded: Traded) -> None:
    market, known = traded.market, metrics()
    with tab_of(market.platform.emails[Variant.SUPER_ADMIN]) as tab:
        numbers_are_those_of_the_query_path(tab, market, known)
        gmv_is_shown_one_way_at_a_time(tab)
        every_tab_opens(tab, known)
        numbers_lead_to_rows_ledger_and_sql(tab, known)
        files_say_the_same_and_leave_a_trace(tab, known)
        old_figures_say_so(tab)
        at, made = tab.open("admin-home"), tab.files["csv-overview"]
        at.button(key="sign-out").click().run()
        with pytest.raises(NotFound):
            made()  # a session that has ended takes nothing along


def numbers_are_those_of_the_query_path(tab: Screens, market: Market, known: dict[str, Metric]) -> None:
    seller = str(market.makers[2].org_id)
    for address, compare, filters in (
        ({}, Compare.PREVIOUS, {}),
        ({"range": "12m", "grain": "quarter", "compare": "year"}, Compare.YEAR, {}),
        ({"range": "mtd", "compare": "none", "seller": seller, "origin": "live"}, None,
         {"seller": (seller,), "origin": ("live",)}),
    ):  # fmt: skip
        period = days_of(address.get("range", "30d"), today())
        at = tab.open("admin-home", **address)
        found = shown(at)
        for name in ("gmv_completed", "orders", "aov_buyer", "mau"):
            metric = known[name]
            if not set(filters) <= set(metric.dimensions):
                assert found[metric.label][0] == "–", (address, name)
                continue
            query = MetricQuery(
                names=(name,), first=period.first, end=period.end, currency="EUR", filters=filters, compare=compare
            )
            [value] = asked(query).values
            assert found[metric.label][0] == value_words(metric, value.value, value.currency), (address, name)
            change = change_words(metric, value.value, value.before)
            assert found[metric.label][1] == ("" if change is None else str(change)), (address, name)
        assert found["GMV"][0] == words.money(D(480), "EUR")
        assert "All sources agree" in texts(at)
        assert bool(filters) == any(button.label == "Reset" for button in at.button)


def gmv_is_shown_one_way_at_a_time(tab: Screens) -> None:
    at = tab.open("admin-home", buyer_country="FR")
    assert shown(at)["GMV"][0] == words.money(D(0), "EUR")
    at.button(key="choose-gmv_placed").click().run()
    assert "GMV placed" in shown(at) and "GMV" not in shown(at)
    at.button(key="chips-reset").click().run()
    assert shown(at)["GMV placed"][0] == words.money(D(1000), "EUR")
    assert "buyer_country" not in at.query_params


def every_tab_opens(tab: Screens, known: dict[str, Metric]) -> None:
    for name in ("sales", "customers", "people", "money", "delivery"):
        assert tab.open("admin-home", show=name).metric, name
    assert tab.open("admin-home", range="custom", **{"from": "2000-01-01"}).metric  # the first day one can choose
    at = tab.open("admin-home", show="missing")
    missing = [metric for metric in known.values() if metric.not_collected]
    assert missing and not at.metric
    assert "Not collected yet" in texts(at)
    at = tab.open("admin-metric", metric=missing[0].name)
    assert not at.metric and "Not collected yet" in texts(at)


def numbers_lead_to_rows_ledger_and_sql(tab: Screens, known: dict[str, Metric]) -> None:
    at = tab.open("admin-metric", metric="gmv_completed")
    [row] = at.dataframe[0].value.to_dict("records")
    assert row["Counts with"] == words.money(D(480), "EUR")
    assert "Rows and figure agree" in texts(at)
    [head, line, count] = read(tab.files["rows-admin-metric-behind"]())
    assert dict(zip(head, line, strict=True))["amount"] == "480.00" and count == ["# 1 row"]
    at = tab.open("admin-metric", metric="gmv_placed", show="ledger")
    assert "Figure and ledger agree" in texts(at)
    assert len(at.dataframe[0].value) == 3
    [head, *lines, count] = read(tab.files["rows-admin-metric-postings"]())  # as people read it, like every list
    assert (head[:2], count) == (["Order", "Amount"], ["# 3 rows"])
    assert [line[:2] for line in lines] == at.dataframe[0].value[["Order", "Amount"]].values.tolist()
    at = tab.open("admin-metric", metric="gmv_completed", show="definition")
    assert known["gmv_completed"].sql in [code.value for code in at.code]
    rows = tab.open("admin-metric", metric="registered_organizations").dataframe[0].value.to_dict("records")
    assert ("Retailer", "Traded here") in {(row["Role"], row["Origin"]) for row in rows}
    for name in ("mau", "retention_30", "on_time_rate"):
        assert tab.open("admin-metric", metric=name, range="12m").title[0].value == known[name].label
    assert "There is no such figure" in texts(tab.open("admin-metric", metric="nonsense"))


def files_say_the_same_and_leave_a_trace(tab: Screens, known: dict[str, Metric]) -> None:
    tile = shown(tab.open("admin-home"))["GMV"][0]
    head, *lines, count = read(tab.files["csv-overview"]())
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    sheets = read_xlsx(tab.files["xlsx-overview"]())
    assert count == [f"# {len(rows):,} rows"]
    [total] = [r for r in rows if r["name"] == "gmv_completed" and not r["period"] and not r["split_by"]]
    assert words.money(D(total["value"]), "EUR") == tile == words.money(D(480), "EUR")
    period = days_of("30d", today())
    query = MetricQuery(
        names=("gmv_completed",), first=period.first, end=period.end, currency="EUR", grain=Grain.DAY,
        compare=Compare.PREVIOUS,
    )  # fmt: skip
    assert [(r["period"], D(r["value"])) for r in rows if r["name"] == "gmv_completed" and r["period"]] == [
        (f"{value.period}", value.value) for value in asked(query).values
    ]
    by_country = {r["split_value"]: D(r["value"]) for r in rows if r["split_by"] == "buyer_country"}
    assert by_country == {"DE": D(480)}
    figures = {row[0]: row[1] for row in sheets["Figures"][1:-1]}
    assert figures["GMV"] == 480.0 and sheets["Figures"][-1] == [f"{len(figures)} rows"]
    assert [row[:3] for row in sheets["By buyer's country"][1:-1]] == [["Germany", "DE", 480.0]]
    said = {row[0]: row[1] for row in sheets["About"]}
    assert said["Days"] == f"{period.first} up to and without {period.end}"
    assert known["gmv_completed"].definition in str(said["GMV"])
    with begin(Actor.system()) as work:
        statement = sa.text("select facts from events where name = 'RowsExported' order by id")
        noted = list(work.session.execute(statement).scalars())
    assert [(fact["what"], fact["format"]) for fact in noted] == [
        ("admin-metric-behind", "csv"), ("admin-metric-postings", "csv"), ("overview", "csv"), ("overview", "xlsx"),
    ]  # fmt: skip
    assert noted[0]["choices"]["metric"] == "gmv_completed"  # which rows they were
    assert noted[2]["rows"] == len(rows) and noted[2]["choices"]["currency"] == "EUR"


def old_figures_say_so(tab: Screens) -> None:
    with db.connect(db.Role.OWNER) as connection, connection.transaction():
        connection.execute("update ops.publications set as_of = as_of - interval '1 day'")
    at = tab.open("admin-home", show="missing")
    assert "older than the schedule promises" in "".join(warning.value for warning in at.warning)


def read(file: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(file.decode("utf-8-sig"), newline="")))
