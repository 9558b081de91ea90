"""Which part of the market each distributor serves: drawn by operations, agreed on soon after it joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from app.demo.companies import Trader
from app.demo.stage import Stage
from domain import identity, territories
from domain.identity import OrgKind
from domain.kernel.actor import Actor
from domain.kernel.configuration import Setting
from domain.kernel.ids import new_id
from domain.kernel.work import begin
from domain.territories import Mode


@dataclass(frozen=True, slots=True)
class Served:
    """A region with its postal codes, and how its distributor serves it."""

    slug: str
    region: str
    codes: str
    mode: Mode = Mode.RESALE
    whole: str | None = None  # the region that it is a part of
    codes_of_whole: str = ""


REGIONS = (
    Served("alpenhandel", "Tyrol, Vorarlberg and Upper Bavaria", "AT 60-69, DE 80-83, IT 39"),
    Served("hansegross", "Northern Germany", "DE 20-29", whole="Germany", codes_of_whole="DE"),
    Served("comptoirrhone", "South-east France", "FR 01, FR 07, FR 13, FR 26, FR 38, FR 42, FR 69, FR 73-74, FR 84"),
    Served("levante", "Valencia and Murcia", "ES 03, ES 12, ES 30, ES 46", Mode.AGENCY),
    Served("lowland", "Benelux", "NL, BE, LU"),
)


def shops_of(traders: Sequence[Trader], slug: str) -> list[Trader]:
    """The shops that stand in the region of a distributor, by their names in the demo."""
    codes = next(served.codes for served in REGIONS if served.slug == slug)
    areas = territories.parse_areas(codes)
    return sorted(
        (
            trader for trader in traders
            if trader.kind is OrgKind.RETAILER
            and any(
                trader.country == country and first <= trader.place.postal_code[: len(first)] <= last
                for country, first, last in areas
            )
        ),
        key=lambda trader: trader.slug,
    )  # fmt: skip


def put_on_agenda(stage: Stage, staff: Mapping[str, Actor], by_slug: Mapping[str, Trader]) -> None:
    operations = staff["operations"]
    for served in REGIONS:
        if served.slug in by_slug:
            trader = by_slug[served.slug]
            stage.at(stage.working(trader.joined_at + timedelta(days=4)), _assigned(stage, operations, trader, served))
    if "lowland" in by_slug:
        stage.at(stage.back(8), lambda: _becomes_an_agency(stage, operations, by_slug["lowland"]))
    stage.at(stage.back(2.3), lambda: _feedback_waits_longer(stage, operations))


def _assigned(stage: Stage, operations: Actor, trader: Trader, served: Served):  # type: ignore[no-untyped-def]
    def scene() -> None:
        whole = _drawn(stage, operations, served.whole, served.codes_of_whole) if served.whole else None
        region = _drawn(stage, operations, served.region, served.codes, whole)
        stage.do(
            operations, territories.assign_territory, request_id=new_id(), region_id=region,
            distributor_id=trader.org_id, mode=served.mode, is_exclusive=True, valid_from=stage.now.date(),
            reason="Territory agreement of its first week",
        )  # fmt: skip

    return scene


def _drawn(stage: Stage, operations: Actor, name: str, codes: str, whole: UUID | None = None) -> UUID:
    region_id: UUID = stage.do(
        operations, territories.create_region, request_id=new_id(), name=name, parent_id=whole,
        areas=territories.parse_areas(codes),
    )  # fmt: skip
    return region_id


def _becomes_an_agency(stage: Stage, operations: Actor, trader: Trader) -> None:
    """The agreement of the Benelux ends in three weeks and goes on as another."""
    with stage.present(), begin(operations) as work:
        [row], _ = territories.assignments(work, distributor_id=trader.org_id)
    last = (stage.today + timedelta(days=21)).date()
    stage.do(
        operations, territories.end_assignment, assignment_id=row.assignment_id, valid_to=last,
        reason="Goes on as an agency",
    )  # fmt: skip
    stage.do(
        operations, territories.assign_territory, request_id=new_id(), region_id=row.region_id,
        distributor_id=trader.org_id, mode=Mode.AGENCY, is_exclusive=True, valid_from=last,
        reason="Agency agreement, follows the resale agreement",
    )  # fmt: skip


def _feedback_waits_longer(stage: Stage, operations: Actor) -> None:
    stage.do(
        operations, identity.change_setting, request_id=new_id(), setting=Setting.REVIEW_BLIND_DAYS, value=Decimal(10),
        effective_from=stage.today + timedelta(days=14), reason="Shops asked for more time before they answer",
        version=0,
    )  # fmt: skip
