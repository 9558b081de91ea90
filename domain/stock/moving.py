"""Moving goods: at once within a building, and by a transfer from one own place to another.

What is sent lies in transit until it arrives. It is received in parts, each part well or not; what did not arrive
well is set aside and opens a discrepancy, which somebody resolves: found, written off, or sent back. Lots, serial
numbers and the layers of cost go along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, text

from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.stock.commands import require_small
from domain.stock.events import (
    DiscrepancyOpened,
    DiscrepancyResolved,
    StockMoved,
    TransferArrived,
    TransferCancelled,
    TransferDrafted,
    TransferSent,
)
from domain.stock.models import Discrepancy, Transfer, TransferLine
from domain.stock.places import between
from domain.stock.reach import require_within
from domain.stock.recording import Row, record_rows
from domain.stock.serials import SerialMove, serials_move, serials_with
from domain.stock.states import DiscrepancyState, LocationKind, TransferState

_MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many units of a lot of a variant that leave a place (a warehouse, or a bin in it)."""

    variant_id: UUID
    location_id: UUID
    lot_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """What of a line came in: well, and not well (broken, missing)."""

    received: int = 0
    rejected: int = 0
    serials: Sequence[str] = field(default_factory=tuple)
    what: str = ""


def move_stock(
    work: Work,
    *,
    request_id: UUID,
    variant_id: UUID,
    lot_id: UUID,
    from_location_id: UUID,
    to_location_id: UUID,
    quantity: int,
    serials: Sequence[str] = (),
    note: str = "",
) -> None:
    """Put goods elsewhere at once, such as from the dock into a bin.

    Raises `NotFound` outside of one's places, `Conflict` when less is there and not reserved. Announces `StockMoved`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, from_location_id, to_location_id)
    if from_location_id == to_location_id:
        raise Invalid("The goods lie there already.")
    quantity = base_units(quantity)
    serials_move(work, [SerialMove(variant_id, lot_id, from_location_id, to_location_id, serials, quantity)])
    rows = [
        Row(variant_id, from_location_id, lot_id, -quantity, note=note),
        Row(variant_id, to_location_id, lot_id, quantity, note=note),
    ]
    record_rows(work, rows, kind="moved", cause="move", cause_id=request_id)
    work.record(
        StockMoved(subject_id=variant_id, seller_id=work.actor.org_id, lot_id=lot_id, from_location_id=from_location_id,
                   to_location_id=to_location_id, quantity=quantity)
    )  # fmt: skip


def draft_transfer(
    work: Work,
    *,
    request_id: UUID,
    from_location_id: UUID,
    to_location_id: UUID,
    lines: Sequence[Wanted],
    note: str = "",
) -> UUID:
    """Plan to bring goods from one own place to another; nothing moves yet.

    Raises `NotFound` for places that are not one's own or that one is not kept to (the receiving one may be any),
    `Invalid` for lines. Announces `TransferDrafted`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    org_id, note = work.actor.require_org(), note.strip()[:500]
    require_within(work, from_location_id, *(line.location_id for line in lines))
    if from_location_id == to_location_id:
        raise Invalid("Please choose another place to bring the goods to.")
    if not 0 < len(lines) <= _MOST_LINES:
        raise Invalid(f"A transfer has between 1 and {_MOST_LINES} lines.")
    keys = {(line.variant_id, line.location_id, line.lot_id) for line in lines}
    if len(keys) != len(lines):
        raise Invalid("A lot of a place stands there twice.")
    _require_lines(work, org_id, from_location_id, to_location_id, lines)
    transfer = Transfer(id=new_id(), org_id=org_id, from_location_id=from_location_id, to_location_id=to_location_id,
                        state=TransferState.DRAFT.value, note=note, made_by=work.actor.user_id,
                        made_at=work.now)  # fmt: skip
    work.session.add(transfer)
    work.session.flush()
    work.session.add_all(
        TransferLine(id=new_id(), org_id=org_id, transfer_id=transfer.id, variant_id=line.variant_id,
                     lot_id=line.lot_id, from_location_id=line.location_id, quantity=base_units(line.quantity))
        for line in lines
    )  # fmt: skip
    work.record(
        TransferDrafted(subject_id=transfer.id, seller_id=org_id, from_location_id=from_location_id,
                        to_location_id=to_location_id, units=sum(line.quantity for line in lines),
                        to_state=TransferState.DRAFT)
    )  # fmt: skip
    return transfer.id


def send_transfer(
    work: Work, *, request_id: UUID, transfer_id: UUID, serials: Mapping[UUID, Sequence[str]] | None = None
) -> None:
    """The goods leave: they lie in transit until they arrive. `serials` are numbers of units by line.

    Raises `IllegalMove` unless it is a draft, `Conflict` when less is there and not reserved. Announces `TransferSent`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    transfer, lines = _locked(work, transfer_id)
    require_within(work, transfer.from_location_id)
    transfer.move_to(TransferState.SENT)
    transfer.sent_by, transfer.sent_at = work.actor.user_id, work.now
    transit = between(work, LocationKind.TRANSIT)
    numbers = dict(serials or {})
    if not set(numbers) <= {line.id for line in lines}:
        raise NotFound
    serials_move(work, [
        SerialMove(line.variant_id, line.lot_id, line.from_location_id, transit, numbers[line.id], line.quantity,
                   for_line=line.id)
        for line in lines if line.id in numbers
    ])  # fmt: skip
    rows = [Row(line.variant_id, line.from_location_id, line.lot_id, -line.quantity) for line in lines]
    rows += [Row(line.variant_id, transit, line.lot_id, line.quantity) for line in lines]
    record_rows(work, rows, kind="moved", cause="transfer", cause_id=transfer.id)
    work.record(
        TransferSent(subject_id=transfer.id, seller_id=transfer.org_id, units=sum(line.quantity for line in lines),
                     from_state=TransferState.DRAFT, to_state=TransferState.SENT)
    )  # fmt: skip


def receive_transfer(work: Work, *, request_id: UUID, transfer_id: UUID, arrived: Mapping[UUID, Arrived]) -> list[UUID]:
    """Part or all of a transfer came in, by line: so much well, so much not. Returns the discrepancies that it opened.

    Once nothing is on the way the transfer is received. Raises `IllegalMove` unless it is on the way, `Invalid` for
    more than is, `NotFound` for who is not kept to where it goes. Announces `TransferArrived` and `DiscrepancyOpened`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    transfer, lines = _locked(work, transfer_id)
    require_within(work, transfer.to_location_id)
    if transfer.state != TransferState.SENT.value:
        transfer.move_to(TransferState.RECEIVED)  # refuses, and says what it is
    by_line = {line.id: line for line in lines}
    if not set(arrived) <= set(by_line):
        raise NotFound
    transit, rows, opened = between(work, LocationKind.TRANSIT), [], []
    came: list[SerialMove] = []
    aside = between(work, LocationKind.ASIDE) if any(part.rejected for part in arrived.values()) else transit
    for line_id, part in sorted(arrived.items()):
        line = by_line[line_id]
        _require_open(line, part)
        came.append(SerialMove(line.variant_id, line.lot_id, transit, transfer.to_location_id, part.serials,
                               part.received, of_line=line.id))  # fmt: skip
        line.received, line.rejected = line.received + part.received, line.rejected + part.rejected
        for place, quantity in ((transfer.to_location_id, part.received), (aside, part.rejected)):
            if quantity:
                rows += [Row(line.variant_id, transit, line.lot_id, -quantity),
                         Row(line.variant_id, place, line.lot_id, quantity)]  # fmt: skip
        if part.rejected:
            opened.append(
                Discrepancy(id=new_id(), org_id=transfer.org_id, line_id=line.id, quantity=part.rejected,
                            state=DiscrepancyState.OPEN.value, what=part.what.strip()[:500],
                            opened_by=work.actor.user_id, opened_at=work.now)
            )  # fmt: skip
    if not rows:
        raise Invalid("Please say how much came in.")
    serials_move(work, came)
    _bring_numbers_aside(work, by_line, {line_id: part.rejected for line_id, part in arrived.items() if part.rejected},
                         transit, aside)  # fmt: skip
    work.session.add_all(opened)
    work.session.flush()
    record_rows(work, rows, kind="moved", cause="transfer", cause_id=transfer.id)
    is_done = all(line.received + line.rejected == line.quantity for line in lines)
    if is_done:
        transfer.move_to(TransferState.RECEIVED)
        transfer.ended_at = work.now
    # The step is in the log once, with what came in last.
    before, after = (TransferState.SENT, TransferState.RECEIVED) if is_done else (None, None)
    work.record(
        TransferArrived(subject_id=transfer.id, seller_id=transfer.org_id,
                        received=sum(part.received for part in arrived.values()),
                        rejected=sum(part.rejected for part in arrived.values()), from_state=before, to_state=after)
    )  # fmt: skip
    for one in opened:
        work.record(
            DiscrepancyOpened(subject_id=one.id, seller_id=transfer.org_id, transfer_id=transfer.id,
                              quantity=one.quantity, to_state=DiscrepancyState.OPEN)
        )  # fmt: skip
    return [one.id for one in opened]


def cancel_transfer(work: Work, *, transfer_id: UUID) -> None:
    """A draft is not sent after all. Raises `IllegalMove` once it is on the way. Announces `TransferCancelled`."""
    work.actor.require(Permission.MANAGE_STOCK)
    transfer, _ = _locked(work, transfer_id)
    require_within(work, transfer.from_location_id)
    transfer.move_to(TransferState.CANCELLED)
    transfer.ended_at = work.now
    work.record(
        TransferCancelled(subject_id=transfer.id, seller_id=transfer.org_id, from_state=TransferState.DRAFT,
                          to_state=TransferState.CANCELLED)
    )  # fmt: skip


def resolve_discrepancy(
    work: Work, *, request_id: UUID, discrepancy_id: UUID, outcome: DiscrepancyState, reason: str
) -> None:
    """Say what became of goods that were set aside: found (they are put where they should go), written off, sent back.

    More than the limit for corrections is written off by another person than the one who reported it, one who corrects
    stock alone; who does not, writes off so much within a day. Raises `NotAllowed` for that, `IllegalMove` when it is
    resolved, `Invalid` without a reason. Announces `DiscrepancyResolved`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    outcome, reason = DiscrepancyState(outcome), reason.strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("Please say what happened, in up to 500 characters.")
    org_id = work.actor.require_org()
    one = work.session.get(Discrepancy, discrepancy_id, with_for_update=True, populate_existing=True)
    if one is None or one.org_id != org_id:
        raise NotFound
    line = work.session.get_one(TransferLine, one.line_id)
    transfer = work.session.get_one(Transfer, line.transfer_id)
    there = {DiscrepancyState.FOUND: transfer.to_location_id, DiscrepancyState.SENT_BACK: line.from_location_id}
    require_within(work, there.get(outcome, transfer.to_location_id))
    if outcome is DiscrepancyState.WRITTEN_OFF:
        _require_other_eyes(work, one)
    one.move_to(outcome)
    one.reason, one.ended_by, one.ended_at = reason, work.actor.user_id, work.now
    work.session.flush()
    aside = between(work, LocationKind.ASIDE)
    numbers = serials_with(work, line_ids=[line.id], location_id=aside).get(line.id, [])[: one.quantity]
    if outcome is DiscrepancyState.WRITTEN_OFF:
        work.session.execute(
            text(
                "update stock_serials set state = 'gone', location_id = null, left_at = :now, transfer_line_id = null"
                " where org_id = :org_id"
                " and variant_id = :variant_id and serial = any(:numbers) and state = 'in_stock'"
            ),
            {"org_id": org_id, "variant_id": line.variant_id, "numbers": numbers, "now": work.now},
        )
        record_rows(work, [Row(line.variant_id, aside, line.lot_id, -one.quantity, note=reason)], kind="disposed",
                    cause="discrepancy", cause_id=one.id)  # fmt: skip
    else:
        place = there[outcome]
        serials_move(work, [SerialMove(line.variant_id, line.lot_id, aside, place, numbers, one.quantity)])
        rows = [Row(line.variant_id, aside, line.lot_id, -one.quantity, note=reason),
                Row(line.variant_id, place, line.lot_id, one.quantity, note=reason)]  # fmt: skip
        record_rows(work, rows, kind="moved", cause="discrepancy", cause_id=one.id)
    work.record(
        DiscrepancyResolved(subject_id=one.id, seller_id=org_id, transfer_id=transfer.id, quantity=one.quantity,
                            reason=reason, from_state=DiscrepancyState.OPEN, to_state=outcome)
    )  # fmt: skip


def _locked(work: Work, transfer_id: UUID) -> tuple[Transfer, list[TransferLine]]:
    transfer = work.session.get(Transfer, transfer_id, with_for_update=True, populate_existing=True)
    if transfer is None or transfer.org_id != work.actor.require_org():
        raise NotFound
    lines = work.session.scalars(
        select(TransferLine).where(TransferLine.transfer_id == transfer.id).order_by(TransferLine.id)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    return transfer, list(lines)


def _require_lines(
    work: Work, org_id: UUID, from_location_id: UUID, to_location_id: UUID, lines: Sequence[Wanted]
) -> None:
    known = work.session.execute(
        text(
            "select (select count(*) from stock_balances b join unnest(cast(:variants as uuid[]),"
            " cast(:places as uuid[]), cast(:lots as uuid[])) as w(variant_id, location_id, lot_id)"
            " on b.variant_id = w.variant_id and b.location_id = w.location_id and b.lot_id = w.lot_id"
            " where b.org_id = :org_id and b.location_id = any(places_within(:here))) as lines,"
            " (select stock_may_go_to(:there)) as may_go"
        ),
        {
            "org_id": org_id, "here": from_location_id, "there": to_location_id,
            "variants": [line.variant_id for line in lines], "places": [line.location_id for line in lines],
            "lots": [line.lot_id for line in lines],
        },
    ).one()  # fmt: skip
    if known.lines != len(lines) or not known.may_go:
        raise NotFound


def _require_open(line: TransferLine, part: Arrived) -> None:
    for number in (part.received, part.rejected):
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise Invalid("What came in is a whole number, 0 or more.")
    if part.received + part.rejected > line.quantity - line.received - line.rejected:
        raise Invalid("More came in than is on the way. Please count again; what is too much is received on its own.")


def _bring_numbers_aside(
    work: Work, by_line: Mapping[UUID, TransferLine], rejected: Mapping[UUID, int], transit: UUID, aside: UUID
) -> None:
    """Numbers that were not named as having arrived are those that did not."""
    if not rejected:
        return
    left = serials_with(work, line_ids=list(rejected), location_id=transit)
    serials_move(work, [
        SerialMove(by_line[line_id].variant_id, by_line[line_id].lot_id, transit, aside, numbers[: rejected[line_id]],
                   rejected[line_id], of_line=line_id, for_line=line_id)
        for line_id, numbers in sorted(left.items())
    ])  # fmt: skip


def _require_other_eyes(work: Work, one: Discrepancy) -> None:
    require_small(work, one.quantity)
    if one.quantity <= int(value_of(work, Setting.STOCK_ADJUSTMENT_LIMIT)):
        return
    if one.opened_by == work.actor.user_id:
        raise NotAllowed("You reported that this is missing, so somebody else has to write it off.")
