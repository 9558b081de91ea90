"""Personal limits and scopes: up to an amount, within the assigned stores or customers; and who may set them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain import identity, orders
from domain.identity import AboveLimit, Permission, ScopeKind, SiteKind, Variant, may_grant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, run
from domain.payments import Method
from tests.make.market import Company, Market, buy, make_market, orders_of, sheet

D = Decimal


@pytest.fixture
def market(database: Any) -> Market:
    return make_market(makers=1)


def written() -> list[tuple[Any, ...]]:
    """How many events and orders there are: a refusal leaves both alone."""
    with begin(Actor.system()) as work:
        counts = "select (select count(*) from events), (select count(*) from supplier_orders)"
        return [tuple(row) for row in work.session.connection().exec_driver_sql(counts)]


def refused(kind: type[Exception], act: Callable[..., Any], /, *args: Any, **facts: Any) -> None:
    before = written()
    with pytest.raises(kind):
        run(*args[:1], act, **facts)
    assert written() == before


def order_as(market: Market, who: Variant, quantity: int, *, site_id: UUID | None = None) -> UUID:
    shop, actor = market.retailer, market.retailer.people[who]
    run(actor, orders.set_basket_quantity, offer_id=market.makers[0].offers[0], quantity=quantity)
    return run(actor, orders.place_order, request_id=uuid4(), site_id=site_id or shop.site_id, method=Method.BANK_TRANSFER)


def limit(who: Actor, person: Actor, amount: str | None, currency: str = "EUR") -> None:
    run(who, identity.set_member_limits, person_id=person.user_id, amount=None if amount is None else D(amount),
        currency=currency, reason="trial period")  # fmt: skip


def test_an_agent_orders_up_to_the_limit_and_not_a_cent_above(market: Market) -> None:
    shop, agent = market.retailer, market.retailer.people[Variant.PURCHASING_AGENT]
    order_as(market, Variant.PURCHASING_AGENT, 50)  # without a limit there is none: 540.00
    limit(shop.owner, agent, "107.99")
    with pytest.raises(AboveLimit, match=r"above your limit of 107\.99 EUR"):
        order_as(market, Variant.PURCHASING_AGENT, 10)  # 10 x 10.00 and 8 % of tax: 108.00
    limit(shop.owner, agent, "108.00")
    assert order_as(market, Variant.PURCHASING_AGENT, 10)
    limit(shop.owner, agent, "1000.00", "USD")
    with pytest.raises(AboveLimit):
        order_as(market, Variant.PURCHASING_AGENT, 10)
    limit(shop.owner, agent, None)
    assert order_as(market, Variant.PURCHASING_AGENT, 50)


def test_the_limit_holds_for_cancelling_and_for_answering(market: Market) -> None:
    shop, maker = market.retailer, market.makers[0]
    agent, manager = shop.people[Variant.PURCHASING_AGENT], maker.people[Variant.FACTORY_MANAGER]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    limit(shop.owner, agent, "50.00")
    limit(maker.owner, manager, "50.00")
    refused(AboveLimit, orders.cancel_order, agent, order_id=order)
    refused(AboveLimit, orders.confirm_order, manager, order_id=order)
    refused(AboveLimit, orders.decline_order, manager, order_id=order, reason="no")
    limit(maker.owner, manager, "108.00")
    run(manager, orders.confirm_order, order_id=order)
    assert sheet(maker.owner, order).state == orders.OrderState.CONFIRMED


def test_a_store_manager_sees_and_buys_for_the_assigned_store_only(market: Market) -> None:
    shop, maker = market.retailer, market.makers[0]
    clerk = shop.people[Variant.STORE_MANAGER]
    second = run(
        shop.owner, identity.add_site, request_id=uuid4(), org_id=shop.org_id, kind=SiteKind.STORE, name="Second store",
        street="Ring 2", postal_code="04109", city="Leipzig", country_code="DE",
    )  # fmt: skip
    order_here = orders_of(shop, buy(shop, {maker.offers[0]: 1}))[maker.org_id]
    with begin(clerk) as work:
        assert len(orders.orders_of_buyer(work)[0]) == 1 and len(identity.my_sites(work)) == 2
    run(shop.owner, identity.set_member_scopes, person_id=clerk.user_id, kind=ScopeKind.STORE, subject_ids=[second])
    with begin(clerk) as work:
        assert orders.orders_of_buyer(work) == ([], 0)
        assert [site.name for site in identity.my_sites(work)] == ["Second store"]
        assert orders.work_list(work).to_receive == 0
        with pytest.raises(NotFound):
            orders.order_sheet(work, order_id=order_here)
    refused(NotFound, orders.cancel_order, clerk, order_id=order_here)
    run(clerk, orders.set_basket_quantity, offer_id=maker.offers[0], quantity=2)
    facts = {"request_id": uuid4(), "method": Method.WALLET}
    refused(NotFound, orders.place_order, clerk, site_id=shop.site_id, **facts)
    run(clerk, orders.place_order, site_id=second, **facts)
    with begin(clerk) as work:
        [row], _ = orders.orders_of_buyer(work)
        assert orders.order_sheet(work, order_id=row.order_id).total == D("21.60")
    with begin(shop.owner) as work:
        assert len(orders.orders_of_buyer(work)[0]) == 2  # the owner sees both


def test_a_store_manager_keeps_the_places_of_the_assigned_stores_only(market: Market) -> None:
    shop = market.retailer
    clerk, agent = shop.people[Variant.STORE_MANAGER], shop.people[Variant.PURCHASING_AGENT]
    place = {"request_id": uuid4(), "org_id": shop.org_id, "kind": "store", "name": "Second store", "street": "Ring 2",
             "postal_code": "04109", "city": "Leipzig", "country_code": "DE"}  # fmt: skip
    refused(NotAllowed, identity.add_site, agent, **place)
    second = run(clerk, identity.add_site, **place)  # kept to no store in particular, all are the clerk's
    run(shop.owner, identity.set_member_scopes, person_id=clerk.user_id, kind=ScopeKind.STORE, subject_ids=[second])
    run(clerk, identity.set_delivery_preferences, site_id=second, dock_hours="7 to 15")
    refused(NotFound, identity.set_delivery_preferences, clerk, site_id=shop.site_id, dock_hours="never")
    refused(NotAllowed, identity.set_delivery_preferences, agent, site_id=second, dock_hours="never")
    # What concerns every store is not for who keeps one.
    refused(NotAllowed, identity.add_site, clerk, **place | {"name": "Third store", "request_id": uuid4()})
    refused(NotAllowed, identity.set_holidays, clerk, holidays={date(2026, 12, 24): "Christmas Eve"})
    with begin(clerk) as work:
        assert [(site.name, site.dock_hours) for site in identity.my_sites(work)] == [("Second store", "7 to 15")]


def test_the_database_keeps_the_scope_by_itself(market: Market) -> None:
    shop, maker = market.retailer, market.makers[0]
    clerk, rep = shop.people[Variant.STORE_MANAGER], maker.people[Variant.SALES_REPRESENTATIVE]
    buy(shop, {maker.offers[0]: 1})
    count = "select (select count(*) from supplier_orders), (select count(*) from purchases)"

    def seen(who: Actor) -> tuple[int, int]:
        with begin(who) as work:
            return tuple(work.session.connection().exec_driver_sql(count).one())  # type: ignore[return-value]

    assert (seen(clerk), seen(rep)) == ((1, 1), (1, 0))
    elsewhere = run(
        shop.owner, identity.add_site, request_id=uuid4(), org_id=shop.org_id, kind=SiteKind.STORE, name="Elsewhere",
        street="s", postal_code="1", city="c", country_code="DE",
    )  # fmt: skip
    run(shop.owner, identity.set_member_scopes, person_id=clerk.user_id, kind="store", subject_ids=[elsewhere])
    run(maker.owner, identity.set_member_scopes, person_id=rep.user_id, kind="customer", subject_ids=[uuid4()])
    assert (seen(clerk), seen(rep), seen(shop.owner)) == ((0, 0), (0, 0), (1, 1))


def test_a_sales_representative_answers_the_assigned_customers_only(market: Market) -> None:
    shop, maker = market.retailer, market.makers[0]
    rep = maker.people[Variant.SALES_REPRESENTATIVE]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 1}))[maker.org_id]
    run(maker.owner, identity.set_member_scopes, person_id=rep.user_id, kind="customer", subject_ids=[uuid4()])
    refused(NotFound, orders.confirm_order, rep, order_id=order)
    with begin(rep) as work:
        assert orders.orders_of_seller(work) == ([], 0)
    run(maker.owner, identity.set_member_scopes, person_id=rep.user_id, kind="customer", subject_ids=[shop.org_id])
    run(rep, orders.confirm_order, order_id=order)


def test_who_may_set_limits_and_scopes(market: Market) -> None:
    shop, maker = market.retailer, market.makers[0]
    owner, manager = maker.owner, maker.people[Variant.FACTORY_MANAGER]
    rep, clerk = maker.people[Variant.SALES_REPRESENTATIVE], shop.people[Variant.STORE_MANAGER]
    set_limit = {"amount": D(10), "currency": "EUR"}
    limit(owner, manager, "500.00")
    limit(manager, rep, "500.00")
    refused(NotAllowed, identity.set_member_limits, manager, person_id=rep.user_id, amount=D(501), currency="EUR")
    refused(NotAllowed, identity.set_member_limits, manager, person_id=rep.user_id, amount=None, currency="EUR")
    refused(NotAllowed, identity.set_member_limits, manager, person_id=manager.user_id, **set_limit)
    refused(NotAllowed, identity.set_member_limits, manager, person_id=owner.user_id, **set_limit)
    refused(NotAllowed, identity.set_member_limits, rep, person_id=rep.user_id, **set_limit)
    refused(NotFound, identity.set_member_limits, owner, person_id=clerk.user_id, **set_limit)
    production = maker.people[Variant.PRODUCTION_MANAGER]
    refused(Invalid, identity.set_member_limits, owner, person_id=production.user_id, **set_limit)
    refused(Invalid, identity.set_member_limits, owner, person_id=rep.user_id, amount=D("-1"), currency="EUR")
    facts = {"person_id": clerk.user_id, "kind": "store", "subject_ids": [maker.site_id]}
    refused(NotFound, identity.set_member_scopes, shop.owner, **facts)  # somebody else's place
    refused(Invalid, identity.set_member_scopes, owner, **facts | {"person_id": rep.user_id})
    with begin(owner) as work:
        kept = {row.person_id: row.amount for row in identity.members_reach(work)}
    assert (kept[manager.user_id], kept[rep.user_id]) == (D(500), D(500))  # type: ignore[index]


def test_nobody_grants_a_role_above_their_own_or_what_they_lack(market: Market) -> None:
    maker, shop, platform = market.makers[0], market.retailer, market.platform

    def granted_by(company: Company, variant: Variant) -> set[str]:
        return {wanted.name for wanted in Variant if may_grant(company.people[variant], wanted)}

    factory = {"FACTORY_MANAGER", "SALES_REPRESENTATIVE", "PRODUCTION_MANAGER"}
    assert granted_by(maker, Variant.FACTORY_OWNER) == {"FACTORY_OWNER"} | factory
    assert granted_by(maker, Variant.FACTORY_MANAGER) == factory
    assert granted_by(maker, Variant.SALES_REPRESENTATIVE) == set()
    assert granted_by(shop, Variant.BUSINESS_OWNER) == {"BUSINESS_OWNER", "STORE_MANAGER", "PURCHASING_AGENT"}
    assert granted_by(shop, Variant.STORE_MANAGER) == set()
    assert granted_by(platform, Variant.SUPER_ADMIN) == {v.name for v in identity.VARIANTS[identity.OrgKind.PLATFORM]}
    assert granted_by(platform, Variant.OPERATIONS) == set()
    # The control: a right that the manager lacks would stop the grant.
    manager = maker.people[Variant.FACTORY_MANAGER]

    less = replace(manager, permissions=manager.permissions - {Permission.SHIP_ORDERS})
    assert not may_grant(less, Variant.PRODUCTION_MANAGER) and may_grant(less, Variant.SALES_REPRESENTATIVE)


def test_a_limit_that_is_lowered_meanwhile_is_the_one_that_counts(fresh_database: str) -> None:
    """Each of eight checkouts at once reads the limit that is committed when it spends."""
    market = make_market(makers=1)
    shop, maker = market.retailer, market.makers[0]
    agents = [shop.people[Variant.PURCHASING_AGENT]]
    limit(shop.owner, agents[0], "20.00")

    def attempt(number: int) -> str:
        try:
            run(agents[0], orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.BANK_TRANSFER)
        except AboveLimit:
            return "above"
        return "placed"

    run(agents[0], orders.set_basket_quantity, offer_id=maker.offers[0], quantity=2)  # 21.60
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(attempt, range(4))) == {"above"}
    with db.connect(db.Role.OWNER) as connection:
        assert connection.execute("select count(*) from market.purchases").fetchone() == (0,)
