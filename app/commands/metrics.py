"""`wholesale metrics`: the same values as on screens, for a terminal, a spreadsheet or a program."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from domain.kernel.exports import as_cell

if TYPE_CHECKING:
    from domain.kernel.actor import Actor
    from domain.reports import Metric, MetricResult, MetricValue


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class By(StrEnum):
    """The grains and comparisons are the domain's; they are named here so that help costs no import of it."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Against(StrEnum):
    PREVIOUS = "previous"
    YEAR = "year"


COLUMNS = ("metric", "period", "key", "currency", "value", "numerator", "denominator", "is_complete", "before", "note")
KEY = COLUMNS.index("key")


def register(app: typer.Typer) -> None:
    app.command("metrics")(metrics)


def metrics(
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")] = None,
    grain: Annotated[By | None, typer.Option(help="A value for each of these; else one for the period.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="A dimension to split by, such as seller_country.")] = None,
    names: Annotated[list[str] | None, typer.Option("--metric", help="A metric; may be repeated. All if none.")] = None,
    currency: Annotated[str | None, typer.Option(help="Only trade in this currency.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="dimension=member; may be repeated.")] = None,
    compare: Annotated[Against | None, typer.Option(help="The same of the period before, or of a year ago.")] = None,
    org: Annotated[UUID | None, typer.Option(help="What this organisation's people see: its own trade.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Print what each metric means instead of its values.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Print metrics of a period (30 days until today, if none is named), as screens show them."""
    from app.ready import ensure_market
    from domain.kernel import work
    from domain.reports import Compare, Grain, MetricQuery, UnknownMetric, known_metrics, metric_values

    ensure_market()
    with work.begin(_reader(org)) as reading:
        known = {metric.name: metric for metric in known_metrics(reading)}
        unknown = [name for name in names or () if name not in known]
        if unknown:
            raise UnknownMetric(f"There is no metric {unknown[0]}; wholesale metrics --list names them.")
        chosen = [known[name] for name in names or known]
        if listed:
            _print_registry(chosen, form)
            return
        end = (last.date() if last else reading.now.date()) + timedelta(days=1)
        start = first.date() if first else end - timedelta(days=30)
        filters = _filters(where or [])
        wanted = {*filters, *([by] if by else [])}
        # Without names, those metrics answer that can be split so; named ones that cannot are refused.
        asked = [m for m in chosen if m.not_collected is None and (names or wanted <= set(m.dimensions))]
        query = MetricQuery(
            names=tuple(metric.name for metric in asked),
            first=start,
            end=end,
            grain=Grain(grain) if grain else None,
            by=by,
            currency=currency,
            filters=filters,
            compare=Compare(compare) if compare else None,
        )
        result = metric_values(reading, query=query)
    _print_values(result, chosen, form)


def _reader(org: UUID | None) -> Actor:
    """The system; or somebody of the organisation who may see its sales and purchases, and no more than they do."""
    from domain import identity
    from domain.identity import Permission
    from domain.kernel import work
    from domain.kernel.actor import Actor, Scope
    from domain.kernel.errors import NotFound

    if org is None:
        return Actor.system()
    with work.begin(Actor.system()) as reading:
        if org not in identity.time_zones(reading, org_ids=[org]):
            raise NotFound(f"There is no organisation {org}.")
    rights = frozenset(
        {Permission.SEE_SALES, Permission.SEE_PURCHASES, Permission.SEE_PRICES, Permission.SEE_COSTS}
    )
    return Actor(org_id=org, scope=Scope.MEMBER, permissions=rights)


def _filters(where: Iterable[str]) -> dict[str, tuple[str, ...]]:
    from domain.kernel.errors import Invalid

    filters: dict[str, tuple[str, ...]] = {}
    for wish in where:
        dimension, sign, member = wish.partition("=")
        if not sign:
            raise Invalid(f"Write --where dimension=member, not {wish}.")
        filters[dimension] = (*filters.get(dimension, ()), member)
    return filters


# --- printing --------------------------------------------------------------------------------------


def _print_values(result: MetricResult, chosen: Sequence[Metric], form: Format) -> None:
    missing = [metric for metric in chosen if metric.not_collected]
    query = result.query
    if form is Format.JSON:
        head = {
            "first": query.first, "last": query.end - timedelta(days=1), "grain": query.grain, "by": query.by,
            "currency": query.currency, "as_of": result.as_of, "time_zone": result.time_zone,
            "values": [value.model_dump() for value in result.values],
            "not_collected": {metric.name: metric.not_collected for metric in missing},
        }  # fmt: skip
        print(json.dumps(head, indent=1, default=_plain))
        return
    rows = [_row(value) for value in result.values]
    rows += [[metric.name, *[""] * 8, metric.not_collected or ""] for metric in missing]
    if form is Format.CSV:
        written = csv.writer(sys.stdout, lineterminator="\n")
        written.writerow(COLUMNS)
        # A member is a name that people chose; a minus before a number is no formula.
        written.writerows([as_cell(cell) if i == KEY else cell for i, cell in enumerate(row)] for row in rows)
        return
    labels = {metric.name: metric for metric in chosen}
    lines = [[labels[v.metric].label, str(v.period or ""), v.key or "", _shown(v, labels[v.metric]), _note(v)]
             for v in result.values]  # fmt: skip
    lines += [[metric.label, "", "", "", metric.not_collected or ""] for metric in missing]
    _print_table(["Metric", "Period", query.by or "", "Value", ""], lines)
    print(
        f"\n{query.first} to {query.end - timedelta(days=1)}, days of {result.time_zone};"
        f" as of {result.as_of:%Y-%m-%d %H:%M} UTC."
    )


def _row(value: MetricValue) -> list[str]:
    cells = value.model_dump()
    return [*("" if cells[name] is None else _plain(cells[name]) for name in COLUMNS[:-1]), ""]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _shown(value: MetricValue, metric: Metric) -> str:
    """A value as people read it."""
    from app import words

    if value.value is None:
        return "–"
    if metric.unit == "share":
        return f"{value.value * 100:.1f} %"
    if metric.unit == "money" and value.currency:
        return words.money(value.value, value.currency)
    return f"{value.value:,.0f}" if metric.unit == "count" else f"{value.value:,.2f}"


def _note(value: MetricValue) -> str:
    return "" if value.is_complete else "not over yet"


def _print_registry(chosen: Sequence[Metric], form: Format) -> None:
    if form is Format.JSON:
        print(json.dumps([metric.model_dump() for metric in chosen], indent=1, default=_plain))
        return
    if form is Format.CSV:
        written = csv.writer(sys.stdout, lineterminator="\n")
        written.writerow(["metric", "label", "group", "unit", "dimensions", "version", "definition", "formula", "note"])
        for m in chosen:
            written.writerow(
                [m.name, m.label, m.group, m.unit.value, " ".join(m.dimensions), m.version, m.definition, m.formula,
                 m.not_collected or ""]
            )  # fmt: skip
        return
    for metric in chosen:
        print(f"{metric.name}  ({metric.label}; {metric.group}; {metric.owner}; version {metric.version})")
        print(f"    {metric.definition}")
        print(f"    = {metric.formula}")
        if metric.not_collected:
            print(f"    {metric.not_collected}")
        elif metric.dimensions:
            print(f"    by {', '.join(metric.dimensions)}")


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    widths = {i: max(len(row[i]) for row in [head, *rows]) for i in kept}
    for row in [head, *rows]:
        cells = (row[i].rjust(widths[i]) if head[i] == "Value" else row[i].ljust(widths[i]) for i in kept)
        print("  ".join(cells).rstrip())
