"""The one answer to "what does this cost this buyer?", with the reasons.

`resolve` answers many (offer, quantity) at once: the price tier that the quantity reaches. Contract
prices and promotions will be further steps of the same trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Price:
    """The unit price of an offer at a quantity. `next_*` is the next better tier, if there is one."""

    offer_id: UUID
    quantity: int
    currency: str
    unit_price: Decimal
    trace: tuple[Mapping[str, str | int], ...]
    next_quantity: int | None
    next_unit_price: Decimal | None

    @property
    def hint(self) -> tuple[int, Decimal] | None:
        """How many more to add, and how much less the whole then costs than at today's unit price."""
        if self.next_quantity is None or self.next_unit_price is None:
            return None
        saved = (self.unit_price - self.next_unit_price) * self.next_quantity
        return self.next_quantity - self.quantity, saved


_TIERS = text(
    "select o.id, o.currency, w.quantity, array_agg(t.minimum_quantity order by t.minimum_quantity) as quantities,"
    " array_agg(t.unit_price order by t.minimum_quantity) as prices"
    " from unnest(cast(:offers as uuid[]), cast(:quantities as bigint[])) as w(offer_id, quantity)"
    " join offers o on o.id = w.offer_id"
    " and case when o.seller_id = :me then :prices else o.state = 'published' and :costs end"
    " join price_tiers t on t.offer_id = o.id and t.valid_to is null"
    " group by o.id, o.currency, w.quantity"
)


def resolve(work: Work, *, quantities: Mapping[UUID, int]) -> dict[UUID, Price]:
    """The price of each offer at its quantity (base units), for the actor as the buyer.

    An offer without a price, or one that the buyer cannot see, is missing from the answer; so are those of others
    for who does not see what goods cost, and one's own for who does not see the selling prices. Quantities below the
    first tier get the first tier's price: order rules, not prices, refuse small orders.
    """
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    facts = {
        "offers": list(quantities), "quantities": list(quantities.values()), "me": work.actor.org_id,
        "prices": work.actor.may(Permission.SEE_PRICES), "costs": work.actor.may(Permission.SEE_COSTS),
    }  # fmt: skip
    rows = work.session.execute(_TIERS, facts)
    return {row.id: _price(row.id, row.currency, row.quantity, row.quantities, row.prices) for row in rows}


def _price(offer_id: UUID, currency: str, quantity: int, quantities: list[int], prices: list[Decimal]) -> Price:
    reached = max((i for i, minimum in enumerate(quantities) if minimum <= quantity), default=0)
    trace: list[Mapping[str, str | int]] = [
        {"step": "list", "from_quantity": quantities[0], "unit_price": str(prices[0])}
    ]
    if reached:
        trace.append({"step": "tier", "from_quantity": quantities[reached], "unit_price": str(prices[reached])})
    following = reached + 1 if reached + 1 < len(quantities) else None
    return Price(
        offer_id, quantity, currency, prices[reached], tuple(trace),
        quantities[following] if following else None, prices[following] if following else None,
    )  # fmt: skip
