"""Sign-on over real HTTP with the provider for development: who comes in, and every token that does not let in."""

import asyncio
import base64
import gzip
import hmac
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
import sqlalchemy as sa
import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text
from starlette.testclient import TestClient

from app import cookies, oidc
from app.oidc_provider import Account, Client, provider_app
from app.oidc_provider.__main__ import main
from app.oidc_provider.server import signed
from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.ids import new_id
from domain.kernel.settings import Unusable, settings
from domain.kernel.work import begin, run
from tests.app.signed_in import NONCE
from tests.make.market import PASSWORD, Company, company

SECRET = "the secret of the two, long enough for a key"
BACK = "/auth/oidc/here/callback"
Claims = dict[str, Any]


@dataclass
class Here:
    """The provider, and what a test makes of it."""

    issuer: str = ""
    accounts: list[Account] = field(default_factory=list)
    sign: Callable[[Claims, RSAKey], str] = signed


@pytest.fixture(scope="module")
def running() -> Iterator[Here]:
    here, port = Here(), _free_port()
    here.issuer = f"http://127.0.0.1:{port}"
    client = Client("wholesale", SECRET, frozenset({f"http://127.0.0.1:8501{BACK}"}))
    app = provider_app(here.issuer, client, lambda: here.accounts, sign=lambda claims, key: here.sign(claims, key))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield here
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def here(running: Here, database: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    running.sign, running.accounts = signed, []
    _know(monkeypatch, running.issuer)
    yield running
    oidc.forget()
    settings.cache_clear()


def _know(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    known = {"label": "the house", "issuer": issuer, "client_id": "wholesale", "client_secret": SECRET}
    monkeypatch.setenv("WHOLESALE_SIGN_ON", json.dumps({"here": known}))
    settings.cache_clear()
    oidc.forget()


@pytest.fixture
def client(web: TestClient, here: Here) -> TestClient:
    web.cookies.clear()
    web.cookies.set(cookies.nonce_name(), NONCE)
    return web


@pytest.fixture
def shop(here: Here) -> Company:
    made = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)
    here.accounts = [
        Account("known", email_of(made), "The owner"),
        Account("unverified", email_of(made), "Says so", email_verified=False),
        Account("stranger", "stranger@nowhere.example", "A stranger"),
    ]
    return made


def email_of(shop: Company) -> str:
    return shop.emails[Variant.BUSINESS_OWNER]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(client: TestClient) -> dict[str, str]:
    """What the browser carries to the provider."""
    answer = client.get("/auth/oidc/here", params={"next": "/retailer-orders?purchases-state=To+pay"})
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def chosen(here: Here, query: dict[str, str], account: str = "known") -> str:
    """The way back from the provider, as a path with its query."""
    answer = httpx.post(f"{here.issuer}/authorize", data={**query, "account": account}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    assert parts.path == BACK
    return f"{parts.path}?{parts.query}"


def come_back(client: TestClient, here: Here, account: str = "known") -> httpx.Response:
    return client.get(chosen(here, asked(client), account))


def sessions() -> int:
    with begin(Actor.system()) as work:
        return int(work.session.scalar(text("select count(*) from sign_in_sessions")) or 0)


# --- who comes in ------------------------------------------------------------------------------


def test_somebody_known_comes_in_and_is_the_same_person_as_by_password(
    client: TestClient, here: Here, shop: Company
) -> None:
    answer = come_back(client, here)
    assert answer.status_code == 303
    picked = client.get(answer.headers["location"])
    assert picked.headers["location"] == "/retailer-orders?purchases-state=To+pay"
    session_id = cookies.session_of(client.cookies.get(cookies.session_name()))
    assert session_id is not None
    with begin(Actor.system()) as work:
        found = identity.whose_session(work, session_id=session_id)
        [method] = work.session.scalars(text("select method from sign_in_sessions"))
    assert found is not None and found[0].person_id == shop.owner.user_id and method == "sign_on"


def test_what_the_browser_carries_holds_pkce_state_and_nonce(client: TestClient, here: Here, shop: Company) -> None:
    first, second = asked(client), asked(client)
    for query in (first, second):
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256"
        assert query["scope"].split() == ["openid", "email"]
        assert len(query["code_challenge"]) == 43 and len(query["nonce"]) == 64
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


def test_a_second_factor_is_still_asked_for(client: TestClient, here: Here, shop: Company) -> None:
    secret = run(shop.owner, identity.start_factor, password=PASSWORD).secret
    with begin(Actor.system()) as work:
        code = pyotp.TOTP(secret).at(work.now)
    run(shop.owner, identity.confirm_factor, code=code, address="home")
    answer = come_back(client, here)
    assert (answer.status_code, answer.headers["location"]) == (303, "/retailer-orders?purchases-state=To+pay")
    assert "set-cookie" not in answer.headers and sessions() == 0
    with begin(Actor.system()) as work:
        assert identity.awaits_code(work, nonce=NONCE)


@pytest.mark.parametrize(("account", "says"), [("stranger", "invite you"), ("unverified", "has not checked")])
def test_an_unknown_subject_and_an_unverified_address_are_refused(
    client: TestClient, here: Here, shop: Company, account: str, says: str
) -> None:
    answer = come_back(client, here, account)
    assert answer.status_code == 403 and says in answer.text
    assert "set-cookie" not in answer.headers and sessions() == 0


def test_who_changes_their_mind_there_is_told_so_here(client: TestClient, here: Here, shop: Company) -> None:
    assert come_back(client, here, account="").status_code == 400
    assert sessions() == 0


# --- the way back ------------------------------------------------------------------------------


def test_a_wrong_used_or_foreign_state_is_refused(client: TestClient, here: Here, shop: Company) -> None:
    way = chosen(here, asked(client))
    state = parse_qs(urlsplit(way).query)["state"][0]
    forged = identity.token_of(new_id())
    for wrong in (way.replace(state, forged), way.replace(state, ""), way.replace(state, state[:-1])):
        assert client.get(wrong).status_code == 400
    client.cookies.set(cookies.nonce_name(), "another browser")
    assert client.get(way).status_code == 400
    client.cookies.clear()
    assert client.get(way).status_code == 400
    assert sessions() == 0
    client.cookies.set(cookies.nonce_name(), NONCE)
    assert client.get(way).status_code == 303  # none of that used the good one up
    assert client.get(way).status_code == 400  # and it works once


def test_a_code_of_another_try_is_refused_by_its_verifier(client: TestClient, here: Here, shop: Company) -> None:
    """Somebody slips their own code into the way back of another (PKCE)."""
    theirs = parse_qs(urlsplit(chosen(here, asked(client))).query)["code"][0]
    way = chosen(here, asked(client))
    mine = parse_qs(urlsplit(way).query)["code"][0]
    assert client.get(way.replace(mine, theirs)).status_code == 400
    assert sessions() == 0


def test_another_issuer_s_answer_is_refused(client: TestClient, here: Here, shop: Company) -> None:
    way = chosen(here, asked(client))
    assert client.get(f"{way.partition('&iss=')[0]}&iss=https://evil.example").status_code == 400
    assert sessions() == 0


# --- the token ---------------------------------------------------------------------------------


def claiming(**other: Any) -> Callable[[Claims, RSAKey], str]:
    return lambda claims, key: signed({k: v for k, v in {**claims, **other}.items() if v is not None}, key)


def without_signature(claims: Claims, _: RSAKey) -> str:
    def part(value: Any) -> str:
        return _base64(json.dumps(value).encode())

    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_shared_secret(claims: Claims, _: RSAKey) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def by_public_key(claims: Claims, key: RSAKey) -> str:
    # By hand, since the library refuses to be that careless.
    head, body = _base64(b'{"alg":"HS256"}'), _base64(json.dumps(claims).encode())
    made = hmac.digest(key.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{_base64(made)}"


def by_another_key(claims: Claims, key: RSAKey) -> str:
    return jwt.encode({"alg": "RS256", "kid": str(key.kid)}, claims, OTHER_KEY)


def changed_after_signing(claims: Claims, key: RSAKey) -> str:
    head, _, signature = signed(claims, key).split(".")
    return ".".join((head, _base64(json.dumps({**claims, "sub": "somebody else"}).encode()), signature))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


OTHER_KEY = RSAKey.generate_key(2048)
NOT_OURS: dict[str, Callable[[Claims, RSAKey], str]] = {
    "alg none": without_signature,
    "signed with the shared secret": by_shared_secret,
    "signed with the public key as a secret": by_public_key,
    "another key": by_another_key,
    "changed after signing": changed_after_signing,
    "another nonce": claiming(nonce="0" * 64),
    "no nonce": claiming(nonce=None),
    "another audience": claiming(aud="somebody else"),
    "several audiences, from another": claiming(aud=["wholesale", "other"], azp="other"),
    "no audience": claiming(aud=None),
    "another issuer": claiming(iss="https://evil.example"),
    "expired": claiming(exp=int(time.time()) - 3600, iat=int(time.time()) - 60),
    "no expiry": claiming(exp=None),
    "issued long ago": claiming(iat=int(time.time()) - 7200, exp=int(time.time()) + 36000),
    "nobody": claiming(sub=None),
    "an empty subject": claiming(sub=""),
    "no token": lambda claims, key: "",
    "rubbish": lambda claims, key: secrets.token_urlsafe(40),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_a_token_that_is_not_for_us_lets_nobody_in(client: TestClient, here: Here, shop: Company, what: str) -> None:
    here.sign = NOT_OURS[what]
    answer = come_back(client, here)
    assert answer.status_code == 400, answer.text
    assert "set-cookie" not in answer.headers and sessions() == 0


def test_several_audiences_are_fine_when_it_was_us_who_asked(client: TestClient, here: Here, shop: Company) -> None:
    here.sign = claiming(aud=["wholesale", "other"], azp="wholesale")
    assert come_back(client, here).status_code == 303


def test_an_address_is_looked_up_on_the_account_page_when_the_token_has_none(
    client: TestClient, here: Here, shop: Company
) -> None:
    here.sign = claiming(email=None, email_verified=None)
    assert come_back(client, here).status_code == 303
    assert come_back(client, here, "unverified").status_code == 403


# --- the provider itself -----------------------------------------------------------------------


def test_the_provider_hands_out_nothing_without_pkce_and_to_nobody_else(
    client: TestClient, here: Here, shop: Company
) -> None:
    query = asked(client)
    foreign = {"redirect_uri": "https://evil.example/callback"}
    for wrong in ({"code_challenge": ""}, {"code_challenge_method": "plain"}, foreign, {"client_id": "x"}):
        answer = httpx.post(f"{here.issuer}/authorize", data={**query, **wrong, "account": "known"})
        assert answer.status_code == 400 and "location" not in answer.headers

    def redeem(code: str, **other: str) -> int:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": query["redirect_uri"], **other}
        return httpx.post(f"{here.issuer}/token", data=form, auth=("wholesale", SECRET)).status_code

    code = parse_qs(urlsplit(chosen(here, query)).query)["code"][0]
    assert redeem(code, code_verifier="x" * 43) == 400
    assert redeem(code, code_verifier="x" * 43) == 400  # and it is gone
    form = {"grant_type": "authorization_code", "code": code}
    assert httpx.post(f"{here.issuer}/token", data=form, auth=("wholesale", "wrong")).status_code == 401
    assert httpx.get(f"{here.issuer}/userinfo", headers={"Authorization": "Bearer x"}).status_code == 401
    assert httpx.get(f"{here.issuer}/jwks", headers={"Host": "evil.example"}).status_code == 400
    assert "d" not in httpx.get(f"{here.issuer}/jwks").json()["keys"][0]


def test_it_runs_in_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ("production", "test"):
        monkeypatch.setenv("WHOLESALE_ENVIRONMENT", environment)
        settings.cache_clear()
        assert not settings().has_own_sign_on and settings().sign_on_providers == {}
        with pytest.raises(Unusable):
            main()
    monkeypatch.setenv("WHOLESALE_ENVIRONMENT", "development")
    settings.cache_clear()
    assert list(settings().sign_on_providers) == ["local"]
    monkeypatch.undo()
    settings.cache_clear()


def test_a_provider_that_does_not_answer_is_said_so(
    client: TestClient, here: Here, shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _know(monkeypatch, f"http://127.0.0.1:{_free_port()}")
    answer = client.get("/auth/oidc/here")
    assert answer.status_code == 502 and "password" in answer.text
    assert client.get("/auth/oidc/nowhere").status_code == 404
    assert client.get("/auth/oidc/company:0b9f2a2c-8c1e-7d3e-9a40-1f6a3a1f0c11").status_code == 404


class _Endless(BaseHTTPRequestHandler):
    """Says "issuer" and then goes on and on, or packs as much into a few bytes."""

    sent = 0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if self.path.startswith("/packed"):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            if self.path.startswith("/packed"):
                self.wfile.write(gzip.compress(json.dumps({"issuer": "x" * 5_000_000}).encode()))
                return
            for _ in range(2_000):
                self.wfile.write(b" " * 65_536)
                _Endless.sent += 65_536
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("path", ["", "/packed"])
def test_a_provider_that_talks_without_end_is_not_listened_to(
    client: TestClient, here: Here, shop: Company, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Endless.sent = 0
    try:
        _know(monkeypatch, f"http://127.0.0.1:{server.server_port}{path}")
        assert client.get("/auth/oidc/here").status_code == 502
    finally:
        server.shutdown()
        server.server_close()
    assert _Endless.sent < 50_000_000  # of 131, the rest of it in the pipes between us


def test_companies_providers_are_reached_on_the_open_internet_only(
    database: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(issuer: str, *, is_company: bool) -> bool:
        provider = oidc.Provider("x", "x", issuer, "c", "", is_company=is_company)
        try:
            asyncio.run(oidc._let_through(provider, issuer))
        except oidc.Unreachable:
            return False
        return True

    inside = ("https://127.0.0.1", "https://[::1]", "https://10.0.0.8", "https://169.254.169.254", "https://localhost")
    assert not any(reached(one, is_company=True) for one in (*inside, "http://127.0.0.1", "http://203.0.113.1"))
    assert reached("https://8.8.8.8", is_company=True)
    assert reached("http://127.0.0.1:1", is_company=False) and not reached("http://id.example", is_company=False)
    monkeypatch.setenv("WHOLESALE_ENVIRONMENT", "production")
    settings.cache_clear()
    assert not reached("http://127.0.0.1:1", is_company=False)
    monkeypatch.undo()
    settings.cache_clear()
