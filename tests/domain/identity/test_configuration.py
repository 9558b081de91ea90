"""The platform's configuration: versioned, with who and why, and for new things only."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, logistics, orders
from domain.identity import OrgKind, Permission, Variant
from domain.kernel import configuration
from domain.kernel.actor import Actor
from domain.kernel.configuration import TERMS, Setting
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, Market, buy, company, make_market, orders_of, sheet

INSPECTION = Setting.INSPECTION_DAYS


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    configuration._known.clear()
    yield
    configuration._known.clear()  # what this test has set is rolled back


def staff() -> Company:
    return company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.ANALYTICS, Variant.SUPER_ADMIN)


def now() -> datetime:
    with begin(Actor.system()) as work:
        return work.now


def change(actor: Actor, value: str, at: datetime, *, version: int = 0, reason: str = "Buyers asked for it") -> None:
    run(actor, identity.change_setting, request_id=uuid4(), setting=INSPECTION, value=Decimal(value),
        effective_from=at, reason=reason, version=version)  # fmt: skip
    configuration._known.clear()


def delivered(market: Market, order_id: UUID) -> datetime:
    """Everything is shipped and received; the instant at which what nobody inspects is accepted."""
    [maker], shop = market.makers, market.retailer
    run(maker.owner, orders.confirm_order, order_id=order_id)
    [line] = sheet(maker.owner, order_id).lines
    run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=logistics.Carrier.DHL,
        tracking="JD0001", shipped={line.line_id: 10},
    )  # fmt: skip
    with begin(shop.owner) as work:
        [shipment] = logistics.shipments_of_order(work, order_id=order_id)
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment.shipment_id)
    with begin(Actor.system()) as work:
        due = sa.text("select due_at from timers where key = :key")
        return work.session.execute(due, {"key": f"inspect:{shipment.shipment_id}"}).scalar_one()


def test_a_longer_inspection_holds_for_new_orders_and_older_ones_keep_theirs(database: sa.Connection) -> None:
    market = make_market(makers=1)
    [maker], shop = market.makers, market.retailer
    operations, begun = market.platform.people[Variant.OPERATIONS], now()
    old = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    change(operations, "10", begun + timedelta(hours=1))
    with clock(begun + timedelta(hours=2)):
        new = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    arrival = begun + timedelta(days=3)
    with clock(arrival):
        assert delivered(market, old) == arrival + timedelta(days=7)
        assert delivered(market, new) == arrival + timedelta(days=10)


def test_a_change_stands_there_with_version_difference_and_who(database: sa.Connection) -> None:
    platform = staff()
    operations, begun = platform.people[Variant.OPERATIONS], now()
    change(operations, "10", begun + timedelta(hours=1))
    change(operations, "8", begun + timedelta(days=2), version=1, reason="Too long")
    with clock(begun + timedelta(hours=2)), begin(platform.people[Variant.ANALYTICS]) as work:
        row = next(row for row in identity.settings_now(work) if row.setting is INSPECTION)
        changes = identity.setting_changes(work, setting=INSPECTION)
        events = work.session.execute(sa.text("select * from events where name = 'SettingChanged' order by id")).all()
    assert (row.value, row.upcoming, row.upcoming_at, row.version) == (10, 8, begun + timedelta(days=2), 2)
    assert [(c.version, c.before, c.after, c.reason) for c in sorted(changes, key=lambda c: c.version)] == [
        (1, 7, 10, "Buyers asked for it"), (2, 10, 8, "Too long"),
    ]  # fmt: skip
    assert {change.changed_by for change in changes} == {"operations of Platform"}
    assert [(e.facts["before"], e.facts["after"], e.facts["reason"]) for e in events] == [
        ({"value": "7"}, {"value": "10"}, "Buyers asked for it"), ({"value": "10"}, {"value": "8"}, "Too long"),
    ]  # fmt: skip
    assert {(e.actor_user_id, e.org_id) for e in events} == {(operations.user_id, platform.org_id)}


REFUSED = [
    ("10", timedelta(hours=1), {"reason": " "}, Invalid),
    ("0", timedelta(hours=1), {}, Invalid),
    ("61", timedelta(hours=1), {}, Invalid),
    ("7.5", timedelta(hours=1), {}, Invalid),
    ("NaN", timedelta(hours=1), {}, Invalid),
    ("10", timedelta(seconds=30), {}, Invalid),
    ("10", timedelta(days=-1), {}, Invalid),
    ("7", timedelta(hours=1), {}, Conflict),
    ("10", timedelta(hours=1), {"version": 3}, Conflict),
]


def test_what_is_wrong_is_refused_and_nothing_moved(database: sa.Connection) -> None:
    platform = staff()
    operations, begun = platform.people[Variant.OPERATIONS], now()
    for value, after, more, error in REFUSED:
        with pytest.raises(DomainError) as refusal:
            change(operations, value, begun + after, **more)  # type: ignore[arg-type]
        assert type(refusal.value) is error, (value, after, more)
    for variant, actor in platform.people.items():
        if not actor.may(Permission.CONFIGURE):
            with pytest.raises(NotAllowed):
                change(actor, "10", begun + timedelta(hours=1))
            assert variant is not Variant.OPERATIONS
    with begin(Actor.system()) as work:
        assert work.session.execute(sa.text("select count(*) from platform_settings")).scalar_one() == 0
        names = work.session.execute(sa.text("select name from events")).scalars()
        assert "SettingChanged" not in names


def test_a_planned_change_is_not_overtaken(database: sa.Connection) -> None:
    platform = staff()
    operations, begun = platform.people[Variant.OPERATIONS], now()
    change(operations, "10", begun + timedelta(days=9))
    with pytest.raises(Conflict, match="planned"):
        change(operations, "12", begun + timedelta(days=1), version=1)


def test_every_setting_says_what_it_means_and_its_bounds() -> None:
    assert set(TERMS) == set(Setting)
    for terms in TERMS.values():
        assert terms.meaning and terms.unit and terms.least <= terms.usual <= terms.most
