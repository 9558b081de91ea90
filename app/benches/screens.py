"""The case `screens` of `wholesale bench`: what drawing a screen costs, and how many people one process serves.

A web process of its own serves a scratch database with the demo market and its warehouse; visitors without a browser
open every screen as somebody of the demo who may see it. Cost is CPU of the web process by the operating
system, which holds on a busy machine; the times are those of this machine at this moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

from app import cookies
from app.benches.machine import cpu_s, machine_cpu_s, point, scratch
from app.benches.visitor import Drawing, Visitor
from app.navigation import SCREENS, Screen
from app.run import web
from domain import catalog, discovery, identity, orders, stock, verification
from domain.identity import SignedIn
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT, Unusable, child_environment, settings
from domain.kernel.work import begin, run

WARM_UP, REDRAWN = 3, 20
THINK_S = 1.0  # between what one person does and does next
_START_S = 60


@dataclass(frozen=True)
class ScreenCost:
    """One screen, drawn for one person alone: the first opening, then medians of the reruns."""

    screen: str
    variant: str
    cpu_ms: float
    ms: float
    first_bytes: int
    bytes: int
    messages: int
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Load:
    """Many sessions that walk through the screens of their roles.

    With a pause of 0 each asks again at once: what one process can draw. With a pause the times are those that
    people see. `foreign` is the share of the machine that others used meanwhile.
    """

    sessions: int
    pause_s: float
    drawings: int
    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    memory_mb: float
    errors: int
    foreign: float


@dataclass(frozen=True)
class Report:
    screens: list[ScreenCost]
    loads: list[Load]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Web:
    port: int
    pid: int

    def cpu_s(self) -> float:
        return cpu_s(self.pid)

    def memory_mb(self) -> float:
        import psutil

        return float(psutil.Process(self.pid).memory_info().rss) / 1e6


@dataclass
class Person:
    """Somebody with a session, and with what the address of each screen needs."""

    who: SignedIn
    actor: Actor
    session: dict[str, str]
    facts: dict[str, dict[str, object]] = field(default_factory=dict)

    def may_see(self, screen: Screen) -> bool:
        return screen.is_for((self.who, self.actor))


def measure(
    *, sessions: Sequence[int], seconds: float, only: Sequence[str] = (), say: Callable[[str], None] = lambda _: None
) -> Report:
    """Run the case. `seconds` is the length of each load; `only` names screens by their address (else all).

    Raises: Unusable, for a screen that does not exist.
    """
    wanted = measured_screens(only)
    with scratch(lambda: _fill(say)):
        say("Starting the web process ...")
        with web_process() as process:
            people = _people()
            costs = [asyncio.run(cost_of(process, screen.url, _visitor_of(people, screen))) for screen in wanted]
            walks = [(one, [screen for screen in wanted if one.may_see(screen)]) for one in people]
            walks = [(one, screens) for one, screens in walks if screens]
            loads = []
            for pause_s in (0.0, THINK_S):
                for number in sessions:
                    say(f"{number} sessions, {'no pause' if not pause_s else f'{pause_s:.0f} s between drawings'} ...")
                    loads.append(asyncio.run(_load(process, walks, number, seconds, pause_s)))
            return Report(costs, loads)


def measured_screens(only: Sequence[str] = ()) -> list[Screen]:
    """The screens of those who are signed in, or of these the ones that are named. Raises: Unusable."""
    found = {screen.url: screen for screen in SCREENS if not screen.is_open}
    unknown = sorted(set(only) - set(found))
    if unknown:
        raise Unusable(f"There is no screen {unknown[0]} of people who are signed in; write for example retailer-home.")
    return [screen for url, screen in found.items() if not only or url in only]


# --- the world ---------------------------------------------------------------------------------


def _fill(say: Callable[[str], None]) -> None:
    from app.demo import market
    from pipelines.warehouse.build import build

    say("Making the demo market ...")
    market.make_market(lambda what: say(f"  {what} ..."))
    say("Building the warehouse ...")
    outcome = build("bench", lambda _: None)
    if outcome.status != "succeeded":
        raise RuntimeError(f"the warehouse of the bench was not built: {outcome.status}")


@contextlib.contextmanager
def web_process(command: Callable[[int], Sequence[str]] = web.command) -> Iterator[Web]:
    """A web process on a free port and the database that this process works on; ended at the end."""
    before, port = settings().port, _free_port()
    point({"WHOLESALE_PORT": str(port)})  # the names of cookies follow the port
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command(port), env=child_environment(), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            if not _is_ready(process, port):
                log.seek(0)
                raise RuntimeError(f"the web process did not start: {log.read()[-2000:].decode(errors='replace')}")
            yield Web(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            point({"WHOLESALE_PORT": str(before)})


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    return False


def signed_in(email: str, password: str) -> Person:
    """A person who has just signed in."""
    ticket = run(Actor.system(), identity.sign_in, email=email, password=password, nonce="bench", address="bench")
    if not isinstance(ticket, identity.Ticket):
        raise RuntimeError(f"{email} could not sign in")
    session_id = run(Actor.system(), identity.redeem_ticket, ticket=ticket.ticket, nonce="bench")
    with begin(Actor.system()) as work:
        now, who = work.now, identity.person_by_email(work, email=email)
    return Person(who, identity.actor_of(who), {cookies.session_name(): cookies.token(session_id, now=now)})


def _people() -> list[Person]:
    from app.accounts import accounts
    from app.demo.market import PASSWORD

    people = [signed_in(email, PASSWORD) for _, email in accounts()]
    for person in people:
        person.facts = _facts_of(person)
    return people


def _facts_of(person: Person) -> dict[str, dict[str, object]]:
    """What stands in the address of this person's detail screens; the first thing of each list, and a basket."""
    may, facts = identity.Permission, dict[str, dict[str, object]]()
    product = None
    with begin(person.actor) as work:
        if person.actor.may(may.SEE_PURCHASES):
            bought, _ = orders.orders_of_buyer(work)
            facts["retailer-order"] = {"order": bought[0].order_id} if bought else {}
        if person.actor.may(may.SEE_SALES):
            sold, _ = orders.orders_of_seller(work)
            facts["manufacturer-order"] = {"order": sold[0].order_id} if sold else {}
        if person.actor.may(may.SEE_ALL_ORDERS):
            every, _ = orders.all_orders(work)
            facts["admin-order"] = {"order": every[0].order_id} if every else {}
        if person.actor.may(may.SEE_STOCK) and person.actor.may(may.MANAGE_OFFERS):
            offers, _ = catalog.my_offers(work)
            facts["manufacturer-product"] = {"offer": offers[0].offer_id} if offers else {"show": "new"}
        if person.actor.may(may.SEE_STOCK):
            for url, name, found in (
                ("manufacturer-story", "variant", stock.my_stock(work)),
                ("manufacturer-lot", "lot", stock.my_lots(work)),
                ("manufacturer-transfer", "transfer", stock.my_transfers(work)),
                ("manufacturer-count", "count", stock.my_counts(work)),
            ):  # fmt: skip
                facts[url] = {name: getattr(found[0][0], f"{name}_id")} if found[0] else {}
        if person.actor.may(may.DECIDE_VERIFICATION):
            cases = verification.case_queue(work)[0] or verification.case_queue(work, which="decided")[0]
            facts["admin-case"] = {"case": cases[0].case_id} if cases else {}
        if person.actor.may(may.SEARCH_PRODUCTS):
            [product, *_] = discovery.search_products(work, in_stock=True).rows
            sheet = discovery.product_sheet(work, product_id=product.product_id)
            facts["retailer-product"] = {"product": product.product_id}
            facts["retailer-supplier"] = {"org": sheet.offers[0].seller_id}
    if product is not None and person.actor.may(may.FILL_BASKET):
        offer = sheet.offers[0]
        run(person.actor, orders.add_to_basket, offer_id=offer.offer_id, quantity=offer.minimum_quantity)
    return facts


def _visitor_of(people: Sequence[Person], screen: Screen) -> Person:
    """Who opens the screen: somebody who may, and who has something to show on it."""
    may = [person for person in people if person.may_see(screen)]
    if not may:
        raise RuntimeError(f"nobody of the demo may see {screen.url}")
    return next((person for person in may if person.facts.get(screen.url)), may[0])


# --- measuring ---------------------------------------------------------------------------------


async def cost_of(process: Web, url: str, person: Person, *, redrawn: int = REDRAWN) -> ScreenCost:
    """What it costs to draw one screen again and again for one person alone."""
    async with Visitor(process.port, person.session) as tab:
        first = await tab.open(url, person.facts.get(url))
        drawings = [first] + [await tab.draw_again() for _ in range(WARM_UP)]
        before = process.cpu_s()
        measured = [await tab.draw_again() for _ in range(redrawn)]
        cpu_ms = 1000 * (process.cpu_s() - before) / redrawn
    return ScreenCost(
        screen=url, variant=person.who.variant, cpu_ms=cpu_ms,
        ms=1000 * statistics.median(one.seconds for one in measured), first_bytes=first.bytes,
        bytes=int(statistics.median(one.bytes for one in measured)),
        messages=int(statistics.median(one.messages for one in measured)),
        errors=tuple(sorted({error for one in drawings + measured for error in one.errors})),
    )  # fmt: skip


async def _load(
    process: Web, walks: Sequence[tuple[Person, list[Screen]]], sessions: int, seconds: float, pause_s: float
) -> Load:
    """Every session opens a screen, has it drawn twice more, and goes on to the next of its role."""
    drawings: list[Drawing] = []
    ready = asyncio.Barrier(sessions + 1)
    until = 0.0

    async def visit(number: int) -> None:
        person, screens = walks[number % len(walks)]
        async with Visitor(process.port, person.session) as tab:
            await tab.open(screens[0].url, person.facts.get(screens[0].url))
            await ready.wait()
            await ready.wait()
            await asyncio.sleep(pause_s * number / sessions)
            for step in count(number):
                if time.monotonic() > until:
                    return
                screen = screens[step // 3 % len(screens)]
                again = step % 3 and step != number
                drawings.append(
                    await (tab.draw_again() if again else tab.open(screen.url, person.facts.get(screen.url)))
                )
                await asyncio.sleep(pause_s)

    async with asyncio.TaskGroup() as group:
        for number in range(sessions):
            group.create_task(visit(number))
        await ready.wait()
        cpu, ours, machine, began = process.cpu_s(), time.process_time(), machine_cpu_s(), time.monotonic()
        until = began + seconds
        await ready.wait()
    wall, cpu, ours = time.monotonic() - began, process.cpu_s() - cpu, time.process_time() - ours
    times = sorted(1000 * one.seconds for one in drawings)
    return Load(
        sessions=sessions, pause_s=pause_s, drawings=len(drawings), per_second=len(drawings) / wall,
        p50_ms=statistics.median(times), p95_ms=times[int(0.95 * (len(times) - 1))], cpu_ms=1000 * cpu / len(drawings),
        memory_mb=process.memory_mb(), errors=sum(bool(one.errors) for one in drawings),
        foreign=max(0.0, machine_cpu_s() - machine - cpu - ours) / (wall * (os.cpu_count() or 1)),
    )  # fmt: skip
