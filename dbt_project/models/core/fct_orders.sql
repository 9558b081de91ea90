-- Imported orders are known from their import on, live ones from the instant they happened.
with known_orders as (
    select
        o.*,
        h.history_name,
        coalesce(h.time_zone, '{{ var("platform_time_zone") }}') as time_zone,
        case when o.origin = 'imported' then o.secured_at else {{ known('o.secured_at') }} end as known_secured_at,
        case when o.origin = 'imported' then o.confirmed_at else {{ known('o.confirmed_at') }} end as known_confirmed_at,
        case when o.origin = 'imported' then o.completed_at else {{ known('o.completed_at') }} end as known_completed_at
    from {{ ref('stg_orders__supplier_orders') }} as o
    left join {{ ref('stg_identity__histories') }} as h using (history_id)
    where case when o.origin = 'imported' then h.imported_at else o.created_at end <= {{ as_of() }}
),

lines as (
    select
        order_id,
        count(*) as line_count,
        sum(exact_value) as exact_goods,
        sum({{ part('goods', 'confirmed', 'ordered', 'currency_code') }}) as confirmed_goods
    from {{ ref('stg_orders__order_lines') }}
    group by order_id
),

released as (
    select order_id, sum(goods) as goods, sum(gross) as gross, sum(commission) as commission
    from {{ ref('stg_payments__releases') }}
    where released_at <= {{ as_of() }}
    group by order_id
),

-- A line's confirmed quantity shrinks when the rest is given up, so the event of the confirmation tells.
confirmed as (
    select subject_id as order_id, sum(cast(facts ->> 'goods' as numeric)) as goods
    from {{ ref('stg_kernel__events') }}
    where event_name = 'OrderConfirmed' and recorded_at <= {{ as_of() }}
    group by subject_id
)

select
    o.order_id,
    o.order_number,
    o.purchase_id,
    p.purchase_number,
    p.external_id,
    o.origin,
    o.history_id,
    o.history_name,
    o.time_zone,
    o.buyer_id,
    o.seller_id,
    o.distributor_id,
    o.currency_code,
    o.state,
    o.payment_method,
    o.created_at,
    o.known_secured_at as secured_at,
    o.known_confirmed_at as confirmed_at,
    o.known_completed_at as completed_at,
    case when o.origin = 'imported' then o.ended_at else {{ known('o.ended_at') }} end as ended_at,
    o.promised_at,
    o.first_shipped_at,
    o.delivered_at,
    {{ day_in('o.created_at', 'o.time_zone') }} as created_on,
    {{ day_in('o.known_secured_at', 'o.time_zone') }} as placed_on,
    {{ day_in('o.known_confirmed_at', 'o.time_zone') }} as confirmed_on,
    {{ day_in('o.known_completed_at', 'o.time_zone') }} as completed_on,
    coalesce(l.line_count, 0) as line_count,
    cast(coalesce(l.exact_goods, 0) as numeric(28, 6)) as exact_goods,
    o.goods,
    o.tax,
    o.shipping,
    o.total,
    cast(case
        when o.known_confirmed_at is null then null
        when o.origin = 'imported' then l.confirmed_goods
        else coalesce(c.goods, 0)
    end as numeric(19, 4)) as confirmed_goods,
    {%- for column, imported, released in [
        ('completed_goods', 'o.goods', 'r.goods'),
        ('completed_total', 'o.total', 'r.gross'),
        ('completed_commission', '0', 'r.commission'),
    ] %}
    cast(case
        when o.known_completed_at is null then null
        when o.origin = 'imported' then {{ imported }}
        else coalesce({{ released }}, 0)
    end as numeric(19, 4)) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from known_orders as o
inner join {{ ref('stg_orders__purchases') }} as p using (purchase_id)
left join lines as l using (order_id)
left join released as r using (order_id)
left join confirmed as c using (order_id)
