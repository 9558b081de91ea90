-- How many products everybody may find, and how many words one has on average, at the last count.
create function search_size(out documents bigint, out average double precision)
    language sql stable security definer set search_path = market, pg_temp
    return (select row(coalesce(max(t.documents), 0)::bigint, greatest(coalesce(max(t.lengths), 0)
                       / greatest(coalesce(max(t.documents), 0), 1), 1)::double precision) from search_totals t);

-- The words of what somebody looks for, with how many products have each: a word that nobody has is joined with its
-- neighbour, taken as the beginning of one, or spelled as the most alike one that is known.
create function search_terms(given text)
    returns table (place integer, lexeme text, documents integer, kind text, instead_of text)
    language plpgsql stable security definer set search_path = market, pg_temp as $$
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    with asked as materialized (
        -- One row for each word of the text: its first place, and what the dictionary makes of it.
        select u.lexeme, u.positions[1]::integer as place
        from unnest(to_tsvector('pg_catalog.english', search_plain(given))) u
        order by 2 limit 12
    ), plain as materialized (
        select w.word, w.n::integer as place from regexp_split_to_table(btrim(search_plain(given)), ' +')
            with ordinality w(word, n)
        where w.word <> '' limit 12
    ), known as materialized (
        select a.place, a.lexeme, coalesce(l.documents, 0) as documents from asked a
        left join search_lexemes l on l.lexeme = a.lexeme
    ), pairs as (
        -- "hard drive" is also "harddrive" and "16 gb" is "16gb", where somebody writes it so.
        select a.place, l.lexeme, l.documents from plain a join plain b on b.place = a.place + 1
        join lateral unnest(to_tsvector('pg_catalog.english', a.word || b.word)) j on true
        join search_lexemes l on l.lexeme = j.lexeme
        where length(a.word || b.word) > 2 and (a.word || b.word) !~ '^[0-9.]+$'
    ), alike as (
        select k.place, f.lexeme, f.documents, k.lexeme as instead_of from known k
        cross join lateral (
            select l.lexeme, l.documents from search_lexemes l
            where k.documents = 0 and length(k.lexeme) > 2 and l.lexeme operator(public.%) k.lexeme
              and public.similarity(l.lexeme, k.lexeme) >= 0.4
              and k.lexeme !~ '[0-9]' and l.lexeme !~ '[0-9]'
            order by (starts_with(l.lexeme, k.lexeme))::integer desc,
                     round((public.similarity(l.lexeme, k.lexeme)
                            - 0.05 * abs(length(l.lexeme) - length(k.lexeme)))::numeric, 1) desc,
                     l.documents desc, l.lexeme
            limit 1
        ) f
    )
    select k.place, k.lexeme, k.documents, 'asked', null::text from known k
    union all select p.place, p.lexeme, p.documents, 'joined', null from pairs p
    union all select a.place, a.lexeme, a.documents, 'alike', a.instead_of from alike a
    order by 1, 4 desc, 2;
end $$;

-- What has a number: a SKU, a barcode of any length, or the number that the product has elsewhere; only offers that
-- whoever asks is shown.
create function search_by_number(p_number text)
    returns table (offer_id uuid, product_id uuid, variant_id uuid, seller_id uuid, sku text, gtin text, matched text)
    language plpgsql stable security definer set search_path = market, pg_temp
    set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    wanted text := search_number(p_number);
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select o.id, v.product_id, v.id, o.seller_id, o.sku, v.gtin,
           case when lower(o.sku) = wanted or search_number(o.sku) = wanted then 'sku'
                when search_number(v.gtin) = wanted then 'barcode' else 'number' end
    from (select s.product_id from product_search s where s.numbers @> array[wanted] limit 50) s
    join product_variants v on v.product_id = s.product_id
    join lateral (select * from offers x where x.variant_id = v.id offset 0) o on o.state = 'published'
    join organizations g on g.id = o.seller_id and g.state = 'active'
    join products p on p.id = s.product_id
    where (search_number(o.sku) = wanted or search_number(v.gtin) = wanted or lower(p.external_id) = wanted)
      and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))
    order by 7 desc, o.sku, o.id
    limit 50;
end $$;

-- Products with certain words, those of the first slice first. Whoever takes some of them looks at no further slice
-- than it needs, since one after the other is asked; as one statement it becomes a part of the caller's.
create function search_having(given tsquery) returns setof product_search language sql stable as $$
    select s.* from product_search s where s.slice = 0 and s.words @@ given
    union all select s.* from product_search s where s.slice = 1 and s.words @@ given
    union all select s.* from product_search s where s.slice = 2 and s.words @@ given
    union all select s.* from product_search s where s.slice = 3 and s.words @@ given
$$;

-- The page of a search that has no filters: see search_page, which calls it and lets nobody in who may not ask.
-- What is done here is done two thousand times a search: rows are narrow and kept once, and what facets say of products
-- is counted in one pass.
create function search_quick(
    p_all tsquery, p_any tsquery, p_terms tsquery[], p_weights double precision[], p_average double precision, p_currency text,
    p_order text, p_size integer, p_skip integer, p_cap integer, p_now timestamptz, p_suspended uuid[],
    out total bigint, out capped boolean, out how text, out products uuid[], out places integer[], out offers uuid[],
    out tiers integer[], out ranks numeric[], out hits integer[], out facets json)
    language plpgsql stable set search_path = market, pg_temp
    set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
    anybody_is boolean := cardinality(p_suspended) > 0;
    by_price boolean := p_order = 'price';
    by_lead boolean := p_order = 'lead_time';
    each_word double precision := 0.6 / p_average;
    q1 tsquery := p_terms[1];
    q2 tsquery := p_terms[2];
    q3 tsquery := p_terms[3];
    q4 tsquery := p_terms[4];
    q5 tsquery := p_terms[5];
    q6 tsquery := p_terms[6];
    w1 double precision := p_weights[1] * 2.2;
    w2 double precision := p_weights[2] * 2.2;
    w3 double precision := p_weights[3] * 2.2;
    w4 double precision := p_weights[4] * 2.2;
    w5 double precision := p_weights[5] * 2.2;
    w6 double precision := p_weights[6] * 2.2;
    many boolean := cardinality(p_terms) > 3;
begin
    with strict as materialized (
        select 2 as tier, s.product_id, s.category_id, s.seller_id,
               case when s.seller_id is null then s.seller_ids end as seller_ids, s.lead, s.from_price,
               coalesce(s.shelf, 0) * 4 + s.in_stock::integer * 2 + coalesce(s.currency = p_currency, false)::integer as shelf,
               s.has_chosen or (anybody_is and s.seller_ids && p_suspended) as is_special,
               -- Words that a product has not say nothing; the others what they weigh, the less the longer its text.
               coalesce(w1 / (1 + (0.6 + s.length * each_word)
                              / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q1), 0::real))) - 0.5)), 0)
               + coalesce(w2 / (1 + (0.6 + s.length * each_word)
                                / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q2), 0::real))) - 0.5)), 0)
               + coalesce(w3 / (1 + (0.6 + s.length * each_word)
                                / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q3), 0::real))) - 0.5)), 0)
               + case when many then
                   coalesce(w4 / (1 + (0.6 + s.length * each_word)
                                  / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q4), 0::real))) - 0.5)), 0)
                   + coalesce(w5 / (1 + (0.6 + s.length * each_word)
                                    / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q5), 0::real))) - 0.5)), 0)
                   + coalesce(w6 / (1 + (0.6 + s.length * each_word)
                                    / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q6), 0::real))) - 0.5)), 0)
                 else 0 end as rank
        from search_having(p_all) s limit p_cap
    ), loose as materialized (
        select 1 as tier, s.product_id, s.category_id, s.seller_id,
               case when s.seller_id is null then s.seller_ids end as seller_ids, s.lead, s.from_price,
               coalesce(s.shelf, 0) * 4 + s.in_stock::integer * 2 + coalesce(s.currency = p_currency, false)::integer as shelf,
               s.has_chosen or (anybody_is and s.seller_ids && p_suspended) as is_special,
               coalesce(w1 / (1 + (0.6 + s.length * each_word)
                              / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q1), 0::real))) - 0.5)), 0)
               + coalesce(w2 / (1 + (0.6 + s.length * each_word)
                                / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q2), 0::real))) - 0.5)), 0)
               + coalesce(w3 / (1 + (0.6 + s.length * each_word)
                                / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q3), 0::real))) - 0.5)), 0)
               + case when many then
                   coalesce(w4 / (1 + (0.6 + s.length * each_word)
                                  / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q4), 0::real))) - 0.5)), 0)
                   + coalesce(w5 / (1 + (0.6 + s.length * each_word)
                                    / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q5), 0::real))) - 0.5)), 0)
                   + coalesce(w6 / (1 + (0.6 + s.length * each_word)
                                    / (1 / (1.65 * (1 - nullif(ts_rank('{0.4,1,1,1}', s.words, q6), 0::real))) - 0.5)), 0)
                 else 0 end as rank
        from search_having(p_any) s
        where (select count(*) from strict) < least(24, p_cap) and not s.words @@ p_all
        limit p_cap
    ), special as materialized (
        -- Products with offers for chosen buyers, or of a seller who is suspended: what whoever asks is shown of them.
        select h.tier, h.product_id, h.category_id, array_agg(o.seller_id) as seller_ids,
               min(o.lead_time_days)::bigint as lead, min(t.price) as from_price,
               search_shelf(min(o.minimum_quantity), min(o.lead_time_days)::bigint, min(t.price)) * 4 + (h.shelf & 2)
               + (min(o.currency) = p_currency)::integer as shelf,
               h.rank, array_agg(o.id) as offer_ids
        from (select * from strict where is_special union all select * from loose where is_special) h
        join product_variants v on v.product_id = h.product_id
        join lateral (select * from offers x where x.variant_id = v.id offset 0) o on o.state = 'published'
        cross join lateral (select min(p.unit_price) as price from price_tiers p
                            where p.offer_id = o.id and p.valid_to is null) t
        where t.price is not null and o.seller_id <> all (p_suspended)
          and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))
        group by h.product_id, h.tier, h.category_id, h.shelf, h.rank
    ), kept as not materialized (
        select tier, product_id, category_id, seller_id, seller_ids, lead, from_price, shelf, rank
        from strict where not is_special and from_price is not null
        union all
        select tier, product_id, category_id, seller_id, seller_ids, lead, from_price, shelf, rank
        from loose where not is_special and from_price is not null
        union all
        select tier, product_id, category_id, null, seller_ids, lead, from_price, shelf, rank from special
    ), paged as materialized (
        select row_number() over () as place, c.*
        from (
            select k.tier, k.product_id, k.rank from kept k
            order by case when by_price then k.from_price end, case when by_lead then k.lead end,
                     k.tier desc, k.rank desc, k.from_price, k.product_id
            limit p_size offset p_skip) c
    ), counted as materialized (
        -- In one pass: how many in all, on each shelf, in each category, of each seller. Most products have one seller.
        select grouping(k.shelf, k.category_id, k.seller_id) as what, k.shelf, k.category_id, k.seller_id, count(*) as n,
               max(k.tier) as tier
        from kept k
        group by grouping sets ((k.shelf), (k.category_id), (k.seller_id), ())
    ), sold as materialized (
        select null::uuid as product_id, c.seller_id, c.n from counted c where c.what = 6 and c.seller_id is not null
        union all
        -- Of products with several each seller counts once.
        select distinct k.product_id, x, 1 from kept k, unnest(k.seller_ids) x
        where exists (select 1 from counted c where c.what = 6 and c.seller_id is null) and k.seller_id is null
    ), known as materialized (
        select s.seller_id, s.n, o.name, o.country_code, coalesce(k.level, 0) as level,
               coalesce(k.is_certified, false) as is_certified
        from (select u.seller_id, sum(u.n) as n from sold u group by 1) s
        cross join lateral (select g.name, g.country_code from organizations g where g.id = s.seller_id offset 0) o
        left join lateral (select l.level, l.is_certified from search_sellers l
                           where l.seller_id = s.seller_id offset 0) k on true
    ), certified as materialized (
        select c.org_id, c.requirement, c.category_ids
        from (select array_agg(k.seller_id) as ids from known k where k.is_certified) i
        cross join lateral sellers_certificates(i.ids, (p_now at time zone 'UTC')::date) c
        where i.ids is not null
    ), measured as (
        -- What a shelf says: search_shelf times four, and whether goods are free and the price is in what was asked for.
        select c.n, (c.shelf & 2) <> 0 as in_stock, mod(c.shelf / 4, 6) as minimum, mod(c.shelf / 24, 6) as lead,
               case when (c.shelf & 1) <> 0 then c.shelf / 144 end as band
        from counted c where c.what = 3
    )
    select c.n, (select count(*) from strict) >= p_cap or (select count(*) from loose) >= p_cap,
           case c.tier when 1 then 'any' else 'all' end,
           l.products, l.places, l.offers, l.tiers, l.ranks, l.hits,
           (select json_build_object(
                'minimum_1', sum(b.n) filter (where b.minimum <= 0), 'minimum_10', sum(b.n) filter (where b.minimum <= 1),
                'minimum_50', sum(b.n) filter (where b.minimum <= 2),
                'minimum_100', sum(b.n) filter (where b.minimum <= 3),
                'minimum_500', sum(b.n) filter (where b.minimum <= 4),
                'lead_1', sum(b.n) filter (where b.lead <= 0), 'lead_3', sum(b.n) filter (where b.lead <= 1),
                'lead_7', sum(b.n) filter (where b.lead <= 2), 'lead_14', sum(b.n) filter (where b.lead <= 3),
                'lead_30', sum(b.n) filter (where b.lead <= 4),
                'price_0_5', sum(b.n) filter (where b.band = 0), 'price_5_20', sum(b.n) filter (where b.band = 1),
                'price_20_100', sum(b.n) filter (where b.band = 2), 'price_100_500', sum(b.n) filter (where b.band = 3),
                'price_500_', sum(b.n) filter (where b.band = 4), 'stock', sum(b.n) filter (where b.in_stock),
                'level_1', max(l.level_1), 'level_2', max(l.level_2), 'level_3', max(l.level_3),
                'categories', (select json_agg(json_build_object('value', c.id, 'label', c.name, 'count', g.n)
                                               order by g.n desc, c.name)
                    from (select b.category_id, b.n from counted b where b.what = 5 and b.category_id is not null
                          order by 2 desc, 1 limit 30) g
                    join categories c on c.id = g.category_id),
                'suppliers', (select json_agg(json_build_object('value', k.seller_id, 'label', k.name, 'count', k.n)
                                              order by k.n desc, k.name)
                    from (select * from known order by n desc, seller_id limit 30) k),
                'countries', (select json_agg(json_build_object('value', x.country_code, 'count', x.n)
                                              order by x.n desc, x.country_code)
                    from (select k.country_code, sum(k.n) as n from known k where k.country_code is not null group by 1) x),
                'certificates', (select json_agg(json_build_object('value', x.requirement, 'count', x.n)
                                                 order by x.n desc, x.requirement)
                    from (select c.requirement, count(distinct l.product_id) as n from certified c
                          join kept l on (c.org_id = l.seller_id or c.org_id = any (l.seller_ids))
                           and (cardinality(coalesce(c.category_ids, '{}')) = 0 or l.category_id = any (c.category_ids))
                          group by 1) x))
            from measured b
            right join (
                select sum(l.n) filter (where l.level >= 1) as level_1, sum(l.n) filter (where l.level >= 2) as level_2,
                       sum(l.n) filter (where l.level >= 3) as level_3
                from (select k.level, u.n from sold u join known k on k.seller_id = u.seller_id where u.product_id is null
                      union all
                      select max(k.level), 1 from sold u join known k on k.seller_id = u.seller_id
                      where u.product_id is not null group by u.product_id) l) l on true)
    into total, capped, how, products, places, offers, tiers, ranks, hits, facets
    from counted c
    cross join (
        select array_agg(w.product_id) as products, array_agg(w.place) as places, array_agg(w.offer_id) as offers,
               array_agg(w.tier) as tiers, array_agg(w.rank) as ranks, array_agg(w.hits) as hits
        from (
            select p.product_id, p.place::integer as place, o.offer_id, p.tier, round(p.rank::numeric, 4) as rank,
                   coalesce((s.words @@ q1)::integer, 0) + coalesce((s.words @@ q2)::integer * 2, 0)
                   + coalesce((s.words @@ q3)::integer * 4, 0) + coalesce((s.words @@ q4)::integer * 8, 0)
                   + coalesce((s.words @@ q5)::integer * 16, 0) + coalesce((s.words @@ q6)::integer * 32, 0) as hits
            from paged p join product_search s on s.product_id = p.product_id
            left join special x on x.product_id = p.product_id
            cross join lateral unnest(coalesce(x.offer_ids, s.offer_ids)) o(offer_id)) w) l
    where c.what = 7;
end $$;

-- One page of products, with facets over all candidates.
--
-- Candidates are those with all words, or with a number that was asked for; when that finds few, those with any of the
-- words; when that finds few as well, those whose names are spelled alike. At most p_cap of each are looked at, and
-- ranked by BM25: ts_rank of one word alone is the sum of 1/j^2 over its places, from which the number of
-- places follows. The owner's rights are needed since no index on words can be used under row-level security; so it is
-- here that nobody without a session, and no buyer who was not chosen, finds anything.
create function search_page(
    p_all tsquery, p_any tsquery, p_terms tsquery[], p_weights double precision[], p_average double precision,
    p_like text, p_numbers text[], p_push boolean, p_filters jsonb, p_order text, p_size integer, p_skip integer,
    p_cap integer, p_now timestamptz)
    returns table (total bigint, capped boolean, how text, products uuid[], places integer[], offers uuid[], tiers integer[],
                   ranks numeric[], hits integer[], facets json)
    language plpgsql stable security definer rows 1 set search_path = market, pg_temp
    set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
    f_categories uuid[];
    f_seller uuid := p_filters ->> 'seller';
    f_minimum bigint := p_filters ->> 'minimum';
    f_lead integer := p_filters ->> 'lead';
    f_from numeric := p_filters ->> 'price_from';
    f_to numeric := p_filters ->> 'price_to';
    f_currency text := p_filters ->> 'currency';
    f_stock boolean := coalesce((p_filters ->> 'stock')::boolean, false);
    f_level bigint := p_filters ->> 'level';
    f_certificate text := p_filters ->> 'certificate';
    f_country text := p_filters ->> 'country';
    f_options jsonb := p_filters -> 'options';
    is_priced boolean := p_filters ? 'price_from' or p_filters ? 'price_to';
    is_browsing boolean := p_all is null and p_numbers is null and p_like is null;
    suspended uuid[];
    untold uuid[] := '{}';
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    if f_stock then  -- what sellers do not tell of their stock is not told by what the filter leaves
        untold := array(
            select t.seller_id
            from stock_displays_for_me(array(select d.seller_id from stock_displays d where d.display = 'hidden'),
                                       (p_now at time zone 'UTC')::date) t
            where t.display = 'hidden');
    end if;
    -- Most searches have no filter and find enough by their words; they read one row a product and no lists of offers.
    if p_all is not null and p_filters - 'currency' = '{}' and p_order <> 'name'
       and not exists (select 1 from product_search s where s.numbers && p_numbers) then
        suspended := array(select o.id from organizations o where o.state = 'suspended');
        select * into total, capped, how, products, places, offers, tiers, ranks, hits, facets from search_quick(
            p_all, p_any, p_terms, p_weights, p_average, f_currency, p_order, p_size, p_skip, p_cap, p_now, suspended);
        if total >= 24 then
            return next;
            return;
        end if;
    end if;
    if p_filters ? 'category' then
        with recursive below as (
            select c.id from categories c where c.id = (p_filters ->> 'category')::uuid
            union select c.id from below b join categories c on c.parent_id = b.id)
        select array_agg(id) into f_categories from below;
    end if;
    return query
    with exact as materialized (
        select s.*, 3 as tier from (select distinct b.product_id from search_by_number(p_numbers[1]) b) n
        join product_search s on s.product_id = n.product_id
    ), browsed as materialized (
        select s.*, 2 as tier from product_search s
        where is_browsing and f_seller is null and f_categories is null and p_order <> 'price'
        order by s.product_id desc limit p_cap
    ), cheapest as materialized (
        select s.*, 2 as tier from product_search s
        where is_browsing and f_seller is null and f_categories is null and p_order = 'price'
        order by s.from_price, s.product_id limit p_cap
    ), of_seller as materialized (
        select s.*, 2 as tier from product_search s
        where is_browsing and f_seller is not null and s.seller_ids @> array[f_seller] limit p_cap
    ), of_category as materialized (
        select s.*, 2 as tier from product_search s
        where is_browsing and f_seller is null and s.category_id = any (f_categories) limit p_cap
    ), chosen_only as materialized (
        -- What is not for everybody stands in no list above.
        select s.*, 2 as tier from product_search s
        where is_browsing and f_seller is not null and s.has_chosen and not s.seller_ids @> array[f_seller]
          and exists (select 1 from product_variants v join offers o on o.variant_id = v.id
                      where v.product_id = s.product_id and o.seller_id = f_seller and o.state = 'published')
        limit p_cap
    ), strict as materialized (
        select s.*, 2 as tier from search_having(p_all) s
        where (not p_push or s.has_chosen or (
            (f_categories is null or s.category_id = any (f_categories))
            and exists (select 1 from unnest(s.seller_ids, s.minimums, s.leads, s.prices, s.currencies) u(a, b, c, d, e)
                        where (f_seller is null or a = f_seller) and (f_minimum is null or b <= f_minimum)
                          and (f_lead is null or c <= f_lead)
                          and (not is_priced or (e = f_currency and d >= coalesce(f_from, 0) and d <= coalesce(f_to, d))))))
        limit p_cap
    ), loose as materialized (
        select s.*, 1 as tier from search_having(p_any) s
        where (select count(*) from strict) < least(24, p_cap) and not s.words @@ p_all
        limit p_cap
    ), fuzzy as materialized (
        select s.*, 0 as tier
        from (select p.id from products p
              where (select count(*) from strict) + (select count(*) from loose) + (select count(*) from exact)
                    < least(24, p_cap)
                and p_like operator(public.<%) p.name limit 500) n
        join product_search s on s.product_id = n.id
        where s.product_id not in (select product_id from strict union all select product_id from loose)
    ), candidates as (
        select * from exact
        union all select * from browsed union all select * from cheapest union all select * from of_seller
        union all select * from of_category union all select * from chosen_only
        union all select * from strict where product_id not in (select product_id from exact)
        union all select * from loose where product_id not in (select product_id from exact)
        union all select * from fuzzy where product_id not in (select product_id from exact)
    ), hit as materialized (
        select c.product_id, c.category_id, c.tier, c.length, c.has_chosen, c.in_stock,
               c.offer_ids, c.seller_ids, c.minimums, c.leads, c.prices, c.currencies,
               ts_rank('{0.4,1,1,1}', c.words, p_terms[1]) as h1, ts_rank('{0.4,1,1,1}', c.words, p_terms[2]) as h2,
               ts_rank('{0.4,1,1,1}', c.words, p_terms[3]) as h3, ts_rank('{0.4,1,1,1}', c.words, p_terms[4]) as h4,
               ts_rank('{0.4,1,1,1}', c.words, p_terms[5]) as h5, ts_rank('{0.4,1,1,1}', c.words, p_terms[6]) as h6
        from candidates c
    ), ranked as materialized (
        select h.*, b.k,
               case when tier = 0 then (select public.word_similarity(p_like, p.name) from products p where p.id = h.product_id)
               else coalesce(case when h1 > 0 then p_weights[1] * 2.2 * t1 / (t1 + k) end, 0)
                  + coalesce(case when h2 > 0 then p_weights[2] * 2.2 * t2 / (t2 + k) end, 0)
                  + coalesce(case when h3 > 0 then p_weights[3] * 2.2 * t3 / (t3 + k) end, 0)
                  + coalesce(case when h4 > 0 then p_weights[4] * 2.2 * t4 / (t4 + k) end, 0)
                  + coalesce(case when h5 > 0 then p_weights[5] * 2.2 * t5 / (t5 + k) end, 0)
                  + coalesce(case when h6 > 0 then p_weights[6] * 2.2 * t6 / (t6 + k) end, 0) end as rank,
               (h1 > 0)::integer + coalesce((h2 > 0)::integer * 2, 0) + coalesce((h3 > 0)::integer * 4, 0)
                  + coalesce((h4 > 0)::integer * 8, 0) + coalesce((h5 > 0)::integer * 16, 0)
                  + coalesce((h6 > 0)::integer * 32, 0) as hits
        from hit h
        cross join lateral (select 1.2 * (0.5 + 0.5 * h.length / p_average) as k) b
        cross join lateral (select 1 / (1.65 * (1 - h1)) - 0.5 as t1, 1 / (1.65 * (1 - h2)) - 0.5 as t2,
                                   1 / (1.65 * (1 - h3)) - 0.5 as t3, 1 / (1.65 * (1 - h4)) - 0.5 as t4,
                                   1 / (1.65 * (1 - h5)) - 0.5 as t5, 1 / (1.65 * (1 - h6)) - 0.5 as t6) t
    ), chosen as materialized (
        -- Offers that are not for everybody: only those that whoever asks is shown.
        select r.product_id, r.tier, r.rank, r.hits, r.category_id, r.in_stock, o.id as offer_id, o.seller_id,
               o.minimum_quantity as minimum, o.lead_time_days as lead, t.price, o.currency::text as currency,
               o.sku, v.gtin
        from ranked r
        join product_variants v on v.product_id = r.product_id
        join offers o on o.variant_id = v.id and o.state = 'published' and o.audience <> 'everybody'
        cross join lateral (select min(p.unit_price) as price from price_tiers p
                            where p.offer_id = o.id and p.valid_to is null) t
        where r.has_chosen and t.price is not null and offer_is_shown(o.id, o.audience, o.seller_id)
    ), offered as materialized (
        select r.product_id, r.tier, r.rank, r.hits, r.category_id, r.in_stock, u.offer_id, u.seller_id, u.minimum,
               u.lead, u.price, u.currency
        from ranked r
        cross join lateral unnest(r.offer_ids, r.seller_ids, r.minimums, r.leads, r.prices, r.currencies)
            u(offer_id, seller_id, minimum, lead, price, currency)
        union all
        select c.product_id, c.tier, c.rank, c.hits, c.category_id, c.in_stock, c.offer_id, c.seller_id, c.minimum,
               c.lead, c.price, c.currency
        from chosen c
    ), sellers as materialized (
        select o.id, o.name, o.country_code, coalesce(k.level, 0) as level,
               k.is_certified or f_certificate is not null as is_certified
        from organizations o left join search_sellers k on k.seller_id = o.id
        where o.id = any (array(select distinct d.seller_id from offered d)) and o.state = 'active'
    ), certified as materialized (
        -- What holds on the day and covers the product: of a certificate for some categories only theirs.
        select c.org_id, c.requirement, c.category_ids
        from sellers_certificates((select array_agg(id) from sellers where is_certified), (p_now at time zone 'UTC')::date) c
    ), stocked as materialized (
        select a.offer_id, a.available
        from stock_available((select array_agg(d.offer_id) from offered d
                              where f_stock and d.seller_id <> all (untold)), p_now) a
    ), looked as materialized (
        -- By bits, which filters an offer does not pass: a facet counts what passes all filters but its own.
        select d.*, s.country_code, s.level,
               case when f_categories is null or d.category_id = any (f_categories) then 0 else 1 end
               + case when f_seller is null or d.seller_id = f_seller then 0 else 2 end
               + case when f_minimum is null or d.minimum <= f_minimum then 0 else 4 end
               + case when f_lead is null or d.lead <= f_lead then 0 else 8 end
               + case when not is_priced or (d.currency = f_currency and d.price >= coalesce(f_from, 0)
                                             and d.price <= coalesce(f_to, d.price)) then 0 else 16 end
               + case when not f_stock or exists (select 1 from stocked k where k.offer_id = d.offer_id
                                                  and k.available >= d.minimum) then 0 else 32 end
               + case when f_level is null or s.level >= f_level then 0 else 64 end
               + case when f_certificate is null or exists (
                        select 1 from certified c where c.org_id = d.seller_id and c.requirement = f_certificate
                        and (cardinality(coalesce(c.category_ids, '{}')) = 0 or d.category_id = any (c.category_ids)))
                 then 0 else 128 end
               + case when f_country is null or s.country_code = f_country then 0 else 256 end
               + case when f_options is null or exists (
                        select 1 from offers o join product_variants v on v.id = o.variant_id
                        where o.id = d.offer_id and v.options @> f_options) then 0 else 512 end as misses
        from offered d join sellers s on s.id = d.seller_id
    ), by_product as materialized (
        select l.product_id, max(l.tier) as tier, max(l.rank) as rank, max(l.hits) as hits, l.category_id, l.in_stock,
               bool_or(l.misses = 0) as is_kept, bool_or(l.misses & ~1 = 0) as any_category,
               min(l.minimum) filter (where l.misses & ~4 = 0) as minimum,
               min(l.lead) filter (where l.misses & ~8 = 0) as lead,
               min(l.price) filter (where l.misses & ~16 = 0 and l.currency = f_currency) as price,
               bool_or(l.misses & ~32 = 0) as any_stock,
               max(l.level) filter (where l.misses & ~64 = 0) as level,
               min(l.price) filter (where l.misses = 0) as best_price, min(l.lead) filter (where l.misses = 0) as best_lead
        from looked l group by l.product_id, l.category_id, l.in_stock
    ), by_seller as materialized (
        select l.seller_id, count(distinct l.product_id) filter (where l.misses & ~2 = 0) as n,
               count(distinct l.product_id) filter (where l.misses & ~256 = 0) as c
        from looked l where l.misses & ~2 = 0 or l.misses & ~256 = 0 group by 1
    ), paged as materialized (
        select b.product_id, b.tier, b.rank, b.hits, row_number() over (order by
                   case when p_order = 'price' then b.best_price end, case when p_order = 'lead_time' then b.best_lead end,
                   case when p_order = 'name' then (select p.name from products p where p.id = b.product_id) end,
                   b.tier desc, b.rank desc, b.best_price, b.product_id) as place
        from by_product b where b.is_kept
        order by place limit p_size offset p_skip
    )
    select (select count(*) from by_product b where b.is_kept),
           (select count(*) from strict) >= p_cap or (select count(*) from loose) >= p_cap
               or (select count(*) from browsed) >= p_cap or (select count(*) from cheapest) >= p_cap
               or (select count(*) from of_seller) >= p_cap or (select count(*) from of_category) >= p_cap,
           case (select max(b.tier) from by_product b where b.is_kept)
                when 3 then 'number' when 1 then 'any' when 0 then 'alike' else 'all' end,
           w.products, w.places, w.offers, w.tiers, w.ranks, w.hits,
           ((select jsonb_build_object(
                'products', count(*) filter (where b.is_kept),
                'minimum_1', count(*) filter (where b.minimum <= 1), 'minimum_10', count(*) filter (where b.minimum <= 10),
                'minimum_50', count(*) filter (where b.minimum <= 50),
                'minimum_100', count(*) filter (where b.minimum <= 100),
                'minimum_500', count(*) filter (where b.minimum <= 500),
                'lead_1', count(*) filter (where b.lead <= 1), 'lead_3', count(*) filter (where b.lead <= 3),
                'lead_7', count(*) filter (where b.lead <= 7), 'lead_14', count(*) filter (where b.lead <= 14),
                'lead_30', count(*) filter (where b.lead <= 30),
                'price_0_5', count(*) filter (where b.price < 5),
                'price_5_20', count(*) filter (where b.price >= 5 and b.price < 20),
                'price_20_100', count(*) filter (where b.price >= 20 and b.price < 100),
                'price_100_500', count(*) filter (where b.price >= 100 and b.price < 500),
                'price_500_', count(*) filter (where b.price >= 500),
                'stock', count(*) filter (where b.any_stock and b.in_stock),
                'level_1', count(*) filter (where b.level >= 1), 'level_2', count(*) filter (where b.level >= 2),
                'level_3', count(*) filter (where b.level >= 3)) from by_product b)
           || jsonb_build_object(
                'categories', (select jsonb_agg(jsonb_build_object('value', c.id, 'label', c.name, 'count', g.n)
                                                order by g.n desc, c.name)
                    from (select b.category_id, count(*) as n from by_product b
                          where b.any_category and b.category_id is not null group by 1 order by 2 desc, 1 limit 30) g
                    join categories c on c.id = g.category_id),
                'suppliers', (select jsonb_agg(jsonb_build_object('value', s.id, 'label', s.name, 'count', g.n)
                                               order by g.n desc, s.name)
                    from (select * from by_seller order by n desc, seller_id limit 30) g join sellers s on s.id = g.seller_id
                    where g.n > 0),
                'countries', (select jsonb_agg(jsonb_build_object('value', x.country_code, 'count', x.n)
                                               order by x.n desc, x.country_code)
                    from (select s.country_code, sum(g.c) as n from by_seller g join sellers s on s.id = g.seller_id
                          where s.country_code is not null and g.c > 0 group by 1) x),
                'certificates', (select jsonb_agg(jsonb_build_object('value', x.requirement, 'count', x.n)
                                                  order by x.n desc, x.requirement)
                    from (select c.requirement, count(distinct l.product_id) as n from certified c
                          join looked l on l.seller_id = c.org_id and l.misses & ~128 = 0
                           and (cardinality(coalesce(c.category_ids, '{}')) = 0 or l.category_id = any (c.category_ids))
                          group by 1) x)))::json
    from (select array_agg(p.product_id) as products, array_agg(p.place::integer) as places,
                 array_agg(l.offer_id) as offers, array_agg(p.tier) as tiers,
                 array_agg(coalesce(round(p.rank::numeric, 4), 0)) as ranks, array_agg(p.hits) as hits
          from paged p join looked l on l.product_id = p.product_id and l.misses = 0) w;
end $$;
