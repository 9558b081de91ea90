-- Who sees an offer: everybody, or those whom its seller has chosen. 'chosen' with nobody chosen is seen by nobody.
alter table offers add column audience text not null default 'everybody';
alter table offers add constraint offers_audience_check check (audience in ('everybody', 'chosen'));
create index offers_chosen_idx on offers (seller_id) where audience = 'chosen';

create table offer_audiences (
    id uuid not null,
    offer_id uuid not null,
    seller_id uuid not null,
    kind text not null,
    subject_id uuid,
    country_code text,
    valid_from date not null,
    valid_to date,
    created_at timestamp with time zone not null,
    constraint offer_audiences_pkey primary key (id),
    constraint offer_audiences_offer_id_seller_id_fkey foreign key (offer_id, seller_id) references offers (id, seller_id),
    constraint offer_audiences_once_key unique nulls not distinct (offer_id, kind, subject_id, country_code),
    constraint offer_audiences_kind_check check (kind in ('customer', 'group', 'region', 'country', 'territory')),
    constraint offer_audiences_subject_check check ((kind in ('customer', 'group', 'region')) = (subject_id is not null)
        and (kind = 'country') = (country_code is not null)),
    constraint offer_audiences_country_code_check check (country_code ~ '^[A-Z]{2}$'),
    constraint offer_audiences_days_check check (valid_to > valid_from)
);

-- What buyers are told of a seller's stock: the number, a word, or nothing; for all, for a group or for one customer.
create table stock_displays (
    id uuid not null,
    seller_id uuid not null,
    kind text not null,
    subject_id uuid,
    display text not null,
    few_below bigint not null,
    constraint stock_displays_pkey primary key (id),
    constraint stock_displays_seller_id_fkey foreign key (seller_id) references organizations (id),
    constraint stock_displays_once_key unique nulls not distinct (seller_id, kind, subject_id),
    constraint stock_displays_kind_check check (kind in ('all', 'group', 'customer')),
    constraint stock_displays_subject_check check ((kind = 'all') = (subject_id is null)),
    constraint stock_displays_display_check check (display in ('exact', 'bucket', 'hidden')),
    constraint stock_displays_few_below_check check (few_below > 0)
);

-- The customer groups of a seller that an organisation is in on a day; a part of the functions below, with their rights.
create function groups_of_customer(p_org uuid, p_seller uuid, p_on date) returns uuid[]
    language plpgsql stable parallel safe set search_path = market, pg_temp as $$
begin
    return array(
        select m.group_id from customer_group_members m join customer_groups g on g.id = m.group_id
        where m.buyer_id = p_org and m.seller_id = p_seller and g.closed_at is null
          and (m.valid_from at time zone 'UTC')::date <= p_on
          and (m.valid_to is null or (m.valid_to at time zone 'UTC')::date > p_on));
end $$;

-- Whether an organisation is among those whom a seller has chosen for an offer, on a day. Its places decide about
-- regions and countries; of a seller's own territory it is whoever has a place that the seller serves.
create function offer_is_for(p_offer uuid, p_seller uuid, p_org uuid, p_on date) returns boolean
    language plpgsql stable parallel safe security definer set search_path = market, pg_temp as $$
declare
    around uuid[];
begin
    -- `is not true`: for nobody app_org() is null, and so is the comparison.
    if p_on is null or (p_org = app_org() or p_seller = app_org() or is_staff()) is not true or p_org is null then
        return false;
    end if;
    if exists (
        select 1 from offer_audiences a
        where a.offer_id = p_offer and a.seller_id = p_seller
          and p_on >= a.valid_from and (a.valid_to is null or p_on < a.valid_to)
          and case a.kind
              when 'customer' then a.subject_id = p_org
              when 'country' then exists (select 1 from sites s where s.org_id = p_org and s.country_code = a.country_code)
                  or exists (select 1 from organizations g where g.id = p_org and g.country_code = a.country_code)
              when 'group' then a.subject_id = any (groups_of_customer(p_org, p_seller, p_on))
              else false end) then
        return true;
    end if;
    if not exists (
        select 1 from offer_audiences a
        where a.offer_id = p_offer and a.seller_id = p_seller and a.kind in ('region', 'territory')
          and p_on >= a.valid_from and (a.valid_to is null or p_on < a.valid_to)) then
        return false;
    end if;
    return exists (
        with recursive up as (
            select s.id as site_id, r.id, r.parent_id, 0 as distance
            from sites s join regions r on r.id = region_of(s.country_code, s.postal_code, p_on) where s.org_id = p_org
            union all
            select u.site_id, r.id, r.parent_id, u.distance + 1 from up u join regions r on r.id = u.parent_id
            where u.distance < 20
        ), serving as (
            -- The nearest region around a place that anybody serves decides who serves it.
            select u.site_id, t.distributor_id, u.distance, min(u.distance) over (partition by u.site_id) as nearest
            from up u join territory_assignments t on t.region_id = u.id
             and p_on >= t.valid_from and (t.valid_to is null or p_on < t.valid_to)
        )
        select 1 from offer_audiences a
        where a.offer_id = p_offer and a.seller_id = p_seller
          and p_on >= a.valid_from and (a.valid_to is null or p_on < a.valid_to)
          and case a.kind
              when 'region' then exists (select 1 from up u where u.id = a.subject_id)
              when 'territory' then exists (select 1 from serving v where v.distributor_id = p_seller
                                            and v.distance = v.nearest)
              else false end);
end $$;

-- Whether the organisation that asks sees an offer. Policies have no parameter for the day, so it is today's.
create function offer_is_shown(p_offer uuid, p_audience text, p_seller uuid) returns boolean
    language plpgsql stable parallel safe set search_path = market, pg_temp as $$
begin
    return p_audience = 'everybody' or coalesce(p_seller = app_org(), false) or is_staff()
        or offer_is_for(p_offer, p_seller, app_org(), (transaction_timestamp() at time zone 'UTC')::date);
end $$;

-- For rows that hang on an offer (prices, packs): whether the organisation that asks sees that offer.
create function sees_offer(p_offer uuid) returns boolean
    language plpgsql stable parallel safe security definer set search_path = market, pg_temp as $$
declare
    found_audience text;
    found_seller uuid;
begin
    select o.audience, o.seller_id into found_audience, found_seller from offers o where o.id = p_offer;
    return coalesce(offer_is_shown(p_offer, found_audience, found_seller), false);
end $$;

-- Whether everybody sees everything: asked once a statement, so that hidden offers cost only where there are some.
create function nothing_is_hidden() returns boolean
    language sql stable parallel safe security definer set search_path = market, pg_temp
    return not exists (select 1 from offers o where o.audience = 'chosen');

-- How these sellers show their stock to the organisation that asks: what they chose for it, for a group of it, for all.
create function stock_displays_for_me(p_sellers uuid[], p_on date)
    returns table (seller_id uuid, display text, few_below bigint)
    language sql stable security definer set search_path = market, pg_temp as $$
    select distinct on (d.seller_id) d.seller_id, d.display, d.few_below
    from stock_displays d
    where d.seller_id = any (p_sellers) and d.seller_id is distinct from app_org() and not is_staff()
      and case d.kind
          when 'all' then true
          when 'customer' then d.subject_id = app_org()
          else d.subject_id = any (groups_of_customer(app_org(), d.seller_id, p_on)) end
    order by d.seller_id, case d.kind when 'customer' then 0 when 'group' then 1 else 2 end,
             case d.display when 'exact' then 0 when 'bucket' then 1 else 2 end
$$;
