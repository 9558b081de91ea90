"""Months of trade on a simulated clock: several companies, orders of every fate, and a history beside them.

Everything live walks through commands. The months end now, so that some cohorts are old enough and some are not.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

from domain import catalog, identity, logistics, orders, payments, stock
from domain.identity import ActivityKind, OrgKind, SiteKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from domain.orders import OrderState
from domain.payments import Method
from tests.make.market import OWNERS, PASSWORD, Company, accept_terms, orders_of, sheet, vouch_for

DAYS = 230
IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300", "AT611904300234573201")


@dataclass
class Weeks:
    platform: Company
    makers: list[Company]
    retailers: list[Company]
    distributor: Company
    colleague: Actor  # the second person of finance
    refused: int = 0  # steps that the market refused, as an order had moved on

    @property
    def traders(self) -> list[Company]:
        return [*self.makers, *self.retailers, self.distributor]


@dataclass
class _Diary:
    """What will happen when: each step may write down later ones."""

    until: datetime
    steps: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    numbers: count = field(default_factory=count)

    def at(self, moment: datetime, step: Callable[[datetime], None]) -> None:
        if moment < self.until:
            heapq.heappush(self.steps, (moment, next(self.numbers), step))

    def live(self, weeks: Weeks) -> None:
        while self.steps:
            moment, _, step = heapq.heappop(self.steps)
            with clock(moment):
                try:
                    step(moment)
                except Conflict:
                    weeks.refused += 1


def make_weeks(*, purchases: int = 40, seed: int = 7, until: datetime | None = None, days: int = DAYS) -> Weeks:
    """Three manufacturers, four retailers and a distributor who buys and sells, for so many days until now.

    One manufacturer sells in another currency, one retailer registers late, another never buys.
    """
    chance = random.Random(seed)
    until = until or datetime.now(UTC) - timedelta(minutes=5)
    start = until - timedelta(days=days)
    with clock(start):
        platform = _company(OrgKind.PLATFORM, "Platform", "DE", Variant.FINANCE, Variant.OPERATIONS, Variant.ANALYTICS)
        colleague = _person(platform, Variant.FINANCE, "colleague@platform.example")
        grocery, tools = (run(Actor.system(), catalog.create_category, name=name) for name in ("Grocery", "Tools"))
        makers = [_company(OrgKind.MANUFACTURER, f"Maker {n}", c) for n, c in enumerate(("DE", "FR", "NL"), 1)]
        distributor = _company(OrgKind.DISTRIBUTOR, "Regional Trade", "AT")
        retailers = [_company(OrgKind.RETAILER, f"Shop {n}", c) for n, c in enumerate(("DE", "DE", "FR"), 1)]
        for maker, categories, currency in zip(
            [*makers, distributor],
            ((grocery, tools), (grocery, None), (None, tools), (grocery, tools)),
            ("EUR", "EUR", "USD", "EUR"),
            strict=True,
        ):
            _offers(maker, categories, currency, chance)
    weeks = Weeks(platform, makers, retailers, distributor, colleague)
    with clock(start + timedelta(days=days - 70)):
        retailers.append(_company(OrgKind.RETAILER, "Late Shop", "FR"))
    with clock(start + timedelta(days=20)):
        _company(OrgKind.RETAILER, "Silent Shop", "NL")
    with clock(start + timedelta(hours=1)):
        for buyer in (*retailers, distributor):
            for currency in ("EUR", "USD"):
                _top_up(weeks, buyer, currency)
        for seller, iban in zip([*makers, distributor], IBANS, strict=True):
            run(seller.owner, payments.change_bank_account, holder=seller.name, iban=iban)

    diary = _Diary(until)
    for number in range(purchases):
        moment = start + timedelta(days=1 + number * (days - 1) / purchases, hours=chance.random() * 20)
        diary.at(moment, lambda now: _purchase(weeks, diary, chance, now))
    for number in range(days // 30):
        diary.at(start + timedelta(days=30 * number + 25), lambda now: _payouts(weeks, diary, chance, now))
    diary.live(weeks)
    with clock(until):
        _look_around(weeks, chance, days)
    return weeks


def _company(kind: OrgKind, name: str, country: str, *variants: Variant) -> Company:
    org_id = run(
        Actor.system(), identity.register_organization, request_id=uuid4(), kind=kind, name=name, country_code=country,
        time_zone="Europe/Berlin", locale="en", currency="EUR",
    )  # fmt: skip
    site_id = run(
        Actor.system(), identity.add_site, request_id=uuid4(), org_id=org_id, kind=SiteKind.STORE, name="Main store",
        street="Marktplatz 1", postal_code="10115", city="Berlin", country_code=country,
    )  # fmt: skip
    made = Company(org_id, name, site_id)
    for variant in variants or (OWNERS[kind],):
        made.people[variant] = _person(made, variant, f"{variant.value}@{name.lower().replace(' ', '-')}.example")
    if kind is not OrgKind.PLATFORM:
        accept_terms(made)
        vouch_for(made)
    return made


def _person(company: Company, variant: Variant, email: str) -> Actor:
    run(
        Actor.system(), identity.add_member, request_id=uuid4(), org_id=company.org_id, email=email,
        name=f"{variant.value} of {company.name}", variant=variant, password=PASSWORD,
    )  # fmt: skip
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email=email))


def _offers(
    seller: Company, categories: tuple[UUID | None, UUID | None], currency: str, chance: random.Random
) -> None:
    who = seller.owner
    seller.location_id = run(who, stock.add_location, request_id=uuid4(), name="Main warehouse")
    for number, category_id in enumerate(categories, 1):
        name = f"{seller.name} thing {number}"
        product_id = run(who, catalog.create_product, request_id=uuid4(), name=name, category_id=category_id)
        with begin(who) as work:
            [(variant_id, _)] = catalog.variants_of_product(work, product_id=product_id)
        price = Decimal(chance.randrange(311, 2999)) / 100
        offer_id = run(
            who, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku=f"SKU-{number}",
            tiers=[(1, price), (40, price * Decimal("0.933"))], currency=currency, lead_time_days=2 + number * 3,
            tax_rate=Decimal("0.19") if number == 1 else Decimal(0),
        )  # fmt: skip
        run(who, catalog.publish_offer, offer_id=offer_id)
        run(
            who, stock.receive_stock, request_id=uuid4(), variant_id=variant_id, location_id=seller.location_id,
            quantity=100_000, lot=stock.NO_LOT,
        )  # fmt: skip
        seller.offers.append(offer_id)
    run(
        who, catalog.set_seller_terms, currency=currency, order_minimum=Decimal(0), shipping_fee=Decimal("7.35"),
        free_shipping_from=Decimal(600),
    )  # fmt: skip


def _top_up(weeks: Weeks, buyer: Company, currency: str) -> None:
    finance = weeks.platform.owner
    line = run(
        finance, payments.record_bank_line, bank_reference=f"BANK-{uuid4()}", booked_on=datetime.now(UTC).date(),
        payer=buyer.name, remittance="top-up", amount=Decimal(100_000), currency=currency,
    )  # fmt: skip
    run(finance, payments.match_top_up, bank_line_id=line, org_id=buyer.org_id)


# --- one purchase and what comes of it -----------------------------------------------------------


def _purchase(weeks: Weeks, diary: _Diary, chance: random.Random, now: datetime) -> None:
    # The first shop buys most, the third stops half way, the distributor only buys from manufacturers.
    buyers = [weeks.retailers[0], weeks.retailers[0], weeks.retailers[1], weeks.distributor, weeks.retailers[-1]]
    if now < diary.until - timedelta(days=DAYS // 2):
        buyers.append(weeks.retailers[2])
    buyer = chance.choice(buyers)
    if buyer is weeks.retailers[-1] and now < diary.until - timedelta(days=68):
        buyer = weeks.retailers[0]
    in_euro = [*weeks.makers[:2], *([] if buyer is weeks.distributor else [weeks.distributor])]
    sellers = chance.choice([[weeks.makers[2]], in_euro, in_euro[:1], in_euro[-1:], in_euro[-2:]])
    for seller in sellers:
        for offer_id in chance.sample(seller.offers, chance.choice((1, 2))):
            run(buyer.owner, orders.add_to_basket, offer_id=offer_id, quantity=chance.randrange(3, 80))
    method = chance.choice((Method.WALLET, Method.WALLET, Method.BANK_TRANSFER))
    purchase_id = run(buyer.owner, orders.place_order, request_id=uuid4(), site_id=buyer.site_id, method=method)
    mine = orders_of(buyer, purchase_id)
    by_id = {company.org_id: company for company in weeks.traders}

    def go_on(at: datetime) -> None:
        for seller_id, order_id in mine.items():
            diary.at(
                at + timedelta(hours=chance.uniform(1, 40)),
                lambda moment, s=by_id[seller_id], o=order_id: _answer(diary, chance, buyer, s, o, moment),
            )

    if method is Method.WALLET:
        go_on(now)
    else:
        _transfer(weeks, diary, chance, buyer, purchase_id, now, go_on)


def _transfer(
    weeks: Weeks,
    diary: _Diary,
    chance: random.Random,
    buyer: Company,
    purchase_id: UUID,
    now: datetime,
    go_on: Callable[[datetime], None],
) -> None:
    fate = chance.random()
    finance = weeks.platform.owner

    def arrives(moment: datetime) -> None:
        with begin(buyer.owner) as work:
            owed = orders.purchase_sheet(work, purchase_id=purchase_id)
        line = run(
            finance, payments.record_bank_line, bank_reference=f"BANK-{uuid4()}", booked_on=moment.date(),
            payer=buyer.name, remittance="order", amount=owed.total, currency=owed.currency,
        )  # fmt: skip
        run(finance, orders.match_transfer, bank_line_id=line, purchase_id=purchase_id)
        go_on(moment)

    def paid_from_wallet(moment: datetime) -> None:
        run(buyer.owner, orders.pay_from_wallet, request_id=uuid4(), purchase_id=purchase_id)
        go_on(moment)

    if fate < 0.45:
        diary.at(now + timedelta(hours=chance.uniform(2, 20)), arrives)
    elif fate < 0.65:
        diary.at(now + timedelta(hours=chance.uniform(26, 90)), arrives)
    elif fate < 0.8:
        diary.at(now + timedelta(hours=chance.uniform(1, 60)), paid_from_wallet)
    elif fate < 0.9:
        diary.at(
            now + timedelta(hours=5), lambda moment: run(buyer.owner, orders.cancel_purchase, purchase_id=purchase_id)
        )
    else:
        diary.at(
            now + timedelta(hours=121),
            lambda moment: run(Actor.system(), orders.expire_purchase, purchase_id=purchase_id),
        )


def _answer(
    diary: _Diary, chance: random.Random, buyer: Company, seller: Company, order_id: UUID, now: datetime
) -> None:
    fate = chance.random()
    if fate < 0.06:
        run(seller.owner, orders.decline_order, order_id=order_id, reason="sold out")
        return
    if fate < 0.10:
        run(Actor.system(), orders.decline_unanswered, order_id=order_id)
        return
    if fate < 0.16:
        run(buyer.owner, orders.cancel_order, order_id=order_id)
        return
    seen = sheet(seller.owner, order_id)
    part = {line.line_id: max(line.ordered * 2 // 3, 1) for line in seen.lines} if fate < 0.4 else None
    run(seller.owner, orders.confirm_order, order_id=order_id, quantities_confirmed=part)
    if fate > 0.95:
        diary.at(
            now + timedelta(hours=30),
            lambda moment: run(seller.owner, orders.withdraw_order, order_id=order_id, reason="machine broke"),
        )
        return
    if fate > 0.9:
        diary.at(now + timedelta(hours=8), lambda moment: run(buyer.owner, orders.cancel_order, order_id=order_id))
        return
    days = chance.uniform(0.5, seen.lead_time_days + 4 if hasattr(seen, "lead_time_days") else 10)
    diary.at(now + timedelta(days=days), lambda moment: _ship(diary, chance, buyer, seller, order_id, moment))


def _ship(diary: _Diary, chance: random.Random, buyer: Company, seller: Company, order_id: UUID, now: datetime) -> None:
    lines = sheet(seller.owner, order_id).lines
    left = {line.line_id: line.confirmed - line.shipped for line in lines if line.confirmed > line.shipped}
    in_parts = chance.random() < 0.3 and sum(left.values()) > len(left)
    wanted = {line_id: (units + 1) // 2 if in_parts else units for line_id, units in left.items()}
    shipment_id = run(
        seller.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL,
        tracking=f"T{order_id.hex[:8]}", shipped=wanted,
    )  # fmt: skip
    diary.at(
        now + timedelta(hours=chance.uniform(8, 70)),
        lambda moment: _receive(diary, chance, buyer, seller, order_id, shipment_id, moment),
    )
    if in_parts:
        diary.at(
            now + timedelta(days=chance.uniform(1, 4)),
            lambda moment: _ship(diary, chance, buyer, seller, order_id, moment),
        )


def _receive(
    diary: _Diary,
    chance: random.Random,
    buyer: Company,
    seller: Company,
    order_id: UUID,
    shipment_id: UUID,
    now: datetime,
) -> None:
    with begin(buyer.owner) as work:
        [shipment] = [
            s for s in logistics.shipments_of_order(work, order_id=order_id) if s.shipment_id == shipment_id
        ]
    is_short = chance.random() < 0.2
    counts = {row.line_id: row.shipped - 1 for row in shipment.lines} if is_short else None
    run(
        buyer.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment_id,
        counts=counts,
    )  # fmt: skip
    if is_short:
        by_timer = chance.random() < 0.5

        def answer(moment: datetime) -> None:
            if by_timer:
                run(Actor.system(), orders.close_shortage, order_id=order_id, shipment_id=shipment_id)
            else:
                run(seller.owner, orders.close_short, order_id=order_id)
            _feedback(diary, chance, buyer, seller, order_id, moment)

        diary.at(now + timedelta(days=chance.uniform(4, 6)), answer)

    def accept(moment: datetime) -> None:
        run(buyer.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id)
        _feedback(diary, chance, buyer, seller, order_id, moment)

    diary.at(now + timedelta(hours=chance.uniform(1, 60)), accept)


def _feedback(
    diary: _Diary, chance: random.Random, buyer: Company, seller: Company, order_id: UUID, now: datetime
) -> None:
    if sheet(buyer.owner, order_id).state != OrderState.COMPLETED:
        return

    def say(company: Company) -> Callable[[datetime], None]:
        return lambda moment: run(
            company.owner, orders.leave_feedback, request_id=uuid4(), order_id=order_id, stars=chance.randrange(2, 6)
        )

    if chance.random() < 0.7:
        diary.at(now + timedelta(hours=3), say(buyer))
        diary.at(
            now + timedelta(days=8), lambda moment: run(Actor.system(), orders.publish_feedback, order_id=order_id)
        )
    if chance.random() < 0.5:
        diary.at(now + timedelta(hours=5), say(seller))


def _payouts(weeks: Weeks, diary: _Diary, chance: random.Random, now: datetime) -> None:
    for currency in ("EUR", "USD"):
        try:
            batch_id = run(weeks.platform.owner, payments.prepare_payouts, request_id=uuid4(), currency=currency)
        except payments.NothingToPayOut:
            continue
        diary.at(
            now + timedelta(hours=4), lambda moment, b=batch_id: run(weeks.colleague, payments.send_payouts, batch_id=b)
        )


def _look_around(weeks: Weeks, chance: random.Random, days: int) -> None:
    """Page views: on some days one or two, too few to count, on others enough."""
    seen = []
    for company in (*weeks.traders, weeks.platform):
        for _ in range(days // 6):
            age = timedelta(days=chance.uniform(0, days))
            seen += [
                identity.Seen(
                    org_id=company.org_id, person_id=company.owner.user_id, kind=kind, screen="products",
                    age=max(age - timedelta(minutes=minute), timedelta()),
                )
                for minute in range(chance.choice((1, 2, 3, 5)))
                for kind in (ActivityKind.PAGE_VIEW, ActivityKind.SEARCH)
            ]  # fmt: skip
    run(Actor.system(), identity.record_activity, seen=seen)


# --- imported histories --------------------------------------------------------------------------


def import_pasts(weeks: Weeks, folder: Path) -> None:
    """A history of strangers, and one in which a manufacturer and a shop of this market traded before they came."""
    run(
        Actor.system(), orders.import_history, folder=write_history(folder / "mill"), name="mill",
        time_zone="America/New_York",
    )  # fmt: skip
    own = write_history(folder / "own", seed=5, number_of_orders=40, currency="EUR")
    run(
        Actor.system(), orders.import_history, folder=own, name="own", time_zone="Europe/Paris",
        suppliers={"S1": weeks.makers[0].org_id}, buyers={"B1": weeks.retailers[1].org_id},
    )  # fmt: skip


def write_history(
    folder: Path,
    *,
    seed: int = 3,
    until: datetime | None = None,
    number_of_orders: int = 90,
    currency: str = "GBP",
) -> Path:
    """Two hundred and twenty days of another company's trade as CSV, with times near midnight and credit notes."""
    chance = random.Random(seed)
    until = until or datetime.now(UTC) - timedelta(days=12)
    folder.mkdir(parents=True, exist_ok=True)

    def day(moment: datetime | None) -> str:
        return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S")

    suppliers = [f"S{n},Mill {n},{c}" for n, c in enumerate(("Germany", "France", ""), 1)]
    buyers, order_rows, line_rows, products = [], [], [], []
    start = until - timedelta(days=220)
    joined = {n: start - timedelta(days=10) + timedelta(days=n * 17) for n in range(1, 13)}
    for n, at in joined.items():
        known = n % 4 != 0
        buyers.append(f"B{n},Store {n},{('Spain', 'France', '')[n % 3]},,{at.date() if known else ''}")
    for n in range(1, 8):
        category = ("Flour", "Oil", "")[n % 3]
        products.append(f"P{n},S{n % 3 + 1},A{n},Ware {n},{category},,")
    for n in range(1, number_of_orders + 1):
        at = (start + timedelta(days=n * 220 / number_of_orders)).replace(hour=chance.choice((0, 9, 23)), minute=30)
        buyer = chance.choice([b for b, since in joined.items() if since <= at] or [1])
        status = chance.choice(("completed",) * 7 + ("open", "cancelled", "returned"))
        promised = at + timedelta(days=5)
        delivered = at + timedelta(days=chance.uniform(1, 8)) if status == "completed" and n % 5 else None
        shipped = at + timedelta(hours=9) if delivered else None
        freight = "4.90" if status != "returned" and n % 3 == 0 else ""
        dates = f"{day(promised) if n % 7 else ''},{day(shipped)},{day(delivered)}"
        order_rows.append(f"{n},B{buyer},{day(at)},{status},{currency},{dates},{freight}")
        for line, product in enumerate(chance.sample(range(1, 8), chance.randrange(1, 4)), 1):
            units = chance.randrange(1, 30) * (-1 if status == "returned" else 1)
            line_rows.append(f"{n},{line},P{product},{units},{chance.randrange(1000, 90000) / 10000:.4f},0")
    for name, head, rows in (
        ("suppliers", "supplier_id,name,country", suppliers),
        ("buyers", "buyer_id,name,country,region,registered_at", buyers),
        ("products", "product_id,supplier_id,sku,name,category,unit,list_price", products),
        ("orders", "order_id,buyer_id,ordered_at,status,currency,promised_at,shipped_at,delivered_at,freight", order_rows),
        ("order_lines", "order_id,line_no,product_id,quantity,unit_price,line_discount", line_rows),
    ):  # fmt: skip
        (folder / f"{name}.csv").write_text("\n".join([head, *rows]) + "\n")
    return folder
