"""What the stock tells: its value by layers, what moves and what lies, how long it lasts, what will not clear in time.

All figures of a product stand in one row (`stock_lines`), so that a list, a matrix and a tile cannot differ. Costs come
from layers in the organisation's own currency; what came in without a cost is counted apart and never guessed. Who may
not see costs is answered none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work
from domain.stock.demand import days_left, seen
from domain.stock.reach import kept_to
from domain.stock.views import ExpiringLot, InventoryValue, LayerRow, StockLine, Turnover, ValuePoint

PERIODS = (28, 90, 180, 365)
# Of what goes out, A is the first 80 % by value and B the next 15 %.
A_UP_TO, B_UP_TO = Decimal("0.80"), Decimal("0.95")
# X varies from week to week by up to half of its mean, Y by up to all of it.
X_UP_TO, Y_UP_TO = Decimal("0.5"), Decimal("1")
DEAD_AFTER = 90
# How much more is bought when the price falls: 1 % off sells 2 % more, until there are measured figures of one's own.
ELASTICITY = 2.0
_MARK_DOWN_MOST = 60


def stock_lines(work: Work, *, days: int = 90, location_id: UUID | None = None) -> list[StockLine]:
    """One row for each variant that one has or had in stock, by what went out of it in the last `days`, largest first.

    `out_value` is what went out at the mean cost of all layers, or at today's list price where no cost is known. ABC
    is by its share, XYZ by how much it varies from week to week (standard deviation by mean).
    """
    work.actor.require(Permission.SEE_STOCK)
    _within(days)
    org_id, places = work.actor.require_org(), _places(work, location_id)
    facts = {"org_id": org_id, "locations": places, "now": work.now, "days": days, "weeks": -(-days // 7),
             "a": A_UP_TO, "b": B_UP_TO, "x": X_UP_TO, "y": Y_UP_TO}  # fmt: skip
    rates = seen(work, org_id=org_id, location_ids=places)
    sees_costs = work.actor.may(Permission.SEE_COSTS)
    return [_line(row, rates.get(row.variant_id), work.now, sees_costs) for row in work.session.execute(_LINES, facts)]


def inventory_value(
    work: Work, *, on: datetime | None = None, location_id: UUID | None = None
) -> InventoryValue:
    """What one's stock cost, at an instant: the sum of quantity by cost over its layers, in one's own currency."""
    work.actor.require(Permission.SEE_STOCK)
    row = work.session.execute(
        _VALUE,
        {"org_id": work.actor.require_org(), "locations": _places(work, location_id), "at": on or work.now},
    ).one()
    found = InventoryValue.model_validate(row._asdict())
    return found if work.actor.may(Permission.SEE_COSTS) else found.model_copy(update={"value": None})


def value_by_week(work: Work, *, days: int = 90, location_id: UUID | None = None) -> list[ValuePoint]:
    """What the stock cost at the end of each week of the period and now, oldest first."""
    work.actor.require(Permission.SEE_STOCK)
    work.actor.require(Permission.SEE_COSTS)
    _within(days)
    rows = work.session.execute(
        _BY_WEEK,
        {"org_id": work.actor.require_org(), "locations": _places(work, location_id), "now": work.now,
         "weeks": -(-days // 7)},
    )  # fmt: skip
    return [ValuePoint.model_validate(row._asdict()) for row in rows]


def turnover(work: Work, *, days: int = 90, location_id: UUID | None = None) -> Turnover:
    """How often a year the stock turns over: the cost of what was sold by the mean value of the stock.

    The mean is that of the values at the end of each week of the period. None where no cost is known.
    """
    points = value_by_week(work, days=days, location_id=location_id)
    cost: Decimal = work.session.execute(
        _SOLD_AT_COST,
        {"org_id": work.actor.require_org(), "locations": _places(work, location_id),
         "since": work.now - timedelta(days=-(-days // 7) * 7), "now": work.now},
    ).scalar_one()  # fmt: skip
    average = sum((point.value for point in points), Decimal(0)) / len(points)
    whole_days = -(-days // 7) * 7
    turns = (cost / average * 365 / whole_days).quantize(Decimal("0.1")) if average else None
    return Turnover(days=whole_days, cost_of_sales=cost, average_value=average, per_year=turns)


def value_layers(
    work: Work, *, variant_id: UUID | None = None, page: int = 1, size: int = 25, location_id: UUID | None = None
) -> tuple[list[LayerRow], int]:
    """The layers that make up the value of the stock now, the most valuable first: one page, and how many in all."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        _LAYERS,
        {"org_id": work.actor.require_org(), "locations": _places(work, location_id), "variant_id": variant_id,
         "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()  # fmt: skip
    found = [LayerRow.model_validate(row._asdict()) for row in rows]
    if not work.actor.may(Permission.SEE_COSTS):
        found = [row.model_copy(update={"unit_cost": None, "value": None}) for row in found]
    return found, rows[0].total if rows else 0


def expiring_lots(work: Work, *, within_days: int = 60, location_id: UUID | None = None) -> list[ExpiringLot]:
    """Lots that expire soon, with what will be left over of them at today's sales and what would clear them.

    What expires first goes out first, so what lies before a lot is sold before it.
    """
    work.actor.require(Permission.SEE_STOCK)
    org_id, places = work.actor.require_org(), _places(work, location_id)
    rows = work.session.execute(
        _EXPIRING, {"org_id": org_id, "locations": places, "now": work.now, "within": within_days}
    ).all()
    rates = seen(work, org_id=org_id, variant_ids=list({row.variant_id for row in rows}), location_ids=places)
    found = []
    for row in rows:
        rate = rates[row.variant_id].per_day if row.variant_id in rates else 0.0
        sold = max(int(rate * max(row.days_left, 0)) - row.before, 0)
        left_over = max(row.on_hand - sold, 0)
        off = mark_down(wanted=row.before + row.on_hand, expected=rate * max(row.days_left, 0)) if left_over else 0
        found.append(ExpiringLot.model_validate({**row._asdict(), "per_day": rate, "left_over": left_over,
                                                 "mark_down_percent": off}))  # fmt: skip
    return found


def mark_down(*, wanted: int, expected: float) -> int | None:
    """Percent off at which `wanted` units sell in a time in which `expected` would; None: no mark-down clears them.

    Sales grow as (1 - discount) ^ -elasticity, so the discount is 1 - (wanted / expected) ^ (-1 / elasticity), in
    steps of five percent upwards and at most 60.
    """
    if expected <= 0:
        return None
    exact = (1 - (wanted / expected) ** (-1 / ELASTICITY)) * 100
    steps = max(int(-(-(exact - 1e-9) // 5)) * 5, 5)
    return steps if steps <= _MARK_DOWN_MOST else None


def _line(row: Any, demand: Any, now: datetime, sees_costs: bool) -> StockLine:
    rate, low, high = (demand.per_day, demand.low, demand.high) if demand else (0.0, 0.0, 0.0)
    dispersion = demand.dispersion if demand else 1.0
    values = row._asdict()
    since = values.pop("idle_since")
    if not sees_costs:
        values |= {"value": None, "out_value": None}
    return StockLine.model_construct(
        **values, per_day=rate, low=low, high=high, dispersion=dispersion, days_left=days_left(row.available, rate),
        days_left_low=days_left(row.available, high), days_left_high=days_left(row.available, low),
        idle_days=None if since is None else (now - since).days,
    )  # fmt: skip


def _places(work: Work, location_id: UUID | None) -> Sequence[UUID] | None:
    """The places that count: all, those that one is kept to, or one of one's own with all that is in it."""
    kept = kept_to(work)
    if location_id is None:
        return kept
    if kept is not None and location_id not in kept:
        raise NotFound
    found: list[UUID] | None = work.session.execute(
        text("select places_within(id) from locations where id = :id and org_id = :org_id"),
        {"id": location_id, "org_id": work.actor.require_org()},
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def _within(days: int) -> None:
    if not 7 <= days <= 731:
        raise Invalid("The period must be between 7 and 731 days.")


_LINES = text("""
with held as (
    select b.variant_id, sum(b.on_hand)::bigint as on_hand, sum(b.reserved)::bigint as reserved,
           coalesce(sum(b.on_hand) filter (where c.kind = 'transit'), 0)::bigint as in_transit,
           coalesce(sum(b.on_hand - b.reserved) filter (where b.is_for_sale and lot_is_good(t.state, t.expires_on,
               t.made_on, 0, cast(cast(:now as timestamptz) at time zone 'UTC' as date))), 0)::bigint as available
    from stock_balances b join lots t on t.id = b.lot_id join locations c on c.id = b.location_id
    where b.org_id = :org_id and (cast(:locations as uuid[]) is null or b.location_id = any(:locations)) group by 1
), me as (
    select currency from organizations where id = :org_id
), layers as (
    select l.variant_id, coalesce(sum(l.remaining * l.unit_cost) filter (where l.currency = me.currency), 0) as value,
           coalesce(sum(l.remaining) filter (where l.currency is distinct from me.currency), 0)::bigint as uncosted,
           -- what a move between own places took along was counted where it came in
           sum(l.quantity * l.unit_cost) filter (where l.currency = me.currency and l.received_at = l.recorded_at)
             / nullif(sum(l.quantity) filter (where l.currency = me.currency and l.received_at = l.recorded_at), 0)
             as mean_cost,
           min(l.received_at) filter (where l.remaining > 0) as oldest
    from stock_layers l cross join me
    where l.org_id = :org_id and (cast(:locations as uuid[]) is null or l.location_id = any(:locations)) group by 1
), weekly as (
    select m.variant_id, floor(extract(epoch from cast(:now as timestamptz) - m.recorded_at) / 604800)::int as week,
           -sum(m.quantity) as gone
    from stock_movements m
    where m.org_id = :org_id and m.kind in ('shipped', 'sold') and m.recorded_at <= :now
      and m.recorded_at > cast(:now as timestamptz) - make_interval(days => :days)
      and (cast(:locations as uuid[]) is null or m.location_id = any(:locations)) group by 1, 2
), gone as (
    select variant_id, sum(gone)::bigint as units,
           sqrt(greatest(sum(gone * gone) / :weeks - (sum(gone) / :weeks) ^ 2, 0)) / (sum(gone) / :weeks) as variation
    from weekly group by 1
), ever as (
    select h.variant_id, (select max(m.recorded_at) from stock_movements m
        where m.org_id = :org_id and m.variant_id = h.variant_id and m.kind in ('shipped', 'sold')
          and (cast(:locations as uuid[]) is null or m.location_id = any(:locations))) as last_out_at
    from held h
), priced as (
    select h.variant_id, h.on_hand, h.reserved, h.available, h.in_transit, coalesce(l.value, 0) as value,
           coalesce(l.uncosted, 0) as uncosted, coalesce(g.units, 0) as units_out, g.variation, e.last_out_at,
           case when h.on_hand > 0 then coalesce(e.last_out_at, l.oldest) end as idle_since,
           o.offer_id, o.sku, o.is_on_sale, coalesce(g.units, 0) * coalesce(l.mean_cost, o.list_price, 0) as out_value
    from held h left join layers l on l.variant_id = h.variant_id left join gone g on g.variant_id = h.variant_id
    join ever e on e.variant_id = h.variant_id
    left join lateral (
        select f.id as offer_id, f.sku, f.state = 'published' as is_on_sale, (select p.unit_price from price_tiers p
                 where p.offer_id = f.id and p.valid_to is null order by p.minimum_quantity limit 1) as list_price
        from offers f where f.seller_id = :org_id and f.variant_id = h.variant_id
        order by f.state = 'published' desc, f.sku limit 1) o on true
), shares as (
    select p.*, coalesce((sum(p.out_value) over (order by p.out_value desc, p.variant_id rows unbounded preceding)
             - p.out_value) / nullif(sum(p.out_value) over (), 0), 1) as before_it
    from priced p
)
select s.variant_id, p.id as product_id, s.offer_id, s.sku, p.name as product_name, v.name as variant_name, s.on_hand,
       s.reserved, s.available, s.in_transit, s.value, s.uncosted, me.currency, s.units_out, s.out_value,
       s.last_out_at, s.idle_since,
       coalesce(s.is_on_sale, false) as is_on_sale,
       case when s.out_value = 0 then 'C' when s.before_it < :a then 'A' when s.before_it < :b then 'B' else 'C' end
         as abc,
       case when s.variation is null or s.variation > :y then 'Z' when s.variation > :x then 'Y' else 'X' end as xyz,
       s.variation, t.units as threshold, t.cover_days as threshold_days
from shares s cross join me join product_variants v on v.id = s.variant_id join products p on p.id = v.product_id
left join stock_thresholds t on t.org_id = :org_id and t.variant_id = s.variant_id
order by s.out_value desc, s.value desc, p.name, v.name, s.variant_id
""")
# A layer counts from when it was written until it was used: a move between own places uses one and makes another.
_VALUE = text("""
with me as (select currency from organizations where id = :org_id), standing as (
    select l.id, l.unit_cost, l.currency, l.quantity - coalesce((select sum(u.quantity) from stock_layer_uses u
             where u.layer_id = l.id and u.used_at <= :at), 0) as units
    from stock_layers l
    where l.org_id = :org_id and l.recorded_at <= :at
      and (cast(:locations as uuid[]) is null or l.location_id = any(:locations))
)
select me.currency, coalesce(sum(s.units * s.unit_cost) filter (where s.currency = me.currency), 0) as value,
       coalesce(sum(s.units), 0)::bigint as units,
       coalesce(sum(s.units) filter (where s.currency is distinct from me.currency), 0)::bigint as uncosted
from me left join standing s on true group by me.currency
""")
_BY_WEEK = text("""
with me as (select currency from organizations where id = :org_id), layers as (
    select l.id, l.recorded_at, l.quantity, l.unit_cost from stock_layers l join me on me.currency = l.currency
    where l.org_id = :org_id and (cast(:locations as uuid[]) is null or l.location_id = any(:locations))
), changes as (
    select recorded_at as at, quantity * unit_cost as value from layers
    union all
    select u.used_at, -u.quantity * l.unit_cost from layers l join stock_layer_uses u on u.layer_id = l.id
)
select p.at, coalesce((select sum(c.value) from changes c where c.at <= p.at), 0) as value
from generate_series(cast(:now as timestamptz) - make_interval(weeks => :weeks), cast(:now as timestamptz),
                     interval '7 days') as p(at) order by 1
""")
_SOLD_AT_COST = text("""
select coalesce(sum(u.quantity * l.unit_cost), 0)
from stock_layer_uses u join stock_layers l on l.id = u.layer_id
join organizations me on me.id = u.org_id and me.currency = l.currency
join stock_movements m on m.id = u.movement_id and m.kind in ('shipped', 'sold')
where u.org_id = :org_id and u.used_at > :since and u.used_at <= :now
  and (cast(:locations as uuid[]) is null or l.location_id = any(:locations))
""")
_LAYERS = text("""
select l.id as layer_id, l.variant_id, o.sku, p.name as product_name, v.name as variant_name, c.name as location,
       t.code as lot, l.received_at, l.quantity, l.remaining, l.unit_cost, l.currency, l.is_estimated,
       l.remaining * l.unit_cost as value, count(*) over () as total
from stock_layers l join product_variants v on v.id = l.variant_id join products p on p.id = v.product_id
join locations c on c.id = l.location_id join lots t on t.id = l.lot_id
left join lateral (
    select min(sku) as sku from offers where seller_id = l.org_id and variant_id = l.variant_id) o on true
where l.org_id = :org_id and l.remaining > 0 and (cast(:variant_id as uuid) is null or l.variant_id = :variant_id)
  and (cast(:locations as uuid[]) is null or l.location_id = any(:locations))
order by l.remaining * l.unit_cost desc nulls last, l.id limit :size offset :skip
""")
_EXPIRING = text("""
with lying as (
    select b.variant_id, b.lot_id, t.code as lot, t.expires_on, sum(b.on_hand)::bigint as on_hand
    from stock_balances b join lots t on t.id = b.lot_id
    where b.org_id = :org_id and b.on_hand > 0 and b.is_for_sale and t.state = 'available'
      and (cast(:locations as uuid[]) is null or b.location_id = any(:locations)) group by 1, 2, 3, 4
), queued as (
    select y.*, y.expires_on - cast(cast(:now as timestamptz) at time zone 'UTC' as date) as days_left,
           (sum(y.on_hand) filter (where y.expires_on > cast(cast(:now as timestamptz) at time zone 'UTC' as date))
              over (partition by y.variant_id order by y.expires_on, y.lot_id)) as through
    from lying y where y.expires_on is not null
)
select q.variant_id, p.id as product_id, o.offer_id, o.sku, p.name as product_name, v.name as variant_name, q.lot_id,
       q.lot, q.expires_on, q.days_left, q.on_hand,
       greatest(coalesce(q.through, 0) - q.on_hand, 0)::bigint as before
from queued q join product_variants v on v.id = q.variant_id join products p on p.id = v.product_id
left join lateral (
    select id as offer_id, sku from offers where seller_id = :org_id and variant_id = q.variant_id
    order by state = 'published' desc, sku limit 1) o on true
where q.days_left <= :within order by q.expires_on, p.name, v.name, q.lot_id
""")
