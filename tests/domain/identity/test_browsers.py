"""Who signs in from a browser that was not seen before is written to, and can say with one click that it was not them."""

from typing import Any

import pytest
import sqlalchemy as sa

from domain import identity, notifications
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import begin, run
from domain.reactions import deliver_new
from tests.make.market import PASSWORD, Company, company
from tests.make.signing_in import FIREFOX, after, signed_in, try_password, who_is

SYSTEM = Actor.system()
LAPTOP, PHONE = "the id of a laptop", "the id of a phone"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


@pytest.fixture
def email(shop: Company) -> str:
    return shop.emails[Variant.BUSINESS_OWNER]


def sign_in_from(browser: str, email: str) -> Actor:
    person = signed_in(email)
    assert person.sign_in_session_id is not None
    run(SYSTEM, identity.note_browser, session_id=person.sign_in_session_id, browser=browser)
    return person


def letters() -> list[Any]:
    deliver_new()
    with begin(SYSTEM) as work:
        statement = "select recipient, facts from outgoing_emails where kind = 'new_sign_in' order by created_at, id"
        return list(work.session.execute(sa.text(statement)).all())


def test_only_a_browser_that_was_not_seen_before_is_written_about(shop: Company, email: str) -> None:
    sign_in_from(LAPTOP, email)
    assert letters() == []  # the first of an account: whoever has just registered needs no letter
    with after(hours=1):
        sign_in_from(LAPTOP, email)
        assert letters() == []
        sign_in_from(PHONE, email)
    [letter] = letters()
    assert letter.recipient == email and letter.facts["browser"] == "Firefox on Linux"
    said = notifications.compose("new_sign_in", letter.facts, home="https://shop.example", token="secret")
    assert "Firefox on Linux" in said.text and letter.facts["when"] in said.text
    assert "https://shop.example/welcome-confirm?token=secret" in said.text
    with after(hours=2):
        sign_in_from(PHONE, email)
    assert len(letters()) == 1
    assert identity.browser_name(FIREFOX) == "Firefox on Linux"


def test_two_people_at_one_browser_cannot_be_linked_by_it(shop: Company, email: str) -> None:
    sign_in_from(LAPTOP, email)
    sign_in_from(LAPTOP, shop.emails[Variant.STORE_MANAGER])
    with begin(SYSTEM) as work:
        rows = work.session.execute(sa.text("select browser_hash from known_browsers")).all()
    assert len({bytes(row.browser_hash) for row in rows}) == 2
    assert not any(LAPTOP.encode() in bytes(row.browser_hash) for row in rows)


def test_who_was_there_before_browsers_were_known_is_written_to_once(shop: Company, email: str) -> None:
    signed_in(email)  # nobody noted from where
    sign_in_from(LAPTOP, email)
    assert len(letters()) == 1


def test_this_was_not_me_ends_everything_and_leads_to_a_new_password(shop: Company, email: str) -> None:
    owner = sign_in_from(LAPTOP, email)
    thief = sign_in_from(PHONE, email)
    [letter] = letters()
    token = notifications.token_in(letter.facts)
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "", token + "="):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.disown_sign_in, token=wrong)
    for person in (owner, shop.people[Variant.STORE_MANAGER]):
        with pytest.raises(NotFound):
            run(person, identity.disown_sign_in, token=token)
    assert all(who_is(one.sign_in_session_id) for one in (owner, thief) if one.sign_in_session_id)
    reset = run(SYSTEM, identity.disown_sign_in, token=token)
    assert not any(who_is(one.sign_in_session_id) for one in (owner, thief) if one.sign_in_session_id)
    assert try_password(email, password=PASSWORD, address="elsewhere") is None  # what the thief knows opens nothing
    run(SYSTEM, identity.reset_password, token=reset, new="quite another sentence altogether")
    assert try_password(email, password="quite another sentence altogether") is not None
    with pytest.raises(NotFound):
        run(SYSTEM, identity.disown_sign_in, token=token)  # works once


def test_a_late_link_says_nothing_any_more(shop: Company, email: str) -> None:
    sign_in_from(LAPTOP, email)
    owner = sign_in_from(PHONE, email)
    token = notifications.token_in(letters()[0].facts)
    with after(days=7, minutes=1), pytest.raises(NotFound):
        run(SYSTEM, identity.disown_sign_in, token=token)
    assert owner.sign_in_session_id is not None and who_is(owner.sign_in_session_id) is not None
