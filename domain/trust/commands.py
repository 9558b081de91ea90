"""Writing and publishing reviews."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select, text

from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.trust.models import Review


class AlreadyReviewed(Conflict):
    pass


@dataclass(frozen=True, kw_only=True)
class ReviewWritten(Event):
    subject: ClassVar[str] = "order"
    author_id: UUID
    stars: int


def write(work: Work, *, order_id: UUID, buyer_id: UUID, seller_id: UUID, stars: int, comment: str) -> UUID:
    """Review the other side of an order that the caller has found to be completed.

    Raises `AlreadyReviewed` and `Invalid`. Announces `ReviewWritten`.
    """
    work.actor.require(Permission.WRITE_REVIEWS)
    work.actor.require_party(buyer_id, seller_id)
    author_id = work.actor.require_org()
    if isinstance(stars, bool) or stars not in range(1, 6):
        raise Invalid("Feedback has between 1 and 5 stars.")
    if len(comment) > 2000:
        raise Invalid("A comment has at most 2,000 characters.")
    if work.session.scalar(select(Review.id).where(Review.order_id == order_id, Review.author_id == author_id)):
        raise AlreadyReviewed("Your organisation has already left feedback on this order.")
    review = Review(
        id=new_id(), order_id=order_id, buyer_id=buyer_id, seller_id=seller_id, author_id=author_id,
        subject_id=seller_id if author_id == buyer_id else buyer_id, person_id=work.actor.user_id,
        stars=stars, comment=comment.strip(), written_at=work.now,
    )  # fmt: skip
    work.session.add(review)
    work.session.flush()
    work.record(
        ReviewWritten(subject_id=order_id, buyer_id=buyer_id, seller_id=seller_id, author_id=author_id, stars=stars)
    )
    return review.id


def publish(work: Work, *, order_id: UUID, even_one: bool = False) -> int:
    """Show the reviews of an order to both sides, once both have written (or `even_one` after a while)."""
    statement = text("select publish_reviews(:order_id, :even_one, :now)")
    facts = {"order_id": order_id, "even_one": even_one, "now": work.now}
    return int(work.session.execute(statement, facts).scalar_one())
