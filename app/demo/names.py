"""Names of shops, people and streets by country, put together from word lists so that they fit each other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from random import Random
from string import ascii_uppercase
from unicodedata import combining, normalize

from app.demo.goods import TABLES

_LANGUAGES = {"AT": "de", "CH": "de", "DE": "de", "BE": "nl", "IE": "en", "GB": "en", "US": "en", "SE": "sv",
              "DK": "da", "NO": "no", "CZ": "cs"}  # fmt: skip
_VOWELS = "AEIOUÉÈÊÎ"
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "å": "a", "ł": "l", "Ł": "l", "&": " "})

# What a trade sells, and how much of its money goes there.
TRADES: dict[str, dict[str, int]] = {
    "table": {"Tableware": 6, "Kitchen tools": 5, "Home textiles": 3, "Home decoration": 1},
    "deli": {"Food and pantry": 7, "Coffee and tea": 3, "Wine and drinks": 4, "Kitchen tools": 1},
    "gifts": {"Stationery": 6, "Home decoration": 4, "Toys and games": 2, "Personal care": 2, "Coffee and tea": 1},
    "home": {"Home textiles": 5, "Furniture": 3, "Lighting": 4, "Home decoration": 4, "Tableware": 2},
    "garden": {"Garden": 7, "Home decoration": 2, "Cleaning and household": 1, "Pet supplies": 1},
    "care": {"Personal care": 6, "Cleaning and household": 4, "Home textiles": 2, "Bags and accessories": 1},
    "kids": {"Toys and games": 7, "Stationery": 2, "Furniture": 2, "Home textiles": 1},
    "pets": {"Pet supplies": 8, "Cleaning and household": 1},
    "cafe": {"Coffee and tea": 6, "Tableware": 4, "Wine and drinks": 4, "Food and pantry": 2, "Lighting": 1},
}
_SHARES = {"table": 20, "deli": 20, "gifts": 16, "home": 17, "garden": 9, "care": 8, "kids": 8, "pets": 4, "cafe": 12}


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    zone: str
    tax: Decimal
    reduced_tax: Decimal
    share: int
    cities: list[tuple[str, str]] = field(default_factory=list)
    streets: list[str] = field(default_factory=list)
    women: list[str] = field(default_factory=list)
    men: list[str] = field(default_factory=list)
    surnames: list[str] = field(default_factory=list)

    @property
    def language(self) -> str:
        return _LANGUAGES.get(self.code, self.code.lower())


@dataclass(frozen=True, slots=True)
class Place:
    street: str
    postal_code: str
    city: str


@dataclass(frozen=True, slots=True)
class Shop:
    """A retailer that could be: its trade is a key of `TRADES`."""

    name: str
    slug: str
    country: str
    trade: str
    owner: str
    place: Place


@cache
def countries() -> dict[str, Country]:
    found: dict[str, Country] = {}
    for line in (TABLES / "places.txt").read_text("utf-8").splitlines():
        mark, rest = line[0], line[1:]
        if mark == "=":
            code, zone, tax, reduced, share = rest.split("|")
            country = found[code] = Country(code, zone, Decimal(tax), Decimal(reduced), int(share))
        elif mark in "~+-*":
            lists = {"~": country.streets, "+": country.women, "-": country.men, "*": country.surnames}
            lists[mark].extend(rest.split(","))
        elif mark != "#":
            city, code = line.split("|")
            country.cities.append((city, code))
    return found


def shops(random: Random, taken: set[str]) -> Iterator[Shop]:
    """Shops without end, no two of one name and none named as one that is `taken`."""
    known = [country for country in countries().values() if country.share]
    shares = [country.share for country in known]
    words = _patterns()
    while True:
        country = random.choices(known, shares)[0]
        patterns = words[country.language]
        trades = [trade for trade in _SHARES if trade in patterns]
        trade = random.choices(trades, [_SHARES[each] for each in trades])[0]
        place = a_place(random, country)
        first, last, is_woman = _person(random, country)
        name = random.choice(patterns[trade]).format(
            s=last, c=place.city, f=first, w=random.choice(patterns["word"])
        )  # fmt: skip
        name = _elided(name)
        slug = slug_of(name)
        if slug in taken or len(name) > 42:
            # A chain of the same word in another town is told apart by the town.
            name = f"{name} {place.city}"
            slug = slug_of(name)
        if slug in taken or len(name) > 48 or name.count(place.city) > 1:
            continue
        taken.add(slug)
        # Who gives a shop its name runs it; the owner's form of the name is that of the person.
        yield Shop(name, slug, country.code, trade, f"{first} {_form(last, country.code, is_woman)}", place)


def a_person(random: Random, country: Country) -> str:
    first, last, is_woman = _person(random, country)
    return f"{first} {_form(last, country.code, is_woman)}"


def a_place(random: Random, country: Country) -> Place:
    city, pattern = random.choice(country.cities)
    code = "".join(
        str(random.randint(1, 9)) if letter == "#" else random.choice(_POSTAL_LETTERS) if letter == "&" else letter
        for letter in pattern
    )
    street, number = random.choice(country.streets), random.randint(2, 96)
    first = country.code in ("GB", "IE", "US", "FR")
    return Place(f"{number} {street}" if first else f"{street} {number}", code, city)


_POSTAL_LETTERS = [letter for letter in ascii_uppercase if letter not in "CIKMOVFQ"]


def slug_of(name: str) -> str:
    """A name as the part of an address: small letters, digits and hyphens."""
    plain = "".join(letter for letter in normalize("NFKD", name.translate(_LETTERS)) if not combining(letter))
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in plain.replace("'", ""))
    return "-".join(words.lower().split())


@cache
def _patterns() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for line in (TABLES / "shops.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            language, trade, patterns = line.split("|")
            separator = "," if trade == "word" else ";"
            found.setdefault(language, {})[trade] = patterns.split(separator)
    return found


def _person(random: Random, country: Country) -> tuple[str, str, bool]:
    is_woman = random.random() < 0.5
    first = random.choice(country.women if is_woman else country.men)
    return first, random.choice(country.surnames), is_woman


def _form(surname: str, country: str, is_woman: bool) -> str:
    if not is_woman or country not in ("CZ", "PL"):
        return surname
    if country == "PL":
        return f"{surname[:-1]}a" if surname.endswith("ski") else surname
    if surname.endswith("ý"):
        return f"{surname[:-1]}á"
    return f"{surname.removesuffix('a')}ová"


def _elided(name: str) -> str:
    """French shortens "de" before a vowel."""
    before, _, after = name.rpartition(" de ")
    if before and after[:1] in _VOWELS and any(word in name for word in ("Comptoir", "Boutique", "Vaisselle",
                                               "Cave", "Atelier", "Institut", "Coffre")):  # fmt: skip
        return f"{before} d'{after}"
    return name
