"""Notices to the people of an organisation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Json, Key, Record


class Notice(Record):
    """Told once per cause. The words are chosen by the screens from `kind` and `facts`."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("org_id", "cause"),
        Index("notices_org_id_created_at_idx", "org_id", "created_at"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    cause: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    facts: Mapped[Json]
    created_at: Mapped[Instant]
    read_at: Mapped[datetime | None]
    read_by: Mapped[UUID | None]
