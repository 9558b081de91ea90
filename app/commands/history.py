"""`wholesale import-history` and `wholesale history-report`: the past of a company, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.kernel.exports import as_cell

if TYPE_CHECKING:
    from domain.orders import BadHistory, ImportProgress, ImportReport


def register(app: typer.Typer) -> None:
    app.command("import-history")(import_history)
    app.command("history-report")(history_report)


def import_history(
    folder: Annotated[Path, typer.Argument(help="The folder with suppliers, buyers, products, orders, order_lines.")],
    name: Annotated[str, typer.Option("--as", help="The name under which the history is kept.")],
    time_zone: Annotated[str, typer.Option("--timezone", help="Where times without a zone were written.")] = "UTC",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come in and write nothing.")] = False,
) -> None:
    """Import a folder of CSV files as trade of the past: all of it, or nothing and a list of what is wrong."""
    import time

    from app.ready import ensure_market
    from domain.kernel import work
    from domain.kernel.actor import Actor
    from domain.orders import BadHistory
    from domain.orders import import_history as command

    ensure_market()
    start = time.monotonic()
    try:
        with _bar() as progress:
            done = work.run(
                Actor.system(),
                command,
                folder=folder,
                name=name,
                time_zone=time_zone,
                progress=progress,
                dry_run=dry_run,
            )
    except BadHistory as refusal:
        _list(refusal)
        raise typer.Exit(1) from None
    except OSError as problem:
        typer.echo(f"{problem.filename or folder} cannot be read: {problem.strerror}.", err=True)
        raise typer.Exit(1) from None
    for note in done.notes:
        typer.echo(f"Note: {note}")
    figures = f"{done.orders:,} orders, {done.lines:,} lines, {done.currency}"
    if not done.is_new:
        typer.echo(f"{name} is already imported with the same contents ({figures}); nothing was changed.")
        return
    if done.report is not None and dry_run:
        _tell(done.report)
        typer.echo(f"{name} would bring {figures}; nothing was written.")
        return
    seconds = time.monotonic() - start
    typer.echo(f"{name} is imported: {figures}, in {seconds:.1f} s ({done.lines / seconds:,.0f} lines a second).")


def history_report(
    name: Annotated[str, typer.Option("--history", help="The name of an imported history.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for summary.json and the CSV tables.")],
) -> None:
    """Write the key figures of an imported history, computed in the warehouse from exact values."""
    import csv
    import json

    from app.ready import ensure_market
    from domain.kernel import work
    from domain.kernel.actor import Actor
    from domain.reports import history_report as question

    ensure_market()
    with work.begin(Actor.system()) as reading:
        report = question(reading, name=name)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "summary.json").write_text(json.dumps(report.summary, indent=1) + "\n")
        for table in report.tables:
            with (out / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                written = csv.writer(file, lineterminator="\n")
                written.writerow(table.columns)
                written.writerows([_cell(value) for value in row] for row in table.rows)
    except OSError as problem:
        typer.echo(f"The report cannot be written to {out}: {problem.strerror}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Wrote summary.json and {len(report.tables)} tables to {out}; as of {report.as_of:%Y-%m-%d %H:%M} UTC.")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6f}" if isinstance(value, Decimal) else as_cell(value) if isinstance(value, str) else str(value)


def _tell(report: ImportReport) -> None:
    typer.echo(f"Orders from {report.first_on} to {report.last_on}; GMV placed by month:")
    for month, gmv in report.gmv_by_month:
        typer.echo(f"  {month:%Y-%m}  {gmv:>18,.2f}")
    typer.echo(
        f"New: {report.new_suppliers:,} suppliers, {report.new_buyers:,} buyers, {report.new_products:,} products;"
        f" {report.matched_products:,} products are sold here already."
    )


def _list(refusal: BadHistory) -> None:
    for problem in refusal.problems:
        typer.echo(str(problem), err=True)
    rest = refusal.count - len(refusal.problems)
    more = f" {rest:,} more are not shown." if rest > 0 else ""
    noun = "problem was" if refusal.count == 1 else "problems were"
    typer.echo(f"{refusal.count:,} {noun} found, so nothing was imported.{more}", err=True)


@contextmanager
def _bar() -> Iterator[ImportProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking at the files", total=None)

        def tell(what: str, done: int, whole: int) -> None:
            progress.update(task, description=what, completed=done, total=whole or 1)

        yield tell
