-- What was put away was accepted, and what a store sold has left its stock.
create view store_breaches (number, id) as
select 50, r.line_id::text
from store_receipt_lines r join order_lines l on l.id = r.line_id
group by r.line_id, l.accepted having sum(r.quantity) > l.accepted
union all
select 51, s.cause_id::text
from (select cause_id, org_id, variant_id, sum(quantity) as quantity from store_sales group by 1, 2, 3) s
left join (select cause_id, org_id, variant_id, -sum(quantity) as quantity from stock_movements where kind = 'sold'
           group by 1, 2, 3) m using (cause_id, org_id, variant_id)
where s.quantity <> coalesce(m.quantity, 0);

-- They join the promises that there are, whatever these are by now.
do $$
declare
    was constant text := pg_get_functiondef('market.invariants_at(timestamptz)'::regprocedure);
    becomes text;
begin
    becomes := regexp_replace(was, '\n(\s*)\), broken as \(',
                              E',\n        (50, ''stores_hold_what_was_accepted''), (51, ''sales_left_the_store'')\n\\1), broken as (');
    becomes := replace(becomes, 'union select number, id from log_breaches',
                       'union select number, id from log_breaches union select number, id from store_breaches');
    if length(becomes) < length(was) + 100 then
        raise exception 'the promises are written otherwise than this migration expects';
    end if;
    execute becomes;
end $$;
