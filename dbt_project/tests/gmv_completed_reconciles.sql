{{ config(meta={'dagster': {'ref': {'name': 'mart_gmv_daily'}}}) }}
{{ gmv_reconciles('completed', order_goods='completed_goods', line_goods='accepted_goods') }}
