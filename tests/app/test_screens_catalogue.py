"""The seller's product in its tabs, the tree of categories and the queue of what is looked at, as people use them."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from app.parts.differences import marked
from app.parts.product_variants import changes_of
from domain import catalog
from domain.identity import OrgKind, Variant
from domain.kernel.work import begin, run
from tests.app.test_screens_seller_admin import press, screen, texts
from tests.make.files import a_picture
from tests.make.market import Company, company, offer


@pytest.fixture
def maker(database: Any) -> Company:
    return company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER)


@pytest.mark.parametrize("tab", ["about", "variants", "media", "rules", "terms", "certificates"])
def test_every_tab_of_a_product_opens(maker: Company, tab: str) -> None:
    offer_id = offer(maker, "Thing")
    if tab == "media":
        with begin(maker.owner) as work:
            product_id = catalog.offer_sheet(work, offer_id=offer_id).product_id
        run(maker.owner, catalog.add_media, request_id=uuid4(), product_id=product_id, kind="picture",
            content=a_picture(), name="a.png", alt="A thing of teal")  # fmt: skip
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-product", offer=offer_id, tab=tab) as at:
        assert at.title[0].value == "Thing"
        told = {"about": "Specifications", "variants": "1 variant", "media": "A thing of teal", "rules": "Packs",
                "terms": "No terms yet", "certificates": "No verified certificate yet"}  # fmt: skip
        assert told[tab] in texts(at)


def test_sizes_and_colours_become_a_matrix_of_drafts(maker: Company) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-product", show="new") as at:
        at.text_input(key="new-name").set_value("Shirt")
        at.text_input(key="new-sku").set_value("TS")
        for number, (name, values) in enumerate((("Size", "S, M, L"), ("Colour", "Red, Blue, Green, White"))):
            at.text_input(key=f"new-option-{number}").set_value(name)
            at.text_input(key=f"new-values-{number}").set_value(values)
        press(at, "Create draft")
    with begin(maker.owner) as work:
        rows, total = catalog.my_offers(work, state="draft")
    assert (total, len({row.sku for row in rows})) == (12, 12)


def test_what_is_written_into_the_table_is_what_changes(maker: Company) -> None:
    offer_id = offer(maker, "Thing")
    with begin(maker.owner) as work:
        product_id = catalog.offer_sheet(work, offer_id=offer_id).product_id
        rows = catalog.my_variants(work, product_id=product_id)
    [row] = rows
    shown: dict[str, list[Any]] = {
        "SKU": [row.sku], "GTIN": [""], "State": ["Published"], "Price": [10.0], "Minimum": [1], "Steps": [1],
        "Making": [0], "Lead time": [3],
    }  # fmt: skip
    assert changes_of(rows, shown) == []
    written = shown | {"GTIN": ["4006381333931"], "State": ["Paused"], "Price": [9.5], "Making": [2]}
    assert changes_of(rows, written) == [{
        "offer_id": offer_id, "version": row.version, "gtin": "4006381333931", "state": "paused", "price": Decimal("9.5"),
        "production_days": 2,
    }]  # fmt: skip


def test_operations_approve_what_waits_and_read_its_difference(maker: Company) -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.COMPLIANCE)
    made = run(platform.owner, catalog.create_category, name="Toys")
    run(platform.owner, catalog.change_category, category_id=made, version=1, name="Toys", parent_id=None, is_reviewed=True,
        reason="Small parts")  # fmt: skip
    doll = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Doll", category_id=made)
    with begin(maker.owner) as work:
        [(variant_id, _)] = catalog.variants_of_product(work, product_id=doll)
    draft = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku="D",
                tiers=[(1, Decimal(3))], currency="EUR")  # fmt: skip
    run(maker.owner, catalog.publish_offer, offer_id=draft)
    with screen(platform.emails[Variant.COMPLIANCE], "admin-catalogue") as at:
        assert "Doll" in texts(at)
        assert not [button for button in at.button if button.label == "Approve"]
    with screen(platform.emails[Variant.OPERATIONS], "admin-catalogue") as at:
        press(at, "Approve")
        assert "Nothing waits" in texts(at)
    with begin(maker.owner) as work:
        assert catalog.offer_sheet(work, offer_id=draft).state == "published"
    with screen(platform.emails[Variant.OPERATIONS], "admin-categories") as at:
        assert "looked at first" in texts(at)


def test_a_difference_marks_words_and_nothing_else() -> None:
    assert marked("A blue bowl", "A red bowl") == "A :red[~~blue~~] :green-background[red]  bowl"
    assert marked("Same", "Same") == "Same"
    assert marked("", "[link](https://x.example)").count("(https") == 0 or "\\[" in marked("", "[link](https://x.example)")
