"""The one answer to "what does this cost this buyer?", with the reasons.

`resolve` answers many offers for the actor as the buyer, `resolve_many` many (buyer, offer, quantity) at once, both in
one statement however many there are. The order of the steps stands in `arithmetic`; each step of the trace names its
rule, what one unit costs after it, and what it changed in the value of the line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.pricing.arithmetic import Rule, Terms, Trace, Use, next_break, price_line, unit_and_list
from domain.pricing.states import RuleKind, Step


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants to know what so many base units of an offer cost a buyer (None: one without rules of its own)."""

    buyer_id: UUID | None
    offer_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Price:
    """The unit price of an offer at a quantity. `next_*` is the next better price, if there is one.

    `list_price` is what the quantity costs without rules. `use` is what a promotion pays for this line.
    """

    offer_id: UUID
    quantity: int
    currency: str
    unit_price: Decimal
    trace: Trace
    next_quantity: int | None
    next_unit_price: Decimal | None
    list_price: Decimal
    use: Use | None = None

    @property
    def hint(self) -> tuple[int, Decimal] | None:
        """How many more to add, and how much less the whole then costs than at today's unit price."""
        if self.next_quantity is None or self.next_unit_price is None:
            return None
        saved = (self.unit_price - self.next_unit_price) * self.next_quantity
        return self.next_quantity - self.quantity, saved

    @property
    def discounts(self) -> tuple[Mapping[str, str | int], ...]:
        """The steps beyond the list price."""
        return tuple(step for step in self.trace if step["step"] not in ("list", "tier"))


_ASKS = """
with asks as materialized (
    select w.n, w.buyer_id, w.quantity, o.id as offer_id, o.currency, o.order_increment
    from unnest(cast(:buyers as uuid[]), cast(:offers as uuid[]), cast(:quantities as bigint[]))
        with ordinality as w(buyer_id, offer_id, quantity, n)
    join offers o on o.id = w.offer_id
        and case when o.seller_id = :me then :prices
                 else o.state = 'published' and :costs and (:anybody or w.buyer_id = :me) end
)
select a.n, a.buyer_id, a.offer_id, a.quantity, a.currency, a.order_increment, t.quantities, t.prices,
       x.ladder, x.floor, x.rules
from asks a
cross join lateral (
    select array_agg(minimum_quantity order by minimum_quantity) as quantities,
           array_agg(unit_price order by minimum_quantity) as prices
    from price_tiers t where t.offer_id = a.offer_id and {when}
) t
left join price_terms((select array_agg(buyer_id order by n) from asks),
                      (select array_agg(offer_id order by n) from asks), :at) x
    on x.offer_id = a.offer_id and x.buyer_id is not distinct from a.buyer_id
where t.quantities is not null or x.ladder is not null
order by a.n
"""
_NOW = text(_ASKS.replace("{when}", "t.valid_to is null"))
_THEN = text(_ASKS.replace("{when}", "t.valid_from <= :at and (t.valid_to is null or t.valid_to > :at)"))


def resolve(work: Work, *, quantities: Mapping[UUID, int], together: bool = False) -> dict[UUID, Price]:
    """The price of each offer at its quantity (base units), for the actor as the buyer.

    An offer without a price, or one that the buyer cannot see, is missing from the answer; so are those of others
    for who does not see what goods cost, and one's own for who does not see the selling prices. Quantities below the
    first tier get the first tier's price: order rules, not prices, refuse small orders. `together`: they are bought at
    once, so what one takes of a promotion's budget is gone for the next, in the order in which they are given.
    """
    asks = [Ask(work.actor.org_id, offer_id, quantity) for offer_id, quantity in quantities.items()]
    return {ask.offer_id: price for ask, price in _resolved(work, asks, None, together).items()}


def resolve_many(work: Work, *, asks: Sequence[Ask], at: datetime | None = None) -> dict[Ask, Price]:
    """The price of each ask; those are missing for which there is no price, or that the actor may not know.

    A buyer asks for itself, a seller for any buyer of its own offers, jobs for everybody. `at`: what it would have cost
    then, or will cost by what is planned. Budgets are those of now.
    """
    return _resolved(work, asks, at, False)


def shown_prices(work: Work, rows: Iterable[Any]) -> dict[UUID, tuple[Decimal, Decimal]]:
    """What `resolve` says of unit price and list price, for a question that reads prices along with what it shows.

    A row has `offer_id`, `seller_id`, `quantity`, `currency`, the ladder of today (`quantities` and `prices`) and what
    `price_terms` answers (`ladder`, `floor`, `rules`).
    """
    me = work.actor.org_id
    if me is None and not work.actor.is_system:
        raise NotFound
    prices, costs = work.actor.may(Permission.SEE_PRICES), work.actor.may(Permission.SEE_COSTS)
    told = [row for row in rows if (prices if row.seller_id == me else costs) and (row.quantities or row.ladder)]
    contracts = _contract_prices(work, [Ask(me, row.offer_id, row.quantity) for row in told], work.now)
    return {
        row.offer_id: unit_and_list(_terms(row, contracts.get((me, row.offer_id))), row.quantity) for row in told
    }


def _resolved(work: Work, asks: Sequence[Ask], at: datetime | None, together: bool) -> dict[Ask, Price]:
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    facts = {
        "buyers": [ask.buyer_id for ask in asks], "offers": [ask.offer_id for ask in asks],
        "quantities": [ask.quantity for ask in asks], "me": work.actor.org_id, "at": at or work.now,
        "prices": work.actor.may(Permission.SEE_PRICES), "costs": work.actor.may(Permission.SEE_COSTS),
        "anybody": work.actor.is_system,
    }  # fmt: skip
    found: dict[Ask, Price] = {}
    contracts = _contract_prices(work, asks, at or work.now)
    spent: dict[UUID, tuple[Decimal, int]] = {}
    for row in work.session.execute(_NOW if at is None else _THEN, facts):
        price = _price(row, contracts.get((row.buyer_id, row.offer_id)), spent)
        found[asks[row.n - 1]] = price
        if together and price.use is not None:
            money, units = spent.get(price.use.rule_id, (Decimal(0), 0))
            spent[price.use.rule_id] = (money + price.use.amount, units + price.use.units)
    return found


def _contract_prices(
    work: Work, asks: Sequence[Ask], at: datetime
) -> dict[tuple[UUID | None, UUID], tuple[UUID, Decimal]]:
    """The price that a contract of the buyer gives an offer, with the contract's id: the step before customer rules.

    There are no contracts yet, so there are none. Whoever brings them answers here, for all asks in one statement.
    """
    return {}


def _price(row: Any, contract: tuple[UUID, Decimal] | None, spent: Mapping[UUID, tuple[Decimal, int]]) -> Price:
    terms = _terms(row, contract)
    priced = price_line(terms, row.quantity, spent=spent)
    following = next_break(terms, row.quantity, row.order_increment, priced.unit_price)
    return Price(
        row.offer_id, row.quantity, row.currency, priced.unit_price, priced.trace, following[0] if following else None,
        following[1] if following else None, priced.list_price, priced.use,
    )  # fmt: skip


def _terms(row: Any, contract: tuple[UUID, Decimal] | None) -> Terms:
    if row.ladder is None:
        ladder = list(zip(row.quantities, row.prices, strict=True))
    else:
        ladder = [(int(quantity), Decimal(price)) for quantity, price in row.ladder]
    return Terms(ladder, row.currency, [_rule(each) for each in row.rules or ()], row.floor, contract)


def _rule(written: Mapping[str, Any]) -> Rule:
    def number(name: str) -> Decimal | None:
        return None if written[name] is None else Decimal(written[name])

    return Rule(
        UUID(written["id"]), Step(written["step"]), RuleKind(written["kind"]), written["title"],
        written["minimum_quantity"], number("percent"), number("amount"),
        [(int(quantity), Decimal(price)) for quantity, price in written["prices"] or ()], number("money_left"),
        written["units_left"],
    )  # fmt: skip
