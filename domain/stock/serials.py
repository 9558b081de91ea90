"""Single units by their numbers: received once, shipped once, and always in one place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class SerialMove:
    """Numbers of a lot that go from a place to another one, with at least as many units.

    `of_line`: they are on the way with this line of a transfer; `for_line`: from now on they are.
    """

    variant_id: UUID
    lot_id: UUID
    from_location_id: UUID
    to_location_id: UUID
    serials: Sequence[str]
    quantity: int
    of_line: UUID | None = None
    for_line: UUID | None = None


_MOVE = text(
    "update stock_serials s set location_id = w.there, transfer_line_id = w.for_line"
    " from unnest(cast(:variants as uuid[]), cast(:lots as uuid[]), cast(:heres as uuid[]), cast(:theres as uuid[]),"
    "   cast(:serials as text[]), cast(:of_lines as uuid[]), cast(:for_lines as uuid[]))"
    "   as w(variant_id, lot_id, here, there, serial, of_line, for_line)"
    " where s.org_id = :org_id and s.variant_id = w.variant_id and s.lot_id = w.lot_id and s.location_id = w.here"
    " and s.state = 'in_stock' and s.serial = w.serial and (w.of_line is null or s.transfer_line_id = w.of_line)"
    " returning s.serial"
)


def serials_move(work: Work, moves: Sequence[SerialMove]) -> None:
    """These units lie elsewhere from now on. A step of moving, one statement however many there are.

    Raises `SerialNotHere`, `Invalid` for more numbers than units.
    """
    for move in moves:
        _require_units(move.serials, move.quantity)
    each = [(move, serial) for move in moves for serial in _clean(move.serials)]
    if not each:
        return
    moved = work.session.scalars(
        _MOVE,
        {
            "org_id": work.actor.require_org(), "variants": [move.variant_id for move, _ in each],
            "lots": [move.lot_id for move, _ in each], "heres": [move.from_location_id for move, _ in each],
            "theres": [move.to_location_id for move, _ in each], "serials": [serial for _, serial in each],
            "of_lines": [move.of_line for move, _ in each], "for_lines": [move.for_line for move, _ in each],
        },
    ).all()  # fmt: skip
    if len(moved) != len(each):
        # A number that two products have is missing once, so the lists are compared and not the sets.
        missing = Counter(serial for _, serial in each) - Counter(moved)
        raise SerialNotHere(_not_here(sorted(missing)))


def serials_with(work: Work, *, line_ids: Sequence[UUID], location_id: UUID) -> dict[UUID, list[str]]:
    """The numbers that are on the way (or set aside) with these lines of transfers, by line."""
    found: dict[UUID, list[str]] = {}
    for row in work.session.execute(
        text(
            "select transfer_line_id, serial from stock_serials where org_id = :org_id and location_id = :place"
            " and transfer_line_id = any(:lines) and state = 'in_stock' order by serial"
        ),
        {"org_id": work.actor.require_org(), "place": location_id, "lines": list(line_ids)},
    ):
        found.setdefault(row.transfer_line_id, []).append(row.serial)
    return found


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
        raise SerialNotHere(_not_here(missing))


def _not_here(missing: Sequence[str]) -> str:
    return f"Not in stock here: {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}."
