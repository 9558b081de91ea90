"""The case `search` of `wholesale bench`: a whole page of results beside a bare full-text query.

A scratch database with generated products, three price tiers each, from fifty sellers, half of them in stock. Asked in
turn on the same data: the page as a buyer's screen asks for it (24 rows, facets, this buyer's prices), a bare query,
the page for a misspelled search, and the look-up of a SKU.

The bare query is what a plain page of full-text search would ask: names of 24 products that have the words and are on
sale and in stock, in no order, by the same driver in the same unit of work (begin, whose it is, commit), which the page
pays for as well; but as the owner, since no index on words works under row-level security. Beside it stands the same
statement alone and planned anew each time, which for common words reads the table until it has 24: the better of the
two, so shares are told of both. Both have an index of their own over all words. The bare query ordered by `ts_rank` is
what one would write for the best first. CPU is that of the backend and of this process.
"""

from __future__ import annotations

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from app.benches.machine import cpu_s, machine_cpu_s, scratch
from domain import discovery, identity, verification
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run

LOAD = Path(__file__).with_name("search.sql")
ROUNDS = 6
RAW, ANEW, RANKED, PAGE, TYPO, SKU = (
    "bare query", "bare query, planned anew", "bare query, ts_rank", "page of results", "page, misspelled",
    "SKU look-up",
)  # fmt: skip
SEED = 5

NOUNS = """
    lamp kettle bottle drawer hammer ladder printer router charger speaker blanket pillow basket candle
    mirror bucket scissors stapler folder marker notebook monitor keyboard camera tripod helmet glove jacket
    tent lantern cooler grill blender toaster mixer teapot dumbbell bicycle scooter trolley
""".split()  # noqa: SIM905
KINDS = """
    compact portable heavy foldable rechargeable wireless industrial digital adjustable stackable waterproof
    insulated magnetic ergonomic universal professional classic modern mini double thermal silent solar
    hybrid coated padded curved slim rugged premium
""".split()  # noqa: SIM905
MATERIALS = """
    steel oak glass cotton ceramic leather plastic copper bamboo rubber linen marble silicone wool cork
""".split()  # noqa: SIM905
COLOURS = """
    red blue green black white grey yellow brown orange purple
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class Row:
    products: int
    what: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    client_cpu_ms: float
    p95_share: float
    cpu_share: float
    p95_share_anew: float
    cpu_share_anew: float
    foreign: float


@dataclass(frozen=True)
class Report:
    rows: list[Row]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Case:
    """What is asked, and what it took."""

    what: str
    ask: Callable[[str], object]
    questions: Sequence[str]
    pid: int
    seconds: list[float] = field(default_factory=list)
    backend_s: float = 0.0
    client_s: float = 0.0

    def play(self) -> None:
        backend, client = cpu_s(self.pid), time.process_time()
        for question in self.questions:
            start = time.perf_counter()
            self.ask(question)
            self.seconds.append(time.perf_counter() - start)
        self.backend_s += cpu_s(self.pid) - backend
        self.client_s += time.process_time() - client

    @property
    def cpu_ms(self) -> float:
        return 1000 * (self.backend_s + self.client_s) / len(self.seconds)


def measure(sizes: Sequence[int], *, rounds: int = ROUNDS, say: Callable[[str], None] = lambda _: None) -> Report:
    """Run the case for each number of products, each on a database of its own."""
    rows: list[Row] = []
    for products in sizes:
        with scratch(lambda products=products: _fill(products, say)):  # type: ignore[misc]
            rows += _measure(products, rounds, say)
    return Report(rows)


def _measure(products: int, rounds: int, say: Callable[[str], None]) -> list[Row]:
    buyer = _buyer()
    say(f"{products:,} products: asking ...")
    engine = sa.create_engine(
        db.url(db.Role.OWNER),
        pool_size=1,
        connect_args={"options": "-c search_path=market,public -c plan_cache_mode=force_custom_plan"},
    )
    with engine.begin() as alone, db.session(db.Role.OWNER) as owner, begin(buyer) as work:
        pids = _pid(owner), _pid(alone), _pid(work.session)
        skus: list[str] = list(owner.execute(sa.text("select sku from offers order by md5(sku) limit 60")).scalars())
    questions = _questions()
    with engine.connect() as alone:
        cases = [
            _Case(RAW, lambda find: _bare(buyer, _BARE, find), questions, pids[0]),
            _Case(ANEW, lambda find: _alone(alone, find), questions, pids[1]),
            _Case(RANKED, lambda find: _bare(buyer, _BARE_RANKED, find), questions, pids[0]),
            _Case(PAGE, lambda find: _page(buyer, find), questions, pids[2]),
            _Case(TYPO, lambda find: _page(buyer, find), [_misspelled(find) for find in questions[:20]], pids[2]),
            _Case(SKU, lambda sku: _look_up(buyer, sku), skus, pids[2]),
        ]
        for case in cases:  # plans are made and pages are read before anything counts
            case.play()
            case.seconds.clear()
            case.backend_s = case.client_s = 0.0
        gc.collect()
        gc.freeze()  # as the web process does
        began, machine, ours = time.monotonic(), machine_cpu_s(), time.process_time()
        for number in range(rounds):
            for case in cases if number % 2 else reversed(cases):
                case.play()
        wall = time.monotonic() - began
        used = time.process_time() - ours + sum(case.backend_s for case in cases)
        foreign = max(0.0, machine_cpu_s() - machine - used) / (wall * (os.cpu_count() or 1))
    engine.dispose()
    raw, anew = cases[:2]
    return [
        Row(
            products=products, what=case.what, p50_ms=1000 * statistics.median(case.seconds), p95_ms=_p95(case),
            cpu_ms=case.cpu_ms, client_cpu_ms=1000 * case.client_s / len(case.seconds),
            p95_share=_p95(case) / _p95(raw), cpu_share=case.cpu_ms / raw.cpu_ms,
            p95_share_anew=_p95(case) / _p95(anew), cpu_share_anew=case.cpu_ms / anew.cpu_ms, foreign=foreign,
        )
        for case in cases
    ]  # fmt: skip


def _p95(case: _Case) -> float:
    times = sorted(case.seconds)
    return 1000 * times[int(0.95 * (len(times) - 1))]


_BARE = sa.text(
    "select p.id, p.name, p.brand from product_search s join products p on p.id = s.product_id"
    " where s.words @@ websearch_to_tsquery('english', :find) and s.in_stock limit 24"
)
_BARE_RANKED = sa.text(
    "select p.id, p.name, p.brand from product_search s join products p on p.id = s.product_id"
    " where s.words @@ websearch_to_tsquery('english', :find) and s.in_stock"
    " order by ts_rank(s.words, websearch_to_tsquery('english', :find)) desc limit 24"
)


_WHOSE = sa.text("select now_at from begin_work(:org_id, :user_id, :scope, null, '')")


def _bare(buyer: Actor, statement: sa.TextClause, find: str) -> object:
    with db.session(db.Role.OWNER) as session, session.begin():
        whose = {"org_id": buyer.org_id, "user_id": buyer.user_id, "scope": buyer.scope.value}
        session.execute(_WHOSE, whose).one()
        return session.execute(statement, {"find": find}).all()


def _alone(connection: sa.Connection, find: str) -> object:
    with connection.begin():
        return connection.execute(_BARE, {"find": find}).all()


def _page(buyer: Actor, find: str) -> object:
    with begin(buyer) as work:
        return discovery.search_products(work, find=find, size=24)


def _look_up(buyer: Actor, sku: str) -> object:
    with begin(buyer) as work:
        [*found] = discovery.find_by_number(work, number=sku)
    if not found:
        raise RuntimeError(f"{sku} was not found")
    return found


def _pid(session: Any) -> int:
    return int(session.execute(sa.text("select pg_backend_pid()")).scalar_one())


def _questions() -> list[str]:
    """One word, two, and three, as often as each other; the same in every run."""
    chance = random.Random(SEED)
    one = [chance.choice(NOUNS + KINDS + MATERIALS) for _ in range(20)]
    two = [f"{chance.choice(KINDS)} {chance.choice(NOUNS)}" for _ in range(20)]
    three = [f"{chance.choice(MATERIALS)} {chance.choice(NOUNS)} {chance.choice(COLOURS)}" for _ in range(20)]
    asked = one + two + three
    chance.shuffle(asked)
    return asked


def _misspelled(find: str) -> str:
    """The longest word with two of its letters changed over."""
    longest = max(find.split(), key=len)
    middle = len(longest) // 2
    wrong = longest[: middle - 1] + longest[middle] + longest[middle - 1] + longest[middle + 1 :]
    return find.replace(longest, wrong)


# --- a world of its own ------------------------------------------------------------------------


def _buyer() -> Actor:
    org_id = run(
        Actor.system(), identity.register_organization, request_id=uuid4(), kind=OrgKind.RETAILER, name="Shop",
        country_code="DE", time_zone="Europe/Berlin", locale="en", currency="EUR",
    )  # fmt: skip
    run(
        Actor.system(), identity.add_member, request_id=uuid4(), org_id=org_id, email="owner@shop.example",
        name="Owner", variant=Variant.BUSINESS_OWNER, password=identity.hashed("a long sentence for measuring"),
    )  # fmt: skip
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email="owner@shop.example"))


def _fill(products: int, say: Callable[[str], None]) -> None:
    """Products by the hundred thousand: triggers off and indexes after, as a load of this size is done.

    That the search rows are those that the triggers would have written is seen on a sample.
    """
    say(f"{products:,} products: making them ...")
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("set search_path = market, public")
        connection.execute("set synchronous_commit = off")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute("set jit = off")
        words = {"nouns": NOUNS, "kinds": KINDS, "materials": MATERIALS, "colours": COLOURS}
        connection.execute("create temporary table bench_words (what text, n integer, word text)")
        with connection.cursor() as cursor, cursor.copy("copy bench_words from stdin") as copy:
            for what, listed in words.items():
                for number, word in enumerate(listed):
                    copy.write_row((what, number, word))
        indexes = _without_indexes(connection)
        connection.execute("create temporary table bench_size as select %s::int as products", [products])
        connection.execute(LOAD.read_text().encode(), prepare=False)
        for statement in indexes:
            connection.execute(statement.encode())
        # The search's own indexes are of slices, of which a bare query knows nothing.
        connection.execute("create index bench_words_idx on product_search using gin (words)")
        for table in _TABLES:
            connection.execute(f"alter table {table} enable trigger user".encode())
        connection.execute("vacuum analyze")
        _check_sample(connection)
    with begin(Actor.system()) as work:
        sellers: list[UUID] = list(
            work.session.execute(sa.text("select id from organizations where kind = 'manufacturer'")).scalars()
        )
    run(Actor.system(), verification.vouch, org_ids=sellers, level=2, reason="A market to measure")
    say(f"{products:,} products: counting words ...")
    _count(sellers)


def _count(sellers: Sequence[UUID]) -> None:
    """As the worker does it, without the time limit of a request."""
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("set search_path = market, public")
        connection.execute("select set_config('app.scope', 'system', false)")
        connection.execute("select search_count(now())")
        connection.execute("vacuum analyze product_search")
        connection.execute("vacuum analyze search_lexemes")


_TABLES = ("products", "product_variants", "offers", "price_tiers", "product_search", "lots", "stock_balances")


def _without_indexes(connection: Any) -> list[str]:
    """Drop what a load does better without; returns how to make it again."""
    for table in _TABLES:
        connection.execute(f"alter table {table} disable trigger user".encode())
    found = connection.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i"
        " where i.indrelid = any (%s::regclass[]) and not i.indisprimary and not exists ("
        "   select 1 from pg_constraint c where c.conindid = i.indexrelid)",
        [list(_TABLES)],
    ).fetchall()
    for name, _ in found:
        connection.execute(f"drop index {name}".encode())
    return [definition for _, definition in found]


def _check_sample(connection: Any) -> None:
    """What the product's own function makes of some of the products is what was loaded."""
    same = (
        "select md5(string_agg(md5((to_jsonb(s) - 'in_stock' - 'slice')::text), '' order by s.product_id))"
        " from product_search s join bench_sample b on b.id = s.product_id"
    )
    connection.execute("create temporary table bench_sample as select id from products order by md5(id::text) limit 99")
    [before] = connection.execute(same).fetchone()
    connection.execute("delete from product_search using bench_sample b where product_id = b.id")
    connection.execute("select search_refresh(array_agg(id), true) from bench_sample")
    [after] = connection.execute(same).fetchone()
    if before != after:
        raise RuntimeError("the rows that were loaded are not those that search would have written")
