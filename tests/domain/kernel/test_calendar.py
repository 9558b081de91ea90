from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.calendar import WEEKEND, after_business_hours

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Pacific/Auckland"]


def berlin(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2025, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (berlin(10, 9), 8, berlin(10, 17)),  # a Monday
        (berlin(10, 9), 48, berlin(12, 9)),  # the nights count, 48 hours are two working days
        (berlin(14, 15), 48, berlin(18, 15)),  # the weekend does not
        (berlin(15, 11), 48, berlin(19, 0)),  # begun on a Saturday: from Monday's first minute
        (berlin(28, 12), 24, berlin(31, 12)),  # the clocks change on the Sunday between
        (berlin(10, 9), 0, berlin(10, 9)),
    ],
)
def test_the_clock_stands_still_on_weekends(start: datetime, hours: int, end: datetime) -> None:
    assert after_business_hours(start, hours, time_zone="Europe/Berlin") == end


def test_the_clock_stands_still_on_holidays() -> None:
    easter = [date(2025, 4, 18), date(2025, 4, 21)]
    end = after_business_hours(berlin(17, 12, month=4), 24, time_zone="Europe/Berlin", holidays=easter)
    assert end == berlin(22, 12, month=4)


def test_working_time_is_the_organisations_own() -> None:
    friday_night = datetime(2025, 3, 14, 22, tzinfo=UTC)
    # In Auckland it is Saturday already; in New York two working hours of Friday remain.
    assert after_business_hours(friday_night, 2, time_zone="America/New_York") == friday_night + timedelta(hours=2)
    monday = datetime(2025, 3, 17, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert after_business_hours(friday_night, 2, time_zone="Pacific/Auckland") == monday + timedelta(hours=2)


instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def working_time(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """Minute-blind count, a quarter of an hour at a time."""
    step, total, at = timedelta(minutes=15), timedelta(), start
    while at < end:
        total += step if at.astimezone(zone).weekday() not in WEEKEND else timedelta()
        at += step
    return total


@given(
    instants.map(lambda at: at.replace(minute=0, second=0, microsecond=0)), st.integers(1, 120), st.sampled_from(ZONES)
)
def test_exactly_so_much_working_time_passes(start: datetime, hours: int, zone: str) -> None:
    end = after_business_hours(start, hours, time_zone=zone)
    assert working_time(start, end, ZoneInfo(zone)) == timedelta(hours=hours)


@given(instants, st.integers(0, 300), st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_the_zone_in_which_the_start_is_written_does_not_matter(
    start: datetime, hours: int, zone: str, written_in: str
) -> None:
    elsewhere = start.astimezone(ZoneInfo(written_in))
    assert after_business_hours(elsewhere, hours, time_zone=zone) == after_business_hours(start, hours, time_zone=zone)


@given(instants, st.integers(0, 100), st.integers(0, 100), st.sampled_from(ZONES))
def test_more_hours_never_end_earlier(start: datetime, hours: int, more: int, zone: str) -> None:
    assert after_business_hours(start, hours, time_zone=zone) <= after_business_hours(
        start, hours + more, time_zone=zone
    )
