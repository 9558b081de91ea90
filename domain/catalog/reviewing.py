"""What operations look at: going on sale in a reviewed category, and changes of what is on sale there.

Small corrections of a description pass by themselves, a few a month, and prices always do. One change of a product
waits at a time; one that was overtaken is refused, and nobody with ties to the seller decides.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from domain import verification
from domain.catalog.categories import checked_reason
from domain.catalog.events import CatalogChangeAsked, CatalogChangeDecided, OfferMoved, ProductChanged
from domain.catalog.models import CatalogChange, Offer, Product
from domain.catalog.states import ChangeKind, ChangeState, OfferState
from domain.catalog.views import ChangeRow
from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

FIELDS = frozenset({"name", "brand", "description", "category_id", "specifications"})
SMALL_EDITS, SMALL_EDITS_DAYS = 3, 30  # so that many small corrections do not make a large one


class ChangeWaits(Conflict):
    """A change of this product waits for operations already."""


class ChangeOvertaken(Conflict):
    """The product is not any more what the change was made from."""


class OtherEyesNeeded(NotAllowed):
    """Who has ties to the seller does not decide."""


def is_reviewed(work: Work, *category_ids: UUID | None) -> bool:
    """Whether one of the categories, or one above it, is looked at by operations."""
    for_whom = [category_id for category_id in category_ids if category_id is not None]
    if not for_whom:
        return False
    found = work.session.execute(
        text("select bool_or(category_is_reviewed(c)) from unnest(cast(:ids as uuid[])) as c"), {"ids": for_whom}
    ).scalar()
    return bool(found)


def ask_edit(work: Work, product: Product, wanted: Mapping[str, Any]) -> tuple[UUID, bool]:
    """Have a change of what is on sale looked at; whether it passes by itself. The caller applies what passes."""
    before = {field: plain(getattr(product, field)) for field in wanted}
    after = {field: plain(value) for field, value in wanted.items()}
    passes = set(wanted) == {"description"} and _is_small(work, product, str(wanted["description"]))
    change = CatalogChange(
        id=new_id(), product_id=product.id, seller_id=work.actor.require_org(), kind=ChangeKind.EDIT.value,
        state=(ChangeState.APPROVED if passes else ChangeState.PENDING).value, before=before, after=after,
        asked_by=work.actor.user_id, asked_at=work.now, decided_at=work.now if passes else None,
        reason="A small correction" if passes else None,
    )  # fmt: skip
    _add(work, change)
    if passes:
        _tell(work, change, "A small correction", by_itself=True)
    return change.id, passes


def ask_publication(work: Work, *, product_id: UUID, offer_ids: Collection[UUID]) -> UUID:
    """Have offers looked at before they go on sale; they join those of the product that wait already."""
    seller_id = work.actor.require_org()
    waiting = _open_change(work, product_id, seller_id)
    if waiting is None:
        waiting = CatalogChange(
            id=new_id(), product_id=product_id, seller_id=seller_id, kind=ChangeKind.PUBLICATION.value,
            state=ChangeState.PENDING.value, before={}, after={"offers": [str(one) for one in offer_ids]},
            asked_by=work.actor.user_id, asked_at=work.now,
        )  # fmt: skip
        _add(work, waiting)
    elif waiting.kind != ChangeKind.PUBLICATION:
        raise ChangeWaits("A change of this product is being looked at. Please wait for the answer, or withdraw it.")
    else:
        waiting.after = {"offers": sorted({*waiting.after["offers"], *(str(one) for one in offer_ids)})}
    return waiting.id


def decide_change(work: Work, *, change_id: UUID, is_approved: bool, reason: str = "") -> None:
    """Say yes or no to what waits; a yes puts it into force at once.

    Raises `NotFound`, `IllegalMove` when it is decided, `OtherEyesNeeded` for who has ties to the seller, `Invalid`
    for a no without a reason, `ChangeOvertaken` when the product was changed since, `verification.NotVerified` when the
    seller may not sell in the category. Announces CatalogChangeDecided, ProductChanged, OfferMoved.
    """
    work.actor.require(Permission.MODERATE_CATALOG)
    work.actor.require_staff()
    change = _locked(work, change_id)
    _require_other_eyes(work, change)
    reason = checked_reason(reason) if reason.strip() or not is_approved else ""
    change.move_to(ChangeState.APPROVED if is_approved else ChangeState.REJECTED)
    change.decided_by, change.decided_at, change.reason = work.actor.user_id, work.now, reason or None
    if change.kind == ChangeKind.PUBLICATION:
        _move_offers(work, change, OfferState.PUBLISHED if is_approved else OfferState.DRAFT)
    elif is_approved:
        _apply(work, change)
    _tell(work, change, reason)


def withdraw_change(work: Work, *, change_id: UUID) -> None:
    """Take one's own change back. Raises `NotFound`, `IllegalMove`. Announces CatalogChangeDecided, OfferMoved."""
    work.actor.require(Permission.MANAGE_OFFERS)
    change = _locked(work, change_id)
    if change.seller_id != work.actor.require_org():
        raise NotFound
    change.move_to(ChangeState.WITHDRAWN)
    change.decided_at = work.now
    if change.kind == ChangeKind.PUBLICATION:
        _move_offers(work, change, OfferState.DRAFT)
    _tell(work, change, "Withdrawn by the seller")


_CHANGES = text("""
    select h.id as change_id, h.product_id, p.name as product_name, h.seller_id, s.name as seller_name,
           c.name as category, h.kind, h.state, h.asked_at, a.name as asked_by, h.decided_at, h.reason, h.before,
           h.after, p.description, p.specifications, p.picture_file_id, count(*) over () as total
    from catalog_changes h
    join products p on p.id = h.product_id join organizations s on s.id = h.seller_id
    left join categories c on c.id = p.category_id left join people a on a.id = h.asked_by
    where (cast(:seller as uuid) is null or h.seller_id = :seller)
      and (cast(:product as uuid) is null or h.product_id = :product)
      and (cast(:state as text) is null or h.state = :state)
    order by case when h.state = 'pending' then h.asked_at end, h.asked_at desc, h.id limit :size offset :skip
""")


def changes(
    work: Work, *, state: ChangeState | None = None, page: int = 1, size: int = 25
) -> tuple[list[ChangeRow], int]:
    """What waits or waited for operations, of all sellers: those that wait longest first, and how many."""
    work.actor.require(Permission.SEE_MODERATION)
    work.actor.require_staff()
    return _found(work, None, None, state, page, size)


def my_changes(
    work: Work, *, product_id: UUID | None = None, state: ChangeState | None = None, page: int = 1, size: int = 25
) -> tuple[list[ChangeRow], int]:
    """What of one's own waits or waited for operations, and how many."""
    work.actor.require(Permission.SEE_OFFERS)
    return _found(work, work.actor.require_org(), product_id, state, page, size)


def _found(
    work: Work, seller: UUID | None, product: UUID | None, state: ChangeState | None, page: int, size: int
) -> tuple[list[ChangeRow], int]:
    facts = {"seller": seller, "product": product, "state": state.value if state else None, "size": size,
             "skip": (max(page, 1) - 1) * size}  # fmt: skip
    rows = [ChangeRow.model_validate(row._asdict()) for row in work.session.execute(_CHANGES, facts)]
    return rows, rows[0].total if rows else 0


def require_nothing_open(work: Work, product_id: UUID) -> None:
    """Refuse while another change of the product waits."""
    if _open_change(work, product_id, work.actor.require_org()) is not None:
        raise ChangeWaits("A change of this product is being looked at. Please wait for the answer, or withdraw it.")


def plain(value: Any) -> Any:
    """A field of a product as a change keeps it."""
    return str(value) if isinstance(value, UUID) else value


def write_fields(work: Work, product: Product, wanted: Mapping[str, Any]) -> None:
    """Put checked fields into a product; a change of the category says its instant."""
    for field, value in wanted.items():
        setattr(product, field, value)
    if "category_id" in wanted:
        product.category_since = work.now
    work.session.flush()


def short(value: Any) -> str | None:
    """A value as the log keeps it: enough to see what was changed."""
    return None if value is None else str(value)[:200]


# --- inside ------------------------------------------------------------------------------------


def _is_small(work: Work, product: Product, description: str) -> bool:
    most = int(value_of(work, Setting.SMALL_EDIT_SIGNS))
    if changed_signs(product.description, description) > most:
        return False
    passed = work.session.scalar(
        select(func.count()).where(
            CatalogChange.product_id == product.id, CatalogChange.state == ChangeState.APPROVED.value,
            CatalogChange.decided_by.is_(None),
            CatalogChange.asked_at > work.now - timedelta(days=SMALL_EDITS_DAYS),
        )
    )  # fmt: skip
    return int(passed or 0) < SMALL_EDITS


def changed_signs(before: str, after: str) -> int:
    """How long the piece is in which two texts differ: from the first sign that does to the last."""
    shorter = min(len(before), len(after))
    start = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    end = next((i for i in range(shorter - start) if before[-1 - i] != after[-1 - i]), shorter - start)
    return max(len(before), len(after)) - start - end


def _open_change(work: Work, product_id: UUID, seller_id: UUID) -> CatalogChange | None:
    return work.session.scalar(
        select(CatalogChange)
        .where(
            CatalogChange.product_id == product_id, CatalogChange.seller_id == seller_id,
            CatalogChange.state == ChangeState.PENDING.value,
        )
        .with_for_update()
    )  # fmt: skip


def _locked(work: Work, change_id: UUID) -> CatalogChange:
    found = work.session.scalar(select(CatalogChange).where(CatalogChange.id == change_id).with_for_update())
    if found is None:
        raise NotFound
    return found


def _add(work: Work, change: CatalogChange) -> None:
    work.session.add(change)
    work.session.flush()
    work.record(
        CatalogChangeAsked(
            subject_id=change.id, seller_id=change.seller_id, product_id=change.product_id, kind=change.kind,
            fields=sorted(change.after), to_state=ChangeState.PENDING.value,
        )
    )  # fmt: skip


def _tell(work: Work, change: CatalogChange, reason: str, *, by_itself: bool = False) -> None:
    work.record(
        CatalogChangeDecided(
            subject_id=change.id, seller_id=change.seller_id, product_id=change.product_id, kind=change.kind,
            reason=reason, by_itself=by_itself, from_state=ChangeState.PENDING.value, to_state=change.state,
        )
    )  # fmt: skip


def _require_other_eyes(work: Work, change: CatalogChange) -> None:
    person = work.actor.user_id
    if person is None:
        raise OtherEyesNeeded("What goes on sale is decided by a person.")
    has_ties = work.session.execute(
        text("select exists (select 1 from memberships where person_id = :person and org_id = :org)"),
        {"person": person, "org": change.seller_id},
    ).scalar()
    if has_ties or change.asked_by == person:
        raise OtherEyesNeeded("You have ties to this seller, so a colleague has to decide.")


def _apply(work: Work, change: CatalogChange) -> None:
    product = work.session.scalar(select(Product).where(Product.id == change.product_id).with_for_update())
    if product is None:
        raise NotFound
    if any(plain(getattr(product, field)) != value for field, value in change.before.items()):
        raise ChangeOvertaken("The product was changed since this was asked for. Please reject it, so that the seller"
                              " can ask anew.")  # fmt: skip
    wanted = {field: UUID(value) if field == "category_id" and value else value
              for field, value in change.after.items()}  # fmt: skip
    if "category_id" in wanted:
        _require_certified(work, change.seller_id, wanted["category_id"])
    write_fields(work, product, wanted)
    work.record(
        ProductChanged(
            subject_id=product.id, seller_id=change.seller_id, fields=sorted(wanted),
            before={field: short(value) for field, value in change.before.items()},
            after={field: short(value) for field, value in change.after.items()},
        )
    )  # fmt: skip


def _move_offers(work: Work, change: CatalogChange, state: OfferState) -> None:
    wanted = [UUID(one) for one in change.after.get("offers", [])]
    offers = work.session.scalars(
        select(Offer)
        .where(Offer.id.in_(wanted), Offer.seller_id == change.seller_id, Offer.state == OfferState.IN_REVIEW.value)
        .order_by(Offer.id)
        .with_for_update()
    ).all()
    if state is OfferState.PUBLISHED and offers:
        category = work.session.scalar(select(Product.category_id).where(Product.id == change.product_id))
        _require_certified(work, change.seller_id, category)
    for offer in offers:
        was = offer.state
        offer.move_to(state)
        offer.version += 1
        if state is OfferState.PUBLISHED and offer.published_at is None:
            offer.published_at = work.now
        work.record(OfferMoved(subject_id=offer.id, seller_id=offer.seller_id, from_state=was, to_state=offer.state))


def _require_certified(work: Work, seller_id: UUID, category_id: UUID | None) -> None:
    if category_id is None:
        return
    levels = verification.levels_of_sellers(work, org_ids=[seller_id])
    sold = {(seller_id, category_id, work.now)}
    if verification.sellers_not_certified(work, sold=sold, levels=levels):
        raise verification.NotVerified("The seller lacks a certificate that this category asks for, or it has run out.")
