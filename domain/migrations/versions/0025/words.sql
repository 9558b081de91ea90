-- Text as search reads it: lower case, no accents, no marks but the points of decimals.
create function search_plain(given text) returns text
    language plpgsql immutable parallel safe set search_path = market, pg_temp as $$
declare
    plain text := lower(public.unaccent('public.unaccent', given));
begin
    if position('<' in plain) > 0 then
        plain := regexp_replace(plain, '<[^>]*>', ' ', 'g');
    end if;
    plain := regexp_replace(plain, '(\d) ?["″”]', '\1 inch ', 'g');
    plain := regexp_replace(plain, '(\d),(\d{1,2})(?!\d)', '\1.\2', 'g');
    return regexp_replace(plain, '[^[:alnum:].]+|(?<!\d)\.|\.(?!\d)', ' ', 'g');
end $$;

-- The same with what belongs together joined: sizes with their unit ("16 gb" is also "16gb"), and numbers of models
-- without their hyphens ("TN-2110" is also "tn2110").
create function search_text(given text) returns text
    language plpgsql immutable parallel safe set search_path = market, pg_temp as $$
declare
    plain text := search_plain(given);
begin
    return concat_ws(' ', plain, (
        select lower(string_agg(translate(m[1], '-/_.', ''), ' '))
        from regexp_matches(given, '[[:alnum:]]+(?:[-/_.][[:alnum:]]+)+', 'g') m
        where length(m[1]) <= 24 and m[1] ~ '[0-9]' and m[1] !~ '^[0-9./]+$'
    ), (
        select string_agg(m[1] || m[2], ' ')
        from regexp_matches(plain, '(?:^| )(\d+(?:\.\d+)?) (mm|cm|m|km|g|kg|mg|l|ml|cl|dl|gb|tb|mb|kb|mah|ah|wh|kwh|w|kw|v|a'
            '|ma|hz|khz|mhz|ghz|mp|inch|ft|oz|lb|lbs|pcs|bit|mbit|gbit|rpm|dpi|px|va|kva|db|x)(?= |$)', 'g') m));
end $$;

-- Where a text begins to speak of what the thing goes with ("case for phones", "lamp with dimmer"), or its end.
create function search_tail(given text) returns integer
    language sql immutable parallel safe set search_path = market, pg_temp
    return coalesce(nullif(regexp_instr(
        given, '(?<=[[:alnum:]][^[:alnum:]]{1,3})(?:\m(?:for|with|compatible|suitable|fits|für|mit|pour|avec|para)\M|\m[wf]/)',
        1, 1, 0, 'i'), 0), length(given) + 1);

create function search_stems(given text, weight "char") returns tsvector
    language sql immutable parallel safe set search_path = market, pg_temp
    return setweight(to_tsvector('pg_catalog.english', search_text(given)), weight);

-- A number as it is looked up: SKUs without regard to case, barcodes of any length without their leading zeros.
create function search_number(given text) returns text
    language sql immutable parallel safe
    return case when given ~ '^[0-9]{6,14}$' then ltrim(given, '0') else lower(given) end;

-- Where a product stands on the scales of the facets, in one number: 36 times the step of the price, 6 times that of
-- the lead time, and that of the smallest quantity.
create function search_shelf(minimum bigint, lead bigint, price numeric) returns integer
    language sql immutable parallel safe
    return width_bucket(price, array[5, 20, 100, 500]::numeric[]) * 36
         + (5 - width_bucket(-lead, array[-30, -14, -7, -3, -1]::bigint[])) * 6
         + 5 - width_bucket(-minimum, array[-500, -100, -50, -10, -1]::bigint[]);

-- The slice of the n-th product: each is four times as large as all before it, and the last takes the rest.
create function search_slice(n bigint) returns smallint
    language sql immutable parallel safe
    return width_bucket(n, array[32768, 131072, 524288]::bigint[])::smallint;

-- Write the search rows of some products anew. In a transaction that has just brought thousands the planner knows no
-- sizes, so rows are looked up one by one, and `offset 0` keeps it from reading all that is published for each. The products are locked first, so that of two who change offers of
-- one product at once the second one sees what the first one did.
create function search_refresh(p_products uuid[], p_words boolean) returns void
    language plpgsql set search_path = market, pg_temp
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
    perform 1 from (select distinct id from unnest(p_products) u(id) order by id) u
    join products p on p.id = u.id order by p.id for no key update of p;
    if p_words then
        delete from product_search s using unnest(p_products) u(id) where s.product_id = u.id and not exists (
            select 1 from product_variants v join offers o on o.variant_id = v.id and o.state = 'published'
            where v.product_id = s.product_id);
        insert into product_search as s (product_id, category_id, slice, words, length, numbers, is_open, has_chosen,
            offer_ids, seller_ids, minimums, leads, prices, currencies)
        select p.id, p.category_id, coalesce((select t.slice from search_totals t), 0), w.words,
               (select coalesce(sum(cardinality(u.positions)), 0) from unnest(w.words) u), k.numbers, k.is_open,
               not k.is_open, '{}', '{}', '{}', '{}', '{}', '{}'
        from (select distinct id from unnest(p_products) u(id)) u
        join products p on p.id = u.id and p.history_id is null
        join lateral (
            -- What only chosen buyers see adds no words to what everybody finds.
            select bool_or(o.audience = 'everybody') as is_open,
                   array_agg(distinct n.number) filter (where n.number is not null) as numbers,
                   string_agg(distinct o.sku, ' ') filter (where o.audience = 'everybody') as open_skus,
                   string_agg(distinct o.sku, ' ') as skus,
                   string_agg(distinct l.name, ' ') filter (where o.audience = 'everybody') as open_names,
                   string_agg(distinct l.name, ' ') as names,
                   string_agg(distinct x.value, ' ') filter (where o.audience = 'everybody') as open_options,
                   string_agg(distinct x.value, ' ') as options
            from product_variants v
            cross join lateral (select nullif(nullif(v.name, 'Standard'), p.name) as name) l
            join lateral (select * from offers x where x.variant_id = v.id offset 0) o on o.state = 'published'
            left join lateral jsonb_each_text(v.options) x on true
            cross join lateral (values (search_number(o.sku)), (search_number(v.gtin)), (lower(p.external_id))) n(number)
            where v.product_id = p.id
        ) k on k.is_open is not null
        left join categories c on c.id = p.category_id
        cross join lateral (
            -- Words of little weight come last, so that the first places of a word are those that count most.
            select search_stems(left(p.name, x.name_tail - 1), 'A')
                || search_stems(coalesce(p.brand, ''), 'B')
                || search_stems(left(concat_ws(' . ', left(p.description, x.description_tail - 1),
                    case when k.is_open then k.open_skus else k.skus end,
                    case when k.is_open then k.open_names else k.names end,
                    case when k.is_open then k.open_options else k.options end, c.name,
                    (select string_agg(t.value, ' . ') from jsonb_each_text(p.specifications) t)), 16000), 'C')
                || case when x.name_tail <= length(p.name) or x.description_tail <= length(p.description)
                   then search_stems(substr(p.name, x.name_tail) || ' . '
                                     || substr(p.description, x.description_tail, 8000), 'D') else ''::tsvector end
                as words
            from (select search_tail(p.name) as name_tail, search_tail(p.description) as description_tail) x
            offset 0  -- once, though it is read twice
        ) w
        order by p.id
        on conflict (product_id) do update set category_id = excluded.category_id, words = excluded.words,
            length = excluded.length, numbers = excluded.numbers, is_open = excluded.is_open;
    end if;
    update product_search s set
        has_chosen = a.has_chosen, offer_ids = a.offer_ids, seller_ids = a.seller_ids, minimums = a.minimums,
        leads = a.leads, prices = a.prices, currencies = a.currencies, minimum = a.minimum, lead = a.lead,
        from_price = a.from_price, currency = a.currency, seller_id = a.seller_id,
        shelf = search_shelf(a.minimum, a.lead, a.from_price)
    from (
        select v.product_id, bool_or(o.audience <> 'everybody') as has_chosen,
               coalesce(array_agg(o.id order by o.id) filter (where n), '{}') as offer_ids,
               coalesce(array_agg(o.seller_id order by o.id) filter (where n), '{}') as seller_ids,
               coalesce(array_agg(o.minimum_quantity order by o.id) filter (where n), '{}') as minimums,
               coalesce(array_agg(o.lead_time_days order by o.id) filter (where n), '{}') as leads,
               coalesce(array_agg(t.price order by o.id) filter (where n), '{}') as prices,
               coalesce(array_agg(o.currency::text order by o.id) filter (where n), '{}') as currencies,
               min(o.minimum_quantity) filter (where n) as minimum, min(o.lead_time_days) filter (where n) as lead,
               min(t.price) filter (where n) as from_price,
               case when min(o.currency) filter (where n) = max(o.currency) filter (where n)
                    then min(o.currency) filter (where n) end as currency,
               case when count(distinct o.seller_id) filter (where n) = 1
                    then (array_agg(o.seller_id) filter (where n))[1] end as seller_id
        from (select distinct id from unnest(p_products) u(id)) u
        join product_variants v on v.product_id = u.id
        join lateral (select * from offers x where x.variant_id = v.id offset 0) o on o.state = 'published'
        cross join lateral (select min(t.unit_price) as price from price_tiers t
                            where t.offer_id = o.id and t.valid_to is null) t
        cross join lateral (select o.audience = 'everybody' and t.price is not null as n) x
        group by v.product_id
    ) a
    where s.product_id = a.product_id
      and (s.has_chosen, s.offer_ids, s.seller_ids, s.minimums, s.leads, s.prices, s.currencies)
          is distinct from (a.has_chosen, a.offer_ids, a.seller_ids, a.minimums, a.leads, a.prices, a.currencies);
end $$;

-- --- kept by whoever writes the catalogue ----------------------------------------------------------

-- What changed is found by `execute`, planned with the numbers of rows that there are: a kept plan is one for a few, and
-- joins the two tables of a statement that touched thousands row by row.

create function search_keeps_products() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    changed uuid[];
begin
    execute $find$
        select array_agg(a.id) from after a join before b on b.id = a.id
        where (a.name, a.brand, a.description, a.category_id, a.specifications, a.external_id)
              is distinct from (b.name, b.brand, b.description, b.category_id, b.specifications, b.external_id)
          and exists (select 1 from product_search s where s.product_id = a.id)
    $find$ into changed;
    if changed is not null then
        perform search_refresh(changed, true);
    end if;
    return null;
end $$;

create function search_keeps_variants() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    changed uuid[];
begin
    execute $find$
        select array_agg(distinct a.product_id) from after a join before b on b.id = a.id
        where (a.name, a.options, a.gtin) is distinct from (b.name, b.options, b.gtin)
          and exists (select 1 from product_search s where s.product_id = a.product_id)
    $find$ into changed;
    if changed is not null then
        perform search_refresh(changed, true);
    end if;
    return null;
end $$;

create function search_keeps_categories() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    changed uuid[];
begin
    select array_agg(s.product_id) into changed
    from after a join before b on b.id = a.id join product_search s on s.category_id = a.id where a.name <> b.name;
    if changed is not null then
        perform search_refresh(changed, true);
    end if;
    return null;
end $$;

create function search_keeps_new_offers() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    changed uuid[];
begin
    select array_agg(distinct v.product_id) into changed
    from after a join product_variants v on v.id = a.variant_id where a.state = 'published';
    if changed is not null then
        perform search_refresh(changed, true);
    end if;
    return null;
end $$;

create function search_keeps_offers() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    worded uuid[];
    counted uuid[];
begin
    if not exists (select 1 from after where state = 'published')
            and not exists (select 1 from before where state = 'published') then
        return null;
    end if;
    execute $find$
        select array_agg(distinct v.product_id) filter (where c.w), array_agg(distinct v.product_id) filter (where not c.w)
        from (
            select a.variant_id, b.variant_id as was_id, (a.state, a.sku, a.variant_id, a.audience)
                       is distinct from (b.state, b.sku, b.variant_id, b.audience) as w
            from after a join before b on b.id = a.id
            where 'published' in (a.state, b.state)
              and (a.state, a.sku, a.variant_id, a.audience, a.minimum_quantity, a.lead_time_days, a.currency)
                  is distinct from
                  (b.state, b.sku, b.variant_id, b.audience, b.minimum_quantity, b.lead_time_days, b.currency)
        ) c
        join lateral (values (c.variant_id), (c.was_id)) u(id) on true
        join product_variants v on v.id = u.id
    $find$ into worded, counted;
    if worded is not null then
        perform search_refresh(worded, true);
    end if;
    if counted is not null then
        perform search_refresh(counted, false);
    end if;
    return null;
end $$;

create function search_keeps_gone_offers() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    changed uuid[];
begin
    select array_agg(distinct v.product_id) into changed
    from before b join product_variants v on v.id = b.variant_id where b.state = 'published';
    if changed is not null then
        perform search_refresh(changed, true);
    end if;
    return null;
end $$;

create function search_keeps_prices() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    changed uuid[];
begin
    select array_agg(distinct v.product_id) into changed
    from after a join offers o on o.id = a.offer_id and o.state = 'published'
    join product_variants v on v.id = o.variant_id;
    if changed is not null then
        perform search_refresh(changed, false);
    end if;
    return null;
end $$;

create trigger search_keeps after update on products referencing old table as before new table as after
    for each statement execute function search_keeps_products();
create trigger search_keeps after update on product_variants referencing old table as before new table as after
    for each statement execute function search_keeps_variants();
create trigger search_keeps after update on categories referencing old table as before new table as after
    for each statement execute function search_keeps_categories();
create trigger search_keeps_new after insert on offers referencing new table as after
    for each statement execute function search_keeps_new_offers();
create trigger search_keeps after update on offers referencing old table as before new table as after
    for each statement execute function search_keeps_offers();
create trigger search_keeps_gone after delete on offers referencing old table as before
    for each statement execute function search_keeps_gone_offers();
create trigger search_keeps_new after insert on price_tiers referencing new table as after
    for each statement execute function search_keeps_prices();
create trigger search_keeps after update on price_tiers referencing new table as after
    for each statement execute function search_keeps_prices();

-- --- counted now and then --------------------------------------------------------------------------

-- Count words, lengths, stock and levels anew, for the system. Words are counted only when products came, went or
-- changed since. Returns how many products there are.
create function search_count(p_now timestamptz) returns bigint
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    products bigint;
    total bigint;
    sellers uuid[];
    roomy smallint;
begin
    if app_scope() <> 'system' then
        raise exception 'search: only the system counts' using errcode = 'WS005';
    end if;
    perform pg_advisory_xact_lock(4242, 25);
    select count(*) filter (where is_open), coalesce(sum(length) filter (where is_open), 0),
           case when count(*) filter (where slice = 0) < 32768 then 0 when count(*) filter (where slice = 1) < 98304 then 1
                when count(*) filter (where slice = 2) < 393216 then 2 else 3 end
    into products, total, roomy from product_search;
    if not exists (select 1 from search_totals where documents = products and lengths = total) then
        delete from search_lexemes;
        insert into search_lexemes (lexeme, documents)
        -- Not by ts_stat: its tree grows crooked on numbers that come in order, and a million of them take an hour.
        select w.word, count(*) from product_search s cross join lateral unnest(tsvector_to_array(s.words)) w(word)
        where s.is_open and length(w.word) <= 60 group by 1 having count(*) > 1 or w.word !~ '[0-9]' order by 1;
        insert into search_totals (documents, lengths, counted_at) values (products, total, p_now)
        on conflict (is_only) do update set documents = excluded.documents, lengths = excluded.lengths,
            counted_at = excluded.counted_at;
    end if;
    update search_totals set slice = roomy where slice <> roomy;
    update product_search s set in_stock = n.free
    from (
        -- Where a seller tells nobody of its stock, the count tells nothing either.
        select k.product_id, bool_or(coalesce(a.available, 0) > 0 and d.id is null) as free
        from (select p.product_id, u.offer_id, u.seller_id
              from product_search p, unnest(p.offer_ids, p.seller_ids) u(offer_id, seller_id)) k
        left join stock_available((select array_agg(x) from product_search p, unnest(p.offer_ids) x), p_now) a
            on a.offer_id = k.offer_id
        left join stock_displays d on d.seller_id = k.seller_id and d.kind = 'all' and d.display = 'hidden'
        group by k.product_id
    ) n
    where n.product_id = s.product_id and s.in_stock is distinct from n.free;
    sellers := array(select distinct x from product_search p, unnest(p.seller_ids) x);
    insert into search_sellers as s (seller_id, level, is_certified)
    select k.org_id, k.level, exists (
        select 1 from sellers_certificates(array[k.org_id], (p_now at time zone 'UTC')::date))
    from sellers_level(sellers, p_now) k
    on conflict (seller_id) do update set level = excluded.level, is_certified = excluded.is_certified
        where (s.level, s.is_certified) is distinct from (excluded.level, excluded.is_certified);
    return products;
end $$;
