"""Questions about purchases that wait for an approval."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.work import Work
from domain.orders.placing import require_alone
from domain.orders.queries import basket_sheet
from domain.orders.states import RequestState
from domain.orders.views import ApprovalRuleSheet, LastTime, RequestRow, RequestSheet
from domain.payments import Method


def approval_rule(work: Work) -> ApprovalRuleSheet:
    """The rule of one's own organisation about approvals."""
    work.actor.require(Permission.SEE_APPROVAL_RULES)
    row = work.session.execute(
        text(
            "select r.amount, coalesce(r.currency, o.currency) as currency, coalesce(r.own_requests, false)"
            " as own_requests from organizations o left join approval_rules r on r.org_id = o.id where o.id = :org_id"
        ),
        {"org_id": work.actor.require_org()},
    ).one_or_none()
    if row is None:
        raise NotFound
    return ApprovalRuleSheet.model_validate(row._asdict())


def approval_needed(work: Work, *, site_id: UUID, total: Decimal, currency: str) -> str | None:
    """Why one may not order for this much without a colleague, as a sentence; None when one may."""
    work.actor.require(Permission.PLACE_ORDERS)
    try:
        require_alone(work, site_id=site_id, total=total, currency=currency)
    except DomainError as refusal:
        return refusal.sentence
    return None


def purchase_requests(
    work: Work, *, state: RequestState | None = None, page: int = 1, size: int = 30
) -> tuple[list[RequestRow], int]:
    """Requests of the organisation, newest first, and how many; who does not approve sees their own."""
    rows = work.session.execute(_REQUESTS, _seen_by(work) | {
        "state": state.value if state else None, "id": None, "size": size, "skip": (max(page, 1) - 1) * size,
    }).all()  # fmt: skip
    return [RequestRow.model_validate(row._asdict()) for row in rows], rows[0].found if rows else 0


def request_sheet(work: Work, *, purchase_request_id: UUID) -> RequestSheet:
    """One request with what it would cost today, and how the same goods were bought last. Raises `NotFound`."""
    row = work.session.execute(
        _REQUESTS, _seen_by(work) | {"state": None, "id": purchase_request_id, "size": 1, "skip": 0}
    ).one_or_none()
    if row is None:
        raise NotFound
    waits = row.state == RequestState.WAITING
    return RequestSheet(
        **row._asdict(), basket=basket_sheet(work, basket_id=row.basket_id) if waits else None,
        last_times=_last_times(work, row.basket_id), obstacle=_obstacle(work, row),
    )  # fmt: skip


def _seen_by(work: Work) -> dict[str, Any]:
    approves = work.actor.may(Permission.APPROVE_ORDERS)
    if not approves:
        work.actor.require(Permission.PLACE_ORDERS)
    stores = identity.reach_of(work).stores
    return {
        "buyer_id": work.actor.require_org(), "me": work.actor.user_id, "all": approves,
        "stores": None if stores is None else list(stores),
    }  # fmt: skip


def _obstacle(work: Work, row: Any) -> str | None:
    if row.state != RequestState.WAITING or not work.actor.may(Permission.APPROVE_ORDERS):
        return None
    if row.is_mine and not work.session.execute(
        text("select own_requests from approval_rules where org_id = :org_id"), {"org_id": work.actor.org_id}
    ).scalar():
        return "Nobody approves their own request. A colleague has to."
    if row.method == Method.WALLET and not work.actor.may(Permission.PAY):
        return "It is to be paid from the wallet, which your role may not use."
    try:
        require_alone(work, site_id=row.site_id, total=row.total, currency=row.currency)
    except DomainError as refusal:
        return refusal.sentence
    return None


def _last_times(work: Work, basket_id: UUID) -> dict[UUID, LastTime]:
    rows = work.session.execute(
        text(
            "select distinct on (l.offer_id) l.offer_id, l.unit_price, l.ordered as quantity,"
            " o.created_at as ordered_at from order_lines l join supplier_orders o on o.id = l.order_id"
            " where l.buyer_id = :buyer_id and o.origin = 'live'"
            " and o.state not in ('cancelled', 'declined', 'expired')"
            " and l.offer_id in (select offer_id from basket_lines where basket_id = :basket_id)"
            " order by l.offer_id, o.created_at desc"
        ),
        {"buyer_id": work.actor.require_org(), "basket_id": basket_id},
    )
    return {row.offer_id: LastTime.model_validate(row._asdict()) for row in rows}


# The lines of a request stay with its basket; what was approved is told by its purchase.
_REQUESTS = text("""
select r.id as purchase_request_id, r.basket_id, r.site_id, p.name as asked_by, r.person_id = :me as is_mine,
       s.name as site_name, r.currency, r.total, r.state, r.asked_at, r.expires_at, r.decided_at,
       d.name as decided_by, r.reason, r.purchase_id, r.payment_method as method, r.note,
       coalesce(g.suppliers, '{}') as suppliers, coalesce(g.lines, 0) as lines, count(*) over () as found
from purchase_requests r
join people p on p.id = r.person_id
join sites s on s.id = r.site_id
left join people d on d.id = r.decided_by
left join lateral (
    select array_agg(distinct o.name order by o.name) as suppliers, count(*) as lines
    from basket_lines l join offers f on f.id = l.offer_id join organizations o on o.id = f.seller_id
    where l.basket_id = r.basket_id
) g on true
where r.buyer_id = :buyer_id and (:all or r.person_id = :me)
  and (cast(:stores as uuid[]) is null or r.site_id = any(cast(:stores as uuid[])))
  and (cast(:state as text) is null or r.state = :state)
  and (cast(:id as uuid) is null or r.id = :id)
order by (r.state = 'waiting') desc, r.asked_at desc, r.id desc
limit :size offset :skip
""")
