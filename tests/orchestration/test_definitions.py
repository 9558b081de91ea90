"""Dagster over the pipelines: it loads, a run builds all of it with its checks, and the gate blocks."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import run
from domain.orders.history import import_history
from domain.reports.freshness import DAY_FIRST, DAY_LAST, EVERY, NIGHTLY

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

# Twice in one process, as importing costs most: first with an order that is wrong, then mended.
SCRIPT = """
import json
from dagster import DagsterInstance
from sqlalchemy import text
from domain.kernel import database as db
from orchestration.definitions import defs

def go():
    job = defs.get_job_def("build_warehouse")
    done = job.execute_in_process(instance=DagsterInstance.ephemeral(), raise_on_error=False)
    checks = done.get_asset_check_evaluations()
    return {
        "success": done.success,
        "assets": sorted("/".join(e.asset_key.path) for e in done.get_asset_materialization_events()),
        "checks": len(checks),
        "failed": sorted(c.check_name for c in checks if not c.passed),
    }

blocked = go()
with db.engine(db.Role.OWNER).begin() as connection:
    connection.execute(text("update market.supplier_orders set goods = goods - 1, total = total - 1"))
print(json.dumps([blocked, go(), sorted([s.name, s.cron_schedule] for s in defs.schedules)]))
"""


def test_a_run_builds_everything_with_its_checks_and_the_gate_blocks(fresh_database: str, tmp_path: Path) -> None:
    for file, content in HISTORY.items():
        (tmp_path / f"{file}.csv").write_text(content)
    run(Actor.system(), import_history, folder=tmp_path, name="a", time_zone="UTC")
    with db.engine(db.Role.OWNER).begin() as connection:
        connection.execute(text("update market.supplier_orders set goods = goods + 1, total = total + 1"))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    blocked, built, schedules = json.loads(done.stdout.strip().splitlines()[-1])
    assert blocked == {
        "success": False, "assets": ["market/supplier_orders"], "checks": 1, "failed": ["incoming_orders_are_sound"],
    }  # fmt: skip
    assert built["success"] and built["failed"] == []
    assert {"core/fct_orders", "marts/mart_gmv_daily", "published"} <= set(built["assets"])
    assert built["checks"] > 100
    # The screens promise what the schedule does.
    night, first, last, every = NIGHTLY, DAY_FIRST, DAY_LAST, EVERY.total_seconds() / 60
    assert schedules == [
        ["intraday", f"*/{every:.0f} {first.hour}-{last.hour} * * *"],
        ["nightly", f"{night.minute} {night.hour} * * *"],
    ]
    assert first.minute == 0 and last.minute == 60 - every
    with db.engine(db.Role.BUILDER).connect() as connection:
        runs = connection.execute(text("select status from ops.pipeline_runs order by started_at")).scalars().all()
        kinds = connection.execute(
            text(
                "select r.status, a.kind, a.status from ops.pipeline_runs r join ops.pipeline_assets a on a.run_id = r.id"
                " group by 1, 2, 3, r.started_at order by r.started_at, 2, 3"
            )
        ).all()
    assert runs == ["blocked", "succeeded"]
    assert [tuple(row) for row in kinds] == [
        ("blocked", "gate", "failed"), ("blocked", "model", "skipped"),
        *(("succeeded", kind, "ok") for kind in ("gate", "model", "publish", "test")),
    ]  # fmt: skip
