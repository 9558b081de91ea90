"""Figures: asked once per state of the warehouse, put into words, drawn as tiles.

An answer holds for as long as the build that it was read from is what readers see, so it is kept by the
organisation, that build's instant and the question. Values are frozen; nobody can change what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, ask_quietly
from app.parts.charts import printf, ranking, trend
from app.parts.question import DIMENSIONS, UNKNOWN, Question, toggle_filter, value_word
from app.parts.text import plain
from app.sign_in import Here
from domain import reports
from domain.kernel.errors import Invalid
from domain.reports import (
    CohortRow,
    Compare,
    Grain,
    Metric,
    MetricQuery,
    MetricResult,
    MetricValue,
    Reconciliation,
    Unit,
)

Good = Literal["normal", "inverse", "off"]
Reader = tuple[UUID | None, str | None]  # whom an answer is kept for: staff by role, members each by themselves

SPLITS = {
    "origin": "By trade", "role": "By kind of organisation", "buyer_country": "By buyer's country",
    "seller_country": "By seller's country", "category": "By category", "payment_method": "By payment method",
    "buyer": "Largest buyers", "seller": "Largest sellers",
}  # fmt: skip

GROWTH = "Growth"  # the group of figures that compare a period with the one before
_KEPT = 400
# A sparkline shows a direction, not days.
_MOST_POINTS = 40
_COLOURS: dict[str, Good] = {"up": "normal", "down": "inverse", "neutral": "off"}


# --- asking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are put: for whom, and at which state of the warehouse."""

    reader: Reader
    as_of: datetime

    def metrics(self) -> dict[str, Metric]:
        """The registry by name."""
        return _metrics(reader=self.reader, as_of=self.as_of)

    def values(self, query: MetricQuery) -> MetricResult:
        return _values(reader=self.reader, as_of=self.as_of, asked=query.model_dump_json(), _query=query)

    def cohorts(self, role: str, question: Question) -> list[CohortRow]:
        """Retention by month of the first order. Cohorts need months to say anything: the twelve up to the end of
        the chosen time, or all of a longer one."""
        first = min(question.period.first, question.period.end - timedelta(days=366)).replace(day=1)
        return _cohorts(reader=self.reader, as_of=self.as_of, role=role, first=first, end=question.period.end)

    def currencies(self) -> list[str]:
        """The currencies in which there is trade."""
        return _currencies(reader=self.reader, as_of=self.as_of)

    def reconciliation(self, question: Question) -> Reconciliation:
        """Whether screen, warehouse, ledger and orders say the same; looked at anew every minute, since the ledger
        and the orders do not wait for a build."""
        origins = question.filters.get("origin", ())
        origin = origins[0] if len(origins) == 1 else None
        period = question.period
        return _reconciliation(
            reader=self.reader, as_of=self.as_of, first=period.first, end=period.end, currency=question.currency,
            origin=origin,
        )  # fmt: skip

    def named(self, dimension: str) -> dict[str, str]:
        """The values of a dimension and their words."""
        return _named(reader=self.reader, as_of=self.as_of, dimension=dimension)


def desk(here: Here, as_of: datetime) -> Desk:
    """The desk for the person who is here."""
    actor = here[1]
    return Desk((actor.org_id if actor.is_staff else actor.user_id, actor.variant), as_of)


# Asked by names throughout: for each that is given by its place, Streamlit reads the function's signature anew.


@st.cache_resource(max_entries=50, show_spinner=False)
def _metrics(*, reader: Reader, as_of: datetime) -> dict[str, Metric]:
    return {metric.name: metric for metric in ask(reports.known_metrics)}


@st.cache_resource(max_entries=_KEPT, show_spinner=False)
def _values(*, reader: Reader, as_of: datetime, asked: str, _query: MetricQuery) -> MetricResult:
    return ask_quietly(reports.metric_values, query=_query)


@st.cache_resource(max_entries=_KEPT, show_spinner=False)
def _cohorts(*, reader: Reader, as_of: datetime, role: str, first: date, end: date) -> list[CohortRow]:
    return ask(reports.retention_cohorts, role=role, first=first, end=end)


@st.cache_resource(max_entries=50, show_spinner=False)
def _currencies(*, reader: Reader, as_of: datetime) -> list[str]:
    return ask(reports.currencies)


@st.cache_resource(max_entries=_KEPT, ttl=60, show_spinner=False)
def _reconciliation(
    *, reader: Reader, as_of: datetime, first: date, end: date, currency: str, origin: str | None
) -> Reconciliation:
    return ask(reports.reconcile, first=first, end=end, currency=currency, origin=origin)


@st.cache_resource(max_entries=_KEPT, show_spinner=False)
def _named(*, reader: Reader, as_of: datetime, dimension: str) -> dict[str, str]:
    return dict(ask(reports.dimension_values, dimension=dimension))


# --- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """Some metrics over a question: each as a whole and step by step."""

    metrics: Mapping[str, Metric]
    totals: MetricResult
    steps: MetricResult

    def total(self, name: str) -> MetricValue | None:
        return next((value for value in self.totals.values if value.metric == name), None)

    def trend(self, name: str) -> list[MetricValue]:
        return [value for value in self.steps.values if value.metric == name]


def figures(at: Desk, question: Question, names: Sequence[str]) -> Figures:
    """These metrics, in two questions however many they are. Those that the filters do not fit are left out."""
    known = at.metrics()
    asked = [name for name in names if name in known and question.fits(known[name])]
    try:
        totals = at.values(question.query(asked))
    except Invalid:
        # Each dimension is known, but some tables know only one of them: see which figures are left.
        asked = [name for name in asked if _is_told(at, question, name)]
        totals = at.values(question.query(asked))
    return Figures(known, totals, at.values(question.query(asked, steps=True)))


def _is_told(at: Desk, question: Question, name: str) -> bool:
    try:
        at.values(question.query([name]))
    except Invalid:
        return False
    return True


# --- words ---------------------------------------------------------------------------------------


def value_words(metric: Metric, value: Decimal | None, currency: str | None, *, short: bool = False) -> str:
    """A value as people read it; "–" for one that cannot be known."""
    if value is None:
        return "–"
    if metric.unit is Unit.MONEY:
        return (words.money_short if short else words.money)(value, currency or "")
    if metric.unit is Unit.SHARE:
        return words.percent(value, 1)
    if metric.unit is Unit.COUNT:
        return words.number(value.to_integral_value() if value == value.to_integral_value() else value)
    rounded = words.number(round(value, 2))
    if metric.unit is Unit.RATING:
        return f"{rounded} of 5"
    return f"{words.number(round(value, 1))} days" if metric.unit is Unit.DAYS else rounded


def change_words(metric: Metric, value: Decimal | None, before: Decimal | None) -> str | Literal[0] | None:
    """How a value stands to the one before: points for shares, percent for all else; 0 where nothing moved.

    None where there is nothing to compare with.
    """
    if value is None or before is None:
        return None
    if metric.unit is Unit.SHARE:
        points = round((value - before) * 100, 1)
        return f"{points:+.1f} pts" if points else 0
    if not before:
        return None if value else 0
    rate = (value - before) / abs(before)
    text = words.percent(rate, 1 if abs(rate) < 10 else 0)
    if abs(rate) < Decimal("0.0005"):
        return 0
    return f"+{text}" if rate > 0 else text


def help_words(metric: Metric, value: MetricValue | None, as_of: datetime) -> str:
    """What stands behind the question mark: definition, formula, the exact value, owner and freshness."""
    parts = [plain(metric.definition), f"**How:** {plain(metric.formula)}"]
    if value is not None and value.value is not None and metric.unit is Unit.MONEY:
        parts.append(f"**Exactly:** {plain(value_words(metric, value.value, value.currency))}")
    elif value is not None and value.numerator is not None and value.denominator:
        parts.append(f"**Here:** {_amount(value.numerator)} of {_amount(value.denominator)}")
    parts.append(f"**As of:** {plain(words.instant(as_of))} · **Owner:** {plain(metric.owner)}")
    parts.append("Its name leads to the rows and the SQL.")
    return "\n\n".join(parts)


def why_empty(metric: Metric, question: Question, value: MetricValue | None) -> str:
    """Why there is no value, in a few words."""
    if not question.fits(metric):
        unfit = [DIMENSIONS[name].lower() for name in question.filters if name not in metric.dimensions]
        return f"not told by {' or '.join(unfit)}"
    if value is None:
        return "not told for these filters at once"
    if value.denominator == 0:
        return "nothing to count yet"
    return "too early to know"


# --- tiles ---------------------------------------------------------------------------------------


def metric_tile(metric: Metric, found: Figures, question: Question) -> None:
    """One figure: its name leads to what is behind it, the question mark says what it means."""
    with st.container(border=True, gap="xxsmall", height="stretch", key=f"tile-{metric.name}"):
        name_of(metric, question, help_words(metric, found.total(metric.name), found.totals.as_of))
        value_metric(metric, found, question, points=sparkline(found.trend(metric.name)))


def value_metric(metric: Metric, found: Figures, question: Question, *, points: Sequence[float] = ()) -> None:
    """The value, how it moved and from what, perhaps with a sparkline; a change for the better is green."""
    value = found.total(metric.name)
    number = value.value if value else None
    before = value.before if value else None
    change = change_words(metric, number, before)
    currency = value.currency if value else question.currency
    colour, note = _COLOURS[metric.good], None
    more: dict[str, Any] = {"chart_data": list(points), "chart_type": "area"} if len(points) > 2 else {}
    if value is None or number is None:
        change, colour, note = "–", "off", why_empty(metric, question, value)
    elif metric.group == GROWTH and not value.is_complete:
        # What has not ended is smaller than what it is compared with: no reason for joy or alarm.
        change, colour, note = "so far", "off", "the last period is not over"
    elif change is not None:
        note = f"from {value_words(metric, before, currency, short=True)}"
    if colour == "off":
        more["delta_arrow"] = "auto" if note and note.startswith("from") else "off"
    st.metric(
        metric.label, value_words(metric, number, currency, short=True), change, colour,
        delta_description=plain(note) if note else None, label_visibility="collapsed", **more,
    )  # fmt: skip


def name_of(metric: Metric, question: Question, help: str, *, badge: str | None = None) -> None:
    """The name of a metric as a link to what is behind it, and its meaning at the right."""
    from app.navigation import page_of

    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
        st.page_link(
            page_of("admin-metric"), label=plain(metric.label), icon=":material/chevron_right:",
            icon_position="right", query_params=question.address(metric=metric.name), width="stretch",
        )  # fmt: skip
        if badge:
            st.badge(badge, color="gray")
        st.markdown("", help=help, width="content")


def tiles(names: Sequence[str], found: Figures, question: Question) -> None:
    with st.grid(4, min_column_width=200, gap="small"):
        for name in names:
            if name in found.metrics:
                metric_tile(found.metrics[name], found, question)


def sparkline(trend: Sequence[MetricValue]) -> list[float]:
    """At most forty points of a trend, evenly apart, the last one among them."""
    known = [float(value.value) for value in trend if value.value is not None]
    every = -(-len(known) // _MOST_POINTS) or 1
    return known[::-1][::every][::-1]


def _amount(value: Decimal) -> str:
    return plain(words.number(round(value, 2)))


def in_order(values: Sequence[MetricValue], most: int) -> list[MetricValue]:
    """The largest values of a split, the unknown member last."""
    key: Callable[[MetricValue], tuple[bool, Decimal]] = lambda value: (  # noqa: E731
        value.key in (None, UNKNOWN), -(value.value or Decimal(0)),
    )  # fmt: skip
    return sorted((value for value in values if value.value), key=key)[:most]


# --- charts --------------------------------------------------------------------------------------


def trend_chart(metric: Metric, found: Figures, question: Question, *, key: str) -> None:
    """A figure step by step beside the same of the time before; what has not ended is marked."""
    steps = found.trend(metric.name)
    if not any(step.value for step in steps):
        st.caption("Nothing in this time. Choose a longer one, or take filters off.")
        return
    grain = _grain_of(steps, question.grain)
    has_before = question.compare is not None and any(step.before is not None for step in steps)
    trend(
        [words.step_of_time(step.period, grain) for step in steps if step.period],
        [step.value for step in steps],
        name=metric.label, unfinished=[not step.is_complete for step in steps],
        before=[step.before for step in steps] if has_before else None,
        before_name="Year before" if question.compare is Compare.YEAR else "Period before",
        number=number_format(metric, question.currency), key=key,
        alt=f"{metric.label}, {words.days_from(question.period.first, question.period.end)}",
    )  # fmt: skip


def _grain_of(steps: Sequence[MetricValue], asked: Grain) -> str:
    """The steps that came: a figure of whole months comes by month whatever was asked."""
    known = [step.period for step in steps if step.period]
    apart = (known[1] - known[0]).days if len(known) > 1 else 0
    return "quarter" if apart > 80 else "month" if apart > 27 else asked.value


def number_format(metric: Metric, currency: str) -> str:
    """How charts write the metric's values."""
    if metric.unit is Unit.MONEY:
        return printf(currency)
    return printf(share=metric.unit is Unit.SHARE, digits=0 if metric.unit is Unit.COUNT else 2)


def split_card(
    metric: Metric, dimension: str, at: Desk, question: Question, *, most: int = 7, title: str | None = None
) -> None:
    """A metric by the values of a dimension, largest first; a click on one filters the screen by it."""
    try:
        values = at.values(question.query([metric.name], by=dimension)).values
    except Invalid:
        values = ()  # these filters and this dimension are of different tables
    rows = in_order(values, most)
    named = at.named(dimension) if dimension in ("category", "buyer", "seller") else {}
    heading = f"{title} {SPLITS[dimension][:1].lower()}{SPLITS[dimension][1:]}" if title else SPLITS[dimension]
    with st.container(border=True, gap="xsmall", height="stretch", key=f"split-{metric.name}-{dimension}"):
        st.markdown(f"**{plain(heading)}**", help="A click on a bar shows only that one, a second click all again.")
        if not rows:
            st.caption("Nothing in this time.")
            return
        chosen = question.filters.get(dimension, ())
        ranking(
            [
                (value_word(dimension, row.key, named), row.value,
                 value_words(metric, row.value, row.currency, short=True))
                for row in rows
            ],
            alt=f"{metric.label}: {SPLITS[dimension].lower()}", key=f"by-{metric.name}-{dimension}-{'-'.join(chosen)}",
            chosen=[i for i, row in enumerate(rows) if row.key in chosen],
            on_choose=lambda place: toggle_filter(dimension, rows[place].key or UNKNOWN),
        )  # fmt: skip
        left = sum(1 for value in values if value.value) - len(rows)
        if left > 0:
            st.caption(f"and {words.number(left)} more")
