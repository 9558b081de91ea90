"""The screens of a lost second factor, of a sign-in that was not me, and of settings that wait for a second person."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app import cookies
from domain import identity, notifications
from domain.identity import CodeAwaited, OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.configuration import Setting
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from domain.reactions import deliver_new
from tests.app.signed_in import NONCE, browser, cookie_of, now, session_of, texts
from tests.app.test_screens_seller_admin import opened
from tests.make.market import PASSWORD, Company, company
from tests.make.signing_in import enrol, signed_in, try_password, who_is


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    made = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)
    enrol(signed_in(made.emails[Variant.STORE_MANAGER]))
    return made


def open_page(at: AppTest, path: str) -> AppTest:
    at.run()
    return at.switch_page(str(PROJECT / path)).run()


def press(at: AppTest, label: str) -> AppTest:
    [button] = [one for one in at.button if one.label == label]
    return button.click().run()


def asks(shop: Company) -> None:
    """The manager, by the sign-in page of a browser without phone and codes."""
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        assert not [one for one in at.button if one.label == "Ask for a way back in"]
        at.text_input[0].set_value(shop.emails[Variant.STORE_MANAGER])
        at.text_input[1].set_value(PASSWORD)
        press(at, "Sign in")
        press(at, "Ask for a way back in")
        assert not at.exception and "An owner of your organisation" in at.info[0].value


def test_who_lost_the_factor_asks_and_an_owner_decides_on_the_team_screen(shop: Company) -> None:
    asks(shop)
    with browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER]))) as at:
        open_page(at, "pages/account/team.py")
        assert "Lost the second factor" in texts(at)
        with opened(at, "Decide"):
            press(at, "It is them")
            assert not at.exception and states() == ["asked"]  # without a reason
            at.text_area[0].set_value("Called her")
            press(at, "It is them")
        assert not at.exception and states() == ["approved"]
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        assert "It was approved" in at.info[0].value


def test_the_person_is_warned_in_a_live_session_and_stops_it(shop: Company) -> None:
    email = shop.emails[Variant.STORE_MANAGER]
    live = signed_in_with_a_code(email)
    asks(shop)
    with browser(cookie_of(live)) as at:
        open_page(at, "pages/account/security.py")
        assert "without your second factor" in at.warning[0].value
        press(at, "Stop it: I still have my factor")
        assert not at.exception and not [one for one in at.warning if "without your second" in one.value]
    assert states() == ["cancelled"]


def states() -> list[str]:
    with begin(Actor.system()) as work:
        return list(work.session.scalars(sa.text("select state from factor_losses")))


def signed_in_with_a_code(email: str) -> UUID:
    """The session in which the factor was set up lives on."""
    with begin(Actor.system()) as work:
        found = work.session.execute(
            sa.text(
                "select s.id from sign_in_sessions s join people p on p.id = s.person_id"
                " where p.email = :email and s.revoked_at is null and s.ticket_hash is null"
            ),
            {"email": email},
        )
        return UUID(str(found.scalar_one()))


def test_a_wrong_password_shows_no_way_around_the_factor(shop: Company) -> None:
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        at.text_input[0].set_value(shop.emails[Variant.STORE_MANAGER])
        at.text_input[1].set_value("a wrong password")
        press(at, "Sign in")
        assert not [one for one in at.button if one.label == "Ask for a way back in"]


def test_support_sees_whom_nobody_else_can_let_in_and_what_is_proved(database: sa.Connection) -> None:
    shop = company(OrgKind.RETAILER, "Alone Shop", Variant.BUSINESS_OWNER)
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPPORT, Variant.OPERATIONS, Variant.FINANCE)
    enrol(signed_in(shop.emails[Variant.BUSINESS_OWNER]))
    assert isinstance(try_password(shop.emails[Variant.BUSINESS_OWNER], nonce="lost"), CodeAwaited)
    run(Actor.system(), identity.report_lost_factor, nonce="lost")
    with browser(cookie_of(session_of(platform.emails[Variant.SUPPORT]))) as at:
        open_page(at, "pages/admin/access.py")
        assert "Alone Shop" in texts(at)
        with opened(at, "Decide"):
            at.text_area[0].set_value("Seen on a video call")
            press(at, "It is them")
        open_page(at, "pages/admin/access.py")
        assert not at.exception and "a second person has to" in texts(at)
        assert not [one for one in at.button if one.label == "Decide"]
    with browser(cookie_of(session_of(platform.emails[Variant.FINANCE]))) as at:
        open_page(at, "pages/admin/access.py")
        assert "Alone Shop" not in texts(at)


def test_a_change_about_money_is_proposed_by_one_and_approved_by_another(database: sa.Connection) -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.SUPER_ADMIN)
    run(
        platform.people[Variant.OPERATIONS], identity.change_setting, request_id=uuid4(),
        setting=Setting.PURCHASE_CAP_LEVEL_1, value=Decimal(9000), effective_from=now() + timedelta(hours=1),
        reason="Buyers ask for more", version=0,
    )  # fmt: skip
    with browser(cookie_of(session_of(platform.emails[Variant.OPERATIONS]))) as at:
        open_page(at, "pages/admin/settings.py")
        assert "5,000 → 9,000" in texts(at) and not [one for one in at.button if one.label == "Decide"]
    with browser(cookie_of(session_of(platform.emails[Variant.SUPER_ADMIN]))) as at:
        open_page(at, "pages/admin/settings.py")
        with opened(at, "Decide"):
            press(at, "Approve")
        open_page(at, "pages/admin/settings.py")
        assert not at.exception and "Waiting for a second person" not in texts(at)
    with begin(platform.people[Variant.SUPER_ADMIN]) as work:
        [change] = identity.setting_changes(work, setting=Setting.PURCHASE_CAP_LEVEL_1)
    assert (change.after, change.changed_by) == (9000, "operations of Platform")


def test_a_lock_out_is_an_alert_in_the_audit_log_of_the_organisation(shop: Company) -> None:
    for _ in range(5):
        assert try_password(shop.emails[Variant.STORE_MANAGER], password="a wrong one", address="elsewhere") is None
    with browser(cookie_of(session_of(shop.emails[Variant.BUSINESS_OWNER]))) as at:
        open_page(at, "pages/account/audit.py")
        said = texts(at)
    assert said.count("ALERT: too many wrong tries to sign in as store_manager of Corner Shop") == 1


# --- browsers ----------------------------------------------------------------------------------


def test_a_browser_keeps_its_id_and_another_one_is_written_about(
    web: TestClient, database: sa.Connection, shop: Company
) -> None:
    email = shop.emails[Variant.BUSINESS_OWNER]

    def pick_up() -> None:
        ticket = try_password(email, nonce=NONCE)
        assert isinstance(ticket, identity.Ticket)
        web.cookies.set(cookies.nonce_name(), NONCE)
        answer = web.get("/auth/session", params={"t": ticket.ticket}, follow_redirects=False)
        assert answer.status_code == 303
        given = next(v for v in answer.headers.get_list("set-cookie") if v.startswith(cookies.browser_name()))
        assert "httponly" in given.lower() and "max-age=34560000" in given.lower()
        web.cookies.clear()
        web.cookies.set(cookies.browser_name(), given.split("=", 1)[1].split(";")[0])

    web.cookies.clear()
    pick_up()
    pick_up()
    assert new_browsers() == 0
    web.cookies.clear()
    web.cookies.set(cookies.browser_name(), "made up by somebody")
    pick_up()
    assert new_browsers() == 1
    web.cookies.clear()


def new_browsers() -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.text("select count(*) from events where name = 'NewBrowserSeen'")).scalar_one())


def test_this_was_not_me_ends_the_sessions_and_leads_to_a_new_password(shop: Company) -> None:
    email = shop.emails[Variant.BUSINESS_OWNER]
    for browser_id in ("laptop", "elsewhere"):
        session_id = signed_in(email).sign_in_session_id
        assert session_id is not None
        thief: UUID = session_id
        run(Actor.system(), identity.note_browser, session_id=thief, browser=browser_id)
    deliver_new()
    with begin(Actor.system()) as work:
        facts: dict[str, Any] = work.session.scalars(sa.text("select facts from outgoing_emails where kind = 'new_sign_in'")).one()
    with browser({}) as at:
        at.query_params["token"] = notifications.token_in(facts)
        open_page(at, "pages/welcome/confirm.py")
        assert who_is(thief) is not None  # looking does nothing
        press(at, "It was not me: end all sessions")
        assert not at.exception
        assert [one.label for one in at.text_input if "password" in one.label.lower()]
    assert who_is(thief) is None
