"""Which region is a place in, and who serves it: on any day, of the past too."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.territories.commands import today
from domain.territories.views import (
    AreaRow,
    AssignmentRow,
    PlaceRow,
    RegionName,
    RegionRow,
    ServingRow,
    TerritoryRow,
)


def region_of(work: Work, *, country: str, postal_code: str, on: date | None = None) -> RegionName | None:
    """The region that a postal code lies in on a day (left out: today), or None. For everybody signed in."""
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    row = work.session.execute(
        text("select r.id, r.name from regions r where r.id = region_of(:country, :postal_code, :day)"),
        {"country": country, "postal_code": postal_code, "day": on or today(work)},
    ).one_or_none()
    return None if row is None else RegionName(region_id=row.id, name=row.name)


# From the region of the place upwards; the nearest one that anybody serves decides.
_SERVING = text(
    "with recursive around as ("
    "  select r.id, r.name, r.parent_id, 0 as distance from sites s"
    "  join regions r on r.id = region_of(s.country_code, s.postal_code, :day)"
    "  where s.id = :site_id and (s.org_id = :me or :staff)"
    "  union all select r.id, r.name, r.parent_id, a.distance + 1 from around a join regions r on r.id = a.parent_id"
    "  where a.distance < 20"
    "), served as ("
    "  select a.distance, t.*, a.name as region_name from around a join territory_assignments t on t.region_id = a.id"
    "  where :day >= t.valid_from and (t.valid_to is null or :day < t.valid_to))"
    " select s.distributor_id, o.name as distributor_name, s.region_id, s.region_name, s.mode, s.is_exclusive"
    " from served s join organizations o on o.id = s.distributor_id"
    " where s.distance = (select min(distance) from served) order by o.name"
)


def who_serves(work: Work, *, site_id: UUID, on: date | None = None) -> list[ServingRow]:
    """The distributors that serve a place on a day (left out: today), by its own region or the nearest around it.

    The answer for a day of the past stays what it was. Raises `NotFound` for a place that is neither one's own nor
    to be seen by the platform's staff.
    """
    is_staff = work.actor.is_system or (work.actor.is_staff and work.actor.may(Permission.SEE_TERRITORIES))
    facts = {"site_id": site_id, "me": work.actor.org_id, "staff": is_staff}
    seen = text("select 1 from sites where id = :site_id and (org_id = :me or :staff)")
    if work.session.execute(seen, facts).first() is None:
        raise NotFound
    rows = work.session.execute(_SERVING, {**facts, "day": on or today(work)})
    return [ServingRow.model_validate(row._asdict()) for row in rows]


_PLACES = text(
    "with recursive place as ("
    "  select s.*, r.id as region_id, r.name as region_name, r.parent_id from sites s"
    "  left join regions r on r.id = region_of(s.country_code, s.postal_code, :day) where s.id = any(:ids)"
    "), around as ("
    "  select id as site_id, region_id, parent_id, 0 as distance from place where region_id is not null"
    "  union all select a.site_id, r.id, r.parent_id, a.distance + 1 from around a join regions r on r.id = a.parent_id"
    "  where a.distance < 20"
    "), served as ("
    "  select a.site_id, o.name, a.distance, min(a.distance) over (partition by a.site_id) as nearest from around a"
    "  join territory_assignments t on t.region_id = a.region_id and :day >= t.valid_from"
    "    and (t.valid_to is null or :day < t.valid_to) join organizations o on o.id = t.distributor_id)"
    " select p.id as site_id, p.name, p.kind, p.street, p.postal_code, p.city, p.country_code, p.region_id,"
    " p.region_name, coalesce((select array_agg(s.name order by s.name) from served s"
    "   where s.site_id = p.id and s.distance = s.nearest), '{}') as served_by from place p order by p.name"
)


def places(work: Work, *, org_id: UUID | None = None, on: date | None = None) -> list[PlaceRow]:
    """One's own places (the platform's staff: another's) with their region on a day (left out: today), by name.

    The region is worked out from the postal code whenever it is asked for and stored nowhere, so a redrawn region
    counts from its day on and the answer for a past day stays. Raises `NotFound` for another's places.
    """
    me = work.actor.org_id
    if org_id is None or org_id == me:
        ids = [site.site_id for site in identity.my_sites(work)]
    else:
        _staff(work)
        found = text("select id from sites where org_id = :org_id")
        ids = list(work.session.execute(found, {"org_id": org_id}).scalars())
    rows = work.session.execute(_PLACES, {"ids": ids, "day": on or today(work)})
    return [PlaceRow.model_validate(row._asdict()) for row in rows]


def regions(work: Work, *, on: date | None = None) -> list[RegionRow]:
    """Every region by name, with its areas and who serves it on a day (left out: today); for the platform's staff."""
    _staff(work)
    day = on or today(work)
    rows = work.session.execute(
        text(
            "select r.id as region_id, r.name, r.parent_id, p.name as parent_name,"
            " coalesce((select array_agg(o.name order by o.name) from territory_assignments t"
            "   join organizations o on o.id = t.distributor_id where t.region_id = r.id"
            "   and :day >= t.valid_from and (t.valid_to is null or :day < t.valid_to)), '{}') as served_by"
            " from regions r left join regions p on p.id = r.parent_id order by r.name"
        ),
        {"day": day},
    ).all()
    areas = _areas(work, [row.region_id for row in rows], day)
    return [RegionRow.model_validate(row._asdict() | {"areas": areas[row.region_id]}) for row in rows]


def assignments(
    work: Work, *, region_id: UUID | None = None, distributor_id: UUID | None = None, page: int = 1, size: int = 50
) -> tuple[list[AssignmentRow], int]:
    """Who serves what, and did and will, newest first: one page, and how many there are; for the platform's staff."""
    _staff(work)
    rows = work.session.execute(
        text(
            "select t.id as assignment_id, t.region_id, r.name as region_name, t.distributor_id,"
            " o.name as distributor_name, t.mode, t.is_exclusive, t.valid_from, t.valid_to, p.name as assigned_by,"
            " case when t.valid_to <= :day then 'past' when t.valid_from > :day then 'planned' else 'current' end"
            "   as state, count(*) over () as total"
            " from territory_assignments t join regions r on r.id = t.region_id"
            " join organizations o on o.id = t.distributor_id left join people p on p.id = t.assigned_by"
            " where (cast(:region_id as uuid) is null or t.region_id = :region_id)"
            " and (cast(:distributor_id as uuid) is null or t.distributor_id = :distributor_id)"
            " order by t.valid_from desc, r.name, o.name, t.id limit :size offset :skip"
        ),
        {
            "region_id": region_id, "distributor_id": distributor_id, "day": today(work), "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [AssignmentRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_territories(work: Work) -> list[TerritoryRow]:
    """The regions that the actor's distributor serves, did and will, with their areas of today; newest first."""
    work.actor.require(Permission.SEE_TERRITORIES)
    day = today(work)
    rows = work.session.execute(
        text(
            "select t.id as assignment_id, t.region_id, r.name, t.mode, t.is_exclusive, t.valid_from, t.valid_to,"
            " case when t.valid_to <= :day then 'past' when t.valid_from > :day then 'planned' else 'current' end"
            "   as state from territory_assignments t join regions r on r.id = t.region_id"
            " where t.distributor_id = :me and t.valid_to is distinct from t.valid_from"
            " order by t.valid_from desc, r.name"
        ),
        {"me": work.actor.require_org(), "day": day},
    ).all()
    areas = _areas(work, [row.region_id for row in rows], day)
    return [TerritoryRow.model_validate(row._asdict() | {"areas": areas[row.region_id]}) for row in rows]


def _areas(work: Work, region_ids: Collection[UUID], day: date) -> dict[UUID, tuple[AreaRow, ...]]:
    found: dict[UUID, list[AreaRow]] = defaultdict(list)
    rows = work.session.execute(
        text(
            "select id as area_id, region_id, country_code, first, last, valid_from, valid_to from region_areas"
            " where region_id = any(:ids) and :day >= valid_from and (valid_to is null or :day < valid_to)"
            " order by country_code, first"
        ),
        {"ids": list(region_ids), "day": day},
    )
    for row in rows:
        facts: dict[str, Any] = row._asdict()
        found[facts.pop("region_id")].append(AreaRow.model_validate(facts))
    return defaultdict(tuple, {region_id: tuple(areas) for region_id, areas in found.items()})


def _staff(work: Work) -> None:
    work.actor.require(Permission.SEE_TERRITORIES)
    work.actor.require_staff()
