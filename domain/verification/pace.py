"""When the cases that wait will be decided at the pace of late, and which of them will be late by then."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from domain.kernel.calendar import after_business_hours

LOOK_BACK_DAYS = 28
_HOURS_LOOKED_BACK = 20 * 24  # four weeks of five days


def expected(
    count: int, decided: int, *, now: datetime, time_zone: str, closed: Collection[date] = ()
) -> list[datetime] | None:
    """When the first to the last of `count` cases will be decided, if they go on one by one as in the last four weeks.

    `decided` is how many were decided in these. None where there were none: without a pace there is no forecast.
    """
    if decided <= 0:
        return None
    return [
        after_business_hours(now, int(_HOURS_LOOKED_BACK * place / decided), time_zone=time_zone, holidays=closed)
        for place in range(1, count + 1)
    ]


def late_at_this_pace(due: Sequence[datetime], decided: Sequence[datetime] | None, *, now: datetime) -> int | None:
    """How many cases, the most urgent first, will not be decided in time, those that are late already included."""
    if decided is None:
        return sum(at < now for at in due) if all(at < now for at in due) else None
    return sum(at < then for at, then in zip(due, decided, strict=True))
