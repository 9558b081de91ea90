"""Low stock: one alert for each time that the free stock falls below its threshold, whoever looks and however often."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import orders, reactions, stock
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, buy, company, make_market, offer, orders_of


@pytest.fixture
def maker(database: Any) -> Company:
    made = company(
        OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER, Variant.PRODUCTION_MANAGER, Variant.SALES_REPRESENTATIVE
    )
    offer(made, "Cup", on_hand=100)
    return made


def count_to(maker: Company, counted: int) -> None:
    with begin(maker.owner) as work:
        [row], _ = stock.my_stock(work)
    run(maker.owner, stock.count_stock, request_id=uuid4(), variant_id=row.variant_id, location_id=row.location_id,
        lot_id=row.lot_id, counted=counted)  # fmt: skip


def tick() -> int:
    return run(Actor.system(), stock.tend_alerts)


def notices(database: sa.Connection, org_id: UUID) -> list[str]:
    return list(
        database.execute(
            sa.text("select kind from market.notices where org_id = :org and kind = 'stock_low'"), {"org": org_id}
        ).scalars()
    )


def test_down_up_down_up_is_two_alerts(maker: Company, database: sa.Connection) -> None:
    [variant_id] = maker.variants
    run(maker.owner, stock.set_threshold, variant_id=variant_id, units=50)
    opened = []
    for counted in (100, 49, 30, 50, 80, 10, 10, 60):
        count_to(maker, counted)
        opened.append(tick())
    assert opened == [0, 1, 0, 0, 0, 1, 0, 0]
    rows = database.execute(
        sa.text("select available, threshold, cleared_at is null from market.stock_alerts order by available")
    ).all()
    assert [tuple(row) for row in rows] == [(10, 50, False), (49, 50, False)]
    reactions.deliver_new()
    # Twice the owner and the production manager, who keep the stock; not the one who sells.
    assert len(notices(database, maker.org_id)) == 4


def test_what_is_held_for_orders_is_not_there(database: sa.Connection) -> None:
    market = make_market(makers=1)
    [maker], shop = market.makers, market.retailer
    [offer_id], [variant_id] = maker.offers, maker.variants
    run(maker.owner, stock.set_threshold, variant_id=variant_id, units=950)
    assert tick() == 0
    order_id = orders_of(shop, buy(shop, {offer_id: 60}))[maker.org_id]
    with begin(maker.owner) as work:
        [row], _ = stock.my_stock(work)
    assert (row.on_hand, row.available) == (1000, 940)
    assert tick() == 1
    with begin(maker.owner) as work:
        [alert], total = stock.open_alerts(work)
    assert (alert.available, alert.threshold, total) == (940, 950, 1)
    run(maker.owner, orders.decline_order, order_id=order_id, reason="Closed for a week")
    assert tick() == 0
    with begin(maker.owner) as work:
        assert stock.open_alerts(work) == ([], 0)


def test_a_threshold_by_cover_follows_what_sells(database: sa.Connection) -> None:
    market = make_market(makers=1)
    [maker], shop = market.makers, market.retailer
    [offer_id], [variant_id] = maker.offers, maker.variants
    with begin(Actor.system()) as work:
        now = work.now
    units = "select units from market.stock_thresholds where variant_id = :id"
    with clock(now):
        tick()  # makes the automatic threshold: nothing has sold, so there is nothing to hear of
        assert database.execute(sa.text(units), {"id": variant_id}).scalar_one() == 0
        order_id = orders_of(shop, buy(shop, {offer_id: 280}))[maker.org_id]
        run(maker.owner, orders.confirm_order, order_id=order_id)
        from domain.logistics import Carrier
        from tests.make.market import sheet

        [line] = sheet(maker.owner, order_id).lines
        run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="JD1",
            shipped={line.line_id: 280})  # fmt: skip
    with clock(now + timedelta(days=2)):
        tick()
    # 280 in the 3 days on which goods were there; 14 days of cover and 3 of lead time
    with clock(now + timedelta(days=2)), begin(maker.owner) as work:
        rate = stock.daily_demand(work, variant_ids=[variant_id])[variant_id].per_day
    assert database.execute(sa.text(units), {"id": variant_id}).scalar_one() == -(-rate * 17 // 1)
    assert rate == pytest.approx(280 / 3)


def test_who_may_set_a_threshold_and_how(maker: Company, database: sa.Connection) -> None:
    [variant_id] = maker.variants
    stranger = company(OrgKind.MANUFACTURER, "Other")
    with pytest.raises(NotAllowed):
        run(maker.people[Variant.SALES_REPRESENTATIVE], stock.set_threshold, variant_id=variant_id, units=5)
    with pytest.raises(NotFound):
        run(stranger.owner, stock.set_threshold, variant_id=variant_id, units=5)
    for wrong in ({}, {"units": 5, "cover_days": 5}, {"units": -1}, {"cover_days": 0}, {"cover_days": 366}):
        with pytest.raises(Invalid):
            run(maker.owner, stock.set_threshold, variant_id=variant_id, **wrong)
    assert database.execute(sa.text("select count(*) from market.stock_thresholds")).scalar_one() == 0
    with pytest.raises(NotFound):
        run(maker.owner, stock.tend_alerts)


def test_two_ticks_at_once_give_one_alert(fresh_database: str) -> None:
    maker = company(OrgKind.MANUFACTURER, "Maker")
    offer(maker, "Cup", on_hand=5)
    run(maker.owner, stock.set_threshold, variant_id=maker.variants[0], units=50)
    opened: list[int] = []
    threads = [threading.Thread(target=lambda: opened.append(tick())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [0, 0, 0, 1]
