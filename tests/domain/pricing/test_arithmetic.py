"""The arithmetic of a price, for itself: examples by hand, and what must hold whatever the rules are."""

from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from domain.kernel.money import rounded
from domain.pricing.arithmetic import Rule, Terms, Use, next_break, price_line, reached, unit_price_by
from domain.pricing.states import RuleKind, Step

D = Decimal
LADDER = [(1, D("10.00")), (50, D("9.00")), (200, D("8.00"))]


def rule(number: int, step: Step = Step.CUSTOMER, kind: RuleKind = RuleKind.PERCENT, **more: object) -> Rule:
    return Rule(UUID(int=number), step, kind, f"Rule {number}", **more)  # type: ignore[arg-type]


def terms(*rules: Rule, floor: str | None = None, **more: object) -> Terms:
    return Terms(LADDER, "EUR", rules, D(floor) if floor else None, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quantity", "price"),
    [(1, "10.00"), (49, "10.00"), (50, "9.00"), (199, "9.00"), (200, "8.00"), (10**9, "8.00")],
)
def test_the_quantity_decides_the_tier(quantity: int, price: str) -> None:
    assert price_line(terms(), quantity).unit_price == D(price)


def test_below_the_first_tier_its_price_holds() -> None:
    assert reached([(10, D(5)), (20, D(4))], 3) == 0


def test_each_step_takes_one_rule_and_says_what_it_changed() -> None:
    group = rule(1, percent=D(5))
    own = rule(2, percent=D(10))  # better than the group's: it holds, and the other one does not
    promotion = rule(3, Step.PROMOTION, RuleKind.AMOUNT, amount=D("0.50"))
    priced = price_line(terms(group, own, promotion), 100)
    assert priced.list_price == D("9.00") and priced.unit_price == D("7.60")  # 9.00 - 10 % = 8.10, - 0.50
    assert [step["step"] for step in priced.trace] == ["list", "tier", "customer", "promotion"]
    assert [step.get("rule") for step in priced.trace[2:]] == [str(UUID(int=2)), str(UUID(int=3))]
    assert [step.get("amount") for step in priced.trace] == [None, "-100.00", "-90.00", "-50.00"]
    assert priced.use == Use(UUID(int=3), D("50.00"), 100)


def test_a_fixed_list_competes_with_the_other_rules_of_the_customer() -> None:
    fixed = rule(1, kind=RuleKind.FIXED, prices=[(1, D("9.50")), (100, D("8.00"))])
    percent = rule(2, percent=D(3))
    assert price_line(terms(fixed, percent), 10).unit_price == D("9.50")
    assert price_line(terms(fixed, percent), 60).unit_price == D("8.73")  # 9.00 - 3 %; the fixed 9.50 is above
    assert price_line(terms(fixed, percent), 150).unit_price == D("8.00")


def test_a_rule_holds_from_its_minimum_on() -> None:
    many = rule(1, percent=D(10), minimum_quantity=20)
    assert price_line(terms(many), 19).unit_price == D("10.00")
    assert price_line(terms(many), 20).unit_price == D("9.00")
    assert unit_price_by(many, D(10), 19) is None


def test_what_would_leave_nothing_does_not_hold() -> None:
    assert price_line(terms(rule(1, kind=RuleKind.AMOUNT, amount=D("10.00"))), 1).unit_price == D("10.00")


def test_discounts_stop_at_the_floor_and_it_is_said() -> None:
    priced = price_line(terms(rule(1, percent=D(30)), floor="8.50"), 10)
    assert priced.unit_price == D("8.50")
    assert [(s["step"], s.get("amount")) for s in priced.trace] == [
        ("list", None), ("customer", "-30.00"), ("floor", "15.00"),
    ]  # fmt: skip
    # A promotion that gives nothing beyond the floor is not used, so its budget is kept.
    both = price_line(terms(rule(1, percent=D(30)), rule(2, Step.PROMOTION, percent=D(5)), floor="8.50"), 10)
    assert both.unit_price == D("8.50") and both.use is None
    # One that reaches the floor pays for what it gave, not for what was held up.
    part = price_line(terms(rule(2, Step.PROMOTION, percent=D(30)), floor="8.50"), 10)
    assert part.use == Use(UUID(int=2), D("15.00"), 10)


def test_prices_that_were_agreed_lie_below_the_floor() -> None:
    fixed = rule(1, kind=RuleKind.FIXED, prices=[(1, D("7.00"))])
    assert price_line(terms(fixed, floor="8.50"), 10).unit_price == D("7.00")
    assert price_line(terms(floor="8.50"), 200).unit_price == D("8.00")  # the list itself
    assert price_line(terms(fixed, rule(2, Step.PROMOTION, percent=D(5)), floor="8.50"), 10).unit_price == D("7.00")


def test_a_contract_takes_the_place_of_the_customers_rules() -> None:
    priced = price_line(terms(rule(1, percent=D(50)), contract=(UUID(int=9), D("8.88"))), 10)
    assert priced.unit_price == D("8.88")
    assert [step["step"] for step in priced.trace] == ["list", "contract"]


def test_a_budget_pays_for_the_whole_line_or_the_next_best_promotion_holds() -> None:
    limited = rule(1, Step.PROMOTION, percent=D(20), money_left=D("30.00"))
    smaller = rule(2, Step.PROMOTION, percent=D(10))
    assert price_line(terms(limited, smaller), 15).unit_price == D("8.00")  # 15 x 2.00 = 30.00, exactly what is left
    assert price_line(terms(limited, smaller), 16).unit_price == D("9.00")
    gone = {UUID(int=1): (D("10.00"), 5)}
    assert price_line(terms(limited, smaller), 15, spent=gone).unit_price == D("9.00")
    units = rule(3, Step.PROMOTION, percent=D(20), units_left=7)
    assert price_line(terms(units), 7).unit_price == D("8.00")
    assert price_line(terms(units), 8).unit_price == D("10.00")


def test_of_two_alike_the_one_without_a_budget_holds() -> None:
    limited = rule(1, Step.PROMOTION, percent=D(10), money_left=D("1000.00"))
    free = rule(2, Step.PROMOTION, percent=D(10))
    used = price_line(terms(limited, free), 10).use
    assert used is not None and used.rule_id == UUID(int=2)


def test_the_next_break_is_the_next_lower_price_in_whole_increments() -> None:
    assert next_break(terms(), 38, 1, D("10.00")) == (50, D("9.00"))
    assert next_break(terms(), 38, 12, D("10.00")) == (60, D("9.00"))
    assert next_break(terms(), 200, 1, D("8.00")) is None
    assert next_break(terms(rule(1, percent=D(10), minimum_quantity=40)), 38, 1, D("10.00")) == (40, D("9.00"))


def test_whatever_the_rules_are_the_trace_adds_up_and_nothing_costs_more_than_the_list() -> None:
    chance = Random(20260105)
    for _ in range(1500):
        ladder_prices = sorted((D(chance.randint(1, 999_999_999)) / 10**6 for _ in range(3)), reverse=True)
        currency = chance.choice(["EUR", "JPY", "KWD"])
        rules = [one_rule(chance, number) for number in range(chance.randint(0, 5))]
        floor = D(chance.randint(1, 900_000_000)) / 10**6 if chance.random() < 0.5 else None
        made = Terms(list(zip((1, 50, 200), ladder_prices, strict=True)), currency, rules, floor)
        quantity = chance.choice([1, 49, 50, 199, 200, chance.randint(1, 5000)])
        priced = price_line(made, quantity)
        assert 0 < priced.unit_price <= priced.list_price
        assert priced.unit_price == round(priced.unit_price, 6)
        amounts = sum((D(step.get("amount", "0")) for step in priced.trace), D(0))  # type: ignore[arg-type]
        first = rounded(made.ladder[0][1] * quantity, currency)
        assert first + amounts == rounded(priced.unit_price * quantity, currency)
        assert priced.trace[-1]["unit_price"] == str(priced.unit_price)
        steps = [step["step"] for step in priced.trace]
        assert steps.count("customer") <= 1 and steps.count("promotion") <= 1
        agreed = [p for r in rules if r.kind is RuleKind.FIXED for _, p in r.prices]
        if floor is not None:
            assert priced.unit_price >= min([floor, priced.list_price, *agreed])
        if priced.use is not None:
            used = next(r for r in rules if r.id == priced.use.rule_id)
            assert used.step is Step.PROMOTION and priced.use.units == quantity and priced.use.amount >= 0
            assert used.money_left is None or priced.use.amount <= used.money_left
            assert used.units_left is None or quantity <= used.units_left
        # More rules never make it dearer, and the order in which they stand does not matter.
        customers = [r for r in rules if r.step is Step.CUSTOMER]
        assert priced.unit_price <= price_line(Terms(made.ladder, currency, (), floor), quantity).unit_price
        chance.shuffle(rules)
        assert price_line(Terms(made.ladder, currency, rules, floor), quantity) == priced
        assert len(customers) + 1 >= steps.count("customer")


def one_rule(chance: Random, number: int) -> Rule:
    step = chance.choice([Step.CUSTOMER, Step.PROMOTION])
    kind = chance.choice([RuleKind.PERCENT, RuleKind.AMOUNT] + [RuleKind.FIXED] * (step is Step.CUSTOMER))
    price = D(chance.randint(1, 500_000_000)) / 10**6
    more: dict[str, object] = {
        RuleKind.PERCENT: {"percent": D(chance.randint(1, 999_999)) / 10**4},
        RuleKind.AMOUNT: {"amount": price},
        RuleKind.FIXED: {"prices": [(chance.choice([1, 20]), price)]},
    }[kind]
    if step is Step.PROMOTION and chance.random() < 0.5:
        more |= {"money_left": D(chance.randint(0, 5000)), "units_left": chance.choice([None, 0, 100])}
    return rule(number + 1, step, kind, minimum_quantity=chance.choice([1, 1, 60]), **more)
