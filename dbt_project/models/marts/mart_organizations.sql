-- One organisation of the market (not the platform's own) with its registration and its first order.
with firsts as (
    select distinct organization_id, first_order_on
    from {{ ref('mart_trade_days') }}
    where is_main_side
),

history_ends as (
    {{ history_ends() }}
),

organizations as (
    select
        o.*,
        {{ day_in('o.registered_at', "coalesce(h.time_zone, '" ~ var('platform_time_zone') ~ "')") }} as registered_on,
        {{ known_until('e.last_on') }} as known_until_on
    from {{ ref('dim_organization') }} as o
    left join {{ ref('stg_identity__histories') }} as h using (history_id)
    left join history_ends as e using (history_id)
    where o.kind <> 'platform' and o.registered_at <= {{ as_of() }}
)

select
    o.organization_id,
    o.organization_name,
    o.kind as role,
    o.origin,
    coalesce(o.country_code, o.country) as country,
    o.registered_on as day_on,
    f.first_order_on,
    f.first_order_on - o.registered_on as days_to_first_order,
    o.known_until_on,
    coalesce(f.first_order_on - o.registered_on between 0 and 30, false) as is_activated
from organizations as o
left join firsts as f using (organization_id)
