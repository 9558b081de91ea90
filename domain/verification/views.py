"""What is handed out: standings, proofs, cases, badges. Frozen values."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Item(_Value):
    """One requirement as it stands at an instant."""

    requirement: str
    level: int
    is_optional: bool
    is_met: bool
    met_by: str | None
    since: datetime | None
    until: datetime | None


class Standing(_Value):
    """How far an organisation is verified, and what is missing for more."""

    level: int
    top_level: int
    items: tuple[Item, ...]

    def missing(self, level: int) -> tuple[str, ...]:
        """The requirements that are not met up to a level."""
        return tuple(i.requirement for i in self.items if not i.is_met and not i.is_optional and i.level <= level)


class FileRow(_Value):
    file_id: UUID
    name: str
    media_type: str
    bytes: int
    added_at: datetime
    read_at: datetime | None
    outcome: str | None
    reasons: tuple[str, ...]
    fields: dict[str, tuple[str, float]]
    scan_state: str | None = None


class OwnerStated(_Value):
    """Somebody who owns a share of the organisation or directs it."""

    name: str
    share: Decimal = Decimal(0)
    is_director: bool = False
    born_on: date | None = None
    country: str | None = None


class SubmissionRow(_Value):
    submission_id: UUID
    requirement: str
    state: str
    source: str
    number: str | None
    issuer: str | None
    scope: str | None
    issued_on: date | None
    expires_on: date | None
    submitted_at: datetime
    verified_at: datetime | None
    counts_from: datetime | None
    expires_at: datetime | None
    question: str | None
    answer: str | None
    reasons: tuple[str, ...]
    note: str | None
    tries: int
    deposits_sent_at: datetime | None = None
    files: tuple[FileRow, ...] = ()


class VerificationSheet(_Value):
    """An organisation's own view: what is done and missing, and the newest submission for each requirement."""

    standing: Standing
    submissions: dict[str, SubmissionRow]
    purchase_cap: Decimal


class CaseRow(_Value):
    case_id: UUID
    submission_id: UUID | None
    org_id: UUID
    organization: str
    org_kind: str
    country_code: str | None
    kind: str
    state: str
    requirement: str | None
    reasons: tuple[str, ...]
    needs_second: bool
    has_first: bool
    opened_at: datetime
    due_at: datetime
    is_late: bool
    claimed_by: UUID | None
    reviewer: str | None
    decided_at: datetime | None
    decision: str | None
    expected_at: datetime | None = None  # when it will be decided at the pace of late; of open cases


class HitRow(_Value):
    hit_id: UUID
    matched: str
    listed: str
    list: str
    reference: str
    score: Decimal
    state: str


class CaseSheet(_Value):
    """Everything a reviewer looks at: the stated facts, the papers, what was found and who decided before."""

    row: CaseRow
    submission: SubmissionRow | None
    findings: dict[str, Any]
    stated: dict[str, str]
    owners: tuple[OwnerStated, ...]
    hits: tuple[HitRow, ...]
    first_note: str | None
    may_decide: bool
    why_not: str | None
    earlier: tuple[CaseRow, ...]


class Proof(_Value):
    requirement: str
    level: int
    met_by: str
    since: datetime | None
    until: datetime | None


class CertificateRow(_Value):
    org_id: UUID
    requirement: str
    number: str
    issuer: str | None
    scope: str | None
    category_ids: tuple[UUID, ...]
    issued_on: date | None
    expires_on: date | None


class Badge(_Value):
    """What stands behind a seller's badge."""

    org_id: UUID
    level: int
    proofs: tuple[Proof, ...]
    certificates: tuple[CertificateRow, ...]


class WaiverRow(_Value):
    waiver_id: UUID
    org_id: UUID
    organization: str
    requirement: str
    state: str
    reason: str
    proposed_by: UUID | None
    proposer: str | None
    proposed_at: datetime
    waived_until: datetime


class RuleRow(_Value):
    """What is asked of whom from when on. `version` counts the changes of this requirement."""

    rule_id: UUID
    requirement: str
    level: int
    kinds: tuple[str, ...]
    countries: tuple[str, ...] | None
    is_optional: bool
    life_days: int | None
    grace_days: int
    valid_from: datetime
    valid_until: datetime | None
    state: str  # holds, planned, ended
    set_by: str | None
    reason: str | None
    version: int


class RequirementPreview(_Value):
    """What a rule would do to those who are here, on the day on which it binds them."""

    at: datetime
    asked: int
    lost: dict[int, int]  # level that would be lost: how many organisations
    names: tuple[str, ...]


class RegulationRow(_Value):
    """A category in which an offer needs a certificate before it is published."""

    category_id: UUID
    category: str
    requirement: str
    countries: tuple[str, ...] | None
    valid_from: datetime
    valid_until: datetime | None
    state: str
    set_by: str | None


class QueueFigures(_Value):
    """The queue at a glance."""

    open: int
    claimed: int
    late: int
    due_within_a_day: int
    likely_late: int | None  # at the pace of the last four weeks; None: nothing was decided in these
    decided_30_days: int
    appeals_30_days: int
    overturned_30_days: int


class ReviewerRow(_Value):
    """What became of a reviewer's rejections."""

    reviewer_id: UUID
    reviewer: str
    decided: int
    rejected: int
    appealed: int
    overturned: int


class BankTestAnswer(_Value):
    is_right: bool
    tries_left: int


class DepositRow(_Value):
    """Two small amounts that finance sends to an account."""

    submission_id: UUID
    org_id: UUID
    organization: str
    holder: str
    iban_tail: str
    amounts: tuple[Decimal, Decimal]
    created_at: datetime


class WaitingFile(_Value):
    """A file that the worker reads next, and what it is compared with."""

    submission_id: UUID
    file_id: UUID
    org_id: UUID
    paper: str
    media_type: str
    name: str
    country: str
    registration_number: str | None
    tax_number: str | None
    address: str | None
    account: str | None = None  # the fingerprint of the account that a statement is to be of
