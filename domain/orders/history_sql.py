"""The statements of an import: what is checked over the staged rows, and how they become trade."""

from sqlalchemy import TextClause, text

# A company's same content is the same history under whatever name.
BEFORE = text("""
    select id, name, content_hash, currency, orders, lines from histories
    where org_id is not distinct from cast(:org_id as uuid)
      and (name = :name or (org_id is not null and content_hash = :content_hash))
    order by content_hash = :content_hash desc, imported_at
""")
# What is imported is new to the planner's statistics, which makes nested loops look cheap that are not.
PREPARE = (text("set local statement_timeout = '15min'"), text("set local enable_nestloop = off"))
ONE_AT_A_TIME = text("select pg_try_advisory_xact_lock(hashtextextended('past sales of ' || :org_id, 0))")
ANY_LINE = text("select exists (select 1 from staged_lines)")
NUMBERS_TAKEN = text(
    "select exists (select 1 from staged_orders s join purchases p on p.number = :prefix || '-' || s.order_id)"
)
HEAD = text("""
    select (select currency from staged_orders limit 1) as currency,
           count(*) as orders,
           count(*) filter (where o.status = 'returned') as returns,
           (select count(*) from staged_lines) as lines,
           (select count(*) from staged_orders) - count(*) as empty
    from staged_orders o
    where exists (select 1 from staged_lines l where l.order_id = o.order_id)
""")


def _twice(table: str, *keys: str) -> TextClause:
    return text(f"""
        select line, '{keys[-1]}' as column_name,
               concat_ws(' line ', {", ".join(keys)}) || ' stands here again, first on line ' || first as what,
               count(*) over () as found
        from (select *, min(line) over (partition by {", ".join(keys)}) as first from {table}) as s
        where line > first and num_nonnulls({", ".join(keys)}) = {len(keys)}
        order by line limit :shown""")


def _unknown(table: str, key: str, other: str, file: str) -> TextClause:
    return text(f"""
        select line, '{key}' as column_name, {key} || ' is not in {file}' as what, count(*) over () as found
        from {table} s
        where {key} is not null and not exists (select 1 from {other} o where o.{key} = s.{key})
        order by line limit :shown""")


_CURRENCIES = text("""
    select line, 'currency' as column_name, currency || ' beside ' || first || '; a history has one currency' as what,
           count(*) over () as found
    from (select *, first_value(currency) over (order by currency is null, line) as first from staged_orders) as s
    where currency <> first order by line limit :shown""")

# Prices end where the gate before the warehouse has them end: what it refused would stop every later build.
_SIGNS = text("""
    select line, column_name, what, count(*) over () as found
    from (
        select l.line,
               case when l.quantity > 1e12 or l.quantity < -1e12 or l.quantity = 0 or (l.quantity < 0) <> is_return
                    then 'quantity'
                    when l.unit_price > 1e9 then 'unit_price'
                    when sign * (l.quantity * l.unit_price - l.line_discount) >= 1e12 then 'unit_price'
                    when not is_return and l.line_discount < 0
                      or sign * (l.quantity * l.unit_price - l.line_discount) < 0 then 'line_discount'
               end as column_name,
               case when l.quantity > 1e12 or l.quantity < -1e12 then l.quantity || ' is too large'
                    when l.quantity = 0 then 'a line of nothing'
                    when l.quantity < 0 and not is_return
                    then l.quantity || ' is negative, and the order is ' || o.status || ', not returned'
                    when l.quantity > 0 and is_return then l.quantity || ' must be negative in a credit note'
                    when l.unit_price > 1e9 then l.unit_price || ' is more than a unit may cost (1,000,000,000)'
                    when sign * (l.quantity * l.unit_price - l.line_discount) >= 1e12 then 'the line is worth too much'
                    when not is_return and l.line_discount < 0 then l.line_discount || ' is negative'
                    else l.line_discount || ' is more than the line is worth' end as what
        from staged_lines l
        join staged_orders o using (order_id)
        cross join lateral (select o.status = 'returned' as is_return,
                                   case when o.status = 'returned' then -1 else 1 end as sign) as s
        where o.status is not null and l.quantity is not null
    ) as s
    where column_name is not null order by line limit :shown""")

# A company's overlapping files would count its sales twice.
_BEFORE = text("""
    select s.line, 'order_id' as column_name, s.order_id || ' came in before, with ' || h.name as what,
           count(*) over () as found
    from staged_orders s
    join (select external_id, history_id from purchases
          union select external_id, history_id from return_documents) as p on p.external_id = s.order_id
    join histories h on h.id = p.history_id and h.org_id = cast(:org_id as uuid)
    order by s.line limit :shown""")

# What has not happened yet is no past, and would count in months to come.
_FUTURE = text("""
    select line, column_name, 'is in the future' as what, count(*) over () as found
    from staged_orders
    cross join lateral (values ('ordered_at', ordered_at), ('shipped_at', shipped_at), ('delivered_at', delivered_at))
        as d(column_name, at)
    where at > :now order by line, column_name limit :shown""")

# Sums of the warehouse hold less than 1e15, and one that does not fit would stop the figures of everybody.
_TOGETHER = text("""
    select 0 as line, 'unit_price' as column_name, 'all of your past sales together are worth too much' as what,
           1 as found
    where (select coalesce(sum(abs(quantity * unit_price - line_discount)), 0) from staged_lines)
          + (select coalesce(sum(goods), 0) from supplier_orders
             where seller_id = cast(:org_id as uuid) and origin = 'imported') >= 1e14""")

_ITSELF = text("""
    select l.line, 'product_id' as column_name, 'the buyer and the seller of this line are one organisation' as what,
           count(*) over () as found
    from staged_lines l
    join staged_orders o using (order_id)
    join staged_products i using (product_id)
    join staged_parties b on b.kind = 'retailer' and b.external_id = o.buyer_id
    join staged_parties s on s.kind = 'manufacturer' and s.external_id = i.supplier_id and s.org_id = b.org_id
    order by line limit :shown""")

# The files that must be readable for the check (the first one has the lines), and the check.
CHECKS: tuple[tuple[tuple[str, ...], TextClause], ...] = (
    (("suppliers.csv",), _twice("staged_suppliers", "supplier_id")),
    (("buyers.csv",), _twice("staged_buyers", "buyer_id")),
    (("products.csv",), _twice("staged_products", "product_id")),
    (("orders.csv",), _twice("staged_orders", "order_id")),
    (("order_lines.csv",), _twice("staged_lines", "order_id", "line_no")),
    (
        ("products.csv", "suppliers.csv"),
        _unknown("staged_products", "supplier_id", "staged_suppliers", "suppliers.csv"),
    ),
    (("orders.csv", "buyers.csv"), _unknown("staged_orders", "buyer_id", "staged_buyers", "buyers.csv")),
    (("order_lines.csv", "orders.csv"), _unknown("staged_lines", "order_id", "staged_orders", "orders.csv")),
    (("order_lines.csv", "products.csv"), _unknown("staged_lines", "product_id", "staged_products", "products.csv")),
    (("orders.csv",), _CURRENCIES),
    (("order_lines.csv", "orders.csv"), _SIGNS),
    (("order_lines.csv", "orders.csv", "products.csv"), _ITSELF),
)

COMPANY_CHECKS: tuple[tuple[tuple[str, ...], TextClause], ...] = (
    (("orders.csv",), _BEFORE),
    (("orders.csv",), _FUTURE),
    (("order_lines.csv",), _TOGETHER),
)

TEMPORARY = ("staged_parties", "staged_skus", "staged_offers", "staged_values", "staged_parts")

# Which organisation each of the files' suppliers and buyers is. Suppliers stand as manufacturers and buyers as
# retailers whatever they are, because that is the side on which they trade here.
PARTIES = (
    text("drop table if exists pg_temp.staged_parties"),
    text(
        "create temporary table staged_parties (kind text, external_id text, org_id uuid, name text) on commit drop"
    ),
)
# What a company brings it has sold itself, and its customers stay the same from file to file.
OWN_PARTIES = (
    text("""
        insert into staged_parties (kind, external_id, org_id, name)
        select 'manufacturer', supplier_id, cast(:org_id as uuid), :name from staged_suppliers
        where supplier_id is not null
    """),
    text("""
        insert into staged_parties (kind, external_id, org_id, name)
        select distinct on (o.external_id) 'retailer', o.external_id, o.id, o.name
        from staged_buyers b
        join organizations o on o.external_id = b.buyer_id and o.kind = 'retailer'
        join histories h on h.id = o.history_id and h.org_id = cast(:org_id as uuid)
        order by o.external_id, o.id
    """),
)
KNOWN_PARTIES = text("""
    insert into staged_parties (kind, external_id, org_id, name)
    select :kind, m.external_id, o.id, o.name
    from unnest(cast(:external_ids as text[]), cast(:org_ids as uuid[])) as m(external_id, org_id)
    join organizations o on o.id = m.org_id and o.origin = 'live' and o.kind = any(:kinds)
    returning external_id
""")
UNKNOWN_PARTIES = text("""
    select p.external_id from staged_parties p
    where case p.kind when 'retailer' then not exists (select 1 from staged_buyers b where b.buyer_id = p.external_id)
          else not exists (select 1 from staged_suppliers s where s.supplier_id = p.external_id) end
    order by p.external_id
""")

_DROP = text("drop table if exists pg_temp.staged_offers, pg_temp.staged_values, pg_temp.staged_parts")

_OFFERS = text("""
    create temporary table staged_offers on commit drop as
    select k.product_id, p.name, f.id as offer_id, f.variant_id, f.seller_id, f.sku, i.supplier_id,
           s.name as seller_name
    from staged_skus k
    join staged_products i using (product_id)
    join staged_parties s on s.kind = 'manufacturer' and s.external_id = i.supplier_id
    join offers f on f.seller_id = k.seller_id and f.sku = k.sku
    join product_variants v on v.id = f.variant_id
    join products p on p.id = v.product_id
""")

# Every line with its exact and its settled value, positive for credit notes too. Freight is spread over
# the order's lines by value, largest remainder first, as Money.split does.
_VALUES = text("""
    create temporary table staged_values on commit drop as
    with valued as (
        select l.order_id, l.line_no, l.product_id, abs(l.quantity) as quantity, l.unit_price,
               v.sign * l.line_discount as discount,
               v.sign * (l.quantity * l.unit_price - l.line_discount) as exact_value,
               money_rounded(v.sign * (l.quantity * l.unit_price - l.line_discount), o.currency) as goods,
               o.status, power(10::numeric, minor_unit(o.currency)) as unit,
               money_rounded(o.freight, o.currency) as freight
        from staged_lines l
        join staged_orders o using (order_id)
        cross join lateral (select case when o.status = 'returned' then -1 else 1 end as sign) as v
    ), weighed as (
        select *, case when sum(goods) over whole = 0 then 1 else goods * unit end as weight
        from valued window whole as (partition by order_id)
    ), shared as (
        select *, div(freight * unit * weight, sum(weight) over whole) as share,
               mod(freight * unit * weight, sum(weight) over whole) as remainder
        from weighed window whole as (partition by order_id)
    )
    select order_id, line_no, product_id, quantity, unit_price, discount, exact_value, goods, status,
           case when freight = 0 then 0
                else (share + case when row_number() over (partition by order_id order by remainder desc, line_no)
                                        <= freight * unit - sum(share) over (partition by order_id)
                                   then 1 else 0 end) / unit end as shipping
    from shared
""")

# One row per order and supplier: what becomes a supplier order, or a credit note.
_PARTS = text("""
    create temporary table staged_parts on commit drop as
    select s.*, case when status <> 'returned' then first_value(fresh_id) over (partition by order_id order by part) end
               as purchase_id
    from (
        select new_id(:now) as id, new_id(:now) as fresh_id, v.order_id, f.seller_id, f.seller_name, v.status,
               sum(v.goods) as goods, sum(v.shipping) as shipping,
               row_number() over (partition by v.order_id order by min(f.supplier_id)) as part
        from staged_values v join staged_offers f using (product_id)
        group by v.order_id, f.seller_id, f.seller_name, v.status
    ) as s
""")

_PURCHASES = text("""
    insert into purchases (id, number, origin, history_id, external_id, buyer_id, payment_method, currency,
                           goods, tax, shipping, total, created_at)
    select p.purchase_id, :prefix || '-' || p.order_id, 'imported', :history_id, p.order_id, b.org_id, 'unknown',
           o.currency, sum(p.goods), 0, sum(p.shipping), sum(p.goods + p.shipping), o.ordered_at
    from staged_parts p
    join staged_orders o using (order_id)
    join staged_parties b on b.kind = 'retailer' and b.external_id = o.buyer_id
    where p.purchase_id is not null
    group by p.purchase_id, p.order_id, b.org_id, o.currency, o.ordered_at
    order by o.ordered_at
""")

# A completed order is completed when it was delivered, if that is known, else at once.
_ORDERS = text("""
    insert into supplier_orders (id, number, origin, history_id, purchase_id, buyer_id, seller_id, buyer_name,
                                 seller_name, state, currency, goods, tax, shipping, total, delivery_address,
                                 created_at, secured_at, confirmed_at, promised_at, first_shipped_at, delivered_at,
                                 completed_at, ended_at)
    select p.id, :prefix || '-' || p.order_id || '-' || p.part, 'imported', :history_id, p.purchase_id, b.org_id,
           p.seller_id, b.name, p.seller_name,
           case p.status when 'completed' then 'completed' when 'open' then 'confirmed' else 'cancelled' end,
           o.currency, p.goods, 0, p.shipping, p.goods + p.shipping, '{}', o.ordered_at,
           case when p.status <> 'cancelled' then o.ordered_at end,
           case when p.status <> 'cancelled' then o.ordered_at end,
           o.promised_at, o.shipped_at, o.delivered_at,
           case when p.status = 'completed' then greatest(o.ordered_at, o.delivered_at) end,
           case p.status when 'completed' then greatest(o.ordered_at, o.delivered_at)
                         when 'cancelled' then o.ordered_at end
    from staged_parts p
    join staged_orders o using (order_id)
    join staged_parties b on b.kind = 'retailer' and b.external_id = o.buyer_id
    where p.purchase_id is not null
    order by o.ordered_at, p.part
""")

_LINES = text("""
    insert into order_lines (id, order_id, buyer_id, seller_id, line_no, offer_id, variant_id, sku, name, currency,
                             ordered, confirmed, cancelled, shipped, delivered, accepted, unit_price, discount,
                             exact_value, goods, tax_rate, tax, shipping, price_trace)
    select new_id(:now), o.id, o.buyer_id, o.seller_id, v.line_no, f.offer_id, f.variant_id, f.sku, f.name, o.currency,
           v.quantity, q.bound, v.quantity - q.bound,
           case when q.done or o.first_shipped_at is not null or o.delivered_at is not null then q.bound else 0 end,
           case when q.done or o.delivered_at is not null then q.bound else 0 end,
           case when q.done then q.bound else 0 end,
           v.unit_price, v.discount, v.exact_value, v.goods, 0, 0, v.shipping, '[]'
    from staged_values v
    join staged_offers f using (product_id)
    join staged_parts p on p.order_id = v.order_id and p.seller_id = f.seller_id
    join supplier_orders o on o.id = p.id
    cross join lateral (select case when v.status = 'cancelled' then 0 else v.quantity end as bound,
                               v.status = 'completed' as done) as q
    where v.status <> 'returned'
    order by o.created_at, o.id, v.line_no
""")

_RETURNS = text("""
    insert into return_documents (id, origin, history_id, external_id, buyer_id, seller_id, currency, goods,
                                  returned_at, promised_at, first_shipped_at, delivered_at)
    select p.id, 'imported', :history_id, p.order_id, b.org_id, p.seller_id, o.currency, p.goods, o.ordered_at,
           o.promised_at, o.shipped_at, o.delivered_at
    from staged_parts p
    join staged_orders o using (order_id)
    join staged_parties b on b.kind = 'retailer' and b.external_id = o.buyer_id
    where p.status = 'returned'
""")

_RETURN_LINES = text("""
    insert into return_lines (return_id, line_no, buyer_id, seller_id, offer_id, currency, quantity, unit_price,
                              discount, exact_value, goods)
    select d.id, v.line_no, d.buyer_id, d.seller_id, f.offer_id, d.currency, v.quantity, v.unit_price, v.discount,
           v.exact_value, v.goods
    from staged_values v
    join staged_offers f using (product_id)
    join staged_parts p on p.order_id = v.order_id and p.seller_id = f.seller_id
    join return_documents d on d.id = p.id
    where v.status = 'returned'
""")

STORE: tuple[tuple[str, TextClause], ...] = (
    ("values", _DROP),
    ("values", _OFFERS),
    ("values", text("analyze pg_temp.staged_offers")),
    ("values", _VALUES),
    ("values", text("analyze pg_temp.staged_values")),
    ("values", _PARTS),
    ("values", text("analyze pg_temp.staged_parts")),
    ("purchases", _PURCHASES),
    ("orders", _ORDERS),
    ("order lines", _LINES),
    ("returns", _RETURNS),
    ("return lines", _RETURN_LINES),
)

# What came in, as whoever brought it will want to compare it with the own books.
CAME_IN = text("""
    select (select count(*) from organizations where history_id = :history_id and kind = 'manufacturer') as suppliers,
           (select count(*) from organizations where history_id = :history_id and kind = 'retailer') as buyers,
           (select count(*) from staged_skus where not is_sold) as products,
           (select count(*) from staged_skus where is_sold) as sold_already,
           cast(min(o.ordered_at at time zone :time_zone) as date) as first_on,
           cast(max(o.ordered_at at time zone :time_zone) as date) as last_on
    from staged_orders o where exists (select 1 from staged_parts p where p.order_id = o.order_id)
""")
MONTHS = text("""
    select cast(date_trunc('month', o.ordered_at at time zone :time_zone) as date) as month, sum(p.goods) as gmv
    from staged_parts p join staged_orders o using (order_id)
    where p.status in ('completed', 'open')
    group by 1 order by 1
""")
