"""The platform's configuration: versioned, with who and why, and for new things only."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, logistics, orders
from domain.identity import OrgKind, Permission, Variant
from domain.kernel import configuration
from domain.kernel.actor import Actor
from domain.kernel.configuration import TERMS, Setting
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed
from domain.kernel.states import IllegalMove
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


def change(
    actor: Actor, value: str, at: datetime, *, version: int = 0, reason: str = "Buyers asked for it",
    setting: Setting = INSPECTION,
) -> UUID:  # fmt: skip
    made = run(
        actor, identity.change_setting, request_id=uuid4(), setting=setting, value=Decimal(value), effective_from=at,
        reason=reason, version=version,
    )  # fmt: skip
    configuration._known.clear()
    return made


def approve(boss: Actor, proposal_id: UUID, *, is_approved: bool = True, note: str = "") -> None:
    run(boss, identity.decide_setting, proposal_id=proposal_id, is_approved=is_approved, note=note)
    configuration._known.clear()


def both_change(platform: Company, value: str, at: datetime, **more: Any) -> None:
    """Operations propose, the super admin approves."""
    made = change(platform.people[Variant.OPERATIONS], value, at, **more)
    approve(platform.people[Variant.SUPER_ADMIN], made)


def value_at(at: datetime, setting: Setting) -> Decimal:
    with clock(at), begin(Actor.system()) as work:
        return configuration.value_of(work, setting)


def written(table: str) -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.text("select count(*) from " + table)).scalar_one())


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
    begun = now()
    old = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    both_change(market.platform, "10", begun + timedelta(hours=1))
    with clock(begun + timedelta(hours=2)):
        new = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    arrival = begun + timedelta(days=3)
    with clock(arrival):
        assert delivered(market, old) == arrival + timedelta(days=7)
        assert delivered(market, new) == arrival + timedelta(days=10)


def test_a_change_stands_there_with_version_difference_and_who(database: sa.Connection) -> None:
    platform = staff()
    operations, begun = platform.people[Variant.OPERATIONS], now()
    both_change(platform, "10", begun + timedelta(hours=1))
    both_change(platform, "8", begun + timedelta(days=2), version=1, reason="Too long")
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
    boss = platform.people[Variant.SUPER_ADMIN]
    assert {(e.actor_user_id, e.org_id) for e in events} == {(boss.user_id, platform.org_id)}
    assert {e.facts["proposed_by"] for e in events} == {str(operations.user_id)}


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
        assert not {"SettingChanged", "SettingProposed"} & set(names)
    assert written("setting_proposals") == 0


def test_a_planned_change_is_not_overtaken(database: sa.Connection) -> None:
    platform = staff()
    operations, begun = platform.people[Variant.OPERATIONS], now()
    both_change(platform, "10", begun + timedelta(days=9))
    with pytest.raises(Conflict, match="planned"):
        change(operations, "12", begun + timedelta(days=1), version=1)


CAP, ANSWER = Setting.PURCHASE_CAP_LEVEL_1, Setting.SELLER_ANSWER_BUSINESS_HOURS


def test_a_change_about_money_counts_once_a_second_person_has_approved_it(database: sa.Connection) -> None:
    platform = staff()
    operations, boss, begun = platform.people[Variant.OPERATIONS], platform.people[Variant.SUPER_ADMIN], now()
    made = change(operations, "9000", begun + timedelta(hours=1), setting=CAP)
    assert value_at(begun + timedelta(hours=2), CAP) == 5000
    with begin(platform.people[Variant.ANALYTICS]) as work:
        [waiting] = identity.proposed_settings(work)
    assert (waiting.before, waiting.after, waiting.proposed_by_name) == (5000, 9000, "operations of Platform")
    with pytest.raises(Conflict, match="waits for approval already"):
        change(operations, "8000", begun + timedelta(hours=1), setting=CAP)
    with clock(begun + timedelta(hours=3)):  # a yes that comes late gives every process its minute all the same
        approve(boss, made)
    assert value_at(begun + timedelta(hours=3), CAP) == 5000
    assert value_at(begun + timedelta(hours=3, minutes=1), CAP) == 9000
    with pytest.raises(IllegalMove):
        approve(boss, made)
    assert written("platform_settings") == 1


def test_what_is_not_about_money_counts_without(database: sa.Connection) -> None:
    platform, begun = staff(), now()
    change(platform.people[Variant.OPERATIONS], "24", begun + timedelta(hours=1), setting=ANSWER)
    assert value_at(begun + timedelta(hours=2), ANSWER) == 24
    assert ANSWER not in identity.OF_TWO_PEOPLE and CAP in identity.OF_TWO_PEOPLE


def test_nobody_approves_who_proposed_and_nothing_moves(database: sa.Connection) -> None:
    platform, begun = staff(), now()
    made = change(platform.people[Variant.OPERATIONS], "9000", begun + timedelta(hours=1), setting=CAP)
    for variant in (Variant.OPERATIONS, Variant.ANALYTICS):
        with pytest.raises(NotAllowed):
            approve(platform.people[variant], made)
    both = replace(platform.people[Variant.SUPER_ADMIN], user_id=platform.people[Variant.OPERATIONS].user_id)
    with pytest.raises(identity.OtherEyesNeeded):
        approve(both, made)  # one person in two roles is still one person
    with pytest.raises(Invalid, match="why not"):
        approve(platform.people[Variant.SUPER_ADMIN], made, is_approved=False)
    assert value_at(begun + timedelta(hours=2), CAP) == 5000
    assert written("platform_settings") == 0
    approve(platform.people[Variant.SUPER_ADMIN], made, is_approved=False, note="Too much at once")
    assert value_at(begun + timedelta(hours=2), CAP) == 5000
    again = change(platform.people[Variant.OPERATIONS], "6000", begun + timedelta(hours=1), setting=CAP)
    run(platform.people[Variant.OPERATIONS], identity.withdraw_setting, proposal_id=again)
    with pytest.raises(IllegalMove):
        approve(platform.people[Variant.SUPER_ADMIN], again)
    with begin(Actor.system()) as work:
        decided = work.session.execute(sa.text("select to_state from events where name = 'SettingDecided' order by id"))
        assert [row.to_state for row in decided] == ["refused", "withdrawn"]
    assert written("platform_settings") == 0


def test_a_proposal_that_was_overtaken_is_not_approved(database: sa.Connection) -> None:
    platform, begun = staff(), now()
    made = change(platform.people[Variant.OPERATIONS], "9000", begun + timedelta(hours=1), setting=CAP)
    run(Actor.system(), identity.change_setting, request_id=uuid4(), setting=CAP, value=Decimal(7000),
        effective_from=begun + timedelta(hours=1), reason="By the operator", version=0)  # fmt: skip
    with pytest.raises(Conflict, match="changed since"):
        approve(platform.people[Variant.SUPER_ADMIN], made)
    assert written("platform_settings") == 1


def test_two_who_decide_at_once_decide_once(fresh_database: str) -> None:
    platform, begun = staff(), now()
    made = change(platform.people[Variant.OPERATIONS], "9000", begun + timedelta(hours=1), setting=CAP)
    boss = platform.people[Variant.SUPER_ADMIN]

    def decide(is_approved: bool) -> str:
        try:
            run(boss, identity.decide_setting, proposal_id=made, is_approved=is_approved, note="Both at once")
        except IllegalMove:
            return "too late"
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(decide, [True, False, True, False]))
    assert sorted(answers) == ["done", "too late", "too late", "too late"]
    with begin(Actor.system()) as work:
        rows = work.session.execute(sa.text("select name from events where name like 'Setting%' order by id")).all()
    names = [row.name for row in rows]
    assert len(names) == 2 and names[0] == "SettingProposed"


def test_every_setting_says_what_it_means_and_its_bounds() -> None:
    assert set(TERMS) == set(Setting)
    for terms in TERMS.values():
        assert terms.meaning and terms.unit and terms.least <= terms.usual <= terms.most
