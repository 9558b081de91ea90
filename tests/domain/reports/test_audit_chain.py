"""Whoever changes the sealed log, even with all rights on the database, is found, and the first broken row is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from domain import reports
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.events import Event, seal
from domain.kernel.ids import new_id
from domain.kernel.work import Work, begin, run
from domain.reports.audit_chain import first_break

SYSTEM = Actor.system()


@dataclass(frozen=True, kw_only=True)
class LeafTurned(Event):
    subject: ClassVar[str] = "book"
    leaf: int


def turn(work: Work, *, leaves: range) -> None:
    for leaf in leaves:
        work.record(LeafTurned(subject_id=new_id(), leaf=leaf))


@pytest.fixture
def owner(fresh_database: str) -> Iterator[sa.Connection]:
    """Twelve events in three batches of five, five and two; three more wait. Whoever connects may do anything."""
    run(SYSTEM, turn, leaves=range(12))
    while seal(5):
        pass
    run(SYSTEM, turn, leaves=range(12, 15))
    with db.engine(db.Role.OWNER).connect() as connection:
        yield connection


# Not even the owner changes the log by accident; whoever means to takes the guard away first.
UNGUARDED = "alter table events disable trigger user"
SILENT = "alter table audit_sealed_events drop constraint audit_sealed_events_event_id_fkey;"
NTH = "(select event_id from audit_sealed_events where batch = {} and position = {})"


def nth(batch: int, position: int) -> str:
    return NTH.format(batch, position)


# What somebody does with all rights: the batch and the place in it at which the chain is first broken, and how.
BREAKS: dict[str, tuple[str, tuple[int, int | None], str]] = {
    "a fact was changed": (
        f"update events set facts = '{{\"leaf\": 99}}' where id = {nth(2, 3)}", (2, 3), "changed",
    ),
    "who did it was changed": (f"update events set actor_user_id = subject_id where id = {nth(1, 1)}", (1, 1), "changed"),
    "two were changed, the first is named": (
        f"update events set command = 'x' where id in ({nth(3, 2)}, {nth(2, 5)})", (2, 5), "changed",
    ),
    "two were swapped": (
        f"update events e set facts = o.facts from events o where (e.id, o.id) in (({nth(2, 2)}, {nth(2, 4)}),"
        f" ({nth(2, 4)}, {nth(2, 2)}))", (2, 2), "changed",
    ),
    "one was deleted": (f"{SILENT} delete from events where id = {nth(2, 4)}", (2, 4), "deleted"),
    "one was deleted with its seal": (
        "with gone as (delete from audit_sealed_events where batch = 2 and position = 3 returning event_id)"
        " delete from events using gone where id = event_id", (2, 4), "taken out",
    ),
    "two seals were swapped": (
        "alter table audit_sealed_events drop constraint audit_sealed_events_batch_position_key;"
        " update audit_sealed_events set position = 7 - position where batch = 2 and position in (3, 4)",
        (2, 3), "does not stand where",
    ),
    "changed, and its own digest with it": (
        f"update events set command = 'x' where id = {nth(2, 3)};"
        " update audit_sealed_events s set digest = event_digest(e) from events e where e.id = s.event_id",
        (2, None), "does not hold",
    ),
    "changed, and its digest and its batch with it": (
        f"update events set command = 'x' where id = {nth(2, 3)};"
        " update audit_sealed_events s set digest = event_digest(e) from events e where e.id = s.event_id;"
        " update audit_seals g set hash = (select sha256(g.previous_hash || string_agg(digest, ''::bytea order by event_id))"
        " from audit_sealed_events s where s.batch = g.batch)", (3, None), "does not follow",
    ),
    "a batch was deleted": (
        "alter table audit_sealed_events drop constraint audit_sealed_events_batch_fkey;"
        " delete from audit_sealed_events where batch = 2; delete from audit_seals where batch = 2",
        (3, None), "a batch before it was deleted",
    ),
    "the last one of a batch was forgotten": (
        "delete from audit_sealed_events where batch = 3 and position = 2", (3, None), "does not hold",
    ),
}  # fmt: skip


def broken(connection: sa.Connection) -> reports.AuditBreak | None:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        now = session.execute(sa.text("select max(recorded_at) from events")).scalar_one()
        return first_break(Work(session, SYSTEM, now))


def test_the_first_broken_row_is_named(owner: sa.Connection) -> None:
    with begin(SYSTEM) as work:
        chain = reports.audit_chain(work)
    assert (chain.batches, chain.events, chain.waiting, chain.broken) == (3, 12, 3, None)
    for what, (statement, (batch, position), problem) in BREAKS.items():
        with owner.begin() as transaction:
            assert broken(owner) is None
            wanted = position and owner.execute(sa.text("select" + nth(batch, position))).scalar_one()
            owner.exec_driver_sql(UNGUARDED)
            owner.exec_driver_sql(statement)
            found = broken(owner)
            assert found is not None, what
            assert (found.batch, found.event_id) == (batch, wanted), what
            assert problem in found.problem, what
            transaction.rollback()


def test_the_rules_of_the_books_name_it_too(owner: sa.Connection) -> None:
    with owner.begin():
        changed = owner.execute(sa.text("select" + nth(2, 3))).scalar_one()
        owner.exec_driver_sql(UNGUARDED)
        owner.execute(sa.text("update events set command = 'x' where id = :id"), {"id": changed})
    with begin(SYSTEM) as work:
        row = next(row for row in reports.violations(work) if row.number == 16)
        assert reports.audit_chain(work).broken is not None
    assert row.violations == 1
    assert row.sample[0] == f"first: event {changed} (batch 2) was changed after it was sealed"


@pytest.mark.parametrize("table", ["events", "audit_seals", "audit_sealed_events"])
@pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {}"])
def test_the_application_itself_may_only_add(database: sa.Connection, table: str, statement: str) -> None:
    column = {"events": "command", "audit_seals": "events", "audit_sealed_events": "position"}[table]

    def change(work: Work) -> None:
        work.session.execute(sa.text(statement.format(table, column, column)))

    with pytest.raises(DBAPIError, match="permission denied"):
        run(SYSTEM, change)
