-- A line that comes into a basket is an addition; more of the same is none, and neither is a basket that is handed over
-- to a colleague, whose lines keep their instant.
create function note_basket_additions() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
begin
    insert into basket_additions (offer_id, seller_id, buyer_id, quantity, added_at)
    select n.offer_id, o.seller_id, n.buyer_id, n.quantity, n.added_at
    from new_lines n join offers o on o.id = n.offer_id
    on conflict do nothing;
    return null;
end $$;
create trigger note_basket_additions after insert on basket_lines
    referencing new table as new_lines for each statement execute function note_basket_additions();

-- Who is kept to stores is kept to what lies there, as others to their warehouses; null: to none.
create or replace function my_warehouses() returns uuid[]
    stable parallel safe security definer language sql set search_path = market, pg_temp as $$
    with kept as (
        select kind, subject_id from membership_scopes
        where person_id = app_user() and org_id = app_org() and kind in ('warehouse', 'store')
    ), mine as (
        select subject_id as id from kept where kind = 'warehouse'
        union
        select l.id from kept k join locations l on l.site_id = k.subject_id and l.org_id = app_org()
        where k.kind = 'store'
    )
    select case when exists (select 1 from kept) then coalesce(array_agg(id), '{}') end from (
        select id from mine
        union
        select l.id from locations l join mine m on m.id = l.warehouse_id where l.org_id = app_org()
    ) as them
$$;

-- How much interest there was in one's own offers between two instants: how often their product was opened by people of
-- other organisations and by how many of these, how often they were put into a basket and by how many. Counts only:
-- who looked and did not buy is nobody's business.
create function seller_interest(p_first timestamptz, p_end timestamptz)
    returns table (offer_id uuid, views bigint, viewers bigint, additions bigint, adders bigint)
    language sql stable security definer set search_path = market, pg_temp as $$
    with mine as materialized (
        select o.id, v.product_id from offers o join product_variants v on v.id = o.variant_id
        where o.seller_id = app_org()
    ), seen as materialized (
        select (a.facts ->> 'product')::uuid as product_id, count(*) as views, count(distinct a.org_id) as viewers
        from activity a
        where a.occurred_at >= p_first and a.occurred_at < p_end and a.kind = 'page_view'
          and a.screen = 'retailer-product' and a.org_id <> app_org() and a.facts ? 'product'
        group by 1
    ), added as (
        select b.offer_id, count(*) as additions, count(distinct b.buyer_id) as adders
        from basket_additions b
        where b.seller_id = app_org() and b.added_at >= p_first and b.added_at < p_end group by 1
    )
    select m.id, coalesce(s.views, 0), coalesce(s.viewers, 0), coalesce(b.additions, 0), coalesce(b.adders, 0)
    from mine m left join seen s on s.product_id = m.product_id left join added b on b.offer_id = m.id
$$;

-- The same of one offer, day by day (UTC).
create function seller_interest_by_day(p_offer uuid, p_first timestamptz, p_end timestamptz)
    returns table (day date, views bigint, additions bigint)
    language sql stable security definer set search_path = market, pg_temp as $$
    with mine as (
        select o.id, v.product_id from offers o join product_variants v on v.id = o.variant_id
        where o.id = p_offer and o.seller_id = app_org()
    )
    select e.day, sum(e.views)::bigint, sum(e.additions)::bigint
    from (
        select (a.occurred_at at time zone 'UTC')::date as day, 1 as views, 0 as additions
        from activity a join mine m on a.facts ->> 'product' = m.product_id::text
        where a.occurred_at >= p_first and a.occurred_at < p_end and a.kind = 'page_view'
          and a.screen = 'retailer-product' and a.org_id <> app_org()
        union all
        select (b.added_at at time zone 'UTC')::date, 0, 1
        from basket_additions b join mine m on m.id = b.offer_id
        where b.added_at >= p_first and b.added_at < p_end
    ) e group by 1 order by 1
$$;
