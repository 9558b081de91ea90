"""`wholesale price-list`: what we understand of a supplier's price list, without writing anything anywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("price-list")(price_list)


def price_list(
    file: Annotated[Path, typer.Argument(help="CSV, tab-separated text, XLSX, XLS or ODS.")],
    output: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.TABLE,
) -> None:
    """Read a price list as an upload would: its articles, and each line that cannot be taken with the reason."""
    import json

    from domain.catalog import Article, Reject, article_as_json, guess_layout, open_list, read_list, without_doubles

    try:
        source = open_list(file)
        layout = guess_layout(source)
        if not layout.has_prices:
            columns = ", ".join(name for name in layout.header if name)
            typer.echo(f"This is no price list: no column names a price. The columns are: {columns}.", err=True)
            raise typer.Exit(1)
        found = list(without_doubles(read_list(source, layout)))
    except OSError as problem:
        typer.echo(f"{problem.filename or file} cannot be read: {problem.strerror}.", err=True)
        raise typer.Exit(1) from None
    articles = [article_as_json(row) for row in found if isinstance(row, Article)]
    rejects = [{"line": row.line, "why": row.why} for row in found if isinstance(row, Reject)]
    for note in layout.notes:
        typer.echo(f"Note: {note}", err=True)
    if output is Format.JSON:
        typer.echo(json.dumps({"rows": articles, "rejects": rejects}, ensure_ascii=False, indent=1))
        return
    names = {field: layout.header[place] for field, place in layout.columns.items()}
    typer.echo("Columns: " + ", ".join(f"{name} = {field}" for field, name in names.items()))
    for row in articles:
        typer.echo("  ".join(f"{key}: {value}" for key, value in row.items()))
    for reject in rejects:
        typer.echo(f"line {reject['line']}: {reject['why']}", err=True)
    typer.echo(f"{len(articles):,} articles, {len(rejects):,} lines that cannot be taken.")
