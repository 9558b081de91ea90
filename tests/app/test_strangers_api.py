"""Every operation of the HTTP API and every route beside the screens, tried by strangers.

Who is nobody, who belongs to another organisation and who lacks the role get the same answer for a thing of
somebody else as for a thing that does not exist, and nothing moves: with row-level security on, and off. An
operation that is not listed here fails the build, so the pairs tried are the pairs there are.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Route

from app.api import api
from app.routes import ROUTES
from domain import orders
from domain.identity import OrgKind, Variant
from domain.kernel.work import run
from domain.payments import Method
from tests.domain.test_strangers import column, take_fences_down
from tests.make.market import PASSWORD, Company, Market, buy, company, make_market, orders_of, sheet

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


# --- the routes beside the screens -----------------------------------------------------------------

# What each says to everybody alike; none takes the id of a thing that belongs to somebody.
BESIDE = {
    "/auth/session": {"t": "forged"}, "/auth/nonce": {"next": "//elsewhere.example"}, "/auth/registration": {"t": "forged"},
    "/auth/sign-out": {}, "/auth/oidc/{provider}": {}, "/auth/oidc/{provider}/callback": {"state": "forged", "code": "x"},
    "/auth/unsubscribe": {"t": "forged"}, "/auth/{rest:path}": {}, "/healthz": {}, "/readyz": {}, "/metrics": {},
}  # fmt: skip


def test_every_route_is_tried_and_tells_nobody_anything(database: object) -> None:
    assert sorted(route.path for route in ROUTES if isinstance(route, Route)) == sorted(BESIDE)
    shop = company(OrgKind.RETAILER, "Secret shop")
    web = TestClient(Starlette(routes=ROUTES), raise_server_exceptions=False, follow_redirects=False)
    for route in ROUTES:
        path = route.path.replace("{provider}", "nowhere").replace("{rest:path}", "admin")
        for method in sorted(set(route.methods or ()) - {"HEAD"}):
            answer = web.request(method, path, params=BESIDE[route.path])
            assert answer.status_code < 500, (path, answer.status_code)
            assert shop.name not in answer.text and "elsewhere.example" not in answer.headers.get("location", ""), path
            cookie = answer.headers.get("set-cookie", "")
            assert "session" not in cookie.partition("=")[0] or '=""' in cookie, path
