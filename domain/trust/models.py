"""Feedback that the two parties of an order leave about each other."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Key, Record


class Review(Record):
    """One per order and author. Hidden from the other side until both have written or time is up."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("order_id", "author_id"),
        CheckConstraint("stars between 1 and 5", name="stars"),
        CheckConstraint("author_id in (buyer_id, seller_id)", name="author_is_party"),
        CheckConstraint("length(comment) <= 2000", name="comment_length"),
        Index(None, "subject_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    author_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    subject_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    stars: Mapped[int]
    comment: Mapped[str]
    written_at: Mapped[Instant]
    published_at: Mapped[datetime | None]
