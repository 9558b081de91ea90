"""The stretches of days over which metrics are taken: by day, week, month or quarter, and those before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.kernel.periods import Period
from domain.reports.metrics.views import Compare, Grain

ORDER = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER)
_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One stretch: `period` names the calendar unit it lies in, and `is_whole` says whether it is all of it."""

    period: date | None
    first: date
    end: date
    is_whole: bool = True


def coarser(one: Grain, other: Grain | None) -> Grain:
    return one if other is None or ORDER.index(one) >= ORDER.index(other) else other


def floor(day: date, grain: Grain) -> date:
    """The first day of the unit in which a day lies."""
    if grain is Grain.DAY:
        return day
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(month=(day.month - 1) // _MONTHS[grain] * _MONTHS[grain] + 1, day=1)


def after(first: date, grain: Grain) -> date:
    """The first day of the next unit."""
    if grain in _MONTHS:
        return shifted(first, _MONTHS[grain])
    return first + timedelta(days=7 if grain is Grain.WEEK else 1)


def shifted(day: date, months: int) -> date:
    """The same day some months later, or the last one of its month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:
                continue
    raise AssertionError("unreachable")


def units(period: Period, grain: Grain, *, whole: bool) -> Iterator[Bucket]:
    """The units that a period touches; `whole` ones reach beyond its ends, others are cut there."""
    first = floor(period.first, grain)
    while first < period.end:
        end = after(first, grain)
        here, until = (first, end) if whole else (max(first, period.first), min(end, period.end))
        yield Bucket(first, here, until, is_whole=(here, until) == (first, end))
        first = end


def compared(period: Period, compare: Compare) -> Period:
    """The period to compare with: of equal length right before, or the same days a year earlier.

    Whole months are compared with as many whole months before them.
    """
    if compare is Compare.YEAR:
        return Period(shifted(period.first, -12), shifted(period.end, -12))
    months = whole_months(period)
    return Period(shifted(period.first, -months), period.first) if months else period.before()


def whole_months(period: Period) -> int:
    """How many whole months a period is; 0 when it starts or ends within one."""
    if period.first.day != 1 or period.end.day != 1:
        return 0
    return (period.end.year - period.first.year) * 12 + period.end.month - period.first.month


def counterpart(bucket: Bucket, period: Period, other: Period) -> Bucket | None:
    """The stretch of the comparison period that stands for a bucket; None when it has no such days.

    Where both are made of whole months the calendar moves along, else the days are counted from the start.
    """
    if whole_months(Period(bucket.first, bucket.end)) and period.first.day == other.first.day == 1:
        months = (period.first.year - other.first.year) * 12 + period.first.month - other.first.month
        return Bucket(None, shifted(bucket.first, -months), shifted(bucket.end, -months))
    shift = period.first - other.first
    first = bucket.first - shift
    end = other.end if bucket.end == period.end else bucket.end - shift
    return Bucket(None, first, end) if first < end else None
