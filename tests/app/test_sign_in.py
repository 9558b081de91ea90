"""The way in and out: tickets, the signed cookie, tries, redirects, headers."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import jwt
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app import asgi, cookies, routes
from app.health import Readiness
from app.navigation import SCREENS
from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.settings import Unusable, settings
from domain.kernel.work import begin, run
from tests.app.signed_in import NONCE, browser, cookie_of, now, session_of, texts
from tests.make.market import PASSWORD, Company, company


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)


@pytest.fixture
def client(web: TestClient, database: sa.Connection) -> TestClient:
    web.cookies.clear()
    return web


def ticket_for(shop: Company, nonce: str = NONCE) -> str:
    ticket = run(
        Actor.system(),
        identity.sign_in,
        email=shop.emails[Variant.BUSINESS_OWNER],
        password=PASSWORD,
        nonce=nonce,
        address="x",
    )
    assert ticket is not None
    return ticket.ticket


def pick_up(client: TestClient, ticket: str, *, nonce: str = NONCE, to: str = "/") -> httpx.Response:
    client.cookies.clear()
    client.cookies.set(cookies.nonce_name(), nonce)
    return client.get("/auth/session", params={"t": ticket, "next": to})


# --- the ticket ----------------------------------------------------------------------------------


def test_a_ticket_becomes_an_httponly_cookie_and_leads_on(client: TestClient, shop: Company) -> None:
    answer = pick_up(client, ticket_for(shop), to="/retailer-orders?purchases-state=To+pay")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/retailer-orders?purchases-state=To+pay"
    given = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(cookies.session_name()))
    assert "httponly" in given.lower() and "samesite=lax" in given.lower()
    session_id = cookies.session_of(given.split("=", 1)[1].split(";")[0])
    with begin(Actor.system()) as work:
        found = identity.whose_session(work, session_id=session_id) if session_id else None
    assert found is not None and found[0].org_name == "Corner Shop"


def test_a_ticket_works_once(client: TestClient, shop: Company) -> None:
    ticket = ticket_for(shop)
    assert pick_up(client, ticket).status_code == 303
    again = pick_up(client, ticket)
    assert again.status_code == 400
    assert "set-cookie" not in again.headers


def test_a_ticket_of_another_browser_is_refused(client: TestClient, shop: Company) -> None:
    assert pick_up(client, ticket_for(shop), nonce="another browser").status_code == 400


def test_a_session_is_nobody_s_before_its_ticket_is_picked_up(shop: Company) -> None:
    ticket = run(
        Actor.system(),
        identity.sign_in,
        email=shop.emails[Variant.BUSINESS_OWNER],
        password=PASSWORD,
        nonce=NONCE,
        address="x",
    )
    assert ticket is not None
    with begin(Actor.system()) as work:
        assert identity.whose_session(work, session_id=ticket.session_id) is None


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "evil",
        "/\t/evil.example",
        "/auth/sign-out",
        "",
    ],
)
def test_the_way_on_never_leaves_this_site(client: TestClient, shop: Company, to: str) -> None:
    assert pick_up(client, ticket_for(shop), to=to).headers["location"] == "/"
    assert routes.local_path(to) == "/"


# --- the token -----------------------------------------------------------------------------------


def claims(**changes: object) -> dict[str, object]:
    return {"sid": str(uuid4()), "aud": cookies.AUDIENCE, "exp": now() + timedelta(hours=1)} | changes


def signed(body: dict[str, object], *, key: str | None = None, algorithm: str = "HS256") -> str:
    return jwt.encode(body, settings().secret_key.get_secret_value() if key is None else key, algorithm=algorithm)


def test_a_proper_token_names_its_session(database: sa.Connection) -> None:
    session_id = uuid4()
    assert cookies.session_of(cookies.token(session_id, now=now())) == session_id


def edited() -> str:
    """A token of ours whose body somebody changed to name another session."""
    head, _, seal = signed(claims()).split(".")
    return f"{head}.{signed(claims()).split('.')[1]}.{seal}"


NOT_OURS: dict[str, Callable[[], str]] = {
    "alg none": lambda: signed(claims(), key="", algorithm="none"),
    "another algorithm": lambda: signed(claims(), algorithm="HS512"),
    "another key": lambda: signed(claims(), key="another key, long enough for HS256"),
    "expired": lambda: signed(claims(exp=now() - timedelta(seconds=1))),
    "another audience": lambda: signed(claims(aud="somewhere-else")),
    "no audience": lambda: signed({name: value for name, value in claims().items() if name != "aud"}),
    "no end": lambda: signed({name: value for name, value in claims().items() if name != "exp"}),
    "no session": lambda: signed({name: value for name, value in claims().items() if name != "sid"}),
    "a session that is no id": lambda: signed(claims(sid="1 or 1=1")),
    "edited": edited,
    "without its seal": lambda: signed(claims()).rpartition(".")[0] + ".",
    "nonsense": lambda: "nonsense",
    "empty": lambda: "",
}


@pytest.mark.parametrize("why", NOT_OURS)
def test_a_token_that_is_not_ours_names_nothing(database: sa.Connection, why: str) -> None:
    assert cookies.session_of(signed(claims())) is not None
    assert cookies.session_of(NOT_OURS[why]()) is None


def test_a_token_lives_no_longer_than_its_session(client: TestClient, shop: Company) -> None:
    """A good token of a session that was signed out opens nothing: the row decides."""
    session_id = session_of(shop.emails[Variant.BUSINESS_OWNER])
    held = cookie_of(session_id)
    run(Actor.system(), identity.sign_out, session_id=session_id)
    assert cookies.session_of(held[cookies.session_name()]) == session_id
    with browser(held) as at:
        at.run()
        assert shop.name not in texts(at) and "Your session has ended" in str([one.value for one in at.info])


# --- out -----------------------------------------------------------------------------------------


def test_sign_out_is_a_post_that_ends_the_session(client: TestClient, shop: Company) -> None:
    session_id = session_of(shop.emails[Variant.BUSINESS_OWNER])
    client.cookies.update(cookie_of(session_id))
    assert client.get("/auth/sign-out").status_code in (404, 405)
    assert client.post("/auth/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with begin(Actor.system()) as work:
        assert identity.whose_session(work, session_id=session_id) is not None
    answer = client.post("/auth/sign-out")
    assert answer.status_code == 303
    assert "session" in answer.headers["set-cookie"] and "max-age=0" in answer.headers["set-cookie"].lower()
    with begin(Actor.system()) as work:
        assert identity.whose_session(work, session_id=session_id) is None


# --- the form ------------------------------------------------------------------------------------


def test_a_wrong_password_does_not_say_what_was_wrong(shop: Company) -> None:
    said = set()
    for email, password in (
        (shop.emails[Variant.BUSINESS_OWNER], "a wrong password"),
        ("nobody@nowhere.example", PASSWORD),
    ):
        with browser({cookies.nonce_name(): NONCE}) as at:
            at.run()
            at.text_input[0].set_value(email)
            at.text_input[1].set_value(password)
            at.button[0].click().run()
            said.add(at.error[0].value)
    assert said == {"E-mail or password is not right. Please try again."}


def test_the_right_password_sends_the_browser_for_its_cookie(shop: Company) -> None:
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        at.text_input[0].set_value(shop.emails[Variant.BUSINESS_OWNER])
        at.text_input[1].set_value(PASSWORD)
        at.button[0].click().run()
        assert not at.error and not at.exception
        assert "/auth/session?t=" in str([element.proto for element in at.get("html")])


def test_too_many_tries_have_to_wait(shop: Company) -> None:
    with browser({cookies.nonce_name(): NONCE}) as at:
        at.run()
        for _ in range(6):
            at.text_input[0].set_value(shop.emails[Variant.BUSINESS_OWNER])
            at.text_input[1].set_value("a wrong password")
            at.button[0].click().run()
        assert at.error[0].value.startswith("Too many attempts")
        assert shop.name not in texts(at)


# --- around --------------------------------------------------------------------------------------


def test_answers_carry_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/healthz", "/api/health", "/no-such-page"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_page_gives_a_nonce_once(client: TestClient) -> None:
    first = client.get("/")
    assert first.status_code == 200
    assert first.headers["set-cookie"].startswith(cookies.nonce_name())
    client.cookies.set(cookies.nonce_name(), "held already")
    assert cookies.nonce_name() not in client.get("/").headers.get("set-cookie", "")


def test_health_and_closed_doors(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/api/health").json() == {"status": "ready"}
    assert client.get("/_stcore/metrics").status_code == 404
    assert client.get("/no-such-page").status_code == 404
    assert client.get("/metrics").status_code == 404  # the test's client is not on the loopback


def test_the_stylesheet_has_an_icon_for_every_screen_of_the_menu(client: TestClient) -> None:
    answer = client.get("/style.css")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    drawn = dict(re.findall(r'\[href\$="/([\w-]+)"\]::before \{ content: "(\w+)" / ""; \}', answer.text))
    assert drawn == {screen.url: screen.icon for screen in SCREENS if screen.menu} and len(drawn) > 30


@pytest.mark.parametrize("found", [Readiness.DATABASE_DOWN, Readiness.UPDATING])
def test_a_page_says_plainly_that_we_cannot_serve_and_tries_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, found: Readiness
) -> None:
    monkeypatch.setattr("app.middleware.readiness", lambda: found)
    answer = client.get("/retailer-orders")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "http-equiv" in answer.text and "streamlit" not in answer.text.lower()
    assert client.get("/healthz").status_code == 200


def test_loosened_options_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asgi.check_options()
    real = asgi.config.get_option
    for name, value in (("server.enableXsrfProtection", False), ("client.showErrorDetails", "full")):
        with monkeypatch.context() as patched, pytest.raises(Unusable, match=name):
            patched.setattr(asgi.config, "get_option", lambda asked, n=name, v=value: v if asked == n else real(asked))
            asgi.check_options()
