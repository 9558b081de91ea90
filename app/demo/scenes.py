"""What stands at the end in the screens of the companies that accounts are printed of: something in every state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from app.demo import catalogue, deals, proofs, regions, shelves, wanted
from app.demo.companies import Offered, Trader
from app.demo.stage import Stage, Story
from app.demo.trade import Course, Fate, Pay, Trade, fill_basket, quick
from domain import catalog, identity, notifications, orders, payments, stock
from domain.kernel.actor import Actor
from domain.kernel.ids import new_id
from domain.kernel.work import Work, begin, clock
from domain.payments import Method


@dataclass(frozen=True, slots=True)
class Purchase:
    """A checkout so many working days before today, with the course of each seller's order."""

    days: float
    buyer: str
    courses: dict[str, Course]
    pay: Pay = Pay.WALLET
    who: str = "owner"


_ANSWER, _WORK = Course(stops="answer"), quick(stops="work")
_PRODUCTION, _READY = quick(stops="production", is_made=True), quick(stops="shipping", is_made=True)
_UNDER_WAY, _ARRIVED = quick(stops="receipt"), quick(stops="acceptance")

PURCHASES = (
    # the shop and its three suppliers
    Purchase(0.2, "haushof", {"lindqvist": _ANSWER, "douro": _ANSWER}),
    Purchase(0.5, "haushof", {"aumann": _ANSWER}, pay=Pay.NEVER, who="buyer"),
    Purchase(1.4, "haushof", {"lindqvist": _WORK, "aumann": _PRODUCTION}),
    Purchase(1.8, "haushof", {"douro": _READY, "alpenhandel": _WORK}, who="manager"),
    Purchase(2.5, "haushof", {"lindqvist": _UNDER_WAY, "douro": quick(fate=Fate.IN_PARTS, stops="receipt")}),
    Purchase(3.2, "haushof", {"aumann": _ARRIVED, "lindqvist": quick(fate=Fate.SHORT, stops="acceptance")}),
    Purchase(2.6, "haushof", {"douro": quick(fate=Fate.CLOSED_SHORT, stops="arrival of the rest")}),
    Purchase(3.6, "haushof", {"douro": quick(stops="second acceptance")}),
    Purchase(5.3, "haushof", {"douro": quick(fate=Fate.CLOSED_SHORT), "aumann": quick(fate=Fate.CUT)}),
    Purchase(6.4, "haushof", {"aumann": quick(fate=Fate.DECLINED), "lindqvist": quick(fate=Fate.CANCELLED)}),
    Purchase(8.1, "haushof", {"douro": quick(fate=Fate.WITHDRAWN)}),
    Purchase(9.2, "haushof", {"lindqvist": Course(stops="shipping")}),
    Purchase(14, "haushof", {"douro": _ANSWER}, pay=Pay.NEVER),
    Purchase(11, "haushof", {"lindqvist": quick(), "aumann": quick(fate=Fate.SILENT)}, pay=Pay.TRANSFER),
    # the distributor on both sides
    Purchase(0.3, "alpenhandel", {"lindqvist": _ANSWER, "aumann": _ANSWER}),
    Purchase(2.1, "alpenhandel", {"douro": _UNDER_WAY}),
    Purchase(3.3, "alpenhandel", {"aumann": _ARRIVED}),
    Purchase(0.1, "lumiere", {"alpenhandel": _ANSWER}),
    Purchase(0.4, "nordlys", {"alpenhandel": _ANSWER}),
    Purchase(1.1, "casabonita", {"alpenhandel": _WORK}),
    Purchase(2.2, "lumiere", {"alpenhandel": _UNDER_WAY}),
    Purchase(3.4, "casabonita", {"alpenhandel": _ARRIVED}),
    Purchase(6.5, "nordlys", {"alpenhandel": quick()}),
    Purchase(7.5, "haushof", {"alpenhandel": quick(fate=Fate.SHORT)}),
    Purchase(12, "lumiere", {"alpenhandel": quick()}),
    # more for the three suppliers to do
    Purchase(0.25, "lumiere", {"lindqvist": _ANSWER, "aumann": _ANSWER}),
    Purchase(0.6, "casabonita", {"douro": _ANSWER}),
    Purchase(1.2, "nordlys", {"lindqvist": _PRODUCTION, "douro": _WORK}),
    Purchase(1.6, "casabonita", {"aumann": _WORK, "lindqvist": _READY}),
    Purchase(2.7, "nordlys", {"aumann": _UNDER_WAY, "douro": _PRODUCTION}),
    # money that is earned and not paid out yet
    Purchase(2.0, "nordlys", {"lindqvist": quick(), "douro": quick(), "aumann": quick()}),
    Purchase(1.9, "casabonita", {"alpenhandel": quick()}),
    # money that finance has to match
    Purchase(1.0, "cornerpantry", {"montalto": quick()}, pay=Pay.UNMATCHED),
    Purchase(0.9, "nordlys", {"lindqvist": quick()}, pay=Pay.UNMATCHED),
    # money on its way back by bank, before and after the last payout batch
    Purchase(2.9, "casabonita", {"douro": quick(fate=Fate.CANCELLED)}, pay=Pay.TRANSFER),
    Purchase(1.3, "lumiere", {"aumann": quick(fate=Fate.DECLINED)}, pay=Pay.TRANSFER),
)
# What the shops around the corner buy of the distributor: so many working days ago, and how far it is.
_NEARBY = ((0.7, _ANSWER), (1.6, _WORK), (2.8, _UNDER_WAY), (6, quick()), (10, quick()), (17, quick()), (24, quick()))
_BASKETS = (
    ("haushof", "buyer", (("douro", 2), ("lindqvist", 2), ("montalto", 1))),
    ("haushof", "owner", (("aumann", 2),)),
    ("alpenhandel", "owner", (("brettner", 2), ("wisla", 1))),
    ("lumiere", "owner", (("lindqvist", 1), ("aubagne", 2))),
)


def put_on_agenda(stage: Stage, trade: Trade, traders: Sequence[Trader]) -> None:
    by_slug = {trader.slug: trader for trader in traders}
    for purchase in PURCHASES:
        if purchase.buyer in by_slug and all(seller in by_slug for seller in purchase.courses):
            stage.at(stage.back(purchase.days), _scene(stage, trade, purchase, by_slug))
    # Those who were there long before, so that they may order by now.
    near = [
        shop for shop in regions.shops_of(traders, "alpenhandel") if shop.joined_at < stage.today - timedelta(days=120)
    ]
    for position, (days, course) in enumerate(_NEARBY if near and "alpenhandel" in by_slug else ()):
        purchase = Purchase(days, near[position % len(near)].slug, {"alpenhandel": course})
        stage.at(stage.back(days), _scene(stage, trade, purchase, by_slug))
    regions.put_on_agenda(stage, trade.staff, by_slug)
    proofs.put_on_agenda(stage, trade.staff, by_slug)
    catalogue.put_on_agenda(stage, trade.staff, by_slug)
    deals.put_on_agenda(stage, trade, by_slug)
    shelves.put_on_agenda(stage, by_slug)
    wanted.put_on_agenda(stage, by_slug)
    stage.at(stage.back(9), lambda: _taken_back(stage, trade))
    stage.at(stage.back(0.45), lambda: _unclear_transfers(trade, by_slug))
    stage.at(stage.back(0.7), lambda: _last_batch(trade))
    stage.at(stage.back(5), lambda: _off_sale(stage, by_slug))
    stage.at(stage.back(1.9), lambda: _read_notices(stage, traders))
    if "haushof" in by_slug and {"aumann", "douro"} <= by_slug.keys():
        stage.at(stage.back(0.4), lambda: _limit(stage, by_slug["haushof"]))
        stage.at(stage.back(0.15), lambda: _asks_first(stage, by_slug))
    if "haushof" in by_slug:
        for days in (15, 5.2):
            stage.at(stage.back(days), lambda: _put_away(stage, by_slug["haushof"]))
        for days in (10, 4.8, 0.8):
            stage.at(stage.back(days), lambda: _till(stage, by_slug["haushof"]))
    for slug, who, lines in _BASKETS:
        if slug in by_slug and all(seller in by_slug for seller, _ in lines):
            stage.at(stage.back(0.05), _basket(stage, by_slug, slug, who, lines))


def _scene(stage: Stage, trade: Trade, purchase: Purchase, by_slug: Mapping[str, Trader]):  # type: ignore[no-untyped-def]
    def play() -> Story:
        lines: list[tuple[Offered, int]] = []
        for seller in purchase.courses:
            lines += _some_of(stage, by_slug[seller])
        return trade.buy(
            by_slug[purchase.buyer], lines, pay=purchase.pay, courses=list(purchase.courses.values()),
            who=purchase.who, pays_after_h=(1, 3),
        )  # fmt: skip

    return play


def _some_of(stage: Stage, seller: Trader, count: int = 0) -> list[tuple[Offered, int]]:
    """Goods that are worth the order minimum, in whole cases."""
    random = stage.random
    known = [offered for offered in seller.offers if offered.is_for_sale]
    chosen = random.sample(known, min(len(known), count or random.randint(2, 4)))
    lines = {offered.sku: (offered, offered.minimum * random.choice((1, 2, 2, 3))) for offered in chosen}
    while sum(o.unit_price(n, stage.now) * n for o, n in lines.values()) < seller.terms[0] * Decimal("1.05"):
        offered = random.choice(chosen)
        lines[offered.sku] = (offered, lines[offered.sku][1] + offered.minimum)
    return list(lines.values())


def _taken_back(stage: Stage, trade: Trade) -> None:
    """A batch that was prepared and taken back, as happens on a bank holiday."""
    batch = trade.prepare_payouts()
    if batch is not None:
        stage.do(trade.staff["finance"], payments.cancel_payouts, batch_id=batch)


def _last_batch(trade: Trade) -> None:
    trade.prepare_payouts()


def _unclear_transfers(trade: Trade, by_slug: Mapping[str, Trader]) -> None:
    """Money on the account that nobody has told what it is for."""
    trade.bank_line("Vogel M.", Decimal("412.60"), "Rechnung November")
    trade.bank_line("CASA BONITA SL", Decimal("250.00"), "transferencia")
    trade.bank_line("Stichting Derdengelden", Decimal("88.20"), "P-7KQ2")


def _off_sale(stage: Stage, by_slug: Mapping[str, Trader]) -> None:
    """A draft that is not finished, something that is out for a while, and something that is no longer made."""
    for slug, sku, command in (
        ("lindqvist", "LG-1030", catalog.pause_offer),
        ("douro", "PD-320", catalog.discontinue_offer),
        ("aumann", "WA-M01", catalog.pause_offer),
    ):
        for offered in by_slug[slug].offers if slug in by_slug else ():
            if offered.sku == sku:
                stage.do(by_slug[slug].owner, command, offer_id=offered.offer_id)
                offered.is_off_sale = True
    if "lindqvist" in by_slug:
        stage.do(by_slug["lindqvist"].owner, draft_product)


def draft_product(work: Work) -> None:
    home = {row.name: row.category_id for row in catalog.categories(work)}
    product = catalog.create_product(
        work, request_id=new_id(), name="Champagne coupe Vättern 21 cl", brand="Lindqvist Glasbruk",
        description="A wide coupe for sparkling wine; comes in spring.", category_id=home.get("Tableware"),
        specifications={"Material": "Crystal glass, lead free", "Volume": "21 cl"},
    )  # fmt: skip
    work.session.flush()
    variant = catalog.variants_of_product(work, product_id=product)[0][0]
    catalog.create_offer(
        work, request_id=new_id(), variant_id=variant, sku="LG-1040", tiers=[(24, Decimal("6.40"))], currency="EUR",
        minimum_quantity=24, order_increment=12, lead_time_days=4, tax_rate=Decimal("0.25"), packs=[("case", 12)],
    )  # fmt: skip


def _read_notices(stage: Stage, traders: Sequence[Trader]) -> None:
    """People read their notices; what came in the last two days is new."""
    for trader in traders:
        if trader.org_id is not None and (trader.is_seller or trader.wallet):
            stage.do(trader.owner, notifications.mark_read)


def _put_away(stage: Stage, shop: Trader) -> None:
    """What the shop has accepted by then goes into its stores."""
    with clock(stage.now), begin(shop.owner) as work:
        waiting, _ = orders.to_put_away(work, size=100)
    for row in waiting:
        stage.attempt(shop.owner, orders.put_into_store, request_id=stage.new_id(), order_id=row.order_id)


def _till(stage: Stage, shop: Trader) -> None:
    """What the stores have sold since the last time: a third or so of what lies there, day by day."""
    with clock(stage.now), begin(shop.owner) as work:
        places = [place.location_id for place in stock.store_places(work) if place.location_id is not None]
        lines = {place: stock.stock_lines(work, location_id=place) for place in places}
    for place, there in lines.items():
        left = {line.variant_id: line.available for line in there if line.available > 2}
        sales = []
        for days in range(4, -1, -1):
            for variant_id, units in left.items():
                sold = min(stage.random.randint(0, max(units // 8, 1)), left[variant_id])
                if sold:
                    sales.append(stock.Sale(variant_id, (stage.now - timedelta(days=days)).date(), sold))
                    left[variant_id] -= sold
        if sales:
            stage.do(shop.owner, stock.take_in_sales, request_id=stage.new_id(), location_id=place, sales=sales)


def _limit(stage: Stage, shop: Trader) -> None:
    stage.do(
        shop.owner, identity.set_member_limits, person_id=shop.actors["buyer"].user_id, amount=Decimal(250),
        currency="EUR", reason="New in purchasing; more after the first season",
    )  # fmt: skip


def _asks_first(stage: Stage, by_slug: Mapping[str, Trader]) -> None:
    """The purchasing agent wants more than the own limit allows, so the owner finds a request that waits."""
    shop = by_slug["haushof"]
    lines = _some_of(stage, by_slug["aumann"], 2) + _some_of(stage, by_slug["douro"], 2)
    agent, wanted = shop.actors["buyer"], [(offered.offer_id, quantity * 2) for offered, quantity in lines]
    if stage.attempt(agent, fill_basket, lines=wanted):
        stage.attempt(
            agent, orders.ask_approval, request_id=stage.new_id(), site_id=shop.sites[0], method=Method.WALLET,
            note="For the Christmas window; both suppliers ship this week.",
        )  # fmt: skip


def _basket(stage: Stage, by_slug: Mapping[str, Trader], slug: str, who: str, lines):  # type: ignore[no-untyped-def]
    def fill() -> None:
        buyer = by_slug[slug]
        actor: Actor = buyer.actors.get(who, buyer.owner)
        for seller, count in lines:
            for offered, quantity in _some_of(stage, by_slug[seller], count)[:count]:
                stage.attempt(actor, orders.add_to_basket, offer_id=offered.offer_id, quantity=quantity)

    return fill


