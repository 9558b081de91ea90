"""Organisations by the month in which they began to trade, and how many of them still do."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from domain.kernel.errors import Invalid, NotFound
from domain.kernel.periods import Period
from domain.kernel.work import Work
from domain.reports.metrics.periods import shifted
from domain.reports.metrics.registry import reader_of, seen_by_readers, statements
from domain.reports.metrics.views import CohortRow

SIDES = ("buyer", "seller")


def retention_cohorts(work: Work, *, role: str, first: date, end: date) -> list[CohortRow]:
    """A row per month in which organisations had their first order: as buyers funded, as sellers confirmed.

    A share is of the cohort, for month 0, 1, 2 ... after the first order. Months that are not over for every
    organisation of the cohort are None. For staff only.

    Raises: NotFound for everybody else, Invalid for another role than buyer or seller, WarehouseNotBuilt.
    """
    reader = reader_of(work)
    if not reader.is_staff:
        raise NotFound
    if role not in SIDES:
        raise Invalid("Cohorts are of buyers or of sellers.")
    period = Period(first, end)
    seen = seen_by_readers(work)
    active: dict[date, dict[int, int]] = defaultdict(dict)
    known_until: dict[date, date] = {}
    facts = {"side": role, "first": period.first, "end": period.end}
    for row in work.session.execute(statements(work, ["cohorts"])["cohorts"], facts):
        active[row.cohort_on][row.months_after] = row.active
        known_until[row.cohort_on] = min(row.known_until_on, known_until.get(row.cohort_on, row.known_until_on))
    return [
        CohortRow(
            cohort=cohort,
            size=by_month[0],
            shares=tuple(
                Decimal(by_month.get(months, 0)) / by_month[0]
                if shifted(cohort, months + 1) <= known_until[cohort] + timedelta(days=1)
                else None
                for months in range(_months_between(cohort, seen.today) + 1)
            ),
        )
        for cohort, by_month in sorted(active.items())
    ]


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
