-- Stock is what its movements, reservations and layers say, wherever it lies.
create or replace view stock_breaches (number, id, expires_at) as
with moved as (
    select variant_id, location_id, lot_id, sum(quantity) as quantity from stock_movements group by 1, 2, 3
), held as (
    select variant_id, location_id, lot_id, sum(quantity) as quantity
    from stock_reservations where state = 'held' group by 1, 2, 3
), layered as (
    select variant_id, location_id, lot_id, sum(remaining) as quantity from stock_layers group by 1, 2, 3
), used as (
    select layer_id, sum(quantity) as quantity from stock_layer_uses group by 1
), numbered as (
    select variant_id, location_id, lot_id, count(*) as units from stock_serials where state = 'in_stock' group by 1, 2, 3
), transit as (
    select l.variant_id, l.lot_id, p.id as location_id, sum(l.quantity - l.received - l.rejected) as quantity
    from stock_transfer_lines l join stock_transfers t on t.id = l.transfer_id and t.state = 'sent'
    left join locations p on p.org_id = l.org_id and p.kind = 'transit'
    group by 1, 2, 3
), aside as (
    select l.variant_id, l.lot_id, p.id as location_id, sum(d.quantity) as quantity
    from stock_discrepancies d join stock_transfer_lines l on l.id = d.line_id
    left join locations p on p.org_id = d.org_id and p.kind = 'aside'
    where d.state = 'open' group by 1, 2, 3
), between as (
    select * from transit union all select * from aside
), between_places as (
    select b.variant_id, b.location_id, b.lot_id, b.on_hand
    from stock_balances b join locations p on p.id = b.location_id and p.kind in ('transit', 'aside')
)
select 10, concat_ws('/', variant_id, location_id, lot_id), null::timestamptz
from stock_balances where on_hand < 0 or reserved < 0 or reserved > on_hand
union all
select 11, concat_ws('/', variant_id, location_id, lot_id), null
from stock_balances b full join moved m using (variant_id, location_id, lot_id)
where coalesce(b.on_hand, 0) <> coalesce(m.quantity, 0)
union all
select 12, concat_ws('/', variant_id, location_id, lot_id), null
from stock_balances b full join held h using (variant_id, location_id, lot_id)
where coalesce(b.reserved, 0) <> coalesce(h.quantity, 0)
union all
select 12, r.id::text, null
from stock_reservations r left join supplier_orders o on o.id = r.order_id
where r.state = 'held' and r.hold_id is null
  and (o.id is null or o.state in ('completed', 'cancelled', 'declined', 'expired'))
union all
select 12, r.id::text, null
from stock_reservations r join stock_holds h on h.id = r.hold_id where (r.state = 'held') <> (h.state = 'held')
union all
-- Too late only once the sweep has had its time: the reader compares the instant.
select 12, id::text, expires_at from stock_reservations where state = 'held' and expires_at is not null
union all
select 40, concat_ws('/', variant_id, location_id, lot_id), null
from stock_balances b full join layered y using (variant_id, location_id, lot_id)
where coalesce(b.on_hand, 0) <> coalesce(y.quantity, 0)
union all
select 40, 'layer ' || y.id, null
from stock_layers y left join used u on u.layer_id = y.id where y.quantity - y.remaining <> coalesce(u.quantity, 0)
union all
select 41, concat_ws('/', variant_id, location_id, lot_id), null
from between_places b full join between w using (variant_id, location_id, lot_id)
where coalesce(b.on_hand, 0) <> coalesce(w.quantity, 0)
union all
select 42, concat_ws('/', variant_id, location_id, lot_id), null
from numbered n left join stock_balances b using (variant_id, location_id, lot_id) where n.units > coalesce(b.on_hand, 0)
union all
select 42, max(id::text), null from stock_serials group by org_id, variant_id, serial having count(*) > 1
union all
select 43, a.id::text, null
from stock_allocations a left join (select allocation_id, sum(quantity) as quantity from stock_draws group by 1) d
     on d.allocation_id = a.id
where a.used <> coalesce(d.quantity, 0) or a.used > a.quantity;

-- What promotions spent is what their uses say, and of one offer one list price holds at a time.
create view price_breaches (name, id) as
with used as (
    select rule_id, sum(units)::bigint as units, sum(amount) as amount from promotion_uses group by rule_id
)
select 'budgets_are_sums', b.rule_id::text
from promotion_budgets b left join used u on u.rule_id = b.rule_id
where b.units_spent <> coalesce(u.units, 0)
   or b.amount_spent <> case when b.amount_limit is null then 0 else coalesce(u.amount, 0) end
   or b.units_spent > b.unit_limit or b.amount_spent > b.amount_limit
union
select 'budgets_are_sums', r.line_id::text
from promotion_uses r left join promotion_uses s on s.line_id = r.line_id and s.kind = 'spent' and s.rule_id = r.rule_id
where r.kind = 'returned' and (s.id is null or r.amount + s.amount <> 0 or r.units + s.units <> 0)
union
-- a promotion pays for lines of its own seller, as many units as were ordered, and the line says so
select 'budgets_are_sums', u.line_id::text
from promotion_uses u join order_lines l on l.id = u.line_id
where u.kind = 'spent' and (l.order_id <> u.order_id or l.seller_id <> u.seller_id or l.ordered <> u.units
      or not l.price_trace @> jsonb_build_array(jsonb_build_object('step', 'promotion', 'rule', u.rule_id::text)))
union
-- ended orders have given back
select 'budgets_are_sums', u.line_id::text
from promotion_uses u join supplier_orders o on o.id = u.order_id
where u.kind = 'spent' and o.state in ('cancelled', 'declined', 'expired')
  and not exists (select 1 from promotion_uses r where r.line_id = u.line_id and r.kind = 'returned')
union
-- prices_follow_one_another: of one offer and quantity no two list prices hold at the same instant
select 'prices_follow_one_another', a.id::text
from (select id, valid_from, valid_to, lead(valid_from) over (partition by offer_id, minimum_quantity
                                                               order by valid_from, valid_to nulls last) as following
      from price_tiers) a
where a.following < coalesce(a.valid_to, 'infinity');

create or replace function invariants_at(p_now timestamptz)
    returns table (number integer, name text, violations bigint, sample jsonb)
    language sql stable security definer set search_path = market, pg_temp as $$
    with promises (number, name) as (values
        (1, 'ledger_balances'), (2, 'entries_balance'), (3, 'balances_are_sums'), (4, 'accounts_chain'),
        (5, 'escrow_is_held'), (6, 'captured_is_accounted_for'), (7, 'refunds_within_captured'),
        (8, 'commission_is_exact'), (9, 'totals_are_sums'), (10, 'stock_not_negative'),
        (11, 'stock_is_moved'), (12, 'reserved_is_held'), (15, 'orders_move_legally'), (16, 'audit_chains'),
        (17, 'deliveries_are_tried'), (18, 'twice_is_once'), (28, 'currencies_match'), (29, 'amounts_are_settled'),
        (40, 'layers_are_stock'), (41, 'transit_is_sent'), (42, 'serials_in_one_place'), (43, 'allocations_within_stock'),
        (44, 'budgets_are_sums'), (45, 'prices_follow_one_another')
    ), broken as (
        select number, id from ledger_breaches
        union select number, id from money_breaches
        union select number, id from order_breaches
        union select number, id from stock_breaches
              where expires_at is null or expires_at < p_now - interval '5 minutes'
        -- After its day an allocation keeps nothing, whenever the job comes by that ends it.
        union select 43, concat_ws('/', a.org_id, a.variant_id)
              from (select org_id, variant_id, sum(quantity - used) as quantity from stock_allocations
                    where state = 'active' and ends_at > p_now group by 1, 2) a
              where a.quantity > (select coalesce(sum(b.on_hand - b.reserved), 0) from stock_balances b
                                  where b.org_id = a.org_id and b.variant_id = a.variant_id)
        union select number, id from log_breaches
        union select number, id from currency_breaches
        union select number, id from amount_breaches
        union select p.number, b.id from price_breaches b join promises p on p.name = b.name
    ), ranked as (
        select number, id, row_number() over (partition by number order by id) as place from broken
    )
    select p.number, p.name, count(r.id), coalesce(jsonb_agg(r.id order by r.id) filter (where r.place <= 5), '[]')
    from promises p left join ranked r on r.number = p.number
    where (select sees_everything())
    group by p.number, p.name
    order by p.number
$$;
