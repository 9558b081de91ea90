select
    {{ surrogate_key(['l.return_id', 'l.line_no']) }} as return_line_key,
    l.return_id,
    l.line_no,
    d.external_id,
    d.origin,
    d.history_id,
    h.history_name,
    coalesce(h.time_zone, '{{ var("platform_time_zone") }}') as time_zone,
    d.order_id,
    d.buyer_id,
    d.seller_id,
    v.product_id,
    d.currency_code,
    l.quantity,
    l.exact_value,
    l.goods,
    d.returned_at,
    d.promised_at,
    d.first_shipped_at,
    d.delivered_at,
    {{ day_in('d.returned_at', "coalesce(h.time_zone, '" ~ var('platform_time_zone') ~ "')") }} as returned_on
from {{ ref('stg_orders__return_lines') }} as l
inner join {{ ref('stg_orders__return_documents') }} as d using (return_id)
inner join {{ ref('stg_catalog__offers') }} as f using (offer_id)
inner join {{ ref('stg_catalog__product_variants') }} as v using (variant_id)
left join {{ ref('stg_identity__histories') }} as h using (history_id)
where case when d.origin = 'imported' then h.imported_at else d.returned_at end <= {{ as_of() }}
