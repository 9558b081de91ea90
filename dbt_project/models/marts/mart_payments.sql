{{ config(meta={'fence': ['buyer_id']}) }}
select
    p.payment_id,
    p.purchase_id,
    u.purchase_number,
    {{ day_in('p.created_at', "'" ~ var('platform_time_zone') ~ "'") }} as day_on,
    {{ last_full_day() }} as known_until_on,
    p.currency_code,
    'live' as origin,
    p.buyer_id,
    buyer.organization_name as buyer_name,
    buyer.kind as buyer_role,
    coalesce(buyer.country_code, buyer.country) as buyer_country,
    p.payment_method,
    p.amount,
    p.state,
    coalesce(
        p.captured_at <= p.created_at + interval '24 hours' and p.captured_at <= {{ as_of() }}, false
    ) as is_success
from {{ ref('stg_payments__payments') }} as p
inner join {{ ref('stg_orders__purchases') }} as u using (purchase_id)
inner join {{ ref('dim_organization') }} as buyer on buyer.organization_id = p.buyer_id
where p.created_at <= {{ as_of() }}
