-- The warehouses that a member is kept to, with everything in them; null: not kept to warehouses. With the owner's
-- rights, because the fence of places asks it.
create function my_warehouses() returns uuid[]
    stable parallel safe security definer language sql set search_path = market, pg_temp as $$
    with mine as (
        select subject_id as id from membership_scopes
        where person_id = app_user() and org_id = app_org() and kind = 'warehouse'
    )
    select array_agg(id) from (
        select id from mine
        union
        select l.id from locations l join mine m on m.id = l.warehouse_id where l.org_id = app_org()
    ) as them
$$;

-- A place with everything in it.
create function places_within(p_location uuid) returns uuid[]
    stable parallel safe language sql set search_path = market, pg_temp as $$
    with recursive inside as (
        select id from locations where id = p_location
        union
        select l.id from inside i join locations l on l.parent_id = i.id
    )
    select array_agg(id) from inside
$$;

-- Whether goods of a lot may leave on a day for somebody who asks for this share of its life.
create function lot_is_good(p_state text, p_expires_on date, p_made_on date, p_least bigint, p_on date) returns boolean
    immutable parallel safe language sql as $$
    select p_state = 'available' and (p_expires_on is null or (p_expires_on > p_on and (
        p_least <= 0 or p_made_on is null
        or (p_expires_on - p_on)::bigint * 100 >= p_least * (p_expires_on - p_made_on))))
$$;

-- What share of a lot's life must be left for a customer: what was agreed for them, or for all.
create function life_asked(p_org uuid, p_buyer uuid) returns bigint
    stable parallel safe language sql set search_path = market, pg_temp as $$
    select coalesce((select least_percent from stock_life_terms where org_id = p_org and buyer_id = p_buyer),
                    (select least_percent from stock_life_terms where org_id = p_org and buyer_id is null), 0)
$$;

-- How many units of a variant are kept for others than one customer at an instant.
create function stock_kept(p_org uuid, p_variant uuid, p_buyer uuid, p_now timestamptz) returns bigint
    stable parallel safe language sql set search_path = market, pg_temp as $$
    select coalesce(sum(quantity - used), 0)::bigint from stock_allocations
    where org_id = p_org and variant_id = p_variant and state = 'active' and ends_at > p_now
      and holder_id is distinct from p_buyer
$$;

-- How many units of a variant could leave for somebody at an instant: neither reserved nor set aside, stopped or too old.
create function stock_free(p_org uuid, p_variant uuid, p_now timestamptz) returns bigint
    stable parallel safe language sql set search_path = market, pg_temp as $$
    select coalesce(sum(b.on_hand - b.reserved), 0)::bigint from stock_balances b join lots t on t.id = b.lot_id
    where b.org_id = p_org and b.variant_id = p_variant and b.is_for_sale
      and lot_is_good(t.state, t.expires_on, t.made_on, 0, (p_now at time zone 'UTC')::date)
$$;

-- Layers follow movements: what comes in makes one, what goes out uses the oldest of its lot in its place, and a move
-- takes them along with their age and cost. The row of the balance is locked by whoever moves, and with it its layers.
create function stock_layers_follow() returns trigger
    language plpgsql set search_path = market, pg_temp set enable_seqscan = off as $$
declare
    wanted bigint;
    used bigint;
begin
    select -sum(quantity) from moved_rows where quantity < 0 into wanted;
    if wanted > 0 then
        with left_there as (
            select m.id as movement_id, m.org_id, m.variant_id, m.recorded_at, -m.quantity as wanted, l.id, l.remaining,
                   sum(l.remaining) over w - l.remaining as low
            from moved_rows m
            join stock_layers l on l.variant_id = m.variant_id and l.location_id = m.location_id
                 and l.lot_id = m.lot_id and l.remaining > 0
            where m.quantity < 0
            window w as (partition by m.id order by l.received_at, l.id)
        ), picked as materialized (
            select *, least(remaining, t.wanted - low)::bigint as part from left_there t where low < t.wanted
        ), lowered as (
            update stock_layers l set remaining = l.remaining - p.part from picked p where l.id = p.id
        ), noted as (
            insert into stock_layer_uses (layer_id, movement_id, org_id, variant_id, quantity, used_at)
            select id, movement_id, org_id, variant_id, part, recorded_at from picked
            returning quantity
        )
        select coalesce(sum(quantity), 0) from noted into used;
        if used <> wanted then
            raise exception 'stock: the layers have % of % units', used, wanted using errcode = 'WS007';
        end if;
        -- Units with a number of their own leave by it: fewer units than numbers means that some were not named.
        if exists (
            select 1 from moved_rows m
            join stock_balances b on b.variant_id = m.variant_id and b.location_id = m.location_id and b.lot_id = m.lot_id
            where m.quantity < 0 and b.on_hand < (
                select count(*) from stock_serials s where s.variant_id = m.variant_id
                and s.location_id = m.location_id and s.lot_id = m.lot_id and s.state = 'in_stock')) then
            raise exception 'stock: say which serial numbers leave' using errcode = 'WS008';
        end if;
        -- What is promised to a customer stays, as goods that can be sold; whoever lowers these waits for whoever else
        -- does. What cannot be sold was promised to nobody.
        if exists (
            select 1 from moved_rows m join stock_allocations a on a.org_id = m.org_id and a.variant_id = m.variant_id
            where m.quantity < 0 and m.kind not in ('shipped', 'moved') and a.state = 'active') then
            perform 1 from stock_allocations a
            where a.state = 'active' and (a.org_id, a.variant_id) in (
                select org_id, variant_id from moved_rows where quantity < 0)
            order by a.id for update;
            if exists (
                select 1 from (
                    select distinct m.org_id, m.variant_id, m.recorded_at
                    from moved_rows m
                    join stock_balances b on b.variant_id = m.variant_id and b.location_id = m.location_id
                         and b.lot_id = m.lot_id and b.is_for_sale
                    join lots t on t.id = m.lot_id
                    where m.quantity < 0 and lot_is_good(t.state, t.expires_on, t.made_on, 0,
                                                         (m.recorded_at at time zone 'UTC')::date)) m
                where stock_kept(m.org_id, m.variant_id, null, m.recorded_at)
                      > stock_free(m.org_id, m.variant_id, m.recorded_at)) then
                raise exception 'stock: more is allocated than would be left' using errcode = 'WS009';
            end if;
        end if;
    end if;

    insert into stock_layers (org_id, variant_id, location_id, lot_id, movement_id, received_at, recorded_at, unit_cost,
                              currency, is_estimated, quantity, remaining)
    select m.org_id, m.variant_id, m.location_id, m.lot_id, m.id, m.recorded_at, m.recorded_at,
           coalesce(m.unit_cost, k.unit_cost), case when m.unit_cost is null then k.currency else m.currency end,
           m.unit_cost is null and k.unit_cost is not null, m.quantity, m.quantity
    from moved_rows m
    left join lateral (
        select l.unit_cost, l.currency from stock_layers l
        where l.org_id = m.org_id and l.variant_id = m.variant_id and l.unit_cost is not null
        order by l.received_at desc, l.id desc limit 1) k on m.unit_cost is null
    where m.quantity > 0 and m.kind <> 'moved'
    order by m.id;

    if exists (select 1 from moved_rows where kind = 'moved') then
        with gone as (
            select m.org_id, m.variant_id, m.lot_id, u.quantity, l.received_at, l.unit_cost, l.currency, l.is_estimated,
                   sum(u.quantity) over w - u.quantity as low, sum(u.quantity) over w as high
            from moved_rows m
            join stock_layer_uses u on u.movement_id = m.id
            join stock_layers l on l.id = u.layer_id
            where m.kind = 'moved' and m.quantity < 0
            window w as (partition by m.org_id, m.variant_id, m.lot_id order by l.received_at, l.id)
        ), come as (
            select m.*, sum(m.quantity) over w - m.quantity as low, sum(m.quantity) over w as high
            from moved_rows m where m.kind = 'moved' and m.quantity > 0
            window w as (partition by m.org_id, m.variant_id, m.lot_id order by m.id)
        ), made as (
            insert into stock_layers (org_id, variant_id, location_id, lot_id, movement_id, received_at, recorded_at,
                                      unit_cost, currency, is_estimated, quantity, remaining)
            select c.org_id, c.variant_id, c.location_id, c.lot_id, c.id, g.received_at, c.recorded_at, g.unit_cost,
                   g.currency, g.is_estimated, part, part
            from come c
            join gone g on g.org_id = c.org_id and g.variant_id = c.variant_id and g.lot_id = c.lot_id
                 and g.low < c.high and g.high > c.low,
            lateral (select (least(g.high, c.high) - greatest(g.low, c.low))::bigint as part) p
            order by c.id, g.low
            returning quantity
        )
        select coalesce(sum(quantity), 0) from made into used;
        select coalesce(sum(quantity), 0) from moved_rows where kind = 'moved' and quantity > 0 into wanted;
        if used <> wanted or exists (
            select 1 from moved_rows where kind = 'moved' group by org_id, variant_id, lot_id having sum(quantity) <> 0) then
            raise exception 'stock: a move must bring what it takes' using errcode = 'WS007';
        end if;
    end if;
    return null;
end $$;

create trigger layers_follow after insert on stock_movements
    referencing new table as moved_rows for each statement execute function stock_layers_follow();

-- Move stock of one's own, in the warehouses that one is kept to:
-- [{variant_id, location_id, lot_id, quantity, unit_cost, currency, note}], quantity signed.
create or replace function stock_record(p_rows jsonb, p_kind text, p_cause text, p_cause_id uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    rows integer;
    mine constant uuid[] := my_warehouses();  -- null: all of them
begin
    if p_kind not in ('received', 'counted', 'moved', 'disposed', 'returned') or exists (
        select 1 from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid)
        left join locations l on l.id = r.location_id
        left join lots t on t.id = r.lot_id and t.variant_id = r.variant_id and t.org_id = l.org_id
        where l.id is null or t.id is null or (app_scope() = 'system' or l.org_id = app_org()) is not true
           or (l.id <> all (mine) and l.kind not in ('transit', 'aside'))) then
        raise exception 'stock: this place is not yours' using errcode = 'WS005';
    end if;
    insert into stock_balances (variant_id, location_id, lot_id, org_id, is_for_sale)
    select distinct r.variant_id, r.location_id, r.lot_id, l.org_id, l.kind not in ('transit', 'aside')
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
        select r.variant_id, r.location_id, r.lot_id, sum(r.quantity)::bigint as quantity, min(r.note) as note,
               min(r.unit_cost) as unit_cost, min(r.currency) as currency
        from jsonb_to_recordset(p_rows) as r(variant_id uuid, location_id uuid, lot_id uuid, quantity bigint,
                                             unit_cost numeric, currency text, note text)
        group by 1, 2, 3
    ), changed as (
        update stock_balances b set on_hand = b.on_hand + w.quantity
        from wanted w
        where b.variant_id = w.variant_id and b.location_id = w.location_id and b.lot_id = w.lot_id and w.quantity <> 0
        returning b.org_id, b.variant_id, b.location_id, b.lot_id, w.quantity, w.unit_cost, w.currency, w.note
    ), moved as (
        insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,
                                     actor_user_id, recorded_at, note, unit_cost, currency)
        select org_id, variant_id, location_id, lot_id, quantity, p_kind, p_cause, p_cause_id, app_user(), p_now,
               note, case when quantity > 0 then unit_cost end,
               case when quantity > 0 and unit_cost is not null then currency end
        from changed returning 1
    )
    select count(*) into rows from moved;
    return rows;
end $$;

-- Goods go over the counter of a place of one's own, [{variant_id, quantity}]: oldest expiry first, from the place and
-- all that is in it. All of it or nothing: WS001 with the short variants in the detail.
create function stock_sell(p_location uuid, p_sold jsonb, p_cause_id uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    mine constant uuid[] := my_warehouses();
    seller constant uuid := (select org_id from locations where id = p_location);
    within constant uuid[] := places_within(p_location);
    short jsonb;
    rows integer;
begin
    if seller is null or (app_scope() = 'system' or seller = app_org()) is not true or p_location <> all (mine) then
        raise exception 'stock: this place is not yours' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b
    where b.org_id = seller and b.location_id = any (within)
      and b.variant_id in (select s.variant_id from jsonb_to_recordset(p_sold) as s(variant_id uuid))
    order by b.variant_id, b.location_id, b.lot_id for update;
    with wanted as (
        select s.variant_id, sum(s.quantity)::bigint as quantity
        from jsonb_to_recordset(p_sold) as s(variant_id uuid, quantity bigint) group by 1
    ), supply as (
        select b.variant_id, b.location_id, b.lot_id, b.on_hand - b.reserved as free,
               sum(b.on_hand - b.reserved) over w - (b.on_hand - b.reserved) as low
        from stock_balances b join lots t on t.id = b.lot_id
        where b.org_id = seller and b.location_id = any (within) and b.on_hand > b.reserved
          and b.variant_id in (select variant_id from wanted)
          and lot_is_good(t.state, t.expires_on, t.made_on, 0, (p_now at time zone 'UTC')::date)
        window w as (partition by b.variant_id order by t.expires_on nulls last, b.location_id, b.lot_id)
    ), picked as materialized (
        select s.*, least(s.free, w.quantity - s.low)::bigint as part
        from supply s join wanted w using (variant_id) where s.low < w.quantity
    ), missing as (
        select w.variant_id, coalesce(sum(p.part), 0) as available
        from wanted w left join picked p using (variant_id)
        group by w.variant_id, w.quantity having coalesce(sum(p.part), 0) < w.quantity
    ), lowered as (
        update stock_balances b set on_hand = b.on_hand - p.part from picked p
        where b.variant_id = p.variant_id and b.location_id = p.location_id and b.lot_id = p.lot_id
          and not exists (select 1 from missing)
        returning b.variant_id, b.location_id, b.lot_id, p.part
    ), moved as (
        insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,
                                     actor_user_id, recorded_at)
        select seller, variant_id, location_id, lot_id, -part, 'sold', 'sale', p_cause_id, app_user(), p_now
        from lowered returning 1
    )
    select (select count(*) from moved), (select jsonb_agg(to_jsonb(m)) from missing m) into rows, short;
    if short is not null then
        raise exception 'not enough stock' using errcode = 'WS001', detail = short::text;
    end if;
    return rows;
end $$;

-- Reserve what the lines of these orders need, oldest expiry first. All of it or nothing: a line that cannot be filled
-- raises WS001 with the missing variants in the detail. Every row of the variants is locked first, in the order of its
-- key; what is read after that is what whoever held the locks has left, allocations included.
create or replace function stock_take(p_orders uuid[], p_expires_at timestamptz, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    wanted integer;
    taken integer;
    short jsonb;
    today constant date := (p_now at time zone 'UTC')::date;
begin
    if exists (select 1 from unnest(p_orders) as w(id) left join supplier_orders o on o.id = w.id
               where o.id is null or o.state not in ('awaiting_payment', 'awaiting_seller')
                  or (app_scope() = 'system' or o.buyer_id = app_org()) is not true) then
        raise exception 'stock: this order is not yours to fill' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b
    where (b.org_id, b.variant_id) in (
        select l.seller_id, l.variant_id from order_lines l where l.order_id = any (p_orders))
    order by b.variant_id, b.location_id, b.lot_id for update;

    with demand as materialized (
        select l.id as line_id, l.order_id, l.buyer_id, l.seller_id, l.variant_id, l.ordered,
               sum(l.ordered) over w - l.ordered as low, sum(l.ordered) over w as high
        from order_lines l where l.order_id = any (p_orders)
        window w as (partition by l.buyer_id, l.seller_id, l.variant_id order by l.order_id, l.line_no)
    ), asked as materialized (
        select d.*, life_asked(d.seller_id, d.buyer_id) as least, stock_kept(d.seller_id, d.variant_id, d.buyer_id, p_now) as kept
        from (select distinct buyer_id, seller_id, variant_id from demand) d
    ), supply as (
        select a.buyer_id, a.kept, b.org_id, b.variant_id, b.location_id, b.lot_id,
               sum(b.on_hand - b.reserved) over w - (b.on_hand - b.reserved) as low,
               sum(b.on_hand - b.reserved) over w as high,
               sum(b.on_hand - b.reserved) over (partition by a.buyer_id, b.org_id, b.variant_id) as free
        from asked a
        join stock_balances b on b.org_id = a.seller_id and b.variant_id = a.variant_id
        join lots t on t.id = b.lot_id
        where b.on_hand > b.reserved and b.is_for_sale
          and lot_is_good(t.state, t.expires_on, t.made_on, a.least, today)
        window w as (partition by a.buyer_id, b.org_id, b.variant_id order by t.expires_on nulls last, b.location_id, b.lot_id)
    ), picked as materialized (
        select d.line_id, d.order_id, d.buyer_id, d.seller_id, d.variant_id, s.location_id, s.lot_id,
               least(d.high, s.high, s.free - s.kept) - greatest(d.low, s.low) as quantity
        from demand d
        join supply s on s.buyer_id = d.buyer_id and s.org_id = d.seller_id and s.variant_id = d.variant_id
             and s.low < d.high and s.high > d.low
        where least(d.high, s.high, s.free - s.kept) > greatest(d.low, s.low)
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
    perform stock_use_allocations(p_orders, p_now);
    return taken;
end $$;

-- What a customer orders comes out of what is kept for them first. A step of stock_take, which holds the variants' rows.
create function stock_use_allocations(p_orders uuid[], p_now timestamptz) returns void
    language sql set search_path = market, pg_temp as $$
    with mine as (
        select a.id, a.org_id, a.quantity - a.used as left_over, l.id as line_id, l.order_id, l.ordered,
               sum(l.ordered) over w - l.ordered as low
        from order_lines l
        join stock_allocations a on a.org_id = l.seller_id and a.variant_id = l.variant_id and a.holder_id = l.buyer_id
             and a.state = 'active' and a.ends_at > p_now and a.used < a.quantity
        where l.order_id = any (p_orders)
        window w as (partition by a.id order by l.order_id, l.line_no)
    ), drawn as (
        insert into stock_draws (allocation_id, line_id, org_id, order_id, quantity)
        select id, line_id, org_id, order_id, least(ordered, left_over - low) from mine where low < left_over
        returning allocation_id, quantity
    )
    update stock_allocations a set used = a.used + d.quantity
    from (select allocation_id, sum(quantity)::bigint as quantity from drawn group by 1) d where a.id = d.allocation_id
$$;

-- Give back what is held for an order: all of it (p_lines null), or [{line_id, quantity}], first what is stopped and
-- could not be shipped, then the newest lots.
create or replace function stock_release(p_order uuid, p_lines jsonb) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    freed integer;
    by_line jsonb;
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
        window w as (partition by r.line_id
                     order by t.state = 'available', t.expires_on desc nulls first, r.location_id desc, r.lot_id desc)
    ), give as materialized (
        select h.*, least(h.quantity, coalesce(l.quantity, case when p_lines is null then h.low + h.quantity else 0 end) - h.low)
                    as part
        from held h
        left join jsonb_to_recordset(p_lines) as l(line_id uuid, quantity bigint) on l.line_id = h.line_id
    ), lowered as (
        update stock_reservations r
        set quantity = r.quantity - g.part, state = case when r.quantity = g.part then 'released' else 'held' end
        from give g where r.id = g.id and g.part > 0
        returning r.line_id, r.variant_id, r.location_id, r.lot_id, g.part
    ), freed_rows as (
        update stock_balances b set reserved = b.reserved - f.part
        from (select variant_id, location_id, lot_id, sum(part) as part from lowered group by 1, 2, 3) as f
        where b.variant_id = f.variant_id and b.location_id = f.location_id and b.lot_id = f.lot_id
        returning 1
    )
    select (select count(*) from freed_rows),
           (select jsonb_agg(to_jsonb(s)) from (select line_id, sum(part) as part from lowered group by 1) s)
    into freed, by_line;
    -- What came out of an allocation goes back to it; after its day it is free for everybody.
    with back as materialized (
        select d.allocation_id, d.line_id, least(d.quantity, f.part)::bigint as part
        from stock_draws d join jsonb_to_recordset(by_line) as f(line_id uuid, part bigint) on f.line_id = d.line_id
        where d.order_id = p_order and d.quantity > 0
    ), undrawn as (
        update stock_draws d set quantity = d.quantity - b.part from back b
        where d.allocation_id = b.allocation_id and d.line_id = b.line_id
        returning d.allocation_id, b.part
    )
    update stock_allocations a set used = a.used - u.part
    from (select allocation_id, sum(part)::bigint as part from undrawn group by 1) u where a.id = u.allocation_id;
    return freed;
end $$;

-- Ship [{line_id, quantity}] of an order from what is held for it, oldest expiry first. What has expired, is on hold or
-- has less of its life left than the buyer asks for stays.
create or replace function stock_ship(p_order uuid, p_shipment uuid, p_lines jsonb, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    wanted numeric;
    gone numeric;
    asked bigint;
begin
    if not exists (select 1 from supplier_orders o where o.id = p_order
                   and (app_scope() = 'system' or o.seller_id = app_org())) then
        raise exception 'stock: this order is not yours to ship' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b
    where (b.variant_id, b.location_id, b.lot_id) in (
        select r.variant_id, r.location_id, r.lot_id from stock_reservations r where r.order_id = p_order)
    order by b.variant_id, b.location_id, b.lot_id for update;
    select life_asked(o.seller_id, o.buyer_id) from supplier_orders o where o.id = p_order into asked;

    with held as (
        select r.id, r.line_id, r.quantity, sum(r.quantity) over w - r.quantity as low
        from stock_reservations r join lots t on t.id = r.lot_id
        where r.order_id = p_order and r.state = 'held'
          and lot_is_good(t.state, t.expires_on, t.made_on, asked, (p_now at time zone 'UTC')::date)
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

-- One's own place for goods on the way or set aside, made when it is first needed. Who is kept to warehouses does not see
-- it among the places, and sends and receives through it all the same.
create function stock_between(p_kind text, p_name text) returns uuid
    language plpgsql security definer set search_path = market, pg_temp as $$
begin
    if app_org() is null or p_kind not in ('transit', 'aside') then
        raise exception 'stock: this place is not yours' using errcode = 'WS005';
    end if;
    insert into locations (id, org_id, name, kind) values (gen_random_uuid(), app_org(), p_name, p_kind)
    on conflict do nothing;
    return (select id from locations where org_id = app_org() and kind = p_kind);
end $$;

-- Whether a transfer may go to a place: any of one's own where goods lie, also one that the sender is not kept to.
create function stock_may_go_to(p_location uuid) returns boolean
    stable security definer language sql set search_path = market, pg_temp as $$
    select exists (select 1 from locations where id = p_location and org_id = app_org() and kind not in ('transit', 'aside'))
$$;

-- What lies in a lot of a place at this very instant, and the movement that made it so; the row stays locked until the
-- transaction ends, so that nothing moves between looking and writing down.
create function stock_snapshot(p_variant uuid, p_location uuid, p_lot uuid)
    returns table (on_hand bigint, movement_id bigint)
    language plpgsql security definer set search_path = market, pg_temp as $$
begin
    if not exists (select 1 from locations l where l.id = p_location and l.org_id = app_org())
       or p_location <> all (my_warehouses()) then
        raise exception 'stock: this place is not yours' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b
    where b.variant_id = p_variant and b.location_id = p_location and b.lot_id = p_lot and b.org_id = app_org() for update;
    return query
    select coalesce((select b.on_hand from stock_balances b where b.variant_id = p_variant and b.location_id = p_location
                     and b.lot_id = p_lot and b.org_id = app_org()), 0),
           (select max(m.id) from stock_movements m where m.variant_id = p_variant and m.location_id = p_location
            and m.lot_id = p_lot and m.org_id = app_org());
end $$;

-- Variants by what goes out of them since an instant, valued at cost where it is known and else by units: those that make
-- up the first share are A, the next B, the others C. What went out is what was shipped or sold.
create function stock_classes(p_org uuid, p_since timestamptz, p_a numeric, p_b numeric)
    returns table (variant_id uuid, class text, units bigint)
    stable language sql set search_path = market, pg_temp as $$
    with gone as (
        select m.variant_id, -sum(m.quantity) as units from stock_movements m
        where m.org_id = p_org and m.kind in ('shipped', 'sold') and m.recorded_at > p_since group by 1
    ), valued as (
        select g.variant_id, g.units, g.units * coalesce((
            select l.unit_cost from stock_layers l where l.org_id = p_org and l.variant_id = g.variant_id
            and l.unit_cost is not null order by l.received_at desc, l.id desc limit 1), 1) as worth
        from gone g
    ), ranked as (
        select v.variant_id, v.units, (sum(v.worth) over (order by v.worth desc, v.variant_id) - v.worth)
               / nullif(sum(v.worth) over (), 0) as before
        from valued v
    )
    select r.variant_id, case when r.before < p_a then 'A' when r.before < p_b then 'B' else 'C' end, r.units::bigint
    from ranked r
$$;

-- The names of all of one's own places, also of those that a member is not kept to: goods go there and come from there.
create function own_places() returns table (id uuid, parent_id uuid, kind text, name text)
    stable security definer language sql set search_path = market, pg_temp as $$
    select id, parent_id, kind, name from locations where org_id = app_org()
$$;

-- Keep units back by hand: what the row of stock_holds says, oldest expiry first, from a place (and all in it) or a lot
-- if one is named. WS001 when less is free.
create function stock_hold(p_hold uuid, p_location uuid, p_lot uuid, p_now timestamptz) returns void
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    kept stock_holds;
    mine constant uuid[] := my_warehouses();
    within constant uuid[] := case when p_location is not null then places_within(p_location) end;
    found_free bigint;
begin
    select * from stock_holds h where h.id = p_hold and h.state = 'held'
       and (app_scope() = 'system' or h.org_id = app_org()) into kept;
    if kept.id is null then
        raise exception 'stock: this hold is not yours' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b where b.org_id = kept.org_id and b.variant_id = kept.variant_id
    order by b.variant_id, b.location_id, b.lot_id for update;
    with supply as (
        select b.location_id, b.lot_id, b.on_hand - b.reserved as free,
               sum(b.on_hand - b.reserved) over w - (b.on_hand - b.reserved) as low
        from stock_balances b join lots t on t.id = b.lot_id
        where b.org_id = kept.org_id and b.variant_id = kept.variant_id and b.on_hand > b.reserved and b.is_for_sale
          and lot_is_good(t.state, t.expires_on, t.made_on, 0, (p_now at time zone 'UTC')::date)
          and (within is null or b.location_id = any (within)) and (p_lot is null or b.lot_id = p_lot)
          and (mine is null or b.location_id = any (mine))
        window w as (order by t.expires_on nulls last, b.location_id, b.lot_id)
    ), picked as materialized (
        select *, least(free, kept.quantity - low)::bigint as part from supply where low < kept.quantity
    ), reserved as (
        insert into stock_reservations (id, org_id, hold_id, variant_id, location_id, lot_id, quantity, state,
                                        expires_at, created_at)
        select gen_random_uuid(), kept.org_id, kept.id, kept.variant_id, location_id, lot_id, part, 'held',
               kept.expires_at, p_now
        from picked
    ), raised as (
        update stock_balances b set reserved = b.reserved + p.part from picked p
        where b.variant_id = kept.variant_id and b.location_id = p.location_id and b.lot_id = p.lot_id
        returning p.part
    )
    select coalesce(sum(part), 0) from raised into found_free;
    if found_free < kept.quantity
       or stock_kept(kept.org_id, kept.variant_id, null, p_now) > stock_free(kept.org_id, kept.variant_id, p_now) then
        raise exception 'not enough stock' using errcode = 'WS001';
    end if;
end $$;

-- Let go of what is kept by hand, in the warehouses that one is kept to. Says whether there was something to let go.
create function stock_unhold(p_hold uuid, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    kept stock_holds;
    mine constant uuid[] := my_warehouses();  -- null: all of them
begin
    select * from stock_holds h where h.id = p_hold and (app_scope() = 'system' or h.org_id = app_org())
    for update into kept;
    if kept.id is null or exists (select 1 from stock_reservations r where r.hold_id = p_hold and r.state = 'held'
                                  and r.location_id <> all (mine)) then
        raise exception 'stock: this hold is not yours' using errcode = 'WS005';
    end if;
    if kept.state <> 'held' then
        return false;
    end if;
    perform 1 from stock_balances b
    where (b.variant_id, b.location_id, b.lot_id) in (
        select r.variant_id, r.location_id, r.lot_id from stock_reservations r where r.hold_id = p_hold)
    order by b.variant_id, b.location_id, b.lot_id for update;
    with freed as (
        update stock_reservations r set quantity = 0, state = 'released'
        from (select id, quantity from stock_reservations where hold_id = p_hold and state = 'held') h where r.id = h.id
        returning r.variant_id, r.location_id, r.lot_id, h.quantity as part
    )
    update stock_balances b set reserved = b.reserved - f.part from freed f
    where b.variant_id = f.variant_id and b.location_id = f.location_id and b.lot_id = f.lot_id;
    update stock_holds set state = 'released', ended_at = p_now where id = p_hold;
    return true;
end $$;

-- Promise units of a variant to one customer until an instant. WS001 when less is free and not promised yet.
create function stock_allocate(p_id uuid, p_variant uuid, p_holder uuid, p_quantity bigint, p_ends_at timestamptz,
                               p_note text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    free bigint;
begin
    if app_org() is null or app_scope() <> 'member' or app_org() = p_holder
       or not exists (select 1 from stock_balances where org_id = app_org() and variant_id = p_variant) then
        raise exception 'stock: this is not yours to allocate' using errcode = 'WS005';
    end if;
    perform 1 from stock_balances b where b.org_id = app_org() and b.variant_id = p_variant
    order by b.variant_id, b.location_id, b.lot_id for update;
    free := stock_free(app_org(), p_variant, p_now) - stock_kept(app_org(), p_variant, null, p_now);
    if free < p_quantity then
        raise exception 'not enough stock' using errcode = 'WS001', detail = greatest(free, 0)::text;
    end if;
    insert into stock_allocations (id, org_id, variant_id, holder_id, quantity, used, state, note, ends_at, made_by, made_at)
    values (p_id, app_org(), p_variant, p_holder, p_quantity, 0, 'active', p_note, p_ends_at, app_user(), p_now);
end $$;

-- What a buyer may know of a seller's stock: how many base units of published offers are free for them.
create or replace function stock_available(p_offers uuid[], p_now timestamptz) returns table (offer_id uuid, available bigint)
    language sql stable security definer set search_path = market, pg_temp as $$
    select o.id, greatest(coalesce(b.free, 0) - k.kept, 0)::bigint
    from offers o
    -- Few sellers ask for a life and few units are kept: to look is quicker than to call.
    cross join lateral (select case when exists (select 1 from stock_life_terms l where l.org_id = o.seller_id)
                                    then life_asked(o.seller_id, app_org()) else 0 end as least) a
    cross join lateral (select case when exists (select 1 from stock_allocations x
                                                      where x.org_id = o.seller_id and x.variant_id = o.variant_id)
                                    then stock_kept(o.seller_id, o.variant_id, app_org(), p_now) else 0 end as kept) k
    left join lateral (
        select sum(b.on_hand - b.reserved) as free
        from stock_balances b join lots t on t.id = b.lot_id
        where b.org_id = o.seller_id and b.variant_id = o.variant_id and b.is_for_sale
          and lot_is_good(t.state, t.expires_on, t.made_on, a.least, (p_now at time zone 'UTC')::date)) b on true
    where o.id = any (p_offers) and (o.seller_id = app_org() or is_staff() or (
        o.state = 'published' and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))))
$$;
