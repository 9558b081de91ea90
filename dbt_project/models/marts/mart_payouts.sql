{{ config(meta={'fence': ['seller_id']}) }}
-- What was released to a seller and sent to its bank.
select
    r.release_id,
    r.order_id,
    o.order_number,
    {{ day_in('p.sent_at', 'o.time_zone') }} as day_on,
    r.currency_code,
    o.origin,
    o.buyer_id,
    {{ party_columns() }},
    o.seller_id,
    r.net as amount,
    cast(extract(epoch from p.sent_at - r.released_at) / 86400 as numeric(19, 6)) as days_to_payout
from {{ ref('stg_payments__releases') }} as r
inner join {{ ref('stg_payments__payouts') }} as p using (payout_id)
inner join {{ ref('fct_orders') }} as o using (order_id)
{{ party_joins('o') }}
where p.sent_at <= {{ as_of() }}
