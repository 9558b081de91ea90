"""A small market that walks through commands, so that a world which tests use is a world that can exist."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from uuid import UUID, uuid4

from domain import catalog, identity, orders, payments, stock, verification
from domain.identity import OrgKind, Permission, SiteKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from domain.payments import Method

PASSWORD = "a long sentence for tests"
_hashed = cache(identity.hashed)  # argon2 takes its time, and every person here has the same password
_numbers: Iterator[int] = count(1)


@dataclass
class Company:
    """An organisation with people by role variant, and whatever it sells."""

    org_id: UUID
    name: str
    site_id: UUID
    people: dict[Variant, Actor] = field(default_factory=dict)
    emails: dict[Variant, str] = field(default_factory=dict)
    location_id: UUID | None = None
    offers: list[UUID] = field(default_factory=list)
    variants: list[UUID] = field(default_factory=list)

    @property
    def owner(self) -> Actor:
        return next(iter(self.people.values()))


OWNERS = {
    OrgKind.MANUFACTURER: Variant.FACTORY_OWNER,
    OrgKind.RETAILER: Variant.BUSINESS_OWNER,
    OrgKind.DISTRIBUTOR: Variant.DISTRIBUTOR_OWNER,
    OrgKind.PLATFORM: Variant.FINANCE,
}


def company(kind: OrgKind, name: str, *variants: Variant) -> Company:
    """An organisation with one site and one person per variant (its owner if none is named)."""
    org_id = run(
        Actor.system(), identity.register_organization, request_id=uuid4(), kind=kind, name=name, country_code="DE",
        time_zone="Europe/Berlin", locale="en", currency="EUR",
    )  # fmt: skip
    site_id = run(
        Actor.system(), identity.add_site, request_id=uuid4(), org_id=org_id, kind=SiteKind.STORE, name="Main store",
        street="Marktplatz 1", postal_code="10115", city="Berlin", country_code="DE",
    )  # fmt: skip
    made = Company(org_id, name, site_id)
    for variant in variants or (OWNERS[kind],):
        email = f"{variant.value}.{next(_numbers)}@{name.lower().replace(' ', '-')}.example"
        run(
            Actor.system(), identity.add_member, request_id=uuid4(), org_id=org_id, email=email,
            name=f"{variant.value} of {name}", variant=variant, password=_hashed(PASSWORD),
        )  # fmt: skip
        with begin(Actor.system()) as work:
            made.people[variant] = identity.actor_of(identity.person_by_email(work, email=email))
        made.emails[variant] = email
    if kind is not OrgKind.PLATFORM:
        accept_terms(made)
        vouch_for(made)
    return made


def vouch_for(company: Company, level: int = 3) -> None:
    """The company was verified elsewhere, so it may trade; tests of verification take others."""
    run(Actor.system(), verification.vouch, org_ids=[company.org_id], level=level, reason="Verified before the test")


def accept_terms(company: Company) -> None:
    """Whoever may speak for the company accepts the terms that hold."""
    with begin(Actor.system()) as work:
        terms = identity.terms_at(work.now)
    speaker = next((one for one in company.people.values() if one.may(Permission.MANAGE_ORGANIZATION)), None)
    if terms is not None and speaker is not None:
        run(speaker, identity.accept_terms, version=terms.version)


def offer(
    seller: Company,
    name: str,
    *,
    tiers: list[tuple[int, str]] | None = None,
    on_hand: int = 1000,
    minimum_quantity: int = 1,
    order_increment: int = 1,
    tax_rate: str = "0.08",
    lead_time_days: int = 3,
    currency: str = "EUR",
) -> UUID:
    """A published offer of a new product with stock in the seller's warehouse."""
    who = seller.owner
    product_id = run(who, catalog.create_product, request_id=uuid4(), name=name)
    with begin(who) as work:
        [(variant_id, _)] = catalog.variants_of_product(work, product_id=product_id)
    offer_id = run(
        who, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku=f"SKU-{next(_numbers)}",
        tiers=[(q, Decimal(p)) for q, p in tiers or [(1, "10.00")]], currency=currency,
        minimum_quantity=minimum_quantity, order_increment=order_increment, lead_time_days=lead_time_days,
        tax_rate=Decimal(tax_rate),
    )  # fmt: skip
    run(who, catalog.publish_offer, offer_id=offer_id)
    seller.offers.append(offer_id)
    seller.variants.append(variant_id)
    if on_hand:
        receive(seller, variant_id, on_hand)
    return offer_id


def receive(
    seller: Company, variant_id: UUID, quantity: int, *, lot: str = stock.NO_LOT, expires_on: date | None = None
) -> UUID:
    """Goods come into the seller's warehouse (made on first use). Returns the lot."""
    if seller.location_id is None:
        seller.location_id = run(seller.owner, stock.add_location, request_id=uuid4(), name="Main warehouse")
    return run(
        seller.owner, stock.receive_stock, request_id=uuid4(), variant_id=variant_id, location_id=seller.location_id,
        quantity=quantity, lot=lot, expires_on=expires_on,
    )  # fmt: skip


def terms(seller: Company, *, order_minimum: str = "0", shipping: str = "0", free_from: str | None = None) -> None:
    run(
        seller.owner, catalog.set_seller_terms, currency="EUR", order_minimum=Decimal(order_minimum),
        shipping_fee=Decimal(shipping), free_shipping_from=Decimal(free_from) if free_from else None,
    )  # fmt: skip


def top_up(buyer: Company, amount: str, finance: Actor, currency: str = "EUR") -> None:
    """A transfer comes in and finance puts it into the buyer's wallet."""
    line = run(
        finance, payments.record_bank_line, bank_reference=f"BANK-{uuid4()}", booked_on=date(2026, 1, 5), payer=buyer.name,
        remittance="top-up", amount=Decimal(amount), currency=currency,
    )  # fmt: skip
    run(finance, payments.match_top_up, bank_line_id=line, org_id=buyer.org_id)


def buy(
    buyer: Company, wanted: dict[UUID, int], *, method: Method = Method.WALLET, request_id: UUID | None = None
) -> UUID:
    """Fill the basket of the buyer's owner and check out. Returns the purchase."""
    for offer_id, quantity in wanted.items():
        run(buyer.owner, orders.add_to_basket, offer_id=offer_id, quantity=quantity)
    return run(buyer.owner, orders.place_order, request_id=request_id or uuid4(), site_id=buyer.site_id, method=method)


def orders_of(buyer: Company, purchase_id: UUID) -> dict[UUID, UUID]:
    """The orders of a purchase by seller."""
    with begin(buyer.owner) as work:
        sheet = orders.purchase_sheet(work, purchase_id=purchase_id)
    return {row.seller_id: row.order_id for row in sheet.orders}


def sheet(actor: Actor, order_id: UUID) -> orders.OrderSheet:
    with begin(actor) as work:
        return orders.order_sheet(work, order_id=order_id)


@dataclass
class Market:
    retailer: Company
    makers: list[Company]
    distributor: Company
    platform: Company

    @property
    def finance(self) -> Actor:
        return self.platform.people[Variant.FINANCE]


def make_market(*, wallet: str = "50000.00", makers: int = 3, on_hand: int = 1000) -> Market:
    """One retailer with money, three manufacturers with one product each, a distributor, the platform."""
    platform = company(
        OrgKind.PLATFORM, "Platform", Variant.FINANCE, Variant.OPERATIONS, Variant.SUPER_ADMIN, Variant.ANALYTICS,
        Variant.SUPPORT, Variant.COMPLIANCE,
    )  # fmt: skip
    retailer = company(
        OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER, Variant.PURCHASING_AGENT
    )
    sellers = []
    for number in range(1, makers + 1):
        maker = company(
            OrgKind.MANUFACTURER, f"Maker {number}", Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER,
            Variant.SALES_REPRESENTATIVE, Variant.PRODUCTION_MANAGER,
        )  # fmt: skip
        offer(maker, f"Thing {number}", tiers=[(1, "10.00"), (100, "9.00")], on_hand=on_hand)
        sellers.append(maker)
    distributor = company(OrgKind.DISTRIBUTOR, "Regional Trade")
    market = Market(retailer, sellers, distributor, platform)
    if Decimal(wallet):
        top_up(retailer, wallet, market.finance)
    return market


def later(days: int = 0, hours: int = 0) -> timedelta:
    return timedelta(days=days, hours=hours)
