"""Page views and searches: written for oneself, seen by staff alone, countable after an erasure."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from domain import identity
from domain.identity import ActivityKind, OrgKind, Seen, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import Work, begin, run
from tests.make.market import Company, company

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


def seen_by(actor: Actor, *, find: str | None = None, **more: Any) -> Seen:
    kind = ActivityKind.PAGE_VIEW if find is None else ActivityKind.SEARCH
    facts = {} if find is None else {"find": find, "results": 3}
    return Seen(
        org_id=actor.org_id, person_id=actor.user_id, kind=kind, screen="retailer-products", facts=facts, **more
    )


def rows(actor: Actor | None = None) -> list[Any]:
    """What one actor sees of the table, in the order of time; left out: the system."""
    with begin(actor or Actor.system()) as work:
        return list(work.session.execute(sa.text("select * from activity order by occurred_at, id")).all())


def test_a_batch_is_written_at_the_times_at_which_it_was_seen(shop: Company) -> None:
    owner, manager = shop.people.values()
    seen = [seen_by(manager, find="lamp"), seen_by(owner, age=timedelta(seconds=90))]
    run(Actor.system(), identity.record_activity, seen=seen)
    earlier, later = rows()
    assert (later.occurred_at - earlier.occurred_at) == timedelta(seconds=90)
    assert (earlier.person_id, earlier.kind, earlier.facts) == (owner.user_id, "page_view", {})
    assert (later.person_id, later.kind, later.facts) == (manager.user_id, "search", {"find": "lamp", "results": 3})
    assert {row.org_id for row in rows()} == {shop.org_id}


def test_one_writes_for_oneself_and_staff_alone_reads(shop: Company) -> None:
    owner, manager = shop.people.values()
    run(owner, identity.record_activity, seen=[seen_by(owner)])
    with pytest.raises(NotFound):
        run(manager, identity.record_activity, seen=[seen_by(manager), seen_by(owner)])
    with pytest.raises(NotFound):
        run(Actor.anonymous(), identity.record_activity, seen=[seen_by(owner)])
    platform = company(OrgKind.PLATFORM, "Platform")
    assert len(rows()) == len(rows(platform.owner)) == 1
    assert rows(owner) == rows(manager) == rows(company(OrgKind.MANUFACTURER, "Maker").owner) == []


def test_the_fence_holds_where_the_code_does_not(shop: Company) -> None:
    owner, manager = shop.people.values()
    mine, other = owner.user_id, manager.user_id

    def write(work: Work, *, person_id: Any) -> None:
        work.session.execute(
            sa.text(
                "insert into activity (id, occurred_at, org_id, person_id, kind, screen, facts)"
                " values (:id, :now, :org_id, :person_id, 'page_view', 'x', '{}')"
            ),
            {"id": uuid4(), "now": work.now, "org_id": shop.org_id, "person_id": person_id},
        )

    def erase(work: Work) -> int:
        return work.session.execute(sa.text("update activity set facts = '{}' returning 1")).rowcount

    run(owner, write, person_id=mine)
    with pytest.raises(DBAPIError, match="row-level security"):
        run(owner, write, person_id=other)
    assert run(owner, erase) == 0
    assert [row.person_id for row in rows()] == [mine]


def test_an_erasure_takes_the_person_and_the_words_and_leaves_the_counts(shop: Company) -> None:
    owner, manager = shop.people.values()
    ages = [timedelta(minutes=age) for age in (3, 2, 1)]
    seen = [seen_by(owner, age=ages[0]), seen_by(owner, find="my own illness", age=ages[1]),
            seen_by(manager, find="lamp", age=ages[2])]  # fmt: skip
    run(Actor.system(), identity.record_activity, seen=seen)
    before = rows()
    with pytest.raises(NotFound):
        run(owner, identity.erase_activity, person_id=owner.user_id)
    assert rows() == before
    run(Actor.system(), identity.erase_activity, person_id=owner.user_id)
    after = rows()
    theirs = [row for row in after if row.person_id != manager.user_id]
    [nobody] = {row.person_id for row in theirs}
    assert nobody != owner.user_id
    assert [(row.kind, row.facts) for row in theirs] == [("page_view", {}), ("search", {"results": 3})]
    assert [row for row in after if row not in theirs] == [row for row in before if row.person_id == manager.user_id]
    assert [row.occurred_at for row in after] == [row.occurred_at for row in before]
