"""The year before the live weeks: written as CSV files, as another system would export them, and imported."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.demo.companies import Offered, Trader
from app.demo.demand import Wish
from app.demo.stage import Stage
from domain import orders
from domain.kernel.actor import Actor

NAME = "former-shop-system"
_HEADS = {
    "suppliers": ("supplier_id", "name", "country"),
    "buyers": ("buyer_id", "name", "country", "region", "registered_at"),
    "products": ("product_id", "supplier_id", "sku", "name", "category", "unit", "list_price"),
    "orders": ("order_id", "buyer_id", "ordered_at", "status", "currency", "promised_at", "shipped_at", "delivered_at",
               "freight"),
    "order_lines": ("order_id", "line_no", "product_id", "quantity", "unit_price", "line_discount"),
}  # fmt: skip


def bring_in(stage: Stage, wishes: Sequence[Wish]) -> None:
    """Import the planned checkouts as history of the companies that are there."""
    sellers = {offered.seller.slug: offered.seller for wish in wishes for offered, _ in wish.lines}
    buyers = {wish.buyer.slug: wish.buyer for wish in wishes}
    with TemporaryDirectory() as folder:
        _write(stage, Path(folder), wishes, sellers.values(), buyers.values())
        stage.do(
            Actor.system(), orders.import_history, folder=Path(folder), name=NAME,
            suppliers={slug: trader.id for slug, trader in sellers.items()},
            buyers={slug: trader.id for slug, trader in buyers.items()},
        )  # fmt: skip


def _write(
    stage: Stage, folder: Path, wishes: Sequence[Wish], sellers: Iterable[Trader], buyers: Iterable[Trader]
) -> None:
    with ExitStack() as files:
        tables: dict[str, Any] = {}
        for name, head in _HEADS.items():
            file = files.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            tables[name] = csv.writer(file)
            tables[name].writerow(head)
        for seller in sellers:
            tables["suppliers"].writerow((seller.slug, seller.name, seller.country))
            for offered in seller.offers:
                item = offered.item
                tables["products"].writerow((_key(offered), seller.slug, offered.sku, offered.name, item.category,
                                             item.unit, offered.price))  # fmt: skip
        for buyer in buyers:
            tables["buyers"].writerow((buyer.slug, buyer.name, buyer.country, "", f"{buyer.joined_at:%Y-%m-%d}"))
        for number, wish in enumerate(wishes, 1):
            _write_order(stage, tables, number, wish)


def _write_order(stage: Stage, tables: dict[str, Any], number: int, wish: Wish) -> None:
    random = stage.random
    key = f"{wish.at:%y}{number:05}"
    lead = max(offered.lead_days for offered, _ in wish.lines)
    reliability = min(offered.seller.reliability for offered, _ in wish.lines)
    # What is promised is the day of arrival: the time to make it ready, and the carrier's.
    promised = wish.at + timedelta(days=lead + 3)
    delay = random.uniform(-0.6, -0.05) * lead if random.random() < reliability else random.uniform(1, 6)
    shipped = wish.at + timedelta(days=max(0.8, lead + delay))
    delivered = shipped + timedelta(days=random.uniform(1.0, 3.0))
    luck = random.random()
    values = [(offered, quantity, offered.unit_price(quantity, wish.at)) for offered, quantity in wish.lines]
    if luck < 0.02:
        _row(tables, key, wish, "cancelled", promised, None, None, Decimal(0))
    else:
        _row(tables, key, wish, "completed", promised, shipped, delivered, _freight(values))
    for line, (offered, quantity, price) in enumerate(values, 1):
        tables["order_lines"].writerow((key, line, _key(offered), quantity, price, 0))
    if luck > 0.965:
        # Something came broken or did not sell: part of one line goes back.
        offered, quantity, price = random.choice(values)
        back = max(1, quantity * random.choice((5, 10, 25)) // 100)
        at = min(delivered + timedelta(days=random.uniform(2, 12)), stage.now)
        tables["orders"].writerow((f"{key}-R", wish.buyer.slug, _instant(at), "returned", "EUR", "", "", "", ""))
        tables["order_lines"].writerow((f"{key}-R", 1, _key(offered), -back, price, 0))


def _row(
    tables: dict[str, Any], key: str, wish: Wish, status: str, promised: datetime, shipped: datetime | None,
    delivered: datetime | None, freight: Decimal,
) -> None:  # fmt: skip
    tables["orders"].writerow(
        (key, wish.buyer.slug, _instant(wish.at), status, "EUR", _instant(promised),
         _instant(shipped) if shipped else "", _instant(delivered) if delivered else "", freight)
    )  # fmt: skip


def _freight(values: Sequence[tuple[Offered, int, Decimal]]) -> Decimal:
    goods: dict[str, tuple[Trader, Decimal]] = {}
    for offered, quantity, price in values:
        seller, before = goods.get(offered.seller.slug, (offered.seller, Decimal(0)))
        goods[seller.slug] = seller, before + quantity * price
    return sum((seller.terms[1] for seller, value in goods.values() if value < seller.terms[2]), Decimal(0))


def _key(offered: Offered) -> str:
    return f"{offered.seller.slug}/{offered.sku}"


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"
