"""The words of identity: kinds of organisations, variants of roles, states."""

from enum import StrEnum


class OrgKind(StrEnum):
    MANUFACTURER = "manufacturer"
    RETAILER = "retailer"
    DISTRIBUTOR = "distributor"
    PLATFORM = "platform"


class Variant(StrEnum):
    """What a person is in the organisation (spec: role variants)."""

    FACTORY_OWNER = "factory_owner"
    FACTORY_MANAGER = "factory_manager"
    SALES_REPRESENTATIVE = "sales_representative"
    PRODUCTION_MANAGER = "production_manager"
    BUSINESS_OWNER = "business_owner"
    STORE_MANAGER = "store_manager"
    PURCHASING_AGENT = "purchasing_agent"
    DISTRIBUTOR_OWNER = "distributor_owner"
    REGIONAL_MANAGER = "regional_manager"
    WAREHOUSE_MANAGER = "warehouse_manager"
    SALES_MANAGER = "sales_manager"
    SUPER_ADMIN = "super_admin"
    OPERATIONS = "operations"
    COMPLIANCE = "compliance"
    SUPPORT = "support"
    FINANCE = "finance"
    ANALYTICS = "analytics"


class Origin(StrEnum):
    LIVE = "live"
    IMPORTED = "imported"


class SiteKind(StrEnum):
    STORE = "store"
    WAREHOUSE = "warehouse"
    FACTORY = "factory"
    OFFICE = "office"


class ScopeKind(StrEnum):
    """To what a member can be kept within their organisation."""

    STORE = "store"
    CUSTOMER = "customer"
    REGION = "region"
    WAREHOUSE = "warehouse"


class ActivityKind(StrEnum):
    PAGE_VIEW = "page_view"
    SEARCH = "search"


class LinkPurpose(StrEnum):
    """What a link that was sent to somebody opens."""

    PASSWORD_RESET = "password_reset"
    EMAIL_CONFIRMATION = "email_confirmation"
    EMAIL_CHANGE_OLD = "email_change_old"
    EMAIL_CHANGE_NEW = "email_change_new"
    INVITATION = "invitation"
    REGISTRATION = "registration"
    SIGN_ON = "sign_on"
    DOMAIN_CONFIRMATION = "domain_confirmation"
    FACTOR_LOSS = "factor_loss"
    NEW_BROWSER = "new_browser"


class EmailChangeState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


EMAIL_CHANGE_MOVES: dict[EmailChangeState, frozenset[EmailChangeState]] = {
    EmailChangeState.WAITING: frozenset({EmailChangeState.DONE, EmailChangeState.CANCELLED}),
}


class IdentityProviderState(StrEnum):
    """Where a company's people sign on: the mail domain is still to be proved, it is in use, it is closed."""

    WAITING = "waiting"
    ACTIVE = "active"
    CLOSED = "closed"


IDENTITY_PROVIDER_MOVES: dict[IdentityProviderState, frozenset[IdentityProviderState]] = {
    IdentityProviderState.WAITING: frozenset({IdentityProviderState.ACTIVE, IdentityProviderState.CLOSED}),
    IdentityProviderState.ACTIVE: frozenset({IdentityProviderState.CLOSED}),
}


class LossState(StrEnum):
    """What became of a second factor that somebody has lost: asked for, approved and waiting, done."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    DONE = "done"


LOSS_MOVES: dict[LossState, frozenset[LossState]] = {
    LossState.ASKED: frozenset({LossState.APPROVED, LossState.REFUSED, LossState.CANCELLED}),
    LossState.APPROVED: frozenset({LossState.CANCELLED, LossState.DONE}),
}


class Decider(StrEnum):
    """Who decides on a lost second factor: an owner of the organisation, or two people of the platform."""

    OWNER = "owner"
    PLATFORM = "platform"


class ProposalState(StrEnum):
    """A change of a setting that a second person has to approve."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


PROPOSAL_MOVES: dict[ProposalState, frozenset[ProposalState]] = {
    ProposalState.WAITING: frozenset({ProposalState.APPROVED, ProposalState.REFUSED, ProposalState.WITHDRAWN}),
}


class RegistrationStep(StrEnum):
    """What a registration waits for; the person is known from the first step on."""

    BUSINESS = "business"
    TERMS = "terms"
    FINISH = "finish"
    DONE = "done"


class InvitationState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class SignInMethod(StrEnum):
    """What opened the door before the second factor: a password, another provider, or a link by e-mail."""

    PASSWORD = "password"
    SIGN_ON = "sign_on"
    COMPANY = "company"  # by the sign-on of one company, which speaks for nobody else
    LINK = "link"


class SuspensionState(StrEnum):
    """A suspension that support or compliance proposes waits for another person's decision."""

    PROPOSED = "proposed"
    DECLINED = "declined"
    ACTIVE = "active"
    LIFTED = "lifted"


SUSPENSION_MOVES: dict[SuspensionState, frozenset[SuspensionState]] = {
    SuspensionState.PROPOSED: frozenset({SuspensionState.ACTIVE, SuspensionState.DECLINED}),
    SuspensionState.ACTIVE: frozenset({SuspensionState.LIFTED}),
    SuspensionState.DECLINED: frozenset(),
    SuspensionState.LIFTED: frozenset(),
}


class ViewConsentState(StrEnum):
    """Whether the platform's people may look through a member's eyes for a while."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


VIEW_CONSENT_MOVES: dict[ViewConsentState, frozenset[ViewConsentState]] = {
    ViewConsentState.ASKED: frozenset({ViewConsentState.GRANTED, ViewConsentState.REFUSED}),
    ViewConsentState.GRANTED: frozenset({ViewConsentState.WITHDRAWN}),
    ViewConsentState.REFUSED: frozenset(),
    ViewConsentState.WITHDRAWN: frozenset(),
}


class ViewEnd(StrEnum):
    """What ended a look through somebody's eyes."""

    VIEWER = "viewer"
    TIME = "time"
    CONSENT = "consent"  # taken back, or somebody's role or membership changed
    SESSION = "session"
    ANOTHER = "another"  # the same session began to look through other eyes


class AppealState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
