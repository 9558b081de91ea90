"""Starting a build that was asked for: Dagster does it; when Dagster does not answer, a child of the worker does.

The wish is a row (`domain.reports.request_build`), so nothing is lost when web, worker or Dagster dies in
between: what was sent and never began is sent again after a few minutes, the second time to a child.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import urllib.error
import urllib.request
from uuid import UUID

from domain import reports
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT, child_environment, settings
from domain.kernel.work import begin, run

TRIES_MAX = 3
_PATIENCE_S = 10
_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
_log = logging.getLogger(__name__)
_children: list[subprocess.Popen[bytes]] = []


def start_waiting() -> None:
    """Start the build that somebody asked for, if there is one."""
    _children[:] = [child for child in _children if child.poll() is None]
    system = Actor.system()
    with begin(system) as reading:
        wanted = reports.build_to_start(reading)
    if wanted is None:
        return
    if wanted.tries >= TRIES_MAX:
        problem = f"The build was started {TRIES_MAX} times and never began; the logs of worker and Dagster say why."
        run(system, reports.give_up_build, build_request_id=wanted.request_id, problem=problem)
        return
    # Said first: whoever dies after this line has sent it at most once, and it is sent again later.
    sent_to = "dagster" if wanted.tries == 0 and is_dagster_there() else "worker"
    run(system, reports.record_build_sent, build_request_id=wanted.request_id, sent_to=sent_to)
    if sent_to == "dagster" and launch(wanted.request_id):
        return
    if sent_to == "dagster":
        run(system, reports.record_build_sent, build_request_id=wanted.request_id, sent_to="worker")
    _children.append(_child(wanted.request_id))


def is_dagster_there() -> bool:
    """Whether Dagster answers and has loaded our jobs."""
    try:
        found = _ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }", {})
        return bool(found["data"]["repositoriesOrError"].get("nodes"))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def launch(request_id: UUID) -> bool:
    """Ask Dagster for the job; whether it took it."""
    params = {
        "selector": {
            "repositoryLocationName": "wholesale",
            "repositoryName": "__repository__",
            "jobName": "build_warehouse",
        },
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "wholesale/request", "value": str(request_id)}]},
    }
    try:
        answer = _ask(_LAUNCH, {"params": params})["data"]["launchRun"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        _log.warning("dagster did not take the build: %s", problem)
        return False
    if answer.get("__typename") != "LaunchRunSuccess":
        _log.warning("dagster refused the build: %s", answer)
        return False
    return True


def _ask(query: str, variables: dict[str, object]) -> dict[str, dict[str, dict[str, str]]]:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{settings().dagster_port}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=_PATIENCE_S) as answer:
        found: dict[str, dict[str, dict[str, str]]] = json.load(answer)
        return found


def _child(request_id: UUID) -> subprocess.Popen[bytes]:
    # It leads no group of its own, so it ends with the worker when the product is stopped.
    log = settings().folder("logs") / "build.log"
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", "pipeline", "run", "--request", str(request_id)],
            cwd=PROJECT,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
