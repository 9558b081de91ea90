"""A seller's stock with something in every state: what is kept, on the way, set aside, on hold and being counted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from domain import stock
from domain.identity import Permission
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from tests.make.market import Company


def stock_things(world: Any, shop: Company, maker: Company) -> None:
    """What the entries of the strangers' test point at: of one lot a few units in each state."""
    who, here = maker.owner, maker.location_id
    assert here is not None
    mark = uuid4().hex[:6]  # a seller may have these things twice
    world.second_place = run(who, stock.add_location, request_id=uuid4(), name=f"Second warehouse {mark}")
    world.held_lot = _receive(who, world.variant, here, 10, f"HELD {mark}")
    run(who, stock.hold_lot, lot_id=world.held_lot, reason="It smells")
    lot = _receive(who, world.variant, here, 40, "MOVED")
    _receive(who, world.variant, world.second_place, 5, "OPEN")
    world.hold = run(who, stock.hold_stock, request_id=uuid4(), variant_id=world.variant, quantity=2, note="A friend",
                     expires_at=datetime.now(UTC) + timedelta(days=3))  # fmt: skip
    world.allocation = run(who, stock.allocate_stock, request_id=uuid4(), variant_id=world.variant,
                           holder_id=shop.org_id, quantity=3, ends_at=datetime.now(UTC) + timedelta(days=3))  # fmt: skip

    def draft() -> UUID:
        wanted = [stock.Wanted(world.variant, here, lot, 4)]
        return run(who, stock.draft_transfer, request_id=uuid4(), from_location_id=here,
                   to_location_id=world.second_place, lines=wanted)  # fmt: skip

    def sent() -> tuple[UUID, UUID]:
        made = draft()
        run(who, stock.send_transfer, request_id=uuid4(), transfer_id=made)
        with begin(who) as work:
            return made, stock.transfer_sheet(work, transfer_id=made).lines[0].line_id

    world.drafted = draft()
    world.sent, world.sent_line = sent()
    arrived, line = sent()
    [world.discrepancy] = run(who, stock.receive_transfer, request_id=uuid4(), transfer_id=arrived,
                              arrived={line: stock.Arrived(3, 1, what="Broken")})  # fmt: skip
    # One person counts, so that others may approve.
    able = [one for one in maker.people.values() if one.may(Permission.MANAGE_STOCK)]
    counter = able[-1]

    def count(name: str, counted: int | None) -> tuple[UUID, UUID]:
        place = run(who, stock.add_location, request_id=uuid4(), name=name)
        _receive(who, world.variant, place, 100, name)
        made = run(counter, stock.open_count, request_id=uuid4(), name=name, location_id=place)
        with begin(counter) as work:
            line = stock.count_sheet(work, count_id=made).rows[0].line_id
        if counted is not None:
            run(counter, stock.enter_count, request_id=uuid4(), line_id=line, counted=counted)
        return made, line

    world.open_count, world.count_line = count("Open", None)
    world.ready_count, _ = count("Ready", 99)
    world.finished_count, world.finished_line = count("Finished", 50)
    run(counter, stock.finish_count, request_id=uuid4(), count_id=world.finished_count)


def _receive(who: Actor, variant_id: UUID, location_id: UUID, quantity: int, lot: str) -> UUID:
    return run(who, stock.receive_stock, request_id=uuid4(), variant_id=variant_id, location_id=location_id,
               quantity=quantity, lot=lot)  # fmt: skip
