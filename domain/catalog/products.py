"""Products: what something is, whoever sells it, as the organisation says that described it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from domain import verification
from domain.catalog.events import ProductChanged, ProductCreated
from domain.catalog.models import Offer, Product, Variant
from domain.catalog.reviewing import FIELDS, ask_edit, is_reviewed, require_nothing_open, short, write_fields
from domain.catalog.specifications import checked, missing, templates
from domain.catalog.states import OfferState
from domain.catalog.views import AttributeRow
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.files import is_picture
from domain.kernel.ids import new_id
from domain.kernel.work import Work

MOST_OPTIONS = 3


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
    option_names: Sequence[str] = (),
) -> UUID:
    """Create a product with its variants `[(name, options)]`. Announces `ProductCreated`.

    With `option_names` ("Size", "Colour") it may begin without variants: `create_variants` makes them. Raises
    `Invalid`, which names the field that its category asks for in another way.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    names = checked_option_names(option_names or [name for _, options in variants for name in options])
    if not variants and not names:
        raise Invalid("A product has at least one variant.")
    if len({label for label, _ in variants}) != len(variants):
        raise Invalid("Two variants have the same name.")
    product = Product(
        id=new_id(), created_by_org_id=work.actor.require_org(), category_id=category_id,
        name=named(name, "name of the product", 200), brand=brand, description=description.strip(),
        base_unit=named(base_unit, "unit", 30), created_at=work.now, option_names=names,
        specifications=_specified(work, category_id, specifications or {}),
    )  # fmt: skip
    work.session.add(product)
    work.session.flush()
    work.session.add_all(
        Variant(id=new_id(), product_id=product.id, name=named(label, "name of the variant", 120), options=options)
        for label, options in variants
    )
    work.record(ProductCreated(subject_id=product.id, seller_id=product.created_by_org_id, variants=len(variants)))
    return product.id


def change_product(work: Work, *, product_id: UUID, **fields: Any) -> UUID | None:
    """Change name, brand, description, category, specifications or picture of one's own product.

    Of what is or was on sale in a category that operations look at, all but the picture waits for them: then the id of
    the change that waits is returned, and the product stays as it is. Raises `verification.NotVerified` for what is on
    sale and would come into a regulated category without its certificate, `ChangeWaits`, `Invalid`, which names the
    field. Announces ProductChanged, CatalogChangeAsked.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    unknown = set(fields) - FIELDS - {"picture_file_id"}
    if unknown:
        raise Invalid(f"A product has no field {sorted(unknown)[0]}.")
    product = own_product(work, product_id)
    if "name" in fields:
        fields["name"] = named(fields["name"], "name of the product", 200)
    if fields.get("picture_file_id") and not is_picture(work, fields["picture_file_id"]):
        raise Invalid("That file is not a picture.")
    if fields.keys() & {"specifications", "category_id"}:
        category_id = fields.get("category_id", product.category_id)
        fields["specifications"] = _specified(work, category_id, fields.get("specifications", product.specifications))
    changed = {field: value for field, value in fields.items() if value != getattr(product, field)}
    waits: UUID | None = None
    is_on_sale = bool(changed.keys() & FIELDS) and _is_on_sale(work, product_id)
    # What operations have said yes to, or are looking at, is not exchanged in a pause or behind their backs.
    is_looked_at = is_on_sale or bool(changed.keys() & FIELDS) and _goes_on_sale_unseen(work, product_id)
    if is_on_sale and "specifications" in changed:
        require_complete(work, changed.get("category_id", product.category_id), changed["specifications"])
    if is_on_sale and "category_id" in changed:
        verification.require_category(work, category_id=changed["category_id"])
    if is_looked_at and is_reviewed(work, product.category_id, changed.get("category_id")):
        require_nothing_open(work, product_id)
        change_id, passes = ask_edit(work, product, {f: v for f, v in changed.items() if f in FIELDS})
        if not passes:
            waits, changed = change_id, {f: v for f, v in changed.items() if f not in FIELDS}
            if not changed:
                return waits
    before = {field: short(getattr(product, field)) for field in changed}
    write_fields(work, product, changed)
    work.record(
        ProductChanged(
            subject_id=product.id, seller_id=product.created_by_org_id, fields=sorted(changed if waits else fields),
            before=before, after={field: short(value) for field, value in changed.items()},
        )
    )  # fmt: skip
    return waits


def own_product(work: Work, product_id: UUID) -> Product:
    """A product that one's own organisation described, locked."""
    product = work.session.scalar(
        select(Product)
        .where(Product.id == product_id, Product.created_by_org_id == work.actor.require_org())
        .with_for_update()
    )
    if product is None:
        raise NotFound
    return product


def checked_option_names(names: Sequence[str]) -> list[str]:
    """The names by which variants differ, in their order. Raises `Invalid`."""
    kept = list(dict.fromkeys(named(name, "name of an option", 40) for name in names))
    if len(kept) > MOST_OPTIONS:
        raise Invalid("A product has three options at most, such as size, colour and material.")
    return kept


def require_complete(work: Work, category_id: UUID | None, specifications: Mapping[str, Any]) -> None:
    """Refuse to have on sale what does not say everything that its category needs; names what is missing."""
    lacking = missing(_template(work, category_id), specifications)
    if lacking:
        raise Invalid(f"On sale, its category asks for: {', '.join(lacking)}. Please add it to the specifications.")


def named(value: str, what: str, longest: int) -> str:
    """A text of one line without blanks at its ends. Raises `Invalid`, which says what it is."""
    value = value.strip()
    if not value or len(value) > longest:
        raise Invalid(f"The {what} must have between 1 and {longest} characters.")
    return value


def _specified(work: Work, category_id: UUID | None, specifications: Mapping[str, Any]) -> dict[str, Any]:
    return checked(_template(work, category_id), specifications)


def _template(work: Work, category_id: UUID | None) -> Sequence[AttributeRow]:
    return templates(work, [category_id]).get(category_id, []) if category_id else []


def _is_on_sale(work: Work, product_id: UUID) -> bool:
    statement = select(Offer.id).join(Variant, Variant.id == Offer.variant_id)
    mine = (Offer.seller_id == work.actor.require_org(), Offer.state == OfferState.PUBLISHED.value)
    return work.session.scalar(statement.where(Variant.product_id == product_id, *mine).limit(1)) is not None


def _goes_on_sale_unseen(work: Work, product_id: UUID) -> bool:
    """Whether it waits for its first time on sale, or needs nobody's word to come back; whoever sells it."""
    seen = or_(
        Offer.state.in_([OfferState.PUBLISHED.value, OfferState.IN_REVIEW.value]),
        and_(Offer.state == OfferState.PAUSED.value, Offer.published_at.is_not(None)),
    )
    statement = select(Offer.id).join(Variant, Variant.id == Offer.variant_id)
    return work.session.scalar(statement.where(Variant.product_id == product_id, seen).limit(1)) is not None
