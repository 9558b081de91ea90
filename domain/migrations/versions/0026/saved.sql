-- Saved baskets: of a person, or shared within the organisation. What a line was called and cost stays with it.
create table saved_lists (
    id uuid not null,
    org_id uuid not null,
    person_id uuid not null,
    name text not null,
    is_shared boolean not null,
    created_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    constraint saved_lists_pkey primary key (id),
    constraint saved_lists_org_id_fkey foreign key (org_id) references organizations (id),
    constraint saved_lists_person_id_fkey foreign key (person_id) references people (id),
    constraint saved_lists_id_org_id_key unique (id, org_id),
    constraint saved_lists_org_id_person_id_name_key unique (org_id, person_id, name)
);

create table saved_list_lines (
    list_id uuid not null,
    offer_id uuid not null,
    org_id uuid not null,
    position bigint not null,
    quantity bigint not null,
    sku text not null,
    name text not null,
    seller_name text not null,
    currency text not null,
    seen_unit_price numeric(19, 6) not null,
    constraint saved_list_lines_pkey primary key (list_id, offer_id),
    constraint saved_list_lines_list_id_org_id_fkey foreign key (list_id, org_id) references saved_lists (id, org_id),
    constraint saved_list_lines_offer_id_fkey foreign key (offer_id) references offers (id),
    constraint saved_list_lines_quantity_check check (quantity > 0),
    constraint saved_list_lines_seen_unit_price_check check (seen_unit_price >= 0 and seen_unit_price < 1000000000)
);
create index saved_list_lines_offer_id_idx on saved_list_lines (offer_id);

-- Searches that somebody asks again and again, or wants to be told about. What was there at `looked_at` is known.
create table saved_searches (
    id uuid not null,
    org_id uuid not null,
    person_id uuid not null,
    name text not null,
    criteria jsonb not null,
    tells boolean not null,
    looked_at timestamp with time zone not null,
    created_at timestamp with time zone not null,
    constraint saved_searches_pkey primary key (id),
    constraint saved_searches_org_id_fkey foreign key (org_id) references organizations (id),
    constraint saved_searches_person_id_fkey foreign key (person_id) references people (id),
    constraint saved_searches_org_id_person_id_name_key unique (org_id, person_id, name)
);

-- The products that the one who asks has looked at, the last one first: what is noted of views is for staff alone.
create function my_viewed_products(p_limit integer) returns table (product_id uuid, viewed_at timestamptz)
    language sql stable security definer set search_path = market, pg_temp as $$
    select (a.facts ->> 'product')::uuid, max(a.occurred_at)
    from (select v.facts, v.occurred_at from activity v
          where v.person_id = app_user() and v.org_id = app_org() and v.kind = 'page_view' and v.facts ? 'product'
          order by v.occurred_at desc limit 500) a
    group by 1 order by 2 desc limit least(p_limit, 100)
$$;

-- Offers on sale by SKU or barcode, as far as they are shown to the one who asks. Under row-level security no index on
-- a worked-out number could be used, so the owner looks.
create function offers_by_number(p_codes text[]) returns table (code text, offer_id uuid)
    language plpgsql stable security definer set search_path = market, pg_temp as $$
declare
    numbers_asked constant text[] := array(select distinct search_number(c) from unnest(p_codes) c);
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select c.code, o.id
    from product_search x
    join product_variants v on v.product_id = x.product_id
    join offers o on o.variant_id = v.id and o.state = 'published'
    join unnest(p_codes) as c(code) on search_number(c.code) in (search_number(o.sku), search_number(v.gtin))
    where x.numbers && numbers_asked and offer_is_shown(o.id, o.audience, o.seller_id);
end $$;

-- Products whose name is spelled like some words, the nearest five of each.
create function products_alike(p_lines bigint[], p_words text[])
    returns table (line_no bigint, product_id uuid, distance real)
    language plpgsql stable security definer set search_path = market, pg_temp as $$
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select a.line_no, alike.id, alike.distance
    from unnest(p_lines, p_words) as a(line_no, words)
    cross join lateral (
        select p.id, (1 - public.word_similarity(a.words, p.name))::real as distance
        from products p
        where a.words <> '' and p.history_id is null and a.words operator(public.<%) p.name
        order by 2, 1 limit 5) alike;
end $$;
