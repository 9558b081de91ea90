"""Questions about transfers between one's own places and what went wrong in them."""

from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.views import DiscrepancyRow, LocationRow, TransferLineRow, TransferRow, TransferSheet

_ROWS = (
    "select t.id as transfer_id, a.name as from_name, b.name as to_name, t.state, t.note, t.made_at, t.sent_at,"
    " t.ended_at, s.units, s.received, s.rejected, t.from_location_id, t.to_location_id, count(*) over () as total"
    " from stock_transfers t"
    " join own_places() a on a.id = t.from_location_id join own_places() b on b.id = t.to_location_id"
    " cross join lateral (select coalesce(sum(quantity), 0)::bigint as units, coalesce(sum(received), 0)::bigint"
    "   as received, coalesce(sum(rejected), 0)::bigint as rejected from stock_transfer_lines l"
    "   where l.transfer_id = t.id) s where t.org_id = :org_id and (cast(:kept as uuid[]) is null"
    "   or t.from_location_id = any(:kept) or t.to_location_id = any(:kept))"
)


def destinations(work: Work) -> list[LocationRow]:
    """Where a transfer may go: all warehouses and stores of the organisation, also those one is not kept to."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select id as location_id, name, 0 as on_hand from own_places()"
            " where parent_id is null and kind in ('warehouse', 'store') order by name"
        )
    )
    return [LocationRow.model_validate(row._asdict()) for row in rows]


def my_transfers(work: Work, *, is_open: bool = True, page: int = 1, size: int = 50) -> tuple[list[TransferRow], int]:
    """Transfers from or to one's places, the newest first: those that are not over, or the others. One page, and how
    many there are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            _ROWS + " and (t.state in ('draft', 'sent')) = :is_open"
            " order by t.made_at desc, t.id limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "kept": kept_to(work), "is_open": is_open, "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [TransferRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def transfer_sheet(work: Work, *, transfer_id: UUID) -> TransferSheet:
    """One transfer with its lines. Raises `NotFound`."""
    work.actor.require(Permission.SEE_STOCK)
    kept = kept_to(work)
    facts = {"org_id": work.actor.require_org(), "kept": kept, "transfer_id": transfer_id}
    row = work.session.execute(text(_ROWS + " and t.id = :transfer_id"), facts).one_or_none()
    if row is None:
        raise NotFound
    lines = work.session.execute(
        text(
            "select x.id as line_id, x.variant_id, o.sku, p.name as product_name, v.name as variant_name,"
            " t.code as lot,"
            " f.name as from_name, x.quantity, x.received, x.rejected, exists (select 1 from stock_serials s"
            "   where s.lot_id = x.lot_id and s.org_id = x.org_id and s.state = 'in_stock') as has_serials"
            " from stock_transfer_lines x join product_variants v on v.id = x.variant_id"
            " join products p on p.id = v.product_id join lots t on t.id = x.lot_id"
            " join own_places() f on f.id = x.from_location_id"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = x.org_id and o.variant_id = x.variant_id) o on true"
            " where x.transfer_id = :transfer_id and x.org_id = :org_id order by p.name, v.name, t.code, x.id"
        ),
        facts,
    )
    return TransferSheet(
        **row._asdict(), lines=tuple(TransferLineRow.model_validate(line._asdict()) for line in lines),
        may_send=row.state == "draft" and (kept is None or row.from_location_id in kept),
        may_receive=row.state == "sent" and (kept is None or row.to_location_id in kept),
    )  # fmt: skip


def my_discrepancies(
    work: Work, *, is_open: bool = True, page: int = 1, size: int = 50
) -> tuple[list[DiscrepancyRow], int]:
    """What did not arrive well in transfers, the oldest first: one page, and how many there are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select d.id as discrepancy_id, x.transfer_id, o.sku, p.name as product_name, v.name as variant_name,"
            " t.code as lot, b.name as to_name, d.quantity, d.state, d.what, d.opened_at, d.reason,"
            " count(*) over () as total from stock_discrepancies d join stock_transfer_lines x on x.id = d.line_id"
            " join stock_transfers r on r.id = x.transfer_id join own_places() b on b.id = r.to_location_id"
            " join product_variants v on v.id = x.variant_id join products p on p.id = v.product_id"
            " join lots t on t.id = x.lot_id left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = x.org_id and o.variant_id = x.variant_id) o on true"
            " where d.org_id = :org_id and (d.state = 'open') = :is_open"
            " and (cast(:kept as uuid[]) is null or r.to_location_id = any(:kept) or r.from_location_id = any(:kept))"
            " order by d.opened_at, d.id limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "kept": kept_to(work), "is_open": is_open, "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [DiscrepancyRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0
