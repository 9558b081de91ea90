"""kill -9 of web, worker, a database backend and the postmaster while people trade over HTTP.

The real product runs under its own supervisor with its own data folder; only Dagster is left out. Clients keep
the id of each request and send it again after a broken connection or a 5xx until it is acknowledged; one in
ten gives up after the first failure. At the end every acknowledged request has exactly one effect, no other
has more than one, and every invariant holds.
"""

import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
import sqlalchemy as sa

from domain import reactions
from domain.identity import OrgKind
from domain.kernel import database as db
from domain.kernel import postgres
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT, settings
from domain.kernel.work import begin
from domain.reports import violations
from tests.make.market import PASSWORD, company, make_market, top_up
from tests.proof.written import write_down

pytestmark = pytest.mark.proof

KINDS = ("web", "worker", "backend", "postmaster")
CLIENTS = 6
# Kills come faster than any crash would, so who lived a few seconds starts again at once.
START = (
    "import app.run.instance as i, app.run.supervisor as s; s._STEADY_S = 3; i.dagster_programs = lambda known: [];"
    " i.up(empty=True)"
)
EFFECT = {"place_order": "PurchasePlaced", "buy_lines": "PurchasePlaced", "ship_goods": "GoodsShipped",
          "record_receipt": "GoodsReceived", "accept_goods": "GoodsAccepted"}  # fmt: skip


# --- the product -------------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder of its own, to which this process points as long as the test runs."""
    folder = Path(tempfile.mkdtemp(prefix="wholesale-kills-"))
    folder.chmod(0o755)
    before = {name: os.environ.get(name) for name in ("WHOLESALE_HOME", "WHOLESALE_PORT", "DATABASE_URL")}
    os.environ |= {"WHOLESALE_HOME": str(folder), "WHOLESALE_PORT": str(_free_port())}
    os.environ.pop("DATABASE_URL", None)
    db.dispose()
    settings.cache_clear()
    yield folder
    db.dispose()
    postgres.stop(folder)
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    settings.cache_clear()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def product(home: Path) -> Iterator[psutil.Process]:
    """The supervisor, with web and worker under it, ready to serve."""
    with (home / "up.txt").open("w") as log:
        started = subprocess.Popen([sys.executable, "-c", START], cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: "is ready" in (home / "up.txt").read_text(), 120)
        yield psutil.Process(started.pid)
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(60)
        except subprocess.TimeoutExpired:
            started.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(is_so: Callable[[], bool], patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < end, "it did not come back"
        time.sleep(0.05)


def find(kind: str, product: psutil.Process, home: Path) -> int | None:
    """The process to kill, or None while it is not there."""
    try:
        if kind in ("web", "worker"):
            word = {"web": "uvicorn", "worker": "app.run.worker"}[kind]
            return next((p.pid for p in product.children(recursive=True) if word in p.cmdline()), None)
        postmaster = postgres._postmaster(home / "postgres")
        if kind == "postmaster" or postmaster is None:
            return postmaster
        backends = [p for p in psutil.Process(postmaster).children() if "127.0.0.1(" in " ".join(p.cmdline())]
        return random.choice(backends).pid if backends else None
    except psutil.Error:
        return None


# --- the clients -------------------------------------------------------------------------------


@dataclass
class Book:
    """What was sent and what was acknowledged, by request id."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    acknowledged_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class GaveUp(Exception):
    pass


class Client:
    """A person who trades over HTTP."""

    def __init__(self, email: str, book: Book) -> None:
        self._web = httpx.Client(base_url=f"http://127.0.0.1:{settings().port}/api/v1", timeout=10)
        self._book = book
        answer = self._web.post("/sign-in", json={"email": email, "password": PASSWORD})
        self._web.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def ask(self, path: str) -> Any:
        return self._try("GET", path, None).json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self._try("POST", path, body)

    def post_once(self, path: str, **body: Any) -> httpx.Response:
        """With a request id of its own, kept over all tries."""
        request_id = str(uuid4())
        with self._book.lock:
            self._book.sent.add(request_id)
        answer = self._try("POST", path, {"request_id": request_id, **body}, patient=random.random() > 0.1)
        with self._book.lock:
            if answer.is_success:
                self._book.acknowledged.add(request_id)
            else:
                self._book.refused[answer.text] += 1
        return answer

    def _try(self, method: str, path: str, body: dict[str, Any] | None, *, patient: bool = True) -> httpx.Response:
        while True:
            start = time.monotonic()
            try:
                answer = self._web.request(method, path, json=body)
                if answer.status_code < 500 and '"kind":"Busy"' not in answer.text:
                    if method == "POST" and answer.is_success:
                        self._book.acknowledged_at = max(self._book.acknowledged_at, start)
                    return answer
            except httpx.TransportError:
                pass
            if not patient:
                raise GaveUp
            self._book.retries += 1
            time.sleep(0.1)


def trade(
    buyer: Client, seller: Client, site: str, offers: list[str], over: threading.Event, broken: list[str]
) -> None:
    try:
        while not over.is_set():
            try:
                trade_once(buyer, seller, site, offers)
            except GaveUp:
                buyer.ask("/basket")
    except Exception as problem:
        broken.append(repr(problem))


def trade_once(buyer: Client, seller: Client, site: str, offers: list[str]) -> None:
    lines = [{"offer_id": offer, "quantity": random.randint(1, 5)} for offer in random.sample(offers, 2)]
    placed = buyer.post_once("/orders", site_id=site, method="wallet", lines=lines)
    if not placed.is_success:
        return
    order = buyer.ask(f"/purchases/{placed.json()['id']}")["orders"][0]["order_id"]
    seller.post(f"/orders/{order}/confirmation")  # a second try finds it confirmed, and is refused
    open_lines = {line["line_id"]: line["ordered"] for line in buyer.ask(f"/orders/{order}")["lines"]}
    shipped = seller.post_once(f"/orders/{order}/shipments", carrier="dhl", tracking="T", shipped=open_lines)
    buyer.post_once(f"/orders/{order}/receipts", shipment_id=shipped.json()["id"])
    buyer.post_once(f"/orders/{order}/acceptances")


# --- the proof ---------------------------------------------------------------------------------


def test_kills_lose_nothing_and_double_nothing(home: Path, product: psutil.Process, quick_round: bool) -> None:
    kills = 8 if quick_round else 100
    market = make_market(makers=1, on_hand=10**9)
    maker, book, over, broken = market.makers[0], Book(), threading.Event(), []
    from tests.make.market import offer

    for number in range(3):
        offer(maker, f"More {number}", on_hand=10**9)
    seller_email = next(iter(maker.emails.values()))
    people = []
    for number in range(CLIENTS):
        shop = company(OrgKind.RETAILER, f"Shop {number}")
        top_up(shop, "100000000.00", market.finance)
        clients = (Client(shop.emails[next(iter(shop.emails))], book), Client(seller_email, book))
        people.append((*clients, str(shop.site_id), [str(each) for each in maker.offers], over, broken))
    threads = [threading.Thread(target=trade, args=each) for each in people]
    for thread in threads:
        thread.start()
    done: Counter[str] = Counter()
    serving: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(kills):
        time.sleep(random.uniform(0.5, 1.5))
        kind = KINDS[number % len(KINDS)]
        until(lambda kind=kind: find(kind, product, home) is not None, 60)
        victim = find(kind, product, home)
        killed_at = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        done[kind] += 1
        until(lambda at=killed_at: book.acknowledged_at > at or bool(broken), 90)
        assert broken == []
        serving[kind].append(time.monotonic() - killed_at)
    over.set()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert broken == []

    until(lambda: _undelivered() == 0, 90)
    found = _effects(book)
    figures = {
        "kills": dict(done), "requests_sent": len(book.sent), "acknowledged": len(book.acknowledged),
        "given_up": len(book.sent) - len(book.acknowledged) - sum(book.refused.values()), "retries": book.retries,
        **found,
        "seconds_to_serve_again": {
            kind: {"p50": round(statistics.median(times), 2), "max": round(max(times), 2)} for kind, times in serving.items()
        },
    }  # fmt: skip
    write_down("kills", figures, quick_round=quick_round)
    assert (found["lost"], found["doubled"], found["violations"]) == (0, 0, 0)
    assert not book.refused, book.refused.most_common(3)


def _effects(book: Book) -> dict[str, int]:
    """How many effects each request had, by the log; and what breaks an invariant."""
    with begin(Actor.system()) as work:
        rows = work.session.execute(
            sa.text(
                "select request_id::text, count(*) from events where request_id is not null and name = any(:names)"
                " group by request_id"
            ),
            {"names": sorted(set(EFFECT.values()))},
        )
        effects = Counter(dict(rows.all()))
        wrong = sum(row.violations for row in violations(work))
    return {
        "lost": sum(1 for request_id in book.acknowledged if effects[request_id] == 0),
        "doubled": sum(1 for count in effects.values() if count > 1),
        "unacknowledged_with_one_effect": sum(1 for each in book.sent - book.acknowledged if effects[each] == 1),
        "violations": wrong,
    }


def _undelivered() -> int:
    """Events that the worker has not yet handed to a reaction that waits for them."""
    names = sorted(set().union(*(events for _, events in reactions.REACTIONS.values())))
    try:
        with begin(Actor.system()) as work:
            return work.session.execute(
                sa.text(
                    "select count(*) from events e where e.name = any(:names)"
                    " and not exists (select 1 from deliveries d where d.event_id = e.id and d.state = 'done')"
                ),
                {"names": names},
            ).scalar_one()
    except sa.exc.DBAPIError:
        return 1
