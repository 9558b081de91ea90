"""Units of measure: what can be turned into what, exactly.

A unit is an exact multiple of its dimension's smallest word here, as a fraction, so that 1 inch is 127/50 cm and
nothing is lost on the way. Temperatures also have another zero. Sources: the international yard and pound (1959) and
the US liquid gallon of 231 cubic inches.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction

from domain.kernel.errors import Invalid

DIGITS = 12  # a converted number that never ends, such as 1/3, is kept to so many decimals


@dataclass(frozen=True, slots=True)
class Unit:
    """`size` of the dimension's first unit, and where its zero lies in that."""

    name: str
    dimension: str
    size: Fraction
    zero: Fraction = Fraction(0)


def _units(dimension: str, **sizes: int | str | Fraction) -> list[Unit]:
    return [Unit(name, dimension, Fraction(size)) for name, size in sizes.items()]


_INCH = Fraction(254, 10)  # in mm
_POUND = Fraction(45359237, 100000)  # in g
_GALLON = Fraction(3785411784, 1000000)  # in ml
_ALL = [
    *_units("length", mm=1, cm=10, dm=100, m=1000, km=1_000_000, ft=_INCH * 12, yd=_INCH * 36),
    Unit("in", "length", _INCH),
    *_units("mass", mg="1/1000", g=1, kg=1000, t=1_000_000, oz=_POUND / 16, lb=_POUND),
    *_units("volume", ml=1, cl=10, dl=100, l=1000, hl=100_000, gal=_GALLON, pt=_GALLON / 8, qt=_GALLON / 4),
    Unit("fl oz", "volume", _GALLON / 128),
    Unit("m³", "volume", Fraction(1_000_000)),
    *[Unit(n, "area", Fraction(s)) for n, s in (("mm²", 1), ("cm²", 100), ("m²", 1_000_000), ("sq in", _INCH**2),
                                                ("sq ft", (_INCH * 12) ** 2))],
    *_units("power", W=1, kW=1000),
    *_units("voltage", mV="1/1000", V=1, kV=1000),
    *_units("current", mA="1/1000", A=1),
    *_units("energy", Wh=1, kWh=1000),
    *_units("time", s=1, min=60, h=3600, days=86400),
    *_units("pressure", Pa=1, hPa=100, kPa=1000, bar=100_000),
    *_units("information", MB=1, GB=1000, TB=1_000_000),
    Unit("°C", "temperature", Fraction(1)),
    Unit("°F", "temperature", Fraction(5, 9), Fraction(-160, 9)),
    Unit("K", "temperature", Fraction(1), Fraction(-27315, 100)),
    Unit("%", "share", Fraction(1)),
    Unit("g/m²", "mass per area", Fraction(1)),
    Unit("pieces", "count", Fraction(1)),
]  # fmt: skip
UNITS: dict[str, Unit] = {unit.name: unit for unit in _ALL}
_OTHER_NAMES = {
    "″": "in", '"': "in", "inch": "in", "inches": "in", "foot": "ft", "feet": "ft", "yard": "yd", "litre": "l",
    "liter": "l", "litres": "l", "liters": "l", "L": "l", "mL": "ml", "cL": "cl", "metre": "m", "meter": "m",
    "gram": "g", "grams": "g", "kilogram": "kg", "kilograms": "kg", "lbs": "lb", "pound": "lb", "pounds": "lb",
    "ounce": "oz", "ounces": "oz", "m3": "m³", "m2": "m²", "cm2": "cm²", "mm2": "mm²", "gsm": "g/m²", "g/m2": "g/m²",
    "floz": "fl oz", "gallon": "gal", "pint": "pt", "quart": "qt", "tonne": "t", "hour": "h", "hours": "h",
    "day": "days", "minutes": "min", "seconds": "s", "percent": "%", "pcs": "pieces", "pc": "pieces",
    "piece": "pieces", "C": "°C", "F": "°F",
}  # fmt: skip
_MEASURE = re.compile(r"\s*([+-]?[0-9][0-9.,'’\s]*|[+-]?[.,][0-9]+)\s*(.*?)\s*", re.DOTALL)


def unit_of(name: str) -> Unit | None:
    """The unit that people call so, or None. Case counts only where it tells two units apart."""
    name = " ".join(name.split())
    found = UNITS.get(name) or UNITS.get(_OTHER_NAMES.get(name, ""))
    if found is None:
        lower = name.lower()
        found = UNITS.get(lower) or UNITS.get(_OTHER_NAMES.get(lower, ""))
    return found


def convert(amount: Decimal, *, unit: Unit, to: Unit) -> Decimal:
    """The amount in another unit of the same dimension, exact wherever it has an end within `DIGITS` decimals.

    Raises `Invalid` for units of two dimensions.
    """
    if unit.dimension != to.dimension:
        raise Invalid(f"{unit.name} is a {unit.dimension}, but {to.name} is a {to.dimension}.")
    if unit is to:
        return amount
    exact = (Fraction(amount) * unit.size + unit.zero - to.zero) / to.size
    return plain(Decimal(exact.numerator) / Decimal(exact.denominator))


def plain(amount: Decimal) -> Decimal:
    """A number without zeros at its end and without an exponent."""
    kept = amount.quantize(Decimal(1).scaleb(-DIGITS), rounding=ROUND_HALF_EVEN).normalize()
    return kept.quantize(Decimal(1)) if kept == kept.to_integral_value() else kept


def measured(text: str) -> tuple[Decimal, str] | None:
    """A number with what stands behind it, as people write it: "12,5 cm", "1 200", "0.3". None if it is none.

    A single comma is a decimal comma; with both signs the last one is.
    """
    found = _MEASURE.fullmatch(text)
    if found is None:
        return None
    number = re.sub(r"[\s'’]", "", found[1])
    if "," in number and "." in number:
        thousands = "," if number.rindex(".") > number.rindex(",") else "."
        number = number.replace(thousands, "")
    elif number.count(",") > 1:
        number = number.replace(",", "")
    elif number.count(".") > 1:
        number = number.replace(".", "")
    try:
        amount = Decimal(number.replace(",", "."))
    except InvalidOperation:
        return None
    return (amount, found[2]) if abs(amount) < Decimal(10) ** 12 else None
