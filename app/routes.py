"""The routes beside the screens: picking up and ending a session, health, figures for the operator."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app import cookies, plain
from app.health import Readiness, readiness
from domain import identity
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import begin, run

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def local_path(wanted: str | None) -> str:
    """A path of this site to go on to; anything that could lead elsewhere becomes the start page."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or "\\" in wanted:
        return "/"
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in wanted):
        return "/"
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and not parts.path.startswith(("/auth/", "/api/"))
    return wanted if is_ours else "/"


async def pick_up_session(request: Request) -> Response:
    """Turn a ticket into the session cookie, once, for the browser that asked, and go on to `next`."""
    ticket, nonce = request.query_params.get("t", ""), request.cookies.get(cookies.nonce_name(), "")
    try:
        session_id = await run_in_threadpool(run, Actor.system(), identity.redeem_ticket, ticket=ticket, nonce=nonce)
    except NotFound:
        return plain.session_ended()
    now = await run_in_threadpool(_now)
    answer = RedirectResponse(local_path(request.query_params.get("next")), 303, {"Cache-Control": "no-store"})
    cookies.give_session(answer, session_id, now=now)
    answer.delete_cookie(cookies.nonce_name(), path="/")
    return answer


async def sign_out(request: Request) -> Response:
    """End the session. POST from our own pages only, so that no link or foreign form signs anybody out."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return plain.not_allowed("Please sign out from the menu of the product.")
    session_id = cookies.session_of(request.cookies.get(cookies.session_name()))
    if session_id is not None:
        await run_in_threadpool(run, Actor.system(), identity.sign_out, session_id=session_id)
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    cookies.take_session(answer)
    return answer


async def give_nonce(request: Request) -> Response:
    """Give this browser a fresh nonce and send it back to where it came from."""
    answer = RedirectResponse(local_path(request.query_params.get("next")), 303, {"Cache-Control": "no-store"})
    cookies.give_nonce(answer)
    return answer


async def no_such_door(request: Request) -> Response:
    return plain.not_found()


async def alive(request: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def ready(request: Request) -> Response:
    found = await run_in_threadpool(readiness)
    return JSONResponse({"status": found.value}, 200 if found is Readiness.READY else 503)


async def metrics(request: Request) -> Response:
    if request.client is None or request.client.host not in LOOPBACK:
        return PlainTextResponse("Not found", 404)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _now() -> datetime:
    with begin(Actor.system()) as work:
        return work.now


ROUTES = [
    Route("/auth/session", pick_up_session, methods=["GET"]),
    Route("/auth/nonce", give_nonce, methods=["GET"]),
    Route("/auth/sign-out", sign_out, methods=["POST"]),
    Route("/auth/{rest:path}", no_such_door, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
