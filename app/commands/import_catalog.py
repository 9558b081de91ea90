"""`wholesale import-catalog`: a plain product file of a program, put on sale for one seller."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("import-catalog")(import_catalog)


def import_catalog(
    file: Annotated[Path, typer.Argument(help="CSV, or CSV in gzip: product_id, title, price_cents, sku, ean ...")],
    seller: Annotated[str, typer.Option("--as", help="The seller, by name; one that is not here yet is registered.")],
    currency: Annotated[str, typer.Option(help="The currency of all prices.")] = "EUR",
) -> None:
    """Load a product file for a seller and put all of it on sale; what it brought before is left as it is."""
    import time

    from app.ready import ensure_market
    from domain import catalog, discovery
    from domain.kernel import work
    from domain.kernel.actor import Actor

    ensure_market()
    start = time.monotonic()
    try:
        done = work.run(Actor.system(), catalog.import_catalog, path=file, seller=seller, currency=currency)
        work.run(Actor.system(), discovery.count_words)
    except OSError as problem:
        typer.echo(f"{problem.filename or file} cannot be read: {problem.strerror or problem}.", err=True)
        raise typer.Exit(1) from None
    for line, why in done.bad[:50]:
        typer.echo(f"line {line}: {why}", err=True)
    seconds = time.monotonic() - start
    known = f", {done.known:,} were here before" if done.known else ""
    bad = f", {len(done.bad):,} lines could not be read" if done.bad else ""
    typer.echo(f"{done.products:,} products are on sale{known}{bad}, in {seconds:.1f} s.")
