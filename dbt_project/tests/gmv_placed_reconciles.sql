{{ config(meta={'dagster': {'ref': {'name': 'mart_gmv_daily'}}}) }}
{{ gmv_reconciles('placed', order_goods='goods', line_goods='goods') }}
