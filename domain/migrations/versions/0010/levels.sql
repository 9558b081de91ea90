-- How far an organisation is verified at an instant: worked out when it is asked for, never stored. What is met is
-- seen by the system itself (`computed`), verified and not run out, or waived. They run with the caller's rights:
-- members see their own, staff all. plpgsql, since its plans are kept for the session.

create function verification_items(org uuid, at timestamptz, only_one text default null)
returns table (requirement text, level bigint, is_optional boolean, is_met boolean, met_by text,
               since timestamptz, until timestamptz)
stable language plpgsql as $$
begin
    return query
    select r.requirement, r.level, r.is_optional,
           coalesce(c.since, s.counts_from, w.approved_at) is not null,
           case when c.since is not null then 'computed' when s.counts_from is not null then s.source
                when w.approved_at is not null then 'waived' end,
           coalesce(c.since, s.counts_from, w.approved_at),
           case when c.since is not null then null when s.counts_from is not null then s.expires_at
                else w.waived_until end
    from organizations o
    join verification_requirements r on o.kind = any (r.kinds) and r.valid_from <= at
         and (r.valid_until is null or r.valid_until > at)
         and (r.countries is null or o.country_code = any (r.countries))
         and (o.created_at >= r.valid_from or r.valid_from + make_interval(days => r.grace_days::int) <= at)
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
    where o.id = org and (only_one is null or r.requirement = only_one);
end $$;

-- The highest level of which all that is asked for is met, and of those below it. A level of which nothing is asked
-- of this kind of organisation does not exist for it.
create function org_level(org uuid, at timestamptz) returns bigint stable language plpgsql as $$
begin
    return (
        select least(coalesce(min(i.level) filter (where not i.is_met) - 1, 3), coalesce(max(i.level), 0))
        from verification_items(org, at) i where not i.is_optional);
end $$;

-- Whether money may go out: the bank account is verified, and no name on a list of sanctions waits or was confirmed.
create function may_be_paid(org uuid, at timestamptz) returns boolean stable language plpgsql as $$
begin
    return exists (select 1 from verification_items(org, at, 'bank_account') i where i.is_met)
       and not exists (select 1 from sanctions_hits h where h.org_id = org and h.state in ('open', 'confirmed'));
end $$;

-- What everybody signed in may know of a seller: how far it is verified, and by what since when. Of buyers nothing.
create function sellers_level(orgs uuid[], at timestamptz) returns table (org_id uuid, level bigint)
stable security definer set search_path = market, pg_temp language plpgsql as $$
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select o.id, org_level(o.id, at) from organizations o
    where o.id = any (orgs) and o.kind in ('manufacturer', 'distributor') and o.origin = 'live';
end $$;

create function seller_proofs(org uuid, at timestamptz)
returns table (requirement text, level bigint, met_by text, since timestamptz, until timestamptz)
stable security definer set search_path = market, pg_temp language plpgsql as $$
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select i.requirement, i.level, i.met_by, i.since, i.until from organizations o, verification_items(o.id, at) i
    where o.id = org and o.kind in ('manufacturer', 'distributor') and o.origin = 'live' and i.is_met;
end $$;

-- The certificates of sellers that hold on a day: number, body, scope and end are for their buyers to read.
create function sellers_certificates(orgs uuid[], day date)
returns table (org_id uuid, requirement text, number text, issuer text, scope text, category_ids uuid[],
               issued_on date, expires_on date)
stable security definer set search_path = market, pg_temp language plpgsql as $$
begin
    if app_scope() = 'nobody' then
        return;
    end if;
    return query
    select v.org_id, v.requirement, v.number, v.issuer, v.scope, v.category_ids, v.issued_on, v.expires_on
    from verification_submissions v join organizations o on o.id = v.org_id
    where v.org_id = any (orgs) and o.kind in ('manufacturer', 'distributor') and o.origin = 'live'
      and v.requirement in ('quality_certificate', 'ce_conformity', 'fda_registration', 'organic_certificate',
                            'product_compliance')
      and v.number is not null and v.counts_from::date <= day and (v.issued_on is null or v.issued_on <= day)
      and (v.expires_on is null or v.expires_on >= day) and (v.ended_at is null or v.ended_at::date > day);
end $$;

-- A waiver for the bank account was for the account of then: whoever changes it ends it, for the own organisation.
create function end_bank_waiver(org uuid, at timestamptz) returns void
security definer set search_path = market, pg_temp language plpgsql as $$
begin
    if not is_staff() and org is distinct from app_org() then
        raise exception 'verification: this organisation is not yours' using errcode = 'WS005';
    end if;
    update verification_waivers set state = 'ended', ended_at = at
    where org_id = org and requirement = 'bank_account' and state = 'approved' and ended_at is null;
end $$;
