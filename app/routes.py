"""The routes beside the screens: picking up and ending a session, health, figures for the operator."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app import cookies, oidc, plain, style, words
from app.health import Readiness, readiness
from domain import catalog, identity, notifications
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.media import VIDEO
from domain.kernel.settings import Unusable
from domain.kernel.work import begin, run

_log = logging.getLogger(__name__)

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
    browser = cookies.browser_of(request.cookies.get(cookies.browser_name()))
    try:
        session_id = await run_in_threadpool(run, Actor.system(), identity.redeem_ticket, ticket=ticket, nonce=nonce)
        await run_in_threadpool(run, Actor.system(), identity.note_browser, session_id=session_id, browser=browser)
    except NotFound:
        return plain.session_ended()
    now = await run_in_threadpool(_now)
    answer = RedirectResponse(local_path(request.query_params.get("next")), 303, {"Cache-Control": "no-store"})
    cookies.give_session(answer, session_id, now=now)
    cookies.give_browser(answer, browser, now=now)
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


async def keep_registration(request: Request) -> Response:
    """Let this browser go on with the registration that it has just begun, or drop the one that it had."""
    handed, nonce = request.query_params.get("t"), request.cookies.get(cookies.nonce_name())
    answer = RedirectResponse("/welcome-register", 303, {"Cache-Control": "no-store"})
    registration_id = cookies.registration_in_pass(handed, nonce) if handed else None
    if registration_id is not None:
        cookies.give_registration(answer, registration_id, now=await run_in_threadpool(_now))
    elif request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none"):
        cookies.take_registration(answer)
    return answer


async def begin_sign_on(request: Request) -> Response:
    """Send this browser to a provider, with a try that only this browser can end."""
    name, nonce = request.path_params["provider"], request.cookies.get(cookies.nonce_name(), "")
    if not nonce:
        return RedirectResponse("/", 303, {"Cache-Control": "no-store"})  # the sign-in page gives one
    try:
        provider = await run_in_threadpool(oidc.provider_named, name)
        try_id = await run_in_threadpool(
            run, Actor.system(), identity.begin_sign_on, provider=name, nonce=nonce,
            next_path=local_path(request.query_params.get("next")),
        )  # fmt: skip
        address = await oidc.address_to(provider, try_id)
    except NotFound:
        return plain.not_found()
    except oidc.Unreachable as problem:
        _log.warning("sign-on at %s: %s", name, problem)
        return plain.sign_on_down()
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


async def end_sign_on(request: Request) -> Response:
    """What a provider sends a browser back to: the try ends, and whoever is known here goes on signed in."""
    name, nonce = request.path_params["provider"], request.cookies.get(cookies.nonce_name(), "")
    query = request.query_params
    try:
        ended = await run_in_threadpool(
            run, Actor.system(), identity.end_sign_on, state=query.get("state", ""), nonce=nonce
        )
        provider = await run_in_threadpool(oidc.provider_named, name)
    except NotFound:
        return plain.sign_on_ended()
    problem = "another provider" if ended.facts["provider"] != name else oidc.sees(query, provider)
    if problem is not None:
        _log.warning("sign-on at %s: %s", name, problem)
        return plain.sign_on_ended()
    try:
        vouched = await oidc.vouched(provider, ended.link_id, query["code"])
        answer = await run_in_threadpool(
            run, Actor.system(), identity.sign_in_by_provider, vouched=vouched, nonce=nonce,
            user_agent=request.headers.get("user-agent", ""),
        )  # fmt: skip
    except oidc.Untrusted as problem:
        _log.warning("sign-on at %s: %s", name, problem)
        return plain.sign_on_ended()
    except oidc.Unreachable as problem:
        _log.warning("sign-on at %s: %s", name, problem)
        return plain.sign_on_down()
    except NotFound:  # the provider was closed meanwhile
        return plain.sign_on_ended()
    if answer.refused is not None:
        return plain.not_known(answer.refused)
    wanted = local_path(ended.facts.get("next"))
    if answer.ticket is None:  # the screen asks for the second factor of whom this browser has half signed in
        return RedirectResponse(wanted, 303, {"Cache-Control": "no-store"})
    on = urlencode({"t": answer.ticket.ticket, "next": wanted})
    return RedirectResponse(f"/auth/session?{on}", 303, {"Cache-Control": "no-store"})


async def give_nonce(request: Request) -> Response:
    """Give this browser a fresh nonce and send it back to where it came from."""
    answer = RedirectResponse(local_path(request.query_params.get("next")), 303, {"Cache-Control": "no-store"})
    cookies.give_nonce(answer)
    return answer


async def unsubscribe(request: Request) -> Response:
    """The link at the end of a letter: it asks first, since mail scanners open links; its button, and a mail
    program's own, say it in one click (RFC 8058).
    """
    token = request.query_params.get("t", "")
    if request.method == "GET":
        return plain.ask_to_unsubscribe(token)
    try:
        topic = await run_in_threadpool(run, Actor.system(), notifications.unsubscribe, token=token)
    except DomainError:
        return plain.not_found()
    return plain.unsubscribed(words.topic(topic)[0])


async def no_such_door(request: Request) -> Response:
    return plain.not_found()


async def give_style(_: Request) -> Response:
    """How the screens look; a browser keeps it for ten minutes."""
    return Response(style.stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=600"})


async def give_film(request: Request) -> Response:
    """A film of a product, or the part that a player asks for, straight from the disk to whoever may see it."""
    session_id = cookies.session_of(request.cookies.get(cookies.session_name()))
    try:
        place = await run_in_threadpool(_film, session_id, request.path_params["film"]) if session_id else None
    except (OperationalError, InterfaceError, TimeoutError, Unusable):
        return plain.database_down()
    if place is None:
        return plain.not_found()
    return FileResponse(place, media_type=VIDEO, headers={"Cache-Control": "private, max-age=600"})


def _film(session_id: UUID, film: str) -> Path | None:
    with begin(Actor.system()) as work:
        who = identity.seen_as(work, session_id=session_id)
    if who is None:
        return None
    try:
        with begin(who[1]) as work:
            place = catalog.film_of(work, file_id=UUID(film))
    except (DomainError, ValueError):
        return None
    return place if place.is_file() else None


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
    Route("/auth/registration", keep_registration, methods=["GET"]),
    Route("/auth/sign-out", sign_out, methods=["POST"]),
    Route("/auth/oidc/{provider}", begin_sign_on, methods=["GET"]),
    Route("/auth/oidc/{provider}/callback", end_sign_on, methods=["GET"]),
    Route("/auth/unsubscribe", unsubscribe, methods=["GET", "POST"]),
    Route("/auth/{rest:path}", no_such_door, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    Route("/style.css", give_style, methods=["GET"]),
    Route("/film/{film}", give_film, methods=["GET"]),
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
