"""What people of the demo look at and search for: page views and searches, written down day by day."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from random import Random
from uuid import UUID

from sqlalchemy import text

from app.demo.companies import STAFF, Trader
from app.demo.goods import makers
from app.demo.names import TRADES
from app.demo.stage import Stage
from domain import identity
from domain.identity import ActivityKind, OrgKind, Seen
from domain.kernel.actor import Actor
from domain.kernel.work import begin

_BUYING = ("retailer-home", "retailer-products", "retailer-product", "retailer-product", "retailer-basket",
           "retailer-orders", "retailer-order", "retailer-supplier", "retailer-wallet")  # fmt: skip
_SELLING = ("manufacturer-home", "manufacturer-orders", "manufacturer-order", "manufacturer-products",
            "manufacturer-stock", "manufacturer-payouts")  # fmt: skip
_RUNNING = ("admin-home", "admin-gmv", "admin-orders", "admin-payments", "admin-payouts", "admin-ledger",
            "admin-organizations", "admin-checks")  # fmt: skip
_NOBODY_SELLS = ("bamboo straws", "gluten free pasta", "led candles", "dog life jacket", "soy sauce", "yoga mat",
                 "christmas crackers", "reusable straws", "cast iron teapot", "baby bottle")  # fmt: skip


def look_around(stage: Stage, traders: Sequence[Trader], staff: Mapping[str, Actor]) -> None:
    """One day of visits, written down at its end."""
    random, weekend = stage.random, stage.now.weekday() > 4
    seen: list[Seen] = []
    for trader in traders:
        if trader.org_id is None:
            continue
        share = 0.5 if trader.is_seller else 0.3 if trader.actors and trader.wallet else 0.035
        if weekend:
            share *= 0.25
        for actor in trader.actors.values():
            if random.random() < share:
                seen += _visit(random, trader, actor)
    for mailbox, _, _ in STAFF:
        if random.random() < (0.1 if weekend else 0.85):
            seen += _views(random, staff[mailbox], _RUNNING, random.randint(3, 9))
    if seen:
        seen = _of_products(random, traders, seen)
        stage.do(Actor.system(), identity.record_activity, seen=seen)


def _of_products(random: Random, traders: Sequence[Trader], seen: Sequence[Seen]) -> list[Seen]:
    """Which product each of the pages of products showed."""
    variants = [offered.variant_id for trader in traders for offered in trader.offers if offered.is_for_sale]
    looked = [random.choice(variants) if variants and one.screen == "retailer-product" else None for one in seen]
    with begin(Actor.system()) as work:
        rows = work.session.execute(
            text("select id, product_id from product_variants where id = any(:ids)"),
            {"ids": [variant_id for variant_id in looked if variant_id is not None]},
        ).all()
    products: dict[UUID | None, UUID] = {row.id: row.product_id for row in rows}
    return [
        one.model_copy(update={"facts": {"product": str(products[variant_id])}}) if variant_id in products else one
        for one, variant_id in zip(seen, looked, strict=True)
    ]


def _visit(random: Random, trader: Trader, actor: Actor) -> list[Seen]:
    if trader.kind is OrgKind.MANUFACTURER:
        return _views(random, actor, _SELLING, random.randint(2, 6))
    screens = _BUYING if trader.kind is OrgKind.RETAILER else _BUYING + _SELLING
    seen = _views(random, actor, screens, random.randint(2, 7))
    if random.random() < 0.6:
        words = _words(trader)
        for find in random.sample(words, min(len(words), random.choice((1, 1, 2, 3)))):
            seen.append(_seen(random, actor, ActivityKind.SEARCH, "retailer-products", find))
    return seen


def _views(random: Random, actor: Actor, screens: Sequence[str], count: int) -> list[Seen]:
    return [_seen(random, actor, ActivityKind.PAGE_VIEW, random.choice(screens)) for _ in range(count)]


def _seen(random: Random, actor: Actor, kind: ActivityKind, screen: str, find: str | None = None) -> Seen:
    org_id, person_id = actor.require_org(), actor.user_id
    assert isinstance(person_id, UUID)
    age = timedelta(seconds=random.randint(0, 9 * 3600))
    facts = {} if find is None else {"find": find, "results": _results().get(find, 0)}
    return Seen(org_id=org_id, person_id=person_id, kind=kind, screen=screen, age=age, facts=facts)


def _words(trader: Trader) -> list[str]:
    wants = TRADES.get(trader.trade, {})
    fitting = {
        _word(item.name) for maker in makers() for item in maker.items if not wants or item.category in wants
    }
    return sorted(fitting) + list(_NOBODY_SELLS[:3])


@cache
def _results() -> dict[str, int]:
    """How many products each word finds."""
    names = [item.name.lower() for maker in makers() for item in maker.items]
    return {word: sum(word in name for name in names) for word in map(_word, names)}


def _word(name: str) -> str:
    """What one types to find it: the first two words, without sizes and family names."""
    words = name.lower().replace(",", "").split()
    return " ".join(words[:2]) if len(words) > 2 and words[1].isalpha() and len(words[0]) < 7 else words[0]
