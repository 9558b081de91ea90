"""Lots: stopping them, letting them go again, calling them back, throwing away and returning what cannot be sold."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.stock.commands import require_small
from domain.stock.events import LifeTermSet, LotFreed, LotHeld, LotRecalled, StockDisposed
from domain.stock.models import LifeTerm, Lot
from domain.stock.reach import is_customer, require_whole, require_within
from domain.stock.recording import Row, record_rows
from domain.stock.serials import serials_go
from domain.stock.states import LotState

_LONGEST_REASON = 500


def hold_lot(work: Work, *, lot_id: UUID, reason: str) -> None:
    """Stop a lot everywhere: nobody can order it, and what is reserved of it cannot be shipped.

    Raises `IllegalMove` when it is stopped already, `Invalid` without a reason. Announces `LotHeld`.
    """
    lot, why = _lot_to_change(work, lot_id, reason)
    _change(work, lot, LotState.ON_HOLD, why)
    work.record(LotHeld(subject_id=lot.id, seller_id=lot.org_id, reason=why))


def free_lot(work: Work, *, lot_id: UUID, reason: str) -> None:
    """A lot that was on hold may leave again. Raises `IllegalMove`, `Invalid`. Announces `LotFreed`."""
    lot, why = _lot_to_change(work, lot_id, reason)
    _change(work, lot, LotState.AVAILABLE, why)
    work.record(LotFreed(subject_id=lot.id, seller_id=lot.org_id, reason=why))


def recall_lot(work: Work, *, lot_id: UUID, reason: str) -> None:
    """Call a lot back: it is stopped, and everybody who got any of it is told, with the reason (by a reaction).

    Raises `NotAllowed` for who is kept to some warehouses, `IllegalMove` when it is called back already. Announces
    `LotRecalled`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_whole(work)
    lot, why = _lot_to_change(work, lot_id, reason)
    _change(work, lot, LotState.RECALLED, why)
    work.record(LotRecalled(subject_id=lot.id, seller_id=lot.org_id, variant_id=lot.variant_id, reason=why))


def dispose_stock(
    work: Work,
    *,
    request_id: UUID,
    variant_id: UUID,
    location_id: UUID,
    lot_id: UUID,
    quantity: int,
    reason: str,
    is_returned: bool = False,
    serials: Sequence[str] = (),
) -> None:
    """Throw goods away, or send them back to who supplied them (`is_returned`): expired, broken, called back.

    Raises `NotFound` outside of the places that one is kept to, `LargeAdjustment` above what the role adjusts alone,
    `Conflict` when less is there and not reserved. Announces `StockDisposed`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    quantity, why = base_units(quantity), _reason(reason)
    require_small(work, quantity)
    kind = "returned" if is_returned else "disposed"
    if serials:
        serials_go(work, variant_id=variant_id, location_id=location_id, lot_id=lot_id, serials=serials,
                   quantity=quantity)  # fmt: skip
    row = Row(variant_id, location_id, lot_id, -quantity, note=why)
    record_rows(work, [row], kind=kind, cause="supplier_return" if is_returned else "disposal", cause_id=request_id)
    work.record(
        StockDisposed(subject_id=variant_id, seller_id=work.actor.org_id, location_id=location_id, lot_id=lot_id,
                      quantity=quantity, kind=kind, reason=why)
    )  # fmt: skip


def set_life_term(work: Work, *, least_percent: int, buyer_id: UUID | None = None) -> None:
    """Of a lot's life at least so much must be left for what goes to a customer (None: to all that have no own term).

    A lot with less is neither reserved nor shipped for them. Raises `Invalid` beyond 0 to 100, `NotFound` for who is no
    organisation. Announces `LifeTermSet`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_whole(work)
    if isinstance(least_percent, bool) or not isinstance(least_percent, int) or not 0 <= least_percent <= 100:
        raise Invalid("The share of life that must be left is a whole number from 0 to 100.")
    org_id = work.actor.require_org()
    if buyer_id is not None and (buyer_id == org_id or not is_customer(work, buyer_id)):
        raise NotFound
    term = work.session.scalars(
        select(LifeTerm).where(LifeTerm.org_id == org_id, LifeTerm.buyer_id == buyer_id).with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()  # fmt: skip
    before = None if term is None else {"least_percent": term.least_percent}
    if term is None:
        term = LifeTerm(id=new_id(), org_id=org_id, buyer_id=buyer_id)
        work.session.add(term)
    term.least_percent, term.set_by, term.set_at = least_percent, work.actor.user_id, work.now
    work.record(
        LifeTermSet(subject_id=org_id, seller_id=org_id, buyer=buyer_id, before=before,
                    after={"least_percent": least_percent})
    )  # fmt: skip


def _lot_to_change(work: Work, lot_id: UUID, reason: str) -> tuple[Lot, str]:
    work.actor.require(Permission.MANAGE_STOCK)
    why = _reason(reason)
    lot = work.session.scalars(
        select(Lot).where(Lot.id == lot_id, Lot.org_id == work.actor.require_org()).with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()  # fmt: skip
    if lot is None:
        raise NotFound
    require_whole(work)
    return lot, why


def _change(work: Work, lot: Lot, state: LotState, why: str) -> None:
    lot.move_to(state)
    lot.state_reason, lot.state_changed_at = why, work.now


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not 1 <= len(reason) <= _LONGEST_REASON:
        raise Invalid(f"Please say why, in up to {_LONGEST_REASON} characters.")
    return reason
