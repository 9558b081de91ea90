{{ config(meta={'fence': ['buyer_id', 'seller_id', 'distributor_id']}) }}
-- Refunds of an order by the day on which they were decided, and what came back of it later.
with refunded as (
    select
        r.order_id,
        {% for days in (30, 90) -%}
        sum(r.amount) filter (
            where {{ day_in('r.decided_at', 'o.time_zone') }} <= o.completed_on + {{ days }}
        ) as within_{{ days }},
        {% endfor -%}
        sum(r.amount) filter (where r.decided_at > o.completed_at) as after_completion
    from {{ ref('stg_payments__refunds') }} as r
    inner join {{ ref('fct_orders') }} as o using (order_id)
    where r.decided_at <= {{ as_of() }}
    group by r.order_id
),

returned as (
    select order_id, sum(goods) as goods
    from {{ ref('fct_returns') }}
    where order_id is not null
    group by order_id
),

reviewed as (
    select distinct order_id
    from {{ ref('stg_trust__reviews') }}
    where author_id = buyer_id and published_at <= {{ as_of() }}
),

orders as (
    select
        o.*,
        {{ party_columns() }},
        coalesce(f.within_30, 0) as refunded_30,
        coalesce(f.within_90, 0) as refunded_90,
        coalesce(f.after_completion, 0) as refunded_later,
        coalesce(b.goods, 0) as returned_goods,
        v.order_id is not null as is_reviewed
    from {{ ref('fct_orders') }} as o
    {{ party_joins('o') }}
    left join refunded as f using (order_id)
    left join returned as b using (order_id)
    left join reviewed as v using (order_id)
)

select
    {{ surrogate_key(['o.order_id', 's.stage']) }} as order_stage_key,
    s.stage,
    o.order_id,
    o.order_number,
    o.purchase_id,
    o.purchase_number,
    s.day_on,
    {{ last_full_day() }} as known_until_on,
    o.currency_code,
    o.origin,
    o.history_name,
    o.time_zone,
    o.buyer_id,
    o.buyer_name,
    o.buyer_role,
    o.buyer_country,
    o.seller_id,
    o.seller_name,
    o.seller_country,
    o.distributor_id,
    o.payment_method,
    o.state,
    s.goods,
    s.total,
    cast(case when s.stage = 'completed' then s.goods - o.returned_goods - o.refunded_later end as numeric(19, 4))
        as net_goods,
    cast(case when s.stage = 'completed' then o.refunded_30 end as numeric(19, 4)) as refunded_30,
    cast(case when s.stage = 'completed' then o.refunded_90 end as numeric(19, 4)) as refunded_90,
    o.total as captured,
    o.confirmed_at is null and o.ended_at is not null as is_dropped,
    o.buyer_role = 'distributor' as is_resale,
    o.is_reviewed,
    cast(extract(epoch from o.confirmed_at - o.secured_at) / 86400 as numeric(19, 6)) as days_to_confirm
from orders as o
cross join lateral (
    values
        ('placed', o.placed_on, o.goods, o.total),
        ('confirmed', o.confirmed_on, o.confirmed_goods, null),
        ('completed', o.completed_on, o.completed_goods, o.completed_total)
) as s (stage, day_on, goods, total)
where s.day_on is not null
