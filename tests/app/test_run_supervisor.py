"""The supervisor on small programs: order, restarts, a clean end, and an end when it is killed itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from domain.kernel.settings import PROJECT

# Each program writes its number into a file and lives; `parent` has a child that would outlive it.
_LIVES = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
_PARENT = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[2], sys.argv[3]]);exec(sys.argv[2])"
)
_RUN = f"""
import asyncio, sys
from pathlib import Path
from app.run.supervisor import Program, Supervisor
home = Path(sys.argv[1])
lives, parent = {_LIVES!r}, {_PARENT!r}
programs = [
    Program("second", [sys.executable, "-c", lives, str(home / "second")], after="first"),
    Program("first", [sys.executable, "-c", parent, str(home / "first"), lives, str(home / "child")],
            ready=(home / "open").exists),
    Program("brief", [sys.executable, "-c", "print('gone ' * 3)"]),
]
asyncio.run(Supervisor(programs, home=home, folder=home).run())
"""


@pytest.fixture
def supervisor(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen([sys.executable, "-c", _RUN, str(tmp_path)], cwd=PROJECT, env=environment)
    yield process
    process.kill()
    process.wait()


def _pid(file: Path, *, other_than: int = 0) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if file.exists() and file.read_text() and int(file.read_text()) != other_than:
            return int(file.read_text())
        time.sleep(0.05)
    raise AssertionError(f"{file.name} did not start")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z" if Path("/proc").is_dir() else True
    except (ProcessLookupError, FileNotFoundError):
        return False


def _all_gone(pids: list[int], patience_s: float = 15) -> bool:
    until = time.monotonic() + patience_s
    while any(map(_is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(_is_alive, pids))


def test_a_program_waits_until_the_one_before_is_ready(supervisor, tmp_path):
    _pid(tmp_path / "first")
    time.sleep(0.5)
    assert not (tmp_path / "second").exists()
    (tmp_path / "open").touch()
    _pid(tmp_path / "second")


def test_what_dies_starts_again_and_its_children_go_with_it(supervisor, tmp_path):
    first, child = _pid(tmp_path / "first"), _pid(tmp_path / "child")
    os.kill(first, signal.SIGKILL)
    assert _pid(tmp_path / "first", other_than=first) != first
    assert _all_gone([first, child])


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(supervisor, tmp_path, sign):
    (tmp_path / "open").touch()
    pids = [_pid(tmp_path / name) for name in ("first", "child", "second")]
    supervisor.send_signal(sign)
    assert supervisor.wait(30) == 0
    assert _all_gone(pids, 1)


def test_nothing_lives_on_when_the_supervisor_is_killed(supervisor, tmp_path):
    (tmp_path / "open").touch()
    pids = [_pid(tmp_path / name) for name in ("first", "child", "second")]
    supervisor.kill()
    assert _all_gone(pids)


def test_what_a_program_says_is_in_its_log(supervisor, tmp_path):
    until = time.monotonic() + 20
    log = tmp_path / "logs" / "brief.log"
    while not (log.exists() and "starts again" in log.read_text()):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "gone gone gone" in log.read_text()
    assert "brief ended with code 0; it starts again in 1.0 s" in log.read_text()
