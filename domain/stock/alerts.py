"""Telling people once when free stock falls below what they want to have, and again only after it was back.

A threshold is a number that somebody set, or so many days of cover: what sells in these days and until new goods are
there, worked out anew every day. `tend_alerts` looks at all of them every minute in three statements. That a crossing
is told once is kept by the database: at most one alert of a variant is open.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.quantities import LARGEST
from domain.kernel.work import Work
from domain.stock.demand import seen, whole
from domain.stock.views import AlertRow

# Who has set nothing hears of what would not last until two weeks after a reorder; what never sells, of nothing.
COVER_DAYS = 14
# Where no offer of one's own says how long new goods take.
LEAD_DAYS = 7
# A round works out this many organisations' thresholds anew; a minute later come the next.
_AT_A_TIME = 10


@dataclass(frozen=True, kw_only=True)
class StockRanLow(Event):
    """Free stock of these variants fell below their thresholds, seen in one round."""

    subject: ClassVar[str] = "organization"
    variant_ids: list[UUID]


@dataclass(frozen=True, kw_only=True)
class ThresholdSet(Event):
    subject: ClassVar[str] = "variant"
    before: dict[str, Any]
    after: dict[str, Any]


def set_threshold(work: Work, *, variant_id: UUID, units: int | None = None, cover_days: int | None = None) -> None:
    """Say when to hear of a variant: below a number of free units, or below so many days of cover after a reorder.

    0 units: never. Raises `Invalid` unless it is one of the two, `NotFound` for what one has never had in stock.
    Announces `ThresholdSet`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    org_id = work.actor.require_org()
    if (units is None) == (cover_days is None):
        raise Invalid("Say a number of units or a number of days, not both.")
    if units is not None and (isinstance(units, bool) or not 0 <= units <= LARGEST):
        raise Invalid("The number of units must be a whole number, 0 or more.")
    if cover_days is not None and (isinstance(cover_days, bool) or not 1 <= cover_days <= 365):
        raise Invalid("The days of cover must be between 1 and 365.")
    facts = {"org_id": org_id, "variant_id": variant_id}
    known = work.session.execute(
        text(
            "select t.units, t.cover_days from (select 1 from stock_balances where org_id = :org_id"
            "  and variant_id = :variant_id limit 1) b left join stock_thresholds t on t.org_id = :org_id"
            "  and t.variant_id = :variant_id"
        ),
        facts,
    ).one_or_none()
    if known is None:
        raise NotFound
    worked_out = _worked_out(work, org_id, {variant_id: cover_days})[variant_id] if cover_days is not None else units
    work.session.execute(
        text(
            "insert into stock_thresholds (org_id, variant_id, units, cover_days, set_by, set_at, computed_at)"
            " values (:org_id, :variant_id, :units, :cover_days, :me, :now, :now)"
            " on conflict (org_id, variant_id) do update set units = excluded.units, cover_days = excluded.cover_days,"
            " set_by = excluded.set_by, set_at = excluded.set_at, computed_at = excluded.computed_at"
        ),
        facts | {"units": worked_out, "cover_days": cover_days, "me": work.actor.user_id, "now": work.now},
    )
    work.record(
        ThresholdSet(
            subject_id=variant_id, seller_id=org_id, before={"units": known.units, "cover_days": known.cover_days},
            after={"units": worked_out, "cover_days": cover_days},
        )
    )  # fmt: skip


def tend_alerts(work: Work) -> int:
    """Open an alert for whatever fell below its threshold and clear those that are back (the worker, every minute).

    Returns how many were opened. Announces `StockRanLow`, one for each organisation.
    """
    if not work.actor.is_system:
        raise NotFound
    _refresh(work)
    work.session.execute(_CLEAR, {"now": work.now})
    opened: dict[UUID, list[UUID]] = defaultdict(list)
    for row in work.session.execute(_OPEN, {"now": work.now}):
        opened[row.org_id].append(row.variant_id)
    for org_id, variant_ids in sorted(opened.items()):
        work.record(StockRanLow(subject_id=org_id, variant_ids=sorted(variant_ids)))
    return sum(len(variant_ids) for variant_ids in opened.values())


def open_alerts(work: Work, *, page: int = 1, size: int = 25) -> tuple[list[AlertRow], int]:
    """What of one's own runs low, the emptiest first: one page, and how many there are in all."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        _ALERTS,
        {"org_id": work.actor.require_org(), "now": work.now, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [AlertRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def _refresh(work: Work) -> None:
    """Thresholds by cover: those of new goods, and those that are a day old, of a few organisations at a time."""
    work.session.execute(
        text(
            "insert into stock_thresholds (org_id, variant_id, units, cover_days, set_at, computed_at)"
            " select b.org_id, b.variant_id, 0, :cover, :now, '-infinity' from ("
            "   select org_id, variant_id from stock_balances where on_hand > 0 group by 1, 2) b"
            " where not exists (select 1 from stock_thresholds t where t.org_id = b.org_id"
            "   and t.variant_id = b.variant_id) on conflict do nothing"
        ),
        {"cover": COVER_DAYS, "now": work.now},
    )
    due: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in work.session.execute(
        text(
            "select org_id, variant_id, cover_days from stock_thresholds where cover_days is not null"
            " and computed_at < :old and org_id in (select org_id from stock_thresholds"
            "   where cover_days is not null and computed_at < :old group by org_id order by min(computed_at), org_id"
            "   limit :size) order by org_id, variant_id for update skip locked"
        ),
        {"old": work.now - timedelta(days=1), "size": _AT_A_TIME},
    ):
        due[row.org_id][row.variant_id] = row.cover_days
    for org_id, variants in due.items():
        units = _worked_out(work, org_id, variants)
        work.session.execute(
            text(
                "update stock_thresholds t set units = n.units, computed_at = :now"
                " from unnest(cast(:variants as uuid[]), cast(:units as bigint[])) as n(variant_id, units)"
                " where t.org_id = :org_id and t.variant_id = n.variant_id and t.cover_days is not null"
            ),
            {"org_id": org_id, "variants": list(units), "units": list(units.values()), "now": work.now},
        )


def _worked_out(work: Work, org_id: UUID, cover: dict[UUID, int]) -> dict[UUID, int]:
    """What is sold in the days of cover and in the time that new goods take, in whole units."""
    rates = seen(work, org_id=org_id, variant_ids=list(cover))
    leads: dict[UUID, int] = {
        row.variant_id: row.lead
        for row in work.session.execute(
            text(
                "select variant_id, min(lead_time_days) as lead from offers where seller_id = :org_id"
                " and variant_id = any(:variants) and state <> 'discontinued' group by 1"
            ),
            {"org_id": org_id, "variants": list(cover)},
        )
    }
    return {
        variant_id: whole(rates[variant_id].per_day * (days + leads.get(variant_id, LEAD_DAYS)))
        if variant_id in rates
        else 0
        for variant_id, days in cover.items()
    }


# What counts as there is what buyers could order: neither expired nor set aside.
_FREE = """
    select t.org_id, t.variant_id, t.units, coalesce(sum(b.on_hand - b.reserved) filter (
             where b.is_for_sale and lot_is_good(l.state, l.expires_on, l.made_on, 0,
                 cast(cast(:now as timestamptz) at time zone 'UTC' as date))), 0)::bigint as available
    from stock_thresholds t
    left join (stock_balances b join lots l on l.id = b.lot_id) on b.org_id = t.org_id and b.variant_id = t.variant_id
"""
_CLEAR = text(
    "with free as (" + _FREE + " where exists (select 1 from stock_alerts a where a.org_id = t.org_id"
    " and a.variant_id = t.variant_id and a.cleared_at is null) group by 1, 2, 3)"
    " update stock_alerts a set cleared_at = :now from free f where a.org_id = f.org_id"
    " and a.variant_id = f.variant_id and a.cleared_at is null and f.available >= f.units"
)
_OPEN = text(
    "with free as (" + _FREE + " where t.units > 0 group by 1, 2, 3)"
    " insert into stock_alerts (id, org_id, variant_id, available, threshold, opened_at)"
    " select gen_random_uuid(), org_id, variant_id, available, units, :now from free where available < units"
    " order by org_id, variant_id on conflict (org_id, variant_id) where cleared_at is null do nothing"
    " returning org_id, variant_id"
)
_ALERTS = text("""
select a.variant_id, p.id as product_id, a.threshold, a.opened_at, o.sku, p.name as product_name,
       v.name as variant_name, b.available, count(*) over () as total
from stock_alerts a join product_variants v on v.id = a.variant_id join products p on p.id = v.product_id
left join lateral (
    select min(sku) as sku from offers where seller_id = a.org_id and variant_id = a.variant_id) o on true
cross join lateral (
    select coalesce(sum(b.on_hand - b.reserved) filter (
        where b.is_for_sale and lot_is_good(l.state, l.expires_on, l.made_on, 0,
            cast(cast(:now as timestamptz) at time zone 'UTC' as date))), 0)::bigint as available
    from stock_balances b join lots l on l.id = b.lot_id
    where b.org_id = a.org_id and b.variant_id = a.variant_id) b
where a.org_id = :org_id and a.cleared_at is null
order by b.available::numeric / a.threshold, p.name, v.name, a.id limit :size offset :skip
""")
