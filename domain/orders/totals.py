"""Pure arithmetic of a purchase: from priced lines to supplier orders, to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.kernel.errors import Invalid
from domain.kernel.money import Money, rounded
from domain.pricing import Price


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a basket with the rules of its offer."""

    offer_id: UUID
    variant_id: UUID
    seller_id: UUID
    seller_name: str
    sku: str
    name: str
    quantity: int
    minimum_quantity: int
    order_increment: int
    lead_time_days: int
    tax_rate: Decimal
    price: Price
    product_id: UUID | None = None
    product_name: str = ""
    product_minimum: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A seller's order minimum and shipping, in the currency of the offers."""

    order_minimum: Decimal = Decimal(0)
    shipping_fee: Decimal = Decimal(0)
    free_shipping_from: Decimal | None = None

    def shipping(self, goods: Decimal, currency: str) -> Decimal:
        free = self.free_shipping_from is not None and goods >= self.free_shipping_from
        return Decimal(0) if free else rounded(self.shipping_fee, currency)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """`exact_value` is quantity x unit price with all decimals; `goods` is settled."""

    wanted: Wanted
    exact_value: Decimal
    goods: Decimal
    tax: Decimal
    shipping: Decimal


@dataclass(frozen=True, slots=True)
class PricedOrder:
    seller_id: UUID
    seller_name: str
    currency: str
    lines: tuple[PricedLine, ...]
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    lead_time_days: int


@dataclass(frozen=True, slots=True)
class Mix:
    """How much of a product an order holds, all its variants together, and how much its seller wants at least."""

    product_id: UUID
    product_name: str
    quantity: int
    minimum_quantity: int
    missing: int
    # What the missing units cost at the price of the variant that is the cheapest in the order.
    missing_value: Decimal

    @property
    def sentence(self) -> str:
        return (
            f"{self.product_name}: the smallest order is {self.minimum_quantity:,}, all variants together. Please add"
            f" {self.missing:,} more."
        )


class BelowMinimum(Invalid):
    """A line or an order is smaller than its seller sells; the sentence says how much is missing."""


def price_basket(wanted: Sequence[Wanted], terms: Mapping[UUID, Terms]) -> list[PricedOrder]:
    """One priced order per seller, in the order of the sellers' ids.

    Tax is rounded per line (half to even); shipping is split over the lines by value with the largest
    remainder, so every order is the exact sum of its lines. Raises `BelowMinimum`, or `Invalid` for
    a quantity that is no multiple of the increment or for mixed currencies.
    """
    by_seller: dict[UUID, list[Wanted]] = {}
    for line in wanted:
        check_quantity(line)
        by_seller.setdefault(line.seller_id, []).append(line)
    orders = [_priced(lines, terms.get(seller, Terms())) for seller, lines in sorted(by_seller.items())]
    if len({order.currency for order in orders}) > 1:
        raise Invalid("The basket holds several currencies. Please check out one currency at a time.")
    return orders


def check_quantity(line: Wanted) -> None:
    """The offer's order rules: at least the minimum, in whole increments."""
    if line.quantity < line.minimum_quantity:
        missing = line.minimum_quantity - line.quantity
        raise BelowMinimum(
            f"{line.name}: the smallest order is {line.minimum_quantity:,}. Please add {missing:,} more."
        )
    if line.quantity % line.order_increment:
        more = line.order_increment - line.quantity % line.order_increment
        raise Invalid(
            f"{line.name} is sold in steps of {line.order_increment:,}. Please order {line.quantity + more:,}"
            f" or {line.quantity + more - line.order_increment:,}."
        )


def mixes(lines: Sequence[Wanted]) -> list[Mix]:
    """The products of one seller's lines that have a minimum of their own, in the order of the lines."""
    by_product: dict[UUID, list[Wanted]] = {}
    for line in lines:
        if line.product_id is not None and line.product_minimum is not None:
            by_product.setdefault(line.product_id, []).append(line)
    found = []
    for product_id, parts in by_product.items():
        quantity, minimum = sum(part.quantity for part in parts), parts[0].product_minimum or 0
        cheapest = min(parts, key=lambda part: part.price.unit_price).price
        missing = max(0, minimum - quantity)
        value = rounded(missing * cheapest.unit_price, cheapest.currency)
        found.append(Mix(product_id, parts[0].product_name, quantity, minimum, missing, value))
    return found


def _priced(lines: Sequence[Wanted], terms: Terms) -> PricedOrder:
    currency = lines[0].price.currency
    for mix in mixes(lines):
        if mix.missing:
            raise BelowMinimum(mix.sentence)
    if any(line.price.currency != currency for line in lines):
        raise Invalid(f"{lines[0].seller_name} sells in several currencies. Please check out one at a time.")
    exact = [line.quantity * line.price.unit_price for line in lines]
    goods = [rounded(value, currency) for value in exact]
    tax = [rounded(value * line.tax_rate, currency) for value, line in zip(goods, lines, strict=True)]
    goods_total = sum(goods, Decimal(0))
    if goods_total < terms.order_minimum:
        missing = rounded(terms.order_minimum - goods_total, currency)
        raise BelowMinimum(
            f"{lines[0].seller_name} sells from {rounded(terms.order_minimum, currency):,} {currency} on."
            f" Please add goods for {missing:,} {currency}."
        )
    shipping_total = terms.shipping(goods_total, currency)
    shipping = [part.amount for part in Money(shipping_total, currency).split(goods)]
    tax_total = sum(tax, Decimal(0))
    if not goods_total:
        raise Invalid(
            f"What you want from {lines[0].seller_name} is worth less than the smallest coin. Please order more."
        )
    return PricedOrder(
        lines[0].seller_id, lines[0].seller_name, currency,
        tuple(PricedLine(*line) for line in zip(lines, exact, goods, tax, shipping, strict=True)),
        goods_total, tax_total, shipping_total, goods_total + tax_total + shipping_total,
        max(line.lead_time_days for line in lines),
    )  # fmt: skip
