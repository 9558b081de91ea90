"""The embedded server: it starts, survives a kill, moves when its port is taken, and stops."""

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from domain.kernel import postgres
from domain.kernel.settings import PROJECT, Unusable


@pytest.fixture
def home():
    # Not in pytest's own folder: only its user may enter it, and root may have to step down.
    folder = Path(tempfile.mkdtemp(prefix="wholesale home with spaces "))
    folder.chmod(0o755)
    yield folder
    postgres.stop(folder)
    subprocess.run(["rm", "-rf", str(folder)], check=False)


def _one(server: postgres.Server) -> object:
    with psycopg.connect(server.url()) as connection:
        return connection.execute("select 1").fetchone()


def test_the_server_starts_once_and_stops(home):
    first = postgres.start(home)
    assert postgres.start(home) == first
    assert postgres.is_running(home) and _one(first) == (1,)
    assert postgres.stop(home) is True
    assert not postgres.is_running(home)
    assert postgres.stop(home) is False


def test_the_owner_is_no_superuser_and_checksums_are_on(home):
    with psycopg.connect(postgres.start(home).url()) as connection:
        row = connection.execute(
            "select rolsuper, rolbypassrls, current_setting('data_checksums'), current_setting('fsync'),"
            " current_setting('listen_addresses') from pg_roles where rolname = current_user"
        ).fetchone()
    assert row == (False, False, "on", "on", "127.0.0.1")


def test_nobody_enters_without_the_password(home):
    server = postgres.start(home)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres", connect_timeout=5, passfile="/none")
    assert (home / "postgres.json").stat().st_mode & 0o777 == 0o600


def test_data_survive_a_killed_server(home):
    server = postgres.start(home)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (7)")
    pid = postgres._postmaster(home / "postgres")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _until(lambda: not postgres.is_running(home))
    with psycopg.connect(postgres.start(home).url()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_a_port_that_was_taken_meanwhile_is_changed(home):
    before = postgres.start(home)
    postgres.stop(home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before.port))
        other.listen()
        after = postgres.start(home)
    assert after.port != before.port and _one(after) == (1,)


def test_a_pid_file_that_names_another_program_does_not_stop_the_start(home):
    postgres.start(home)
    postgres.stop(home)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (home / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{home}/postgres\n")
        assert not postgres.is_running(home)
        began = time.monotonic()
        assert _one(postgres.start(home)) == (1,)
        assert time.monotonic() - began < 10
        stranger.kill()


def test_a_first_start_that_was_cut_off_begins_again(home):
    (home / "postgres").mkdir()
    (home / "postgres" / "half").write_text("made")
    assert _one(postgres.start(home)) == (1,)


def test_many_starters_agree_on_one_server(home):
    code = "import sys; from pathlib import Path; from domain.kernel import postgres; "
    code += "print(postgres.start(Path(sys.argv[1])).port)"
    command = [sys.executable, "-c", code, str(home)]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) for _ in range(4)]
    assert len({starter.communicate(timeout=60)[0] for starter in starters}) == 1
    assert [starter.returncode for starter in starters] == [0, 0, 0, 0]


def test_variables_of_another_server_do_not_leak_in(home, monkeypatch):
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere.invalid", "PGDATA": "/none", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)
    assert _one(postgres.start(home)) == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_root_steps_down_to_nobody_where_it_may_not_unshare(home, monkeypatch):
    monkeypatch.setattr(postgres, "_may_unshare", lambda: False)
    modes = [folder.stat().st_mode for folder in home.parents]
    try:
        server = postgres.start(home)
    except Unusable as problem:
        assert "ordinary user" in str(problem)  # the programs lie where nobody may not read
        pytest.skip("PostgreSQL's programs are out of reach for the user nobody here")
    assert (home / "postgres").stat().st_uid == 65534 and _one(server) == (1,)
    assert [folder.stat().st_mode for folder in home.parents] == modes


def test_a_full_disk_is_a_sentence(home, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(postgres, "_make", full)
    with pytest.raises(Unusable, match="is full; free some space"):
        postgres.start(home)
    sentence = str(postgres._explained("initdb: error: could not write: No space left on device", home, "x"))
    assert sentence == f"The disk that holds {home} is full; free some space and start again."


def test_data_of_another_major_version_are_a_sentence(home):
    postgres.start(home)
    postgres.stop(home)
    (home / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(Unusable, match="another major version"):
        postgres.start(home)


def _until(is_so, patience_s: float = 10) -> None:
    until = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)
