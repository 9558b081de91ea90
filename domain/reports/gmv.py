"""GMV for the platform's staff: what the ledger holds for a figure, and whether all sources agree.

Three variants that are never mixed: *placed* (payment secured), *confirmed* (by the seller), *completed*
(goods accepted). A figure comes from the mart of the warehouse and says as of when. Days are those of the
platform's zone (UTC); an imported history counts in its own. Amounts of several currencies are never added.
"""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.kernel.errors import Conflict, Invalid
from domain.kernel.money import minor_unit
from domain.kernel.periods import Period
from domain.kernel.work import Work

LARGEST_PAGE = 500


class WarehouseNotBuilt(Conflict):
    """There is no warehouse to read from."""


class Stage(StrEnum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PostingBehind(_View):
    """One memo posting that the ledger holds for a figure."""

    entry_id: UUID
    entry_kind: str
    order_id: UUID
    order_number: str
    family: str
    amount: Decimal
    currency: str
    effective_at: datetime
    recorded_at: datetime


class PostingsBehind(_View):
    rows: tuple[PostingBehind, ...]
    total: int
    amount: Decimal


class StageCheck(_View):
    """What four sources say of one variant of GMV, and in words where they differ."""

    stage: Stage
    mart: Decimal
    facts: Decimal
    ledger: Decimal
    application: Decimal
    is_green: bool
    difference: str
    order_numbers: tuple[str, ...]


class Reconciliation(_View):
    currency: str
    as_of: datetime
    stages: tuple[StageCheck, ...]

    @property
    def is_green(self) -> bool:
        return all(stage.is_green for stage in self.stages)

    @property
    def differences(self) -> tuple[str, ...]:
        return tuple(stage.difference for stage in self.stages if stage.difference)


_SEEN = text("select as_of from ops.publications order by published_at desc limit 1")
_CURRENCIES = text("select distinct currency_code from marts.mart_gmv_daily order by 1")


def currencies(work: Work) -> list[str]:
    """The currencies in which the warehouse knows trade; none before the first build."""
    work.actor.require_staff()
    if work.session.execute(_SEEN).scalar() is None:
        return []
    return list(work.session.execute(_CURRENCIES).scalars())


# --- what the ledger holds for a figure ----------------------------------------------------------

# Memo postings as the ledger has them, with the day in the zone in which the order is counted.
_MEMO = """
    select p.entry_id, e.kind as entry_kind, e.order_id, o.number as order_number, a.family, p.amount, p.currency,
           e.effective_at, e.recorded_at, substr(a.family, 10) as stage,
           cast(e.effective_at at time zone coalesce(h.time_zone, 'UTC') as date) as day
    from ledger_postings p
    join ledger_accounts a on a.id = p.account_id and a.family like 'memo.gmv.%'
    join ledger_entries e on e.id = p.entry_id and e.recorded_at <= :as_of
    join supplier_orders o on o.id = e.order_id
    left join histories h on h.id = o.history_id
    where p.currency = :currency and (cast(:origin as text) is null or o.origin = :origin)
"""
_POSTINGS = " from (" + _MEMO + ") as p where stage = :stage and day >= :first and day < :end"
_POSTINGS_COUNTED = text("select count(*) as total, coalesce(sum(amount), 0) as amount" + _POSTINGS)
_POSTINGS_PAGE = text("select *" + _POSTINGS + " order by effective_at desc, order_number limit :size offset :skipped")


def postings_behind(
    work: Work,
    *,
    stage: Stage,
    first: date,
    end: date,
    currency: str,
    origin: str | None = None,
    page: int = 1,
    size: int = 50,
) -> PostingsBehind:
    """The ledger's memo postings for a figure, up to the mart's own instant."""
    as_of = _ready(work, origin)
    facts = _facts(Period(first, end), currency, origin) | {"stage": Stage(stage).value} | paged(page, size)
    facts |= {"as_of": as_of}
    counted = work.session.execute(_POSTINGS_COUNTED, facts).one()
    rows = work.session.execute(_POSTINGS_PAGE, facts).mappings()
    return PostingsBehind(rows=tuple(PostingBehind(**row) for row in rows), total=counted.total, amount=counted.amount)


# --- do all sources agree? -----------------------------------------------------------------------

# What the application's own rows say: per order and stage, cut at the instant of the mart. Lines tell what
# was accepted, the event of the confirmation what was confirmed (a line's confirmed quantity may shrink).
_APPLICATION = """
    select o.id as order_id, o.number as order_number, s.stage, s.amount,
           cast(s.happened_at at time zone coalesce(h.time_zone, 'UTC') as date) as day
    from supplier_orders o
    left join histories h on h.id = o.history_id
    left join (select order_id, sum(money_part(goods, accepted, ordered, currency)) as accepted,
                      sum(money_part(goods, confirmed, ordered, currency)) as confirmed
               from order_lines group by order_id) as l on l.order_id = o.id
    left join (select subject_id, sum(cast(facts ->> 'goods' as numeric)) as goods
               from events where name = 'OrderConfirmed' and subject = 'order' group by subject_id
              ) as c on c.subject_id = o.id
    cross join lateral (values
        ('placed', o.secured_at, o.goods),
        ('confirmed', o.confirmed_at, case when o.origin = 'imported' then l.confirmed else c.goods end),
        ('completed', o.completed_at, l.accepted)) as s(stage, happened_at, amount)
    where o.currency = :currency and (cast(:origin as text) is null or o.origin = :origin)
      and case when o.origin = 'imported' then h.imported_at else s.happened_at end <= :as_of
      and s.happened_at is not null
"""

_FACTS = """
    select order_id, order_number, s.stage, s.amount, s.day
    from core.fct_orders o
    cross join lateral (values ('placed', o.placed_on, o.goods), ('confirmed', o.confirmed_on, o.confirmed_goods),
                               ('completed', o.completed_on, o.completed_goods)) as s(stage, day, amount)
    where o.currency_code = :currency and (cast(:origin as text) is null or o.origin = :origin)
"""

_SOURCES = (
    "with said as materialized ("
    " select 'facts' as source, stage, order_id, order_number, amount, day from (" + _FACTS + ") as f"
    " union all"
    " select 'ledger', stage, order_id, order_number, amount, day from (" + _MEMO + ") as m"
    " union all"
    " select 'application', stage, order_id, order_number, amount, day from (" + _APPLICATION + ") as a"
    "), inside as (select * from said where day >= :first and day < :end)"
)

_COMPARED = text(
    _SOURCES
    + """
    select source, stage, sum(amount) as amount from inside group by source, stage
    union all
    select 'mart', s.stage, sum(s.amount)
    from marts.mart_gmv_daily m
    cross join lateral (values ('placed', m.placed_gmv), ('confirmed', m.confirmed_gmv), ('completed', m.completed_gmv)
                       ) as s(stage, amount)
    where m.day_on >= :first and m.day_on < :end and m.currency_code = :currency
      and (cast(:origin as text) is null or m.origin = :origin)
    group by s.stage
    """
)

_CULPRITS = text(
    _SOURCES
    + """
    select stage, order_number
    from (select stage, order_number,
                 coalesce(sum(amount) filter (where source = 'facts'), 0) as facts,
                 coalesce(sum(amount) filter (where source = 'ledger'), 0) as ledger,
                 coalesce(sum(amount) filter (where source = 'application'), 0) as application
          from inside group by stage, order_id, order_number) as each_order
    where facts <> ledger or facts <> application
    order by stage, order_number limit 50
    """
)

NAMES = {
    "mart": "the mart",
    "facts": "the warehouse's facts",
    "ledger": "the ledger's memo accounts",
    "application": "the orders themselves",
}


def reconcile(work: Work, *, first: date, end: date, currency: str, origin: str | None = None) -> Reconciliation:
    """Compare the mart with the warehouse's facts, the ledger's memo accounts and the orders, stage by stage.

    All are read up to the mart's own instant, so trade that goes on makes no difference. Where they differ,
    a sentence names the source that stands apart, and the first orders that make the difference.
    """
    as_of = _ready(work, origin)
    facts = _facts(Period(first, end), currency, origin) | {"as_of": as_of}
    said = {(row.stage, row.source): row.amount or Decimal(0) for row in work.session.execute(_COMPARED, facts)}
    by_stage = {stage: {source: said.get((stage.value, source), Decimal(0)) for source in NAMES} for stage in Stage}
    culprits: list[Any] = []
    if any(len(set(values.values())) > 1 for values in by_stage.values()):
        culprits = list(work.session.execute(_CULPRITS, facts).all())
    checks = []
    for stage, values in by_stage.items():
        numbers = tuple(row.order_number for row in culprits if row.stage == stage.value)
        difference = _difference(stage, values, currency, numbers)
        checks.append(
            StageCheck(stage=stage, is_green=not difference, difference=difference, order_numbers=numbers, **values)
        )
    return Reconciliation(currency=currency, as_of=as_of, stages=tuple(checks))


def _difference(stage: Stage, values: dict[str, Decimal], currency: str, numbers: tuple[str, ...]) -> str:
    """The sentence for a difference; empty when there is none."""

    def shown(value: Decimal) -> str:
        return f"{value:,.{minor_unit(currency)}f}"

    counts = Counter(values.values())
    if len(counts) == 1:
        return ""
    usual, times = counts.most_common(1)[0]
    if times > 1:
        apart = [f"{NAMES[name]} {shown(value)}" for name, value in values.items() if value != usual]
        told = f"{' and '.join(apart)}, where the others have {shown(usual)} {currency}"
    else:
        told = ", ".join(f"{NAMES[name]} {shown(value)}" for name, value in values.items()) + f" {currency}"
    because = f" Orders that differ: {', '.join(numbers[:5])}{' ...' if len(numbers) > 5 else ''}." if numbers else ""
    return f"{stage.value.capitalize()} GMV does not agree: {told}.{because}"


# --- what all begin with -------------------------------------------------------------------------


def _ready(work: Work, origin: str | None) -> datetime:
    """Staff only, on a warehouse that is built; answers the instant up to which it knows the market."""
    work.actor.require_staff()
    if origin not in (None, "live", "imported"):
        raise Invalid(f"The origin of orders is live or imported, not {origin}.")
    as_of: datetime | None = work.session.execute(_SEEN).scalar()
    if as_of is None:
        raise WarehouseNotBuilt("The warehouse has not been built yet; run wholesale pipeline run first.")
    return as_of


def _facts(period: Period, currency: str, origin: str | None) -> dict[str, Any]:
    return {"first": period.first, "end": period.end, "currency": currency, "origin": origin}


def paged(page: int, size: int) -> dict[str, int]:
    """The parameters of a page of rows behind a figure. Raises `Invalid` for one that cannot be."""
    if page < 1 or not 1 <= size <= LARGEST_PAGE:
        raise Invalid(f"Pages are counted from 1 and hold up to {LARGEST_PAGE} rows.")
    return {"size": size, "skipped": (page - 1) * size}
