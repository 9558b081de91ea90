"""The platform's commands over HTTP, version 1: the same verbs and questions that the screens use.

Who is here is the session behind the cookie or behind a bearer token (`POST /v1/sign-in` gives one). What a
caller may have to repeat takes a `request_id` that the caller makes before the first try. A refusal is
`application/problem+json`; what is broken on our side answers 500 with a reference that our log knows.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Coroutine
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from app import cookies
from domain import identity, orders, payments
from domain.identity import SiteRow
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import Work, begin, run
from domain.logistics import Carrier
from domain.orders import BasketSheet, OrderSheet, PurchaseSheet
from domain.payments import Method, WalletSheet

STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}
TITLES = {
    401: "Not signed in", 403: "Not allowed", 404: "Not found", 409: "Conflict", 422: "Invalid", 500: "Unexpected",
}  # fmt: skip

_log = logging.getLogger("api")


# --- the edge ----------------------------------------------------------------------------------


class NotSignedIn(Exception):
    pass


class CodeNeeded(NotAllowed):
    """The password was right, and the second factor is still owed."""


class Edge(APIRoute):
    """Turns what a route raises into a problem document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_safely(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                return problem(401, "Please sign in; the session may have ended.")
            except RequestValidationError as wrong:
                return problem(422, _first_wrong_field(wrong))
            except DomainError as refusal:
                return problem(_status_of(refusal), refusal.sentence, kind=type(refusal).__name__)
            except Exception as broken:
                reference = secrets.token_hex(4).upper()
                facts = {"reference": reference, "command": request.url.path}
                _log.error("unexpected: %s", type(broken).__name__, exc_info=broken, extra=facts)
                return problem(500, f"Something went wrong (reference {reference}).", reference=reference)

        return handle_safely


def problem(status: int, detail: str, **more: str) -> Response:
    body = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


def _status_of(refusal: DomainError) -> int:
    return next(status for kind, status in STATUS.items() if isinstance(refusal, kind))


def _first_wrong_field(wrong: RequestValidationError) -> str:
    first = wrong.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return f"{where}: {first['msg']}." if where else f"{first['msg']}."


def signed_in(request: Request) -> Actor:
    """The actor behind the bearer token, or behind the cookie of our own pages."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        # A cookie travels by itself, so it counts only when our own pages ask.
        if request.method != "GET" and request.headers.get("sec-fetch-site") != "same-origin":
            raise NotSignedIn
        token = request.cookies.get(cookies.session_name(), "")
    session_id = cookies.session_of(token)
    if session_id is None:
        raise NotSignedIn
    with begin(Actor.system()) as work:
        found = identity.seen_as(work, session_id=session_id)
    if found is None:
        raise NotSignedIn
    return found[1]


Here = Annotated[Actor, Depends(signed_in)]
router = APIRouter(prefix="/v1", route_class=Edge, tags=["commands"])


# --- what comes in -----------------------------------------------------------------------------


class Body(BaseModel):
    """Fields that we do not know are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Once(Body):
    """A request that may be sent again: the id is made before the first try and kept."""

    request_id: UUID


class Credentials(Body):
    email: str
    password: str
    code: str = Field(default="", max_length=20)


class BasketLine(Body):
    offer_id: UUID
    quantity: int


class Checkout(Once):
    site_id: UUID
    method: Method
    note: str = ""
    lines: list[BasketLine] | None = Field(default=None, description="Left out: what is in the basket.")


class Confirmation(Body):
    quantities: dict[UUID, int] | None = None


class Reason(Body):
    reason: str = ""


class Shipment(Once):
    carrier: Carrier
    tracking: str
    shipped: dict[UUID, int]
    serials: dict[UUID, list[str]] | None = None


class Receipt(Once):
    shipment_id: UUID
    counts: dict[UUID, int] | None = None
    received_by: str = ""


class Acceptance(Once):
    accepted: dict[UUID, int] | None = None


class BankLine(Body):
    bank_reference: str
    booked_on: date
    payer: str
    remittance: str
    amount: Decimal
    currency: str


class TopUp(Body):
    org_id: UUID


class Token(BaseModel):
    token: str


class Made(BaseModel):
    id: UUID


# --- signing in --------------------------------------------------------------------------------


@router.post("/sign-in")
def sign_in(body: Credentials, request: Request) -> Token:
    """A bearer token for a program; it ends with its session. Who has a second factor sends its `code` along."""
    nonce, address = secrets.token_urlsafe(32), request.client.host if request.client else "local"
    agent = request.headers.get("user-agent", "")
    ticket = run(
        Actor.system(), identity.sign_in, email=body.email, password=body.password, nonce=nonce, address=address,
        user_agent=agent,
    )  # fmt: skip
    if isinstance(ticket, identity.CodeAwaited):
        if not body.code:
            run(Actor.system(), identity.give_up_sign_in, nonce=nonce)
            raise CodeNeeded("This account has a second factor; send its code along.")
        ticket = run(Actor.system(), identity.finish_sign_in, nonce=nonce, code=body.code, address=address)
    if ticket is None:
        raise NotSignedIn
    session_id = run(Actor.system(), identity.redeem_ticket, ticket=ticket.ticket, nonce=nonce)
    # A program keeps no cookies, so its name has to do: the first sign-in of another program is written about.
    run(Actor.system(), identity.note_browser, session_id=session_id, browser=f"program {agent}")
    with begin(Actor.system()) as work:
        return Token(token=cookies.token(session_id, now=work.now))


# --- buying ------------------------------------------------------------------------------------


@router.post("/orders", status_code=201)
def place_order(body: Checkout, here: Here) -> Made:
    """Check out: the basket, or exactly these lines when the basket is empty. Answers with the purchase."""
    facts = body.model_dump(exclude={"lines"})
    if body.lines is None:
        return Made(id=run(here, orders.place_order, **facts))
    return Made(id=run(here, buy_lines, **facts, lines={line.offer_id: line.quantity for line in body.lines}))


def buy_lines(
    work: Work, *, request_id: UUID, site_id: UUID, method: Method, note: str, lines: dict[UUID, int]
) -> UUID:
    """Fill the empty basket and check out, in one transaction."""
    if orders.my_basket(work).groups:
        raise Conflict("There is something in your basket. Order it or take it out first.")
    for offer_id, quantity in lines.items():
        orders.set_basket_quantity(work, offer_id=offer_id, quantity=quantity)
    return orders.place_order(work, request_id=request_id, site_id=site_id, method=method, note=note)


@router.get("/basket")
def basket(here: Here) -> BasketSheet:
    with begin(here) as work:
        return orders.my_basket(work)


@router.put("/basket/{offer_id}", status_code=204)
def set_basket_quantity(offer_id: UUID, body: BasketLine, here: Here) -> None:
    if body.offer_id != offer_id:
        raise Invalid("The address and the body name different offers.")
    run(here, orders.set_basket_quantity, offer_id=offer_id, quantity=body.quantity)


@router.get("/sites")
def sites(here: Here) -> list[SiteRow]:
    with begin(here) as work:
        return identity.my_sites(work)


@router.get("/wallet/{currency}")
def wallet(currency: str, here: Here) -> WalletSheet:
    with begin(here) as work:
        return payments.my_wallet(work, currency=currency)


@router.get("/purchases/{purchase_id}")
def purchase(purchase_id: UUID, here: Here) -> PurchaseSheet:
    with begin(here) as work:
        return orders.purchase_sheet(work, purchase_id=purchase_id)


@router.post("/purchases/{purchase_id}/payment", status_code=204)
def pay_from_wallet(purchase_id: UUID, body: Once, here: Here) -> None:
    run(here, orders.pay_from_wallet, request_id=body.request_id, purchase_id=purchase_id)


@router.post("/purchases/{purchase_id}/cancellation", status_code=204)
def cancel_purchase(purchase_id: UUID, here: Here) -> None:
    run(here, orders.cancel_purchase, purchase_id=purchase_id)


# --- one order ---------------------------------------------------------------------------------


@router.get("/orders/{order_id}")
def order(order_id: UUID, here: Here) -> OrderSheet:
    with begin(here) as work:
        return orders.order_sheet(work, order_id=order_id)


@router.post("/orders/{order_id}/confirmation", status_code=204)
def confirm_order(order_id: UUID, body: Confirmation, here: Here) -> None:
    run(here, orders.confirm_order, order_id=order_id, quantities_confirmed=body.quantities)


@router.post("/orders/{order_id}/refusal", status_code=204)
def decline_order(order_id: UUID, body: Reason, here: Here) -> None:
    run(here, orders.decline_order, order_id=order_id, reason=body.reason)


@router.post("/orders/{order_id}/cancellation", status_code=204)
def cancel_order(order_id: UUID, body: Reason, here: Here) -> None:
    run(here, orders.cancel_order, order_id=order_id, reason=body.reason)


@router.post("/orders/{order_id}/shipments", status_code=201)
def ship_goods(order_id: UUID, body: Shipment, here: Here) -> Made:
    return Made(id=run(here, orders.ship_goods, order_id=order_id, **body.model_dump()))


@router.post("/orders/{order_id}/receipts", status_code=204)
def record_receipt(order_id: UUID, body: Receipt, here: Here) -> None:
    run(here, orders.record_receipt, order_id=order_id, **body.model_dump())


@router.post("/orders/{order_id}/acceptances", status_code=201)
def accept_goods(order_id: UUID, body: Acceptance, here: Here) -> Made:
    return Made(id=run(here, orders.accept_goods, order_id=order_id, **body.model_dump()))


# --- money that comes in (finance) -------------------------------------------------------------


@router.post("/bank-lines", status_code=201)
def record_bank_line(body: BankLine, here: Here) -> Made:
    """Write down one line of the bank's statement; its bank reference makes twice once."""
    return Made(id=run(here, payments.record_bank_line, **body.model_dump()))


@router.post("/bank-lines/{bank_line_id}/top-up", status_code=204)
def match_top_up(bank_line_id: UUID, body: TopUp, here: Here) -> None:
    run(here, payments.match_top_up, bank_line_id=bank_line_id, org_id=body.org_id)
