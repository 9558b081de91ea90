"""One instance: `up` brings it up and stays, `stop` ends it, `status` tells how it is.

A lock file in the data folder is held while an instance runs, so that one folder has one instance and a
number of a process that is long gone is never taken for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import IO

from app.run import web
from app.run.pipelines import dagster_programs
from app.run.supervisor import Program, Supervisor
from domain.kernel import database
from domain.kernel.settings import PROJECT, Settings, Unusable, child_environment, given, settings

_SLOW_START_S = 60
_DATABASE_LOOK_S = 2
_STOP_PATIENCE_S = 90


def up(*, empty: bool = False) -> None:
    """Migrate, fill an empty database with the demo unless told not to, and run until stopped.

    Raises: Unusable, when the instance runs already, a port is taken or the database cannot be used.
    """
    from domain.migrations import upgrade

    known = settings()
    # Until the supervisor listens itself, a stop has to unwind what is being prepared.
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _leave)
    with _only_instance(known):
        _free_or_unusable(known.port, "WHOLESALE_PORT")
        _free_or_unusable(known.dagster_port, "WHOLESALE_DAGSTER_PORT")
        _say("Preparing the database ...")
        try:
            upgrade()
            if not empty:
                _ensure_demo()
            asyncio.run(_supervise(known))
        finally:
            database.stop()
    _say("Stopped.")


def stop() -> bool:
    """Stop the instance of this data folder with its database; False when nothing ran."""
    known = settings()
    pid = _running_instance(known)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + _STOP_PATIENCE_S
        while _running_instance(known) is not None:
            if time.monotonic() > until:
                raise Unusable(f"The instance in {known.home} (process {pid}) did not stop.")
            time.sleep(0.1)
    return database.stop() or pid is not None


def status() -> dict[str, str]:
    """What runs, in words."""
    known = settings()
    pid = _running_instance(known)
    return {
        "data folder": str(known.home),
        "database": _database_status(known),
        "instance": f"running (process {pid})" if pid else "stopped",
        "web": f"{known.public_url} ({'ready' if is_web_ready(known) else 'not answering'})",
    }


def is_web_ready(known: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{known.port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


# --- running -----------------------------------------------------------------------------------


async def _supervise(known: Settings) -> None:
    supervisor = Supervisor(_programs(known), home=known.home, folder=PROJECT)

    async def greet(running: Supervisor) -> None:
        try:
            await asyncio.wait_for(running.is_ready("web"), _SLOW_START_S)
        except TimeoutError:
            _say(f"The web process does not answer yet; {known.home / 'logs' / 'web.log'} says why. Still trying.")
            await running.is_ready("web")
        _say(_banner(known))

    async def keep_database(_: Supervisor) -> None:
        while True:
            await asyncio.sleep(_DATABASE_LOOK_S)
            try:
                await asyncio.to_thread(database.ensure_running)
            except Unusable as problem:
                _say(str(problem))

    _say("Starting ...")
    await supervisor.run(alongside=[greet, keep_database])
    _say("Stopping ...")


def _leave(sign: int, _: object) -> None:
    sys.exit(128 + sign)


def _programs(known: Settings) -> list[Program]:
    python = [sys.executable, "-m"]
    environment = child_environment({"PYTHONUNBUFFERED": "1", "WHOLESALE_MAIL_PORT": str(_mail_port(known))})
    if known.has_own_sign_on:
        environment["WHOLESALE_OIDC_PORT"] = str(_oidc_port(known))
    sign_on = [Program("sign-on", [*python, "app.oidc_provider"], environment)] if known.has_own_sign_on else []
    sink = [Program("mail", [*python, "app.run.mail_sink"], environment)] if known.keeps_mail else []
    return [
        *sink,
        *sign_on,
        Program("web", web.command(known.port), environment, ready=lambda: is_web_ready(known)),
        Program("worker", [*python, "app.run.worker"], environment, after="web", after_patience_s=20),
        *dagster_programs(known),
    ]


def _ensure_demo() -> None:
    if not _exists("app.commands.demo"):
        return
    # In a process of its own: what it imports would stay in the supervisor's memory for good.
    # The worker builds what is asked for here as soon as it is up, so that the first visitor finds figures.
    call = (
        "from app.commands.demo import ensure_demo; ensure_demo();"
        " from domain import reports; from domain.kernel.actor import Actor; from domain.kernel.work import run;"
        " run(Actor.system(), reports.request_first_build)"
    )
    done = subprocess.run([sys.executable, "-c", call], cwd=PROJECT, env=child_environment(), check=False)
    if done.returncode:
        raise Unusable("The demo could not be made; `wholesale up --empty` starts without it.")


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _banner(known: Settings) -> str:
    lines = ["", f"  Wholesale OS is ready: {known.public_url}"]
    if _exists("orchestration.definitions"):
        lines.append(f"  Pipelines (Dagster):   http://127.0.0.1:{known.dagster_port}")
    if known.keeps_mail:
        lines.append(f"  E-mails are kept in:   {known.home / 'mail'}")
    lines += [f"  Data folder:           {known.home}", ""]
    if _exists("app.accounts"):
        # Asked in a process of its own for the same reason as the demo.
        call = "from app.accounts import printable; print(printable())"
        done = subprocess.run(
            [sys.executable, "-c", call],
            cwd=PROJECT,
            env=child_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        lines += [f"  {line}" for line in done.stdout.splitlines()] + [""]
    return "\n".join([*lines, "  Ctrl-C stops everything.", ""])


def _say(sentence: str) -> None:
    print(sentence, flush=True)


# --- one instance a folder ---------------------------------------------------------------------


@contextlib.contextmanager
def _only_instance(known: Settings) -> Iterator[None]:
    folder = known.folder("run")
    _wait_for_guard(known)
    with open(folder / "up.lock", "a+") as file:
        if not _locked(file):
            raise Unusable(f"The instance in {known.home} is already running; `wholesale stop` ends it.")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def _running_instance(known: Settings) -> int | None:
    try:
        with open(known.home / "run" / "up.lock") as file:
            if _locked(file):
                return None
            return int(file.read() or 0) or None
    except FileNotFoundError:
        return None


def _wait_for_guard(known: Settings) -> None:
    """After a kill -9 the guard of the last start may still be ending its processes."""
    until = time.monotonic() + 20
    with open(known.folder("run") / "guard.lock", "a+") as file:
        while not _locked(file):
            if _running_instance(known) is not None or time.monotonic() > until:
                return
            time.sleep(0.1)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_or_unusable(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Unusable(f"Port {port} is taken by another program; set {variable} to a free one.") from None


def _mail_port(known: Settings) -> int:
    """Where letters are caught."""
    return _own_or_any(known.mail_port, "WHOLESALE_MAIL_PORT")


def _oidc_port(known: Settings) -> int:
    """Where the sign-on for development is."""
    return _own_or_any(known.oidc_port, "WHOLESALE_OIDC_PORT")


def _own_or_any(wanted: int, variable: str) -> int:
    """The port as set, or the one that is ours by default, or when a neighbour has that one, any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
            except OSError:
                if given(variable):
                    break
    raise Unusable(f"Port {wanted} is taken by another program; set {variable} to a free one.")


def _database_status(known: Settings) -> str:
    from domain.kernel import postgres

    if not known.embedded:
        try:
            with database.connect() as connection:
                return f"PostgreSQL {connection.info.server_version // 10000} at {connection.info.host}"
        except Unusable as problem:
            return str(problem)
    server = postgres.known(known.home)
    if server is None or not postgres.is_running(known.home):
        return "embedded, stopped"
    return f"embedded, 127.0.0.1:{server.port}"
