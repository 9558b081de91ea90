"""Thirty-two people reserve, ship, count, transfer and let expire the same ten products at random, for minutes.

Over two processes with real commits. No deadlock reaches anybody, nothing is negative at any step, the balances are what
movements, reservations and layers say, and a plain oracle that replays what was acknowledged, in the order in which it
happened, comes to the same numbers: every acknowledged effect is there once, and none that nobody was told of.

The control writes what follows from what it has read, as shops do that lose stock; the same check must fail for it.
"""

import multiprocessing
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import orders, stock
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from domain.payments import Method
from domain.reports.verify import violations
from domain.stock import Arrived, CountState, DiscrepancyState, Wanted
from tests.make.market import company, make_market, offer, receive, top_up
from tests.proof.written import write_down

pytestmark = pytest.mark.proof
SECONDS = 300
SHORT_SECONDS = 12
PRODUCTS, BUYERS, KEEPERS = 10, 16, 16
ON_HAND = 120


@dataclass(frozen=True)
class Effect:
    """What somebody was told has happened: units on hand and reserved of a variant, and the cause of the movement."""

    variant: UUID
    on_hand: int
    reserved: int
    cause: UUID | None = None


@dataclass
class Stage:
    """Everybody and everything that the clients need to know; it goes to the other processes."""

    keepers: list[Actor]
    shops: list[tuple[Actor, UUID]]
    offers: list[UUID]
    variants: list[UUID]
    places: list[UUID]
    seconds: float


@dataclass
class Told:
    """One client's story: effects in its order, how often what was said, and how long its commands took."""

    effects: list[Effect] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    holds: dict[UUID, Effect] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


class Client:
    """One person with a will of its own; `draw` does one thing at random."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.stage, self.dice, self.told = stage, random.Random(number), Told()
        self.is_buyer = number < len(stage.shops)
        self.actor, self.site_id = (
            stage.shops[number] if self.is_buyer else (stage.keepers[number % len(stage.keepers)], uuid4())
        )

    def until(self, end: float) -> None:
        buys = (self.reserve, self.reserve, self.give_up)
        keeps = (self.ship, self.ship, self.decline, self.count, self.blind_count, self.transfer, self.receive, self.hold,
                 self.expire, self.move)  # fmt: skip
        while time.monotonic() < end:
            deed = self.dice.choice(buys if self.is_buyer else keeps)
            try:
                deed()
                self.told.said[f"done: {deed.__name__}"] += 1
            except DomainError as refusal:
                self.told.said[type(refusal).__name__] += 1
            except Exception as problem:
                self.told.said[f"crash: {problem!r}"[:300]] += 1

    def do(self, command: Any, *, who: Actor | None = None, **facts: Any) -> Any:
        start = time.monotonic()
        try:
            return run(who or self.actor, command, **facts)
        finally:
            self.told.seconds.append(time.monotonic() - start)

    def note(self, variant: UUID, on_hand: int, reserved: int, cause: UUID | None = None) -> None:
        self.told.effects.append(Effect(variant, on_hand, reserved, cause))

    # --- buyers

    def reserve(self) -> None:
        chosen = self.dice.sample(range(PRODUCTS), self.dice.randint(1, 3))
        wanted = {self.stage.offers[one]: self.dice.randint(1, 5) for one in chosen}
        with begin(self.actor) as work:
            inside = {row.offer_id for group in orders.my_basket(work).groups for row in group.lines}
        for offer_id in sorted(inside - set(wanted)):  # the basket is this person's own: what was refused before goes
            self.do(orders.remove_from_basket, offer_id=offer_id)
        for offer_id, quantity in wanted.items():
            self.do(orders.set_basket_quantity, offer_id=offer_id, quantity=quantity)
        method = self.dice.choice([Method.WALLET, Method.BANK_TRANSFER])
        self.do(orders.place_order, request_id=uuid4(), site_id=self.site_id, method=method)
        for offer_id, quantity in wanted.items():
            self.note(self.stage.variants[self.stage.offers.index(offer_id)], 0, quantity)

    def give_up(self) -> None:
        found = ask(self.actor, "select id from purchases where buyer_id = :org and id in (select purchase_id from"
                    " supplier_orders where state = 'awaiting_payment') order by random() limit 1")  # fmt: skip
        if found:
            lines = of_purchase(self.actor, found[0][0])
            self.do(orders.cancel_purchase, purchase_id=found[0][0])
            self.freed(lines)

    # --- keepers

    def ship(self) -> None:
        order_id, state = self.an_order("'awaiting_seller', 'confirmed'")
        if order_id is None:
            return
        if state == "awaiting_seller":
            self.do(orders.confirm_order, order_id=order_id)
        lines = ask(self.actor, "select id, variant_id, ordered from order_lines where order_id = :id", id=order_id)
        shipment = self.do(orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="T",
                           shipped={line: ordered for line, _, ordered in lines})  # fmt: skip
        for _, variant, ordered in lines:
            self.note(variant, -ordered, -ordered, shipment)

    def decline(self) -> None:
        order_id, _ = self.an_order("'awaiting_seller'")
        if order_id is not None:
            lines = ask(self.actor, "select variant_id, ordered from order_lines where order_id = :id", id=order_id)
            self.do(orders.decline_order, order_id=order_id, reason="No")
            self.freed(lines)

    def expire(self) -> None:
        """The timer of an unpaid purchase fires."""
        found = ask(Actor.system(), "select purchase_id from supplier_orders where state = 'awaiting_payment'"
                    " order by random() limit 1")  # fmt: skip
        if found:
            lines = of_purchase(Actor.system(), found[0][0])
            made = uuid4()
            self.do(_expire_once, who=Actor.system(), request_id=made, purchase_id=found[0][0])
            done = ask(Actor.system(), "select count(*) from events where name = 'OrderExpired' and request_id = :made",
                       made=made)  # fmt: skip
            if done[0][0]:
                self.freed(lines)

    def a_lot(self) -> Any:
        with begin(self.actor) as work:
            rows, _ = stock.my_stock(work, variant_id=self.dice.choice(self.stage.variants), size=200)
        rows = [row for row in rows if row.location_id in self.stage.places]
        return self.dice.choice(rows) if rows else None

    def count(self) -> None:
        row = self.a_lot()
        if row is not None:
            made = uuid4()
            counted = max(row.on_hand + self.dice.randint(-2, 2), 0)
            difference = self.do(stock.count_stock, request_id=made, variant_id=row.variant_id, counted=counted,
                                 location_id=row.location_id, lot_id=row.lot_id)  # fmt: skip
            if difference:
                self.note(row.variant_id, difference, 0, made)

    def blind_count(self) -> None:
        variant, place = self.dice.choice(self.stage.variants), self.dice.choice(self.stage.places)
        made = self.do(stock.open_count, request_id=uuid4(), name="Storm", location_id=place, variant_ids=[variant])
        with begin(self.actor) as work:
            lines = stock.count_sheet(work, count_id=made).rows
            seen = {row.lot: row.on_hand for row in stock.my_stock(work, variant_id=variant, location_id=place, size=200)[0]}
        for line in lines:
            counted = max(seen.get(line.lot, 0) + self.dice.randint(-1, 1), 0)
            self.do(stock.enter_count, request_id=uuid4(), line_id=line.line_id, counted=counted)
        try:
            state = self.do(stock.finish_count, request_id=uuid4(), count_id=made)
        except DomainError:
            self.do(stock.cancel_count, count_id=made)
            raise
        if state is CountState.IN_REVIEW:
            self.do(stock.cancel_count, count_id=made)
            return
        with begin(self.actor) as work:
            found = [line.difference or 0 for line in stock.count_sheet(work, count_id=made).rows]
        if any(found):
            self.note(variant, sum(found), 0, made)

    def transfer(self) -> None:
        row = self.a_lot()
        if row is None or row.available < 2:
            return
        there = next(place for place in self.stage.places if place != row.location_id)
        quantity = self.dice.randint(2, min(row.available, 9))
        wanted = [Wanted(row.variant_id, row.location_id, row.lot_id, quantity)]
        made = self.do(stock.draft_transfer, request_id=uuid4(), from_location_id=row.location_id, to_location_id=there,
                       lines=wanted)  # fmt: skip
        try:
            self.do(stock.send_transfer, request_id=uuid4(), transfer_id=made)
        except DomainError:
            self.do(stock.cancel_transfer, transfer_id=made)
            raise
        with begin(self.actor) as work:
            [line] = stock.transfer_sheet(work, transfer_id=made).lines
        badly = self.dice.choice([0, 0, 1])
        opened = self.do(stock.receive_transfer, request_id=uuid4(), transfer_id=made,
                         arrived={line.line_id: Arrived(quantity - badly, badly)})  # fmt: skip
        self.note(row.variant_id, 0, 0, made)
        for one in opened:
            outcome = self.dice.choice([DiscrepancyState.FOUND, DiscrepancyState.WRITTEN_OFF])
            self.do(stock.resolve_discrepancy, request_id=uuid4(), discrepancy_id=one, outcome=outcome, reason="Storm")
            self.note(row.variant_id, 0 if outcome is DiscrepancyState.FOUND else -1, 0, one)

    def receive(self) -> None:
        variant, quantity, made = self.dice.choice(self.stage.variants), self.dice.randint(1, 12), uuid4()
        self.do(stock.receive_stock, request_id=made, variant_id=variant, location_id=self.dice.choice(self.stage.places),
                quantity=quantity, lot=f"L{self.dice.randint(1, 3)}", unit_cost=Decimal(self.dice.randint(1, 9)),
                currency="EUR")  # fmt: skip
        self.note(variant, quantity, 0, made)

    def move(self) -> None:
        row = self.a_lot()
        if row is not None and row.available:
            made = uuid4()
            self.do(stock.move_stock, request_id=made, variant_id=row.variant_id, lot_id=row.lot_id,
                    from_location_id=row.location_id, quantity=self.dice.randint(1, min(row.available, 5)),
                    to_location_id=next(place for place in self.stage.places if place != row.location_id))  # fmt: skip
            self.note(row.variant_id, 0, 0, made)

    def hold(self) -> None:
        """Keep some back for a second, or let go of what one kept; what runs out is ended by the job."""
        if self.told.holds and self.dice.random() < 0.4:
            hold_id, effect = self.dice.choice(sorted(self.told.holds.items()))
            if self.do(stock.release_hold, hold_id=hold_id):
                del self.told.holds[hold_id]
                self.note(effect.variant, 0, -effect.reserved)
            return
        if self.dice.random() < 0.3:
            self.do(stock.end_due, who=Actor.system())
            return
        variant, quantity = self.dice.choice(self.stage.variants), self.dice.randint(1, 4)
        with begin(self.actor) as work:
            soon = work.now + timedelta(seconds=1)
        made = self.do(stock.hold_stock, request_id=uuid4(), variant_id=variant, quantity=quantity, note="Storm",
                       expires_at=soon)  # fmt: skip
        self.told.holds[made] = Effect(variant, 0, quantity)
        self.note(variant, 0, quantity)

    def an_order(self, states: str) -> tuple[UUID | None, str]:
        found = ask(self.actor, _ORDERS[states])
        return (found[0][0], found[0][1]) if found else (None, "")

    def freed(self, lines: list[Any]) -> None:
        for variant, quantity in lines:
            self.note(variant, 0, -quantity)


_ORDERS = {
    states: f"select id, state from supplier_orders where seller_id = :org and state in ({states})"
    " order by random() limit 1"
    for states in ("'awaiting_seller', 'confirmed'", "'awaiting_seller'")
}


def _expire_once(work: Any, *, request_id: UUID, purchase_id: UUID) -> None:
    """`expire_purchase` under a request, so that what it did can be told from what others did."""
    orders.expire_purchase(work, purchase_id=purchase_id)


def ask(actor: Actor, statement: str, **facts: Any) -> list[Any]:
    with begin(actor) as work:
        return [tuple(row) for row in work.session.execute(sa.text(statement), {"org": actor.org_id} | facts)]


def of_purchase(actor: Actor, purchase_id: UUID) -> list[Any]:
    return ask(actor, "select l.variant_id, l.ordered from order_lines l join supplier_orders o on o.id = l.order_id"
               " where o.purchase_id = :id", id=purchase_id)  # fmt: skip


# --- the storm ---------------------------------------------------------------------------------


def storm(stage: Stage, *, processes: int = 2) -> list[Told]:
    context = multiprocessing.get_context("spawn")
    numbers = list(range(BUYERS + KEEPERS))
    barrier, answers = context.Barrier(len(numbers)), context.Queue()
    started = [
        context.Process(target=_share, args=(stage, numbers[share::processes], barrier, answers))
        for share in range(processes)
    ]
    for process in started:
        process.start()
    told = [answers.get(timeout=stage.seconds + 240) for _ in numbers]
    for process in started:
        process.join(60)
    return told


def _share(stage: Stage, numbers: list[int], barrier: Any, answers: Any) -> None:
    def live(number: int) -> None:
        client = Client(stage, number)
        with begin(client.actor):
            pass
        barrier.wait(120)
        client.until(time.monotonic() + stage.seconds)
        answers.put(client.told)

    threads = [threading.Thread(target=live, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def make_stage(seconds: float) -> Stage:
    market = make_market(makers=1, on_hand=0, wallet="0")
    [maker] = market.makers
    for number in range(2, PRODUCTS + 1):
        offer(maker, f"Thing {number}", on_hand=0)
    receive(maker, maker.variants[0], ON_HAND)
    for variant in maker.variants[1:]:
        receive(maker, variant, ON_HAND)
    other = run(maker.owner, stock.add_location, request_id=uuid4(), name="Second warehouse")
    shops = []
    for number in range(BUYERS):
        shop = company(OrgKind.RETAILER, f"Shop {number}")
        top_up(shop, "1000000.00", market.finance)
        shops.append((shop.owner, shop.site_id))
    assert maker.location_id is not None
    keepers = [maker.people[variant] for variant in (Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER)]
    return Stage(keepers, shops, list(maker.offers), list(maker.variants), [maker.location_id, other], seconds)


def check(stage: Stage, told: list[Told]) -> dict[str, Any]:
    """The books agree with the oracle and with themselves. Returns what was seen."""
    said: Counter[str] = sum((one.said for one in told), Counter())
    assert not [what for what in said if what.startswith("crash")], said
    assert said["Busy"] == 0, said  # a deadlock or a race that reached somebody

    effects = [effect for one in told for effect in one.effects]
    order = dict(ask(Actor.system(), "select cause_id, max(id) from stock_movements group by 1"))
    first = [Effect(variant, ON_HAND, 0) for variant in stage.variants]
    on_hand: dict[UUID, int] = defaultdict(int)
    reserved: dict[UUID, int] = defaultdict(int)
    moving = [effect for effect in effects if effect.cause is not None]
    for effect in [*first, *sorted(moving, key=lambda effect: order[effect.cause])]:
        on_hand[effect.variant] += effect.on_hand
        assert on_hand[effect.variant] >= 0
    for effect in effects:
        reserved[effect.variant] += effect.reserved
    for one in told:  # what nobody let go of was ended by the job
        for effect in one.holds.values():
            reserved[effect.variant] -= effect.reserved
    balances = ask(Actor.system(), "select variant_id, sum(on_hand)::int, sum(reserved)::int from stock_balances group by 1")
    assert {variant: (hand, held) for variant, hand, held in balances} == {
        variant: (on_hand[variant], reserved[variant]) for variant in stage.variants
    }
    # Every movement has a cause that somebody was told of.
    causes = {cause for (cause,) in ask(Actor.system(), "select distinct cause_id from stock_movements"
                                        " where cause not in ('receipt')")}  # fmt: skip
    assert causes == {effect.cause for effect in moving} & causes
    never = "select count(*) from (select sum(quantity) over (partition by variant_id, location_id, lot_id order by id)"
    assert ask(Actor.system(), never + " as after from stock_movements) s where after < 0") == [(0,)]
    with begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []
    took = sorted(second for one in told for second in one.seconds)
    return {
        "clients": BUYERS + KEEPERS, "seconds": stage.seconds, "commands": len(took), "acknowledged": len(effects),
        "movements": ask(Actor.system(), "select count(*) from stock_movements")[0][0],
        "p50_ms": round(took[len(took) // 2] * 1000), "p99_ms": round(took[int(len(took) * 0.99)] * 1000),
        "said": dict(sorted(said.items())),
    }  # fmt: skip


def calm(stage: Stage) -> None:
    """What is kept for a second runs out."""
    with begin(Actor.system()) as work:
        later = work.now + timedelta(minutes=5)
    with clock(later):
        while run(Actor.system(), stock.end_due):
            pass


@pytest.mark.timeout(1800)
def test_thirty_two_people_and_ten_products(fresh_database: str, quick_round: bool) -> None:
    stage = make_stage(SHORT_SECONDS if quick_round else SECONDS)
    told = storm(stage)
    calm(stage)
    figures = check(stage, told)
    done = {what.removeprefix("done: ") for what in figures["said"] if what.startswith("done")}
    assert done >= {"reserve", "give_up", "ship", "decline", "count", "blind_count", "transfer", "receive", "hold", "expire"}
    write_down("stock_storm", figures, quick_round=quick_round)


def take_without_a_lock(variant_id: UUID) -> None:
    """The control: read what is on hand, then write what follows from it, with a movement that says so."""
    with db.connect(db.Role.OWNER) as connection:
        on_hand, location, lot, org = connection.execute(
            "select on_hand, location_id, lot_id, org_id from market.stock_balances where variant_id = %s", [variant_id]
        ).fetchone()
        time.sleep(0.02)
        connection.execute(
            "update market.stock_balances set on_hand = %s where variant_id = %s", [on_hand + 1, variant_id]
        )
        connection.execute(
            "insert into market.stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,"
            " recorded_at) values (%s, %s, %s, %s, 1, 'received', 'receipt', gen_random_uuid(), now())",
            [org, variant_id, location, lot],
        )


def test_the_same_check_fails_for_who_reads_and_then_writes(fresh_database: str) -> None:
    market = make_market(makers=1, on_hand=ON_HAND, wallet="0")
    variant = market.makers[0].variants[0]
    threads = [threading.Thread(target=take_without_a_lock, args=(variant,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with begin(Actor.system()) as work:
        broken = {row.number for row in violations(work) if row.violations}
    assert {11, 40} <= broken
    with pytest.raises(AssertionError), begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []
