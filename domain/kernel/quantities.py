"""Quantities are whole base units ("each", "metre"); packs convert by exact whole numbers."""

from dataclasses import dataclass

from domain.kernel.errors import Invalid

LARGEST = 10**12  # far above any real order, far below what overflows a bigint product


@dataclass(frozen=True, slots=True)
class Pack:
    """A way to buy: `base_units` of the base unit under a name such as "case of 24"."""

    name: str
    base_units: int

    def to_base(self, packs: int) -> int:
        return base_units(packs) * self.base_units


def base_units(quantity: object, *, what: str = "quantity") -> int:
    """The quantity as a positive whole number of base units, or `Invalid` naming the field."""
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        raise Invalid(f"The {what} must be a whole number, not {quantity!r}.")
    if not 0 < quantity <= LARGEST:
        raise Invalid(f"The {what} must be between 1 and {LARGEST:,}, not {quantity:,}.")
    return quantity
