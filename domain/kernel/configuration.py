"""The platform's settings: values with the instant from which they hold, for new things only.

Names are picked from `Setting`, never typed. A change takes effect a minute after it is made at
the earliest, so every process has seen it by then and what was placed before is untouched.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import Invalid
from domain.kernel.work import Work

NOTICE = timedelta(minutes=1)
SEEN_WITHIN_SECONDS = 20.0


class Setting(StrEnum):
    PAYMENT_WINDOW_HOURS_WALLET = "payment_window_hours_wallet"
    PAYMENT_WINDOW_HOURS_BANK = "payment_window_hours_bank"
    SELLER_ANSWER_BUSINESS_HOURS = "seller_answer_business_hours"
    INSPECTION_DAYS = "inspection_days"
    SHORTAGE_ANSWER_BUSINESS_HOURS = "shortage_answer_business_hours"
    PAYOUT_MINIMUM = "payout_minimum"
    REVIEW_BLIND_DAYS = "review_blind_days"
    PURCHASE_CAP_LEVEL_1 = "purchase_cap_level_1"
    VERIFICATION_ANSWER_BUSINESS_HOURS = "verification_answer_business_hours"
    FACTOR_REQUIRED_FOR_MONEY = "factor_required_for_money"
    STOCK_ADJUSTMENT_LIMIT = "stock_adjustment_limit"
    COUNT_APPROVAL_LIMIT = "count_approval_limit"
    LOST_FACTOR_WAIT_HOURS = "lost_factor_wait_hours"
    SMALL_EDIT_SIGNS = "small_edit_signs"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a setting means to people, what it counts, what it is until somebody changes it, and its bounds."""

    meaning: str
    unit: str
    usual: Decimal
    least: Decimal
    most: Decimal
    is_whole: bool = True


def _terms(meaning: str, unit: str, usual: int, least: int, most: int, *, is_whole: bool = True) -> Terms:
    return Terms(meaning, unit, Decimal(usual), Decimal(least), Decimal(most), is_whole)


# The bounds keep a slip of the pen from stopping the market: a window of no hours, a minimum that nobody reaches.
TERMS: dict[Setting, Terms] = {
    Setting.PAYMENT_WINDOW_HOURS_WALLET: _terms("Time to pay a purchase from the wallet", "hours", 1, 1, 72),
    Setting.PAYMENT_WINDOW_HOURS_BANK: _terms("Time to pay a purchase by bank transfer", "hours", 120, 24, 720),
    Setting.SELLER_ANSWER_BUSINESS_HOURS: _terms(
        "Time for the seller to accept or decline an order", "business hours", 48, 8, 240
    ),
    Setting.INSPECTION_DAYS: _terms("Goods that nobody inspects are accepted after", "days", 7, 1, 60),
    Setting.SHORTAGE_ANSWER_BUSINESS_HOURS: _terms(
        "Time for the seller to answer for missing goods", "business hours", 72, 8, 480
    ),
    Setting.PAYOUT_MINIMUM: _terms(
        "Smallest amount that is paid out", "in the currency of the payout", 0, 0, 1000, is_whole=False
    ),
    Setting.REVIEW_BLIND_DAYS: _terms("Feedback of one side alone is shown after", "days", 7, 1, 30),
    Setting.PURCHASE_CAP_LEVEL_1: _terms(
        "Most that a buyer of verification level 1 orders in 30 days", "in the currency of the order", 5000, 0, 1000000
    ),
    Setting.VERIFICATION_ANSWER_BUSINESS_HOURS: _terms(
        "Time for the platform to decide on a verification", "business hours", 48, 8, 240
    ),
    Setting.FACTOR_REQUIRED_FOR_MONEY: _terms(
        "Payouts and bank accounts ask for a second factor", "(0: only of those who have one, 1: of all)", 0, 0, 1
    ),
    Setting.LOST_FACTOR_WAIT_HOURS: _terms("A lost second factor goes after a waiting time of", "hours", 24, 24, 168),
    Setting.SMALL_EDIT_SIGNS: _terms(
        "Longest correction of a description that passes unseen in a reviewed category", "characters", 20, 0, 500
    ),
    Setting.STOCK_ADJUSTMENT_LIMIT: _terms(
        "Most by which a production manager corrects stock alone", "units in 24 hours", 1000, 0, 1000000
    ),
    Setting.COUNT_APPROVAL_LIMIT: _terms(
        "Most by which a count may differ without another person's approval", "units", 20, 0, 1000000
    ),
}
DEFAULTS: dict[Setting, Decimal] = {setting: terms.usual for setting, terms in TERMS.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    read_at: float
    rows: Sequence[tuple[str, datetime, Any]]


_known: dict[str, _Known] = {}


def value_of(work: Work, setting: Setting, *, at: datetime | None = None) -> Decimal:
    """The value of the setting at `work.now`, or at the instant at which what it is about began.

    What is under way keeps the rules of its beginning. Rows are read again after some seconds.
    """
    instant = at or work.now
    database = str(work.session.get_bind().engine.url)
    known = _known.get(database)
    if known is None or time.monotonic() - known.read_at > SEEN_WITHIN_SECONDS:
        rows = work.session.execute(
            text("select name, effective_from, value -> 'value' from platform_settings order by effective_from desc")
        ).all()
        known = _known[database] = _Known(time.monotonic(), [(row[0], row[1], row[2]) for row in rows])
    for name, effective_from, value in known.rows:
        if name == setting and effective_from <= instant:
            return Decimal(str(value))
    return DEFAULTS[setting]


def check(work: Work, *, setting: Setting, value: Decimal, effective_from: datetime) -> None:
    """Raise `Invalid` for a value that is out of bounds, would reach back or surprise a running process."""
    terms = TERMS[setting]
    if not value.is_finite() or not terms.least <= value <= terms.most:
        raise Invalid(f"{terms.meaning}: between {terms.least} and {terms.most} {terms.unit}.")
    if terms.is_whole and value != value.to_integral_value():
        raise Invalid(f"{terms.meaning}: whole {terms.unit} only.")
    if effective_from < work.now + NOTICE:
        raise Invalid("A setting can change a minute from now at the earliest.")


def store(
    work: Work, *, setting: Setting, value: Decimal, effective_from: datetime, set_by: UUID | None = None
) -> None:
    """Write a new value, by `set_by` or whoever acts. Raises `Invalid` as `check` does."""
    check(work, setting=setting, value=value, effective_from=effective_from)
    work.session.execute(
        text(
            "insert into platform_settings (name, effective_from, value, set_by, recorded_at)"
            " values (:name, :effective_from, cast(:value as jsonb), :set_by, :now)"
        ),
        {
            "name": setting.value,
            "effective_from": effective_from,
            "value": json.dumps({"value": str(value)}),
            "set_by": set_by or work.actor.user_id,
            "now": work.now,
        },
    )
