-- What the organisations of a cohort traded in the windows after their first order, by currency.
select
    {{ surrogate_key(['side', 'organization_id', 'currency_code']) }} as first_order_value_key,
    side,
    is_main_side,
    organization_id,
    organization_name,
    role,
    origin,
    first_order_on as day_on,
    known_until_on,
    currency_code,
    cast(coalesce(sum(goods) filter (where day_on - first_order_on between 0 and 29), 0) as numeric(19, 4)) as goods_first_30
    {%- for days in (30, 60, 90) %},
    cast(coalesce(sum(goods) filter (where day_on - first_order_on between {{ days - 29 }} and {{ days }}), 0)
        as numeric(19, 4)) as goods_{{ days }}
    {%- endfor %}
from {{ ref('mart_trade_days') }}
group by side, is_main_side, organization_id, organization_name, role, origin, first_order_on, known_until_on, currency_code
