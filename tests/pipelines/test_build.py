"""The warehouse: the gate blocks, a failing test publishes nothing, a build writes beside what readers see."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from domain.orders.history import import_history
from domain.reports import (
    AssetRow,
    WarehouseTooOld,
    assets_of_run,
    failing_rows,
    figures_state,
    history_report,
    pipeline_runs,
)
from pipelines.warehouse import dbt
from pipelines.warehouse.build import Outcome, build
from pipelines.warehouse.runs import AnotherBuildRuns, start
from tests.make.traded import Traded

HISTORY = {
    "suppliers": "supplier_id,name,country\nS1,Mill,DE\n",
    "buyers": "buyer_id,name,country,region,registered_at\nB1,Shop,DE,,2024-01-01\n",
    "products": "product_id,supplier_id,sku,name,category,unit,list_price\nP1,S1,P1,Flour,,,\n",
    "orders": (
        "order_id,buyer_id,ordered_at,status,currency,promised_at,shipped_at,delivered_at,freight\n"
        "1,B1,2024-01-10T23:30:00,completed,EUR,,,,\n"
    ),
    "order_lines": "order_id,line_no,product_id,quantity,unit_price,line_discount\n1,1,P1,3,2.5,0\n",
}


def load(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    for file, content in HISTORY.items():
        (folder / f"{file}.csv").write_text(content)
    run(Actor.system(), import_history, folder=folder, name=name, time_zone="UTC")


def quietly() -> Outcome:
    return build("test", lambda asset: None)


def rows(query: str) -> list[tuple[object, ...]]:
    with begin(Actor.system()) as work:
        return [tuple(row) for row in work.session.execute(text(query))]


def run_of_last_build() -> list[AssetRow]:
    with begin(Actor.system()) as work:
        [last], _ = pipeline_runs(work, size=1)
        return assets_of_run(work, run_id=last.run_id)


def as_owner(statement: str) -> None:
    with db.engine(db.Role.OWNER).begin() as connection:
        assert connection.execute(text(statement)).rowcount


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
    )


def test_a_gate_that_fails_stops_everything_below_it(fresh_database: str, tmp_path: Path) -> None:
    load(tmp_path / "a", "a")
    as_owner("update market.supplier_orders set goods = goods + 1, total = total + 1")
    refused = command("pipeline", "run")
    assert refused.returncode == 1
    assert "an order's goods are the sum of its lines (1 row)" in refused.stdout
    assert refused.stderr == "The gate stopped the build: nothing below it was built.\n"
    assert rows("select kind, status from ops.pipeline_assets where status <> 'skipped'") == [("gate", "failed")]
    gate, *left_out = run_of_last_build()
    assert {row.status for row in left_out} == {"skipped"}
    assert {"fct_orders", "mart_gmv_daily"} <= {row.name for row in left_out} == set(gate.holds_up)
    with begin(Actor.system()) as work:
        figures = figures_state(work)
        wrong = failing_rows(work, run_id=figures.last_run_id, name=gate.name)
    assert (figures.state, figures.as_of, figures.last_status) == ("failed", None, "blocked")
    broken = "an order's goods are the sum of its lines (1 row)"
    assert figures.problem == f"What came in since the last build breaks a rule: {broken}."
    assert (wrong.columns[:2], [row[:2] for row in wrong.rows]) == (
        ("rule", "order_number"), [("an order's goods are the sum of its lines", "H-a-1-1")],
    )  # fmt: skip
    assert rows("select status from ops.pipeline_runs") == [("blocked",)]
    assert rows("select count(*) from pg_tables where schemaname like 'core%'") == [(0,)]
    [(result,)] = rows("select result from ops.quality_results where not is_passed")
    assert {one["says"] for one in result["expectations"] if not one["success"]} == {
        "an order's goods are the sum of its lines"
    }
    json.dumps(result)


def test_a_build_that_fails_its_tests_publishes_nothing(traded: Traded, tmp_path: Path) -> None:
    [(counted,)] = rows("select count(*) from core.fct_orders")
    with begin(Actor.system()) as work:
        assert history_report(work, name="mill").summary["gmv"] == 6.999999
        with pytest.raises(NotFound, match="no imported history named b"):
            history_report(work, name="b")
    load(tmp_path / "b", "b")
    with begin(Actor.system()) as work, pytest.raises(WarehouseTooOld, match="does not know b yet"):
        history_report(work, name="b")

    # The ledger says a cent more than the orders.
    as_owner(
        "insert into market.ledger_postings (entry_id, position, account_id, amount, currency)"
        " select entry_id, position + 2, account_id, sign(amount) * 0.01, currency from market.ledger_postings"
        " where entry_id = (select id from market.ledger_entries where kind = 'gmv_placed' limit 1)"
    )
    failed = quietly()
    assert failed.status == "failed"
    assert [a.name for a in failed.assets if a.status == "failed"] == ["gmv_placed_reconciles"]
    assert failed.as_of == traded.as_of
    assert rows("select count(*) from core.fct_orders") == [(counted,)]
    assert rows("select slot, count(*) from ops.publications group by 1") == [("blue", 1)]

    [check] = [row for row in run_of_last_build() if row.status == "failed"]
    with begin(Actor.system()) as work:
        wrong = failing_rows(work, run_id=failed.run_id, name=check.name)
        figures = figures_state(work)
    assert check.failing_rows == 1 and wrong.columns[0] == "currency_code" and len(wrong.rows) == 1
    assert (figures.state, figures.as_of) == ("failed", traded.as_of)
    assert figures.problem == "The check “GMV placed reconciles” found 1 row that is wrong."

    # In the middle of the graph: an order that came in long ago is no sum any more; the gate looks at new ones only.
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("alter table market.supplier_orders drop constraint supplier_orders_total_check")
        connection.execute("update market.supplier_orders set total = total + 1 where number = 'H-mill-1-1'")
    assert quietly().status == "failed"
    run_rows = run_of_last_build()
    [middle] = [row for row in run_rows if row.kind == "test" and row.status == "failed"]
    assert middle.words == "Orders: total goods tax shipping holds" and middle.parents == ("fct_orders",) and middle.failing_rows == 1
    assert "mart_gmv_daily" in middle.holds_up and "fct_orders" not in middle.holds_up
    below = {row.name: row.status for row in run_rows if row.kind == "model"}
    assert {below[name] for name in middle.holds_up} == {"skipped"} and below["fct_orders"] == "ok"
    assert rows("select slot, count(*) from ops.publications group by 1") == [("blue", 1)]
    assert rows("select count(*) from core.fct_orders") == [(counted,)]

    with db.connect(db.Role.OWNER) as connection:
        connection.execute("update market.supplier_orders set total = goods + tax + shipping")
        connection.execute("alter table market.ledger_postings disable trigger append_only")
        connection.execute(
            "delete from market.ledger_postings where position > 2"
            " and entry_id in (select id from market.ledger_entries where kind = 'gmv_placed')"
        )
        connection.execute("alter table market.ledger_postings enable trigger append_only")
    built = command("pipeline", "run")
    assert (built.returncode, built.stderr) == (0, "")
    # The new history, and an order that came in after the first build.
    assert rows("select count(*) from core.fct_orders") == [(counted + 2,)]
    assert rows("select slot from ops.publications order by published_at") == [("blue",), ("green",)]
    assert rows("select status from ops.pipeline_runs order by started_at") == [
        ("succeeded",), ("failed",), ("failed",), ("succeeded",),
    ]  # fmt: skip


def test_a_known_history_is_reported_equal_whatever_a_killed_build_left_half_written(
    fresh_database: str, shared_data: Path, tmp_path: Path
) -> None:
    """A small history; all eight, a real wholesaler's among them, are in the long proofs and in their short round."""
    forget_the_parsed_project()
    dbt.manifest()
    target = dbt.target_folder()
    (target / "run_results.json").write_text('{"metadata": {"dbt_schema_version": "https:')
    left = [file for file in target.iterdir() if file.is_file()]
    assert {"manifest.json", "partial_parse.msgpack"} <= {file.name for file in left}
    for file in left:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
    forget_the_parsed_project()  # so dbt has to read what it finds
    assert dbt.take_results(start("test"), target) is None
    passed = compare("northwind", shared_data, tmp_path)
    assert (passed["summary.json"], passed["monthly.csv"]) == (35, 207)
    assert all(passed.values()), "an empty comparison shows nothing"


def forget_the_parsed_project() -> None:
    for file in dbt.folder().glob("project[.-]*"):
        file.unlink()


def test_one_build_at_a_time(fresh_database: str) -> None:
    with db.connect(db.Role.BUILDER) as other:
        other.execute("select pg_advisory_lock(42422001)")
        with pytest.raises(AnotherBuildRuns):
            start("test")
    assert rows("select count(*) from ops.pipeline_runs") == [(0,)]


def until_alone() -> None:
    """The server tidies big tables up; the database cannot be dropped before it has ended."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    db.dispose()
    for _ in range(600):
        with db.connect(db.Role.OWNER) as connection:
            if connection.execute(others).fetchone() == (0,):
                return
        time.sleep(0.1)


def compare(name: str, shared_data: Path, out: Path) -> dict[str, int]:
    """Import, build, report: how many figures of each file are equal; a difference fails."""
    done = command("import-history", str(shared_data / "orders" / name), "--as", name)
    assert done.returncode == 0, done.stderr
    assert quietly().status == "succeeded"
    done = command("history-report", "--history", name, "--out", str(out / name))
    assert done.returncode == 0, done.stderr
    expected = shared_data / "orders" / name / "expected"
    files = sorted(file.name for file in expected.iterdir())
    assert files == sorted(file.name for file in (out / name).iterdir())
    return {file: equal_figures(shared_data, expected / file, out / name / file) for file in files}


def equal_figures(shared_data: Path, expected: Path, got: Path) -> int:
    with expected.open(encoding="utf-8") as one, got.open(encoding="utf-8") as other:
        head = one.readline()
        assert other.readline() == head, "compare.py passes over columns that are missing"
    key = head.partition(",")[0].strip()  # of a table; a summary is looked up by its own names
    done = subprocess.run(
        [sys.executable, str(shared_data / "compare.py"), str(expected), str(got), "--key", key],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return int(done.stdout.split()[-4])


@pytest.mark.proof
def test_a_killed_build_leaves_the_old_or_the_new(fresh_database: str, tmp_path: Path) -> None:
    load(tmp_path / "a", "a")
    assert quietly().status == "succeeded"
    seen = 1
    for number, delay in enumerate((2, 4, 6, 7, 8, 9, 10, 11), 1):
        load(tmp_path / "a", f"a{number}")
        child = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "pipeline", "run"], cwd=PROJECT, env=dict(os.environ),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
        [(orders,)] = rows("select count(*) from core.fct_orders")
        [(mart,)] = rows("select sum(placed_orders) from marts.mart_gmv_daily")
        assert orders == mart and orders in (seen, number + 1)
        seen = orders
    assert quietly().status == "succeeded"
    assert rows("select count(*) from core.fct_orders") == [(9,)]
    assert rows("select count(*) from ops.pipeline_runs where status = 'running'") == [(0,)]
