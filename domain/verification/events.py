from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class _OfProof(Event):
    subject: ClassVar[str] = "verification"
    for_org_id: UUID
    requirement: str


@dataclass(frozen=True, kw_only=True)
class ProofSubmitted(_OfProof):
    """Something was handed in, or handed in again after a question."""

    files: int = 0


@dataclass(frozen=True, kw_only=True)
class ProofMoved(_OfProof):
    """It was checked, verified, rejected, asked about, replaced, or has run out."""

    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProofAppealed(_OfProof):
    files: int = 0


@dataclass(frozen=True, kw_only=True)
class ProofRunsOut(_OfProof):
    """A reminder: in so many days at most it no longer counts."""

    days: int


@dataclass(frozen=True, kw_only=True)
class BankTestSent(_OfProof):
    """Two small amounts are on their way to the account."""


@dataclass(frozen=True, kw_only=True)
class BankTestAnswered(_OfProof):
    is_right: bool
    tries: int


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    subject: ClassVar[str] = "verification_case"
    for_org_id: UUID
    kind: str
    reasons: tuple[str, ...]
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseMoved(Event):
    """Somebody took it, gave it back, said yes as the first of two, or decided it."""

    subject: ClassVar[str] = "verification_case"
    for_org_id: UUID
    decision: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WaiverMoved(Event):
    subject: ClassVar[str] = "verification_waiver"
    for_org_id: UUID
    requirement: str
    waived_until: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrganizationVouchedFor(Event):
    subject: ClassVar[str] = "organization"
    level: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequirementChanged(Event):
    subject: ClassVar[str] = "verification_requirement"
    requirement: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SanctionsListLoaded(Event):
    subject: ClassVar[str] = "sanctions_list"
    list: str
    entries: int
    removed: int


@dataclass(frozen=True, kw_only=True)
class SanctionsHitFound(Event):
    subject: ClassVar[str] = "sanctions_hit"
    for_org_id: UUID
    score: Decimal


@dataclass(frozen=True, kw_only=True)
class SanctionsHitDecided(Event):
    subject: ClassVar[str] = "sanctions_hit"
    for_org_id: UUID
