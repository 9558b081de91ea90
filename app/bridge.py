"""The only door from the screens to the domain: `perform` a command, `ask` a question.

What the domain refuses becomes a sentence at the top of the screen; anything else that goes wrong is
written into the log under a reference number, and the person is shown that number and nothing else.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

import streamlit as st
from sqlalchemy.exc import DBAPIError, StatementError

from app import measures, sign_in
from domain import identity
from domain.kernel import database
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import RequestReused, Work, begin, run

F = ParamSpec("F")
A = TypeVar("A")

_log = logging.getLogger("screens")


def perform(
    command: Callable[..., A],
    /,
    *,
    done: str | None = None,
    request: str | None = None,
    then: Callable[[A], None] | None = None,
    **facts: Any,
) -> A | None:
    """Do a command for the person who is here, as a callback or in place; None when it was refused.

    `done` is said when it worked. `request` names a request that twice is once: its id is minted before
    the first try, kept for every further try, and renewed only after success. `then` is called with the
    answer after success, as a command's own answer may be None.
    """
    here = sign_in.here()
    if here is None:
        _say("error", "Your session has ended. Please sign in again.")
        return None
    return _perform(here[1], command, done=done, request=request, then=then, **facts)


def perform_for_visitor(
    command: Callable[..., A],
    /,
    *,
    done: str | None = None,
    request: str | None = None,
    then: Callable[[A], None] | None = None,
    **facts: Any,
) -> A | None:
    """As `perform`, on an open screen, for somebody who is not signed in.

    Only for commands that ask for a proof of their own, such as the token of a link: they run as the system.
    """
    return _perform(Actor.system(), command, done=done, request=request, then=then, **facts)


def ask_for_visitor(query: Callable[Concatenate[Work, F], A], /, *args: F.args, **facts: F.kwargs) -> A:
    """As `ask_quietly`, on an open screen, for somebody who is not signed in. A refusal is the caller's."""
    with begin(Actor.system()) as work:
        return query(work, *args, **facts)


def _perform(
    actor: Actor,
    command: Callable[..., A],
    /,
    *,
    done: str | None,
    request: str | None,
    then: Callable[[A], None] | None,
    **facts: Any,
) -> A | None:
    again = partial(perform, command, done=done, request=request, then=then, **facts)
    if request is not None:
        facts["request_id"] = fresh_request(request)
    name, began = command.__name__, time.monotonic()
    try:
        answer = run(actor, command, **facts)
    except identity.StepUpNeeded:
        _note(actor, name, "asked for the second factor", began)
        st.session_state["waits-for-factor"] = again
        st.rerun()  # the whole screen, from wherever this was asked for: there the dialog for the code opens
    except DomainError as refusal:
        measures.refusals.labels(type(refusal).__name__).inc()
        _note(actor, name, "refused", began)
        if request is not None and isinstance(refusal, RequestReused):
            renew_request(request)
        _say("error", refusal.sentence)
        return None
    except Exception as problem:
        _note(actor, name, "failed", began)
        _say("crash", _write_down(problem, actor, name))
        return None
    _note(actor, name, "done", began)
    if request is not None:
        renew_request(request)
    if done:
        _say("done", done)
    if then is not None:
        then(answer)
    return answer


def ask(query: Callable[Concatenate[Work, F], A], /, *args: F.args, **facts: F.kwargs) -> A:
    """Put a question for the person who is here. What is not theirs to see ends the drawing with a word."""
    with questions() as put:
        return put(query, *args, **facts)


class Put(Protocol):
    """Puts one question and returns its answer."""

    def __call__(self, query: Callable[Concatenate[Work, F], A], /, *args: F.args, **facts: F.kwargs) -> A: ...


@contextmanager
def questions() -> Iterator[Put]:
    """Several questions in one unit of work, where a screen needs them at once: each unit costs three round trips.

    Refusals are drawn as `ask` draws them. Nothing is drawn or done within it, so that the connection is soon free.
    """
    here = sign_in.here()
    if here is None:
        st.rerun()
    try:
        with begin(here[1]) as work:

            def put(query: Callable[Concatenate[Work, F], A], /, *args: F.args, **facts: F.kwargs) -> A:
                return query(work, *args, **facts)

            yield put
            return
    except NotFound as refusal:
        _draw_refusal("We could not find that", refusal.sentence, "search_off", "not-found")
    except NotAllowed as refusal:
        _draw_refusal("This is not for your role", refusal.sentence, "lock", "not-allowed")
    except DomainError as refusal:
        _draw_refusal("This did not work", refusal.sentence, "error", "refused")
    st.stop()


def ask_quietly(query: Callable[Concatenate[Work, F], A], /, *args: F.args, **facts: F.kwargs) -> A:
    """As `ask`, but a refusal is the caller's, who has something better to show than its sentence."""
    here = sign_in.here()
    if here is None:
        raise NotFound
    with begin(here[1]) as work:
        return query(work, *args, **facts)


def later(function: Callable[[], A]) -> Callable[[], A]:
    """The function for a time after this drawing, such as a file that is made when it is asked for.

    It runs outside of every screen, perhaps hours later, so it asks anew whether the session lives.
    """
    here = sign_in.here()
    if here is None:
        st.rerun()
    session_id = here[0].session_id

    def called() -> A:
        with sign_in.this_session(session_id) as still_here:
            if still_here is None:
                raise NotFound
            return function()

    return called


def quietly(command: Callable[..., A], /, **facts: Any) -> A:
    """Do a command for the person who is here without a word on the screen; a refusal is the caller's.

    For what runs outside of a drawing (`later`), where nobody reads a message.
    """
    here = sign_in.here()
    if here is None:
        raise NotFound
    return run(here[1], command, **facts)


# --- the second factor once more ---------------------------------------------------------------


def awaits_step_up() -> bool:
    """Whether a command waits until the person has shown the second factor."""
    return "waits-for-factor" in st.session_state


def repeat_after_step_up() -> None:
    """Do the command that waited, as it was asked for and under the same request id."""
    again: Callable[[], Any] | None = st.session_state.pop("waits-for-factor", None)
    if again is not None:
        again()


def forget_step_up() -> None:
    st.session_state.pop("waits-for-factor", None)


def fresh_request(name: str) -> UUID:
    """The id of a request that is about to be made: the same one until it has succeeded."""
    ids: dict[str, UUID] = st.session_state.setdefault("requests", {})
    return ids.setdefault(name, new_id())


def renew_request(name: str) -> None:
    st.session_state.get("requests", {}).pop(name, None)


# --- what is said to the person ----------------------------------------------------------------


@contextmanager
def messages() -> Iterator[None]:
    """A place for what commands have to say: before this drawing (callbacks) and during it."""
    slot = st.container()
    _draw_messages(slot)
    try:
        yield
    finally:
        _draw_messages(slot)


def _say(kind: str, text: str) -> None:
    st.session_state.setdefault("messages", []).append((kind, text))


def _draw_messages(slot: Any) -> None:
    for kind, text in st.session_state.pop("messages", []):
        if kind == "done":
            st.toast(escaped(text), icon=":material/check_circle:")
        elif kind == "error":
            with slot:
                st.error(escaped(text), icon=":material/error:")
        else:
            with slot:
                _draw_crash(text)


def escaped(text: str) -> str:
    """The text so that a widget which renders Markdown shows it as it is."""
    from app.parts.text import plain

    return plain(text)


# --- what went wrong ---------------------------------------------------------------------------


def show_crash(problem: Exception) -> bool:
    """What Streamlit calls when a screen ends in an error: a reference number instead of a traceback."""
    here = None
    try:
        here = sign_in.here()
    except Exception:  # the database may be what is broken
        _log.warning("nobody could be asked who was here")
    measures.screen_errors.inc()
    _draw_crash(_write_down(problem, here[1] if here else Actor.anonymous(), "screen"))
    return True


def _draw_crash(text: str) -> None:
    # The key is what tests look for, to see that there is none.
    with st.container(key=f"screen-error-{secrets.token_hex(3)}"):
        st.error(text, icon=":material/report:")


def _write_down(problem: Exception, actor: Actor, command: str) -> str:
    reference = secrets.token_hex(4).upper()
    measures.recent_errors.append((datetime.now(UTC), reference))
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, StatementError):
            cause.hide_parameters = True  # what people typed has no place in a log
        cause = cause.__cause__
    facts = {"reference": reference, "org": actor.org_id, "actor": actor.user_id, "command": command}
    _log.error("unexpected: %s", type(problem).__name__, exc_info=problem, extra=facts)
    if isinstance(problem, DBAPIError) and database.explain(problem) is not None:
        return (
            f"Something went wrong (reference {reference}). We cannot reach our database; please try again in a moment."
        )
    return f"Something went wrong (reference {reference}). Please try again; if it stays, tell our support this number."


def _note(actor: Actor, name: str, outcome: str, began: float) -> None:
    seconds = time.monotonic() - began
    measures.commands.labels(name, outcome).inc()
    measures.command_seconds.labels(name).observe(seconds)
    facts = {"org": actor.org_id, "actor": actor.user_id, "command": name, "ms": round(seconds * 1000)}
    _log.info("command %s", outcome, extra=facts)


def _draw_refusal(title: str, sentence: str, icon: str, key: str) -> None:
    with st.container(border=True, key=key):
        st.subheader(title, anchor=False, icon=f":material/{icon}:")
        st.markdown(escaped(sentence))
