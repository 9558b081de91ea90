"""Questions about all of one's stock: by place, by product, in sum, and whether the sums are true."""

from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.views import Drift, PlaceRow, ProductStock, StockTotals


def places(work: Work) -> list[PlaceRow]:
    """One's own warehouses and stores with their zones and bins, each after the place that it lies in; with all that
    lies in it."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "with recursive tree as ("
            "  select id, id as top, parent_id, 0 as depth, array[name] as path, array[id] as above from locations"
            "  where org_id = :org_id and parent_id is null and kind in ('warehouse', 'store')"
            "  union all select l.id, t.top, l.parent_id, t.depth + 1, t.path || l.name, t.above || l.id"
            "  from tree t join locations l on l.parent_id = t.id)"
            ", held as (select location_id, sum(on_hand) as on_hand, sum(reserved) as reserved from stock_balances"
            "  where org_id = :org_id group by 1)"
            ", summed as (select place, sum(h.on_hand)::bigint as on_hand, sum(h.reserved)::bigint as reserved"
            "  from tree t join held h on h.location_id = t.id, unnest(t.above) as place group by 1)"
            " select t.id as location_id, t.parent_id, t.top as warehouse_id, l.name, l.kind, l.code, t.depth,"
            " coalesce(s.on_hand, 0) as on_hand, coalesce(s.reserved, 0) as reserved"
            " from tree t join locations l on l.id = t.id left join summed s on s.place = t.id"
            " where cast(:kept as uuid[]) is null or t.id = any(:kept) order by t.path, t.id"
        ),
        {"org_id": work.actor.require_org(), "kept": kept_to(work)},
    )
    return [PlaceRow.model_validate(row._asdict()) for row in rows]


def stock_totals(work: Work, *, location_id: UUID | None = None) -> StockTotals:
    """All of one's stock in sum, or that of a place with all in it (then what is on the way is left out)."""
    work.actor.require(Permission.SEE_STOCK)
    row = work.session.execute(
        text(
            "select coalesce(sum(b.on_hand) filter (where b.is_for_sale), 0)::bigint as on_hand,"
            " coalesce(sum(b.reserved), 0)::bigint as reserved,"
            " coalesce(sum(b.on_hand - b.reserved) filter (where b.is_for_sale and"
            "   lot_is_good(t.state, t.expires_on, t.made_on, 0, :today)), 0)::bigint as free,"
            " coalesce(sum(b.on_hand) filter (where l.kind = 'transit'), 0)::bigint as in_transit,"
            " coalesce(sum(b.on_hand) filter (where l.kind = 'aside'), 0)::bigint as set_aside,"
            " coalesce(sum(b.on_hand) filter (where t.state <> 'available'), 0)::bigint as on_hold,"
            " coalesce(sum(b.on_hand) filter (where t.expires_on <= :today), 0)::bigint as expired,"
            " (select coalesce(sum(quantity - used), 0)::bigint from stock_allocations"
            "   where org_id = :org_id and state = 'active' and ends_at > :now) as allocated"
            " from stock_balances b join locations l on l.id = b.location_id join lots t on t.id = b.lot_id"
            " where b.org_id = :org_id and b.on_hand > 0"
            " and (cast(:location_id as uuid) is null or b.location_id = any(places_within(:location_id)))"
            " and (cast(:kept as uuid[]) is null or b.location_id = any(:kept))"
        ),
        {
            "org_id": work.actor.require_org(), "location_id": location_id, "kept": kept_to(work),
            "today": work.now.date(), "now": work.now,
        },
    ).one()  # fmt: skip
    return StockTotals.model_validate(row._asdict())


def stock_by_product(
    work: Work, *, find: str = "", location_id: UUID | None = None, page: int = 1, size: int = 50
) -> tuple[list[ProductStock], int]:
    """One's own stock by variant, in a place with all in it or in all: one page, and how many there are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "with lying as (select b.variant_id, coalesce(sum(b.on_hand) filter (where b.is_for_sale), 0)::bigint"
            "   as on_hand, sum(b.reserved)::bigint as reserved,"
            "   coalesce(sum(b.on_hand - b.reserved) filter (where b.is_for_sale and"
            "     lot_is_good(t.state, t.expires_on, t.made_on, 0, :today)), 0)::bigint as free,"
            "   coalesce(sum(b.on_hand) filter (where l.kind = 'transit'), 0)::bigint as in_transit,"
            "   coalesce(sum(b.on_hand) filter (where t.state <> 'available' or t.expires_on <= :today), 0)::bigint"
            "   as on_hold, count(*) filter (where b.on_hand > 0) as lots"
            "   from stock_balances b join locations l on l.id = b.location_id join lots t on t.id = b.lot_id"
            "   where b.org_id = :org_id"
            "   and (cast(:location_id as uuid) is null or b.location_id = any(places_within(:location_id)))"
            "   and (cast(:kept as uuid[]) is null or b.location_id = any(:kept)) group by b.variant_id)"
            " select y.*, v.product_id, o.sku, p.name as product_name, v.name as variant_name, count(*) over"
            " () as total"
            " from lying y join product_variants v on v.id = y.variant_id join products p on p.id = v.product_id"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = :org_id and o.variant_id = y.variant_id) o on true"
            " where strpos(lower(p.name), lower(:find)) > 0 or strpos(lower(v.name), lower(:find)) > 0"
            " or strpos(lower(coalesce(o.sku, '')), lower(:find)) > 0"
            " order by p.name, v.name, y.variant_id limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "find": find.strip(), "location_id": location_id,
            "kept": kept_to(work), "today": work.now.date(), "size": size, "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [ProductStock.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def stock_drift(work: Work) -> Drift:
    """Whether one's own balances are what movements, reservations and layers say, worked out from all of them now."""
    work.actor.require(Permission.SEE_STOCK)
    row = work.session.execute(
        text(
            "with mine as (select variant_id, location_id, lot_id, on_hand, reserved from stock_balances"
            "   where org_id = :org_id and (cast(:kept as uuid[]) is null or location_id = any(:kept)))"
            ", moved as (select variant_id, location_id, lot_id, sum(quantity) as quantity from stock_movements"
            "   where org_id = :org_id group by 1, 2, 3)"
            ", held as (select variant_id, location_id, lot_id, sum(quantity) as quantity from stock_reservations"
            "   where org_id = :org_id and state = 'held' group by 1, 2, 3)"
            ", layered as (select variant_id, location_id, lot_id, sum(remaining) as quantity from stock_layers"
            "   where org_id = :org_id group by 1, 2, 3)"
            " select count(*) as balances, count(*) filter (where b.on_hand <> coalesce(m.quantity, 0)) as"
            " by_movements,"
            " count(*) filter (where b.reserved <> coalesce(h.quantity, 0)) as by_reservations,"
            " count(*) filter (where b.on_hand <> coalesce(y.quantity, 0)) as by_layers"
            " from mine b left join moved m using (variant_id, location_id, lot_id)"
            " left join held h using (variant_id, location_id, lot_id)"
            " left join layered y using (variant_id, location_id, lot_id)"
        ),
        {"org_id": work.actor.require_org(), "kept": kept_to(work)},
    ).one()
    return Drift.model_validate(row._asdict())
