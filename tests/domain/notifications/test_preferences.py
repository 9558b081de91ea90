"""Who reads what, and who is written to: per person, by topic, at once, daily or not at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain import identity, notifications
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import begin, clock, run
from domain.notifications import EmailWish, Topic
from tests.make.market import Company, company

pytestmark = pytest.mark.usefixtures("database")
SYSTEM = Actor.system()
# 06:30 in Berlin, in winter and summer time.
EARLY = datetime(2031, 3, 3, 5, 30, tzinfo=UTC)


@pytest.fixture
def shop(database: None) -> Iterator[Company]:
    yield company(OrgKind.RETAILER, "Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


def tell(shop: Company, kind: str, cause: str = "1", **facts: Any) -> None:
    run(SYSTEM, notifications.tell, org_id=shop.org_id, kind=kind, cause=f"{cause}:{kind}", subject="order",
        subject_id=new_id(), facts={"number": "P1-1", "seller": "Maker"}, **facts)  # fmt: skip


def unread(who: Actor) -> int:
    with begin(who) as work:
        count = notifications.unread(work)
        rows, total = notifications.my_notices(work, only_unread=True)
        assert count == total == len(rows)  # the bell is the rows
        return count


def letters(kind: str) -> list[Any]:
    with begin(SYSTEM) as work:
        statement = "select recipient, facts, state from outgoing_emails where kind = :kind order by id"
        return list(work.session.execute(text(statement), {"kind": kind}).all())


def test_the_bell_counts_what_one_has_not_read_oneself(shop: Company) -> None:
    owner, manager = shop.people.values()
    tell(shop, "goods_shipped", "1")
    tell(shop, "goods_shipped", "2")
    assert (unread(owner), unread(manager)) == (2, 2)
    with begin(owner) as work:
        first = notifications.my_notices(work)[0][0].notice_id
    assert run(owner, notifications.mark_read, notice_ids=[first]) == 1
    assert run(owner, notifications.mark_read, notice_ids=[first]) == 0
    assert (unread(owner), unread(manager)) == (1, 2)
    assert run(owner, notifications.mark_read) == 1
    assert (unread(owner), unread(manager)) == (0, 2)


def test_a_notice_for_one_person_and_news_from_before_are_not_for_others(shop: Company) -> None:
    owner, manager = shop.people.values()
    tell(shop, "security_alert", "1", person_id=manager.user_id)
    assert (unread(owner), unread(manager)) == (0, 1)
    with begin(manager) as work:
        [mine] = notifications.my_notices(work)[0]
    assert run(owner, notifications.mark_read, notice_ids=[mine.notice_id]) == 0
    assert unread(manager) == 1
    with begin(SYSTEM) as work:
        long_ago = work.now - timedelta(days=30)
    with clock(long_ago):
        tell(shop, "goods_shipped", "2")
    assert (unread(owner), unread(manager)) == (0, 1)


def test_letters_follow_the_choice_and_money_cannot_be_muted(shop: Company) -> None:
    owner, manager = shop.people.values()
    run(owner, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.NOW)
    run(manager, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.OFF)
    for topic in (Topic.MONEY, Topic.SECURITY, Topic.SYSTEM):
        with pytest.raises(Invalid):
            run(owner, notifications.choose_emails, topic=topic, email=EmailWish.OFF)
    tell(shop, "goods_shipped")
    tell(shop, "money_refunded")
    assert run(SYSTEM, notifications.mail_notices) == 2
    assert run(SYSTEM, notifications.mail_notices) == 0  # once
    owner_email, manager_email = shop.emails.values()
    written = sorted((row.recipient, row.facts["notice"]) for row in letters("notice"))
    assert written == sorted(
        [(owner_email, "goods_shipped"), (owner_email, "money_refunded"), (manager_email, "money_refunded")]
    )
    with begin(owner) as work:
        kept = {row.topic: row.email for row in notifications.my_preferences(work)}
    assert kept[Topic.ORDERS] == EmailWish.NOW and kept[Topic.MONEY] == EmailWish.NOW


def test_what_was_muted_before_it_was_sent_is_not_sent(shop: Company) -> None:
    owner = shop.owner
    run(owner, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.NOW)
    tell(shop, "goods_shipped")
    run(SYSTEM, notifications.mail_notices)
    run(owner, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.OFF)
    assert run(SYSTEM, notifications.claim_emails) == []
    assert [row.state for row in letters("notice")] == ["dropped"]


def test_whoever_has_read_it_in_the_app_needs_no_letter(shop: Company) -> None:
    owner = shop.owner
    run(owner, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.NOW)
    tell(shop, "goods_shipped")
    run(owner, notifications.mark_read)
    run(SYSTEM, notifications.mail_notices)
    assert letters("notice") == []


def test_the_daily_letter_comes_once_in_the_morning_of_ones_own_time_zone(shop: Company) -> None:
    owner_email, manager_email = shop.emails.values()
    _joined_long_ago()
    run(shop.people[Variant.STORE_MANAGER], notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.OFF)
    with clock(EARLY - timedelta(hours=8)):
        for cause in ("1", "2", "3"):
            tell(shop, "goods_shipped", cause)
        tell(shop, "money_refunded")  # never in a digest
        run(SYSTEM, notifications.mail_notices)
    with clock(EARLY):
        assert run(SYSTEM, notifications.write_digests) == 0  # still night in Berlin
    with clock(EARLY + timedelta(hours=1)):
        assert run(SYSTEM, notifications.write_digests) == 1
        assert run(SYSTEM, notifications.write_digests) == 0
    [letter] = letters("digest")
    assert letter.recipient == owner_email and letter.facts["count"] == 3
    assert {each["notice"] for each in letter.facts["notices"]} == {"goods_shipped"}
    with clock(EARLY + timedelta(hours=2)):
        tell(shop, "goods_shipped", "4")
        run(SYSTEM, notifications.mail_notices)
        assert run(SYSTEM, notifications.write_digests) == 0  # had today's
    with clock(EARLY + timedelta(days=1, hours=1)):
        assert run(SYSTEM, notifications.write_digests) == 1
    assert [row.facts["count"] for row in letters("digest")] == [3, 1]
    assert manager_email not in {row.recipient for row in letters("digest")}


def test_muted_after_it_was_put_aside_it_is_in_no_daily_letter(shop: Company) -> None:
    _joined_long_ago()
    with clock(EARLY):
        tell(shop, "goods_shipped")
        run(SYSTEM, notifications.mail_notices)
        for person in shop.people.values():
            run(person, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.OFF)
    with clock(EARLY + timedelta(hours=2)):
        assert run(SYSTEM, notifications.write_digests) == 0
    assert letters("digest") == []


def test_the_link_in_a_letter_mutes_its_reader_and_topic_and_nothing_else(shop: Company) -> None:
    owner = shop.owner
    assert isinstance(owner.user_id, UUID)
    token = notifications.unsubscribe_token(owner.user_id, Topic.ORDERS)
    for forged in (token[:-2], "", "x", token.swapcase(), notifications.unsubscribe_token(new_id(), Topic.MONEY)):
        with pytest.raises((NotFound, Invalid)):
            run(SYSTEM, notifications.unsubscribe, token=forged)
    with pytest.raises(NotFound):
        run(owner, notifications.unsubscribe, token=token)
    assert run(SYSTEM, notifications.unsubscribe, token=token) == Topic.ORDERS
    assert run(SYSTEM, notifications.unsubscribe, token=token) == Topic.ORDERS
    with begin(owner) as work:
        kept = {row.topic: row.email for row in notifications.my_preferences(work)}
    assert kept[Topic.ORDERS] == EmailWish.OFF and kept[Topic.ACCOUNT] == EmailWish.NOW
    with begin(shop.people[Variant.STORE_MANAGER]) as work:
        others = {row.topic: row.email for row in notifications.my_preferences(work)}
    assert others[Topic.ORDERS] == EmailWish.DAILY


def test_old_news_is_never_written_about(shop: Company) -> None:
    run(shop.owner, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.NOW)
    _joined_long_ago()
    with clock(EARLY):
        tell(shop, "goods_shipped")
    with clock(EARLY + timedelta(days=3)):
        assert run(SYSTEM, notifications.mail_notices) == 1
    assert letters("notice") == []


def _joined_long_ago() -> None:
    def backdate(work: Any) -> None:
        work.session.execute(text("update memberships set created_at = :at"), {"at": EARLY - timedelta(days=9)})

    run(SYSTEM, backdate)


def joined_too(who: Actor, other: Company, variant: Variant) -> None:
    """Somebody with an account belongs to another organisation as well."""
    with begin(SYSTEM) as work:
        email = work.session.execute(text("select email from people where id = :id"), {"id": who.user_id}).scalar_one()
    run(other.owner, identity.invite_member, request_id=new_id(), email=email, variant=variant)
    with begin(SYSTEM) as work:
        link_id = work.session.execute(
            text("select link_id from invitations where email = :email"), {"email": email}
        ).scalar_one()
    run(SYSTEM, identity.join_organization, token=identity.token_of(link_id), password="", signed_in=who.user_id)


def test_who_works_for_two_companies_gets_a_daily_letter_of_each(shop: Company) -> None:
    with clock(EARLY - timedelta(days=1)):
        other = company(OrgKind.RETAILER, "Second shop", Variant.BUSINESS_OWNER)
        joined_too(shop.owner, other, Variant.PURCHASING_AGENT)
    with clock(EARLY):
        run(shop.owner, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.DAILY)
        tell(shop, "goods_shipped")
        tell(other, "goods_shipped")
        run(SYSTEM, notifications.mail_notices)
    with clock(EARLY + timedelta(hours=3)):
        assert run(SYSTEM, notifications.write_digests) > 0
        assert run(SYSTEM, notifications.write_digests) == 0
    with begin(SYSTEM) as work:
        written = work.session.execute(
            text("select org_id from outgoing_emails where kind = 'digest' and person_id = :id"),
            {"id": shop.owner.user_id},
        )
        assert {row.org_id for row in written} == {shop.org_id, other.org_id}


def test_who_left_gets_no_daily_letter_about_what_waited(shop: Company) -> None:
    _, manager = shop.people.values()
    with clock(EARLY):
        run(manager, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.DAILY)
        tell(shop, "goods_shipped")
        run(SYSTEM, notifications.mail_notices)
        run(shop.owner, identity.remove_member, person_id=manager.user_id)
    with clock(EARLY + timedelta(hours=3)):
        run(SYSTEM, notifications.write_digests)
    with begin(SYSTEM) as work:
        kept = "select count(*) from outgoing_emails where kind = 'digest' and person_id = :id"
        assert work.session.execute(text(kept), {"id": manager.user_id}).scalar_one() == 0


def test_who_left_gets_no_letter_that_was_on_its_way(shop: Company) -> None:
    _, manager = shop.people.values()
    for person in shop.people.values():
        run(person, notifications.choose_emails, topic=Topic.ORDERS, email=EmailWish.NOW)
    tell(shop, "order_ready")
    run(SYSTEM, notifications.mail_notices)
    assert [row.state for row in letters("notice")] == ["waiting"] * 2
    run(shop.owner, identity.remove_member, person_id=manager.user_id)
    claimed = run(SYSTEM, notifications.claim_emails)
    assert [wish.person_id for wish in claimed if wish.kind == "notice"] == [shop.owner.user_id]
    with begin(SYSTEM) as work:
        kept = "select state from outgoing_emails where kind = 'notice' and person_id = :id"
        assert work.session.execute(text(kept), {"id": manager.user_id}).scalars().all() == ["dropped"]
