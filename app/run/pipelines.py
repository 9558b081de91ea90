"""Dagster's processes: where they keep their files and how they are told about each other.

One code server holds the definitions; the webserver and the daemon ask it, which saves two copies of
everything that the definitions import. Runs, schedules and events lie in the `dagster` database, whose
address travels in the environment and is written to no file.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from pathlib import Path

from app.run.supervisor import Program
from domain.kernel import database
from domain.kernel.settings import PROJECT, Settings, child_environment

DEFINITIONS = "orchestration.definitions"
URL_VARIABLE = "WHOLESALE_DAGSTER_STORAGE"


def dagster_programs(known: Settings) -> list[Program]:
    """Code server, webserver and daemon; nothing where this installation has no definitions."""
    if not _has_definitions():
        return []
    home = known.folder("dagster")
    code_port = _free_port()
    workspace = _write_files(home, code_port)
    environment = dagster_environment(known)
    python = [sys.executable, "-m"]
    return [
        Program(
            "dagster-code",
            [*python, "dagster", "code-server", "start", "-m", DEFINITIONS, "-d", str(PROJECT)]
            + ["-h", "127.0.0.1", "-p", str(code_port), "--log-level", "warning"],
            environment,
            ready=lambda: _listens(code_port),
            after="web",
        ),
        Program(
            "dagster-web",
            [*python, "dagster_webserver", "-h", "127.0.0.1", "-p", str(known.dagster_port)]
            + ["-w", str(workspace), "--log-level", "warning"],
            environment,
            ready=lambda: _listens(known.dagster_port),
            after="dagster-code",
        ),
        Program(
            "dagster-daemon",
            [*python, "dagster._daemon", "run", "-w", str(workspace), "--log-level", "warning"],
            environment,
            after="dagster-code",
        ),
    ]


def dagster_environment(known: Settings) -> dict[str, str]:
    """The environment in which Dagster finds its home and its database; telemetry is off."""
    home = known.folder("dagster")
    return child_environment({"DAGSTER_HOME": str(home), URL_VARIABLE: database.dagster_url()})


def _has_definitions() -> bool:
    try:
        return importlib.util.find_spec(DEFINITIONS) is not None
    except ModuleNotFoundError:
        return False


def _write_files(home: Path, code_port: int) -> Path:
    # JSON is YAML; it needs no second library and quotes every path rightly.
    (home / "dagster.yaml").write_text(json.dumps(_instance(home), indent=2))
    workspace = home / "workspace.yaml"
    server = {"host": "127.0.0.1", "port": code_port, "location_name": "wholesale"}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}, indent=2))
    return workspace


def _instance(home: Path) -> dict[str, object]:
    return {
        "storage": {"postgres": {"postgres_url": {"env": URL_VARIABLE}}},
        "run_launcher": {"module": "dagster", "class": "DefaultRunLauncher"},
        "concurrency": {"runs": {"max_concurrent_runs": 2}},
        "run_retries": {"enabled": True, "max_retries": 2},
        "run_monitoring": {"enabled": True, "start_timeout_seconds": 180, "max_resume_run_attempts": 0},
        "compute_logs": {
            "module": "dagster.core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": str(home / "compute")},
        },
        "local_artifact_storage": {
            "module": "dagster.core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(home)},
        },
        "telemetry": {"enabled": False},
    }


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
