-- Receive or correct stock of one's own, in the warehouses that one is kept to:
-- [{variant_id, location_id, lot_id, quantity}], quantity signed.
create or replace function stock_record(p_rows jsonb, p_kind text, p_cause text, p_cause_id uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    rows integer;
    mine constant uuid[] := my_scopes('warehouse');  -- null: all of them
begin
    if p_kind not in ('received', 'counted') or exists (
        select 1 from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid)
        left join locations l on l.id = r.location_id
        left join lots t on t.id = r.lot_id and t.variant_id = r.variant_id and t.org_id = l.org_id
        where l.id is null or t.id is null or (app_scope() = 'system' or l.org_id = app_org()) is not true
           or l.id <> all (mine)) then
        raise exception 'stock: this place is not yours' using errcode = 'WS005';
    end if;
    insert into stock_balances (variant_id, location_id, lot_id, org_id)
    select distinct r.variant_id, r.location_id, r.lot_id, l.org_id
    from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid)
    join locations l on l.id = r.location_id
    order by 1, 2, 3
    on conflict do nothing;
    perform 1 from stock_balances b
    where (b.variant_id, b.location_id, b.lot_id) in (
        select r.variant_id, r.location_id, r.lot_id
        from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid))
    order by b.variant_id, b.location_id, b.lot_id for update;
    with wanted as (
        select r.variant_id, r.location_id, r.lot_id, sum(r.quantity)::bigint as quantity
        from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid, quantity bigint)
        group by 1, 2, 3
    ), changed as (
        update stock_balances b set on_hand = b.on_hand + w.quantity
        from wanted w
        where b.variant_id = w.variant_id and b.location_id = w.location_id and b.lot_id = w.lot_id and w.quantity <> 0
        returning b.org_id, b.variant_id, b.location_id, b.lot_id, w.quantity
    ), moved as (
        insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,
                                     actor_user_id, recorded_at)
        select org_id, variant_id, location_id, lot_id, quantity, p_kind, p_cause, p_cause_id, app_user(), p_now
        from changed returning 1
    )
    select count(*) into rows from moved;
    return rows;
end $$;
