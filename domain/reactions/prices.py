"""Who hears of a price below the floor: whoever may give it, and then whoever asked for it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import catalog, notifications
from domain.kernel.work import Work

ASKED = frozenset({"PriceAsked", "PriceRequestDecided"})
_REQUEST = text(
    "select r.asked_by, a.name as asker, b.name as customer, o.sku,"
    " coalesce(r.unit_price / f.minimum_price, 1) as share from price_requests r"
    " join offers o on o.id = r.offer_id join organizations b on b.id = r.buyer_id"
    " left join price_floors f on f.offer_id = r.offer_id"
    " left join people a on a.id = r.asked_by where r.id = :id"
)
_DECIDERS = text(
    "select person_id from memberships where org_id = :org_id and state = 'active' and variant = any(:variants)"
    " and person_id <> :asker order by person_id"
)


def tell_of_price_request(work: Work, event: Any) -> None:
    """A notice to each colleague who may give so low a price, or to the one who asked."""
    row = work.session.execute(_REQUEST, {"id": event.subject_id}).one()
    told: list[UUID] = [row.asked_by]
    kind = "price_given" if event.to_state == "approved" else "price_refused"
    if event.name == "PriceAsked":
        variants = [variant.value for variant in catalog.givers_of(row.share)]
        facts = {"org_id": event.seller_id, "variants": variants, "asker": row.asked_by}
        told, kind = list(work.session.scalars(_DECIDERS, facts)), "price_asked"
    for person_id in told:
        notifications.tell(
            work, org_id=event.seller_id, person_id=person_id, kind=kind, cause=f"{event.id}:{kind}:{person_id}",
            subject="price_request", subject_id=event.subject_id,
            facts={"person_id": str(row.asked_by), "asked_by": row.asker or "A colleague", "customer": row.customer,
                   "sku": row.sku, "reason": event.facts.get("reason") or "no reason was given"},
        )  # fmt: skip
