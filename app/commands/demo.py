"""`wholesale demo`: fill an empty database with a market to look at."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo() -> None:
    """Make the demo market: companies, products and a year of trade, through the product's own commands."""
    from domain import migrations

    migrations.upgrade()
    if not ensure_demo():
        print("The demo market is there already.")


def ensure_demo() -> bool:
    """Make the demo market if the database has nobody in it. Returns whether it was made."""
    import time

    from app.demo import market
    from domain.kernel.settings import settings

    # Its steps are commands of their own, so what an interruption leaves is sound but not all of it.
    unfinished = settings().folder("run") / "demo-unfinished"
    if not market.is_empty():
        if unfinished.exists():
            print(f"  The demo market was interrupted and is incomplete; remove {settings().home} for a whole one.")
        return False
    start = time.monotonic()
    unfinished.touch()
    content = market.make_market(lambda what: print(f"  {what} ...", flush=True))
    unfinished.unlink(missing_ok=True)
    print(f"  The demo market is ready ({time.monotonic() - start:.0f} s, content {content[:16]}).", flush=True)
    return True
