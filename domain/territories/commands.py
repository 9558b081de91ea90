"""Drawing regions and saying who serves them; the past stays as it was."""

import re
from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.territories.events import RegionAreasChanged, RegionCreated, TerritoryAssigned, TerritoryEnded
from domain.territories.models import Region, TerritoryAssignment
from domain.territories.states import Mode

Area = tuple[str, str, str]  # country, first and last beginning of the postal codes
MOST_AREAS = 500


class Overlap(Conflict):
    """The same place would belong to two regions, or a region to two who each have it alone."""


def create_region(
    work: Work, *, request_id: UUID, name: str, parent_id: UUID | None = None, areas: Sequence[Area] = (),
    valid_from: date | None = None,
) -> UUID:  # fmt: skip
    """Draw a region, if wanted as a part of another, with its areas from a day on (left out: today).

    Raises `Conflict` when there is one of this name, `Overlap`, `Invalid`. Announces RegionCreated and
    RegionAreasChanged.
    """
    work.actor.require(Permission.ASSIGN_TERRITORIES)
    name = name.strip()
    if not name or len(name) > 120:
        raise Invalid("A region needs a name of up to 120 characters.")
    _one_at_a_time(work)
    if work.session.execute(_NAMED, {"name": name}).first():
        raise Conflict(f"There already is a region named {name}.")
    if parent_id is not None and work.session.get(Region, parent_id) is None:
        raise NotFound
    region = Region(id=new_id(), name=name, parent_id=parent_id, created_at=work.now)
    work.session.add(region)
    work.session.flush()
    after = {"name": name, "parent_id": str(parent_id) if parent_id else None}
    work.record(RegionCreated(subject_id=region.id, after=after))
    if areas:
        _redraw(work, region, areas, valid_from or today(work), "Drawn with the region")
    return region.id


def set_region_areas(
    work: Work, *, request_id: UUID, region_id: UUID, areas: Sequence[Area], valid_from: date, reason: str
) -> int:
    """Say which postal codes make up a region from a day on. Returns how many areas it then has.

    What it had before stays on record for the days before. Raises `Overlap` when a code belongs to another region
    then, `Conflict` when a later change is planned, `Invalid` for a day of the past. Announces RegionAreasChanged.
    """
    work.actor.require(Permission.ASSIGN_TERRITORIES)
    _one_at_a_time(work)
    region = work.session.get(Region, region_id)
    if region is None:
        raise NotFound
    return _redraw(work, region, areas, valid_from, _reason(reason))


def assign_territory(
    work: Work,
    *,
    request_id: UUID,
    region_id: UUID,
    distributor_id: UUID,
    mode: Mode,
    is_exclusive: bool,
    valid_from: date,
    valid_to: date | None = None,
    reason: str,
) -> UUID:
    """Let a distributor serve a region from a day on, up to, but not with, another. Returns the assignment.

    Raises `Overlap` when somebody has the region alone then, or somebody shares it that would have to leave;
    `Conflict` when the distributor serves it already; `Invalid` for days of the past. Announces TerritoryAssigned.
    """
    work.actor.require(Permission.ASSIGN_TERRITORIES)
    reason = _reason(reason)
    _not_before_today(work, valid_from)
    if valid_to is not None and valid_to <= valid_from:
        raise Invalid("The last day is before the first.")
    _one_at_a_time(work)
    if work.session.get(Region, region_id) is None or not _is_distributor(work, distributor_id):
        raise NotFound
    days = {"region_id": region_id, "first": valid_from, "end": valid_to}
    for other in work.session.execute(_ASSIGNED, days).all():
        if other.distributor_id == distributor_id:
            raise Conflict(f"{other.name} serves this region already in these days. End that first.")
        if other.is_exclusive or is_exclusive:
            raise Overlap(
                f"{other.name} serves this region{' alone' if other.is_exclusive else ''} from {other.valid_from}"
                f"{f' to {other.valid_to}' if other.valid_to else ' on'}. End that first, or choose other days."
            )
    made = TerritoryAssignment(
        id=new_id(), region_id=region_id, distributor_id=distributor_id, mode=Mode(mode).value,
        is_exclusive=is_exclusive, valid_from=valid_from, valid_to=valid_to, assigned_by=work.actor.user_id,
        created_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    work.record(
        TerritoryAssigned(
            subject_id=region_id, assignment_id=made.id, for_org_id=distributor_id, before={},
            after=_days(made) | {"mode": made.mode, "is_exclusive": is_exclusive}, reason=reason,
        )
    )  # fmt: skip
    return made.id


def end_assignment(work: Work, *, assignment_id: UUID, valid_to: date, reason: str) -> None:
    """End a distributor's service of a region: `valid_to` is the first day on which it no longer serves.

    One that has not begun is withdrawn whole. Raises `Conflict` when it is over, `Invalid` for a day of the past or
    one that would make it longer. Announces TerritoryEnded.
    """
    work.actor.require(Permission.ASSIGN_TERRITORIES)
    reason = _reason(reason)
    _one_at_a_time(work)
    row = work.session.get(TerritoryAssignment, assignment_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.valid_to is not None and row.valid_to <= today(work):
        raise Conflict("This assignment is over already.")
    _not_before_today(work, valid_to)
    if row.valid_to is not None and valid_to > row.valid_to:
        raise Invalid(f"It ends on {row.valid_to} already. To go on longer, assign the region anew from then on.")
    before = _days(row)
    row.valid_to = max(valid_to, row.valid_from)
    row.ended_by, row.ended_at = work.actor.user_id, work.now
    work.record(
        TerritoryEnded(
            subject_id=row.region_id, assignment_id=row.id, for_org_id=row.distributor_id, before=before,
            after=_days(row), reason=reason,
        )
    )  # fmt: skip


def parse_areas(written: str) -> list[Area]:
    """Areas as people write them, one a line or after commas: "DE 20-25", "DE 80", "GB SW1", "AT" (all of it).

    Raises `Invalid` naming the first that cannot be read.
    """
    areas = []
    for part in re.split(r"[,;\n]+", written):
        if not part.strip():
            continue
        found = re.fullmatch(r"\s*([A-Za-z]{2})(?:\s+([A-Za-z0-9 ]+?)\s*(?:[-–]\s*([A-Za-z0-9 ]+?))?)?\s*", part)
        if found is None:
            raise Invalid(f"{part.strip()!r} is no area. Write for example DE 20-25, DE 80 or AT for all of Austria.")
        country, first, last = found.groups()
        areas.append((country, first or "", last or first or ""))
    return areas


def today(work: Work) -> date:
    return work.now.astimezone(UTC).date()


_NAMED = text("select id from regions where lower(name) = lower(:name)")
_ASSIGNED = text(
    "select a.*, o.name from territory_assignments a join organizations o on o.id = a.distributor_id"
    " where a.region_id = :region_id"
    " and daterange(a.valid_from, a.valid_to) && daterange(cast(:first as date), cast(:end as date))"
    " order by a.valid_from"
)
# What a region has on a day or will have later.
_AREAS = text(
    "select id, country_code, first, last, valid_from, valid_to from region_areas"
    " where region_id = :region_id and (valid_to is null or valid_to > :day) and valid_to is distinct from valid_from"
    " order by country_code, first"
)
_END = text("update region_areas set valid_to = greatest(valid_from, cast(:day as date)) where id = any(:ids)")
_ADD = text(
    "insert into region_areas (id, region_id, country_code, first, last, valid_from, created_at)"
    " select id, :region_id, country_code, first, last, :day, :now"
    " from unnest(cast(:ids as uuid[]), cast(:countries as text[]), cast(:firsts as text[]), cast(:lasts as text[]))"
    " as added(id, country_code, first, last)"
)
_TAKEN = text(
    "select r.name, a.country_code, a.first, a.last from region_areas a join regions r on r.id = a.region_id"
    " join unnest(cast(:countries as text[]), cast(:firsts as text[]), cast(:lasts as text[]))"
    "   as added(country_code, first, last) on added.country_code = a.country_code"
    "   and length(added.first) = length(a.first)"
    "   and postal_codes(added.first, added.last, '[]') && postal_codes(a.first, a.last, '[]')"
    " where a.region_id <> :region_id and daterange(a.valid_from, a.valid_to) && daterange(cast(:day as date), null)"
    " limit 1"
)


def _redraw(work: Work, region: Region, areas: Sequence[Area], day: date, reason: str) -> int:
    _not_before_today(work, day)
    wanted = sorted({_area(*area) for area in areas})
    if len(wanted) > MOST_AREAS:
        raise Invalid(f"A region has up to {MOST_AREAS} areas. Use shorter beginnings of postal codes.")
    _apart(wanted)
    there = work.session.execute(_AREAS, {"region_id": region.id, "day": day}).all()
    if any(row.valid_from > day or row.valid_to is not None for row in there):
        raise Conflict("A change of this region's areas is planned for a later day. Choose a day after it.")
    had = {(row.country_code, row.first, row.last): row.id for row in there}
    added = [area for area in wanted if area not in had]
    gone = [had[area] for area in had if area not in set(wanted)]
    lists = {
        "countries": [area[0] for area in added], "firsts": [area[1] for area in added],
        "lasts": [area[2] for area in added],
    }  # fmt: skip
    taken = work.session.execute(_TAKEN, {**lists, "region_id": region.id, "day": day}).first()
    if taken is not None:
        raise Overlap(f"{_words((taken.country_code, taken.first, taken.last))} belongs to {taken.name} then.")
    if not added and not gone:
        raise Conflict("These are its areas already.")
    work.session.execute(_END, {"ids": gone, "day": day})
    ids = [new_id() for _ in added]
    work.session.execute(_ADD, {**lists, "ids": ids, "region_id": region.id, "day": day, "now": work.now})
    work.record(
        RegionAreasChanged(
            subject_id=region.id, valid_from=day.isoformat(), before={"areas": [_words(area) for area in sorted(had)]},
            after={"areas": [_words(area) for area in wanted]}, reason=reason,
        )
    )  # fmt: skip
    return len(wanted)


def _area(country: str, first: str, last: str) -> Area:
    country = country.strip().upper()
    if re.fullmatch("[A-Z]{2}", country) is None:
        raise Invalid(f"{country!r} is not a country code; write two letters, for example DE.")
    first, last = (re.sub("[^A-Z0-9]", "", code.upper()) for code in (first, last))
    if len(first) != len(last) or first > last or len(first) > 12:
        raise Invalid(f"{first}-{last}: both ends of a range are of equal length, the smaller one first.")
    return country, first, last


def _apart(areas: Sequence[Area]) -> None:
    """Areas of one region and one length must not overlap, as the database would refuse them."""
    for one, other in zip(sorted(areas, key=_by_length), sorted(areas, key=_by_length)[1:], strict=False):
        if one[0] == other[0] and len(one[1]) == len(other[1]) and other[1] <= one[2]:
            raise Invalid(f"{_words(one)} and {_words(other)} overlap. Write them as one.")


def _by_length(area: Area) -> tuple[str, int, str]:
    return area[0], len(area[1]), area[1]


def _words(area: Area) -> str:
    country, first, last = area
    return f"{country} {first}" if first == last and first else f"{country} {first}-{last}" if first else country


def _days(row: TerritoryAssignment) -> dict[str, Any]:
    return {"valid_from": row.valid_from.isoformat(), "valid_to": row.valid_to.isoformat() if row.valid_to else None}


def _is_distributor(work: Work, org_id: UUID) -> bool:
    found = text("select 1 from organizations where id = :id and kind = 'distributor' and origin = 'live'")
    return work.session.execute(found, {"id": org_id}).first() is not None


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise Invalid("Please say why, in up to 500 characters.")
    return reason


def _not_before_today(work: Work, day: date) -> None:
    # Jobs and the demo may write down what was agreed earlier; people may not rewrite who served whom.
    if not work.actor.is_system and day < today(work):
        raise Invalid("The past stays as it was: choose today or a later day.")


def _one_at_a_time(work: Work) -> None:
    # Whether something overlaps is only certain when nobody else draws at the same time.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext('territories'))"))
