"""The second step of signing in, the step up before money, and the screen where people look after both."""

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app import cookies, words
from app.api import api
from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import Work, begin, run
from tests.app.signed_in import NONCE, browser, cookie_of, texts
from tests.make.market import PASSWORD, Company, company
from tests.make.signing_in import after, code_of, enrol, signed_in, try_password


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Glass Works", Variant.FACTORY_OWNER)


@pytest.fixture
def owner(maker: Company) -> Actor:
    return signed_in(maker.emails[Variant.FACTORY_OWNER], nonce="first")


def open_page(at: AppTest, path: str) -> AppTest:
    at.run()
    return at.switch_page(str(PROJECT / path)).run()


def security(at: AppTest) -> AppTest:
    return open_page(at, "pages/account/security.py")


def held(person: Actor) -> dict[str, str]:
    assert person.sign_in_session_id is not None
    return cookie_of(person.sign_in_session_id)


def press(at: AppTest, label: str) -> AppTest:
    [button] = [one for one in at.button if one.label == label]
    return button.click().run()


def shown_long_ago(person: Actor) -> None:
    def age(work: Work) -> None:
        work.session.execute(
            sa.text("update sign_in_sessions set factor_shown_at = factor_shown_at - interval '11 minutes'")
        )

    run(Actor.system(), age)


def html(at: AppTest) -> str:
    return str([element.proto for element in at.get("html")])


# --- signing in --------------------------------------------------------------------------------


def test_the_second_step_survives_a_reload_and_leads_on(maker: Company, owner: Actor) -> None:
    secret, _ = enrol(owner)
    email = maker.emails[Variant.FACTORY_OWNER]
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        at.text_input[0].set_value(email)
        at.text_input[1].set_value(PASSWORD)
        press(at, "Sign in")
        assert not at.exception and "/auth/session" not in html(at)
        assert [one.label for one in at.text_input] == ["Code"]
        with browser({cookies.nonce_name(): NONCE}) as reloaded:
            reloaded.run()
            assert [one.label for one in reloaded.text_input] == ["Code"]
            assert maker.name not in texts(reloaded)
        at.text_input[0].set_value("000000")
        press(at, "Go on")
        assert at.error[0].value == words.WRONG_CODE
        at.text_input[0].set_value(code_of(secret, steps=1))  # the screens have a clock of their own
        press(at, "Go on")
        assert not at.error and "/auth/session?t=" in html(at)


def test_one_may_begin_again_with_another_account(maker: Company, owner: Actor) -> None:
    enrol(owner)
    try_password(maker.emails[Variant.FACTORY_OWNER], nonce=NONCE)
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        press(at, "Sign in with another account")
        assert [one.label for one in at.text_input][:2] == ["E-mail", "Password"]


# --- the screen --------------------------------------------------------------------------------


def test_a_second_factor_is_set_up_on_the_screen(maker: Company, owner: Actor) -> None:
    with browser(held(owner)) as at:
        security(at)
        assert "Off" in texts(at) and "move money" in str([one.value for one in at.info])
        press(at, "Set up a second factor")
        [password] = [one for one in at.text_input if one.label == "Password"]
        password.set_value("not my password")
        press(at, "Go on")
        assert words.WRONG_PASSWORD in [one.value for one in at.error] and not at.code
        [password] = [one for one in at.text_input if one.label == "Password"]
        password.set_value(PASSWORD)
        press(at, "Go on")
        assert not at.exception
        secret = at.code[0].value.replace(" ", "")
        [code] = [one for one in at.text_input if one.label == "Code"]
        code.set_value(code_of(secret))
        press(at, "Turn on")
        assert not at.exception and not at.error
        shown = at.code[0].value.split("\n")
        assert len(shown) == 10
        press(at, "I have kept them")
        assert not at.exception
        assert "On" in [badge.value for badge in at.get("badge")] or "10 recovery codes left" in texts(at)
        assert shown[0] not in texts(at)


def test_where_one_is_signed_in_and_ending_another_session(maker: Company, owner: Actor) -> None:
    other = signed_in(maker.emails[Variant.FACTORY_OWNER], nonce="second")
    with browser(held(owner)) as at:
        security(at)
        assert texts(at).count("Firefox on Linux") == 4  # two sessions, and how each of them began
        press(at, "End")
        assert not at.exception
    with begin(Actor.system()) as work:
        assert identity.whose_session(work, session_id=other.sign_in_session_id) is None  # type: ignore[arg-type]
        assert identity.whose_session(work, session_id=owner.sign_in_session_id) is not None  # type: ignore[arg-type]


def test_a_changed_password_is_said_so(maker: Company, owner: Actor) -> None:
    with browser(held(owner)) as at:
        security(at)
        for label, value in (
            ("Current password", PASSWORD),
            ("New password", "an entirely new sentence"),
            ("New password once more", "an entirely new sentence"),
        ):
            next(one for one in at.text_input if one.label == label).set_value(value)
        press(at, "Change password")
        assert not at.error and not at.exception
    assert try_password(maker.emails[Variant.FACTORY_OWNER], password="an entirely new sentence") is not None


# --- before money ------------------------------------------------------------------------------


def test_a_step_up_repeats_what_was_asked_for(maker: Company, owner: Actor) -> None:
    secret, old = enrol(owner)
    shown_long_ago(owner)
    with browser(held(owner)) as at:
        security(at)
        press(at, "New recovery codes")
        for code, said in (("000000", [words.WRONG_CODE]), (code_of(secret, steps=1), [])):
            assert not at.code and not at.exception
            [box] = [one for one in at.text_input if one.key == "step-up-code"]
            box.set_value(code)
            press(at, "Confirm")
            assert [one.value for one in at.error] == said
        shown = at.code[0].value.split("\n")
        assert len(shown) == 10 and not set(shown) & set(old)
        assert "step-up-code" not in [one.key for one in at.text_input]


def test_a_step_up_keeps_the_id_of_the_request(maker: Company, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    from app import bridge

    seen: list[object] = []

    def ask(work: object, *, request_id: object) -> None:
        seen.append(request_id)
        if len(seen) == 1:
            raise identity.StepUpNeeded("show it")

    class Again(BaseException):
        pass

    def again() -> None:
        raise Again

    state: dict[str, object] = {}
    monkeypatch.setattr(bridge.st, "session_state", state)
    monkeypatch.setattr(bridge.st, "rerun", again)
    monkeypatch.setattr(bridge.sign_in, "here", lambda: (None, owner))
    with pytest.raises(Again):
        bridge.perform(ask, request="pay")
    assert bridge.awaits_step_up()
    bridge.repeat_after_step_up()
    assert len(seen) == 2 and seen[0] == seen[1] and not bridge.awaits_step_up()
    assert bridge.fresh_request("pay") != seen[0]


def test_a_program_signs_in_with_its_code_along(maker: Company, owner: Actor) -> None:
    secret, _ = enrol(owner)
    web = TestClient(api(), raise_server_exceptions=False)
    body = {"email": maker.emails[Variant.FACTORY_OWNER], "password": PASSWORD}
    with after(seconds=31):
        code = code_of(secret)
        answers = [web.post("/v1/sign-in", json=body | more) for more in ({}, {"code": "000000"}, {"code": code})]
        replayed = web.post("/v1/sign-in", json=body | {"code": code})
    assert [answer.status_code for answer in (*answers, replayed)] == [403, 401, 200, 401]
    assert answers[0].json()["kind"] == "CodeNeeded" and "token" in answers[2].json()
