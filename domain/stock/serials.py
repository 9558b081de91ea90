"""Single units by their numbers: received once, shipped once, and always in one place."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import Conflict, Invalid
from domain.kernel.ids import new_id
from domain.kernel.work import Work


class SerialNotHere(Conflict):
    """A unit with this number does not lie there: it was never received, was sold, or lies elsewhere."""


def serials_come(
    work: Work, *, variant_id: UUID, lot_id: UUID, location_id: UUID, serials: Sequence[str], quantity: int
) -> None:
    """Numbers of units that come in, one for each. A step of receiving.

    Raises `Invalid` unless there are as many as units, and for a number that was received before: a unit exists once.
    """
    wanted = _clean(serials)
    if len(wanted) != quantity:
        raise Invalid(f"There are {quantity:,} units and {len(wanted):,} serial numbers; each unit needs its own.")
    made = work.session.scalars(
        text(
            "insert into stock_serials (id, org_id, variant_id, lot_id, serial, state, location_id, received_at)"
            " select id, :org_id, :variant_id, :lot_id, serial, 'in_stock', :location_id, :now"
            " from unnest(cast(:ids as uuid[]), cast(:serials as text[])) as s(id, serial) order by serial"
            " on conflict (org_id, variant_id, serial) do nothing returning serial"
        ),
        {
            "org_id": work.actor.require_org(), "variant_id": variant_id, "lot_id": lot_id, "location_id": location_id,
            "ids": [new_id() for _ in wanted], "serials": wanted, "now": work.now,
        },
    ).all()  # fmt: skip
    known = sorted(set(wanted) - set(made))
    if known:
        raise Invalid(f"Received before: {', '.join(known[:5])}{' ...' if len(known) > 5 else ''}.")


def serials_ship(work: Work, *, order_id: UUID, shipment_id: UUID, serials: Mapping[UUID, Sequence[str]]) -> None:
    """These units leave with a shipment; what is sold once is never sold again. Raises `SerialNotHere`."""
    for variant_id, numbers in sorted(serials.items()):
        _leave(work, variant_id, numbers, state="shipped", order_id=order_id, shipment_id=shipment_id)


def serials_go(
    work: Work, *, variant_id: UUID, location_id: UUID, lot_id: UUID, serials: Sequence[str], quantity: int
) -> None:
    """These units are thrown away or sent back. A step of disposing. Raises `SerialNotHere`, `Invalid` for more
    numbers than units."""
    _require_units(serials, quantity)
    _leave(work, variant_id, serials, state="gone", location_id=location_id, lot_id=lot_id)


def serials_move(
    work: Work, *, variant_id: UUID, lot_id: UUID, from_location_id: UUID, to_location_id: UUID,
    serials: Sequence[str], quantity: int,
) -> None:  # fmt: skip
    """These units lie elsewhere from now on. A step of moving. Raises `SerialNotHere`, `Invalid` for more numbers
    than units."""
    _require_units(serials, quantity)
    wanted = _clean(serials)
    moved = work.session.scalars(
        text(
            "update stock_serials set location_id = :there where org_id = :org_id and variant_id = :variant_id"
            " and lot_id = :lot_id and location_id = :here and state = 'in_stock' and serial = any(:serials)"
            " returning serial"
        ),
        {
            "org_id": work.actor.require_org(), "variant_id": variant_id, "lot_id": lot_id, "here": from_location_id,
            "there": to_location_id, "serials": wanted,
        },
    ).all()  # fmt: skip
    _require_all(wanted, moved)


def _leave(
    work: Work, variant_id: UUID, serials: Sequence[str], *, state: str, order_id: UUID | None = None,
    shipment_id: UUID | None = None, location_id: UUID | None = None, lot_id: UUID | None = None,
) -> None:  # fmt: skip
    wanted = _clean(serials)
    # The state is asked for in the update itself: of two who ship one number, the second finds it gone.
    gone = work.session.scalars(
        text(
            "update stock_serials set state = :state, location_id = null, left_at = :now, order_id = :order_id,"
            " shipment_id = :shipment_id where org_id = :org_id and variant_id = :variant_id and state = 'in_stock'"
            " and serial = any(:serials) and (cast(:location_id as uuid) is null or location_id = :location_id)"
            " and (cast(:lot_id as uuid) is null or lot_id = :lot_id) returning serial"
        ),
        {
            "state": state, "org_id": work.actor.require_org(), "variant_id": variant_id, "serials": wanted,
            "order_id": order_id, "shipment_id": shipment_id, "location_id": location_id, "lot_id": lot_id,
            "now": work.now,
        },
    ).all()  # fmt: skip
    _require_all(wanted, gone)


def _clean(serials: Iterable[str]) -> list[str]:
    wanted = [serial.strip() for serial in serials if serial.strip()]
    if len(set(wanted)) != len(wanted):
        raise Invalid("A serial number stands there twice.")
    if any(len(serial) > 80 for serial in wanted) or len(wanted) > 10_000:
        raise Invalid("At most 10,000 serial numbers at once, of at most 80 characters each.")
    return sorted(wanted)


def _require_units(serials: Sequence[str], quantity: int) -> None:
    """A number without its unit would lie where no unit lies."""
    if len(_clean(serials)) > quantity:
        raise Invalid(f"There are more serial numbers than the {quantity:,} units that leave.")


def _require_all(wanted: Sequence[str], done: Iterable[str]) -> None:
    missing = sorted(set(wanted) - set(done))
    if missing:
        raise SerialNotHere(f"Not in stock here: {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}.")
