"""Questions about one's own stock."""

from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.views import LocationRow, MovementRow, StockRow


def my_locations(work: Work) -> list[LocationRow]:
    """One's own warehouses and stores, or those one is kept to, with what lies there in all; `places` has their
    parts."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "with held as (select coalesce(l.warehouse_id, l.id) as place, sum(b.on_hand) as on_hand"
            "  from stock_balances b join locations l on l.id = b.location_id where b.org_id = :org_id group by 1)"
            " select l.id as location_id, l.name, coalesce(h.on_hand, 0)::bigint as on_hand from locations l"
            " left join held h on h.place = l.id where l.org_id = :org_id and l.kind in ('warehouse', 'store')"
            " and (cast(:warehouses as uuid[]) is null or l.id = any(:warehouses)) order by l.name"
        ),
        {"org_id": work.actor.require_org(), "warehouses": kept_to(work)},
    )
    return [LocationRow.model_validate(row._asdict()) for row in rows]


def my_stock(
    work: Work,
    *,
    find: str = "",
    location_id: UUID | None = None,
    variant_id: UUID | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[StockRow], int]:
    """One's own stock by product, place and lot, of a place with all in it or of one variant if wanted: one page,
    and how many rows there are in all."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select b.variant_id, b.location_id, b.lot_id, o.sku, p.name as product_name, v.name as variant_name,"
            " l.name as location, t.code as lot, t.expires_on, t.state as lot_state, b.on_hand, b.reserved,"
            " b.on_hand - b.reserved as available, l.kind as location_kind,"
            " count(*) over () as total from stock_balances b join product_variants v on v.id = b.variant_id"
            " join products p on p.id = v.product_id join locations l on l.id = b.location_id"
            " join lots t on t.id = b.lot_id"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = b.org_id and o.variant_id = b.variant_id) o on true"
            " where b.org_id = :org_id and (cast(:location_id as uuid) is null or b.location_id ="
            " any(places_within(:location_id)))"
            " and (cast(:variant_id as uuid) is null or b.variant_id = :variant_id)"
            " and (cast(:warehouses as uuid[]) is null or b.location_id = any(:warehouses))"
            " and (strpos(lower(p.name), lower(:find)) > 0 or strpos(lower(coalesce(o.sku, '')), lower(:find)) > 0)"
            " order by p.name, v.name, l.name, t.expires_on nulls last, t.code limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(),
            "find": find,
            "location_id": location_id,
            "variant_id": variant_id,
            "warehouses": kept_to(work),
            "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()
    return [StockRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_movements(
    work: Work, *, variant_id: UUID | None = None, page: int = 1, size: int = 50
) -> tuple[list[MovementRow], int]:
    """One's own stock movements, newest first: one page, and how many there are in all."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select m.id as movement_id, o.sku, p.name as product_name, l.name as location, t.code as lot, m.quantity,"
            " m.kind, m.cause, m.recorded_at, count(*) over () as total from stock_movements m"
            " join product_variants v on v.id = m.variant_id join products p on p.id = v.product_id"
            " join locations l on l.id = m.location_id join lots t on t.id = m.lot_id"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = m.org_id and o.variant_id = m.variant_id) o on true"
            " where m.org_id = :org_id and (cast(:variant_id as uuid) is null or m.variant_id = :variant_id)"
            " and (cast(:warehouses as uuid[]) is null or m.location_id = any(:warehouses))"
            " order by m.id desc limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(),
            "variant_id": variant_id,
            "warehouses": kept_to(work),
            "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()
    return [MovementRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0

