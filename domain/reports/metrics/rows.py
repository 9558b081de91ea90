"""What stands behind a value, and the members by which values can be split."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from domain.kernel.periods import Period
from domain.kernel.work import Work
from domain.reports.gmv import paged
from domain.reports.metrics.registry import planned, reader_of, require_dimensions, seen_by_readers, statements
from domain.reports.metrics.values import filters as filled
from domain.reports.metrics.views import MetricRows, UnknownMetric

_PER_PAGE = "amount", "total_rows", "total_amount"  # what a statement says beside the columns that people see


def metric_rows(
    work: Work,
    *,
    name: str,
    first: date,
    end: date,
    currency: str | None = None,
    filters: Mapping[str, tuple[str, ...]] | None = None,
    page: int = 1,
    size: int = 50,
) -> MetricRows:
    """The rows that a metric counts in a period, the newest first, one page of them.

    The last column is what each row adds to the value (or to its numerator). `amount` is their sum over all
    pages where the metric is additive and its rows are of one currency, else None.

    Raises: as `metric_values`; Invalid for a page that cannot be.
    """
    reader = reader_of(work)
    [metric] = planned(work, reader, [name])
    seen = seen_by_readers(work)
    period, wanted = Period(first, end), dict(filters or {})
    require_dimensions(wanted)
    place = paged(page, size)
    source = metric.source(wanted)["name"]
    # A row shows what it is worth, whatever the metric counts.
    compiled = metric.rows_sql.get(source) if metric.rows_sql and reader.sees_money else None
    if compiled is None:
        raise UnknownMetric(f"{name} does not show its rows.")
    facts = filled(wanted, currency, reader) | {"first": period.first, "end": period.end}
    facts |= {"seen": min(period.end, seen.today)}
    asked = text(compiled)
    found = work.session.execute(asked, facts | place)
    names = list(found.keys())
    columns = [column for column in names if column not in _PER_PAGE]
    rows = found.mappings().all()
    counted: Any = rows[0] if rows else None
    if counted is None and page > 1:  # beyond the last page the first one knows how many there are
        counted = work.session.execute(asked, facts | paged(1, 1)).mappings().first()
    amount = (counted["total_amount"] if counted else Decimal(0)) if metric.is_additive else None
    return MetricRows(
        columns=(*columns, "amount"),
        rows=tuple((*(row[column] for column in columns), row["amount"]) for row in rows),
        total=counted["total_rows"] if counted else 0,
        amount=amount if currency or not metric.plan["is_by_currency"] else None,
    )


def dimension_values(work: Work, *, dimension: str) -> list[tuple[str, str]]:
    """The members of a dimension that the actor sees, as (key, words), by their words.

    Raises: Invalid for a dimension that is none, WarehouseNotBuilt, NotFound for nobody.
    """
    reader = reader_of(work)
    require_dimensions([dimension])
    seen_by_readers(work)
    facts = {"only_buyer": reader.only_buyer, "only_seller": reader.only_seller}
    name = f"members_{dimension}"
    rows = work.session.execute(statements(work, [name])[name], facts)
    return [(row.key, row.words) for row in rows]
