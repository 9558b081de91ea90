"""Where goods lie in the demo: bins, a second warehouse, lots with days, what is on its way, held, counted, called
back."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from app.demo.companies import Offered, Trader, cents
from app.demo.stage import Stage
from domain import stock
from domain.kernel.actor import Actor
from domain.kernel.work import Work, begin
from domain.stock import Arrived, DiscrepancyState, LocationKind, StockRow, Wanted

_BOTTLED = "L2610-"


def put_on_agenda(stage: Stage, by_slug: Mapping[str, Trader]) -> None:
    if "lindqvist" in by_slug:
        stage.at(stage.back(3.1), stage.scene(_glassworks, by_slug["lindqvist"]))
    if "alpenhandel" in by_slug:
        stage.at(stage.back(32), stage.scene(_bottled, by_slug["alpenhandel"]))
        stage.at(stage.back(3), stage.scene(_distributor, by_slug["alpenhandel"]))
    if "douro" in by_slug:
        stage.at(stage.back(2.8), stage.scene(_pottery, by_slug["douro"]))
    if "montalto" in by_slug:
        stage.at(stage.back(2.6), stage.scene(_grove, by_slug["montalto"]))
    if "haushof" in by_slug:
        stage.at(stage.back(0.6), stage.scene(_shop, by_slug["haushof"]))


# --- each company ----------------------------------------------------------------------------------


def _glassworks(stage: Stage, maker: Trader) -> None:
    who, works = maker.owner, maker.actors.get("production", maker.owner)
    bins = _bins(stage, who, maker.location_id, "Hall A", ("A-01", "A-02", "A-03"))
    depot = _place(stage, who, "Depot Växjö")
    free = _most(_free(stage, who, maker.location_id))
    for row, into in zip(free[:3], bins, strict=False):
        stage.do(works, _to_bin, row=row, bin_id=into, quantity=min(row.available // 3, 240))
    _transfers(stage, who, works, maker.location_id, depot, free[3:7])
    _counted(stage, works, who, "Hall A, bin by bin", bins[0], -3)
    _counted(stage, works, who, "Depot Växjö, November", depot, 0)
    stage.do(works, stock.open_count, request_id=stage.new_id(), name="Stocktaking before Christmas",
             location_id=maker.location_id, variant_ids=[row.variant_id for row in free[:6]])  # fmt: skip
    for row, units, note, hours in (
        (free[0], 48, "Hotel opening in Malmö, decided by Friday", 50), (free[1], 24, "Sample boxes for the fair", 200),
    ):  # fmt: skip
        stage.do(who, stock.hold_stock, request_id=stage.new_id(), variant_id=row.variant_id, quantity=units,
                 note=note, expires_at=stage.today + timedelta(hours=hours))  # fmt: skip
    _kept_for_somebody(stage, who, free[2], 120, "Kept for the Christmas window")
    stage.do(who, stock.set_threshold, variant_id=free[0].variant_id, cover_days=21)
    lot = _lot(stage, works, maker, free[4].variant_id, "B-2611-07", 240)
    stage.do(who, stock.hold_lot, lot_id=lot, reason="Bubbles in the glass; the lab looks at ten pieces")
    stage.do(works, stock.wish_production, request_id=stage.new_id(), quantities={free[-1].variant_id: 480},
             due_on=(stage.today + timedelta(days=18)).date())  # fmt: skip


def _distributor(stage: Stage, trader: Trader) -> None:
    who, works = trader.owner, trader.actors.get("warehouse", trader.owner)
    bins = _bins(stage, who, trader.location_id, "Picking", ("P-11", "P-12", "P-13"))
    depot = _place(stage, who, "Depot Bolzano")
    free = _most(_free(stage, who, trader.location_id))
    for row, into in zip(free[:3], bins, strict=False):
        stage.do(works, _to_bin, row=row, bin_id=into, quantity=row.available // 4)
    _transfers(stage, who, works, trader.location_id, depot, free[3:7])
    _counted(stage, works, who, "Picking aisle", bins[0], -2)
    stage.do(works, stock.open_count, request_id=stage.new_id(), name="Fast movers, week by week",
             location_id=trader.location_id, variant_ids=[row.variant_id for row in free[:5]])  # fmt: skip
    for offered, days in zip(_bottles(trader)[:1], (26,), strict=False):
        assert offered.variant_id is not None
        _lot(stage, works, trader, offered.variant_id, "L2609-4", offered.item.pack * 15, days)
    with stage.present(), begin(who) as work:
        lots = [lot for lot in stock.my_lots(work, size=100)[0] if lot.code.startswith(_BOTTLED)]
    lots.sort(key=lambda lot: (lot.reserved, lot.on_hand, lot.code))
    for lot in lots[:1]:  # what went out most, and nothing of it waits to be shipped
        stage.do(
            who, stock.recall_lot, lot_id=lot.lot_id, reason="The winery reports bottles of this lot that do not close"
        )
    stage.do(who, stock.set_life_term, least_percent=20)
    stage.do(who, stock.hold_stock, request_id=stage.new_id(), variant_id=free[0].variant_id,
             quantity=min(free[0].available // 5, 24), note="Gasthof Post fetches them on Thursday",
             expires_at=stage.today + timedelta(days=2))  # fmt: skip


def _bottles(trader: Trader) -> list[Offered]:
    return [offered for offered in trader.offers if offered.sku.startswith("AL-WS") and offered.is_for_sale]


def _bottled(stage: Stage, trader: Trader) -> None:
    """Wine comes in lots, long enough ago that some of it went out."""
    works = trader.actors.get("warehouse", trader.owner)
    for number, offered in enumerate(_bottles(trader)):
        assert offered.variant_id is not None
        _lot(stage, works, trader, offered.variant_id, f"{_BOTTLED}{number}", offered.item.pack * 12, 300 + number)


def _pottery(stage: Stage, maker: Trader) -> None:
    who, works = maker.owner, maker.actors.get("production", maker.owner)
    depot = _place(stage, who, "Warehouse Porto")
    free = _most(_free(stage, who, maker.location_id))
    _transfers(stage, who, works, maker.location_id, depot, free[:4])
    _counted(stage, works, who, "Warehouse Porto, after the move", depot, 4)
    _kept_for_somebody(stage, who, free[4], 96, "")


def _grove(stage: Stage, maker: Trader) -> None:
    """Food: a lot that runs out soon, and one that is stopped."""
    who = maker.owner
    offers = [offered for offered in maker.offers if offered.is_for_sale]
    for offered, code, days in zip(offers[2:5], ("T2608-3", "S2610-1", "C2609-7"), (24, 55, 400), strict=False):
        assert offered.variant_id is not None
        lot = _lot(stage, who, maker, offered.variant_id, code, offered.item.pack * 12, days)
    stage.do(who, stock.hold_lot, lot_id=lot, reason="Two jars with loose lids; the line is being checked")
    stage.do(who, stock.set_life_term, least_percent=25)


def _shop(stage: Stage, shop: Trader) -> None:
    """The shop brings goods from one of its stores to the other, and counts a shelf."""
    who = shop.owner
    with stage.present(), begin(who) as work:
        stores = [place.location_id for place in stock.store_places(work) if place.location_id is not None]
    for store in stores[:1]:
        rows = _most(_free(stage, who, store))
        if rows and len(stores) > 1:
            _transfers(stage, who, who, store, stores[1], rows[:2])
        if len(rows) > 3:
            stage.do(who, stock.open_count, request_id=stage.new_id(), name="Shelf by the door", location_id=store,
                     variant_ids=[row.variant_id for row in rows[2:6]])  # fmt: skip


# --- what they do ----------------------------------------------------------------------------------


def _bins(stage: Stage, who: Actor, location_id: UUID | None, zone: str, codes: tuple[str, ...]) -> list[UUID]:
    above = stage.do(who, stock.add_location, request_id=stage.new_id(), name=zone, kind=LocationKind.ZONE,
                     parent_id=location_id, code=zone.split()[-1])  # fmt: skip
    return [
        stage.do(who, stock.add_location, request_id=stage.new_id(), name=f"Bin {code}", kind=LocationKind.BIN,
                 parent_id=above, code=code)
        for code in codes
    ]  # fmt: skip


def _place(stage: Stage, who: Actor, name: str) -> UUID:
    made: UUID = stage.do(who, stock.add_location, request_id=stage.new_id(), name=name)
    return made


def _free(stage: Stage, who: Actor, location_id: UUID | None) -> list[StockRow]:
    with stage.present(), begin(who) as work:
        rows, _ = stock.my_stock(work, location_id=location_id, size=100)
    return [row for row in rows if row.location_id == location_id and row.lot_state == "available"]


def _most(rows: list[StockRow]) -> list[StockRow]:
    """Those of which most is free, each variant once."""
    best: dict[UUID, StockRow] = {}
    for row in sorted(rows, key=lambda row: (-row.available, row.product_name, row.variant_name, row.lot)):
        best.setdefault(row.variant_id, row)
    return [row for row in best.values() if row.available > 0]


def _kept_for_somebody(stage: Stage, who: Actor, row: StockRow, units: int, note: str) -> None:
    with stage.present(), begin(who) as work:
        customers = stock.customers_to_keep_for(work)
    for customer in customers[:1]:
        stage.do(
            who, stock.allocate_stock, request_id=stage.new_id(), variant_id=row.variant_id,
            holder_id=customer.org_id, quantity=min(units, row.available // 3),
            ends_at=stage.today + timedelta(days=28), note=note,
        )  # fmt: skip


def _to_bin(work: Work, *, row: StockRow, bin_id: UUID, quantity: int) -> None:
    stock.move_stock(
        work, request_id=bin_id, variant_id=row.variant_id, lot_id=row.lot_id, from_location_id=row.location_id,
        to_location_id=bin_id, quantity=quantity,
    )  # fmt: skip


def _transfers(stage: Stage, who: Actor, works: Actor, source: UUID | None, target: UUID, rows: list[StockRow]) -> None:
    """One that has come in, with two units broken; one on its way; one that is only planned."""
    half = max(len(rows) // 2, 1)
    for rows_sent, note, is_done in ((rows[:half], "First filling", True), (rows[half:], "For the weekend", False)):
        if not rows_sent:
            continue
        lines = [
            Wanted(row.variant_id, row.location_id, row.lot_id, max(min(row.available // 5, 120), 1))
            for row in rows_sent
        ]
        transfer = _draft(stage, works, source, target, lines, note)
        stage.do(works, stock.send_transfer, request_id=stage.new_id(), transfer_id=transfer)
        if is_done:
            _arrives(stage, who, works, transfer)
    if len(rows) > 2:
        row = rows[0]
        _draft(stage, works, source, target, [Wanted(row.variant_id, row.location_id, row.lot_id, 6)], "Next van")


def _draft(stage: Stage, works: Actor, source: UUID | None, target: UUID, lines: list[Wanted], note: str) -> UUID:
    made: UUID = stage.do(
        works, stock.draft_transfer, request_id=stage.new_id(), from_location_id=source, to_location_id=target,
        lines=lines, note=note,
    )  # fmt: skip
    return made


def _arrives(stage: Stage, who: Actor, works: Actor, transfer_id: UUID) -> None:
    with stage.present(), begin(works) as work:
        lines = stock.transfer_sheet(work, transfer_id=transfer_id).lines
    broken = 2 if lines[0].quantity > 2 else 0
    arrived = {
        line.line_id: Arrived(line.quantity - broken, broken, what="Broken on the way")
        if broken and line is lines[0] else Arrived(line.quantity)
        for line in lines
    }  # fmt: skip
    opened = stage.do(works, stock.receive_transfer, request_id=stage.new_id(), transfer_id=transfer_id,
                      arrived=arrived)  # fmt: skip
    if opened and who is not works and stage.random.random() < 0.5:
        stage.do(who, stock.resolve_discrepancy, request_id=stage.new_id(), discrepancy_id=opened[0],
                 outcome=DiscrepancyState.WRITTEN_OFF, reason="Broken glass, seen on the photo")  # fmt: skip


def _counted(stage: Stage, works: Actor, who: Actor, name: str, location_id: UUID, difference: int) -> None:
    """A count that is done; `difference` units of its first line are not where the books have them."""
    count = stage.do(works, stock.open_count, request_id=stage.new_id(), name=name, location_id=location_id)
    with stage.present(), begin(works) as work:
        lines = stock.count_sheet(work, count_id=count).rows
        there = {
            (row.variant_id, row.location, row.lot): row.on_hand
            for row in stock.my_stock(work, location_id=location_id, size=200)[0]
        }
    for line in lines:
        units = there[line.variant_id, line.location, line.lot] + (difference if line is lines[0] else 0)
        stage.do(works, stock.enter_count, request_id=stage.new_id(), line_id=line.line_id, counted=max(units, 0))
    state = stage.do(works, stock.finish_count, request_id=stage.new_id(), count_id=count)
    if state == stock.CountState.IN_REVIEW and who is not works:
        stage.do(who, stock.approve_count, request_id=stage.new_id(), count_id=count, reason="Counted twice")


def _lot(
    stage: Stage, works: Actor, trader: Trader, variant_id: UUID, code: str, quantity: int, days: int | None = None
) -> UUID:
    """Goods of one lot come in; with `days` it runs out so many days from today."""
    offered = next(one for one in trader.offers if one.variant_id == variant_id)
    expires_on = None if days is None else (stage.today + timedelta(days=days)).date()
    lot: UUID = stage.do(
        works, stock.receive_stock, request_id=stage.new_id(), variant_id=variant_id,
        location_id=trader.location_id, quantity=quantity, lot=code, expires_on=expires_on,
        made_on=None if days is None else (stage.now - timedelta(days=60)).date(),
        unit_cost=cents(offered.price * Decimal("0.58")), currency="EUR",
    )  # fmt: skip
    return lot
