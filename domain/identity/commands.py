"""Organisations, sites and people: who exists and who belongs where."""

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from domain.identity.addresses import normal_email, send_confirmation
from domain.identity.events import MemberJoined, OrganizationRegistered, PasswordChanged, ScreenRefused, SiteAdded
from domain.identity.links import withdraw_links
from domain.identity.models import Membership, Organization, Person, Site
from domain.identity.passwords import HashedPassword, check_strength, hash_password, hashed
from domain.identity.permissions import VARIANTS, Permission
from domain.identity.reach import require_every_store
from domain.identity.sessions import end_sessions_of
from domain.identity.states import LinkPurpose, OrgKind, SiteKind, Variant
from domain.identity.tries import knows_password
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


class EmailTaken(Conflict):
    pass


def register_organization(
    work: Work,
    *,
    request_id: UUID,
    kind: OrgKind,
    name: str,
    country_code: str,
    time_zone: str,
    locale: str = "en",
    currency: str = "EUR",
    region: str | None = None,
    about: str | None = None,
) -> UUID:
    """Create an organisation. Only staff may (self-registration comes with verification).

    Raises `Invalid` for an unknown time zone, country or an empty name. Announces
    `OrganizationRegistered`.
    """
    work.actor.require(Permission.MANAGE_MEMBERS)
    _known_zone(time_zone)
    organization = Organization(
        id=new_id(), kind=OrgKind(kind).value, name=_text(name, "name", 120), country_code=_country(country_code),
        region=region, time_zone=time_zone, locale=locale, currency=currency, about=about,
        registered_at=work.now, created_at=work.now,
    )  # fmt: skip
    work.session.add(organization)
    work.record(OrganizationRegistered(subject_id=organization.id, kind=organization.kind))
    return organization.id


def add_site(
    work: Work,
    *,
    request_id: UUID,
    org_id: UUID,
    kind: SiteKind,
    name: str,
    street: str,
    postal_code: str,
    city: str,
    country_code: str,
    time_zone: str | None = None,
    region: str | None = None,
) -> UUID:
    """Add a place to one's organisation (staff: to any). Announces `SiteAdded`."""
    organization = _managed(work, org_id, Permission.MANAGE_ADDRESSES)
    require_every_store(work)
    if work.session.scalar(select(Site.id).where(Site.org_id == org_id, Site.name == name.strip())):
        raise Conflict(f"There already is a place named {name.strip()}.")
    zone = time_zone or organization.time_zone
    _known_zone(zone)
    site = Site(
        id=new_id(), org_id=org_id, kind=SiteKind(kind).value, name=_text(name, "name of the place", 120),
        street=_text(street, "street", 200), postal_code=_text(postal_code, "postal code", 20),
        city=_text(city, "city", 120), region=region, country_code=_country(country_code), time_zone=zone,
        created_at=work.now,
    )  # fmt: skip
    work.session.add(site)
    work.record(SiteAdded(subject_id=org_id, site_id=site.id))
    return site.id


def add_member(
    work: Work,
    *,
    request_id: UUID,
    org_id: UUID,
    email: str,
    name: str,
    variant: Variant,
    password: str | HashedPassword,
) -> UUID:
    """Make a person a member of the organisation, with a role variant of its kind.

    Only the system may bring a password that is hashed already. Raises `EmailTaken` when the address
    already signs in elsewhere, `Invalid` for a variant that does not fit or a weak password. Announces
    `MemberJoined`, and `EmailConfirmationRequested` for an address that staff have typed.
    """
    organization = _managed(work, org_id, Permission.MANAGE_MEMBERS)
    if Variant(variant) not in VARIANTS[OrgKind(organization.kind)]:
        raise Invalid(f"A {organization.kind} has no role named {variant}.")
    address = normal_email(email)
    if work.session.scalar(select(Person.id).where(Person.email == address)):
        raise EmailTaken("This e-mail address already has an account.")
    if isinstance(password, HashedPassword) and not work.actor.is_system:
        raise Invalid("Please give the password itself.")
    words = (name, address, organization.name)
    ready = password if isinstance(password, HashedPassword) else hashed(password, own_words=words)
    person = Person(
        id=new_id(), email=address, name=_text(name, "name", 120), password_hash=ready.value, created_at=work.now,
        email_confirmed_at=work.now if work.actor.is_system else None,
    )  # fmt: skip
    work.session.add(person)
    work.session.flush()
    work.session.add(
        Membership(person_id=person.id, org_id=org_id, variant=Variant(variant).value, created_at=work.now)
    )
    work.record(MemberJoined(subject_id=org_id, person_id=person.id, variant=Variant(variant).value))
    if person.email_confirmed_at is None:  # staff have typed the address; its owner has not been heard of
        send_confirmation(work, person)
    return person.id


def change_password(work: Work, *, current: str, new: str) -> bool:
    """Change one's own password; every other session of the person ends, and links for another password open nothing.

    False when the current password was wrong, which is written down. Raises `Invalid` when the new one is weak, and
    `TooManyTries`. Announces `PasswordChanged`.
    """
    person = work.session.get(Person, work.actor.user_id, with_for_update=True) if work.actor.user_id else None
    if person is None:
        raise NotFound
    if person.password_hash is None:
        raise Invalid("You sign in without a password. The sign-in page sends you a link to choose one.")
    if not knows_password(work, person, current):
        return False
    check_strength(new, own_words=_own_words(work, person))
    person.password_hash = hash_password(new)
    withdraw_links(work, purpose=LinkPurpose.PASSWORD_RESET, person_id=person.id)
    end_sessions_of(work, person_id=person.id, but=work.actor.sign_in_session_id)
    work.record(PasswordChanged(subject_id=person.id, session_id=work.actor.sign_in_session_id))
    return True


def refuse_screen(work: Work, *, screen: str) -> None:
    """Write down that somebody opened a screen that is not theirs."""
    if work.actor.user_id is None:
        raise NotFound
    work.record(ScreenRefused(subject_id=work.actor.user_id, screen=screen))


def _own_words(work: Work, person: Person) -> list[str]:
    """The names and addresses on an account, of which a password must not consist."""
    names = work.session.scalars(
        select(Organization.name)
        .join(Membership, Membership.org_id == Organization.id)
        .where(Membership.person_id == person.id)
    )
    return [person.name, person.email, *names]


def _managed(work: Work, org_id: UUID, own_permission: Permission) -> Organization:
    """The organisation, if it is the actor's own and the role permits, or if the actor manages all."""
    if not work.actor.may(Permission.MANAGE_MEMBERS):
        if work.actor.org_id != org_id:
            raise NotFound
        work.actor.require(own_permission)
    organization = work.session.get(Organization, org_id)
    if organization is None:
        raise NotFound
    return organization


def _known_zone(time_zone: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"{time_zone!r} is not a time zone; write for example Europe/Berlin.") from None


def _text(value: str, what: str, longest: int) -> str:
    value = value.strip()
    if not value or len(value) > longest:
        raise Invalid(f"The {what} must have between 1 and {longest} characters.")
    return value


def _country(code: str) -> str:
    code = code.strip().upper()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise Invalid(f"{code!r} is not a country code; write two letters, for example DE.")
    return code
