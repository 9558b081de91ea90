"""The screens of notices, letters, suspensions and closed days: what people press does what it says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app.navigation import BY_URL
from app.parts import bell
from app.run import post
from domain import identity, notifications, reactions
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.ids import new_id
from domain.kernel.settings import PROJECT, settings
from domain.kernel.work import begin, run
from domain.notifications import EmailWish, Topic
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_screens_seller_admin import opened
from tests.make.market import Company, company, offer

pytestmark = pytest.mark.usefixtures("database")
SYSTEM = Actor.system()


@pytest.fixture
def platform(database: sa.Connection) -> Company:
    return company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.SUPPORT, Variant.SUPER_ADMIN)


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    made = company(OrgKind.MANUFACTURER, "Maker <b>One</b>")
    offer(made, "Teapot")
    return made


@contextmanager
def screen(email: str, url: str, **address: Any) -> Iterator[AppTest]:
    with browser(cookie_of(session_of(email))) as at:
        at.run()
        for name, value in address.items():
            at.query_params[name] = str(value)
        at.switch_page(str(PROJECT / BY_URL[url].path)).run()
        assert not at.exception, at.exception
        yield at


def press(at: AppTest, label: str) -> None:
    [button] = [each for each in at.button if each.label == label]
    button.click().run()
    assert not at.exception, at.exception


def suspend(platform: Company, whom: Company) -> UUID:
    return run(
        platform.people[Variant.OPERATIONS], identity.suspend_organization, request_id=uuid4(), org_id=whom.org_id,
        reason="Forged labels",
    )  # fmt: skip


def state_of(org_id: UUID) -> str:
    with begin(SYSTEM) as work:
        statement = sa.text("select state from organizations where id = :id")
        return str(work.session.execute(statement, {"id": org_id}).scalar_one())


def test_operations_look_before_they_suspend_and_restore(platform: Company, maker: Company) -> None:
    with screen(platform.emails[Variant.OPERATIONS], "admin-organization", organization=maker.org_id) as at:
        assert "Maker" in texts(at)
        with opened(at, "Suspend"):
            shown = texts(at)
            assert "Stops at once" in shown and "Offers that buyers find no more" in shown
            [reason] = [each for each in at.text_area if each.label.startswith("Reason")]
            reason.input("Forged labels")
            press(at, "Suspend now")
    assert state_of(maker.org_id) == "suspended"


def test_support_proposes_and_an_administrator_decides(platform: Company, maker: Company) -> None:
    with screen(platform.emails[Variant.SUPPORT], "admin-organization", organization=maker.org_id) as at:
        with opened(at, "Propose a suspension"):
            at.text_area[0].input("Three complaints")
            press(at, "Propose the suspension")
        assert state_of(maker.org_id) == "active"
    with screen(platform.emails[Variant.SUPER_ADMIN], "admin-suspensions") as at:
        assert "Three complaints" in texts(at)
    with screen(platform.emails[Variant.SUPER_ADMIN], "admin-organization", organization=maker.org_id) as at:
        at.text_input(key="decision-note").input("Seen it").run()
        press(at, "Decline the proposal")
        assert state_of(maker.org_id) == "active"
        assert "Declined" in texts(at)


def test_a_suspended_owner_signs_in_reads_why_and_appeals_once(platform: Company, maker: Company) -> None:
    suspend(platform, maker)
    email = next(iter(maker.emails.values()))
    with screen(email, "account-places") as at:
        assert "Your organisation is suspended" in texts(at)
    with screen(email, "account-standing") as at:
        assert "Forged labels" in texts(at)
        at.text_area[0].input("We hold the licence")
        press(at, "Send the appeal")
        assert "Being looked at" in texts(at) or "We hold the licence" in texts(at)
        assert not [each for each in at.button if each.label == "Send the appeal"]
    with screen(platform.emails[Variant.SUPER_ADMIN], "admin-organization", organization=maker.org_id) as at:
        at.text_input(key="appeal-answer").input("The licence is real").run()
        press(at, "Grant and restore")
        assert state_of(maker.org_id) == "active"
    with screen(email, "account-standing") as at:
        assert "Everything is in order" in texts(at)


def test_the_bell_counts_and_a_choice_of_letters_is_kept(maker: Company) -> None:
    email = next(iter(maker.emails.values()))
    for cause in ("1", "2"):
        run(SYSTEM, notifications.tell, org_id=maker.org_id, kind="new_order", cause=cause, subject="order",
            subject_id=new_id(), facts={"number": "P1-1", "buyer": "Shop"})  # fmt: skip
    bell._known.clear()
    with screen(email, "account-notices") as at:
        assert len([each for each in at.button if each.label == "Mark as read"]) == 2
        press(at, "Mark all as read")
        with begin(maker.owner) as work:
            assert notifications.unread(work) == 0
        assert not [each for each in at.button if each.label == "Mark as read"]
    with screen(email, "account-notices", show="letters") as at:
        assert "Always at once" in texts(at)
        at.segmented_control(key="letters-orders").set_value(EmailWish.OFF).run()
        assert not at.exception
    with begin(maker.owner) as work:
        kept = {row.topic: row.email for row in notifications.my_preferences(work)}
    assert kept[Topic.ORDERS] == EmailWish.OFF


def test_codes_are_readable_in_development_and_hidden_in_production(
    platform: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, code_facts = {"link_id": str(new_id())}, {"code_id": str(new_id())}
    run(SYSTEM, notifications.send_email, to="ann@shop.example", kind="password_reset", facts=facts, cause="1")
    with screen(platform.emails[Variant.OPERATIONS], "admin-outbox") as at:
        assert "ann@shop.example" in texts(at) and "Password reset" in texts(at)
        assert identity.token_of(UUID(facts["link_id"])) not in texts(at)

    def shown() -> list[bool]:
        letter = post.readable("password_reset", facts, channel="email")
        message = post.readable("phone_confirmation", code_facts, channel="text")
        plain = post.readable("password_changed", {}, channel="email")
        assert plain is not None
        return [
            letter is not None and identity.token_of(UUID(facts["link_id"])) in letter.text,
            message is not None and identity.code_of(UUID(code_facts["code_id"])) in message.text,
        ]

    try:
        assert shown() == [True, True]
        monkeypatch.setenv("WHOLESALE_ENVIRONMENT", "production")
        settings.cache_clear()
        assert shown() == [False, False]
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_the_owner_pastes_closed_days(maker: Company) -> None:
    with screen(next(iter(maker.emails.values())), "account-places") as at:
        with opened(at, "Paste a list"):
            at.text_area[0].input("2026-12-24 Christmas Eve\n2026-12-25 Christmas")
            press(at, "Add these days")
    with begin(maker.owner) as work:
        assert [row.name for row in identity.my_holidays(work)] == ["Christmas Eve", "Christmas"]


def test_a_letter_is_stopped_by_its_button_and_not_by_opening_the_link(maker: Company, web: TestClient) -> None:
    assert maker.owner.user_id is not None
    token = notifications.unsubscribe_token(maker.owner.user_id, Topic.ORDERS)

    def kept() -> EmailWish:
        with begin(maker.owner) as work:
            return next(row.email for row in notifications.my_preferences(work) if row.topic == Topic.ORDERS)

    answer = web.get("/auth/unsubscribe", params={"t": token})
    assert answer.status_code == 200 and "<form" in answer.text and kept() == EmailWish.DAILY
    assert '"><script>' not in web.get("/auth/unsubscribe", params={"t": '"><script>'}).text
    assert web.post("/auth/unsubscribe", params={"t": token[:-1]}).status_code == 404
    assert kept() == EmailWish.DAILY
    # As a mail program says it: RFC 8058.
    answer = web.post("/auth/unsubscribe", params={"t": token}, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and kept() == EmailWish.OFF


def test_staff_are_told_of_an_appeal_with_a_way_to_it(platform: Company, maker: Company) -> None:
    suspend(platform, maker)
    run(maker.owner, identity.appeal_suspension, appeal="We hold the licence")
    reactions.deliver_new()
    with screen(platform.emails[Variant.SUPPORT], "account-notices") as at:
        assert "appeals against its suspension" in texts(at)
