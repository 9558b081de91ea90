"""The supervisor of `wholesale up`: starts programs in order, restarts what dies, stops all cleanly.

Why not supervisord: it cannot start Dagster only once the web answers without a control socket, whose
path may not be longer than 100 characters; and when it is killed itself, its programs live on. Here
each program leads a process group of its own, so a stop reaches its grandchildren, and the *guard*, one
small process, ends all groups when this process disappears without having said good-bye.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

_GRACE_S = 25
_PAUSE_MAX_S = 30
_STEADY_S = 60  # who lived this long starts again at once
_LOG_BYTES = 5_000_000
_LOG_FILES = 4


@dataclass(frozen=True)
class Program:
    """One process to keep alive. It starts when the program named in `after` is ready."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    after: str | None = None
    after_patience_s: float = 120


class Supervisor:
    def __init__(self, programs: Sequence[Program], *, home: Path, folder: Path) -> None:
        self._programs = programs
        self._home = home
        self._folder = folder
        self._ready = {program.name: asyncio.Event() for program in programs}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._guard: subprocess.Popen[str] | None = None

    async def run(self, *, alongside: Sequence[Callable[[Supervisor], Awaitable[None]]] = ()) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP; when this returns, no process that it started is left."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(sign, self._stopping.set)
        self._guard = _start_guard(self._home)
        try:
            tasks = [asyncio.create_task(self._keep(program)) for program in self._programs]
            tasks += [asyncio.ensure_future(other(self)) for other in alongside]
            await self._stopping.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await self._stop_all()
            self._tell_guard("done")

    async def is_ready(self, name: str) -> None:
        await self._ready[name].wait()

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    async def _keep(self, program: Program) -> None:
        if program.after in self._ready:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ready[program.after].wait(), program.after_patience_s)
        log = _log_file(self._home / "logs" / f"{program.name}.log")
        pause_s = 0.5
        while True:
            began = time.monotonic()
            process = await self._start(program)
            self._readers[program.name] = asyncio.create_task(_copy(process, log))
            watch = asyncio.create_task(self._watch_readiness(program))
            try:
                code = await _end_of(process)
            finally:
                watch.cancel()
            self._forget(program, process)
            pause_s = 0.5 if time.monotonic() - began > _STEADY_S else min(pause_s * 2, _PAUSE_MAX_S)
            log.info("%s ended with code %s; it starts again in %s s\n", program.name, code, pause_s)
            await asyncio.sleep(pause_s)

    async def _start(self, program: Program) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=program.environment or None,
            cwd=self._folder,
            start_new_session=True,
        )
        self._running[program.name] = process
        self._tell_guard(f"+{process.pid}")
        return process

    def _forget(self, program: Program, process: asyncio.subprocess.Process) -> None:
        # Its own children must not outlive it, or the next one finds its port taken.
        _signal_group(process.pid, signal.SIGKILL)
        self._running.pop(program.name, None)
        self._tell_guard(f"-{process.pid}")

    async def _watch_readiness(self, program: Program) -> None:
        while program.ready is not None and not await asyncio.to_thread(program.ready):
            await asyncio.sleep(0.2)
        self._ready[program.name].set()

    async def _stop_all(self) -> None:
        processes = list(self._running.values())
        for process in processes:
            _signal_group(process.pid, signal.SIGTERM)
        await _at_most(_GRACE_S, *map(_end_of, processes))
        for process in processes:
            _signal_group(process.pid, signal.SIGKILL)
        await _at_most(5, *map(_end_of, processes), *self._readers.values())

    def _tell_guard(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.write(line + "\n")
                self._guard.stdin.flush()


async def _end_of(process: asyncio.subprocess.Process) -> int:
    # Not process.wait(): some versions of Python wait there for the pipe too, which grandchildren hold open.
    while process.returncode is None:
        await asyncio.sleep(0.1)
    return process.returncode


async def _copy(process: asyncio.subprocess.Process, log: logging.Logger) -> None:
    while process.stdout is not None and (words := await process.stdout.read(65536)):
        log.info("%s", words.decode(errors="replace"))


async def _at_most(seconds: float, *waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()


def _signal_group(pid: int, sign: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, sign)


def _start_guard(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.run.guard", str(home)], stdin=subprocess.PIPE, text=True, start_new_session=True
    )


def _log_file(path: Path) -> logging.Logger:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
    handler.terminator = ""  # what programs write is copied as it comes
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.Logger(f"program.{path.stem}", logging.INFO)
    log.addHandler(handler)
    return log
