-- Organisations by the day of their first order, and whether they came back in the windows after it.
select
    {{ surrogate_key(['side', 'organization_id']) }} as first_order_key,
    side,
    is_main_side,
    organization_id,
    organization_name,
    role,
    origin,
    first_order_on as day_on,
    cast(date_trunc('month', first_order_on) as date) as cohort_on,
    known_until_on,
    {% for days in (30, 60, 90) -%}
    bool_or(day_on - first_order_on between {{ days - 29 }} and {{ days }}) as is_back_{{ days }},
    {% endfor -%}
    bool_or(day_on - first_order_on between 1 and 90) as has_second_90
from {{ ref('mart_trade_days') }}
group by side, is_main_side, organization_id, organization_name, role, origin, first_order_on, known_until_on
