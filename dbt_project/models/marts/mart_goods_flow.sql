{{ config(meta={'fence': ['buyer_id', 'seller_id']}) }}
-- Units that arrived, and units that went back. A credit note names no delivery, so each has its own day.
with moved as (
    select
        'delivered' as flow,
        s.shipment_id as document_id,
        {{ day_in('s.delivered_at', 'o.time_zone') }} as day_on,
        o.buyer_id,
        o.seller_id,
        l.product_id,
        l.category_name,
        o.origin,
        o.currency_code,
        o.order_number as document_number,
        c.delivered as units
    from {{ ref('stg_logistics__shipment_lines') }} as c
    inner join {{ ref('stg_logistics__shipments') }} as s using (shipment_id)
    inner join {{ ref('fct_order_lines') }} as l using (line_id)
    inner join {{ ref('fct_orders') }} as o on o.order_id = l.order_id
    where s.delivered_at <= {{ as_of() }} and c.delivered > 0
    union all
    select
        'delivered',
        o.order_id,
        {{ day_in('coalesce(o.delivered_at, o.completed_at)', 'o.time_zone') }},
        o.buyer_id,
        o.seller_id,
        l.product_id,
        l.category_name,
        o.origin,
        o.currency_code,
        o.order_number,
        l.confirmed_quantity
    from {{ ref('fct_order_lines') }} as l
    inner join {{ ref('fct_orders') }} as o using (order_id)
    where o.origin = 'imported' and l.confirmed_quantity > 0 and coalesce(o.delivered_at, o.completed_at) is not null
    union all
    select
        'returned',
        r.return_id,
        r.returned_on,
        r.buyer_id,
        r.seller_id,
        r.product_id,
        case when l.order_id is null then p.category_name else l.category_name end,
        r.origin,
        r.currency_code,
        coalesce(r.external_id, cast(r.return_id as text)),
        r.quantity
    from {{ ref('fct_returns') }} as r
    inner join {{ ref('dim_product') }} as p using (product_id)
    left join (
        select
            order_id,
            product_id,
            max(category_name) as category_name
        from {{ ref('fct_order_lines') }}
        group by order_id, product_id
    ) as l on l.order_id = r.order_id and l.product_id = r.product_id
)

select
    {{ surrogate_key(['m.flow', 'm.document_id', 'm.category_name']) }} as flow_key,
    m.flow,
    m.day_on,
    m.document_number,
    m.category_name,
    m.currency_code,
    m.origin,
    m.buyer_id,
    {{ party_columns() }},
    m.seller_id,
    cast(sum(m.units) as bigint) as units
from moved as m
{{ party_joins('m') }}
group by
    m.flow, m.document_id, m.day_on, m.document_number, m.category_name, m.currency_code, m.origin, m.buyer_id,
    m.seller_id, buyer.organization_id, seller.organization_id
