"""The statements that compare a whole file with the catalogue at once; their number does not depend on its rows."""

from sqlalchemy import text

DROP = text("drop table if exists pg_temp.staged_upload, pg_temp.sold_upload, pg_temp.checked_upload")

STAGE = text("""
    create temporary table staged_upload (
        line bigint, sku text, name text, description text, brand text, category text, gtin text, unit text,
        moq bigint, increment bigint, pack_units bigint, lead_time_days bigint, currency text, tax numeric,
        price numeric, tiers jsonb, options jsonb, parent text, why text, cells text[]
    ) on commit drop
""")

# Of several rows with one number the first counts. The same again is left out, anything else is said.
DOUBLED = text("""
    with twins as (
        select sku, min(line) as first_line from staged_upload where why is null group by sku having count(*) > 1
    )
    update staged_upload s
    set why = case
            when (s.price, s.tiers) is distinct from (f.price, f.tiers) then 'duplicate sku with a different price'
            when (s.name, s.moq, s.gtin, s.options) is distinct from (f.name, f.moq, f.gtin, f.options)
                then 'duplicate sku with other contents'
            else '' end
    from twins t join staged_upload f on f.line = t.first_line
    where s.sku = t.sku and s.why is null and s.line <> t.first_line
""")
LEFT_OUT = text("delete from staged_upload where why = ''")
ANALYZE = text("analyze pg_temp.staged_upload (line, sku, category, parent, why)")

# What is sold under these numbers now. A catalogue that has just grown is another than the planner knows, so each row
# looks its own up, by keys, whatever the planner thinks; that grows with the file and with nothing else.
BY_KEYS = text("set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off")
AS_USUAL = text("set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on")
SOLD = text("""
    create temporary table sold_upload on commit drop as
    select s.line, o.*
    from staged_upload s cross join lateral (
        select o.id as offer_id, o.version, o.state, o.currency, o.minimum_quantity, o.order_increment,
               o.lead_time_days, o.tax_rate, p.name, p.description, p.brand, p.category_id, v.gtin,
               p.created_by_org_id = :org_id as is_mine, f.minimum_price,
               (select jsonb_agg(jsonb_build_array(t.minimum_quantity, t.unit_price) order by t.minimum_quantity)
                from price_tiers t where t.offer_id = o.id and t.valid_to is null) as ladder
        from offers o
        join product_variants v on v.id = o.variant_id
        join products p on p.id = v.product_id and p.history_id is null
        left join price_floors f on f.offer_id = o.id
        where o.seller_id = :org_id and o.sku = s.sku
        offset 0
    ) o
    where s.why is null
""")
ANALYZE_SOLD = text("analyze pg_temp.sold_upload (line, category_id)")

# Each row beside what is sold under its number now, and the ladder of prices that it would leave: a file without
# tiers changes the first price of a ladder and leaves the others.
COMPARE = text("""
    create temporary table checked_upload on commit drop as
    with known as (
        select c.id, lower(c.name) as name, category_is_reviewed(c.id) as is_reviewed
        from categories c where c.history_id is null
    ), families as (
        select p.external_id, p.id from products p
        where p.created_by_org_id = :org_id and p.history_id is null
          and p.external_id in (select parent from staged_upload where parent is not null)
    )
    select s.line, s.sku, s.name, nullif(s.description, '') as description, s.brand, s.gtin, s.unit, s.moq, s.increment,
           s.pack_units, s.lead_time_days, coalesce(s.currency, :currency) as currency,
           s.currency as said_currency, s.tax, s.options, s.parent, k.id as category_id,
           s.category is not null and k.id is null as category_is_unknown, s.why, s.cells,
           o.offer_id, o.version, o.state, o.currency as has_currency, o.minimum_quantity as has_moq,
           o.order_increment as has_increment, o.lead_time_days as has_lead_time, o.tax_rate as has_tax,
           o.name as has_name, o.description as has_description, o.brand as has_brand, o.gtin as has_gtin, o.is_mine,
           coalesce(h.is_reviewed, false) as is_reviewed, o.minimum_price, o.ladder as has_ladder,
           (o.ladder -> 0 ->> 1)::numeric as has_price,
           case when s.tiers is not null then s.tiers
                when s.price is null then null
                when o.ladder is null then jsonb_build_array(jsonb_build_array(1, s.price))
                else jsonb_set(o.ladder, '{0,1}', to_jsonb(s.price)) end as ladder,
           f.id as family_id
    from staged_upload s
    left join sold_upload o on o.line = s.line
    left join known h on h.id = o.category_id
    left join known k on k.name = lower(s.category)
    left join families f on f.external_id = s.parent
""")

# A ladder begins at the smallest order. Where the file says no smallest order, a first tier above one is it.
SMALLEST = text("""
    update checked_upload set moq = (ladder -> 0 ->> 0)::bigint
    where why is null and offer_id is null and moq is null and (ladder -> 0 ->> 0)::bigint > 1
""")
BEGINNING = text("""
    update checked_upload set ladder = jsonb_set(ladder, '{0,0}', to_jsonb(coalesce(moq, has_moq)))
    where why is null and jsonb_array_length(ladder) = 1 and (ladder -> 0 ->> 0)::bigint > coalesce(moq, has_moq)
""")

WHY = text("""
    update checked_upload c set why = w.why
    from (
        select c.line, nullif(concat_ws('; ',
            case when c.state = 'discontinued' then 'this sku was discontinued; choose another one' end,
            case when c.offer_id is null and c.name is null then 'missing name' end,
            case when c.offer_id is null and c.ladder is null then 'missing price' end,
            case when c.said_currency <> c.has_currency
                 then 'price in ' || c.said_currency || ', but it is sold in ' || c.has_currency end,
            case when (c.ladder -> 0 ->> 0)::bigint > coalesce(c.moq, c.has_moq, 1)
                 then 'no price for the smallest order of ' || coalesce(c.moq, c.has_moq, 1) end,
            case when (c.ladder -> 1 ->> 1)::numeric > (c.ladder -> 0 ->> 1)::numeric
                 then 'price below the one from ' || (c.ladder -> 1 ->> 0) || ' on; give all prices' end,
            case when (c.ladder -> -1 ->> 1)::numeric < c.minimum_price * :floor_share
                      and c.ladder is distinct from c.has_ladder
                 then 'price below the floor that the owner has set' end,
            case when c.is_reviewed and c.is_mine and (c.name <> c.has_name or c.description <> c.has_description
                      or c.brand is distinct from coalesce(c.has_brand, c.brand))
                 then 'the platform looks at changes of this product; change its texts on its page' end,
            case when c.options is not null and (select count(*) from jsonb_object_keys(c.options)) > 3
                 then 'more than three options' end,
            case when c.offer_id is null and c.parent is not null and c.options is null and f.members > 1
                 then 'variant without an option such as colour or size' end,
            case when c.offer_id is null and c.parent is not null and f.same > 1
                 then 'two variants of ' || c.parent || ' have the same options' end), '') as why
        from checked_upload c
        left join (
            select line, count(*) over (partition by parent, offer_id is null) as members,
                   row_number() over (partition by parent, options, offer_id is null order by line) as same
            from checked_upload where why is null and parent is not null
        ) f on f.line = c.line
        where c.why is null
    ) w
    where w.line = c.line and w.why is not null
""")

STORE = text("""
    insert into catalog_upload_rows (upload_id, line, org_id, kind, sku, article, changes, price_change, is_flagged,
                                     why, cells, offer_id, version)
    select :upload_id, c.line, :org_id,
           case when c.why is not null then 'bad' when c.offer_id is null then 'new'
                when cardinality(c.changes) > 0 then 'changed' else 'unchanged' end,
           c.sku,
           -- In two parts, since most lists say nothing of the second one.
           case when c.why is null then jsonb_strip_nulls(jsonb_build_object(
               'name', c.name, 'brand', c.brand, 'moq', c.moq, 'lead_time_days', c.lead_time_days,
               'currency', c.currency, 'ladder', c.ladder))
               || case when c.says_more then jsonb_strip_nulls(jsonb_build_object(
                  'description', c.description, 'category_id', c.category_id, 'gtin', c.gtin, 'unit', c.unit,
                  'increment', c.increment, 'pack_units', c.pack_units, 'tax', c.tax, 'options', c.options,
                  'parent', c.parent)) else '{}' end end,
           c.changes, c.price_change, coalesce(abs(c.price_change) > :flag_above, false), c.why, c.cells, c.offer_id,
           c.version
    from (
        select c.*,
               case when c.has_price is not null
                    then round((c.ladder -> 0 ->> 1)::numeric / c.has_price - 1, 4) end as price_change,
               num_nonnulls(c.description, c.category_id, c.gtin, c.unit, c.increment, c.pack_units, c.tax, c.options,
                            c.parent) > 0 as says_more,
               case when c.why is not null or c.offer_id is null then '{}' else array_remove(array[
                   case when c.ladder is distinct from c.has_ladder and c.ladder is not null then 'price' end,
                   case when c.moq <> c.has_moq then 'moq' end,
                   case when c.increment <> c.has_increment then 'increment' end,
                   case when c.lead_time_days <> c.has_lead_time then 'lead time' end,
                   case when c.tax <> c.has_tax then 'tax' end,
                   case when c.is_mine and c.name <> c.has_name then 'name' end,
                   case when c.is_mine and c.description <> c.has_description then 'description' end,
                   case when c.is_mine and c.brand is not null and c.brand is distinct from c.has_brand
                        then 'brand' end,
                   case when c.is_mine and c.gtin is not null and c.gtin is distinct from c.has_gtin then 'gtin' end
               ], null) end as changes
        from checked_upload c
    ) c
""")

COUNTS = text("""
    select count(*) filter (where kind = 'new') as rows_new, count(*) filter (where kind = 'changed') as rows_changed,
           count(*) filter (where kind = 'unchanged') as rows_unchanged,
           count(*) filter (where kind = 'bad') as rows_bad,
           count(*) filter (where is_flagged) as rows_flagged
    from catalog_upload_rows where upload_id = :upload_id
""")

UNKNOWN_CATEGORIES = text("""
    select count(*) as rows, min(s.category) as first from checked_upload c join staged_upload s on s.line = c.line
    where c.category_is_unknown and c.why is null and c.offer_id is null
""")

# The first of them: nobody mends more lines than fit into a file to mend, and what is kept in memory has an end.
LACKING_CELLS = text("""
    select line from catalog_upload_rows where upload_id = :upload_id and kind = 'bad' and cells is null
    order by line limit :most
""")
ADD_CELLS = text("""
    update catalog_upload_rows r set cells = n.cells
    from jsonb_to_recordset(cast(:rows as jsonb)) as n(line bigint, cells text[])
    where r.upload_id = :upload_id and r.line = n.line
""")

FORGET_UNUSED = (
    text("""
        delete from catalog_upload_rows r using catalog_uploads u
        where u.id = r.upload_id and u.org_id = :org_id and u.state = 'checked'
          and u.checked_by is not distinct from :person_id
    """),
    text("""
        delete from catalog_uploads
        where org_id = :org_id and state = 'checked' and checked_by is not distinct from :person_id
    """),
)
