"""The HTTP API as a program meets it: signing in, one trade, twice is once, and every kind of refusal."""

from decimal import Decimal
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from app import cookies
from app.api import api, commands
from domain import identity
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.work import run
from tests.make.market import PASSWORD, make_market


class Client:
    def __init__(self, web: TestClient, email: str) -> None:
        answer = web.post("/v1/sign-in", json={"email": email, "password": PASSWORD})
        self._web, self._headers = web, {"Authorization": f"Bearer {answer.json()['token']}"}

    def post(self, path: str, **body: object) -> httpx.Response:
        return self._web.post(path, json=body, headers=self._headers)

    def get(self, path: str) -> httpx.Response:
        return self._web.get(path, headers=self._headers)


@pytest.fixture
def web(database: object) -> TestClient:
    return TestClient(api(), raise_server_exceptions=False)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body.get("kind", "")


def test_a_trade_over_http(web: TestClient) -> None:
    market = make_market(makers=1)
    shop, maker = market.retailer, market.makers[0]
    buyer, seller = (Client(web, company.emails[next(iter(company.emails))]) for company in (shop, maker))
    site = buyer.get("/v1/sites").json()[0]["site_id"]
    lines = [{"offer_id": str(maker.offers[0]), "quantity": 5}]
    body = {"request_id": str(uuid4()), "site_id": site, "method": "wallet", "lines": lines}
    first, again = (buyer.post("/v1/orders", **body) for _ in (1, 2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert problem(buyer.post("/v1/orders", **body | {"note": "other"})) == (409, "RequestReused")
    order = buyer.get(f"/v1/purchases/{first.json()['id']}").json()["orders"][0]["order_id"]

    assert seller.post(f"/v1/orders/{order}/confirmation").status_code == 204
    line = seller.get(f"/v1/orders/{order}").json()["lines"][0]["line_id"]
    numbered = seller.post(f"/v1/orders/{order}/shipments", request_id=str(uuid4()), carrier="dhl", tracking="T1",
                           shipped={line: 5}, serials={str(maker.variants[0]): ["Z"]})  # fmt: skip
    assert problem(numbered) == (409, "SerialNotHere")
    shipped = seller.post(f"/v1/orders/{order}/shipments", request_id=str(uuid4()), carrier="dhl", tracking="T1",
                          shipped={line: 5})  # fmt: skip
    receipt = {"request_id": str(uuid4()), "shipment_id": shipped.json()["id"]}
    assert buyer.post(f"/v1/orders/{order}/receipts", **receipt).status_code == 204
    assert buyer.post(f"/v1/orders/{order}/acceptances", request_id=str(uuid4())).status_code == 201
    assert buyer.get(f"/v1/orders/{order}").json()["state"] == "completed"
    assert Decimal(buyer.get("/v1/wallet/EUR").json()["balance"]) == Decimal("49946.00")


def test_money_comes_in_over_http(web: TestClient) -> None:
    market = make_market(makers=1, wallet="0")
    finance = Client(web, market.platform.emails[Variant.FINANCE])
    line = {"bank_reference": "B1", "booked_on": "2026-01-05", "payer": "S", "remittance": "-", "amount": "7.50",
            "currency": "EUR"}  # fmt: skip
    made = finance.post("/v1/bank-lines", **line).json()["id"]
    assert finance.post("/v1/bank-lines", **line).json()["id"] == made
    top_up = f"/v1/bank-lines/{made}/top-up"
    assert finance.post(top_up, org_id=str(market.retailer.org_id)).status_code == 204
    assert problem(finance.post(top_up, org_id=str(market.retailer.org_id))) == (409, "AlreadyMatched")


def test_every_refusal_is_a_problem_of_its_kind(web: TestClient) -> None:
    market = make_market(makers=1)
    buyer = Client(web, market.retailer.emails[Variant.BUSINESS_OWNER])
    checkout = {"request_id": str(uuid4()), "site_id": str(market.retailer.site_id), "method": "wallet"}
    assert problem(buyer.get(f"/v1/orders/{uuid4()}")) == (404, "NotFound")
    assert problem(buyer.post(f"/v1/orders/{uuid4()}/confirmation")) == (403, "NotAllowed")
    assert problem(buyer.post("/v1/orders", **checkout)) == (422, "EmptyBasket")
    assert problem(buyer.post("/v1/orders", **checkout | {"total": "1.00"})) == (422, "")
    assert problem(buyer.post("/v1/orders", **checkout | {"method": "cash"})) == (422, "")
    wrong = web.post("/v1/sign-in", json={"email": "nobody@example.com", "password": "x"})
    assert problem(wrong) == (401, "")


def test_nobody_gets_in_without_a_live_session(web: TestClient) -> None:
    market = make_market(makers=1)
    buyer = Client(web, market.retailer.emails[Variant.BUSINESS_OWNER])
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}):
        assert problem(web.get("/v1/wallet/EUR", headers=headers)) == (401, "")
    token = buyer._headers["Authorization"].split()[1]
    web.cookies.set(cookies.session_name(), token)
    assert web.get("/v1/wallet/EUR").status_code == 200
    # Another site can make a browser post with its cookie, and cannot read or forge a bearer token.
    foreign = web.post(f"/v1/purchases/{uuid4()}/cancellation", headers={"Sec-Fetch-Site": "cross-site"})
    assert problem(foreign) == (401, "")
    own = web.post(f"/v1/purchases/{uuid4()}/cancellation", headers={"Sec-Fetch-Site": "same-origin"})
    assert problem(own) == (404, "NotFound")
    web.cookies.clear()
    run(Actor.system(), identity.sign_out, session_id=cookies.session_of(token))
    assert problem(buyer.get("/v1/wallet/EUR")) == (401, "")


def test_what_is_broken_answers_with_a_reference(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    market = make_market(makers=1)
    buyer = Client(web, market.retailer.emails[Variant.BUSINESS_OWNER])

    def broken(*_args: object, **_facts: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(commands.payments, "my_wallet", broken)
    answer = buyer.get("/v1/wallet/EUR")
    assert problem(answer) == (500, "")
    assert answer.json()["reference"] in answer.json()["detail"]
    assert "secret" not in answer.text
