"""The quick way of plain rows: a block of rows of a text file becomes COPY's words, a column at a time.

Whatever is unusual (a wrong cell, another width, a heading, an option, a discount) is left to `reading`, which also
says what is wrong; this lane only has to know what it may take. A column is looked at as a whole: of prices, numbers
and names one expression is asked whether all of them are plain, and what comes again and again is remembered, in a
bounded memory.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from operator import le
from typing import Any

from domain.catalog.uploading.cells import SIMPLE
from domain.catalog.uploading.reading import LONGEST_NAME, LONGEST_SKU, LONGEST_TEXT, Column, Reading
from domain.kernel.delimited import Block

NOTHING = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " ", "\0": " "})
_MOST = 50_000
# The columns of the table after sku and name, in its order; what stands there in the file.
_PLAIN = (
    "description", "brand", "category", "ean", "unit", "moq", "increment", "pack_units", "lead_time_days", "currency",
    "tax",
)  # fmt: skip
_UNUSUAL = ("discount", "valid_from")
# A block with an unusual row is cut into so many, down to this size, so that its other rows stay in the lane.
_PARTS = 8
_FEWEST = 8

# All cells of a column, each with a line break behind it. A price is not 0, and JSON knows no 04.50; nothing begins
# like a formula.
_PRICES = {
    mark: re.compile(rf"(?:(?=[0{re.escape(mark)}]*[1-9])(?!0[0-9]){plain.pattern}\n)*+")
    for mark, plain in SIMPLE.items()
}
_SKUS = re.compile(rf"(?:[^=+\-@'#\s][^\n]{{0,{LONGEST_SKU - 1}}}\n)*+")
_NAMES = re.compile(rf"(?:[^='\s][^\n]{{0,{LONGEST_NAME - 1}}}\n)*+")
_TEXTS = re.compile(rf"(?:(?:[^='\s][^\n]{{0,{LONGEST_TEXT - 1}}})?\n)*+")

Take = Callable[[Block], str | None]


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

    def of(self, cells: Sequence[str]) -> list[str] | None:
        """All of a column, or None when one of them is wrong."""
        found = list(map(self.__getitem__, cells))
        return None if None in found else found  # type: ignore[return-value]


class _Texts(_Words):
    """Words that seldom come again."""

    def of(self, cells: Sequence[str]) -> list[str] | None:
        return [cell or NOTHING for cell in cells] if _are_plain(cells, _TEXTS) else super().of(cells)


class _Prices(_Words):
    """Most prices are plain digits and new ones, so neither a memory nor a number is needed."""

    def __init__(self, column: Column, mark: str) -> None:
        super().__init__(column, NOTHING)
        self.are_plain = _PRICES[mark].fullmatch

    def of(self, cells: Sequence[str]) -> list[str] | None:
        whole = _joined(cells)
        is_plain = self.are_plain(whole) and whole.count("\n") == len(cells)
        return whole.replace(",", ".").split("\n")[:-1] if is_plain else super().of(cells)


def _joined(cells: Sequence[str]) -> str:
    return "\n".join((*cells, ""))


def _are_plain(cells: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether these cells mean what they say, letter by letter: nothing to cut off, to escape or to be wary of."""
    whole = _joined(cells)
    return bool(
        pattern.fullmatch(whole)
        and "\\" not in whole
        and " \n" not in whole
        and whole.count("\n") == len(cells)
        and whole.replace("\n", "").isprintable()
    )


def lane_of(reading: Reading) -> Take | None:
    """A function that makes COPY's lines of a block, or None of one with an unusual row; None without a lane."""
    layout, columns = reading.layout, reading.columns
    if reading.source.is_workbook or "sku" not in columns or "price" not in columns or layout.fills_category:
        return None
    if reading.pairs or layout.options or any(one in columns for one in (*_UNUSUAL, "parent")):
        return None
    known = {name: column for name, _, column in reading.more} | {"moq": reading.moq}
    blank = {"currency": layout.currency or NOTHING}
    parts = [
        (columns[name], (_Texts if name == "description" else _Words)(known[name], blank.get(name, NOTHING)))
        for name in _PLAIN
        if name in columns
    ]
    steps = [(quantity, place, _Prices(column, layout.decimal)) for quantity, place, column in reading.tiers]
    prices, sku_at, price_at = _Prices(reading.price, layout.decimal), columns["sku"], columns["price"]
    name_at, no_articles = columns.get("name"), reading.no_articles
    # The line as COPY reads it; what the file says nothing of stands in it already.
    line_of = "\t".join([
        "%d", "%s", "%s" if name_at is not None else NOTHING,
        *("%s" if name in columns else blank.get(name, NOTHING) for name in _PLAIN),
        "%s", "%s" if steps else NOTHING, NOTHING, NOTHING, NOTHING, NOTHING,
    ]).__mod__  # fmt: skip

    def take(block: Block) -> str | None:
        if reading.group or (cells := block.columns(reading.width)) is None:
            return None
        skus = list(map(str.strip, cells[sku_at]))
        if not _are_plain(skus, _SKUS) or not (said := _joined(skus)).isascii() or ":\n" in said:
            return None
        if not no_articles.isdisjoint(said.casefold().split("\n")[:-1]):
            return None
        found: list[Sequence[Any]] = [block.numbers, skus]
        if name_at is not None:
            found.append(names := list(map(str.strip, cells[name_at])))
            if not _are_plain(names, _NAMES):
                return None
        for place, words in parts:
            if (column := words.of(cells[place])) is None:
                return None
            found.append(column)
        if (amounts := prices.of(cells[price_at])) is None or NOTHING in amounts:
            return None
        found.append(amounts)
        if steps:
            tiers = [(quantity, column.of(cells[place])) for quantity, place, column in steps]
            if (ladders := _ladders(amounts, tiers)) is None:
                return None
            found.append(ladders)
        return "\n".join((*map(line_of, zip(*found, strict=True)), ""))

    return take


def _ladders(amounts: list[str], tiers: list[tuple[int, list[str] | None]]) -> list[str] | None:
    """The prices of each row as one ladder; None when one is wrong, or more costs more each."""
    before = list(map(float, amounts))  # fifteen digits at most, so floats are in the order of the prices
    if all(column is not None and quantity > 1 and NOTHING not in column for quantity, column in tiers):
        for _, column in tiers:
            after = list(map(float, column or ()))
            if not all(map(le, after, before)):
                return None
            before = after
        ladder_of = f"[[1,%s],{','.join(f'[{quantity},%s]' for quantity, _ in tiers)}]".__mod__
        return list(map(ladder_of, zip(amounts, *(column or () for _, column in tiers), strict=True)))
    found = []
    for place, amount in enumerate(amounts):
        ladder = [(1, amount)]
        for quantity, column in tiers:
            if column is None:
                return None
            if (price := column[place]) != NOTHING:
                if quantity == 1 or float(price) > float(ladder[-1][1]):
                    return None
                ladder.append((quantity, price))
        found.append(
            f"[{','.join([f'[{quantity},{price}]' for quantity, price in ladder])}]" if ladder[1:] else NOTHING
        )
    return found


def parts_of(block: Block) -> Iterator[Block]:
    """A block with an unusual row in parts; of one that is small already each row alone."""
    size = max(len(block) // _PARTS, 1) if len(block) > _FEWEST else 1
    for start in range(0, len(block), size):
        yield block.from_to(start, start + size)
