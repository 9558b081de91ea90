"""Shares of an order's money: the parts add up to the whole, and no step takes more than it is worth."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.money import rounded
from domain.payments import Commission, Division, divide, part

D = Decimal
STANDARD = [Commission("platform", D("0.04"), D("0.20"))]


def in_steps(goods: list[Decimal], currency: str, shares: list[Commission]) -> list[Division]:
    steps: list[Division] = []
    for value in goods:
        taken = Division(*(sum((getattr(s, name) for s in steps), D(0)) for name in Division.__slots__))
        steps.append(
            divide(gross=value, goods=value, goods_before=taken.goods, commissions=shares, currency=currency, taken=taken)
        )
    return steps


def test_the_worked_order_of_the_specification_is_divided_to_the_cent():
    shares = [*STANDARD, Commission("distributor", D("0.015"), D(0))]
    first = divide(gross=D(6600), goods=D(6000), goods_before=D(0), commissions=shares, currency="EUR")
    assert (first.net, first.commission, first.commission_vat, first.distributor) == (D(6222), D(240), D(48), D(90))
    rest = divide(gross=D(4400), goods=D(4000), goods_before=D(6000), commissions=shares, currency="EUR", taken=first)
    assert (rest.net, rest.commission, rest.commission_vat, rest.distributor) == (D(4148), D(160), D(32), D(60))


def test_a_step_of_one_cent_takes_no_more_than_a_cent_and_the_next_step_takes_the_rest():
    steps = in_steps([D(62), D(1), D(37)], "JPY", STANDARD)  # at 63 both the commission and its VAT round up
    assert [(s.commission, s.commission_vat, s.net) for s in steps] == [(2, 0, 60), (1, 0, 0), (1, 1, 35)]


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=12), st.sampled_from(["EUR", "JPY", "KWD"]),
    st.sampled_from(["0.04", "0.015", "0.33"]), st.sampled_from(["0.20", "0", "0.077"]),
)  # fmt: skip
def test_steps_add_up_to_the_whole_and_no_share_is_negative(units, currency, rate, vat):
    unit = D(1).scaleb({"EUR": -2, "JPY": 0, "KWD": -3}[currency])
    steps = in_steps([unit * n for n in units], currency, [Commission("platform", D(rate), D(vat))])
    assert all(min(s.commission, s.commission_vat, s.distributor, s.net) >= 0 for s in steps)
    assert all(s.gross == s.net + s.commission + s.commission_vat + s.distributor for s in steps)
    commission = rounded(D(rate) * unit * sum(units), currency)
    due = (commission, rounded(D(vat) * commission, currency))
    took = (sum(s.commission for s in steps), sum(s.commission_vat for s in steps))
    worth_something = [s for s in steps if s.gross]
    assert took == due or (worth_something[-1].net == 0 and took <= due)


@given(st.integers(1, 10**6), st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_parts_of_a_line_add_up_however_it_is_cut(cents, cuts):
    amount, units = D(cents) / 100, sum(cuts)
    reached = [sum(cuts[:i]) for i in range(len(cuts) + 1)]
    shares = [part(amount, b, units, "EUR") - part(amount, a, units, "EUR") for a, b in zip(reached, reached[1:], strict=False)]
    assert sum(shares) == amount and min(shares) >= 0
