"""Rules of customers, promotions and their budgets, and minimums by product: from the resolver to the order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from domain import catalog, orders, payments, pricing, stock
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid, NotFound
from domain.kernel.work import begin, clock, run
from domain.orders import BelowMinimum, PriceChanged
from domain.payments import Method
from domain.pricing import Ask, LineUse, PromotionUsedUp, Use
from tests.domain.pricing.test_price_lists import price_of
from tests.make.market import Company, Market, buy, company, make_market, offer, orders_of, sheet, top_up

D = Decimal
DAY = timedelta(days=1)


def one() -> tuple[Market, Company, Company, UUID]:
    market = make_market(makers=1)
    return market, market.makers[0], market.retailer, market.makers[0].offers[0]


def promotion(maker: Company, title: str = "Spring", **more: Any) -> UUID:
    facts: dict[str, Any] = {"step": "promotion", "kind": "percent", "percent": D(10), "currency": "EUR"}
    return run(maker.owner, pricing.make_rule, request_id=uuid4(), title=title, **facts | more)


def spent(maker: Company, rule_id: UUID) -> tuple[Decimal | None, int | None]:
    with begin(maker.owner) as work:
        row = next(row for row in pricing.my_rules(work, with_ended=True) if row.rule_id == rule_id)
    return row.amount_spent, row.units_spent


def basket(who: Actor) -> orders.BasketSheet:
    with begin(who) as work:
        return orders.my_basket(work)


@contextmanager
def counted() -> Iterator[list[str]]:
    said: list[str] = []

    def note(*args: Any) -> None:
        said.append(args[2])

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


# --- whose price ---------------------------------------------------------------------------------


def test_a_group_has_its_price_while_one_is_in_it_and_nobody_else_learns_of_it(database: sa.Connection) -> None:
    market, maker, shop, thing = one()
    buy(shop, {thing: 1})
    other = company(OrgKind.RETAILER, "Another shop")
    with pytest.raises(NotFound):
        run(maker.owner, pricing.open_group, request_id=uuid4(), name="A", customer_ids=[other.org_id])
    group = run(maker.owner, pricing.open_group, request_id=uuid4(), name="Friends", customer_ids=[shop.org_id])
    with pytest.raises(Conflict):
        run(maker.owner, pricing.open_group, request_id=uuid4(), name="FRIENDS")
    start = datetime.now(UTC) + DAY
    rule = run(maker.owner, pricing.make_rule, request_id=uuid4(), step="customer", kind="percent", title="Friends",
               group_id=group, percent=D(20), starts_at=start, ends_at=start + 10 * DAY)  # fmt: skip
    assert price_of(shop.owner, thing).unit_price == D(10)
    with clock(start):
        assert price_of(shop.owner, thing).unit_price == D(8)
        assert price_of(other.owner, thing).unit_price == D(10)
        asks = [Ask(shop.org_id, thing, 1), Ask(other.org_id, thing, 1), Ask(shop.org_id, thing, 100)]
        with begin(maker.owner) as work:  # the seller may ask for any buyer
            prices = pricing.resolve_many(work, asks=asks)
            assert {ask: price.unit_price for ask, price in prices.items()} == dict(
                zip(asks, (D(8), D(10), D("7.2")), strict=True)
            )
        with begin(other.owner) as work:  # a buyer for itself alone
            prices = pricing.resolve_many(work, asks=asks)
            assert {ask: price.unit_price for ask, price in prices.items()} == {asks[1]: D(10)}
            told = work.session.execute(
                sa.text("select * from price_terms(:buyers, :offers, :now)"),
                {"buyers": [shop.org_id, other.org_id], "offers": [thing, thing], "now": start},
            ).all()
            assert told == []
            assert work.session.execute(sa.text("select count(*) from price_rules")).scalar_one() == 0
    with clock(start + DAY):
        run(maker.owner, pricing.set_group_members, group_id=group, customer_ids=[])
        assert price_of(shop.owner, thing).unit_price == D(10)
        run(maker.owner, pricing.set_group_members, group_id=group, customer_ids=[shop.org_id])
        assert price_of(shop.owner, thing).unit_price == D(8)
        with pytest.raises(NotFound):
            run(market.distributor.owner, pricing.end_rule, rule_id=rule)
        run(maker.owner, pricing.end_rule, rule_id=rule)
        assert price_of(shop.owner, thing).unit_price == D(10)
        with pytest.raises(Conflict):
            run(maker.owner, pricing.end_rule, rule_id=rule)


def test_a_category_counts_with_those_below_it(database: sa.Connection) -> None:
    market, maker, shop, thing = one()
    operations = market.platform.people[Variant.OPERATIONS]
    above = run(operations, catalog.create_category, name=f"Tools {uuid4().hex[:5]}")
    below = run(operations, catalog.create_category, name=f"Saws {uuid4().hex[:5]}", parent_id=above)
    elsewhere = run(operations, catalog.create_category, name=f"Toys {uuid4().hex[:5]}")
    with begin(maker.owner) as work:
        product = catalog.offer_sheet(work, offer_id=thing).product_id
    database.execute(
        sa.text("update products set category_id = :c, category_since = :now where id = :id"),
        {"c": below, "id": product, "now": datetime.now(UTC)},
    )
    promotion(maker, scope="category", category_id=elsewhere, percent=D(50))
    assert price_of(shop.owner, thing).unit_price == D(10)
    promotion(maker, scope="category", category_id=above)
    assert price_of(shop.owner, thing).unit_price == D(9)


@pytest.mark.parametrize(
    "facts",
    [
        {"percent": D(0)}, {"percent": D(100)}, {"percent": D("1.00001")}, {"percent": None}, {"kind": "amount"},
        {"kind": "fixed", "percent": None}, {"scope": "offers"}, {"scope": "category"}, {"step": "customer"},
        {"title": " "}, {"budget_amount": D("0.001")}, {"budget_units": 0}, {"minimum_quantity": 0},
        {"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, {"starts_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"budget_amount": D(5), "currency": None}, {"offer_ids": [uuid4()], "scope": "offers"},
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(database: sa.Connection, facts: dict[str, Any]) -> None:
    maker = company(OrgKind.MANUFACTURER, "Maker")
    with pytest.raises(DomainError) as refusal:
        promotion(maker, **facts)
    assert isinstance(refusal.value, Invalid | NotFound)
    assert database.execute(sa.text("select count(*) from price_rules")).scalar_one() == 0


# --- from the price to the order -----------------------------------------------------------------


def test_the_order_keeps_the_reasons_and_the_budget_pays_and_comes_back(database: sa.Connection) -> None:
    market, maker, shop, thing = one()
    rule = promotion(maker, budget_amount=D("100.00"), budget_units=70)
    order = orders_of(shop, buy(shop, {thing: 60}))[maker.org_id]
    line = sheet(shop.owner, order).lines[0]
    assert (line.unit_price, line.goods) == (D(9), D("540.00"))
    assert line.price_trace[-1] == {
        "step": "promotion", "rule": str(rule), "kind": "percent", "title": "Spring", "by": "10",
        "unit_price": "9.000000", "amount": "-60.00",
    }  # fmt: skip
    assert sheet(maker.owner, order).lines[0].price_trace == line.price_trace
    assert sheet(maker.people[Variant.PRODUCTION_MANAGER], order).lines[0].price_trace == []
    assert spent(maker, rule) == (D("60.00"), 60)
    # Ten units are left, so eleven cost the list price, and ten do not.
    assert price_of(shop.owner, thing, 11).unit_price == D(10)
    assert price_of(shop.owner, thing, 10).unit_price == D(9)
    run(maker.owner, orders.decline_order, order_id=order, reason="Sold out")
    assert spent(maker, rule) == (D(0), 0)
    unpaid = buy(shop, {thing: 70}, method=Method.BANK_TRANSFER)
    assert spent(maker, rule) == (D("70.00"), 70)
    run(shop.owner, orders.cancel_purchase, purchase_id=unpaid)
    assert spent(maker, rule) == (D(0), 0)
    last = buy(shop, {thing: 50}, method=Method.BANK_TRANSFER)
    run(Actor.system(), orders.expire_purchase, purchase_id=last)
    assert spent(maker, rule) == (D(0), 0)
    uses = "select sum(amount), sum(units), count(*) from promotion_uses"
    assert tuple(database.execute(sa.text(uses)).one()) == (D(0), 0, 6)
    # An ended promotion still gets back what an order of then returns.
    order = orders_of(shop, buy(shop, {thing: 5}))[maker.org_id]
    run(maker.owner, pricing.end_rule, rule_id=rule)
    run(shop.owner, orders.cancel_order, order_id=order)
    assert spent(maker, rule) == (D(0), 0)


def test_who_comes_too_late_is_asked_and_nothing_is_half_done(database: sa.Connection) -> None:
    market, maker, shop, thing = one()
    rule = promotion(maker, budget_units=100)
    quick = company(OrgKind.RETAILER, "Quick shop")
    top_up(quick, "5000.00", market.finance)
    run(shop.owner, orders.add_to_basket, offer_id=thing, quantity=60)
    buy(quick, {thing: 60})
    before = spent(maker, rule)
    place = {"site_id": shop.site_id, "method": Method.WALLET}
    with pytest.raises(PriceChanged):
        run(shop.owner, orders.place_order, request_id=uuid4(), **place)
    assert spent(maker, rule) == before == (D(0), 60)
    assert basket(shop.owner).prices_changed == 1
    assert run(shop.owner, orders.confirm_basket_prices) == 1
    order = orders_of(shop, run(shop.owner, orders.place_order, request_id=uuid4(), **place))[maker.org_id]
    assert sheet(shop.owner, order).lines[0].unit_price == D(10)

    # The guard in the database, past all that looked before: too much, another's order, another's promotion.
    promoted = orders_of(shop, buy(shop, {thing: 20}))[maker.org_id]
    line = sheet(shop.owner, promoted).lines[0].line_id
    too_much = [LineUse(promoted, line, Use(rule, D("1.00"), 20))]
    with begin(shop.owner) as work:
        left = work.session.execute(sa.text("select count(*) from promotion_uses")).scalar_one()
    for uses in (
        [LineUse(promoted, uuid4(), Use(rule, D("1.00"), 20))],
        [LineUse(promoted, line, Use(rule, D(1), 21))],
    ):
        with pytest.raises(NotFound):
            run(shop.owner, pricing.spend_promotions, uses=uses)
    with pytest.raises(NotFound):
        run(quick.owner, pricing.spend_promotions, uses=too_much)
    small = promotion(maker, "Small", budget_units=19)
    with pytest.raises(PromotionUsedUp) as short:
        run(shop.owner, pricing.spend_promotions, uses=[LineUse(promoted, line, Use(small, D("1.00"), 20))])
    assert short.value.rule_ids == {small}
    assert spent(maker, small) == (D(0), 0) and spent(maker, rule) == (D(0), 80)
    with begin(shop.owner) as work:
        assert work.session.execute(sa.text("select count(*) from promotion_uses")).scalar_one() == left


def test_two_lines_of_one_basket_share_a_budget(database: sa.Connection) -> None:
    market, maker, shop, thing = one()
    other = offer(maker, "Second thing", tiers=[(1, "20.00")])
    rule = promotion(maker, budget_amount=D("25.00"))
    for offer_id in (thing, other):
        run(shop.owner, orders.add_to_basket, offer_id=offer_id, quantity=10)
    # Alone each would fit; of both only what was put in first does.
    shown = {line.offer_id: line.unit_price for group in basket(shop.owner).groups for line in group.lines}
    assert sorted(shown.values()) in ([D(9), D(20)], [D(10), D(18)])
    run(shop.owner, orders.confirm_basket_prices)
    run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    amount, _ = spent(maker, rule)
    assert amount in (D("10.00"), D("20.00"))


def test_the_number_of_statements_is_that_of_one_line(database: sa.Connection) -> None:
    market, maker, shop, thing = one()
    more = [offer(maker, f"Thing {number}", on_hand=50) for number in range(6)]
    buy(shop, {thing: 1})

    def statements(wanted: dict[UUID, int]) -> int:
        for offer_id, quantity in wanted.items():
            run(shop.owner, orders.add_to_basket, offer_id=offer_id, quantity=quantity)
        with counted() as said:
            run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
        return len(said)

    plain, many = statements({thing: 2}), statements(dict.fromkeys(more, 2))
    promotion(maker, budget_units=100)
    promoted, many_promoted = statements({thing: 2}), statements(dict.fromkeys(more, 2))
    assert plain == many and promoted == many_promoted == plain + 1
    with begin(maker.owner) as work, counted() as said:
        asks = [Ask(buyer, offer_id, q) for buyer in (shop.org_id, None) for offer_id in more for q in (1, 7)]
        prices = pricing.resolve_many(work, asks=asks)
    assert len(said) == 1 and {ask: price.quantity for ask, price in prices.items()} == {a: a.quantity for a in asks}
    assert {price.unit_price for price in prices.values()} == {D(9)}


# --- minimums by product -------------------------------------------------------------------------


def test_variants_of_a_product_reach_its_minimum_together(database: sa.Connection) -> None:
    market, maker, shop, _ = one()
    product = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Shirt",
                  variants=[("Red", {"Colour": "Red"}), ("Blue", {"Colour": "Blue"})])  # fmt: skip
    with begin(maker.owner) as work:
        variants = catalog.variants_of_product(work, product_id=product)
    offers = []
    for number, (variant_id, _) in enumerate(variants):
        offers.append(run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, currency="EUR",
                          sku=f"SHIRT-{number}", tiers=[(1, D(5 + number))]))  # fmt: skip
        run(maker.owner, catalog.publish_offer, offer_id=offers[-1])
        run(maker.owner, stock.receive_stock, request_id=uuid4(), variant_id=variant_id, location_id=maker.location_id,
            quantity=100)  # fmt: skip
    with pytest.raises(NotFound):
        run(market.distributor.owner, pricing.set_product_minimum, product_id=product, minimum_quantity=24)
    run(maker.owner, pricing.set_product_minimum, product_id=product, minimum_quantity=24)
    run(shop.owner, orders.add_to_basket, offer_id=offers[0], quantity=8)
    run(shop.owner, orders.add_to_basket, offer_id=offers[1], quantity=4)
    shown = basket(shop.owner)
    [mix] = shown.groups[0].mixes
    assert (mix.quantity, mix.minimum_quantity, mix.missing, mix.missing_value) == (12, 24, 12, D("60.00"))
    assert not shown.ready
    with pytest.raises(BelowMinimum, match=r"Shirt: the smallest order is 24, all variants together\. Please add 12"):
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    run(shop.owner, orders.set_basket_quantity, offer_id=offers[1], quantity=16)
    assert basket(shop.owner).ready
    run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    run(maker.owner, pricing.set_product_minimum, product_id=product, minimum_quantity=None)
    run(shop.owner, orders.add_to_basket, offer_id=offers[0], quantity=1)
    assert basket(shop.owner).groups[0].mixes == [] and basket(shop.owner).ready


def test_a_promotion_counts_in_what_is_paid(database: sa.Connection) -> None:
    _, maker, shop, thing = one()
    promotion(maker, kind="amount", percent=None, amount=D("0.333333"))
    buy(shop, {thing: 7})  # 7 x 9.666667 = 67.666669 -> 67.67, and 8 % tax on it
    with begin(shop.owner) as work:
        assert payments.my_wallet(work, currency="EUR").balance == D("50000.00") - D("67.67") - D("5.41")


def test_a_budget_in_units_needs_no_currency(database: sa.Connection) -> None:
    _, maker, shop, thing = one()
    made = promotion(maker, currency=None, budget_units=5)
    assert price_of(shop.owner, thing, 5).unit_price < price_of(shop.owner, thing, 6).unit_price
    buy(shop, {thing: 5})
    assert spent(maker, made)[1] == 5
