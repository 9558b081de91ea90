"""Pictures, films and models in space of a product: in an order, with words for who does not see them.

A picture is kept whole and in two sizes, for lists and for cards; the first one stands for the product everywhere.
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true

from domain.catalog.events import MediaChanged
from domain.catalog.models import Offer, Product, ProductMedia, Variant
from domain.catalog.products import named, own_product
from domain.catalog.states import MediaKind, OfferState
from domain.catalog.views import MediaRow
from domain.identity import Permission
from domain.kernel import files
from domain.kernel import media as kinds
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

MB = 1024 * 1024
LARGEST = {MediaKind.PICTURE: 10 * MB, MediaKind.VIDEO: 60 * MB, MediaKind.MODEL: 15 * MB}
MOST = {MediaKind.PICTURE: 12, MediaKind.VIDEO: 3, MediaKind.MODEL: 2}
BUDGET_BYTES = 120 * MB  # of one product
THUMB, CARD = 160, 640  # sides of the squares that the smaller pictures fit
_TYPES = {
    MediaKind.PICTURE: kinds.PICTURES, MediaKind.VIDEO: frozenset({kinds.VIDEO}),
    MediaKind.MODEL: frozenset({kinds.MODEL}),
}  # fmt: skip


def add_media(
    work: Work, *, request_id: UUID, product_id: UUID, kind: MediaKind, content: bytes, name: str, alt: str
) -> UUID:
    """Show one's own product with another picture, film or model; `alt` says what is to be seen.

    Raises `NotFound`, `Invalid` for what is not of that kind, damaged, too large or without words, `Conflict` when
    there are enough. Announces MediaChanged.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    kind = MediaKind(kind)
    alt = named(alt, "description of what is to be seen", 200)
    product = own_product(work, product_id)
    held = work.session.scalars(select(ProductMedia).where(ProductMedia.product_id == product_id)).all()
    if sum(row.kind == kind for row in held) >= MOST[kind]:
        raise Conflict(f"A product is shown with {MOST[kind]} of these at most. Take one away first.")
    if sum(row.bytes for row in held) + len(content) > BUDGET_BYTES:
        raise Invalid(f"Everything that shows a product together may have {BUDGET_BYTES // MB} MB.")
    file_id = files.store(
        work, content=content, name=name, is_public=True, kinds=_TYPES[kind], largest=LARGEST[kind]
    )
    size, thumb_id, card_id = files.sheet(work, file_id=file_id).bytes, None, None
    if kind is MediaKind.PICTURE:
        small, card = kinds.in_sizes(files.fresh(work, file_id=file_id), (THUMB, CARD))
        thumb_id, card_id = (
            files.store(work, content=made, name=name, is_public=True, kinds=kinds.PICTURES) for made in (small, card)
        )
        size += len(small) + len(card)
    row = ProductMedia(
        id=new_id(), product_id=product_id, org_id=product.created_by_org_id, kind=kind.value, file_id=file_id,
        card_file_id=card_id, thumb_file_id=thumb_id, alt=alt, bytes=size, added_at=work.now,
        position=max((one.position for one in held), default=0) + 1,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    _show_first(work, product)
    _tell(work, product, "added", row)
    return row.id


def describe_media(work: Work, *, media_id: UUID, alt: str) -> None:
    """Change the words for what is to be seen. Raises `NotFound`, `Invalid`. Announces MediaChanged."""
    work.actor.require(Permission.MANAGE_OFFERS)
    row, product = _own(work, media_id)
    row.alt = named(alt, "description of what is to be seen", 200)
    _tell(work, product, "described", row)


def remove_media(work: Work, *, media_id: UUID) -> None:
    """Show the product without it. Raises `NotFound`. Announces MediaChanged."""
    work.actor.require(Permission.MANAGE_OFFERS)
    row, product = _own(work, media_id)
    work.session.delete(row)
    work.session.flush()
    _show_first(work, product, was=row.file_id)
    _tell(work, product, "removed", row)


def arrange_media(work: Work, *, product_id: UUID, media_ids: Sequence[UUID]) -> None:
    """Put all that shows one's own product into this order; the first picture stands for it everywhere.

    Raises `NotFound`, `Conflict` when somebody has added or taken away one. Announces MediaChanged.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    product = own_product(work, product_id)
    rows = {row.id: row for row in work.session.scalars(
        select(ProductMedia).where(ProductMedia.product_id == product_id))}  # fmt: skip
    if rows.keys() != set(media_ids) or len(media_ids) != len(rows):
        raise Conflict("Somebody else has just changed the pictures. Please look at them again.")
    for position, media_id in enumerate(media_ids, 1):
        rows[media_id].position = position
    work.session.flush()
    _show_first(work, product)
    work.record(MediaChanged(subject_id=product_id, seller_id=product.created_by_org_id, change="arranged"))


def media_of(work: Work, *, product_ids: Sequence[UUID]) -> dict[UUID, list[MediaRow]]:
    """What shows each product, in order: of what is on sale for everybody who is signed in, of drafts for their own."""
    rows = work.session.scalars(
        select(ProductMedia)
        .where(ProductMedia.product_id.in_(list(product_ids)), _is_seen(work))
        .order_by(ProductMedia.product_id, ProductMedia.position, ProductMedia.id)
    )
    found: dict[UUID, list[MediaRow]] = {}
    for row in rows:
        found.setdefault(row.product_id, []).append(
            MediaRow(
                media_id=row.id, product_id=row.product_id, kind=row.kind, file_id=row.file_id,
                card_file_id=row.card_file_id, thumb_file_id=row.thumb_file_id, alt=row.alt, position=row.position,
                bytes=row.bytes,
            )
        )  # fmt: skip
    return found


def film_of(work: Work, *, file_id: UUID) -> Path:
    """Where a film lies that shows a product, for those to whom `media_of` shows it.

    Raises `NotFound`, `NotScannedYet`, `FileHarmful`.
    """
    shown = select(ProductMedia.id).where(
        ProductMedia.file_id == file_id, ProductMedia.kind == MediaKind.VIDEO.value, _is_seen(work)
    )
    if work.session.scalar(shown.limit(1)) is None:
        raise NotFound
    place, _ = files.place_of(work, file_id=file_id)
    return place


def _is_seen(work: Work) -> ColumnElement[bool]:
    """The condition on media of products that are on sale and shown to the actor, or the actor's own."""
    if work.actor.is_staff:
        return true()
    if work.actor.org_id is None:
        raise NotFound
    on_sale = (
        select(Offer.id)
        .join(Variant, Variant.id == Offer.variant_id)
        .where(
            Variant.product_id == ProductMedia.product_id, Offer.state == OfferState.PUBLISHED.value,
            func.offer_is_shown(Offer.id, Offer.audience, Offer.seller_id),
        )
    )  # fmt: skip
    return or_(ProductMedia.org_id == work.actor.org_id, on_sale.exists())


def _own(work: Work, media_id: UUID) -> tuple[ProductMedia, Product]:
    product_id = work.session.scalar(select(ProductMedia.product_id).where(ProductMedia.id == media_id))
    if product_id is None:
        raise NotFound
    product = own_product(work, product_id)
    row = work.session.scalar(select(ProductMedia).where(ProductMedia.id == media_id).with_for_update())
    if row is None:
        raise NotFound
    return row, product


def _show_first(work: Work, product: Product, *, was: UUID | None = None) -> None:
    first = work.session.scalar(
        select(ProductMedia.file_id)
        .where(ProductMedia.product_id == product.id, ProductMedia.kind == MediaKind.PICTURE.value)
        .order_by(ProductMedia.position, ProductMedia.id)
        .limit(1)
    )
    # A product of before has a picture that is not in the list; it stays until there is another one.
    if first is not None or product.picture_file_id == was:
        product.picture_file_id = first
        work.session.flush()


def _tell(work: Work, product: Product, change: str, row: ProductMedia) -> None:
    work.record(
        MediaChanged(subject_id=product.id, seller_id=product.created_by_org_id, change=change, media_id=row.id,
                     kind=row.kind)
    )  # fmt: skip
