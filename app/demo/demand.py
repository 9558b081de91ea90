"""Who buys what and when over the year: seasons, growth, shops that never start and shops that stop.

A plan only; whether a purchase becomes imported history or is played through the domain depends on its day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.companies import SHOPS, Offered, Trader
from app.demo.names import TRADES
from app.demo.stage import Stage
from domain.identity import OrgKind

# How much is bought in a month, against the mean of the year: January to December.
_USUAL = (0.78, 0.82, 0.95, 1.0, 1.0, 0.92, 0.78, 0.82, 1.1, 1.22, 1.42, 1.08)
_SEASONS: dict[str, tuple[float, ...]] = {
    "Garden": (0.5, 1.1, 1.9, 2.0, 1.7, 1.2, 0.8, 0.7, 0.9, 0.7, 0.4, 0.3),
    "Toys and games": (0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.7, 0.8, 1.0, 1.5, 2.2, 1.6),
    "Home decoration": (0.6, 0.7, 0.9, 1.0, 0.9, 0.8, 0.7, 0.8, 1.1, 1.4, 1.9, 1.3),
    "Wine and drinks": (0.6, 0.7, 0.9, 1.0, 1.1, 1.1, 0.9, 0.8, 1.0, 1.1, 1.5, 1.5),
    "Stationery": (1.1, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9, 1.3, 1.2, 1.2, 1.4, 0.9),
    "Home textiles": (1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.9, 1.1, 1.3, 1.4, 1.1),
}
_STARTING = 0.36  # of the shops buy within a month of joining
_STARTING_LATE = 0.04  # buy later


@dataclass(frozen=True, slots=True)
class Wish:
    """One checkout as it is planned: what of which seller, in base units."""

    at: datetime
    buyer: Trader
    lines: tuple[tuple[Offered, int], ...]


def plan(stage: Stage, traders: Sequence[Trader]) -> list[Wish]:
    """Every checkout of the year up to today, in order of time."""
    wishes: list[Wish] = []
    main = {shop[1] for shop in SHOPS}
    for trader in traders:
        if trader.kind is OrgKind.DISTRIBUTOR:
            wishes += _of_distributor(stage, trader)
        elif trader.kind is OrgKind.RETAILER:
            wishes += _of_shop(stage, trader, is_main=trader.slug in main)
    return sorted(wishes, key=lambda wish: (wish.at, wish.buyer.slug))


def _of_shop(stage: Stage, shop: Trader, *, is_main: bool) -> Iterator[Wish]:
    random = stage.random
    luck, late = random.random(), random.uniform(35, 130)
    starts_after = random.uniform(0.5, 27) if luck < _STARTING else late
    interval = min(max(random.lognormvariate(3.68, 0.5), 14), 120)
    stays = random.expovariate(1 / 430)  # days until it buys elsewhere
    if is_main:
        starts_after, interval, stays = random.uniform(1, 9), random.uniform(15, 22), 10_000.0
    elif luck >= _STARTING + _STARTING_LATE:
        return
    moment = shop.joined_at + timedelta(days=starts_after)
    end = min(stage.today, moment + timedelta(days=stays))
    while moment < end:
        moment = stage.working(moment.replace(hour=random.randint(6, 19), minute=random.randint(0, 59)))
        lines = _basket(stage, shop, moment)
        if lines and moment < stage.today:
            yield Wish(moment, shop, lines)
        pace = interval / _season(_USUAL, moment)
        moment += timedelta(days=max(2.0, random.gauss(pace, pace / 3)))


def _of_distributor(stage: Stage, trader: Trader) -> Iterator[Wish]:
    moment = trader.joined_at + timedelta(days=stage.random.uniform(6, 16))
    while moment < stage.today:
        moment = stage.working(moment.replace(hour=stage.random.randint(7, 15), minute=stage.random.randint(0, 59)))
        sources = [source for source in trader.favourites if source.joined_at < moment - timedelta(days=3)]
        lines: list[tuple[Offered, int]] = []
        for source in stage.random.sample(sources, min(len(sources), stage.random.choice((1, 1, 2)))):
            carried = [o for o in source.offers if any(o.item is mine.item and o.variant == mine.variant
                                                       for mine in trader.offers)]  # fmt: skip
            lines += _lines(stage, source, carried, moment, least=2)
        if lines and moment < stage.today:
            yield Wish(moment, trader, tuple(lines))
        moment += timedelta(days=stage.random.uniform(9, 22) / _season(_USUAL, moment))


def _basket(stage: Stage, shop: Trader, moment: datetime) -> tuple[tuple[Offered, int], ...]:
    wants = TRADES[shop.trade]
    sellers = [s for s in shop.favourites if s.joined_at < moment - timedelta(days=2)]
    if not sellers:
        return ()
    weights = [max(_wanted(wants, offered, moment) for offered in seller.offers) + 0.01 for seller in sellers]
    chosen: dict[str, Trader] = {}
    for seller in stage.random.choices(sellers, weights, k=stage.random.choice((1, 1, 1, 2, 2, 3))):
        chosen.setdefault(seller.slug, seller)
    lines: list[tuple[Offered, int]] = []
    for seller in chosen.values():
        fitting = [offered for offered in seller.offers if wants.get(offered.item.category)] or seller.offers
        lines += _lines(stage, seller, fitting, moment, least=1)
    return tuple(lines)


def _wanted(wants: dict[str, int], offered: Offered, moment: datetime) -> float:
    category = offered.item.category
    return wants.get(category, 0) * _season(_SEASONS.get(category, _USUAL), moment)


def _lines(
    stage: Stage, seller: Trader, offers: Sequence[Offered], moment: datetime, *, least: int
) -> list[tuple[Offered, int]]:
    """Some of a seller's goods, in whole cases, worth at least the seller's order minimum."""
    random, minimum = stage.random, seller.terms[0]
    wanted = {
        offered.sku: (offered, offered.minimum * least * random.choice((1, 1, 1, 1, 2, 2, 3)))
        for offered in random.sample(list(offers), min(len(offers), random.choice((1, 2, 2, 3, 3, 4))))
    }
    for _ in range(12):
        value = sum(quantity * offered.unit_price(quantity, moment) for offered, quantity in wanted.values())
        if value >= minimum:
            break
        offered = random.choice(list(offers))
        known = wanted.get(offered.sku, (offered, 0))[1]
        wanted[offered.sku] = (offered, known + offered.minimum)
    return list(wanted.values())


def _season(months: tuple[float, ...], moment: datetime) -> float:
    return months[moment.month - 1]
