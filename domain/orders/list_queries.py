"""Questions about saved lists: what is on them, and what has changed since."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import discovery, pricing
from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.money import rounded
from domain.kernel.work import Work
from domain.orders.lists import NOT_FOR_SALE
from domain.orders.views import ListLine, ListRow, ListSheet
from domain.pricing import Price

_MINE = (
    "select s.id as list_id, s.name, s.is_shared, s.person_id = :me as is_mine,"
    " coalesce(p.name, 'a former colleague') as owner_name, s.changed_at,"
    " (select count(*) from saved_list_lines l where l.list_id = s.id) as lines"
    " from saved_lists s left join people p on p.id = s.person_id"
    " where s.org_id = :org_id and (s.is_shared or s.person_id = :me)"
)
_LISTS = text(_MINE + " order by s.person_id <> :me, s.changed_at desc, s.id limit 200")
_LIST = text(_MINE + " and s.id = :list_id")


def my_lists(work: Work) -> list[ListRow]:
    """One's own lists and those that colleagues share, own ones first."""
    work.actor.require(Permission.FILL_BASKET)
    rows = work.session.execute(_LISTS, {"org_id": work.actor.require_org(), "me": work.actor.user_id})
    return [ListRow.model_validate(row._asdict()) for row in rows]


def list_sheet(work: Work, *, list_id: UUID) -> ListSheet:
    """A list line by line: what it cost when it was saved, what it costs today, and what cannot be had and why."""
    work.actor.require(Permission.FILL_BASKET)
    facts = {"org_id": work.actor.require_org(), "me": work.actor.user_id, "list_id": list_id}
    found = work.session.execute(_LIST, facts).one_or_none()
    if found is None:
        raise NotFound
    rows = work.session.execute(
        _LINES, {"list_id": list_id, "now": work.now, "me": work.actor.require_org()}
    ).all()  # fmt: skip
    prices = pricing.resolve(work, quantities={row.offer_id: row.quantity for row in rows if row.seller_id is not None})
    told = discovery.shown_stock(
        work, available={row.offer_id: (row.seller_id, row.available) for row in rows if row.seller_id is not None}
    )
    lines = [
        _line(row, prices.get(row.offer_id), told[row.offer_id].units if row.offer_id in told else None) for row in rows
    ]
    return ListSheet(**found._asdict() | {"lines": lines})


_LINES = text(
    "with mine as materialized (select * from saved_list_lines where list_id = :list_id)"
    " select m.offer_id, m.quantity, m.sku, m.name, m.seller_name, m.currency, m.seen_unit_price, o.seller_id,"
    " v.product_id, p.picture_file_id, p.base_unit, o.minimum_quantity, coalesce(a.available, 0) as available"
    " from mine m left join (offers o join organizations s on s.id = o.seller_id and s.state = 'active'"
    "   join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id)"
    " on o.id = m.offer_id and o.state = 'published' and o.seller_id <> :me"
    " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
    " left join stock_available((select array_agg(offer_id) from mine), :now) a on a.offer_id = m.offer_id"
    " order by m.position"
)


def _line(row: Any, price: Price | None, told: int | None) -> ListLine:
    reason = None
    if row.seller_id is None or price is None:
        reason = NOT_FOR_SALE
    elif row.available < row.quantity:
        reason = f"Only {told:,} are in stock right now." if told else "Fewer are in stock than you want."
    unit_price = price.unit_price if price is not None and row.seller_id is not None else None
    return ListLine(
        offer_id=row.offer_id, product_id=row.product_id, picture_file_id=row.picture_file_id, sku=row.sku,
        name=row.name, seller_name=row.seller_name, quantity=row.quantity, currency=row.currency,
        seen_unit_price=row.seen_unit_price, unit_price=unit_price,
        goods=None if unit_price is None else rounded(unit_price * row.quantity, row.currency),
        is_for_sale=unit_price is not None, reason=reason,
    )  # fmt: skip
