"""Purchases that a colleague has to agree to: asked for, approved at today's prices, rejected, forgotten."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, identity, orders, reactions
from domain.identity import AboveLimit, OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from domain.orders import AlreadyDecided, ApprovalNeeded, PriceChanged, RequestState
from domain.payments import Method
from tests.make.market import Company, Market, company, make_market, offer, top_up


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


@pytest.fixture
def shop(market: Market) -> Company:
    made = company(
        OrgKind.RETAILER, "Three Rooms", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER, Variant.PURCHASING_AGENT
    )
    top_up(made, "5000", market.finance)
    limit(made, Variant.PURCHASING_AGENT, "100")
    limit(made, Variant.STORE_MANAGER, "500")
    return made


def limit(shop: Company, variant: Variant, amount: str) -> None:
    run(
        shop.owner, identity.set_member_limits, person_id=shop.people[variant].user_id, amount=Decimal(amount),
        currency="EUR",
    )  # fmt: skip


def fill(who: Actor, offer_id: UUID, quantity: int) -> UUID:
    run(who, orders.add_to_basket, offer_id=offer_id, quantity=quantity)
    with begin(who) as work:
        basket_id = orders.my_basket(work).basket_id
    assert basket_id is not None
    return basket_id


def ask(shop: Company, market: Market, quantity: int = 20, *, who: Variant = Variant.PURCHASING_AGENT) -> UUID:
    asker = shop.people[who]
    basket_id = fill(asker, market.makers[0].offers[0], quantity)
    return run(
        asker, orders.ask_approval, request_id=uuid4(), basket_id=basket_id, site_id=shop.site_id, method=Method.WALLET
    )


def sheet(who: Actor, request_id: UUID) -> orders.RequestSheet:
    with begin(who) as work:
        return orders.request_sheet(work, purchase_request_id=request_id)


def total_of(who: Actor, request_id: UUID) -> Decimal:
    basket = sheet(who, request_id).basket
    assert basket is not None
    return basket.total


def approve(who: Actor, request_id: UUID, total: Decimal | None = None) -> UUID:
    shown = total_of(who, request_id) if total is None else total
    return run(who, orders.approve_purchase, request_id=uuid4(), purchase_request_id=request_id, total=shown)


def counts(database: sa.Connection) -> dict[str, int]:
    tables = ("purchases", "supplier_orders", "events", "stock_reservations", "ledger_postings")
    return {
        table: database.execute(sa.select(sa.func.count()).select_from(sa.table(table, schema="market"))).scalar_one()
        for table in tables
    }


def test_above_the_limit_one_asks_and_a_colleague_orders(
    market: Market, shop: Company, database: sa.Connection
) -> None:
    agent, owner = shop.people[Variant.PURCHASING_AGENT], shop.owner
    basket_id = fill(agent, market.makers[0].offers[0], 20)
    with begin(agent) as work:
        why = orders.approval_needed(work, site_id=shop.site_id, total=Decimal(216), currency="EUR")
    assert why is not None and "limit of 100.00 EUR" in why
    before = counts(database)
    with pytest.raises(AboveLimit):
        run(agent, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.BANK_TRANSFER)
    assert counts(database) == before
    request_id = run(
        agent, orders.ask_approval, request_id=uuid4(), basket_id=basket_id, site_id=shop.site_id, method=Method.WALLET
    )
    # Nothing is bound while it waits, and the agent can fill another basket.
    assert counts(database) | {"events": 0} == before | {"events": 0}
    with begin(agent) as work:
        assert orders.my_basket(work).groups == []
    purchase_id = approve(owner, request_id)
    seen = sheet(agent, request_id)
    assert (seen.state, seen.purchase_id, seen.decided_by) == ("approved", purchase_id, "business_owner of Three Rooms")
    placed_by, order_count = database.execute(
        sa.text(
            "select p.placed_by, count(o.id) from market.purchases p join market.supplier_orders o"
            " on o.purchase_id = p.id where p.id = :id group by p.placed_by"
        ),
        {"id": purchase_id},
    ).one()
    assert (placed_by, order_count) == (agent.user_id, 1)


def test_twice_is_once(market: Market, shop: Company, database: sa.Connection) -> None:
    request_id = ask(shop, market)
    approve(shop.owner, request_id)
    before = counts(database)
    with pytest.raises(AlreadyDecided):
        run(shop.owner, orders.reject_purchase, purchase_request_id=request_id, reason="too late")
    with pytest.raises(AlreadyDecided):
        approve(shop.owner, request_id, Decimal(1))
    assert counts(database) == before


def test_nobody_approves_their_own_unless_the_rule_says_so(
    market: Market, shop: Company, database: sa.Connection
) -> None:
    request_id = ask(shop, market, 30, who=Variant.STORE_MANAGER)
    manager = shop.people[Variant.STORE_MANAGER]
    before = counts(database)
    with pytest.raises(NotAllowed, match="own request"):
        approve(manager, request_id)
    assert counts(database) == before
    assert "own request" in (sheet(manager, request_id).obstacle or "")
    run(shop.owner, orders.set_approval_rule, amount=None, currency="EUR", own_requests=True)
    assert sheet(manager, request_id).obstacle is None
    approve(manager, request_id)


def test_an_approver_has_a_limit_too(market: Market, shop: Company, database: sa.Connection) -> None:
    small, large = ask(shop, market, 20), ask(shop, market, 60)
    manager = shop.people[Variant.STORE_MANAGER]
    before = counts(database)
    with pytest.raises(AboveLimit):
        approve(manager, large)
    assert counts(database) == before
    approve(manager, small)
    approve(shop.owner, large)


def test_the_rule_asks_everybody_but_an_owner(market: Market, shop: Company) -> None:
    manager, owner = shop.people[Variant.STORE_MANAGER], shop.owner
    run(owner, orders.set_approval_rule, amount=Decimal(50), currency="EUR", own_requests=False, reason="cash is short")
    fill(manager, market.makers[0].offers[0], 10)
    with pytest.raises(ApprovalNeeded, match="50.00 EUR"):
        run(manager, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    fill(owner, market.makers[0].offers[0], 10)
    run(owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    with pytest.raises(Invalid):
        run(owner, orders.set_approval_rule, amount=Decimal("0.001"), currency="EUR", own_requests=False)
    with pytest.raises(NotAllowed):
        run(manager, orders.set_approval_rule, amount=None, currency="EUR", own_requests=True)


def test_a_price_that_changed_is_looked_at_again(market: Market, shop: Company, database: sa.Connection) -> None:
    request_id = ask(shop, market)
    shown = total_of(shop.owner, request_id)
    [maker] = market.makers
    run(maker.owner, catalog.set_price_tiers, offer_id=maker.offers[0], tiers=[(1, Decimal("11.00"))])
    before = counts(database)
    with pytest.raises(PriceChanged, match="now costs"):
        approve(shop.owner, request_id, shown)
    assert counts(database) == before
    approve(shop.owner, request_id)


def test_what_is_rejected_comes_back_into_the_basket_filled_meanwhile(market: Market, shop: Company) -> None:
    agent, offer_id = shop.people[Variant.PURCHASING_AGENT], market.makers[0].offers[0]
    request_id = ask(shop, market, 20)
    other = offer(market.makers[0], "Another thing")
    fill(agent, offer_id, 3)
    fill(agent, other, 1)
    with pytest.raises(Invalid):
        run(shop.owner, orders.reject_purchase, purchase_request_id=request_id, reason="  ")
    run(shop.owner, orders.reject_purchase, purchase_request_id=request_id, reason="We have enough")
    with begin(agent) as work:
        lines = {line.offer_id: line.quantity for group in orders.my_basket(work).groups for line in group.lines}
    assert lines == {offer_id: 23, other: 1}
    assert sheet(agent, request_id).reason == "We have enough"


def test_a_request_is_taken_back_by_who_asked_alone(market: Market, shop: Company) -> None:
    request_id = ask(shop, market)
    with pytest.raises(NotFound):
        run(shop.owner, orders.withdraw_request, purchase_request_id=request_id)
    agent = shop.people[Variant.PURCHASING_AGENT]
    run(agent, orders.withdraw_request, purchase_request_id=request_id)
    with begin(agent) as work:
        assert [line.quantity for group in orders.my_basket(work).groups for line in group.lines] == [20]


def test_a_day_reminds_and_a_week_ends_it(market: Market, shop: Company) -> None:
    request_id = ask(shop, market)
    with begin(Actor.system()) as work:
        asked = work.now
    for days, state, reminders in ((0.5, "waiting", 0), (2, "waiting", 1), (3, "waiting", 1), (8, "expired", 1)):
        with clock(asked + timedelta(days=days)):
            run(Actor.system(), orders.tend_requests)
        assert (sheet(shop.owner, request_id).state, told("ApprovalReminded")) == (state, reminders)


def told(name: str) -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.text("select count(*) from events where name = :n"), {"n": name}).scalar_one())


def test_the_deciders_are_told_and_then_whoever_asked(market: Market, shop: Company) -> None:
    request_id = ask(shop, market)
    reactions.deliver_new()
    deciders = {shop.owner.user_id, shop.people[Variant.STORE_MANAGER].user_id}
    assert notices() == {("approval_asked", person) for person in deciders}
    approve(shop.owner, request_id)
    reactions.deliver_new()
    assert ("purchase_approved", shop.people[Variant.PURCHASING_AGENT].user_id) in notices()


def notices() -> set[tuple[str, Any]]:
    with begin(Actor.system()) as work:
        rows = work.session.execute(
            sa.text("select kind, person_id from notices where kind like '%approv%'")
        )
        return {(row.kind, row.person_id) for row in rows}


def test_the_last_price_stands_beside_todays(market: Market, shop: Company) -> None:
    offer_id = market.makers[0].offers[0]
    fill(shop.owner, offer_id, 5)
    run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    last = sheet(shop.owner, ask(shop, market)).last_times[offer_id]
    assert (last.quantity, last.unit_price) == (5, Decimal(10))


def test_an_agent_sees_own_requests_only(market: Market, shop: Company) -> None:
    mine, theirs = ask(shop, market), ask(shop, market, 60, who=Variant.STORE_MANAGER)
    agent = shop.people[Variant.PURCHASING_AGENT]
    with begin(agent) as work:
        rows, found = orders.purchase_requests(work, state=RequestState.WAITING)
    assert ([row.purchase_request_id for row in rows], found) == ([mine], 1)
    with pytest.raises(NotFound):
        sheet(agent, theirs)
    with begin(shop.owner) as work:
        assert orders.purchase_requests(work)[1] == 2
