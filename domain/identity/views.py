"""What identity hands out."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.identity.states import ActivityKind, LinkPurpose
from domain.kernel.configuration import Setting


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class OrganizationCard(View):
    """An organisation as its own people and the platform see it."""

    org_id: UUID
    kind: str
    name: str
    country_code: str | None
    region: str | None
    time_zone: str
    locale: str
    currency: str
    about: str | None
    state: str
    legal_name: str | None = None  # as it stands in the company register; what others see is `name`
    registration_number: str | None = None
    tax_number: str | None = None


class SupplierCard(View):
    """A seller as buyers see it."""

    org_id: UUID
    name: str
    kind: str
    country_code: str | None
    region: str | None
    about: str | None
    since: datetime
    legal_name: str | None = None


class SiteRow(View):
    site_id: UUID
    kind: str
    name: str
    street: str
    postal_code: str
    city: str
    region: str | None
    country_code: str
    time_zone: str
    dock_hours: str | None = None
    preferred_carrier: str | None = None
    delivery_notes: str | None = None


class MemberRow(View):
    person_id: UUID
    name: str
    email: str
    variant: str
    state: str
    joined_at: datetime
    removed_at: datetime | None = None
    handed_to: str | None = None


class Looking(View):
    """Who really sits there while a screen shows what somebody else sees, and until when."""

    viewing_id: UUID
    viewer_id: UUID
    viewer_name: str
    is_staff: bool
    until: datetime


class SignedIn(View):
    """Who is here: everything a screen's shell shows of the person and the organisation.

    With `looking`, all of it is of the person through whose eyes somebody else looks; the session is the looker's.
    """

    session_id: UUID
    person_id: UUID
    person_name: str
    email: str
    org_id: UUID
    org_name: str
    org_kind: str
    org_state: str = "active"
    variant: str
    time_zone: str
    locale: str
    currency: str
    looking: Looking | None = None


class MemberReach(View):
    """How far a member's rights reach: a limit (None: none) and what they are kept to (empty: all)."""

    person_id: UUID
    variant: str
    amount: Decimal | None
    currency: str | None
    stores: tuple[UUID, ...]
    customers: tuple[UUID, ...]
    regions: tuple[UUID, ...]
    warehouses: tuple[UUID, ...]


class Ticket(View):
    """A sign-in that the browser still has to pick up: once, within seconds, with its nonce."""

    session_id: UUID
    ticket: str


class CodeAwaited(View):
    """A sign-in that still owes the second factor, for the browser with the nonce. It opens nothing."""

    until: datetime


class FactorDraft(View):
    """A second factor that is being set up: the secret to type, and the same as the address that a QR code holds."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class FactorSheet(View):
    """A second factor that is on."""

    since: datetime
    codes_left: int


class SessionRow(View):
    """A live session of one's own. `with_factor`: the second factor was shown in it."""

    session_id: UUID
    user_agent: str | None
    method: str
    with_factor: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool


class SecurityEventRow(View):
    """Something that happened to one's own sign-in."""

    event_id: int
    name: str
    at: datetime
    facts: dict[str, Any]
    user_agent: str | None
    is_this: bool


class OrganizationRow(View):
    """One organisation in the platform's list."""

    org_id: UUID
    kind: str
    name: str
    country_code: str | None
    state: str
    people: int
    created_at: datetime


class Seen(View):
    """Something that somebody looked at, `age` before it is written down.

    The facts of a search: `find` (the words), `results` (how many were found), `ms` (how long that took) and the
    filters by name.
    """

    org_id: UUID
    person_id: UUID
    kind: ActivityKind
    screen: str
    age: timedelta = timedelta()
    facts: dict[str, Any] = {}


class LinkRow(View):
    """A link that was sent to somebody, and what it opens."""

    link_id: UUID
    purpose: LinkPurpose
    person_id: UUID | None
    org_id: UUID | None
    facts: dict[str, Any]
    expires_at: datetime


class SettingRow(View):
    """One setting of the platform as it is now. `version` counts its changes; `upcoming` holds from `upcoming_at`."""

    setting: Setting
    meaning: str
    unit: str
    value: Decimal
    least: Decimal
    most: Decimal
    usual: Decimal
    version: int
    upcoming: Decimal | None
    upcoming_at: datetime | None
    changed_at: datetime | None
    is_of_two_people: bool = False


class SettingChange(View):
    """One change of a setting: what it was before, what it is from `effective_from` on, by whom and why."""

    setting: Setting
    meaning: str
    unit: str
    version: int
    before: Decimal
    after: Decimal
    effective_from: datetime
    recorded_at: datetime
    changed_by: str | None
    reason: str | None


class ProposedSetting(View):
    """A change of a setting that waits for a second person."""

    proposal_id: UUID
    setting: Setting
    meaning: str
    unit: str
    before: Decimal
    after: Decimal
    effective_from: datetime
    reason: str
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime


class LossRow(View):
    """A request to take somebody's lost second factor off. `takes_effect_at` is there once it is approved."""

    loss_id: UUID
    person_id: UUID
    person_name: str
    org_id: UUID
    org_name: str
    decider: str
    state: str
    asked_at: datetime
    first_yes_by: UUID | None
    first_yes_name: str | None
    takes_effect_at: datetime | None


class AcceptedTerms(View):
    """Who accepted a version of the terms of service, and when."""

    version: str
    accepted_at: datetime
    accepted_by: str


class TermsState(View):
    """Which terms hold now, whether one's organisation still has to accept them, and what it accepted so far."""

    current: str | None
    is_missing: bool
    accepted: tuple[AcceptedTerms, ...]


class BusinessDetails(View):
    """What an organisation says of itself when it registers. Empty where nothing was said yet."""

    name: str = ""
    legal_name: str = ""
    registration_number: str = ""
    tax_number: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country_code: str = ""
    time_zone: str = ""
    locale: str = ""
    region: str = ""  # a distributor's: where it delivers
    site_name: str = ""


class RegistrationSheet(View):
    """A registration as whoever began it sees it."""

    registration_id: UUID
    email: str
    name: str
    kind: str
    step: str
    business: BusinessDetails
    terms_version: str | None
    is_confirmed: bool


class InvitationRow(View):
    """An open invitation, for those who manage the team."""

    invitation_id: UUID
    email: str
    variant: str
    invited_by: str | None
    sent_at: datetime
    expires_at: datetime
    is_expired: bool


class InvitationCard(View):
    """An invitation as its addressee sees it. `person_id` is there when the address has an account."""

    invitation_id: UUID
    org_name: str
    org_kind: str
    variant: str
    email: str
    invited_by: str | None
    person_id: UUID | None


class WorkplaceRow(View):
    """An organisation that a person may act for."""

    org_id: UUID
    name: str
    kind: str
    variant: str
    is_current: bool



class ProviderRow(View):
    """A provider by which a person has come in."""

    provider: str
    joined_at: datetime
    last_used_at: datetime


class CompanySignOn(View):
    """Where the people of a company sign on, without its secret."""

    provider_id: UUID
    email_domain: str
    issuer: str
    client_id: str
    state: str
    created_at: datetime


class ProviderAccess(View):
    """How a provider is spoken to. Never shown, never logged."""

    issuer: str
    client_id: str
    client_secret: str = Field(repr=False)


class Vouched(View):
    """Whom a provider vouches for, as its checked token says."""

    provider: str
    subject: str
    email: str = ""
    email_verified: bool = False


class SignOnAnswer(View):
    """What became of a sign-on: a ticket, a word why not, or neither when a second factor is awaited."""

    ticket: Ticket | None = None
    refused: str | None = None


class WaysIn(View):
    """How a person is reached and signs in, for the person alone."""

    email: str
    email_confirmed_at: datetime | None
    phone: str | None
    phone_confirmed_at: datetime | None
    new_email: str | None
    old_confirmed_at: datetime | None
    new_confirmed_at: datetime | None
    new_email_until: datetime | None
    code_for: str | None
    code_until: datetime | None
    cooling_until: datetime | None
    providers: list[ProviderRow]


class SuspensionRow(View):
    """A suspension with what became of it; names of the platform's people are for the platform only."""

    suspension_id: UUID
    org_id: UUID
    org_name: str
    state: str
    reason: str
    until: datetime | None
    proposed_at: datetime
    proposed_by: UUID | None
    proposed_by_name: str | None
    decided_at: datetime | None
    decided_by: UUID | None
    decided_by_name: str | None
    decision_note: str | None
    lifted_at: datetime | None
    lifted_by_name: str | None
    lift_note: str | None
    appeal: str | None
    appealed_at: datetime | None
    appeal_state: str | None
    appeal_decided_at: datetime | None
    appeal_by_name: str | None
    appeal_answer: str | None
    restore_proposed_by: UUID | None = None
    restore_proposed_by_name: str | None = None
    restore_proposed_at: datetime | None = None
    restore_reason: str | None = None


class PersonRow(View):
    """A person of an organisation as the platform's people see it; `seen_at` is when the person was last here."""

    person_id: UUID
    name: str
    email: str
    state: str
    variant: str
    membership: str
    joined_at: datetime
    seen_at: datetime | None


class FoundOrganization(View):
    """An organisation that a search by name has found."""

    org_id: UUID
    kind: str
    name: str
    country_code: str | None
    state: str


class OrganizationSheet(View):
    """One organisation as the platform's people see it."""

    org_id: UUID
    kind: str
    name: str
    country_code: str | None
    region: str | None
    time_zone: str
    locale: str
    currency: str
    about: str | None
    state: str
    created_at: datetime
    people: list[PersonRow]


class HolidayRow(View):
    closed_on: date
    name: str


class WorkingCalendar(View):
    """When an organisation works: not at weekends, not on the days on which it is closed, in its own time zone."""

    time_zone: str
    closed: frozenset[date]


class ViewConsentRow(View):
    """Whether the platform's people may look through a member's eyes. `is_mine`: whoever reads may use or answer it.

    A lapsed one was not answered in time, or its hours are over.
    """

    consent_id: UUID
    person_id: UUID
    person_name: str
    state: str
    reason: str
    asked_at: datetime
    expires_at: datetime
    is_asked: bool
    is_lapsed: bool
    is_mine: bool


class ViewingRow(View):
    """A look through somebody's eyes: a colleague's by name, the platform's without (`viewer_name` is None)."""

    viewing_id: UUID
    person_id: UUID
    person_name: str
    viewer_name: str | None
    reason: str | None
    started_at: datetime
    ended_at: datetime | None
    ended_by: str | None


class PseudonymRow(View):
    """A member without name, address or id; months are as exact as it gets."""

    pseudonym: str
    kind: str
    variant: str
    country_code: str | None
    state: str
    org_state: str
    joined_in: str
    seen_in: str | None
