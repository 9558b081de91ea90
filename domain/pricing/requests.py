"""Prices below the floor: who may not give one asks, and the owner, or a manager to five percent below, decides."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text

from domain import catalog, identity
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.pricing.events import PriceAsked, PriceRequestDecided, RuleMade
from domain.pricing.models import PriceRequest, PriceRule, RuleOffer
from domain.pricing.rules import require_customers
from domain.pricing.states import PriceRequestState, RuleKind, Scope, Step
from domain.pricing.views import PriceRequestRow


def ask_price(
    work: Work,
    *,
    request_id: UUID,
    offer_id: UUID,
    customer_id: UUID,
    unit_price: Decimal,
    ends_at: datetime,
    reason: str,
    minimum_quantity: int = 1,
) -> UUID:
    """Ask whether a customer may have one's own offer for less than it goes for. Returns the request.

    Raises `Invalid`, `NotFound` for who is no customer, or none of those one is kept to. Announces `PriceAsked`.
    """
    work.actor.require(Permission.ASK_PRICES)
    seller_id = work.actor.require_org()
    if work.actor.user_id is None:
        raise NotFound
    reach = identity.reach_of(work)
    if reach.customers is not None and customer_id not in reach.customers:
        raise NotFound
    require_customers(work, [customer_id])
    own = work.session.execute(
        text("select 1 from offers where id = :id and seller_id = :me"), {"id": offer_id, "me": seller_id}
    ).scalar()
    if not own:
        raise NotFound
    catalog.check_price(unit_price, "that is asked for")
    reason = reason.strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("Please give a reason of at most 500 characters.")
    if ends_at <= work.now:
        raise Invalid("The price must end after now.")
    asked = PriceRequest(
        id=new_id(), seller_id=seller_id, offer_id=offer_id, buyer_id=customer_id, unit_price=unit_price,
        minimum_quantity=base_units(minimum_quantity, what="minimum quantity"), ends_at=ends_at, reason=reason,
        state=PriceRequestState.WAITING.value, asked_by=work.actor.user_id, asked_at=work.now,
    )  # fmt: skip
    work.session.add(asked)
    work.record(
        PriceAsked(
            subject_id=asked.id, seller_id=seller_id, offer_id=offer_id, customer_id=customer_id,
            unit_price=f"{unit_price.normalize():f}", minimum_quantity=asked.minimum_quantity, reason=reason,
        )
    )  # fmt: skip
    return asked.id


def decide_price_request(work: Work, *, price_request_id: UUID, approve: bool, answer: str = "") -> UUID | None:
    """Give the price that a colleague asked for, as a fixed list of that customer, or say no with a reason.

    Nobody decides on an own request. Returns the rule that was made. Raises `catalog.BelowFloor` for a manager who
    would go further down than five percent, `Conflict` when it is decided. Announces `PriceRequestDecided`, `RuleMade`.
    """
    work.actor.require(Permission.PRICE_BELOW_FLOOR)
    asked = work.session.scalar(
        select(PriceRequest)
        .where(PriceRequest.id == price_request_id, PriceRequest.seller_id == work.actor.require_org())
        .with_for_update()
    )
    if asked is None:
        raise NotFound
    if asked.asked_by == work.actor.user_id:
        raise NotAllowed("Somebody else decides on what you have asked for.")
    if asked.state != PriceRequestState.WAITING:
        raise Conflict("This request has been decided already.")
    answer = answer.strip()
    if len(answer) > 500 or not (answer or approve):
        raise Invalid("Please give a reason of at most 500 characters.")
    rule_id = _grant(work, asked) if approve else None
    asked.decided_by, asked.decided_at, asked.answer, asked.rule_id = work.actor.user_id, work.now, answer, rule_id
    was = asked.state
    asked.move_to(PriceRequestState.APPROVED if approve else PriceRequestState.REJECTED)
    work.record(
        PriceRequestDecided(
            subject_id=asked.id, seller_id=asked.seller_id, from_state=was, to_state=asked.state,
            offer_id=asked.offer_id, asked_by=asked.asked_by, rule_id=rule_id, reason=answer,
        )
    )  # fmt: skip
    return rule_id


def _grant(work: Work, asked: PriceRequest) -> UUID:
    if asked.ends_at <= work.now:
        raise Conflict("The time for which this price was asked for is over.")
    catalog.require_floor(work, {asked.offer_id: asked.unit_price})
    rule = PriceRule(
        id=new_id(), seller_id=asked.seller_id, step=Step.CUSTOMER.value, kind=RuleKind.FIXED.value,
        title="Agreed price", buyer_id=asked.buyer_id, scope=Scope.OFFERS.value,
        minimum_quantity=asked.minimum_quantity, starts_at=work.now, ends_at=asked.ends_at,
        made_by=work.actor.user_id, created_at=work.now,
    )  # fmt: skip
    work.session.add(rule)
    work.session.flush()
    work.session.add(
        RuleOffer(rule_id=rule.id, offer_id=asked.offer_id, minimum_quantity=asked.minimum_quantity,
                  seller_id=asked.seller_id, unit_price=asked.unit_price)
    )  # fmt: skip
    work.session.flush()
    work.record(
        RuleMade(
            subject_id=rule.id, seller_id=rule.seller_id, step=rule.step, kind=rule.kind, group_id=None,
            customer_id=asked.buyer_id,
            terms={"offers": 1, "minimum_quantity": asked.minimum_quantity, "ends_at": asked.ends_at.isoformat()},
        )
    )  # fmt: skip
    return rule.id


def price_requests(work: Work, *, only_waiting: bool = False) -> list[PriceRequestRow]:
    """What was asked for in one's own organisation, the newest first; of the customers that one is kept to."""
    work.actor.require(Permission.ASK_PRICES)
    reach = identity.reach_of(work)
    rows = work.session.execute(
        text(
            "select q.id as price_request_id, q.offer_id, o.sku, o.currency, q.buyer_id as customer_id,"
            " coalesce((select max(s.buyer_name) from supplier_orders s where s.buyer_id = q.buyer_id"
            "   and s.seller_id = q.seller_id), 'A customer') as customer, q.minimum_quantity,"
            " q.unit_price, f.minimum_price as floor, q.ends_at, q.reason,"
            " q.state, a.name as asked_by, q.asked_by = :person_id as is_mine, q.asked_at, d.name as decided_by,"
            " q.decided_at, q.answer"
            " from price_requests q join offers o on o.id = q.offer_id"
            " left join price_floors f on f.offer_id = q.offer_id left join people a on a.id = q.asked_by"
            " left join people d on d.id = q.decided_by"
            " where q.seller_id = :me and (q.state = 'waiting' or not :only_waiting)"
            " and (cast(:customers as uuid[]) is null or q.buyer_id = any(cast(:customers as uuid[])))"
            " order by q.state <> 'waiting', q.asked_at desc, q.id limit 200"
        ),
        {
            "me": work.actor.require_org(), "only_waiting": only_waiting, "person_id": work.actor.user_id,
            "customers": None if reach.customers is None else list(reach.customers),
        },
    )  # fmt: skip
    return [PriceRequestRow.model_validate(row._asdict()) for row in rows]
