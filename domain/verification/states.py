"""The words of verification: what is asked for, how far it is, and what it unlocks.

Everything that somebody configures or decides is picked from these lists, never typed: a mistyped name would
make a check pass silently for everybody.
"""

from enum import StrEnum


class Requirement(StrEnum):
    EMAIL_CONFIRMED = "email_confirmed"
    PHONE_CONFIRMED = "phone_confirmed"
    PROFILE_COMPLETE = "profile_complete"
    SANCTIONS_CLEAR = "sanctions_clear"
    BUSINESS_NAME = "business_name"
    REGISTRATION_DOCUMENT = "registration_document"
    TAX_NUMBER = "tax_number"
    PROOF_OF_ADDRESS = "proof_of_address"
    BANK_ACCOUNT = "bank_account"
    OWNERS = "owners"
    SITE_INSPECTION = "site_inspection"
    QUALITY_CERTIFICATE = "quality_certificate"
    PRODUCTION_CAPACITY = "production_capacity"
    CE_CONFORMITY = "ce_conformity"
    FDA_REGISTRATION = "fda_registration"
    ORGANIC_CERTIFICATE = "organic_certificate"
    PRODUCT_COMPLIANCE = "product_compliance"


class SubmissionState(StrEnum):
    SUBMITTED = "submitted"
    AUTO_VERIFIED = "auto_verified"
    NEEDS_REVIEW = "needs_review"
    INFO_REQUESTED = "info_requested"
    VERIFIED = "verified"
    REJECTED = "rejected"
    APPEALED = "appealed"
    REJECTED_FINAL = "rejected_final"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REPLACED = "replaced"


S = SubmissionState
MOVES: dict[SubmissionState, frozenset[SubmissionState]] = {
    S.SUBMITTED: frozenset({S.AUTO_VERIFIED, S.NEEDS_REVIEW, S.REPLACED}),
    S.AUTO_VERIFIED: frozenset({S.VERIFIED, S.NEEDS_REVIEW}),
    S.NEEDS_REVIEW: frozenset({S.VERIFIED, S.INFO_REQUESTED, S.REJECTED, S.REPLACED}),
    S.INFO_REQUESTED: frozenset({S.SUBMITTED, S.REPLACED}),
    S.VERIFIED: frozenset({S.EXPIRING, S.REPLACED}),
    S.EXPIRING: frozenset({S.EXPIRED, S.REPLACED}),
    S.REJECTED: frozenset({S.APPEALED}),
    S.APPEALED: frozenset({S.VERIFIED, S.REJECTED_FINAL, S.REPLACED}),
    S.REJECTED_FINAL: frozenset(),
    S.EXPIRED: frozenset(),
    S.REPLACED: frozenset(),
}
# One at a time is on its way through; what was verified before counts meanwhile.
UNDER_WAY = (S.SUBMITTED, S.AUTO_VERIFIED, S.NEEDS_REVIEW, S.INFO_REQUESTED, S.APPEALED)


class CaseState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"


CASE_MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.CLAIMED, CaseState.DECIDED}),
    CaseState.CLAIMED: frozenset({CaseState.OPEN, CaseState.DECIDED}),
    CaseState.DECIDED: frozenset(),
}


class CaseKind(StrEnum):
    REVIEW = "review"
    APPEAL = "appeal"
    SANCTIONS = "sanctions"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    ASK = "ask"


class Reason(StrEnum):
    """Why something is with a person, or was rejected."""

    NOT_READABLE = "not_readable"
    WRONG_DOCUMENT = "wrong_document"
    NAME_DIFFERS = "name_differs"
    NUMBER_DIFFERS = "number_differs"
    ADDRESS_DIFFERS = "address_differs"
    TOO_OLD = "too_old"
    EXPIRED = "expired"
    ALTERED = "altered"
    NOT_REGISTERED = "not_registered"
    SHARES_INCOMPLETE = "shares_incomplete"
    SAME_OWNER = "same_owner"
    SAME_DOCUMENT = "same_document"
    SANCTIONS_HIT = "sanctions_hit"
    LEVEL_3 = "level_3"
    NO_AUTOMATIC_CHECK = "no_automatic_check"
    AUTOMATIC_CHECK_UNSURE = "automatic_check_unsure"
    TRIES_USED_UP = "tries_used_up"
    OTHER = "other"


class Source(StrEnum):
    """Who says so: the organisation and what came of it, or the platform that vouches for it."""

    MEMBER = "member"
    VOUCHED = "vouched"


class HitState(StrEnum):
    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


class WaiverState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    ENDED = "ended"


class Capability(StrEnum):
    """What an organisation may do from which level on."""

    BROWSE = "browse"
    BUY = "buy"
    BUY_UNLIMITED = "buy without a limit"
    SELL = "sell"
    DISTRIBUTE = "distribute"
    CONTRACT = "sign contracts"
    CREDIT = "buy on credit"
    REGULATED = "sell in regulated categories"


LEVEL_OF: dict[Capability, int] = {
    Capability.BROWSE: 0,
    Capability.BUY: 1,
    Capability.BUY_UNLIMITED: 2,
    Capability.SELL: 2,
    Capability.DISTRIBUTE: 2,
    Capability.CONTRACT: 2,
    Capability.CREDIT: 2,
    Capability.REGULATED: 3,
}
