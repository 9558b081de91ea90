"""The quick way of plain rows: a row of a text file that has nothing unusual becomes COPY's words without detours.

Whatever is unusual (a wrong cell, another width, a heading, an option, a discount) is left to `reading`, which also
says what is wrong; this lane only has to know what it may take. The same cells come again and again, so what each
becomes is remembered, in a bounded memory.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from domain.catalog.uploading.cells import SIMPLE
from domain.catalog.uploading.reading import LONGEST_NAME, LONGEST_SKU, Column, Reading

NOTHING = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " ", "\0": " "})
_MOST = 50_000
# The columns of the table after sku and name, in its order; what stands there in the file.
_PLAIN = (
    "description", "brand", "category", "ean", "unit", "moq", "increment", "pack_units", "lead_time_days", "currency",
    "tax",
)  # fmt: skip
_ENDING = (NOTHING, NOTHING, NOTHING, f"{NOTHING}\n")
_UNUSUAL = ("discount", "valid_from")


def escaped(words: str) -> str:
    """Words as COPY reads them."""
    return words if words.isprintable() and "\\" not in words else words.translate(_ESCAPED)


def numbered(value: int | Decimal) -> str:
    return str(value) if isinstance(value, int) else f"{value:f}"


class _Words(dict[str, "str | None"]):
    """What the cells of a column are in COPY's words; None for what is wrong."""

    __slots__ = ("blank", "column")

    def __init__(self, column: Column, blank: str) -> None:
        super().__init__()
        self.column, self.blank = column, blank

    def __missing__(self, cell: str) -> str | None:
        if len(self) >= _MOST:
            self.clear()
        wrong: list[str] = []
        value: Any = self.column.read(cell, wrong)
        found = None if wrong else self.blank if value is None or value == "" else (
            escaped(value) if isinstance(value, str) else numbered(value)
        )  # fmt: skip
        self[cell] = found
        return found


def lane_of(reading: Reading) -> Callable[[int, list[Any]], str | None] | None:
    """A function that makes COPY's line of a row, or None of one that it leaves to `reading`; None without a lane."""
    layout, columns = reading.layout, reading.columns
    if reading.source.is_workbook or "sku" not in columns or "price" not in columns or layout.fills_category:
        return None
    if reading.pairs or layout.options or any(one in columns for one in (*_UNUSUAL, "parent")):
        return None
    known = {name: column for name, _, column in reading.more} | {"moq": reading.moq}
    blank = {"currency": layout.currency or NOTHING}
    parts = [
        (columns[name], _Words(known[name], blank.get(name, NOTHING))) if name in columns else blank.get(name, NOTHING)
        for name in _PLAIN
    ]
    prices = _Words(reading.price, NOTHING)
    sku_at, price_at, width = columns["sku"], columns["price"], reading.width
    name_at, no_articles = columns.get("name"), reading.no_articles
    tiers = [(quantity, place, _Words(column, NOTHING)) for quantity, place, column in reading.tiers]
    is_simple = SIMPLE[layout.decimal].fullmatch

    def amount_in(cell: str, known: _Words) -> str | None:
        # Most prices are plain digits and new ones, so neither a memory nor a number is needed.
        return cell.replace(",", ".") if is_simple(cell) and cell.strip("0.,") else known[cell]

    def tiered(price: str, cells: list[str]) -> str | None:
        ladder = [(1, price)]
        for quantity, place, known in tiers:
            if cell := cells[place]:
                amount = amount_in(cell, known)
                # Fifteen digits at most, so floats are in the order of the prices.
                if amount is None or amount == NOTHING or quantity == 1 or float(amount) > float(ladder[-1][1]):
                    return None
                ladder.append((quantity, amount))
        return f"[{','.join([f'[{quantity},{amount}]' for quantity, amount in ladder])}]" if ladder[1:] else NOTHING

    def take(line: int, cells: list[str]) -> str | None:
        if len(cells) != width or reading.group:
            return None
        sku, price = cells[sku_at].strip(), cells[price_at]
        if not sku or not sku.isascii() or sku[0] in "=+-@'#" or len(sku) > LONGEST_SKU:
            return None
        if not price or sku.casefold().rstrip(":") in no_articles or (amount := amount_in(price, prices)) is None:
            return None
        if amount == NOTHING:
            return None
        name = NOTHING
        if name_at is not None:
            name = cells[name_at].strip()
            if not name or name[0] in "='" or len(name) > LONGEST_NAME or not name.isprintable():
                return None
            name = escaped(name)
        found = [part if type(part) is str else part[1][cells[part[0]]] for part in parts]  # type: ignore[index]
        if None in found:
            return None
        ladder = tiered(amount, cells) if tiers else NOTHING
        if ladder is None:
            return None
        return "\t".join((str(line), escaped(sku), name, *found, amount, ladder, *_ENDING))  # type: ignore[arg-type]

    return take
