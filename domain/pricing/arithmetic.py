"""Pure arithmetic of a price: a ladder, rules and a floor become one unit price with its reasons.

The steps follow one another in this order, and of each at most one rule holds:

1. `list` and `tier`: the list price that the quantity reaches;
2. `contract`: a price that was signed for; it takes the place of step 1 and leaves step 3 out;
3. `customer`: the customer's fixed price list or the rule of a group or a customer, whichever is lowest;
4. `promotion`: the best promotion whose budget still pays for the whole line;
5. `floor`: discounts stop at the lowest price of the seller. Prices that were agreed (list, contract, a fixed list)
   may lie below it, since somebody who may gave them; then they are the floor.

Unit prices have six decimals, halves to even. What a step takes off a line is the difference of the line's values in
whole minor units, so the amounts of the steps add up to the line, to the cent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from domain.kernel.money import rounded
from domain.pricing.states import RuleKind, Step

Ladder = Sequence[tuple[int, Decimal]]
Trace = tuple[Mapping[str, str | int], ...]
_FINEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that holds for a line. `money_left` and `units_left` are None where nothing limits them."""

    id: UUID
    step: Step
    kind: RuleKind
    title: str
    minimum_quantity: int = 1
    percent: Decimal | None = None
    amount: Decimal | None = None
    prices: Ladder = ()
    money_left: Decimal | None = None
    units_left: int | None = None

    @property
    def is_limited(self) -> bool:
        return self.money_left is not None or self.units_left is not None


@dataclass(frozen=True, slots=True)
class Use:
    """What a promotion gives to a line: so much money for so many units."""

    rule_id: UUID
    amount: Decimal
    units: int


@dataclass(frozen=True, slots=True)
class Priced:
    """`list_price` is what the quantity costs without rules; `trace` says how `unit_price` came about."""

    list_price: Decimal
    unit_price: Decimal
    trace: Trace
    use: Use | None


@dataclass(frozen=True, slots=True)
class Terms:
    """All that decides what an offer costs a buyer, whatever the quantity."""

    ladder: Ladder
    currency: str
    rules: Sequence[Rule] = ()
    floor: Decimal | None = None
    contract: tuple[UUID, Decimal] | None = None


def reached(ladder: Ladder, quantity: int) -> int:
    """The place of the tier that the quantity reaches; below the first one, the first."""
    return max((place for place, (minimum, _) in enumerate(ladder) if minimum <= quantity), default=0)


def unit_price_by(rule: Rule, price: Decimal, quantity: int) -> Decimal | None:
    """What one unit costs by the rule, or None when it does not lower the price at this quantity."""
    if quantity < rule.minimum_quantity:
        return None
    if rule.kind is RuleKind.FIXED:
        if not rule.prices or quantity < rule.prices[0][0]:
            return None
        lowered = rule.prices[reached(rule.prices, quantity)][1]
    elif rule.kind is RuleKind.PERCENT:
        lowered = (price * (100 - (rule.percent or Decimal(0))) / 100).quantize(_FINEST, rounding=ROUND_HALF_EVEN)
    else:
        lowered = price - (rule.amount or Decimal(0))
    return lowered if 0 < lowered < price else None


def price_line(terms: Terms, quantity: int, *, spent: Mapping[UUID, tuple[Decimal, int]] | None = None) -> Priced:
    """The unit price of a quantity, with its reasons. `spent`: what the same purchase takes of budgets before."""
    line = _Line(terms, quantity)
    line.begin()
    line.lower_for_customer()
    use = line.lower_by_promotion(spent or {})
    return Priced(line.list_price, line.price, tuple(line.trace), use)


def unit_and_list(terms: Terms, quantity: int) -> tuple[Decimal, Decimal]:
    """The unit price of a quantity and the list price, without reasons: a page of results asks that for every row."""
    if not terms.rules and terms.contract is None:  # nothing but the ladder decides, so its tier is the price
        price = terms.ladder[reached(terms.ladder, quantity)][1]
        return price, price
    priced = price_line(terms, quantity)
    return priced.unit_price, priced.list_price


def next_break(terms: Terms, quantity: int, increment: int, price: Decimal) -> tuple[int, Decimal] | None:
    """The smallest larger quantity, in whole increments, at which one unit costs less: it and that price."""
    plain = not terms.rules and terms.contract is None
    breaks = {minimum for minimum, _ in terms.ladder}
    for rule in terms.rules:
        breaks |= {rule.minimum_quantity} | {minimum for minimum, _ in rule.prices}
    for wanted in sorted({-(-each // increment) * increment for each in breaks if each > quantity}):
        # Where nothing but the ladder decides, its tier is the price.
        lower = terms.ladder[reached(terms.ladder, wanted)][1] if plain else price_line(terms, wanted).unit_price
        if lower < price:
            return wanted, lower
    return None


class _Line:
    def __init__(self, terms: Terms, quantity: int) -> None:
        self.terms, self.quantity = terms, quantity
        place = reached(terms.ladder, quantity)
        self.tier, self.list_price = terms.ladder[place]
        self.price = self.list_price
        self.trace: list[Mapping[str, str | int]] = []
        # Discounts stop here; what was agreed may lie lower, and then it is the limit.
        self.limit = min(self.list_price, terms.floor) if terms.floor is not None else Decimal(0)

    def value(self, price: Decimal) -> Decimal:
        return rounded(price * self.quantity, self.terms.currency)

    def begin(self) -> None:
        first_quantity, first = self.terms.ladder[0]
        self.trace.append({"step": "list", "from_quantity": first_quantity, "unit_price": str(first)})
        if self.tier != first_quantity:
            self.trace.append(
                {"step": "tier", "from_quantity": self.tier, "unit_price": str(self.list_price),
                 "amount": str(self.value(self.list_price) - self.value(first))}
            )  # fmt: skip
        if self.terms.contract is not None:
            contract_id, price = self.terms.contract
            self._step({"step": "contract", "rule": str(contract_id)}, price)
            self.limit = min(self.limit, price)

    def lower_for_customer(self) -> None:
        if self.terms.contract is not None:
            return
        rule = self._best(Step.CUSTOMER, {})
        if rule is None:
            return
        self._apply(rule)
        if rule.kind is RuleKind.FIXED:
            self.limit = min(self.limit, self.price)
        self._hold_up()

    def lower_by_promotion(self, spent: Mapping[UUID, tuple[Decimal, int]]) -> Use | None:
        rule = self._best(Step.PROMOTION, spent)
        if rule is None:
            return None
        before = self.price
        self._apply(rule)
        self._hold_up()
        return Use(rule.id, self.value(before) - self.value(self.price), self.quantity)

    def _best(self, step: Step, spent: Mapping[UUID, tuple[Decimal, int]]) -> Rule | None:
        """The rule of a step with the lowest price above the limit; of two alike, the one that spends no budget."""
        found: list[tuple[Decimal, bool, str, Rule]] = []
        for rule in self.terms.rules:
            lowered = unit_price_by(rule, self.price, self.quantity) if rule.step is step else None
            if lowered is None:
                continue
            held = lowered if rule.kind is RuleKind.FIXED else max(lowered, self.limit)
            if held < self.price and self._is_paid(rule, held, spent):
                found.append((held, rule.is_limited, str(rule.id), rule))
        return min(found, key=lambda each: each[:3])[3] if found else None

    def _is_paid(self, rule: Rule, price: Decimal, spent: Mapping[UUID, tuple[Decimal, int]]) -> bool:
        """Whether what is left of the rule's budget pays for the whole line."""
        money, units = spent.get(rule.id, (Decimal(0), 0))
        if rule.units_left is not None and self.quantity > rule.units_left - units:
            return False
        return rule.money_left is None or self.value(self.price) - self.value(price) <= rule.money_left - money

    def _apply(self, rule: Rule) -> None:
        lowered = unit_price_by(rule, self.price, self.quantity)
        assert lowered is not None
        said = {RuleKind.PERCENT: rule.percent, RuleKind.AMOUNT: rule.amount}.get(rule.kind)
        step: dict[str, str | int] = {
            "step": rule.step.value, "rule": str(rule.id), "kind": rule.kind.value, "title": rule.title,
        }  # fmt: skip
        self._step(step if said is None else step | {"by": f"{said.normalize():f}"}, lowered)

    def _hold_up(self) -> None:
        if self.price < self.limit:
            self._step({"step": "floor"}, self.limit)

    def _step(self, step: dict[str, str | int], price: Decimal) -> None:
        amount = self.value(price) - self.value(self.price)
        self.trace.append(step | {"unit_price": str(price), "amount": str(amount)})
        self.price = price
