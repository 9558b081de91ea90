-- What went into the escrow of orders and out of it.
select
    p.posting_key,
    p.effective_on as day_on,
    p.currency_code,
    p.entry_kind,
    p.order_id,
    o.order_number,
    -p.amount as amount
from {{ ref('fct_ledger_postings') }} as p
inner join {{ ref('fct_orders') }} as o using (order_id)
where p.family = 'escrow'
