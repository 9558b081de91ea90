"""Organisations, their sites, people, memberships and the sessions of signed-in people."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.identity.states import (
    EMAIL_CHANGE_MOVES,
    IDENTITY_PROVIDER_MOVES,
    LOSS_MOVES,
    PROPOSAL_MOVES,
    SUSPENSION_MOVES,
    VIEW_CONSENT_MOVES,
    ActivityKind,
    AppealState,
    Decider,
    EmailChangeState,
    IdentityProviderState,
    InvitationState,
    LinkPurpose,
    LossState,
    OrgKind,
    Origin,
    ProposalState,
    RegistrationStep,
    ScopeKind,
    SignInMethod,
    SiteKind,
    SuspensionState,
    Variant,
    ViewConsentState,
    ViewEnd,
)
from domain.kernel.records import Amount, Currency, ExactValue, Id, Instant, Json, Key, Record, one_of
from domain.kernel.states import check_move


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
    legal_name: Mapped[str | None]
    registration_number: Mapped[str | None]
    tax_number: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    registered_at: Mapped[datetime | None]
    created_at: Mapped[Instant]

    def stand_as(self, state: str) -> None:
        self.state = state


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
    dock_hours: Mapped[str | None]
    preferred_carrier: Mapped[str | None]
    delivery_notes: Mapped[str | None]
    created_at: Mapped[Instant]


class Person(Record):
    """Somebody who can sign in. The e-mail is stored in lower case."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        one_of("state", ("active", "disabled")),
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="phone"),
        CheckConstraint("phone_confirmed_at is null or phone is not null", name="phone_confirmed_at"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    created_at: Mapped[Instant]
    email_confirmed_at: Mapped[datetime | None]
    phone: Mapped[str | None]
    phone_confirmed_at: Mapped[datetime | None]

    def stand_as(self, state: str) -> None:
        self.state = state


class Membership(Record):
    """A person in an organisation. Somebody who was removed has `handed_to` whoever took over the work."""

    __tablename__ = "memberships"
    __table_args__ = (
        one_of("variant", Variant),
        one_of("state", ("active", "removed")),
        CheckConstraint("(state = 'removed') = (removed_at is not null)", name="removed"),
        Index(None, "org_id"),
    )

    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    variant: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    created_at: Mapped[Instant]
    removed_at: Mapped[datetime | None]
    handed_to: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    def leave(self, at: datetime, handed_to: UUID | None) -> None:
        self.state, self.removed_at, self.handed_to = "removed", at, handed_to

    def come_back(self, variant: str) -> None:
        self.state, self.removed_at, self.handed_to, self.variant = "active", None, None, variant


class MembershipLimit(Record):
    """Up to which amount a member acts without asking the owner. No row: no limit."""

    __tablename__ = "membership_limits"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "org_id"], ["memberships.person_id", "memberships.org_id"]),
        CheckConstraint("amount >= 0", name="amount"),
    )

    person_id: Mapped[Key] = mapped_column(primary_key=True)
    org_id: Mapped[Key] = mapped_column(primary_key=True)
    amount: Mapped[Amount]
    currency: Mapped[Currency]
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    set_at: Mapped[Instant]


class MembershipScope(Record):
    """A store, customer, region or warehouse to which a member is kept. No row of a kind: to none in particular."""

    __tablename__ = "membership_scopes"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "org_id"], ["memberships.person_id", "memberships.org_id"]),
        one_of("kind", ScopeKind),
    )

    person_id: Mapped[Key] = mapped_column(primary_key=True)
    org_id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[Key] = mapped_column(primary_key=True)
    set_at: Mapped[Instant]


class SignInSession(Record):
    """A signed-in browser. The cookie's token names it; revoking the row ends it."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (one_of("method", SignInMethod), Index(None, "person_id"))

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    ticket_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    nonce_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    ticket_expires_at: Mapped[datetime | None]
    user_agent: Mapped[str | None]
    method: Mapped[str] = mapped_column(server_default=text("'password'"))
    factor_shown_at: Mapped[datetime | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    revoked_at: Mapped[datetime | None]


class HalfSignIn(Record):
    """A sign-in that still owes the second factor. It opens nothing, and the browser finds it by its nonce alone."""

    __tablename__ = "half_sign_ins"
    __table_args__ = (one_of("method", SignInMethod), Index(None, "person_id"))

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    method: Mapped[str]
    user_agent: Mapped[str | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]


class SecondFactor(Record):
    """The secret that a person's authenticator app shares with us; it counts once a first code has confirmed it.

    `last_step` is the half minute of the last code that was shown: only a later one counts.
    """

    __tablename__ = "second_factors"

    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int]
    created_at: Mapped[Instant]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Record):
    """A code on paper that stands in for the app, once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]
    used_at: Mapped[datetime | None]


class FactorTry(Record):
    """A wrong code, by hashed bucket (account and address), for the rate limit."""

    __tablename__ = "factor_tries"
    __table_args__ = (Index(None, "person_id", "tried_at"),)

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    bucket: Mapped[str]
    tried_at: Mapped[Instant]


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


class Link(Record):
    """A link that was sent to somebody: it says what it opens, and works once.

    Its token is derived from `id` and the installation's key, so nothing that stands here opens anything.
    """

    __tablename__ = "links"
    __table_args__ = (
        one_of("purpose", LinkPurpose),
        CheckConstraint("expires_at > created_at", name="life"),
        Index(None, "person_id"),
        Index(None, "org_id"),
        Index(None, "expires_at"),
        Index("links_sign_on_idx", "expires_at", postgresql_where=text("purpose = 'sign_on'")),
    )

    id: Mapped[Id]
    purpose: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    facts: Mapped[Json]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[datetime | None]


class EmailChange(Record):
    """A wish to sign in by another address; it counts once both addresses have said yes."""

    __tablename__ = "email_changes"
    __table_args__ = (
        one_of("state", EmailChangeState),
        CheckConstraint("new_email = lower(new_email) and new_email <> old_email", name="new_email"),
        CheckConstraint(
            "state <> 'done' or (old_confirmed_at is not null and new_confirmed_at is not null)", name="both"
        ),
        Index("email_changes_waiting_idx", "person_id", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    old_email: Mapped[str]
    new_email: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    old_confirmed_at: Mapped[datetime | None]
    new_confirmed_at: Mapped[datetime | None]

    def move_to(self, state: EmailChangeState) -> None:
        check_move(EMAIL_CHANGE_MOVES, EmailChangeState(self.state), state, noun="change of address")
        self.state = state.value


class PhoneCode(Record):
    """A code that was sent to a phone. The code itself is derived from `id` and the installation's key."""

    __tablename__ = "phone_codes"
    __table_args__ = (
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name="phone"),
        CheckConstraint("wrong_tries between 0 and 3", name="wrong_tries"),
        Index(None, "person_id", "created_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    phone: Mapped[str]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    wrong_tries: Mapped[int]
    last_wrong_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class PersonIdentity(Record):
    """Who a person is at another provider. One account a person, however they come in."""

    __tablename__ = "person_identities"
    __table_args__ = (UniqueConstraint("provider", "subject"), UniqueConstraint("person_id", "provider"))

    id: Mapped[Id]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    provider: Mapped[str]
    subject: Mapped[str]
    joined_at: Mapped[Instant]
    last_used_at: Mapped[Instant]


class IdentityProvider(Record):
    """Where the people of a company sign on. It speaks only for this company's people with its own mail domain."""

    __tablename__ = "identity_providers"
    __table_args__ = (
        one_of("state", IdentityProviderState),
        Index("identity_providers_org_id_idx", "org_id", unique=True, postgresql_where=text("state <> 'closed'")),
        CheckConstraint("email_domain = lower(email_domain)", name="email_domain"),
        CheckConstraint("state <> 'active' or domain_confirmed_at is not null", name="confirmed"),
        Index(
            "identity_providers_email_domain_idx",
            "email_domain",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    email_domain: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    created_at: Mapped[Instant]
    domain_confirmed_at: Mapped[datetime | None]

    def move_to(self, state: IdentityProviderState) -> None:
        check_move(IDENTITY_PROVIDER_MOVES, IdentityProviderState(self.state), state, noun="sign-on")
        self.state = state.value


class Registration(Record):
    """Somebody on the way to an organisation of their own: what was said so far, and at which step they are.

    `person_id` and `org_id` are there once it is done. The password is hashed from the first moment on, and goes to
    the person at the end.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        one_of("kind", (OrgKind.MANUFACTURER, OrgKind.RETAILER, OrgKind.DISTRIBUTOR)),
        one_of("step", RegistrationStep),
        CheckConstraint(
            "(step = 'done') = (finished_at is not null) and (finished_at is null) = (org_id is null)"
            " and (org_id is null) = (person_id is null) and (step = 'done') = (password_hash is null)",
            name="done",
        ),
        CheckConstraint("(terms_version is null) = (terms_accepted_at is null)", name="terms"),
        Index(None, "email"),
        Index(None, "started_at"),
    )

    id: Mapped[Id]
    email: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    password_hash: Mapped[str | None]
    step: Mapped[str]
    business: Mapped[Json]
    terms_version: Mapped[str | None]
    terms_accepted_at: Mapped[datetime | None]
    email_confirmed_at: Mapped[datetime | None]
    started_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    finished_at: Mapped[datetime | None]
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class Invitation(Record):
    """An address that is asked to join with a role. `link_id` is the latest link; older ones no longer count."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        one_of("variant", Variant),
        one_of("state", InvitationState),
        CheckConstraint(
            "(state = 'accepted') = (person_id is not null) and (state = 'open') = (answered_at is null)",
            name="answered",
        ),
        Index("invitations_open_key", "org_id", "email", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str]
    variant: Mapped[str]
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str]
    link_id: Mapped[UUID | None]
    sent_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    created_at: Mapped[Instant]
    answered_at: Mapped[datetime | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    def answer(self, state: InvitationState, at: datetime, person_id: UUID | None = None) -> None:
        self.state, self.answered_at, self.person_id = state.value, at, person_id


class TermsAcceptance(Record):
    """Who accepted which version of the terms of service for the organisation; the hash says which text it was."""

    __tablename__ = "terms_acceptances"
    __table_args__ = (UniqueConstraint("org_id", "version"),)

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    version: Mapped[str]
    text_sha256: Mapped[str]
    accepted_at: Mapped[Instant]


class Suspension(Record):
    """A time in which an organisation may not begin anything new, who decided it, and what became of an appeal."""

    __tablename__ = "suspensions"
    __table_args__ = (
        one_of("state", SuspensionState),
        one_of("appeal_state", AppealState),
        CheckConstraint("(state = 'proposed') = (decided_at is null)", name="decided"),
        CheckConstraint("(state = 'lifted') = (lifted_at is not null)", name="lifted"),
        CheckConstraint("(appeal_state is null) = (appealed_at is null)", name="appealed"),
        CheckConstraint(
            "appeal_decided_by is null or appeal_decided_by not in (decided_by, proposed_by)", name="other_eyes"
        ),
        CheckConstraint(
            "(restore_proposed_at is null) = (restore_reason is null)"
            " and (restore_proposed_at is null or state in ('active', 'lifted'))",
            name="restore",
        ),
        CheckConstraint("lifted_by <> restore_proposed_by", name="restored_by"),
        Index("suspensions_open_idx", "org_id", unique=True, postgresql_where=text("state in ('proposed', 'active')")),
        Index(None, "org_id", "proposed_at"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    state: Mapped[str]
    reason: Mapped[str]
    until: Mapped[datetime | None]
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lift_note: Mapped[str | None]
    appeal: Mapped[str | None]
    appealed_by: Mapped[UUID | None]
    appealed_at: Mapped[datetime | None]
    appeal_state: Mapped[str | None]
    appeal_decided_by: Mapped[UUID | None]
    appeal_decided_at: Mapped[datetime | None]
    appeal_answer: Mapped[str | None]
    restore_proposed_by: Mapped[UUID | None]
    restore_proposed_at: Mapped[datetime | None]
    restore_reason: Mapped[str | None]

    def move_to(self, state: SuspensionState) -> None:
        check_move(SUSPENSION_MOVES, SuspensionState(self.state), state, noun="suspension")
        self.state = state.value


class ViewConsent(Record):
    """That the platform's people may look through a member's eyes until an instant, who asked and who answered.

    Without `asked_by` the organisation opened it by itself, for whoever of them helps; else for the one who asked.
    """

    __tablename__ = "view_consents"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "org_id"], ["memberships.person_id", "memberships.org_id"]),
        UniqueConstraint("id", "org_id", "person_id"),
        one_of("state", ViewConsentState),
        CheckConstraint("expires_at > asked_at", name="life"),
        CheckConstraint("(state = 'asked') = (answered_at is null)", name="answered"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at is not null)", name="withdrawn"),
        CheckConstraint("answered_by <> asked_by", name="other"),
        Index(None, "org_id", "asked_at"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key]
    person_id: Mapped[Key]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None]

    def move_to(self, state: ViewConsentState) -> None:
        check_move(VIEW_CONSENT_MOVES, ViewConsentState(self.state), state, noun="consent")
        self.state = state.value


class Viewing(Record):
    """A session that looks through somebody else's eyes: those of a colleague, or, with consent, of a member."""

    __tablename__ = "viewings"
    __table_args__ = (
        ForeignKeyConstraint(["viewer_id", "viewer_org_id"], ["memberships.person_id", "memberships.org_id"]),
        ForeignKeyConstraint(["person_id", "org_id"], ["memberships.person_id", "memberships.org_id"]),
        ForeignKeyConstraint(
            ["consent_id", "org_id", "person_id"],
            ["view_consents.id", "view_consents.org_id", "view_consents.person_id"],
        ),
        one_of("ended_by", ViewEnd),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
        CheckConstraint("expires_at > started_at", name="life"),
        CheckConstraint("viewer_id <> person_id", name="other"),
        CheckConstraint("(viewer_org_id = org_id) = (consent_id is null)", name="consent"),
        Index("viewings_open_key", "session_id", unique=True, postgresql_where=text("ended_at is null")),
        Index(None, "org_id", "started_at"),
        Index(None, "consent_id"),
    )

    id: Mapped[Id]
    session_id: Mapped[Key] = mapped_column(ForeignKey("sign_in_sessions.id"))
    viewer_id: Mapped[Key]
    viewer_org_id: Mapped[Key]
    person_id: Mapped[Key]
    org_id: Mapped[Key]
    consent_id: Mapped[UUID | None]
    started_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class OrgHoliday(Record):
    """A day on which an organisation is closed beside weekends: deadlines in business hours stand still."""

    __tablename__ = "org_holidays"
    __table_args__ = (CheckConstraint("length(name) between 1 and 80", name="name"),)

    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    closed_on: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]


class FactorLoss(Record):
    """Somebody has lost the second factor: who decides about it, when it goes, and what became of it."""

    __tablename__ = "factor_losses"
    __table_args__ = (
        one_of("decider", Decider),
        one_of("state", LossState),
        CheckConstraint(
            "state not in ('approved', 'done') or (decided_by is not null and takes_effect_at is not null)",
            name="approved",
        ),
        CheckConstraint("(state in ('asked', 'approved')) = (ended_at is null)", name="ended"),
        CheckConstraint("decided_by <> person_id and first_yes_by <> person_id", name="other_eyes"),
        CheckConstraint(
            "decider = 'owner' or state not in ('approved', 'done')"
            " or (first_yes_by is not null and first_yes_by <> decided_by)",
            name="two",
        ),
        ForeignKeyConstraint(["person_id", "org_id"], ["memberships.person_id", "memberships.org_id"]),
        Index(
            "factor_losses_open_idx", "person_id", unique=True, postgresql_where=text("state in ('asked', 'approved')")
        ),
        Index(None, "person_id", "asked_at"),
        Index(None, "org_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[Key]
    org_id: Mapped[Key]
    decider: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[Instant]
    first_yes_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    first_yes_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    takes_effect_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def move_to(self, state: LossState) -> None:
        check_move(LOSS_MOVES, LossState(self.state), state, noun="request")
        self.state = state.value


class KnownBrowser(Record):
    """A browser from which a person has signed in, by a hash that fits no other person's."""

    __tablename__ = "known_browsers"
    __table_args__ = (Index(None, "last_seen_at"),)

    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"), primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    first_seen_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]


class SettingProposal(Record):
    """A change of a setting about money or safety, until a second person has said yes or no."""

    __tablename__ = "setting_proposals"
    __table_args__ = (
        one_of("state", ProposalState),
        CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
        CheckConstraint(
            "state not in ('approved', 'refused') or decided_by is null or decided_by <> proposed_by",
            name="other_eyes",
        ),
        Index("setting_proposals_waiting_idx", "name", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    value: Mapped[ExactValue]
    effective_from: Mapped[Instant]
    reason: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    proposed_by: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[Instant]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]

    def move_to(self, state: ProposalState) -> None:
        check_move(PROPOSAL_MOVES, ProposalState(self.state), state, noun="proposal")
        self.state = state.value
