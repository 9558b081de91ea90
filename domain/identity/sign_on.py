"""Sign-on at other providers: who comes in by one is somebody we know already, or is not let in.

A try lives for ten minutes in the browser that began it; state, nonce and verifier are derived from its row, so none
of them stands anywhere. Nobody is made into an account here. A subject that we do not know yet is joined to the
person with that address when the provider has verified it and the person has confirmed it here. The provider of a
company speaks only for this company's people with an address of the mail domain that the company has proved.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select, text

from domain.identity.events import (
    CompanySignOnClosed,
    CompanySignOnOpened,
    CompanySignOnSet,
    IdentityJoined,
    IdentityTakenAway,
    SignOnRefused,
)
from domain.identity.factors import require_recent_factor
from domain.identity.links import SPENT, make_link, use_link, withdraw_links
from domain.identity.models import IdentityProvider, Link, Membership, Person, PersonIdentity
from domain.identity.permissions import Permission
from domain.identity.signing_in import admit
from domain.identity.states import IdentityProviderState, LinkPurpose, SignInMethod
from domain.identity.views import CompanySignOn, LinkRow, ProviderAccess, SignOnAnswer, Ticket, Vouched
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.sealing import keyed_hash, seal, unseal
from domain.kernel.work import Work

TRY_LIFE = timedelta(minutes=10)
DOMAIN_LIFE = timedelta(days=3)
COMPANY = "company:"


# --- one try -----------------------------------------------------------------------------------


def begin_sign_on(work: Work, *, provider: str, nonce: str, next_path: str) -> UUID:
    """Begin to sign on at a provider, in the browser that holds `nonce` (system only). Returns the try.

    Anybody can begin, so what nobody has ended is cleared away here.
    """
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(
        delete(Link).where(Link.purpose == LinkPurpose.SIGN_ON.value, Link.expires_at <= work.now - TRY_LIFE)
    )
    facts = {"provider": provider, "browser": _hashed(nonce), "next": next_path}
    return make_link(work, purpose=LinkPurpose.SIGN_ON, facts=facts, life=TRY_LIFE)


def sign_on_nonce(try_id: UUID) -> str:
    """What the provider has to write into its token, so that a token of another try is none of this one."""
    return keyed_hash(str(try_id), purpose="sign-on nonce").hex()


def sign_on_verifier(try_id: UUID) -> str:
    """The secret of PKCE (RFC 7636): whoever catches the code cannot redeem it without."""
    return urlsafe_b64encode(keyed_hash(str(try_id), purpose="sign-on verifier")).decode().rstrip("=")


def end_sign_on(work: Work, *, state: str, nonce: str) -> LinkRow:
    """The try that a provider sends a browser back with, once and in the browser that began it (system only).

    Raises `NotFound` for anything else, in one sentence.
    """
    link = use_link(work, token=state, purpose=LinkPurpose.SIGN_ON)
    if not nonce or not hmac.compare_digest(_hashed(nonce), str(link.facts["browser"])):
        raise NotFound(SPENT)
    return link


# --- who comes in ------------------------------------------------------------------------------


class _Refusal(NamedTuple):
    person_id: UUID | None
    reason: str


def sign_in_by_provider(work: Work, *, vouched: Vouched, nonce: str, user_agent: str = "") -> SignOnAnswer:
    """Let in whom a provider vouches for, if it is somebody we know; never makes an account (system only).

    The answer holds a ticket as `sign_in` gives one, or the reason why there is none, which must commit; with neither
    this browser still has to show the person's second factor. Announces
    `IdentityJoined` at the first time, and what a sign-in announces, or `SignOnRefused`.
    """
    if not work.actor.is_system:
        raise NotFound
    # Two browsers of one person at once: the second finds what the first has joined.
    work.session.execute(
        text("select pg_advisory_xact_lock(hashtext(:who))"), {"who": f"{vouched.provider}|{vouched.subject}"}
    )
    company = _company_of(work, vouched.provider)
    found = _known(work, vouched) or _by_address(work, vouched, company)
    if isinstance(found, Person):
        org_id = _where(work, found, company)
        if found.state == "active" and org_id is not None:
            method = SignInMethod.COMPANY if company else SignInMethod.SIGN_ON
            let_in = admit(
                work, person_id=found.id, nonce=nonce, user_agent=user_agent, method=method,
                org_id=org_id,
            )  # fmt: skip
            return SignOnAnswer(ticket=let_in if isinstance(let_in, Ticket) else None)
        found = _Refusal(found.id, "unknown")
    work.record(SignOnRefused(subject_id=found.person_id or new_id(), provider=vouched.provider, reason=found.reason))
    return SignOnAnswer(refused=found.reason)


def _known(work: Work, vouched: Vouched) -> Person | None:
    joined = work.session.scalar(
        select(PersonIdentity)
        .where(PersonIdentity.provider == vouched.provider, PersonIdentity.subject == vouched.subject)
        .with_for_update()
    )
    if joined is None:
        return None
    joined.last_used_at = work.now
    return work.session.get_one(Person, joined.person_id)


def _by_address(work: Work, vouched: Vouched, company: IdentityProvider | None) -> Person | _Refusal:
    """The person with the address that the provider vouches for, joined with the subject from now on."""
    email = vouched.email.strip().lower()
    if not vouched.email_verified or not email:
        return _Refusal(None, "unverified")
    if company is not None and _domain(email) != company.email_domain:
        return _Refusal(None, "unknown")
    person = work.session.scalar(select(Person).where(Person.email == email).with_for_update())
    if person is None or person.email_confirmed_at is None or person.state != "active":
        return _Refusal(person.id if person else None, "unknown")
    if _where(work, person, company) is None:
        return _Refusal(person.id, "unknown")
    if work.session.scalar(
        select(PersonIdentity.id).where(
            PersonIdentity.person_id == person.id, PersonIdentity.provider == vouched.provider
        )
    ):
        # The provider gives the address to somebody else today than it did then.
        return _Refusal(person.id, "other_subject")
    work.session.add(
        PersonIdentity(
            id=new_id(), person_id=person.id, provider=vouched.provider, subject=vouched.subject, joined_at=work.now,
            last_used_at=work.now,
        )
    )  # fmt: skip
    work.record(IdentityJoined(subject_id=person.id, provider=vouched.provider))
    return person


def _where(work: Work, person: Person, company: IdentityProvider | None) -> UUID | None:
    """The organisation that the person works for: the company's own, or the first."""
    if company is not None and _domain(person.email) != company.email_domain:
        return None
    wanted = [Membership.person_id == person.id, Membership.state == "active"]
    if company is not None:
        wanted.append(Membership.org_id == company.org_id)
    return work.session.scalar(select(Membership.org_id).where(*wanted).order_by(Membership.created_at).limit(1))


def leave_provider(work: Work, *, provider: str) -> None:
    """Come in by a provider no more; one's password still works. Raises `NotFound` when it was not joined."""
    joined = work.session.scalar(
        select(PersonIdentity).where(
            PersonIdentity.person_id == work.actor.user_id, PersonIdentity.provider == provider
        )
    )
    if joined is None:
        raise NotFound
    work.session.delete(joined)
    work.record(IdentityTakenAway(subject_id=joined.person_id, provider=provider))


# --- the sign-on of a company ------------------------------------------------------------------


def set_company_sign_on(
    work: Work, *, request_id: UUID, email_domain: str, issuer: str, client_id: str, client_secret: str = ""
) -> UUID:
    """Let the people of one's company sign on at its own provider, once its mail domain is proved.

    A letter goes to the postmaster of the domain; its link opens the sign-on, and what was set before closes.
    The domain must be that of one's own confirmed address. Raises `Invalid` for a domain or an issuer that cannot
    be, and `StepUpNeeded`. Announces `CompanySignOnSet`.
    """
    _require_owner(work)
    org_id, domain = work.actor.require_org(), email_domain.strip().lower().lstrip("@")
    me = work.session.get(Person, work.actor.user_id) if work.actor.user_id else None
    if me is None or me.email_confirmed_at is None or _domain(me.email) != domain:
        raise Invalid("The mail domain must be the one of your own confirmed address.")
    _check_issuer(issuer)
    if not client_id.strip():
        raise Invalid("The client id is missing; your provider gives it to you.")
    before = _open_of(work, org_id)
    if before is not None:
        before.move_to(IdentityProviderState.CLOSED)
        work.session.flush()
    made = IdentityProvider(
        id=new_id(), org_id=org_id, email_domain=domain, issuer=issuer.strip().rstrip("/"), client_id=client_id.strip(),
        state=IdentityProviderState.WAITING.value, created_at=work.now,
    )  # fmt: skip
    if client_secret:
        made.sealed_secret = seal(client_secret, purpose="company sign-on", owner=str(made.id))
    work.session.add(made)
    withdraw_links(work, purpose=LinkPurpose.DOMAIN_CONFIRMATION, org_id=org_id)
    link_id = make_link(
        work, purpose=LinkPurpose.DOMAIN_CONFIRMATION, org_id=org_id, facts={"provider_id": str(made.id)},
        life=DOMAIN_LIFE,
    )  # fmt: skip
    work.record(
        CompanySignOnSet(
            subject_id=org_id, provider_id=made.id, link_id=link_id,
            before=_shown(before) if before else {}, after=_shown(made),
        )
    )  # fmt: skip
    return made.id


def confirm_company_domain(work: Work, *, token: str) -> None:
    """Prove a company's mail domain by the link in its postmaster's letter (system only).

    Raises `NotFound` for a link that does not work, `Conflict` when another company signs on with this domain.
    Announces `CompanySignOnOpened`.
    """
    link = use_link(work, token=token, purpose=LinkPurpose.DOMAIN_CONFIRMATION)
    found = work.session.get(IdentityProvider, UUID(str(link.facts["provider_id"])), with_for_update=True)
    if found is None or found.state != IdentityProviderState.WAITING:
        raise NotFound(SPENT)
    if company_sign_on_of(work, email=f"x@{found.email_domain}") is not None:
        raise Conflict("Another company signs on with this mail domain already. Please tell our support.")
    found.domain_confirmed_at = work.now
    found.move_to(IdentityProviderState.ACTIVE)
    work.record(CompanySignOnOpened(subject_id=found.org_id, provider_id=found.id))


def close_company_sign_on(work: Work) -> None:
    """Let nobody sign on at the company's own provider any more. Raises `Conflict` when there is none."""
    _require_owner(work)
    found = _open_of(work, work.actor.require_org())
    if found is None:
        raise Conflict("Your company has no sign-on of its own here.")
    found.move_to(IdentityProviderState.CLOSED)
    withdraw_links(work, purpose=LinkPurpose.DOMAIN_CONFIRMATION, org_id=found.org_id)
    work.record(CompanySignOnClosed(subject_id=found.org_id, provider_id=found.id))


def end_company_sessions(work: Work, *, org_id: UUID) -> int:
    """End what was opened by a company's sign-on, once it is closed or another one (system only). Returns how many."""
    if not work.actor.is_system:
        raise NotFound
    ended = work.session.execute(
        text(
            "update sign_in_sessions set revoked_at = :now where org_id = :org_id and method = 'company'"
            " and revoked_at is null returning id"
        ),
        {"now": work.now, "org_id": org_id},
    )
    work.session.execute(
        text("delete from half_sign_ins where org_id = :org_id and method = 'company'"), {"org_id": org_id}
    )
    return len(ended.all())


def my_company_sign_on(work: Work) -> CompanySignOn | None:
    """Where the people of one's company sign on; None when they do so here."""
    work.actor.require(Permission.MANAGE_SIGN_ON)
    found = _open_of(work, work.actor.require_org())
    if found is None:
        return None
    return CompanySignOn(
        provider_id=found.id, email_domain=found.email_domain, issuer=found.issuer, client_id=found.client_id,
        state=found.state, created_at=found.created_at,
    )  # fmt: skip


def company_sign_on_of(work: Work, *, email: str) -> str | None:
    """The name of the provider for an address, by its mail domain; None without one (system only)."""
    if not work.actor.is_system:
        raise NotFound
    provider_id = work.session.scalar(
        select(IdentityProvider.id).where(
            IdentityProvider.email_domain == _domain(email.strip().lower()),
            IdentityProvider.state == IdentityProviderState.ACTIVE.value,
        )
    )
    return None if provider_id is None else f"{COMPANY}{provider_id}"


def company_access(work: Work, *, provider: str) -> ProviderAccess:
    """How a company's provider is spoken to (system only). Raises `NotFound` for one that is not in use."""
    if not work.actor.is_system:
        raise NotFound
    found = _company_of(work, provider)
    if found is None:
        raise NotFound
    secret = unseal(found.sealed_secret, purpose="company sign-on", owner=str(found.id)) if found.sealed_secret else ""
    return ProviderAccess(issuer=found.issuer, client_id=found.client_id, client_secret=secret)


def _company_of(work: Work, provider: str) -> IdentityProvider | None:
    """The provider of a company; None for one that the installation itself knows. A closed one is not found."""
    if not provider.startswith(COMPANY):
        return None
    try:
        provider_id = UUID(provider.removeprefix(COMPANY))
    except ValueError:
        raise NotFound from None
    found = work.session.get(IdentityProvider, provider_id)
    if found is None or found.state != IdentityProviderState.ACTIVE:
        raise NotFound
    return found


def _open_of(work: Work, org_id: UUID) -> IdentityProvider | None:
    return work.session.scalar(
        select(IdentityProvider).where(
            IdentityProvider.org_id == org_id, IdentityProvider.state != IdentityProviderState.CLOSED.value
        )
    )


def _require_owner(work: Work) -> None:
    # Who says where a company's people sign on can let anybody in as any of them: an owner who has just shown that
    # it is them.
    work.actor.require(Permission.MANAGE_SIGN_ON)
    require_recent_factor(work)


def _check_issuer(issuer: str) -> None:
    try:
        parts = urlsplit(issuer.strip())
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    if (
        parts.scheme != "https"
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
        or not port_is_fine
    ):
        raise Invalid("The issuer is an address that begins with https://, as your provider gives it to you.")


def _shown(provider: IdentityProvider) -> dict[str, str]:
    return {"issuer": provider.issuer, "client_id": provider.client_id, "email_domain": provider.email_domain}


def _domain(email: str) -> str:
    return email.rpartition("@")[2]


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
