from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.trust.views import ReviewRow


def reviews_of(work: Work, *, order_id: UUID | None = None, subject_id: UUID | None = None) -> list[ReviewRow]:
    """Reviews of an order, or about an organisation, that the actor may see; newest first.

    Only the order's parties and the platform are told which order it was and who wrote.
    """
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select r.id as review_id, o.id as order_id, case when o.id is not null then r.author_id end as author_id,"
            " case r.author_id when r.buyer_id then o.buyer_name else o.seller_name end as author_name,"
            " r.stars, r.comment, r.written_at, r.published_at"
            " from reviews r left join supplier_orders o on o.id = r.order_id"
            "   and (:me in (o.buyer_id, o.seller_id) or :staff)"
            " where (r.published_at is not null or r.author_id = :me)"
            " and (cast(:order_id as uuid) is null or r.order_id = :order_id)"
            " and (cast(:subject_id as uuid) is null or r.subject_id = :subject_id)"
            " order by r.written_at desc limit 100"
        ),
        {
            "me": work.actor.org_id,
            "staff": work.actor.may(Permission.SEE_ALL_ORDERS),
            "order_id": order_id,
            "subject_id": subject_id,
        },
    )
    return [
        ReviewRow.model_validate(row._asdict() | {"author_name": row.author_name or "A verified buyer"}) for row in rows
    ]
