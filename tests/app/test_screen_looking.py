"""The screens while somebody looks through other eyes: the banner everywhere, nothing done, and the way out."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app import activity, cookies, navigation
from app.api import api
from app.navigation import BY_URL
from domain import identity
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from tests.app.signed_in import browser, cookie_of, now, session_of, texts
from tests.app.test_screens import open_screen
from tests.make.market import Market, make_market

pytestmark = pytest.mark.usefixtures("database")
V = Variant
BANNER = "You are looking as"


@pytest.fixture
def market(database: Any) -> Market:
    return make_market(makers=1)


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def seen(session_id: UUID) -> tuple[identity.SignedIn, Actor]:
    with begin(Actor.system()) as work:
        found = identity.seen_as(work, session_id=session_id)
    assert found is not None
    return found


def count(statement: str) -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.text(statement)).scalar_one())


def test_an_owner_looks_as_a_colleague_on_every_screen_and_comes_back(market: Market) -> None:
    shop = market.retailer
    session_id = session_of(shop.emails[V.BUSINESS_OWNER])
    with browser(cookie_of(session_id)) as at:
        open_screen(at.run(), BY_URL["account-team"])
        assert BANNER not in texts(at)
        agent = shop.people[V.PURCHASING_AGENT].user_id
        at.button(key=f"view-as-{agent}").click().run()
        here = seen(session_id)
        assert here[0].person_id == agent and not at.exception
        screens = [screen for screen in navigation.SCREENS if screen.is_for(here) and screen.menu]
        assert {screen.url for screen in screens} < {
            screen.url for screen in navigation.SCREENS if shop.owner.permissions and screen.menu
        }
        events, noted = count("select count(*) from events"), activity.notebook._waiting.qsize()
        for screen in screens:
            open_screen(at, screen)
            assert not at.exception, screen.url
            said = texts(at)
            assert BANNER in said and "purchasing" in said.lower() and "Nothing can be changed" in said, screen.url
            assert {button.key for button in at.button} >= {"stop-looking"}, screen.url
            assert not at.get("download_button"), screen.url
        # A page that is not the colleague's is refused, and stands in nobody's log.
        open_screen(at, BY_URL["account-audit"])
        assert "not for your role" in texts(at) and BANNER in texts(at)
        assert (count("select count(*) from events"), activity.notebook._waiting.qsize()) == (events, noted)
        # What is the person's alone, and what would change something.
        open_screen(at, BY_URL["account-security"])
        assert "For this person alone" in texts(at)
        open_screen(at, BY_URL["account-notices"])
        at.button(key="stop-looking").click().run()
        assert not at.exception and BANNER not in texts(at)
        open_screen(at, BY_URL["account-team"])
        assert shop.emails[V.STORE_MANAGER] in texts(at).replace("\\", "") and seen(session_id)[0].looking is None


def test_a_button_that_changes_something_says_no(market: Market) -> None:
    maker, session_id = market.makers[0], session_of(market.makers[0].emails[V.FACTORY_OWNER])
    with browser(cookie_of(session_id)) as at:
        open_screen(at.run(), BY_URL["account-team"])
        at.button(key=f"view-as-{maker.people[V.FACTORY_MANAGER].user_id}").click().run()
        before = count("select count(*) from events")
        open_screen(at, BY_URL["account-team"])
        rep = maker.people[V.SALES_REPRESENTATIVE].user_id
        at.button(key=f"view-as-{rep}").click().run()
        assert "nothing can be changed" in texts(at)
        assert count("select count(*) from events") == before
        assert seen(session_id)[0].person_id == maker.people[V.FACTORY_MANAGER].user_id


def test_support_asks_the_member_allows_and_takes_it_back(market: Market) -> None:
    shop = market.retailer
    support = market.platform.people[V.SUPPORT]
    agent = shop.people[V.PURCHASING_AGENT]
    assert agent.user_id is not None
    consent = run(support, identity.ask_to_view, request_id=uuid4(), org_id=shop.org_id, person_id=agent.user_id,
                  reason="The basket looks wrong")  # fmt: skip
    theirs = cookie_of(session_of(shop.emails[V.PURCHASING_AGENT]))
    ours = cookie_of(session_id := session_of(market.platform.emails[V.SUPPORT]))
    with browser(theirs) as at:
        open_screen(at.run(), BY_URL["account-profile"])
        assert "The basket looks wrong" in texts(at)
        at.button(key=f"allow-{consent}").click().run()
        assert not at.exception and "Support may see what" in texts(at)
    with browser(ours) as at:
        open_screen(at.run(), BY_URL["admin-organization"], organization=shop.org_id)
        at.button(key=f"look-{consent}").click().run()
        assert not at.exception and BANNER in texts(at) and "with consent" in texts(at).lower()
        open_screen(at, BY_URL["retailer-products"])
        assert not at.exception and BANNER in texts(at)
        run(agent, identity.end_view_consent, consent_id=consent)
        at.run()  # the next drawing, whatever it draws
        assert not at.exception and BANNER not in texts(at)
        assert seen(session_id)[1].org_id == market.platform.org_id
        open_screen(at, BY_URL["admin-organization"], organization=shop.org_id)
        assert "The platform's support" not in texts(at) and "The basket looks wrong" in texts(at)
    with browser(theirs) as at:  # the member sees afterwards when it was
        open_screen(at.run(), BY_URL["account-profile"])
        assert "The platform's support" in texts(at) and not at.exception
    assert count("select count(*) from events where name = 'ScreenRefused'") == 0


def test_programs_of_the_same_session_change_nothing_either(market: Market) -> None:
    """The token of a session that looks is answered as the one looked at, who may read; and nothing is done."""
    shop, session_id = market.retailer, session_of(market.retailer.emails[V.BUSINESS_OWNER])
    program = TestClient(api(), raise_server_exceptions=False)
    program.headers["Authorization"] = f"Bearer {cookies.token(session_id, now=now())}"
    line = {"offer_id": str(market.makers[0].offers[0]), "quantity": 3}
    put = f"/v1/basket/{line['offer_id']}"
    assert program.put(put, json=line).status_code == 204  # with the owner's own eyes
    run(seen(session_id)[1], identity.view_as_colleague, person_id=shop.people[V.PURCHASING_AGENT].user_id)
    assert program.get("/v1/basket").json()["groups"] == []  # the agent's
    refused = program.put(put, json=line)
    assert (refused.status_code, "nothing can be changed" in refused.json()["detail"]) == (403, True)
    run(Actor.system(), identity.stop_viewing, session_id=session_id)
    assert len(program.get("/v1/basket").json()["groups"]) == 1
