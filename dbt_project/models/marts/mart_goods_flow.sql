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
        return_id,
        returned_on,
        buyer_id,
        seller_id,
        product_id,
        origin,
        currency_code,
        coalesce(external_id, cast(return_id as text)),
        quantity
    from {{ ref('fct_returns') }}
)

select
    {{ surrogate_key(['m.flow', 'm.document_id', 'p.category_name']) }} as flow_key,
    m.flow,
    m.day_on,
    m.document_number,
    p.category_name,
    m.currency_code,
    m.origin,
    m.buyer_id,
    {{ party_columns() }},
    m.seller_id,
    cast(sum(m.units) as bigint) as units
from moved as m
inner join {{ ref('dim_product') }} as p using (product_id)
{{ party_joins('m') }}
group by
    m.flow, m.document_id, m.day_on, m.document_number, p.category_name, m.currency_code, m.origin, m.buyer_id,
    m.seller_id, buyer.organization_id, seller.organization_id
