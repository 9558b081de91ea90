"""Who may not see prices is shown none: on screens, in dialogs and files, by the API, in answers, notices and letters.

A market trades at numbers that stand nowhere else. A factory's production manager and a distributor's warehouse
manager may see none of them, a distributor's sales manager not what the goods cost. Each opens all that is theirs and
presses every button there; what comes back is searched for every amount in the books, however it is written. The
owners, who see them, are the control.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app import bridge
from app.api import api
from app.navigation import SCREENS
from app.parts import downloads
from domain import identity, notifications, orders, reactions, reports
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin, clock, run
from domain.payments import Method
from domain.reports import MetricQuery
from tests.app.signed_in import browser, cookie_of, session_of
from tests.app.test_strangers_api import OPERATIONS
from tests.app.test_strangers_screens import drawn, here_of, open_at
from tests.domain.test_strangers import ENTRIES, World, column, faces, fill_world
from tests.make.market import (
    PASSWORD,
    Company,
    Market,
    buy,
    company,
    make_market,
    offer,
    orders_of,
    sheet,
    terms,
    top_up,
)
from tests.make.traded import Traded

D = Decimal
# Every amount of money that the books hold, with whose trade it is: seller and buyer.
AMOUNTS = """
    select x::text || ' ' || o.seller_id || ' ' || o.buyer_id from supplier_orders o
      cross join lateral unnest(array[o.goods, o.tax, o.shipping, o.total]) as x
    union select x::text || ' ' || o.seller_id || ' ' || o.buyer_id from supplier_orders o
      join order_lines l on l.order_id = o.id cross join lateral unnest(array[l.unit_price, l.goods, l.tax]) as x
    union select t.unit_price::text || ' ' || f.seller_id || ' ' || f.seller_id from price_tiers t
      join offers f on f.id = t.offer_id
    union select abs(p.amount)::text || ' ' || o.seller_id || ' ' || o.buyer_id from ledger_postings p
      join ledger_entries e on e.id = p.entry_id join supplier_orders o on o.id = e.order_id
    union select abs(a.balance)::text || ' ' || coalesce(a.seller_id, a.org_id) || ' ' || coalesce(a.buyer_id, a.org_id)
      from ledger_accounts a where a.org_id is not null or a.seller_id is not null
    union select r.total::text || ' nobody ' || r.buyer_id from purchase_requests r
    union select x::text || ' ' || t.seller_id || ' ' || t.seller_id from seller_terms t
      cross join lateral unnest(array[t.order_minimum, t.shipping_fee, t.free_shipping_from]) as x where x is not null
"""


class Needles:
    """Amounts in all the ways in which they are written."""

    def __init__(self, amounts: set[Decimal]) -> None:
        # Round numbers are counts as well; those with odd cents are nothing else.
        self.amounts = {amount for amount in amounts if amount > 3 and amount * 100 % 50}
        forms = {form for amount in self.amounts for form in self.forms(amount)}
        # Neither the seconds of a time nor a part of an id or of a longer number.
        self._any = re.compile(
            rf"(?<![\w:.,])(?<!\w-)(?:€\s?)?({'|'.join(map(re.escape, sorted(forms)))})0*(?![\w-])(?!\.\d)")

    @staticmethod
    def forms(amount: Decimal) -> set[str]:
        cents = amount.quantize(D("0.01"))
        found = {f"{cents}", f"{cents:,}", f"{cents:,}".translate({44: 46, 46: 44}), f"{cents}".replace(".", ",")}
        found |= {f"{amount.normalize():f}"}
        if cents > 100:  # as a program counts cents; small ones are years and counts
            found.add(f"{cents * 100:.0f}")
        return found

    def found_in(self, text: str) -> set[str]:
        return {match.group(1) for match in self._any.finditer(text.replace("\\u20ac", "€").replace("\\", ""))}


@dataclass
class Trades:
    market: Market
    maker: Company
    both: Company
    world: World
    bought: UUID  # by the distributor
    sold: UUID
    things: dict[str, UUID]

    def needles(self, seller: Company | None = None, buyer: Company | None = None) -> Needles:
        """The amounts of all trade that a company has to do with, or of one side of it."""
        amounts = set()
        for row in column(AMOUNTS):
            amount, sells, buys = row.split()
            if (seller is None or sells == str(seller.org_id)) and (buyer is None or buys == str(buyer.org_id)):
                amounts.add(D(amount))
        return Needles(amounts)

    def costs(self) -> Needles:
        """What the distributor pays, without what could be a selling price as well."""
        return Needles(self.needles(buyer=self.both).amounts - self.needles(seller=self.both).amounts)


MASKED = {
    "production": Variant.PRODUCTION_MANAGER, "warehouse": Variant.WAREHOUSE_MANAGER, "sales": Variant.SALES_MANAGER,
}  # fmt: skip


@pytest.fixture(scope="module")
def trades(files_database: str) -> Trades:
    """The world of the strangers at telling prices; a distributor buys there and sells to the same shop."""
    market = make_market(makers=1, wallet="93517.31")
    [maker] = market.makers
    maker.offers, maker.variants = [], []
    offer(maker, "Telling thing", tiers=[(1, "31.37"), (100, "29.83")])
    world = fill_world(market, market.retailer, maker)
    terms(maker, order_minimum="23.19", shipping="17.47", free_from="7351.43")
    both = company(
        OrgKind.DISTRIBUTOR, "Both sides", Variant.DISTRIBUTOR_OWNER, Variant.REGIONAL_MANAGER,
        Variant.WAREHOUSE_MANAGER, Variant.SALES_MANAGER,
    )  # fmt: skip
    top_up(both, "98113.77", market.finance)
    resold = offer(both, "Resold thing", tiers=[(1, "47.83"), (100, "41.89")])
    terms(both, order_minimum="29.33", shipping="19.81")
    bought = orders_of(both, buy(both, {maker.offers[0]: 77}))[maker.org_id]
    later = orders_of(both, buy(both, {maker.offers[0]: 13}))[maker.org_id]
    sold = orders_of(market.retailer, buy(market.retailer, {resold: 71}))[both.org_id]
    answered = orders_of(market.retailer, buy(market.retailer, {resold: 9}))[both.org_id]
    run(both.owner, orders.confirm_order, order_id=answered)
    for seller, buyer, order_id in ((maker, both, bought), (both, market.retailer, sold)):
        run(seller.owner, orders.confirm_order, order_id=order_id)
        [line] = sheet(seller.owner, order_id).lines
        shipped = run(seller.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier="dhl",
                      tracking="T", shipped={line.line_id: 50})  # fmt: skip
        run(buyer.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipped)
        run(buyer.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id,
            accepted={line.line_id: 40})  # fmt: skip
    # A colleague asks for a purchase, and the one before was decided.
    regional = both.people[Variant.REGIONAL_MANAGER]
    asked = []
    for quantity in (19, 23):
        run(regional, orders.add_to_basket, offer_id=maker.offers[0], quantity=quantity)
        asked.append(run(regional, orders.ask_approval, request_id=uuid4(), site_id=both.site_id,
                         method=Method.BANK_TRANSFER))  # fmt: skip
    run(both.owner, orders.reject_purchase, purchase_request_id=asked[0], reason="Not now")
    run(both.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=29)
    reactions.deliver_new()
    run(Actor.system(), notifications.mail_notices)
    morning = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(10), UTC)
    with clock(morning):  # whatever the hour of this test, theirs has come
        run(Actor.system(), notifications.write_digests)
    with begin(Actor.system()) as work:
        purchase = orders.order_sheet(work, order_id=bought).purchase_id
    things = {
        "order_id": bought, "purchase_id": purchase, "site": both.site_id, "offer": maker.offers[0], "org": both.org_id,
        "line": sheet(both.owner, later).lines[0].line_id, "shipment": uuid4(), "bank_line_id": world.bank_line,
        "offer_id": maker.offers[0],
    }  # fmt: skip
    return Trades(market, maker, both, world, bought, sold, things)


def people(trades: Trades) -> dict[str, tuple[Company, Variant, Needles]]:
    """Who is masked, with what each must not see."""
    return {
        "production": (trades.maker, MASKED["production"], trades.needles(seller=trades.maker)),
        "warehouse": (trades.both, MASKED["warehouse"], Needles(
            trades.needles(seller=trades.both).amounts | trades.needles(buyer=trades.both).amounts)),
        "sales": (trades.both, MASKED["sales"], trades.costs()),
    }  # fmt: skip


WHO = list(MASKED)


# --- screens, dialogs and files ----------------------------------------------------------------


@contextmanager
def files_of_screens() -> Iterator[list[Callable[[], bytes]]]:
    """The files that a screen offers, to be made as a click would make them."""
    offered: list[Callable[[], bytes]] = []

    def noted(made: Callable[[], bytes]) -> Callable[[], bytes]:
        offered.append(bridge.later(made))
        return offered[-1]

    with patch.object(downloads, "later", noted):
        yield offered


def text_of(file: bytes) -> str:
    """A file as text: CSV as it is, of a spreadsheet every part."""
    if file[:2] != b"PK":
        return file.decode("utf-8-sig")
    with zipfile.ZipFile(BytesIO(file)) as book:
        return " ".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


@dataclass
class Scraped:
    """What was searched, and what was found where."""

    screens: int = 0
    buttons: int = 0
    files: int = 0
    hits: set[str] = None  # type: ignore[assignment]

    def look(self, needles: Needles, where: str, text: str) -> None:
        self.hits = (self.hits or set()) | {f"{amount} {where}" for amount in needles.found_in(text)}


ENDS_SESSIONS = "account-security"


def scrape(who: Company, variant: Variant, needles: Needles, addresses: list[dict[str, object]], *, press: bool) -> Scraped:
    """Every screen of a person at every address, what its buttons open, and the files that it offers."""
    found, email = Scraped(), who.emails[variant]
    here = here_of(email)
    with browser(cookie_of(session_of(email))) as at, files_of_screens() as offered:
        at.run()
        for screen in SCREENS:
            if screen.is_open or not screen.is_for(here):
                continue
            for address in addresses:
                found.look(needles, f"on {screen.url}", _opened(at, screen, address))
                found.screens += 1
                for made in list(offered):
                    found.look(needles, "in a file", text_of(made()))
                    found.files += 1
                offered.clear()
                labels = [button.label for button in at.main.button] if press and screen.url != ENDS_SESSIONS else []
                for n, label in enumerate(labels):
                    _opened(at, screen, address)
                    pressed = at.main.button
                    if n < len(pressed) and not pressed[n].disabled:
                        pressed[n].click().run()
                        found.look(needles, f"behind {label!r} of {screen.url}", drawn(at))
                        found.buttons += 1
                        offered.clear()
    return found


def _opened(at: AppTest, screen: Any, address: dict[str, object]) -> str:
    shown = open_at(at, screen, address)
    assert "Something went wrong" not in shown, (screen.url, shown[:500])
    return shown


def addresses_of(trades: Trades, who: str) -> list[dict[str, object]]:
    world = trades.world
    if who == "production":
        return [{"order": world.confirmed, "offer": world.offer}, {"order": world.delivered, "show": "all"}]
    return [{"order": trades.sold, "show": "history", "request": world.wish}, {"order": trades.bought, "purchase": trades.things["purchase_id"]}]


@pytest.mark.parametrize("name", WHO)
def test_no_screen_dialog_or_file_shows_a_price_to_who_sees_none(trades: Trades, name: str) -> None:
    who, variant, needles = people(trades)[name]
    addresses = addresses_of(trades, name)
    owner = scrape(who, next(iter(who.emails)), needles, addresses[:1] if name != "sales" else addresses[1:], press=False)
    found = scrape(who, variant, needles, addresses, press=True)
    print(f"{name}: {len(needles.amounts)} amounts; {found.screens} drawings, {found.buttons} buttons, {found.files} files:"
          f" {len(found.hits)} hits; the owner's {owner.screens} drawings and {owner.files} files: {len(owner.hits)}")
    assert found.hits == set()
    assert found.screens >= 12 and found.buttons >= 3 and found.files >= 2
    assert len(needles.amounts) > 10 and len(owner.hits) > 15 and any("in a file" in hit for hit in owner.hits)


# --- the API -----------------------------------------------------------------------------------


def answers(trades: Trades, who: Company, variant: Variant) -> dict[str, str]:
    """What every operation of the API answers to a person about the own company's things."""
    web = TestClient(api(), raise_server_exceptions=False)
    token = web.post("/v1/sign-in", json={"email": who.emails[variant], "password": PASSWORD}).json()["token"]
    headers, said = {"Authorization": f"Bearer {token}"}, {}
    orders_there = [trades.bought, trades.sold, trades.world.done, trades.world.paid]
    for operation, (_, body) in OPERATIONS.items():
        method, path = operation.split(" ")
        for order_id in orders_there if "{order_id}" in path else orders_there[:1]:
            things = trades.things | {"order_id": order_id}
            content = None if method == "GET" else body(things)
            answer = web.request(method, path.format(currency="EUR", **things), headers=headers, json=content)
            assert answer.status_code < 500, (operation, answer.text)
            said[f"{operation} {order_id}"] = answer.text
    return said


@pytest.mark.parametrize("name", WHO)
def test_no_operation_of_the_api_answers_with_a_price(trades: Trades, name: str) -> None:
    who, variant, needles = people(trades)[name]
    said = answers(trades, who, variant)
    assert {operation: found for operation, text in said.items() if (found := needles.found_in(text))} == {}
    told = [operation for operation, text in said.items() if text and text[0] == "{" and '"title"' not in text]
    assert len(said) > len(OPERATIONS) and told  # some are answered in full, without the amounts
    owners = answers(trades, who, next(iter(who.emails)))
    assert any(needles.found_in(text) for text in owners.values())


# --- every question of every face --------------------------------------------------------------


def asked(trades: Trades, who: Company, actor: Actor) -> Iterator[tuple[str, str]]:
    """What every question of the domain answers a person about trades of the company, both ways."""
    world, token = trades.world, identity.token_of(trades.world.link)
    # Nothing of these is about a trade.
    elsewhere = dict.fromkeys(("registration", "invitation", "suspension", "message"), uuid4()) | {
        "registration_token": token, "invitation_token": token}  # fmt: skip
    names = ("done", "confirmed", "paid", "delivered", "shipped", "reviewed", "in_production")
    for order_id in (trades.bought, trades.sold) if who is trades.both else (world.done, world.paid):
        there = vars(world) | dict.fromkeys(names, order_id) | elsewhere
        if who is trades.both:
            there |= {"shop": who, "maker": who if order_id == trades.sold else trades.maker, "offer": who.offers[0],
                      "draft": who.offers[0], "variant": who.variants[0], "unpaid": trades.things["purchase_id"]}  # fmt: skip
        for name, question in faces().items():
            if ENTRIES[name].writes:
                continue
            try:
                with begin(actor) as work:
                    told = repr(question(work, **ENTRIES[name].facts(World(**there))))
                    # The microseconds of an instant are any six digits, now and then those of an amount in cents.
                    yield name, re.sub(r"datetime\.datetime\(\d+(?:, \d+)+", "datetime", told)
            except DomainError as refusal:
                yield name, refusal.sentence


@pytest.mark.parametrize("name", WHO)
def test_no_question_of_the_domain_answers_with_a_price(trades: Trades, name: str) -> None:
    who, variant, needles = people(trades)[name]
    found = {question: hits for question, text in asked(trades, who, who.people[variant]) if (hits := needles.found_in(text))}
    owners = {question for question, text in asked(trades, who, who.owner) if needles.found_in(text)}
    print(f"{name}: of {sum(not entry.writes for entry in ENTRIES.values())} questions, {len(owners)} tell the owner")
    assert found == {}
    assert owners >= {"orders.order_sheet", "payments.money_of_order", "ledger.postings_of_order"}


# --- letters -----------------------------------------------------------------------------------


def letters(email: str) -> str:
    with begin(Actor.system()) as work:
        rows = work.session.execute(sa.text("select facts::text from outgoing_emails where recipient = :to"), {"to": email})
        return " ".join(rows.scalars())


def test_no_letter_holds_a_price_for_who_sees_none(trades: Trades) -> None:
    for name, (who, variant, needles) in people(trades).items():
        assert needles.found_in(letters(who.emails[variant])) == set(), name
    # The control: whoever may approve a purchase reads what it costs.
    assert trades.costs().found_in(letters(trades.both.emails[Variant.DISTRIBUTOR_OWNER]))


# --- figures -----------------------------------------------------------------------------------


def test_no_metric_answers_with_money_for_who_sees_none(traded: Traded) -> None:
    maker = traded.market.makers[2]
    ever = {"first": traded.as_of.date().replace(year=2020), "end": traded.as_of.date().replace(year=2030), "currency": "EUR"}

    def told(actor: Actor) -> tuple[list[str], str]:
        with begin(actor) as work:
            known = [metric.name for metric in reports.known_metrics(work) if not metric.not_collected]
            text = repr(reports.metric_values(work, query=MetricQuery(names=tuple(known), **ever)))
            for name in known:
                try:
                    text += repr(reports.metric_rows(work, name=name, **ever))
                except DomainError:
                    continue
            return known, text

    # The goods of the completed order, with tax, and what it was before.
    amounts = re.compile(r"Decimal\('(480|500|518\.4|540|9\.6|48\.0)0*'\)|\b(480|518)\.\d")
    names, text = told(maker.people[Variant.PRODUCTION_MANAGER])
    owners, everything = told(maker.owner)
    assert set(names) < set(owners) and "on_time_rate" in names
    assert "gmv_completed" not in names and "refund_rate_30" not in names
    assert amounts.findall(text) == []
    assert amounts.findall(everything)
