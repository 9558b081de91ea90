"""The days that presets mean, and the steps that fit them."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import sign_in
from app.parts.periods import PRESETS, days_of, grains_for, today, usual_grain
from domain.identity import OrgKind
from domain.kernel.periods import Period
from domain.kernel.work import clock
from tests.app.signed_in import session_of
from tests.make.market import company


@pytest.mark.parametrize(
    ("preset", "now", "first", "end"),
    [
        ("today", date(2026, 11, 24), date(2026, 11, 24), date(2026, 11, 25)),
        ("7d", date(2026, 11, 24), date(2026, 11, 18), date(2026, 11, 25)),
        ("30d", date(2026, 3, 1), date(2026, 1, 31), date(2026, 3, 2)),
        ("12m", date(2026, 11, 24), date(2025, 12, 1), date(2026, 11, 25)),
        ("12m", date(2026, 12, 31), date(2026, 1, 1), date(2027, 1, 1)),
        ("12m", date(2028, 2, 29), date(2027, 3, 1), date(2028, 3, 1)),
        ("mtd", date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2)),
        ("qtd", date(2026, 12, 31), date(2026, 10, 1), date(2027, 1, 1)),
        ("ytd", date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 2)),
        ("last_month", date(2026, 3, 31), date(2026, 2, 1), date(2026, 3, 1)),
        ("last_month", date(2026, 1, 1), date(2025, 12, 1), date(2026, 1, 1)),
        ("last_quarter", date(2026, 2, 15), date(2025, 10, 1), date(2026, 1, 1)),
        ("last_quarter", date(2026, 12, 31), date(2026, 7, 1), date(2026, 10, 1)),
    ],
)
def test_a_preset_is_half_open_days(preset: str, now: date, first: date, end: date) -> None:
    assert days_of(preset, now) == Period(first, end)


def test_every_preset_means_days_on_every_day_of_a_leap_year() -> None:
    for day in (date.fromordinal(n) for n in range(date(2027, 12, 25).toordinal(), date(2029, 1, 8).toordinal())):
        for preset in PRESETS:
            if preset != "custom":
                period = days_of(preset, day)
                assert 1 <= period.days <= 366
                assert (day in period) == (not preset.startswith("last_")) and period.end <= day + timedelta(days=1)
                assert usual_grain(period) in grains_for(period)


@pytest.mark.parametrize(
    ("days", "fitting", "usual"),
    [
        (1, ["day"], "day"),
        (30, ["day", "week"], "day"),
        (90, ["day", "week", "month"], "week"),
        (365, ["week", "month", "quarter"], "month"),
        (3650, ["quarter"], "quarter"),
        (9825, ["quarter"], "quarter"),  # from the first day that can be chosen to this year
    ],
)
def test_steps_are_few_enough_to_read(days: int, fitting: list[str], usual: str) -> None:
    period = Period(date(2020, 1, 1), date.fromordinal(date(2020, 1, 1).toordinal() + days))
    assert (grains_for(period), usual_grain(period)) == (fitting, usual)


def test_the_day_is_that_of_the_time_zone_whose_midnight_has_passed(database: sa.Connection) -> None:
    shop = company(OrgKind.RETAILER, "Shop")
    session_id = session_of(next(iter(shop.emails.values())))
    with clock(datetime(2026, 11, 27, 23, 41, tzinfo=UTC)), sign_in.this_session(session_id):
        assert [today("Europe/Berlin"), today(), today("America/New_York")] == [
            date(2026, 11, 28), date(2026, 11, 27), date(2026, 11, 27)
        ]  # fmt: skip
    with clock(datetime(2026, 11, 28, 2, 0, tzinfo=UTC)), sign_in.this_session(session_id):
        assert [today("Europe/Berlin"), today("America/New_York")] == [date(2026, 11, 28), date(2026, 11, 27)]
