"""Keeping units back: by hand for somebody, or as an allocation that only one customer can order from."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.stock.events import AllocationEnded, StockAllocated, StockHeld, StockLetGo
from domain.stock.models import Allocation, Hold
from domain.stock.reach import is_customer, require_whole, require_within
from domain.stock.recording import OutOfStock, in_words, short_of
from domain.stock.states import AllocationState, HoldState

LONGEST = timedelta(days=366)
_AT_A_TIME = 200


def hold_stock(
    work: Work,
    *,
    request_id: UUID,
    variant_id: UUID,
    quantity: int,
    note: str,
    expires_at: datetime | None = None,
    location_id: UUID | None = None,
    lot_id: UUID | None = None,
) -> UUID:
    """Keep units back without an order, until an instant or until somebody lets go: "20 for Mr X until Friday".

    Raises `OutOfStock` when less is free, `NotFound` outside of one's places, `Invalid` for the time or the note.
    Announces `StockHeld`; the note stays with the hold.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    if location_id is not None:
        require_within(work, location_id)
    quantity, note = base_units(quantity), note.strip()
    if not 1 <= len(note) <= 200:
        raise Invalid("Please say for whom or what for, in up to 200 characters.")
    if expires_at is not None and not work.now < expires_at <= work.now + LONGEST:
        raise Invalid("Goods are kept until a time to come, at most for a year.")
    hold = Hold(id=new_id(), org_id=work.actor.require_org(), variant_id=variant_id, quantity=quantity, note=note,
                state=HoldState.HELD.value, expires_at=expires_at, made_by=work.actor.user_id,
                made_at=work.now)  # fmt: skip
    if work.session.execute(
        text("select 1 from stock_balances where org_id = :org_id and variant_id = :variant_id limit 1"),
        {"org_id": hold.org_id, "variant_id": variant_id},
    ).first() is None:  # fmt: skip
        raise NotFound
    work.session.add(hold)
    work.session.flush()
    try:
        work.session.execute(
            text("select stock_hold(:hold_id, :location_id, :lot_id, :now)"),
            {"hold_id": hold.id, "location_id": location_id, "lot_id": lot_id, "now": work.now},
        )
    except DBAPIError as error:
        raise short_of(error, "Less than this is free, or it is kept for a customer already.") from error
    work.record(
        StockHeld(subject_id=hold.id, seller_id=hold.org_id, variant_id=variant_id, quantity=quantity,
                  expires_at=expires_at, to_state=HoldState.HELD)
    )  # fmt: skip
    return hold.id


def release_hold(work: Work, *, hold_id: UUID) -> bool:
    """Let go of what is kept by hand; says whether there was something to let go. Announces `StockLetGo`."""
    work.actor.require(Permission.MANAGE_STOCK)
    if not _unhold(work, hold_id):
        return False
    hold = work.session.get_one(Hold, hold_id, populate_existing=True)
    _tell_let_go(work, hold, has_expired=False)
    return True


def allocate_stock(
    work: Work, *, request_id: UUID, variant_id: UUID, holder_id: UUID, quantity: int, ends_at: datetime, note: str = ""
) -> UUID:
    """Keep units of a variant for one customer until an instant: others cannot order them, and this one can.

    What is left then is free for all. Raises `NotAllowed` for who is kept to some warehouses or corrects no large
    amounts, `OutOfStock` when less is free, `Conflict` when this customer has an allocation of it, `NotFound` for who
    does not buy. Announces `StockAllocated`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    _require_to_allocate(work)
    quantity, note = base_units(quantity), note.strip()[:200]
    if not work.now < ends_at <= work.now + LONGEST:
        raise Invalid("An allocation ends at a time to come, within a year.")
    if holder_id == work.actor.require_org() or not is_customer(work, holder_id):
        raise NotFound
    if work.session.scalar(
        select(Allocation.id).where(
            Allocation.org_id == work.actor.require_org(), Allocation.variant_id == variant_id,
            Allocation.holder_id == holder_id, Allocation.state == AllocationState.ACTIVE.value,
        )
    ):  # fmt: skip
        raise NotAllowed("This customer has an allocation of this product. Please end it first.")
    allocation_id = new_id()
    try:
        work.session.execute(
            text("select stock_allocate(:id, :variant_id, :holder_id, :quantity, :ends_at, :note, :now)"),
            {
                "id": allocation_id, "variant_id": variant_id, "holder_id": holder_id, "quantity": quantity,
                "ends_at": ends_at, "note": note, "now": work.now,
            },
        )  # fmt: skip
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "WS001":
            raise in_words(error) from error
        free = int(error.orig.diag.message_detail)  # type: ignore[union-attr]
        raise OutOfStock(f"Only {free:,} units are free and not kept for anybody yet.", {variant_id: free}) from error
    work.record(
        StockAllocated(subject_id=allocation_id, seller_id=work.actor.org_id, buyer_id=holder_id, variant_id=variant_id,
                       quantity=quantity, ends_at=ends_at, to_state=AllocationState.ACTIVE)
    )  # fmt: skip
    return allocation_id


def end_allocation(work: Work, *, allocation_id: UUID) -> None:
    """What is left of an allocation is free for all. Announces `AllocationEnded`; twice is once."""
    work.actor.require(Permission.MANAGE_STOCK)
    _require_to_allocate(work)
    found = work.session.execute(
        text("select 1 from stock_allocations where id = :id and org_id = :org_id"),
        {"id": allocation_id, "org_id": work.actor.require_org()},
    ).first()
    if found is None:
        raise NotFound
    _end_allocations(work, [allocation_id], has_expired=False)


def end_due(work: Work) -> int:
    """A hold whose time has come ends now, or, when none is left, allocations do (timed job). Returns how many; it is
    called until none is left.

    One hold a transaction: of two, each locks its rows of stock in the order of their keys, but the second may lock
    rows that come before those of the first, and then this and an order wait for each other.
    """
    if not work.actor.is_system:
        raise NotFound
    due = (
        select(Hold.id).where(Hold.state == HoldState.HELD.value, Hold.expires_at <= work.now)
        .order_by(Hold.expires_at, Hold.id).limit(1)
    )  # fmt: skip
    hold_id = work.session.scalar(due)
    if hold_id is not None and _unhold(work, hold_id):  # not one that somebody else lets go meanwhile
        _tell_let_go(work, work.session.get_one(Hold, hold_id, populate_existing=True), has_expired=True)
        return 1
    allocations = work.session.scalars(
        select(Allocation.id)
        .where(Allocation.state == AllocationState.ACTIVE.value, Allocation.ends_at <= work.now)
        .order_by(Allocation.id).limit(_AT_A_TIME)
    ).all()  # fmt: skip
    return _end_allocations(work, list(allocations), has_expired=True)


def _unhold(work: Work, hold_id: UUID) -> bool:
    try:
        return bool(
            work.session.execute(
                text("select stock_unhold(:hold_id, :now)"), {"hold_id": hold_id, "now": work.now}
            ).scalar_one()
        )
    except DBAPIError as error:
        raise in_words(error) from error


def _tell_let_go(work: Work, hold: Hold, *, has_expired: bool) -> None:
    work.record(
        StockLetGo(subject_id=hold.id, seller_id=hold.org_id, for_org_id=hold.org_id, variant_id=hold.variant_id,
                   quantity=hold.quantity, has_expired=has_expired, from_state=HoldState.HELD,
                   to_state=HoldState.RELEASED)
    )  # fmt: skip


def _end_allocations(work: Work, ids: list[UUID], *, has_expired: bool) -> int:
    if not ids:
        return 0
    rows = work.session.execute(
        text(
            "update stock_allocations set state = 'ended', ended_at = :now where id in (select id from"
            " stock_allocations"
            " where id = any(:ids) order by id for update) and state = 'active'"
            " returning id, org_id, holder_id, variant_id, quantity - used as returned"
        ),
        {"ids": ids, "now": work.now},
    ).all()
    for row in rows:
        work.record(
            AllocationEnded(subject_id=row.id, seller_id=row.org_id, buyer_id=row.holder_id, variant_id=row.variant_id,
                            returned=row.returned, has_expired=has_expired, from_state=AllocationState.ACTIVE,
                            to_state=AllocationState.ENDED)
        )  # fmt: skip
    return len(rows)


def _require_to_allocate(work: Work) -> None:
    require_whole(work)
    if not identity.adjusts_alone(work.actor):
        raise NotAllowed("What is kept for customers is decided by the owner or a manager of your company.")
