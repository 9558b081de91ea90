"""Organisations, their sites, people, memberships and the sessions of signed-in people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.identity.states import ActivityKind, OrgKind, Origin, SiteKind, Variant
from domain.kernel.records import Currency, Id, Instant, Json, Key, Record, one_of


class History(Record):
    """An imported order history: a company's past under a name, with its own zone and currency.

    `org_id` is the company that brought it; without one it came in from the command line.
    """

    __tablename__ = "histories"
    __table_args__ = (UniqueConstraint("org_id", "name", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", use_alter=True))
    name: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[Currency]
    content_hash: Mapped[str]
    orders: Mapped[int]
    lines: Mapped[int]
    imported_at: Mapped[Instant]


class Organization(Record):
    __tablename__ = "organizations"
    __table_args__ = (
        one_of("kind", OrgKind),
        one_of("origin", Origin),
        one_of("state", ("active", "suspended")),
        UniqueConstraint("history_id", "kind", "external_id"),
        CheckConstraint("(origin = 'imported') = (history_id is not null)", name="origin_history"),
        Index("organizations_kind_idx", "kind", "origin"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str]
    origin: Mapped[str] = mapped_column(server_default=text("'live'"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    external_id: Mapped[str | None]
    country: Mapped[str | None]
    country_code: Mapped[str | None]
    region: Mapped[str | None]
    time_zone: Mapped[str]
    locale: Mapped[str]
    currency: Mapped[Currency]
    about: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    registered_at: Mapped[datetime | None]
    created_at: Mapped[Instant]


class Site(Record):
    """A place of the organisation: a store, a warehouse, a factory, an office."""

    __tablename__ = "sites"
    __table_args__ = (one_of("kind", SiteKind), UniqueConstraint("org_id", "name"), UniqueConstraint("id", "org_id"))

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    region: Mapped[str | None]
    country_code: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[Instant]


class Person(Record):
    """Somebody who can sign in. The e-mail is stored in lower case."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        one_of("state", ("active", "disabled")),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    created_at: Mapped[Instant]


class Membership(Record):
    __tablename__ = "memberships"
    __table_args__ = (one_of("variant", Variant), one_of("state", ("active", "removed")), Index(None, "org_id"))

    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    variant: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    created_at: Mapped[Instant]


class SignInSession(Record):
    """A signed-in browser. The cookie's token names it; revoking the row ends it."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    ticket_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    nonce_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    ticket_expires_at: Mapped[datetime | None]
    user_agent: Mapped[str | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    revoked_at: Mapped[datetime | None]


class SignInAttempt(Record):
    """A failed sign-in, by hashed bucket (account and address), for the rate limit."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "bucket", "attempted_at"),)

    id: Mapped[Id]
    bucket: Mapped[str]
    attempted_at: Mapped[Instant]


class Activity(Record):
    """A screen that somebody opened, or a search that somebody made.

    `person_id` is no foreign key: an erasure puts an id there that stands nowhere else.
    """

    __tablename__ = "activity"
    __table_args__ = (
        one_of("kind", ActivityKind),
        Index("activity_occurred_at_brin", "occurred_at", postgresql_using="brin"),
        Index(None, "person_id"),
    )

    id: Mapped[Id]
    occurred_at: Mapped[Instant]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[Key]
    kind: Mapped[str]
    screen: Mapped[str]
    facts: Mapped[Json]
