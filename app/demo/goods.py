"""Who makes what in the demo market, read from `tables/goods.txt`.

Names are invented; prices, packs and lead times fit each other.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
REDUCED = frozenset({"Food and pantry", "Coffee and tea"})  # taxed at the lower rate; so are seeds and plants
PERISHABLE = frozenset({"Food and pantry", "Coffee and tea"})


@dataclass(frozen=True, slots=True)
class Item:
    """A product: list price per base unit; bulk prices follow from it. `pack` base units make a case."""

    sku: str
    name: str
    category: str
    unit: str
    price: Decimal
    pack: int
    minimum: int
    lead_days: int
    drawing: str
    variants: tuple[str, ...]
    attributes: dict[str, str]
    about: str

    @property
    def is_perishable(self) -> bool:
        return self.category in PERISHABLE


@dataclass(frozen=True, slots=True)
class Maker:
    """A manufacturer, its terms, its colours and its goods."""

    slug: str
    name: str
    category: str
    country: str
    city: str
    postal_code: str
    street: str
    owner: str
    about: str
    colours: tuple[str, str]
    order_minimum: Decimal
    shipping: Decimal
    free_from: Decimal
    items: tuple[Item, ...]


@cache
def makers() -> tuple[Maker, ...]:
    """All manufacturers; the first ones are those that accounts are printed of."""
    found: list[tuple[list[str], list[Item]]] = []
    for line in (TABLES / "goods.txt").read_text("utf-8").splitlines():
        if line.startswith("="):
            found.append((line[1:].split("|"), []))
        elif not line.startswith("#"):
            head, items = found[-1]
            items.append(_item(line.split("|"), head[1], head[3]))
    return tuple(_maker(head, tuple(items)) for head, items in found)


def _maker(head: list[str], items: tuple[Item, ...]) -> Maker:
    slug, _, name, category, country, city, code, street, owner, about, one, two, least, fee, free = head
    return Maker(slug, name, category, country, city, code, street, owner, about, (one, two), Decimal(least),
                 Decimal(fee), Decimal(free), items)  # fmt: skip


def _item(cells: list[str], prefix: str, category: str) -> Item:
    number, name, unit, price, pack, least, lead, drawing, variants, attributes, about, *elsewhere = cells
    return Item(
        sku=f"{prefix}-{number}", name=name, category=elsewhere[0] if elsewhere else category, unit=unit,
        price=Decimal(price), pack=int(pack), minimum=int(least), lead_days=int(lead), drawing=drawing,
        variants=tuple(variants.split(",")) if variants else ("Standard",),
        attributes=dict(pair.split("=", 1) for pair in attributes.split(";")), about=about,
    )  # fmt: skip
