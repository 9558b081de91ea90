"""Checks: the gate before the facts, and the invariants of the market."""

from dagster import AssetCheckResult, AssetCheckSeverity, asset_check

from domain.kernel import work
from domain.kernel.actor import Actor
from orchestration.assets import INCOMING, published
from pipelines.warehouse import steps


@asset_check(asset=INCOMING, blocking=True)
def incoming_orders_are_sound() -> AssetCheckResult:
    """Great Expectations over what came in since the last build; when it fails nothing below is built."""
    gate = steps.gate()
    return AssetCheckResult(passed=gate.status == "ok", metadata={"rows": gate.rows or 0, "message": gate.message})


@asset_check(asset=published)
def invariants_hold() -> AssetCheckResult:
    """Everything that must hold of money, stock and orders holds."""
    from domain.reports import check_invariants

    found = work.run(Actor.system(), check_invariants)
    broken = {row.name: row.violations for row in found if row.violations}
    return AssetCheckResult(passed=not broken, severity=AssetCheckSeverity.ERROR, metadata={"broken": broken})
