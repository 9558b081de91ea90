"""Every operation of the HTTP API and every route beside the screens, tried by strangers.

Who is nobody, who belongs to another organisation and who lacks the role get the same answer for a thing of
somebody else as for a thing that does not exist, and nothing moves: with row-level security on, and off. An
operation or a route that is not listed here fails the build, so the pairs tried are the pairs there are.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from starlette.routing import WebSocketRoute

from app import asgi, cookies
from app.api import api
from domain import catalog, identity, orders
from domain.identity import OrgKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from domain.payments import Method
from tests.app.signed_in import NONCE, cookie_of, session_of
from tests.domain.test_strangers import column, take_fences_down
from tests.make.files import a_pdf
from tests.make.market import PASSWORD, Company, Market, buy, company, make_market, orders_of, sheet
from tests.make.media import a_film

Thing = dict[str, UUID]
Body = Callable[[Thing], dict[str, Any]]


def again() -> str:
    return str(uuid4())


def no_body(_: Thing) -> dict[str, Any]:
    return {}


# What each operation is pointed at, and the side whose right it takes; "own" ones work on the caller's own things.
SHOP, MAKER, FINANCE = "shop", "maker", "finance"
OPERATIONS: dict[str, tuple[str, Body]] = {
    "POST /v1/orders": (SHOP, lambda t: {
        "request_id": again(), "site_id": str(t["site"]), "method": "wallet",
        "lines": [{"offer_id": str(t["offer"]), "quantity": 1}],
    }),
    "GET /v1/basket": (SHOP, no_body),
    "PUT /v1/basket/{offer_id}": (SHOP, lambda t: {"offer_id": str(t["offer"]), "quantity": 1}),
    "GET /v1/sites": ("own", no_body),
    "GET /v1/wallet/{currency}": (SHOP, no_body),
    "GET /v1/purchases/{purchase_id}": (SHOP, no_body),
    "POST /v1/purchases/{purchase_id}/payment": (SHOP, lambda t: {"request_id": again()}),
    "POST /v1/purchases/{purchase_id}/cancellation": (SHOP, no_body),
    "GET /v1/orders/{order_id}": ("both", no_body),
    "POST /v1/orders/{order_id}/confirmation": (MAKER, no_body),
    "POST /v1/orders/{order_id}/refusal": (MAKER, lambda t: {"reason": "no"}),
    "POST /v1/orders/{order_id}/cancellation": (SHOP, lambda t: {"reason": "no"}),
    "POST /v1/orders/{order_id}/shipments": (MAKER, lambda t: {
        "request_id": again(), "carrier": "dhl", "tracking": "T", "shipped": {str(t["line"]): 1},
    }),
    "POST /v1/orders/{order_id}/receipts": (SHOP, lambda t: {"request_id": again(), "shipment_id": str(t["shipment"])}),
    "POST /v1/orders/{order_id}/acceptances": (SHOP, lambda t: {"request_id": again()}),
    "POST /v1/bank-lines": (FINANCE, lambda t: {
        "bank_reference": again(), "booked_on": "2026-01-05", "payer": "P", "remittance": "-", "amount": "7.50",
        "currency": "EUR",
    }),
    "POST /v1/bank-lines/{bank_line_id}/top-up": (FINANCE, lambda t: {"org_id": str(t["org"])}),
}  # fmt: skip
FOR_SALE = {"offer", "offer_id"}  # everybody who buys may know them
FOR_ALL = {"POST /v1/sign-in", "GET /health"}  # nobody is signed in yet


def operations() -> list[str]:
    """Every operation that the API describes."""
    paths = api().openapi()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


def test_every_operation_is_tried() -> None:
    assert sorted(operations()) == sorted([*OPERATIONS, *FOR_ALL])


class Doors:
    """The market, and every stranger's way to it."""

    def __init__(self) -> None:
        self.market: Market = make_market(makers=1)
        shop, [maker] = self.market.retailer, self.market.makers
        self.web = TestClient(api(), raise_server_exceptions=False)
        others = {
            "another shop": company(OrgKind.RETAILER, "Other shop"),
            "another maker": company(OrgKind.MANUFACTURER, "Other maker"),
            "another distributor": self.market.distributor,
        }
        self.tokens = {"nobody": ""} | {name: self.token(one, next(iter(one.emails))) for name, one in others.items()}
        roles = {
            "agent": (shop, Variant.PURCHASING_AGENT), "production": (maker, Variant.PRODUCTION_MANAGER),
            "analyst": (self.market.platform, Variant.ANALYTICS),
        }  # fmt: skip
        self.tokens |= {name: self.token(*who) for name, who in roles.items()}
        paid = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
        unpaid = buy(shop, {maker.offers[0]: 4}, method=Method.BANK_TRANSFER)
        run(shop.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=6)
        self.things: Thing = {
            "order_id": paid, "purchase_id": unpaid, "site": shop.site_id, "offer": maker.offers[0], "org": shop.org_id,
            "line": sheet(shop.owner, paid).lines[0].line_id, "shipment": uuid4(), "bank_line_id": uuid4(),
            "offer_id": maker.offers[0],
        }  # fmt: skip
        self.words = [shop.name, *shop.emails.values(), str(paid), str(unpaid), str(shop.org_id), str(shop.site_id)]

    def token(self, who: Company, variant: Variant) -> str:
        answer = self.web.post("/v1/sign-in", json={"email": who.emails[variant], "password": PASSWORD})
        return str(answer.json()["token"])

    def strangers(self, side: str) -> Iterator[str]:
        """Nobody, the other organisations that the operation is not for by its kind or its things, and a role."""
        yield from ("nobody", "another distributor")
        yield {SHOP: "another shop", MAKER: "another maker"}.get(side, "another shop")
        yield "another maker" if side != MAKER else "another shop"
        # Every role of the two sides may see an order and the places; of the others there is one that may not.
        if side in (SHOP, MAKER, FINANCE):
            yield {SHOP: "production", MAKER: "agent", FINANCE: "analyst"}[side]

    def ask(self, who: str, operation: str, things: Thing, body: Body) -> httpx.Response:
        method, path = operation.split(" ")
        address = path.format(currency="EUR", **things)
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if self.tokens[who] else {}
        content = body(things)
        return self.web.request(method, address, headers=headers, json=content if method != "GET" else None)


def rows() -> list[str]:
    """What a stranger could have moved of the victims' trade."""
    return column(
        "select concat_ws(' ', id, state, version, produced_percent) from supplier_orders"
        " union all select concat('purchase ', id) from purchases union all select concat('shipment ', id) from shipments"
        " union all select concat('posting ', count(*)) from ledger_postings union all select concat(id) from bank_lines"
    )


def findings(doors: Doors) -> tuple[list[str], int]:
    """Everything that was told or done differently, and how many pairs were tried."""
    found, pairs, before = [], 0, sorted(rows())
    for operation, (side, body) in OPERATIONS.items():
        for who in doors.strangers(side):
            pairs += 1
            fake = {name: thing if name in FOR_SALE else uuid4() for name, thing in doors.things.items()}
            real, none = (doors.ask(who, operation, things, body) for things in (doors.things, fake))
            if any(word in real.text for word in doors.words):
                found.append(f"{operation} as {who}: shows {real.text[:200]}")
            if who == "nobody" and real.status_code != 401:
                found.append(f"{operation} as nobody: {real.status_code}")
            if (real.status_code, real.text) != (none.status_code, none.text):
                found.append(f"{operation} as {who}: {real.status_code} {real.text[:120]} but {none.text[:120]}")
    if sorted(rows()) != before:
        found.append("something moved")
    return found, pairs


@pytest.mark.parametrize("fence", ["fences up", "fences down"])
def test_strangers_are_told_nothing_by_the_api(fresh_database: str, fence: str) -> None:
    doors = Doors()
    if fence == "fences down":
        take_fences_down()
    found, pairs = findings(doors)
    assert found == []
    assert pairs == sum(5 if side in (SHOP, MAKER, FINANCE) else 4 for side, _ in OPERATIONS.values())


def test_the_finder_finds(fresh_database: str) -> None:
    """The control: whoever holds the right is answered otherwise, and moves things."""
    doors = Doors()
    doors.tokens["another maker"] = doors.token(doors.market.makers[0], Variant.FACTORY_OWNER)
    found, _ = findings(doors)
    assert any("POST /v1/orders/{order_id}/confirmation as another maker" in line for line in found)
    assert "something moved" in found


# --- every route of the web process -------------------------------------------------------------

Asked = tuple[str, dict[str, str]]  # the path, and what stands behind the question mark
NOBODYS = "01900000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Stolen:
    """What a thief could hold of somebody: ids, and secrets that another browser was given."""

    org: str
    person: str
    order: str
    link: str
    file: str
    film: str
    ticket: str
    registration_pass: str
    try_state: str


def same(path: str, **facts: str) -> Callable[[Stolen], Asked]:
    """A route that names nothing of anybody's."""
    return lambda _: (path, facts)


# How each is pointed at what is somebody's. Streamlit's own take ids of its sessions and files, never ours.
ROUTES_ASKED: dict[str, Callable[[Stolen], Asked]] = {
    "/auth/session": lambda one: ("/auth/session", {"t": one.ticket, "next": f"/retailer-order?order={one.order}"}),
    "/auth/nonce": lambda one: ("/auth/nonce", {"next": f"/retailer-order?order={one.order}"}),
    "/auth/registration": lambda one: ("/auth/registration", {"t": one.registration_pass}),
    "/auth/sign-out": lambda one: ("/auth/sign-out", {"session": one.person}),
    "/auth/oidc/{provider}": lambda one: (f"/auth/oidc/company:{one.org}", {}),
    "/auth/oidc/{provider}/callback": lambda one: (
        f"/auth/oidc/company:{one.org}/callback", {"state": one.try_state, "code": "x"}),
    "/auth/unsubscribe": lambda one: ("/auth/unsubscribe", {"t": one.person}),
    "/auth/{rest:path}": lambda one: (f"/auth/{one.order}", {}),
    "/film/{film}": lambda one: (f"/film/{one.film}", {}),
    "/style.css": same("/style.css"), "/healthz": same("/healthz"), "/readyz": same("/readyz"), "/metrics": same("/metrics"),
    "/_stcore/health": same("/_stcore/health"), "/_stcore/metrics": same("/_stcore/metrics"),
    "/_stcore/host-config": same("/_stcore/host-config"),
    "/media/{file_id:path}": lambda one: (f"/media/{one.file}", {}),
    "/_stcore/upload_file/{session_id}/{file_id}": lambda one: (f"/_stcore/upload_file/{one.person}/{one.file}", {}),
    "/component/{path:path}": lambda one: (f"/component/{one.file}", {}),
    "/_stcore/bidi-components/{path:path}": lambda one: (f"/_stcore/bidi-components/{one.file}", {}),
    "/auth/login": same("/auth/login"), "/auth/logout": same("/auth/logout"), "/oauth2callback": same("/oauth2callback"),
    "/_stcore/agent/interact": same("/_stcore/agent/interact"),
    "/_stcore/agent/openapi.json": same("/_stcore/agent/openapi.json"),
    "/_stcore/agent/mcp": same("/_stcore/agent/mcp"),
    "/app/static/{path:path}": lambda one: (f"/app/static/{one.file}", {}),
    "": lambda one: ("/retailer-order", {"order": one.order}),  # the page of every screen
}  # fmt: skip


# Who is no stranger to what is asked for: the platform's people look at what sellers have not put on sale yet.
MAY = {("/film/{film}", "an analyst")}


def film_of_a_draft() -> UUID:
    """The file of a film of a product that is not on sale, of a maker who is none of the strangers."""
    maker = company(OrgKind.MANUFACTURER, "Film maker").owner
    product = run(maker, catalog.create_product, request_id=uuid4(), name="Bowl of next year")
    run(maker, catalog.add_media, request_id=uuid4(), product_id=product, kind="video", content=a_film(),
        name="bowl.mp4", alt="A bowl turns")  # fmt: skip
    with begin(maker) as work:
        return catalog.media_of(work, product_ids=[product])[product][0].file_id


def doors(app: Any) -> list[tuple[str, str]]:
    """Every route and method that the web process answers beside the API, which has operations of its own."""
    found = set()
    for route in app.routes:
        path = route.path
        if path == "/api" or isinstance(route, WebSocketRoute):
            continue  # the stream of the screens is what the tests of the screens try
        methods = set(getattr(route, "methods", None) or {"GET"}) - {"HEAD"}
        found |= {(path, method) for method in methods}
    return sorted(found)


def told(answer: httpx.Response, one: Stolen) -> tuple[int, str, str, list[str]]:
    """What an answer says to a browser, without what it was asked itself and what is new in each answer."""
    def plain(text: str) -> str:
        for name, thing in vars(one).items():
            text = text.replace(thing, f"<{name}>").replace(quote(thing, safe=""), f"<{name}>")
        return text

    cookies_set = [_NEW.sub("<new>", plain(line)) for line in answer.headers.get_list("set-cookie")]
    body = "" if answer.url.path == "/metrics" else plain(answer.text)
    return answer.status_code, body, plain(answer.headers.get("location", "")), cookies_set


_NEW = re.compile(r"=[\w.|-]{20,}|expires=[^;]*")


def test_every_route_answers_strangers_as_if_nothing_were_there(web: TestClient, database: object) -> None:
    """Another organisation, a colleague of another role, the platform's analyst and nobody, each with what is somebody
    else's and with what is nobody's: status, body, address and cookies are the same, and nothing moves."""
    market = make_market(makers=1)
    shop, [maker] = market.retailer, market.makers
    order_id = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    owner = shop.people[Variant.BUSINESS_OWNER]
    at_home = "the owner's browser"
    with begin(Actor.system()) as work:
        now = work.now
    ticket = run(Actor.system(), identity.sign_in, email=shop.emails[Variant.BUSINESS_OWNER], password=PASSWORD,
                 nonce=at_home, address="home")  # fmt: skip
    registration = run(Actor.system(), identity.begin_registration, kind=OrgKind.RETAILER, name="Mara",
                       email="mara@sonne.example", password=PASSWORD, address="home")  # fmt: skip
    invited = run(owner, identity.make_link, purpose=identity.LinkPurpose.INVITATION, org_id=shop.org_id,
                  life=timedelta(hours=1))  # fmt: skip
    began = run(Actor.system(), identity.begin_sign_on, provider="local", nonce=at_home, next_path="/")
    file = run(owner, files.store, content=a_pdf("Secret"), name="secret.pdf")
    film = film_of_a_draft()
    theirs = Stolen(
        str(shop.org_id), str(owner.user_id), str(order_id), str(invited), f"{file}.pdf", str(film), ticket.ticket,
        cookies.registration_pass(registration, at_home, now=now), identity.token_of(began),
    )  # fmt: skip
    nobodys = Stolen(
        *(str(uuid4()) for _ in range(4)), f"{uuid4()}.pdf", str(uuid4()),
        *(secrets.token_urlsafe(24) for _ in range(3)),
    )  # fmt: skip
    other, agent = company(OrgKind.RETAILER, "Other shop"), shop.emails[Variant.PURCHASING_AGENT]
    emails = {
        "another shop": next(iter(other.emails.values())), "another maker": next(iter(maker.emails.values())),
        "another distributor": next(iter(market.distributor.emails.values())), "a colleague": agent,
        "an analyst": market.platform.emails[Variant.ANALYTICS],
    }  # fmt: skip
    there = doors(asgi.app._starlette_app)
    assert sorted({path for path, _ in there}) == sorted(ROUTES_ASKED)
    words = (shop.name, *shop.emails.values(), "Mara", "Secret")
    held = {who: cookie_of(session_of(email)) for who, email in emails.items()} | {"nobody": {cookies.nonce_name(): NONCE}}
    before, pairs, found = trade(), 0, list[str]()
    for who in held:
        for path, method in there:
            said = []
            for one in (theirs, nobodys):
                asked, facts = ROUTES_ASKED[path](one)
                web.cookies.clear()
                cookie = "; ".join(f"{name}={value}" for name, value in held[who].items())
                answer = web.request(method, asked, params=facts, headers={"Cookie": cookie})
                if answer.status_code >= 500 or any(word in answer.text for word in words):
                    found.append(f"{method} {path} as {who}: {answer.status_code} {answer.text[:200]}")
                said.append(told(answer, one))
                if path == "/auth/sign-out" and who in emails:
                    held[who] = cookie_of(session_of(emails[who]))
            pairs += 1
            if (path, who) in MAY:
                assert [status for status, *_ in said] == [200, 404], "the control: who may see it does"
            elif said[0] != said[1]:
                found.append(f"{method} {path} as {who}: {said[0]} but {said[1]}"[:600])
    print(f"routes and strangers: {pairs} pairs, {len(there)} doors")
    assert found == []
    assert pairs == len(there) * (len(emails) + 1) > 150
    assert trade() == before
    # The owner's ticket and try are still good in the owner's browser: nobody used them up or ended the session.
    assert run(Actor.system(), identity.redeem_ticket, ticket=ticket.ticket, nonce=at_home)
    assert run(Actor.system(), identity.end_sign_on, state=theirs.try_state, nonce=at_home).link_id == began


def trade() -> list[str]:
    """What a stranger could have moved, as far as this test's own transaction sees it."""
    with begin(Actor.system()) as work:
        statement = (
            "select concat_ws(' ', id, state, version) from supplier_orders"
            " union all select concat('link ', id, used_at) from links union all select concat('file ', id) from files"
            " union all select concat('registration ', id, step) from registrations"
            " union all select concat('member ', person_id, org_id, state) from memberships"
        )
        return sorted(work.session.scalars(sa.text(statement)))
