"""Assets: the orders that came in, the dbt models, and what readers see."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from dagster import AssetExecutionContext, AssetKey, MaterializeResult, asset
from dagster_dbt import DbtCliResource, dbt_assets

from pipelines.warehouse import dbt, steps
from pipelines.warehouse.runs import PUBLISHED

INCOMING = AssetKey(["market", "supplier_orders"])  # the dbt source of the same name hangs below it
REQUEST = "wholesale/request"  # the tag of a run that somebody asked for


@asset(key=INCOMING, group_name="market")
def incoming_orders(context: AssetExecutionContext) -> MaterializeResult:
    """Open a build: what the market knew at its instant."""
    asked = context.run.tags.get(REQUEST)
    build = steps.begin(asked and "request" or "schedule", UUID(asked) if asked else None)
    return MaterializeResult(metadata={"as_of": build.as_of.isoformat(), "slot": build.slot})


@dbt_assets(manifest=dbt.manifest())
def warehouse(context: AssetExecutionContext, dbt_cli: DbtCliResource) -> Iterator[Any]:
    """Every dbt model, with its tests as checks."""
    target = dbt.target_folder() / "dagster"
    with steps.building(target) as build:
        running = dbt_cli.cli(dbt.arguments(build), context=context, target_path=target)
        for event in running.stream_raw_events():
            steps.heard(event.raw_event)
            yield from event.to_default_asset_events(running.manifest, context=context, target_path=target)


SEEN_BY_READERS = sorted(key for key in warehouse.keys if key.path[0] in PUBLISHED)


@asset(deps=SEEN_BY_READERS, group_name="published")
def published() -> MaterializeResult:
    """Repoint the readers' views."""
    return MaterializeResult(metadata={"views": steps.publish().rows})
