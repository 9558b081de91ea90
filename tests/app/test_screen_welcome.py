"""The open screens, and how a person is reached: drawn without a sign-in, and doing what they say."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app import cookies
from app.navigation import SCREENS
from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import begin, run
from tests.app.signed_in import NONCE, browser, cookie_of, session_of, texts
from tests.make.letters import letters_to, texts_to
from tests.make.market import PASSWORD, Company, company

NEW = "quite another sentence of mine"
VISITOR = {cookies.nonce_name(): NONCE}


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)


@pytest.fixture
def visitor(shop: Company) -> Iterator[AppTest]:
    with browser(VISITOR) as at:
        yield at


def email_of(shop: Company) -> str:
    return shop.emails[Variant.BUSINESS_OWNER]


def show(at: AppTest, url: str, **query: str) -> AppTest:
    screen = next(screen for screen in SCREENS if screen.url == url)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    at.switch_page(f"../{screen.path}").run()
    assert not at.exception
    return at


def read(at: AppTest) -> str:
    return texts(at).replace("\\", "")


def field(at: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in at.text_input if one.label == label)


def press(at: AppTest, label: str) -> AppTest:
    next(one for one in at.button if one.label == label).click()
    at.run()
    assert not at.exception
    return at


def signs_in(shop: Company, password: str) -> bool:
    ticket = run(Actor.system(), identity.sign_in, email=email_of(shop), password=password, nonce="n", address="a")
    return ticket is not None


def test_a_forgotten_password_from_asking_to_choosing(visitor: AppTest, shop: Company) -> None:
    show(visitor, "welcome-reset")
    field(visitor, "E-mail").input(email_of(shop))
    press(visitor, "Send me a link")
    known = texts(visitor)
    assert "If an account has this address" in " ".join(one.value for one in visitor.success)
    [letter] = letters_to(email_of(shop))
    with browser(VISITOR) as other:
        show(other, "welcome-reset")
        field(other, "E-mail").input("nobody@nowhere.example")
        press(other, "Send me a link")
        assert texts(other) == known  # word for word
    with browser(VISITOR) as at:
        show(at, "welcome-reset", token=letter.token)
        field(at, "New password").input(NEW)
        field(at, "New password once more").input("something else entirely")
        press(at, "Set the new password")
        assert at.error[0].value == "The two passwords differ." and signs_in(shop, PASSWORD)
        for label in ("New password", "New password once more"):
            field(at, label).input(NEW)
        press(at, "Set the new password")
        assert "Your new password is set" in at.success[0].value
        assert signs_in(shop, NEW) and not signs_in(shop, PASSWORD)
    with browser(VISITOR) as at:
        show(at, "welcome-reset", token=letter.token)
        assert "already used" in at.warning[0].value and not at.text_input


def test_opening_a_link_does_not_use_it_up_a_button_does(visitor: AppTest, shop: Company) -> None:
    run(shop.owner, identity.request_email_change, new_email="me@elsewhere.example")
    old, new = letters_to(email_of(shop))[-1].token, letters_to("me@elsewhere.example")[-1].token
    for token in (old, new):
        for _ in range(2):
            with browser(VISITOR) as at:
                show(at, "welcome-confirm", token=token)
                assert [one.label for one in at.button] == ["Yes, change it", "No, leave it as it is"]
    with begin(shop.owner) as work:
        waiting = identity.my_ways_in(work)
    assert (waiting.old_confirmed_at, waiting.new_confirmed_at) == (None, None)
    with browser(VISITOR) as at:
        show(at, "welcome-confirm", token=old)
        press(at, "Yes, change it")
        assert "other address has to say yes" in at.success[0].value
    press(show(visitor, "welcome-confirm", token=new), "Yes, change it")
    assert "Both addresses have said yes" in visitor.success[0].value
    with begin(shop.owner) as work:
        assert identity.my_ways_in(work).email == "me@elsewhere.example"


@pytest.mark.parametrize("url", ["welcome-reset", "welcome-confirm"])
def test_a_link_that_does_not_work_says_so_and_shows_nothing_else(visitor: AppTest, url: str) -> None:
    show(visitor, url, token="A" * 56)
    assert "expired or was already used" in visitor.warning[0].value
    assert not visitor.text_input and "Corner Shop" not in texts(visitor)


def test_who_is_signed_in_sees_open_screens_too(shop: Company) -> None:
    with browser(cookie_of(session_of(email_of(shop)))) as at:
        show(at, "welcome-reset")
        assert "Choose a new password" in texts(at) and "Corner Shop" not in texts(at)


def test_the_sign_in_page_leads_to_the_other_ways(visitor: AppTest) -> None:
    visitor.run()
    assert "Forgot your password?" in [one.label for one in visitor.get("page_link")]
    assert not [one for one in visitor.button if one.label.startswith("Continue with")]  # none is set up


def test_a_telephone_is_confirmed_on_the_profile(shop: Company) -> None:
    with browser(cookie_of(session_of(email_of(shop)))) as at:
        show(at, "account-profile")
        field(at, "Number with country").input("+49 30 1234567")
        press(at, "Send me a code")
        code = texts_to("+49301234567")[-1].code
        field(at, "Code").input("000000" if code != "000000" else "000001")
        press(at, "Confirm")
        assert "not right" in " ".join(one.value for one in at.error)
        field(at, "Code").input(code)
        press(at, "Confirm")
        assert "+49301234567" in texts(at) and not [one for one in at.text_input if one.label == "Code"]


def test_another_address_is_asked_for_and_taken_back_on_the_profile(shop: Company) -> None:
    with browser(cookie_of(session_of(email_of(shop)))) as at:
        show(at, "account-profile")
        field(at, "New address").input("me@elsewhere.example")
        press(at, "Send the links")
        assert "me@elsewhere.example" in read(at) and "has not answered yet" in read(at)
        press(at, "Take it back")
        assert "me@elsewhere.example" not in read(at)
    with pytest.raises(NotFound):
        run(Actor.system(), identity.confirm_email_change, token=letters_to("me@elsewhere.example")[0].token)
