"""The tables of an imported history's report, one SQL question each, over the rows that `histories` prepares.

Buyers, products and suppliers are named by the ids of the company's own files, or by their names where the files
spoke of organisations and products that were here before.

Definitions (metrics F2b). Quarter and month are those of the order's day in the history's time zone. A cohort is the
buyers whose first order fell into a month; active(k) counts those with an order k months later, and 0 stands
where nobody had one. Returned within N counts the buyers with another order on day 1..N of those whose first
day + N is in the data (`eligible_N`). ABC: products by descending GMV; A while the share before the product is
below 80 %, B below 95 %, then C. On time as in the summary, per order in which the supplier had a part.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.kernel.work import Work
from domain.reports.history_rows import BASE


class ReportTable(BaseModel):
    """One table: a name, its columns, and rows of values (exact; None where there is no answer)."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | Decimal | date | None, ...], ...]


_MONTHLY = text(
    BASE
    + """
    , months as (
        select month, sum(value) as gmv, count(*) as orders, count(distinct buyer_id) as buyers
        from placed group by month
    ), fresh as (
        select to_char(first_day, 'YYYY-MM') as month, count(*) as new_buyers from buyers group by 1
    ), back as (
        select month, sum(value) as returns from returned group by month
    )
    select month, gmv, orders, buyers, gmv / orders as aov, coalesce(new_buyers, 0) as new_buyers,
           coalesce(returns, 0) as returns, gmv - coalesce(returns, 0) as net_gmv,
           cast(orders as numeric) / buyers as orders_per_buyer,
           gmv / nullif(lag(gmv) over (order by month), 0) - 1 as mom_growth
    from months left join fresh using (month) left join back using (month)
    order by month
"""
)

_QUARTERLY = text(
    BASE
    + """
    , quarters as (
        select to_char(day, 'YYYY"Q"Q') as quarter, sum(value) as gmv from placed group by 1
    )
    select quarter, gmv, gmv / nullif(lag(gmv) over (order by quarter), 0) - 1 as qoq_growth
    from quarters order by quarter
"""
)

_RETURNED_WITHIN = text(
    BASE
    + """
    , last as (
        select max(day) as day from placed
    ), each_buyer as (
        select b.buyer_id, b.first_day, bool_or(p.day - b.first_day between 1 and 30) as is_back_30,
               bool_or(p.day - b.first_day between 1 and 60) as is_back_60,
               bool_or(p.day - b.first_day between 1 and 90) as is_back_90
        from buyers b join placed p using (buyer_id)
        group by b.buyer_id, b.first_day
    )
    select to_char(first_day, 'YYYY-MM') as cohort, count(*) as size,
           count(*) filter (where first_day + 30 <= last.day) as eligible_30,
           count(*) filter (where first_day + 30 <= last.day and is_back_30) as returned_within_30,
           count(*) filter (where first_day + 60 <= last.day) as eligible_60,
           count(*) filter (where first_day + 60 <= last.day and is_back_60) as returned_within_60,
           count(*) filter (where first_day + 90 <= last.day) as eligible_90,
           count(*) filter (where first_day + 90 <= last.day and is_back_90) as returned_within_90
    from each_buyer cross join last group by 1 order by 1
"""
)

_ACTIVE = text(
    BASE
    + """
    select to_char(b.first_day, 'YYYY-MM') as cohort,
           cast((extract(year from p.day) - extract(year from b.first_day)) * 12
                + extract(month from p.day) - extract(month from b.first_day) as integer) as k,
           count(distinct p.buyer_id) as active
    from placed p join buyers b using (buyer_id)
    group by 1, 2 order by 1, 2
"""
)

_SOLD = """
    , parts as materialized (
        select order_id, purchase_id, buyer_id from core.fct_orders
        where history_id = :history_id and secured_at is not null
    ), lines as materialized (
        select order_id, product_id, seller_id, exact_value as value, ordered_quantity as units
        from core.fct_order_lines where history_id = :history_id
    ), sold as materialized (
        select l.product_id, p.purchase_id, p.buyer_id, l.seller_id, l.value, l.units
        from lines l join parts p using (order_id)
    )
"""

_PRODUCTS = text(
    BASE
    + _SOLD
    + """
    , products as (
        select coalesce(d.external_id, d.product_name) as product_id, sum(s.value) as gmv, sum(s.units) as units,
               count(distinct s.purchase_id) as orders, count(distinct s.buyer_id) as buyers
        from sold s join core.dim_product d on d.product_id = s.product_id
        group by d.product_id, d.external_id, d.product_name
    ), ranked as (
        select *, row_number() over best as rank, sum(gmv) over best - gmv as before, sum(gmv) over () as whole
        from products
        window best as (order by gmv desc, product_id collate "C" rows unbounded preceding)
    )
    select product_id, gmv, units, orders, buyers,
           case when before < 0.80 * whole then 'A' when before < 0.95 * whole then 'B' else 'C' end as abc, rank
    from ranked order by rank
"""
)

_SUPPLIERS = text(
    BASE
    + _SOLD
    + """
    , carried as (
        select distinct s.seller_id, s.purchase_id,
               cast(p.delivered_at as date) <= cast(p.promised_at as date) as is_on_time
        from sold s join placed p using (purchase_id)
        where p.delivered_at is not null and p.promised_at is not null
    ), timely as (
        select seller_id, avg(cast(is_on_time as integer)) as on_time_rate, count(*) as on_time_orders
        from carried group by seller_id
    ), suppliers as (
        select seller_id, sum(value) as gmv, count(distinct purchase_id) as orders, count(distinct buyer_id) as buyers
        from sold group by seller_id
    )
    select coalesce(g.external_id, g.organization_name) as supplier_id, s.gmv, s.orders, s.buyers, t.on_time_rate,
           coalesce(t.on_time_orders, 0) as on_time_orders
    from suppliers s
    join core.dim_organization g on g.organization_id = s.seller_id
    left join timely t using (seller_id)
    order by s.gmv desc, coalesce(g.external_id, g.organization_name) collate "C"
"""
)

_BUYERS = text(
    BASE
    + """
    select coalesce(g.external_id, g.organization_name) as buyer_id, b.value as gmv, b.orders, b.first_day as first,
           b.last_day as last
    from buyers b join core.dim_organization g on g.organization_id = b.buyer_id
    order by b.value desc, coalesce(g.external_id, g.organization_name) collate "C" limit 100
"""
)

_COUNTRIES = text(
    BASE
    + """
    select g.country, sum(b.value) as gmv
    from buyers b join core.dim_organization g on g.organization_id = b.buyer_id
    where g.country is not null
    group by g.country order by gmv desc, g.country collate "C"
"""
)

_ASKED = {
    "monthly": _MONTHLY,
    "quarterly": _QUARTERLY,
    "cohort_30_60_90": _RETURNED_WITHIN,
    "top100_buyers": _BUYERS,
    "country_gmv": _COUNTRIES,
}


def history_tables(work: Work, history_id: UUID) -> Iterator[ReportTable]:
    """Every table of the report beside the summary."""
    facts = {"history_id": history_id}
    for name, question in _ASKED.items():
        found = work.session.execute(question, facts)
        yield _table(name, list(found.keys()), found.all())
    yield _cohorts(work.session.execute(_ACTIVE, facts).all())
    found = work.session.execute(_PRODUCTS, facts)
    products = found.all()
    yield _table("products_abc", list(found.keys()), products)
    yield _classes(products)
    yield _suppliers(work.session.execute(_SUPPLIERS, facts).all())


def _cohorts(found: Sequence[Any]) -> ReportTable:
    """One row a cohort, one column for each distance in months that any cohort has."""
    counted = {(row.cohort, row.k): row.active for row in found}
    distances = sorted({k for _, k in counted})
    rows = [(cohort, *(counted.get((cohort, k), 0) for k in distances)) for cohort in sorted({c for c, _ in counted})]
    return _table("cohort_active_by_month", ["cohort", *map(str, distances)], rows)


def _classes(products: Sequence[Any]) -> ReportTable:
    """What each class of the ABC analysis has, of the products and of the GMV."""
    whole = sum((row.gmv for row in products), Decimal(0))
    rows = []
    for letter in sorted({row.abc for row in products}):
        members = [row.gmv for row in products if row.abc == letter]
        gmv = sum(members, Decimal(0))
        rows.append((letter, len(members), gmv, Decimal(len(members)) / len(products), gmv / whole if whole else None))
    return _table("abc_summary", ["abc", "products", "gmv", "share_products", "share_gmv"], rows)


def _suppliers(found: Sequence[Any]) -> ReportTable:
    """How punctual each one was is told only where the history has promised and delivered days."""
    columns = ["supplier_id", "gmv", "orders", "buyers", "on_time_rate", "on_time_orders"]
    known = len(columns) if any(row.on_time_orders for row in found) else len(columns) - 2
    return _table("suppliers", columns[:known], [tuple(row)[:known] for row in found])


def _table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> ReportTable:
    return ReportTable(name=name, columns=tuple(columns), rows=tuple(tuple(row) for row in rows))
