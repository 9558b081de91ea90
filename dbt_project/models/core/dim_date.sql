with known as (
    select min(day_on) as first_on, max(day_on) as last_on
    from (
        select {{ day_in('created_at', "'UTC'") }} as day_on from {{ ref('stg_orders__supplier_orders') }}
        union all
        select {{ day_in('completed_at', "'UTC'") }} from {{ ref('stg_orders__supplier_orders') }}
        union all
        select {{ day_in('returned_at', "'UTC'") }} from {{ ref('stg_orders__return_documents') }}
        union all
        select {{ day_in('effective_at', "'UTC'") }} from {{ ref('stg_ledger__ledger_entries') }}
        union all
        select {{ day_in(as_of(), "'UTC'") }}
    ) as days
)

-- A day more at both ends: local days may lie beside the UTC day.
select
    cast(day as date) as date_on,
    cast(extract(year from day) as integer) as year,
    cast(extract(quarter from day) as integer) as quarter,
    cast(extract(month from day) as integer) as month,
    to_char(day, 'YYYY-MM') as month_name,
    cast(extract(isoyear from day) as integer) as iso_year,
    cast(extract(week from day) as integer) as iso_week,
    cast(extract(isodow from day) as integer) as iso_weekday,
    extract(isodow from day) > 5 as is_weekend
from known
cross join lateral generate_series(cast(first_on - 1 as timestamp), cast(last_on + 1 as timestamp), interval '1 day') as day
