-- A market to search in, of as many products as bench_size says. Numbers look drawn and are the same in every run;
-- the words are those that app/benches/search.py asks for, in the temporary table bench_words.
create function pg_temp.drawn(n bigint, size integer, salt integer) returns integer language sql immutable
    return mod(abs(hashint8(n + salt * 7919)::bigint), size)::integer;
create function pg_temp.id(letter text, n bigint) returns uuid language sql immutable
    return (letter || '0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

insert into organizations (id, kind, name, country_code, time_zone, locale, currency, created_at)
select pg_temp.id('5', n), 'manufacturer', 'Maker ' || n, (array['DE', 'FR', 'IT', 'PL', 'PT'])[mod(n, 5) + 1],
       'Europe/Berlin', 'en', 'EUR', now() from generate_series(0, 49) n;
insert into categories (id, name) select pg_temp.id('6', n), 'Category ' || n from generate_series(0, 199) n;

create temporary table made as
with words as materialized (
    select (select array_agg(word order by n) from bench_words where what = 'nouns') as nouns,
           (select array_agg(word order by n) from bench_words where what = 'kinds') as kinds,
           (select array_agg(word order by n) from bench_words where what = 'materials') as materials,
           (select array_agg(word order by n) from bench_words where what = 'colours') as colours
)
select n, pg_temp.id('1', n) as id, pg_temp.id('2', n) as variant_id, pg_temp.id('3', n) as offer_id,
       pg_temp.id('5', pg_temp.drawn(n, 50, 1)) as seller_id, pg_temp.id('6', pg_temp.drawn(n, 200, 2)) as category_id,
       pg_temp.id('c', pg_temp.drawn(n, 50, 1)) as location_id,
       initcap(materials[1 + pg_temp.drawn(n, cardinality(materials), 3)]) || ' '
           || nouns[1 + pg_temp.drawn(n, cardinality(nouns), 4)] || ' '
           || kinds[1 + pg_temp.drawn(n, cardinality(kinds), 5)] || ' '
           || colours[1 + pg_temp.drawn(n, cardinality(colours), 6)] || ' m' || to_hex(n) as name,
       'Brand' || pg_temp.drawn(n, 2000, 7) as brand,
       'A ' || kinds[1 + pg_temp.drawn(n, cardinality(kinds), 8)] || ' thing of word' || pg_temp.drawn(n, 5000, 9)
           || ' and word' || pg_temp.drawn(n, 3000, 10) || ' that word' || pg_temp.drawn(n, 900, 11)
           || ' people buy by the word' || pg_temp.drawn(n, 90, 12) || ' in series' || pg_temp.drawn(n, 40, 13)
           || ' packs' as description,
       's' || lpad(n::text, 8, '0') as sku,
       (array[1, 1, 5, 10, 24, 50, 100])[1 + pg_temp.drawn(n, 7, 14)]::bigint as minimum,
       (array[1, 2, 3, 5, 7, 10, 14, 21])[1 + pg_temp.drawn(n, 8, 15)]::bigint as lead,
       round(1 + pg_temp.drawn(n, 20000, 16) / 100.0, 2) as price, pg_temp.drawn(n, 2, 17) = 0 as in_stock
from words, bench_size s, generate_series(0, s.products - 1) n;

insert into products (id, created_by_org_id, category_id, name, brand, description, base_unit, created_at)
select id, seller_id, category_id, name, brand, description, 'piece', now() from made;
insert into product_variants (id, product_id, name) select variant_id, id, 'Standard' from made;
insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment, lead_time_days,
                    tax_rate, published_at, created_at)
select offer_id, seller_id, variant_id, sku, 'published', 'EUR', minimum, 1, lead, 0.19, now(), now() from made;
insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from)
select gen_random_uuid(), offer_id, seller_id, q, round(price * share, 2), now()
from made, (values (1, 1.0), (100, 0.95), (1000, 0.9)) t(q, share);

insert into locations (id, org_id, name) select pg_temp.id('c', n), pg_temp.id('5', n), 'Main' from generate_series(0, 49) n;
insert into lots (id, org_id, variant_id, code)
select pg_temp.id('d', n), seller_id, variant_id, '-' from made where in_stock;
insert into stock_balances (variant_id, location_id, lot_id, org_id, on_hand)
select variant_id, location_id, pg_temp.id('d', n), seller_id, 10000 from made where in_stock;

insert into product_search (product_id, category_id, slice, words, length, numbers, is_open, has_chosen, offer_ids, seller_ids,
                            minimums, leads, prices, currencies, minimum, lead, from_price, currency,
                            seller_id, shelf, in_stock)
select m.id, m.category_id, search_slice(m.n), w.words, (select sum(cardinality(u.positions)) from unnest(w.words) u),
       array[sku], true, false, array[offer_id], array[seller_id], array[minimum], array[lead], array[p.lowest], array['EUR'],
       minimum, lead, p.lowest, 'EUR', seller_id, search_shelf(minimum, lead, p.lowest), in_stock
from made m join categories c on c.id = m.category_id
cross join lateral (select round(price * 0.9, 2)::numeric(19, 6) as lowest) p
cross join lateral (
    select setweight(to_tsvector('english', m.name), 'A') || setweight(to_tsvector('english', brand), 'B')
        || setweight(to_tsvector('english', concat_ws(' . ', description, sku, c.name)), 'C') as words offset 0) w;
