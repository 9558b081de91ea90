"""The basket: what a buyer collects from several sellers before checkout."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text

from domain import identity, pricing
from domain.identity import Permission
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.orders.models import Basket, BasketLine


def add_to_basket(work: Work, *, offer_id: UUID, quantity: int) -> None:
    """Put more of an offer into one's open basket (base units), at the price shown now.

    Raises `NotFound` for an offer that is not for sale, `identity.OrganizationIsSuspended`. Order rules are checked
    at checkout.
    """
    line = _line(work, offer_id)
    _set(work, offer_id, base_units(quantity) + (line.quantity if line else 0))


def set_basket_quantity(work: Work, *, offer_id: UUID, quantity: int) -> None:
    """Set the quantity of an offer in one's open basket; the price is confirmed as shown now."""
    _set(work, offer_id, base_units(quantity))


def remove_from_basket(work: Work, *, offer_id: UUID) -> None:
    """Take an offer out of one's open basket. Taking it out twice is fine."""
    line = _line(work, offer_id)
    if line is not None:
        work.session.delete(line)


def confirm_basket_prices(work: Work) -> int:
    """Accept today's prices for all lines whose price has changed. Returns how many had."""
    basket = open_basket(work)
    lines = work.session.scalars(
        select(BasketLine)
        .where(BasketLine.basket_id == basket)
        .order_by(BasketLine.added_at, BasketLine.offer_id)  # in this order budgets of promotions are shared out
    ).all()
    prices = pricing.resolve(work, quantities={line.offer_id: line.quantity for line in lines}, together=True)
    changed = 0
    for line in lines:
        price = prices.get(line.offer_id)
        if price is not None and price.unit_price != line.seen_unit_price:
            line.seen_unit_price = price.unit_price
            changed += 1
    return changed


def hand_over_basket(work: Work, *, org_id: UUID, person_id: UUID, handed_to: UUID) -> int:
    """Put what somebody who left had in the basket into a colleague's (the system only). Returns how many lines."""
    if not work.actor.is_system:
        raise NotFound
    facts = {"org_id": org_id, "person_id": person_id, "handed_to": handed_to, "id": new_id(), "now": work.now}
    moved = work.session.execute(
        text(
            "with gone as (delete from basket_lines l using baskets b where b.id = l.basket_id and b.buyer_id = :org_id"
            "  and b.person_id = :person_id and b.placed_at is null and b.requested_at is null returning l.*),"
            " made as (insert into baskets (id, buyer_id, person_id, created_at)"
            "  select :id, :org_id, :handed_to, :now where exists (select 1 from gone)"
            "  on conflict (buyer_id, person_id) where placed_at is null and requested_at is null"
            "  do update set created_at = baskets.created_at"
            "  returning id)"
            " insert into basket_lines as mine (basket_id, offer_id, buyer_id, quantity, seen_unit_price, added_at)"
            " select made.id, offer_id, buyer_id, quantity, seen_unit_price, added_at from gone cross join made"
            " on conflict (basket_id, offer_id) do update set quantity = mine.quantity + excluded.quantity"
            " returning 1"
        ),
        facts,
    ).all()
    return len(moved)


def _set(work: Work, offer_id: UUID, quantity: int) -> None:
    basket_id = open_basket(work)
    identity.require_active_organization(work)
    _for_sale(work, offer_id)
    price = pricing.resolve(work, quantities={offer_id: quantity}).get(offer_id)
    if price is None:
        raise NotFound("This product is not for sale at the moment.")
    _upsert(work, basket_id, offer_id, quantity, price.unit_price)


def _upsert(work: Work, basket_id: UUID, offer_id: UUID, quantity: int, unit_price: Decimal) -> None:
    work.session.execute(
        text(
            "insert into basket_lines (basket_id, offer_id, buyer_id, quantity, seen_unit_price, added_at)"
            " values (:basket_id, :offer_id, :buyer_id, :quantity, :price, :now)"
            " on conflict (basket_id, offer_id) do update set quantity = excluded.quantity,"
            " seen_unit_price = excluded.seen_unit_price"
        ),
        {
            "basket_id": basket_id,
            "offer_id": offer_id,
            "buyer_id": work.actor.require_org(),
            "quantity": quantity,
            "price": unit_price,
            "now": work.now,
        },
    )


def _for_sale(work: Work, offer_id: UUID) -> None:
    found = work.session.execute(
        text(
            "select o.seller_id from offers o join organizations s on s.id = o.seller_id and s.state = 'active'"
            " where o.id = :id and o.state = 'published'"
            " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
        ),
        {"id": offer_id},
    ).scalar()
    if found is None or found == work.actor.org_id:
        raise NotFound("This product is not for sale at the moment.")


def open_basket(work: Work) -> UUID:
    """One's open basket, its row locked; a new one when there is none."""
    work.actor.require(Permission.FILL_BASKET)
    facts = {"buyer_id": work.actor.require_org(), "person_id": work.actor.user_id}
    if work.actor.user_id is None:
        raise NotFound
    for _ in range(4):
        # The row is locked, so two tabs that add at once follow one another. One that was ordered while we
        # waited for it is gone; then a new one is opened.
        basket_id = work.session.execute(
            select(Basket.id)
            .where(Basket.buyer_id == facts["buyer_id"], Basket.person_id == facts["person_id"])
            .where(Basket.placed_at.is_(None), Basket.requested_at.is_(None))
            .with_for_update()
        ).scalar_one_or_none()
        if basket_id is not None:
            return basket_id
        work.session.execute(
            text(
                "insert into baskets (id, buyer_id, person_id, created_at) values (:id, :buyer_id, :person_id, :now)"
                " on conflict (buyer_id, person_id) where placed_at is null and requested_at is null do nothing"
            ),
            facts | {"id": new_id(), "now": work.now},
        )
    raise Conflict("Your basket is being ordered right now. Please try again.")


def _line(work: Work, offer_id: UUID) -> BasketLine | None:
    return work.session.scalar(
        select(BasketLine).where(BasketLine.basket_id == open_basket(work), BasketLine.offer_id == offer_id)
    )
