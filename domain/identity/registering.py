"""Registering an organisation without anybody's help: who, what business, the terms, and the proof of the address.

Nobody is signed in yet, so the web process acts as the system. What was said is kept, and whoever began goes on
where they left: on the same browser (it holds a signed cookie), or by the link in the mail together with the
password. Nothing here tells whether an address has an account: both go the same way and do the same work, and
only the mail differs. An address that has one never gets a link that proves it, so it cannot finish.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from domain.identity.addresses import normal_email
from domain.identity.commands import add_member, add_site, register_organization
from domain.identity.countries import COUNTRIES
from domain.identity.events import (
    RegistrationBegun,
    RegistrationConfirmed,
    RegistrationFinished,
    RegistrationLinkAsked,
)
from domain.identity.granting import OWNERS
from domain.identity.links import link_of, make_link, use_link
from domain.identity.models import Organization, Registration
from domain.identity.passwords import HashedPassword, hashed, is_right
from domain.identity.states import LinkPurpose, OrgKind, RegistrationStep, SiteKind
from domain.identity.terms import note_acceptance, terms_at
from domain.identity.tries import TooManyTries, count_try, too_many
from domain.identity.views import BusinessDetails, RegistrationSheet
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.settings import settings
from domain.kernel.work import Work

LINK_LIFE = timedelta(days=7)
REGISTRATION_LIFE = timedelta(days=30)
PER_ADDRESS, PER_EMAIL, WINDOW = 20, 3, timedelta(hours=1)
PASSWORD_TRIES = 5
KINDS = (OrgKind.MANUFACTURER, OrgKind.RETAILER, OrgKind.DISTRIBUTOR)
SITES = {
    OrgKind.MANUFACTURER: (SiteKind.FACTORY, "Factory"),
    OrgKind.RETAILER: (SiteKind.STORE, "Store"),
    OrgKind.DISTRIBUTOR: (SiteKind.WAREHOUSE, "Warehouse"),
}
_LONGEST = {
    "name": 120, "legal_name": 200, "registration_number": 60, "tax_number": 30, "street": 200, "postal_code": 20,
    "city": 120, "region": 120, "site_name": 120,
}  # fmt: skip
_WORDS = {
    "name": "name of the business", "legal_name": "legal name", "registration_number": "registration number",
    "tax_number": "tax number", "postal_code": "postal code", "region": "region that you deliver to",
    "site_name": "name of the place",
}  # fmt: skip


def begin_registration(
    work: Work, *, kind: OrgKind, name: str, email: str, password: str | HashedPassword, address: str
) -> UUID:
    """Begin to register: who it is, and as what (the web process only). Returns the registration.

    The mail that follows brings the link that proves the address, or says that it has an account already.
    Raises `Invalid` for a weak password or what is no address, `TooManyTries`. Announces `RegistrationBegun`.
    """
    _system_only(work)
    if OrgKind(kind) not in KINDS:
        raise Invalid("Please choose what your organisation does.")
    email, name = normal_email(email), name.strip()
    if not 1 <= len(name) <= 120:
        raise Invalid("Please give your name; it has at most 120 characters.")
    ready = password if isinstance(password, HashedPassword) else hashed(password, own_words=(name, email))
    for bucket, limit in ((f"register|{address}", PER_ADDRESS), (f"register-mail|{email}", PER_EMAIL)):
        if too_many(work, bucket, limit=limit, within=WINDOW):
            raise TooManyTries("There were many registrations from here. Please wait an hour and try again.")
        count_try(work, bucket)
    row = Registration(
        id=new_id(), email=email, name=name, kind=OrgKind(kind).value, password_hash=ready.value,
        step=RegistrationStep.BUSINESS.value, business={}, started_at=work.now, changed_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.record(RegistrationBegun(subject_id=row.id, kind=row.kind, link_id=_link(work, row.id)))
    return row.id


def send_registration_link(work: Work, *, registration_id: UUID) -> None:
    """Send the link once more (the web process only). Raises `TooManyTries`. Announces `RegistrationLinkAsked`."""
    row = _open(work, registration_id)
    bucket = f"register-mail|{row.email}"
    if too_many(work, bucket, limit=PER_EMAIL, within=WINDOW):
        raise TooManyTries("We have sent several mails already. Please look for them, or wait an hour.")
    count_try(work, bucket)
    work.record(RegistrationLinkAsked(subject_id=row.id, link_id=_link(work, row.id)))


def confirm_registration(
    work: Work, *, token: str, password: str | None = None, registration_id: UUID | None = None
) -> UUID | None:
    """Prove the address by the link that was sent to it (the web process only). Returns the registration.

    A browser that began it says so by `registration_id`; any other gives the password that was chosen, so that
    nobody confirms what a stranger began in their name. None: the password is wrong; the try is written down, so
    the answer must commit. Raises `NotFound` for a link that does not work, `TooManyTries`. Announces
    `RegistrationConfirmed`.
    """
    _system_only(work)
    named = UUID(link_of(work, token=token, purpose=LinkPurpose.REGISTRATION).facts["registration_id"])
    row = _open(work, named)
    if registration_id != named:
        bucket = f"register-password|{named}"
        if too_many(work, bucket, limit=PASSWORD_TRIES, within=WINDOW):
            raise TooManyTries("Too many attempts. Please wait an hour and try again.")
        if not is_right(password or "", row.password_hash):
            count_try(work, bucket)
            return None
    use_link(work, token=token, purpose=LinkPurpose.REGISTRATION)
    if row.email_confirmed_at is None:
        row.email_confirmed_at = work.now
        work.record(RegistrationConfirmed(subject_id=row.id))
    return row.id


def save_registration_step(
    work: Work, *, registration_id: UUID, business: BusinessDetails | None = None, terms_version: str | None = None
) -> RegistrationStep:
    """Keep what a step was about (the web process only). Returns the step that follows.

    Raises `Invalid`, naming the field, and `Conflict` when the terms have changed meanwhile.
    """
    row = _open(work, registration_id)
    if business is not None:
        row.business = _checked(OrgKind(row.kind), business).model_dump()
        row.step = RegistrationStep.TERMS.value if row.terms_version is None else RegistrationStep.FINISH.value
    elif terms_version is not None:
        current = terms_at(work.now)
        if not row.business:
            raise Conflict("Please tell us about your business first.")
        if current is None or current.version != terms_version:
            raise Conflict("The terms of service have changed. Please read the new version.")
        row.terms_version, row.terms_accepted_at = terms_version, work.now
        row.step = RegistrationStep.FINISH.value
    row.changed_at = work.now
    return RegistrationStep(row.step)


def back_to_business(work: Work, *, registration_id: UUID) -> None:
    """Look at the business details once more (the web process only)."""
    row = _open(work, registration_id)
    row.step, row.changed_at = RegistrationStep.BUSINESS.value, work.now


def finish_registration(work: Work, *, registration_id: UUID) -> UUID:
    """Make the organisation, its first place and its owner (the web process only). Returns the organisation.

    It starts unverified. Raises `Conflict` while the address is not proved or a step is missing,
    `EmailTaken`. Announces what the commands it walks through announce, and `RegistrationFinished`.
    """
    row = _open(work, registration_id)
    if row.step != RegistrationStep.FINISH or row.terms_version is None:
        raise Conflict("Something is still missing. Please go through the steps once more.")
    if row.email_confirmed_at is None:
        raise Conflict("Please open the link that we sent you by e-mail first.")
    details, kind = BusinessDetails.model_validate(row.business), OrgKind(row.kind)
    org_id = register_organization(
        work, request_id=row.id, kind=kind, name=details.name, country_code=details.country_code,
        time_zone=details.time_zone, locale=details.locale, currency=settings().settlement_currency,
        region=details.region or None,
    )  # fmt: skip
    work.session.flush()
    organization = work.session.get_one(Organization, org_id)
    organization.legal_name = details.legal_name
    organization.registration_number = details.registration_number
    organization.tax_number = details.tax_number or None
    site_kind, site_name = SITES[kind]
    add_site(
        work, request_id=row.id, org_id=org_id, kind=site_kind, name=details.site_name or site_name,
        street=details.street, postal_code=details.postal_code, city=details.city, country_code=details.country_code,
        region=details.region or None,
    )  # fmt: skip
    person_id = add_member(
        work, request_id=row.id, org_id=org_id, email=row.email, name=row.name, variant=OWNERS[kind],
        password=HashedPassword(row.password_hash or ""),
    )  # fmt: skip
    work.session.flush()
    note_acceptance(work, org_id=org_id, person_id=person_id, version=row.terms_version)
    row.step, row.finished_at, row.changed_at = RegistrationStep.DONE.value, work.now, work.now
    row.org_id, row.person_id, row.password_hash = org_id, person_id, None
    work.record(RegistrationFinished(subject_id=row.id, for_org_id=org_id, person_id=person_id))
    return org_id


def registration(work: Work, *, registration_id: UUID) -> RegistrationSheet:
    """Where a registration stands, for the browser that began it (the web process only)."""
    _system_only(work)
    row = work.session.get(Registration, registration_id)
    if row is None or (row.finished_at is None and row.started_at + REGISTRATION_LIFE < work.now):
        raise NotFound("This registration has expired. Please start again.")
    return RegistrationSheet(
        registration_id=row.id, email=row.email, name=row.name, kind=row.kind, step=row.step,
        business=BusinessDetails.model_validate(row.business), terms_version=row.terms_version,
        is_confirmed=row.email_confirmed_at is not None,
    )  # fmt: skip


def registration_behind(work: Work, *, token: str) -> UUID:
    """The registration that a link is about, without using the link up (the web process only)."""
    return UUID(link_of(work, token=token, purpose=LinkPurpose.REGISTRATION).facts["registration_id"])


def registration_mail(work: Work, *, registration_id: UUID) -> tuple[str, bool] | None:
    """Where the mail of a registration goes, and whether that address has an account (the system only)."""
    _system_only(work)
    row: Any = work.session.execute(
        text(
            "select r.email, exists (select 1 from people p where p.email = r.email) as is_known"
            " from registrations r where r.id = :id and r.email_confirmed_at is null"
        ),
        {"id": registration_id},
    ).one_or_none()
    return None if row is None else (row.email, row.is_known)


def _link(work: Work, registration_id: UUID) -> UUID:
    facts = {"registration_id": str(registration_id)}
    return make_link(work, purpose=LinkPurpose.REGISTRATION, facts=facts, life=LINK_LIFE)


def _open(work: Work, registration_id: UUID) -> Registration:
    _system_only(work)
    row = work.session.scalar(select(Registration).where(Registration.id == registration_id).with_for_update())
    if row is None or row.started_at + REGISTRATION_LIFE < work.now:
        raise NotFound("This registration has expired. Please start again.")
    if row.finished_at is not None:
        raise Conflict("This registration is finished. Please sign in.")
    return row


def _checked(kind: OrgKind, details: BusinessDetails) -> BusinessDetails:
    facts = {name: value.strip() for name, value in details.model_dump().items()}
    needed = ["name", "legal_name", "registration_number", "street", "postal_code", "city"]
    if kind is OrgKind.DISTRIBUTOR:
        needed.append("region")  # no distributor without a region and a warehouse
    for name, longest in _LONGEST.items():
        if (name in needed and not facts[name]) or len(facts[name]) > longest:
            word = _WORDS.get(name, name)
            raise Invalid(f"Please fill in the {word}; it has at most {longest} characters.")
    country = COUNTRIES.get(facts["country_code"].upper())
    if country is None:
        raise Invalid("Please choose the country of your business from the list.")
    return BusinessDetails.model_validate(
        facts
        | {
            "country_code": country.code,
            "time_zone": facts["time_zone"] or country.time_zone,
            "locale": facts["locale"] or country.locale,
        }
    )


def _system_only(work: Work) -> None:
    if not work.actor.is_system:
        raise NotFound
