-- A regulation may be of some countries only: of those of the sellers.
alter table verification_regulations add column countries text[];

-- How far an organisation is verified at an instant, now with one rule a requirement: that of the organisation's
-- country before that of all, the newest that binds it already. What was asked before a change goes on being asked
-- of whoever has time to comply with the change. `planned` are rules that are not written down, for a look at what
-- they would do; they stand in for those of the same id. They run with the caller's rights, as before.
drop function verification_items(uuid, timestamptz, text);

create function verification_items(org uuid, at timestamptz, only_one text default null, planned jsonb default null)
returns table (requirement text, level bigint, is_optional boolean, is_met boolean, met_by text,
               since timestamptz, until timestamptz, life_days bigint, grace_days bigint)
stable language plpgsql as $$
begin
    return query
    with rules as materialized (
        select x.* from verification_requirements x
        where planned is null
           or not exists (select 1 from jsonb_array_elements(planned) p(one) where p.one ->> 'id' = x.id::text)
        union all
        select y.* from jsonb_populate_recordset(null::verification_requirements, planned) y
    )
    select r.requirement, r.level, r.is_optional,
           coalesce(c.since, s.counts_from, w.approved_at) is not null,
           case when c.since is not null then 'computed' when s.counts_from is not null then s.source
                when w.approved_at is not null then 'waived' end,
           coalesce(c.since, s.counts_from, w.approved_at),
           case when c.since is not null then null when s.counts_from is not null then s.expires_at
                else w.waived_until end,
           r.life_days, r.grace_days
    from organizations o
    cross join lateral (
        select distinct on (x.requirement) x.requirement, x.level, x.is_optional, x.life_days, x.grace_days
        from rules x
        where o.kind = any (x.kinds) and (x.countries is null or o.country_code = any (x.countries))
          and (only_one is null or x.requirement = only_one) and x.valid_from <= at
          and (o.created_at >= x.valid_from or x.valid_from + make_interval(days => x.grace_days::int) <= at)
          and (x.valid_until is null or x.valid_until > at or exists (
              select 1 from rules n
              where n.requirement = x.requirement and n.valid_from = x.valid_until
                and (n.valid_until is null or n.valid_until > at)
                and o.kind = any (n.kinds) and (n.countries is null or o.country_code = any (n.countries))
                and o.created_at < n.valid_from and n.valid_from + make_interval(days => n.grace_days::int) > at))
        order by x.requirement, x.countries is null, x.valid_from desc
    ) r
    left join lateral (
        select case r.requirement
            when 'email_confirmed' then (
                select min(p.email_confirmed_at) from memberships m join people p on p.id = m.person_id
                where m.org_id = org and m.state = 'active' and p.email_confirmed_at <= at)
            when 'phone_confirmed' then (
                select min(p.phone_confirmed_at) from memberships m join people p on p.id = m.person_id
                where m.org_id = org and m.state = 'active' and p.phone_confirmed_at <= at)
            when 'profile_complete' then (
                select min(t.created_at) from sites t
                where t.org_id = org and t.created_at <= at and o.name <> '' and o.country_code is not null)
            when 'sanctions_clear' then (
                select o.created_at where not exists (
                    select 1 from sanctions_hits h
                    where h.org_id = org and h.state = 'confirmed' and h.decided_at <= at))
        end as since
    ) c on true
    left join lateral (
        select v.counts_from, v.expires_at, v.source from verification_submissions v
        where v.org_id = org and v.requirement = r.requirement and v.counts_from <= at
          and (v.ended_at is null or v.ended_at > at)
          and (v.expires_at is null or v.expires_at + make_interval(days => r.grace_days::int) > at)
        order by v.counts_from desc limit 1
    ) s on c.since is null
    left join lateral (
        select x.approved_at, x.waived_until from verification_waivers x
        where x.org_id = org and x.requirement = r.requirement and x.approved_at <= at and x.waived_until > at
          and (x.ended_at is null or x.ended_at > at)
        order by x.waived_until desc limit 1
    ) w on c.since is null and s.counts_from is null
    where o.id = org;
end $$;

-- What a maker says that it can make, beside what it shipped here in its best of the last twelve whole months. Whose
-- figures they are, and the platform's people, see the number; everybody else its first digit only.
create function seller_capacity(org uuid, at timestamptz)
returns table (claimed bigint, since timestamptz, months bigint, best bigint)
stable security definer set search_path = market, pg_temp language plpgsql as $$
declare
    this_month timestamptz := date_trunc('month', at, 'UTC');
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select v.number::bigint, v.counts_from, m.months,
           case when is_staff() or org is not distinct from app_org() then m.best
                else trunc(m.best, 1 - length(m.best::text))::bigint end
    from organizations o
    join lateral (
        select x.number, x.counts_from from verification_submissions x
        where x.org_id = o.id and x.requirement = 'production_capacity' and x.counts_from <= at
          and (x.ended_at is null or x.ended_at > at) and x.number ~ '^[0-9]{1,9}$'
        order by x.counts_from desc limit 1
    ) v on true
    cross join lateral (
        select count(*) as months, coalesce(max(y.units), 0)::bigint as best
        from (select sum(l.shipped) as units
              from shipments s join shipment_lines l on l.shipment_id = s.id
              where s.seller_id = o.id and s.shipped_at >= this_month - interval '12 months'
                and s.shipped_at < this_month
              group by date_trunc('month', s.shipped_at, 'UTC')) y
    ) m
    where o.id = org and o.kind in ('manufacturer', 'distributor') and o.origin = 'live';
end $$;

-- Test deposits: small amounts out of the platform's own cash, never out of what is its clients'.
insert into ledger_families (family, kind, holder, is_locked) values ('exp.psp', 'expense', null, false);
insert into ledger_kinds (kind, debits, credits, actors, needs) values
    ('account_tested', array['exp.psp'], array['bank.operating'], array['staff'], null);
