{{ config(meta={'dagster': {'ref': {'name': 'mart_order_stages'}}}) }}
-- What metrics count is what the mart of GMV says, by day, currency and origin.
with days as (
    select day_on, currency_code, origin, sum(placed_gmv) as placed, sum(confirmed_gmv) as confirmed,
        sum(completed_gmv) as completed, sum(placed_orders) as orders
    from {{ ref('mart_gmv_daily') }}
    group by day_on, currency_code, origin
),

stages as (
    select
        day_on,
        currency_code,
        origin,
        coalesce(sum(goods) filter (where stage = 'placed'), 0) as placed,
        coalesce(sum(goods) filter (where stage = 'confirmed'), 0) as confirmed,
        coalesce(sum(goods) filter (where stage = 'completed'), 0) as completed,
        count(*) filter (where stage = 'placed') as orders
    from {{ ref('mart_order_stages') }}
    group by day_on, currency_code, origin
)

(select * from days except select * from stages)
union all
(select * from stages except select * from days)
