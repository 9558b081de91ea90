"""Feedback from both sides of a completed order."""

from datetime import timedelta
from uuid import UUID

from domain import trust
from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.timers import set_timers
from domain.kernel.work import Work
from domain.orders.states import OrderState
from domain.orders.steps import locked


def leave_feedback(work: Work, *, request_id: UUID, order_id: UUID, stars: int, comment: str = "") -> UUID:
    """Review the other side of a completed order, once. Shown when both have written, or after a while.

    Raises `Conflict` for an order that is not completed and `trust.AlreadyReviewed`.
    """
    work.actor.require(Permission.WRITE_REVIEWS)
    order, _ = locked(work, order_id, side="platform")
    if work.actor.org_id not in (order.buyer_id, order.seller_id):
        raise NotFound
    if order.state != OrderState.COMPLETED:
        raise Conflict("Feedback can be left once the order is completed.")
    review_id = trust.write(
        work, order_id=order.id, buyer_id=order.buyer_id, seller_id=order.seller_id, stars=stars, comment=comment
    )
    if not trust.publish(work, order_id=order.id):
        at = work.now + timedelta(days=int(value_of(work, Setting.REVIEW_BLIND_DAYS, at=order.created_at)))
        set_timers(work, "publish_feedback", {f"reviews:{order.id}": (at, {"order_id": str(order.id)})})
    return review_id


def publish_feedback(work: Work, *, order_id: UUID) -> None:
    """The blind period is over: the one review that there is is shown (timer)."""
    if not work.actor.is_system:
        raise NotFound
    trust.publish(work, order_id=order_id, even_one=True)
