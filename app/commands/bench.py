"""`wholesale bench`: what our commands and screens cost."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from app.benches.place_order import Result
    from app.benches.screens import Report


class Case(StrEnum):
    PLACE_ORDER = "place-order"
    SCREENS = "screens"
    SIGN_IN = "sign-in"
    SEARCH = "search"
    SEARCH_QUALITY = "search-quality"
    UPLOAD = "upload"


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


CLIENTS = {Case.PLACE_ORDER: "1,8", Case.SCREENS: "1,10,25"}


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    case: Annotated[Case, typer.Argument(help="What to measure.")] = Case.PLACE_ORDER,
    output: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.TABLE,
    seconds: Annotated[float, typer.Option(help="How long each round is measured.")] = 4.0,
    tries: Annotated[
        int | None, typer.Option(min=2, help="sign-in: so many wrong passwords, however long it takes.")
    ] = None,
    clients: Annotated[str | None, typer.Option(help="How many at once, separated by commas.")] = None,
    screen: Annotated[list[str] | None, typer.Option(help="Only this screen, by its address; may be repeated.")] = None,
    products: Annotated[
        str, typer.Option(help="search: how many, separated by commas; search-quality: the file of products.")
    ] = "",
    rows: Annotated[int, typer.Option(min=1000, max=1_000_000, help="upload: how many.")] = 1_000_000,
    ratings: Annotated[
        Path | None, typer.Option(help="search-quality: query,docid,rating; baselines beside it are shown too.")
    ] = None,
) -> None:
    """Measure on a scratch database of its own: a command beside one hand-written SQL function, every screen, what a
    sign-in tells by its time, a page of search results beside a bare full-text query, or how good its order is."""
    numbers = [int(number) for number in (clients or CLIENTS.get(case, "1")).split(",")]
    if case is Case.SCREENS:
        _screens(output, seconds, numbers, screen or ())
    elif case is Case.SIGN_IN:
        _sign_in(output, seconds, tries)
    elif case is Case.SEARCH:
        _search(output, products or SIZES)
    elif case is Case.SEARCH_QUALITY:
        _search_quality(output, products, ratings)
    elif case is Case.UPLOAD:
        _upload(output, rows)
    else:
        _place_order(output, seconds, numbers)


# --- place-order -------------------------------------------------------------------------------


def _place_order(output: Format, seconds: float, numbers: Sequence[int]) -> None:
    from app.benches.place_order import as_rows, measure

    results = measure(seconds=seconds, clients=numbers)
    if output is Format.JSON:
        _print_json({"results": as_rows(results)})
    else:
        _print_tables(_orders_table(results))


def _orders_table(results: Sequence[Result]) -> Table:
    table = _table(
        "Case", "Clients", "CPU ms", "client", "Limit ms", "client", "Share", "Per s", "Limit", "Share", "SQL",
        "Foreign",
    )  # fmt: skip
    for one in results:
        table.add_row(
            one.case, str(one.clients), f"{one.cpu_ms:.2f}", f"{one.client_cpu_ms:.2f}", f"{one.limit_cpu_ms:.2f}",
            f"{one.limit_client_cpu_ms:.2f}", f"{one.cpu_share:.0%}", f"{one.per_second:,.0f}",
            f"{one.limit_per_second:,.0f}", f"{one.throughput_share:.0%}", str(one.statements), f"{one.foreign:.0%}",
        )  # fmt: skip
    return table


# --- screens -----------------------------------------------------------------------------------


def _screens(output: Format, seconds: float, numbers: Sequence[int], only: Sequence[str]) -> None:
    from app.benches.screens import measure

    # What it is at goes beside the result, so that the result can be read by a program.
    report = measure(sessions=numbers, seconds=seconds, only=only, say=lambda what: typer.echo(what, err=True))
    if output is Format.JSON:
        _print_json(report.as_dict())
    else:
        _print_tables(*_screen_tables(report))
    if any(one.errors for one in report.screens) or any(load.errors for load in report.loads):
        raise typer.Exit(1)


def _screen_tables(report: Report) -> tuple[Table, Table]:
    screens = _table("Screen", "as", "CPU ms", "ms", "First kB", "Rerun kB", "Messages", "Errors")
    for one in report.screens:
        screens.add_row(
            one.screen, one.variant, f"{one.cpu_ms:.1f}", f"{one.ms:.0f}", f"{one.first_bytes / 1000:.1f}",
            f"{one.bytes / 1000:.1f}", str(one.messages), ", ".join(one.errors) or "0",
        )  # fmt: skip
    loads = _table("Sessions", "Pause s", "Drawn", "Per s", "p50 ms", "p95 ms", "CPU ms", "MB", "Errors", "Foreign")
    for load in report.loads:
        loads.add_row(
            str(load.sessions), f"{load.pause_s:.0f}", str(load.drawings), f"{load.per_second:.1f}",
            f"{load.p50_ms:.0f}", f"{load.p95_ms:.0f}", f"{load.cpu_ms:.1f}", f"{load.memory_mb:.0f}",
            str(load.errors), f"{load.foreign:.0%}",
        )  # fmt: skip
    return screens, loads


# --- sign-in -----------------------------------------------------------------------------------


def _sign_in(output: Format, seconds: float, tries: int | None) -> None:
    from app.benches.sign_in import measure

    one = measure(seconds=seconds, tries=tries)
    if output is Format.JSON:
        _print_json({"result": one.as_dict()})
        return
    table = _table(
        "Pairs", "Known", "Unknown", "Difference", "95 % interval", "in CPU", "CPU refused", "right", "argon2", "Share",
        "Foreign",
    )  # fmt: skip
    table.add_row(
        str(one.pairs), f"{one.known_ms:.1f}", f"{one.unknown_ms:.1f}", f"{one.difference_ms:+.2f}",
        f"{one.low_ms:+.2f} to {one.high_ms:+.2f}", f"{one.cpu_difference_ms:+.2f}",
        f"{one.refused_cpu_ms:.1f}", f"{one.right_cpu_ms:.1f}",
        f"{one.argon2_cpu_ms:.1f}", f"{one.argon2_share:.0%}", f"{one.foreign:.0%}",
    )  # fmt: skip
    table.caption = "Milliseconds: by the clock, and of the processor."
    _print_tables(table)


# --- search ------------------------------------------------------------------------------------

SIZES = "10000,100000,1000000"


def _search(output: Format, products: str) -> None:
    from app.benches.search import measure

    sizes = [int(size) for size in products.split(",")]
    report = measure(sizes, say=lambda what: typer.echo(what, err=True))
    if output is Format.JSON:
        _print_json(report.as_dict())
        return
    table = _table(
        "Products", "What", "p50 ms", "p95 ms", "CPU ms", "client", "p95 / bare", "CPU", "p95 / anew", "CPU", "Foreign"
    )
    for one in report.rows:
        table.add_row(
            f"{one.products:,}", one.what, f"{one.p50_ms:.2f}", f"{one.p95_ms:.2f}", f"{one.cpu_ms:.2f}",
            f"{one.client_cpu_ms:.2f}", f"{one.p95_share:.2f}", f"{one.cpu_share:.2f}", f"{one.p95_share_anew:.2f}",
            f"{one.cpu_share_anew:.2f}", f"{one.foreign:.0%}",
        )  # fmt: skip
    table.caption = "CPU ms: backend and client. Shares are of the bare query, and of it planned anew."
    _print_tables(table)


def _search_quality(output: Format, products: str, ratings: Path | None) -> None:
    from app.benches.search_quality import measure

    if not products or ratings is None:
        raise typer.BadParameter("search-quality needs --products FILE and --ratings FILE.")
    found = measure(Path(products), ratings)
    if output is Format.JSON:
        _print_json(found.as_dict())
        return
    table = _table("nDCG@10", "odd (tuned on)", "even", "all")
    table.add_row("Wholesale OS", f"{found.odd:.4f}", f"{found.even:.4f}", f"{found.every:.4f}")
    for name, score in found.baselines.items():
        first = name == "SQLite FTS5" and found.odd_baseline is not None and found.even_baseline is not None
        odd, even = (f"{found.odd_baseline:.4f}", f"{found.even_baseline:.4f}") if first else ("", "")
        table.add_row(name, odd, even, f"{score:.4f}")
    table.caption = f"{found.queries} queries with a relevant product, {found.products:,} products."
    _print_tables(table)


# --- upload ------------------------------------------------------------------------------------


def _upload(output: Format, rows: int) -> None:
    from app.benches.upload import measure

    report = measure(rows, say=lambda what: typer.echo(what, err=True))
    if output is Format.JSON:
        _print_json(report.as_dict())
        return
    table = _table("What", "Rows", "Seconds", "Rows/s", "Share", "Peak MB", "Foreign")
    for one in report.rows:
        table.add_row(
            one.what, f"{one.rows:,}", f"{one.seconds:.1f}", f"{one.per_second:,.0f}", f"{one.share:.0%}",
            f"{one.peak_mb:.0f}", f"{one.foreign:.0%}",
        )  # fmt: skip
    table.caption = "Share: of the bare COPY of the same rows. Foreign: what others had of the machine, in cores."
    _print_tables(table)


# --- printing ----------------------------------------------------------------------------------


def _table(*headings: str) -> Table:
    from rich.table import Table

    table = Table(*headings)
    for number, column in enumerate(table.columns):
        column.no_wrap = True
        column.justify = "right" if number else "left"
    return table


def _print_json(what: dict[str, Any]) -> None:
    import json

    print(json.dumps(what, indent=2))


def _print_tables(*tables: Table) -> None:
    from rich.console import Console

    console = Console()
    console.width = max(console.width, 130)
    for table in tables:
        console.print(table)
