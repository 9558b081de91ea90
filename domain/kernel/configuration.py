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


DEFAULTS: dict[Setting, Decimal] = {
    Setting.PAYMENT_WINDOW_HOURS_WALLET: Decimal(1),
    Setting.PAYMENT_WINDOW_HOURS_BANK: Decimal(120),
    Setting.SELLER_ANSWER_BUSINESS_HOURS: Decimal(48),
    Setting.INSPECTION_DAYS: Decimal(7),
    Setting.SHORTAGE_ANSWER_BUSINESS_HOURS: Decimal(72),
    Setting.PAYOUT_MINIMUM: Decimal(0),
    Setting.REVIEW_BLIND_DAYS: Decimal(7),
}


@dataclass(frozen=True, slots=True)
class _Known:
    read_at: float
    rows: Sequence[tuple[str, datetime, Any]]


_known: dict[str, _Known] = {}


def value_of(work: Work, setting: Setting) -> Decimal:
    """The value of the setting at `work.now`. Rows are read again after some seconds."""
    database = str(work.session.get_bind().engine.url)
    known = _known.get(database)
    if known is None or time.monotonic() - known.read_at > SEEN_WITHIN_SECONDS:
        rows = work.session.execute(
            text("select name, effective_from, value -> 'value' from platform_settings order by effective_from desc")
        ).all()
        known = _known[database] = _Known(time.monotonic(), [(row[0], row[1], row[2]) for row in rows])
    for name, effective_from, value in known.rows:
        if name == setting and effective_from <= work.now:
            return Decimal(str(value))
    return DEFAULTS[setting]


def store(work: Work, *, setting: Setting, value: Decimal, effective_from: datetime) -> None:
    """Write a new value. Raises `Invalid` when it would reach back or surprise a running process."""
    if effective_from < work.now + NOTICE:
        raise Invalid("A setting can change a minute from now at the earliest.")
    work.session.execute(
        text(
            "insert into platform_settings (name, effective_from, value, set_by, recorded_at)"
            " values (:name, :effective_from, cast(:value as jsonb), :set_by, :now)"
        ),
        {
            "name": setting.value,
            "effective_from": effective_from,
            "value": json.dumps({"value": str(value)}),
            "set_by": work.actor.user_id,
            "now": work.now,
        },
    )
