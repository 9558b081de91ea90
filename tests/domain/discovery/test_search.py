"""What search finds and in which order: words, numbers, slips of the pen, filters, and what it keeps to itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain import catalog, discovery, pricing
from domain.discovery import ProductRow, ResultPage
from domain.identity import Variant
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.work import Work, begin, clock, run
from tests.make.market import Company, Market, buy, make_market, receive

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SYSTEM = Actor.system()


@pytest.fixture
def market(database: sa.Connection) -> Iterator[Market]:
    with clock(NOW):
        yield make_market(makers=2)


def sell(
    maker: Company, name: str, *, description: str = "", brand: str | None = None, sku: str | None = None,
    price: str = "10.00", minimum: int = 1, lead: int = 3, category: UUID | None = None, on_hand: int = 0,
    variants: tuple[tuple[str, dict[str, str]], ...] = (("Standard", {}),),
) -> list[UUID]:  # fmt: skip
    """A product on sale, an offer for each variant. Returns the offers."""
    who = maker.owner
    product = run(who, catalog.create_product, request_id=uuid4(), name=name, description=description, brand=brand,
                  category_id=category, variants=variants)  # fmt: skip
    with begin(who) as work:
        made = catalog.variants_of_product(work, product_id=product)
    offers = []
    for number, (variant, _) in enumerate(made):
        offer = run(
            who, catalog.create_offer, request_id=uuid4(), variant_id=variant,
            sku=(sku or name) + (f"-{number}" if number else ""), tiers=[(1, Decimal(price))], currency="EUR",
            minimum_quantity=minimum, lead_time_days=lead,
        )  # fmt: skip
        run(who, catalog.publish_offer, offer_id=offer)
        if on_hand:
            receive(maker, variant, on_hand)
        offers.append(offer)
    return offers


def search(market: Market, find: str = "", **filters: object) -> ResultPage:
    with begin(market.retailer.owner) as work:
        return discovery.search_products(work, find=find, **filters)  # type: ignore[arg-type]


def names(market: Market, find: str = "", **filters: object) -> list[str]:
    return [row.name for row in search(market, find, **filters).rows]


def first(market: Market, find: str) -> ProductRow:
    return search(market, find).rows[0]


def test_steel_bolt_m8_comes_first_and_rows_say_why(market: Market) -> None:
    maker = market.makers[0]
    for name, words in (
        ("Steel bolt M8 x 40 mm, zinc plated", "Hexagon head."), ("Steel bolt M10 x 60 mm", "Hexagon head."),
        ("Brass bolt M8", "For instruments."), ("Steel shelf", "Comes with bolts M8."), ("Socket wrench", "For steel bolts."),
    ):  # fmt: skip
        sell(maker, name, description=words)
    run(SYSTEM, discovery.count_words)
    found = search(market, "steel bolt M8")
    assert [row.name for row in found.rows] == ["Steel bolt M8 x 40 mm, zinc plated", "Steel shelf"] + [
        row.name for row in found.rows[2:]
    ]  # what has all the words stands before what has some, and what it goes with counts less
    best, shelf, *others = found.rows
    assert best.why.has_all and set(best.why.words) == {"steel", "bolt", "m8"} and best.why.score > shelf.why.score
    assert not any(row.why.has_all for row in others) and found.how == "all" and not found.is_capped
    assert names(market, "STEEL BOLTS") == names(market, "steel bolt")  # stems, in any case


def test_rare_words_say_more_than_common_ones(market: Market) -> None:
    maker = market.makers[0]
    for number in range(6):
        sell(maker, f"Blue cup {number}")
    sell(maker, "Blue teapot")
    sell(maker, "Green samovar")
    run(SYSTEM, discovery.count_words)
    assert names(market, "blue samovar")[0] == "Green samovar"  # nobody has both; the rare word decides


def test_sizes_and_models_are_found_however_they_are_written(market: Market) -> None:
    maker = market.makers[0]
    sell(maker, "Memory stick 16 GB")
    sell(maker, "Toner TN-2110 black", sku="B/7781")
    sell(maker, "Hard drive 2 TB")
    run(SYSTEM, discovery.count_words)
    assert names(market, "16gb") == names(market, "16 gb stick") == ["Memory stick 16 GB"]
    for written in ("tn2110", "TN-2110", "toner tn 2110"):
        assert names(market, written)[0] == "Toner TN-2110 black"
    sell(maker, "Harddrive case")
    run(SYSTEM, discovery.count_words)
    assert set(names(market, "hard drive")) == {"Hard drive 2 TB", "Harddrive case"}


def test_numbers_are_found_exactly_and_barcodes_in_any_length(market: Market) -> None:
    maker = market.makers[0]
    [offer] = sell(maker, "Green tea", sku="GT-0042/a")
    other = sell(maker, "Tea tin for GT-0042/a")[0]
    barcode("Green tea", "5901234123457")
    assert search(market, "gt-0042/A").how == "number" and first(market, "gt-0042/A").name == "Green tea"
    assert first(market, "gt-0042/A").why.is_number and names(market, "gt-0042/A")[1:] == ["Tea tin for GT-0042/a"]
    with begin(market.retailer.owner) as work:
        for written in ("5901234123457", "05901234123457", "GT-0042/A"):
            assert [hit.offer_id for hit in discovery.find_by_number(work, number=written)] == [offer]
        assert discovery.find_by_number(work, number="5901234123450") == []
        assert discovery.find_by_number(work, number="' or true --") == discovery.find_by_number(work, number="") == []
    run(maker.owner, catalog.pause_offer, offer_id=offer)
    assert other and "Green tea" not in names(market, "5901234123457")


def barcode(product: str, gtin: str) -> None:
    def write(work: Work) -> None:
        work.session.execute(
            text(
                "update product_variants v set gtin = :gtin from products p where p.id = v.product_id and p.name = :name"
            ),
            {"gtin": gtin, "name": product},
        )

    run(SYSTEM, write)


def test_slips_of_the_pen_find_what_was_meant(market: Market) -> None:
    maker = market.makers[0]
    sell(maker, "Bluetooth speaker")
    sell(maker, "Garden chair")
    run(SYSTEM, discovery.count_words)
    found = search(market, "bluetoth speeker")
    assert [row.name for row in found.rows] == ["Bluetooth speaker"] and found.did_you_mean == "bluetooth speaker"
    assert search(market, "blueto").did_you_mean == "bluetooth"  # the beginning of a word
    assert search(market, "bluetooth").did_you_mean is None
    # Before its words are counted a new product is found all the same, and nothing is taken for another word.
    sell(maker, "Zyxelon router")
    assert names(market, "zyxelon")[0] == "Zyxelon router"
    assert search(market, "gardn chiar").rows[0].name == "Garden chair"


ODD = (
    "%_", "'", '"', "a' or '1'='1", "!!!", "&|!():*", "<->", "\\", "x" * 5000, "🙂 lamp 🙂", "\0lamp", "the who", " \t",
)  # fmt: skip


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.text(max_size=60))
def test_whatever_is_typed_is_a_search(market: Market, asked: str) -> None:
    search(market, asked)


def test_odd_texts_find_what_they_say(market: Market) -> None:
    sell(market.makers[0], "Lamp")
    for asked in ODD:
        found = search(market, asked)
        assert found.total <= 3 and ("lamp" not in asked or found.rows[0].name == "Lamp"), asked


def test_orders_come_from_a_list(market: Market) -> None:
    maker = market.makers[0]
    sell(maker, "Lamp B", price="5.00", lead=9)
    sell(maker, "Lamp A", price="7.00", lead=1)
    assert names(market, "lamp", order="price") == ["Lamp B", "Lamp A"]
    assert names(market, "lamp", order="lead_time") == names(market, "lamp", order="name") == ["Lamp A", "Lamp B"]
    with pytest.raises(Invalid, match="ordered by"):
        search(market, "lamp", order="name; drop table products")


def test_a_filter_keeps_what_one_offer_has_and_facets_count_all_but_their_own(market: Market) -> None:
    one, other = market.makers
    lights = run(market.platform.people[Variant.OPERATIONS], catalog.create_category, name="Lights")
    sell(one, "Lamp cheap", price="4.00", minimum=100, lead=14, category=lights)
    sell(one, "Lamp fast", price="30.00", minimum=1, lead=1, category=lights, on_hand=10)
    sell(other, "Lamp other", price="25.00", minimum=10, lead=7)
    run(SYSTEM, discovery.count_words)
    page = search(market, "lamp")
    assert page.total == 3 and {facet.label: facet.count for facet in page.suppliers} == {"Maker 1": 2, "Maker 2": 1}
    assert {facet.value: facet.count for facet in page.facets.minimum} == {"1": 1, "10": 2, "50": 2, "100": 3, "500": 3}
    assert {facet.value: facet.count for facet in page.facets.lead_time} == {"1": 1, "3": 1, "7": 2, "14": 3, "30": 3}
    assert {facet.value: facet.count for facet in page.facets.price} == {"0-5": 1, "20-100": 2}
    assert page.facets.in_stock == 1 and {facet.value: facet.count for facet in page.facets.level}["1"] == 3
    assert names(market, "lamp", max_minimum_quantity=10, max_lead_time_days=3) == ["Lamp fast"]
    assert names(market, "lamp", price_to=Decimal(5)) == ["Lamp cheap"] == names(market, "lamp", price_to=Decimal("4"))
    assert names(market, "lamp", in_stock=True) == ["Lamp fast"]
    assert names(market, "lamp", category_id=lights, max_minimum_quantity=10) == ["Lamp fast"]
    assert search(market, "lamp", min_level=1).total == 3 and search(market, "lamp", country="FR").total == 0
    kept = search(market, "lamp", seller_id=other.org_id)
    assert kept.total == 1 and {facet.label: facet.count for facet in kept.suppliers} == {"Maker 1": 2, "Maker 2": 1}
    assert [(facet.label, facet.count) for facet in search(market, "lamp", max_minimum_quantity=10).categories] == [
        ("Lights", 1)
    ]
    chosen = search(market, "lamp", max_lead_time_days=7)
    assert {facet.value: (facet.count, facet.selected) for facet in chosen.facets.lead_time}["7"] == (2, True)
    assert {facet.value for facet in chosen.facets.minimum} == {"1", "10", "50", "100", "500"}


def test_an_option_filter_holds_within_one_variant(market: Market) -> None:
    shirts = tuple(
        (f"{colour} {size}", {"Colour": colour, "Size": size})
        for colour in ("Red", "Blue", "Green") for size in ("S", "M", "L", "XL") if (colour, size) != ("Red", "M")
    )  # fmt: skip
    sell(market.makers[0], "Shirt", variants=shirts)
    assert search(market, "shirt", options={"Colour": "Red", "Size": "S"}).total == 1
    assert search(market, "shirt", options={"Colour": "Blue", "Size": "M"}).rows[0].offers == 1
    assert search(market, "shirt", options={"Colour": "Red", "Size": "M"}).total == 0  # red there is, and M there is


def test_search_rows_follow_the_catalogue(market: Market) -> None:
    maker = market.makers[0]
    [offer] = sell(maker, "Kettle", sku="K-1", price="20.00")
    with begin(maker.owner) as work:
        product = discovery.search_products(work, find="kettle").rows[0].product_id
    run(maker.owner, catalog.change_product, product_id=product, name="Samovar")
    assert names(market, "kettle") == [] and names(market, "samovar") == ["Samovar"]
    run(maker.owner, catalog.set_price_tiers, offer_id=offer, tiers=[(1, Decimal("3.00"))])
    assert names(market, "samovar", price_to=Decimal(5)) == ["Samovar"] and first(market, "samovar").price == Decimal(3)
    run(maker.owner, catalog.pause_offer, offer_id=offer)
    assert names(market, "samovar") == []
    run(maker.owner, catalog.publish_offer, offer_id=offer)
    assert names(market, "samovar") == ["Samovar"]


def test_many_results_are_cut_and_say_so(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain.discovery import search as engine

    maker = market.makers[0]
    for number in range(8):
        sell(maker, f"Lamp {number}", price=str(number + 1))
    monkeypatch.setattr(engine, "CANDIDATES", 5)
    page = search(market, "lamp", size=3)
    assert page.total == 5 and page.is_capped and len(page.rows) == 3
    # A filter chooses among all of them, not among those that were looked at first.
    assert names(market, "lamp", price_from=Decimal("7.5")) == ["Lamp 7"]
    assert names(market, order="price", size=2) == ["Lamp 0", "Lamp 1"]


def test_goods_for_chosen_buyers_stand_in_the_facets_of_whom_they_are_shown_to(market: Market) -> None:
    maker, many = market.makers[0], 24  # with so many nothing spelled alike is looked for
    buy(market.retailer, {maker.offers[0]: 5})  # only a customer can be chosen
    offers = [sell(maker, f"Lamp {number}", price="6.00")[0] for number in range(many)]
    run(maker.owner, discovery.set_audience, offer_ids=offers[-2:],
        shown_to=[discovery.AudienceRow(kind=discovery.Shown.CUSTOMER, subject_id=market.retailer.org_id)])  # fmt: skip
    page = search(market, "lamp")
    assert page.total == many == sum(facet.count for facet in page.facets.price)
    assert {facet.value: facet.count for facet in page.facets.minimum}["1"] == many
    assert {facet.value: facet.count for facet in page.facets.lead_time}["3"] == many
    with begin(market.distributor.owner) as work:
        seen = discovery.search_products(work, find="lamp")
    assert seen.total == many - 2 == sum(facet.count for facet in seen.facets.price)


def test_rows_tell_the_price_that_an_order_has(market: Market) -> None:
    """By a rule for the buyer, a promotion, a price that has begun since, and of whom nothing is agreed with."""
    maker, shop = market.makers[0], market.retailer
    buy(shop, {maker.offers[0]: 5})
    plain, ruled, promoted, planned = [sell(maker, f"Lamp {number}", price="10.00")[0] for number in range(4)]
    for offer, facts in (
        (ruled, {"step": "customer", "percent": Decimal(10), "customer_id": shop.org_id}),
        (promoted, {"step": "promotion", "percent": Decimal(5)}),
    ):
        run(maker.owner, pricing.make_rule, request_id=uuid4(), title="Less", kind="percent", scope="offers",
            offer_ids=[offer], **facts)  # fmt: skip
    run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=planned, tiers=[(1, Decimal("8.00"))],
        starts_at=NOW + timedelta(hours=1))  # fmt: skip
    with clock(NOW + timedelta(hours=2)):
        for who, wanted in ((shop, ["10", "9", "9.5", "8"]), (market.distributor, ["10", "10", "9.5", "8"])):
            with begin(who.owner) as work:
                rows = {row.offer_id: row for row in discovery.search_products(work, find="lamp").rows}
                agreed = pricing.resolve(work, quantities=dict.fromkeys(rows, 1))
            assert {offer: (row.price, row.list_price) for offer, row in rows.items()} == {
                offer: (price.unit_price, price.list_price) for offer, price in agreed.items()
            }
            assert [rows[offer].price for offer in (plain, ruled, promoted, planned)] == [Decimal(one) for one in wanted]


def test_a_page_costs_the_same_statements_whatever_it_finds(market: Market, database: sa.Connection) -> None:
    maker = market.makers[0]
    sell(maker, "Lamp 0")

    def statements() -> int:
        told: list[str] = []

        def count(*args: object) -> None:
            told.append(str(args[2]))

        sa.event.listen(database, "before_cursor_execute", count)
        try:
            assert search(market, "lamp").rows
        finally:
            sa.event.remove(database, "before_cursor_execute", count)
        return len(told)

    alone = statements()
    for number in range(1, 6):
        sell(maker, f"Lamp {number}", on_hand=1)
    assert statements() == alone <= 12


def test_only_those_who_may_search_do(market: Market) -> None:
    nobody = Actor(user_id=uuid4(), org_id=market.retailer.org_id, scope=Scope.MEMBER, permissions=frozenset())
    for question, facts in ((discovery.search_products, {}), (discovery.find_by_number, {"number": "SKU-1"})):
        with pytest.raises(NotAllowed), begin(nobody) as work:
            question(work, **facts)  # type: ignore[operator]
    with pytest.raises(NotFound):
        run(market.retailer.owner, discovery.count_words)


def test_a_hidden_product_leaks_into_no_count_word_or_number(market: Market) -> None:
    maker, friend = market.makers[0], market.distributor

    def move(work: Work) -> None:
        for table, column in (("organizations", "id"), ("sites", "org_id")):
            work.session.execute(
                text("update " + table + " set country_code = 'FR' where " + column + " = :id"), {"id": friend.org_id}
            )

    run(SYSTEM, move)
    sell(maker, "Lamp for all")
    [secret] = sell(maker, "Lamp secretive", sku="HUSH-1")
    run(maker.owner, discovery.set_audience, offer_ids=[secret],
        shown_to=[discovery.AudienceRow(kind=discovery.Shown.COUNTRY, country_code="FR")])  # fmt: skip
    run(SYSTEM, discovery.count_words)
    page = search(market, "lamp")
    assert [row.name for row in page.rows] == ["Lamp for all"] and page.total == 1
    assert [(facet.label, facet.count) for facet in page.suppliers] == [("Maker 1", 1)]
    assert search(market, "secretiv").did_you_mean is None and search(market, "secretive").total == 0
    by_number = search(market, "hush-1")
    assert by_number.how == "any" and [row.name for row in by_number.rows] == ["Thing 1"]  # the 1 of the number
    assert search(market, seller_id=maker.org_id, in_stock=False).total == 2
    with begin(market.retailer.owner) as work:
        assert discovery.find_by_number(work, number="HUSH-1") == []
    for who in (friend.owner, maker.owner):
        with begin(who) as work:
            assert {row.name for row in discovery.search_products(work, find="lamp").rows} >= {"Lamp secretive"}
            assert [hit.offer_id for hit in discovery.find_by_number(work, number="hush-1")] == [secret]


def test_a_hidden_variant_of_a_product_for_all_leaks_no_word(market: Market) -> None:
    """Of a product that everybody finds, what stands only on a variant that is not shown to them finds nothing."""
    maker = market.makers[0]
    product = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Lamp for all",
                  variants=[("Plain", {"Colour": "White"}), ("Zirconium", {"Colour": "Ultraviolet"})])  # fmt: skip
    with begin(maker.owner) as work:
        variants = {name: key for key, name in catalog.variants_of_product(work, product_id=product)}
    made = {}
    for name, variant_id in variants.items():
        made[name] = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku=f"L-{name}",
                         tiers=[(1, Decimal(7))], currency="EUR")  # fmt: skip
        run(maker.owner, catalog.publish_offer, offer_id=made[name])
    assert names(market, "zirconium") == names(market, "ultraviolet") == ["Lamp for all"]
    run(maker.owner, discovery.set_audience, offer_ids=[made["Zirconium"]], shown_to=[])
    run(SYSTEM, discovery.count_words)
    assert names(market, "plain lamp") == ["Lamp for all"]
    for word in ("zirconium", "zirconum", "ultraviolet"):
        page = search(market, word)
        assert (page.total, page.did_you_mean) == (0, None), word
    with begin(market.retailer.owner) as work:
        assert [name for _, name in catalog.variants_of_product(work, product_id=product)] == ["Plain"]


def test_a_suspended_seller_is_not_found_while_it_lasts(market: Market) -> None:
    maker = market.makers[0]
    sell(maker, "Lamp of one")
    sell(market.makers[1], "Lamp of two")

    def suspend(work: Work) -> None:
        work.session.execute(text("update organizations set state = 'suspended' where id = :id"), {"id": maker.org_id})

    run(SYSTEM, suspend)
    assert names(market, "lamp") == ["Lamp of two"] == names(market, "lamp", country="DE")


def test_words_of_the_owner_are_read_by_nobody_else(market: Market) -> None:
    """The rows that search looks at are no way around the audience: people ask the functions, not the table."""
    with begin(market.retailer.owner) as work:
        for table in ("product_search", "search_lexemes", "search_totals", "search_sellers"):
            assert work.session.scalar(text("select count(*) from " + table)) == 0
