"""Receiving and counting one's own stock; reserving, releasing and shipping it for orders."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from domain import identity
from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code
from domain.kernel.quantities import LARGEST, base_units
from domain.kernel.work import Work
from domain.stock.events import StockCounted, StockReceived, StockSold
from domain.stock.models import Balance, Lot
from domain.stock.reach import require_within
from domain.stock.recording import Row, record_rows, short_of
from domain.stock.serials import serials_come, serials_ship

NO_LOT = "-"


class LargeAdjustment(NotAllowed):
    """A count that moves more than the role may move alone."""


def receive_stock(
    work: Work,
    *,
    request_id: UUID,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    lot: str = NO_LOT,
    expires_on: date | None = None,
    made_on: date | None = None,
    unit_cost: Decimal | None = None,
    currency: str | None = None,
    serials: Sequence[str] = (),
    note: str = "",
) -> UUID:
    """Take goods in: base units of a variant, in a lot, at one's own location, if known at a cost. Returns the lot.

    A lot that expires was made on `made_on`, or as far as anybody says today. With serial numbers there is one for
    each unit. Raises `NotFound` outside of the places that one is kept to, `Invalid` for the quantity, the cost, a lot
    whose dates differ, or serial numbers that are known already. Announces `StockReceived`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    quantity = base_units(quantity)
    if unit_cost is not None:
        currency = currency_code(currency or "")
    if unit_cost is not None and not 0 <= unit_cost < Decimal(10) ** 12:
        raise Invalid("What a unit cost is an amount of zero or more in a known currency.")
    lot_id = _lot(work, variant_id, lot, expires_on, made_on)
    row = Row(variant_id, location_id, lot_id, quantity, unit_cost, currency, note)
    record_rows(work, [row], kind="received", cause="receipt", cause_id=request_id)
    if serials:
        serials_come(work, variant_id=variant_id, lot_id=lot_id, location_id=location_id, serials=serials,
                     quantity=quantity)  # fmt: skip
    work.record(
        StockReceived(subject_id=variant_id, seller_id=work.actor.org_id, location_id=location_id, lot_id=lot_id,
                      quantity=quantity)
    )  # fmt: skip
    return lot_id


def record_sales(
    work: Work, *, request_id: UUID, location_id: UUID, sold: Mapping[UUID, int], on: date | None = None
) -> None:
    """Goods went over the counter of a place of one's own: units by variant, oldest expiry first.

    Raises `NotFound` outside of the places that one is kept to and `OutOfStock` when less lies there: then count it
    first. Announces `StockSold`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    wanted = {variant_id: base_units(quantity) for variant_id, quantity in sorted(sold.items())}
    if not 0 < len(wanted) <= 5000:
        raise Invalid("Between 1 and 5,000 products are sold at once.")
    rows = [{"variant_id": str(variant_id), "quantity": quantity} for variant_id, quantity in wanted.items()]
    try:
        work.session.execute(
            text("select stock_sell(:location_id, cast(:rows as jsonb), :request_id, :now)"),
            {"location_id": location_id, "rows": json.dumps(rows), "request_id": request_id, "now": work.now},
        )
    except DBAPIError as error:
        raise short_of(error, "Less lies here than was sold. Please count it first.", by="variant_id") from error
    work.record(
        StockSold(subject_id=location_id, seller_id=work.actor.org_id, sold_on=on or work.now.date(),
                  sold={str(variant_id): quantity for variant_id, quantity in wanted.items()})
    )  # fmt: skip


def count_stock(
    work: Work, *, request_id: UUID, variant_id: UUID, location_id: UUID, lot_id: UUID, counted: int
) -> int:
    """Set what is on hand to what was counted, by a movement of the difference. Returns the difference.

    Raises `NotFound` outside of the warehouses that one is kept to, `LargeAdjustment` above what the role adjusts
    alone, and `Conflict` when fewer were counted than are reserved for orders. Announces `StockCounted`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    if isinstance(counted, bool) or not isinstance(counted, int) or not 0 <= counted <= LARGEST:
        raise Invalid("The counted quantity must be a whole number, 0 or more.")
    of = {"org_id": work.actor.require_org(), "variant_id": variant_id, "location_id": location_id, "lot_id": lot_id}
    balance = work.session.execute(select(Balance.on_hand).filter_by(**of)).one_or_none()
    if balance is None:
        raise NotFound
    difference = counted - balance.on_hand
    require_small(work, difference)
    if difference:
        row = Row(variant_id, location_id, lot_id, difference)
        record_rows(work, [row], kind="counted", cause="count", cause_id=request_id)
        after = work.session.execute(select(Balance.on_hand).filter_by(**of)).scalar_one()
        if after != counted:
            raise Conflict("Stock moved while you were counting. Please count this lot again.")
    work.record(
        StockCounted(subject_id=variant_id, seller_id=work.actor.org_id, location_id=location_id, lot_id=lot_id,
                     before=balance.on_hand, after=counted)
    )  # fmt: skip
    return difference


def take(work: Work, *, order_ids: Sequence[UUID], expires_at: datetime | None) -> None:
    """Reserve what the lines of these orders need, all or nothing, until `expires_at` (None: firm).

    Raises `OutOfStock` naming each short line and what is free.
    """
    try:
        work.session.execute(
            text("select stock_take(cast(:orders as uuid[]), :expires_at, :now)"),
            {"orders": list(order_ids), "expires_at": expires_at, "now": work.now},
        )
    except DBAPIError as error:
        raise short_of(error, "Part of this is no longer in stock.", by="line_id") from error


def firm(work: Work, *, order_ids: Sequence[UUID]) -> None:
    """The orders are paid: what is reserved for them no longer expires."""
    if work.actor.is_staff:
        work.actor.require(Permission.MATCH_PAYMENTS)
    work.session.execute(text("select stock_firm(cast(:orders as uuid[]))"), {"orders": list(order_ids)})


def release(work: Work, *, order_id: UUID, lines: Mapping[UUID, int] | None = None) -> None:
    """Give back what is reserved for an order: all of it, or quantities by line."""
    work.session.execute(
        text("select stock_release(:order_id, cast(:lines as jsonb))"),
        {"order_id": order_id, "lines": None if lines is None else _lines(lines)},
    )


def require_own_warehouses(work: Work, *, order_id: UUID, line_ids: Collection[UUID]) -> None:
    """Refuse who is kept to warehouses when goods of these lines are reserved elsewhere (`NotAllowed`)."""
    kept = identity.reach_of(work).warehouses
    if kept is None:
        return
    elsewhere = work.session.execute(
        text(
            "select 1 from stock_reservations where order_id = :order_id and line_id = any(:line_ids)"
            " and state = 'held' and location_id <> all(:kept) limit 1"
        ),
        {"order_id": order_id, "line_ids": list(line_ids), "kept": list(kept)},
    ).first()
    if elsewhere is not None:
        raise NotAllowed("Some of these goods lie in another warehouse. The people who work there ship them.")


def ship(
    work: Work,
    *,
    order_id: UUID,
    shipment_id: UUID,
    lines: Mapping[UUID, int],
    serials: Mapping[UUID, Sequence[str]] | None = None,
) -> None:
    """Take reserved goods out of the warehouse for a shipment, oldest expiry first; serial numbers by variant."""
    if serials:
        serials_ship(work, order_id=order_id, shipment_id=shipment_id, serials=serials)
    try:
        work.session.execute(
            text("select stock_ship(:order_id, :shipment_id, cast(:lines as jsonb), :now)"),
            {"order_id": order_id, "shipment_id": shipment_id, "lines": _lines(lines), "now": work.now},
        )
    except DBAPIError as error:
        raise short_of(
            error, "Less is held for this order than you want to ship, or its lots have expired, are on hold or too old"
            " for this buyer."
        ) from error  # fmt: skip


def require_small(work: Work, difference: int) -> None:
    """A large adjustment is for those who answer for the stock; the others count, and a manager enters it."""
    if identity.adjusts_alone(work.actor):
        return
    # What the person has corrected within a day counts together, so that a large one is not made of small ones.
    before: int = work.session.execute(
        text(
            "select coalesce(sum(abs(quantity)), 0)::bigint from stock_movements where org_id = :org_id"
            " and actor_user_id = :me and kind in ('counted', 'disposed', 'returned') and recorded_at > :since"
        ),
        {"org_id": work.actor.require_org(), "me": work.actor.user_id, "since": work.now - timedelta(hours=24)},
    ).scalar_one()
    most, moved = int(value_of(work, Setting.STOCK_ADJUSTMENT_LIMIT)), before + abs(difference)
    if moved > most:
        raise LargeAdjustment(
            f"With this you would have corrected the stock by {moved:,} units within a day; above {most:,} the owner"
            " or a manager of your company enters the count."
        )


def _lines(lines: Mapping[UUID, int]) -> str:
    return json.dumps([{"line_id": str(line_id), "quantity": quantity} for line_id, quantity in lines.items()])


def _lot(work: Work, variant_id: UUID, code: str, expires_on: date | None, made_on: date | None) -> UUID:
    code = code.strip() or NO_LOT
    if len(code) > 60:
        raise Invalid("A lot's number has at most 60 characters.")
    if made_on is not None and expires_on is not None and made_on > expires_on:
        raise Invalid("Goods cannot expire before they are made.")
    if expires_on is not None:
        made_on = made_on or min(work.now.date(), expires_on)
    org_id = work.actor.require_org()
    made = work.session.execute(
        text(
            "insert into lots (id, org_id, variant_id, code, expires_on, made_on)"
            " values (:id, :org_id, :variant_id, :code, :expires_on, :made_on)"
            " on conflict (org_id, variant_id, code) do nothing"
        ),
        {"id": new_id(), "org_id": org_id, "variant_id": variant_id, "code": code, "expires_on": expires_on,
         "made_on": made_on},
    )  # fmt: skip
    lot = work.session.scalars(
        select(Lot).where(Lot.org_id == org_id, Lot.variant_id == variant_id, Lot.code == code)
    ).one()
    if not made.rowcount and expires_on is not None and lot.expires_on != expires_on:  # type: ignore[attr-defined]
        raise Invalid(f"The lot {code} is known with another expiry date ({lot.expires_on}).")
    return lot.id
