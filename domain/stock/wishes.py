"""What a maker means to make: a recommendation that was accepted counts as on its way until the goods are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from sqlalchemy import select, text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.stock.views import WishRow
from domain.stock.watching.models import ProductionWish


@dataclass(frozen=True, kw_only=True)
class ProductionWished(Event):
    subject: ClassVar[str] = "variant"
    quantity: int
    due_on: date


@dataclass(frozen=True, kw_only=True)
class ProductionWishClosed(Event):
    subject: ClassVar[str] = "variant"
    quantity: int
    outcome: str


def wish_production(work: Work, *, request_id: UUID, quantities: Mapping[UUID, int], due_on: date) -> list[UUID]:
    """Note that so many base units of each of these variants are to be made by a day. Returns the wishes.

    Raises `NotFound` for what one neither stocks nor sells, `Invalid` for a day that is over. Announces
    `ProductionWished`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    org_id = work.actor.require_org()
    _require_maker(work)
    wanted = {variant_id: base_units(quantity) for variant_id, quantity in sorted(quantities.items())}
    if not wanted:
        raise Invalid("Choose at least one product.")
    if due_on < work.now.date():
        raise Invalid("The day by which it is to be made has passed.")
    known = work.session.scalars(
        text(
            "select variant_id from offers where seller_id = :org_id and variant_id = any(:variants)"
            " union select variant_id from stock_balances where org_id = :org_id and variant_id = any(:variants)"
        ),
        {"org_id": org_id, "variants": list(wanted)},
    ).all()
    if len(known) < len(wanted):
        raise NotFound
    made = [
        ProductionWish(
            id=new_id(), org_id=org_id, variant_id=variant_id, quantity=quantity, due_on=due_on,
            wished_by=work.actor.user_id, wished_at=work.now,
        )
        for variant_id, quantity in wanted.items()
    ]  # fmt: skip
    work.session.add_all(made)
    for wish in made:
        work.record(
            ProductionWished(subject_id=wish.variant_id, seller_id=org_id, quantity=wish.quantity, due_on=due_on)
        )
    return [wish.id for wish in made]


def close_production_wish(work: Work, *, wish_id: UUID, outcome: Literal["made", "dropped"]) -> None:
    """The goods are made (take them in by receiving them), or will not be. Announces `ProductionWishClosed`.

    Raises `NotFound`, and `Conflict` for one that is closed.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    if outcome not in ("made", "dropped"):
        raise Invalid("Say whether it was made or dropped.")
    wish = work.session.scalar(
        select(ProductionWish)
        .where(ProductionWish.id == wish_id, ProductionWish.org_id == work.actor.require_org())
        .with_for_update()
    )
    if wish is None:
        raise NotFound
    if wish.closed_at is not None:
        raise Conflict("A colleague has closed this already.")
    wish.outcome, wish.closed_by, wish.closed_at = outcome, work.actor.user_id, work.now
    work.record(
        ProductionWishClosed(subject_id=wish.variant_id, seller_id=wish.org_id, quantity=wish.quantity, outcome=outcome)
    )


def production_wishes(work: Work, *, page: int = 1, size: int = 25) -> tuple[list[WishRow], int]:
    """What is to be made, the earliest day first: one page, and how many there are in all.

    `received` is what came in of the variant since it was wished for, so that one sees what may be closed.
    """
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select w.id as wish_id, w.variant_id, w.quantity, w.due_on, w.wished_at, p.name as product_name,"
            " v.name as variant_name, o.sku, count(*) over () as total, (select coalesce(sum(m.quantity), 0)"
            "   from stock_movements m where m.org_id = w.org_id and m.variant_id = w.variant_id"
            "   and m.kind = 'received' and m.recorded_at > w.wished_at)::bigint as received"
            " from production_wishes w join product_variants v on v.id = w.variant_id"
            " join products p on p.id = v.product_id left join lateral (select min(sku) as sku from offers"
            "   where seller_id = w.org_id and variant_id = w.variant_id) o on true"
            " where w.org_id = :org_id and w.closed_at is null order by w.due_on, p.name, v.name, w.id"
            " limit :size offset :skip"
        ),
        {"org_id": work.actor.require_org(), "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [WishRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def _require_maker(work: Work) -> None:
    if work.actor.org_kind != identity.OrgKind.MANUFACTURER:
        raise NotFound
