"""What identity hands out."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

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


class SupplierCard(View):
    """A seller as buyers see it."""

    org_id: UUID
    name: str
    kind: str
    country_code: str | None
    region: str | None
    about: str | None
    since: datetime


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


class MemberRow(View):
    person_id: UUID
    name: str
    email: str
    variant: str
    state: str
    joined_at: datetime


class SignedIn(View):
    """Who is here: everything a screen's shell shows of the person and the organisation."""

    session_id: UUID
    person_id: UUID
    person_name: str
    email: str
    org_id: UUID
    org_name: str
    org_kind: str
    variant: str
    time_zone: str
    locale: str
    currency: str


class Ticket(View):
    """A sign-in that the browser still has to pick up: once, within seconds, with its nonce."""

    session_id: UUID
    ticket: str


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

    The facts of a search: `find` (the words), `results` (how many were found) and the filters by name.
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
    """One setting of the platform as it is now. `version` counts its changes; `upcoming` holds from `upcoming_at` on."""

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
