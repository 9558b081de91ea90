{{ config(meta={'fence': ['buyer_id', 'seller_id']}) }}
select
    v.review_id,
    v.order_id,
    o.order_number,
    {{ day_in('v.published_at', 'o.time_zone') }} as day_on,
    o.origin,
    o.currency_code,
    v.buyer_id,
    {{ party_columns() }},
    v.seller_id,
    v.subject_id,
    case when v.subject_id = v.seller_id then seller.kind else buyer.kind end as subject_role,
    case when v.subject_id = v.seller_id then seller.organization_name else buyer.organization_name end as subject_name,
    v.stars
from {{ ref('stg_trust__reviews') }} as v
inner join {{ ref('fct_orders') }} as o using (order_id)
{{ party_joins('v') }}
where v.published_at <= {{ as_of() }}
