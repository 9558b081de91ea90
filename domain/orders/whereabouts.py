"""Where goods go: sales by the region of the delivery address, and by which carrier deliveries come."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.work import Work
from domain.orders.views import LearnedCarrier, RegionalSales

LEARNED_FROM = 3


def learned_carriers(work: Work) -> list[LearnedCarrier]:
    """Own places to which the last three deliveries came by one carrier that is not the preferred one there.

    Three in a row, so that a single odd parcel suggests nothing; "other" is no carrier to prefer.
    """
    work.actor.require(Permission.SEE_PURCHASES)
    rows = work.session.execute(
        text(
            "select p.id as site_id, min(d.carrier) as carrier, count(*) as deliveries from sites p"
            " cross join lateral (select s.carrier from shipments s join supplier_orders o on o.id = s.order_id"
            "   where o.buyer_id = :me and o.site_id = p.id and o.origin = 'live' and s.buyer_id = :me"
            "   and s.delivered_at is not null order by s.delivered_at desc, s.id desc limit :size) d"
            " where p.org_id = :me and p.id = any(:sites) group by p.id"
            " having count(*) = :size and count(distinct d.carrier) = 1 and min(d.carrier) <> 'other'"
            " and min(d.carrier) is distinct from p.preferred_carrier"
        ),
        {
            "me": work.actor.require_org(), "size": LEARNED_FROM,
            "sites": [site.site_id for site in identity.my_sites(work)],
        },
    )  # fmt: skip
    return [LearnedCarrier.model_validate(row._asdict()) for row in rows]


_BY_REGION = text(
    "with sold as ("
    "  select o.goods, o.secured_at, region_of(o.delivery_address ->> 'country_code',"
    "    o.delivery_address ->> 'postal_code', cast(o.created_at at time zone 'UTC' as date)) as region_id, o.buyer_id"
    "  from supplier_orders o join organizations g on g.id = o.seller_id"
    "  where o.seller_id = :me and o.origin = 'live' and o.currency = g.currency and o.secured_at >= :since"
    "  and (cast(:customers as uuid[]) is null or o.buyer_id = any(cast(:customers as uuid[])))"
    "  and (cast(:regions as uuid[]) is null or in_regions(cast(:regions as uuid[]),"
    "    o.delivery_address ->> 'country_code', o.delivery_address ->> 'postal_code',"
    "    cast(o.created_at at time zone 'UTC' as date)))"
    ") select s.region_id, r.name as region_name, count(*) as orders, count(distinct s.buyer_id) as buyers,"
    " sum(s.goods) as goods, g.currency from sold s left join regions r on r.id = s.region_id"
    " join organizations g on g.id = :me group by s.region_id, r.name, g.currency"
    " order by sum(s.goods) desc, r.name nulls last"
)


def sales_by_region(work: Work, *, weeks: int = 12) -> list[RegionalSales]:
    """What one's own organisation sold and was paid for of late, by the region of the delivery address, largest first.

    The region is that of the day of the order; addresses in no region come together as None. Only the own currency,
    and no amounts for roles that see no prices.
    """
    work.actor.require(Permission.SEE_SALES)
    reach = identity.reach_of(work)
    rows = work.session.execute(
        _BY_REGION,
        {
            "me": work.actor.require_org(), "since": work.now - timedelta(weeks=weeks),
            "customers": None if reach.customers is None else list(reach.customers),
            "regions": None if reach.regions is None else list(reach.regions),
        },
    )  # fmt: skip
    hidden = {} if work.actor.may(Permission.SEE_PRICES) else {"goods": Decimal(0)}
    return [RegionalSales.model_validate(row._asdict() | hidden) for row in rows]
