"""Notices to the people of an organisation, and what is sent to addresses outside of the product."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Json, Key, Record, one_of
from domain.notifications.states import EmailWish, OutgoingState


class Notice(Record):
    """Told once per cause, to all of an organisation or to one person of it. The words are chosen by the screens
    from `kind` and `facts`. `mailed_at` is when it was decided who is written to about it.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("org_id", "cause"),
        UniqueConstraint("id", "org_id", name="notices_id_org_id_key"),
        Index("notices_org_id_created_at_idx", "org_id", "created_at"),
        Index("notices_unmailed_idx", "created_at", postgresql_where=text("mailed_at is null")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    cause: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    facts: Mapped[Json]
    created_at: Mapped[Instant]
    mailed_at: Mapped[datetime | None]


class NoticeRead(Record):
    """A notice that a person has read; a colleague's bell goes on counting it."""

    __tablename__ = "notice_reads"
    __table_args__ = (
        ForeignKeyConstraint(["notice_id", "org_id"], ["notices.id", "notices.org_id"]),
        Index(None, "person_id"),
    )

    notice_id: Mapped[Key] = mapped_column(primary_key=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    org_id: Mapped[Key]
    read_at: Mapped[Instant]


class NoticePreference(Record):
    """How a person wants letters about a topic; without a row the topic's own default holds."""

    __tablename__ = "notice_preferences"
    __table_args__ = (one_of("email", EmailWish),)

    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    changed_at: Mapped[Instant]


class DigestItem(Record):
    """A notice that a person wants in the daily letter, and the letter that it went into."""

    __tablename__ = "digest_items"
    __table_args__ = (
        ForeignKeyConstraint(["notice_id", "org_id"], ["notices.id", "notices.org_id"]),
        Index("digest_items_waiting_idx", "person_id", postgresql_where=text("email_id is null")),
    )

    notice_id: Mapped[Key] = mapped_column(primary_key=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    org_id: Mapped[Key]
    email_id: Mapped[UUID | None] = mapped_column(ForeignKey("outgoing_emails.id"))


class OutgoingEmail(Record):
    """A letter that is to be sent, once per cause, kind and address. One-time links stand in no column: they are
    made from `facts` when it is sent.
    """

    __tablename__ = "outgoing_emails"
    __table_args__ = (
        UniqueConstraint("cause", "kind", "recipient"),
        one_of("state", OutgoingState),
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent"),
        Index("outgoing_emails_waiting_idx", "next_try_at", postgresql_where=text("state = 'waiting'")),
        Index(None, "created_at"),
    )

    id: Mapped[Id]
    cause: Mapped[str]
    kind: Mapped[str]
    recipient: Mapped[str]
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    facts: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    next_try_at: Mapped[Instant]
    problem: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[Instant]


class OutgoingText(Record):
    """A text message to a telephone, as an outgoing letter."""

    __tablename__ = "outgoing_texts"
    __table_args__ = (
        UniqueConstraint("cause", "kind", "recipient"),
        one_of("state", OutgoingState),
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent"),
        Index("outgoing_texts_waiting_idx", "next_try_at", postgresql_where=text("state = 'waiting'")),
        Index(None, "created_at"),
    )

    id: Mapped[Id]
    cause: Mapped[str]
    kind: Mapped[str]
    recipient: Mapped[str]
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    facts: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    next_try_at: Mapped[Instant]
    problem: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[Instant]
