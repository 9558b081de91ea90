"""The time that figures are asked for: which days, in which steps, compared with what; all in the address."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from app.bridge import ask
from app.parts.filters import choice
from domain.kernel.periods import Period
from domain.kernel.work import Work
from domain.reports import Compare, Grain

PRESETS: dict[str, str] = {
    "today": "Today",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "12m": "Last 12 months",
    "mtd": "This month",
    "qtd": "This quarter",
    "ytd": "This year",
    "last_month": "Last month",
    "last_quarter": "Last quarter",
    "custom": "Custom",
}
GRAINS: dict[str, str] = {"day": "By day", "week": "By week", "month": "By month", "quarter": "By quarter"}
COMPARISONS: dict[str, str] = {
    "previous": "vs period before", "year": "vs year before", "none": "No comparison",
}  # fmt: skip
# So that a line keeps few points, and a chart can be read.
MOST_STEPS = 100
_DAYS_OF = {"day": 1, "week": 7, "month": 30, "quarter": 91}


def _day_of(work: Work, time_zone: str) -> date:
    return work.now.astimezone(ZoneInfo(time_zone)).date()


def today(time_zone: str = "UTC") -> date:
    """The day it is in a time zone; for the platform that is UTC."""
    return ask(_day_of, time_zone=time_zone)


def days_of(preset: str, now: date) -> Period:
    """The days that a preset means on the day `now`, which counts. Twelve months are eleven whole ones and this one."""
    tomorrow = now + timedelta(days=1)
    month = now.replace(day=1)
    quarter = _quarter(now)
    before_month = (month - timedelta(days=1)).replace(day=1)
    return {
        "today": Period(now, tomorrow),
        "7d": Period(now - timedelta(days=6), tomorrow),
        "30d": Period(now - timedelta(days=29), tomorrow),
        "90d": Period(now - timedelta(days=89), tomorrow),
        "12m": Period(month.replace(year=now.year - (now.month < 12), month=now.month % 12 + 1), tomorrow),
        "mtd": Period(month, tomorrow),
        "qtd": Period(quarter, tomorrow),
        "ytd": Period(now.replace(month=1, day=1), tomorrow),
        "last_month": Period(before_month, month),
        "last_quarter": Period(_quarter(quarter - timedelta(days=1)), quarter),
    }[preset]


def grains_for(period: Period) -> list[str]:
    """The steps in which a period can be shown: not too many, and at least two where there can be."""
    fitting = [grain for grain, length in _DAYS_OF.items() if length < period.days <= length * MOST_STEPS]
    return fitting or ["day" if period.days == 1 else "quarter"]


def usual_grain(period: Period) -> str:
    """The steps that one sees without asking: about a dozen to three dozen of them."""
    wanted = "day" if period.days <= 45 else "week" if period.days <= 200 else "month"
    fitting = grains_for(period)
    return wanted if wanted in fitting else fitting[0]


def pick_period(now: date, *, default: str = "30d") -> tuple[str, Period]:
    """Let the person choose days, by a name or one by one; the last one counts in full."""
    chosen = choice("", "Time", PRESETS, key="range", width=158, default=default) or default
    if chosen != "custom":
        return chosen, days_of(chosen, now)
    first = st.date_input(
        "From", now - timedelta(days=29), min_value=date(2000, 1, 1), max_value=now, key="from", bind="query-params",
        label_visibility="collapsed", format="YYYY-MM-DD", width=130, required=True,
    )  # fmt: skip
    last = st.date_input(
        "To", now, min_value=date(2000, 1, 1), max_value=now, key="to", bind="query-params",
        label_visibility="collapsed", format="YYYY-MM-DD", width=130, required=True,
    )  # fmt: skip
    if not isinstance(first, date) or not isinstance(last, date) or last < first:
        st.error("The first day must not be after the last one.")
        st.stop()
    return chosen, Period(first, last + timedelta(days=1))


def pick_grain(period: Period) -> Grain:
    """Let the person choose the steps of the time axis, of those that fit the period."""
    fitting = grains_for(period)
    usual = usual_grain(period)
    found = choice("", "Steps", {grain: GRAINS[grain] for grain in fitting}, key="grain", width=125, default=usual)
    return Grain(found or usual)


def pick_comparison() -> Compare | None:
    """Let the person choose what figures are compared with."""
    found = choice("", "Compare", COMPARISONS, key="compare", width=172, default="previous")
    return None if found == "none" else Compare(found or "previous")


def _quarter(day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % 3, day=1)

