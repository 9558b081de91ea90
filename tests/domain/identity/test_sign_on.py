"""Sign-on at other providers: one account a person, nobody unknown, and a company speaks for its own people only."""

from datetime import timedelta
from uuid import UUID, uuid4

import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain import identity, reactions
from domain.identity import OrgKind, Variant, Vouched
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.work import Work, begin, clock, run
from tests.make.letters import letters_to
from tests.make.market import PASSWORD, Company, company

SYSTEM = Actor.system()


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


def email_of(shop: Company, variant: Variant = Variant.BUSINESS_OWNER) -> str:
    return shop.emails[variant]


def come_in(subject: str, email: str = "", *, verified: bool = True, provider: str = "big") -> identity.SignOnAnswer:
    vouched = Vouched(provider=provider, subject=subject, email=email, email_verified=verified)
    return run(SYSTEM, identity.sign_in_by_provider, vouched=vouched, nonce="n")


def who(answer: identity.SignOnAnswer) -> UUID:
    assert answer.ticket is not None
    session_id = run(SYSTEM, identity.redeem_ticket, ticket=answer.ticket.ticket, nonce="n")
    with begin(SYSTEM) as work:
        found = identity.whose_session(work, session_id=session_id)
    assert found is not None
    return found[0].person_id


def count(table: str) -> int:
    with begin(SYSTEM) as work:
        return int(work.session.scalar(text("select count(*) from " + table)) or 0)


def do(work: Work, *, statement: str, facts: dict[str, object]) -> None:
    work.session.execute(text(statement), facts)


def test_a_person_is_one_account_by_password_and_by_provider(shop: Company) -> None:
    people = count("people")
    by_provider = who(come_in("subject 1", email_of(shop).upper()))
    ticket = run(SYSTEM, identity.sign_in, email=email_of(shop), password=PASSWORD, nonce="n", address="home")
    assert isinstance(ticket, identity.Ticket)
    assert who(identity.SignOnAnswer(ticket=ticket)) == by_provider == shop.owner.user_id
    # From now on it is the subject that counts, whatever the address there is by now.
    assert who(come_in("subject 1", "renamed@elsewhere.example", verified=False)) == by_provider
    assert count("people") == people and count("person_identities") == 1


def test_an_unknown_subject_is_refused_and_makes_no_account(shop: Company) -> None:
    before = count("people"), count("sign_in_sessions"), count("person_identities")
    assert come_in("subject 2", "stranger@nowhere.example").refused == "unknown"
    assert (count("people"), count("sign_in_sessions"), count("person_identities")) == before
    with begin(SYSTEM) as work:
        [facts] = work.session.scalars(text("select facts from events where name = 'SignOnRefused'")).all()
    assert facts == {"provider": "big", "reason": "unknown"}


def test_an_address_that_the_provider_has_not_verified_is_refused(shop: Company) -> None:
    assert come_in("subject 3", email_of(shop), verified=False).refused == "unverified"
    assert come_in("subject 3").refused == "unverified"
    assert count("person_identities") == 0 and count("sign_in_sessions") == 0


def test_an_address_that_is_not_confirmed_here_is_refused(shop: Company) -> None:
    statement = "update people set email_confirmed_at = null where id = :id"
    run(SYSTEM, do, statement=statement, facts={"id": shop.owner.user_id})
    assert come_in("subject 4", email_of(shop)).refused == "unknown"
    assert count("person_identities") == 0


def test_a_second_subject_with_the_same_address_is_refused(shop: Company) -> None:
    come_in("subject 5", email_of(shop))
    assert come_in("subject 6", email_of(shop)).refused == "other_subject"
    run(shop.owner, identity.leave_provider, provider="big")
    assert who(come_in("subject 6", email_of(shop))) == shop.owner.user_id
    with pytest.raises(NotFound):
        run(shop.owner, identity.leave_provider, provider="another")


def test_a_known_subject_of_somebody_who_left_is_refused(shop: Company) -> None:
    come_in("subject 7", email_of(shop))
    statement = "update memberships set state = 'removed', removed_at = created_at where person_id = :id"
    run(SYSTEM, do, statement=statement, facts={"id": shop.owner.user_id})
    assert come_in("subject 7", email_of(shop)).refused == "unknown"


def test_a_provider_does_not_get_around_the_second_factor(shop: Company) -> None:
    secret = run(shop.owner, identity.start_factor, password=PASSWORD).secret
    with begin(SYSTEM) as work:
        now, code = work.now, pyotp.TOTP(secret).at(work.now)
    assert run(shop.owner, identity.confirm_factor, code=code, address="home")
    answer = come_in("subject 8", email_of(shop))
    assert (answer.ticket, answer.refused) == (None, None)
    later = now + timedelta(seconds=60)
    with clock(later):
        code = pyotp.TOTP(secret).at(later)
        ticket = run(SYSTEM, identity.finish_sign_in, nonce="n", code=code, address="home")
        assert who(identity.SignOnAnswer(ticket=ticket)) == shop.owner.user_id


def test_a_try_ends_once_in_its_browser_within_ten_minutes(shop: Company) -> None:
    def begun() -> tuple[UUID, str]:
        made = run(SYSTEM, identity.begin_sign_on, provider="big", nonce="mine", next_path="/x")
        return made, identity.token_of(made)

    try_id, state = begun()
    for nonce in ("another browser's", ""):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.end_sign_on, state=state, nonce=nonce)
    assert run(SYSTEM, identity.end_sign_on, state=state, nonce="mine").link_id == try_id
    with pytest.raises(NotFound):
        run(SYSTEM, identity.end_sign_on, state=state, nonce="mine")
    with begin(SYSTEM) as work:
        end = work.now + timedelta(minutes=10)
    _, late = begun()
    with clock(end + timedelta(seconds=1)), pytest.raises(NotFound):
        run(SYSTEM, identity.end_sign_on, state=late, nonce="mine")
    # Nothing of a try stands in its row.
    with begin(SYSTEM) as work:
        row = work.session.scalar(text("select t::text from links t where id = :id"), {"id": try_id})
    secrets = (identity.sign_on_nonce(try_id), identity.sign_on_verifier(try_id), state, "mine")
    assert not any(secret in str(row) for secret in secrets)
    assert len(identity.sign_on_verifier(try_id)) == 43  # what RFC 7636 asks for at least


# --- companies ---------------------------------------------------------------------------------


def opened(shop: Company) -> str:
    """The sign-on of a company, proved by the letter to its postmaster."""
    domain = email_of(shop).partition("@")[2]
    made = run(
        shop.owner, identity.set_company_sign_on, request_id=uuid4(), email_domain=domain,
        issuer="https://id.corner-shop.example/", client_id="wholesale", client_secret="very secret",
    )  # fmt: skip
    letter = letters_to(f"postmaster@{domain}")[-1]
    run(SYSTEM, identity.confirm_company_domain, token=letter.token)
    return f"company:{made}"


def found_by(email: str) -> str | None:
    with begin(SYSTEM) as work:
        return identity.company_sign_on_of(work, email=email)


def test_a_company_s_sign_on_opens_with_its_domain_s_yes(shop: Company) -> None:
    domain = email_of(shop).partition("@")[2]
    run(
        shop.owner, identity.set_company_sign_on, request_id=uuid4(), email_domain=domain, issuer="https://id.example",
        client_id="c",
    )  # fmt: skip
    assert found_by(f"anybody@{domain}") is None
    name = opened(shop)
    assert found_by(f"Anybody@{domain.upper()}") == name
    with begin(SYSTEM) as work:
        access = identity.company_access(work, provider=name)
    assert (access.issuer, access.client_secret) == ("https://id.corner-shop.example", "very secret")
    assert "very secret" not in repr(access)
    with begin(SYSTEM) as work:
        kept = work.session.scalars(text("select sealed_secret from identity_providers")).all()
    assert not any(b"very secret" in bytes(one) for one in kept if one is not None)
    run(shop.owner, identity.close_company_sign_on)
    assert found_by(f"anybody@{domain}") is None
    with begin(SYSTEM) as work, pytest.raises(NotFound):
        identity.company_access(work, provider=name)
    with pytest.raises(NotFound):
        come_in("subject", email_of(shop), provider=name)


def test_a_company_s_provider_speaks_for_its_own_people_only(shop: Company) -> None:
    name = opened(shop)
    assert who(come_in("1", email_of(shop), provider=name)) == shop.owner.user_id
    victim = company(OrgKind.MANUFACTURER, "Victim Works")
    stranger_here = company(OrgKind.RETAILER, "Corner Shop")  # has the same mail domain, and is another company
    for email in (*victim.emails.values(), *stranger_here.emails.values()):
        assert come_in(f"says it is {email}", email, provider=name).refused == "unknown"
    assert count("person_identities") == 1
    # Whoever changes to another domain here is no longer the company's to vouch for.
    statement = "update people set email = 'me@elsewhere.example' where id = :id"
    run(SYSTEM, do, statement=statement, facts={"id": shop.owner.user_id})
    assert come_in("1", email_of(shop), provider=name).refused == "unknown"


def test_a_company_s_sign_on_opens_no_other_company_and_ends_with_it(shop: Company) -> None:
    name, me = opened(shop), shop.owner.user_id
    second = company(OrgKind.RETAILER, "Second Job")
    statement = (
        "insert into memberships (person_id, org_id, variant, created_at)"
        " select :me, :org, variant, created_at from memberships where person_id = :me"
    )
    run(SYSTEM, do, statement=statement, facts={"me": me, "org": second.org_id})

    def session(answer: identity.SignOnAnswer) -> UUID:
        assert answer.ticket is not None
        return run(SYSTEM, identity.redeem_ticket, ticket=answer.ticket.ticket, nonce="n")

    by_company, by_other = (session(come_in("1", email_of(shop), provider=one)) for one in (name, "big"))
    with pytest.raises(NotFound):
        run(SYSTEM, identity.switch_organization, session_id=by_company, org_id=second.org_id)
    run(SYSTEM, identity.switch_organization, session_id=by_other, org_id=second.org_id)
    run(shop.owner, identity.close_company_sign_on)
    reactions.deliver_new()
    with begin(SYSTEM) as work:
        assert identity.whose_session(work, session_id=by_company) is None
        assert identity.whose_session(work, session_id=by_other) is not None


def test_who_may_set_a_company_s_sign_on(shop: Company) -> None:
    def attempt(who: Actor, domain: str, issuer: str = "https://id.example", client_id: str = "c") -> None:
        run(
            who, identity.set_company_sign_on, request_id=uuid4(), email_domain=domain, issuer=issuer,
            client_id=client_id,
        )  # fmt: skip

    domain = email_of(shop).partition("@")[2]
    with pytest.raises(NotAllowed):
        attempt(shop.people[Variant.STORE_MANAGER], domain)
    for wrong in ("victim-works.example", "", "example"):
        with pytest.raises(Invalid):
            attempt(shop.owner, wrong)
    for issuer in (
        "http://id.example",
        "https://",
        "https://a@id.example",
        "https://id.example?x=1",
        "id.example",
        "https://[x",
    ):
        with pytest.raises(Invalid):
            attempt(shop.owner, domain, issuer)
    assert count("identity_providers") == 0
    opened(shop)
    twin = company(OrgKind.RETAILER, "Corner Shop")
    attempt(twin.owner, domain)
    with pytest.raises(Conflict):  # a domain signs on at one place
        run(SYSTEM, identity.confirm_company_domain, token=letters_to(f"postmaster@{domain}")[-1].token)
