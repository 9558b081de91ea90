-- The months in which the organisations of a cohort traded, counted from the month of the first order.
select distinct
    {{ surrogate_key(['side', 'organization_id', "date_trunc('month', day_on)"]) }} as cohort_month_key,
    side,
    organization_id,
    role,
    origin,
    cast(date_trunc('month', first_order_on) as date) as cohort_on,
    cast(
        (extract(year from day_on) - extract(year from first_order_on)) * 12
        + extract(month from day_on) - extract(month from first_order_on) as integer
    ) as months_after,
    known_until_on
from {{ ref('mart_trade_days') }}
