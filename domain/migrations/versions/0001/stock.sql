-- Reserve what the lines of these orders need, oldest expiry first. All of it or nothing: a line that
-- cannot be filled raises WS001 with the missing variants in the detail. Rows are locked in the
-- order of their key; whoever waits for a row then sees its newest value.
create function stock_take(p_orders uuid[], p_expires_at timestamptz, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    wanted integer;
    taken integer;
    short jsonb;
begin
    if exists (select 1 from unnest(p_orders) as w(id) left join supplier_orders o on o.id = w.id
               where o.id is null or o.state not in ('awaiting_payment', 'awaiting_seller')
                  or (app_scope() = 'system' or o.buyer_id = app_org()) is not true) then
        raise exception 'stock: this order is not yours to fill' using errcode = 'WS005';
    end if;

    with demand as materialized (
        select l.id as line_id, l.order_id, l.buyer_id, l.seller_id, l.variant_id, l.ordered,
               sum(l.ordered) over w - l.ordered as low, sum(l.ordered) over w as high
        from order_lines l where l.order_id = any (p_orders)
        window w as (partition by l.seller_id, l.variant_id order by l.order_id, l.line_no)
    ), locked as materialized (
        select b.variant_id, b.location_id, b.lot_id, b.org_id, b.on_hand - b.reserved as free
        from stock_balances b
        where (b.org_id, b.variant_id) in (select seller_id, variant_id from demand)
        order by b.variant_id, b.location_id, b.lot_id for update
    ), supply as (
        select k.*, sum(k.free) over w - k.free as low, sum(k.free) over w as high
        from locked k join lots t on t.id = k.lot_id
        where k.free > 0 and (t.expires_on is null or t.expires_on > (p_now at time zone 'UTC')::date)
        window w as (partition by k.org_id, k.variant_id order by t.expires_on nulls last, k.location_id, k.lot_id)
    ), picked as materialized (
        select d.*, s.location_id, s.lot_id, least(d.high, s.high) - greatest(d.low, s.low) as quantity
        from demand d
        join supply s on s.org_id = d.seller_id and s.variant_id = d.variant_id and s.low < d.high and s.high > d.low
    ), missing as (
        select d.line_id, d.variant_id, d.ordered, coalesce(sum(p.quantity), 0) as available
        from demand d left join picked p on p.line_id = d.line_id
        group by d.line_id, d.variant_id, d.ordered having coalesce(sum(p.quantity), 0) < d.ordered
    ), reserved as (
        insert into stock_reservations (id, org_id, buyer_id, order_id, line_id, variant_id, location_id, lot_id,
                                        quantity, state, expires_at, created_at)
        select gen_random_uuid(), seller_id, buyer_id, order_id, line_id, variant_id, location_id, lot_id,
               quantity, 'held', p_expires_at, p_now
        from picked where not exists (select 1 from missing)
        returning variant_id, location_id, lot_id, quantity
    ), raised as (
        update stock_balances b set reserved = b.reserved + r.quantity
        from (select variant_id, location_id, lot_id, sum(quantity) as quantity from reserved group by 1, 2, 3) as r
        where b.variant_id = r.variant_id and b.location_id = r.location_id and b.lot_id = r.lot_id
          and b.on_hand - b.reserved >= r.quantity
        returning 1
    )
    select (select count(distinct (variant_id, location_id, lot_id)) from reserved), (select count(*) from raised),
           (select jsonb_agg(to_jsonb(m)) from missing m)
    into wanted, taken, short;
    if short is not null then
        raise exception 'not enough stock' using errcode = 'WS001', detail = short::text;
    end if;
    if taken <> wanted then
        raise exception 'stock: % of % rows could be reserved', taken, wanted using errcode = '40001';
    end if;
    return taken;
end $$;

-- Give back what is held for an order: all of it (p_lines null), or [{line_id, quantity}], newest lots first.
create function stock_release(p_order uuid, p_lines jsonb) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    freed integer;
begin
    if not exists (select 1 from supplier_orders o where o.id = p_order
                   and (app_scope() = 'system' or app_org() in (o.buyer_id, o.seller_id))) then
        raise exception 'stock: this order is not yours to release' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b
    where (b.variant_id, b.location_id, b.lot_id) in (
        select r.variant_id, r.location_id, r.lot_id from stock_reservations r where r.order_id = p_order)
    order by b.variant_id, b.location_id, b.lot_id for update;

    with held as (
        select r.id, r.line_id, r.quantity, r.variant_id, r.location_id, r.lot_id,
               sum(r.quantity) over w - r.quantity as low
        from stock_reservations r join lots t on t.id = r.lot_id
        where r.order_id = p_order and r.state = 'held'
        window w as (partition by r.line_id order by t.expires_on desc nulls first, r.location_id desc, r.lot_id desc)
    ), give as materialized (
        select h.*, least(h.quantity, coalesce(l.quantity, case when p_lines is null then h.low + h.quantity else 0 end) - h.low)
                    as part
        from held h
        left join jsonb_to_recordset(p_lines) as l(line_id uuid, quantity bigint) on l.line_id = h.line_id
    ), lowered as (
        update stock_reservations r
        set quantity = r.quantity - g.part, state = case when r.quantity = g.part then 'released' else 'held' end
        from give g where r.id = g.id and g.part > 0
        returning r.variant_id, r.location_id, r.lot_id, g.part
    ), freed_rows as (
        update stock_balances b set reserved = b.reserved - f.part
        from (select variant_id, location_id, lot_id, sum(part) as part from lowered group by 1, 2, 3) as f
        where b.variant_id = f.variant_id and b.location_id = f.location_id and b.lot_id = f.lot_id
        returning 1
    )
    select count(*) from freed_rows into freed;
    return freed;
end $$;

-- Keep the hold of paid orders: it no longer expires.
create function stock_firm(p_orders uuid[]) returns void
    language plpgsql security definer set search_path = market, pg_temp as $$
begin
    if exists (select 1 from unnest(p_orders) as w(id) left join supplier_orders o on o.id = w.id
               where (is_staff() or o.buyer_id = app_org()) is not true) then
        raise exception 'stock: this order is not yours to keep' using errcode = 'WS005';
    end if;
    update stock_reservations r set expires_at = null where r.order_id = any (p_orders) and r.state = 'held';
end $$;

-- Ship [{line_id, quantity}] of an order from what is held for it, oldest expiry first.
create function stock_ship(p_order uuid, p_shipment uuid, p_lines jsonb, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    wanted numeric;
    gone numeric;
begin
    if not exists (select 1 from supplier_orders o where o.id = p_order
                   and (app_scope() = 'system' or o.seller_id = app_org())) then
        raise exception 'stock: this order is not yours to ship' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b
    where (b.variant_id, b.location_id, b.lot_id) in (
        select r.variant_id, r.location_id, r.lot_id from stock_reservations r where r.order_id = p_order)
    order by b.variant_id, b.location_id, b.lot_id for update;

    with held as (
        select r.id, r.line_id, r.quantity, sum(r.quantity) over w - r.quantity as low
        from stock_reservations r join lots t on t.id = r.lot_id
        where r.order_id = p_order and r.state = 'held'
          and (t.expires_on is null or t.expires_on > (p_now at time zone 'UTC')::date)  -- what has expired stays
        window w as (partition by r.line_id order by t.expires_on nulls last, r.location_id, r.lot_id)
    ), go as materialized (
        select h.id, least(h.quantity, l.quantity - h.low) as part
        from held h join jsonb_to_recordset(p_lines) as l(line_id uuid, quantity bigint) on l.line_id = h.line_id
        where l.quantity > h.low
    ), shipped as (
        update stock_reservations r
        set quantity = r.quantity - g.part, state = case when r.quantity = g.part then 'shipped' else 'held' end
        from go g where r.id = g.id
        returning r.org_id, r.variant_id, r.location_id, r.lot_id, g.part
    ), summed as (
        select org_id, variant_id, location_id, lot_id, sum(part)::bigint as part from shipped group by 1, 2, 3, 4
    ), left_stock as (
        update stock_balances b set on_hand = b.on_hand - s.part, reserved = b.reserved - s.part
        from summed s
        where b.variant_id = s.variant_id and b.location_id = s.location_id and b.lot_id = s.lot_id
    ), moved as (
        insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,
                                     actor_user_id, recorded_at)
        select org_id, variant_id, location_id, lot_id, -part, 'shipped', 'shipment', p_shipment, app_user(), p_now
        from summed
    )
    select coalesce(sum(part), 0) into gone from summed;
    select coalesce(sum(quantity), 0) into wanted from jsonb_to_recordset(p_lines) as l(quantity bigint);
    if gone <> wanted then
        raise exception 'only % of % units are held for this order', gone, wanted using errcode = 'WS001';
    end if;
    return gone;
end $$;

-- Receive or correct stock of one's own: [{variant_id, location_id, lot_id, quantity}], quantity signed.
create function stock_record(p_rows jsonb, p_kind text, p_cause text, p_cause_id uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    rows integer;
begin
    if p_kind not in ('received', 'counted') or exists (
        select 1 from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid)
        left join locations l on l.id = r.location_id
        left join lots t on t.id = r.lot_id and t.variant_id = r.variant_id and t.org_id = l.org_id
        where l.id is null or t.id is null or (app_scope() = 'system' or l.org_id = app_org()) is not true) then
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

-- What a buyer may know of a seller's stock: how many base units of published offers are free.
create function stock_available(p_offers uuid[], p_now timestamptz) returns table (offer_id uuid, available bigint)
    language sql stable security definer set search_path = market, pg_temp as $$
    select o.id, coalesce(sum(b.on_hand - b.reserved), 0)::bigint
    from offers o
    left join (stock_balances b join lots t on t.id = b.lot_id
               and (t.expires_on is null or t.expires_on > (p_now at time zone 'UTC')::date))
           on b.org_id = o.seller_id and b.variant_id = o.variant_id
    where o.id = any (p_offers) and (o.state = 'published' or o.seller_id = app_org() or is_staff())
    group by o.id
$$;
