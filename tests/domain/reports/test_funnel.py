"""From views to repeated orders: every count is what the rows say, of one's own offers only, and nobody is named."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from domain import catalog, identity, orders, reports
from domain.identity import ActivityKind, OrgKind, Seen, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, Market, buy, company, make_market, offer, orders_of, top_up

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
PERIOD = {"first": NOW - timedelta(days=30), "end": NOW + timedelta(days=1)}


def look(who: Actor, product_id: UUID, times: int = 1, *, screen: str = "retailer-product", days: int = 0) -> None:
    assert who.org_id is not None and who.user_id is not None
    seen = [
        Seen(org_id=who.org_id, person_id=who.user_id, kind=ActivityKind.PAGE_VIEW, screen=screen,
             facts={"product": str(product_id)}, age=timedelta(days=days))
        for _ in range(times)
    ]  # fmt: skip
    run(Actor.system(), identity.record_activity, seen=seen)


@pytest.fixture
def market(database: sa.Connection) -> Iterator[Market]:
    with clock(NOW - timedelta(days=60)):
        made = make_market(makers=2)
        offer(made.makers[0], "Second thing")
    with clock(NOW):
        yield made


def product_of(maker: Company, offer_id: UUID) -> UUID:
    with begin(maker.owner) as work:
        return catalog.offer_sheet(work, offer_id=offer_id).product_id


def funnel(who: Actor, **more: Any) -> dict[UUID, reports.FunnelRow]:
    with begin(who) as work:
        rows, total = reports.product_funnel(work, **{**PERIOD, **more})
    assert len(rows) == total
    return {row.offer_id: row for row in rows}


def test_the_funnel_equals_the_counts_of_the_rows(market: Market, database: sa.Connection) -> None:
    [maker, other], shop = market.makers, market.retailer
    [first, second] = maker.offers
    product = product_of(maker, first)
    shops = [shop, *(company(OrgKind.RETAILER, f"Shop {n}") for n in range(3))]
    for n, one in enumerate(shops[:3]):
        look(one.owner, product, times=n + 1)
    look(shop.owner, product, days=40)  # before the period
    look(shop.owner, product, screen="retailer-supplier")
    look(maker.owner, product, times=5)  # one's own looking counts nothing
    look(shop.owner, product_of(maker, second), times=2)
    top_up(shops[1], "1000.00", market.finance)
    for hour, (buyer, units) in enumerate([(shop, 5), (shop, 7), (shops[1], 3)]):
        with clock(NOW + timedelta(hours=hour)):
            orders_of(buyer, buy(buyer, {first: units}))
    with clock(NOW + timedelta(hours=5)):
        run(shop.owner, orders.add_to_basket, offer_id=first, quantity=1)
        run(shop.owner, orders.add_to_basket, offer_id=first, quantity=1)  # more of the same is no further addition
        run(shop.owner, orders.add_to_basket, offer_id=other.offers[0], quantity=1)
    with clock(NOW + timedelta(hours=6)):
        rows = funnel(maker.owner)
    row = rows[first]
    assert set(rows) == {first, second}
    count = "select count(*) from market."
    facts = {"product": str(product), "me": maker.org_id, "offer": first, **PERIOD}

    def counted(rest: str) -> int:
        return int(database.execute(sa.text(count + rest), facts).scalar_one())

    run(Actor.system(), lambda work: work.session.execute(sa.text("select 1")))  # the connection acts as the system
    assert row.views == 6 == counted(
        "activity where kind = 'page_view' and screen = 'retailer-product' and facts ->> 'product' = :product"
        " and org_id <> :me and occurred_at >= :first and occurred_at < :end"
    )
    assert row.additions == 4 == counted("basket_additions where offer_id = :offer and added_at < :end")
    assert row.orders == 3 == counted("order_lines where offer_id = :offer")
    assert (row.units, row.buyers, row.repeat_buyers, row.goods) == (15, 2, 1, 150)
    assert (row.viewers, row.adders) == (3, None)  # two who put it into a basket are not counted out
    assert (rows[second].views, rows[second].viewers, rows[second].orders) == (2, None, 0)
    with clock(NOW + timedelta(hours=6)), begin(maker.owner) as work:
        days = reports.interest_by_day(work, offer_id=first, **PERIOD)
        behind, total = reports.orders_of_offer(work, offer_id=first, **PERIOD)
    assert (sum(day.views for day in days), sum(day.additions for day in days)) == (row.views, row.additions)
    assert total == row.orders and [one.is_repeat for one in behind] == [False, True, False]
    assert sum(one.units for one in behind) == row.units


def test_a_seller_gets_counts_of_the_own_offers_alone(market: Market, database: sa.Connection) -> None:
    [maker, other], shop = market.makers, market.retailer
    look(shop.owner, product_of(maker, maker.offers[0]), times=3)
    run(shop.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=1)
    assert funnel(other.owner)[other.offers[0]].views == 0
    with begin(other.owner) as work:
        for question in (reports.interest_by_day, reports.orders_of_offer):
            with pytest.raises(NotFound):
                question(work, offer_id=maker.offers[0], **PERIOD)
        assert work.session.execute(sa.text("select count(*) from basket_additions")).scalar_one() == 0
        assert work.session.execute(
            sa.text("select count(*) from seller_interest_by_day(:offer, :first, :end)"),
            {"offer": maker.offers[0], **PERIOD},
        ).scalar_one() == 0
    with begin(maker.owner) as work:  # not even of one's own: the rows say who looked
        assert work.session.execute(sa.text("select count(*) from basket_additions")).scalar_one() == 0
        assert work.session.execute(sa.text("select count(*) from activity")).scalar_one() == 0
    assert funnel(maker.people[Variant.PRODUCTION_MANAGER])[maker.offers[0]].goods is None
    with pytest.raises(NotAllowed), begin(shop.owner) as work:
        reports.product_funnel(work, **PERIOD)


def test_a_basket_that_is_handed_over_is_no_new_interest(market: Market) -> None:
    [maker, _], shop = market.makers, market.retailer
    agent, owner = shop.people[Variant.PURCHASING_AGENT], shop.owner
    run(agent, orders.add_to_basket, offer_id=maker.offers[0], quantity=1)
    with clock(NOW + timedelta(hours=1)):
        run(Actor.system(), orders.hand_over_basket, org_id=shop.org_id, person_id=agent.user_id, handed_to=owner.user_id)
    with clock(NOW + timedelta(hours=2)):
        assert funnel(maker.owner)[maker.offers[0]].additions == 1


