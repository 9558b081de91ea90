"""Questions about the past sales that a company has brought in itself."""

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.orders.views import PastMonth, PastRow

_MINE = text("""
    select h.id as history_id, h.name, h.currency, h.time_zone, h.orders, h.lines, h.imported_at,
           coalesce(s.goods, 0) as gmv, coalesce(s.customers, 0) as customers, s.first_at, s.last_at
    from histories h
    left join lateral (
        select sum(o.goods) filter (where o.secured_at is not null) as goods, count(distinct o.buyer_id) as customers,
               min(o.created_at) as first_at, max(o.created_at) as last_at
        from supplier_orders o where o.seller_id = h.org_id and o.history_id = h.id
    ) as s on true
    where h.org_id = :org_id
    order by h.imported_at desc
""")

_MONTHS = text("""
    select o.currency, cast(date_trunc('month', o.secured_at at time zone h.time_zone) as date) as month_on,
           count(*) as orders, sum(o.goods) as gmv
    from supplier_orders o
    join histories h on h.id = o.history_id
    where h.org_id = :org_id and o.seller_id = :org_id and o.secured_at is not null
    group by 1, 2 order by 1, 2
""")


def my_past(work: Work) -> list[PastRow]:
    """What the actor's company has brought in, the newest first; GMV is that of orders placed, net of tax."""
    work.actor.require(Permission.BRING_PAST)
    found = work.session.execute(_MINE, {"org_id": work.actor.require_org()})
    return [PastRow.model_validate(row._asdict()) for row in found]


def my_past_by_month(work: Work) -> list[PastMonth]:
    """GMV placed and orders of what was brought in, one row per currency and month of the history's zone."""
    work.actor.require(Permission.BRING_PAST)
    found = work.session.execute(_MONTHS, {"org_id": work.actor.require_org()})
    return [PastMonth.model_validate(row._asdict()) for row in found]
