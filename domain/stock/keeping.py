"""Questions about what is kept back: by hand, and for customers; and how to share what is scarce."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.stock.reach import require_whole
from domain.stock.views import AllocationRow, CustomerRow, HoldRow, ShareRow

_NAMED = (
    " join product_variants v on v.id = x.variant_id join products p on p.id = v.product_id"
    " left join lateral (select min(o.sku) as sku from offers o"
    "   where o.seller_id = x.org_id and o.variant_id = x.variant_id) o on true"
)
ORDERED_WITHIN = timedelta(days=180)


def my_holds(work: Work, *, page: int = 1, size: int = 50) -> tuple[list[HoldRow], int]:
    """What is kept back by hand, what ends first before: one page, and how many there are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select x.id as hold_id, x.variant_id, o.sku, p.name as product_name, v.name as variant_name, x.quantity,"
            " x.note, x.expires_at, x.made_at, count(*) over () as total from stock_holds x" + _NAMED
            + " where x.org_id = :org_id and x.state = 'held' order by x.expires_at nulls last, x.id"
            " limit :size offset :skip"
        ),
        {"org_id": work.actor.require_org(), "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()  # fmt: skip
    return [HoldRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_allocations(work: Work, *, page: int = 1, size: int = 50) -> tuple[list[AllocationRow], int]:
    """What is kept for customers now, what ends first before: one page, and how many there are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select x.id as allocation_id, x.variant_id, o.sku, p.name as product_name, v.name as variant_name,"
            " x.holder_id, coalesce(h.name, b.name) as holder_name, x.quantity, x.used, x.note, x.ends_at,"
            " count(*) over () as total from stock_allocations x" + _NAMED
            + " left join organizations h on h.id = x.holder_id"
            " left join lateral (select so.buyer_name as name from supplier_orders so where so.seller_id = x.org_id"
            "   and so.buyer_id = x.holder_id order by so.created_at desc limit 1) b on true"
            " where x.org_id = :org_id and x.state = 'active' and x.ends_at > :now order by x.ends_at, x.id"
            " limit :size offset :skip"
        ),
        {"org_id": work.actor.require_org(), "now": work.now, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()  # fmt: skip
    return [AllocationRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def customers_to_keep_for(work: Work) -> list[CustomerRow]:
    """Distributors, and whoever has ordered from one in the last half year, by name."""
    work.actor.require(Permission.MANAGE_STOCK)
    require_whole(work)
    rows = work.session.execute(
        text(
            "select org_id, min(name) as name from ("
            "  select id as org_id, name from organizations where kind = 'distributor' and origin = 'live' and"
            " id <> :me"
            "  union all select buyer_id, buyer_name from supplier_orders where seller_id = :me and origin = 'live'"
            "    and created_at > :since) c group by org_id order by 2, 1 limit 500"
        ),
        {"me": work.actor.require_org(), "since": work.now - ORDERED_WITHIN},
    )
    return [CustomerRow.model_validate(row._asdict()) for row in rows]


def fair_shares(work: Work, *, variant_id: UUID, quantity: int) -> list[ShareRow]:
    """How to share so many units of a variant among those who ordered it in the last half year.

    Each gets its part of what all of them ordered, whole units by the largest remainder; nobody more than it ordered.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_whole(work)
    quantity = base_units(quantity)
    rows = work.session.execute(
        text(
            "select o.buyer_id as holder_id, max(o.buyer_name) as holder_name, sum(l.ordered - l.cancelled)::bigint"
            " as ordered from order_lines l join supplier_orders o on o.id = l.order_id where l.seller_id = :me"
            " and l.variant_id = :variant_id and o.created_at > :since and o.state not in ('expired',"
            " 'awaiting_payment', 'cancelled', 'declined')"
            " group by o.buyer_id having sum(l.ordered - l.cancelled) > 0 order by 3 desc, 1 limit 200"
        ),
        {"me": work.actor.require_org(), "variant_id": variant_id, "since": work.now - ORDERED_WITHIN},
    ).all()
    total = sum(row.ordered for row in rows)
    to_share = min(quantity, total)
    shares = {row.holder_id: to_share * row.ordered // total for row in rows}
    by_remainder = sorted(rows, key=lambda row: (-(to_share * row.ordered % total), row.holder_id))
    for row in by_remainder[: to_share - sum(shares.values())]:
        shares[row.holder_id] += 1
    return [
        ShareRow(
            holder_id=row.holder_id, holder_name=row.holder_name, ordered=row.ordered, quantity=shares[row.holder_id],
            why=f"Ordered {row.ordered:,} of {total:,} units in 180 days ({row.ordered / total:.0%})",
        )
        for row in rows
    ]  # fmt: skip
