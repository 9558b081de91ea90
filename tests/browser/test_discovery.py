"""A buyer finds goods, narrows them down, compares two, and orders twelve variants in one press."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid4

from domain import catalog, discovery, orders
from domain.identity import OrgKind, Variant
from domain.kernel.work import begin, run
from tests.browser.conftest import Visitor
from tests.make.market import PASSWORD, Company, company, offer, terms

SIZES, COLOURS = ("S", "M", "L"), ("Black", "Blue", "Green", "Red")


def shirts(maker: Company) -> list[UUID]:
    """Three sizes in four colours at 12.00, and 9.00 from 50 on."""
    product = run(
        maker.owner, catalog.create_product, request_id=uuid4(), name="Work shirt", description="Cotton, washable",
        specifications={"Weight": "0.4 kg"}, option_names=["Size", "Colour"],
        variants=[(f"{size}, {colour}", {"Size": size, "Colour": colour}) for size in SIZES for colour in COLOURS],
    )  # fmt: skip
    with begin(maker.owner) as work:
        variants = catalog.variants_of_product(work, product_id=product)
    made = [
        run(
            maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku=f"SHIRT-{number}",
            tiers=[(1, Decimal(12)), (50, Decimal(9))], currency="EUR", minimum_quantity=5,
        )
        for number, (variant_id, _) in enumerate(variants)
    ]  # fmt: skip
    run(maker.owner, catalog.publish_offers, offer_ids=made)
    return made


def test_a_buyer_finds_compares_and_orders_twelve_variants(visitor: Callable[[str], Visitor]) -> None:
    maker, other = company(OrgKind.MANUFACTURER, "Shirt works"), company(OrgKind.MANUFACTURER, "Other shirts")
    shop = company(OrgKind.RETAILER, "Corner Shop")
    made = shirts(maker)
    terms(maker, shipping="8.00", free_from="1000")
    offer(other, "Plain shirt", tiers=[(1, "11.00")])
    offer(other, "Iron nail")
    hidden = offer(other, "Secret shirt")
    run(other.owner, discovery.set_audience, offer_ids=[hidden], shown_to=[])

    buyer = visitor("discovery")
    buyer.sign_in(shop.emails[Variant.BUSINESS_OWNER], PASSWORD, at="retailer-products")
    buyer.fill("Search", "shirt")
    buyer.sees("Work shirt", "Plain shirt")
    assert "Iron nail" not in buyer.text() and "Secret shirt" not in buyer.text()

    # Two of them side by side: what they cost at the door, and in what they differ.
    for name in ("Work shirt", "Plain shirt"):
        card = buyer.page.locator("[data-testid=stLayoutWrapper]", has_text=name).filter(has_text="Compare").last
        card.get_by_role("button", name="Compare", exact=True).click()
        buyer.settle()
    buyer.press("Compare 2 side by side")
    buyer.sees("Compare products", "Work shirt", "Plain shirt", "At your door, each", "Weight")
    buyer.page.get_by_role("link", name="Work shirt").click()
    buyer.settle()
    buyer.sees("Order several variants", "Size S", "Size M", "Size L")

    # Twelve cells, one press.
    for number, offer_id in enumerate(made):
        box = buyer.page.locator(f".st-key-matrix-{offer_id} input")
        box.fill(str(50 if number == 0 else 5 + number))
    buyer.press("Add all to basket")
    buyer.sees("12 variants of Work shirt are in your basket")
    buyer.open("retailer-basket")
    buyer.sees("12 products", "Shirt works")
    with begin(shop.owner) as work:
        [group] = orders.my_basket(work).groups
    counts = {line.offer_id: line.quantity for line in group.lines}
    assert counts == {offer_id: 50 if number == 0 else 5 + number for number, offer_id in enumerate(made)}
    assert {line.unit_price for line in group.lines if line.offer_id != made[0]} == {Decimal(12)}
    assert next(line.unit_price for line in group.lines if line.offer_id == made[0]) == Decimal(9)
    wanted = 50 * Decimal(9) + sum(5 + number for number in range(1, 12)) * Decimal(12)
    assert group.goods == wanted
