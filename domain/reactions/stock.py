"""Who is told that goods run low: the people who keep the stock."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity, notifications
from domain.identity import Permission
from domain.kernel.work import Work

LOW = frozenset({"StockRanLow"})
# A notice names so many products; the screen has all of them.
_NAMED = 3


def tell_of_low_stock(work: Work, event: Any) -> None:
    """One notice of a round to each of them, whatever the number of products."""
    variant_ids = [UUID(str(variant_id)) for variant_id in event.facts["variant_ids"]]
    names = work.session.scalars(
        text(
            "select case v.name when 'Standard' then p.name else p.name || ', ' || v.name end from product_variants v"
            " join products p on p.id = v.product_id where v.id = any(:ids) order by 1 limit :size"
        ),
        {"ids": variant_ids, "size": _NAMED},
    ).all()
    more = len(variant_ids) - len(names)
    goods = ", ".join(names) + (f" and {more} more" if more else "")
    for person_id in _keepers(work, event.subject_id):
        notifications.tell(
            work, org_id=event.subject_id, person_id=person_id, kind="stock_low",
            cause=f"{event.id}:stock_low:{person_id}", subject="stock",
            subject_id=event.subject_id, facts={"goods": goods, "count": len(variant_ids)},
        )  # fmt: skip


def _keepers(work: Work, org_id: UUID) -> list[UUID]:
    """Whoever receives and counts, for all of the places or for some."""
    variants = [variant.value for variant in identity.holders_of(Permission.MANAGE_STOCK)]
    return list(
        work.session.scalars(
            text(
                "select person_id from memberships where org_id = :org_id and state = 'active'"
                " and variant = any(:variants) order by person_id"
            ),
            {"org_id": org_id, "variants": variants},
        )
    )
