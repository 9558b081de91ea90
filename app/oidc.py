"""Speaking to the providers of sign-on: OpenID Connect, authorisation code with PKCE (S256), state and nonce.

Authlib sends people there and redeems their codes, joserfc checks the signed token that comes back. What a provider
says of somebody is believed only when the token is signed by its own key with an algorithm of ours, was made for us
and for this very try, and is fresh. Who that is here is the domain's business (`identity.sign_in_by_provider`).
"""

from __future__ import annotations

import ipaddress
import socket
import time
import warnings
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.concurrency import run_in_threadpool

from domain import identity
from domain.identity import Vouched
from domain.kernel.actor import Actor
from domain.kernel.settings import settings
from domain.kernel.work import begin

with warnings.catch_warnings():  # it announces what it will import in its next version
    import authlib.deprecate  # noqa: F401  (it turns its own announcements on, so it comes first)

    warnings.simplefilter("ignore")
    from authlib.common.errors import AuthlibBaseError
    from authlib.integrations.httpx_client import AsyncOAuth2Client

# Signed by a key of the provider's: "none" and a shared secret are not among them, whatever a provider offers.
ALGORITHMS = ["RS256", "ES256", "PS256"]
SCOPE = "openid email"
LEEWAY_S = 60
TOKEN_AGE_S = 600
_KEPT_S = 600
_TIMEOUT = httpx.Timeout(8.0)
_LARGEST_BYTES = 256 * 1024
_FIELDS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Untrusted(Exception):
    """What came back is not what a provider of ours says; the word is for the log, not for people."""


class Unreachable(Exception):
    """The provider does not answer, or not as one."""


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    is_company: bool = False


# What a provider says about itself and its keys, by issuer: (when it was read, document, keys).
_known: dict[str, tuple[float, dict[str, Any], KeySet]] = {}


def provider_named(name: str) -> Provider:
    """The provider of the installation or of a company. Raises `NotFound`."""
    known = settings().sign_on_providers.get(name)
    if known is not None:
        secret = known.client_secret.get_secret_value()
        return Provider(name, known.label, known.issuer.rstrip("/"), known.client_id, secret)
    with begin(Actor.system()) as work:
        access = identity.company_access(work, provider=name)
    return Provider(name, "your company", access.issuer, access.client_id, access.client_secret, is_company=True)


def callback_address(name: str) -> str:
    """Where a provider sends people back to; it has to be told so beforehand."""
    return f"{settings().public_url}/auth/oidc/{name}/callback"


async def address_to(provider: Provider, try_id: UUID) -> str:
    """Where a browser goes to begin a try. Raises `Unreachable`."""
    document, _ = await _about(provider)
    async with _client(provider) as client:
        address, _ = client.create_authorization_url(
            document["authorization_endpoint"], state=identity.token_of(try_id), nonce=identity.sign_on_nonce(try_id),
            code_verifier=identity.sign_on_verifier(try_id),
        )  # fmt: skip
    return str(address)


async def vouched(provider: Provider, try_id: UUID, code: str) -> Vouched:
    """Redeem the code of a try and say whom the provider vouches for.

    Raises `Untrusted` for a token that is not signed for us and this try, `Unreachable` when there is none.
    """
    document, _ = await _about(provider)
    async with _client(provider) as client:
        try:
            token = await client.fetch_token(
                document["token_endpoint"], code=code, code_verifier=identity.sign_on_verifier(try_id),
                grant_type="authorization_code",
            )  # fmt: skip
        except AuthlibBaseError as refusal:
            raise Untrusted(f"code refused: {refusal.error}") from None
        except (httpx.HTTPError, ValueError) as problem:
            raise Unreachable(type(problem).__name__) from None
        claims = await _checked(provider, str(token.get("id_token") or ""), identity.sign_on_nonce(try_id))
        if "email" not in claims and "userinfo_endpoint" in document:
            more = await _json(client, document["userinfo_endpoint"])
            if more.get("sub") != claims["sub"]:
                raise Untrusted("the account page is somebody else's")
            claims = {**more, **claims}
    return Vouched(
        provider=provider.name, subject=claims["sub"], email=str(claims.get("email") or ""),
        email_verified=claims.get("email_verified") in (True, "true"),
    )  # fmt: skip


async def _checked(provider: Provider, id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of a token, if it is the provider's, for us, of this try and fresh."""
    document, keys = await _about(provider)
    try:
        try:
            token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have taken a new key since we asked; one more look, not on every forged token.
            _, keys = await _about(provider, at_most_s=30)
            token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S, iss={"essential": True, "value": document["issuer"]},
            aud={"essential": True, "value": provider.client_id}, exp={"essential": True}, iat={"essential": True},
            sub={"essential": True}, nonce={"essential": True, "value": nonce},
        ).validate(token.claims)  # fmt: skip
    except (JoseError, ValueError, TypeError) as problem:
        raise Untrusted(f"token refused: {type(problem).__name__}") from None
    claims = dict(token.claims)
    others = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(others) > 1 and claims.get("azp") != provider.client_id:
        raise Untrusted("the token is for several, and not from us")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise Untrusted("the token names nobody")
    if claims["iat"] < time.time() - TOKEN_AGE_S:
        raise Untrusted("the token is old")
    return claims


# --- what a provider says about itself ---------------------------------------------------------


async def _about(provider: Provider, *, at_most_s: float = _KEPT_S) -> tuple[dict[str, Any], KeySet]:
    """The provider's discovery document and its keys, kept for a while. Raises `Unreachable`."""
    at, document, keys = _known.get(provider.issuer, (-_KEPT_S, {}, KeySet([])))
    if time.monotonic() - at < at_most_s and document:
        return document, keys
    async with _client(provider) as client:
        document = await _json(client, f"{provider.issuer}/.well-known/openid-configuration")
        if str(document.get("issuer")).rstrip("/") != provider.issuer:
            raise Unreachable("it says that it is another")
        if not all(isinstance(document.get(name), str) for name in _FIELDS):
            raise Unreachable("its document lacks an address")
        for name in _FIELDS:
            await _let_through(provider, document[name])
        try:
            keys = KeySet.import_key_set(await _json(client, document["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError):
            raise Unreachable("its keys cannot be read") from None
    _known[provider.issuer] = (time.monotonic(), document, keys)
    return document, keys


async def _json(client: Any, address: str) -> dict[str, Any]:
    try:
        has_token = client.token is not None
        answer = await client.request("GET", address, withhold_token=not has_token)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, AuthlibBaseError, ValueError) as problem:
        raise Unreachable(type(problem).__name__) from None
    if not isinstance(found, dict):
        raise Unreachable("it answers with something else")
    return found


class _UpTo(httpx.AsyncByteStream):
    """The bytes of an answer, of which there are no more than a provider has to say.

    A company names its own provider, and one that sends without end would fill the memory of everybody's process.
    """

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for piece in self._answer.aiter_raw():
            taken += len(piece)
            if taken > _LARGEST_BYTES:
                raise httpx.ReadError("it says too much")
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Brief(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if "content-encoding" in answer.headers:  # nobody asked for what swells when it is unpacked
            await answer.aclose()
            raise httpx.ReadError("it is packed")
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=_UpTo(answer), extensions=answer.extensions
        )


def _client(provider: Provider) -> Any:
    async def look_at(request: httpx.Request) -> None:
        await _let_through(provider, str(request.url))

    # Redirects are not followed and the machine's proxies not asked: what is spoken to is what was looked at.
    return AsyncOAuth2Client(
        provider.client_id, provider.client_secret or None, scope=SCOPE, redirect_uri=callback_address(provider.name),
        code_challenge_method="S256", timeout=_TIMEOUT, follow_redirects=False, trust_env=False,
        token_endpoint_auth_method="client_secret_basic" if provider.client_secret else "none",
        event_hooks={"request": [look_at]}, transport=_Brief(), headers={"Accept-Encoding": "identity"},
    )  # fmt: skip


async def _let_through(provider: Provider, address: str) -> None:
    """Only TLS, and for an issuer that a company has named only the open internet.

    The installation's own providers may be anywhere, and without TLS on this machine outside of production.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https":
        is_local = parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1")
        if provider.is_company or not is_local or settings().environment == "production":
            raise Unreachable("it is not reached by TLS")
    if provider.is_company and not await run_in_threadpool(_is_public, host):
        raise Unreachable("it is not on the open internet")


def _is_public(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)


def forget() -> None:
    """Forget what providers have said about themselves."""
    _known.clear()


def sees(query: Mapping[str, str], provider: Provider) -> str | None:
    """A word for what is wrong with the way back, before anything is redeemed (RFC 6749 4.1.2.1, RFC 9207)."""
    if query.get("iss", provider.issuer).rstrip("/") != provider.issuer:
        return "another issuer"
    if "error" in query:
        return "refused there"
    return None if query.get("code") else "no code"
