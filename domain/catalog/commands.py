"""Products, offers and their prices: what a seller puts up for sale."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain import identity, verification
from domain.catalog.events import (
    OfferChanged,
    OfferCreated,
    OfferMoved,
    ProductChanged,
    ProductCreated,
    SellerTermsChanged,
)
from domain.catalog.history import make_way
from domain.catalog.models import Category, Offer, OfferPack, Product, SellerTerms, Variant
from domain.catalog.prices import StaleVersion, add_tiers, checked_tiers
from domain.catalog.states import OfferState
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.files import is_picture
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code, rounded
from domain.kernel.quantities import base_units
from domain.kernel.work import Work


class SkuTaken(Conflict):
    pass


def create_category(work: Work, *, name: str, parent_id: UUID | None = None) -> UUID:
    """Add a category (staff and jobs)."""
    work.actor.require(Permission.CONFIGURE)
    name = _text(name, "name of the category", 80)
    found = work.session.scalar(select(Category.id).where(Category.name == name, Category.history_id.is_(None)))
    if found:
        return found
    category = Category(id=new_id(), name=name, parent_id=parent_id)
    work.session.add(category)
    return category.id


def create_product(
    work: Work,
    *,
    request_id: UUID,
    name: str,
    description: str = "",
    brand: str | None = None,
    category_id: UUID | None = None,
    base_unit: str = "piece",
    specifications: dict[str, Any] | None = None,
    variants: Sequence[tuple[str, dict[str, str]]] = (("Standard", {}),),
) -> UUID:
    """Create a product with its variants `[(name, options)]`. Announces `ProductCreated`."""
    work.actor.require(Permission.MANAGE_OFFERS)
    if not variants:
        raise Invalid("A product has at least one variant.")
    if len({label for label, _ in variants}) != len(variants):
        raise Invalid("Two variants have the same name.")
    product = Product(
        id=new_id(), created_by_org_id=work.actor.require_org(), category_id=category_id,
        name=_text(name, "name of the product", 200), brand=brand, description=description.strip(),
        base_unit=_text(base_unit, "unit", 30), specifications=specifications or {}, created_at=work.now,
    )  # fmt: skip
    work.session.add(product)
    work.session.flush()
    work.session.add_all(
        Variant(id=new_id(), product_id=product.id, name=_text(label, "name of the variant", 120), options=options)
        for label, options in variants
    )
    work.record(ProductCreated(subject_id=product.id, seller_id=product.created_by_org_id, variants=len(variants)))
    return product.id


def change_product(work: Work, *, product_id: UUID, **fields: Any) -> None:
    """Change name, brand, description, category, specifications or picture of one's own product.

    Raises `verification.NotVerified` for what is on sale and would come into a regulated category without its
    certificate.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    unknown = set(fields) - {"name", "brand", "description", "category_id", "specifications", "picture_file_id"}
    if unknown:
        raise Invalid(f"A product has no field {sorted(unknown)[0]}.")
    product = work.session.scalar(
        select(Product)
        .where(Product.id == product_id, Product.created_by_org_id == work.actor.require_org())
        .with_for_update()
    )
    if product is None:
        raise NotFound
    if "name" in fields:
        fields["name"] = _text(fields["name"], "name of the product", 200)
    if fields.get("picture_file_id") and not is_picture(work, fields["picture_file_id"]):
        raise Invalid("That file is not a picture.")
    changed = {field: value for field, value in fields.items() if value != getattr(product, field)}
    if "category_id" in changed and _is_on_sale(work, product_id):
        verification.require_category(work, category_id=fields["category_id"])
    before = {field: _short(getattr(product, field)) for field in changed}
    for field, value in fields.items():
        setattr(product, field, value)
    work.record(
        ProductChanged(
            subject_id=product.id, seller_id=product.created_by_org_id, fields=sorted(fields), before=before,
            after={field: _short(value) for field, value in changed.items()},
        )
    )  # fmt: skip


def _is_on_sale(work: Work, product_id: UUID) -> bool:
    statement = select(Offer.id).join(Variant, Variant.id == Offer.variant_id)
    mine = (Offer.seller_id == work.actor.require_org(), Offer.state == OfferState.PUBLISHED.value)
    return work.session.scalar(statement.where(Variant.product_id == product_id, *mine).limit(1)) is not None


def _short(value: Any) -> str | None:
    """A value as the log keeps it: enough to see what was changed."""
    return None if value is None else str(value)[:200]


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
    packs: Sequence[tuple[str, int]] = (),
) -> UUID:
    """Offer a variant under one's own SKU, as a draft. `tiers` are (from quantity, unit price).

    Raises `SkuTaken`, or `Invalid` naming the field. Announces `OfferCreated`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    work.actor.require(Permission.MANAGE_PRICES)
    seller_id = work.actor.require_org()
    sku = _text(sku, "SKU", 80)
    if work.session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise NotFound
    make_way(work, seller_id=seller_id, sku=sku)
    if work.session.scalar(select(Offer.id).where(Offer.seller_id == seller_id, Offer.sku == sku)):
        raise SkuTaken(f"You already sell something under the SKU {sku}.")
    if not (isinstance(tax_rate, Decimal) and tax_rate.is_finite() and 0 <= tax_rate < 1):
        raise Invalid("The tax rate is a share between 0 and 1, for example 0.19.")
    _lead_time(lead_time_days)
    offer = Offer(
        id=new_id(), seller_id=seller_id, variant_id=variant_id, sku=sku, state=OfferState.DRAFT.value,
        currency=currency_code(currency), minimum_quantity=base_units(minimum_quantity, what="minimum quantity"),
        order_increment=base_units(order_increment, what="order increment"), lead_time_days=lead_time_days,
        tax_rate=tax_rate, created_at=work.now,
    )  # fmt: skip
    work.session.add(offer)
    work.session.flush()
    add_tiers(work, offer, checked_tiers(tiers, offer.minimum_quantity))
    work.session.add_all(
        OfferPack(offer_id=offer.id, seller_id=seller_id, name=_text(name, "name of the pack", 60),
                  base_units=base_units(units, what=f"size of the pack {name}"))
        for name, units in packs
    )  # fmt: skip
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
) -> None:
    """Change the order rules of one's own offer. Orders that were placed keep theirs.

    Raises `StaleVersion` when somebody changed it since `version` was read. Announces `OfferChanged`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    wanted = {
        "minimum_quantity": None if minimum_quantity is None else base_units(minimum_quantity, what="minimum quantity"),
        "order_increment": None if order_increment is None else base_units(order_increment, what="order increment"),
        "lead_time_days": _lead_time(lead_time_days),
    }
    _change(work, offer_id, version, wanted)


def set_lead_time(work: Work, *, offer_id: UUID, version: int, lead_time_days: int) -> None:
    """Say how many days it takes to make one's own offer ready; for those who plan the production.

    Orders that were placed keep theirs. Raises `StaleVersion`, `Invalid`. Announces `OfferChanged`.
    """
    work.actor.require(Permission.SET_LEAD_TIMES)
    _change(work, offer_id, version, {"lead_time_days": _lead_time(lead_time_days)})


def _lead_time(days: int | None) -> int | None:
    if days is not None and not 0 <= days <= 730:
        raise Invalid("The lead time is between 0 and 730 days.")
    return days


def _change(work: Work, offer_id: UUID, version: int, wanted: Mapping[str, int | None]) -> None:
    offer = _own_offer(work, offer_id)
    if offer.version != version:
        raise StaleVersion("Somebody else has just changed this product. Please look at it again.")
    changes = {k: v for k, v in wanted.items() if v is not None and v != getattr(offer, k)}
    before = {field: str(getattr(offer, field)) for field in changes}
    for field, value in changes.items():
        setattr(offer, field, value)
    if changes:
        offer.version += 1
        after = {field: str(value) for field, value in changes.items()}
        work.record(OfferChanged(subject_id=offer.id, seller_id=offer.seller_id, before=before, after=after))


def publish_offer(work: Work, *, offer_id: UUID) -> None:
    """Put one's own offer up for sale. Raises `identity.OrganizationIsSuspended`,
    `identity.TermsNotAccepted`, `verification.NotVerified` (regulated categories need a certificate).
    Announces `OfferMoved`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    identity.require_active_organization(work)
    identity.require_terms(work)
    verification.require_capability(work, verification.Capability.SELL)
    verification.require_category(work, category_id=_category_of(work, offer_id))
    _move(work, offer_id, OfferState.PUBLISHED)


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


def _category_of(work: Work, offer_id: UUID) -> UUID | None:
    return work.session.scalar(
        select(Product.category_id)
        .join(Variant, Variant.product_id == Product.id)
        .join(Offer, Offer.variant_id == Variant.id)
        .where(Offer.id == offer_id, Offer.seller_id == work.actor.require_org())
    )


def _move(work: Work, offer_id: UUID, state: OfferState) -> None:
    work.actor.require(Permission.MANAGE_OFFERS)
    offer = _own_offer(work, offer_id)
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


def _text(value: str, what: str, longest: int) -> str:
    value = value.strip()
    if not value or len(value) > longest:
        raise Invalid(f"The {what} must have between 1 and {longest} characters.")
    return value
