"""Offers: under which SKU and by which rules a seller sells a variant, and when it is on sale."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from domain import identity, verification
from domain.catalog.events import (
    OfferChanged,
    OfferCreated,
    OfferMoved,
    SellerTermsChanged,
)
from domain.catalog.history import make_way
from domain.catalog.models import Offer, OfferPack, Product, SalePolicy, SellerTerms, Variant
from domain.catalog.prices import StaleVersion, add_tiers, checked_tiers
from domain.catalog.products import named, require_complete
from domain.catalog.reviewing import ask_publication, is_reviewed
from domain.catalog.states import GRADES, OfferState, PackLevel
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code, rounded
from domain.kernel.quantities import base_units
from domain.kernel.work import Work

Pack = tuple[str, int] | tuple[str, int, str]


class SkuTaken(Conflict):
    pass


def create_offer(
    work: Work,
    *,
    request_id: UUID,
    variant_id: UUID,
    sku: str,
    tiers: Sequence[tuple[int, Decimal]],
    currency: str,
    minimum_quantity: int = 1,
    order_increment: int = 1,
    lead_time_days: int = 0,
    tax_rate: Decimal = Decimal(0),
    packs: Sequence[Pack] = (),
) -> UUID:
    """Offer a variant under one's own SKU, as a draft. `tiers` are (from quantity, unit price).

    Raises `SkuTaken`, or `Invalid` naming the field. Announces `OfferCreated`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    work.actor.require(Permission.MANAGE_PRICES)
    seller_id = work.actor.require_org()
    sku = named(sku, "SKU", 80)
    if work.session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise NotFound
    make_way(work, seller_id=seller_id, skus=[sku])
    if work.session.scalar(select(Offer.id).where(Offer.seller_id == seller_id, Offer.sku == sku)):
        raise SkuTaken(f"You already sell something under the SKU {sku}.")
    checked_tax_rate(tax_rate)
    lead_time(lead_time_days)
    offer = Offer(
        id=new_id(), seller_id=seller_id, variant_id=variant_id, sku=sku, state=OfferState.DRAFT.value,
        currency=currency_code(currency), minimum_quantity=base_units(minimum_quantity, what="minimum quantity"),
        order_increment=base_units(order_increment, what="order increment"), lead_time_days=lead_time_days,
        tax_rate=tax_rate, created_at=work.now,
    )  # fmt: skip
    work.session.add(offer)
    work.session.flush()
    add_tiers(work, offer, checked_tiers(tiers, offer.minimum_quantity))
    add_packs(work, {offer.id: seller_id}, checked_packs(packs))
    work.record(OfferCreated(subject_id=offer.id, seller_id=seller_id, variant_id=variant_id, sku=sku))
    return offer.id


def change_offer(
    work: Work,
    *,
    offer_id: UUID,
    version: int,
    minimum_quantity: int | None = None,
    order_increment: int | None = None,
    lead_time_days: int | None = None,
    production_days: int | None = None,
    tax_rate: Decimal | None = None,
    packs: Sequence[Pack] | None = None,
    grade: str | None = None,
    shelf_life_days: int | None = None,
    minimum_life_share: Decimal | None = None,
    policy_id: UUID | None = None,
) -> None:
    """Change the order rules of one's own offer; what is None stays. Orders that were placed keep theirs.

    `packs` are all of them, as (name, base units) or (name, base units, level); a shelf life of 0 and a grade of ""
    take theirs away, a policy is the version that holds now. Raises `StaleVersion` when somebody changed the offer
    since `version` was read, `Invalid`, which names the field. Announces `OfferChanged`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    wanted: dict[str, Any] = {
        "minimum_quantity": None if minimum_quantity is None else base_units(minimum_quantity, what="minimum quantity"),
        "order_increment": None if order_increment is None else base_units(order_increment, what="order increment"),
        "lead_time_days": lead_time(lead_time_days), "production_days": production_time(production_days),
        "tax_rate": None if tax_rate is None else checked_tax_rate(tax_rate),
    }  # fmt: skip
    gone = set[str]()
    if grade is not None:
        if grade and grade not in GRADES:
            raise Invalid(f"The grade is one of {', '.join(GRADES)}.")
        wanted["grade"] = grade or None
        gone |= set() if grade else {"grade"}
    if shelf_life_days is not None:
        if not 0 <= shelf_life_days <= 3650:
            raise Invalid("The shelf life is between 1 and 3,650 days; 0 for goods that keep.")
        wanted["shelf_life_days"] = shelf_life_days or None
        gone |= set() if shelf_life_days else {"shelf_life_days", "minimum_life_share"}
    if minimum_life_share is not None:
        if not (minimum_life_share.is_finite() and 0 <= minimum_life_share <= 1):
            raise Invalid("The share of its life that is left at least is between 0 and 1, for example 0.6.")
        wanted["minimum_life_share"] = None if "minimum_life_share" in gone else minimum_life_share
    if policy_id is not None:
        wanted["policy_id"] = _held_policy(work, policy_id)
    _change(work, offer_id, version, wanted, gone=gone, packs=packs)


def set_lead_time(work: Work, *, offer_id: UUID, version: int, lead_time_days: int) -> None:
    """Say how many days it takes to make one's own offer ready; for those who plan the production.

    Orders that were placed keep theirs. Raises `StaleVersion`, `Invalid`. Announces `OfferChanged`.
    """
    work.actor.require(Permission.SET_LEAD_TIMES)
    _change(work, offer_id, version, {"lead_time_days": lead_time(lead_time_days)})


def lead_time(days: int | None) -> int | None:
    if days is not None and not 0 <= days <= 730:
        raise Invalid("The lead time is between 0 and 730 days.")
    return days


def production_time(days: int | None) -> int | None:
    if days is not None and not 0 <= days <= 365:
        raise Invalid("The production time is between 0 and 365 working days.")
    return days


def checked_tax_rate(rate: Decimal) -> Decimal:
    if not (isinstance(rate, Decimal) and rate.is_finite() and 0 <= rate < 1):
        raise Invalid("The tax rate is a share between 0 and 1, for example 0.19.")
    return rate


def _held_policy(work: Work, policy_id: UUID) -> UUID:
    mine = (SalePolicy.seller_id == work.actor.require_org(), SalePolicy.valid_to.is_(None))
    if work.session.scalar(select(SalePolicy.id).where(SalePolicy.id == policy_id, *mine)) is None:
        raise NotFound
    return policy_id


def checked_packs(packs: Sequence[Pack]) -> list[tuple[str, int, str]]:
    """Packs as (name, base units, level) from the smallest: each level is a whole number of the one below it.

    Raises `Invalid`, which names the pack.
    """
    kept = []
    for pack in packs:
        name = named(pack[0], "name of the pack", 60)
        size = base_units(pack[1], what=f"size of the pack {name}")
        level = str(pack[2]) if len(pack) > 2 else PackLevel.CASE.value
        if level not in list(PackLevel):
            raise Invalid(f"{name}: a pack is an inner pack, a case or a pallet.")
        kept.append((name, size, level))
    if len({name.casefold() for name, _, _ in kept}) != len(kept):
        raise Invalid("Two packs have the same name.")
    order = list(PackLevel)
    kept.sort(key=lambda one: (order.index(PackLevel(one[2])), one[1]))
    for above, larger, upper in kept:
        for name, size, level in kept:
            is_below = order.index(PackLevel(level)) < order.index(PackLevel(upper))
            if is_below and (larger <= size or larger % size):
                raise Invalid(f"{above} of {larger} is not a whole number of {name} of {size}.")
    return kept


def _change(
    work: Work, offer_id: UUID, version: int, wanted: Mapping[str, Any], *, gone: Collection[str] = (),
    packs: Sequence[Pack] | None = None,
) -> None:  # fmt: skip
    offer = _own_offer(work, offer_id)
    if offer.version != version:
        raise StaleVersion("Somebody else has just changed this product. Please look at it again.")
    changes = {k: v for k, v in wanted.items() if v is not None and v != getattr(offer, k)}
    changes |= {field: None for field in gone if getattr(offer, field) is not None}
    before = {field: str(getattr(offer, field)) for field in changes}
    after = {field: str(value) for field, value in changes.items()}
    for field, value in changes.items():
        setattr(offer, field, value)
    if offer.minimum_life_share is not None and offer.shelf_life_days is None:
        raise Invalid("Say the shelf life first, then how much of it is left at least.")
    if packs is not None:
        kept = checked_packs(packs)
        held = work.session.execute(
            select(OfferPack.name, OfferPack.base_units, OfferPack.level).where(OfferPack.offer_id == offer_id)
        )
        was, becomes = _packs_in_words(map(tuple, held)), _packs_in_words(kept)
        if was != becomes:
            before["packs"], after["packs"] = was, becomes
            work.session.execute(delete(OfferPack).where(OfferPack.offer_id == offer_id))
            add_packs(work, {offer_id: offer.seller_id}, kept)
    if after:
        offer.version += 1
        work.session.flush()
        work.record(OfferChanged(subject_id=offer.id, seller_id=offer.seller_id, before=before, after=after))


def add_packs(work: Work, offers: Mapping[UUID, UUID], packs: Sequence[tuple[str, int, str]]) -> None:
    """The same packs for several offers, given with their sellers: one statement."""
    rows = [
        {"offer_id": offer_id, "seller_id": seller_id, "name": name, "base_units": size, "level": level}
        for offer_id, seller_id in offers.items()
        for name, size, level in packs
    ]
    if rows:
        work.session.execute(insert(OfferPack), rows)


def _packs_in_words(packs: Iterable[tuple[Any, ...]]) -> str:
    return ", ".join(f"{name} of {size} ({level})" for name, size, level in sorted(packs, key=lambda p: (p[1], p[0])))


def publish_offer(work: Work, *, offer_id: UUID) -> OfferState:
    """Put one's own offer up for sale; for the first time in a category that operations look at: have it looked at.

    Returns which of the two. Raises `identity.OrganizationIsSuspended`, `identity.TermsNotAccepted`,
    `verification.NotVerified` (regulated categories need a certificate), `Invalid` for what its category asks to be
    said, `ChangeWaits`. Announces `OfferMoved`, CatalogChangeAsked.
    """
    return publish_offers(work, offer_ids=[offer_id])[offer_id]


def publish_offers(work: Work, *, offer_ids: Sequence[UUID]) -> dict[UUID, OfferState]:
    """Several of one's own offers at once, all or none; as `publish_offer`."""
    work.actor.require(Permission.MANAGE_OFFERS)
    identity.require_active_organization(work)
    identity.require_terms(work)
    verification.require_capability(work, verification.Capability.SELL)
    seller_id = work.actor.require_org()
    rows = work.session.execute(
        select(Offer, Product)
        .join(Variant, Variant.id == Offer.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Offer.id.in_(list(offer_ids)), Offer.seller_id == seller_id)
        .order_by(Offer.id)
        .with_for_update(of=Offer)
    ).all()
    if len(rows) < len(set(offer_ids)):
        raise NotFound
    for category_id in sorted({product.category_id for _, product in rows if product.category_id}):
        verification.require_category(work, category_id=category_id)
    first = [(offer, product) for offer, product in rows if offer.published_at is None]
    for product in {product.id: product for _, product in first}.values():
        if product.created_by_org_id == seller_id:
            require_complete(work, product.category_id, product.specifications)
    looked_at = {c for c in {product.category_id for _, product in first} if c and is_reviewed(work, c)}
    found: dict[UUID, OfferState] = {}
    waiting: dict[UUID, list[UUID]] = {}
    for offer, product in rows:
        waits = offer.published_at is None and product.category_id in looked_at
        _step(work, offer, OfferState.IN_REVIEW if waits else OfferState.PUBLISHED)
        found[offer.id] = OfferState(offer.state)
        if waits:
            waiting.setdefault(product.id, []).append(offer.id)
    for product_id, ids in waiting.items():
        ask_publication(work, product_id=product_id, offer_ids=ids)
    return found


def pause_offer(work: Work, *, offer_id: UUID) -> None:
    """Take one's own offer off sale for a while; open orders go on."""
    _move(work, offer_id, OfferState.PAUSED)


def discontinue_offer(work: Work, *, offer_id: UUID) -> None:
    """Take one's own offer off sale for good; open orders go on."""
    _move(work, offer_id, OfferState.DISCONTINUED)


def set_seller_terms(
    work: Work,
    *,
    currency: str,
    order_minimum: Decimal,
    shipping_fee: Decimal,
    free_shipping_from: Decimal | None = None,
) -> None:
    """Say from which goods value on one sells, and what shipping costs. Valid for new orders only."""
    work.actor.require(Permission.MANAGE_PRICES)
    seller_id = work.actor.require_org()
    currency = currency_code(currency)
    amounts = {"order minimum": order_minimum, "shipping fee": shipping_fee}
    if free_shipping_from is not None:
        amounts["value for free shipping"] = free_shipping_from
    for what, amount in amounts.items():
        if not amount.is_finite() or not 0 <= amount < 10**9 or amount != rounded(amount, currency):
            raise Invalid(f"The {what} must be between 0 and a billion, exact in the smallest unit of {currency}.")
    terms = work.session.get(SellerTerms, seller_id, with_for_update=True)
    if terms is None:
        terms = SellerTerms(seller_id=seller_id)
        work.session.add(terms)
    before = _terms(terms) if terms.currency else None
    terms.currency = currency
    terms.order_minimum, terms.shipping_fee, terms.free_shipping_from = order_minimum, shipping_fee, free_shipping_from
    work.record(
        SellerTermsChanged(
            subject_id=seller_id,
            order_minimum=str(order_minimum),
            shipping_fee=str(shipping_fee),
            free_shipping_from=str(free_shipping_from) if free_shipping_from is not None else None,
            before=before,
            after=_terms(terms),
        )
    )


def _terms(terms: SellerTerms) -> dict[str, str | None]:
    fields = ("currency", "order_minimum", "shipping_fee", "free_shipping_from")
    values = {field: getattr(terms, field) for field in fields}
    return {field: f"{value.normalize():f}" if isinstance(value, Decimal) else value for field, value in values.items()}


def _move(work: Work, offer_id: UUID, state: OfferState) -> None:
    work.actor.require(Permission.MANAGE_OFFERS)
    _step(work, _own_offer(work, offer_id), state)


def _step(work: Work, offer: Offer, state: OfferState) -> None:
    was = offer.state
    offer.move_to(state)
    offer.version += 1
    if state is OfferState.PUBLISHED and offer.published_at is None:
        offer.published_at = work.now
    work.record(OfferMoved(subject_id=offer.id, seller_id=offer.seller_id, from_state=was, to_state=offer.state))


def _own_offer(work: Work, offer_id: UUID) -> Offer:
    offer = work.session.scalar(
        select(Offer).where(Offer.id == offer_id, Offer.seller_id == work.actor.require_org()).with_for_update()
    )
    if offer is None:
        raise NotFound
    return offer
