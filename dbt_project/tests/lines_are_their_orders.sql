{{ config(meta={'dagster': {'ref': {'name': 'mart_line_stages'}}}) }}
-- Split by line, an order's goods and total stay what they are, at each stage.
select o.order_id, o.stage, o.goods, l.goods as lines_goods, o.total, l.total as lines_total
from {{ ref('mart_order_stages') }} as o
inner join (
    select order_id, stage, sum(goods) as goods, sum(total) as total
    from {{ ref('mart_line_stages') }}
    group by order_id, stage
) as l using (order_id, stage)
where o.goods <> l.goods or o.total <> l.total
