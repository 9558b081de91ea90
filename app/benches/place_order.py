"""The case `place-order` of `wholesale bench`: our checkout beside one hand-written SQL function.

Both do the same work on the same scratch database in interleaved rounds, paid from the wallet, each order
one basket that was filled before. Cost is CPU: of the backends and of the client processes together.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import multiprocessing
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from app.benches.machine import cpu_s, machine_cpu_s, scratch
from domain import identity, ledger, orders, verification
from domain.identity import GRANTS, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.configuration import Setting, value_of
from domain.kernel.work import Work, begin, run
from domain.ledger import Draft, Family, Kind, Leg
from domain.payments import Method

FUNCTION = Path(__file__).with_suffix(".sql")
SIZES = ((5, 1), (5, 3), (50, 1))  # lines, sellers
BUYERS, SELLERS, OFFERS = 64, 24, 100
ROUNDS = 3
WARM_UP_S = 0.5
OURS, LIMIT = "ours", "limit"


@dataclass(frozen=True)
class Result:
    """One size at one number of clients: medians over the rounds; shares are the limit's cost over ours."""

    case: str
    clients: int
    lines: int
    sellers: int
    cpu_ms: float
    client_cpu_ms: float
    per_second: float
    limit_cpu_ms: float
    limit_client_cpu_ms: float
    limit_per_second: float
    cpu_share: float
    throughput_share: float
    statements: int
    limit_statements: int
    foreign: float


@dataclass(frozen=True)
class Round:
    orders: int
    seconds: float
    server_cpu_s: float
    client_cpu_s: float
    foreign: float

    @property
    def cpu_ms(self) -> float:
        return 1000 * (self.server_cpu_s + self.client_cpu_s) / self.orders

    @property
    def client_cpu_ms(self) -> float:
        return 1000 * self.client_cpu_s / self.orders

    @property
    def per_second(self) -> float:
        return self.orders / self.seconds


def measure(*, seconds: float, clients: Sequence[int], sizes: Sequence[tuple[int, int]] = SIZES) -> list[Result]:
    """Run the case on a scratch database of its own. `seconds` is the length of each measured round."""
    results = []
    with scratch(make_market):
        for number in clients:
            with _Team(number) as team:
                for lines, sellers in sizes:
                    results.append(_measure_size(team, number, lines, sellers, seconds))
    return results


def _measure_size(team: _Team, clients: int, lines: int, sellers: int, seconds: float) -> Result:
    rounds: dict[str, list[Round]] = {OURS: [], LIMIT: []}
    capacity = int(clients * seconds * (220 if lines < 20 else 110)) + clients
    for side in (OURS, LIMIT):
        team.play(side, fill_baskets(clients * 60, lines, sellers), WARM_UP_S)
    for number in range(ROUNDS):
        # Who goes first changes with every round.
        for side in (OURS, LIMIT) if number % 2 else (LIMIT, OURS):
            rounds[side].append(team.play(side, fill_baskets(capacity, lines, sellers), seconds))
    ours, limit = (
        {
            name: statistics.median(getattr(one, name) for one in rounds[side])
            for name in ("cpu_ms", "client_cpu_ms", "per_second")
        }
        for side in (OURS, LIMIT)
    )
    return Result(
        case=f"place-order, {lines} lines, {sellers} seller{'s' if sellers > 1 else ''}", clients=clients, lines=lines,
        sellers=sellers, **ours, **{f"limit_{name}": value for name, value in limit.items()},
        cpu_share=limit["cpu_ms"] / ours["cpu_ms"], throughput_share=ours["per_second"] / limit["per_second"],
        statements=statements_of_one(lines, sellers), limit_statements=1,
        foreign=statistics.median(one.foreign for side in rounds.values() for one in side),
    )  # fmt: skip


# --- a world of its own ------------------------------------------------------------------------


# ids that sort and can be told again: a letter for the kind, then the number
_ID = "('{letter}0000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _id(letter: str, number: str = "n") -> str:
    return _ID.format(letter=letter, number=number)


def _market_sql() -> list[str]:
    offers = f"generate_series(0, {SELLERS * OFFERS - 1}) n"
    seller = _id("5", f"n / {OFFERS}")
    zones = "(array['Europe/Berlin', 'Asia/Tokyo', 'America/New_York'])[mod(n, 3) + 1]"
    return [
        f"insert into organizations (id, kind, name, country_code, time_zone, locale, currency, created_at)"
        f" select {_id('5')}, 'manufacturer', 'Maker ' || n, 'DE', {zones}, 'en', 'EUR', now()"
        f" from generate_series(0, {SELLERS - 1}) n",
        f"insert into organizations (id, kind, name, country_code, time_zone, locale, currency, created_at)"
        f" select {_id('b')}, 'retailer', 'Shop ' || n, 'DE', 'Europe/Berlin', 'en', 'EUR', now()"
        f" from generate_series(0, {BUYERS - 1}) n",
        f"insert into sites (id, org_id, kind, name, street, postal_code, city, country_code, time_zone, created_at)"
        f" select {_id('a')}, {_id('b')}, 'store', 'Main store', 'Marktplatz 1', '10115', 'Berlin', 'DE',"
        f" 'Europe/Berlin', now() from generate_series(0, {BUYERS - 1}) n",
        f"insert into sites (id, org_id, kind, name, street, postal_code, city, country_code, time_zone, created_at)"
        f" select gen_random_uuid(), {_id('5')}, 'factory', 'Factory', 'Werkstr. 1', '10115', 'Berlin', 'DE',"
        f" 'Europe/Berlin', now() from generate_series(0, {SELLERS - 1}) n",
        f"insert into products (id, created_by_org_id, name, description, base_unit, created_at)"
        f" select {_id('1')}, {seller}, 'Product ' || n, '', 'piece', now() from {offers}",
        f"insert into product_variants (id, product_id, name) select {_id('2')}, {_id('1')}, 'Standard' from {offers}",
        f"insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment,"
        f" lead_time_days, tax_rate, created_at) select {_id('3')}, {seller}, {_id('2')}, 'SKU-' || n, 'published',"
        f" 'EUR', 1, 1, mod(n, 10), 0.19, now() from {offers}",
        f"insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from)"
        f" select gen_random_uuid(), {_id('3')}, {seller}, q, round((10 + mod(n, 90) - t)::numeric, 6), now()"
        f" from {offers}, (values (1, 0), (10, 1), (100, 2)) as w(q, t)",
        f"insert into locations (id, org_id, name) select {_id('c')}, {_id('5')}, 'Main'"
        f" from generate_series(0, {SELLERS - 1}) n",
        f"insert into lots (id, org_id, variant_id, code) select {_id('d')}, {seller}, {_id('2')}, '-' from {offers}",
        f"insert into stock_balances (variant_id, location_id, lot_id, org_id, on_hand)"
        f" select {_id('2')}, {_id('c', f'n / {OFFERS}')}, {_id('d')}, {seller}, 1000000000 from {offers}",
        "insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,"
        " recorded_at) select org_id, variant_id, location_id, lot_id, on_hand, 'received', 'receipt',"
        " gen_random_uuid(), now() from stock_balances",
    ]


def make_market() -> None:
    """Sellers with offers and stock, buyers with money, and the function, in a database that has nothing."""
    with _owner() as connection:
        for statement in _market_sql():
            connection.execute(statement.encode())
        connection.execute(FUNCTION.read_text().encode())
        app = db.role_name(db.Role.APP)
        connection.execute(f'grant execute on all functions in schema market to "{app}"'.encode())
        # Both sides find their memo accounts made, as in a market that is older than a minute.
        connection.execute(
            "insert into ledger_accounts (family, kind, currency, is_locked)"
            " select family, kind, 'EUR', false from ledger_families where kind = 'memo'"
        )
    run(Actor.system(), _let_trade)
    run(Actor.system(), _fill_wallets)
    with _owner() as connection:
        connection.execute("vacuum analyze")


@contextlib.contextmanager
def _owner() -> Iterator[Any]:
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("set search_path = market, jobs, public")
        yield connection


def _let_trade(work: Work) -> None:
    """Everybody is verified as far as trade asks, and has accepted the terms."""
    org_ids = list(work.session.scalars(sa.text("select id from organizations")))
    verification.vouch(work, org_ids=org_ids, level=2, reason="A market to measure")
    terms = identity.terms_at(work.now)
    assert terms is not None
    work.session.execute(
        sa.text(
            "with person as (insert into people (id, email, name, created_at)"
            " values (gen_random_uuid(), 'speaker@bench.example', 'Speaker', :now) returning id)"
            " insert into terms_acceptances (id, org_id, person_id, version, text_sha256, accepted_at)"
            " select gen_random_uuid(), o.id, p.id, :version, :text_sha256, :now from organizations o, person p"
        ),
        {"now": work.now, "version": terms.version, "text_sha256": terms.text_sha256},
    )


def _fill_wallets(work: Work) -> None:
    amount = 10**11
    buyers = [UUID(f"b0000000-0000-7000-8000-{number:012x}") for number in range(BUYERS)]
    ledger.post(
        work,
        entries=[
            Draft(Kind.WALLET_TOPPED_UP, str(buyer), "EUR",
                  [Leg(Family.BANK_ESCROW, Decimal(amount)), Leg(Family.WALLET, Decimal(-amount), buyer)], org_id=buyer)
            for buyer in buyers
        ],
    )  # fmt: skip


@dataclass(frozen=True)
class Ready:
    """A basket that waits to be ordered: whose it is and where it goes."""

    person_id: UUID
    buyer_id: UUID
    site_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor(
            user_id=self.person_id, org_id=self.buyer_id, org_kind="retailer", variant=Variant.BUSINESS_OWNER,
            permissions=GRANTS[Variant.BUSINESS_OWNER],
        )  # fmt: skip


def fill_baskets(wanted: int, lines: int, sellers: int) -> list[Ready]:
    """New people with an open basket each: `lines` offers, taken in turn from `sellers` neighbours."""
    buyer = _id("b", f"mod(n, {BUYERS})")
    offer = _id("3", f"(mod(n * 7 + mod(k, {sellers}), {SELLERS}) * {OFFERS} + mod(n + k / {sellers}, {OFFERS}))")
    with _owner() as connection:
        [first] = connection.execute("select count(*) from baskets").fetchone()
        people = f"generate_series({first}, {first + wanted - 1}) n"
        for statement in (
            f"insert into people (id, email, name, created_at, email_confirmed_at)"
            f" select {_id('e')}, 'p' || n || '@bench.example', 'Person', now(), now() from {people}",
            f"insert into baskets (id, buyer_id, person_id, created_at) select {_id('f')}, {buyer}, {_id('e')}, now()"
            f" from {people}",
            f"insert into basket_lines (basket_id, offer_id, buyer_id, quantity, seen_unit_price, added_at)"
            f" select {_id('f')}, o.id, {buyer}, 1 + mod(n, 20), t.unit_price, now() + make_interval(secs => k)"
            f" from {people} cross join generate_series(0, {lines - 1}) k"
            f" cross join lateral (select {offer} as id) o"
            f" cross join lateral (select unit_price from price_tiers x where x.offer_id = o.id"
            f"   and x.minimum_quantity <= 1 + mod(n, 20) order by x.minimum_quantity desc limit 1) t",
            # Plans made while a table was empty would read it whole as it grows; no market stays that young.
            "analyze",
        ):
            connection.execute(statement.encode())
    return [
        Ready(
            UUID(f"e0000000-0000-7000-8000-{number:012x}"), UUID(f"b0000000-0000-7000-8000-{number % BUYERS:012x}"),
            UUID(f"a0000000-0000-7000-8000-{number % BUYERS:012x}"),
        )
        for number in range(first, first + wanted)
    ]  # fmt: skip


# --- the two sides -----------------------------------------------------------------------------


def order_by_us(ready: Ready) -> UUID:
    return run(ready.actor, orders.place_order, request_id=uuid4(), site_id=ready.site_id, method=Method.WALLET)


_CALL = "select market.bench_place_order(%s, %s, %s, %s, %s, %s, %s)"


def order_by_function(connection: Any, ready: Ready, hours: int, window: int) -> UUID:
    request_id = uuid4()
    body = json.dumps(["place_order", {"request_id": str(request_id), "site_id": str(ready.site_id)}])
    facts = (ready.buyer_id, ready.person_id, request_id, hashlib.sha256(body.encode()).digest(), ready.site_id)
    row = connection.execute(_CALL, (*facts, hours, window), prepare=True).fetchone()
    return UUID(str(row[0]))


def waits() -> tuple[int, int]:
    """The two settings that an order needs, read once: a process knows them."""
    with begin(Actor.system()) as work:
        hours = value_of(work, Setting.SELLER_ANSWER_BUSINESS_HOURS)
        return int(hours), int(value_of(work, Setting.PAYMENT_WINDOW_HOURS_WALLET))


def statements_of_one(lines: int, sellers: int) -> int:
    """How many statements one checkout of ours sends."""
    [ready] = fill_baskets(1, lines, sellers)
    sent = 0

    def count(*_: Any) -> None:
        nonlocal sent
        sent += 1

    waits()
    sa.event.listen(db.engine(), "before_cursor_execute", count)
    try:
        order_by_us(ready)
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", count)
    return sent


# --- the clients -------------------------------------------------------------------------------


class _Team:
    """The client processes: one for one client, else two that share the threads."""

    def __init__(self, clients: int) -> None:
        self._clients = clients
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        self._processes = []
        for _ in range(1 if clients == 1 else 2):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there,), daemon=True)
            process.start()
            self._pipes.append(here)
            self._processes.append(process)

    def __enter__(self) -> _Team:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(5)
            process.terminate()  # one that still waits for a round that broke off
            process.join()

    def play(self, side: str, baskets: Sequence[Ready], seconds: float) -> Round:
        """All clients order baskets for some seconds."""
        shares = [baskets[client :: self._clients] for client in range(self._clients)]
        for number, pipe in enumerate(self._pipes):
            pipe.send((side, shares[number :: len(self._pipes)], seconds))
        for pipe in self._pipes:
            pipe.recv()  # connected and waiting
        server, machine, start = _server_cpu_s(), machine_cpu_s(), time.monotonic()
        for pipe in self._pipes:
            pipe.send("go")
        answers = [pipe.recv() for pipe in self._pipes]
        wall = time.monotonic() - start
        server = _server_cpu_s() - server
        client = sum(answer[1] for answer in answers)
        busy = machine_cpu_s() - machine
        for pipe in self._pipes:
            pipe.send("over")
        failed = [answer[3] for answer in answers if answer[3]]
        if failed:
            raise RuntimeError(failed[0])
        foreign = max(0.0, busy - server - client) / (wall * multiprocessing.cpu_count())
        placed = sum(answer[0] for answer in answers)
        return Round(placed, max(answer[2] for answer in answers), server, client, foreign)


def _serve(pipe: Any) -> None:
    gc.collect()
    gc.freeze()  # as the web process does
    while (task := pipe.recv()) is not None:
        _play(pipe, *task)


def _play(pipe: Any, side: str, shares: list[list[Ready]], seconds: float) -> None:
    counts, problems = [0] * len(shares), []
    ready, go = threading.Barrier(len(shares) + 1), threading.Barrier(len(shares) + 1)
    known = waits()

    def work(number: int, share: list[Ready]) -> None:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(db.connect(db.Role.APP)) if side == LIMIT else None
            if connection is None:
                with begin(Actor.system()):
                    pass
            ready.wait()
            go.wait()
            until = time.monotonic() + seconds
            try:
                for basket in share:
                    if time.monotonic() > until:
                        break
                    if connection is None:
                        order_by_us(basket)
                    else:
                        order_by_function(connection, basket, *known)
                    counts[number] += 1
            except Exception as problem:
                problems.append(repr(problem))
            done.wait()
            over.wait()

    done, over = threading.Barrier(len(shares) + 1), threading.Barrier(len(shares) + 1)
    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(shares)]
    for thread in threads:
        thread.start()
    ready.wait()
    pipe.send("ready")
    pipe.recv()
    cpu, start = time.process_time(), time.monotonic()
    go.wait()
    done.wait()
    pipe.send((sum(counts), time.process_time() - cpu, time.monotonic() - start, problems[0] if problems else ""))
    pipe.recv()  # the backends are looked at before they may end
    over.wait()
    for thread in threads:
        thread.join()


def _server_cpu_s() -> float:
    """CPU of every backend that serves a client of this database, by the operating system."""
    with db.connect(db.Role.OWNER) as connection:
        # What kind of backend it is, is told to superusers only; parallel workers are not used here.
        rows = connection.execute(
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchall()
    return sum(cpu_s(pid) for (pid,) in rows)


def as_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [{k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(one).items()} for one in results]
