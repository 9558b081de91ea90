{{ config(meta={'fence': ['buyer_id', 'seller_id', 'distributor_id']}) }}
-- What of a line had arrived by the end of the promised day. An imported order says one day for all of its lines.
with arrived as (
    select
        c.line_id,
        sum(c.delivered) filter (
            where {{ day_in('s.delivered_at', 'o.time_zone') }} <= {{ day_in('o.promised_at', 'o.time_zone') }}
        ) as in_time,
        max({{ day_in('s.delivered_at', 'o.time_zone') }}) as delivered_on
    from {{ ref('stg_logistics__shipment_lines') }} as c
    inner join {{ ref('stg_logistics__shipments') }} as s using (shipment_id)
    inner join {{ ref('fct_orders') }} as o using (order_id)
    where s.delivered_at <= {{ as_of() }}
    group by c.line_id
),

history_ends as (
    {{ history_ends() }}
),

due as (
    select
        l.line_id,
        l.line_no,
        l.sku,
        l.product_id,
        l.category_name,
        l.ordered_quantity,
        l.lost_quantity,
        l.confirmed_quantity,
        o.*,
        {{ day_in('o.promised_at', 'o.time_zone') }} as promised_on,
        case when o.origin = 'live' then a.delivered_on else {{ day_in('o.delivered_at', 'o.time_zone') }} end
            as arrived_on,
        coalesce(a.in_time, 0) as in_time
    from {{ ref('fct_order_lines') }} as l
    inner join {{ ref('fct_orders') }} as o using (order_id)
    left join arrived as a using (line_id)
    left join history_ends as e on e.history_id = o.history_id
    where
        o.promised_at is not null
        and o.confirmed_on is not null
        and {{ day_in('o.promised_at', 'o.time_zone') }} <= {{ known_until('e.last_on') }}
        -- Cancelled before the promised day was over: there was nothing left to deliver.
        and not (
            o.state in ('cancelled', 'declined', 'expired')
            and coalesce({{ day_in('o.ended_at', 'o.time_zone') }} <= {{ day_in('o.promised_at', 'o.time_zone') }}, true)
        )
        -- Completed without a day of delivery: nobody knows.
        and not (o.origin = 'imported' and o.delivered_at is null and o.completed_on is not null)
),

counted as (
    select
        due.*,
        case when state = 'cancelled' then ordered_quantity else confirmed_quantity - lost_quantity end as owed,
        case
            when origin = 'live' then in_time
            when arrived_on <= promised_on then confirmed_quantity
            else 0
        end as arrived_in_time
    from due
)

select
    c.line_id,
    c.order_id,
    c.order_number,
    c.line_no,
    c.sku,
    p.product_name,
    c.category_name,
    c.promised_on as day_on,
    c.arrived_on as delivered_on,
    c.currency_code,
    c.origin,
    c.time_zone,
    c.buyer_id,
    {{ party_columns() }},
    c.seller_id,
    c.distributor_id,
    c.state,
    c.ordered_quantity,
    cast(c.arrived_in_time as bigint) as arrived_in_time,
    c.arrived_in_time >= c.owed as is_on_time,
    c.arrived_in_time >= c.ordered_quantity as is_on_time_in_full
from counted as c
inner join {{ ref('dim_product') }} as p using (product_id)
{{ party_joins('c') }}
where c.owed > 0
