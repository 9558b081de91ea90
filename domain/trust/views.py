from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class ReviewRow(BaseModel):
    """One review that is published, or one's own."""

    model_config = ConfigDict(frozen=True)

    review_id: UUID
    order_id: UUID | None
    author_id: UUID | None
    author_name: str
    stars: int
    comment: str
    written_at: datetime
    published_at: datetime | None
