"""kill -9 of a whole build at ten points: readers have the old figures or the new ones, never a mixture.

A child builds the warehouse and kills itself at a named point, from the gate over the models to both sides of
the commit that repoints the readers' views. Meanwhile a reader asks without pause. After each kill all
published views are compared with what they were and with the tables that the killed build had filled; the registry of
metrics and the row that says what readers see must belong to the same build; the run says that it was interrupted; and
the next build succeeds. A publication that is not one transaction is caught by the same eyes.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from domain import reports
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin
from pipelines.warehouse.runs import PUBLISHED
from tests.pipelines.test_build import load
from tests.proof.written import write_down

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

# The point at which the child dies: after a line of the build, or inside or after its publication.
CHILD = """
import os, signal, sys
from pipelines.warehouse import build, runs

point = sys.argv[1]
seen = {"staging": 0, "core": 0, "marts": 0, "test": 0}

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def layer(asset):
    if asset.kind == "test":
        return "test"
    prefix = asset.name.split("_")[0]
    return {"stg": "staging", "fct": "core", "dim": "core", "mart": "marts"}.get(prefix, "other")

def report(asset):
    kind = layer(asset)
    if kind in seen:
        seen[kind] += 1
    if point in (asset.kind, asset.name, f"{kind} {seen.get(kind)}"):
        die()

repoint, finish = runs._repoint, runs.finish

def repointed(connection, *rest):
    repoint(connection, *rest)
    if point == "views repointed":
        die()

class Counting:
    def __init__(self, connection):
        self.connection, self.views = connection, 0

    def execute(self, query, *rest):
        if b"create view" in (query.as_bytes(self.connection) if hasattr(query, "as_bytes") else query.encode()):
            self.views += 1
            if self.views == 3:
                die()
        return self.connection.execute(query, *rest)

runs._repoint = repointed
if point == "third view":
    runs._repoint = lambda connection, *rest: repoint(Counting(connection), *rest)
if point == "third view, one by one":
    from psycopg import Connection
    from contextlib import nullcontext
    Connection.transaction = lambda self: nullcontext()  # the control: each statement for itself
    runs._repoint = lambda connection, *rest: repoint(Counting(connection), *rest)
if point == "before the end":
    runs.finish = lambda *args, **facts: die()

build.build("proof", report)
print("alive")
"""

POINTS = (
    "gate", "staging 1", "staging 10", "core 2", "test 60", "marts 1", "test 150", "third view", "views repointed",
    "before the end",
)  # fmt: skip
SHORT = ("gate", "core 2", "third view", "before the end")
CONTROL = "third view, one by one"

Contents = dict[str, str]


def build(point: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, point], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True
    )


@contextmanager
def reading() -> Iterator[psycopg.Connection]:
    """As the application reads: its role, with the scope of the system."""
    with psycopg.connect(db.url(db.Role.APP, driver=""), autocommit=True) as connection:
        connection.execute("select set_config('app.scope', 'system', false)")
        connection.execute("set search_path = market, public")
        yield connection


def contents(connection: psycopg.Connection, schemas: dict[str, str]) -> Contents:
    """A fingerprint of each relation: of all its rows, in whatever order. `schemas`: published name -> where to look."""
    found: Contents = {}
    for name, schema in schemas.items():
        relations = connection.execute(
            "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'v')", [schema]
        ).fetchall()
        for (relation,) in relations:
            print_of = sql.SQL("select count(*) || ':' || coalesce(md5(string_agg(h, '' order by h)), '') from ({}) x")
            rows = sql.SQL("select md5(t::text) as h from {} t").format(sql.Identifier(schema, relation))
            found[f"{name}.{relation}"] = connection.execute(print_of.format(rows)).fetchone()[0]
    return found


@dataclass(frozen=True)
class Seen:
    """What readers see at one instant: every published view, and what says which build it is."""

    views: Contents
    slots: frozenset[str]
    publication: tuple[str, str, str]
    registry: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """All views lie over one slot, that of the newest publication, and the registry is of the same build."""
        run_id, slot, _ = self.publication
        return self.slots == {slot} and self.registry <= {run_id} and len(self.registry) == 1


def see() -> Seen:
    with reading() as connection, connection.transaction():
        views = contents(connection, {schema: schema for schema in PUBLISHED})
        slots = connection.execute(
            "select distinct substring(definition from '(?:core|marts)_(blue|green)[.]') from pg_views"
            " where schemaname = any(%s)", [list(PUBLISHED)],
        )  # fmt: skip
        publication = connection.execute(
            "select run_id::text, slot, as_of::text from ops.publications order by published_at desc limit 1"
        ).fetchone()
        registry = connection.execute("select distinct run_id::text from ops.metric_registry")
        return Seen(views, frozenset(s for (s,) in slots), publication, frozenset(r for (r,) in registry))


def filled(slot: str) -> Contents:
    """What lies in the tables of a slot."""
    with db.connect(db.Role.BUILDER) as connection:
        return contents(connection, {schema: f"{schema}_{slot}" for schema in PUBLISHED})


@dataclass
class Reader:
    """Somebody who reads two views in one statement without pause, and notes what does not fit together."""

    reads: int = 0
    torn: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _is_done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        query = (
            "select (select count(*) from core.fct_orders),"
            " (select coalesce(sum(placed_orders), 0) from marts.mart_gmv_daily),"
            " (select count(distinct order_id) from core.fct_order_lines)"
        )
        with reading() as connection:
            while not self._is_done.is_set():
                try:
                    orders, placed, with_lines = connection.execute(query).fetchone()
                except psycopg.Error as problem:
                    self.refused.append(type(problem).__name__)
                    continue
                self.reads += 1
                if not orders == placed == with_lines:
                    self.torn.append(f"{orders} {placed} {with_lines}")
                time.sleep(0.002)

    @contextmanager
    def beside(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._is_done.set()
            thread.join()
            self._is_done.clear()


def test_a_build_killed_anywhere_leaves_the_old_or_the_new(
    fresh_database: str, tmp_path: Path, quick_round: bool
) -> None:
    load(tmp_path / "a", "a")
    assert build("nowhere").stdout == "alive\n"
    reader, outcomes = Reader(), []
    for number, point in enumerate(SHORT if quick_round else POINTS, 1):
        old = see()
        assert old.is_whole
        load(tmp_path / "a", f"a{number}")
        with reader.beside():
            child = build(point)
        assert child.returncode == -signal.SIGKILL, f"{point} was never reached: {child.stderr[-2000:]}"
        now = see()
        assert now.is_whole, f"after a kill at {point} readers see a mixture"
        is_new = now.publication != old.publication
        if is_new:
            assert now.views == filled(now.publication[1]) and now.views != old.views
        else:
            assert now == old
        assert is_new == (point == "before the end")
        with begin(Actor.system()) as work:
            [run], _ = reports.pipeline_runs(work, size=1)
            figures = reports.figures_state(work)
        assert (run.status, run.ended_at) == ("abandoned", None), "the run is known to be dead before anybody asks"
        assert figures.last_status == "abandoned" and figures.work is None
        assert run.assets > 0
        outcomes.append({"point": point, "readers_see": "new" if is_new else "old", "steps": run.assets + run.checks})

    again = build("nowhere")
    assert again.stdout == "alive\n", again.stderr
    end = see()
    assert end.is_whole and end.views == filled(end.publication[1])
    with begin(Actor.system()) as work:
        runs, _ = reports.pipeline_runs(work, size=100)
    states = [run.status for run in runs]
    assert states == ["succeeded", *["abandoned"] * len(outcomes), "succeeded"]
    assert (reader.torn, reader.refused) == ([], []) and reader.reads > 100
    figures = {
        "kills": len(outcomes), "published_views": len(end.views), "reads_meanwhile": reader.reads,
        "torn_reads": len(reader.torn), "points": outcomes,
    }  # fmt: skip
    write_down("build_kills", figures, quick_round=quick_round)


def test_a_publication_that_is_not_one_transaction_is_caught(fresh_database: str, tmp_path: Path) -> None:
    load(tmp_path / "a", "a")
    assert build("nowhere").stdout == "alive\n"
    old = see()
    load(tmp_path / "a", "b")
    assert build(CONTROL).returncode == -signal.SIGKILL
    now = see()
    assert not now.is_whole
    assert now.views != old.views and now.views != filled("green")
