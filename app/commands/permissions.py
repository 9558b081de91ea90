"""`wholesale permissions`: who may what, and what of it is not there yet."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from domain.identity import MatrixRow


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command()(permissions)


def permissions(
    only_pending: Annotated[
        bool, typer.Option("--pending", help="Only the cells that the product does not keep yet, with what is missing.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.TABLE,
) -> None:
    """The matrix of permissions: what each role may do, in full, narrowed, or not at all."""
    from domain.identity import MATRIX

    if output is Format.JSON:
        import json

        cells = [facts for row in MATRIX for facts in _cells(row) if facts["pending"] or not only_pending]
        print(json.dumps(cells, indent=2))
    elif only_pending:
        _print_pending_cells()
    else:
        _print_matrix()


def _cells(row: MatrixRow) -> list[dict[str, Any]]:
    return [
        {
            "side": row.side.value,
            "row": row.name,
            "in_specification": not row.beside,
            "role": variant.value,
            "cell": str(row.cell(variant)),
            "means": [str(grant.how.value) for grant in row.cell(variant)],
            "rights": [right.value for right in dict.fromkeys(row.rights_of(variant))],
            "commands": list(row.commands) if row.lets_do(variant) else [],
            "pending": row.waits_for(variant),
        }
        for variant in row.variants
    ]


def _print_matrix() -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from domain.identity import MATRIX, MatrixSide, pending_cells

    console = Console()
    for side in MatrixSide:
        rows = [row for row in MATRIX if row.side is side]
        table = Table("", *(_title(variant) for variant in rows[0].variants), title=side.value, title_justify="left")
        for row in rows:
            table.add_row(
                Text(row.name, style="italic" if row.beside else ""),
                *(
                    Text(str(row.cell(variant)), style="dim" if row.waits_for(variant) else "")
                    for variant in row.variants
                ),
            )
        console.print(table)
    console.print(
        "F in full, S within the assigned scope, L up to the personal limit, R reads, A approves, - not at all."
        " Dim: not there yet. Italics: beside the specification."
    )
    console.print(f"{len(pending_cells())} cells wait; --pending lists them.")


def _print_pending_cells() -> None:
    from rich.console import Console
    from rich.table import Table

    from domain.identity import MATRIX, pending_cells

    waiting = pending_cells()
    table = Table("Side", "What", "Role", "Cell", "Missing")
    for row, variant, missing in waiting:
        table.add_row(row.side.value, row.name, _title(variant), str(row.cell(variant)), missing)
    cells = sum(len(row.cells) for row in MATRIX)
    console = Console()
    console.print(table)
    console.print(f"{len(waiting)} of {cells} cells wait.")


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
