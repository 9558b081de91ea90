"""How much of a variant goes out a day, with a range: the one question behind every figure that looks ahead.

`daily_demand` answers from what went out of late (shipped to customers, sold over the counter), corrected for the days
on which nothing could go out because nothing was there. Forecasts will answer the same question later: whoever
asks gets a `Demand` and need not know where it comes from.
"""

from collections.abc import Collection, Sequence
from math import ceil, log, sqrt
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import Invalid
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.views import Demand

DAYS, LONG_DAYS = 28, 90
# With fewer days of sales than this in the short window the long one says more.
_DAYS_LEAST = 4
# P10 and P90 of a normal distribution, and what of a Poisson count of nothing is still likely (a tenth).
_Z = 1.2815515655446004
_NONE_SEEN = -log(0.1)


def daily_demand(
    work: Work, *, variant_ids: Collection[UUID], days: int = DAYS, location_id: UUID | None = None
) -> dict[UUID, Demand]:
    """Units a day of each variant of one's own that go out, for the next days; every variant asked for is answered.

    `days` is the window that is looked at; where it saw sales on fewer than four days, a window of 90 counts. The
    range is P10 to P90 of the mean. Raises `Invalid` for a window that is not between 7 and 365 days.
    """
    work.actor.require(Permission.SEE_STOCK)
    if not 7 <= days <= 365:
        raise Invalid("The time that is looked back on must be between 7 and 365 days.")
    found = seen(work, org_id=work.actor.require_org(), variant_ids=list(variant_ids), days=days,
                 location_ids=[location_id] if location_id else kept_to(work))  # fmt: skip
    return {variant_id: found.get(variant_id, _unknown(variant_id, days)) for variant_id in variant_ids}


def seen(
    work: Work,
    *,
    org_id: UUID,
    variant_ids: Sequence[UUID] | None = None,
    days: int = DAYS,
    location_ids: Sequence[UUID] | None = None,
) -> dict[UUID, Demand]:
    """As `daily_demand`, of any organisation and all of its variants if none are named: who asks has the right."""
    long = max(days, LONG_DAYS)
    rows = work.session.execute(
        _SEEN,
        {
            "org_id": org_id, "variants": None if variant_ids is None else list(variant_ids), "days": days,
            "long": long, "now": work.now, "locations": None if location_ids is None else list(location_ids),
        },
    )  # fmt: skip
    return {row.variant_id: _demand(row, days, long) for row in rows}


def _demand(row: Any, days: int, long: int) -> Demand:
    is_long = row.short_days < _DAYS_LEAST
    window, units, squares, out_days, empty = (
        (long, row.long_units, row.long_squares, row.long_days, row.long_empty)
        if is_long
        else (days, row.short_units, row.short_squares, row.short_days, row.short_empty)
    )
    return rate(row.variant_id, window=window, empty=int(empty), units=int(units), squares=int(squares),
                out_days=int(out_days))  # fmt: skip


def rate(variant_id: UUID, *, window: int, empty: int, units: int, squares: int, out_days: int) -> Demand:
    """The mean of `units` over the days on which something was there, and its range.

    `squares` is the sum of the squares of what went out on each day, `empty` the days without stock. Days of one
    customer's large order make the counts wider than Poisson's, so their dispersion (variance by mean, at least 1, as
    of a negative binomial distribution) widens the range: mean -/+ z * sqrt(dispersion * mean / days).
    """
    exposure = max(window - empty, 1)
    mean = units / exposure
    if units == 0:
        low, high, dispersion = 0.0, _NONE_SEEN / exposure, 1.0
    else:
        variance = max(squares / exposure - mean * mean, 0.0) * exposure / max(exposure - 1, 1)
        dispersion = max(variance / mean, 1.0)
        wide = _Z * sqrt(dispersion * mean / exposure)
        low, high = max(mean - wide, 0.0), mean + wide
    return Demand(variant_id=variant_id, per_day=mean, low=low, high=high, dispersion=dispersion, units=units,
                  window_days=window, days_empty=empty, days_sold=out_days)  # fmt: skip


def _unknown(variant_id: UUID, days: int) -> Demand:
    """Of what never moved nothing is known: no demand, and no range to plan with."""
    return Demand(variant_id=variant_id, per_day=0.0, low=0.0, high=0.0, dispersion=1.0, units=0, window_days=days,
                  days_empty=days, days_sold=0)  # fmt: skip


class Rate(Protocol):
    """What a look ahead needs of a demand; a row of the stock has it as well."""

    @property
    def per_day(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def dispersion(self) -> float: ...


def within(demand: Rate, days: float) -> tuple[float, float, float]:
    """Units that go out within so many days: P10, mean and P90.

    The spread has two parts: what chance does to a known rate (grows with the days) and how well the rate is known
    (grows with their square). Sums of sales are skewed, so the range is that of a gamma distribution with this mean
    and variance, by the approximation of Wilson and Hilferty; for next to nothing it is that of a Poisson count.
    """
    if days <= 0 or demand.high <= 0:
        return 0.0, 0.0, 0.0
    mean = demand.per_day * days
    unsure = (demand.high - demand.low) / (2 * _Z)
    if mean <= 0:
        return 0.0, 0.0, demand.high * days
    variance = demand.dispersion * mean + (unsure * days) ** 2
    ninth = variance / (9 * mean * mean)
    if ninth >= 1:  # far more spread than mean: the approximation has no lower half
        return 0.0, mean, mean + _Z * sqrt(variance)
    low, high = (mean * max(1 - ninth + z * sqrt(ninth), 0.0) ** 3 for z in (-_Z, _Z))
    return low, mean, max(high, mean)


def days_left(available: int, per_day: float) -> int | None:
    """Whole days that the free stock lasts at a rate; None: nothing goes out, so it lasts for ever."""
    return None if per_day <= 0 else int(available / per_day)


def whole(units: float) -> int:
    """Units rounded up, not up by one because of the last bit of a float."""
    return ceil(units - 1e-9)


# Days are counted back from now, 0 the last 24 hours. What the stock was at the end of a day is today's less all that
# came later; between two days with movements it does not change, so stretches without stock need no row for each day.
_SEEN = text("""
with levels as (
    select m.variant_id, floor(extract(epoch from cast(:now as timestamptz) - m.recorded_at) / 86400)::int as ago,
           sum(m.quantity) as net, -coalesce(sum(m.quantity) filter (where m.kind = 'shipped' or (m.kind = 'sold'
               and not exists (select 1 from store_sales s where s.cause_id = m.cause_id))), 0) as gone
    from stock_movements m
    where m.org_id = :org_id and m.recorded_at > cast(:now as timestamptz) - make_interval(days => :long)
      and m.recorded_at <= :now
      and (cast(:variants as uuid[]) is null or m.variant_id = any(:variants))
      and (cast(:locations as uuid[]) is null or m.location_id = any(:locations))
    group by 1, 2
), moved as materialized (
    -- What a store sold counts on the day on which it was sold, which may be before the day on which it was said; it
    -- is known by its day alone (UTC), so yesterday's is a day ago at any hour.
    select variant_id, ago, sum(net) as net, sum(gone) as gone from (
        select variant_id, ago, net, gone from levels
        union all
        select s.variant_id, greatest(cast(cast(:now as timestamptz) at time zone 'UTC' as date) - s.sold_on, 0), 0,
               s.quantity
        from store_sales s
        where s.org_id = :org_id and s.recorded_at <= :now
          and s.sold_on > cast(cast(:now as timestamptz) at time zone 'UTC' as date) - cast(:long as int)
          and (cast(:variants as uuid[]) is null or s.variant_id = any(:variants))
          and (cast(:locations as uuid[]) is null or s.location_id = any(:locations))
    ) e group by 1, 2
), held as (
    select b.variant_id, sum(b.on_hand) as on_hand from stock_balances b
    where b.org_id = :org_id and (cast(:variants as uuid[]) is null or b.variant_id = any(:variants))
      and (cast(:locations as uuid[]) is null or b.location_id = any(:locations))
    group by 1
), closing as (
    select m.*, h.on_hand - coalesce(sum(m.net) over (partition by m.variant_id order by m.ago
               rows between unbounded preceding and 1 preceding), 0) as left_over,
           coalesce(lag(m.ago) over (partition by m.variant_id order by m.ago), -1) as next_ago
    from moved m join held h on h.variant_id = m.variant_id
), empty as (
    -- after a day that ended with nothing, until the next movement
    select variant_id, greatest(ago - next_ago - 1, 0) as long_empty,
           greatest(least(ago, :days) - next_ago - 1, 0) as short_empty
    from closing where left_over <= 0
    union all
    -- and before the first movement of the window, if the window began with nothing
    select variant_id, :long - 1 - max(ago), greatest(:days - 1 - max(ago), 0)
    from closing group by variant_id having (array_agg(left_over - net order by ago desc))[1] <= 0
), empties as (
    select variant_id, sum(long_empty) as long_empty, sum(short_empty) as short_empty from empty group by 1
)
select h.variant_id, coalesce(sum(m.gone), 0) as long_units, coalesce(sum(m.gone * m.gone), 0) as long_squares,
       count(m.gone) filter (where m.gone > 0) as long_days,
       coalesce(max(e.long_empty), case when count(m.net) = 0 and h.on_hand = 0 then :long else 0 end) as long_empty,
       coalesce(sum(m.gone) filter (where m.ago < :days), 0) as short_units,
       coalesce(sum(m.gone * m.gone) filter (where m.ago < :days), 0) as short_squares,
       count(m.gone) filter (where m.gone > 0 and m.ago < :days) as short_days,
       coalesce(max(e.short_empty), case when count(m.net) = 0 and h.on_hand = 0 then :days else 0 end) as short_empty
from held h left join moved m on m.variant_id = h.variant_id left join empties e on e.variant_id = h.variant_id
group by h.variant_id, h.on_hand
""")
