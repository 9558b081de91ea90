"""Which lots in which places to count next: what goes out most is counted most often."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.views import CountDue

# The first four fifths of what goes out are A, the next 15 % B; each class has its own rhythm.
A_SHARE, B_SHARE = Decimal("0.80"), Decimal("0.95")
DEMAND_DAYS = timedelta(days=90)
RHYTHM = {"A": 30, "B": 90, "C": 180}
CLASSES = tuple(RHYTHM)


def count_plan(
    work: Work, *, location_id: UUID | None = None, page: int = 1, size: int = 50
) -> tuple[list[CountDue], int]:
    """What is due for counting, the longest overdue first: one page, and how many there are. One row is a variant in a
    warehouse, with its class and the day of its last count (its first receipt when it never was counted)."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "with classed as (select variant_id, class from stock_classes(:org_id, :since, :a_share, :b_share))"
            ", lying as (select b.variant_id, coalesce(l.warehouse_id, l.id) as warehouse_id, sum(b.on_hand)"
            " as on_hand,"
            "   count(*) as lots from stock_balances b join locations l on l.id = b.location_id"
            "   where b.org_id = :org_id and b.is_for_sale and b.on_hand > 0"
            "   and (cast(:kept as uuid[]) is null or b.location_id = any(:kept))"
            "   and (cast(:location_id as uuid) is null or coalesce(l.warehouse_id, l.id) = :location_id)"
            " group by 1, 2)"
            ", counted as (select c.variant_id, coalesce(l.warehouse_id, l.id) as warehouse_id, max(c.counted_at) as at"
            "   from stock_count_lines c join locations l on l.id = c.location_id"
            "   where c.org_id = :org_id and c.state = 'posted' group by 1, 2)"
            ", since as (select m.variant_id, coalesce(l.warehouse_id, l.id) as warehouse_id,"
            "   min(m.recorded_at) as came, max(m.recorded_at) filter (where m.kind = 'counted') as at"
            "   from stock_movements m join locations l on l.id = m.location_id where m.org_id = :org_id group by 1, 2)"
            ", due as (select y.*, coalesce(k.class, 'C') as class, greatest(c.at, s.at) as last_counted_at,"
            "   coalesce(greatest(c.at, s.at), s.came)"
            "   + make_interval(days => cast(cast(:rhythm as jsonb) ->> coalesce(k.class, 'C') as integer)) as due_at"
            "   from lying y left join classed k using (variant_id) left join counted c using (variant_id,"
            " warehouse_id)"
            "   left join since s using (variant_id, warehouse_id))"
            " select d.variant_id, d.warehouse_id as location_id, p.name as product_name, v.name as variant_name,"
            " w.name as location, d.class as stock_class, d.lots, d.last_counted_at, d.due_at, count(*) over"
            " () as total"
            " from due d join product_variants v on v.id = d.variant_id join products p on p.id = v.product_id"
            " join locations w on w.id = d.warehouse_id where d.due_at <= :now"
            " order by d.due_at, p.name, v.name limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "since": work.now - DEMAND_DAYS, "a_share": A_SHARE, "b_share": B_SHARE,
            "kept": kept_to(work), "location_id": location_id, "rhythm": json.dumps(RHYTHM),
            "now": work.now, "size": size, "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [CountDue.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0
