"""The figures of a screen as tables of a file, typed and with what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.exports import Cell, Sheet
from app.parts.figures import SPLITS, Desk, Figures, figures, in_order
from app.parts.question import DIMENSIONS, Question, value_word
from domain.reports import Metric, MetricValue, Unit

KINDS = {
    Unit.MONEY: "money", Unit.SHARE: "share", Unit.COUNT: "count", Unit.NUMBER: "number", Unit.RATING: "number",
    Unit.DAYS: "number",
}  # fmt: skip
_UNITS = {
    Unit.MONEY: "", Unit.SHARE: "share", Unit.COUNT: "count", Unit.NUMBER: "number", Unit.RATING: "stars of 5",
    Unit.DAYS: "days",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Split:
    """A metric by a dimension, as one of the screen's charts shows it; the file has all values of it."""

    metric: str
    dimension: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen shows, so that a file of it can be made later from the same question."""

    at: Desk
    question: Question
    names: tuple[str, ...]
    splits: tuple[Split, ...] = ()
    cohorts: tuple[str, ...] = ()  # kinds of organisation

    def choices(self) -> dict[str, str]:
        """The question in codes and ids, for the name of the file and the audit."""
        period = self.question.period
        found = {"from": f"{period.first}", "to_before": f"{period.end}", "currency": self.question.currency}
        return found | {dimension: " ".join(values) for dimension, values in self.question.filters.items()}

    def found(self) -> Figures:
        return figures(self.at, self.question, self.names)


def sheets_of(shown: Shown) -> list[Sheet]:
    """A table of the figures, one of them over time, one per split and one per kind of cohorts."""
    found = shown.found()
    currency = shown.question.currency
    here = [found.metrics[name] for name in shown.names if name in found.metrics]
    told = [metric for metric in here if shown.question.fits(metric)]
    sheets = [_totals(told, found, currency), _over_time(told, found, currency)] if told else []
    for split in shown.splits:
        metric = found.metrics[split.metric]
        kinds = ("text", "text", KINDS[metric.unit])
        rows = _split_rows(shown, split)
        title = SPLITS[split.dimension]
        columns = (DIMENSIONS[split.dimension], "Code", metric.label)
        sheets.append(Sheet(title, columns, rows, kinds, currency))
    sheets += [_cohorts(role, shown) for role in shown.cohorts]
    return sheets


def flat_sheet(shown: Shown) -> Sheet:
    """All of it in one table, a value a line."""
    found = shown.found()
    currency = shown.question.currency
    columns = (
        "figure", "name", "split_by", "split_value", "period", "currency", "value", "before", "is_whole", "as_of",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []

    def add(metric: Metric, value: MetricValue, split_by: str = "", split_value: str = "") -> None:
        kind = KINDS[metric.unit]
        rows.append(
            (metric.label, metric.name, split_by, split_value, value.period, value.currency or "",
             Cell(value.value, kind, value.currency), Cell(value.before, kind, value.currency), value.is_complete,
             found.totals.as_of)
        )  # fmt: skip

    for name in shown.names:
        metric = found.metrics.get(name)
        total = found.total(name)
        if metric is None or total is None:
            continue
        add(metric, total)
        for step in found.trend(name):
            add(metric, step)
    for split in shown.splits:
        result = shown.at.values(shown.question.query([split.metric], by=split.dimension))
        for value in result.values:
            add(found.metrics[split.metric], value, split.dimension, value.key or "")
    for role in shown.cohorts:
        for row in shown.at.cohorts(role, shown.question):
            for month, share in enumerate(row.shares):
                rows.append(("Retention", f"cohort_{role}", "months_after", str(month), row.cohort, "",
                             Cell(share, "share"), None, share is not None, found.totals.as_of))  # fmt: skip
    return Sheet("Figures", columns, rows, currency=currency)


def about(title: str, shown: Shown) -> dict[str, str]:
    """What was asked, as of when, and what each figure means."""
    found = shown.found()
    question, result = shown.question, found.totals
    said = {
        "What": title,
        "Days": f"{question.period.first} up to and without {question.period.end}",
        "Compared with": (
            f"{result.before_first} up to and without {result.before_end}"
            if result.before_first else "nothing"
        ),
        "Steps": question.grain.value,
        "Currency": f"{question.currency} (amounts of other currencies are left out, never converted)",
        "Time zone of days": result.time_zone,
        "As of": f"{result.as_of:%Y-%m-%d %H:%M:%S} UTC",
        "Instants": "UTC",
    }  # fmt: skip
    for dimension, values in question.filters.items():
        named = shown.at.named(dimension)
        said[f"Only {DIMENSIONS[dimension].lower()}"] = ", ".join(value_word(dimension, v, named) for v in values)
    for name in shown.names:
        metric = found.metrics.get(name)
        if metric is None:
            continue
        unfit = "" if question.fits(metric) else " It cannot be told for these filters and is left out."
        said[metric.label] = (
            f"{metric.definition} How: {metric.formula}. Owner: {metric.owner}. Version {metric.version}.{unfit}"
        )
    return said


def _totals(told: Sequence[Metric], found: Figures, currency: str) -> Sheet:
    rows = []
    for metric in told:
        value = found.total(metric.name)
        if value is None:
            continue
        kind = KINDS[metric.unit]
        rows.append(
            (metric.label, Cell(value.value, kind, value.currency), Cell(value.before, kind, value.currency),
             value.currency or _UNITS[metric.unit], value.numerator, value.denominator, value.is_complete)
        )  # fmt: skip
    columns = ("Figure", "Value", "Before", "Unit", "Numerator", "Denominator", "Time is over")
    return Sheet("Figures", columns, rows, ("text", "number", "number", "text", "number", "number", "text"), currency)


def _over_time(told: Sequence[Metric], found: Figures, currency: str) -> Sheet:
    values = {(value.metric, value.period): value for value in found.steps.values}
    periods = sorted({period for _, period in values if period is not None})
    rows = []
    for period in periods:
        here = [values.get((metric.name, period)) for metric in told]
        whole = all(value.is_complete for value in here if value is not None)
        rows.append((period, whole, *(value.value if value else None for value in here)))
    columns = ("From", "Time is over", *(metric.label for metric in told))
    return Sheet("Over time", columns, rows, ("day", "text", *(KINDS[metric.unit] for metric in told)), currency)


def _split_rows(shown: Shown, split: Split) -> list[tuple[object, ...]]:
    result = shown.at.values(shown.question.query([split.metric], by=split.dimension))
    named: Mapping[str, str] = shown.at.named(split.dimension)
    kind = KINDS[shown.at.metrics()[split.metric].unit]
    return [
        (value_word(split.dimension, value.key, named), value.key, Cell(value.value, kind, value.currency))
        for value in in_order(result.values, len(result.values))
    ]


def _cohorts(role: str, shown: Shown) -> Sheet:
    rows = shown.at.cohorts(role, shown.question)
    months = max((len(row.shares) for row in rows), default=0)
    columns = ("First order in", "Organisations", *(f"Month {n}" for n in range(months)))
    data = [(row.cohort, row.size, *row.shares) for row in rows]
    return Sheet(f"Cohorts of {role}s", columns, data, ("day", "count", *["share"] * months))
