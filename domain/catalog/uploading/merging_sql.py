"""The statements that bring checked rows into the catalogue, or take them out again, a set at a time."""

from sqlalchemy import text

DROP = text("drop table if exists pg_temp.merged")

# New rows get their ids here, in the order of the file, so that what is written lands side by side in every index:
# twenty digits of this part (the time, and chance), the line, and chance.
TAKE = text("""
    create temporary table merged on commit drop as
    select r.line, r.kind, r.sku, r.changes,
           case r.kind when 'new' then cast(:offers || r.digits as uuid) else r.offer_id end as offer_id,
           case r.kind when 'new' then 1 else r.version end as version, cast(null as text) as why,
           r.kind = 'new' and a.parent is null as is_first,
           case when r.kind = 'new' and a.parent is null then cast(:products || r.digits as uuid) end as product_id,
           case r.kind when 'new' then cast(:variants || r.digits as uuid) end as variant_id,
           cast(null as jsonb) as before, a.*
    from (
        select *, lpad(to_hex(line), 8, '0') || lpad(to_hex(floor(random() * 65536)::int), 4, '0') as digits
        from catalog_upload_rows
        where upload_id = :upload_id and line > :after and state = 'waiting' and kind in ('new', 'changed')
        order by line limit :at_most
    ) r, jsonb_to_record(r.article) as a(name text, description text, brand text, category_id uuid, gtin text,
        unit text, moq bigint, increment bigint, pack_units bigint, lead_time_days bigint, currency text, tax numeric,
        ladder jsonb, options jsonb, parent text)
""")
INDEX = text("create index on pg_temp.merged (line)")
ANALYZE = text(
    "analyze pg_temp.merged (line, kind, sku, why, is_first, offer_id, product_id, variant_id, options, pack_units,"
    " parent)"
)
# What a part holds says which statements it needs.
PART = text("""
    select count(*) as rows, max(line) as last_line, coalesce(bool_or(kind = 'new'), false) as has_new,
           coalesce(bool_or(kind = 'changed'), false) as has_changed, count(parent) > 0 as has_families,
           coalesce(bool_or(pack_units > 1), false) as has_packs
    from merged
""")

# Looked up one by one, whatever the planner thinks of a table that has just grown: mostly there are none.
HELD = text("""
    select exists (
        select 1 from merged m where m.kind = 'new'
            and (select o.id from offers o where o.seller_id = :org_id and o.sku = m.sku) is not null)
""")
LOCK = text("select o.id from offers o where o.id in (select offer_id from merged) order by o.id for update")

# What stands only in an imported past makes way, as it does for a single offer.
MAKE_WAY = text("""
    update offers f set sku = f.sku || ' (past)'
    from product_variants v join products p on p.id = v.product_id
    where f.seller_id = :org_id and f.sku in (select sku from merged where kind = 'new') and v.id = f.variant_id
      and p.history_id is not null
""")

# Between the check and now others went on working.
STALE = text("""
    update merged m set why = 'changed by somebody since the check'
    from offers o
    where m.kind = 'changed' and o.id = m.offer_id and (o.version <> m.version or o.state = 'discontinued')
""")
TAKEN = text("""
    update merged m set why = 'this sku came on sale since the check'
    from offers o where m.kind = 'new' and o.seller_id = :org_id and o.sku = m.sku
""")
# Nor does a check of before, or the undoing of an upload, get texts past those who look at them.
LOOKED_AT = text("""
    update merged m set why = 'the platform looks at changes of this product; change its texts on its page'
    from offers o join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id
    where m.kind = 'changed' and m.why is null and o.id = m.offer_id and p.created_by_org_id = :org_id
      and m.changes && array['name', 'description', 'brand'] and category_is_reviewed(p.category_id)
""")
# Whoever changes offers makes search look at all of that statement at once; these are the ends of parts of them.
ENDS = text("""
    select max(line) from (
        select line, (row_number() over (order by line) - 1) / :at_most as part from merged where why is null
    ) p group by part order by 1
""")
HOW_MANY = text("select count(*) as rows, count(why) as bad, min(why) as first from merged")

FAMILIES = text("""
    update merged m set product_id = p.id
    from products p
    where m.kind = 'new' and m.why is null and p.created_by_org_id = :org_id and p.history_id is null
      and p.external_id = m.parent
""")
NEW_FAMILIES = text("""
    update merged m set product_id = g.id, is_first = m.line = g.line
    from (
        select g.parent, g.line, cast(:products || lpad(to_hex(g.line), 8, '0')
               || lpad(to_hex(floor(random() * 65536)::int), 4, '0') as uuid) as id
        from (select parent, min(line) as line from merged
              where kind = 'new' and why is null and product_id is null group by parent) g
        offset 0
    ) g
    where m.kind = 'new' and m.why is null and m.product_id is null and m.parent = g.parent
""")
PRODUCTS = text("""
    insert into products (id, created_by_org_id, category_id, name, brand, description, base_unit, option_names,
                          external_id, created_at)
    select m.product_id, :org_id, m.category_id, m.name, m.brand, coalesce(m.description, ''),
           coalesce(m.unit, 'piece'), coalesce(n.names, '{}'), m.parent, :now
    from merged m
    left join (select b.product_id, array_agg(distinct k.name order by k.name) as names
               from merged b, jsonb_object_keys(b.options) as k(name)
               where b.options is not null group by b.product_id) n using (product_id)
    where m.is_first and m.why is null
""")
VARIANTS = text("""
    insert into product_variants (id, product_id, name, options, gtin)
    select m.variant_id, m.product_id,
           case when m.options is null then 'Standard' else coalesce(
               (select string_agg(o.value, ' / ' order by o.key) from jsonb_each_text(m.options) o), 'Standard') end,
           coalesce(m.options, '{}'), m.gtin
    from merged m where m.kind = 'new' and m.why is null
""")
OFFERS = text("""
    insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment,
                        lead_time_days, tax_rate, created_at)
    select m.offer_id, :org_id, m.variant_id, m.sku, 'draft', m.currency, coalesce(m.moq, 1), coalesce(m.increment, 1),
           coalesce(m.lead_time_days, 0), coalesce(m.tax, 0), :now
    from merged m where m.kind = 'new' and m.why is null
""")
TIERS = text("""
    insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from)
    select cast(:tiers || lpad(to_hex(t.line), 8, '0') || lpad(to_hex(t.place), 2, '0')
                || lpad(to_hex(floor(random() * 256)::int), 2, '0') as uuid),
           t.offer_id, :org_id, (t.step ->> 0)::bigint, (t.step ->> 1)::numeric, :now
    from (select m.line, m.offer_id, jsonb_array_elements(m.ladder) as step,
                 generate_series(1, jsonb_array_length(m.ladder)) as place
          from merged m where m.kind = 'new' and m.why is null) t
""")
PACKS = text("""
    insert into offer_packs (offer_id, name, seller_id, base_units)
    select m.offer_id, 'Pack of ' || m.pack_units, :org_id, m.pack_units
    from merged m where m.why is null and m.pack_units > 1 on conflict do nothing
""")

BEFORE = text("""
    update merged m set product_id = p.id, variant_id = v.id, before = jsonb_build_object(
        'moq', o.minimum_quantity, 'increment', o.order_increment, 'lead_time_days', o.lead_time_days,
        'tax', o.tax_rate, 'name', p.name, 'description', p.description, 'brand', p.brand, 'gtin', v.gtin,
        'ladder', (select jsonb_agg(jsonb_build_array(t.minimum_quantity, t.unit_price) order by t.minimum_quantity)
                   from price_tiers t where t.offer_id = o.id and t.valid_to is null))
    from offers o join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id
    where m.kind = 'changed' and m.why is null and o.id = m.offer_id
""")
CHANGE_PRODUCTS = text("""
    update products p set name = coalesce(m.name, p.name), description = coalesce(m.description, p.description),
                          brand = coalesce(m.brand, p.brand)
    from merged m
    where m.kind = 'changed' and m.why is null and p.id = m.product_id and p.created_by_org_id = :org_id
      and m.changes && array['name', 'description', 'brand']
""")
CHANGE_VARIANTS = text("""
    update product_variants v set gtin = m.gtin from merged m
    where m.kind = 'changed' and m.why is null and v.id = m.variant_id and m.changes && array['gtin']
""")
CHANGE_OFFERS = text("""
    update offers o set minimum_quantity = coalesce(m.moq, o.minimum_quantity), version = o.version + 1,
                        order_increment = coalesce(m.increment, o.order_increment),
                        lead_time_days = coalesce(m.lead_time_days, o.lead_time_days),
                        tax_rate = coalesce(m.tax, o.tax_rate)
    from merged m
    where m.kind = 'changed' and m.why is null and o.id = m.offer_id
      and cardinality(array_remove(m.changes, 'price')) > 0 and m.line > :from_line and m.line <= :to_line
""")
LADDERS = text("""
    select line, offer_id, ladder from merged
    where kind = 'changed' and why is null and 'price' = any (changes) and line > :after order by line limit :at_most
""")
VERSIONS = text("""
    update merged m set version = o.version
    from offers o where m.kind = 'changed' and m.why is null and o.id = m.offer_id
""")
REMEMBER = text("""
    update catalog_upload_rows r set state = 'done', offer_id = m.offer_id, version = m.version, before = m.before
    from merged m
    where r.upload_id = :upload_id and r.line > :after and r.line <= :last_line and r.line = m.line and m.why is null
""")
REJECT = text("""
    update catalog_upload_rows r set kind = 'bad', why = m.why, offer_id = null, is_flagged = false
    from merged m where r.upload_id = :upload_id and r.line = m.line and m.why is not null
""")
COUNT = text("""
    update catalog_uploads u
    set rows_done = u.rows_done + n.good, heartbeat_at = :now, through_line = greatest(u.through_line, n.last_line),
        rows_bad = u.rows_bad + n.bad_new + n.bad_changed,
        rows_new = u.rows_new - n.bad_new, rows_changed = u.rows_changed - n.bad_changed
    from (select count(*) filter (where why is null) as good,
                 count(*) filter (where why is not null and kind = 'new') as bad_new,
                 count(*) filter (where why is not null and kind = 'changed') as bad_changed,
                 max(line) as last_line from merged) n
    where u.id = :upload_id
""")

# --- taking it back --------------------------------------------------------------------------------

TAKE_BACK = text("""
    create temporary table merged on commit drop as
    select r.line, r.kind, r.sku, r.changes, r.offer_id, r.version, r.before, cast(null as text) as why
    from catalog_upload_rows r where r.upload_id = :upload_id and r.state = 'done'
""")
ANALYZE_BACK = text("analyze pg_temp.merged (line, kind, offer_id, version, why)")
# Stock moves and prices of single offers leave the version alone or raise it; orders and stock stand elsewhere.
USED = text("""
    update merged m set why = case
            when m.kind = 'new' and exists (select 1 from order_lines l where l.offer_id = m.offer_id)
                then 'ordered since'
            when o.version <> m.version then 'changed since'
            when m.kind = 'new' and exists (select 1 from stock_balances b where b.org_id = o.seller_id
                 and b.variant_id = o.variant_id and b.on_hand > 0) then 'has stock'
            else null end
    from offers o where o.id = m.offer_id
""")
# Its number is free again: what is uploaded under it later is another offer.
UNDO_NEW = text("""
    update offers o set state = 'discontinued', version = o.version + 1,
                        sku = left(o.sku, 60) || ' (undone ' || left(cast(o.id as text), 13) || ')'
    from merged m
    where m.kind = 'new' and m.why is null and o.id = m.offer_id and m.line > :from_line and m.line <= :to_line
""")
UNDO_FAMILIES = text("""
    update products p set external_id = null
    from merged m join offers o on o.id = m.offer_id join product_variants v on v.id = o.variant_id
    where m.kind = 'new' and m.why is null and p.id = v.product_id and p.created_by_org_id = :org_id
      and p.external_id is not null and not exists (
        select 1 from product_variants w join offers f on f.variant_id = w.id
        where w.product_id = p.id and f.state <> 'discontinued')
""")
UNDO_PRODUCTS = text("""
    update products p set name = m.before ->> 'name', description = m.before ->> 'description',
                          brand = m.before ->> 'brand'
    from merged m join offers o on o.id = m.offer_id join product_variants v on v.id = o.variant_id
    where m.kind = 'changed' and m.why is null and p.id = v.product_id and p.created_by_org_id = :org_id
      and m.changes && array['name', 'description', 'brand']
""")
UNDO_VARIANTS = text("""
    update product_variants v set gtin = m.before ->> 'gtin'
    from merged m join offers o on o.id = m.offer_id
    where m.kind = 'changed' and m.why is null and v.id = o.variant_id and m.changes && array['gtin']
""")
UNDO_OFFERS = text("""
    update offers o set minimum_quantity = (m.before ->> 'moq')::bigint, version = o.version + 1,
                        order_increment = (m.before ->> 'increment')::bigint,
                        lead_time_days = (m.before ->> 'lead_time_days')::bigint,
                        tax_rate = (m.before ->> 'tax')::numeric
    from merged m
    where m.kind = 'changed' and m.why is null and o.id = m.offer_id
      and cardinality(array_remove(m.changes, 'price')) > 0 and m.line > :from_line and m.line <= :to_line
""")
LADDERS_BEFORE = text("""
    select line, offer_id, before -> 'ladder' as ladder from merged
    where kind = 'changed' and why is null and 'price' = any (changes) and before ->> 'ladder' is not null
      and line > :after order by line limit :at_most
""")
MARK_UNDONE = text("""
    update catalog_upload_rows r
    set state = case when m.why is null then 'undone' else 'kept' end,
        article = case when m.why is null then r.article else r.article || jsonb_build_object('kept', m.why) end
    from merged m where r.upload_id = :upload_id and r.line = m.line
""")
