"""What a seller says of products: by templates, in variants, with media, policies and certificates."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from domain import catalog, orders
from domain.catalog.units import UNITS, convert, measured
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, clock, run
from tests.make.files import a_pdf, a_picture
from tests.make.market import Company, buy, company, make_market, offer, orders_of, sheet
from tests.make.media import a_film, a_model


@pytest.fixture
def operations(database: Any) -> Actor:
    return company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.COMPLIANCE).owner


@pytest.fixture
def maker(database: Any) -> Company:
    return company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER)


def count(table: str) -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.select(sa.func.count()).select_from(sa.text(table))).scalar_one())


def category(operations: Actor, name: str, *attributes: dict[str, Any], parent: UUID | None = None) -> UUID:
    made = run(operations, catalog.create_category, name=name, parent_id=parent)
    if attributes:
        run(operations, catalog.set_template, category_id=made, version=1, attributes=attributes, reason="To compare")
    return made


def product(maker: Company, name: str = "Bowl", **facts: Any) -> UUID:
    return run(maker.owner, catalog.create_product, request_id=uuid4(), name=name, **facts)


def specified(maker: Company, product_id: UUID) -> dict[str, Any]:
    with begin(maker.owner) as work:
        return catalog.product_sheet(work, product_id=product_id).specifications


# --- units and templates ---------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "to", "found"), [
    ("10 in", "cm", "25.4"), ("1 lb", "kg", "0.45359237"), ("212 °F", "°C", "100"), ("0 K", "°C", "-273.15"),
    ("1.5 l", "cl", "150"), ("1 gal", "l", "3.785411784"), ("16 fl oz", "pt", "1"),
])  # fmt: skip
def test_units_convert_exactly(said: str, to: str, found: str) -> None:
    read = measured(said)
    assert read is not None
    assert convert(read[0], unit=UNITS[read[1]], to=UNITS[to]) == Decimal(found)
    with pytest.raises(Invalid):
        convert(Decimal(1), unit=UNITS["kg"], to=UNITS["cm"])


def test_a_template_holds_products_to_type_and_unit_and_names_the_field(operations: Actor, maker: Company) -> None:
    above = category(operations, "Kitchen", {"name": "Material", "kind": "text", "is_required": True})
    bowls = category(
        operations, "Bowls", {"name": "Diameter", "kind": "decimal", "unit": "centimetre"},
        {"name": "Pieces in a set", "kind": "whole"}, {"name": "Oven safe", "kind": "yes_no"},
        {"name": "Shape", "kind": "choice", "choices": ["Round", "Square"]}, parent=above,
    )  # fmt: skip
    with begin(operations) as work:
        assert [row.name for row in catalog.template_of(work, category_id=bowls)][0] == "Material"
    run(operations, catalog.set_template, category_id=bowls, version=2, reason="A unit that is known", attributes=[
        {"name": "Diameter", "kind": "decimal", "unit": "cm"}, {"name": "Pieces in a set", "kind": "whole"},
        {"name": "Oven safe", "kind": "yes_no"}, {"name": "Shape", "kind": "choice", "choices": ["Round", "Square"]},
    ])  # fmt: skip
    made = product(maker, category_id=bowls, specifications={
        "Diameter": "10 in", "Pieces in a set": "6", "Oven safe": "yes", "Shape": "round", "Glaze": "Matt"})  # fmt: skip
    assert specified(maker, made) == {
        "Diameter": "25.4 cm", "Pieces in a set": 6, "Oven safe": True, "Shape": "Round", "Glaze": "Matt",
    }  # fmt: skip
    before = count("events")
    for field, wrong in (("Diameter", "10 kg"), ("Diameter", "wide"), ("Pieces in a set", "1.5"), ("Oven safe", "maybe"),
                         ("Shape", "Oval")):  # fmt: skip
        with pytest.raises(Invalid, match=field):
            run(maker.owner, catalog.change_product, product_id=made, specifications={field: wrong})
    assert count("events") == before
    # what is needed is asked for when it goes on sale
    with begin(maker.owner) as work:
        [(variant_id, _)] = catalog.variants_of_product(work, product_id=made)
    draft = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku="B-1",
                tiers=[(1, Decimal(3))], currency="EUR")  # fmt: skip
    with pytest.raises(Invalid, match="Material"):
        run(maker.owner, catalog.publish_offer, offer_id=draft)
    run(maker.owner, catalog.change_product, product_id=made, specifications=specified(maker, made) | {"Material": "Clay"})
    assert run(maker.owner, catalog.publish_offer, offer_id=draft) == "published"


def test_products_stand_side_by_side_in_one_unit(operations: Actor, maker: Company) -> None:
    bowls = category(operations, "Bowls", {"name": "Diameter", "kind": "decimal", "unit": "cm"})
    one = product(maker, category_id=bowls, specifications={"Diameter": "10 in", "Weight": "500 g", "Set": "6"})
    other = product(maker, "Other", specifications={"Diameter": "254 mm", "Weight": "0,5 kg", "Colour": "Red"})
    with begin(maker.owner) as work:
        rows = {row.name: row for row in catalog.aligned_specifications(work, product_ids=[one, other])}
    assert rows["Diameter"].values == ("25.4 cm", "25.4 cm")
    assert not rows["Diameter"].differs
    assert (rows["Weight"].unit, rows["Weight"].numbers) == ("g", (Decimal(500), Decimal(500)))
    assert rows["Colour"].values == ("", "Red")
    assert rows["Colour"].differs
    with begin(company(OrgKind.MANUFACTURER, "Rival").owner) as work:  # drafts say nothing to others
        assert catalog.aligned_specifications(work, product_ids=[one, other]) == []


def test_the_tree_is_kept_by_operations_and_has_no_rings(operations: Actor, maker: Company) -> None:
    above = category(operations, "Home")
    below = category(operations, "Glass", parent=above)
    change = {"name": "Home", "is_reviewed": False, "reason": "Order"}
    with pytest.raises(Invalid, match="below itself"):
        run(operations, catalog.change_category, category_id=above, version=1, parent_id=below, **change)
    with pytest.raises(Conflict, match="already"):
        run(operations, catalog.change_category, category_id=below, version=1, parent_id=None, **change)
    run(operations, catalog.change_category, category_id=above, version=1, parent_id=None, **change | {"name": "House"})
    with pytest.raises(catalog.StaleVersion):
        run(operations, catalog.change_category, category_id=above, version=1, parent_id=None, **change)
    with begin(operations) as work:
        assert [(row.name, row.depth, row.path) for row in catalog.category_tree(work)] == [
            ("House", 0, ("House",)), ("Glass", 1, ("House", "Glass"))]  # fmt: skip


def test_a_move_leaves_its_history(operations: Actor, maker: Company) -> None:
    first, second = category(operations, "First"), category(operations, "Second")
    made = product(maker, category_id=first)
    periods = sa.text("select category_id, valid_to is null from product_categories where product_id = :id"
                      " order by valid_from")  # fmt: skip
    with begin(Actor.system()) as work:
        now = work.now
        assert [tuple(row) for row in work.session.execute(periods, {"id": made})] == [(first, True)]
    with clock(now + timedelta(days=3)):
        run(maker.owner, catalog.change_product, product_id=made, category_id=second)
    with clock(now + timedelta(days=5)):
        run(maker.owner, catalog.change_product, product_id=made, category_id=None)
    with begin(Actor.system()) as work:
        assert [tuple(row) for row in work.session.execute(periods, {"id": made})] == [
            (first, False), (second, False), (None, True)]  # fmt: skip
        # what the warehouse makes of it: an order of any day finds the category of that day, and one only
        staged = (PROJECT / "dbt_project/models/staging/stg_catalog__product_categories.sql").read_text()
        staged = staged.replace("{{ source('market', 'product_categories') }}", "product_categories")
        at = sa.text("select category_id from (" + staged.partition("\n")[2] + ") k where product_id = :id"
                     " and cast(:at as timestamptz) >= valid_from and cast(:at as timestamptz) < valid_to")  # fmt: skip
        found = [
            work.session.scalars(at, {"id": made, "at": now + timedelta(days=days)}).all() for days in (-900, 1, 3, 4, 6)
        ]
    assert found == [[first], [first], [second], [second], [None]]


# --- variants --------------------------------------------------------------------------------------


@pytest.fixture
def statements(database: Any) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = db.session().get_bind()

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def make_variants(maker: Company, product_id: UUID, sizes: list[str], colours: list[str], sku: str = "TS") -> list[UUID]:
    return run(
        maker.owner, catalog.create_variants, request_id=uuid4(), product_id=product_id, sku=sku, currency="EUR",
        options={"Size": sizes, "Colour": colours}, tiers=[(1, Decimal("9.00")), (50, Decimal("8.00"))],
        packs=[("Case", 24), ("Pallet", 960, "pallet")],
    )  # fmt: skip


def variants(maker: Company, product_id: UUID) -> list[catalog.VariantRow]:
    with begin(maker.owner) as work:
        return catalog.my_variants(work, product_id=product_id)


def test_three_sizes_in_four_colours_are_twelve_skus(maker: Company, statements: list[str]) -> None:
    shirt = product(maker, "Shirt", option_names=["Size", "Colour"], variants=[])
    statements.clear()
    offers = make_variants(maker, shirt, ["S", "M", "L"], ["Red", "Dark blue", "Dark brown", "White"])
    asked = len(statements)
    rows = variants(maker, shirt)
    assert len(set(offers)) == len(rows) == len({row.sku for row in rows}) == 12
    assert (rows[0].sku, rows[0].options, rows[0].name) == ("TS-S-RED", {"Size": "S", "Colour": "Red"}, "S, Red")
    assert [row.options["Size"] for row in rows[::4]] == ["S", "M", "L"]
    assert make_variants(maker, shirt, ["S", "M"], ["Red"]) == []  # they are there
    statements.clear()
    other = product(maker, "Other", option_names=["Size", "Colour"], variants=[])
    statements.clear()
    make_variants(maker, other, [f"S{n}" for n in range(12)], [f"C{n}" for n in range(12)], "OT")
    assert len(statements) <= asked + 2
    # a colour comes, another goes
    make_variants(maker, shirt, ["S", "M", "L"], ["Green"], "TS")
    assert len(variants(maker, shirt)) == 15
    gone = [row.variant_id for row in variants(maker, shirt) if row.options["Colour"] == "Red"]
    run(maker.owner, catalog.remove_variants, product_id=shirt, variant_ids=gone)
    assert {row.options["Colour"] for row in variants(maker, shirt)} == {"Dark blue", "Dark brown", "White", "Green"}
    with pytest.raises(Invalid, match="at least one"):
        run(maker.owner, catalog.remove_variants, product_id=shirt,
            variant_ids=[row.variant_id for row in variants(maker, shirt)])  # fmt: skip
    with pytest.raises(Invalid, match="differ by"):
        run(maker.owner, catalog.create_variants, request_id=uuid4(), product_id=shirt, sku="X", currency="EUR",
            options={"Size": ["S"]}, tiers=[(1, Decimal(1))])  # fmt: skip


def test_variants_are_changed_together_or_not_at_all(maker: Company) -> None:
    shirt = product(maker, "Shirt", option_names=["Size", "Colour"], variants=[])
    make_variants(maker, shirt, ["S", "M"], ["Red"])
    small, medium = variants(maker, shirt)
    change = {"offer_id": small.offer_id, "version": small.version, "gtin": "4006381333931", "price": Decimal("8.50"),
              "minimum_quantity": 6, "lead_time_days": 4, "sku": "NEW-S", "state": "published"}  # fmt: skip
    other = {"offer_id": medium.offer_id, "version": medium.version}
    for wrong, said in (({"gtin": "4006381333932"}, "TS-M-RED"), ({"minimum_quantity": 0}, "TS-M-RED"),
                        ({"sku": "NEW-S"}, "same SKU"), ({"gtin": "4006381333931"}, "two variants|Two variants"),
                        ({"price": Decimal("7.00")}, "rises")):  # fmt: skip
        with pytest.raises(DomainError, match=said):
            run(maker.owner, catalog.change_variants, product_id=shirt, changes=[change, other | wrong])
        assert variants(maker, shirt) == [small, medium]
    with pytest.raises(catalog.StaleVersion):
        run(maker.owner, catalog.change_variants, product_id=shirt, changes=[change | {"version": 7}])
    assert run(maker.owner, catalog.change_variants, product_id=shirt, changes=[change, other]) == 1
    now = {row.variant_id: row for row in variants(maker, shirt)}[small.variant_id]
    assert (now.sku, now.gtin, now.from_price, now.minimum_quantity, now.lead_time_days, now.state) == (
        "NEW-S", "4006381333931", Decimal("8.5"), 6, 4, "published")  # fmt: skip
    with begin(maker.owner) as work:
        assert [row.offer_id for row in catalog.my_offers(work, find="04006381333931")[0]] == [small.offer_id]


def test_the_same_number_at_two_sellers_is_a_match_candidate(maker: Company) -> None:
    rival = company(OrgKind.MANUFACTURER, "Rival", Variant.FACTORY_OWNER)
    for seller, number in ((maker, "036000291452"), (rival, "0036000291452")):
        offer_id = offer(seller, f"Soap of {seller.name}")
        with begin(seller.owner) as work:
            found = catalog.offer_sheet(work, offer_id=offer_id)
        run(seller.owner, catalog.change_variants, product_id=found.product_id,
            changes=[{"offer_id": offer_id, "version": found.version, "gtin": number}])  # fmt: skip
    with begin(maker.owner) as work:
        [match] = catalog.match_candidates(work, offer_ids=maker.offers)
    assert (match.offer_id, match.seller_name, match.gtin) == (rival.offers[0], "Rival", "0036000291452")


def test_packs_and_tax_are_changed_with_a_version_and_in_whole_numbers(maker: Company) -> None:
    offer_id = offer(maker, "Thing")

    def held() -> catalog.OfferSheet:
        with begin(maker.owner) as work:
            return catalog.offer_sheet(work, offer_id=offer_id)

    first = held()
    packs = [("Pallet", 960, "pallet"), ("Box", 24, "case"), ("Strip", 6, "inner")]
    run(maker.owner, catalog.change_offer, offer_id=offer_id, version=first.version, packs=packs, tax_rate=Decimal("0.25"),
        shelf_life_days=400, minimum_life_share=Decimal("0.6"), grade="B")  # fmt: skip
    now = held()
    assert [(pack.name, pack.base_units) for pack in now.packs] == [("Strip", 6), ("Box", 24), ("Pallet", 960)]
    assert (now.tax_rate, now.version) == (Decimal("0.25"), first.version + 1)
    with pytest.raises(catalog.StaleVersion):
        run(maker.owner, catalog.change_offer, offer_id=offer_id, version=first.version, packs=[])
    with pytest.raises(Invalid, match="whole number"):
        run(maker.owner, catalog.change_offer, offer_id=offer_id, version=now.version,
            packs=[("Box", 24), ("Pallet", 100, "pallet")])  # fmt: skip
    assert held() == now


def test_another_grade_has_its_own_price_and_stock(maker: Company) -> None:
    best = offer(maker, "Plate", tiers=[(1, "10.00")], on_hand=100)
    second = run(maker.owner, catalog.create_grade, request_id=uuid4(), offer_id=best, grade="B", sku="PLATE-B",
                 tiers=[(1, Decimal("6.00"))])  # fmt: skip
    with begin(maker.owner) as work:
        found = catalog.offer_sheet(work, offer_id=second)
        assert catalog.product_sheet(work, product_id=found.product_id).name == "Plate"
    assert (found.variant_name, found.tiers[0].unit_price, found.state) == ("Grade B", Decimal(6), "draft")
    assert found.variant_id != maker.variants[0]
    with pytest.raises(Conflict, match="sold already"):
        run(maker.owner, catalog.create_grade, request_id=uuid4(), offer_id=best, grade="B", sku="PLATE-C",
            tiers=[(1, Decimal(5))])  # fmt: skip


# --- policies --------------------------------------------------------------------------------------


def test_an_order_keeps_the_policy_and_the_grade_it_was_placed_under(database: Any) -> None:
    market = make_market(makers=1)
    [maker], shop = market.makers, market.retailer
    usual = {"name": "Usual", "return_days": 14, "restocking_share": Decimal("0.1"), "warranty_months": 24}
    first = run(maker.owner, catalog.write_policy, request_id=uuid4(), version=0, **usual)
    run(maker.owner, catalog.assign_policy, policy_id=first, offer_ids=maker.offers)
    with begin(maker.owner) as work:
        version = catalog.offer_sheet(work, offer_id=maker.offers[0]).version
    run(maker.owner, catalog.change_offer, offer_id=maker.offers[0], version=version, grade="A", production_days=2)
    before = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    with pytest.raises(catalog.StaleVersion):
        run(maker.owner, catalog.write_policy, request_id=uuid4(), version=0, **usual)
    second = run(maker.owner, catalog.write_policy, request_id=uuid4(), version=1, **usual | {"return_days": 30})
    after = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    assert [(line.policy_id, line.grade) for made in (before, after) for line in sheet(shop.owner, made).lines] == [
        (first, "A"), (second, "A")]  # fmt: skip
    with begin(shop.owner) as work:
        found = catalog.policies(work, policy_ids=[first, second])
    assert [(found[one].version, found[one].return_days) for one in (first, second)] == [(1, 14), (2, 30)]
    # two working days to make it, three days on the way
    run(maker.owner, orders.confirm_order, order_id=before)
    sold = sheet(maker.owner, before)
    assert sold.promised_at is not None and sold.confirmed_at is not None
    took = sold.promised_at - sold.confirmed_at
    assert timedelta(days=5) <= took <= timedelta(days=7)
    with begin(maker.owner) as work:
        assert orders.promise_record(work).due == 0


# --- media -----------------------------------------------------------------------------------------


def add(maker: Company, product_id: UUID, kind: str, content: bytes, name: str, alt: str = "A bowl") -> UUID:
    return run(maker.owner, catalog.add_media, request_id=uuid4(), product_id=product_id, kind=kind, content=content,
               name=name, alt=alt)  # fmt: skip


def test_media_have_sizes_words_and_an_order(maker: Company) -> None:
    bowl = product(maker)
    first = add(maker, bowl, "picture", a_picture(size=(900, 600)), "front.png")
    film = add(maker, bowl, "video", a_film(), "bowl.mp4")
    model = add(maker, bowl, "model", a_model(), "bowl.glb")
    second = add(maker, bowl, "picture", a_picture("JPEG", colour="red"), "back.jpg", "Its back")
    run(maker.owner, catalog.arrange_media, product_id=bowl, media_ids=[second, film, model, first])
    with begin(maker.owner) as work:
        rows = catalog.media_of(work, product_ids=[bowl])[bowl]
        assert catalog.product_sheet(work, product_id=bowl).picture_file_id == rows[0].file_id
        sizes = [files.sheet(work, file_id=one).facts["width"] for one in (
            rows[3].file_id, rows[3].card_file_id, rows[3].thumb_file_id) if one]  # fmt: skip
    assert [(row.kind, row.alt) for row in rows] == [
        ("picture", "Its back"), ("video", "A bowl"), ("model", "A bowl"), ("picture", "A bowl")]  # fmt: skip
    assert sizes == [900, 640, 160]
    run(maker.owner, catalog.remove_media, media_id=second)
    with begin(maker.owner) as work:
        assert catalog.product_sheet(work, product_id=bowl).picture_file_id == rows[3].file_id


@pytest.mark.parametrize(("kind", "content", "said"), [
    ("video", a_film()[:-20], "damaged"), ("video", a_picture(), "MP4"), ("model", a_model()[:-4], "damaged"),
    ("model", a_model(version=1), "version 1"), ("model", a_model(uri="https://other.example/x.bin"), "other files"),
    ("model", a_model(said=float("inf")), "damaged"), ("model", a_model(said=1e9), "damaged"),
    ("picture", a_film(), "PNG and JPEG"), ("picture", a_pdf("Text"), "PNG and JPEG"), ("model", b"", "empty"),
])  # fmt: skip
def test_broken_media_are_refused_with_a_sentence(maker: Company, kind: str, content: bytes, said: str) -> None:
    bowl = product(maker)
    before = count("files"), count("events")
    with pytest.raises(Invalid, match=said):
        add(maker, bowl, kind, content, "file")
    with pytest.raises(Invalid, match="what is to be seen"):
        add(maker, bowl, "picture", a_picture(), "file.png", alt=" ")
    assert (count("files"), count("events")) == before


# --- certificates ----------------------------------------------------------------------------------

_CERTIFICATE = sa.text(
    "insert into verification_submissions (id, org_id, requirement, state, source, number, issuer, facts, findings,"
    " reasons, tries, submitted_at, verified_at, counts_from, expires_at, expires_on) values (:id, :org,"
    " 'organic_certificate', 'verified', 'member', 'BIO-1', 'Body', '{}', '{}', '{}', 0, :now, :now, :now, :end,"
    " cast(:end as date))"
)


def test_a_product_is_shown_with_ones_own_certificates_while_they_hold(maker: Company) -> None:
    bowl, rival = product(maker), company(OrgKind.MANUFACTURER, "Rival")
    mine, theirs = uuid4(), uuid4()
    with begin(Actor.system()) as work:
        now = work.now
    for key, org in ((mine, maker.org_id), (theirs, rival.org_id)):
        run(Actor.system(), certify, key=key, org_id=org)
    with pytest.raises(catalog.CertificateDoesNotHold):
        run(maker.owner, catalog.set_certificates, product_id=bowl, submission_ids=[theirs])
    run(maker.owner, catalog.set_certificates, product_id=bowl, submission_ids=[mine])
    with begin(rival.owner) as work:  # a draft shows nothing to others
        assert catalog.product_claims(work, product_ids=[bowl]) == {}
    with begin(maker.owner) as work:
        assert len(catalog.product_claims(work, product_ids=[bowl])[bowl]) == 1
    run(Actor.system(), sell, product_id=bowl, org_id=maker.org_id)
    with begin(rival.owner) as work:
        [claim] = catalog.product_claims(work, product_ids=[bowl])[bowl]
    assert (claim.number, claim.submission_id) == ("BIO-1", mine)
    with clock(now + timedelta(days=31)):
        with begin(rival.owner) as work:
            assert catalog.product_claims(work, product_ids=[bowl]) == {}
        with begin(maker.owner) as work:
            assert [(tag.is_tagged, tag.holds) for tag in catalog.my_certificates(work, product_id=bowl)] == [(True, False)]


def sell(work: Any, *, product_id: UUID, org_id: UUID) -> None:
    work.session.execute(
        sa.text(
            "insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment,"
            " lead_time_days, tax_rate, created_at) select gen_random_uuid(), :org, id, 'BOWL', 'published', 'EUR', 1,"
            " 1, 0, 0, :now from product_variants where product_id = :product"
        ),
        {"product": product_id, "org": org_id, "now": work.now},
    )


def certify(work: Any, *, key: UUID, org_id: UUID) -> None:
    work.session.execute(_CERTIFICATE, {"id": key, "org": org_id, "now": work.now, "end": work.now + timedelta(days=30)})


def test_sizes_stand_in_the_order_in_which_people_count_them(maker: Company) -> None:
    glass = product(maker, "Glass", option_names=["Size", "Colour"], variants=[])
    make_variants(maker, glass, ["40 cl", "0.2 l", "30 cl"], ["Red"], "GL")
    assert [row.options["Size"] for row in variants(maker, glass)] == ["0.2 l", "30 cl", "40 cl"]
