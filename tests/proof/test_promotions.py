"""Thirty-two clients at one promotion: its budget is never overspent, and what came back can be spent again.

Over two processes with real commits, in three rounds: everybody orders at once; then some cancel while others order;
then the books are compared with a plain sum over the orders. The control spends past the guard, and the same check
must fail for it.
"""

import random
from collections import Counter
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from domain import orders, pricing
from domain.identity import OrgKind
from domain.kernel import database as db
from domain.kernel.work import begin, run
from domain.orders import OrderState
from domain.payments import Method
from tests.make.market import Company, Market, company, make_market, offer, orders_of, sheet, top_up
from tests.proof.racing import DONE, Outcome, Try, race

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

CLIENTS = 32
ROUNDS = 6
UNITS, MONEY = 60, Decimal("47.00")  # 10 % of 10.00 is 1.00 a unit: the money runs out first
D = Decimal


def rows(statement: str, *facts: object) -> list[tuple[object, ...]]:
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("set search_path = market, public")
        return connection.execute(statement.encode(), facts).fetchall()


def check_budget(rule_id: UUID) -> tuple[Decimal, int]:
    """Spent is what the orders that stand took by their lines, and within the limits; returns it."""
    [(amount, units, amount_limit, unit_limit)] = rows(
        "select amount_spent, units_spent, amount_limit, unit_limit from promotion_budgets where rule_id = %s", rule_id
    )
    assert amount <= amount_limit and units <= unit_limit  # type: ignore[operator]
    taken = rows(
        "select l.ordered, (s ->> 'amount')::numeric from order_lines l join supplier_orders o on o.id = l.order_id"
        " cross join jsonb_array_elements(l.price_trace) s where s ->> 'rule' = %s"
        " and o.state not in ('cancelled', 'declined', 'expired')",
        str(rule_id),
    )
    assert units == sum(int(str(ordered)) for ordered, _ in taken)
    assert amount == -sum((D(str(off)) for _, off in taken), D(0))
    [(used, money)] = rows("select sum(units), sum(amount) from promotion_uses where rule_id = %s", rule_id)
    assert (used or 0, money or 0) == (units, amount)
    return D(str(amount)), int(str(units))


def place(shop: Company) -> Try:
    return Try(
        shop.owner, orders.place_order, {"request_id": uuid4(), "site_id": shop.site_id, "method": Method.WALLET}
    )


def fill(shop: Company, offers: list[UUID], chance: random.Random) -> int:
    """Between one and four units of each; returns how many."""
    wanted = {offer_id: chance.randint(1, 4) for offer_id in offers}
    for offer_id, quantity in wanted.items():
        run(shop.owner, orders.set_basket_quantity, offer_id=offer_id, quantity=quantity)
    return sum(wanted.values())


def spring(market: Market) -> UUID:
    return run(
        market.makers[0].owner, pricing.make_rule, request_id=uuid4(), step="promotion", kind="percent", title="Spring",
        percent=D(10), currency="EUR", budget_amount=MONEY, budget_units=UNITS,
    )  # fmt: skip


def make_shops(market: Market) -> list[Company]:
    shops = [company(OrgKind.RETAILER, f"Shop {number}") for number in range(CLIENTS)]
    for shop in shops:
        top_up(shop, "2000.00", market.finance)
    return shops


def told(outcomes: list[Outcome]) -> Counter[str]:
    found = Counter(outcome.what for outcome in outcomes)
    assert set(found) <= {DONE, "PriceChanged"}, found
    return found


def test_promotions_never_overspend(fresh_database: str, quick_round: bool) -> None:
    market = make_market(makers=1, wallet="0", on_hand=100_000)
    maker, chance = market.makers[0], random.Random(20260105)
    offers = [maker.offers[0], offer(maker, "Second thing", tiers=[(1, "10.00")], on_hand=100_000)]
    shops = make_shops(market)
    for _ in range(1 if quick_round else ROUNDS):
        rule = spring(market)
        for shop in shops:
            fill(shop, offers, chance)
        first = told(race([place(shop) for shop in shops]))
        spent, _ = check_budget(rule)
        assert first[DONE] and first["PriceChanged"]  # some came too late, and were told
        assert spent > MONEY - 8, "what is left is less than a whole basket would take"

        # Those who were told look again and order at the price of now, while some of the others cancel.
        tries = []
        for shop in shops:
            mine = promoted_order(shop, maker)
            if mine is not None and chance.random() < 0.5:
                tries.append(Try(shop.owner, orders.cancel_order, {"order_id": mine}))
                continue
            run(shop.owner, orders.confirm_basket_prices)
            if not basket_is_filled(shop):
                fill(shop, offers, chance)
            tries.append(place(shop))
        told(race(tries))
        check_budget(rule)
        run(maker.owner, pricing.end_rule, rule_id=rule)
    drift = "select count(*) from stock_balances where reserved < 0 or on_hand < reserved"
    assert rows(drift) == [(0,)]

    # The control: a use that went past the guard is found by the same check.
    rule = spring(market)
    order = orders_of(shops[0], run_place(shops[0], offers, chance))[maker.org_id]
    check_budget(rule)
    line = sheet(shops[0].owner, order).lines[0].line_id
    with db.connect(db.Role.OWNER) as connection:
        connection.execute(
            "update market.promotion_budgets set units_spent = units_spent - 1 where rule_id = %s", [rule]
        )
    with pytest.raises(AssertionError):
        check_budget(rule)
    assert line


def run_place(shop: Company, offers: list[UUID], chance: random.Random) -> UUID:
    fill(shop, offers, chance)
    return run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)


def basket_is_filled(shop: Company) -> bool:
    with begin(shop.owner) as work:
        return bool(orders.my_basket(work).groups)


def promoted_order(shop: Company, maker: Company) -> UUID | None:
    """An order of the shop that waits for its seller, the newest."""
    with begin(shop.owner) as work:
        found, _ = orders.orders_of_buyer(work, states=[OrderState.AWAITING_SELLER], size=1)
    return found[0].order_id if found else None
