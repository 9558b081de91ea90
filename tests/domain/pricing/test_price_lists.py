"""Price lists on a real database: breaks, days, versions, floors, and rows that stay as they were."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from domain import catalog, orders, pricing
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from domain.reactions import deliver_new
from tests.make.market import Company, buy, company, make_market, offer, orders_of, sheet

D = Decimal
LADDER = [(1, D("10.00")), (50, D("9.00")), (200, D("8.00"))]
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def price_of(who: Actor, offer_id: UUID, quantity: int = 1) -> pricing.Price:
    with begin(who) as work:
        return pricing.resolve(work, quantities={offer_id: quantity})[offer_id]


def history(who: Actor, offer_id: UUID) -> list[tuple[int, Decimal, datetime, datetime | None]]:
    with begin(who) as work:
        rows = pricing.price_history(work, offer_id=offer_id)
    return [(row.minimum_quantity, row.unit_price, row.valid_from, row.valid_to) for row in rows]


def test_prices_of_many_offers_take_as_many_statements_as_those_of_two(database: sa.Connection) -> None:
    maker = company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER)
    offers = [offer(maker, f"Cup {number}", on_hand=0) for number in range(8)]
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    def statements(some: list[UUID], price: str) -> int:
        asked.clear()
        assert run(maker.owner, catalog.set_prices, ladders={one: [(1, D(price))] for one in some}) == len(some)
        return len(asked)

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    try:
        assert statements(offers[:2], "7.00") == statements(offers, "6.00") > 0
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", note)


def version_of(who: Actor, offer_id: UUID) -> int:
    with begin(who) as work:
        return catalog.offer_sheet(work, offer_id=offer_id).version


def pair() -> tuple[Company, Company, UUID]:
    maker = company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER)
    shop = company(OrgKind.RETAILER, "Shop")
    return maker, shop, offer(maker, "Thing", tiers=[(q, str(p)) for q, p in LADDER], on_hand=0)


def test_199_and_200_and_the_hint(database: sa.Connection) -> None:
    _, shop, thing = pair()
    assert [price_of(shop.owner, thing, q).unit_price for q in (1, 49, 50, 199, 200)] == [
        D("10"), D("10"), D("9"), D("9"), D("8"),
    ]  # fmt: skip
    assert price_of(shop.owner, thing, 188).hint == (12, D("200"))  # 200 pieces for 1.00 less each
    assert price_of(shop.owner, thing, 200).hint is None


@pytest.mark.parametrize(
    ("tiers", "says"),
    [
        ([], "at least one price"),
        ([(5, D(9))], "from the smallest order on"),
        ([(1, D(9)), (1, D(8))], "two prices from 1"),
        ([(1, D(9)), (50, D("9.01"))], "The price rises"),
        ([(1, D(0))], "above 0"),
        ([(1, D("1.0000001"))], "six decimals"),
        ([(1, D("NaN"))], "above 0"),
    ],
)
def test_wrong_ladders_are_refused_and_nothing_moves(
    database: sa.Connection, tiers: list[tuple[int, Decimal]], says: str
) -> None:
    maker, _, thing = pair()
    before = history(maker.owner, thing)
    with pytest.raises(Invalid, match=says):
        run(maker.owner, catalog.set_price_tiers, offer_id=thing, tiers=tiers)
    with pytest.raises(Invalid, match=says):
        run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=tiers,
            starts_at=datetime.now(UTC) + DAY)  # fmt: skip
    assert history(maker.owner, thing) == before


def test_a_planned_list_holds_from_its_instant_whenever_the_worker_comes(database: sa.Connection) -> None:
    with clock(T0):
        maker, shop, thing = pair()
        run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D("12.00"))],
            starts_at=T0 + DAY)  # fmt: skip
        with begin(maker.owner) as work:
            [planned] = catalog.planned_prices(work, offer_id=thing)
            [then] = pricing.resolve_many(work, asks=[pricing.Ask(shop.org_id, thing, 50)], at=T0 + DAY).values()
        assert planned.starts_at == T0 + DAY and then.unit_price == D(12)
        with begin(shop.owner) as work, pytest.raises(NotAllowed):
            catalog.planned_prices(work)
    with clock(T0 + DAY - timedelta(seconds=1)):
        assert price_of(shop.owner, thing, 50).unit_price == D(9)
    with clock(T0 + DAY):
        assert price_of(shop.owner, thing, 50).unit_price == D(12)  # nobody has written it yet
    with clock(T0 + DAY + timedelta(minutes=5)):
        assert run(Actor.system(), catalog.begin_prices) == 1
        assert run(Actor.system(), catalog.begin_prices) == 0
        assert price_of(shop.owner, thing, 50).unit_price == D(12)
        assert history(shop.owner, thing) == [(q, p, T0, T0 + DAY) for q, p in LADDER] + [(1, D(12), T0 + DAY, None)]
        with begin(shop.owner) as work:
            [was] = pricing.resolve_many(work, asks=[pricing.Ask(shop.org_id, thing, 50)], at=T0 + DAY / 2).values()
        assert was.unit_price == D(9)
        assert run(Actor.system(), catalog.begin_prices) == 0


def test_two_lists_that_began_unseen_follow_one_another_and_a_save_comes_after_them(database: sa.Connection) -> None:
    with clock(T0):
        maker, shop, thing = pair()
        for days, price in ((2, "12.00"), (1, "11.00")):
            run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D(price))],
                starts_at=T0 + days * DAY)  # fmt: skip
    with clock(T0 + 3 * DAY):
        assert price_of(shop.owner, thing).unit_price == D(12)
        run(maker.owner, catalog.set_price_tiers, offer_id=thing, tiers=[(1, D(13))])
        assert price_of(shop.owner, thing).unit_price == D(13)
        assert history(maker.owner, thing)[3:] == [
            (1, D(11), T0 + DAY, T0 + 2 * DAY), (1, D(12), T0 + 2 * DAY, T0 + 3 * DAY), (1, D(13), T0 + 3 * DAY, None),
        ]  # fmt: skip


def test_a_plan_can_be_changed_until_it_begins_and_the_second_who_saves_is_told(database: sa.Connection) -> None:
    with clock(T0):
        maker, shop, thing = pair()
        plan = run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D(12))],
                   starts_at=T0 + DAY)  # fmt: skip
        change = {"offer_id": thing, "plan_id": plan, "starts_at": T0 + 2 * DAY, "version": 1}
        run(maker.owner, catalog.plan_prices, request_id=uuid4(), tiers=[(1, D(14))], **change)
        with pytest.raises(catalog.StaleVersion):
            run(maker.owner, catalog.plan_prices, request_id=uuid4(), tiers=[(1, D(15))], **change)
        with pytest.raises(catalog.StaleVersion):
            run(maker.owner, catalog.withdraw_plan, plan_id=plan, version=1)
        with pytest.raises(Conflict, match="begins at the same time"):
            run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D(15))],
                starts_at=T0 + 2 * DAY)  # fmt: skip
        with pytest.raises(Invalid, match="after now"):
            run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D(15))], starts_at=T0)
    with clock(T0 + 2 * DAY):
        with pytest.raises(Conflict, match="has begun"):
            run(maker.owner, catalog.withdraw_plan, plan_id=plan, version=2)
        assert price_of(shop.owner, thing).unit_price == D(14)
        with pytest.raises(NotFound):
            run(shop_seller().owner, catalog.withdraw_plan, plan_id=plan, version=2)
    with clock(T0 + DAY):
        run(maker.owner, catalog.withdraw_plan, plan_id=plan, version=2)
        with pytest.raises(Conflict, match="taken back"):
            run(maker.owner, catalog.withdraw_plan, plan_id=plan, version=2)
    with clock(T0 + 3 * DAY):
        assert run(Actor.system(), catalog.begin_prices) == 0
        assert price_of(shop.owner, thing).unit_price == D(10)


def test_two_people_save_a_list_at_once_and_one_wins(fresh_database: str) -> None:
    maker, shop, thing = pair()
    seen = version_of(maker.owner, thing)

    def save(price: str) -> str:
        try:
            run(maker.owner, catalog.set_price_tiers, offer_id=thing, tiers=[(1, D(price))], version=seen)
        except catalog.StaleVersion:
            return "told"
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, ("11.00", "12.00"))) == ["saved", "told"]
    assert len([row for row in history(maker.owner, thing) if row[3] is None]) == 1

    # A row that says a price is never rewritten: not by the application, and not by the owner of the tables.
    statements = [
        ("update price_tiers set unit_price = 0.01", "42501"),
        ("update price_tiers set minimum_quantity = 7", "42501"),
        ("update price_tiers set valid_to = null", "WS008"),
        ("update price_tiers set valid_to = valid_from where valid_to is not null", "WS008"),
        ("delete from price_tiers", "42501"),
        ("truncate price_tiers", "42501"),
    ]
    before = history(maker.owner, thing)
    for statement, code in statements:
        for role in (db.Role.APP, db.Role.OWNER):
            with db.connect(role) as connection, pytest.raises(psycopg.Error) as refusal, connection.transaction():
                connection.execute("set local search_path = market, public")
                if role is db.Role.APP:
                    who = maker.owner
                    connection.execute(
                        "select begin_work(%s, %s, %s, null, '')", [who.org_id, who.user_id, who.scope.value]
                    )
                connection.execute(statement.encode())
            assert refusal.value.sqlstate == (code if role is db.Role.APP else "WS008"), statement
    assert history(maker.owner, thing) == before
    # The control: what may be done, closing an open row once, is done.
    with db.connect() as connection:
        connection.execute("update market.price_tiers set valid_to = valid_from where valid_to is null")


def test_prices_change_by_a_percentage_as_the_preview_said(database: sa.Connection) -> None:
    maker, shop, thing = pair()
    other = offer(maker, "Other", tiers=[(1, "0.125")], on_hand=0)
    asked = {"offer_ids": [thing, other], "percent": D("-5")}
    with begin(maker.owner) as work:
        preview = catalog.changed_ladders(work, **asked)
    assert [tier.unit_price for tier in preview[thing][1]] == [D("9.50"), D("8.55"), D("7.60")]
    assert preview[other][1][0].unit_price == D("0.119")  # as many decimals as it had
    assert run(maker.owner, catalog.change_prices, request_id=uuid4(), **asked) == 2
    assert price_of(shop.owner, thing, 200).unit_price == D("7.60")
    with pytest.raises(NotFound):
        run(shop_seller().owner, catalog.change_prices, request_id=uuid4(), **asked)
    with pytest.raises(Invalid):
        run(maker.owner, catalog.change_prices, request_id=uuid4(), offer_ids=[thing], percent=D(-100))


def test_a_list_that_has_begun_is_what_a_percentage_changes(database: sa.Connection) -> None:
    maker, shop, thing = pair()
    with begin(maker.owner) as work:
        now = work.now
    run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D("20.00"))], starts_at=now + DAY)
    asked = {"offer_ids": [thing], "percent": D(10)}
    with clock(now + 2 * DAY):  # before the worker has come by
        assert price_of(shop.owner, thing).unit_price == D(20)
        with begin(maker.owner) as work:
            before, after = catalog.changed_ladders(work, **asked)[thing]
        assert ([t.unit_price for t in before], [t.unit_price for t in after]) == ([D(20)], [D(22)])
        run(maker.owner, catalog.change_prices, request_id=uuid4(), **asked)
        assert price_of(shop.owner, thing).unit_price == D(22)


def shop_seller() -> Company:
    return company(OrgKind.MANUFACTURER, f"Rival {uuid4().hex[:6]}")


def test_below_the_floor_goes_the_owner_and_a_manager_to_five_percent(database: sa.Connection) -> None:
    maker, shop, thing = pair()
    manager = maker.people[Variant.FACTORY_MANAGER]
    with pytest.raises(NotAllowed):
        run(manager, catalog.set_price_floor, offer_id=thing, minimum_price=D("1.00"))
    run(maker.owner, catalog.set_price_floor, offer_id=thing, minimum_price=D("8.00"))
    run(manager, catalog.set_price_tiers, offer_id=thing, tiers=[(1, D("10.00")), (50, D("7.60"))])
    with pytest.raises(catalog.BelowFloor, match="below the floor of 8"):
        run(manager, catalog.set_price_tiers, offer_id=thing, tiers=[(1, D("10.00")), (50, D("7.59"))])
    with pytest.raises(catalog.BelowFloor):
        run(manager, catalog.plan_prices, request_id=uuid4(), offer_id=thing, tiers=[(1, D("7.59"))],
            starts_at=datetime.now(UTC) + DAY)  # fmt: skip
    assert price_of(shop.owner, thing, 50).unit_price == D("7.60")
    run(maker.owner, catalog.set_price_tiers, offer_id=thing, tiers=[(1, D("5.00"))])
    assert price_of(shop.owner, thing, 50).unit_price == D("5.00")


def test_a_sales_representative_asks_and_the_customer_gets_the_price(database: sa.Connection) -> None:
    market = make_market(makers=1)
    maker, shop, thing = market.makers[0], market.retailer, market.makers[0].offers[0]
    sales, manager = maker.people[Variant.SALES_REPRESENTATIVE], maker.people[Variant.FACTORY_MANAGER]
    run(maker.owner, catalog.set_price_floor, offer_id=thing, minimum_price=D("9.00"))
    until = datetime.now(UTC) + 30 * DAY

    def ask(price: str, who: Actor = sales) -> UUID:
        return run(who, pricing.ask_price, request_id=uuid4(), offer_id=thing, customer_id=shop.org_id,
                   unit_price=D(price), ends_at=until, reason="They buy much")  # fmt: skip

    with pytest.raises(NotFound):
        ask("7.00")  # nobody who has never ordered
    buy(shop, {thing: 1})
    low = ask("7.00")
    with pytest.raises(NotAllowed):
        run(sales, pricing.decide_price_request, price_request_id=low, approve=True)
    with pytest.raises(catalog.BelowFloor):
        run(manager, pricing.decide_price_request, price_request_id=low, approve=True)
    assert price_of(shop.owner, thing).unit_price == D(10)
    run(maker.owner, pricing.decide_price_request, price_request_id=low, approve=True)
    price = price_of(shop.owner, thing)
    assert price.unit_price == D(7) and price.discounts[0]["title"] == "Agreed price"
    assert price_of(company(OrgKind.RETAILER, "Another").owner, thing).unit_price == D(10)
    with pytest.raises(Conflict):
        run(maker.owner, pricing.decide_price_request, price_request_id=low, approve=False, answer="No")
    own = ask("6.00", maker.owner)
    with pytest.raises(NotAllowed, match="Somebody else"):
        run(maker.owner, pricing.decide_price_request, price_request_id=own, approve=True)
    run(manager, pricing.decide_price_request, price_request_id=own, approve=False, answer="Too low")
    near = ask("8.55")  # five percent below the floor
    run(manager, pricing.decide_price_request, price_request_id=near, approve=True)
    with begin(sales) as work:
        states = {row.unit_price: row.state for row in pricing.price_requests(work)}
    assert states == {D(7): "approved", D(6): "rejected", D("8.55"): "approved"}
    deliver_new()
    told = database.execute(
        sa.text("select subject_id, person_id, kind from market.notices where subject = 'price_request'")
    ).all()
    # A price that only an owner may give: owners alone are asked, and of the owner's own wish there is no other owner.
    # What a manager may give too: both. Whoever asked hears the answer.
    expected = [(low, maker.owner.user_id, "price_asked"), (low, sales.user_id, "price_given")]
    expected += [(own, maker.owner.user_id, "price_refused")]
    expected += [(near, maker.owner.user_id, "price_asked"), (near, manager.user_id, "price_asked")]
    expected += [(near, sales.user_id, "price_given")]
    assert sorted(map(tuple, told), key=str) == sorted(expected, key=str)


def test_list_and_paid_prices_are_kept_apart_and_each_sees_its_own(database: sa.Connection) -> None:
    market = make_market(makers=1)
    maker, shop, thing = market.makers[0], market.retailer, market.makers[0].offers[0]
    order = orders_of(shop, buy(shop, {thing: 100}))[maker.org_id]
    with clock(datetime.now(UTC) + DAY):
        run(maker.owner, catalog.set_price_tiers, offer_id=thing, tiers=[(1, D("20.00"))])
    stranger = company(OrgKind.RETAILER, "Stranger")
    ask: Callable[..., list[orders.PaidPrice]] = orders.paid_prices
    for who, partner in ((shop.owner, maker.name), (maker.owner, shop.name)):
        with begin(who) as work:
            [paid] = ask(work, offer_id=thing)
        assert (paid.order_id, paid.unit_price, paid.list_price, paid.partner) == (order, D(9), D(9), partner)
    with begin(stranger.owner) as work:
        assert ask(work, offer_id=thing) == []
        assert [row.unit_price for row in pricing.price_history(work, offer_id=thing)] == [D(10), D(9), D(20)]
    with begin(maker.people[Variant.PRODUCTION_MANAGER]) as work:
        for question in (ask, pricing.price_history):
            with pytest.raises(NotFound):
                question(work, offer_id=thing)
    assert sheet(maker.people[Variant.PRODUCTION_MANAGER], order).lines[0].price_trace == []
    assert [step["step"] for step in sheet(shop.owner, order).lines[0].price_trace] == ["list", "tier"]
