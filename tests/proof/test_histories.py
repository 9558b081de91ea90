"""Eight real order histories: each comes in at a pace and a memory that are written down, and tells the known figures.

Every set is imported by the command line, as a company would. Meanwhile somebody watches the import and the
database's process behind it. One build follows, then the report of each history is compared file by file with
reference answers that were computed elsewhere.
"""

import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from domain.kernel import database as db
from domain.kernel.settings import PROJECT
from tests.pipelines.test_build import command, equal_figures, quietly, rows, until_alone
from tests.proof.written import write_down

NAMES = (
    "bike_sales", "classicmodels", "completejourney", "iowa_day", "northwind", "olist", "scms", "uci_gift",
)  # fmt: skip
CLIENT_MB_MAX = 150  # the interpreter, the libraries and a buffer, however long the history

# The import as the command line does it, and the most memory that it needed. What the system says of a child that
# has ended begins with the memory of the process that started it, so it is asked from within.
IMPORT = """
import resource, sys
from app.cli import main
try:
    main()
finally:
    try:
        peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("peak", peak, flush=True)
"""

pytestmark = pytest.mark.proof


class Watch(threading.Thread):
    """Looks at the processes of the database every tenth of a second while an import runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_kb, self._over = 0, threading.Event()

    def run(self) -> None:
        others = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        with psycopg.connect(db.url(db.Role.OWNER, driver=""), autocommit=True) as connection:
            while not self._over.wait(0.1):
                for (pid,) in connection.execute(others).fetchall():
                    self.peak_kb = max(self.peak_kb, own_kb(pid))

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def own_kb(pid: int) -> int:
    """What a process has for itself, without the memory that all of the database's processes share."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0  # it has ended, or it is a database on another machine
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")), 0)


def imported(folder: Path) -> dict[str, float | int | None]:
    """Import one set in a process of its own; how long it took and what it needed at most."""
    began = time.monotonic()
    with Watch() as watch:
        done = subprocess.run(
            [sys.executable, "-c", IMPORT, "import-history", str(folder), "--as", folder.name],
            cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stdout
    [(orders, lines)] = rows(f"select orders, lines from histories where name = '{folder.name}'")
    client_mb = int(done.stdout.split()[-1]) / 1024
    return {
        "orders": orders, "lines": lines, "seconds": round(seconds, 1), "lines_per_second": round(lines / seconds),
        "client_peak_mb": round(client_mb), "database_process_peak_mb": round(watch.peak_kb / 1024) or None,
    }  # fmt: skip


def test_eight_histories_come_in_and_tell_the_known_figures(
    fresh_database: str, shared_data: Path, tmp_path: Path, quick_round: bool
) -> None:
    folders = [shared_data / "orders" / name for name in NAMES]
    assert [folder.name for folder in sorted((shared_data / "orders").iterdir()) if folder.is_dir()] == list(NAMES)
    sets: dict[str, dict[str, float | int | None]] = {folder.name: imported(folder) for folder in folders}
    began = time.monotonic()
    assert quietly().status == "succeeded"
    build_seconds = time.monotonic() - began
    for folder in folders:
        done = command("history-report", "--history", folder.name, "--out", str(tmp_path / folder.name))
        assert done.returncode == 0, done.stderr
        files = sorted((folder / "expected").iterdir())
        assert [file.name for file in files] == sorted(file.name for file in (tmp_path / folder.name).iterdir())
        equal = [equal_figures(shared_data, file, tmp_path / folder.name / file.name) for file in files]
        assert all(equal), "an empty comparison shows nothing"
        sets[folder.name] |= {"files_equal": len(files), "figures_equal": sum(equal)}
    assert rows("select coalesce(sum(violations), 0) from invariants") == [(0,)]
    write_down("histories", {"build_seconds": round(build_seconds, 1), "sets": sets}, quick_round=quick_round)
    until_alone()
    # The client streams: what it needs does not grow with the history.
    assert all(float(found["client_peak_mb"] or 0) < CLIENT_MB_MAX for found in sets.values()), sets
