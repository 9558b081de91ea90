"""What is personal of an event stands beside the sealed log, for its own organisation, until it is erased."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from domain import identity
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import NotFound
from domain.kernel.events import Event, seal
from domain.kernel.ids import new_id
from domain.kernel.work import Work, begin, run

MEMBER = Actor(user_id=new_id(), org_id=new_id())
STAFF = Actor(user_id=new_id(), org_id=new_id(), scope=Scope.PLATFORM)


@dataclass(frozen=True, kw_only=True)
class NameChanged(Event):
    subject: ClassVar[str] = "person"


@dataclass(frozen=True, kw_only=True)
class PageTurned(Event):
    subject: ClassVar[str] = "book"


def rename(work: Work, *, before: str, after: str) -> None:
    work.record(PageTurned(subject_id=new_id()))
    work.record(
        NameChanged(subject_id=work.actor.user_id or new_id()),
        personal={"before": {"name": before}, "after": {"name": after}},
    )
    work.record(PageTurned(subject_id=new_id()))


def beside(actor: Actor) -> list[sa.Row]:
    with begin(actor) as work:
        statement = "select e.name, p.* from event_personal p join events e on e.id = p.event_id order by p.event_id"
        return list(work.session.execute(sa.text(statement)))


def log(actor: Actor) -> str:
    with begin(actor) as work:
        rows = work.session.execute(sa.text("select name from events order by id")).scalars()
        return " ".join(rows)


def test_the_log_keeps_its_order_and_holds_nothing_personal(database: sa.Connection) -> None:
    run(MEMBER, rename, before="Ada", after="Ada L.")
    assert log(MEMBER) == "PageTurned NameChanged PageTurned"
    with begin(MEMBER) as work:
        assert "Ada" not in repr(work.session.execute(sa.text("select * from events")).all())
    (row,) = beside(MEMBER)
    assert (row.name, row.person_id, row.org_id) == ("NameChanged", MEMBER.user_id, MEMBER.org_id)
    assert (row.before, row.after, row.erased_at) == ({"name": "Ada"}, {"name": "Ada L."}, None)


def test_another_organisation_sees_nothing_of_it(database: sa.Connection) -> None:
    run(MEMBER, rename, before="Ada", after="Ada L.")
    assert beside(Actor(user_id=new_id(), org_id=new_id())) == []
    assert len(beside(STAFF)) == 1


def test_an_erasure_takes_the_words_and_leaves_the_sealed_event(database: sa.Connection) -> None:
    run(MEMBER, rename, before="Ada", after="Ada L.")
    assert seal() == 3
    with pytest.raises(NotFound):
        run(MEMBER, identity.erase_personal_changes, person_id=MEMBER.user_id)
    assert beside(MEMBER)[0].before == {"name": "Ada"}
    assert run(Actor.system(), identity.erase_personal_changes, person_id=uuid4()) == 0
    assert run(Actor.system(), identity.erase_personal_changes, person_id=MEMBER.user_id) == 1
    assert run(Actor.system(), identity.erase_personal_changes, person_id=MEMBER.user_id) == 0
    (row,) = beside(MEMBER)
    assert (row.before, row.after) == (None, None) and row.erased_at is not None
    with begin(Actor.system()) as work:
        audit = "select violations from invariants_at(:now) where number = 16"
        assert work.session.execute(sa.text(audit), {"now": work.now}).scalar_one() == 0


@pytest.mark.parametrize("statement", ["update event_personal set after = null", "delete from event_personal"])
def test_the_application_may_not_change_it_but_by_erasing(database: sa.Connection, statement: str) -> None:
    run(MEMBER, rename, before="Ada", after="Ada L.")

    def change(work: Work) -> None:
        work.session.execute(sa.text(statement))

    with pytest.raises(DBAPIError, match="permission denied"):
        run(STAFF, change)
    assert len(beside(MEMBER)) == 1


def test_a_misspelt_part_is_a_mistake(database: sa.Connection) -> None:
    def misspell(work: Work) -> None:
        work.record(NameChanged(subject_id=new_id()), personal={"befor": {}})

    with pytest.raises(ValueError, match="befor"):
        run(MEMBER, misspell)
