"""Reading a price list: each row of a file becomes an article with its prices, or a line with what is wrong in it.

What is no article is left out without a word: blank lines, headings of groups (they become the category of what
follows), sums, comments and a header that is printed again. A row with several mistakes names all of them.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from domain.catalog.uploading.cells import (
    date_in,
    days_in,
    gtin_in,
    is_formula,
    price_in,
    share_in,
    whole_in,
    words_in,
)
from domain.catalog.uploading.layout import Layout
from domain.catalog.uploading.source import Source
from domain.catalog.uploading.words import TOTALS
from domain.kernel.delimited import BROKEN, folded
from domain.kernel.workbooks import Cell

LONGEST_SKU = 80
LONGEST_NAME = 200
LONGEST_TEXT = 5000

# What a field is called when something is wrong with it.
TITLES = {
    "moq": "MOQ", "increment": "order increment", "pack_units": "pack size", "lead_time_days": "lead time",
    "ean": "EAN", "tax": "tax rate", "valid_from": "valid from",
}  # fmt: skip


@dataclass(slots=True)
class Article:
    """One row: what is for sale, under which number, for how much. `fields` holds what else the file says."""

    line: int
    sku: str
    name: str
    price: Decimal | None
    moq: int | None
    tiers: list[tuple[int, Decimal]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that cannot be taken, why, and its cells as they stand in the file."""

    line: int
    why: str
    cells: tuple[str, ...] = ()


def read_list(source: Source, layout: Layout) -> Iterator[Article | Reject]:
    """The articles and the rejected lines of a file, in its order. Doubled articles are not looked for."""
    return Reading(source.on_page(layout.page), layout).rows()


def without_doubles(rows: Iterator[Article | Reject]) -> Iterator[Article | Reject]:
    """Of several rows with one number the first; the same again is left out, another price is rejected."""
    seen: dict[str, Article] = {}
    for row in rows:
        if isinstance(row, Article) and (first := seen.setdefault(row.sku, row)) is not row:
            if row.price == first.price and row.tiers == first.tiers:
                continue
            yield Reject(row.line, "duplicate sku with a different price", row.cells)
            continue
        yield row


@dataclass(frozen=True, slots=True)
class _Wrong:
    what: str


class Column(dict[Any, Any]):
    """What the cells of one column say. The same words come again and again, so they are remembered."""

    __slots__ = ("reader", "title")
    MOST = 50_000

    def __init__(self, title: str, reader: Callable[[Cell], Any]) -> None:
        super().__init__()
        self.title, self.reader = TITLES.get(title, title), reader

    def read(self, cell: Cell, wrong: list[str]) -> Any:
        # Of typed cells nothing is remembered: 1 and True are the same key.
        found = self[cell] if type(cell) is str else None if cell is None else self._read(cell)
        if type(found) is _Wrong:
            wrong.append(found.what)
            return None
        return found

    def __missing__(self, cell: str) -> Any:
        if len(self) >= self.MOST:
            self.clear()
        found = self[cell] = self._read(cell)
        return found

    def _read(self, cell: Cell) -> Any:
        if not words_in(cell):
            return None
        try:
            return self.reader(cell)
        except ValueError as problem:
            return _Wrong(str(problem).format(self.title))


class Reading:
    def __init__(self, source: Source, layout: Layout) -> None:
        self.source, self.layout = source, layout
        self.columns = layout.columns
        self.width = len(layout.header)
        # A header may end in blank cells, and rows in fewer of them.
        self.named = max((place for place, name in enumerate(layout.header) if name), default=0) + 1
        self.header = tuple(folded(name) for name in layout.header)
        self.needed = max((self.columns[one] for one in ("sku", "name", "price") if one in self.columns), default=0)
        self.group: str | None = None
        self.places = (self.columns.get("sku"), self.columns.get("name"), self.columns.get("price"))
        # Sums, and the header where it is printed again.
        printed = {layout.header[self.columns["sku"]].casefold()} if "sku" in self.columns else set()
        self.no_articles = TOTALS | printed
        mark = layout.decimal
        readers: dict[str, Callable[[Cell], Any]] = {
            "increment": lambda cell: whole_in(cell, mark),
            "pack_units": lambda cell: whole_in(cell, mark),
            "lead_time_days": lambda cell: days_in(cell, mark),
            "ean": gtin_in,
            "currency": _currency,
            "tax": lambda cell: share_in(cell, mark, of_hundred="tax" in layout.percent),
            "discount": lambda cell: share_in(cell, mark, of_hundred="discount" in layout.percent),
            "valid_from": lambda cell: date_in(cell, layout.day_order),
            "category": lambda cell: words_in(cell)[:80],
            "brand": lambda cell: words_in(cell)[:120],
            "unit": lambda cell: words_in(cell)[:30],
            "description": lambda cell: words_in(cell)[:LONGEST_TEXT],
            "parent": lambda cell: words_in(cell)[:LONGEST_SKU],
        }

        def whole(title: str) -> Column:
            return Column(title, lambda cell: whole_in(cell, mark))

        def priced(title: str) -> Column:
            return Column(title, lambda cell: price_in(cell, mark))

        self.price, self.moq = priced("price"), whole("moq")
        self.more = [
            (name, place, Column(name, readers[name])) for name, place in self.columns.items() if name in readers
        ]
        self.tiers = [(quantity, place, priced(f"price from {quantity}")) for quantity, place in layout.tiers]
        self.pairs = [
            (quantity_at, whole("tier quantity"), price_at, priced("tier price"))
            for quantity_at, price_at in layout.tier_pairs
        ]

    def rows(self) -> Iterator[Article | Reject]:
        for line, cells in self.source.rows():
            if line > self.layout.header_line and (row := self.judge(line, cells)) is not None:
                yield row

    def judge(self, line: int, cells: list[Cell]) -> Article | Reject | None:
        """What one row below the header is; None for what is no article."""
        if cells == [BROKEN]:
            return Reject(line, "quotation mark that is never closed")
        if not self.source.is_workbook and len(cells) != self.width:
            if (row := self._odd_width(line, cells)) is not None:
                return row
            cells = cells[: self.width] + [None] * (self.width - len(cells))
        sku_at, name_at, price_at = self.places
        sku = words_in(cells[sku_at]) if sku_at is not None else ""
        price = cells[price_at] if price_at is not None else None
        if (not sku or price is None or price == "" or sku[0] in "#=") and self._is_no_article(cells):
            return None
        if sku.casefold().rstrip(":") in self.no_articles:
            return None
        return self._article(line, cells, sku, words_in(cells[name_at]) if name_at is not None else "", price)

    def _odd_width(self, line: int, cells: list[Cell]) -> Reject | None:
        if len(cells) > self.width and any(words_in(cell) for cell in cells[self.named :]):
            return self._reject(line, ["too many cells"], cells)
        if len(cells) <= self.needed and not self._is_no_article(cells):
            return self._reject(line, ["too few cells"], cells)
        return None

    def _is_no_article(self, cells: list[Cell]) -> bool:
        """Whether a row without a number or a price is a blank, a heading, a sum, a comment or the header again."""
        words = [word for cell in cells if (word := words_in(cell))]
        if not words or words[0][0] == "#" and len(set(words)) == 1:
            return True
        first = folded(words[0])
        if first in TOTALS or any(first.startswith(f"{total} ") for total in TOTALS if len(total) > 4):
            return True
        if [folded(words_in(cell)) for cell in cells if words_in(cell)] == [name for name in self.header if name]:
            return True
        if len(set(words)) > 1:
            return False
        # One cell of words alone is a heading; a number alone is an article that lacks all else.
        is_heading = not is_formula(words[0]) and (" " in words[0] or not any(sign.isdigit() for sign in words[0]))
        if is_heading and self.named > 1:
            self.group = words[0][:80]
        return is_heading

    def _article(self, line: int, cells: list[Cell], sku: str, name: str, price: Cell) -> Article | Reject:
        wrong: list[str] = []
        if not sku:
            wrong.append("missing sku")
        elif is_formula(sku):
            wrong.append("formula injection in sku")
        elif len(sku) > LONGEST_SKU:
            wrong.append(f"sku longer than {LONGEST_SKU} characters")
        if len(name) > LONGEST_NAME:
            wrong.append(f"name longer than {LONGEST_NAME} characters")
        amount = self.price.read(price, wrong)
        if "price" in self.columns and amount is None and not wrong and words_in(price) == "":
            wrong.append("missing price")
        moq_at = self.columns.get("moq")
        moq = self.moq.read(cells[moq_at], wrong) if moq_at is not None else None
        article = Article(line, sku, name, amount, moq)
        fields = article.fields
        for title, place, column in self.more:
            cell = cells[place]
            if cell != "" and (value := column.read(cell, wrong)) is not None:
                fields[title] = value
        if self.group and "category" not in article.fields:
            article.fields["category"] = self.group
        if self.layout.fills_category and "category" in article.fields:
            self.group = article.fields["category"]
        if self.tiers or self.pairs:
            self._read_tiers(article, cells, wrong)
        for option, place in self.layout.options.items():
            if value := words_in(cells[place])[:60]:
                article.options[option] = value
        return self._reject(line, wrong, cells) if wrong else article

    def _read_tiers(self, article: Article, cells: list[Cell], wrong: list[str]) -> None:
        tiers: dict[int, Decimal] = {}
        for quantity, place, column in self.tiers:
            price = column.read(cells[place], wrong)
            if price is not None:
                tiers[quantity] = price
        for quantity_at, quantities, price_at, prices in self.pairs:
            begins, price = quantities.read(cells[quantity_at], wrong), prices.read(cells[price_at], wrong)
            if (begins is None) != (price is None):
                wrong.append("tier with a quantity or a price only")
            elif begins is not None:
                tiers[begins] = price
        ladder = ladder_of(article.price, tiers)
        if (rises_at := first_rise(ladder)) is not None:
            wrong.append(f"price rises at {rises_at}")
        if len(ladder) > 1 or (ladder and article.price is None):
            article.tiers = ladder
        if article.price is None and ladder:
            article.price = ladder[0][1]

    def _reject(self, line: int, wrong: list[str], cells: list[Cell]) -> Reject:
        return Reject(line, "; ".join(dict.fromkeys(wrong)), tuple(words_in(cell)[:500] for cell in cells[:100]))


def ladder_of(price: Decimal | None, tiers: dict[int, Decimal]) -> list[tuple[int, Decimal]]:
    """The price of one and those from a quantity on, as one ladder."""
    if price is not None:
        tiers.setdefault(1, price)
    return sorted(tiers.items())


def first_rise(ladder: list[tuple[int, Decimal]]) -> int | None:
    """The quantity from which on one costs more than before: more should never cost more each."""
    return next((more[0] for less, more in pairwise(ladder) if more[1] > less[1]), None)


def _currency(cell: Cell) -> str:
    words = words_in(cell).upper()
    words = {"€": "EUR", "$": "USD", "£": "GBP", "US$": "USD", "EURO": "EUR"}.get(words, words)
    if not (len(words) == 3 and words.isascii() and words.isalpha()):
        raise ValueError("{} not a code of three letters")
    return words


def article_as_json(article: Article) -> dict[str, Any]:
    """The article as `wholesale price-list` prints it."""
    shown: dict[str, Any] = {"sku": article.sku, "name": article.name}
    if article.price is not None:
        shown["price"] = float(article.price)
    if article.moq is not None:
        shown["moq"] = article.moq
    for name, value in article.fields.items():
        shown[name] = (
            float(value) if isinstance(value, Decimal)
            else value.isoformat() if isinstance(value, datetime.date) else value
        )  # fmt: skip
    if article.tiers:
        shown["tiers"] = [[quantity, float(price)] for quantity, price in article.tiers]
    return shown | ({"options": article.options} if article.options else {})
