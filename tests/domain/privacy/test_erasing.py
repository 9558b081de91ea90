"""Erasing a person leaves no word of them in any column of any table; and what served its time goes, nothing else."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, notifications, privacy
from domain.identity import OrgKind, Seen, Variant, Vouched
from domain.identity.states import ActivityKind
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import Work, begin, run
from domain.notifications import EmailWish, Topic
from domain.reactions import deliver_new
from tests.make.market import PASSWORD, Company, company
from tests.make.signing_in import after, enrol, signed_in, who_is

SYSTEM = Actor.system()
# Words that stand nowhere else, of everything that says who somebody is.
NAME, EMAIL, SECOND_EMAIL, PHONE = "Zerlinde Quappenbach", "quappen@zerlinde.example", "z.q@neu.example", "+4915550000077"
SUBJECT, AGENT, SEARCHED = "qpb-at-the-provider", "Firefox of Quappenbach", "Quappenbach's teapots"
NEEDLES = ("zerlinde", "quappen", "z.q@neu", "15550000077", "qpb-at")


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


def invited(shop: Company) -> UUID:
    """Somebody who was invited, joined, and left a trace wherever one can be left."""
    run(shop.owner, identity.invite_member, request_id=uuid4(), email=EMAIL, variant=Variant.PURCHASING_AGENT)
    deliver_new()
    with begin(SYSTEM) as work:
        facts: dict[str, Any] = work.session.execute(
            sa.text("select facts from outgoing_emails where kind = 'invitation' and recipient = :to"), {"to": EMAIL}
        ).scalar_one()
    person_id = run(
        SYSTEM, identity.join_organization, token=notifications.token_in(facts), password=PASSWORD, name=NAME
    )
    assert person_id is not None
    run(SYSTEM, identity.request_email_confirmation, person_id=person_id)
    vouched = Vouched(provider="google", subject=SUBJECT, email=EMAIL, email_verified=True)
    run(SYSTEM, _confirm, person_id=person_id)
    assert run(SYSTEM, identity.sign_in_by_provider, vouched=vouched, nonce="z", user_agent=AGENT).ticket is not None
    person = signed_in(EMAIL)
    note_browser(person, "quappen's laptop")
    run(person, identity.request_phone_code, phone=PHONE)
    run(person, identity.confirm_phone, code=_code(person_id))
    run(person, identity.request_email_change, new_email=SECOND_EMAIL)
    enrol(person)
    seen = Seen(org_id=shop.org_id, person_id=person_id, kind=ActivityKind.SEARCH, screen="find", facts={"find": SEARCHED})
    run(person, identity.record_activity, seen=[seen])
    run(person, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.OFF)
    run(SYSTEM, identity.request_password_reset, email=EMAIL, address="home")
    run(SYSTEM, identity.begin_registration, kind=OrgKind.RETAILER, name=NAME, email=EMAIL, password=PASSWORD,
        address="home")  # fmt: skip
    deliver_new()
    run(shop.owner, identity.remove_member, person_id=person_id)
    deliver_new()
    return person_id


def note_browser(person: Actor, browser: str) -> None:
    assert person.sign_in_session_id is not None
    run(SYSTEM, identity.note_browser, session_id=person.sign_in_session_id, browser=browser)


def _confirm(work: Work, *, person_id: UUID) -> None:
    work.session.execute(sa.text("update people set email_confirmed_at = :now where id = :id"),
                         {"now": work.now, "id": person_id})  # fmt: skip


def _code(person_id: UUID) -> str:
    with begin(SYSTEM) as work:
        statement = sa.text("select id from phone_codes where person_id = :id")
        return identity.code_of(work.session.execute(statement, {"id": person_id}).scalar_one())


def found() -> set[str]:
    """The columns of all tables in which a needle stands, whatever their kind."""
    with begin(SYSTEM) as work:
        columns = work.session.execute(
            sa.text(
                "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid"
                " where c.relnamespace in ('market'::regnamespace, 'jobs'::regnamespace) and c.relkind in ('r', 'p')"
                " and a.attnum > 0 and not a.attisdropped and a.atttypid in"
                " ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'json'::regtype, 'text[]'::regtype)"
                " and has_column_privilege(c.oid, a.attnum, 'select') order by 1, 2"
            )
        ).all()
        assert len(columns) > 250
        hit: set[str] = set()
        for table, column in ((str(row[0]), str(row[1])) for row in columns):
            query = sa.text(
                'select exists (select 1 from "' + table + '" where lower("' + column + "\"::text) like any (:needles))"
            )
            if work.session.execute(query, {"needles": [f"%{needle}%" for needle in NEEDLES]}).scalar_one():
                hit.add(f"{table}.{column}")
        return hit


def counts() -> dict[str, int]:
    with begin(SYSTEM) as work:
        names = work.session.scalars(
            sa.text("select relname from pg_class where relnamespace = 'market'::regnamespace and relkind = 'r'"
                    " and has_table_privilege(oid, 'select')")
        ).all()  # fmt: skip
        return {
            name: work.session.execute(sa.text('select count(*) from "' + name + '"')).scalar_one() for name in names
        }


def test_an_erased_person_stands_nowhere_any_more(shop: Company) -> None:
    person_id = invited(shop)
    before = found()
    assert {
        "people.name", "people.email", "people.phone", "invitations.email", "registrations.email", "registrations.name",
        "outgoing_emails.recipient", "outgoing_texts.recipient", "email_changes.new_email", "phone_codes.phone",
        "person_identities.subject", "event_personal.after", "activity.facts", "sign_in_sessions.user_agent",
    } <= before  # fmt: skip
    run(SYSTEM, privacy.erase_person, person_id=person_id, reason="She asked for it")
    assert found() == set()
    with begin(SYSTEM) as work:
        for table in ("second_factors", "recovery_codes", "known_browsers", "links", "notice_preferences"):
            left: int = work.session.execute(sa.text("select count(*) from " + table + " where person_id = :id"),
                                        {"id": person_id}).scalar_one()  # fmt: skip
            assert left == 0, table
        reasons = work.session.scalars(sa.text("select facts ->> 'reason' from events where name = 'PersonErased'"))
        assert list(reasons) == ["She asked for it"]


def test_nobody_else_is_touched(shop: Company) -> None:
    other = signed_in(shop.emails[Variant.STORE_MANAGER])
    note_browser(other, "another")
    run(other, identity.request_phone_code, phone="+4915112345678")
    run(other, identity.request_email_change, new_email="still@corner.example")
    enrol(other)
    deliver_new()
    kept = counts()
    person_id = invited(shop)
    run(SYSTEM, privacy.erase_person, person_id=person_id, reason="She asked for it")
    now = counts()
    gone = {name for name in kept if now[name] < kept[name]}
    assert gone == set()
    same = ("email_changes", "phone_codes", "second_factors", "recovery_codes", "known_browsers", "outgoing_texts")
    assert {name: now[name] for name in same} == {name: kept[name] for name in same}
    assert other.sign_in_session_id is not None and who_is(other.sign_in_session_id) is not None


def test_who_still_works_somewhere_is_not_erased_and_only_the_operator_erases(shop: Company) -> None:
    person_id = shop.people[Variant.STORE_MANAGER].user_id
    assert person_id is not None
    before = counts()
    for actor, reason, error in ((SYSTEM, "gone", Conflict), (SYSTEM, " ", Invalid), (shop.owner, "mine", NotFound)):
        with pytest.raises(error):
            run(actor, privacy.erase_person, person_id=person_id, reason=reason)
    with pytest.raises(NotFound):
        run(SYSTEM, privacy.erase_person, person_id=uuid4(), reason="nobody")
    assert counts() == before


# --- time --------------------------------------------------------------------------------------


def forget() -> int:
    total = 0
    while gone := run(SYSTEM, privacy.forget_old, limit=2):  # a batch at a time
        total += gone
    return total


def leave_traces(shop: Company, at: datetime) -> Actor:
    person = signed_in(shop.emails[Variant.STORE_MANAGER])
    note_browser(person, f"browser of {at}")
    run(person, identity.request_phone_code, phone="+4915112345678")
    run(person, identity.request_email_change, new_email="still@corner.example")
    run(SYSTEM, identity.request_password_reset, email=shop.emails[Variant.STORE_MANAGER], address=f"home {at}")
    run(SYSTEM, identity.sign_in, email="nobody@x.example", password="w", nonce="n", address=f"home {at}")
    deliver_new()
    return person


KEPT_FOR = {
    "sign_in_attempts": timedelta(days=1), "links": timedelta(days=30), "phone_codes": timedelta(days=30),
    "outgoing_texts": timedelta(days=30), "email_changes": timedelta(days=91), "outgoing_emails": timedelta(days=180),
    "known_browsers": timedelta(days=400),
}  # fmt: skip


def test_what_has_served_its_time_goes_and_nothing_else(shop: Company) -> None:
    with begin(SYSTEM) as work:
        begun = work.now
    leave_traces(shop, begun)
    run(SYSTEM, _as_if_sent)
    first = counts()
    assert all(first[table] for table in KEPT_FOR)
    assert forget() == 0 and counts() == first
    for kept_for in sorted(set(KEPT_FOR.values())):
        tables = [table for table, one in KEPT_FOR.items() if one == kept_for]
        with after(hours=kept_for / timedelta(hours=1) - 1):
            forget()
            left = counts()
            assert {table: left[table] for table in tables} == {table: first[table] for table in tables}
        with after(hours=kept_for / timedelta(hours=1) + 25):
            forget()
            left = counts()
            assert not [table for table in tables if left[table]]
    assert {name for name, number in counts().items() if number != first[name]} == set(KEPT_FOR)


def _as_if_sent(work: Work) -> None:
    for table in ("outgoing_emails", "outgoing_texts"):
        work.session.execute(sa.text("update " + table + " set state = 'sent', sent_at = :now"), {"now": work.now})


def test_the_ways_in_of_somebody_who_left_go_after_a_month(shop: Company) -> None:
    person_id = invited(shop)
    with after(days=29):
        forget()
        assert "person_identities.subject" in found()
    with after(days=31):
        forget()
        gone = {"person_identities.subject", "phone_codes.phone", "outgoing_texts.recipient"}
        assert not gone & found()
    with begin(SYSTEM) as work:  # who they were is a part of what the organisation did
        name: str = work.session.execute(sa.text("select name from people where id = :id"), {"id": person_id}).scalar_one()
    assert name == NAME
