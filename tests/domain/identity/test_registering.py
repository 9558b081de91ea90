"""Registering without anybody's help: resumed where it was left, proved by mail, and silent about who has an account."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, reactions
from domain.identity import BusinessDetails, OrgKind, RegistrationStep, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import begin, clock, run
from tests.app.signed_in import session_of
from tests.make.market import PASSWORD, company

pytestmark = pytest.mark.usefixtures("database")
DETAILS = BusinessDetails(
    name="Café Sonne", legal_name="Sonne GmbH", registration_number="HRB 4711", tax_number="DE136695976",
    street="Markt 1", postal_code="04109", city="Leipzig", country_code="de",
)  # fmt: skip
SYSTEM = Actor.system()


def begun(email: str = "mara@sonne.example", kind: OrgKind = OrgKind.RETAILER, address: str = "home") -> UUID:
    return run(SYSTEM, identity.begin_registration, kind=kind, name="Mara Vogel", email=email, password=PASSWORD,
               address=address)  # fmt: skip


def one(statement: str, **facts: Any) -> Any:
    with begin(SYSTEM) as work:
        return work.session.execute(sa.text(statement), facts).scalar_one()


def token_of(registration_id: UUID) -> str:
    """The token of the latest link of a registration."""
    found = one(
        "select id from links where purpose = 'registration' and facts ->> 'registration_id' = :id"
        " order by created_at desc, id desc limit 1", id=str(registration_id),
    )  # fmt: skip
    return identity.token_of(found)


def current() -> str:
    with begin(SYSTEM) as work:
        terms = identity.terms_at(work.now)
    assert terms is not None
    return terms.version


def step(registration_id: UUID, **facts: Any) -> RegistrationStep:
    return run(SYSTEM, identity.save_registration_step, registration_id=registration_id, **facts)


def ready(registration_id: UUID, details: BusinessDetails = DETAILS) -> None:
    step(registration_id, business=details)
    step(registration_id, terms_version=current())


def organizations() -> int:
    return int(one("select count(*) from organizations"))


def test_a_retailer_registers_in_one_sitting() -> None:
    registration_id = begun()
    assert step(registration_id, business=DETAILS) is RegistrationStep.TERMS
    assert step(registration_id, terms_version=current()) is RegistrationStep.FINISH
    run(SYSTEM, identity.confirm_registration, token=token_of(registration_id), registration_id=registration_id)
    org_id = run(SYSTEM, identity.finish_registration, registration_id=registration_id)

    session_id = session_of("mara@sonne.example")
    with begin(SYSTEM) as work:
        who, actor = identity.whose_session(work, session_id=session_id) or pytest.fail("cannot sign in")
    assert (who.org_id, who.org_name, who.variant) == (org_id, "Café Sonne", "business_owner")
    assert (who.time_zone, who.locale) == ("Europe/Berlin", "de")  # both follow from the country
    with begin(actor) as work:
        [place] = identity.my_sites(work)
        assert identity.my_terms(work).is_missing is False
    assert (place.kind, place.city) == ("store", "Leipzig")
    assert one("select tax_number from organizations where id = :id", id=org_id) == "DE136695976"
    assert one("select email_confirmed_at is not null from people where email = :e", e="mara@sonne.example")
    assert one("select count(*) from events where name = 'RegistrationFinished'") == 1


def test_whoever_leaves_midway_goes_on_at_the_same_step() -> None:
    registration_id = begun()
    step(registration_id, business=DETAILS)
    with begin(SYSTEM) as work:
        sheet = identity.registration(work, registration_id=registration_id)
    assert (sheet.step, sheet.business.legal_name, sheet.is_confirmed) == ("terms", "Sonne GmbH", False)
    # Another browser goes on by the link in the mail and the password, on the same step.
    found = run(SYSTEM, identity.confirm_registration, token=token_of(registration_id), password=PASSWORD)
    with begin(SYSTEM) as work:
        sheet = identity.registration(work, registration_id=found)
    assert (sheet.registration_id, sheet.step, sheet.is_confirmed) == (registration_id, "terms", True)


def test_known_and_unknown_addresses_are_told_the_same() -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop")
    known_email = shop.emails[Variant.BUSINESS_OWNER]
    known, unknown = begun(known_email), begun("new@sonne.example")
    steps = []
    for registration_id in (known, unknown):
        ready(registration_id)
        with pytest.raises(Conflict) as refusal:
            run(SYSTEM, identity.finish_registration, registration_id=registration_id)
        with begin(SYSTEM) as work:
            sheet = identity.registration(work, registration_id=registration_id)
        steps.append((sheet.step, sheet.is_confirmed, refusal.value.sentence))
    assert steps[0] == steps[1]
    reactions.deliver_new()
    with begin(SYSTEM) as work:
        rows = work.session.execute(
            sa.text("select recipient, kind from outgoing_emails where kind in ('account_exists', 'registration')")
        ).all()
    assert {tuple(row) for row in rows} == {
        (known_email, "account_exists"), ("new@sonne.example", "registration"),
    }  # fmt: skip


def test_known_and_unknown_addresses_cost_the_same_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop")
    hashes: list[str] = []
    monkeypatch.setattr(
        "domain.identity.registering.hashed",
        lambda password, **_: hashes.append(password) or identity.HashedPassword("h"),
    )
    begun(shop.emails[Variant.BUSINESS_OWNER])
    assert len(hashes) == 1
    begun("new@sonne.example")
    assert len(hashes) == 2


def test_nothing_is_made_before_the_address_is_proved() -> None:
    registration_id = begun()
    ready(registration_id)
    before = organizations()
    with pytest.raises(Conflict):
        run(SYSTEM, identity.finish_registration, registration_id=registration_id)
    assert organizations() == before
    assert one("select count(*) from people where email = 'mara@sonne.example'") == 0


def test_what_a_stranger_began_in_my_name_i_cannot_confirm_for_them() -> None:
    registration_id = begun()
    token = token_of(registration_id)
    assert run(SYSTEM, identity.confirm_registration, token=token, password="a guess of whoever got the mail") is None
    assert run(SYSTEM, identity.confirm_registration, token=token, password=PASSWORD, registration_id=uuid4())
    with pytest.raises(NotFound):  # the link is used
        run(SYSTEM, identity.confirm_registration, token=token, password=PASSWORD)


def test_a_forged_or_late_link_confirms_nothing() -> None:
    with begin(SYSTEM) as work:
        now = work.now
    with clock(now - timedelta(days=8)):
        late = begun()
    other = begun("other@sonne.example")
    for token in (token_of(late), token_of(other)[:-4] + "AAAA", ""):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.confirm_registration, token=token, password=PASSWORD)
    assert one("select count(*) from registrations where email_confirmed_at is not null") == 0


def test_registrations_from_one_place_and_mails_to_one_address_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.identity.registering.hashed", lambda *_, **__: identity.HashedPassword("h"))
    for _ in range(3):
        begun("victim@sonne.example")
    with pytest.raises(identity.TooManyTries):
        begun("victim@sonne.example", address="elsewhere")
    for number in range(17):
        begun(f"{number}@sonne.example")
    with pytest.raises(identity.TooManyTries):
        begun("one-more@sonne.example")
    assert begun("one-more@sonne.example", address="elsewhere")


def test_a_distributor_is_not_made_without_region_and_warehouse() -> None:
    registration_id = begun(kind=OrgKind.DISTRIBUTOR)
    for wrong, field in (
        (DETAILS, "region"),
        (DETAILS.model_copy(update={"region": "Tyrol", "street": " "}), "street"),
    ):
        with pytest.raises(Invalid, match=field):
            step(registration_id, business=wrong)
    with pytest.raises(Conflict):
        step(registration_id, terms_version=current())
    ready(registration_id, DETAILS.model_copy(update={"region": "Tyrol"}))
    run(SYSTEM, identity.confirm_registration, token=token_of(registration_id), registration_id=registration_id)
    org_id = run(SYSTEM, identity.finish_registration, registration_id=registration_id)
    assert one("select region from organizations where id = :id", id=org_id) == "Tyrol"
    assert one("select kind from sites where org_id = :id", id=org_id) == "warehouse"


def test_wrong_details_and_old_terms_are_refused_and_not_kept() -> None:
    registration_id = begun()
    for change in ({"country_code": "XX"}, {"legal_name": ""}, {"city": "x" * 121}):
        with pytest.raises(Invalid):
            step(registration_id, business=DETAILS.model_copy(update=change))
    step(registration_id, business=DETAILS)
    with pytest.raises(Conflict):
        step(registration_id, terms_version="2025-01")
    with begin(SYSTEM) as work:
        sheet = identity.registration(work, registration_id=registration_id)
    assert (sheet.step, sheet.terms_version) == ("terms", None)


def test_a_registration_is_done_once() -> None:
    registration_id = begun()
    ready(registration_id)
    run(SYSTEM, identity.confirm_registration, token=token_of(registration_id), registration_id=registration_id)
    run(SYSTEM, identity.finish_registration, registration_id=registration_id)
    before = organizations()
    with pytest.raises(Conflict):
        run(SYSTEM, identity.finish_registration, registration_id=registration_id)
    assert organizations() == before


def test_a_password_is_not_made_of_the_name_and_the_address_that_register() -> None:
    before = one("select count(*) from registrations")
    with pytest.raises(Invalid, match="names that others know"):
        run(SYSTEM, identity.begin_registration, kind=OrgKind.RETAILER, name="Marianne Vogelsang",
            email="marianne@sonnenwirt.example", password="Marianne-Vogelsang-Sonnenwirt", address="home")  # fmt: skip
    assert one("select count(*) from registrations") == before
