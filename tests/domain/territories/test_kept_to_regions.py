"""People of a distributor who are kept to regions: what goes to an address there, on the day of the order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain import identity, notifications, orders, stock, territories
from domain.identity import OrgKind, ScopeKind, SiteKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.work import Work, begin, clock, run
from domain.logistics import Carrier
from domain.payments import Method
from tests.make.market import Company, company, offer, receive, sheet, top_up

SYSTEM = Actor.system()
COUNT = "select (select count(*) from supplier_orders), (select count(*) from purchases)"


@dataclass
class Country:
    """A distributor with people, a shop with a place in the north and one in the south, and an order for each."""

    trader: Company
    shop: Company
    staff: Company
    north: UUID
    south: UUID
    sites: dict[str, UUID]
    orders: dict[str, UUID]

    def person(self, variant: Variant) -> Actor:
        return self.trader.people[variant]

    def keep(self, variant: Variant, kind: ScopeKind, *subjects: UUID) -> None:
        run(self.trader.owner, identity.set_member_scopes, person_id=self.person(variant).user_id, kind=kind,
            subject_ids=subjects)  # fmt: skip


def region(staff: Company, name: str, areas: list[territories.Area], parent_id: UUID | None = None) -> UUID:
    return run(staff.owner, territories.create_region, request_id=uuid4(), name=name, areas=areas, parent_id=parent_id)


def place(org_id: UUID, name: str, postal_code: str, kind: SiteKind = SiteKind.STORE) -> UUID:
    return run(
        SYSTEM, identity.add_site, request_id=uuid4(), org_id=org_id, kind=kind, name=name, street="Weg 1",
        postal_code=postal_code, city="Town", country_code="DE",
    )  # fmt: skip


def order(shop: Company, thing: UUID, site_id: UUID, quantity: int = 1) -> UUID:
    run(shop.owner, orders.set_basket_quantity, offer_id=thing, quantity=quantity)
    purchase = run(shop.owner, orders.place_order, request_id=uuid4(), site_id=site_id, method=Method.WALLET)
    with begin(shop.owner) as work:
        [row] = orders.purchase_sheet(work, purchase_id=purchase).orders
    return row.order_id


@pytest.fixture
def country(database: Any) -> Iterator[Country]:
    staff = company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.FINANCE)
    trader = company(OrgKind.DISTRIBUTOR, "Trader", *identity.VARIANTS[OrgKind.DISTRIBUTOR])
    offer(trader, "Resold thing")
    shop = company(OrgKind.RETAILER, "Shop")
    top_up(shop, "5000.00", staff.people[Variant.FINANCE])
    whole = region(staff, "Germany", [("DE", "", "")])
    north = region(staff, "North", [("DE", "20", "29")], whole)
    south = region(staff, "South", [("DE", "80", "89")], whole)
    sites = {"north": place(shop.org_id, "Nord", "20095"), "south": place(shop.org_id, "Süd", "80331")}
    bought = {name: order(shop, trader.offers[0], site) for name, site in sites.items()}
    yield Country(trader, shop, staff, north, south, sites, bought)


def seen(who: Actor) -> list[UUID]:
    with begin(who) as work:
        return [row.order_id for row in orders.orders_of_seller(work)[0]]


def test_a_regional_manager_sees_and_answers_what_goes_to_the_region_only(country: Country) -> None:
    manager = country.person(Variant.REGIONAL_MANAGER)
    here, elsewhere = country.orders["north"], country.orders["south"]
    assert set(seen(manager)) == {here, elsewhere}  # the control: nothing assigned narrows nothing
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.north)
    assert seen(manager) == [here]
    with begin(manager) as work:
        assert orders.work_list(work).to_answer == 1
        assert orders.sales_by_week(work)[-1].orders == 1
        assert [(row.region_name, row.orders) for row in orders.sales_by_region(work)] == [("North", 1)]
        with pytest.raises(NotFound):
            orders.order_sheet(work, order_id=elsewhere)
    for command, facts in (
        (orders.confirm_order, {}), (orders.decline_order, {"reason": "no"}),
        (orders.ship_goods, {"request_id": uuid4(), "carrier": Carrier.DHL, "tracking": "T", "shipped": {}}),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            run(manager, command, order_id=elsewhere, **facts)
    assert sheet(country.trader.owner, elsewhere).state == orders.OrderState.AWAITING_SELLER
    run(manager, orders.confirm_order, order_id=here)
    assert sheet(country.trader.owner, here).state == orders.OrderState.CONFIRMED
    assert len(seen(country.trader.owner)) == 2


def test_the_whole_holds_its_parts_and_the_database_keeps_it_by_itself(country: Country) -> None:
    manager = country.person(Variant.REGIONAL_MANAGER)

    def counted() -> int:
        with begin(manager) as work:
            return int(work.session.connection().exec_driver_sql("select count(*) from supplier_orders").scalar_one())

    with begin(SYSTEM) as work:
        whole = territories.region_of(work, country="DE", postal_code="50667")
    assert whole is not None
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, whole.region_id)
    assert counted() == 2
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.south)
    assert counted() == 1
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION)
    assert counted() == 2


def test_the_day_of_the_order_decides_in_which_region_it_was(country: Country) -> None:
    """The border moves: what was ordered before stays where it was, what comes later is somebody else's."""
    manager = country.person(Variant.REGIONAL_MANAGER)
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.north)
    with begin(SYSTEM) as work:
        now = work.now
    after = now + timedelta(days=3)
    day = now.date() + timedelta(days=2)
    for region_id, areas in ((country.north, [("DE", "21", "29")]), (country.south, [("DE", "20", "20"), ("DE", "80", "89")])):
        run(country.staff.owner, territories.set_region_areas, request_id=uuid4(), region_id=region_id, areas=areas,
            valid_from=day, reason="The border moves")  # fmt: skip
    with clock(after):
        later = order(country.shop, country.trader.offers[0], country.sites["north"])
        assert seen(manager) == [country.orders["north"]]
        country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.south)
        assert set(seen(manager)) == {later, country.orders["south"]}


def test_an_address_knows_its_region_and_who_serves_it_on_any_day(country: Country) -> None:
    """Nothing is stored with the place: a border that moves counts from its day on, for places that stand already."""
    trader, shop, staff = country.trader, country.shop, country.staff.owner
    with begin(SYSTEM) as work:
        today, whole = work.now.date(), territories.region_of(work, country="DE", postal_code="50667")
    assert whole is not None
    run(staff, territories.assign_territory, request_id=uuid4(), region_id=whole.region_id, reason="Agreed",
        distributor_id=trader.org_id, mode=territories.Mode.RESALE, is_exclusive=True, valid_from=today)  # fmt: skip
    run(staff, territories.set_region_areas, request_id=uuid4(), region_id=country.south, valid_from=today + timedelta(days=5),
        areas=[("DE", "81", "89")], reason="The border moves")  # fmt: skip

    def found(who: Actor, days: int = 0) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        with begin(who) as work:
            rows = territories.places(work, org_id=shop.org_id, on=today + timedelta(days=days))
        return {row.name: (row.region_name, row.served_by) for row in rows}

    served = ("Trader",)  # of its own region nobody, so whoever serves the whole
    assert found(shop.owner) == {"Main store": ("Germany", served), "Nord": ("North", served), "Süd": ("South", served)}
    assert found(staff) == found(shop.owner)
    assert found(shop.owner, 5)["Süd"] == ("Germany", served) and found(shop.owner, 4)["Süd"] == ("South", served)
    assert found(shop.owner, -1)["Nord"] == (None, ())  # no region was drawn yet
    with pytest.raises(NotFound):
        found(trader.owner)


def test_buying_and_places_are_those_of_the_region_too(country: Country) -> None:
    trader, manager = country.trader, country.person(Variant.REGIONAL_MANAGER)
    maker = company(OrgKind.MANUFACTURER, "Maker")
    offer(maker, "Made thing")
    top_up(trader, "500.00", country.staff.people[Variant.FINANCE])
    depots = {name: place(trader.org_id, name, code, SiteKind.WAREHOUSE) for name, code in (("N", "21073"), ("S", "81369"))}
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.north)
    with begin(manager) as work:
        assert [site.name for site in identity.my_sites(work)] == ["N"]
    run(manager, orders.set_basket_quantity, offer_id=maker.offers[0], quantity=1)
    facts = {"request_id": uuid4(), "method": Method.WALLET}
    with pytest.raises(NotFound):
        run(manager, orders.place_order, site_id=depots["S"], **facts)
    run(manager, orders.place_order, site_id=depots["N"], **facts)
    order(trader, maker.offers[0], depots["S"])
    with begin(manager) as work:
        assert len(orders.orders_of_buyer(work)[0]) == 1
        assert tuple(work.session.connection().exec_driver_sql(COUNT).one()) == (2, 1)  # one sold, one bought
    with begin(trader.owner) as work:
        assert len(orders.orders_of_buyer(work)[0]) == 2


def test_a_sales_manager_is_kept_to_retailers(country: Country) -> None:
    seller = country.person(Variant.SALES_MANAGER)
    country.keep(Variant.SALES_MANAGER, ScopeKind.CUSTOMER, country.staff.org_id)
    assert seen(seller) == []
    with pytest.raises(NotFound):
        run(seller, orders.confirm_order, order_id=country.orders["north"])
    country.keep(Variant.SALES_MANAGER, ScopeKind.CUSTOMER, country.shop.org_id)
    run(seller, orders.confirm_order, order_id=country.orders["north"])
    with begin(seller) as work:
        assert not work.actor.may(identity.Permission.SEE_COSTS)  # what the makers charge is not theirs to know
        with pytest.raises(NotAllowed):
            orders.orders_of_buyer(work)


def test_a_warehouse_manager_works_in_the_assigned_warehouses(country: Country) -> None:
    trader, keeper = country.trader, country.person(Variant.WAREHOUSE_MANAGER)
    variant_id, here = trader.variants[0], place(trader.org_id, "Depot", "21073", SiteKind.WAREHOUSE)
    second = run(trader.owner, stock.add_location, request_id=uuid4(), name="Second", site_id=here)
    first, thing = trader.location_id, trader.offers[0]
    country.keep(Variant.WAREHOUSE_MANAGER, ScopeKind.WAREHOUSE, second)
    facts = {"variant_id": variant_id, "request_id": uuid4(), "quantity": 5}
    with pytest.raises(NotFound):
        run(keeper, stock.receive_stock, location_id=first, **facts)
    lot = run(keeper, stock.receive_stock, location_id=second, **facts)
    count = {"variant_id": variant_id, "request_id": uuid4(), "lot_id": lot, "counted": 4}
    with pytest.raises(NotFound):
        run(keeper, stock.count_stock, location_id=first, **count)
    run(keeper, stock.count_stock, location_id=second, **count)
    with pytest.raises(NotAllowed, match="ask the owner to add one"):
        run(keeper, stock.add_location, request_id=uuid4(), name="Third")
    with begin(keeper) as work:
        assert [row.name for row in stock.my_locations(work)] == ["Second"]
        assert [row.on_hand for row in stock.my_stock(work)[0]] == [4]
        assert {row.location for row in stock.my_movements(work)[0]} == {"Second"}
        tables = "select (select count(*) from locations), (select count(distinct location_id) from stock_balances)"
        assert tuple(work.session.connection().exec_driver_sql(tables).one()) == (1, 1)
        assert [site.name for site in identity.my_sites(work)] == ["Depot"]
    with begin(trader.owner) as work:
        assert stock.my_stock(work, location_id=first)[0][0].on_hand == 1000
    # What is held in the other warehouse is shipped by those who work there.
    held = country.orders["north"]
    run(trader.owner, orders.confirm_order, order_id=held)
    [line] = sheet(trader.owner, held).lines
    parcel = {"order_id": held, "carrier": Carrier.DHL, "tracking": "T", "shipped": {line.line_id: 1}}
    with pytest.raises(NotAllowed, match="another warehouse"):
        run(keeper, orders.ship_goods, request_id=uuid4(), **parcel)
    assert sheet(trader.owner, held).lines[0].shipped == 0
    country.keep(Variant.WAREHOUSE_MANAGER, ScopeKind.WAREHOUSE, first, second)
    run(keeper, orders.ship_goods, request_id=uuid4(), **parcel)
    assert thing and sheet(trader.owner, held).lines[0].shipped == 1


def test_the_function_that_moves_stock_asks_for_the_warehouse_too(country: Country) -> None:
    trader, keeper = country.trader, country.person(Variant.WAREHOUSE_MANAGER)
    lot = receive(trader, trader.variants[0], 1)
    second = run(trader.owner, stock.add_location, request_id=uuid4(), name="Second")
    country.keep(Variant.WAREHOUSE_MANAGER, ScopeKind.WAREHOUSE, second)
    statement = (
        "select stock_record(jsonb_build_array(jsonb_build_object('variant_id', %(variant)s::text, 'location_id',"
        " %(location)s::text, 'lot_id', %(lot)s::text, 'quantity', 7)), 'received', 'receipt', %(variant)s, now())"
    )
    facts = {"variant": trader.variants[0], "lot": lot}

    def by_hand(work: Work, location: UUID) -> int:
        told = facts | {"location": location}
        return int(work.session.connection().exec_driver_sql(statement, told).scalar_one())

    with pytest.raises(NotFound):
        run(keeper, by_hand, location=trader.location_id)
    assert run(keeper, by_hand, location=second) == 1


def test_notices_and_letters_are_of_the_region_too(country: Country) -> None:
    """A notice names the buyer and the number: who is kept to the south is told nothing of the north."""
    manager = country.person(Variant.REGIONAL_MANAGER)
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.south)
    for name in ("north", "south"):
        run(SYSTEM, notifications.tell, org_id=country.trader.org_id, kind="new_order", cause=name, subject="order",
            subject_id=country.orders[name], facts={"number": name})  # fmt: skip

    def told(who: Actor) -> tuple[set[str], int]:
        with begin(who) as work:
            return {row.facts["number"] for row in notifications.my_notices(work)[0]}, notifications.unread(work)

    assert told(manager) == ({"south"}, 1)
    assert told(country.trader.owner) == ({"north", "south"}, 2)
    with begin(SYSTEM) as work:
        reached = "select reaches_order(%(person)s, %(org)s, %(order)s)"
        facts = {"org": country.trader.org_id, "order": country.orders["north"]}
        for who, expected in ((manager, False), (country.trader.owner, True)):
            seen = work.session.connection().exec_driver_sql(reached, facts | {"person": who.user_id}).scalar_one()
            assert seen is expected  # what `mail_notices` asks for each person


def test_figures_are_of_the_region_of_own_purchases_or_of_all(country: Country) -> None:
    """What the views of the warehouse ask for each reader; `test_metrics` asks the views themselves."""
    manager, shop = country.person(Variant.REGIONAL_MANAGER), country.shop

    def figures(who: Actor) -> tuple[bool, set[UUID]]:
        with begin(who) as work:
            connection = work.session.connection()
            mine = connection.exec_driver_sql("select order_id from my_orders()").scalars()
            return connection.exec_driver_sql("select sees_all_orders()").scalar_one(), set(mine)

    assert figures(manager) == (True, set(country.orders.values()))
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.south)
    assert figures(manager) == (False, {country.orders["south"]})
    run(SYSTEM, identity.add_member, request_id=uuid4(), org_id=shop.org_id, email="agent@shop.example", name="Agent",
        variant=Variant.PURCHASING_AGENT, password="a long sentence for tests")  # fmt: skip
    with begin(SYSTEM) as work:
        agent = identity.actor_of(identity.person_by_email(work, email="agent@shop.example"))
    assert figures(agent) == (False, set())
    run(agent, orders.set_basket_quantity, offer_id=country.trader.offers[0], quantity=1)
    run(agent, orders.place_order, request_id=uuid4(), site_id=country.sites["south"], method=Method.BANK_TRANSFER)
    assert len(figures(agent)[1]) == 1
    assert figures(shop.owner)[0] and len(figures(shop.owner)[1]) == 3


def test_what_is_assigned_must_exist_and_goes_with_the_role(country: Country) -> None:
    trader = country.trader
    foreign = uuid4()
    for variant, kind in (
        (Variant.REGIONAL_MANAGER, ScopeKind.REGION), (Variant.WAREHOUSE_MANAGER, ScopeKind.WAREHOUSE),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            country.keep(variant, kind, foreign)
    country.keep(Variant.REGIONAL_MANAGER, ScopeKind.REGION, country.north)
    with begin(trader.owner) as work:
        reach = {row.person_id: row for row in identity.members_reach(work)}
    assert reach[country.person(Variant.REGIONAL_MANAGER).user_id].regions == (country.north,)
    # A new role that knows no regions is not kept to any, in the database neither.
    person = country.person(Variant.REGIONAL_MANAGER)
    run(trader.owner, identity.change_role, person_id=person.user_id, variant=Variant.DISTRIBUTOR_OWNER)
    with begin(SYSTEM) as work:
        kept = "select count(*) from membership_scopes"
        assert work.session.connection().exec_driver_sql(kept).scalar_one() == 0
