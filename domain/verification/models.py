"""What is asked for, what was handed in for it, who looks at it, and what was found. A level is never stored."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Json, Key, Record, one_of
from domain.kernel.states import check_move
from domain.verification.states import (
    CASE_MOVES,
    MOVES,
    UNDER_WAY,
    CaseKind,
    CaseState,
    Decision,
    HitState,
    Requirement,
    Source,
    SubmissionState,
    WaiverState,
)

_SUBMISSION = ["verification_submissions.id", "verification_submissions.org_id"]
_UNDER_WAY = "state in (" + ", ".join(f"'{state}'" for state in UNDER_WAY) + ")"


class RequirementRule(Record):
    """Who needs what from which level on, from one instant to another. A rule ends, it is never changed."""

    __tablename__ = "verification_requirements"
    __table_args__ = (
        one_of("requirement", Requirement),
        CheckConstraint("level between 1 and 3", name="level"),
        CheckConstraint("grace_days >= 0 and (life_days is null or life_days > 0)", name="days"),
        CheckConstraint("cardinality(kinds) > 0", name="kinds"),
        CheckConstraint("valid_until is null or valid_until > valid_from", name="valid"),
        UniqueConstraint("requirement", "kinds", "valid_from"),
    )

    id: Mapped[Id]
    requirement: Mapped[str]
    level: Mapped[int]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    countries: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    is_optional: Mapped[bool]
    life_days: Mapped[int | None]
    grace_days: Mapped[int]
    valid_from: Mapped[Instant]
    valid_until: Mapped[datetime | None]
    set_by: Mapped[UUID | None]


class Regulation(Record):
    """A category in which an offer may only be published with this certificate."""

    __tablename__ = "verification_regulations"
    __table_args__ = (
        one_of("requirement", Requirement),
        CheckConstraint("valid_until is null or valid_until > valid_from", name="valid"),
    )

    category_id: Mapped[Key] = mapped_column(ForeignKey("categories.id"), primary_key=True)
    requirement: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[Instant] = mapped_column(primary_key=True)
    valid_until: Mapped[datetime | None]
    set_by: Mapped[UUID | None]
    countries: Mapped[list[str] | None] = mapped_column(ARRAY(Text))  # of sellers; none: of all


class Submission(Record):
    """What an organisation hands in for one requirement, and what became of it.

    It counts from `counts_from` until it expires or ends. A renewal is a submission of its own, so that what was
    verified goes on counting while the new one is looked at.
    """

    __tablename__ = "verification_submissions"
    __table_args__ = (
        one_of("requirement", Requirement),
        one_of("state", SubmissionState),
        one_of("source", Source),
        UniqueConstraint("id", "org_id"),
        CheckConstraint("(counts_from is null) = (verified_at is null)", name="counts_when_verified"),
        CheckConstraint("expires_on is null or issued_on is null or expires_on >= issued_on", name="dates"),
        CheckConstraint("tries >= 0", name="tries"),
        Index("verification_submissions_org_id_idx", "org_id", "requirement", "submitted_at"),
        Index(
            "verification_submissions_under_way_key", "org_id", "requirement", unique=True,
            postgresql_where=text(_UNDER_WAY),
        ),
        Index(
            "verification_submissions_expires_at_idx", "expires_at",
            postgresql_where=text("state in ('verified', 'expiring')"),
        ),
        Index("verification_submissions_number_idx", "requirement", "number"),
    )  # fmt: skip

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    requirement: Mapped[str]
    state: Mapped[str]
    source: Mapped[str]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    scope: Mapped[str | None]
    category_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    facts: Mapped[Json]
    findings: Mapped[Json]
    question: Mapped[str | None]  # what the reviewer asks or says
    answer: Mapped[str | None]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    note: Mapped[str | None]
    tries: Mapped[int]
    submitted_by: Mapped[UUID | None]
    submitted_at: Mapped[Instant]
    not_before: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    counts_from: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    reminded_days: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    recheck_at: Mapped[datetime | None]

    def move_to(self, state: SubmissionState) -> None:
        check_move(MOVES, SubmissionState(self.state), state, noun="proof")
        self.state = state.value


class EvidenceFile(Record):
    """A file of a submission. Without `read_at` it waits to be read; what was found stands in `reading`."""

    __tablename__ = "verification_files"
    __table_args__ = (
        ForeignKeyConstraint(["submission_id", "org_id"], _SUBMISSION),
        Index(None, "sha256"),
        Index("verification_files_waiting_idx", "added_at", postgresql_where=text("read_at is null")),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    submission_id: Mapped[Key] = mapped_column(primary_key=True)
    file_id: Mapped[Key] = mapped_column(ForeignKey("files.id"), primary_key=True)
    org_id: Mapped[Key]
    sha256: Mapped[str]
    added_at: Mapped[Instant]
    attempts: Mapped[int]
    read_at: Mapped[datetime | None]
    reading: Mapped[Json]


class Case(Record):
    """Something that people decide. One person holds it at a time; some need a second."""

    __tablename__ = "verification_cases"
    __table_args__ = (
        one_of("kind", CaseKind),
        one_of("state", CaseState),
        one_of("first_decision", Decision),
        one_of("decision", Decision),
        ForeignKeyConstraint(["submission_id", "org_id"], _SUBMISSION),
        CheckConstraint("(state = 'claimed') = (claimed_by is not null)", name="claimed"),
        CheckConstraint("(state = 'decided') = (decided_at is not null)", name="decided"),
        CheckConstraint("first_by is null or decided_by is null or first_by <> decided_by or decision <> 'approve'",
                        name="two_people"),
        Index("verification_cases_open_idx", "due_at", postgresql_where=text("state <> 'decided'")),
        Index(None, "org_id"),
        Index("verification_cases_open_key", "submission_id", unique=True,
              postgresql_where=text("state <> 'decided' and submission_id is not null")),
    )  # fmt: skip

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    submission_id: Mapped[UUID | None]
    kind: Mapped[str]
    state: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    needs_second: Mapped[bool]
    opened_at: Mapped[Instant]
    due_at: Mapped[Instant]
    claimed_by: Mapped[UUID | None]
    claimed_at: Mapped[datetime | None]
    first_by: Mapped[UUID | None]
    first_at: Mapped[datetime | None]
    first_decision: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    note: Mapped[str | None]

    def move_to(self, state: CaseState) -> None:
        check_move(CASE_MOVES, CaseState(self.state), state, noun="case")
        self.state = state.value


class Waiver(Record):
    """An organisation need not show this until a day, because two people of the platform said so."""

    __tablename__ = "verification_waivers"
    __table_args__ = (
        one_of("requirement", Requirement),
        one_of("state", WaiverState),
        CheckConstraint("approved_by is null or approved_by <> proposed_by", name="two_people"),
        CheckConstraint("(approved_at is null) = (state = 'proposed')", name="approved"),
        CheckConstraint("waived_until > proposed_at", name="waived_until"),
        Index(None, "org_id", "requirement"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    requirement: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[Instant]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    waived_until: Mapped[Instant]
    ended_at: Mapped[datetime | None]

    def move_to(self, state: WaiverState) -> None:
        self.state = state.value


class Owner(Record):
    """Somebody who owns or directs an organisation, as a submission states it."""

    __tablename__ = "verification_owners"
    __table_args__ = (
        ForeignKeyConstraint(["submission_id", "org_id"], _SUBMISSION),
        CheckConstraint("share >= 0 and share <= 100", name="share"),
        Index(None, "org_id"),
        Index(None, "person_key"),
    )

    id: Mapped[Id]
    submission_id: Mapped[Key]
    org_id: Mapped[Key]
    name: Mapped[str]
    born_on: Mapped[date | None]
    country: Mapped[str | None]
    share: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    is_director: Mapped[bool]
    person_key: Mapped[str]


class Deposit(Record):
    """A small amount that is to be sent to an account, to see whose it is. How much is worked out from the id."""

    __tablename__ = "verification_deposits"
    __table_args__ = (
        ForeignKeyConstraint(["submission_id", "org_id"], _SUBMISSION),
        CheckConstraint("position in (1, 2)", name="position"),
    )

    submission_id: Mapped[Key] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[Key]
    created_at: Mapped[Instant]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[UUID | None]


class RegistryEntry(Record):
    """A company as a public register lists it."""

    __tablename__ = "company_registry"
    __table_args__ = (
        one_of("standing", ("active", "dissolved")),
        Index(
            "company_registry_name_trgm_idx", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}
        ),
    )

    country_code: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    tax_number: Mapped[str | None]
    standing: Mapped[str]
    address: Mapped[str | None]
    loaded_at: Mapped[Instant]


class SanctionsEntry(Record):
    """A name that nobody may trade with, as a list states it."""

    __tablename__ = "sanctions_entries"
    __table_args__ = (UniqueConstraint("list", "reference"), CheckConstraint("name <> ''", name="name"))

    id: Mapped[Id]
    list_name: Mapped[str] = mapped_column("list")
    reference: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    country: Mapped[str | None]
    listed_at: Mapped[Instant]
    removed_at: Mapped[datetime | None]


class SanctionsHit(Record):
    """An organisation, or one of its owners, has a name like one on a list."""

    __tablename__ = "sanctions_hits"
    __table_args__ = (
        one_of("state", HitState),
        UniqueConstraint("org_id", "entry_id", "owner_key", postgresql_nulls_not_distinct=True),
        CheckConstraint("score >= 0 and score <= 100", name="score"),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    entry_id: Mapped[Key] = mapped_column(ForeignKey("sanctions_entries.id"))
    owner_key: Mapped[str | None]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("verification_cases.id"))
    state: Mapped[str]
    score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    found_at: Mapped[Instant]
    decided_at: Mapped[datetime | None]

    def move_to(self, state: HitState) -> None:
        self.state = state.value
