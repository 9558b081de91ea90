"""`wholesale pipeline run`: build the warehouse in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from pipelines.warehouse.runs import Asset

pipeline = typer.Typer(help="The warehouse: gate, build, test, publish.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(pipeline, name="pipeline")


@pipeline.callback()
def _group() -> None:
    """The warehouse: gate, build, test, publish."""


@pipeline.command()
def run(
    request: Annotated[UUID | None, typer.Option(hidden=True, help="The request that this build answers.")] = None,
) -> None:
    """Build the warehouse now, with a line per asset; exit code 1 when something fails."""
    import time

    from app.ready import ensure_market
    from pipelines.warehouse.build import build

    ensure_market()
    start = time.monotonic()
    outcome = build("request" if request else "command line", _tell, request)
    seconds = time.monotonic() - start
    tests = [asset for asset in outcome.assets if asset.kind == "test"]
    passed = sum(asset.status == "ok" for asset in tests)
    if outcome.status == "succeeded":
        typer.echo(f"Built in {seconds:.1f} s; {passed} tests passed. As of {outcome.as_of:%Y-%m-%d %H:%M:%S} UTC.")
        return
    kept = f"Readers keep what was known on {outcome.as_of:%Y-%m-%d %H:%M:%S} UTC." if outcome.as_of else ""
    what = {
        "blocked": "The gate stopped the build: nothing below it was built.",
        "failed": f"The build failed; {passed} of {len(tests)} tests passed. Nothing was published.",
    }[outcome.status]
    typer.echo(f"{what} {kept}".rstrip(), err=True)
    raise typer.Exit(1)


def _tell(asset: Asset) -> None:
    if asset.kind == "test" and asset.status != "failed":
        return
    rows = f"{asset.rows:>10,} rows" if asset.rows is not None else " " * 15
    typer.echo(f"{asset.status:<8}{asset.kind:<8}{asset.name:<44}{rows}{asset.seconds:>9.2f} s")
    if asset.message:
        typer.echo(f"        {asset.message}")
