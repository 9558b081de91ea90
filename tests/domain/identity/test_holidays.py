"""Closed days: kept by the owner, read from a list, and heeded by the deadlines of orders."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotAllowed
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, buy, company, offer, top_up

pytestmark = pytest.mark.usefixtures("database")
# A Monday, nine in the morning in Berlin.
MONDAY = datetime(2031, 3, 3, 8, 0, tzinfo=UTC)


@pytest.fixture
def maker(database: None) -> Iterator[Company]:
    yield company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER, Variant.SALES_REPRESENTATIVE)


def days(who: Actor) -> dict[date, str]:
    with begin(who) as work:
        return {row.closed_on: row.name for row in identity.my_holidays(work)}


def test_the_owner_keeps_the_calendar_and_what_changed_is_written_down(maker: Company) -> None:
    kept = {date(2026, 12, 24): "Christmas Eve", date(2026, 12, 25): "Christmas"}
    assert run(maker.owner, identity.set_holidays, holidays=kept) == 2
    assert run(maker.owner, identity.set_holidays, holidays=kept) == 0
    renamed = {date(2026, 12, 25): "Christmas Day"}
    assert run(maker.owner, identity.set_holidays, holidays=renamed) == 2
    assert days(maker.owner) == renamed
    with pytest.raises(NotAllowed):
        run(maker.people[Variant.SALES_REPRESENTATIVE], identity.set_holidays, holidays={})
    assert days(maker.owner) == renamed
    with begin(Actor.system()) as work:
        events = work.session.execute(text("select facts from events where name = 'HolidaysChanged' order by id"))
        assert [row.facts for row in events] == [
            {"before": {}, "after": {"2026-12-24": "Christmas Eve", "2026-12-25": "Christmas"}},
            {
                "before": {"2026-12-24": "Christmas Eve", "2026-12-25": "Christmas"},
                "after": {"2026-12-25": "Christmas Day"},
            },
        ]


def test_nobody_is_closed_for_ever(maker: Company) -> None:
    always = {date.fromordinal(date(2027, 1, 1).toordinal() + n): "Closed" for n in range(61)}
    with pytest.raises(Invalid, match="2027 has 61 closed days"):
        run(maker.owner, identity.set_holidays, holidays=always)
    for day in (date(1999, 1, 1), date(2099, 1, 1)):
        with pytest.raises(Invalid):
            run(maker.owner, identity.set_holidays, holidays={day: "Far away"})
    with pytest.raises(Invalid):
        run(maker.owner, identity.set_holidays, holidays={date(2027, 1, 1): " "})
    assert days(maker.owner) == {}


def test_a_list_is_read_as_people_write_it() -> None:
    listed = "2027-01-01 New Year's Day\n\n24.12.2027;Christmas Eve\n2027/5/1, Labour Day\n2027-10-03\tUnity\n2027-10-31"
    assert identity.read_holidays(listed) == {
        date(2027, 1, 1): "New Year's Day", date(2027, 12, 24): "Christmas Eve", date(2027, 5, 1): "Labour Day",
        date(2027, 10, 3): "Unity", date(2027, 10, 31): "Closed",
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["03/04/2027 One of two days", "Christmas", "2027-02-30 No day", "1.1.27 Which century"])
def test_a_line_that_may_mean_two_things_is_refused_by_its_number(wrong: str) -> None:
    with pytest.raises(Invalid, match=r"^Line 2 "):
        identity.read_holidays(f"2027-01-01 New Year\n{wrong}")


def test_the_seller_s_closed_days_put_the_deadline_off_and_the_buyer_s_do_not(maker: Company) -> None:
    platform, shop = company(OrgKind.PLATFORM, "Platform"), company(OrgKind.RETAILER, "Shop")
    made = offer(maker, "Teapot")
    top_up(shop, "1000.00", platform.owner)

    def deadline() -> datetime:
        with clock(MONDAY):
            buy(shop, {made: 1})
            with begin(Actor.system()) as work:
                return work.session.execute(
                    text("select due_at from timers where command = 'decline_unanswered' order by id desc limit 1")
                ).scalar_one()

    with clock(MONDAY):
        # 48 hours of working time are two working days: until Wednesday at nine.
        assert deadline() == datetime(2031, 3, 5, 8, 0, tzinfo=UTC)
        run(shop.owner, identity.set_holidays, holidays={date(2031, 3, 4): "Stock-taking"})
        assert deadline() == datetime(2031, 3, 5, 8, 0, tzinfo=UTC)
        run(maker.owner, identity.set_holidays, holidays={date(2031, 3, 4): "Carnival", date(2031, 3, 5): "Ash"})
        # Both days stand still: Thursday and, in place of what Tuesday would have been, until Friday at nine.
        assert deadline() == datetime(2031, 3, 7, 8, 0, tzinfo=UTC)


def test_a_calendar_is_known_of_sellers_and_of_oneself_only(maker: Company) -> None:
    shop = company(OrgKind.RETAILER, "Shop")
    run(shop.owner, identity.set_holidays, holidays={date(2027, 1, 4): "Closed"})
    with begin(maker.owner) as work:
        assert set(identity.calendars_of(work, org_ids=[maker.org_id, shop.org_id])) == {maker.org_id}
        assert work.session.execute(text("select count(*) from org_holidays")).scalar_one() == 0
    with begin(shop.owner) as work:
        assert set(identity.calendars_of(work, org_ids=[maker.org_id, shop.org_id])) == {maker.org_id, shop.org_id}
