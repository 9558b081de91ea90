{{ config(meta={'fence': ['buyer_id', 'seller_id', 'distributor_id']}) }}
{# The value of the accepted units with their tax and shipping; each part is settled on its own. #}
{%- set accepted_total -%}
    {%- for amount in ('l.goods', 'l.tax', 'l.shipping') -%}
        {{ part(amount, 'l.accepted_quantity', 'l.ordered_quantity', 'l.currency_code') }}{{ ' + ' if not loop.last }}
    {%- endfor -%}
{%- endset -%}
select
    {{ surrogate_key(['l.line_id', 's.stage']) }} as line_stage_key,
    s.stage,
    l.line_id,
    l.order_id,
    o.order_number,
    l.line_no,
    l.sku,
    p.product_name,
    l.category_name,
    s.day_on,
    l.currency_code,
    o.origin,
    o.time_zone,
    o.buyer_id,
    {{ party_columns() }},
    o.seller_id,
    o.distributor_id,
    o.payment_method,
    s.quantity,
    cast(s.goods as numeric(19, 4)) as goods,
    cast(s.total as numeric(19, 4)) as total,
    buyer.kind = 'distributor' as is_resale
from {{ ref('fct_order_lines') }} as l
inner join {{ ref('fct_orders') }} as o using (order_id)
inner join {{ ref('dim_product') }} as p using (product_id)
{{ party_joins('o') }}
cross join lateral (
    values
        ('placed', o.placed_on, l.ordered_quantity, l.goods, l.goods + l.tax + l.shipping),
        ('completed', o.completed_on, l.accepted_quantity, l.accepted_goods, {{ accepted_total }})
) as s (stage, day_on, quantity, goods, total)
where s.day_on is not null
