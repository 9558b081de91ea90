"""Why a number is what it is, which lots there are, and where a lot or a single unit came from and went."""

from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.views import LotRow, SerialRow, StoryRow


def stock_story(
    work: Work,
    *,
    variant_id: UUID,
    location_id: UUID | None = None,
    lot_id: UUID | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[StoryRow], int]:
    """Why there are so many of a variant (in a place with all in it, of a lot): every movement with the sum up to
    it, the newest first; one page, and how many there are. `subject_id` is the order behind a shipment."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "with mine as (select m.*, sum(m.quantity) over (order by m.id)::bigint as running, count(*) over"
            " () as total"
            "   from stock_movements m where m.org_id = :org_id and m.variant_id = :variant_id"
            "   and (cast(:location_id as uuid) is null or m.location_id = any(places_within(:location_id)))"
            "   and (cast(:lot_id as uuid) is null or m.lot_id = :lot_id)"
            "   and (cast(:kept as uuid[]) is null or m.location_id = any(:kept)))"
            ", shown as (select * from mine order by id desc limit :size offset :skip)"
            " select m.id as movement_id, coalesce(l.name, '–') as location, t.code as lot, m.quantity,"
            " m.running, m.kind,"
            " m.cause, m.cause_id, coalesce(o.id, case when m.cause in ('transfer', 'count') then m.cause_id end)"
            " as subject_id, o.number, m.note, u.name as actor_name, m.recorded_at, m.total from shown m"
            " left join locations l on l.id = m.location_id join lots t on t.id = m.lot_id"
            " left join shipments s on m.cause = 'shipment' and s.id = m.cause_id"
            " left join supplier_orders o on o.id = s.order_id"
            " left join people u on u.id = m.actor_user_id"
            " and exists (select 1 from memberships x where x.person_id = u.id and x.org_id = :org_id)"
            " order by m.id desc"
        ),
        {
            "org_id": work.actor.require_org(), "variant_id": variant_id, "location_id": location_id, "lot_id": lot_id,
            "kept": kept_to(work), "size": size, "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [StoryRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_lots(
    work: Work, *, find: str = "", show: str = "stocked", page: int = 1, size: int = 50
) -> tuple[list[LotRow], int]:
    """One's own lots: those that are in stock, `expiring` within 60 days, `expired`, `stopped` (on hold or
    recalled), or `all`. One page, what expires first before, and how many there are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "with lying as (select lot_id, sum(on_hand)::bigint as on_hand, sum(reserved)::bigint as reserved"
            "   from stock_balances where org_id = :org_id and (cast(:kept as uuid[]) is null or location_id ="
            " any(:kept))"
            "   group by 1)"
            " select t.id as lot_id, t.variant_id, o.sku, p.name as product_name, v.name as variant_name, t.code,"
            " t.made_on, t.expires_on, t.state, t.state_reason, coalesce(y.on_hand, 0) as on_hand,"
            " coalesce(y.reserved, 0) as reserved, case when t.expires_on > t.made_on then"
            "   greatest((t.expires_on - :today) * 100 / (t.expires_on - t.made_on), 0) end as life_percent,"
            " count(*) over () as total from lots t join product_variants v on v.id = t.variant_id"
            " join products p on p.id = v.product_id left join lying y on y.lot_id = t.id"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = t.org_id and o.variant_id = t.variant_id) o on true"
            " where t.org_id = :org_id and (t.code <> '-' or t.expires_on is not null or t.state <> 'available')"
            " and (strpos(lower(p.name), lower(:find)) > 0 or strpos(lower(t.code), lower(:find)) > 0"
            "   or strpos(lower(coalesce(o.sku, '')), lower(:find)) > 0)"
            " and case cast(:show as text) when 'all' then true when 'stopped' then t.state <> 'available'"
            "   when 'expired' then t.expires_on <= :today and y.on_hand > 0"
            "   when 'expiring' then t.expires_on > :today and t.expires_on <= cast(:today as date) + 60"
            "     and y.on_hand > 0"
            "   else y.on_hand > 0 end"
            " order by t.expires_on nulls last, p.name, t.code, t.id limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "find": find.strip(), "show": show, "today": work.now.date(),
            "kept": kept_to(work), "size": size, "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [LotRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_lot(work: Work, *, lot_id: UUID) -> LotRow:
    """One of one's own lots with what is left of it. Raises `NotFound`."""
    work.actor.require(Permission.SEE_STOCK)
    row = work.session.execute(
        text(
            "select t.id as lot_id, t.variant_id, o.sku, p.name as product_name, v.name as variant_name, t.code,"
            " t.made_on, t.expires_on, t.state, t.state_reason, coalesce(y.on_hand, 0) as on_hand,"
            " coalesce(y.reserved, 0) as reserved, case when t.expires_on > t.made_on then"
            "   greatest((t.expires_on - :today) * 100 / (t.expires_on - t.made_on), 0) end as life_percent"
            " from lots t join product_variants v on v.id = t.variant_id join products p on p.id = v.product_id"
            " left join lateral (select sum(on_hand)::bigint as on_hand, sum(reserved)::bigint as reserved"
            "   from stock_balances b where b.lot_id = t.id and b.org_id = t.org_id) y on true"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = t.org_id and o.variant_id = t.variant_id) o on true"
            " where t.id = :lot_id and t.org_id = :org_id"
        ),
        {"org_id": work.actor.require_org(), "lot_id": lot_id, "today": work.now.date()},
    ).one_or_none()
    if row is None:
        raise NotFound
    return LotRow.model_validate(row._asdict())


def find_serials(
    work: Work, *, find: str = "", lot_id: UUID | None = None, page: int = 1, size: int = 50
) -> tuple[list[SerialRow], int]:
    """Single units by a part of their number, or all of a lot: where they are, or with which order they left."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select s.id as serial_id, s.variant_id, s.serial, t.code as lot, p.name as product_name,"
            " v.name as variant_name, s.state, l.name as location, s.order_id, s.received_at, s.left_at,"
            " count(*) over () as total from stock_serials s join lots t on t.id = s.lot_id"
            " join product_variants v on v.id = s.variant_id join products p on p.id = v.product_id"
            " left join locations l on l.id = s.location_id where s.org_id = :org_id"
            " and (cast(:lot_id as uuid) is null or s.lot_id = :lot_id) and strpos(lower(s.serial), lower(:find)) > 0"
            " and (cast(:kept as uuid[]) is null or s.location_id = any(:kept) or s.location_id is null)"
            " order by s.serial, s.id limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "find": find.strip(), "lot_id": lot_id, "kept": kept_to(work),
            "size": size, "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [SerialRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0
