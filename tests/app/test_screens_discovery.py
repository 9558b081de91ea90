"""What a buyer does with what was found: a grid of variants, products side by side, lists and quick orders."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app.navigation import SCREENS
from domain import catalog, discovery, orders
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.make.market import Company, Market, make_market

pytestmark = pytest.mark.usefixtures("database")
SIZES, COLOURS = ("S", "M", "L"), ("Black", "Blue", "Green", "Red")


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=2)


def shirt(maker: Company, *, sizes: tuple[str, ...] = SIZES) -> tuple[UUID, list[UUID]]:
    """A product in sizes and colours, on sale at 10.00, and at 8.00 from 50 on."""
    product = run(
        maker.owner, catalog.create_product, request_id=uuid4(), name="Work shirt",
        variants=[(f"{size}, {colour}", {"Size": size, "Colour": colour}) for size in sizes for colour in COLOURS],
    )  # fmt: skip
    with begin(maker.owner) as work:
        variants = catalog.variants_of_product(work, product_id=product)
    offers = []
    for number, (variant_id, _) in enumerate(variants):
        offers.append(
            run(
                maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku=f"SHIRT-{number}",
                tiers=[(1, Decimal(10)), (50, Decimal(8))], currency="EUR", minimum_quantity=5,
            )
        )  # fmt: skip
        run(maker.owner, catalog.publish_offer, offer_id=offers[-1])
    return product, offers


def opened(at: AppTest, url: str, **address: object) -> AppTest:
    screen = next(screen for screen in SCREENS if screen.url == url)
    at.query_params.clear()
    for name, value in address.items():
        at.query_params[name] = str(value)
    at.switch_page(str(PROJECT / screen.path)).run()
    assert not at.exception and "Something went wrong" not in texts(at)
    return at


def lines(market: Market) -> dict[UUID, int]:
    with begin(market.retailer.owner) as work:
        return {line.offer_id: line.quantity for group in orders.my_basket(work).groups for line in group.lines}


def shop(market: Market) -> dict[str, str]:
    return cookie_of(session_of(next(iter(market.retailer.emails.values()))))


def test_variants_are_ordered_from_a_grid_in_one_press(market: Market) -> None:
    product, offers = shirt(market.makers[0])
    with browser(shop(market)) as at:
        at.run()
        opened(at, "retailer-product", product=product)
        assert "Order several variants" in texts(at) and "Size M" in texts(at)
        for offer_id in offers[:-1]:
            at.number_input(key=f"matrix-{offer_id}").set_value(60)
        at.number_input(key=f"matrix-{offers[-1]}").set_value(3).run()
        assert "is sold from 5 on" in at.warning[0].value and r"€8\.00" in texts(at)
        at.number_input(key=f"matrix-{offers[-1]}").set_value(5).run()
        at.button(key="matrix-add").click().run()
        assert not at.exception
        assert lines(market) == dict.fromkeys(offers[:-1], 60) | {offers[-1]: 5}
        assert all(at.number_input(key=f"matrix-{offer_id}").value == 0 for offer_id in offers)


def test_products_stand_side_by_side_and_a_hidden_one_does_not(market: Market) -> None:
    product, offers = shirt(market.makers[0], sizes=("S",))
    with begin(market.retailer.owner) as work:
        other = next(
            row.product_id for row in discovery.search_products(work).rows if row.offer_id == market.makers[1].offers[0]
        )
    with browser(shop(market)) as at:
        at.run()
        opened(at, "retailer-compare")
        assert "Nothing to compare yet" in texts(at)
        opened(at, "retailer-compare", products=f"{product},{other},{uuid4()},nonsense")
        assert "Work shirt" in texts(at) and "Thing 2" in texts(at) and "At your door" in texts(at)
        run(market.makers[0].owner, discovery.set_audience, offer_ids=offers, shown_to=[])
        opened(at, "retailer-compare", products=f"{product},{other}")
        assert "Work shirt" not in texts(at) and "Thing 2" in texts(at)


def test_a_basket_is_saved_and_loaded_again(market: Market) -> None:
    [thing] = market.makers[0].offers
    run(market.retailer.owner, orders.add_to_basket, offer_id=thing, quantity=20)
    with browser(shop(market)) as at:
        at.run()
        opened(at, "retailer-lists")
        assert "No lists yet" in texts(at)
        at.text_input[0].set_value("Monday order")
        next(one for one in at.button if one.label.startswith("Save ")).click().run()
        assert not at.exception and "1 line · changed" in texts(at)
        run(market.retailer.owner, orders.remove_from_basket, offer_id=thing)
        run(market.makers[0].owner, catalog.set_price_tiers, offer_id=thing, tiers=[(1, Decimal(11))])
        with begin(market.retailer.owner) as work:
            [row] = orders.my_lists(work)
        opened(at, "retailer-lists", list=row.list_id)
        assert "1 price changed since it was saved" in texts(at) and r"€11\.00 each" in texts(at)
        next(one for one in at.button if one.label == "Into the basket").click().run()
        assert lines(market) == {thing: 20}
        opened(at, "retailer-lists", list=uuid4())
        assert "We could not find that" in texts(at)


def test_pasted_lines_fill_the_basket(market: Market) -> None:
    one, other = (maker.offers[0] for maker in market.makers)
    with begin(market.makers[0].owner) as work:
        sku = catalog.offer_sheet(work, offer_id=one).sku
    with browser(shop(market)) as at:
        at.run()
        opened(at, "retailer-quick-order")
        at.text_area(key="pasted").set_value(f"SKU;Qty\n{sku.lower()};12\nNOPE;3\nX;many").run()
        next(button for button in at.button if button.label == "Read the lines").click().run()
        assert not at.exception
        shown = texts(at)
        assert "1 line found" in shown and "1 line to choose" in shown and "1 line to mend" in shown
        next(button for button in at.button if button.label.startswith("Put 1 product")).click().run()
        assert lines(market) == {one: 12} and other not in lines(market)


def test_results_are_filtered_kept_and_compared(market: Market) -> None:
    product, offers = shirt(market.makers[0], sizes=("S",))
    run(market.makers[0].owner, catalog.change_offer, offer_id=offers[0], version=2, minimum_quantity=400)
    with browser(shop(market)) as at:
        at.run()
        opened(at, "retailer-products", q="shirt")
        shown = texts(at)
        assert "Maker 1" in shown and "Maker 2" not in shown
        at.text_input(key="q").set_value("").run()
        opened(at, "retailer-products", supplier=market.makers[1].org_id)
        assert "Maker 2" in texts(at) and "Maker 1" not in texts(at)
        chip = at.button(key="chip-supplier")
        assert "Maker 2" in chip.label
        chip.click().run()
        assert not at.exception and "Maker 1" in texts(at)
        at.button(key=f"compare-{product}").click().run()
        assert at.session_state["compared"] == [product]
        at.text_input(key="q").set_value("shirt").run()
        opened(at, "retailer-products", moq=500)
        assert not any(one.label in ("Save search", "Any lead time") for one in (*at.button, *at.selectbox))
        at.session_state["saved-searches"] = at.session_state["more-filters"] = True  # as who opens them does
        at.run()
        assert any(one.label == "Any lead time" for one in at.selectbox)
        at.text_input[-1].set_value("Shirts")
        next(one for one in at.button if one.label == "Save search").click().run()
        assert not at.exception
        with begin(market.retailer.owner) as work:
            [row] = discovery.my_searches(work)
        assert (row.name, row.criteria.find, row.criteria.max_minimum_quantity) == ("Shirts", "shirt", 500)
        opened(at, "retailer-products", supplier="nonsense", price="x-y", level="9", moq="-1", country="zzz", saved="x")
