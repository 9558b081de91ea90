"""Regions by postal code, who serves them, and that every day of the past can be asked again."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from domain import identity, territories
from domain.identity import OrgKind, SiteKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from domain.territories import Mode, Overlap
from tests.make.market import Company, company

SYSTEM = Actor.system()


@pytest.fixture
def staff(database: sa.Connection) -> Company:
    return company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.SUPPORT, Variant.SUPER_ADMIN)


@pytest.fixture
def north(staff: Company) -> UUID:
    return region(staff, "North", [("DE", "20", "29"), ("DK", "", "")])


def today() -> date:
    with begin(SYSTEM) as work:
        return work.now.date()


def day(after: int) -> date:
    return today() + timedelta(days=after)


def region(staff: Company, name: str, areas: list[territories.Area], parent_id: UUID | None = None) -> UUID:
    return run(staff.owner, territories.create_region, request_id=uuid4(), name=name, areas=areas, parent_id=parent_id)


def assign(who: Actor, region_id: UUID, distributor: Company, first: date, **more: Any) -> UUID:
    facts = {"mode": Mode.RESALE, "is_exclusive": True, "reason": "Agreed"} | more
    return run(
        who, territories.assign_territory, request_id=uuid4(), region_id=region_id, distributor_id=distributor.org_id,
        valid_from=first, **facts,
    )  # fmt: skip


def redraw(who: Actor, region_id: UUID, areas: list[territories.Area], first: date) -> int:
    return run(
        who, territories.set_region_areas, request_id=uuid4(), region_id=region_id, areas=areas, valid_from=first,
        reason="The border moved",
    )  # fmt: skip


def found(country: str, postal_code: str, on: date | None = None) -> str | None:
    with begin(Actor(user_id=uuid4(), org_id=uuid4())) as work:
        row = territories.region_of(work, country=country, postal_code=postal_code, on=on)
    return row.name if row else None


def serving(who: Actor, site_id: UUID, on: date | None = None) -> list[str]:
    with begin(who) as work:
        return [row.distributor_name for row in territories.who_serves(work, site_id=site_id, on=on)]


def shop_in(postal_code: str, country: str = "DE") -> tuple[Company, UUID]:
    shop = company(OrgKind.RETAILER, f"Shop {postal_code}")
    site = run(
        SYSTEM, identity.add_site, request_id=uuid4(), org_id=shop.org_id, kind=SiteKind.STORE, name="Branch",
        street="Weg 1", postal_code=postal_code, city="Town", country_code=country,
    )  # fmt: skip
    return shop, site


def everything() -> list[Any]:
    with begin(SYSTEM) as work:
        tables = ("regions", "region_areas", "territory_assignments")
        return [work.session.execute(sa.text("select * from " + table + " order by id")).all() for table in tables]


def test_the_longest_beginning_of_a_postal_code_decides(staff: Company, north: UUID) -> None:
    region(staff, "Hamburg", [("DE", "200", "209"), ("GB", "SW1", "SW1")], north)
    assert found("DE", "20095") == "Hamburg"
    assert found("de", " 209-99 ") == "Hamburg"
    assert found("DE", "21073") == "North"
    assert found("DK", "anything") == found("DK", "") == "North"
    assert found("GB", "sw1a 1aa") == "Hamburg"
    assert found("DE", "30159") is found("DE", "2") is found("AT", "20095") is None


def test_who_serves_a_place_can_be_asked_for_any_day(staff: Company, north: UUID) -> None:
    first, second = company(OrgKind.DISTRIBUTOR, "First Trade"), company(OrgKind.DISTRIBUTOR, "Second Trade")
    shop, site = shop_in("20095")
    assign(staff.owner, north, first, day(0), valid_to=day(30))
    assign(staff.owner, north, second, day(30), mode=Mode.AGENCY)
    days = {-1: [], 0: ["First Trade"], 29: ["First Trade"], 30: ["Second Trade"], 400: ["Second Trade"]}
    assert {after: serving(shop.owner, site, day(after)) for after in days} == days
    moved = day(60)
    with clock(_at(60)):
        redraw(staff.owner, north, [("DE", "21", "29")], moved)
        assert serving(shop.owner, site) == []
    assert {after: serving(shop.owner, site, day(after)) for after in (0, 29, 59, 60)} == {
        0: ["First Trade"], 29: ["First Trade"], 59: ["Second Trade"], 60: [],
    }  # fmt: skip


def _at(after: int) -> Any:
    with begin(SYSTEM) as work:
        return work.now + timedelta(days=after)


def test_a_part_that_nobody_serves_is_served_by_who_has_the_whole(staff: Company, north: UUID) -> None:
    wide, local = company(OrgKind.DISTRIBUTOR, "Wide"), company(OrgKind.DISTRIBUTOR, "Local")
    city = region(staff, "City", [("DE", "200", "209")], north)
    shop, site = shop_in("20095")
    assign(staff.owner, north, wide, day(0))
    assert serving(shop.owner, site) == ["Wide"]
    assign(staff.owner, city, local, day(5), is_exclusive=False)
    assign(staff.owner, city, wide, day(5), is_exclusive=False)
    assert serving(shop.owner, site, day(4)) == ["Wide"]
    assert serving(shop.owner, site, day(5)) == ["Local", "Wide"]


REFUSED: dict[str, tuple[type[DomainError], Callable[[Company, UUID, Company, Company], Any]]] = {
    "two alone at once": (Overlap, lambda s, n, a, b: assign(s.owner, n, b, day(9))),
    "shared beside alone": (Overlap, lambda s, n, a, b: assign(s.owner, n, b, day(9), is_exclusive=False)),
    "twice": (Conflict, lambda s, n, a, b: assign(s.owner, n, a, day(9))),
    "in the past": (Invalid, lambda s, n, a, b: assign(s.owner, n, b, day(-1), valid_to=day(0))),
    "no days": (Invalid, lambda s, n, a, b: assign(s.owner, n, b, day(40), valid_to=day(40))),
    "no reason": (Invalid, lambda s, n, a, b: assign(s.owner, n, b, day(40), reason=" ")),
    "a shop": (NotFound, lambda s, n, a, b: assign(s.owner, n, shop_in("1")[0], day(40))),
    "no region": (NotFound, lambda s, n, a, b: assign(s.owner, uuid4(), b, day(40))),
    "by support": (NotAllowed, lambda s, n, a, b: assign(s.people[Variant.SUPPORT], n, b, day(40))),
    "by a distributor": (NotAllowed, lambda s, n, a, b: assign(a.owner, n, a, day(40))),
    "same name": (Conflict, lambda s, n, a, b: region(s, "north", [])),
    "codes of another": (Overlap, lambda s, n, a, b: region(s, "Else", [("DE", "25", "31")])),
    "overlapping codes": (Invalid, lambda s, n, a, b: region(s, "Else", [("FR", "10", "20"), ("FR", "15", "30")])),
    "ends of unequal length": (Invalid, lambda s, n, a, b: region(s, "Else", [("FR", "1", "20")])),
    "wrong way round": (Invalid, lambda s, n, a, b: region(s, "Else", [("FR", "20", "10")])),
    "areas of the past": (Invalid, lambda s, n, a, b: redraw(s.owner, n, [("DE", "20", "29")], day(-1))),
    "areas as they are": (Conflict, lambda s, n, a, b: redraw(s.owner, n, [("DK", "", ""), ("DE", "20", "29")], day(1))),
}  # fmt: skip


def test_what_would_overlap_or_rewrite_the_past_is_refused(staff: Company, north: UUID) -> None:
    first, second = company(OrgKind.DISTRIBUTOR, "First Trade"), company(OrgKind.DISTRIBUTOR, "Second Trade")
    assign(staff.owner, north, first, day(0), valid_to=day(30))
    before = everything()
    for name, (error, attempt) in REFUSED.items():
        with pytest.raises(DomainError) as refusal:
            attempt(staff, north, first, second)
        assert type(refusal.value) is error, f"{name}: {refusal.value!r}"
    assert everything() == before


def test_the_database_refuses_it_as_well(staff: Company, north: UUID) -> None:
    first, second = company(OrgKind.DISTRIBUTOR, "First Trade"), company(OrgKind.DISTRIBUTOR, "Second Trade")
    assign(staff.owner, north, first, day(0), valid_to=day(30))
    insert = sa.text(
        "insert into territory_assignments (id, region_id, distributor_id, mode, is_exclusive, valid_from, created_at)"
        " values (:id, :region, :distributor, 'agency', :alone, :day, '2026-01-01')"
    )
    area = sa.text(
        "insert into region_areas (id, region_id, country_code, first, last, valid_from, created_at)"
        " values (:id, :region, 'DE', '22', '31', :day, '2026-01-01')"
    )
    for who, alone in ((second, True), (second, False), (first, False)):
        facts = {"id": uuid4(), "region": north, "distributor": who.org_id, "alone": alone, "day": day(9)}
        with pytest.raises(IntegrityError, match="exclusion"):
            run(SYSTEM, lambda work, facts=facts: work.session.execute(insert, facts))  # type: ignore[misc]
    with pytest.raises(IntegrityError, match="exclusion"):
        run(SYSTEM, lambda work: work.session.execute(area, {"id": uuid4(), "region": north, "day": day(0)}))  # type: ignore[misc]


def test_an_end_is_written_down_and_one_that_has_not_begun_is_withdrawn(staff: Company, north: UUID) -> None:
    first = company(OrgKind.DISTRIBUTOR, "First Trade")
    shop, site = shop_in("20095")
    made = assign(staff.owner, north, first, day(10))
    run(staff.owner, territories.end_assignment, assignment_id=made, valid_to=day(0), reason="Not yet")
    assert serving(shop.owner, site, day(10)) == []
    running = assign(staff.owner, north, first, day(0))
    run(staff.owner, territories.end_assignment, assignment_id=running, valid_to=day(3), reason="Moved away")
    assert (serving(shop.owner, site, day(2)), serving(shop.owner, site, day(3))) == (["First Trade"], [])
    with begin(first.owner) as work:
        events = work.session.execute(sa.text("select * from events where subject = 'region' order by id")).all()
        [territory] = territories.my_territories(work)
    assert [(e.name, e.facts["reason"]) for e in events] == [
        ("TerritoryAssigned", "Agreed"), ("TerritoryEnded", "Not yet"),
        ("TerritoryAssigned", "Agreed"), ("TerritoryEnded", "Moved away"),
    ]  # fmt: skip
    assert events[-1].facts["before"]["valid_to"] is None
    assert events[-1].facts["after"]["valid_to"] == day(3).isoformat()
    assert (territory.name, territory.state, territory.valid_to) == ("North", "current", day(3))
    with clock(_at(4)), pytest.raises(Conflict):
        run(staff.owner, territories.end_assignment, assignment_id=running, valid_to=day(9), reason="Again")


def test_a_stranger_learns_nothing_of_a_place(staff: Company, north: UUID) -> None:
    _, site = shop_in("20095")
    other, _ = shop_in("20096")
    for stranger in (other.owner, Actor.anonymous(), Actor(user_id=uuid4(), org_id=uuid4())):
        with pytest.raises(NotFound):
            serving(stranger, site)
    assert serving(staff.people[Variant.SUPPORT], site) == []


def test_areas_are_read_as_people_write_them() -> None:
    assert territories.parse_areas("DE 20-25, de 80\nGB sw1\n\nAT") == [
        ("DE", "20", "25"), ("de", "80", "80"), ("GB", "sw1", "sw1"), ("AT", "", ""),
    ]  # fmt: skip
    with pytest.raises(Invalid, match="Germany"):
        territories.parse_areas("DE 20, Germany")
