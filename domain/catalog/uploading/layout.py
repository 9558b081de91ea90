"""Which column of a file means what: a first guess, for a person to look over."""

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.catalog.uploading.cells import is_formula, number_in, words_in
from domain.catalog.uploading.source import Source
from domain.catalog.uploading.words import FIELDS_OF, OF_SALES, OPTION_OF
from domain.kernel.delimited import DayOrder, day_order, decimal_mark, folded
from domain.kernel.errors import Invalid
from domain.kernel.workbooks import Cell

LOOKED_AT_ROWS = 2000
HEADER_WITHIN = 40
_LONGEST_HEADER = 60
_MOST_HEADER_LINES = 3
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "zł": "PLN", "kč": "CZK", "$": "USD"}
_CODE = re.compile(r"\b(EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|JPY|CNY|CAD|AUD|INR|BRL|MXN|ZAR)\b")
_NAMES = r"(?:unit )?(?:price|preis|prix|precio|prezzo|preco|prijs|cena|ek|vk|net|netto|pu|staffel|staffelpreis|tier)?"
_TIER = re.compile(
    rf"(?:{_NAMES} ?(?:from|ab|a partir de|des|desde|da|vanaf|od|fra|fran|at|for) (?P<from>[0-9]{{1,7}})"
    r"|(?P<span>[0-9]{1,7}) (?:to|bis|a|[0-9]{1,7})"
    rf"|{_NAMES} ?(?P<plain>[0-9]{{2,7}}))(?: ?(?:pcs|pieces|stk|stuck|st|pieces|pz|pezzi|uds|units|plus|szt|ks|x))?"
    r"(?: ?(?:and more|or more|und mehr|et plus|o mas))?"
)
_QUANTITY = re.compile(
    r"(?:qty|quantity|menge|qte|quantite|cantidad|quantita|aantal|ilosc|tier|staffel) ?([1-9])"
    r"(?: (?:qty|quantity|menge))?"
)
_PRICE = re.compile(
    r"(?:price|preis|prix|precio|prezzo|preco|prijs|cena|tier|staffel|staffelpreis) ?([1-9])(?: (?:price|preis))?"
)

NUMBERS = ("price", "moq", "increment", "pack_units", "retail_price")


class Layout(BaseModel):
    """How the rows of one file are to be read. Columns are told by their place, from 0."""

    model_config = ConfigDict(frozen=True)

    header: tuple[str, ...]
    header_line: int
    columns: dict[str, int]
    tiers: tuple[tuple[int, int], ...] = ()  # (from quantity, column of the price)
    tier_pairs: tuple[tuple[int, int], ...] = ()  # (column of the quantity, column of the price)
    options: dict[str, int] = {}
    decimal: Literal[".", ","] = "."
    day_order: DayOrder = "dmy"
    percent: tuple[str, ...] = ()  # the fields whose numbers are hundredths
    fills_category: bool = False
    currency: str | None = None
    encoding: str = ""
    delimiter: str = ","
    page: int = 0
    notes: tuple[str, ...] = ()

    @property
    def has_prices(self) -> bool:
        return "price" in self.columns or bool(self.tiers or self.tier_pairs)


def guess_layout(source: Source, *, columns: dict[str, int] | None = None) -> Layout:
    """Find the header and what its columns mean; of a workbook the first shown sheet that has one.

    Raises `Invalid` with what was found when there is no header of a price list.
    """
    if not source.is_workbook:
        return _guess(source, columns)
    refusal: Invalid | None = None
    shown = [place for place, page in enumerate(source.pages) if page.is_shown and page.width]
    for place in shown:
        try:
            layout = _guess(source.on_page(place), columns)
        except Invalid as problem:
            refusal = refusal or problem
            continue
        others = [source.pages[other].name for other in shown if other != place]
        more = (f"Other sheets are left out: {', '.join(others)}.",) if others else ()
        return layout.model_copy(update={"page": place, "notes": layout.notes + more})
    raise refusal or Invalid("This workbook has no sheet that is shown.")


def _guess(source: Source, given: dict[str, int] | None) -> Layout:
    rows = list(islice(source.rows(), LOOKED_AT_ROWS))
    header, line, found, before = _header(rows)
    columns = given if given is not None else found
    layout = Layout(
        header=header, header_line=line, columns=columns, encoding=source.encoding,
        delimiter=source.dialect.delimiter, page=source.page,
    )  # fmt: skip
    below = [cells for number, cells in rows if number > line]
    tiers, pairs, options = _more_columns(header, set(columns.values()))
    priced = [*(columns[field] for field in NUMBERS if field in columns), *(place for _, place in tiers)]
    mark = decimal_mark(_words(below, priced))
    dates = day_order(_words(below, [columns["valid_from"]] if "valid_from" in columns else []))
    notes = []
    if mark is None:
        # Every mark could stand for thousands: who cuts cells by semicolons writes decimals with a comma.
        mark = "," if source.dialect.delimiter == ";" else "."
        notes.append(f"Numbers such as 1{mark}234 can be read in two ways; they were read with a decimal {mark!r}.")
    percent = tuple(
        field for field in ("discount", "tax")
        if field in columns and _is_of_hundred(below, columns[field], header[columns[field]], mark)
    )  # fmt: skip
    update = {
        "tiers": tiers, "tier_pairs": pairs, "options": options, "decimal": mark, "percent": percent,
        "day_order": "dmy" if dates in (None, "ymd") else dates, "notes": tuple(notes),
        "currency": _currency([*before, *header], below, columns.get("price")),
        "fills_category": _is_filled_down(below, columns),
    }  # fmt: skip
    return layout.model_copy(update=update)


def _header(rows: Sequence[tuple[int, list[Cell]]]) -> tuple[tuple[str, ...], int, dict[str, int], list[str]]:
    """The names of the columns, the line on which they end, what they mean, and what stands above them."""
    best: tuple[int, int, tuple[str, ...], int, dict[str, int]] | None = None
    seen: tuple[str, ...] = ()
    for first in range(min(len(rows), HEADER_WITHIN)):
        names: tuple[str, ...] = ()
        for last in range(first, min(first + _MOST_HEADER_LINES, len(rows))):
            line, cells = rows[last]
            if last > first and not _may_continue(rows[first][1], cells):
                break
            names = _joined(names, cells)
            found = columns_of(names)
            if len(names) > len(seen) and all(len(name) < _LONGEST_HEADER for name in names):
                seen = names
            # A line that names what a price list must have goes before any that names more of the rest.
            needed = ("sku" in found) + ("price" in found)
            score = 3 * needed + len(found)
            if len(found) > 1 and (best is None or score > best[0]):
                best = (score, first, names, line, found)
    if best is None or "sku" not in best[4]:
        shown = f" The columns found are: {', '.join(name for name in seen if name)[:200]}." if any(seen) else ""
        raise Invalid(
            "This does not look like a price list: no line names a column for the article number and another one "
            f"for the name or the price.{shown}"
        )
    _, first, header, line, found = best
    sales = [name for name in header if folded(name) in OF_SALES]
    if len(sales) >= 2:
        raise Invalid(
            f"This is a list of sales and no price list (it has {' and '.join(sales[:2])}). Bring it in on Past sales."
        )
    has_tiers = any(_more_columns(header, set(found.values()))[:2])
    if "price" not in found and "name" not in found and not has_tiers:
        raise Invalid("This file has no column for the price or the name of an article.")
    return header, line, found, [words_in(cell) for _, cells in rows[:first] for cell in cells]


def _may_continue(first: Sequence[Cell], cells: Sequence[Cell]) -> bool:
    """Whether a line can be a further line of the header: words only, and the first left something open."""
    words = [words_in(cell) for cell in cells]
    top = [words_in(cell) for cell in first]
    if any(
        not isinstance(cell, str | None) or re.search(r"[0-9]", word) for cell, word in zip(cells, words, strict=True)
    ):
        return False
    filled = [word for word in top if word]
    return len(set(filled)) > 1 and (len(set(filled)) < len(top) or "" in words)


def _joined(names: tuple[str, ...], cells: Sequence[Cell]) -> tuple[str, ...]:
    words = [" ".join(words_in(cell).split()) for cell in cells]
    words += [""] * (len(names) - len(words))
    above = [*names, *[""] * (len(words) - len(names))]
    return tuple(
        f"{name} {word}".strip() if word and folded(word) != folded(name) else name
        for name, word in zip(above, words, strict=True)
    )


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Which field stands in which column: a column is one field at most and a field one column.

    What is a word of ours goes before what only holds one, and the more telling word before the less telling.
    """
    chances: list[tuple[int, int, int, str]] = []
    for place, name in enumerate(header):
        words = folded(name)
        if not words or len(name) > _LONGEST_HEADER or is_formula(name):
            continue
        bare = " ".join(word for word in words.split() if not _CODE.fullmatch(word.upper()))
        if known := FIELDS_OF.get(words) or FIELDS_OF.get(bare):
            chances += [(0, rank, place, field) for rank, field in known]
        elif not _TIER.fullmatch(words) and words not in OPTION_OF:
            inside = [word for word in FIELDS_OF if len(word) > 2 and f" {word} " in f" {words} "]
            longest = max(inside, key=len, default="")
            chances += [(1, -len(longest), place, field) for _, field in FIELDS_OF.get(longest, ())]
    found: dict[str, int] = {}
    for _, _, place, field in sorted(chances):
        if field not in found and place not in found.values():
            found[field] = place
    if "name" not in found and "description" in found:
        found["name"] = found.pop("description")
    return dict(sorted(found.items(), key=lambda one: one[1]))


def _more_columns(
    header: Sequence[str], taken: set[int]
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...], dict[str, int]]:
    """The columns of price tiers, pairs of a tier's quantity and price, and the options of variants."""
    tiers: dict[int, int] = {}
    quantities: dict[str, int] = {}
    prices: dict[str, int] = {}
    options: dict[str, int] = {}
    for place, name in enumerate(header):
        words = folded(name)
        if place in taken or not words:
            continue
        if option := OPTION_OF.get(words):
            options.setdefault(option, place)
        elif match := _QUANTITY.fullmatch(words):
            quantities.setdefault(match[1], place)
        elif match := _PRICE.fullmatch(words):
            prices.setdefault(match[1], place)
        elif match := _TIER.fullmatch(words):
            tiers.setdefault(int(match["from"] or match["span"] or match["plain"]), place)
    pairs = tuple((quantities[number], prices[number]) for number in sorted(quantities.keys() & prices.keys()))
    return tuple(sorted(tiers.items())), pairs, options


def _words(rows: Sequence[Sequence[Cell]], places: Sequence[int]) -> list[str]:
    texts = ((cells[place], place) for cells in rows for place in places if place < len(cells))
    return [words_in(cell).replace(" ", "") for cell, _ in texts if isinstance(cell, str)]


def _is_of_hundred(rows: Sequence[Sequence[Cell]], place: int, name: str, mark: Literal[".", ","]) -> bool:
    """Whether 5 means 5 %: the header says so, or there are numbers above one."""
    if "%" in name:
        return True
    numbers = [
        _number(cells[place], mark) for cells in rows if place < len(cells) and "%" not in words_in(cells[place])
    ]
    return any(number >= 1 for number in numbers)


def _number(cell: Cell, mark: Literal[".", ","]) -> float:
    try:
        return float(number_in(cell, mark))
    except ValueError:
        return 0.0


def _is_filled_down(rows: Sequence[Sequence[Cell]], columns: dict[str, int]) -> bool:
    """Whether a category stands on the first line of its articles only."""
    if "category" not in columns:
        return False
    place, sku = columns["category"], columns["sku"]
    holds: Callable[[Sequence[Cell], int], bool] = lambda cells, at: at < len(cells) and bool(words_in(cells[at]))  # noqa: E731
    articles = [holds(cells, place) for cells in rows if holds(cells, sku)]
    return bool(articles) and articles[0] and articles.count(False) > len(articles) // 2


def _currency(around: Sequence[str], rows: Sequence[Sequence[Cell]], price: int | None) -> str | None:
    """The currency that the header, what stands above it or the prices name."""
    for words in [*reversed(around), *(_words(rows[:50], [price]) if price is not None else [])]:
        if match := _CODE.search(words.upper()):
            return match[1]
        for sign, code in _SIGNS.items():
            if sign in words.casefold():
                return code
    return None
