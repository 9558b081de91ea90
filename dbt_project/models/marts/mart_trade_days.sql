-- Days on which an organisation traded: as a buyer by the order's payment, as a seller by its confirmation.
with sides as (
    select
        'buyer' as side,
        buyer_id as organization_id,
        placed_on as day_on,
        currency_code,
        goods
    from {{ ref('fct_orders') }}
    where placed_on is not null
    union all
    select
        'seller',
        seller_id,
        confirmed_on,
        currency_code,
        confirmed_goods
    from {{ ref('fct_orders') }}
    where confirmed_on is not null
),

history_ends as (
    {{ history_ends() }}
),

days as (
    select side, organization_id, day_on, currency_code, count(*) as orders, sum(goods) as goods
    from sides
    group by side, organization_id, day_on, currency_code
)

select
    {{ surrogate_key(['d.side', 'd.organization_id', 'd.day_on', 'd.currency_code']) }} as trade_day_key,
    d.side,
    d.side = case when o.kind = 'manufacturer' then 'seller' else 'buyer' end as is_main_side,
    d.organization_id,
    o.organization_name,
    o.kind as role,
    o.origin,
    d.day_on,
    min(d.day_on) over (partition by d.side, d.organization_id) as first_order_on,
    {{ known_until('e.last_on') }} as known_until_on,
    d.currency_code,
    d.orders,
    cast(d.goods as numeric(19, 4)) as goods
from days as d
inner join {{ ref('dim_organization') }} as o using (organization_id)
left join history_ends as e using (history_id)
