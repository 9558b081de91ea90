"""One unit of work: a session, who acts, and the instant at which it happens.

`run` is the only place that commits. It opens a transaction, tells PostgreSQL whose it is (row-level
security reads it), calls the command, writes down what happened and the answer to the request, and
commits. Races (unique, serialisation, deadlock) start over, three times at most. `begin` opens the
same unit for questions and never writes.
"""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import to_json, to_jsonable_python
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

from domain.kernel import database
from domain.kernel.actor import Actor, OnlyLooking
from domain.kernel.errors import Conflict, DomainError, Invalid, NotFound
from domain.kernel.events import Event

P = ParamSpec("P")
A = TypeVar("A")

ATTEMPTS = 3
# unique_violation, serialization_failure, deadlock_detected, lock_not_available
RACES = frozenset({"23505", "40001", "40P01", "55P03"})

_clock: ContextVar[datetime | None] = ContextVar("clock", default=None)


class RequestReused(Conflict):
    """The same request id came with another body."""


class Busy(Conflict):
    """Others hold what this needs; nothing was done."""


@dataclass(frozen=True, slots=True)
class Work:
    session: Session
    actor: Actor
    now: datetime

    def record(self, event: Event, *, personal: Mapping[str, Any] | None = None) -> None:
        """Write down what happened; it is stored when the command has ended.

        The log is sealed and never changes, so what belongs to a person (a name, an e-mail, a phone number)
        does not go into the event. `personal` holds it beside the log, where an erasure can take it:
        `before` and `after` by field, `person_id` (whose it is; left out: the event's subject when that is a
        person, else who acts) and `org_id` (whose owner may read it; left out: the actor's organisation).
        """
        beside = None if personal is None else _beside(event, self.actor, personal)
        self.session.info.setdefault("events", []).append((event, beside))


_BEGIN = text("select now_at, body_hash, answer from begin_work(:org_id, :user_id, :scope, :request_id, :command)")
_BEGIN_TO_LOOK = text(
    "select now_at, body_hash, answer, set_config('transaction_read_only', 'on', true)"
    " from begin_work(:org_id, :user_id, :scope, :request_id, :command)"
)
_FINISH = text(
    "select finish_work(cast(:events as jsonb), cast(:timers as jsonb), :command, :request_id, :body_hash,"
    " cast(:answer as jsonb), :now)"
)


@contextmanager
def begin(actor: Actor) -> Iterator[Work]:
    """A unit of work for questions: its transaction is read only, so that nothing of it stays."""
    # It ends with a commit: at a rollback the driver forgets every prepared statement of the connection, and all are
    # planned anew. Of a transaction that could not write, both say the same.
    with database.session() as session, session.begin() as transaction:
        yield Work(session, actor, _open(session, actor, None, "", _BEGIN_TO_LOOK).now_at)
        session.expunge_all()
        if session.connection().in_nested_transaction():  # a test's, which goes on and may write
            transaction.rollback()


@contextmanager
def clock(now: datetime) -> Iterator[None]:
    """Let the demo, the simulation or a test say what time it is."""
    token = _clock.set(now)
    try:
        yield
    finally:
        _clock.reset(token)


def run(actor: Actor, command: Callable[Concatenate[Work, P], A], /, *args: P.args, **facts: P.kwargs) -> A:
    """Do one command as one transaction, and return its answer.

    A `request_id` among the facts makes twice once: a repeat returns the first answer, and the same
    id with other facts raises `RequestReused`. Raises `DomainError` when the command refuses, and `OnlyLooking`,
    before anything else, for whoever looks through somebody else's eyes.
    """
    if actor.is_looking:
        raise OnlyLooking("You are looking as somebody else; nothing can be changed. Stop looking to act yourself.")
    name = f"{command.__module__}.{command.__qualname__}"
    request_id = facts.get("request_id")
    body_hash = _hash(name, facts) if request_id is not None else None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _once(actor, command, name, request_id, body_hash, args, facts)
        except RequestReused:
            raise
        except DomainError:
            # Its twin may have been done while this one waited for a lock: then the next round has its answer.
            if attempt == ATTEMPTS or not _is_answered(actor, request_id):
                raise
        except DBAPIError as error:
            code = getattr(error.orig, "sqlstate", None)
            if code in RACES and attempt < ATTEMPTS:
                time.sleep(random.uniform(0.005, 0.05) * attempt)
                continue
            raise _in_words(error, code) from error
    raise AssertionError("unreachable")


def _once(
    actor: Actor, command: Callable[..., A], name: str, request_id: Any, body_hash: bytes | None, args: Any, facts: Any
) -> A:
    with database.session() as session, session.begin():
        opened = _open(session, actor, request_id, name)
        if opened.body_hash is not None:
            if bytes(opened.body_hash) != body_hash:
                raise RequestReused("This request was already sent with other contents. Please start again.")
            return _answer_type(command).validate_python(opened.answer["answer"])
        work = Work(session, actor, opened.now_at)
        session.info["command"] = name
        answer = command(work, *args, **facts)
        session.flush()
        events, timers = session.info.pop("events", []), session.info.pop("timers", {})
        if events or timers or request_id is not None:
            plain = json.dumps({"answer": _plain(command, answer)}) if request_id is not None else None
            _finish(work, name, events=events, timers=timers, request_id=request_id, body_hash=body_hash, answer=plain)
        return answer


def store_events(work: Work) -> None:
    """Write what was recorded so far into the log at once, in this transaction, and keep it in memory no longer.

    For a command without a request id that records more than a few thousand events.
    """
    if events := work.session.info.pop("events", []):
        _finish(work, work.session.info["command"], events=events)


def _finish(
    work: Work,
    name: str,
    *,
    events: list[tuple[Event, dict[str, Any] | None]],
    timers: Mapping[str, Any] | None = None,
    request_id: UUID | None = None,
    body_hash: bytes | None = None,
    answer: str | None = None,
) -> None:
    work.session.execute(
        _FINISH,
        {
            "events": to_json(
                [event.row() | ({"personal": beside} if beside else {}) for event, beside in events]
            ).decode(),
            "timers": to_json(timers or {}).decode(),
            "command": name.rpartition(".")[2],
            "request_id": request_id,
            "body_hash": body_hash,
            "answer": answer,
            "now": work.now,
        },
    )


def _is_answered(actor: Actor, request_id: Any) -> bool:
    if request_id is None:
        return False
    with database.session() as session:
        return _open(session, actor, request_id, "").body_hash is not None


class _Opened(NamedTuple):
    now_at: datetime
    body_hash: bytes | None
    answer: Any


def _open(
    session: Session, actor: Actor, request_id: UUID | None, command: str, statement: TextClause = _BEGIN
) -> _Opened:
    found = session.execute(
        statement,
        {
            "org_id": actor.org_id,
            "user_id": actor.user_id,
            "scope": actor.scope.value,
            "request_id": request_id,
            "command": command,
        },
    ).one()
    opened, simulated = _Opened._make(found[:3]), _clock.get()
    return opened if simulated is None else opened._replace(now_at=simulated)


def _hash(name: str, facts: dict[str, Any]) -> bytes:
    body = json.dumps([name, to_jsonable_python(_ordered(facts), fallback=str)], sort_keys=True)
    return hashlib.sha256(body.encode()).digest()


_PERSONAL = frozenset({"person_id", "org_id", "before", "after"})


def _beside(event: Event, actor: Actor, personal: Mapping[str, Any]) -> dict[str, Any]:
    unknown = personal.keys() - _PERSONAL
    if unknown:  # a misspelt name would be kept from every erasure
        raise ValueError(f"What is personal of {type(event).__name__} has no {', '.join(sorted(unknown))}.")
    whose = event.subject_id if event.subject == "person" else actor.user_id
    return {"person_id": whose, "org_id": actor.org_id, "before": None, "after": None} | dict(personal)


def _ordered(value: Any) -> Any:
    # A set has another order in every process; the same request must hash alike in all of them.
    if isinstance(value, Mapping):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, bytes):  # a file may be large, and need not be text
        return hashlib.sha256(value).hexdigest()
    return [_ordered(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def _answer_type(command: Callable[..., Any]) -> TypeAdapter[Any]:
    answer: Any = get_type_hints(command)["return"]
    return TypeAdapter(answer)


def _plain(command: Callable[..., Any], answer: Any) -> Any:
    return str(answer) if isinstance(answer, UUID) else _answer_type(command).dump_python(answer, mode="json")


def _in_words(error: DBAPIError, code: str | None) -> Exception:
    """The database's refusal as a refusal of ours, where a person can do something about it."""
    if code in RACES:
        return Busy("Somebody else is changing the same thing right now. Nothing was done; please try again.")
    if code == "WS005":  # an owner-owned function found that this is not the actor's own
        return NotFound()
    if code in ("22003", "22P05") or (code is None and isinstance(error, DataError)):
        return Invalid("A number or a text is outside of what can be stored. Nothing was done.")
    return error
