select
    l.line_id,
    l.order_id,
    l.line_no,
    v.product_id,
    -- The category of the day of the order: a later move of the product does not rewrite what was traded.
    c.category_name,
    l.variant_id,
    l.offer_id,
    l.sku,
    o.history_id,
    l.seller_id,
    l.currency_code,
    l.ordered as ordered_quantity,
    l.confirmed as confirmed_quantity,
    l.accepted as accepted_quantity,
    l.lost as lost_quantity,
    l.unit_price,
    l.discount,
    l.exact_value,
    l.goods,
    l.tax,
    l.shipping,
    cast({{ part('l.goods', 'l.confirmed', 'l.ordered', 'l.currency_code') }} as numeric(19, 4)) as confirmed_goods,
    cast({{ part('l.goods', 'l.accepted', 'l.ordered', 'l.currency_code') }} as numeric(19, 4)) as accepted_goods
from {{ ref('stg_orders__order_lines') }} as l
inner join {{ ref('fct_orders') }} as o using (order_id)
inner join {{ ref('stg_catalog__product_variants') }} as v using (variant_id)
left join {{ ref('stg_catalog__product_categories') }} as k
    on k.product_id = v.product_id and o.created_at >= k.valid_from and o.created_at < k.valid_to
left join {{ ref('stg_catalog__categories') }} as c on c.category_id = k.category_id
