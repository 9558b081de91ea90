"""Questions about counts: whoever counts sees what to count, whoever looks at it afterwards sees what was expected."""

from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.stock.reach import kept_to
from domain.stock.states import CountState
from domain.stock.views import CountLineRow, CountRow, CountSheet

_ROWS = (
    "select c.id as count_id, c.name, l.name as location, c.state, c.made_at, c.ended_at, s.lines, s.counted,"
    " count(*) over () as total from stock_counts c join locations l on l.id = c.location_id"
    " cross join lateral (select count(*) as lines, count(*) filter (where x.counted is not null) as counted"
    "   from stock_count_lines x where x.count_id = c.id) s"
    " where c.org_id = :org_id and (cast(:kept as uuid[]) is null or c.location_id = any(:kept))"
)


def my_counts(work: Work, *, is_open: bool = True, page: int = 1, size: int = 50) -> tuple[list[CountRow], int]:
    """Counts of one's places, the newest first: those that are not over, or the others. One page, and how many there
    are."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            _ROWS + " and (c.state in ('open', 'in_review')) = :is_open"
            " order by c.made_at desc, c.id limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(), "kept": kept_to(work), "is_open": is_open, "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [CountRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def count_sheet(work: Work, *, count_id: UUID) -> CountSheet:
    """One count with its lines in the order of the places. While it is open nobody is told what is expected.

    Of a finished one each line has what was expected at the instant of its count, the difference, and how much the
    stock has moved since. Raises `NotFound`.
    """
    work.actor.require(Permission.SEE_STOCK)
    facts = {"org_id": work.actor.require_org(), "kept": kept_to(work), "count_id": count_id}
    row = work.session.execute(text(_ROWS + " and c.id = :count_id"), facts).one_or_none()
    if row is None:
        raise NotFound
    found = work.session.execute(
        text(
            "select x.id as line_id, x.variant_id, o.sku, p.name as product_name, v.name as variant_name,"
            " l.name as location, t.code as lot, x.state, x.counted, u.name as counted_by, x.counted_at, x.tries,"
            " x.expected, x.counted - x.expected as difference,"
            " case when x.counted is not null then (select coalesce(sum(m.quantity), 0)::bigint from stock_movements m"
            "   where m.org_id = x.org_id and m.variant_id = x.variant_id and m.location_id = x.location_id"
            "   and m.lot_id = x.lot_id and m.id > coalesce(x.movement_id, 0) and m.cause_id <> x.count_id) end"
            " as moved_since from stock_count_lines x"
            " join product_variants v on v.id = x.variant_id join products p on p.id = v.product_id"
            " join lots t on t.id = x.lot_id join locations l on l.id = x.location_id"
            " left join people u on u.id = x.counted_by"
            " left join lateral (select min(o.sku) as sku from offers o"
            "   where o.seller_id = x.org_id and o.variant_id = x.variant_id) o on true"
            " where x.count_id = :count_id and x.org_id = :org_id order by l.name, p.name, v.name, t.code, x.id"
        ),
        facts,
    ).all()
    is_blind = row.state == CountState.OPEN.value
    hidden = {"expected": None, "difference": None, "moved_since": None} if is_blind else {}
    rows = tuple(CountLineRow.model_validate(line._asdict() | hidden) for line in found)
    difference = None if is_blind else sum(abs(line.difference or 0) for line in rows)
    return CountSheet(**row._asdict(), rows=rows, difference=difference)
