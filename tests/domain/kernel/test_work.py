from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from psycopg.errors import lookup
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DBAPIError

from domain.kernel import database as db
from domain.kernel import work as work_module
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.work import ATTEMPTS, Busy, RequestReused, Work, begin, clock, run

ORG = UUID("00000000-0000-7000-8000-00000000aaaa")
MEMBER = Actor(user_id=new_id(), org_id=ORG)
STRANGER = Actor(user_id=new_id(), org_id=new_id())


@dataclass(frozen=True, kw_only=True)
class ParcelPacked(Event):
    subject: ClassVar[str] = "parcel"
    pieces: int


class Label(BaseModel):
    model_config = ConfigDict(frozen=True)
    parcel_id: UUID
    pieces: int


calls: list[int] = []


@pytest.fixture(autouse=True)
def _forget_calls() -> Iterator[None]:
    calls.clear()
    yield


def pack(work: Work, *, request_id: UUID | None = None, pieces: int) -> Label:
    calls.append(pieces)
    label = Label(parcel_id=new_id(), pieces=pieces)
    work.record(ParcelPacked(subject_id=label.parcel_id, to_state="packed", pieces=pieces))
    return label


def drop(work: Work, *, request_id: UUID, pieces: int) -> None:
    pack(work, pieces=pieces)
    raise Conflict("The parcel fell.")


def events(actor: Actor) -> list[sa.Row]:
    with begin(actor) as work:
        return list(work.session.execute(sa.text("select * from events order by id")))


def requests(actor: Actor) -> int:
    with begin(actor) as work:
        return work.session.execute(sa.text("select count(*) from requests")).scalar_one()


def test_events_are_written_with_who_when_and_what(database: sa.Connection) -> None:
    request_id = uuid4()
    label = run(MEMBER, pack, request_id=request_id, pieces=3)
    (event,) = events(MEMBER)
    assert (event.name, event.subject, event.subject_id) == ("ParcelPacked", "parcel", label.parcel_id)
    assert (event.org_id, event.actor_user_id, event.scope) == (ORG, MEMBER.user_id, "member")
    assert (event.command, event.request_id, event.facts) == ("pack", request_id, {"pieces": 3})
    assert (event.from_state, event.to_state) == (None, "packed")
    assert event.recorded_at == event.effective_at


def test_now_is_the_instant_of_the_transaction(fresh_database: str) -> None:
    def look(work: Work) -> bool:
        return work.now == work.session.execute(sa.text("select transaction_timestamp()")).scalar_one()

    assert run(MEMBER, look)
    with begin(MEMBER) as work:
        assert look(work)


def test_a_simulated_clock_is_the_time_of_what_is_written(database: sa.Connection) -> None:
    new_year = datetime(2024, 1, 1, tzinfo=UTC)
    with clock(new_year):
        run(MEMBER, pack, request_id=uuid4(), pieces=1)
    run(MEMBER, pack, request_id=uuid4(), pieces=2)
    first, second = events(MEMBER)
    assert first.recorded_at == new_year
    assert second.recorded_at > new_year


def test_twice_is_once(database: sa.Connection) -> None:
    request_id = uuid4()
    first = run(MEMBER, pack, request_id=request_id, pieces=3)
    assert run(MEMBER, pack, request_id=request_id, pieces=3) == first
    assert isinstance(run(MEMBER, pack, request_id=request_id, pieces=3), Label)
    assert calls == [3]
    assert len(events(MEMBER)) == requests(MEMBER) == 1


def test_the_same_request_with_another_body_is_refused_and_nothing_moves(database: sa.Connection) -> None:
    request_id = uuid4()
    run(MEMBER, pack, request_id=request_id, pieces=3)
    with pytest.raises(RequestReused):
        run(MEMBER, pack, request_id=request_id, pieces=4)
    with pytest.raises(RequestReused):
        run(MEMBER, drop, request_id=request_id, pieces=3)
    assert calls == [3]
    assert len(events(MEMBER)) == requests(MEMBER) == 1


def test_a_request_belongs_to_the_organisation_that_made_it(database: sa.Connection) -> None:
    request_id = uuid4()
    first = run(MEMBER, pack, request_id=request_id, pieces=3)
    assert run(STRANGER, pack, request_id=request_id, pieces=3) != first
    assert run(Actor.system(), pack, request_id=request_id, pieces=9).pieces == 9
    assert calls == [3, 3, 9]


def test_a_refusal_leaves_nothing_and_may_be_tried_again(database: sa.Connection) -> None:
    request_id = uuid4()
    with pytest.raises(Conflict, match="fell"):
        run(MEMBER, drop, request_id=request_id, pieces=1)
    assert events(Actor.system()) == [] and requests(Actor.system()) == 0
    with pytest.raises(Conflict, match="fell"):
        run(MEMBER, drop, request_id=request_id, pieces=1)
    assert calls == [1, 1]


def test_a_question_cannot_write(fresh_database: str) -> None:
    with begin(Actor.system()) as work, pytest.raises(DBAPIError, match="read-only"):
        work.session.execute(sa.text("insert into state_moves values ('a', 'b', 'c')"))


def test_what_is_asked_often_stays_prepared(fresh_database: str) -> None:
    kept = sa.text("select count(*) from pg_prepared_statements where statement like '%begin_work%'")
    for _ in range(8):
        with begin(MEMBER) as work:
            assert work.session.execute(sa.text("select current_setting('transaction_read_only')")).scalar() == "on"
    with begin(MEMBER) as work:
        assert work.session.execute(kept).scalar() == 1


def test_a_stranger_sees_none_of_it(database: sa.Connection) -> None:
    run(MEMBER, pack, request_id=uuid4(), pieces=1)
    assert len(events(MEMBER)) == 1
    assert events(STRANGER) == [] and requests(STRANGER) == 0
    assert events(Actor.anonymous()) == [] and requests(Actor.anonymous()) == 0
    assert len(events(Actor(user_id=new_id(), org_id=new_id(), scope=Scope.PLATFORM))) == 1


def test_with_nothing_set_a_query_returns_nothing(fresh_database: str) -> None:
    run(MEMBER, pack, request_id=uuid4(), pieces=1)
    for look in ("select 1 from events", "select 1 from requests", "select 1 from state_moves"):
        with db.engine(db.Role.APP).connect() as connection:
            assert connection.execute(sa.text(look)).all() == []
        with db.engine(db.Role.OWNER).connect() as connection:
            assert connection.execute(sa.text(look)).all() != []


def test_who_is_here_ends_with_the_transaction(fresh_database: str) -> None:
    with db.engine(db.Role.APP).connect() as connection:
        opened = sa.text("select begin_work(:org, null, 'system', null, '')")
        with connection.begin():
            connection.execute(opened, {"org": ORG})
            assert connection.execute(sa.text("select app_org(), app_scope()")).one() == (ORG, "system")
        assert connection.execute(sa.text("select app_org(), app_scope()")).one() == (None, "nobody")


def test_nobody_writes_an_event_in_anothers_name(database: sa.Connection) -> None:
    insert = sa.text(
        "insert into events (name, subject, subject_id, facts, org_id, scope, command, effective_at, recorded_at)"
        " values ('X', 'x', :org, '{}', :org, :scope, 'x', :now, :now)"
    )

    def forge(work: Work, *, org_id: UUID, scope: str) -> None:
        work.session.execute(insert, {"org": org_id, "scope": scope, "now": work.now})

    for org_id, scope in ((STRANGER.org_id, "member"), (ORG, "system")):
        with pytest.raises(DBAPIError, match="row-level security"):
            run(MEMBER, forge, org_id=org_id, scope=scope)
    run(MEMBER, forge, org_id=ORG, scope="member")


# --- races -------------------------------------------------------------------------------------


def stumble(work: Work, *, code: str, times: int) -> int:
    """Fail in the database with this code, so many times."""
    pack(work, pieces=1)
    if len(calls) <= times:
        work.session.execute(sa.text("select set_config('test.code', :code, true)"), {"code": code})
        work.session.execute(
            sa.text("do $$ begin raise exception using errcode = current_setting('test.code'); end $$")
        )
    return len(calls)


@pytest.mark.parametrize("code", sorted(work_module.RACES))
def test_a_race_starts_over_and_happens_once(database: sa.Connection, code: str) -> None:
    assert run(MEMBER, stumble, code=code, times=ATTEMPTS - 1) == ATTEMPTS
    assert len(events(MEMBER)) == 1


def test_a_race_that_is_lost_each_time_is_a_refusal(database: sa.Connection) -> None:
    with pytest.raises(Busy):
        run(MEMBER, stumble, code="40P01", times=ATTEMPTS)
    assert len(calls) == ATTEMPTS
    assert events(MEMBER) == []


@pytest.mark.parametrize(("code", "refusal"), [("22003", Invalid), ("22P05", Invalid), ("22012", DBAPIError)])
def test_what_is_no_race_is_not_tried_again(database: sa.Connection, code: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as raised:
        run(MEMBER, stumble, code=code, times=1)
    assert len(calls) == 1
    if refusal is DBAPIError:
        assert isinstance(raised.value.orig, lookup(code))  # type: ignore[attr-defined]


def test_one_request_sent_twice_at_once_is_done_once(fresh_database: str) -> None:
    request_id, start = uuid4(), Barrier(2)

    def pack_together(work: Work, *, request_id: UUID, pieces: int) -> Label:
        if len(calls) < 2:
            label = pack(work, pieces=pieces)
            start.wait(timeout=10)  # both have begun; neither has seen the other's answer
            return label
        return pack(work, pieces=pieces)

    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(run, MEMBER, pack_together, request_id=request_id, pieces=3) for _ in range(2)]
        first, second = (answer.result(timeout=20) for answer in answers)
    assert first == second
    assert len(events(MEMBER)) == requests(MEMBER) == 1


def test_work_has_four_members_and_no_more() -> None:
    assert Work.__slots__ == ("session", "actor", "now")
    assert {name for name in vars(Work) if not name.startswith("_")} == {"session", "actor", "now", "record"}
