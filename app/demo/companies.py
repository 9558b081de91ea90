"""The companies of the demo market: who they are, when they joined, and how they move in.

A `Trader` is first only written down; `move_in` registers it through the domain, in one transaction for the
platform's part and one for the owner's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from random import Random
from uuid import UUID

from app.demo import names, pictures
from app.demo.goods import REDUCED, Item, Maker, makers
from app.demo.names import TRADES, Place
from app.demo.stage import Stage
from domain import catalog, identity, payments, stock, verification
from domain.identity import HashedPassword, OrgKind, SiteKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor, Scope
from domain.kernel.ids import new_id
from domain.kernel.work import Work

DOMAIN = "example.com"
MAIN_MAKERS = 3  # these and the first shops and the first distributor have all kinds of people


@dataclass(frozen=True, slots=True)
class Size:
    """How large a market is made."""

    makers: int = 50
    shops: int = 500
    distributors: int = 5
    days: int = 365
    live_days: int = 60


@dataclass(slots=True)
class Offered:
    """One SKU of one seller: what its price was and is, and under which ids the market knows it."""

    seller: "Trader"
    item: Item
    variant: str
    sku: str
    price: Decimal  # of today
    minimum: int
    lead_days: int
    offer_id: UUID | None = None
    variant_id: UUID | None = None
    is_off_sale: bool = False

    @property
    def is_for_sale(self) -> bool:
        return self.offer_id is not None and not self.is_off_sale

    @property
    def name(self) -> str:
        return self.item.name if self.variant == "Standard" else f"{self.item.name}, {self.variant}"

    def tiers(self, moment: datetime) -> list[tuple[int, Decimal]]:
        """The price list of that day: (from quantity, unit price)."""
        price = self.price
        for raised_at, factor in self.seller.rises:
            if moment < raised_at:
                price = cents(price / factor)
        return [(self.minimum, price), (self.minimum * 4, cents(price * Decimal("0.93"))),
                (self.minimum * 12, cents(price * Decimal("0.86")))]  # fmt: skip

    def unit_price(self, quantity: int, moment: datetime) -> Decimal:
        return [price for least, price in self.tiers(moment) if quantity >= least or least == self.minimum][-1]


@dataclass(slots=True)
class Trader:
    """A company of the demo: its people, its places, what it sells or what it buys."""

    kind: OrgKind
    name: str
    slug: str
    country: str
    place: Place
    joined_at: datetime
    people: list[tuple[str, str, Variant]]  # mailbox, name, what they are; the owner first
    about: str | None = None
    maker: Maker | None = None
    trade: str = ""
    terms: tuple[Decimal, Decimal, Decimal] = (Decimal(0), Decimal(0), Decimal(0))
    rises: list[tuple[datetime, Decimal]] = field(default_factory=list)
    offers: list[Offered] = field(default_factory=list)
    favourites: list["Trader"] = field(default_factory=list)
    more_sites: list[tuple[str, Place]] = field(default_factory=list)
    reliability: float = 0.95
    registration_id: UUID | None = None  # of those who register themselves
    org_id: UUID | None = None
    actors: dict[str, Actor] = field(default_factory=dict)
    sites: list[UUID] = field(default_factory=list)
    location_id: UUID | None = None
    wallet: Decimal = Decimal(0)
    has_bank_account: bool = False

    @property
    def owner(self) -> Actor:
        return self.actors["owner"]

    @property
    def id(self) -> UUID:
        assert self.org_id is not None, f"{self.name} has not moved in yet"
        return self.org_id

    @property
    def is_seller(self) -> bool:
        return self.kind in (OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR)


STAFF: tuple[tuple[str, Variant, str], ...] = (
    ("admin", Variant.SUPER_ADMIN, "Sofia Lang"),
    ("operations", Variant.OPERATIONS, "Tom Becker"),
    ("finance", Variant.FINANCE, "Nadia Rahman"),
    ("finance2", Variant.FINANCE, "Oskar Petersen"),
    ("support", Variant.SUPPORT, "Ines Weiss"),
    ("compliance", Variant.COMPLIANCE, "Paul Novak"),
    ("compliance2", Variant.COMPLIANCE, "Helena Sousa"),
    ("analytics", Variant.ANALYTICS, "Wei Zhang"),
)
TEAMS: dict[OrgKind, tuple[tuple[str, Variant], ...]] = {
    OrgKind.MANUFACTURER: (("owner", Variant.FACTORY_OWNER), ("manager", Variant.FACTORY_MANAGER),
                           ("sales", Variant.SALES_REPRESENTATIVE), ("production", Variant.PRODUCTION_MANAGER)),
    OrgKind.RETAILER: (("owner", Variant.BUSINESS_OWNER), ("manager", Variant.STORE_MANAGER),
                       ("buyer", Variant.PURCHASING_AGENT)),
    OrgKind.DISTRIBUTOR: (("owner", Variant.DISTRIBUTOR_OWNER), ("regional", Variant.REGIONAL_MANAGER),
                          ("warehouse", Variant.WAREHOUSE_MANAGER), ("sales", Variant.SALES_MANAGER)),
}  # fmt: skip

# The companies that accounts are printed of: their people and places are the same in every making.
MAIN_PEOPLE: dict[str, tuple[str, ...]] = {
    "lindqvist": ("Karin Lindqvist", "Per Lindqvist", "Maja Sandström", "Erik Holm"),
    "douro": ("Inês Carvalho", "Rui Carvalho", "Sofia Magalhães", "António Leite"),
    "aumann": ("Jonas Aumann", "Greta Aumann", "Lukas Fritzsche", "Silke Richter"),
    "haushof": ("Mara Vogel", "Jonas Keil", "Felix Brandt"),
    "alpenhandel": ("Matthias Egger", "Carina Falkner", "Josef Plank", "Nora Hager"),
}
SHOPS = (
    ("Haus & Hof Leipzig", "haushof", "DE", "table", "Mara Vogel", (
        ("Store Südvorstadt", Place("Karl-Liebknecht-Straße 61", "04275", "Leipzig")),
        ("Store Plagwitz", Place("Weißenfelser Straße 20", "04229", "Leipzig")))),
    ("Casa Bonita", "casabonita", "ES", "home", "Lucía Herrera",
     (("Tienda Ruzafa", Place("Calle Cuba 18", "46006", "Valencia")),)),
    ("The Corner Pantry", "cornerpantry", "IE", "deli", "Aoife Byrne",
     (("Pantry Stoneybatter", Place("12 Manor Street", "D07 HX2", "Dublin")),)),
    ("Nordlys Butikk", "nordlys", "NO", "home", "Henrik Dahl",
     (("Butikk Grünerløkka", Place("Markveien 34", "0554", "Oslo")),)),
    ("Maison Lumière", "lumiere", "FR", "home", "Camille Roux",
     (("Boutique Croix-Rousse", Place("8 rue Austerlitz", "69004", "Lyon")),)),
)  # fmt: skip
DISTRIBUTORS = (
    ("Alpenhandel Tirol", "alpenhandel", "AT", "Matthias Egger", Place("Grabenweg 64", "6020", "Innsbruck"),
     "Supplies hotels and shops between Munich and Bolzano from one warehouse.",
     ("aumann", "douro", "brettner", "steinriegl", "lindqvist", "wisla")),
    ("Hanse Großhandel Carstens", "hansegross", "DE", "Wiebke Carstens", Place("Am Speicher XI 9", "28217", "Bremen"),
     "Tableware, coffee and household goods for the north, delivered within two days.",
     ("elbkai", "lindqvist", "selbitz", "wiesental", "renhjem", "dewilg")),
    ("Comptoir du Rhône", "comptoirrhone", "FR", "Étienne Ferrand", Place("31 quai Perrache", "69002", "Lyon"),
     "Wholesale for delicatessens and gift shops in the south-east of France.",
     ("montalto", "garlaban", "aubagne", "grenoble", "bocage", "aubrac")),
    ("Distribuciones Levante", "levante", "ES", "Vicente Balaguer",
     Place("Polígono El Pla, nave 14", "46290", "Alcàsser"),
     "Food, wine and homewares from small makers, stocked near Valencia.",
     ("rianxo", "valdecuesta", "lavera", "messinia", "alentejo", "ave")),
    ("Lowland Trade House", "lowland", "NL", "Annelies Kramer", Place("Waalhaven Z.z. 19", "3089 JH", "Rotterdam"),
     "Toys, pet supplies and stationery for the Benelux.",
     ("erzgrund", "vltava", "pfotenwerk", "hondenhaar", "kamiya", "vanoost")),
)  # fmt: skip


def write_down(stage: Stage, size: Size) -> list[Trader]:
    """Everybody who joins the market until today, in no order; nothing is registered yet."""
    start = stage.today - timedelta(days=size.days)
    traders: list[Trader] = []
    for position, maker in enumerate(makers()[: size.makers]):
        days = 0 if position < 8 else size.days * 0.75 * ((position - 7) / size.makers) ** 1.4
        traders.append(_maker(stage, maker, start + timedelta(days=days), is_main=position < MAIN_MAKERS))
    by_slug = {trader.slug: trader for trader in traders}
    for position, facts in enumerate(DISTRIBUTORS[: size.distributors]):
        joined = start + timedelta(days=size.days * (0.04 if position == 0 else 0.1 + 0.13 * position))
        traders.append(_distributor(stage, facts, joined, by_slug))
    taken = {trader.slug for trader in traders} | {shop[1] for shop in SHOPS}
    traders += [_main_shop(stage, facts, start) for facts in SHOPS[: size.shops]]
    unlimited = names.shops(stage.random, taken)
    for _ in range(size.shops - len(SHOPS)):
        # More join every month than in the month before.
        days = size.days * stage.random.random() ** (1 / 1.1)
        traders.append(_shop(stage, next(unlimited), start + timedelta(days=days)))
    _choose_favourites(stage.random, traders)
    return traders


def _maker(stage: Stage, maker: Maker, joined_at: datetime, *, is_main: bool) -> Trader:
    place = Place(maker.street, maker.postal_code, maker.city)
    joined_at = stage.working(joined_at)
    trader = Trader(
        OrgKind.MANUFACTURER, maker.name, maker.slug, maker.country, place, joined_at, [], about=maker.about,
        maker=maker, terms=(maker.order_minimum, maker.shipping, maker.free_from),
        reliability=0.98 if is_main else stage.random.choice((0.99, 0.96, 0.93, 0.9, 0.82)),
    )  # fmt: skip
    trader.people = _people(stage.random, trader, maker.owner, is_main=is_main)
    trader.rises = _rises(stage, joined_at)
    trader.offers = [
        Offered(trader, item, variant, _sku(item, variant), item.price, item.minimum, item.lead_days)
        for item in maker.items
        for variant in item.variants
    ]
    return trader


def _distributor(stage: Stage, facts: tuple, joined_at: datetime, by_slug: dict[str, Trader]) -> Trader:
    name, slug, country, owner, place, about, sources = facts
    trader = Trader(
        OrgKind.DISTRIBUTOR, name, slug, country, place, stage.working(joined_at), [], about=about,
        terms=(Decimal(60), Decimal("7.90"), Decimal(250)), reliability=0.97,
    )  # fmt: skip
    trader.people = _people(stage.random, trader, owner, is_main=True)
    trader.favourites = [by_slug[source] for source in sources if source in by_slug]
    # The first that joined was there before some of its suppliers; it takes them up when they come.
    for source in trader.favourites:
        for offered in stage.random.sample(source.offers, min(len(source.offers), 4)):
            price = cents(offered.price * Decimal(stage.random.choice(("1.09", "1.12", "1.15"))))
            trader.offers.append(
                Offered(trader, offered.item, offered.variant, f"{slug[:2].upper()}-{offered.sku}", price,
                        min(offered.item.pack, offered.minimum), stage.random.choice((1, 1, 2)))
            )  # fmt: skip
    return trader


def _main_shop(stage: Stage, facts: tuple, start: datetime) -> Trader:
    name, slug, country, trade, owner, sites = facts
    trader = Trader(
        OrgKind.RETAILER, name, slug, country, sites[0][1], stage.working(start + timedelta(days=2)), [], trade=trade,
        more_sites=list(sites),
    )  # fmt: skip
    trader.people = _people(stage.random, trader, owner, is_main=slug in MAIN_PEOPLE)
    return trader


def _shop(stage: Stage, shop: names.Shop, joined_at: datetime) -> Trader:
    trader = Trader(
        OrgKind.RETAILER, shop.name, shop.slug, shop.country, shop.place, stage.working(joined_at), [],
        trade=shop.trade,
    )  # fmt: skip
    trader.people = _people(stage.random, trader, shop.owner, is_main=False)
    return trader


def _people(random: Random, trader: Trader, owner: str, *, is_main: bool) -> list[tuple[str, str, Variant]]:
    team = TEAMS[trader.kind]
    known = MAIN_PEOPLE.get(trader.slug, (owner,))
    if not is_main:
        team = team[:1] if random.random() < 0.85 else (team[0], random.choice(team[1:]))
    country = names.countries()[trader.country]
    people: list[tuple[str, str, Variant]] = []
    for position, (mailbox, variant) in enumerate(team):
        name = known[position] if position < len(known) else _another(random, country, [n for _, n, _ in people])
        people.append((mailbox, name, variant))
    return people


def _another(random: Random, country: names.Country, taken: Sequence[str]) -> str:
    if not country.surnames:
        country = names.countries()["DE"]
    while (name := names.a_person(random, country)) in taken:
        continue
    return name


def _rises(stage: Stage, joined_at: datetime) -> list[tuple[datetime, Decimal]]:
    """When this maker raised its prices, latest first, and by which factor."""
    found = []
    for earliest, latest, share in ((300, 130, 0.55), (50, 6, 0.2)):
        days = stage.random.uniform(latest, earliest)
        factor = Decimal(stage.random.choice(("1.02", "1.03", "1.035", "1.05")))
        at = stage.working(stage.today - timedelta(days=days))
        if stage.random.random() < share and at > joined_at + timedelta(days=10):
            found.append((at, factor))
    return sorted(found, reverse=True)


def _choose_favourites(random: Random, traders: list[Trader]) -> None:
    """Which sellers a shop buys from: those of its trade, rather early ones than late ones."""
    sellers = [trader for trader in traders if trader.is_seller]
    for trader in traders:
        if trader.kind is not OrgKind.RETAILER:
            continue
        wants = TRADES[trader.trade]
        weights = [
            sum(wants.get(offered.item.category, 0) for offered in seller.offers) / len(seller.offers)
            * (0.7 if seller.kind is OrgKind.DISTRIBUTOR else 1.0)
            for seller in sellers
        ]  # fmt: skip
        chosen: dict[str, Trader] = {}
        for seller in random.choices(sellers, weights, k=14) if any(weights) else []:
            chosen.setdefault(seller.slug, seller)
        trader.favourites = list(chosen.values())[: random.randint(3, 7)]


# --- moving in -----------------------------------------------------------------------------------


def move_in(stage: Stage, trader: Trader, password: HashedPassword) -> None:
    """Register the company and its people as the platform does it; sellers then put up what they sell."""
    trader.org_id, trader.sites, trader.actors = stage.do(
        Actor.system(), register_company, trader=trader, password=password
    )
    if trader.is_seller:
        offers = _carried_now(trader)
        stage.do(trader.owner, put_up_goods, trader=trader, offers=offers, stage=stage)
        for raised_at, _ in trader.rises:
            stage.at(raised_at, lambda: stage.do(trader.owner, raise_prices, offers=trader.offers))


def take_up(stage: Stage, trader: Trader) -> None:
    """A distributor offers what its suppliers have begun to sell since."""
    fresh = [offered for offered in _carried_now(trader) if offered.offer_id is None]
    if fresh:
        stage.do(trader.owner, add_offers, trader=trader, offers=fresh, stage=stage)


def _carried_now(trader: Trader) -> list[Offered]:
    if trader.kind is OrgKind.MANUFACTURER:
        return trader.offers
    known = {(o.item.sku, o.variant): o.variant_id for source in trader.favourites for o in source.offers}
    for offered in trader.offers:
        offered.variant_id = known.get((offered.item.sku, offered.variant))
    return [offered for offered in trader.offers if offered.variant_id is not None]


def register_company(
    work: Work, *, trader: Trader, password: HashedPassword
) -> tuple[UUID, list[UUID], dict[str, Actor]]:
    if trader.registration_id is not None:
        return _finish_registration(work, trader, password)
    country = names.countries()[trader.country]
    org_id = identity.register_organization(
        work, request_id=new_id(), kind=trader.kind, name=trader.name, country_code=trader.country,
        time_zone=country.zone, locale="en", currency="EUR", about=trader.about,
    )  # fmt: skip
    kind, name = {
        OrgKind.MANUFACTURER: (SiteKind.FACTORY, "Factory"),
        OrgKind.DISTRIBUTOR: (SiteKind.WAREHOUSE, f"Warehouse {trader.place.city}"),
        OrgKind.RETAILER: (SiteKind.STORE, f"Shop {trader.place.city}"),
    }[trader.kind]
    sites = [
        identity.add_site(
            work, request_id=new_id(), org_id=org_id, kind=kind, name=label, street=place.street,
            postal_code=place.postal_code, city=place.city, country_code=trader.country,
        )
        for label, place in trader.more_sites or [(name, trader.place)]
    ]  # fmt: skip
    actors = {}
    for mailbox, person, variant in trader.people:
        email = mail_of(trader, mailbox)
        person_id = identity.add_member(
            work, request_id=new_id(), org_id=org_id, email=email, name=person, variant=variant, password=password
        )
        actors[mailbox] = an_actor(person_id, org_id, trader.kind, variant)
    work.session.flush()
    accept_terms(work, actors["owner"])
    verification.vouch(work, org_ids=[org_id], level=_verified_to(trader), reason="Verified by the former marketplace")
    return org_id, sites, actors


def _finish_registration(
    work: Work, trader: Trader, password: HashedPassword
) -> tuple[UUID, list[UUID], dict[str, Actor]]:
    """A company that has registered itself is made from what it said; its owner brings the colleagues in."""
    assert trader.registration_id is not None
    org_id = identity.finish_registration(work, registration_id=trader.registration_id)
    work.session.flush()
    owner = identity.person_by_email(work, email=mail_of(trader, trader.people[0][0]))
    actors = {trader.people[0][0]: an_actor(owner.person_id, org_id, trader.kind, trader.people[0][2])}
    for mailbox, person, variant in trader.people[1:]:
        person_id = identity.add_member(
            work, request_id=new_id(), org_id=org_id, email=mail_of(trader, mailbox), name=person, variant=variant,
            password=password,
        )  # fmt: skip
        actors[mailbox] = an_actor(person_id, org_id, trader.kind, variant)
    work.session.flush()
    verification.vouch(work, org_ids=[org_id], level=_verified_to(trader), reason="Verified by the former marketplace")
    sites = identity.my_sites(Work(work.session, actors[trader.people[0][0]], work.now))
    return org_id, [site.site_id for site in sites], actors


def mail_of(trader: Trader, mailbox: str) -> str:
    return f"{mailbox}@{trader.slug}.{DOMAIN}"


def _verified_to(trader: Trader) -> int:
    """Makers and distributors up to the badge or just below it, shops up to what they need, a few less."""
    draw = sum(trader.slug.encode())
    if trader.is_seller:
        return 3 if trader.slug in MAIN_PEOPLE or draw % 5 < 3 else 2
    is_known = trader.slug in {shop[1] for shop in SHOPS}
    return 1 if draw % 14 == 0 and not is_known else 2


def accept_terms(work: Work, owner: Actor) -> None:
    """The owner accepts the terms that hold, within the transaction that lets the company move in."""
    terms = identity.terms_at(work.now)
    if terms is not None:
        identity.accept_terms(Work(work.session, owner, work.now), version=terms.version)


def an_actor(person_id: UUID, org_id: UUID, kind: OrgKind, variant: Variant) -> Actor:
    """The actor that a person is once signed in."""
    scope = Scope.PLATFORM if kind is OrgKind.PLATFORM else Scope.MEMBER
    return Actor(person_id, org_id, kind.value, variant.value, scope, identity.GRANTS[variant])


def register_platform(work: Work, *, password: HashedPassword) -> dict[str, Actor]:
    """The platform's own team, by mailbox."""
    org_id = identity.register_organization(
        work, request_id=new_id(), kind=OrgKind.PLATFORM, name="Wholesale OS", country_code="DE",
        time_zone="Europe/Berlin", locale="en", currency="EUR",
    )  # fmt: skip
    actors = {}
    for mailbox, variant, name in STAFF:
        email = f"{mailbox}@wholesale-os.{DOMAIN}"
        person_id = identity.add_member(
            work, request_id=new_id(), org_id=org_id, email=email, name=name, variant=variant, password=password
        )
        actors[mailbox] = an_actor(person_id, org_id, OrgKind.PLATFORM, variant)
    return actors


def create_categories(work: Work) -> None:
    for name in sorted({item.category for maker in makers() for item in maker.items}):
        catalog.create_category(work, name=name)


def put_up_goods(work: Work, *, trader: Trader, offers: list[Offered], stage: Stage) -> None:
    minimum, fee, free = trader.terms
    catalog.set_seller_terms(
        work, currency="EUR", order_minimum=minimum, shipping_fee=fee, free_shipping_from=free
    )
    where = "Central warehouse" if trader.kind is OrgKind.DISTRIBUTOR else "Finished goods"
    trader.location_id = stock.add_location(work, request_id=new_id(), name=where, site_id=trader.sites[0])
    work.session.flush()
    if trader.maker is not None:
        _create_products(work, trader)
    add_offers(work, trader=trader, offers=offers, stage=stage)
    payments.change_bank_account(work, holder=trader.name, iban=an_iban(stage.random, trader.country))
    trader.has_bank_account = True  # another one would have to be verified anew


def _create_products(work: Work, trader: Trader) -> None:
    assert trader.maker is not None
    categories = {row.name: row.category_id for row in catalog.categories(work)}
    for item in trader.maker.items:
        product_id = catalog.create_product(
            work, request_id=new_id(), name=item.name, description=item.about, brand=trader.name,
            category_id=categories[item.category], base_unit=item.unit, specifications=item.attributes,
            variants=[(name, {} if name == "Standard" else {"Style": name}) for name in item.variants],
        )  # fmt: skip
        picture = files.store(
            work, content=_picture(item.drawing, *trader.maker.colours), name=f"{item.sku}.png", is_public=True
        )
        catalog.change_product(work, product_id=product_id, picture_file_id=picture)
        ids = {name: key for key, name in catalog.variants_of_product(work, product_id=product_id)}
        for offered in trader.offers:
            if offered.item is item:
                offered.variant_id = ids[offered.variant]


@cache
def _picture(drawing: str, colour: str, second: str) -> bytes:
    return pictures.draw(drawing, colour, second)


# What goods cost whoever sells them, of the price of a single case.
COST_SHARE = Decimal("0.58")


def add_offers(work: Work, *, trader: Trader, offers: list[Offered], stage: Stage) -> None:
    assert trader.location_id is not None
    random, country = stage.random, names.countries()[trader.country]
    is_distributor = trader.kind is OrgKind.DISTRIBUTOR
    for offered in offers:
        assert offered.variant_id is not None
        item = offered.item
        offered.offer_id = catalog.create_offer(
            work, request_id=new_id(), variant_id=offered.variant_id, sku=offered.sku, tiers=offered.tiers(work.now),
            currency="EUR", minimum_quantity=offered.minimum, order_increment=1 if is_distributor else item.pack,
            lead_time_days=offered.lead_days,
            tax_rate=country.reduced_tax if item.category in REDUCED else country.tax,
            packs=[("case", item.pack)] if item.pack > 1 else [],
        )  # fmt: skip
        work.session.flush()
        catalog.publish_offer(work, offer_id=offered.offer_id)
        cases = random.randint(12, 30) if is_distributor else random.randint(60, 160)
        if random.random() < 0.015 or offered.sku == "LG-3005":
            cases = random.randint(5, 12)  # soon sold out
        receive(work, trader=trader, offered=offered, stage=stage, quantity=item.pack * cases)


def receive(work: Work, *, trader: Trader, offered: Offered, stage: Stage, quantity: int) -> None:
    """Goods come into the seller's warehouse; what can spoil comes in lots with a date."""
    assert offered.variant_id is not None and trader.location_id is not None
    lot, expires_on = stock.NO_LOT, None
    if offered.item.is_perishable:
        lot = f"{work.now:%y%m}-{stage.random.randint(10, 99)}"
        expires_on = (stage.today + timedelta(days=stage.random.randint(120, 500))).date()
    stock.receive_stock(
        work, request_id=new_id(), variant_id=offered.variant_id, location_id=trader.location_id, quantity=quantity,
        lot=f"{lot}{stage.random.randint(100, 999)}" if expires_on else lot, expires_on=expires_on,
        unit_cost=cents(offered.tiers(work.now)[0][1] * COST_SHARE), currency="EUR",
    )  # fmt: skip


def raise_prices(work: Work, *, offers: list[Offered]) -> None:
    for offered in offers:
        if offered.offer_id is not None:
            catalog.set_price_tiers(work, offer_id=offered.offer_id, tiers=offered.tiers(work.now))


# --- small things --------------------------------------------------------------------------------


def cents(price: Decimal) -> Decimal:
    return price.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _sku(item: Item, variant: str) -> str:
    if len(item.variants) == 1:
        return item.sku
    short = {name: name[:2].upper() for name in item.variants}
    if len(set(short.values())) < len(short):
        short = {name: f"{number:02}" for number, name in enumerate(item.variants, 1)}
    return f"{item.sku}-{short[variant]}"


_BBANS = {"DE": 18, "AT": 16, "ES": 20, "BE": 12, "DK": 14, "FI": 14, "NO": 11, "SE": 20, "PT": 21, "SI": 15, "CZ": 20,
          "PL": 24, "CH": 17, "FR": 23, "GR": 23}  # fmt: skip
_BANKS = {"NL": ("ABNA", 10), "GB": ("NWBK", 14), "IE": ("AIBK", 14), "IT": ("X", 22)}


def an_iban(random: Random, country: str) -> str:
    """An account number with right check digits (ISO 13616); abroad one banks in Germany."""
    letters, digits = _BANKS.get(country, ("", _BBANS.get(country, 0)))
    if not digits:
        country, digits = "DE", _BBANS["DE"]
    account = letters + "".join(str(random.randint(0, 9)) for _ in range(digits))
    whole = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    return f"{country}{98 - int(whole) % 97:02}{account}"
