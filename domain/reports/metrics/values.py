"""The one query path: what is asked becomes numbered stretches of days, one statement per source, and values."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from domain.kernel.errors import Invalid
from domain.kernel.money import rounded
from domain.kernel.periods import Period
from domain.kernel.work import Work
from domain.reports.metrics.periods import Bucket, coarser, compared, counterpart, units
from domain.reports.metrics.registry import (
    TIME_ZONE,
    Planned,
    Reader,
    Seen,
    planned,
    reader_of,
    require_dimensions,
    seen_by_readers,
    statements,
)
from domain.reports.metrics.views import DIMENSIONS, Compare, Grain, MetricQuery, MetricResult, MetricValue, Unit

LARGEST_SPAN_DAYS = 366 * 30
MOST_PERIODS = 2000

Cell = tuple[str | None, str | None]  # member of the dimension, currency


@dataclass(frozen=True, slots=True)
class _Figure:
    """What a statement says of one metric in one stretch, for one member and currency."""

    numerator: Decimal | None
    denominator: Decimal | None
    immature: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A metric with the stretches that answer for it: each with its counterpart and those right before both."""

    metric: Planned
    source: str
    stretches: tuple[tuple[Bucket, Bucket | None], ...]


def metric_values(work: Work, *, query: MetricQuery) -> MetricResult:
    """The values of metrics over a period, by period, split by one dimension, beside those of another period.

    A metric that counts whole months answers by month where days are asked for. With a grain a cohort that is
    not aged has no value; without one only what is aged is counted. Members without any figure are left out.

    Raises: UnknownMetric for one that may not be asked; Invalid for a dimension that a metric does not have or
    a period without days; WarehouseNotBuilt; NotFound for nobody.
    """
    reader = reader_of(work)
    metrics = planned(work, reader, query.names)
    seen = seen_by_readers(work)
    period = _period(query)
    other = compared(period, query.compare) if query.compare else None
    dimensions = {*query.filters, *([query.by] if query.by else [])}
    require_dimensions(dimensions)
    asked = [
        _Asked(metric, metric.source(dimensions)["name"], tuple(_stretches(metric, query.grain, period, other)))
        for metric in metrics
    ]
    figures = _ask(work, reader, seen, query, asked)
    values = [value for one in asked for value in _values(one, query, seen, figures)]
    return MetricResult(
        query=query,
        values=tuple(values),
        as_of=seen.as_of,
        time_zone=TIME_ZONE,
        before_first=other.first if other else None,
        before_end=other.end if other else None,
    )


def _period(query: MetricQuery) -> Period:
    period = Period(query.first, query.end)
    if period.days > LARGEST_SPAN_DAYS or not 1900 < query.first.year <= query.end.year < 2200:
        raise Invalid("A period has at most 30 years.")
    return period


# --- stretches of days ---------------------------------------------------------------------------


def _stretches(
    metric: Planned, grain: Grain | None, period: Period, other: Period | None
) -> Iterator[tuple[Bucket, Bucket | None]]:
    finest, is_whole = Grain(metric.plan["finest"]), metric.plan["is_whole"]
    if grain is not None:
        buckets = list(units(period, coarser(finest, grain), whole=is_whole))
    elif is_whole:
        # Of whole units: the last one for a growth, else all that the period touches.
        touched = list(units(period, finest, whole=True))
        first = touched[-1].first if metric.plan["is_growth_of"] else touched[0].first
        buckets = [Bucket(None, first, touched[-1].end)]
    else:
        buckets = [Bucket(None, period.first, period.end)]
    if len(buckets) > MOST_PERIODS:
        raise Invalid(f"That is {len(buckets):,} values; ask for at most {MOST_PERIODS:,}, or by week or month.")
    for bucket in buckets:
        yield bucket, counterpart(bucket, period, other) if other else None


def _right_before(bucket: Bucket) -> Bucket:
    before = compared(Period(bucket.first, bucket.end), Compare.PREVIOUS)
    return Bucket(None, before.first, before.end)


def _span(bucket: Bucket) -> tuple[date, date]:
    return bucket.first, bucket.end


# --- one statement per source --------------------------------------------------------------------


class _Figures:
    """Figures by metric, stretch of days and cell."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, date, date], dict[Cell, _Figure]] = defaultdict(dict)

    def put(self, name: str, span: tuple[date, date], cell: Cell, figure: _Figure) -> None:
        self._found[name, *span][cell] = figure

    def cells(self, name: str, buckets: list[Bucket]) -> set[Cell]:
        return {cell for bucket in buckets for cell in self._found.get((name, *_span(bucket)), ())}

    def get(self, name: str, bucket: Bucket, cell: Cell) -> _Figure | None:
        return self._found.get((name, *_span(bucket)), {}).get(cell)


def _ask(work: Work, reader: Reader, seen: Seen, query: MetricQuery, asked: list[_Asked]) -> _Figures:
    figures = _Figures()
    by_source: dict[str, list[_Asked]] = defaultdict(list)
    for one in asked:
        by_source[one.source].append(one)
    compiled = statements(work, by_source)
    for source, group in by_source.items():
        spans = list(dict.fromkeys(_span(bucket) for one in group for bucket in _all_buckets(one)))
        facts = filters(query.filters, query.currency, reader) | {
            "by": query.by,
            "numbers": list(range(len(spans))),
            "firsts": [first for first, _ in spans],
            "ends": [end for _, end in spans],
            "seen": [min(end, seen.today) for _, end in spans],
            "days": [elapsed_days(span, seen) for span in spans],
            "months": [elapsed_months(span, seen) for span in spans],
        }
        for row in work.session.execute(compiled[source], facts).mappings():
            for one in group:
                figure = _figure(one.metric, row)
                if figure is not None:
                    figures.put(one.metric.name, spans[row["bucket"]], (row["key"], row["currency"]), figure)
    return figures


def _all_buckets(one: _Asked) -> Iterator[Bucket]:
    for bucket, other in one.stretches:
        for each in (bucket, other):
            if each is not None:
                yield each
                if one.metric.plan["is_growth_of"]:
                    yield _right_before(each)


def _figure(metric: Planned, row: Mapping[Any, Any]) -> _Figure | None:
    """What a row says of a metric; nothing when it has no such rows, or when the row is not its kind of total."""
    if metric.plan["is_by_currency"] == row["is_all_currencies"]:
        return None
    name = metric.plan["counted"]
    numerator, denominator = row[f"{name}__numerator"], row.get(f"{name}__denominator")
    immature = row.get(f"{name}__immature", 0)
    is_of_the_period = metric.plan["denominator_of_period"] is not None
    if not numerator and (not denominator or is_of_the_period) and not immature:
        return None
    return _Figure(_decimal(numerator), _decimal(denominator), immature)


def filters(wanted: Mapping[str, tuple[str, ...]], currency: str | None, reader: Reader) -> dict[str, Any]:
    """The parameters that every compiled statement takes: wanted members, currency, and the reader's side."""
    facts: dict[str, Any] = {name: list(wanted[name]) if wanted.get(name) else None for name in DIMENSIONS}
    return facts | {"currency": currency, "only_buyer": reader.only_buyer, "only_seller": reader.only_seller}


def elapsed_days(span: tuple[date, date], seen: Seen) -> int:
    """Days of a stretch that have begun."""
    first, end = span
    return max(0, (min(end, seen.today + timedelta(days=1)) - first).days)


def elapsed_months(span: tuple[date, date], seen: Seen) -> int:
    """Calendar months of a stretch that have begun."""
    first, last = span[0], min(span[1] - timedelta(days=1), seen.today)
    return max(0, (last.year - first.year) * 12 + last.month - first.month + 1)


# --- values --------------------------------------------------------------------------------------


def _values(one: _Asked, query: MetricQuery, seen: Seen, figures: _Figures) -> Iterator[MetricValue]:
    metric = one.metric
    cells = figures.cells(metric.name, list(_all_buckets(one)))
    if query.by is None and (not metric.plan["is_by_currency"] or query.currency):
        cells |= {(None, query.currency if metric.plan["is_by_currency"] else None)}
    for cell in sorted(cells, key=lambda cell: (cell[1] or "", cell[0] or "")):
        for bucket, other in one.stretches:
            answer = _answer(metric, bucket, cell, query, seen, figures)
            before = _answer(metric, other, cell, query, seen, figures) if other else None
            yield MetricValue(
                metric=metric.name,
                period=bucket.period,
                key=cell[0],
                currency=cell[1],
                value=answer.value,
                numerator=answer.numerator,
                denominator=answer.denominator,
                is_complete=answer.is_complete and bucket.is_whole,
                before=before.value if before else None,
            )


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    is_complete: bool


def _answer(
    metric: Planned, bucket: Bucket, cell: Cell, query: MetricQuery, seen: Seen, figures: _Figures
) -> _Answer:
    is_complete = bucket.end <= seen.today
    if metric.plan["is_growth_of"]:
        now = _counted(metric, bucket, cell, query, seen, figures)
        then = _counted(metric, _right_before(bucket), cell, query, seen, figures)
        value = now.value / then.value - 1 if now.value is not None and then.value else None
        return _Answer(value, now.value, then.value, is_complete and now.is_complete)
    return _counted(metric, bucket, cell, query, seen, figures)


def _counted(
    metric: Planned, bucket: Bucket, cell: Cell, query: MetricQuery, seen: Seen, figures: _Figures
) -> _Answer:
    plan = metric.plan
    nothing = Decimal(0) if plan["has_zero"] or plan["is_quotient"] else None
    figure = figures.get(metric.name, bucket, cell) or _Figure(nothing, Decimal(0) if plan["is_quotient"] else None)
    figure = _over_the_period(plan, bucket, seen, figure)
    matures = plan["matures_days"]
    is_aged = not figure.immature and bucket.end.toordinal() - 1 + matures <= seen.last_full_day.toordinal()
    is_complete = bucket.end <= seen.today and (is_aged or not matures)
    if matures and not is_aged and query.grain is not None:
        return _Answer(None, None, None, False)
    numerator, denominator = figure.numerator, figure.denominator
    value = numerator
    if plan["is_quotient"]:
        value = numerator / denominator if numerator and denominator else numerator if denominator else None
        if value is not None and plan["is_growth"]:
            value -= 1
    if value is not None and metric.unit == Unit.MONEY and cell[1] is not None:
        value = rounded(value, cell[1])
    return _Answer(value, numerator, denominator, is_complete)


def _over_the_period(plan: dict[str, Any], bucket: Bucket, seen: Seen, figure: _Figure) -> _Figure:
    """A mean over days or months divides by those that have begun, also where nothing happened in any."""
    if plan["denominator_of_period"] is None:
        return figure
    count = {"days": elapsed_days, "months": elapsed_months}[plan["denominator_of_period"]]
    return replace(figure, denominator=Decimal(count(_span(bucket), seen)))


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
