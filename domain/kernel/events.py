"""What happened: one log that reactions, the audit trail and the warehouse share.

An event is written in the transaction that caused it. It holds ids and facts, never names;
what is personal stands beside it (`EventPersonal`), where it can be erased. A change of state names both
states, so the log is also the proof that each step was a legal one.
Deliveries to reactions are found by "no delivery row yet", never by a cursor over ids, because a
lower id can commit later. Batches of committed events are sealed by hash (`seal`), outside the
transactions that wrote them, so that the chain is no bottleneck.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Json, Key, Record, one_of


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to one subject. Subclasses add facts: ids, quantities, amounts."""

    subject: ClassVar[str]

    subject_id: UUID
    buyer_id: UUID | None = None
    seller_id: UUID | None = None
    from_state: str | None = None
    to_state: str | None = None

    def row(self) -> dict[str, Any]:
        """The event as the columns of `events`; what a subclass adds stands in `facts`."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        head = {name: values.pop(name) for name in _HEAD}
        return {"name": type(self).__name__, "subject": self.subject, **head, "facts": values}


_HEAD = tuple(f.name for f in dataclasses.fields(Event))


# Derived from what is sealed, so that it cannot say anything else. An event about an organisation that is not its
# subject names it as `for_org_id` among its facts.
CONCERNS = "case when subject = 'organization' then subject_id else (facts ->> 'for_org_id')::uuid end"


class EventRow(Record):
    __tablename__ = "events"
    __table_args__ = (
        Index(None, "subject", "subject_id", "id"),
        Index(None, "name", "id"),  # reactions ask for what they wait for, again and again
        Index("events_org_id_idx", "org_id", "id"),
        # An organisation's own log reads each of the ways in which an event can be its own.
        Index(None, "concerns_org_id", "id", postgresql_where=text("concerns_org_id is not null")),
        Index(None, "buyer_id", "id", postgresql_where=text("buyer_id is not null")),
        Index(None, "seller_id", "id", postgresql_where=text("seller_id is not null")),
        Index("events_recorded_at_brin", "recorded_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    facts: Mapped[Json]
    buyer_id: Mapped[UUID | None]
    seller_id: Mapped[UUID | None]
    org_id: Mapped[UUID | None]
    actor_user_id: Mapped[UUID | None]
    scope: Mapped[str]
    command: Mapped[str]
    request_id: Mapped[UUID | None]
    effective_at: Mapped[Instant]
    recorded_at: Mapped[Instant]
    # Whom it is about when another wrote it: the system that signs a person in, staff that add a member.
    concerns_org_id: Mapped[UUID | None] = mapped_column(Computed(CONCERNS, persisted=True))


class EventPersonal(Record):
    """What is personal of an event, kept beside the sealed log so that an erasure can take it."""

    __tablename__ = "event_personal"
    __table_args__ = (Index(None, "person_id"),)

    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id"), primary_key=True)
    org_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    erased_at: Mapped[datetime | None]


class Delivery(Record):
    """One event handed to one reaction; it is written together with what the reaction does."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", ("waiting", "done", "failed")),
        Index("deliveries_waiting_idx", "next_try_at", postgresql_where=text("state = 'waiting'")),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id"), primary_key=True)
    reaction: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    next_try_at: Mapped[Instant]
    done_at: Mapped[datetime | None]


class Request(Record):
    """A call that a person or a provider may repeat, with the first answer."""

    __tablename__ = "requests"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    command: Mapped[str]
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[Json]
    recorded_at: Mapped[Instant]


class AuditSeal(Record):
    """A batch of events under one hash, chained to the batch before."""

    __tablename__ = "audit_seals"

    batch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    events: Mapped[int]
    sealed_at: Mapped[Instant]


class SealedEvent(Record):
    __tablename__ = "audit_sealed_events"
    __table_args__ = (UniqueConstraint("batch", "position"),)

    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id"), primary_key=True)
    batch: Mapped[int] = mapped_column(BigInteger, ForeignKey("audit_seals.batch"))
    position: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class StateMove(Record):
    """The allowed steps of every state table, copied from the code at migration."""

    __tablename__ = "state_moves"

    machine: Mapped[str] = mapped_column(primary_key=True)
    from_state: Mapped[str] = mapped_column(primary_key=True)
    to_state: Mapped[str] = mapped_column(primary_key=True)


class DocumentSeries(Record):
    """The next number of a gap-free series; its row is locked while a document is made."""

    __tablename__ = "document_series"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    next_number: Mapped[int]


class Timer(Record):
    """Something to do later: a command and its facts, once per key."""

    __tablename__ = "timers"
    __table_args__ = (Index("timers_due_idx", "due_at", postgresql_where=text("fired_at is null")),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    command: Mapped[str]
    facts: Mapped[Json]
    due_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    fired_at: Mapped[datetime | None]
    created_at: Mapped[Instant]


class PlatformSetting(Record):
    """One value of the platform's configuration from an instant on; rows are never changed."""

    __tablename__ = "platform_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[Instant] = mapped_column(primary_key=True)
    value: Mapped[Json]
    set_by: Mapped[UUID | None]
    recorded_at: Mapped[Instant]


class StoredFile(Record):
    """A file by the hash of its bytes; the bytes stand in the data folder.

    `needs` are rights of which a reader has to hold one; with none it is for everybody of the organisation.
    `facts` is what the file says of itself: pages, size, and of evidence when, where and by what it was taken.
    """

    __tablename__ = "files"
    __table_args__ = (
        one_of("scan_state", ("not_scanned", "waiting", "clean", "harmful")),
        CheckConstraint("(scan_state in ('clean', 'harmful')) = (scanned_at is not null)", name="scanned"),
        CheckConstraint("not is_public or cardinality(needs) = 0", name="public_needs_nothing"),
        Index("files_sha256_idx", "sha256"),
        Index("files_waiting_idx", "stored_at", postgresql_where=text("scan_state = 'waiting'")),
        Index("files_likeness_idx", text("(facts ->> 'likeness')")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    sha256: Mapped[str]
    media_type: Mapped[str]
    name: Mapped[str]
    bytes: Mapped[int]
    is_public: Mapped[bool]
    stored_at: Mapped[Instant]
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    facts: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    scan_state: Mapped[str] = mapped_column(server_default=text("'not_scanned'"))
    scan_word: Mapped[str | None]
    scanned_at: Mapped[datetime | None]


def seal(limit: int = 5000) -> int:
    """Seal committed events that are not sealed yet, as one batch. Returns how many."""
    from sqlalchemy import text as sql

    from domain.kernel.actor import Actor
    from domain.kernel.work import Work, run

    def seal_audit(work: Work) -> int:
        statement = sql("select seal_audit(:limit, :now)")
        return int(work.session.execute(statement, {"limit": limit, "now": work.now}).scalar_one())

    return run(Actor.system(), seal_audit)
