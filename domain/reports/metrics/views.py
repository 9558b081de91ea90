"""What metrics are and what they answer."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.kernel.errors import NotFound

# The closed list of what values can be split by and filtered on; a metric names those that fit it.
DIMENSIONS = (
    "origin",
    "role",
    "buyer_country",
    "seller_country",
    "category",
    "payment_method",
    "buyer",
    "seller",
)


class UnknownMetric(NotFound):
    """No metric of that name may be asked by this actor."""


class Unit(StrEnum):
    MONEY = "money"  # in the currency of the value
    COUNT = "count"
    SHARE = "share"  # 0.25 is 25 %
    NUMBER = "number"
    RATING = "rating"  # 1 to 5 stars
    DAYS = "days"


class Grain(StrEnum):
    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    QUARTER = "quarter"


class Compare(StrEnum):
    PREVIOUS = "previous"
    YEAR = "year"


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Metric(_View):
    """One metric as the registry has it. Without facts there is no SQL, and `not_collected` says why."""

    name: str
    label: str
    group: str
    definition: str
    formula: str
    owner: str
    good: Literal["up", "down", "neutral"]
    grain: str
    unit: Unit
    dimensions: tuple[str, ...]
    is_additive: bool
    version: int
    sql: str
    sources: tuple[str, ...]
    not_collected: str | None


class MetricQuery(_View):
    """What is asked: metrics of the days from `first` to before `end`, whole or by period, split and filtered.

    Without a currency, money answers with a row per currency and counts are taken over all of them; with one,
    only its trade is counted.
    """

    names: tuple[str, ...]
    first: date
    end: date
    grain: Grain | None = None
    by: str | None = None
    currency: str | None = None
    filters: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    compare: Compare | None = None


class MetricValue(_View):
    """One value. Money is in whole minor units (halves to even); shares and numbers are unrounded quotients.

    `value` is None when it cannot be known: nothing to divide by, or a cohort that is not aged.
    """

    metric: str
    period: date | None
    key: str | None
    currency: str | None
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    is_complete: bool
    before: Decimal | None


class MetricResult(_View):
    query: MetricQuery
    values: tuple[MetricValue, ...]
    as_of: datetime
    time_zone: str
    before_first: date | None
    before_end: date | None


class MetricRows(_View):
    """What stands behind a value: a page of rows, how many there are, and what they add up to if they do."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    total: int
    amount: Decimal | None


class CohortRow(_View):
    """Organisations by the month of their first order, and the share that traded in each month after it.

    Month 0 is the first one, so its share is 1. A month that has not ended is None, never 0.
    """

    cohort: date
    size: int
    shares: tuple[Decimal | None, ...]
