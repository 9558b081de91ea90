"""A product that a seller does not show to a buyer does not exist for them, whichever way is tried."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import discovery, identity, orders, pricing, territories
from domain.discovery import AudienceRow, Display, DisplayFor, Shown
from domain.identity import OrgKind, ScopeKind, SiteKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, run
from domain.payments import Method
from domain.territories import Mode
from tests.make.market import Company, Market, buy, company, make_market, offer, top_up

TODAY = datetime.now(UTC).date()


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=2)


def product_of(offer_id: UUID) -> UUID:
    with begin(Actor.system()) as work:
        statement = sa.text(
            "select v.product_id from offers o join product_variants v on v.id = o.variant_id where o.id = :id"
        )
        return UUID(str(work.session.execute(statement, {"id": offer_id}).scalar_one()))


def show(seller: Company, offer_id: UUID, *rows: AudienceRow) -> None:
    run(seller.owner, discovery.set_audience, offer_ids=[offer_id], shown_to=list(rows))


def found_by(buyer: Company) -> set[UUID]:
    with begin(buyer.owner) as work:
        return {row.offer_id for row in discovery.search_products(work, size=50).rows}


def country(code: str) -> AudienceRow:
    return AudienceRow(kind=Shown.COUNTRY, country_code=code)


def test_a_hidden_product_is_not_found_in_any_way(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    hidden, other = maker.offers[0], market.makers[1].offers[0]
    product = product_of(hidden)
    run(shop.owner, orders.add_to_basket, offer_id=hidden, quantity=5)
    run(shop.owner, orders.add_to_basket, offer_id=other, quantity=1)
    nowhere = uuid4()
    show(maker, hidden, country("FR"))

    assert found_by(shop) == {other}

    def sheet(product_id: UUID) -> object:
        with begin(shop.owner) as work:
            return discovery.product_sheet(work, product_id=product_id)

    def add(offer_id: UUID) -> object:
        return run(shop.owner, orders.add_to_basket, offer_id=offer_id, quantity=1)

    def same(ask: Callable[[UUID], object], real: UUID) -> None:
        """A hidden thing is answered in the words of one that does not exist."""
        with pytest.raises(NotFound) as here:
            ask(real)
        with pytest.raises(NotFound) as there:
            ask(nowhere)
        assert here.value.sentence == there.value.sentence

    same(sheet, product)
    same(add, hidden)
    with begin(shop.owner) as work:
        assert pricing.resolve(work, quantities={hidden: 10}) == {}
        assert [group.seller_id for group in orders.my_basket(work).groups] == [market.makers[1].org_id]
        for table in ("offers", "price_tiers", "offer_packs"):
            column = "id" if table == "offers" else "offer_id"
            rows = sa.select(sa.func.count()).select_from(sa.table(table)).where(sa.column(column) == hidden)
            assert work.session.execute(rows).scalar_one() == 0, table
    with pytest.raises(NotFound, match="no longer for sale"):
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    with begin(Actor.system()) as work:
        assert work.session.execute(sa.text("select count(*) from supplier_orders")).scalar_one() == 0

    # The basket says that a line is gone, and lets go of it; it is put back for what follows.
    with begin(shop.owner) as work:
        assert orders.my_basket(work).gone == 1 and not orders.my_basket(work).ready
    run(shop.owner, orders.take_out_gone)
    with begin(shop.owner) as work:
        assert orders.my_basket(work).gone == 0
    # The seller sees its own, the staff all, and everybody again once it is for everybody.
    with begin(maker.owner) as work:
        assert discovery.audience_of(work, offer_id=hidden).audience == "chosen"
        assert pricing.resolve(work, quantities={hidden: 10})[hidden].unit_price == 10
    run(maker.owner, discovery.set_audience, offer_ids=[hidden], shown_to=None)
    assert found_by(shop) == {hidden, other}
    assert run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)


def test_customers_countries_and_days_let_a_buyer_in(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    [mine] = maker.offers
    buy(shop, {mine: 1})  # a customer
    other_shop = company(OrgKind.RETAILER, "Other shop")
    tomorrow, yesterday = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    customer = AudienceRow(kind=Shown.CUSTOMER, subject_id=shop.org_id)
    for rows, seen in (
        ([], False), ([customer], True), ([country("DE")], True), ([country("FR")], False),
        ([customer.model_copy(update={"valid_from": tomorrow})], False),
        ([customer.model_copy(update={"valid_from": yesterday - timedelta(days=9), "valid_to": yesterday})], False),
    ):  # fmt: skip
        show(maker, mine, *rows)
        assert (mine in found_by(shop)) is seen, rows
    group = run(maker.owner, pricing.open_group, request_id=uuid4(), name="Friends", customer_ids=[shop.org_id])
    show(maker, mine, AudienceRow(kind=Shown.GROUP, subject_id=group))
    assert mine in found_by(shop) and mine not in found_by(other_shop)
    show(maker, mine, customer)
    assert mine not in found_by(other_shop)
    with begin(Actor.system()) as work:
        logged: list[str] = work.session.execute(
            sa.text("select facts -> 'after' from events where name = 'AudienceChosen' order by id desc limit 1")
        ).scalar_one()
    assert logged == [f"customer:{shop.org_id}"]


def test_who_may_name_whom(market: Market) -> None:
    maker, other, shop = *market.makers, market.retailer
    [mine] = maker.offers
    before = found_by(shop)
    stranger = AudienceRow(kind=Shown.CUSTOMER, subject_id=shop.org_id)  # has never ordered
    for row in (
        stranger, AudienceRow(kind=Shown.GROUP, subject_id=uuid4()), AudienceRow(kind=Shown.REGION, subject_id=uuid4()),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            show(maker, mine, row)
    with pytest.raises(NotFound):
        show(maker, other.offers[0])
    for row in (AudienceRow(kind=Shown.CUSTOMER), country("de"), AudienceRow(kind=Shown.TERRITORY)):
        with pytest.raises(Invalid):
            show(maker, mine, row)
    for variant in (Variant.SALES_REPRESENTATIVE, Variant.PRODUCTION_MANAGER):
        with pytest.raises(NotAllowed):
            run(maker.people[variant], discovery.set_audience, offer_ids=[mine], shown_to=[])
    assert found_by(shop) == before


@pytest.fixture
def regions(market: Market) -> dict[str, UUID]:
    operations = market.platform.people[Variant.OPERATIONS]
    ids = {}
    for name, (first, last) in {"North": ("1", "2"), "South": ("8", "9")}.items():
        ids[name] = run(operations, territories.create_region, request_id=uuid4(), name=name,
                        areas=[("DE", first, last)])  # fmt: skip
    return ids


def southern(name: str) -> Company:
    made = company(OrgKind.RETAILER, name)
    run(Actor.system(), identity.add_site, request_id=uuid4(), org_id=made.org_id, kind=SiteKind.STORE, name="Munich",
        street="Platz 1", postal_code="80331", city="Munich", country_code="DE")  # fmt: skip
    return made


def test_a_distributor_shows_goods_within_its_territory_only(market: Market, regions: dict[str, UUID]) -> None:
    trade, shop = market.distributor, market.retailer  # the shop is in Berlin, in the north
    operations = market.platform.people[Variant.OPERATIONS]
    run(operations, territories.assign_territory, request_id=uuid4(), region_id=regions["South"],
        distributor_id=trade.org_id, mode=Mode.RESALE, is_exclusive=True, valid_from=TODAY,
        reason="Serves the south")  # fmt: skip
    mine = offer(trade, "Southern goods")
    show(trade, mine, AudienceRow(kind=Shown.TERRITORY))
    munich = southern("Munich shop")
    assert mine not in found_by(shop) and mine in found_by(munich)
    with pytest.raises(NotFound), begin(shop.owner) as work:
        discovery.product_sheet(work, product_id=product_of(mine))
    # The reason is told to the platform, and to the seller about its customers only.
    with begin(operations) as work:
        answer = discovery.why_hidden(work, offer_id=mine, org_id=shop.org_id)
        assert not answer.is_shown and answer.buyer_name == shop.name
        [reason] = answer.reasons
        assert "territory" in reason and "North" in reason
        assert discovery.why_hidden(work, offer_id=mine, org_id=munich.org_id).is_shown
    with pytest.raises(NotFound), begin(trade.owner) as work:
        discovery.why_hidden(work, offer_id=mine, org_id=shop.org_id)
    buy_from(market, munich, mine)
    with begin(trade.owner) as work:
        assert discovery.why_hidden(work, offer_id=mine, org_id=munich.org_id).is_shown
    # A region by name works the same for a manufacturer, with the parts of the region.
    maker = market.makers[0]
    show(maker, maker.offers[0], AudienceRow(kind=Shown.REGION, subject_id=regions["South"]))
    assert maker.offers[0] not in found_by(shop) and maker.offers[0] in found_by(munich)


def buy_from(market: Market, buyer: Company, offer_id: UUID) -> None:
    top_up(buyer, "500.00", market.finance)
    buy(buyer, {offer_id: 2})


def test_who_is_kept_to_a_region_decides_for_that_region(market: Market, regions: dict[str, UUID]) -> None:
    trade = company(OrgKind.DISTRIBUTOR, "Wide trade", Variant.DISTRIBUTOR_OWNER, Variant.REGIONAL_MANAGER,
                    Variant.WAREHOUSE_MANAGER)  # fmt: skip
    manager = trade.people[Variant.REGIONAL_MANAGER]
    mine = offer(trade, "Goods")
    assert manager.user_id
    north, south = (AudienceRow(kind=Shown.REGION, subject_id=regions[name]) for name in ("North", "South"))
    run(trade.owner, identity.set_member_scopes, person_id=manager.user_id, kind=ScopeKind.REGION,
        subject_ids=[regions["North"]])  # fmt: skip

    def try_it(*rows: AudienceRow) -> None:
        run(manager, discovery.set_audience, offer_ids=[mine], shown_to=list(rows))

    with pytest.raises(NotAllowed, match="for the owner"):
        try_it(north)  # everybody else would lose it
    show(trade, mine, south)
    with pytest.raises(NotAllowed, match="others too"):
        try_it(north)
    try_it(north, south)
    with begin(trade.owner) as work:
        assert {row.name for row in discovery.audience_of(work, offer_id=mine).shown_to} == {"North", "South"}
    with pytest.raises(NotAllowed):
        run(trade.people[Variant.WAREHOUSE_MANAGER], discovery.set_audience, offer_ids=[mine], shown_to=[])


# --- what is told of stock ------------------------------------------------------------------------


def test_a_buyer_is_told_of_stock_what_the_seller_chose(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    [mine], other_shop = maker.offers, company(OrgKind.RETAILER, "Other shop")
    top_up(other_shop, "500.00", market.finance)
    buy(shop, {mine: 1})

    def told(buyer: Company) -> set[tuple[str, int | None]]:
        with begin(buyer.owner) as work:
            [row] = [row for row in discovery.search_products(work, size=50).rows if row.offer_id == mine]
            [card] = discovery.product_sheet(work, product_id=row.product_id).offers
        return {(row.stock, row.available), (card.stock, card.available)}

    def choose(kind: DisplayFor, display: Display | None, subject: UUID | None = None, few: int = 20) -> None:
        run(maker.owner, discovery.set_stock_display, kind=kind, display=display, subject_id=subject, few_below=few)

    assert told(shop) == {("in_stock", 999)}
    choose(DisplayFor.ALL, Display.BUCKET)
    assert told(shop) == told(other_shop) == {("in_stock", None)}
    choose(DisplayFor.ALL, Display.BUCKET, few=2000)
    assert told(shop) == {("few_left", None)}
    choose(DisplayFor.ALL, Display.HIDDEN)
    choose(DisplayFor.CUSTOMER, Display.EXACT, shop.org_id)
    assert told(shop) == {("in_stock", 999)} and told(other_shop) == {("not_told", None)}
    # Nor is it told by what a filter leaves, or by the count beside it.
    run(Actor.system(), discovery.count_words)
    for buyer, kept in ((shop, {mine}), (other_shop, set())):
        with begin(buyer.owner) as work:
            assert {row.offer_id for row in discovery.search_products(work, in_stock=True).rows} & {mine} == kept
            of_maker = discovery.search_products(work, seller_id=maker.org_id)
        assert ({row.offer_id for row in of_maker.rows}, of_maker.facets.in_stock) == ({mine}, 0)
    # The basket and the refusal say no number either.
    run(other_shop.owner, orders.add_to_basket, offer_id=mine, quantity=5000)
    with begin(other_shop.owner) as work:
        [line] = orders.my_basket(work).groups[0].lines
    assert (line.available, line.problem) == (None, "Fewer are in stock than you want.")
    with pytest.raises(DomainError) as refusal:
        run(other_shop.owner, orders.place_order, request_id=uuid4(), site_id=other_shop.site_id, method=Method.WALLET)
    assert "999" not in refusal.value.sentence
    choose(DisplayFor.ALL, None)
    assert told(other_shop) == {("in_stock", 999)}
    with pytest.raises(NotFound):
        choose(DisplayFor.CUSTOMER, Display.EXACT, other_shop.org_id)  # has not ordered anything yet
    with begin(maker.owner) as work:
        assert [(row.kind, row.name) for row in discovery.my_stock_displays(work)] == [("customer", shop.name)]
