"""How the lines of one flat file become the five staged sheets of a history, and what they must agree on."""

from sqlalchemy import text

# The own company is the only supplier. What came back stands in an order of its own beside what was sold.
UNFOLD = (
    text("drop table if exists pg_temp.staged_keyed"),
    text("""
        create temporary table staged_keyed on commit drop as
        with known as (
            select *, coalesce(status, :status) as state, coalesce(customer_id, customer) as buyer_id,
                   coalesce(sku, product) as product_id
            from staged_flat
        ), marked as (
            select *, quantity < 0 or state = 'returned' as is_return from known
        )
        select *, case when is_return and bool_or(not is_return) over (partition by order_id)
                       then order_id || ' (return)' else order_id end as key
        from marked
    """),
    text("analyze pg_temp.staged_keyed"),
    text("insert into staged_suppliers (line, supplier_id) select 1, 'own'"),
    text("""
        insert into staged_buyers (line, buyer_id, name, country)
        select distinct on (buyer_id) line, buyer_id, customer, country from staged_keyed
        where buyer_id is not null
        order by buyer_id, customer is null, country is null, line desc
    """),
    text("""
        insert into staged_products (line, product_id, supplier_id, sku, name, category, unit)
        select distinct on (product_id) line, product_id, 'own', sku, product, category, unit from staged_keyed
        where product_id is not null
        order by product_id, product is null, category is null, line desc
    """),
    text("""
        insert into staged_orders (line, order_id, buyer_id, ordered_at, status, currency, promised_at, shipped_at,
                                   delivered_at, freight)
        select min(line), key, min(buyer_id), min(ordered_at), case when bool_or(is_return) then 'returned'
                                                                   else min(state) end,
               coalesce(min(currency), :currency), min(promised_at), min(shipped_at), max(delivered_at), 0
        from staged_keyed where key is not null group by key
    """),
    text("""
        insert into staged_lines (line, order_id, line_no, product_id, quantity, unit_price, line_discount)
        select line, key, row_number() over (partition by key order by line), product_id, sign * abs(quantity),
               unit_price,
               sign * (coalesce(line_discount, 0)
                       + round(abs(quantity) * unit_price * coalesce(discount_percent, 0) / 100, 6))
        from staged_keyed cross join lateral (select case when is_return then -1 else 1 end as sign) as s
        where key is not null
    """),
)

_ONE_CUSTOMER = text("""
    select line, 'buyer_id' as column_name,
           buyer_id || ' beside ' || first || ' in the same order' as what, count(*) over () as found
    from (select *, first_value(buyer_id) over (partition by order_id order by buyer_id is null, line) as first
          from staged_keyed) as s
    where buyer_id <> first order by line limit :shown""")

_ONE_STATE = text("""
    select line, 'status' as column_name,
           state || ' beside ' || first || ' in the same order' as what, count(*) over () as found
    from (select *, first_value(state) over (partition by order_id order by line) as first
          from staged_keyed where not is_return) as s
    where state <> first order by line limit :shown""")

_ONE_CURRENCY = text("""
    select line, 'currency' as column_name,
           currency || ' beside ' || first || '; bring in one currency at a time' as what, count(*) over () as found
    from (select *, first_value(currency) over (order by line) as first from staged_keyed where currency is not null)
         as s
    where currency <> first order by line limit :shown""")

_NOBODY = text("""
    select line, 'buyer_id' as column_name, 'is empty' as what, count(*) over () as found
    from staged_keyed where buyer_id is null order by line limit :shown""")

_NOTHING = text("""
    select line, 'product_id' as column_name, 'is empty' as what, count(*) over () as found
    from staged_keyed where product_id is null order by line limit :shown""")

CHECKS = (_NOBODY, _NOTHING, _ONE_CUSTOMER, _ONE_STATE, _ONE_CURRENCY)

NOTES = text("""
    select count(*) filter (where is_return) as returns,
           coalesce(sum(again), 0) as doubles,
           bool_or(customer_id is not null) and bool_and(customer is null) as no_customer_name
    from (select is_return, customer_id, customer,
                 cast(lag(line) over (partition by order_id, product_id, quantity, unit_price, line_discount,
                                      discount_percent order by line) is not null as integer) as again
          from staged_keyed) as s
""")
TIDY = (text("drop table if exists pg_temp.staged_keyed"), text("drop table if exists pg_temp.staged_flat"))
