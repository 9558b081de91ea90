import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from domain.kernel.quantities import LARGEST, Pack, base_units


@given(st.integers(1, LARGEST))
def test_whole_positive_numbers_are_quantities(quantity: int) -> None:
    assert base_units(quantity) == quantity


@pytest.mark.parametrize(
    "quantity",
    [0, -1, 1.5, 1e308, float("nan"), float("inf"), "12", "\uff11\uff12", None, True, 2**63, LARGEST + 1],
)
def test_anything_else_is_refused_by_its_name(quantity: object) -> None:
    with pytest.raises(Invalid, match="pallets"):
        base_units(quantity, what="pallets")


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_packs_convert_exactly(packs: int, size: int) -> None:
    assert Pack(f"case of {size}", size).to_base(packs) == packs * size


def test_packs_come_in_whole_numbers() -> None:
    with pytest.raises(Invalid):
        Pack("case of 24", 24).to_base(0)
