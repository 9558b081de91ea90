"""The doors of the provider: what it says of itself, its keys, the chooser, the code for tokens, the account page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import unquote, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CODE_LIFE_S, TOKEN_LIFE_S = 60, 300
_ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge",
          "code_challenge_method")  # fmt: skip

Signer = Callable[[dict[str, Any], RSAKey], str]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign on here."""

    subject: str
    email: str
    name: str
    email_verified: bool = True


@dataclass(frozen=True, slots=True)
class Client:
    """Who may ask: a product with a secret and the addresses to which it wants people back."""

    client_id: str
    client_secret: str
    redirect_uris: frozenset[str]


@dataclass(slots=True)
class _Grant:
    """A code that was handed out, and what it is worth."""

    account: Account
    asked: dict[str, str]
    until: float


def signed(claims: dict[str, Any], key: RSAKey) -> str:
    return jwt.encode({"alg": "RS256", "kid": str(key.kid)}, claims, key)


class _Refused(Exception):
    pass


class _Provider:
    def __init__(self, issuer: str, client: Client, accounts: Callable[[], list[Account]], sign: Signer) -> None:
        self._issuer = issuer
        self._client = client
        self._accounts = accounts
        self._sign = sign
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"})
        self._grants: dict[str, _Grant] = {}
        self._tokens: dict[str, tuple[Account, float]] = {}

    # --- what it says of itself ----------------------------------------------------------------

    async def document(self, _: Request) -> Response:
        at = self._issuer
        return JSONResponse(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "userinfo_endpoint": f"{at}/userinfo",
                "jwks_uri": f"{at}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self._key]).as_dict(private=False))

    # --- the chooser ---------------------------------------------------------------------------

    async def authorize(self, request: Request) -> Response:
        """Show who there is to choose from; a choice goes back with a code."""
        given: Mapping[str, Any] = request.query_params if request.method == "GET" else await request.form()
        asked = {name: str(given.get(name, "")) for name in _ASKED}
        try:
            self._look_at(asked)
        except _Refused as problem:  # never sent on: who asks may not be who they say
            return HTMLResponse(_page("This request cannot be answered", f"<p>{escape(str(problem))}</p>"), 400)
        if request.method == "GET":
            return HTMLResponse(self._chooser(asked))
        account = next((one for one in self._accounts() if one.subject == given.get("account")), None)
        if account is None:
            return self._back(asked, {"error": "access_denied"})
        self._clear()
        code = secrets.token_urlsafe(24)
        self._grants[code] = _Grant(account, asked, time.monotonic() + CODE_LIFE_S)
        return self._back(asked, {"code": code})

    def _look_at(self, asked: dict[str, str]) -> None:
        if asked["client_id"] != self._client.client_id or asked["redirect_uri"] not in self._client.redirect_uris:
            raise _Refused("It comes from nobody that is known here.")
        if asked["response_type"] != "code" or "openid" not in asked["scope"].split():
            raise _Refused("Only the code flow of OpenID Connect is spoken here.")
        if asked["code_challenge_method"] != "S256" or len(asked["code_challenge"]) != 43:
            raise _Refused("PKCE with S256 is missing.")

    def _back(self, asked: dict[str, str], more: dict[str, str]) -> Response:
        query = urlencode({**more, "state": asked["state"], "iss": self._issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303, {"Cache-Control": "no-store"})

    def _chooser(self, asked: dict[str, str]) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
        )
        buttons = "".join(
            f'<button name="account" value="{escape(one.subject)}"><b>{escape(one.email)}</b>'
            f"<span>{escape(one.name)}</span></button>"
            for one in self._accounts()
        )
        nobody = "" if buttons else "<p>There is nobody yet: the demo is not in this database.</p>"
        cancel = '<button name="account" value="" class="quiet">Cancel</button>'
        return _page("Sign on as", f'<form method="post" action="/authorize">{hidden}{nobody}{buttons}{cancel}</form>')

    # --- code for tokens -----------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        form = await request.form()
        given = {name: str(value) for name, value in form.items()}
        if not self._is_client(request.headers.get("authorization", ""), given):
            return _refusal("invalid_client", 401)
        if given.get("grant_type") != "authorization_code":
            return _refusal("unsupported_grant_type")
        grant = self._grants.pop(given.get("code", ""), None)  # worth something once
        if grant is None or grant.until < time.monotonic():
            return _refusal("invalid_grant")
        challenge = _challenge(given.get("code_verifier", ""))
        if not hmac.compare_digest(challenge, grant.asked["code_challenge"]):
            return _refusal("invalid_grant")
        if given.get("redirect_uri") != grant.asked["redirect_uri"]:
            return _refusal("invalid_grant")
        now, account, access = int(time.time()), grant.account, secrets.token_urlsafe(24)
        self._tokens[access] = (account, time.monotonic() + TOKEN_LIFE_S)
        claims = {
            "iss": self._issuer,
            "sub": account.subject,
            "aud": self._client.client_id,
            "iat": now,
            "exp": now + TOKEN_LIFE_S,
            "email": account.email,
            "email_verified": account.email_verified,
            **({"nonce": grant.asked["nonce"]} if grant.asked["nonce"] else {}),
        }
        answer = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE_S,
            "scope": grant.asked["scope"],
            "id_token": self._sign(claims, self._key),
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    def _is_client(self, header: str, given: dict[str, str]) -> bool:
        name, secret = given.get("client_id", ""), given.get("client_secret", "")
        if header.lower().startswith("basic "):
            try:
                name, _, secret = map(unquote, base64.b64decode(header[6:]).decode().partition(":"))
            except ValueError:
                return False
        return name == self._client.client_id and hmac.compare_digest(
            secret.encode(), self._client.client_secret.encode()
        )

    async def account(self, request: Request) -> Response:
        access = request.headers.get("authorization", "").removeprefix("Bearer ")
        account, until = self._tokens.get(access, (None, 0.0))
        if account is None or until < time.monotonic():
            return _refusal("invalid_token", 401)
        shown = {"sub": account.subject, "email": account.email, "email_verified": account.email_verified}
        return JSONResponse({**shown, "name": account.name})

    def _clear(self) -> None:
        now = time.monotonic()
        self._grants = {code: grant for code, grant in self._grants.items() if grant.until > now}
        self._tokens = {access: held for access, held in self._tokens.items() if held[1] > now}


def provider_app(
    issuer: str, client: Client, accounts: Callable[[], list[Account]], *, sign: Signer = signed
) -> Starlette:
    """The provider at an address. Tests pass a `sign` of their own, to see what comes of a token that is not right."""
    provider = _Provider(issuer, client, accounts, sign)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.document),
            Route("/jwks", provider.keys),
            Route("/authorize", provider.authorize, methods=["GET", "POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.account),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _refusal(word: str, status: int = 400) -> Response:
    return JSONResponse({"error": word}, status, headers={"Cache-Control": "no-store"})


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><p>The demo's sign-on, for development. It asks for no password.</p>"
        f"{body}</main></body></html>"
    )


_STYLE = """
:root { color-scheme: light dark; --ink: #0f172a; --soft: #475569; --ground: #f5f6fa; --card: #fff; --line: #e2e5ee }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e5e9f2; --soft: #a3aec2; --ground: #0b1120; --card: #111a2c; --line: #27324a } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 28px; width: 100%;
  max-width: 460px }
h1 { font-size: 21px; margin: 0 0 4px }
p { color: var(--soft); margin: 0 0 16px }
button { display: block; width: 100%; text-align: left; padding: 10px 14px; margin: 0 0 8px; border-radius: 8px;
  border: 1px solid var(--line); background: transparent; color: inherit; font: inherit; cursor: pointer }
button b { display: block; font-weight: 550; overflow-wrap: anywhere }
button span { color: var(--soft); font-size: 13px }
button:hover, button:focus-visible { border-color: #4f46e5; outline: 2px solid #818cf8; outline-offset: 1px }
button.quiet { text-align: center; border: 0; color: var(--soft); margin: 8px 0 0 }
"""
