"""The cookies of the web process and the tokens inside of two of them.

The *nonce* is given to every browser before it signs in, so that a sign-in ticket fits only the browser
that asked for it. The *session* cookie holds a signed token that names a server-side session; the row in
the database decides, the token only finds it. The *registration* cookie names what somebody began to register
in this browser, so that they go on where they left. The *browser* cookie holds a random id, so that somebody who signs
in from elsewhere is written to; it says nothing about who.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from starlette.responses import Response

from domain.identity import SESSION_LIFE
from domain.kernel.settings import settings

AUDIENCE = "wholesale-screens"
ALGORITHMS = ["HS256"]
NONCE_LIFE = timedelta(hours=1)


def session_name() -> str:
    """Browsers share cookies between the ports of one host, so a laptop's instances keep apart by name."""
    return "__Host-session" if settings().secure_cookies else f"session-{settings().port}"


def nonce_name() -> str:
    return "__Host-nonce" if settings().secure_cookies else f"nonce-{settings().port}"


def token(session_id: UUID, *, now: datetime) -> str:
    """A signed token for a session that was just picked up."""
    claims = {"sid": str(session_id), "aud": AUDIENCE, "iat": now, "exp": now + SESSION_LIFE}
    return jwt.encode(claims, _key(), algorithm=ALGORITHMS[0])


def session_of(token_text: str | None) -> UUID | None:
    """The session that a token names, or None for anything that is not ours, edited or too old."""
    if not token_text:
        return None
    try:
        claims = jwt.decode(
            token_text, _key(), algorithms=ALGORITHMS, audience=AUDIENCE, options={"require": ["exp", "aud", "sid"]}
        )
        return UUID(str(claims["sid"]))
    except (jwt.PyJWTError, ValueError):
        return None


# --- a browser that was here before ------------------------------------------------------------

BROWSER, BROWSER_LIFE = "wholesale-browser", timedelta(days=400)


def browser_name() -> str:
    return "__Host-browser" if settings().secure_cookies else f"browser-{settings().port}"


def browser_of(token_text: str | None) -> str:
    """The id that this browser carries; a fresh one when it has none, or one that is not ours, edited or too old."""
    claims = _decoded(token_text, BROWSER)
    return str(claims["rid"]) if claims else secrets.token_urlsafe(24)


def give_browser(response: Response, browser: str, *, now: datetime) -> None:
    """Let this browser keep its id, from now on for another four hundred days."""
    token_text = jwt.encode(_claims({"rid": browser}, BROWSER, now, BROWSER_LIFE), _key(), algorithm=ALGORITHMS[0])
    _give(response, browser_name(), token_text, BROWSER_LIFE)


# --- a registration that was begun in this browser ---------------------------------------------

REGISTRATION, REGISTRATION_PASS = "wholesale-registration", "wholesale-registration-pass"
REGISTRATION_LIFE, PASS_LIFE = timedelta(days=30), timedelta(minutes=1)


def registration_name() -> str:
    return "__Host-registration" if settings().secure_cookies else f"registration-{settings().port}"


def registration_pass(registration_id: UUID, nonce: str, *, now: datetime) -> str:
    """What a screen hands to the route that sets the cookie: for a minute, and for the browser with this nonce."""
    claims = {"rid": str(registration_id), "nonce": _digest(nonce)}
    return jwt.encode(_claims(claims, REGISTRATION_PASS, now, PASS_LIFE), _key(), algorithm=ALGORITHMS[0])


def registration_in_pass(token_text: str, nonce: str | None) -> UUID | None:
    """The registration of a pass that was made for this browser; None for anything else."""
    claims = _decoded(token_text, REGISTRATION_PASS)
    if claims is None or not nonce or not secrets.compare_digest(str(claims.get("nonce")), _digest(nonce)):
        return None
    return UUID(str(claims["rid"]))


def registration_of(token_text: str | None) -> UUID | None:
    """The registration that a browser's cookie names, or None for anything that is not ours, edited or too old."""
    claims = _decoded(token_text, REGISTRATION)
    return UUID(str(claims["rid"])) if claims else None


def registration_token(registration_id: UUID, *, now: datetime) -> str:
    claims = {"rid": str(registration_id)}
    return jwt.encode(_claims(claims, REGISTRATION, now, REGISTRATION_LIFE), _key(), algorithm=ALGORITHMS[0])


def give_registration(response: Response, registration_id: UUID, *, now: datetime) -> None:
    _give(response, registration_name(), registration_token(registration_id, now=now), REGISTRATION_LIFE)


def take_registration(response: Response) -> None:
    response.delete_cookie(
        registration_name(), path="/", secure=settings().secure_cookies, httponly=True, samesite="lax"
    )


def _claims(claims: dict[str, str], audience: str, now: datetime, life: timedelta) -> dict[str, object]:
    return {**claims, "aud": audience, "iat": now, "exp": now + life}


def _decoded(token_text: str | None, audience: str) -> dict[str, object] | None:
    if not token_text:
        return None
    try:
        return dict(
            jwt.decode(
                token_text, _key(), algorithms=ALGORITHMS, audience=audience, options={"require": ["exp", "aud", "rid"]}
            )
        )
    except jwt.PyJWTError:
        return None


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def give_nonce(response: Response) -> None:
    _give(response, nonce_name(), secrets.token_urlsafe(32), NONCE_LIFE)


def nonce_header() -> bytes:
    """A fresh nonce as the value of one Set-Cookie header, for a response that is not ours."""
    response = Response()
    give_nonce(response)
    return next(value for name, value in response.raw_headers if name == b"set-cookie")


def give_session(response: Response, session_id: UUID, *, now: datetime) -> None:
    _give(response, session_name(), token(session_id, now=now), SESSION_LIFE)


def take_session(response: Response) -> None:
    response.delete_cookie(session_name(), path="/", secure=settings().secure_cookies, httponly=True, samesite="lax")


def _give(response: Response, name: str, value: str, life: timedelta) -> None:
    response.set_cookie(
        name, value, max_age=int(life.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=settings().secure_cookies,
    )  # fmt: skip


def _key() -> str:
    return settings().secret_key.get_secret_value()
