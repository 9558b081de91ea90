"""The screens of teams, registration, terms and getting started, as people see them."""

from contextlib import AbstractContextManager
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import cookies
from app.navigation import BY_URL
from domain import identity
from domain.identity import BusinessDetails, OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from tests.app.signed_in import NONCE, browser, cookie_of, now, session_of, texts
from tests.app.test_screens import open_screen
from tests.make.market import PASSWORD, Company, company

pytestmark = pytest.mark.usefixtures("database")
DETAILS = BusinessDetails(
    name="Café Sonne", legal_name="Sonne GmbH", registration_number="HRB 4711", street="Markt 1", postal_code="04109",
    city="Leipzig", country_code="DE",
)  # fmt: skip


@pytest.fixture
def shop() -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.PURCHASING_AGENT)


def as_owner(shop: Company) -> AbstractContextManager[AppTest]:
    return browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER])))


def begun() -> UUID:
    return run(
        Actor.system(), identity.begin_registration, kind=OrgKind.RETAILER, name="Mara Vogel",
        email="mara@sonne.example", password=PASSWORD, address="home",
    )  # fmt: skip


def holding(registration_id: UUID) -> dict[str, str]:
    """The cookies of the browser in which a registration was begun."""
    token = cookies.registration_token(registration_id, now=now())
    return {cookies.nonce_name(): NONCE, cookies.registration_name(): token}


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def at_step(held: dict[str, str]) -> str:
    with browser(held) as at:
        open_screen(at.run(), BY_URL["welcome-register"])
        assert not at.exception
        return texts(at)


def test_the_owner_sees_who_is_invited_and_sends_it_again(shop: Company) -> None:
    facts = {"email": "new@corner.example", "variant": Variant.STORE_MANAGER}
    invitation_id = run(shop.owner, identity.invite_member, request_id=uuid4(), **facts)
    with as_owner(shop) as at:
        at.run()
        open_screen(at, BY_URL["account-team"])
        assert "new@corner.example" in texts(at).replace("\\", "")
        assert {"Invite somebody", "Change role", "Remove", "Take back"} <= {button.label for button in at.button}
        before = link()
        press(at, "Send again")
        assert not at.exception
        assert link() != before
        run(shop.owner, identity.revoke_invitation, invitation_id=invitation_id)
        open_screen(at, BY_URL["account-team"])
        assert "new@corner.example" not in texts(at).replace("\\", "")


def link() -> UUID:
    with begin(Actor.system()) as work:
        return UUID(str(work.session.execute(sa.text("select link_id from invitations")).scalar_one()))


def test_a_colleague_sees_the_team_and_no_way_to_change_it(shop: Company) -> None:
    with browser(cookie_of(session_of(shop.emails[Variant.PURCHASING_AGENT]))) as at:
        at.run()
        open_screen(at, BY_URL["account-team"])
        assert "Business owner" in texts(at)
        assert not {"Invite somebody", "Change role", "Remove"} & {button.label for button in at.button}


def test_a_removed_member_is_at_the_sign_in_with_the_next_click(shop: Company) -> None:
    agent = shop.people[Variant.PURCHASING_AGENT]
    with browser(cookie_of(session_of(shop.emails[Variant.PURCHASING_AGENT]))) as at:
        at.run()
        assert shop.name in texts(at)
        run(shop.owner, identity.remove_member, person_id=agent.user_id)
        at.run()
        assert shop.name not in texts(at)
        assert "Sign in" in [button.label for button in at.button]


def test_the_checklist_shows_what_is_next_and_stands_on_the_home(shop: Company) -> None:
    with as_owner(shop) as at:
        at.run()
        open_screen(at, BY_URL["account-start"])
        assert not at.exception
        assert "Place your first order" in texts(at)
        open_screen(at, BY_URL["retailer-home"])
        assert "Getting started" in texts(at)


def test_a_new_version_of_the_terms_asks_until_it_is_accepted(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = "terms of service"
    with as_owner(shop) as at:
        at.run()
        assert f"The {shown} have changed" not in texts(at)
        # The organisation has accepted an older version only.
        newer = identity.Terms("2025-01", date(2026, 1, 1), "0" * 64)  # any version that has a text will do
        monkeypatch.setattr("domain.identity.terms.TERMS", (*identity.TERMS, newer))
        open_screen(at, BY_URL["account-places"])
        assert f"The {shown} have changed" in texts(at)
        open_screen(at, BY_URL["account-terms"])
        assert not at.exception
        assert "What is new" in [heading.value for heading in at.subheader]
        at.checkbox(key="terms-agree").check().run()
        press(at, "Accept the terms")
        assert "has accepted the terms" in " ".join(message.value for message in at.success)
        open_screen(at, BY_URL["account-places"])
        assert f"The {shown} have changed" not in texts(at)


def test_a_registration_is_resumed_in_the_browser_that_began_it() -> None:
    registration_id = begun()
    assert "Times are shown in" in at_step(holding(registration_id))
    run(Actor.system(), identity.save_registration_step, registration_id=registration_id, business=DETAILS)
    assert "Who may act for you" in at_step(holding(registration_id))
    assert "Who may act for you" not in at_step({cookies.nonce_name(): NONCE})
    forged = holding(registration_id)
    forged[cookies.registration_name()] = forged[cookies.registration_name()][:-3] + "AAA"
    assert "Who may act for you" not in at_step(forged)


def test_the_steps_of_the_registration_lead_to_the_letter() -> None:
    registration_id = begun()
    with browser(holding(registration_id)) as at:
        open_screen(at.run(), BY_URL["welcome-register"])
        for label, value in (("Name that others see", "Sonne"), ("Legal name", "Sonne GmbH"),
                             ("Registration number", "HRB 1"), ("Street and number", "Markt 1"),
                             ("Postal code", "04109"), ("City", "Leipzig")):  # fmt: skip
            next(field for field in at.text_input if field.label == label).set_value(value)
        press(at, "Continue")
        assert not at.exception
        at.checkbox(key="register-agree").check().run()
        press(at, "Accept and continue")
        assert "mara@sonne" in texts(at).replace("\\", "")
        assert "Open its link" in texts(at)


def test_an_invitation_is_accepted_on_its_screen(shop: Company) -> None:
    run(
        shop.owner,
        identity.invite_member,
        request_id=uuid4(),
        email="new@corner.example",
        variant=Variant.STORE_MANAGER,
    )
    token = identity.token_of(link())
    with browser({cookies.nonce_name(): NONCE}) as at:
        open_screen(at.run(), BY_URL["welcome-join"], token=token)
        assert shop.name in texts(at)
        at.text_input[0].set_value("Nora New")
        at.text_input[1].set_value(PASSWORD)
        press(at, "Join the team")
        assert not at.exception
        assert "You are in the team" in " ".join(message.value for message in at.success)
    with browser({cookies.nonce_name(): NONCE}) as at:
        open_screen(at.run(), BY_URL["welcome-join"], token=token)
        assert shop.name not in texts(at)


def test_the_funnel_counts_registrations() -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.ANALYTICS)
    begun()
    with browser(cookie_of(session_of(platform.emails[Variant.ANALYTICS]))) as at:
        at.run()
        open_screen(at, BY_URL["admin-onboarding"])
        assert not at.exception
        assert "Registration begun" in texts(at)
