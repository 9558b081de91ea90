"""What buyers of the demo keep to find and to order again: lists, and searches that tell of new products."""

from collections.abc import Mapping
from uuid import UUID

from app.demo.companies import Trader
from app.demo.stage import Stage
from app.demo.trade import empty_basket, fill_basket
from domain import catalog, discovery, orders
from domain.discovery import Criteria
from domain.kernel.actor import Actor
from domain.kernel.work import begin

_LISTS = (
    ("haushof", "owner", "Table glass, twice a year", True, (("lindqvist", 4), ("douro", 2))),
    ("haushof", "buyer", "Kitchen linen", True, (("aumann", 5),)),
    ("haushof", "manager", "Christmas window", False, (("lindqvist", 2), ("aumann", 2))),
    ("alpenhandel", "owner", "Refill for the hotels", True, (("brettner", 3), ("wisla", 3), ("douro", 2))),
    ("lumiere", "owner", "Art de la table", False, (("douro", 3), ("aubagne", 2))),
)
_SEARCHES = (
    ("haushof", "owner", "Glass below 5 euros", {"find": "glass", "price_to": "5"}, "", True),
    ("haushof", "buyer", "Stoneware in stock", {"find": "stoneware", "in_stock": True}, "", True),
    ("haushof", "manager", "Home textiles from Germany", {"country": "DE"}, "Home textiles", False),
    ("alpenhandel", "owner", "Kitchen tools, quick", {"max_lead_time_days": 5}, "Kitchen tools", True),
)


def put_on_agenda(stage: Stage, by_slug: Mapping[str, Trader]) -> None:
    """Before the baskets of today are filled, since a list is what lay in a basket."""
    stage.at(stage.back(0.32), stage.scene(_lists, by_slug))
    stage.at(stage.back(0.3), stage.scene(_searches, by_slug))


def _lists(stage: Stage, by_slug: Mapping[str, Trader]) -> None:
    for slug, mailbox, name, is_shared, wanted in _LISTS:
        if slug not in by_slug or any(seller not in by_slug for seller, _ in wanted):
            continue
        who = _actor(by_slug[slug], mailbox)
        lines: list[tuple[UUID, int]] = []
        for seller, count in wanted:
            known = [offered for offered in by_slug[seller].offers if offered.is_for_sale]
            for offered in known[:: max(len(known) // count, 1)][:count]:
                assert offered.offer_id is not None
                lines.append((offered.offer_id, offered.minimum * 2))
        stage.do(who, empty_basket)
        stage.do(who, fill_basket, lines=lines)
        stage.do(who, orders.save_basket_as_list, request_id=stage.new_id(), name=name, is_shared=is_shared)
        stage.do(who, empty_basket)


def _searches(stage: Stage, by_slug: Mapping[str, Trader]) -> None:
    with stage.present(), begin(next(iter(by_slug.values())).owner) as work:
        categories = {row.name: row.category_id for row in catalog.categories(work)}
    for slug, mailbox, name, asked, category, tells in _SEARCHES:
        if slug in by_slug:
            criteria = Criteria.model_validate({**asked, "category_id": categories.get(category)})
            stage.do(_actor(by_slug[slug], mailbox), discovery.save_search, request_id=stage.new_id(), name=name,
                     criteria=criteria, tells=tells)  # fmt: skip


def _actor(trader: Trader, mailbox: str) -> Actor:
    return trader.actors.get(mailbox, trader.owner)
