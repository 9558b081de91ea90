"""The one query path for metrics beside the second computation (`again`), figure by figure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain import reports
from domain.kernel.actor import Actor
from domain.kernel.work import Work, begin
from domain.reports import Compare, Grain, Metric, MetricQuery, MetricResult, MetricValue, Unit
from tests.make.again import (
    DAY,
    METRICS,
    Again,
    Books,
    Cell,
    Fact,
    Figure,
    Trader,
    day_in,
    during,
    ends,
    figures,
    starts,
    traders,
)

RATES = Decimal("1e-9")
# A quotient of money is answered in whole minor units; days are counted to the tenth of a second.
TOLERANCE = {Unit.MONEY: Decimal("0.005"), Unit.DAYS: Decimal("1e-6")}
MANY = ("buyer", "seller")  # dimensions with so many members that months would be too many
FINER = list(Grain)


@dataclass
class Found:
    """How many figures were compared by metric, and where they differ."""

    by_metric: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    differences: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # metrics that the registry answers and nobody computed here
    told: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # values that are neither unknown nor 0

    @property
    def compared(self) -> int:
        return sum(self.by_metric.values())

    def note(self, name: str, is_same: bool, *told: object) -> None:
        self.by_metric[name] += 1
        if not is_same:
            self.differences.append(f"{name}: {' '.join(map(str, told))}")


def same(one: Decimal | None, other: Decimal | None, metric: Metric) -> bool:
    """Equal to the cent and the unit; a rate to nine digits. What cannot be known is not nothing."""
    if one is None or other is None:
        return one is other
    if metric.is_additive or metric.unit is Unit.COUNT:
        return one == other
    return abs(one - other) <= TOLERANCE.get(metric.unit, RATES)


def same_cell(cell: Cell, mine: Mapping[Cell, Figure], theirs: Mapping[Cell, Decimal | None], metric: Metric) -> bool:
    """A member without any figure is left out on either side: it is nothing, or has nothing to divide by."""
    if cell in mine and cell in theirs:
        return same(mine[cell].value, theirs[cell], metric)
    return not theirs.get(cell) and not (cell in mine and mine[cell].value)


# --- periods -------------------------------------------------------------------------------------


def stretches(again: Again, first: date, end: date, grain: Grain | None) -> Iterator[tuple[date | None, date, date]]:
    """The periods that answer, each with its name, its first day and the day after its last."""
    if grain is None:
        yield None, *(_whole(first, end, again.finest) if again.is_whole else (first, end))
        return
    grain = max(grain, again.finest, key=FINER.index)
    at = starts(first, grain)
    while at is not None and at < end:
        until = ends(at, grain)
        yield at, *((at, until) if again.is_whole else (max(at, first), min(until, end)))
        at = until


def _whole(first: date, end: date, grain: Grain) -> tuple[date, date]:
    begins, last = starts(first, grain), starts(end - DAY, grain)
    assert begins is not None and last is not None
    return begins, ends(last, grain)


def everything(books: Books) -> tuple[date, date]:
    """From the quarter of the first order to the end of this one."""
    first = min(day_in(o.created_at, o.zone) for o in books.orders.values())
    return _whole(first, books.today + DAY, Grain.QUARTER)


# --- all of them ---------------------------------------------------------------------------------


def compare_all(windows: Sequence[tuple[date, date]] = (), grains: Collection[Grain] = FINER[2:]) -> Found:
    """Every collected metric, whole and by period, with and without each of its dimensions.

    Over all of the trade up to the end of this quarter, or over the given windows.
    """
    found = Found()
    with begin(Actor.system()) as work:
        metrics = {m.name: m for m in reports.known_metrics(work) if m.not_collected is None}
        books = books_of(work)
    found.missing = sorted(metrics.keys() - METRICS.keys())
    metrics = {name: metric for name, metric in metrics.items() if name in METRICS}
    for first, end in windows or [everything(books)]:
        for by in (None, *sorted({name for metric in metrics.values() for name in metric.dimensions})):
            names = tuple(name for name, metric in metrics.items() if by is None or by in metric.dimensions)
            for grain in (None, *(grain for grain in grains if by not in MANY or grain is Grain.QUARTER)):
                query = MetricQuery(names=names, first=first, end=end, grain=grain, by=by)
                _compare(found, metrics, query, _ask(query).values, books)
        _compare_before(found, metrics, first, end, books)
        _compare_cohorts(found, first, end, books)
    return found


def _ask(query: MetricQuery) -> MetricResult:
    # Each question in a transaction of its own: the second computation takes its time between them.
    with begin(Actor.system()) as work:
        return reports.metric_values(work, query=query)


def books_of(work: Work) -> Books:
    """The application's tables as of the instant up to which readers see the warehouse."""
    some = MetricQuery(names=("orders",), first=date(2020, 1, 1), end=date(2020, 1, 2))
    return Books(work, reports.metric_values(work, query=some).as_of)


def _compare(
    found: Found, metrics: Mapping[str, Metric], query: MetricQuery, values: Sequence[MetricValue], books: Books
) -> None:
    theirs: dict[tuple[str, date | None], dict[Cell, MetricValue]] = defaultdict(dict)
    for value in values:
        theirs[value.metric, value.period][value.key, value.currency] = value
    for name in query.names:
        again, metric = METRICS[name], metrics[name]
        facts = again.facts_for(books, () if query.by is None else (query.by,))
        for period, first, end in stretches(again, query.first, query.end, query.grain):
            mine = figures(
                again, facts, first=first, end=end, today=books.today, by=query.by,
                is_by_period=query.grain is not None,
            )  # fmt: skip
            there = theirs[name, period]
            answers = {at: value.value for at, value in there.items()}
            for cell in mine.keys() | there.keys():
                found.told[name] += bool(answers.get(cell))
                found.note(
                    name,
                    same_cell(cell, mine, answers, metric),
                    query.grain, period, "by", query.by, cell, "here", mine.get(cell), "there", there.get(cell),
                )
                if cell in mine and cell in there and metric.unit is not Unit.DAYS:
                    _compare_parts(found, name, mine[cell], there[cell])
            if again.matures_days == 0:
                for value in there.values():
                    found.note(name, value.is_complete == (end <= books.today), value, "is complete or not")
        if metric.is_additive and query.by is not None:
            _compare_sums(found, name, again, facts, theirs, query)


def _compare_parts(found: Found, name: str, mine: Figure, there: MetricValue) -> None:
    """What stands above and below the line, where both sides say so."""
    for one, other in ((mine.above, there.numerator), (mine.below, there.denominator)):
        if one is not None and other is not None:
            found.note(name, abs(one - other) <= RATES, there, "as a part here", one)


def _compare_sums(
    found: Found,
    name: str,
    again: Again,
    facts: Sequence[Fact],
    theirs: Mapping[tuple[str, date | None], Mapping[Cell, MetricValue]],
    query: MetricQuery,
) -> None:
    """The members of a dimension add up to the whole, which the books know without the dimension."""
    for period, first, end in stretches(again, query.first, query.end, query.grain):
        whole: dict[str | None, Decimal] = defaultdict(Decimal)
        counted: dict[str | None, set[str]] = defaultdict(set)
        for fact in during(facts, first, end):
            currency = fact.currency if again.by_currency else None
            whole[currency] += fact.above
            counted[currency].add(fact.who)
        summed: dict[str | None, Decimal] = defaultdict(Decimal)
        for (_, currency), value in theirs.get((name, period), {}).items():
            summed[currency] += value.value or 0
        for currency in whole.keys() | summed.keys():
            expected = Decimal(len(counted[currency])) if name == "purchases" else whole[currency]
            found.note(name, summed[currency] == expected, period, "by", query.by, "does not add up to", expected)


def _compare_before(
    found: Found, metrics: Mapping[str, Metric], first: date, end: date, books: Books
) -> None:
    """The same of the period before, and of the year before."""
    middle = starts(first + (end - first) / 2, Grain.QUARTER)
    assert middle is not None
    for compare in Compare:
        query = MetricQuery(names=tuple(metrics), first=middle, end=end, compare=compare)
        answer = _ask(query)
        assert answer.before_first is not None and answer.before_end is not None
        theirs: dict[str, dict[Cell, Decimal | None]] = defaultdict(dict)
        for value in answer.values:
            theirs[value.metric][value.key, value.currency] = value.before
        for name, metric in metrics.items():
            again = METRICS[name]
            [(_, since, until)] = stretches(again, answer.before_first, answer.before_end, None)
            mine = figures(again, again.facts_for(books, ()), first=since, end=until, today=books.today)
            for cell in mine.keys() | theirs[name].keys():
                found.note(
                    name,
                    same_cell(cell, mine, theirs[name], metric),
                    compare, middle, end, cell, "here", mine.get(cell), "there", theirs[name].get(cell),
                )


# --- cohorts -------------------------------------------------------------------------------------


def _compare_cohorts(found: Found, first: date, end: date, books: Books) -> None:
    """Organisations by the month of their first order, and the share of them that traded in each later month."""
    for side in ("buyer", "seller"):
        cohorts: dict[date, list[Trader]] = defaultdict(list)
        for trader in traders(books, side):
            if trader.days and first <= trader.first < end:
                cohorts[trader.first.replace(day=1)].append(trader)
        with begin(Actor.system()) as work:
            answer = {row.cohort: row for row in reports.retention_cohorts(work, role=side, first=first, end=end)}
        found.note("retention_cohorts", answer.keys() == cohorts.keys(), side, sorted(answer))
        for month in answer.keys() & cohorts.keys():
            row, members, at = answer[month], cohorts[month], month
            found.note("retention_cohorts", row.size == len(members), side, month, row.size, "here", len(members))
            for number, share in enumerate(row.shares):
                until = ends(at, Grain.MONTH)
                known = [t for t in members if until <= books.known_until(t.org_id) + DAY]
                active = sum(any(at <= day < until for day in t.days) for t in known)
                expected = Decimal(active) / len(known) if len(known) == len(members) else None
                is_same = share is expected if share is None or expected is None else abs(share - expected) <= RATES
                found.note("retention_cohorts", is_same, side, month, number, "here", expected, "there", share)
                at = until
