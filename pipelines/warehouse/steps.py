"""The steps of a build for an orchestrator that calls them one by one, in one process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from pipelines import metrics
from pipelines.quality import incoming_orders
from pipelines.warehouse import build, dbt, runs
from pipelines.warehouse.runs import Asset, Build


def begin(started_by: str, request_id: UUID | None) -> Build:
    """Open a build. Raises `AnotherBuildRuns`."""
    return runs.start(started_by, request_id)


def gate() -> Asset:
    """Check what came in; when it is refused the build ends here."""
    run = runs.current()
    asset = build.gate(run, partial(runs.note, run))
    if asset.status != "ok":
        runs.finish(run, status="blocked", problem=incoming_orders.problem(asset))
    return asset


@contextmanager
def building(target: Path) -> Iterator[Build]:
    """The open build while dbt works on it and writes into `target`; what goes wrong ends it."""
    run = runs.current()
    try:
        yield run
    except BaseException as problem:
        runs.finish(run, status="failed", problem=dbt.take_results(run, target) or dbt.sentence(problem))
        raise
    dbt.take_results(run, target)


def heard(event: Mapping[str, Any]) -> None:
    """One line of dbt's log: write down the table or check that has ended."""
    asset = dbt.asset_of_line(event)
    if asset is not None:
        runs.note(runs.current(), asset)


def publish() -> Asset:
    """Show the build to readers, and end it. Raises `WrongRegistry` when the metrics do not fit the tables."""
    run = runs.current()
    try:
        asset = build.publish(run, partial(runs.note, run))
    except metrics.WrongRegistry as problem:
        runs.finish(run, status="failed", problem=str(problem))
        raise
    runs.finish(run, status="succeeded")
    return asset
