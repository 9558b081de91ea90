"""One build of the warehouse from the gate to the readers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipelines import metrics
from pipelines.quality import incoming_orders
from pipelines.warehouse import dbt, runs
from pipelines.warehouse.runs import Asset, Build

Report = Callable[[Asset], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended: `succeeded`, `failed` or `blocked`; readers see what was known at `as_of`."""

    run_id: UUID
    status: str
    as_of: datetime | None
    assets: tuple[Asset, ...]


def build(started_by: str, report: Report, request_id: UUID | None = None) -> Outcome:
    """Gate, build, test, publish. What fails stops all that is below it, and readers keep what they had.

    `request_id` names the request that this build answers. Raises: AnotherBuildRuns.
    """
    run = runs.start(started_by, request_id)
    assets: list[Asset] = []

    def tell(asset: Asset) -> None:
        assets.append(asset)
        runs.note(run, asset)
        report(asset)

    status, problem = "failed", "The build was interrupted."
    try:
        status, problem = _steps(run, tell)
    finally:
        runs.finish(run, status=status, problem=problem)
    return Outcome(run.run_id, status, run.as_of if status == "succeeded" else run.read_before, tuple(assets))


def _steps(run: Build, tell: Report) -> tuple[str, str | None]:
    entered = gate(run, tell)
    if entered.status != "ok":
        return "blocked", incoming_orders.problem(entered)
    problem = dbt.run(run, tell)
    if problem is not None:
        return "failed", problem
    try:
        publish(run, tell)
    except metrics.WrongRegistry as wrong:
        return "failed", str(wrong)
    return "succeeded", None


def gate(run: Build, tell: Report) -> Asset:
    """Check what came in; when it is refused, every table is told as left out."""
    asset = incoming_orders.check(run)
    tell(asset)
    if asset.status != "ok":
        for waiting in dbt.waiting():
            tell(waiting)
    return asset


def publish(run: Build, tell: Report) -> Asset:
    """Compile the registry of metrics, repoint the readers' views and put it beside them. Raises `WrongRegistry`."""
    registry, compiled = metrics.check(run)
    tell(registry)
    if compiled is None:
        raise metrics.WrongRegistry(f"The registry of metrics does not fit: {registry.message}")
    start = time.monotonic()
    count = runs.publish(run, dbt.fences(), lambda connection: metrics.write(connection, compiled, run.run_id))
    asset = Asset("readers' views", "publish", "ok", time.monotonic() - start, rows=count)
    tell(asset)
    return asset
