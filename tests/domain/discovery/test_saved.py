"""Searches that people keep, and word of what is new; what they looked at."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import discovery, identity, notifications, reactions
from domain.discovery import Criteria
from domain.identity import ActivityKind, Seen, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import begin, clock, run
from tests.make.market import Market, make_market, offer


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


def keep(who: Actor, name: str, *, tells: bool = False, **criteria: object) -> UUID:
    return run(who, discovery.save_search, request_id=uuid4(), name=name, criteria=Criteria(**criteria), tells=tells)  # type: ignore[arg-type]


def test_a_search_is_its_persons_alone(market: Market) -> None:
    mine, colleague = market.retailer.owner, market.retailer.people[Variant.PURCHASING_AGENT]
    kept = keep(mine, "Things in stock", find="thing", in_stock=True)
    for name, find, error in (("Things  in stock", "x", Conflict), ("Nothing", "", Invalid), (" ", "x", Invalid)):
        with pytest.raises(error):
            keep(mine, name, find=find)
    for other in (colleague, market.distributor.owner):
        for command in (discovery.forget_search, discovery.look_for_new):
            with pytest.raises(NotFound):
                run(other, command, search_id=kept)
        with begin(other) as work:
            assert discovery.my_searches(work) == []
    with begin(mine) as work:
        [row] = discovery.my_searches(work)
        assert row.criteria.asked() == {"find": "thing", "in_stock": True}
    run(mine, discovery.forget_search, search_id=kept)
    with begin(mine) as work:
        assert discovery.my_searches(work) == []


def test_who_wants_to_is_told_of_new_products_once_a_day(market: Market) -> None:
    mine, [maker] = market.retailer.owner, market.makers
    keep(mine, "Bolts", find="bolt", tells=True)
    keep(mine, "Bolts quietly", find="bolt")
    with begin(mine) as work:
        now = work.now

    def told() -> list[str]:
        reactions.look_for_new_products()
        reactions.deliver_new()
        with begin(mine) as work:
            return [row.facts["name"] for row in notifications.my_notices(work)[0] if row.kind == "new_products"]

    with clock(now + timedelta(hours=1)):
        offer(maker, "Hex bolt")
        hidden = offer(maker, "Secret bolt")
        run(maker.owner, discovery.set_audience, offer_ids=[hidden], shown_to=[])
        assert told() == []  # a day has not passed
    with clock(now + timedelta(hours=25)):
        assert told() == ["Bolts"]
    with clock(now + timedelta(hours=50)):
        assert told() == ["Bolts"]  # nothing new since
    with begin(Actor.system()) as work:
        found = work.session.execute(sa.text("select facts ->> 'products' from events where name = 'NewProductsFound'"))
        assert found.scalars().all() == ["1"]  # what is hidden from the shop is not counted


def test_what_one_looked_at_is_there_until_it_is_hidden_or_erased(market: Market) -> None:
    mine, [maker] = market.retailer.owner, market.makers
    others = market.retailer.people[Variant.STORE_MANAGER]
    more = offer(maker, "Second thing")
    with begin(mine) as work:
        products = {row.offer_id: row.product_id for row in discovery.search_products(work).rows}
    first, second = products[maker.offers[0]], products[more]
    assert mine.org_id and mine.user_id
    seen = [
        Seen(org_id=mine.org_id, person_id=mine.user_id, kind=ActivityKind.PAGE_VIEW, screen="retailer-product",
             facts={"product": str(product)}, age=timedelta(minutes=age))
        for product, age in ((first, 30), (second, 20), (first, 10), (uuid4(), 5))
    ]  # fmt: skip
    run(Actor.system(), identity.record_activity, seen=seen)

    def viewed(who: Actor) -> list[UUID]:
        with begin(who) as work:
            return [row.product_id for row in discovery.recently_viewed(work)]

    assert viewed(mine) == [first, second] and viewed(others) == []
    run(maker.owner, discovery.set_audience, offer_ids=[maker.offers[0]], shown_to=[])
    assert viewed(mine) == [second]
    run(Actor.system(), identity.erase_activity, person_id=mine.user_id)
    assert viewed(mine) == []
