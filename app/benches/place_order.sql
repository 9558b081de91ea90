-- The yardstick of the bench: one checkout as one hand-written function, as lean as we can make it.
-- It does the same work as orders.place_order paid from the wallet: the same rows under the same
-- constraints and policies. It leaves out what only rare orders need: a line taken from several lots.

create function market.bench_after_hours(p_from timestamptz, p_hours integer, p_zone text) returns timestamptz
    stable language plpgsql as $$
declare
    here timestamp := p_from at time zone p_zone;
    hours_left interval := make_interval(hours => p_hours);
    midnight timestamp;
    today interval;
begin
    loop
        midnight := date_trunc('day', here) + interval '1 day';
        if extract(isodow from here) < 6 then
            today := (midnight at time zone p_zone) - (here at time zone p_zone);
            if hours_left <= today then
                return (here at time zone p_zone) + hours_left;
            end if;
            hours_left := hours_left - today;
        end if;
        here := midnight;
    end loop;
end $$;

-- What the buyer may not write himself: stock, ledger and timers, for one purchase of his own.
create function market.bench_settle(p_purchase uuid, p_now timestamptz, p_hours integer) returns void
    language plpgsql security definer set search_path = market, pg_temp
    set enable_seqscan = off as $$
declare
    v_buyer uuid;
    v_currency text;
    v_total numeric;
    v_wallet record;
    v_lines bigint;
    v_taken bigint;
    v_moved bigint;
begin
    select buyer_id, currency, total into v_buyer, v_currency, v_total from purchases where id = p_purchase;
    if v_buyer is distinct from app_org() then
        raise exception 'this purchase is not yours' using errcode = 'WS005';
    end if;

    with wanted as materialized (
        select l.id, l.order_id, l.buyer_id, l.seller_id, l.variant_id, l.ordered
        from order_lines l join supplier_orders o on o.id = l.order_id
        where o.purchase_id = p_purchase order by l.variant_id
    ), picked as materialized (
        select w.*, b.location_id, b.lot_id
        from wanted w
        cross join lateral (
            select b.location_id, b.lot_id
            from stock_balances b join lots t on t.id = b.lot_id
            where b.org_id = w.seller_id and b.variant_id = w.variant_id and b.on_hand - b.reserved >= w.ordered
              and (t.expires_on is null or t.expires_on > (p_now at time zone 'UTC')::date)
            order by t.expires_on nulls last, b.location_id, b.lot_id limit 1 for update of b) b
    ), reserved as (
        insert into stock_reservations (id, org_id, buyer_id, order_id, line_id, variant_id, location_id, lot_id,
                                        quantity, state, created_at)
        select gen_random_uuid(), seller_id, buyer_id, order_id, id, variant_id, location_id, lot_id, ordered, 'held',
               p_now
        from picked
    ), raised as (
        update stock_balances b set reserved = b.reserved + r.quantity
        from (select variant_id, location_id, lot_id, sum(ordered) as quantity from picked group by 1, 2, 3) r
        where b.variant_id = r.variant_id and b.location_id = r.location_id and b.lot_id = r.lot_id
          and b.on_hand - b.reserved >= r.quantity
        returning 1
    )
    select (select count(*) from wanted), (select count(*) from picked),
           (select count(distinct (variant_id, location_id, lot_id)) from picked) - (select count(*) from raised)
    into v_lines, v_taken, v_moved;
    if v_taken <> v_lines or v_moved <> 0 then
        raise exception 'not enough stock' using errcode = 'WS001';
    end if;

    -- The wallet is charged once for all orders; its constraint refuses to go below nothing.
    update ledger_accounts a
    set balance = a.balance + v_total,
        version = a.version + (select count(*) from supplier_orders where purchase_id = p_purchase)
    where a.family = 'wallet.buyer' and a.holder_id = v_buyer and a.currency = v_currency
    returning a.id, a.balance, a.version into v_wallet;
    with parts as materialized (
        select o.id, o.seller_id, o.total, o.goods, gen_random_uuid() as funded, gen_random_uuid() as placed,
               sum(o.total) over (order by o.id) as charged, row_number() over (order by o.id) as position,
               count(*) over () as orders
        from supplier_orders o where o.purchase_id = p_purchase
    ), escrows as (
        insert into ledger_accounts (family, kind, holder_id, buyer_id, seller_id, currency, is_locked, balance, version)
        select 'escrow', 'liability', id, v_buyer, seller_id, v_currency, true, -total, 1 from parts
        returning id, holder_id
    ), entries as (
        insert into ledger_entries (id, kind, reference, order_id, effective_at, recorded_at)
        select funded, 'order_funded_by_wallet', id::text, id, p_now, p_now from parts
        union all select placed, 'gmv_placed', id::text, id, p_now, p_now from parts
    )
    insert into ledger_postings (entry_id, position, account_id, amount, currency, account_version, balance_after)
    select p.funded, 1, v_wallet.id, p.total, v_currency, v_wallet.version - p.orders + p.position,
           v_wallet.balance - v_total + p.charged
    from parts p
    union all
    select p.funded, 2, e.id, -p.total, v_currency, 1, -p.total from parts p join escrows e on e.holder_id = p.id
    union all
    select p.placed, case m.family when 'memo.contra' then 2 else 1 end, m.id,
           case m.family when 'memo.contra' then -p.goods else p.goods end, v_currency, null, null
    from parts p
    join ledger_accounts m on m.family in ('memo.gmv.placed', 'memo.contra') and m.currency = v_currency
                          and m.holder_id is null;

    insert into timers (id, key, command, facts, due_at, created_at)
    select gen_random_uuid(), 'answer:' || o.id, 'decline_unanswered', jsonb_build_object('order_id', o.id),
           bench_after_hours(p_now, p_hours, s.time_zone), p_now
    from supplier_orders o join organizations s on s.id = o.seller_id
    where o.purchase_id = p_purchase
    on conflict (key) do nothing;
end $$;

create function market.bench_place_order(
    p_org uuid, p_person uuid, p_request uuid, p_body_hash bytea, p_site uuid, p_hours integer, p_window integer
) returns uuid language plpgsql set search_path = market, jobs, pg_temp as $$
declare
    v_now timestamptz := transaction_timestamp();
    v_purchase uuid := gen_random_uuid();
    v_payment uuid := gen_random_uuid();
    v_basket uuid;
    v_buyer text;
    v_address jsonb;
    v_known record;
    v_bad bigint;
    v_currency text;
    v_total numeric;
begin
    perform set_config('app.org_id', p_org::text, true), set_config('app.user_id', p_person::text, true),
            set_config('app.scope', 'member', true);
    select r.body_hash, r.answer into v_known from requests r where r.org_id = p_org and r.request_id = p_request;
    if found then
        if v_known.body_hash <> p_body_hash then
            raise exception 'this request was sent with another body' using errcode = 'WS006';
        end if;
        return (v_known.answer ->> 'answer')::uuid;
    end if;

    select b.id, g.name into v_basket, v_buyer from baskets b join organizations g on g.id = b.buyer_id
    where b.buyer_id = p_org and b.person_id = p_person and b.placed_at is null for update of b;
    select jsonb_build_object('name', name, 'street', street, 'postal_code', postal_code, 'city', city,
                              'region', region, 'country_code', country_code)
    into v_address from sites where id = p_site and org_id = p_org;
    if v_basket is null or v_address is null then
        raise exception 'nothing to order' using errcode = 'WS002';
    end if;

    with priced as materialized (
        select l.offer_id, l.quantity, l.added_at, l.seen_unit_price, o.seller_id, o.variant_id, o.sku, o.currency,
               o.tax_rate, o.lead_time_days, o.minimum_quantity, o.order_increment, s.name as seller_name,
               case v.name when 'Standard' then p.name else p.name || ', ' || v.name end as name,
               t.unit_price, t.trace, l.quantity * t.unit_price as exact_value,
               rounded(l.quantity * t.unit_price, o.currency) as goods
        from basket_lines l
        left join offers o on o.id = l.offer_id and o.state = 'published'
        left join organizations s on s.id = o.seller_id and s.state = 'active'
        left join product_variants v on v.id = o.variant_id
        left join products p on p.id = v.product_id
        left join lateral (
            select coalesce(max(x.unit_price) filter (where x.place = x.reached),
                            max(x.unit_price) filter (where x.place = 1)) as unit_price,
                   jsonb_agg(jsonb_build_object('step', case x.place when 1 then 'list' else 'tier' end,
                                                'from_quantity', x.minimum_quantity, 'unit_price', x.unit_price::text)
                             order by x.place) filter (where x.place = 1 or x.place = x.reached) as trace
            from (select t.minimum_quantity, t.unit_price,
                         row_number() over (order by t.minimum_quantity) as place,
                         count(*) filter (where t.minimum_quantity <= l.quantity) over () as reached
                  from price_tiers t where t.offer_id = o.id and t.valid_to is null) x) t on true
        where l.basket_id = v_basket
    ), taxed as materialized (
        select p.*, rounded(p.goods * p.tax_rate, p.currency) as tax,
               row_number() over (partition by p.seller_id order by p.added_at, p.offer_id) as line_no
        from priced p
    ), sums as (
        select seller_id, min(seller_name) as seller_name, min(currency) as currency, sum(goods) as goods,
               sum(tax) as tax, max(lead_time_days) as lead_time_days
        from taxed group by seller_id
    ), parts as materialized (
        select s.*, gen_random_uuid() as id, row_number() over (order by s.seller_id) as position,
               case when s.goods >= t.free_shipping_from then 0 else coalesce(rounded(t.shipping_fee, s.currency), 0) end
                   as shipping,
               s.goods < t.order_minimum as is_small
        from sums s left join seller_terms t on t.seller_id = s.seller_id
    ), purchase as (
        insert into purchases (id, number, buyer_id, placed_by, payment_method, currency, goods, tax, shipping, total,
                               created_at)
        select v_purchase, 'P' || nextval('purchase_numbers'), p_org, p_person, 'wallet', min(currency), sum(goods),
               sum(tax), sum(shipping), sum(goods + tax + shipping), v_now
        from parts
        returning number, currency, total
    ), placed as (
        insert into supplier_orders (id, number, purchase_id, buyer_id, seller_id, buyer_name, seller_name, state,
                                     version, payment_method, currency, goods, tax, shipping, total, lead_time_days,
                                     delivery_address, buyer_note, created_at, secured_at)
        select o.id, p.number || '-' || o.position, v_purchase, p_org, o.seller_id, v_buyer, o.seller_name,
               'awaiting_seller', 2, 'wallet', o.currency, o.goods, o.tax, o.shipping, o.goods + o.tax + o.shipping,
               o.lead_time_days, v_address, '', v_now, v_now
        from purchase p cross join parts o
    ), written as (
        insert into order_lines (id, order_id, buyer_id, seller_id, line_no, offer_id, variant_id, sku, name, currency,
                                 ordered, unit_price, exact_value, goods, tax_rate, tax, shipping, price_trace)
        select gen_random_uuid(), o.id, p_org, l.seller_id, l.line_no, l.offer_id, l.variant_id, l.sku, l.name,
               l.currency, l.quantity, l.unit_price, l.exact_value, l.goods, l.tax_rate, l.tax,
               case when o.shipping = 0 then 0 else
                   rounded(o.shipping * sum(l.goods) over w / o.goods, l.currency)
                   - rounded(o.shipping * (sum(l.goods) over w - l.goods) / o.goods, l.currency) end,
               l.trace
        from taxed l join parts o on o.seller_id = l.seller_id
        window w as (partition by l.seller_id order by l.line_no)
    ), closed as (
        update baskets set placed_at = v_now where id = v_basket
    ), opened as (
        insert into payments (id, purchase_id, buyer_id, method, state, amount, currency, reference, created_at,
                              captured_at)
        select v_payment, v_purchase, p_org, 'wallet', 'captured', total, currency,
               'P-' || upper(substr(md5(v_payment::text), 1, 8)), v_now, v_now
        from purchase
    ), due as (
        insert into payment_dues (order_id, position, buyer_id, seller_id, kind, amount, currency, due_at, settled_at)
        select id, 1, p_org, seller_id, 'full', goods + tax + shipping, currency,
               v_now + make_interval(hours => p_window), v_now
        from parts
    ), told as (
        insert into events (name, subject, subject_id, from_state, to_state, facts, buyer_id, seller_id, org_id,
                            actor_user_id, scope, command, request_id, effective_at, recorded_at)
        select e.name, e.subject, e.subject_id, e.from_state, e.to_state, e.facts, p_org, e.seller_id, p_org, p_person,
               'member', 'place_order', p_request, v_now, v_now
        from (select 'PaymentCaptured' as name, 'payment' as subject, v_payment as subject_id, null as from_state,
                     null as to_state, null::uuid as seller_id,
                     jsonb_build_object('purchase_id', v_purchase, 'method', 'wallet', 'amount', total::text,
                                        'currency', currency) as facts
              from purchase
              union all
              select 'PurchasePlaced', 'purchase', v_purchase, null, null, null,
                     jsonb_build_object('orders', (select count(*) from parts), 'total', total::text,
                                        'currency', currency)
              from purchase
              union all
              select 'OrderPlaced', 'order', id, null, 'awaiting_payment', seller_id,
                     jsonb_build_object('purchase_id', v_purchase, 'total', (goods + tax + shipping)::text,
                                        'currency', currency)
              from parts
              union all
              select 'OrderSecured', 'order', id, 'awaiting_payment', 'awaiting_seller', seller_id,
                     jsonb_build_object('method', 'wallet')
              from parts) e
    )
    select (select count(*) from priced
            where seller_name is null or unit_price is distinct from seen_unit_price or quantity < minimum_quantity
               or quantity % order_increment <> 0) + (select count(*) from parts where is_small)
           + (select count(distinct currency) - 1 from parts),
           currency, total
    into v_bad, v_currency, v_total
    from purchase;
    if v_bad <> 0 then
        raise exception 'something in the basket cannot be ordered as it is' using errcode = 'WS002';
    end if;

    perform bench_settle(v_purchase, v_now, p_hours);
    perform jobs.procrastinate_defer_jobs_v1(array[
        row('default', 'deliver_events', 0, null, null, '{}', null)::jobs.procrastinate_job_to_defer_v1]);
    insert into requests (org_id, request_id, command, body_hash, answer, recorded_at)
    values (p_org, p_request, 'place_order', p_body_hash, jsonb_build_object('answer', v_purchase), v_now);
    return v_purchase;
end $$;
