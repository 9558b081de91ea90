"""Working time: Monday to Friday without the holidays that are given, in the organisation's own time zone.

A deadline of 48 business hours is two working days of 24 hours each: the clock runs through the
night between two working days and stands still on weekends and holidays.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKEND = (5, 6)


def after_business_hours(start: datetime, hours: int, *, time_zone: str, holidays: Collection[date] = ()) -> datetime:
    """The instant at which `hours` of working time have passed since `start`."""
    zone = ZoneInfo(time_zone)
    here = start.astimezone(zone)
    left = timedelta(hours=hours)
    while True:
        midnight = datetime.combine(here.date() + timedelta(days=1), time(), zone)
        if here.weekday() in WEEKEND or here.date() in holidays:
            here = midnight
            continue
        today = midnight.astimezone(UTC) - here.astimezone(UTC)
        if left <= today:
            return (here.astimezone(UTC) + left).astimezone(start.tzinfo)
        left -= today
        here = midnight
