"""The orders, credit notes and buyers of one imported history, as the questions of its report begin."""

# Orders as the history has them: one row per purchase, with its supplier orders added up; credit notes
# stand beside them with kind 'returned'.
BASE = """
    with ordered as materialized (
        select purchase_id, buyer_id,
               case when bool_or(secured_at is not null) then 'placed' else 'cancelled' end as kind,
               min(created_at at time zone time_zone) as ordered_at,
               cast(min(created_at at time zone time_zone) as date) as day,
               to_char(min(created_at at time zone time_zone), 'YYYY-MM') as month,
               min(promised_at at time zone time_zone) as promised_at,
               min(first_shipped_at at time zone time_zone) as shipped_at,
               min(delivered_at at time zone time_zone) as delivered_at,
               sum(exact_goods) as value, count(distinct seller_id) as sellers, sum(line_count) as lines
        from core.fct_orders where history_id = :history_id
        group by purchase_id, buyer_id
    ), placed as materialized (
        select * from ordered where kind = 'placed'
    ), returned as materialized (
        select external_id, min(returned_at at time zone time_zone) as ordered_at,
               to_char(min(returned_at at time zone time_zone), 'YYYY-MM') as month,
               min(promised_at at time zone time_zone) as promised_at,
               min(first_shipped_at at time zone time_zone) as shipped_at,
               min(delivered_at at time zone time_zone) as delivered_at, sum(exact_value) as value
        from core.fct_returns where history_id = :history_id
        group by external_id
    ), buyers as materialized (
        select buyer_id, min(day) as first_day, max(day) as last_day, count(*) as orders,
               count(distinct day) as days, sum(value) as value
        from placed group by buyer_id
    )
"""
