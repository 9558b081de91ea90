"""`wholesale verify`: count what breaks an invariant."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.reports import InvariantRow


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command()(verify)


def verify(
    output: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.TABLE,
) -> None:
    """Check every invariant of money, stock, orders and the log; exit code 1 when one is broken."""
    from app.ready import ensure_market
    from domain.kernel import work
    from domain.kernel.actor import Actor
    from domain.reports import violations

    ensure_market()
    with work.begin(Actor.system()) as reading:
        rows = violations(reading)
    if output is Format.JSON:
        _print_json(rows)
    else:
        _print_table(rows)
    if any(row.violations for row in rows):
        raise typer.Exit(1)


def _print_json(rows: Sequence[InvariantRow]) -> None:
    import json

    print(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))


def _print_table(rows: Sequence[InvariantRow]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "What must hold", "Broken by", "For example")
    table.columns[0].justify = table.columns[2].justify = "right"
    for row in rows:
        style = "bold red" if row.violations else ""
        table.add_row(str(row.number), row.meaning, str(row.violations), Text("\n".join(row.sample)), style=style)
    broken = sum(1 for row in rows if row.violations)
    console = Console()
    console.print(table)
    console.print(f"{broken} of {len(rows)} are broken." if broken else f"All {len(rows)} hold.")
