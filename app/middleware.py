"""What stands before every HTTP request: closed doors, plain pages while we cannot serve, security headers."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import cookies, measures, narrow, plain
from app.health import Readiness, readiness
from app.navigation import URLS
from domain import identity
from domain.kernel.actor import Actor
from domain.kernel.settings import settings
from domain.kernel.work import begin

# Streamlit compiles parts of its pages in the browser, hence the two "unsafe" words for scripts.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
CLOSED = ("/_stcore/metrics", "/_stcore/agent/")
OURS = ("/auth/", "/api/", "/app/static/", "/static/", "/_stcore/", "/media/", "/component/", "/film/")
UPLOADS = "/_stcore/upload_file/"
# Uploads are held in memory, so who is not signed in gets no room for the past of a company.
VISITORS_LARGEST_BYTES = 20 * 1024 * 1024
PLAIN_FILES = frozenset(
    {"/style.css", "/healthz", "/readyz", "/metrics", "/favicon.ico", "/favicon.png", "/manifest.json", "/api"}
)


class Doorway:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)
        is_screen = scope["method"] in ("GET", "HEAD") and path not in PLAIN_FILES and not path.startswith(OURS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, headers, gives_nonce=is_screen)
                measures.requests.labels(scope["method"], str(message["status"])).inc()
            await send(message)

        answer = await _too_large(scope["method"], path, headers) or await _instead(path, is_screen)
        await (answer or self._app)(scope, receive, send_with_headers)


async def _too_large(method: str, path: str, headers: Headers) -> Response | None:
    """A refusal for a large upload of somebody whose session does not live."""
    if method != "PUT" or not path.startswith(UPLOADS):
        return None
    # What comes in chunks may be of any length, whatever the other header says.
    length = "" if "transfer-encoding" in headers else headers.get("content-length", "")
    if length.isdecimal() and int(length) <= VISITORS_LARGEST_BYTES:
        return None
    is_signed_in = await run_in_threadpool(_is_signed_in, headers)
    return None if is_signed_in else PlainTextResponse("File too large", 413)


def _is_signed_in(headers: Headers) -> bool:
    session_id = cookies.session_of(cookie_parser(headers.get("cookie", "")).get(cookies.session_name()))
    if session_id is None:
        return False
    with begin(Actor.system()) as work:
        return identity.whose_session(work, session_id=session_id) is not None


async def _instead(path: str, is_screen: bool) -> Response | None:
    """The answer that we give ourselves, if any."""
    if path.startswith(CLOSED):
        return PlainTextResponse("Not found", 404)
    if not is_screen:
        return None
    if path.strip("/") not in URLS and path != "/" and path != "/index.html":
        return plain.not_found()
    match await run_in_threadpool(readiness):
        case Readiness.DATABASE_DOWN:
            return plain.database_down()
        case Readiness.UPDATING:
            return plain.maintenance()
        case _:
            return None


def _add_headers(message: Message, request: Headers, *, gives_nonce: bool) -> None:
    headers = MutableHeaders(scope=message)
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if settings().secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if gives_nonce and message["status"] == 200 and not _has_cookie(request, cookies.nonce_name()):
        # Cookies are fixed when the page's websocket opens, so the nonce must come with the page itself.
        headers.append("Set-Cookie", cookies.nonce_header().decode())
    if gives_nonce and message["status"] == 200:
        headers["Accept-CH"] = headers["Critical-CH"] = narrow.WIDTH
        if cookie := narrow.cookie_to_set(request):
            headers.append("Set-Cookie", cookie)


def _has_cookie(request: Headers, name: str) -> bool:
    return name in cookie_parser(request.get("cookie", ""))
