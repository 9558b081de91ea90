"""`wholesale` as people call it: one sentence when it cannot work, and one instance a folder."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from domain.kernel import postgres


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="wholesale-run-"))
    folder.chmod(0o755)
    yield folder
    if (folder / "postgres").exists():  # else nothing was started
        _wholesale(folder, "stop")
        postgres.stop(folder)
    subprocess.run(["rm", "-rf", str(folder)], check=False)


def _environment(home: Path, more: dict[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "WHOLESALE_"))}
    return clean | {"WHOLESALE_HOME": str(home)} | more


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *words]


def _wholesale(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*words), env=_environment(home, more), capture_output=True, text=True, timeout=120, check=False
    )


def _two_free_ports() -> int:
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def _until(is_so, patience_s: float = 60) -> None:
    until = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is not the address of a PostgreSQL database"),
        ({"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}, "The database server at 127.0.0.1:1 could not be reached"),
        ({"WHOLESALE_PORT": "many"}, "WHOLESALE_PORT is set to 'many', which cannot be used"),
        ({"WHOLESALE_HOME": "/dev/null/home"}, "The data folder /dev/null/home cannot be"),
    ],
)
@pytest.mark.parametrize("command", ["up", "migrate"])
def test_what_cannot_work_is_one_sentence_and_code_1(home, command, more, sentence):
    done = _wholesale(home, command, **more)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1 and done.stderr.endswith(".\n")


@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_is_named(home, offset):
    port = _two_free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + offset))
        other.listen()
        done = _wholesale(home, "up", WHOLESALE_PORT=str(port))
    variable = ("WHOLESALE_PORT", "WHOLESALE_DAGSTER_PORT")[offset]
    assert done.returncode == 1
    assert done.stderr == f"Port {port + offset} is taken by another program; set {variable} to a free one.\n"


def test_a_command_starts_the_database_and_stop_ends_it(home):
    assert _wholesale(home, "migrate").returncode == 0
    assert postgres.is_running(home)
    assert "embedded, 127.0.0.1:" in _wholesale(home, "status").stdout
    assert _wholesale(home, "stop").stdout == "Stopped.\n"
    assert not postgres.is_running(home)
    assert _wholesale(home, "stop").stdout == "Nothing was running.\n"


def test_help_starts_without_anything_heavy(home):
    code = "import sys; sys.argv = ['wholesale', 'stop', '--help']; import app.cli\n"
    code += "try: app.cli.main()\nexcept SystemExit: pass\n"
    code += "print(sorted({'sqlalchemy', 'pandas', 'dagster', 'streamlit', 'alembic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env=_environment(home, {}), capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_instance_comes_up_repairs_itself_and_stops(home):
    port = _two_free_ports()
    more = {"WHOLESALE_PORT": str(port)}
    log = home / "up.txt"
    with log.open("w") as output:
        instance = subprocess.Popen(
            _command("up", "--empty"), env=_environment(home, more), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _until(lambda: f"http://127.0.0.1:{port}" in log.read_text())
        assert _answer(port) == 200

        again = _wholesale(home, "up", "--empty", **more)
        assert (again.returncode, again.stdout) == (1, "")
        assert again.stderr == f"The instance in {home} is already running; `wholesale stop` ends it.\n"

        database = postgres._postmaster(home / "postgres")
        assert database is not None
        os.kill(database, signal.SIGKILL)
        _until(lambda: postgres.is_running(home) and postgres._postmaster(home / "postgres") != database)
        _until(lambda: _answer(port) == 200)

        instance.send_signal(signal.SIGINT)
        assert instance.wait(60) == 0
        assert log.read_text().endswith("Stopping ...\nStopped.\n")
        assert not postgres.is_running(home)
    finally:
        instance.kill()
        instance.wait()


def _answer(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status
    except OSError:
        return 0


def test_a_command_on_an_empty_folder_makes_the_market_that_it_needs(home):
    done = _wholesale(home, "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"All \d+ hold\.", done.stdout)


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("pipeline", "run"),
        ("import-history", "nowhere", "--as", "a"),
        ("history-report", "--history", "a", "--out", "nowhere"),
    ],
)
def test_a_given_database_is_not_prepared_unasked(home, server, drop_database, words):
    name = f"wholesale_bare_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    try:
        address = make_url(server).set(database=name).render_as_string(hide_password=False)
        done = _wholesale(home, *words, DATABASE_URL=address)
        assert done.returncode == 1
        assert done.stderr.strip() == (
            "The database has not been prepared for this version yet; run `wholesale migrate`, then try again."
        )
        with psycopg.connect(address) as connection:
            assert connection.execute("select count(*) from pg_namespace where nspname = 'market'").fetchone() == (0,)
    finally:
        drop_database(name)
