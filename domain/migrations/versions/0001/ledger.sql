-- The chart of accounts and what each kind of entry may touch, as data.
create table ledger_families (
    family text primary key,
    kind text not null,
    holder text,
    is_locked boolean not null
);

create table ledger_kinds (
    kind text primary key,
    debits text[] not null,
    credits text[] not null,
    actors text[] not null,  -- buyer, seller: party of the order; staff: the platform's people
    needs text               -- a table in which the id of the reference must exist for the order
);

-- With the owner's eyes: before PostgreSQL 18 a deferred trigger runs as whoever commits, who sees only the
-- postings of accounts of his own.
create function ledger_entry_balances() returns trigger
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    wrong record;
begin
    select p.currency, sum(p.amount) as total, count(*) as legs into wrong
    from ledger_postings p where p.entry_id = new.entry_id
    group by p.currency having sum(p.amount) <> 0 or count(*) < 2 limit 1;
    if found then
        raise exception 'ledger entry % does not balance: % % over % postings',
            new.entry_id, wrong.total, wrong.currency, wrong.legs using errcode = 'WS003';
    end if;
    return null;
end $$;

revoke all on function ledger_entry_balances() from public;

create constraint trigger entry_balances after insert on ledger_postings
    deferrable initially deferred for each row execute function ledger_entry_balances();

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'WS004';
end $$;

create trigger append_only before update or delete on ledger_postings for each row execute function refuse_change();
create trigger append_only before update or delete on ledger_entries for each row execute function refuse_change();
create trigger append_only before update or delete on events for each row execute function refuse_change();
create trigger append_only before update or delete on stock_movements for each row execute function refuse_change();

-- Post entries: [{kind, reference, order_id, org_id, currency, postings: [{family, holder_id, amount}]}].
-- An entry whose kind and reference exist is left alone, so twice is once. Accounts are locked in the
-- order of their ids. The caller must be a party of the order (or staff, or the system), as the
-- entry's kind demands, and each leg must belong to that order or its parties.
-- Look-ups are single-row subqueries on purpose: the planner cannot know how short the list is, and as joins
-- it would read whole tables for it; nor may a plan do so that was made while the tables were empty.
create function ledger_post(p_entries jsonb, p_effective_at timestamptz, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp
    set enable_seqscan = off as $$
declare
    me uuid := app_org();
    scope text := app_scope();
    refused text;
    fresh jsonb;
    written integer;
begin
    -- 1. Entries that are new, with the parties of their order.
    select jsonb_agg(jsonb_build_object(
               'no', e.no, 'id', gen_random_uuid(), 'kind', e.entry ->> 'kind', 'reference', e.entry ->> 'reference',
               'order_id', e.entry ->> 'order_id', 'org_id', e.entry ->> 'org_id', 'currency', e.entry ->> 'currency',
               'buyer_id', o.buyer_id, 'seller_id', o.seller_id, 'distributor_id', o.distributor_id,
               'postings', e.entry -> 'postings') order by e.no)
    into fresh
    from jsonb_array_elements(p_entries) with ordinality as e(entry, no)
    left join lateral (select x.buyer_id, x.seller_id, x.distributor_id from supplier_orders x
                       where x.id = (e.entry ->> 'order_id')::uuid limit 1) o on true
    where (select x.id from ledger_entries x
           where x.kind = e.entry ->> 'kind' and x.reference = e.entry ->> 'reference' limit 1) is null;
    if fresh is null then
        return 0;
    end if;

    -- 2. May they? The kind names the actors and the families; the order names the holders.
    select format('%s of %s', f.kind, f.reference) into refused
    from jsonb_to_recordset(fresh) as f(
        kind text, reference text, order_id uuid, buyer_id uuid, seller_id uuid, distributor_id uuid, postings jsonb)
    left join ledger_kinds k on k.kind = f.kind
    where k.kind is null
       or (scope = 'system'
           or (scope = 'platform' and 'staff' = any (k.actors))
           or ('buyer' = any (k.actors) and f.buyer_id = me)
           or ('seller' = any (k.actors) and f.seller_id = me)) is not true  -- nobody is no party: null is a no
       or (k.needs = 'acceptances' and not exists (
               select 1 from acceptances a
               where a.order_id = f.order_id and a.id::text = f.reference))
       or exists (
               select 1
               from jsonb_to_recordset(f.postings) as p(family text, holder_id uuid, amount numeric)
               left join ledger_families c on c.family = p.family
               where c.family is null
                  or (p.amount > 0 and not p.family = any (k.debits))
                  or (p.amount < 0 and not p.family = any (k.credits))
                  or (c.holder is null) <> (p.holder_id is null)
                  or (c.holder = 'order' and p.holder_id is distinct from f.order_id)
                  or (f.order_id is not null and c.holder = 'org' and p.holder_id is distinct from
                      case p.family when 'pay.seller' then f.seller_id
                                    when 'pay.distributor' then f.distributor_id
                                    else f.buyer_id end))
    limit 1;
    if refused is not null then
        raise exception 'ledger: % is not yours to post', refused using errcode = 'WS005';
    end if;

    -- 3. Accounts that do not exist yet.
    insert into ledger_accounts (family, kind, holder_id, org_id, buyer_id, seller_id, currency, is_locked)
    select distinct on (p.family, p.holder_id, f.currency)
           p.family, c.kind, p.holder_id, case c.holder when 'org' then p.holder_id end,
           case c.holder when 'order' then f.buyer_id end, case c.holder when 'order' then f.seller_id end,
           f.currency, c.is_locked
    from jsonb_to_recordset(fresh) as f(currency text, buyer_id uuid, seller_id uuid, postings jsonb)
    cross join jsonb_to_recordset(f.postings) as p(family text, holder_id uuid)
    join ledger_families c on c.family = p.family
    where case when p.holder_id is null
        then (select a.id from ledger_accounts a
              where a.family = p.family and a.holder_id is null and a.currency = f.currency limit 1)
        else (select a.id from ledger_accounts a
              where a.family = p.family and a.holder_id = p.holder_id and a.currency = f.currency limit 1) end is null
    on conflict do nothing;

    -- 4. Entries, then postings with the running balance of every locked account.
    insert into ledger_entries (id, kind, reference, order_id, org_id, effective_at, recorded_at)
    select f.id, f.kind, f.reference, f.order_id, f.org_id, p_effective_at, p_now
    from jsonb_to_recordset(fresh) as f(id uuid, kind text, reference text, order_id uuid, org_id uuid);

    with legs as materialized (
        select f.id as entry_id, f.no, p.position, f.currency, p.leg ->> 'family' as family,
               (p.leg ->> 'holder_id')::uuid as holder_id, (p.leg ->> 'amount')::numeric as amount
        from jsonb_to_recordset(fresh) as f(id uuid, no bigint, currency text, postings jsonb)
        cross join jsonb_array_elements(f.postings) with ordinality as p(leg, position)
    ), wanted as materialized (
        -- "is not distinct from" would read the whole family, and there is an escrow account for every order.
        select l.*, case when l.holder_id is null
            then (select a.id from ledger_accounts a
                  where a.family = l.family and a.holder_id is null and a.currency = l.currency limit 1)
            else (select a.id from ledger_accounts a
                  where a.family = l.family and a.holder_id = l.holder_id and a.currency = l.currency limit 1)
            end as account_id
        from legs l
    ), locked as materialized (
        -- One after the other in the order of the ids: a lateral query that locks is never joined otherwise.
        select a.id, a.balance, a.version
        from (select distinct w.account_id from wanted w order by w.account_id) as w
        cross join lateral (
            select x.id, x.balance, x.version from ledger_accounts x
            where x.id = w.account_id and x.is_locked for update) a
    ), placed as (
        select w.*, k.id is not null as is_locked,
               k.version + row_number() over (partition by w.account_id order by w.no, w.position) as account_version,
               k.balance + sum(w.amount) over (partition by w.account_id order by w.no, w.position) as balance_after
        from wanted w left join locked k on k.id = w.account_id
    ), written as (
        insert into ledger_postings (entry_id, position, account_id, amount, currency, account_version, balance_after)
        select entry_id, position, account_id, amount, currency,
               case when is_locked then account_version end, case when is_locked then balance_after end
        from placed
    )
    update ledger_accounts a
    set balance = s.balance, version = s.version
    from (select distinct on (account_id) account_id, account_version as version, balance_after as balance
          from placed where is_locked order by account_id, account_version desc) as s
    where a.id = s.account_id;

    return jsonb_array_length(fresh);
end $$;
