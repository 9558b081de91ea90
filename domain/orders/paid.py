"""What was really paid for an offer: the prices of order lines, each party's own only."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


class PaidPrice(BaseModel):
    """One order line: when, how many, at which unit price, and what the list said then."""

    model_config = ConfigDict(frozen=True)

    order_id: UUID
    number: str
    partner: str
    ordered_at: datetime
    quantity: int
    currency: str
    unit_price: Decimal
    list_price: Decimal | None


def paid_prices(work: Work, *, offer_id: UUID) -> list[PaidPrice]:
    """Of the actor's organisation, as buyer or as seller of the offer: what its orders paid, the oldest first.

    The newest 500. Orders that were never paid, or ended before anything was sold, are left out. Raises `NotFound` for
    who sees neither costs nor prices.
    """
    actor = work.actor
    sells = actor.may(Permission.SEE_SALES) and actor.may(Permission.SEE_PRICES)
    buys = actor.may(Permission.SEE_PURCHASES) and actor.may(Permission.SEE_COSTS)
    if not (sells or buys) or actor.org_id is None:
        raise NotFound
    reach = identity.reach_of(work)
    rows = work.session.execute(
        text(
            "select o.id as order_id, o.number, case when o.seller_id = :me then o.buyer_name else o.seller_name end"
            " as partner, o.created_at as ordered_at, l.ordered as quantity, l.currency, l.unit_price,"
            " (select max((s.value ->> 'unit_price')::numeric) filter (where s.value ->> 'step' = 'tier')"
            "   from jsonb_array_elements(l.price_trace) s) as tier,"
            " (select max((s.value ->> 'unit_price')::numeric) filter (where s.value ->> 'step' = 'list')"
            "   from jsonb_array_elements(l.price_trace) s) as list"
            " from order_lines l join supplier_orders o on o.id = l.order_id"
            " where l.offer_id = :offer_id and o.origin = 'live' and o.secured_at is not null"
            " and o.state not in ('declined', 'cancelled', 'expired')"
            " and (:sells and o.seller_id = :me or :buys and o.buyer_id = :me)"
            " and (cast(:stores as uuid[]) is null or o.buyer_id <> :me or o.site_id = any(cast(:stores as uuid[])))"
            " and (cast(:customers as uuid[]) is null or o.seller_id <> :me"
            "   or o.buyer_id = any(cast(:customers as uuid[])))"
            " and (cast(:regions as uuid[]) is null or in_regions(cast(:regions as uuid[]),"
            "   o.delivery_address ->> 'country_code', o.delivery_address ->> 'postal_code',"
            "   cast(o.created_at at time zone 'UTC' as date)))"
            " order by o.created_at desc, l.id desc limit 500"
        ),
        {
            "me": actor.org_id, "offer_id": offer_id, "sells": sells, "buys": buys,
            "stores": None if reach.stores is None else list(reach.stores),
            "customers": None if reach.customers is None else list(reach.customers),
            "regions": None if reach.regions is None else list(reach.regions),
        },
    ).all()  # fmt: skip
    paid = [
        PaidPrice.model_validate(
            {name: value for name, value in row._asdict().items() if name not in ("tier", "list")}
            | {"list_price": row.list if row.tier is None else row.tier}
        )
        for row in rows
    ]
    return paid[::-1]
