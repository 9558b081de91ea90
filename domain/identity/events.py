from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
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
    """`method` opened the door; `factor` says how the second step was shown: no (none is set up), app or recovery."""

    subject: ClassVar[str] = "person"
    session_id: UUID
    for_org_id: UUID
    method: str = "password"
    factor: str = "no"


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """Somebody gave a wrong e-mail or password. The bucket is a hash, never an address."""

    subject: ClassVar[str] = "sign_in"
    bucket: str
    for_org_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class SignInLocked(Event):
    """One wrong try too many from one address: it waits until `until`. From elsewhere the account is as open as ever.

    `step` is the password or the code.
    """

    subject: ClassVar[str] = "sign_in"
    bucket: str
    step: str
    until: datetime
    for_org_id: UUID | None = None


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
class OwnPasswordRefused(Event):
    """Somebody who is signed in did not know the password, which something asked for."""

    subject: ClassVar[str] = "person"
    session_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A person ended one of their sessions from another."""

    subject: ClassVar[str] = "person"
    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    """A person ended all their sessions but `kept_id`, or all of them."""

    subject: ClassVar[str] = "person"
    sessions: int
    kept_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class FactorEnrolled(Event):
    subject: ClassVar[str] = "person"
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(Event):
    subject: ClassVar[str] = "person"
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class FactorShown(Event):
    """A person showed the second factor once more, within a session, before something that asks for it."""

    subject: ClassVar[str] = "person"
    session_id: UUID
    factor: str


@dataclass(frozen=True, kw_only=True)
class FactorRefused(Event):
    """A code was wrong, or had been used. The bucket is a hash, never an address."""

    subject: ClassVar[str] = "person"
    bucket: str
    for_org_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    subject: ClassVar[str] = "person"
    left: int
    for_org_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesRenewed(Event):
    subject: ClassVar[str] = "person"
    codes: int


@dataclass(frozen=True, kw_only=True)
class ScreenRefused(Event):
    """A signed-in person opened a screen of another role."""

    subject: ClassVar[str] = "person"
    screen: str


@dataclass(frozen=True, kw_only=True)
class SettingChanged(Event):
    """A value of the platform's configuration, by its name, from an instant on."""

    subject: ClassVar[str] = "setting"
    setting: str
    before: dict[str, str]
    after: dict[str, str]
    effective_from: datetime
    reason: str
    proposed_by: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    """Somebody asked to choose a new password. Without a person there is no account: the same is written down."""

    subject: ClassVar[str] = "link"
    person_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class PasswordReset(Event):
    """A new password was chosen by a link; every session of the person has ended."""

    subject: ClassVar[str] = "person"
    link_id: UUID
    sessions_ended: int


@dataclass(frozen=True, kw_only=True)
class EmailConfirmationRequested(Event):
    subject: ClassVar[str] = "person"
    link_id: UUID


@dataclass(frozen=True, kw_only=True)
class EmailConfirmed(Event):
    subject: ClassVar[str] = "person"


@dataclass(frozen=True, kw_only=True)
class EmailChangeRequested(Event):
    subject: ClassVar[str] = "person"
    change_id: UUID
    old_link_id: UUID
    new_link_id: UUID


@dataclass(frozen=True, kw_only=True)
class EmailChangeConfirmed(Event):
    """One of the two addresses said yes."""

    subject: ClassVar[str] = "person"
    change_id: UUID
    side: str


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Event):
    subject: ClassVar[str] = "person"
    change_id: UUID


@dataclass(frozen=True, kw_only=True)
class EmailChangeCancelled(Event):
    subject: ClassVar[str] = "person"
    change_id: UUID


@dataclass(frozen=True, kw_only=True)
class PhoneCodeRequested(Event):
    subject: ClassVar[str] = "person"
    code_id: UUID


@dataclass(frozen=True, kw_only=True)
class PhoneCodeRefused(Event):
    subject: ClassVar[str] = "person"
    code_id: UUID


@dataclass(frozen=True, kw_only=True)
class PhoneConfirmed(Event):
    subject: ClassVar[str] = "person"


@dataclass(frozen=True, kw_only=True)
class IdentityJoined(Event):
    """Somebody came in by a provider for the first time, and was known by a confirmed address."""

    subject: ClassVar[str] = "person"
    provider: str


@dataclass(frozen=True, kw_only=True)
class IdentityTakenAway(Event):
    subject: ClassVar[str] = "person"
    provider: str


@dataclass(frozen=True, kw_only=True)
class SignOnRefused(Event):
    """A provider vouched for somebody whom we do not let in; `reason` is a word of ours."""

    subject: ClassVar[str] = "sign_in"
    provider: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CompanySignOnSet(Event):
    subject: ClassVar[str] = "organization"
    provider_id: UUID
    link_id: UUID
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class CompanySignOnOpened(Event):
    """The company's mail domain is proved; its people can sign on from now."""

    subject: ClassVar[str] = "organization"
    provider_id: UUID


@dataclass(frozen=True, kw_only=True)
class CompanySignOnClosed(Event):
    subject: ClassVar[str] = "organization"
    provider_id: UUID


# --- teams and registration --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RegistrationBegun(Event):
    """Somebody began to register. Whether the address has an account already is for the mail alone to say."""

    subject: ClassVar[str] = "registration"
    kind: str
    link_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegistrationLinkAsked(Event):
    subject: ClassVar[str] = "registration"
    link_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegistrationConfirmed(Event):
    """The address of a registration proved to be its person's."""

    subject: ClassVar[str] = "registration"


@dataclass(frozen=True, kw_only=True)
class RegistrationFinished(Event):
    subject: ClassVar[str] = "registration"
    for_org_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class TermsAccepted(Event):
    subject: ClassVar[str] = "organization"
    person_id: UUID
    text_sha256: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Event):
    """`link_id` opens the invitation; its token is derived when the mail is written."""

    subject: ClassVar[str] = "organization"
    invitation_id: UUID
    link_id: UUID
    variant: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class InvitationRevoked(Event):
    subject: ClassVar[str] = "organization"
    invitation_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    subject: ClassVar[str] = "organization"
    invitation_id: UUID
    person_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Event):
    subject: ClassVar[str] = "organization"
    person_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event):
    """Open work of the person goes to `handed_to`; reactions move what belongs to higher modules."""

    subject: ClassVar[str] = "organization"
    person_id: UUID
    handed_to: UUID | None
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class WorkHandedOver(Event):
    """What moved when somebody left: how many of each kind of open work."""

    subject: ClassVar[str] = "organization"
    person_id: UUID
    handed_to: UUID
    moved: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class OrganizationSwitched(Event):
    subject: ClassVar[str] = "person"
    session_id: UUID
    for_org_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DeliveryPreferencesChanged(Event):
    subject: ClassVar[str] = "organization"
    site_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MemberLimitChanged(Event):
    """Up to which amount a member acts alone; None: without a limit."""

    subject: ClassVar[str] = "organization"
    person_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberScopesChanged(Event):
    """To which stores or customers a member is kept, by id; none: to none in particular."""

    subject: ClassVar[str] = "organization"
    person_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class SuspensionProposed(Event):
    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class SuspensionDeclined(Event):
    """A proposed suspension was not approved."""

    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrganizationSuspended(Event):
    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    reason: str
    until: datetime | None
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class OrganizationRestored(Event):
    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    reason: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class SuspensionAppealed(Event):
    subject: ClassVar[str] = "organization"
    suspension_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppealDecided(Event):
    """An appeal against a suspension was looked at by somebody else."""

    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    is_granted: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonDisabled(Event):
    """The platform keeps a person from signing in."""

    subject: ClassVar[str] = "person"
    for_org_id: UUID | None
    reason: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PersonEnabled(Event):
    subject: ClassVar[str] = "person"
    for_org_id: UUID | None
    reason: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class HolidaysChanged(Event):
    """The days on which an organisation is closed; `before` and `after` hold what differs."""

    subject: ClassVar[str] = "organization"
    before: dict[str, str]
    after: dict[str, str]


# --- a lost second factor, browsers, settings of two people ------------------------------------


@dataclass(frozen=True, kw_only=True)
class FactorLossReported(Event):
    """Somebody with the right password says that the second factor is lost. `decider` is the owner or the platform."""

    subject: ClassVar[str] = "person"
    loss_id: UUID
    link_id: UUID
    for_org_id: UUID
    decider: str


@dataclass(frozen=True, kw_only=True)
class FactorLossApproved(Event):
    """A yes to taking a lost second factor off. Without `takes_effect_at` it was the first of two."""

    subject: ClassVar[str] = "person"
    loss_id: UUID
    link_id: UUID | None
    for_org_id: UUID
    takes_effect_at: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactorLossRefused(Event):
    subject: ClassVar[str] = "person"
    loss_id: UUID
    for_org_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactorLossCancelled(Event):
    """Nothing is taken off. `by` is what stopped it: a session, a link, the factor, or time (nobody decided)."""

    subject: ClassVar[str] = "person"
    loss_id: UUID
    for_org_id: UUID
    by: str


@dataclass(frozen=True, kw_only=True)
class FactorLossNear(Event):
    """A lost second factor goes soon; who still has it is told once more."""

    subject: ClassVar[str] = "person"
    loss_id: UUID
    link_id: UUID
    for_org_id: UUID
    takes_effect_at: datetime


@dataclass(frozen=True, kw_only=True)
class LostFactorRemoved(Event):
    """A lost second factor is off, all sessions have ended; money stays closed to the person until `closed_until`."""

    subject: ClassVar[str] = "person"
    loss_id: UUID
    for_org_id: UUID
    sessions_ended: int
    closed_until: datetime
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class NewBrowserSeen(Event):
    """A person signed in from a browser that was not seen before; `link_id` opens "this was not me"."""

    subject: ClassVar[str] = "person"
    session_id: UUID
    link_id: UUID
    for_org_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInDisowned(Event):
    """A person says that a sign-in was somebody else: sessions have ended, and the password opens nothing any more."""

    subject: ClassVar[str] = "person"
    session_id: UUID
    sessions_ended: int


@dataclass(frozen=True, kw_only=True)
class SettingProposed(Event):
    """A change of a setting that takes effect once a second person has approved it."""

    subject: ClassVar[str] = "setting"
    proposal_id: UUID
    setting: str
    before: dict[str, str]
    after: dict[str, str]
    effective_from: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class SettingDecided(Event):
    """A proposed change of a setting was refused, or its author took it back. An approved one is a `SettingChanged`."""

    subject: ClassVar[str] = "setting"
    proposal_id: UUID
    setting: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonErased(Event):
    """Everything that named a person is gone; ids stay, and name nobody."""

    subject: ClassVar[str] = "person"
    reason: str


@dataclass(frozen=True, kw_only=True)
class RestorationProposed(Event):
    """Somebody of the platform proposes to lift a suspension; another one decides."""

    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class RestorationDeclined(Event):
    """A proposed restoration was not approved; the suspension stands."""

    subject: ClassVar[str] = "organization"
    suspension_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ViewConsentAsked(Event):
    """Somebody of the platform asks to look through a member's eyes."""

    subject: ClassVar[str] = "organization"
    consent_id: UUID
    person_id: UUID
    reason: str
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ViewConsentAnswered(Event):
    """A member let the platform's people look through their eyes for some hours, or did not, or took it back."""

    subject: ClassVar[str] = "organization"
    consent_id: UUID
    person_id: UUID
    reason: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ViewStarted(Event):
    """Somebody began to look through the eyes of `person_id`; with a consent it is somebody of the platform."""

    subject: ClassVar[str] = "organization"
    viewing_id: UUID
    person_id: UUID
    viewer_id: UUID
    consent_id: UUID | None
    until: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class ViewStopped(Event):
    """A look through somebody's eyes ended; `ending` says by what."""

    subject: ClassVar[str] = "organization"
    viewing_id: UUID
    person_id: UUID
    viewer_id: UUID
    consent_id: UUID | None
    ending: str
