{# GMV of one stage: of orders = of their lines = of the ledger's memo = of the mart, to the cent, in every
   currency, origin and history. `order_goods` is a column of fct_orders, `line_goods` one of fct_order_lines;
   `lines_tell` says for which orders (o) the lines know the amount on their own. #}
{% macro gmv_reconciles(stage, order_goods, line_goods, lines_tell='true') %}
with orders as (
    select
        o.currency_code,
        o.origin,
        o.history_id,
        sum(o.{{ order_goods }}) as orders_amount,
        sum(case when {{ lines_tell }} then l.amount else o.{{ order_goods }} end) as lines_amount
    from {{ ref('fct_orders') }} as o
    left join (
        select order_id, sum({{ line_goods }}) as amount
        from {{ ref('fct_order_lines') }}
        group by order_id
    ) as l using (order_id)
    where o.{{ stage }}_on is not null
    group by 1, 2, 3
),

said as (
    select currency_code, origin, history_id, 'orders' as source, orders_amount as amount from orders
    union all
    select currency_code, origin, history_id, 'lines', lines_amount from orders
    union all
    select currency_code, origin, history_id, 'memo', amount
    from {{ ref('fct_ledger_postings') }}
    where family = 'memo.gmv.{{ stage }}'
    union all
    select currency_code, origin, history_id, 'mart', {{ stage }}_gmv
    from {{ ref('mart_gmv_daily') }}
),

compared as (
    select
        currency_code,
        origin,
        history_id,
        {% for source in ['orders', 'lines', 'memo', 'mart'] -%}
        coalesce(sum(amount) filter (where source = '{{ source }}'), 0) as {{ source }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from said
    group by 1, 2, 3
)

select * from compared
where orders_amount <> lines_amount or orders_amount <> memo_amount or orders_amount <> mart_amount
{% endmacro %}
