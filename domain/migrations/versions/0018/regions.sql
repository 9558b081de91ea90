-- People are kept to regions and to warehouses as well.
alter table membership_scopes drop constraint membership_scopes_kind_check;
alter table membership_scopes add constraint membership_scopes_kind_check
    check (kind in ('store', 'customer', 'region', 'warehouse'));

-- Policies of every list ask for a region; a function that is not parallel safe would stop parallel plans for everybody.
alter function region_of(text, text, date) parallel safe;

-- The regions that a member is kept to, with all of their parts; null: not kept to regions.
create function regions_of(p_person uuid, p_org uuid) returns uuid[]
    stable parallel safe language sql set search_path = market, pg_temp
    begin atomic
    with recursive mine as (
        select subject_id as id from membership_scopes where person_id = p_person and org_id = p_org and kind = 'region'
        union
        select r.id from mine m join regions r on r.parent_id = m.id
    )
    select array_agg(id) from mine;
end;

-- The places that a member buys and receives for: assigned stores, and where the assigned warehouses stand.
create function places_of(p_person uuid, p_org uuid) returns uuid[]
    stable parallel safe language sql set search_path = market, pg_temp
    begin atomic
    select case when count(*) > 0 then coalesce(
        array_agg(coalesce(l.site_id, s.subject_id)) filter (where s.kind = 'store' or l.site_id is not null), '{}') end
    from membership_scopes s
    left join locations l on s.kind = 'warehouse' and l.id = s.subject_id and l.org_id = s.org_id
    where s.person_id = p_person and s.org_id = p_org and s.kind in ('store', 'warehouse');
end;

create function my_regions() returns uuid[] stable parallel safe language sql set search_path = market, pg_temp
    begin atomic
    select regions_of(app_user(), app_org());
end;

create function my_places() returns uuid[] stable parallel safe language sql set search_path = market, pg_temp
    begin atomic
    select places_of(app_user(), app_org());
end;

-- Whether an address lay in one of these regions on a day: the day decides, so a redrawn region moves nothing of before.
create function in_regions(p_regions uuid[], p_country text, p_postal_code text, p_on date) returns boolean
    stable parallel safe language plpgsql as $$
begin
    return coalesce(region_of(p_country, p_postal_code, p_on) = any (p_regions), false);
end $$;

-- Whether an order lies within what a member is kept to; for notices and letters, which go to people one by one.
create function reaches_order(p_person uuid, p_org uuid, p_order uuid) returns boolean
    stable parallel safe language plpgsql set search_path = market, pg_temp as $$
declare
    places constant uuid[] := places_of(p_person, p_org);
    regions constant uuid[] := regions_of(p_person, p_org);
    customers constant uuid[] := (select array_agg(subject_id) from membership_scopes
                                  where person_id = p_person and org_id = p_org and kind = 'customer');
begin
    return (places is null and regions is null and customers is null) or exists (
        select 1 from supplier_orders o where o.id = p_order
          and (places is null or o.buyer_id <> p_org or o.site_id = any (places))
          and (customers is null or o.seller_id <> p_org or o.buyer_id = any (customers))
          and (regions is null or in_regions(regions, o.delivery_address ->> 'country_code',
               o.delivery_address ->> 'postal_code', (o.created_at at time zone 'UTC')::date)));
end $$;

-- How many of these may be assigned: the own places and warehouses, and regions that there are.
create function known_scopes(p_kind text, p_ids uuid[]) returns bigint
    stable language sql set search_path = market, pg_temp
    begin atomic
    select case p_kind
        when 'store' then (select count(*) from sites where org_id = app_org() and id = any (p_ids))
        when 'warehouse' then (select count(*) from locations where org_id = app_org() and id = any (p_ids))
        when 'region' then (select count(*) from regions where id = any (p_ids))
        else cardinality(p_ids) end;
end;

-- Whether a reader's figures are of all that the organisation sees, or of a part: scopes, and an agent's own purchases.
create function sees_all_orders() returns boolean
    stable parallel safe language sql security definer set search_path = market, pg_temp
    begin atomic
    select is_staff() or not (
        exists (select 1 from membership_scopes where person_id = app_user() and org_id = app_org())
        or exists (select 1 from memberships where person_id = app_user() and org_id = app_org()
                   and variant = 'purchasing_agent'));
end;

-- The orders of which a member's figures are made, for those who do not see all.
create function my_orders() returns table (order_id uuid, purchase_id uuid)
    stable parallel safe language plpgsql set search_path = market, pg_temp as $$
declare
    me constant uuid := app_org();
    places constant uuid[] := my_places();
    customers constant uuid[] := my_scopes('customer');
    regions constant uuid[] := my_regions();
    only_own constant boolean := exists (
        select 1 from memberships m where m.person_id = app_user() and m.org_id = me and m.variant = 'purchasing_agent');
begin
    return query
    select o.id, o.purchase_id from supplier_orders o
    where me in (o.buyer_id, o.seller_id, o.distributor_id)
      and (places is null or o.buyer_id <> me or o.site_id = any (places))
      and (customers is null or o.seller_id <> me or o.buyer_id = any (customers))
      and (regions is null or in_regions(regions, o.delivery_address ->> 'country_code',
                                         o.delivery_address ->> 'postal_code', (o.created_at at time zone 'UTC')::date))
      and (not only_own or o.buyer_id <> me or exists (
          select 1 from purchases p where p.id = o.purchase_id and p.placed_by = app_user()));
end $$;
