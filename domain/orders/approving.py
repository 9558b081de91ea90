"""Purchases that one person may not make alone: asked for, looked at by a colleague, and only then placed.

    the basket is set aside -> a colleague approves it, at today's prices -> the purchase is placed
                            -> or rejects it, or time runs out, or it is taken back -> the basket returns

Nothing is bound while a request waits: no stock is held and no number is given, so the purchase is worked out anew
when it is approved, and refused when it no longer costs what the approver was shown. The order of locks: the
request, its basket, then as in checkout.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import rounded
from domain.kernel.work import Work
from domain.orders.events import (
    ApprovalAsked,
    ApprovalReminded,
    ApprovalRuleChanged,
    PurchaseApproved,
    PurchaseRejected,
    RequestExpired,
    RequestWithdrawn,
)
from domain.orders.models import ApprovalRule, PurchaseRequest
from domain.orders.placing import (
    PriceChanged,
    check_prices,
    checked_note,
    load_basket,
    place,
    priced,
    require_alone,
    require_buying,
    total_of,
)
from domain.orders.states import RequestState
from domain.payments import Method

REMIND_AFTER = timedelta(hours=24)
EXPIRE_AFTER = timedelta(days=7)


class AlreadyDecided(Conflict):
    """Somebody was faster."""


def ask_approval(
    work: Work, *, request_id: UUID, site_id: UUID, method: Method, basket_id: UUID | None = None, note: str = ""
) -> UUID:
    """Ask a colleague to approve one's open basket, which is set aside meanwhile. Returns the request.

    Whoever pays is the approver, so one need not have the wallet oneself. Raises what checkout raises but for the
    limit. Announces `ApprovalAsked`.
    """
    work.actor.require(Permission.PLACE_ORDERS)
    level = require_buying(work)
    identity.require_reach(work, buyer_id=work.actor.require_org(), seller_id=None, site_id=site_id)
    loaded = load_basket(work, site_id, basket_id=basket_id)
    check_prices(loaded)
    orders = priced(work, loaded, level)
    request = PurchaseRequest(
        id=new_id(), buyer_id=loaded.buyer_id, basket_id=loaded.basket_id, person_id=loaded.person_id, site_id=site_id,
        payment_method=Method(method).value, currency=orders[0].currency, total=total_of(orders),
        note=checked_note(note), state=RequestState.WAITING.value, asked_at=work.now,
        expires_at=work.now + EXPIRE_AFTER,
    )  # fmt: skip
    work.session.add(request)
    work.session.execute(
        text("update baskets set requested_at = :now where id = :id"), {"now": work.now, "id": loaded.basket_id}
    )
    work.record(ApprovalAsked(**_facts(request), to_state=request.state))
    return request.id


def approve_purchase(work: Work, *, request_id: UUID, purchase_request_id: UUID, total: Decimal) -> UUID:
    """Place what a colleague asked for, at today's prices. Returns the purchase.

    `total` is what the approver was shown; if it is no longer right nothing is placed. Nobody approves their own
    request, unless the organisation's rule allows it, and nobody one above their own limit or outside of their
    stores. Raises `NotFound`, `AlreadyDecided`, `PriceChanged`, and what checkout raises. Announces
    `PurchaseApproved` and what `place_order` announces.
    """
    work.actor.require(Permission.APPROVE_ORDERS)
    level = require_buying(work)
    request = _waiting(work, purchase_request_id)
    _require_other_eyes(work, request)
    require_alone(work, site_id=request.site_id, total=request.total, currency=request.currency)
    if request.payment_method == Method.WALLET:
        work.actor.require(Permission.PAY)
    loaded = load_basket(work, request.site_id, basket_id=request.basket_id, is_requested=True)
    orders = priced(work, loaded, level)
    now_total = total_of(orders)
    if (orders[0].currency, now_total) != (request.currency, total):
        raise PriceChanged(
            f"This purchase now costs {now_total:,.2f} {orders[0].currency}. Please look at it again before you"
            " approve it."
        )
    require_alone(work, site_id=request.site_id, total=now_total, currency=request.currency)
    purchase_id = place(work, loaded, request.site_id, orders, Method(request.payment_method), request.note)
    work.session.flush()
    _decide(work, request, RequestState.APPROVED, purchase_id=purchase_id)
    work.record(PurchaseApproved(**_ended(request, total=now_total), purchase_id=purchase_id))
    return purchase_id


def reject_purchase(work: Work, *, purchase_request_id: UUID, reason: str) -> None:
    """Say no, with the reason; the basket goes back to whoever asked. Announces `PurchaseRejected`."""
    work.actor.require(Permission.APPROVE_ORDERS)
    request = _waiting(work, purchase_request_id)
    identity.require_reach(work, buyer_id=request.buyer_id, seller_id=None, site_id=request.site_id)
    reason = reason.strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("Please say why, in at most 500 characters.")
    _decide(work, request, RequestState.REJECTED, reason=reason)
    _give_back(work, request)
    work.record(PurchaseRejected(**_ended(request), reason=reason))


def withdraw_request(work: Work, *, purchase_request_id: UUID) -> None:
    """Take back one's own request; the basket is one's own again. Announces `RequestWithdrawn`."""
    work.actor.require(Permission.PLACE_ORDERS)
    request = _waiting(work, purchase_request_id)
    if request.person_id != work.actor.user_id:
        raise NotFound
    _decide(work, request, RequestState.WITHDRAWN)
    _give_back(work, request)
    work.record(RequestWithdrawn(**_ended(request)))


def tend_requests(work: Work) -> int:
    """Remind of requests that wait for a day and end those whose time is over (the system). Returns how many."""
    if not work.actor.is_system:
        raise NotFound
    waiting = select(PurchaseRequest).where(PurchaseRequest.state == RequestState.WAITING.value).with_for_update()
    over = work.session.scalars(waiting.where(PurchaseRequest.expires_at <= work.now)).all()
    for request in over:
        _decide(work, request, RequestState.EXPIRED)
        _give_back(work, request)
        work.record(RequestExpired(**_ended(request)))
    quiet = waiting.where(
        PurchaseRequest.expires_at > work.now, PurchaseRequest.reminded_at.is_(None),
        PurchaseRequest.asked_at <= work.now - REMIND_AFTER,
    )  # fmt: skip
    reminded = work.session.scalars(quiet).all()
    for request in reminded:
        request.reminded_at = work.now
        work.record(ApprovalReminded(**_facts(request)))
    return len(over) + len(reminded)


def set_approval_rule(
    work: Work, *, amount: Decimal | None, currency: str, own_requests: bool, reason: str = ""
) -> None:
    """From which amount on everybody but an owner asks, and whether approvers may approve what they asked for.

    None: only personal limits ask for an approval. Raises `Invalid`. Announces `ApprovalRuleChanged`.
    """
    work.actor.require(Permission.SET_APPROVAL_RULES)
    org_id = work.actor.require_org()
    if amount is not None and not (0 <= amount < Decimal(10) ** 12 and amount == rounded(amount, currency)):
        raise Invalid("An amount is zero or more, with no fractions of the smallest coin.")
    rule = work.session.get(ApprovalRule, org_id, with_for_update=True)
    before = _as_facts(rule)
    if rule is None:
        rule = ApprovalRule(org_id=org_id)
        work.session.add(rule)
    rule.amount, rule.currency, rule.own_requests = amount, currency, own_requests
    rule.set_by, rule.set_at = work.actor.user_id, work.now
    work.record(
        ApprovalRuleChanged(subject_id=org_id, before=before, after=_as_facts(rule), reason=reason.strip()[:500])
    )


def _waiting(work: Work, purchase_request_id: UUID) -> PurchaseRequest:
    request = work.session.get(PurchaseRequest, purchase_request_id, with_for_update=True)
    if request is None or request.buyer_id != work.actor.org_id:
        raise NotFound
    if request.state != RequestState.WAITING:
        raise AlreadyDecided("This request was decided already. Please look at it again.")
    return request


def _require_other_eyes(work: Work, request: PurchaseRequest) -> None:
    if request.person_id != work.actor.user_id:
        return
    rule = work.session.get(ApprovalRule, request.buyer_id)
    if rule is None or not rule.own_requests:
        raise NotAllowed("Nobody approves their own request. Please ask a colleague.")


def _decide(
    work: Work, request: PurchaseRequest, state: RequestState, *, purchase_id: UUID | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    request.move_to(state)
    request.decided_at, request.decided_by = work.now, work.actor.user_id
    request.purchase_id, request.reason = purchase_id, reason


def _give_back(work: Work, request: PurchaseRequest) -> None:
    """The basket is open again; if its person has filled another one meanwhile, its lines go into that."""
    facts = {"basket": request.basket_id, "buyer": request.buyer_id, "person": request.person_id}
    work.session.flush()
    open_id = work.session.execute(
        text(
            "select id from baskets where buyer_id = :buyer and person_id = :person and placed_at is null"
            " and requested_at is null for update"
        ),
        facts,
    ).scalar_one_or_none()
    if open_id is None:
        work.session.execute(text("update baskets set requested_at = null where id = :basket"), facts)
        return
    work.session.execute(
        text(
            "with gone as (delete from basket_lines where basket_id = :basket returning *)"
            " insert into basket_lines as mine (basket_id, offer_id, buyer_id, quantity, seen_unit_price, added_at)"
            " select :open, offer_id, buyer_id, quantity, seen_unit_price, added_at from gone"
            " on conflict (basket_id, offer_id) do update set quantity = mine.quantity + excluded.quantity"
        ),
        facts | {"open": open_id},
    )


def _facts(request: PurchaseRequest, *, total: Decimal | None = None) -> dict[str, Any]:
    return {
        "subject_id": request.id, "buyer_id": request.buyer_id, "person_id": request.person_id,
        "total": request.total if total is None else total, "currency": request.currency,
    }  # fmt: skip


def _ended(request: PurchaseRequest, *, total: Decimal | None = None) -> dict[str, Any]:
    return _facts(request, total=total) | {"from_state": RequestState.WAITING.value, "to_state": request.state}


def _as_facts(rule: ApprovalRule | None) -> dict[str, Any]:
    if rule is None:
        return {"amount": None, "currency": None, "own_requests": False}
    amount = None if rule.amount is None else str(rule.amount)
    return {"amount": amount, "currency": rule.currency, "own_requests": rule.own_requests}

