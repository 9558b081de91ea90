"""Asking for a build of the figures: who asked, why, and what became of it.

A request waits until the worker has handed it to Dagster, or builds on its own when Dagster does not answer; the
build then takes it. At most one request is open, so that people who ask at once get one build.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.actor import Scope
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.work import Work

# One build at a time holds this advisory lock, as long as it is at work; a run whose lock is free has died.
BUILD_LOCK = 4242_2001
START_PATIENCE = timedelta(minutes=3)  # Dagster may have a run in its queue before this one


class BuildUnderWay(Conflict):
    """The figures are being built, or somebody has asked for it already."""


@dataclass(frozen=True, kw_only=True)
class BuildRequested(Event):
    subject: ClassVar[str] = "build"


@dataclass(frozen=True, kw_only=True)
class BuildGivenUp(Event):
    subject: ClassVar[str] = "build"


class BuildToStart(BaseModel):
    """A request that somebody has to start; `tries` counts those who did before."""

    model_config = ConfigDict(frozen=True)

    request_id: UUID
    tries: int


_IS_AT_WORK = text(
    "select exists (select 1 from pg_locks where locktype = 'advisory' and granted and objid = :lock and classid = 0"
    " and database = (select oid from pg_database where datname = current_database()))"
)
_END_DEAD = text("update ops.build_requests set state = 'ended' where state = 'running' and not :is_at_work")
_OPEN = text("""
    select q.id, q.state, q.asked_at, q.tries, q.sent_at, p.name as asked_by
    from ops.build_requests q left join people p on p.id = q.asked_by
    where q.state in ('waiting', 'sent', 'running')
""")
_INSERT = text(
    "insert into ops.build_requests (id, reason, asked_by, asked_at, state)"
    " values (:id, :reason, :asked_by, :now, 'waiting')"
)
_SEND = text(
    "update ops.build_requests set state = 'sent', sent_to = :sent_to, sent_at = :now, tries = tries + 1"
    " where id = :id and state in ('waiting', 'sent')"
)
_GIVE_UP = text(
    "update ops.build_requests set state = 'given_up', problem = :problem"
    " where id = :id and state in ('waiting', 'sent')"
)


def request_build(work: Work, *, request_id: UUID, reason: str) -> UUID:
    """Ask for a build of the figures now; the answer is the request's id.

    Raises: Invalid, without a reason; BuildUnderWay, when one runs or is asked for. Announces BuildRequested.
    """
    work.actor.require(Permission.RUN_PIPELINES)
    said = " ".join(reason.split())
    if not 3 <= len(said) <= 500:
        raise Invalid("Please say why, in 3 to 500 characters; it is kept with the run.")
    at_work = is_at_work(work)
    work.session.execute(_END_DEAD, {"is_at_work": at_work})
    asked = work.session.execute(_OPEN).one_or_none()
    if asked is not None:
        who = asked.asked_by or "The system"
        raise BuildUnderWay(f"{who} has asked for it already; the figures are being built. Nothing was started twice.")
    if at_work:
        raise BuildUnderWay("The figures are being built right now. Nothing was started twice.")
    return _ask(work, said)


def request_first_build(work: Work) -> UUID | None:
    """Ask for the first figures of an instance that has none; None when there are some or they are on their way.

    Figures of a release that knew no registry of metrics are none.

    For jobs only. Announces BuildRequested.
    """
    _require_system(work)
    known = "select exists (select 1 from ops.publications) and exists (select 1 from ops.metric_registry)"
    if work.session.execute(text(known)).scalar_one() or work.session.execute(_OPEN).one_or_none() is not None:
        return None
    return _ask(work, "The first figures after the start")


def build_to_start(work: Work) -> BuildToStart | None:
    """The request that waits for somebody to start it, or that was sent and never arrived. For jobs only."""
    _require_system(work)
    if is_at_work(work):
        return None
    found = work.session.execute(_OPEN).one_or_none()
    if found is None or found.state == "running":
        return None
    if found.state == "sent" and found.sent_at + START_PATIENCE > work.now:
        return None
    return BuildToStart(request_id=found.id, tries=found.tries)


def record_build_sent(work: Work, *, build_request_id: UUID, sent_to: str) -> None:
    """Say that a request is on its way to `dagster` or to the `worker` itself. For jobs only."""
    _require_system(work)
    work.session.execute(_SEND, {"id": build_request_id, "sent_to": sent_to, "now": work.now})


def give_up_build(work: Work, *, build_request_id: UUID, problem: str) -> None:
    """End a request that nobody could start. For jobs only. Announces BuildGivenUp."""
    _require_system(work)
    if work.session.execute(_GIVE_UP, {"id": build_request_id, "problem": problem}).rowcount:  # type: ignore[attr-defined]
        work.record(BuildGivenUp(subject_id=build_request_id))


def is_at_work(work: Work) -> bool:
    """Whether a build is at work right now. For the module's own questions."""
    return bool(work.session.execute(_IS_AT_WORK, {"lock": BUILD_LOCK}).scalar_one())


def _ask(work: Work, reason: str) -> UUID:
    build_request_id = new_id()
    facts = {"id": build_request_id, "reason": reason, "asked_by": work.actor.user_id, "now": work.now}
    work.session.execute(_INSERT, facts)
    work.record(BuildRequested(subject_id=build_request_id))
    return build_request_id


def _require_system(work: Work) -> None:
    if work.actor.scope is not Scope.SYSTEM:
        raise NotFound
