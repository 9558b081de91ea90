"""The two cookies of the web process and the token inside one of them.

The *nonce* is given to every browser before it signs in, so that a sign-in ticket fits only the browser
that asked for it. The *session* cookie holds a signed token that names a server-side session; the row in
the database decides, the token only finds it.
"""

from __future__ import annotations

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
