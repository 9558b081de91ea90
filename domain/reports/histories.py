"""The key figures of an imported history, from the facts of the warehouse and exact line values.

Definitions (metrics F2b). Line value = quantity x unit price - discount. GMV = value of every order
that is neither cancelled nor returned, by the day it was placed. Months and days are those of the
history's own time zone. Repeat rate = buyers with two orders (on two days) of buyers with one.
Activation = buyers whose first order came within 30 days of registration, of all registered. Returned
within N days: another order on day 1..N after the first order's day, of buyers whose first day + N is in
the data; the windows 1-30, 31-60, 61-90 likewise. On time = delivered on the promised day or before.
Return rate = value of credit notes of GMV.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.kernel.errors import Conflict, NotFound
from domain.kernel.work import Work
from domain.reports.history_rows import BASE
from domain.reports.history_tables import ReportTable, history_tables


class WarehouseTooOld(Conflict):
    """The warehouse does not know yet what is asked."""


class HistoryReport(BaseModel):
    """The key figures, and the tables behind them."""

    model_config = ConfigDict(frozen=True)

    name: str
    currency: str
    time_zone: str
    as_of: datetime
    summary: dict[str, int | float | str | None]
    tables: tuple[ReportTable, ...]


# Of those that came in from the command line; the names that companies give are their own.
_HISTORY = text(
    "select id, name, currency, time_zone, imported_at from histories where name = :name and org_id is null"
)
_SEEN = text("select as_of from ops.publications order by published_at desc limit 1")

_SUMMARY = text(
    BASE
    + """
    , last as (
        select max(day) as day from placed
    ), after_first as materialized (
        select b.buyer_id, b.first_day, p.day - b.first_day as d
        from buyers b join placed p using (buyer_id)
    ), windows as (
        select n, count(*) as eligible, count(*) filter (where within) as within,
               count(*) filter (where inside) as inside
        from (
            select n, a.buyer_id, bool_or(a.d between 1 and n) as within, bool_or(a.d between n - 29 and n) as inside
            from after_first a cross join last cross join (values (30), (60), (90)) as w(n)
            where a.first_day + n <= last.day
            group by n, a.buyer_id
        ) as each_buyer
        group by n
    ), sold as (
        select count(distinct l.product_id) as products, sum(l.ordered_quantity) as units
        from core.fct_order_lines l join core.fct_orders o using (order_id)
        where o.history_id = :history_id and o.secured_at is not null
    ), sellers as (
        select seller_id, sum(exact_goods) as value
        from core.fct_orders where history_id = :history_id and secured_at is not null
        group by seller_id
    ), registered as (
        select b.first_day, g.registered_at at time zone :time_zone as registered_at
        from core.dim_organization g left join buyers b on b.buyer_id = g.organization_id
        where g.history_id = :history_id and g.kind = 'retailer' and g.registered_at is not null
    ), carried as materialized (
        select ordered_at, shipped_at, delivered_at, cast(promised_at as date) as promised_on,
               cast(shipped_at as date) as shipped_on, cast(delivered_at as date) as delivered_on
        from (select ordered_at, promised_at, shipped_at, delivered_at from placed
              union all
              select ordered_at, promised_at, shipped_at, delivered_at from returned) as sent
    )
    select
        coalesce((select sum(value) from placed), 0) as gmv,
        (select count(*) from placed) as orders,
        coalesce((select sum(lines) from placed), 0) as lines,
        (select count(*) from buyers) as buyers_ordering,
        (select count(*) from sellers) as suppliers_selling,
        sold.products as products_sold,
        (select avg(value) from placed) as aov,
        (select percentile_cont(0.5) within group (order by value) from placed) as median_order_value,
        coalesce(sold.units, 0) as units,
        (select to_char(min(ordered_at), 'YYYY-MM-DD HH24:MI:SS') from placed) as first_order,
        (select to_char(max(ordered_at), 'YYYY-MM-DD HH24:MI:SS') from placed) as last_order,
        coalesce((select sum(value) from returned), 0) as returns_value,
        (select count(*) from ordered where kind = 'cancelled') as cancelled_orders,
        (select count(*) from returned) as returned_orders,
        (select avg(cast(days >= 2 as integer)) from buyers) as repeat_rate_days,
        (select avg(cast(orders >= 2 as integer)) from buyers) as repeat_rate_orders,
        (select avg(orders) from buyers) as orders_per_buyer,
        (select avg(cast(coalesce(floor(extract(epoch from first_day - registered_at) / 86400) between 0 and 30, false)
                         as integer)) from registered) as activation_30d,
        (select count(*) from registered) as buyers_registered,
        (select jsonb_object_agg(n, jsonb_build_array(eligible, within, inside)) from windows) as windows,
        (select avg(cast(delivered_on <= promised_on as integer)) from carried) as on_time_rate,
        (select count(*) from carried where delivered_on is not null and promised_on is not null) as on_time_orders,
        (select percentile_cont(0.5) within group (order by delivered_on - promised_on) from carried
         where delivered_on > promised_on) as median_days_late_when_late,
        (select avg(cast(shipped_on <= promised_on as integer)) from carried) as shipped_by_promise_rate,
        (select percentile_cont(0.5) within group (order by extract(epoch from shipped_at - ordered_at)) / 86400
         from carried where promised_on is not null) as median_days_order_to_ship,
        (select percentile_cont(0.5) within group (order by extract(epoch from delivered_at - ordered_at)) / 86400
         from carried) as median_days_order_to_delivery,
        (select avg(cast(sellers > 1 as integer)) from placed) as multi_supplier_order_share,
        (select sum(power(value, 2)) / nullif(power(sum(value), 2), 0) from sellers) as supplier_hhi,
        (select sum(value) filter (where place <= 10) / nullif(sum(value), 0)
         from (select value, row_number() over (order by value desc, buyer_id) as place from buyers) as ranked
        ) as top10_buyer_share
    from sold
"""
)


def history_report(work: Work, *, name: str) -> HistoryReport:
    """The figures of one imported history.

    Raises: NotFound for an unknown name and for everybody but staff and jobs, WarehouseTooOld when the
    warehouse was built before the import.
    """
    work.actor.require_staff()
    history = work.session.execute(_HISTORY, {"name": name}).one_or_none()
    if history is None:
        raise NotFound(f"There is no imported history named {name}.")
    as_of = work.session.execute(_SEEN).scalar()
    if as_of is None or as_of < history.imported_at:
        raise WarehouseTooOld(f"The warehouse does not know {name} yet; run wholesale pipeline run first.")
    facts = {"history_id": history.id, "time_zone": history.time_zone}
    found = work.session.execute(_SUMMARY, facts).one()._mapping
    return HistoryReport(
        name=history.name,
        currency=history.currency,
        time_zone=history.time_zone,
        as_of=as_of,
        summary=_summary(found),
        tables=tuple(history_tables(work, history.id)),
    )


def _summary(found: Any) -> dict[str, int | float | str | None]:
    """The keys in their order; those that nothing in the history answers are left out."""
    gmv, returns = found["gmv"], found["returns_value"]
    counts = ("orders", "lines", "buyers_ordering", "suppliers_selling", "products_sold")
    summary: dict[str, Any] = {"gmv": gmv}
    summary |= {key: int(found[key]) for key in counts}
    summary |= {key: found[key] for key in ("aov", "median_order_value", "units", "first_order", "last_order")}
    summary |= {"returns_value": returns, "return_rate": returns / gmv if gmv else None, "net_gmv": gmv - returns}
    summary |= {key: int(found[key]) for key in ("cancelled_orders", "returned_orders")}
    summary |= {key: found[key] for key in ("repeat_rate_days", "repeat_rate_orders", "orders_per_buyer")}
    if found["buyers_registered"]:
        summary |= {"activation_30d": found["activation_30d"], "buyers_registered": found["buyers_registered"]}
    for days in (30, 60, 90):
        eligible, within, inside = (found["windows"] or {}).get(str(days), (0, 0, 0))
        summary[f"eligible_{days}d"] = eligible
        summary[f"returned_within_{days}d"] = within / eligible if eligible else None
        summary[f"window_retention_{days - 29}_{days}d"] = inside / eligible if eligible else None
    if found["on_time_orders"]:
        summary |= {key: found[key] for key in ("on_time_rate", "on_time_orders", "median_days_late_when_late")}
    if found["shipped_by_promise_rate"] is not None:
        summary |= {key: found[key] for key in ("shipped_by_promise_rate", "median_days_order_to_ship")}
    if found["median_days_order_to_delivery"] is not None:
        summary["median_days_order_to_delivery"] = found["median_days_order_to_delivery"]
    summary |= {key: found[key] for key in ("multi_supplier_order_share", "supplier_hhi", "top10_buyer_share")}
    return {key: _figure(value) for key, value in summary.items()}


def _figure(value: Any) -> int | float | str | None:
    return round(float(value), 8) if isinstance(value, (float, Decimal)) else value
