{{ config(meta={'fence': ['seller_id']}) }}
-- What the platform earned, from the ledger, beside the completed orders of live trade on which it could earn.
with earned as (
    select
        'posting' as kind,
        p.posting_key as key,
        p.effective_on as day_on,
        p.currency_code,
        p.order_id,
        -p.amount as revenue,
        case when p.family = 'rev.commission' then -p.amount else 0 end as commission,
        null::numeric as goods,
        null::numeric as order_commission
    from {{ ref('fct_ledger_postings') }} as p
    where p.account_kind = 'income'
    union all
    select
        'order',
        cast(order_id as text),
        completed_on,
        currency_code,
        order_id,
        null,
        null,
        completed_goods,
        completed_commission
    from {{ ref('fct_orders') }}
    where origin = 'live' and completed_on is not null
)

select
    {{ surrogate_key(['e.kind', 'e.key']) }} as revenue_key,
    e.kind,
    e.day_on,
    e.currency_code,
    e.order_id,
    o.order_number,
    o.origin,
    o.payment_method,
    o.buyer_id,
    {{ party_columns() }},
    o.seller_id,
    cast(e.revenue as numeric(19, 4)) as revenue,
    cast(e.commission as numeric(19, 4)) as commission,
    cast(e.goods as numeric(19, 4)) as goods,
    cast(e.order_commission as numeric(19, 4)) as order_commission
from earned as e
left join {{ ref('fct_orders') }} as o using (order_id)
left join {{ ref('dim_organization') }} as buyer on buyer.organization_id = o.buyer_id
left join {{ ref('dim_organization') }} as seller on seller.organization_id = o.seller_id
