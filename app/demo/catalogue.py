"""What operations ask of products, and how one maker shows what it has: sizes and colours, terms, certificates."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from app.demo import pictures
from app.demo.companies import Trader
from app.demo.stage import Stage
from domain import catalog, stock
from domain.kernel.actor import Actor
from domain.kernel.ids import new_id
from domain.kernel.work import Work, begin

_LENGTH = {"kind": "decimal", "unit": "cm"}
TEMPLATES = {
    "Tableware": [
        {"name": "Material", "kind": "text"}, {"name": "Volume", "kind": "decimal", "unit": "cl"},
        {"name": "Diameter", **_LENGTH}, {"name": "Height", **_LENGTH},
        {"name": "Dishwasher safe", "kind": "yes_no"}, {"name": "Stackable", "kind": "yes_no"},
    ],
    "Home decoration": [
        {"name": "Material", "kind": "text"}, {"name": "Height", **_LENGTH},
        {"name": "Style", "kind": "choice", "choices": ["Classic", "Country", "Modern", "Nordic"]},
    ],
}  # fmt: skip
LOOKED_AT = "Children's tableware"
_CUP = "Children's cup Lillsjön 18 cl"
COLOURS = ("Clear", "Smoke", "Green", "Amber")
_COMPANY = "7310865"
# Radius and height in units of 10 cm: the outside up to the rim, and the inside down again.
_TUMBLER = ((0.0, 0.0), (0.31, 0.0), (0.34, 0.06), (0.40, 1.05), (0.385, 1.05), (0.325, 0.12), (0.0, 0.1))


def put_on_agenda(stage: Stage, staff: Mapping[str, Actor], by_slug: Mapping[str, Trader]) -> None:
    maker = by_slug.get("lindqvist")
    stage.at(stage.back(11), lambda: _templates(stage, staff["operations"]))
    if maker is not None:
        stage.at(stage.back(4.5), lambda: _show(stage, maker))
        stage.at(stage.back(2.2), stage.scene(_looked_at, staff["operations"], maker))
    if "douro" in by_slug:
        stage.at(stage.back(4.4), stage.scene(_plates, by_slug["douro"]))


def _templates(stage: Stage, operations: Actor) -> None:
    with stage.present(), begin(operations) as work:
        there = {node.name: node for node in catalog.category_tree(work)}
    for name, attributes in TEMPLATES.items():
        if name in there:
            stage.do(operations, catalog.set_template, category_id=there[name].category_id, version=1,
                     attributes=attributes, reason="So that buyers can compare sizes")  # fmt: skip
    above = there["Tableware"].category_id if "Tableware" in there else None
    made = stage.do(operations, catalog.create_category, name=LOOKED_AT, parent_id=above)
    stage.do(operations, catalog.change_category, category_id=made, version=1, name=LOOKED_AT, parent_id=above,
             is_reviewed=True, reason="Claims about safety are read before they are on sale")  # fmt: skip


def _show(stage: Stage, maker: Trader) -> None:
    who = maker.owner
    policy = stage.do(
        who, catalog.write_policy, request_id=stage.new_id(), name="Usual terms", version=0, return_days=14,
        restocking_share=Decimal("0.1"), warranty_months=24, exclusions="Breakage in use; goods with your own print",
    )  # fmt: skip
    ids = [offered.offer_id for offered in maker.offers if offered.offer_id is not None and not offered.is_off_sale]
    stage.do(who, catalog.assign_policy, policy_id=policy, offer_ids=ids)
    stage.do(who, _tumblers, maker=maker, policy_id=policy)
    stage.do(who, _for_children, name=_CUP, sku="LG-1050", price=Decimal("4.10"),
             description="A thick cup of hardened glass that small hands can hold.")  # fmt: skip
    with stage.present(), begin(who) as work:
        first = catalog.offer_sheet(work, offer_id=ids[0]).product_id
        held = [row.submission_id for row in catalog.my_certificates(work, product_id=first) if row.holds]
    if held:
        stage.do(who, catalog.set_certificates, product_id=first, submission_ids=held)


def _tumblers(work: Work, *, maker: Trader, policy_id: UUID) -> None:
    """Three sizes in four colours: twelve SKUs with a number of the trade each, on sale and in stock."""
    assert maker.maker is not None and maker.location_id is not None
    home = {row.name: row.category_id for row in catalog.categories(work)}
    product = catalog.create_product(
        work, request_id=new_id(), name="Tumbler Åsunden", brand=maker.name, category_id=home.get("Tableware"),
        description="A straight tumbler in three sizes and four colours that stack into each other.",
        option_names=["Size", "Colour"], variants=[],
        specifications={"Material": "Soda-lime glass", "Stackable": "Yes", "Dishwasher safe": "Yes",
                        "Diameter": "8 cm", "Height": "10.5 cm"},
    )  # fmt: skip
    catalog.create_variants(
        work, request_id=new_id(), product_id=product, sku="LG-T",
        options={"Size": ["20 cl", "30 cl", "40 cl"], "Colour": list(COLOURS)},
        tiers=[(24, Decimal("2.90")), (120, Decimal("2.60")), (480, Decimal("2.35"))], currency="EUR",
        minimum_quantity=24, order_increment=12, lead_time_days=4, production_days=2, tax_rate=Decimal("0.25"),
        packs=[("Sleeve", 6, "inner"), ("Case", 24, "case"), ("Pallet", 1152, "pallet")],
    )  # fmt: skip
    rows = catalog.my_variants(work, product_id=product)
    catalog.change_variants(
        work, product_id=product,
        changes=[
            {"offer_id": row.offer_id, "version": row.version, "gtin": _gtin(number), "state": "published"}
            | ({"price": Decimal("3.40")} if row.options["Size"] == "40 cl" else {})
            for number, row in enumerate(rows)
        ],
    )  # fmt: skip
    catalog.assign_policy(work, policy_id=policy_id, offer_ids=[row.offer_id for row in rows if row.offer_id])
    for number, colour in enumerate(COLOURS[:3]):
        content = pictures.draw("tumbler", maker.maker.colours[number % 2], ("a8d5cf", "d9c7a3", "b8d8a0")[number])
        catalog.add_media(
            work, request_id=new_id(), product_id=product, kind=catalog.MediaKind.PICTURE, content=content,
            name=f"tumbler-{colour}.png".lower(), alt=f"Tumbler Åsunden in {colour.lower()}",
        )  # fmt: skip
    catalog.add_media(
        work, request_id=new_id(), product_id=product, kind=catalog.MediaKind.MODEL, name="tumbler.glb",
        content=pictures.turned(_TUMBLER, maker.maker.colours[1]), alt="The tumbler of 30 cl, to be turned",
    )  # fmt: skip
    for row in rows[:9]:
        stock.receive_stock(work, request_id=new_id(), variant_id=row.variant_id, location_id=maker.location_id,
                            quantity=24 * 20, unit_cost=Decimal("1.48"), currency="EUR")  # fmt: skip


def _for_children(work: Work, *, name: str, sku: str, price: Decimal, description: str) -> UUID:
    """Something that waits until operations have looked at it."""
    home = {row.name: row.category_id for row in catalog.categories(work)}
    product = catalog.create_product(
        work, request_id=new_id(), name=name, brand="Lindqvist Glasbruk", category_id=home.get(LOOKED_AT),
        description=description, specifications={"Material": "Hardened glass", "Dishwasher safe": "Yes"},
    )  # fmt: skip
    variant = catalog.variants_of_product(work, product_id=product)[0][0]
    offer = catalog.create_offer(
        work, request_id=new_id(), variant_id=variant, sku=sku, tiers=[(12, price)], currency="EUR",
        minimum_quantity=12, order_increment=12, lead_time_days=5, tax_rate=Decimal("0.25"), packs=[("Case", 12)],
    )  # fmt: skip
    catalog.publish_offer(work, offer_id=offer)
    return product


def _looked_at(stage: Stage, operations: Actor, maker: Trader) -> None:
    """The cup may be sold; its new words wait, and so does a plate that comes after it."""
    with stage.present(), begin(operations) as work:
        waiting = [row for row in catalog.changes(work)[0] if row.seller_id == maker.id]
    for row in waiting:
        stage.do(operations, catalog.decide_change, change_id=row.change_id, is_approved=True)
        stage.do(
            maker.owner, catalog.change_product, product_id=row.product_id,
            description="A thick cup of hardened glass that small hands can hold, free of lead and cadmium.",
        )  # fmt: skip
    stage.do(
        maker.owner, _for_children, name="Children's plate Lillsjön 18 cm", sku="LG-1055", price=Decimal("5.20"),
        description="A deep rim keeps peas on the plate; breaks into blunt crumbs.",
    )  # fmt: skip


def _plates(stage: Stage, maker: Trader) -> None:
    """A plate is shown in its two glazes, and with what goes with it."""
    assert maker.maker is not None
    plates = [offered for offered in maker.offers if offered.sku.startswith("PD-100") and offered.offer_id is not None]
    with stage.present(), begin(maker.owner) as work:
        product = catalog.offer_sheet(work, offer_id=plates[0].offer_id or maker.id).product_id
    main, second = maker.maker.colours
    for drawing, one, other, alt in (
        ("plate", main, second, "Dinner plate Foz in the glaze Ocean"),
        ("plate", second, main, "Dinner plate Foz in the glaze Sand"),
        ("bowl", main, second, "The soup bowl that goes with it"),
    ):
        stage.do(
            maker.owner, catalog.add_media, request_id=stage.new_id(), product_id=product,
            kind=catalog.MediaKind.PICTURE, content=pictures.draw(drawing, one, other), name=f"{drawing}.png", alt=alt,
        )  # fmt: skip


def _gtin(number: int) -> str:
    """A number of the trade with its check digit."""
    body = f"{_COMPANY}{10000 + number}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"
