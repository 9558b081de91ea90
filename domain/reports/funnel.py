"""From looking to buying: how often each of one's own products was opened, put into a basket, ordered, ordered again.

Views and baskets are counts from owner-owned functions (`seller_interest`): a seller never gets their rows, and not how
many companies looked while these are fewer than three, since two competitors could be told apart. Orders are one's own
and open to their rows.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work

# Fewer companies than this are not counted out to a seller.
FEW = 3


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class FunnelRow(View):
    """One offer in a period. `viewers` and `adders` are companies, None when there are one or two of them.

    A view is of the product's page, which all offers of the product share. `orders` are those that were paid for in the
    period, `buyers` their buyers, `repeat_buyers` those who had ordered this before or twice. `goods` is None for who
    sees no prices.
    """

    offer_id: UUID
    product_id: UUID
    sku: str
    product_name: str
    variant_name: str
    state: str
    views: int
    viewers: int | None
    additions: int
    adders: int | None
    orders: int
    units: int
    buyers: int
    repeat_buyers: int
    goods: Decimal | None
    currency: str


class InterestDay(View):
    """How often an offer's product was opened and the offer was put into a basket on a day (UTC)."""

    day: date
    views: int
    additions: int


class FunnelOrder(View):
    """An order of an offer, with whether its buyer had ordered it before."""

    order_id: UUID
    number: str
    buyer_name: str
    secured_at: datetime
    units: int
    goods: Decimal | None
    currency: str
    is_repeat: bool


def product_funnel(
    work: Work, *, first: datetime, end: datetime, find: str = "", page: int = 1, size: int = 25
) -> tuple[list[FunnelRow], int]:
    """Each of one's own offers from views to repeated orders between two instants, the most viewed first: one page,
    and how many offers there are. Raises `Invalid` for a period that ends before it begins."""
    work.actor.require(Permission.SEE_OFFERS)
    work.actor.require(Permission.SEE_SALES)
    _require_period(first, end)
    rows = work.session.execute(
        _FUNNEL,
        _facts(work) | {"first": first, "end": end, "find": find, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    sees_prices = work.actor.may(Permission.SEE_PRICES)
    return [_row(row, sees_prices) for row in rows], rows[0].total if rows else 0


def interest_by_day(work: Work, *, offer_id: UUID, first: datetime, end: datetime) -> list[InterestDay]:
    """The views and additions behind the counts of one's own offer, day by day. Raises `NotFound` for others'."""
    work.actor.require(Permission.SEE_OFFERS)
    work.actor.require(Permission.SEE_SALES)
    _require_period(first, end)
    _own(work, offer_id)
    rows = work.session.execute(
        text("select day, views, additions from seller_interest_by_day(:offer_id, :first, :end)"),
        {"offer_id": offer_id, "first": first, "end": end},
    )
    return [InterestDay.model_validate(row._asdict()) for row in rows]


def orders_of_offer(
    work: Work, *, offer_id: UUID, first: datetime, end: datetime, page: int = 1, size: int = 25
) -> tuple[list[FunnelOrder], int]:
    """The orders behind the count of one's own offer, the latest first: one page, and how many there are."""
    work.actor.require(Permission.SEE_OFFERS)
    work.actor.require(Permission.SEE_SALES)
    _require_period(first, end)
    _own(work, offer_id)
    rows = work.session.execute(
        _ORDERS,
        _facts(work)
        | {"offer_id": offer_id, "first": first, "end": end, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    found = [FunnelOrder.model_validate(row._asdict()) for row in rows]
    if not work.actor.may(Permission.SEE_PRICES):
        found = [row.model_copy(update={"goods": None}) for row in found]
    return found, rows[0].total if rows else 0


def _row(row: Any, sees_prices: bool) -> FunnelRow:
    values = row._asdict()
    for companies in ("viewers", "adders"):
        if 0 < values[companies] < FEW:
            values[companies] = None
    return FunnelRow.model_validate(values if sees_prices else values | {"goods": None})


def _facts(work: Work) -> dict[str, Any]:
    reach = identity.reach_of(work)
    return {
        "me": work.actor.require_org(),
        "customers": None if reach.customers is None else list(reach.customers),
        "regions": None if reach.regions is None else list(reach.regions),
    }


def _own(work: Work, offer_id: UUID) -> None:
    facts: Mapping[str, Any] = {"id": offer_id, "me": work.actor.require_org()}
    if work.session.execute(text("select 1 from offers where id = :id and seller_id = :me"), facts).first() is None:
        raise NotFound


def _require_period(first: datetime, end: datetime) -> None:
    if end <= first:
        raise Invalid("The period must end after it begins.")


# Of who is kept to customers or regions the orders of these; what was looked at is not anybody's in particular.
_OURS = """
    from order_lines l join supplier_orders o on o.id = l.order_id
    where l.seller_id = :me and o.origin = 'live' and o.secured_at is not null and o.secured_at < :end
      and (cast(:customers as uuid[]) is null or o.buyer_id = any(cast(:customers as uuid[])))
      and (cast(:regions as uuid[]) is null or in_regions(cast(:regions as uuid[]),
           o.delivery_address ->> 'country_code', o.delivery_address ->> 'postal_code',
           cast(o.created_at at time zone 'UTC' as date)))
"""
_SOLD = (
    "select l.offer_id, o.id as order_id, o.number, o.buyer_id, o.buyer_name, o.secured_at, l.ordered, l.goods,"
    " l.currency, row_number() over (partition by l.offer_id, o.buyer_id order by o.secured_at, o.id) > 1 as is_repeat"
    + _OURS
)
_FUNNEL = text(
    "with sold as (" + _SOLD + "), counted as ("
    " select offer_id, count(distinct order_id) as orders, sum(ordered)::bigint as units,"
    "   count(distinct buyer_id) as buyers, count(distinct buyer_id) filter (where is_repeat) as repeat_buyers,"
    "   sum(goods) as goods from sold where secured_at >= :first group by 1"
    ") select f.id as offer_id, p.id as product_id, f.sku, p.name as product_name, v.name as variant_name, f.state,"
    "   i.views, i.viewers, i.additions, i.adders, coalesce(c.orders, 0) as orders, coalesce(c.units, 0) as units,"
    "   coalesce(c.buyers, 0) as buyers, coalesce(c.repeat_buyers, 0) as repeat_buyers, coalesce(c.goods, 0) as goods,"
    "   f.currency, count(*) over () as total"
    " from seller_interest(:first, :end) i join offers f on f.id = i.offer_id and f.seller_id = :me"
    " join product_variants v on v.id = f.variant_id join products p on p.id = v.product_id"
    " left join counted c on c.offer_id = f.id"
    " where strpos(lower(p.name), lower(:find)) > 0 or strpos(lower(f.sku), lower(:find)) > 0"
    " order by i.views desc, i.additions desc, orders desc, p.name, f.sku limit :size offset :skip"
)
_ORDERS = text(
    "with sold as (" + _SOLD + " and l.offer_id = :offer_id)"
    " select order_id, number, buyer_name, secured_at, sum(ordered)::bigint as units, sum(goods) as goods, currency,"
    "   bool_or(is_repeat) as is_repeat, count(*) over () as total"
    " from sold where secured_at >= :first group by order_id, number, buyer_name, secured_at, currency"
    " order by secured_at desc, number desc limit :size offset :skip"
)
