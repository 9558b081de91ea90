"""Receiving and counting one's own stock; reserving, releasing and shipping it for orders."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from domain import identity
from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.quantities import LARGEST, base_units
from domain.kernel.work import Work
from domain.stock.models import Balance, Location, Lot

NO_LOT = "-"


class LargeAdjustment(NotAllowed):
    """A count that moves more than the role may move alone."""


class OutOfStock(Conflict):
    """Less is free than was asked for; `missing` maps order lines to what is available."""

    missing: Mapping[UUID, int]

    def __init__(self, sentence: str, missing: Mapping[UUID, int]) -> None:
        super().__init__(sentence)
        self.missing = missing


@dataclass(frozen=True, kw_only=True)
class StockReceived(Event):
    subject: ClassVar[str] = "variant"
    location_id: UUID
    lot_id: UUID
    quantity: int


@dataclass(frozen=True, kw_only=True)
class StockCounted(Event):
    subject: ClassVar[str] = "variant"
    location_id: UUID
    lot_id: UUID
    before: int
    after: int


def add_location(work: Work, *, request_id: UUID, name: str, site_id: UUID | None = None) -> UUID:
    """Add a place where one keeps stock, if wanted at one of one's own addresses.

    Raises `NotAllowed` for who is kept to some warehouses, `Conflict` for a name that is taken, `NotFound` for an
    address that is not one's own.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    if identity.reach_of(work).warehouses is not None:
        raise NotAllowed("You work in the warehouses that are assigned to you. Please ask the owner to add one.")
    name = name.strip()
    if not 1 <= len(name) <= 120:
        raise Invalid("The name of the warehouse must have between 1 and 120 characters.")
    if work.session.scalar(
        select(Location.id).where(Location.org_id == work.actor.require_org(), Location.name == name)
    ):
        raise Conflict(f"There already is a warehouse named {name}.")
    if site_id is not None and site_id not in {site.site_id for site in identity.my_sites(work)}:
        raise NotFound
    location = Location(id=new_id(), org_id=work.actor.require_org(), site_id=site_id, name=name)
    work.session.add(location)
    return location.id


def receive_stock(
    work: Work,
    *,
    request_id: UUID,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    lot: str = NO_LOT,
    expires_on: date | None = None,
) -> UUID:
    """Take goods in: base units of a variant, in a lot, at one's own location. Returns the lot.

    Raises `NotFound` outside of the warehouses that one is kept to, `Invalid` for the quantity or a lot whose expiry
    differs. Announces `StockReceived`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    _require_within(work, location_id)
    quantity = base_units(quantity)
    lot_id = _lot(work, variant_id, lot, expires_on)
    row = {"variant_id": variant_id, "location_id": location_id, "lot_id": lot_id, "quantity": quantity}
    _record(work, [row], "received", "receipt", request_id)
    work.record(
        StockReceived(subject_id=variant_id, seller_id=work.actor.org_id, location_id=location_id, lot_id=lot_id,
                      quantity=quantity)
    )  # fmt: skip
    return lot_id


def count_stock(
    work: Work, *, request_id: UUID, variant_id: UUID, location_id: UUID, lot_id: UUID, counted: int
) -> int:
    """Set what is on hand to what was counted, by a movement of the difference. Returns the difference.

    Raises `NotFound` outside of the warehouses that one is kept to, `LargeAdjustment` above what the role adjusts
    alone, and `Conflict` when fewer were counted than are reserved for orders. Announces `StockCounted`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    _require_within(work, location_id)
    if isinstance(counted, bool) or not isinstance(counted, int) or not 0 <= counted <= LARGEST:
        raise Invalid("The counted quantity must be a whole number, 0 or more.")
    balance = work.session.execute(
        select(Balance.on_hand, Balance.reserved)
        .where(Balance.org_id == work.actor.require_org(), Balance.variant_id == variant_id)
        .where(Balance.location_id == location_id, Balance.lot_id == lot_id)
    ).one_or_none()
    if balance is None:
        raise NotFound
    difference = counted - balance.on_hand
    _require_small(work, difference)
    if difference:
        row = {"variant_id": variant_id, "location_id": location_id, "lot_id": lot_id, "quantity": difference}
        _record(work, [row], "counted", "count", request_id)
        after = work.session.execute(
            select(Balance.on_hand).where(
                Balance.variant_id == variant_id, Balance.location_id == location_id, Balance.lot_id == lot_id
            )
        ).scalar_one()
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
        if getattr(error.orig, "sqlstate", None) != "WS001":
            raise
        short = json.loads(error.orig.diag.message_detail)  # type: ignore[union-attr]
        missing = {UUID(line["line_id"]): int(line["available"]) for line in short}
        raise OutOfStock("Part of this is no longer in stock.", missing) from error


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


def ship(work: Work, *, order_id: UUID, shipment_id: UUID, lines: Mapping[UUID, int]) -> None:
    """Take reserved goods out of the warehouse for a shipment, oldest expiry first."""
    try:
        work.session.execute(
            text("select stock_ship(:order_id, :shipment_id, cast(:lines as jsonb), :now)"),
            {"order_id": order_id, "shipment_id": shipment_id, "lines": _lines(lines), "now": work.now},
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "WS001":
            raise
        raise OutOfStock(
            "Less is reserved for this order than you want to ship, or its lots have expired.", {}
        ) from error


def _require_within(work: Work, location_id: UUID) -> None:
    kept = identity.reach_of(work).warehouses
    if kept is not None and location_id not in kept:
        raise NotFound


def _require_small(work: Work, difference: int) -> None:
    """A large adjustment is for those who answer for the stock; the others count, and a manager enters it."""
    if identity.adjusts_alone(work.actor):
        return
    # What the person has corrected within a day counts together, so that a large one is not made of small ones.
    before: int = work.session.execute(
        text(
            "select coalesce(sum(abs(quantity)), 0)::bigint from stock_movements where org_id = :org_id"
            " and actor_user_id = :me and kind = 'counted' and recorded_at > :since"
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


def _lot(work: Work, variant_id: UUID, code: str, expires_on: date | None) -> UUID:
    code = code.strip() or NO_LOT
    org_id = work.actor.require_org()
    made = work.session.execute(
        text(
            "insert into lots (id, org_id, variant_id, code, expires_on)"
            " values (:id, :org_id, :variant_id, :code, :expires_on) on conflict (org_id, variant_id, code) do nothing"
        ),
        {"id": new_id(), "org_id": org_id, "variant_id": variant_id, "code": code, "expires_on": expires_on},
    )
    lot = work.session.scalars(
        select(Lot).where(Lot.org_id == org_id, Lot.variant_id == variant_id, Lot.code == code)
    ).one()
    if not made.rowcount and expires_on is not None and lot.expires_on != expires_on:  # type: ignore[attr-defined]
        raise Invalid(f"The lot {code} is known with another expiry date ({lot.expires_on}).")
    return lot.id


def _record(work: Work, rows: list[dict[str, Any]], kind: str, cause: str, cause_id: UUID) -> None:
    try:
        work.session.execute(
            text("select stock_record(cast(:rows as jsonb), :kind, :cause, :cause_id, :now)"),
            {
                "rows": json.dumps(rows, default=str),
                "kind": kind,
                "cause": cause,
                "cause_id": cause_id,
                "now": work.now,
            },
        )
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None)
        if code == "WS005":
            raise NotFound from error
        if code == "23514":
            raise Conflict(
                "Fewer were counted than are reserved for orders. Please look at the open orders first."
            ) from error
        raise
