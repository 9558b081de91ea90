-- What was a price once stays as it was: of rows that say what something costs only the end may be set, and once.
create function keep_prices() returns trigger language plpgsql set search_path = market, pg_temp as $$
declare
    ending constant text := tg_argv[0];
    was jsonb;
    becomes jsonb;
begin
    if tg_op = 'TRUNCATE' or tg_op = 'DELETE' then
        raise exception 'prices: % keeps its rows', tg_table_name using errcode = 'WS008';
    end if;
    was := to_jsonb(old);
    becomes := to_jsonb(new);
    if was - ending is distinct from becomes - ending
       or (was ->> ending is not null and was ->> ending is distinct from becomes ->> ending
           and not (tg_argv[1] = 'earlier' and (becomes ->> ending)::timestamptz < (was ->> ending)::timestamptz)) then
        raise exception 'prices: a row of % does not change', tg_table_name using errcode = 'WS008';
    end if;
    return new;
end $$;

-- Rows of price_tiers are closed by the hundred thousand when a list is uploaded, so their columns are looked at.
create function keep_price_tiers() returns trigger language plpgsql set search_path = market, pg_temp as $$
begin
    if tg_op <> 'UPDATE' then
        raise exception 'prices: price_tiers keeps its rows' using errcode = 'WS008';
    end if;
    if old.valid_to is not null or new.valid_to is null or new.id <> old.id or new.offer_id <> old.offer_id
       or new.seller_id <> old.seller_id or new.minimum_quantity <> old.minimum_quantity
       or new.unit_price <> old.unit_price or new.valid_from <> old.valid_from then
        raise exception 'prices: a row of price_tiers does not change' using errcode = 'WS008';
    end if;
    return new;
end $$;

create trigger keep before update or delete on price_tiers for each row execute function keep_price_tiers();
create trigger keep_all before truncate on price_tiers for each statement execute function keep_price_tiers();
create trigger keep before update or delete on price_rules
    for each row execute function keep_prices('ends_at', 'earlier');
create trigger keep before update or delete on price_rule_offers
    for each row execute function keep_prices('never');
create trigger keep before update or delete on customer_group_members
    for each row execute function keep_prices('valid_to');
create trigger keep before update or delete on promotion_uses
    for each row execute function keep_prices('never');

-- A plan can be changed until it has begun or was taken back.
create function keep_price_plans() returns trigger language plpgsql set search_path = market, pg_temp as $$
begin
    if tg_op = 'DELETE' or old.begun_at is not null or old.withdrawn_at is not null then
        raise exception 'prices: this plan is over' using errcode = 'WS008';
    end if;
    return new;
end $$;
create trigger keep before update or delete on price_plans for each row execute function keep_price_plans();

create function keep_planned_tiers() returns trigger language plpgsql set search_path = market, pg_temp as $$
begin
    if exists (select 1 from price_plans p
               where p.id = (case tg_op when 'DELETE' then old.plan_id else new.plan_id end)
                 and (p.begun_at is not null or p.withdrawn_at is not null)) then
        raise exception 'prices: this plan is over' using errcode = 'WS008';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger keep before insert or update or delete on planned_tiers
    for each row execute function keep_planned_tiers();

-- What may lower a price beyond its list: for each (buyer, offer) that the asker may know of, the list that has begun
-- and is not written yet, the floor, and the rules of the day with what is left of their budgets. A pair for which
-- nothing holds has no row. The rules of a seller are nobody else's to read, so this answers for one pair at a time.
create function price_terms(p_buyers uuid[], p_offers uuid[], p_at timestamptz)
    returns table (buyer_id uuid, offer_id uuid, ladder jsonb, floor numeric, rules jsonb)
    language plpgsql stable security definer set search_path = market, pg_temp as $$
declare
    sellers uuid[];
begin
    select array_agg(distinct o.seller_id) into sellers from offers o where o.id = any (p_offers);
    if not exists (select 1 from price_rules r where r.seller_id = any (sellers))
       and not exists (select 1 from price_floors f where f.seller_id = any (sellers))
       and not exists (select 1 from price_plans p where p.seller_id = any (sellers)
                         and p.begun_at is null and p.withdrawn_at is null) then
        return;
    end if;
    return query
    with recursive asked as materialized (
        select distinct w.buyer_id, o.id as offer_id, o.seller_id, o.currency, p.category_id
        from unnest(p_buyers, p_offers) as w(buyer_id, offer_id)
        join offers o on o.id = w.offer_id
        join product_variants v on v.id = o.variant_id
        join products p on p.id = v.product_id
        where is_staff() or w.buyer_id = app_org() or o.seller_id = app_org()
    ), above (category_id, ancestor) as (
        select distinct a.category_id, a.category_id from asked a where a.category_id is not null
        union
        select u.category_id, c.parent_id from above u join categories c on c.id = u.ancestor
        where c.parent_id is not null
    ), held as (
        select a.buyer_id, a.offer_id, jsonb_agg(jsonb_build_object(
                   'id', r.id, 'step', r.step, 'kind', r.kind, 'title', r.title, 'percent', r.percent::text,
                   'amount', r.amount::text, 'minimum_quantity', r.minimum_quantity,
                   'prices', case r.kind when 'fixed' then (
                       select jsonb_agg(jsonb_build_array(x.minimum_quantity, x.unit_price::text)
                                        order by x.minimum_quantity)
                       from price_rule_offers x where x.rule_id = r.id and x.offer_id = a.offer_id) end,
                   'money_left', (b.amount_limit - b.amount_spent)::text, 'units_left', b.unit_limit - b.units_spent
               ) order by r.id) as rules
        from asked a
        join price_rules r on r.seller_id = a.seller_id and r.starts_at <= p_at
            and (r.ends_at is null or r.ends_at > p_at) and (r.currency is null or r.currency = a.currency)
            and case when r.buyer_id is not null then r.buyer_id = a.buyer_id
                     when r.group_id is not null then exists (
                         select 1 from customer_group_members m
                         where m.group_id = r.group_id and m.buyer_id = a.buyer_id and m.valid_from <= p_at
                           and (m.valid_to is null or m.valid_to > p_at))
                     else true end
            and case r.scope
                     when 'offers' then exists (
                         select 1 from price_rule_offers x where x.rule_id = r.id and x.offer_id = a.offer_id)
                     when 'category' then exists (
                         select 1 from above u where u.category_id = a.category_id and u.ancestor = r.category_id)
                     else true end
        left join promotion_budgets b on b.rule_id = r.id
        group by a.buyer_id, a.offer_id
    )
    select a.buyer_id, a.offer_id, d.ladder, f.minimum_price, h.rules
    from asked a
    left join held h on h.offer_id = a.offer_id and h.buyer_id is not distinct from a.buyer_id
    left join price_floors f on f.offer_id = a.offer_id
    left join lateral (
        select (select jsonb_agg(jsonb_build_array(t.minimum_quantity, t.unit_price::text) order by t.minimum_quantity)
                from planned_tiers t where t.plan_id = n.id) as ladder
        from price_plans n
        where n.offer_id = a.offer_id and n.begun_at is null and n.withdrawn_at is null and n.starts_at <= p_at
          and not exists (select 1 from price_tiers t where t.offer_id = n.offer_id and t.valid_to is null
                            and t.valid_from >= n.starts_at)
        order by n.starts_at desc limit 1
    ) d on true
    where h.rules is not null or f.minimum_price is not null or d.ladder is not null;
end $$;

-- A promotion pays for lines that were just ordered: [{id, rule_id, order_id, line_id, amount, units}]. Its budget is
-- raised by a guarded update over rows that are locked by their ids, or none is (WS007, with the promotions).
create function promotions_spend(p_uses jsonb, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    short jsonb;
    used integer;
begin
    if exists (
        select 1 from jsonb_to_recordset(p_uses) as u(rule_id uuid, order_id uuid, line_id uuid, amount numeric, units bigint)
        left join supplier_orders o on o.id = u.order_id and o.state in ('awaiting_payment', 'awaiting_seller')
            and (app_scope() = 'system' or o.buyer_id = app_org())
        left join order_lines l on l.id = u.line_id and l.order_id = o.id and l.ordered = u.units
        left join price_rules r on r.id = u.rule_id and r.seller_id = o.seller_id and r.step = 'promotion'
            and (r.currency is null or r.currency = o.currency)
        where l.id is null or r.id is null) then
        raise exception 'promotions: this order is not yours to fill' using errcode = 'WS005';
    end if;
    perform 1 from promotion_budgets b
    where b.rule_id in (select u.rule_id from jsonb_to_recordset(p_uses) as u(rule_id uuid))
    order by b.rule_id for update;
    with wanted as (
        select u.rule_id, sum(u.amount) as amount, sum(u.units)::bigint as units
        from jsonb_to_recordset(p_uses) as u(rule_id uuid, amount numeric, units bigint) group by u.rule_id
    ), raised as (
        update promotion_budgets b
        set amount_spent = b.amount_spent + case when b.amount_limit is null then 0 else w.amount end,
            units_spent = b.units_spent + w.units
        from wanted w
        where b.rule_id = w.rule_id and (b.amount_limit is null or b.amount_spent + w.amount <= b.amount_limit)
          and (b.unit_limit is null or b.units_spent + w.units <= b.unit_limit)
        returning b.rule_id
    )
    select jsonb_agg(w.rule_id) into short
    from wanted w join promotion_budgets b on b.rule_id = w.rule_id
    where w.rule_id not in (select r.rule_id from raised r);
    if short is not null then
        raise exception 'not enough is left of a promotion' using errcode = 'WS007', detail = short::text;
    end if;
    insert into promotion_uses (id, rule_id, seller_id, buyer_id, order_id, line_id, kind, currency, amount, units, used_at)
    select u.id, u.rule_id, o.seller_id, o.buyer_id, o.id, u.line_id, 'spent', o.currency, u.amount, u.units, p_now
    from jsonb_to_recordset(p_uses) as u(id uuid, rule_id uuid, order_id uuid, line_id uuid, amount numeric, units bigint)
    join supplier_orders o on o.id = u.order_id;
    get diagnostics used = row_count;
    return used;
end $$;

-- Orders that ended before anything was sold give back what promotions paid for them; twice is once.
create function promotions_return(p_orders uuid[], p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    returned integer;
begin
    if exists (select 1 from unnest(p_orders) as w(id) left join supplier_orders o on o.id = w.id
               where o.id is null or o.state not in ('cancelled', 'declined', 'expired')
                  or (app_scope() = 'system' or app_org() in (o.buyer_id, o.seller_id)) is not true) then
        raise exception 'promotions: this order is not yours to end' using errcode = 'WS005';
    end if;
    perform 1 from promotion_budgets b
    where b.rule_id in (select u.rule_id from promotion_uses u where u.order_id = any (p_orders))
    order by b.rule_id for update;
    with given_back as (
        insert into promotion_uses (id, rule_id, seller_id, buyer_id, order_id, line_id, kind, currency, amount, units, used_at)
        select new_id(p_now), u.rule_id, u.seller_id, u.buyer_id, u.order_id, u.line_id, 'returned', u.currency,
               -u.amount, -u.units, p_now
        from promotion_uses u where u.order_id = any (p_orders) and u.kind = 'spent'
        on conflict (line_id, kind) do nothing
        returning rule_id, amount, units
    ), summed as (
        select g.rule_id, sum(g.amount) as amount, sum(g.units)::bigint as units from given_back g group by g.rule_id
    ), lowered as (
        update promotion_budgets b
        set amount_spent = b.amount_spent + case when b.amount_limit is null then 0 else s.amount end,
            units_spent = b.units_spent + s.units
        from summed s where b.rule_id = s.rule_id
        returning 1
    )
    select count(*) into returned from given_back;
    return returned;
end $$;
