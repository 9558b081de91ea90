{{ config(meta={'dagster': {'ref': {'name': 'mart_gmv_daily'}}}) }}
-- The confirmed quantity of a live line may shrink after the confirmation, so only imported lines tell.
{{ gmv_reconciles('confirmed', order_goods='confirmed_goods', line_goods='confirmed_goods', lines_tell="o.origin = 'imported'") }}
