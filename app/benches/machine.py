"""What processes cost, by the operating system, and a database that lasts as long as a measurement."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from domain import migrations
from domain.kernel import database as db
from domain.kernel.settings import given, put_into_environment, settings

try:
    _TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
except (ValueError, OSError):  # a machine that has no /proc either
    _TICKS_A_SECOND = 100


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used since it started, in steps of 10 ms; its children are not in it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        import psutil  # not on Linux

        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def machine_cpu_s() -> float:
    """What all processes of the machine have used, or 0 where nobody tells."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except FileNotFoundError:
        return 0.0
    return (sum(fields) - fields[3] - fields[4]) / _TICKS_A_SECOND


@contextlib.contextmanager
def scratch(fill: Callable[[], None]) -> Iterator[None]:
    """A migrated database with what `fill` puts into it; this process and its children work on it, then it goes."""
    name, before = f"wholesale_bench_{uuid4().hex[:8]}", given("DATABASE_URL") or ""
    with db.connect(db.Role.OWNER) as connection:
        connection.execute(f"create database {name}".encode())
    there = db.url(db.Role.OWNER, driver="", database=name)
    environment = settings().environment
    point({"DATABASE_URL": there, "WHOLESALE_ENVIRONMENT": "test"})
    try:
        migrations.upgrade()
        fill()
        yield
    finally:
        point({"DATABASE_URL": before, "WHOLESALE_ENVIRONMENT": environment})
        _drop(name)


def point(environment: dict[str, str]) -> None:
    """Let this process and those that it starts read other settings."""
    db.dispose()
    put_into_environment(environment)
    settings.cache_clear()


def _drop(name: str) -> None:
    """The clients have just gone; their backends may take a moment longer."""
    import psycopg

    with db.connect(db.Role.OWNER) as connection:
        for _ in range(50):
            try:
                connection.execute(f"drop database if exists {name}".encode())
                return
            except psycopg.errors.ObjectInUse:
                time.sleep(0.1)
