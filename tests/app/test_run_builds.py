"""A build that was asked for goes to Dagster over HTTP, with the request's id as a tag, and only once."""

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from dagster_graphql.schema import create_schema
from graphql import parse, validate
from sqlalchemy import text
from typer.testing import CliRunner

from app import cli
from app.run import builds
from domain import reports
from domain.kernel.actor import Actor
from domain.kernel.settings import settings
from domain.kernel.work import begin, clock, run

SYSTEM = Actor.system()
DAGSTERS = create_schema().graphql_schema


class Dagster(HTTPServer):
    """Stands in for Dagster's GraphQL: it has our repository, takes or refuses what is launched, and knows its schema."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.launched: list[dict[str, Any]] = []
        self.misunderstood: list[str] = []
        self.answer: dict[str, Any] = {"__typename": "LaunchRunSuccess", "run": {"runId": "1"}}


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Dagster)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.misunderstood += map(str, validate(DAGSTERS, parse(asked["query"])))
        data: dict[str, Any] = {"repositoriesOrError": {"nodes": [{"name": "__repository__"}]}}
        if "launchRun" in asked["query"]:
            server.launched.append(asked["variables"]["params"])
            data = {"launchRun": server.answer}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": data}).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def dagster(database: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dagster]:
    server = Dagster()
    monkeypatch.setenv("WHOLESALE_DAGSTER_PORT", str(server.server_port))
    settings.cache_clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()
    assert server.misunderstood == [], "the real Dagster would not understand this"


def requests() -> list[tuple[Any, ...]]:
    with begin(SYSTEM) as work:
        found = work.session.execute(text("select id, state, sent_to, tries from ops.build_requests"))
        return [tuple(row) for row in found]


def test_a_request_is_handed_over_once_with_its_id(dagster: Dagster) -> None:
    builds.start_waiting()
    assert dagster.launched == []
    asked = run(SYSTEM, reports.request_first_build)
    assert isinstance(asked, UUID)
    builds.start_waiting()
    builds.start_waiting()
    [launched] = dagster.launched
    assert launched["selector"]["jobName"] == "build_warehouse"
    assert launched["executionMetadata"]["tags"] == [{"key": "wholesale/request", "value": str(asked)}]
    assert requests() == [(asked, "sent", "dagster", 1)]


def test_what_dagster_refuses_or_does_not_hear_is_known(dagster: Dagster) -> None:
    asked = run(SYSTEM, reports.request_first_build)
    assert asked is not None and builds.is_dagster_there() and builds.launch(asked)
    dagster.answer = {"__typename": "PythonError", "message": "no such job"}
    assert not builds.launch(asked)
    dagster.answer = {}
    assert not builds.launch(asked)


def test_what_dagster_refuses_is_built_by_a_child_with_the_same_request(
    dagster: Dagster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("true"))  # a build takes a minute, and it is not about it
    dagster.answer = {"__typename": "PythonError", "message": "no such job"}
    asked = run(SYSTEM, reports.request_first_build)
    builds.start_waiting()
    assert len(dagster.launched) == 1
    assert requests() == [(asked, "sent", "worker", 2)]
    child = builds._children.pop()
    _, *words = map(str, child.args)  # type: ignore[arg-type]
    assert child.wait(10) == 0 and words == ["-m", "app.cli", "pipeline", "run", "--request", str(asked)]
    cli.add_groups()
    assert CliRunner().invoke(cli.app, [*words[2:], "--help"]).exit_code == 0  # it knows these words
    assert CliRunner().invoke(cli.app, [*words[2:], "--wish", "--help"]).exit_code == 2


def test_what_never_begins_is_given_up_with_a_reason(dagster: Dagster) -> None:
    asked = run(SYSTEM, reports.request_first_build)
    assert asked is not None
    with begin(SYSTEM) as work:
        long_ago = work.now - timedelta(hours=1)
    with clock(long_ago):
        for _ in range(builds.TRIES_MAX):
            run(SYSTEM, reports.record_build_sent, build_request_id=asked, sent_to="worker")
    builds.start_waiting()
    assert dagster.launched == [] and requests() == [(asked, "given_up", "worker", builds.TRIES_MAX)]
    builds.start_waiting()
    assert dagster.launched == []


def test_a_dagster_that_is_away_is_not_there(dagster: Dagster) -> None:
    dagster.shutdown()
    dagster.server_close()
    assert not builds.is_dagster_there()
