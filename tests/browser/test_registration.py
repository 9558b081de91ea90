"""Registering in a real browser: left midway, resumed where it was left, confirmed by the letter, signed in."""

import os
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from tests.make.market import PASSWORD, company

pytestmark = [pytest.mark.browser_required, pytest.mark.timeout(300)]
EMAIL = "mara@sonne.example"


def token(purpose: str) -> str:
    """The token that the latest letter carries."""
    with begin(Actor.system()) as work:
        statement = "select id from links where purpose = :purpose order by created_at desc limit 1"
        return identity.token_of(work.session.execute(sa.text(statement), {"purpose": purpose}).scalar_one())


def test_a_registration_is_left_midway_and_goes_on_where_it_was_left(web, visitor):
    company(OrgKind.PLATFORM, "Platform", Variant.FINANCE)
    mara = visitor("registration")
    mara.open("welcome-register")
    mara.sees("What do you do?")
    mara.fill("Your name", "Mara Vogel")
    mara.fill("Work e-mail", EMAIL)
    mara.page.locator("input[type=password]").fill(PASSWORD)
    mara.press("Continue")
    mara.sees("Times are shown in Europe/Berlin", EMAIL)

    # She goes away and comes back in the same browser: the same step.
    mara.page.goto("about:blank")
    mara.open("welcome-register")
    mara.sees("Legal name")
    for label, value in (("Name that others see", "Café Sonne"), ("Legal name", "Sonne GmbH"),
                         ("Registration number", "HRB 4711"), ("Street and number", "Markt 1"),
                         ("Postal code", "04109"), ("City", "Leipzig")):  # fmt: skip
        mara.page.get_by_role("textbox", name=label).fill(value)
    mara.press("Continue")
    mara.sees("Who may act for you")

    # On another device the link of the letter and the password lead to the same step.
    phone = visitor("registration-phone")
    phone.page.set_viewport_size({"width": 390, "height": 844})
    phone.open(f"welcome-register?token={token('registration')}")
    phone.page.locator("input[type=password]").fill(PASSWORD)
    phone.press("Confirm and go on")
    phone.sees("Who may act for you")
    phone.page.get_by_text("I may speak for this organisation", exact=False).click()
    phone.settle()
    phone.press("Accept and continue")
    phone.sees("Sonne", EMAIL)
    phone.press("Create the organisation")
    phone.sees("is registered", "What comes next")

    mara.open("")
    mara.sign_in(EMAIL, PASSWORD, "account-start")
    mara.sees("Getting started", "Place your first order", "2 of 7 steps done")
    mara.open("retailer-home")
    mara.sees("Getting started")
    if os.environ.get("WHOLESALE_PICTURES"):
        mara.open("account-terms")
        mara.open("account-places")
        mara.press("Delivery wishes")


def test_an_invitation_is_accepted_and_the_member_removed(web, visitor):
    shop = company(OrgKind.RETAILER, "Corner Shop")
    owner = visitor("team-owner")
    owner.sign_in(shop.emails[Variant.BUSINESS_OWNER], PASSWORD, "account-team")
    owner.press("Invite somebody")
    owner.page.get_by_role("dialog").get_by_label("E-mail").fill("new@corner.example")
    owner.press("Send the invitation")
    owner.sees("new@corner.example", "works until")

    nora = visitor("team-new")
    nora.open(f"welcome-join?token={token('invitation')}")
    nora.sees("Corner Shop", "new@corner.example")
    nora.page.get_by_role("textbox", name="Your name").fill("Nora New")
    nora.page.locator("input[type=password]").fill(PASSWORD)
    nora.press("Join the team")
    nora.sees("You are in the team")
    nora.sign_in("new@corner.example", PASSWORD, "account-team")
    nora.sees("Nora New")

    owner.open("account-team")
    with begin(Actor.system()) as work:
        nora_id = identity.person_by_email(work, email="new@corner.example").person_id
    owner.page.locator(f".st-key-remove-{nora_id} button").click()
    owner.settle()
    owner.sees("There is no open work of this person")
    owner.press("Remove and hand over")
    owner.sees("Left the team", "1 person")
    nora.page.get_by_role("link", name="Places").first.click()
    nora.sees("Your session has ended")  # within one rerun


def test_switching_between_two_organisations(web, visitor):
    shop, other = company(OrgKind.RETAILER, "Corner Shop"), company(OrgKind.RETAILER, "Second Shop")
    email = shop.emails[Variant.BUSINESS_OWNER]
    run(other.owner, identity.invite_member, request_id=uuid4(), email=email, variant=Variant.STORE_MANAGER)
    run(Actor.system(), identity.join_organization, token=token("invitation"), password=PASSWORD)
    person = visitor("switch")
    person.sign_in(email, PASSWORD, "account-profile")
    person.sees("Your organisations", "Second Shop")
    person.press("Switch")
    person.open("account-profile")
    person.sees("Store manager")
