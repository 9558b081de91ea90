"""The list prices of an offer: what holds now, what is planned from a day on, and how low it may go.

A price list is a ladder: from a quantity on, one unit costs so much. Rows are never changed; a new list closes the
open rows and adds its own. One that begins later waits as a plan and becomes rows at its instant; whoever asks for a
price in between is answered by the plan (`pricing`), so it holds to the second whenever the worker comes by.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import delete, select, text

from domain import identity
from domain.catalog.events import FloorChanged, PlanWithdrawn, PricesChanged, PricesPlanned
from domain.catalog.models import Offer, PlannedTier, PriceFloor, PricePlan, PriceTier
from domain.catalog.views import PlanRow, Tier
from domain.identity import Permission, Variant
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work

Ladder = Sequence[tuple[int, Decimal]]
FARTHEST = timedelta(days=3 * 366)
MANAGERS_SHARE = Decimal("0.95")  # a manager goes down to five percent below the floor, the owner to anything


class StaleVersion(Conflict):
    """Somebody else has changed it since it was read."""


class BelowFloor(NotAllowed):
    """A price is lower than what the owner lets others give."""


# --- the rules of a ladder -----------------------------------------------------------------------


def checked_tiers(tiers: Ladder, minimum_quantity: int) -> list[tuple[int, Decimal]]:
    """A ladder in the order of its quantities: no gap below its first price, no overlap, never rising."""
    if not tiers:
        raise Invalid("A price list has at least one price.")
    wanted = sorted((base_units(quantity, what="quantity of a price tier"), price) for quantity, price in tiers)
    if wanted[0][0] > minimum_quantity:
        raise Invalid(f"The first price must hold from the smallest order on, which is {minimum_quantity}.")
    for quantity, price in wanted:
        check_price(price, f"from {quantity} on")
    for (quantity, price), (following, lower) in zip(wanted, wanted[1:], strict=False):
        if quantity == following:
            raise Invalid(f"There are two prices from {quantity} on.")
        if lower > price:
            raise Invalid(f"The price rises from {price} to {lower} at {following}; more should never cost more each.")
    return wanted


def check_price(price: Decimal, which: str) -> None:
    if not price.is_finite() or not 0 < price < 10**9 or price != round(price, 6):
        raise Invalid(f"The price {which} must be above 0, with six decimals at most.")


def require_floor(work: Work, lowest: Mapping[UUID, Decimal]) -> None:
    """Refuse prices below the floors of their offers, unless the actor may give them: the owner any, a manager to
    five percent below. Raises `BelowFloor`."""
    if not lowest:
        return
    facts = {"offers": list(lowest), "org_id": work.actor.require_org()}
    rows = work.session.execute(
        text(
            "select f.offer_id, f.minimum_price, o.sku, o.currency from price_floors f"
            " join offers o on o.id = f.offer_id"
            " where f.offer_id = any(:offers) and f.seller_id = :org_id order by o.sku"
        ),
        facts,
    )
    below = [row for row in rows if lowest[row.offer_id] < row.minimum_price]
    if not below or may_go_to(work, Decimal(0)):
        return
    for row in below:
        if not may_go_to(work, lowest[row.offer_id] / row.minimum_price):
            raise BelowFloor(
                f"{lowest[row.offer_id].normalize():f} {row.currency} for {row.sku} is below the floor of"
                f" {row.minimum_price.normalize():f}. Please ask the owner for this price."
            )


def may_go_to(work: Work, share: Decimal) -> bool:
    """Whether the actor may give a price that is this share of a floor."""
    if work.actor.is_system or share >= 1:
        return True
    return work.actor.may(Permission.PRICE_BELOW_FLOOR) and work.actor.variant in givers_of(share)


def givers_of(share: Decimal) -> list[Variant]:
    """The role variants that may give a price that is this share of a floor, be it below."""
    holders = identity.holders_of(Permission.PRICE_BELOW_FLOOR)
    return [variant for variant in holders if share >= MANAGERS_SHARE or identity.is_owner(variant)]


def add_tiers(work: Work, offer: Offer, tiers: Ladder) -> None:
    work.session.add_all(
        PriceTier(id=new_id(), offer_id=offer.id, seller_id=offer.seller_id, minimum_quantity=quantity,
                  unit_price=price, valid_from=work.now)
        for quantity, price in tiers
    )  # fmt: skip
    work.session.flush()


# --- what holds from now on ----------------------------------------------------------------------


def set_price_tiers(work: Work, *, offer_id: UUID, tiers: Ladder, version: int | None = None) -> None:
    """Replace the price list of one's own offer from now on; the old rows stay as history.

    `version` is the offer's when its prices were read: raises `StaleVersion` when somebody has changed it since.
    Raises `Invalid` for doubled, rising or missing tiers, `BelowFloor`. Announces `PricesChanged`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    offer = _own_offer(work, offer_id)
    if version is not None and offer.version != version:
        raise StaleVersion("Somebody else has just changed this product. Please look at it again.")
    set_prices(work, ladders={offer_id: tiers})


def set_prices(work: Work, *, ladders: Mapping[UUID, Ladder]) -> int:
    """Replace the price lists of many of one's own offers from now on, all or none. Returns how many changed.

    Raises and announces what `set_price_tiers` does. The number of statements does not depend on the offers'.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    offers = _lock(work, ladders)
    if len(offers) < len(ladders):
        raise NotFound
    begin_due(work, list(ladders))
    current = _ladders(work, list(ladders))
    wanted = {
        offer_id: ladder
        for offer_id in sorted(ladders)
        if (ladder := checked_tiers(ladders[offer_id], offers[offer_id].minimum_quantity)) != current.get(offer_id)
    }
    require_floor(work, {offer_id: ladder[-1][1] for offer_id, ladder in wanted.items()})
    if wanted:
        # Asked before the offers are forgotten, since each would be read anew.
        sellers = {offer_id: offers[offer_id].seller_id for offer_id in wanted}
        _replace(work, {offer_id: (work.now, ladder) for offer_id, ladder in wanted.items()})
        for offer_id, ladder in wanted.items():
            _tell(work, sellers[offer_id], offer_id, current.get(offer_id, []), ladder)
    return len(wanted)


def change_prices(work: Work, *, request_id: UUID, offer_ids: Collection[UUID], percent: Decimal) -> int:
    """Raise (or, below 0, lower) every price of these offers by a percentage, to the sixth decimal at most.

    Returns how many lists changed. Raises what `set_prices` does; `changed_ladders` shows it before.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    # Locked and begun first: what is changed is the list of this very instant, not one that a colleague has replaced
    # or that a planned one has followed.
    begin_due(work, sorted(_lock(work, offer_ids)))
    return set_prices(work, ladders=_changed(work, offer_ids, percent))


def changed_ladders(
    work: Work, *, offer_ids: Collection[UUID], percent: Decimal
) -> dict[UUID, tuple[list[Tier], list[Tier]]]:
    """What `change_prices` would make of the lists of these own offers: before and after."""
    work.actor.require(Permission.MANAGE_PRICES)
    changed = _changed(work, offer_ids, percent)
    current = _current(work, list(changed))
    return {offer_id: (_tiers(current[offer_id]), _tiers(ladder)) for offer_id, ladder in changed.items()}


def _changed(work: Work, offer_ids: Collection[UUID], percent: Decimal) -> dict[UUID, list[tuple[int, Decimal]]]:
    if not percent.is_finite() or not -90 <= percent <= 900 or percent == 0:
        raise Invalid("Prices change by between -90 and 900 percent, and not by 0.")
    if not 1 <= len(set(offer_ids)) <= 5000:
        raise Invalid("Please choose between 1 and 5,000 products.")
    own = work.session.scalars(
        select(Offer.id).where(Offer.id.in_(set(offer_ids)), Offer.seller_id == work.actor.require_org())
    ).all()
    if len(own) < len(set(offer_ids)):
        raise NotFound
    factor = 1 + percent / 100
    return {
        offer_id: [(quantity, finest(price * factor, like=price)) for quantity, price in ladder]
        for offer_id, ladder in _current(work, list(own)).items()
    }


def finest(price: Decimal, *, like: Decimal) -> Decimal:
    """A price with as many decimals as the one it comes from (two at least), so that 9.99 stays a price people say."""
    digits = max(2, -int(like.normalize().as_tuple().exponent))
    return max(round(price, digits), Decimal(1).scaleb(-digits))


def _ladders(work: Work, offer_ids: list[UUID]) -> dict[UUID, list[tuple[int, Decimal]]]:
    rows = work.session.execute(
        select(PriceTier.offer_id, PriceTier.minimum_quantity, PriceTier.unit_price)
        .where(PriceTier.offer_id.in_(offer_ids), PriceTier.valid_to.is_(None))
        .order_by(PriceTier.offer_id, PriceTier.minimum_quantity)
    )
    found: dict[UUID, list[tuple[int, Decimal]]] = {}
    for offer_id, quantity, price in rows:
        found.setdefault(offer_id, []).append((quantity, price))
    return found


def _current(work: Work, offer_ids: list[UUID]) -> dict[UUID, list[tuple[int, Decimal]]]:
    """The lists that hold now, also those that have begun and are not written yet."""
    begun = {
        row.offer_id: [(int(quantity), Decimal(price)) for quantity, price in row.tiers]
        for row in work.session.execute(_DUE, {"offers": offer_ids, "now": work.now})
        if row.since is None or row.starts_at > row.since
    }
    return _ladders(work, offer_ids) | begun


_CLOSE = text(
    "update price_tiers t set valid_to = n.starts_at"
    " from jsonb_to_recordset(cast(:lists as jsonb)) as n(offer_id uuid, starts_at timestamptz)"
    " where t.offer_id = n.offer_id and t.valid_to is null"
)
_ADD = text(
    "insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from)"
    " select new_id(:now), n.offer_id, o.seller_id, t.quantity, t.price, n.starts_at"
    " from jsonb_to_recordset(cast(:lists as jsonb)) as n(offer_id uuid, starts_at timestamptz, quantities bigint[],"
    "   prices numeric[])"
    " join offers o on o.id = n.offer_id cross join unnest(n.quantities, n.prices) as t(quantity, price)"
)
_TOUCH = text("update offers set version = version + 1 where id = any(:offers)")


def _replace(work: Work, lists: Mapping[UUID, tuple[datetime, Ladder]]) -> None:
    """Close the open rows of these offers and add their new ones, each from its own instant on."""
    rows = [
        {
            "offer_id": offer_id, "starts_at": starts_at, "quantities": [quantity for quantity, _ in ladder],
            "prices": [price for _, price in ladder],
        }
        for offer_id, (starts_at, ladder) in sorted(lists.items())
    ]  # fmt: skip
    facts = {"lists": to_json(rows).decode(), "now": work.now}
    work.session.execute(_CLOSE, facts)
    work.session.execute(_ADD, facts)
    work.session.execute(_TOUCH, {"offers": sorted(lists)})
    work.session.expire_all()


def _tell(work: Work, seller_id: UUID, offer_id: UUID, before: Ladder, after: Ladder, plan: UUID | None = None) -> None:
    work.record(
        PricesChanged(
            subject_id=offer_id, seller_id=seller_id, before=[[str(q), str(p)] for q, p in before],
            after=[[str(q), str(p)] for q, p in after], plan_id=plan,
        )
    )  # fmt: skip


# --- what is planned -----------------------------------------------------------------------------


def plan_prices(
    work: Work,
    *,
    request_id: UUID,
    offer_id: UUID,
    tiers: Ladder,
    starts_at: datetime,
    plan_id: UUID | None = None,
    version: int | None = None,
) -> UUID:
    """Let a price list of one's own offer begin later, or change such a plan (`plan_id`, with the version that was
    read). Returns the plan.

    Raises `Invalid` for a beginning that is not ahead and for wrong ladders, `BelowFloor`, `StaleVersion`, `Conflict`
    for two lists at the same instant. Announces `PricesPlanned`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    offer = _own_offer(work, offer_id)
    if not work.now < starts_at <= work.now + FARTHEST:
        raise Invalid("A planned price list begins after now, and within three years.")
    wanted = checked_tiers(tiers, offer.minimum_quantity)
    require_floor(work, {offer_id: wanted[-1][1]})
    before: list[tuple[int, Decimal]] = []
    if plan_id is None:
        plan = PricePlan(
            id=new_id(), offer_id=offer_id, seller_id=offer.seller_id, starts_at=starts_at, version=1,
            planned_by=work.actor.user_id, planned_at=work.now,
        )  # fmt: skip
    else:
        plan = _own_plan(work, plan_id, version)
        if plan.offer_id != offer_id:
            raise NotFound
        before = [(tier.minimum_quantity, tier.unit_price) for tier in _planned(work, plan_id)]
        work.session.execute(delete(PlannedTier).where(PlannedTier.plan_id == plan_id))
    same = select(PricePlan.id).where(
        PricePlan.offer_id == offer_id, PricePlan.starts_at == starts_at, PricePlan.id != plan.id,
        PricePlan.begun_at.is_(None), PricePlan.withdrawn_at.is_(None),
    )  # fmt: skip
    if work.session.scalar(same):
        raise Conflict("Another price list of this product begins at the same time. Please change that one.")
    if plan_id is None:
        work.session.add(plan)
    else:
        plan.starts_at, plan.version = starts_at, plan.version + 1
    work.session.flush()
    work.session.add_all(
        PlannedTier(plan_id=plan.id, seller_id=plan.seller_id, minimum_quantity=quantity, unit_price=price)
        for quantity, price in wanted
    )
    work.session.flush()
    work.record(
        PricesPlanned(
            subject_id=offer_id, seller_id=offer.seller_id, plan_id=plan.id, starts_at=starts_at.isoformat(),
            before=[[str(q), str(p)] for q, p in before], after=[[str(q), str(p)] for q, p in wanted],
        )
    )  # fmt: skip
    return plan.id


def withdraw_plan(work: Work, *, plan_id: UUID, version: int) -> None:
    """Take a planned price list back before it begins. Raises `StaleVersion`. Announces `PlanWithdrawn`."""
    work.actor.require(Permission.MANAGE_PRICES)
    plan = _own_plan(work, plan_id, version)
    plan.withdrawn_at = work.now
    work.record(PlanWithdrawn(subject_id=plan.offer_id, seller_id=plan.seller_id, plan_id=plan_id))


def planned_prices(work: Work, *, offer_id: UUID | None = None) -> list[PlanRow]:
    """One's own price lists that have not begun yet, the next one first; of one offer, or of all."""
    work.actor.require(Permission.SEE_OFFERS)
    work.actor.require(Permission.SEE_PRICES)
    rows = work.session.execute(
        text(
            "select n.id as plan_id, n.offer_id, n.version, n.starts_at, n.planned_at, o.sku, o.currency,"
            " case v.name when 'Standard' then p.name else p.name || ', ' || v.name end as name,"
            " (select jsonb_agg(jsonb_build_object('minimum_quantity', t.minimum_quantity, 'unit_price',"
            "   t.unit_price::text) order by t.minimum_quantity) from planned_tiers t where t.plan_id = n.id) as tiers"
            " from price_plans n join offers o on o.id = n.offer_id"
            " join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id"
            " where n.seller_id = :org_id and n.begun_at is null and n.withdrawn_at is null"
            " and (cast(:offer_id as uuid) is null or n.offer_id = :offer_id) order by n.starts_at, o.sku limit 500"
        ),
        {"org_id": work.actor.require_org(), "offer_id": offer_id},
    )
    return [PlanRow.model_validate(row._asdict()) for row in rows]


def begin_prices(work: Work, *, at_most: int = 1000) -> int:
    """Let the price lists begin whose time has come (worker). Returns how many did. Announces `PricesChanged`."""
    if not work.actor.is_system:
        raise NotFound
    due: Iterable[UUID] = work.session.execute(
        text(
            "select distinct offer_id from price_plans where begun_at is null and withdrawn_at is null"
            " and starts_at <= :now order by offer_id limit :at_most"
        ),
        {"now": work.now, "at_most": at_most},
    ).scalars()
    offer_ids = list(due)
    if not offer_ids:
        return 0
    work.session.execute(select(Offer.id).where(Offer.id.in_(offer_ids)).order_by(Offer.id).with_for_update())
    return begin_due(work, offer_ids)


_DUE = text(
    "select n.id, n.offer_id, n.seller_id, n.starts_at, (select max(t.valid_from) from price_tiers t"
    "   where t.offer_id = n.offer_id and t.valid_to is null) as since,"
    " (select jsonb_agg(jsonb_build_array(t.minimum_quantity, t.unit_price::text) order by t.minimum_quantity)"
    "   from planned_tiers t where t.plan_id = n.id) as tiers"
    " from price_plans n where n.offer_id = any(:offers) and n.starts_at <= :now"
    " and n.begun_at is null and n.withdrawn_at is null order by n.starts_at, n.id"
)


def begin_due(work: Work, offer_ids: Sequence[UUID]) -> int:
    """Write the lists of these offers (their rows are locked) that have begun meanwhile, oldest first."""
    due = work.session.execute(_DUE, {"offers": list(offer_ids), "now": work.now}).all()
    if not due:
        return 0
    work.session.flush()
    current = _ladders(work, [row.offer_id for row in due])
    rounds: dict[UUID, int] = {}
    by_round: dict[int, dict[UUID, Any]] = {}
    for row in due:  # two lists of one offer follow one another, so there are as many rounds as that, mostly one
        if row.since is None or row.starts_at > row.since:
            rounds[row.offer_id] = rounds.get(row.offer_id, 0) + 1
            by_round.setdefault(rounds[row.offer_id], {})[row.offer_id] = row
    for number in sorted(by_round):
        lists = {
            offer_id: (row.starts_at, [(int(quantity), Decimal(price)) for quantity, price in row.tiers])
            for offer_id, row in by_round[number].items()
        }
        _replace(work, lists)
        for offer_id, (_, ladder) in sorted(lists.items()):
            row = by_round[number][offer_id]
            _tell(work, row.seller_id, offer_id, current.get(offer_id, []), ladder, row.id)
            current[offer_id] = ladder
    work.session.execute(
        text("update price_plans set begun_at = :now where id = any(:plans)"),
        {"now": work.now, "plans": [row.id for row in due]},
    )
    return len(due)


# --- how low it may go ---------------------------------------------------------------------------


def set_price_floor(work: Work, *, offer_id: UUID, minimum_price: Decimal | None) -> None:
    """Say how low the price of one's own offer may go without the owner's word; None: as low as you like.

    It holds discounts up and refuses lower prices; what is agreed already stays. Announces `FloorChanged`.
    """
    work.actor.require(Permission.SET_PRICE_FLOORS)
    offer = _own_offer(work, offer_id)
    floor = work.session.get(PriceFloor, offer_id)
    before = None if floor is None else str(floor.minimum_price)
    if minimum_price is None:
        if floor is not None:
            work.session.delete(floor)
    else:
        check_price(minimum_price, "that is the floor")
        if floor is None:
            floor = PriceFloor(offer_id=offer_id, seller_id=offer.seller_id)
            work.session.add(floor)
        floor.minimum_price, floor.set_by, floor.set_at = minimum_price, work.actor.user_id, work.now
    after = None if minimum_price is None else str(minimum_price)
    if before != after:
        work.record(FloorChanged(subject_id=offer_id, seller_id=offer.seller_id, before=before, after=after))


# --- loading -------------------------------------------------------------------------------------


def _lock(work: Work, offer_ids: Collection[UUID]) -> dict[UUID, Offer]:
    rows = work.session.scalars(
        select(Offer)
        .where(Offer.id.in_(offer_ids), Offer.seller_id == work.actor.require_org())
        .order_by(Offer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {offer.id: offer for offer in rows}


def _own_offer(work: Work, offer_id: UUID) -> Offer:
    offer = _lock(work, [offer_id]).get(offer_id)
    if offer is None:
        raise NotFound
    return offer


def _own_plan(work: Work, plan_id: UUID, version: int | None) -> PricePlan:
    plan = work.session.scalar(
        select(PricePlan)
        .where(PricePlan.id == plan_id, PricePlan.seller_id == work.actor.require_org())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if plan is None:
        raise NotFound
    if plan.withdrawn_at is not None or plan.begun_at is not None or plan.starts_at <= work.now:
        raise Conflict("This price list has begun or was taken back; it can no longer be changed.")
    if plan.version != version:
        raise StaleVersion("Somebody else has just changed this price list. Please look at it again.")
    return plan


def _planned(work: Work, plan_id: UUID) -> list[PlannedTier]:
    statement = select(PlannedTier).where(PlannedTier.plan_id == plan_id).order_by(PlannedTier.minimum_quantity)
    return list(work.session.scalars(statement))


def _tiers(ladder: Ladder) -> list[Tier]:
    return [Tier(minimum_quantity=quantity, unit_price=price) for quantity, price in ladder]
