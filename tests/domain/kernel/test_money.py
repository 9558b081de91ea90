from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from domain.kernel.money import CurrencyMismatch, Money, minor_unit, rounded

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KRW", "KWD", "TND"])
WEIGHTS = st.lists(st.integers(0, 10**12) | st.decimals(0, 10**9, places=4), min_size=1, max_size=30)


@st.composite
def settled_money(draw: st.DrawFn) -> Money:
    currency = draw(CURRENCIES)
    units = draw(st.integers(-(10**17), 10**17))
    return Money(Decimal(units).scaleb(-minor_unit(currency)), currency)


def largest_remainder(units: int, weights: list[Fraction]) -> list[int]:
    """The textbook's version, one unit after the other."""
    total = sum(weights)
    quotas = [units * weight / total if total else Fraction(units, len(weights)) for weight in weights]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    while sum(parts) < units:
        furthest = max(range(len(parts)), key=lambda i: (quotas[i] - parts[i], -i))
        parts[furthest] += 1
    return parts


@given(settled_money(), WEIGHTS)
def test_split_parts_sum_to_the_whole(money: Money, weights: list[Decimal | int]) -> None:
    parts = money.split(weights)
    assert len(parts) == len(weights)
    assert sum((part.amount for part in parts), Decimal(0)) == money.amount
    assert all(part == part.rounded() and part.currency == money.currency for part in parts)


@given(settled_money(), WEIGHTS)
def test_split_is_the_largest_remainder_with_ties_to_the_earlier(money: Money, weights: list[Decimal | int]) -> None:
    unit = Decimal(1).scaleb(-minor_unit(money.currency))
    wanted = largest_remainder(int(abs(money.amount) / unit), [Fraction(weight) for weight in weights])
    sign = -1 if money.amount < 0 else 1
    assert [part.amount for part in money.split(weights)] == [sign * count * unit for count in wanted]


def test_split_gives_a_tie_to_the_earlier_part_whatever_its_weight() -> None:
    cents = Money(Decimal("0.03"), "EUR")
    assert [part.amount for part in cents.split([3, 1, 2])] == [Decimal("0.02"), Decimal("0.00"), Decimal("0.01")]
    assert [part.amount for part in cents.split([1, 3, 2])] == [Decimal("0.01"), Decimal("0.01"), Decimal("0.01")]


def test_split_by_nothing_but_zeros_is_into_equal_parts() -> None:
    assert [part.amount for part in Money(Decimal("1.00"), "EUR").split([0, 0, 0])] == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "weights"),
    [("1.00", "EUR", []), ("1.001", "EUR", [1]), ("1.5", "JPY", [1]), ("1.00", "EUR", [2, -1])],
)
def test_split_refuses_what_cannot_be_split(amount: str, currency: str, weights: list[int]) -> None:
    with pytest.raises(Invalid):
        Money(Decimal(amount), currency).split(weights)


@given(settled_money(), settled_money())
def test_currencies_are_never_mixed(one: Money, other: Money) -> None:
    if one.currency == other.currency:
        assert (one + other) - other == one
        assert (one < other) == (one.amount < other.amount)
        return
    for mix in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(CurrencyMismatch):
            mix(one, other)


@pytest.mark.parametrize(
    ("amount", "currency", "wanted"),
    [
        ("0.125", "EUR", "0.12"),
        ("0.135", "EUR", "0.14"),
        ("-0.125", "EUR", "-0.12"),
        ("0.5", "JPY", "0"),
        ("1.5", "JPY", "2"),
        ("0.0005", "KWD", "0.000"),
        ("0.0015", "KWD", "0.002"),
        ("0.12501", "EUR", "0.13"),
    ],
)
def test_rounding_takes_halves_to_even(amount: str, currency: str, wanted: str) -> None:
    assert rounded(Decimal(amount), currency) == Decimal(wanted)


@given(st.decimals(-(10**12), 10**12, places=8), CURRENCIES)
def test_rounding_is_nearest_and_final(amount: Decimal, currency: str) -> None:
    once = rounded(amount, currency)
    assert abs(once - amount) * 2 <= Decimal(1).scaleb(-minor_unit(currency))
    assert rounded(once, currency) == once


def test_an_amount_of_nothing_is_false() -> None:
    assert not Money.zero("EUR")
    assert Money(Decimal("0.01"), "EUR")
    assert -Money(Decimal(3), "EUR") * 2 == Money(Decimal(-6), "EUR")
