"""Figures in words: every unit, how a value moved, and what a small chart keeps of a long trend."""

from datetime import date
from decimal import Decimal

import pytest

from app.parts.figures import change_words, in_order, sparkline, value_words
from domain.reports import Metric, MetricValue, Unit

D = Decimal


def metric(unit: Unit) -> Metric:
    return Metric(
        name="one", label="One", group="Sales", definition="d", formula="f", owner="o", good="up", grain="order",
        unit=unit, dimensions=(), is_additive=True, version=1, sql="", sources=(), not_collected=None,
    )  # fmt: skip


def value(number: int | None, key: str | None = None) -> MetricValue:
    return MetricValue(
        metric="one", period=date(2026, 1, 1), key=key, currency=None, value=None if number is None else D(number),
        numerator=None, denominator=None, is_complete=True, before=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "number", "full", "short"),
    [
        (Unit.MONEY, "1234567.8", "€1,234,567.80", "€1.23M"),
        (Unit.MONEY, "99999.99", "€99,999.99", "€99,999.99"),
        (Unit.SHARE, "0.12345", "12.3%", "12.3%"),
        (Unit.COUNT, "1204.0", "1,204", "1,204"),
        (Unit.COUNT, "12.5", "12.5", "12.5"),
        (Unit.NUMBER, "3.14159", "3.14", "3.14"),
        (Unit.RATING, "4.256", "4.26 of 5", "4.26 of 5"),
        (Unit.DAYS, "2.26", "2.3 days", "2.3 days"),
    ],
)
def test_a_value_is_written_by_its_unit(unit: Unit, number: str, full: str, short: str) -> None:
    assert value_words(metric(unit), D(number), "EUR") == full
    assert value_words(metric(unit), D(number), "EUR", short=True) == short
    assert value_words(metric(unit), None, "EUR") == "–"


@pytest.mark.parametrize(
    ("unit", "now", "before", "said"),
    [
        (Unit.MONEY, "150", "100", "+50%"),
        (Unit.MONEY, "50", "100", "-50%"),
        (Unit.MONEY, "-50", "-100", "+50%"),  # less of a loss is more
        (Unit.COUNT, "1300", "100", "+1,200%"),
        (Unit.COUNT, "100.04", "100", 0),
        (Unit.COUNT, "0", "0", 0),
        (Unit.COUNT, "5", "0", None),
        (Unit.COUNT, "5", None, None),
        (Unit.COUNT, None, "5", None),
        (Unit.SHARE, "0.5", "0.4", "+10.0 pts"),
        (Unit.SHARE, "0.4", "0.5", "-10.0 pts"),
        (Unit.SHARE, "0.4", "0", "+40.0 pts"),
        (Unit.SHARE, "0.4001", "0.4", 0),
    ],
)
def test_a_change_is_percent_and_of_shares_points(
    unit: Unit, now: str | None, before: str | None, said: str | int | None
) -> None:
    assert change_words(metric(unit), now and D(now), before and D(before)) == said


def test_a_sparkline_is_short_and_ends_where_the_trend_ends() -> None:
    assert sparkline([value(n) for n in range(30)]) == list(range(30))
    long = sparkline([value(n) for n in range(100)])
    assert (len(long), long[0], long[-1]) == (34, 0, 99)
    assert sparkline([value(1), value(None), value(2)]) == [1, 2]  # what is not known is no point
    assert sparkline([]) == []


def test_a_ranking_has_the_largest_first_and_the_unknown_last() -> None:
    some = [value(3, "c"), value(9, "(unknown)"), value(5, "b"), value(None, "d"), value(0, "e"), value(7, "a")]
    assert [found.key for found in in_order(some, 10)] == ["a", "b", "c", "(unknown)"]
    assert [found.key for found in in_order(some, 2)] == ["a", "b"]
