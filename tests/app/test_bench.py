"""The bench compares like with like: both sides write the same rows, and both keep every invariant."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from app import cli
from app.benches import machine, screens, sign_in
from app.benches import place_order as bench
from app.navigation import SCREENS
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.settings import Unusable
from domain.kernel.work import begin
from domain.reports import violations


@pytest.fixture
def scratch(server: str) -> Iterator[None]:
    with machine.scratch(bench.make_market):
        yield


def rows() -> Counter[str]:
    with db.connect(db.Role.OWNER) as connection:
        names = connection.execute(
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in ('market', 'jobs') and c.relkind in ('r', 'p')"
        ).fetchall()
        return Counter(
            {name: connection.execute(f"select count(*) from {name}".encode()).fetchone()[0] for (name,) in names}
        )


def holds() -> None:
    with begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []


@pytest.mark.usefixtures("scratch")
def test_statements_do_not_grow_with_lines_or_sellers() -> None:
    assert len({bench.statements_of_one(lines, sellers) for lines, sellers in bench.SIZES}) == 1


@pytest.mark.usefixtures("scratch")
def test_both_sides_write_the_same_rows_and_keep_every_invariant() -> None:
    for lines, sellers in bench.SIZES:
        ours, function = bench.fill_baskets(2, lines, sellers)
        before = rows()
        bench.order_by_us(ours)
        between = rows()
        with db.connect(db.Role.APP) as connection:
            bench.order_by_function(connection, function, *bench.waits())
        assert rows() - between == between - before
    holds()


def test_the_command_prints_shares_as_json(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SIZES", ((5, 1),))
    monkeypatch.setattr(bench.measure, "__kwdefaults__", {"sizes": ((5, 1),)})
    cli.add_groups()
    done = CliRunner().invoke(cli.app, ["bench", "--format", "json", "--seconds", "0.3", "--clients", "1"])
    [result] = json.loads(done.stdout)["results"]
    wanted = {"case", "clients", "cpu_ms", "per_second", "limit_cpu_ms", "limit_per_second", "cpu_share"}
    assert wanted | {"throughput_share"} <= set(result)
    assert result["cpu_ms"] > 0 and result["limit_cpu_ms"] > 0


def test_a_sign_in_is_measured_beside_argon2_alone(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WARM_UP", 0)
    monkeypatch.setattr(sign_in, "FEWEST", 3)
    cli.add_groups()
    done = CliRunner().invoke(cli.app, ["bench", "sign-in", "--format", "json", "--tries", "8"])
    result = json.loads(done.stdout)["result"]
    assert result["pairs"] == 4 and result["low_ms"] <= result["difference_ms"] <= result["high_ms"]
    assert 0 < result["argon2_cpu_ms"] <= result["right_cpu_ms"] * 2


def test_the_screens_that_are_measured_are_those_of_people_who_are_signed_in() -> None:
    """The others are drawn for nobody of the demo; one of them would end the whole measurement."""
    assert {one.url for one in screens.measured_screens()} == {one.url for one in SCREENS if not one.is_open}
    assert [one.url for one in screens.measured_screens(["retailer-home"])] == ["retailer-home"]
    for wrong in ("welcome-reset", "no-such"):
        with pytest.raises(Unusable, match=wrong):
            screens.measured_screens([wrong])
