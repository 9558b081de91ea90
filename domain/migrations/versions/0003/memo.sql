-- Memo postings (GMV placed, confirmed, completed) of every order of an imported history, each at the
-- order's own time. ledger_post takes one time per call; this is its set-based sister, for jobs and for the
-- company whose history it is.
create or replace function ledger_post_memo(p_history uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    written integer;
begin
    if app_scope() <> 'system'
       and not exists (select 1 from histories h where h.id = p_history and h.org_id = app_org()) then
        raise exception 'ledger: the memo of a history is not yours to post' using errcode = 'WS005';
    end if;
    insert into ledger_accounts (family, kind, currency, is_locked)
    select f.family, f.kind, h.currency, f.is_locked
    from histories h cross join ledger_families f
    where h.id = p_history and f.kind = 'memo' and f.holder is null
      and not exists (select 1 from ledger_accounts a
                      where a.family = f.family and a.currency = h.currency and a.holder_id is null)
    on conflict do nothing;

    with stages as materialized (
        select new_id(p_now) as id, s.kind, s.family, s.effective_at, o.id as order_id, o.currency, o.goods
        from supplier_orders o
        cross join lateral (values ('gmv_placed', 'memo.gmv.placed', o.secured_at),
                                   ('gmv_confirmed', 'memo.gmv.confirmed', o.confirmed_at),
                                   ('gmv_completed', 'memo.gmv.completed', o.completed_at)
                           ) as s(kind, family, effective_at)
        where o.history_id = p_history and o.origin = 'imported' and s.effective_at is not null and o.goods <> 0
          and not exists (select 1 from ledger_entries e where e.kind = s.kind and e.reference = o.id::text)
    ), entries as (
        insert into ledger_entries (id, kind, reference, order_id, effective_at, recorded_at)
        select id, kind, order_id::text, order_id, effective_at, p_now from stages
    ), postings as (
        insert into ledger_postings (entry_id, position, account_id, amount, currency)
        select s.id, leg.position, a.id, leg.amount, s.currency
        from stages s
        cross join lateral (values (1, s.family, s.goods), (2, 'memo.contra', -s.goods)) as leg(position, family, amount)
        join ledger_accounts a on a.family = leg.family and a.currency = s.currency and a.holder_id is null
        returning 1
    )
    select count(*) / 2 into written from postings;
    return written;
end $$;
