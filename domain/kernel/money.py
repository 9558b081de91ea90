"""Money: an exact decimal with its currency.

Amounts are settled in the currency's minor unit (ISO 4217); unit prices may be finer. Only
`Money.rounded` and `Money.split` round. Amounts of different currencies are never added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import floor

from domain.kernel.errors import Invalid

# ISO 4217 currencies whose minor unit is not a hundredth. The SQL function minor_unit() says the same.
MINOR_UNITS: dict[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class CurrencyMismatch(Invalid):
    pass


def minor_unit(currency: str) -> int:
    """Decimal places of the currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    return MINOR_UNITS.get(currency, 2)


def currency_code(code: str) -> str:
    """The currency's three capital letters (ISO 4217), or `Invalid`."""
    code = code.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Invalid(f"{code!r} is not a currency; write three letters, for example EUR.")
    return code


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, halves to even."""
    return amount.quantize(Decimal(1).scaleb(-minor_unit(currency)), rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    amount: Decimal
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(Decimal(0), currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added up.")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def rounded(self) -> "Money":
        return Money(rounded(self.amount, self.currency), self.currency)

    def split(self, weights: Sequence[Decimal | int]) -> list["Money"]:
        """Parts in proportion to `weights` whose sum is exactly this amount.

        Largest remainder in the minor unit; equal remainders go to the earlier part, so callers
        sort their lines first. All weights zero: equal parts. The amount must be settled (rounded).
        """
        if not weights:
            raise Invalid("An amount cannot be split into no parts.")
        if self.amount != self.rounded().amount:
            raise Invalid(f"{self.amount} {self.currency} is finer than the currency's smallest unit.")
        if any(weight < 0 for weight in weights):
            raise Invalid("An amount cannot be split by a negative weight.")
        if self.amount < 0:
            return [-part for part in (-self).split(weights)]
        # Fractions, because a third has no decimal: a tie must be a tie wherever it stands.
        unit = Decimal(1).scaleb(-minor_unit(self.currency))
        units, shares = int(self.amount / unit), [Fraction(weight) for weight in weights]
        total = sum(shares)
        exact = [units * share / total for share in shares] if total else [Fraction(units, len(shares))] * len(shares)
        counts = [floor(part) for part in exact]
        by_remainder = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
        for i in by_remainder[: units - sum(counts)]:
            counts[i] += 1
        return [Money(count * unit, self.currency) for count in counts]
