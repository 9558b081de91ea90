from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganizationRegistered(Event):
    subject: ClassVar[str] = "organization"
    kind: str


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Event):
    subject: ClassVar[str] = "organization"
    person_id: UUID
    variant: str


@dataclass(frozen=True, kw_only=True)
class SiteAdded(Event):
    subject: ClassVar[str] = "organization"
    site_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignedInEvent(Event):
    subject: ClassVar[str] = "person"
    session_id: UUID
    for_org_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """Somebody gave a wrong e-mail or password. The bucket is a hash, never an address."""

    subject: ClassVar[str] = "sign_in"
    bucket: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    subject: ClassVar[str] = "person"
    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """`session_id` is the session in which it was changed; it lives on."""

    subject: ClassVar[str] = "person"
    session_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ScreenRefused(Event):
    """A signed-in person opened a screen of another role."""

    subject: ClassVar[str] = "person"
    screen: str
