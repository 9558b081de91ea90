"""The full demo market and three real order histories: every metric equals its second computation."""

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.kernel.settings import PROJECT
from pipelines.warehouse.build import build
from tests.make.compared import compare_all
from tests.proof.written import write_down

pytestmark = pytest.mark.proof
HISTORIES = {
    "uci_gift": (date(2009, 10, 1), date(2012, 1, 1)),
    "scms": (date(2012, 1, 1), date(2016, 1, 1)),
    "northwind": (date(1996, 7, 1), date(1998, 7, 1)),
}


def command(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *words], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.timeout(1800)
def test_every_metric_of_the_demo_and_of_real_histories_twice(
    fresh_database: str, shared_data: Path, quick_round: bool
) -> None:
    """The short round leaves the demo and the largest history out."""
    begun = time.monotonic()
    names = ["scms", "northwind"] if quick_round else list(HISTORIES)
    windows = [HISTORIES[name] for name in names]
    if not quick_round:
        command("demo")
        today = datetime.now(UTC).date()
        windows.append((date(today.year - 1, 7, 1), date(today.year + 1, 1, 1)))
    for name in names:
        command("import-history", str(shared_data / "orders" / name), "--as", name)
    assert build("test", lambda asset: None).status == "succeeded"
    found = compare_all(windows)
    figures = {
        "of": ["demo", *names] if not quick_round else names,
        "figures_compared": found.compared,
        "differences": len(found.differences),
        "by_metric": dict(found.by_metric),
        "not_computed_here": found.missing,
        "seconds": round(time.monotonic() - begun, 1),
    }
    assert not found.differences, "\n".join(found.differences[:40])
    assert found.compared > 5_000 and not found.missing
    write_down("metrics_again", figures, quick_round=quick_round)
