"""The days on which an organisation is closed beside weekends: its own calendar, kept by its owner.

Deadlines in business hours stand still on them, from the moment they are entered: a deadline that runs already keeps
its instant.
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity.events import HolidaysChanged
from domain.identity.permissions import Permission
from domain.identity.reach import require_every_store
from domain.identity.views import HolidayRow, WorkingCalendar
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work

# Whoever is closed all the time would never have to answer an order.
MOST_A_YEAR = 60
HORIZON_DAYS = 120  # no deadline reaches further
_YEARS_AHEAD = 5


def my_holidays(work: Work) -> list[HolidayRow]:
    """The closed days of one's own organisation, by date."""
    rows = work.session.execute(
        text("select closed_on, name from org_holidays where org_id = :org order by closed_on"),
        {"org": work.actor.require_org()},
    )
    return [HolidayRow.model_validate(row._asdict()) for row in rows]


def set_holidays(work: Work, *, holidays: Mapping[date, str]) -> int:
    """Make these the closed days of one's own organisation. Returns how many days changed.

    The platform's own are a part of its configuration: its time to decide stands still on them. Raises `Invalid` for
    too many, too far away or nameless days. Announces `HolidaysChanged`.
    """
    work.actor.require(Permission.CONFIGURE if work.actor.is_staff else Permission.MANAGE_ADDRESSES)
    org_id = work.actor.require_org()
    require_every_store(work)
    for year, days in Counter(day.year for day in holidays).items():
        if days > MOST_A_YEAR:
            raise Invalid(f"{year} has {days} closed days; at most {MOST_A_YEAR} a year can be entered.")
    latest = work.now.date() + timedelta(days=366 * _YEARS_AHEAD)
    wanted: dict[date, str] = {}
    for day, name in holidays.items():
        if not date(2000, 1, 1) <= day <= latest:
            raise Invalid(f"{day.isoformat()} is too far away: up to {_YEARS_AHEAD} years ahead can be entered.")
        if not 1 <= len(name.strip()) <= 80:
            raise Invalid(f"The name of {day.isoformat()} must have between 1 and 80 characters.")
        wanted[day] = name.strip()
    before = {row.closed_on: row.name for row in my_holidays(work)}
    gone = sorted(day for day, name in before.items() if wanted.get(day) != name)
    fresh = {day: name for day, name in wanted.items() if before.get(day) != name}
    if not gone and not fresh:
        return 0
    work.session.execute(
        text("delete from org_holidays where org_id = :org and closed_on = any(cast(:gone as date[]))"),
        {"org": org_id, "gone": gone},
    )
    work.session.execute(
        text(
            "insert into org_holidays (org_id, closed_on, name) select :org, d.closed_on, d.name"
            " from unnest(cast(:days as date[]), cast(:names as text[])) as d(closed_on, name)"
        ),
        {"org": org_id, "days": list(fresh), "names": list(fresh.values())},
    )
    work.record(
        HolidaysChanged(
            subject_id=org_id, before={day.isoformat(): before[day] for day in gone},
            after={day.isoformat(): name for day, name in sorted(fresh.items())},
        )
    )  # fmt: skip
    return len({*gone, *fresh})


def read_holidays(listed: str) -> dict[date, str]:
    """Closed days of a pasted list: a line a day, the date first (2027-12-24 or 24.12.2027), then its name.

    Raises `Invalid` and names the first line that cannot be read.
    """
    found: dict[date, str] = {}
    for number, line in enumerate(listed.splitlines(), start=1):
        if not line.strip():
            continue
        mark = next((mark for mark in ("\t", ";", ",") if mark in line), " ")
        parts = [part.strip() for part in next(csv.reader(io.StringIO(line.strip()), delimiter=mark))]
        day = _day(parts[0])
        if day is None:
            raise Invalid(f"Line {number} does not begin with a date such as 2027-12-24: {line.strip()[:60]}")
        found[day] = " ".join(part for part in parts[1:] if part)[:80] or "Closed"
    return found


def _day(written: str) -> date | None:
    numbers = written.replace("/", ".").replace("-", ".").split(".")
    if len(numbers) != 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    # A day first only with dots: 03/04 is read one way here and another way there.
    year_first = len(numbers[0]) == 4
    if not year_first and ("." not in written or len(numbers[2]) != 4):
        return None
    year, month, day = numbers if year_first else reversed(numbers)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def calendars_of(work: Work, *, org_ids: Collection[UUID]) -> dict[UUID, WorkingCalendar]:
    """The time zone and the closed days around now of organisations: of sellers for everybody, else of one's own."""
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select o.id, o.time_zone, (select coalesce(array_agg(h.closed_on), '{}') from org_holidays h"
            " where h.org_id = o.id and h.closed_on between :first and :last) as closed from organizations o"
            " where o.id = any(:ids) and (o.kind in ('manufacturer', 'distributor') or o.id = :me or :staff)"
        ),
        {
            "ids": list(org_ids), "first": work.now.date() - timedelta(days=1),
            "last": work.now.date() + timedelta(days=HORIZON_DAYS), "me": work.actor.org_id,
            "staff": work.actor.is_staff,
        },
    ).all()  # fmt: skip
    return {row.id: WorkingCalendar(time_zone=row.time_zone, closed=frozenset(row.closed)) for row in rows}
