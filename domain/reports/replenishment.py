"""What to reorder or make, and how the stock will go: one projection behind the curve and behind the quantity.

The projected stock of a day is what is free now, plus all that is on its way until then, less what will go out, with
the range of the demand. A recommendation is what the low end of the very same projection lacks at the end of the time
until new goods are here and the next look comes. What is on its way, lies in a basket or is meant to be made counts, so
following a recommendation makes it go away: nothing is recommended twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain import stock
from domain.identity import OrgKind, Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.stock import StockLine

# How often people look at what to reorder, so how long an order has to last beyond the time that new goods take.
REVIEW_DAYS = 14
HORIZON_DAYS = 60
# Accepted goods that nobody put away for longer than this are not on their way any more.
PUT_AWAY_WITHIN_DAYS = 30
# From this share of late orders on, the mean delay is planned with.
LATE_FROM = 0.1


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units that come in on a day from now (0: today), and what they come from."""

    in_days: int
    units: int
    source: str  # order, basket, production, transfer


@dataclass(frozen=True, slots=True)
class Terms:
    """How one gets more of a variant: from which offer, how long it takes, how late it comes, in which quantities."""

    offer_id: UUID | None = None
    seller_name: str | None = None
    lead_days: int = 7
    minimum: int = 1
    increment: int = 1
    orders: int = 0
    late: int = 0
    late_days: int = 0

    @property
    def risk_days(self) -> int:
        return self.late_days if self.orders and self.late / self.orders >= LATE_FROM else 0


@dataclass(frozen=True, slots=True)
class Level:
    """All that a projection needs to know of a variant."""

    line: StockLine
    terms: Terms
    arrivals: tuple[Arrival, ...] = field(default=())


class ProjectedDay(BaseModel):
    """The stock at the end of a day: expected, and P10 to P90. Below zero is what will be missing."""

    model_config = ConfigDict(frozen=True)

    day: date
    low: float
    expected: float
    high: float


class Projection(BaseModel):
    """How the stock of a variant will go, and from what."""

    model_config = ConfigDict(frozen=True)

    variant_id: UUID
    name: str
    available: int
    per_day: float
    days: tuple[ProjectedDay, ...]
    on_order: int
    runs_out_on: date | None  # the first day on which the expected stock is gone


class Recommendation(BaseModel):
    """What to order (or make) of a variant, with all that the quantity follows from.

    `needed` is what the low end of the projection lacks after `cover_days`; `quantity` is at least the smallest order
    and in whole steps. `offer_id` is whom to order from, None for a maker's own production or when nobody sells it.
    """

    model_config = ConfigDict(frozen=True)

    variant_id: UUID
    product_id: UUID
    sku: str | None
    product_name: str
    variant_name: str
    abc: str
    available: int
    reserved: int
    on_order: int
    per_day: float
    low: float
    high: float
    days_left: int | None
    lead_days: int
    risk_days: int
    orders_seen: int
    orders_late: int
    cover_days: int
    needed: int
    minimum: int
    increment: int
    quantity: int
    offer_id: UUID | None
    seller_name: str | None
    is_urgent: bool  # at the expected rate it is gone before new goods are here


def project(level: Level, days: Sequence[int]) -> list[tuple[float, float, float]]:
    """The projected stock (P10, expected, P90) at the end of each of these days from now."""
    found = []
    for day in days:
        coming = level.line.available + sum(arrival.units for arrival in level.arrivals if arrival.in_days <= day)
        low, mean, high = stock.within(level.line, day)
        found.append((coming - high, coming - mean, coming - low))
    return found


def needed(level: Level) -> tuple[int, int]:
    """What the projection's low end lacks, and after how many days: the lead time with its risk, and the next look."""
    cover = level.terms.lead_days + level.terms.risk_days + REVIEW_DAYS
    [(low, _, _)] = project(level, [cover])
    return max(stock.whole(-low), 0), cover


def in_steps(units: int, terms: Terms) -> int:
    """At least the smallest order, and whole steps of it."""
    if not units:
        return 0
    return -(-max(units, terms.minimum) // terms.increment) * terms.increment


def recommendations(work: Work, *, location_id: UUID | None = None) -> list[Recommendation]:
    """What to reorder or make now, the most urgent first. Nothing that is on its way is asked for again."""
    work.actor.require(Permission.SEE_STOCK)
    found = []
    for level in _levels(work, location_id=location_id):
        lacking, cover = needed(level)
        if not lacking or not level.line.per_day:  # of what nobody has bought yet a range says how little is known
            continue
        line, terms = level.line, level.terms
        found.append(
            Recommendation(
                **{name: getattr(line, name) for name in _OF_THE_LINE}, lead_days=terms.lead_days,
                on_order=sum(arrival.units for arrival in level.arrivals), risk_days=terms.risk_days,
                orders_seen=terms.orders, orders_late=terms.late, cover_days=cover, needed=lacking,
                minimum=terms.minimum, increment=terms.increment, quantity=in_steps(lacking, terms),
                offer_id=terms.offer_id, seller_name=terms.seller_name,
                is_urgent=project(level, [max(terms.lead_days + terms.risk_days, 1)])[0][1] < 0,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (not one.is_urgent, one.days_left if one.days_left is not None else 10**6,
                                          one.product_name, str(one.variant_id)))  # fmt: skip


def projection(work: Work, *, variant_id: UUID, days: int = HORIZON_DAYS) -> Projection:
    """How the stock of one variant will go day by day. Raises `NotFound` for what one never had in stock."""
    work.actor.require(Permission.SEE_STOCK)
    level = next((level for level in _levels(work) if level.line.variant_id == variant_id), None)
    if level is None:
        raise NotFound
    line, today = level.line, work.now.date()
    steps = list(range(min(days, 365) + 1))
    points = tuple(
        ProjectedDay(day=today + timedelta(days=step), low=low, expected=expected, high=high)
        for step, (low, expected, high) in zip(steps, project(level, steps), strict=True)
    )
    return Projection(
        variant_id=variant_id, available=line.available, per_day=line.per_day, days=points,
        name=line.product_name if line.variant_name == "Standard" else f"{line.product_name}, {line.variant_name}",
        on_order=sum(arrival.units for arrival in level.arrivals),
        runs_out_on=next((point.day for point in points if point.expected <= 0), None) if line.per_day else None,
    )  # fmt: skip


_OF_THE_LINE = (
    "variant_id", "product_id", "sku", "product_name", "variant_name", "abc", "available", "reserved", "per_day", "low",
    "high", "days_left",
)  # fmt: skip


def _levels(work: Work, *, location_id: UUID | None = None) -> list[Level]:
    """Every variant with what is on its way and how one gets more; a fixed number of statements for all of them."""
    lines = stock.stock_lines(work, location_id=location_id)
    variant_ids = [line.variant_id for line in lines]
    arrivals: dict[UUID, list[Arrival]] = defaultdict(list)
    for line in lines:
        if line.in_transit:
            arrivals[line.variant_id].append(Arrival(1, line.in_transit, "transfer"))
    makes = work.actor.org_kind == OrgKind.MANUFACTURER
    terms = _own_terms(work, variant_ids) if makes else _terms(work, variant_ids)
    for variant_id, arrival in _wishes(work) if makes else _bought(work, variant_ids, location_id, terms):
        arrivals[variant_id].append(arrival)
    return [
        Level(line, terms.get(line.variant_id, Terms()), tuple(arrivals[line.variant_id])) for line in lines
    ]


def _wishes(work: Work) -> list[tuple[UUID, Arrival]]:
    """What is meant to be made, less what came in of it since the oldest open wish: that is in the stock already."""
    rows, _ = stock.production_wishes(work, size=100_000)
    by_variant: dict[UUID, list[stock.WishRow]] = defaultdict(list)
    for row in rows:
        by_variant[row.variant_id].append(row)
    today, found = work.now.date(), []
    for variant_id, wishes in by_variant.items():
        came = max(wish.received for wish in wishes)
        for wish in sorted(wishes, key=lambda wish: (wish.due_on, wish.wish_id)):
            used = min(came, wish.quantity)
            came -= used
            if wish.quantity > used:
                due = max((wish.due_on - today).days, 0)
                found.append((variant_id, Arrival(due, wish.quantity - used, "production")))
    return found


def _bought(
    work: Work, variant_ids: list[UUID], location_id: UUID | None, terms: dict[UUID, Terms]
) -> list[tuple[UUID, Arrival]]:
    """What was ordered and is not in the stock yet, and what lies in the baskets of the organisation."""
    today = work.now.date()
    rows = work.session.execute(
        _ON_ORDER,
        {"me": work.actor.require_org(), "variants": variant_ids, "location_id": location_id, "now": work.now,
         "since": work.now - timedelta(days=PUT_AWAY_WITHIN_DAYS)},
    )  # fmt: skip
    found = []
    for row in rows:
        if row.source == "basket":
            due = terms[row.variant_id].lead_days if row.variant_id in terms else row.lead
        else:
            due = 0 if row.due_on is None else max((row.due_on - today).days, 1)
        found.append((row.variant_id, Arrival(due, row.units, row.source)))
    return found


def _terms(work: Work, variant_ids: list[UUID]) -> dict[UUID, Terms]:
    """Whom one bought a variant from last, if they still sell it, else who sells it; and how late they were."""
    rows = work.session.execute(
        _SUPPLIERS,
        {"me": work.actor.require_org(), "variants": variant_ids, "since": work.now - timedelta(days=365)},
    )
    return {row.variant_id: _as_terms(row) for row in rows}


def _own_terms(work: Work, variant_ids: list[UUID]) -> dict[UUID, Terms]:
    """How long one's own production takes as the offers say, and how late one's own goods left."""
    rows = work.session.execute(
        _OWN,
        {"me": work.actor.require_org(), "variants": variant_ids, "since": work.now - timedelta(days=365)},
    )
    return {row.variant_id: _as_terms(row) for row in rows}


def _as_terms(row: Any) -> Terms:
    return Terms(
        offer_id=row.offer_id, seller_name=row.seller_name, lead_days=row.lead, minimum=row.minimum,
        increment=row.increment, orders=row.orders, late=row.late, late_days=int(row.late_days),
    )  # fmt: skip


_LATE = """
    select o.seller_id, count(*) as orders, count(*) filter (where o.first_shipped_at > o.promised_at) as late,
           coalesce(ceil(avg(extract(epoch from o.first_shipped_at - o.promised_at) / 86400)
             filter (where o.first_shipped_at > o.promised_at)), 0)::int as late_days
    from supplier_orders o where o.origin = 'live' and o.promised_at is not null and o.first_shipped_at > :since
"""
_SUPPLIERS = text(
    "with late as (" + _LATE + " and o.buyer_id = :me group by 1), sold as ("
    " select f.variant_id, f.id as offer_id, f.seller_id, f.lead_time_days, f.minimum_quantity, f.order_increment,"
    "   (select max(o.created_at) from order_lines l join supplier_orders o on o.id = l.order_id"
    "     where l.offer_id = f.id and l.buyer_id = :me) as bought_at"
    " from offers f join organizations s on s.id = f.seller_id and s.state = 'active'"
    " where f.variant_id = any(:variants) and f.state = 'published' and f.seller_id <> :me"
    ") select distinct on (s.variant_id) s.variant_id, s.offer_id, g.name as seller_name, s.lead_time_days as lead,"
    "   s.minimum_quantity as minimum, s.order_increment as increment, coalesce(l.orders, 0) as orders,"
    "   coalesce(l.late, 0) as late, coalesce(l.late_days, 0) as late_days"
    " from sold s join organizations g on g.id = s.seller_id left join late l on l.seller_id = s.seller_id"
    " order by s.variant_id, s.bought_at desc nulls last, s.lead_time_days, s.offer_id"
)
_OWN = text(
    "with late as (" + _LATE + " and o.seller_id = :me group by 1)"
    " select distinct on (f.variant_id) f.variant_id, cast(null as uuid) as offer_id,"
    "   cast(null as text) as seller_name,"
    "   f.lead_time_days as lead, 1::bigint as minimum, f.order_increment as increment,"
    "   coalesce(l.orders, 0) as orders, coalesce(l.late, 0) as late, coalesce(l.late_days, 0) as late_days"
    " from offers f left join late l on l.seller_id = f.seller_id"
    " where f.seller_id = :me and f.variant_id = any(:variants) and f.state <> 'discontinued'"
    " order by f.variant_id, f.state = 'published' desc, f.lead_time_days, f.id"
)
_ON_ORDER = text("""
with place as (select site_id from locations where id = :location_id)
select l.variant_id, 'order' as source, 0 as lead,
       case when l.accepted = l.ordered - l.cancelled - l.lost then null
            else cast(coalesce(o.promised_at, :now) at time zone 'UTC' as date) end as due_on,
       (case when o.state in ('completed', 'closed_short') then l.accepted
             else l.ordered - l.cancelled - l.lost end - coalesce(p.units, 0))::bigint as units
from order_lines l join supplier_orders o on o.id = l.order_id
left join lateral (select sum(quantity) as units from store_receipt_lines where line_id = l.id) p on true
where l.buyer_id = :me and l.variant_id = any(:variants) and o.origin = 'live'
  and o.state not in ('declined', 'cancelled', 'expired')
  and (o.state not in ('completed', 'closed_short') or coalesce(o.completed_at, o.ended_at, o.delivered_at) > :since)
  and (cast(:location_id as uuid) is null or o.site_id = (select site_id from place))
  and (case when o.state in ('completed', 'closed_short') then l.accepted
            else l.ordered - l.cancelled - l.lost end - coalesce(p.units, 0)) > 0
union all
select f.variant_id, 'basket', f.lead_time_days, null, m.quantity
from basket_lines m join baskets b on b.id = m.basket_id and b.buyer_id = m.buyer_id join offers f on f.id = m.offer_id
where b.buyer_id = :me and b.placed_at is null and f.variant_id = any(:variants)
""")
