with postings as (
    select
        p.entry_id,
        p.position,
        e.entry_kind,
        e.reference,
        e.order_id,
        coalesce(o.origin, 'live') as origin,
        o.history_id,
        h.history_name,
        coalesce(h.time_zone, '{{ var("platform_time_zone") }}') as time_zone,
        p.account_id,
        a.family,
        a.account_kind,
        a.holder_id,
        p.currency_code,
        p.amount,
        e.effective_at,
        e.recorded_at
    from {{ ref('stg_ledger__ledger_postings') }} as p
    inner join {{ ref('stg_ledger__ledger_entries') }} as e using (entry_id)
    inner join {{ ref('stg_ledger__ledger_accounts') }} as a using (account_id)
    left join {{ ref('stg_orders__supplier_orders') }} as o using (order_id)
    left join {{ ref('stg_identity__histories') }} as h using (history_id)
    where e.recorded_at <= {{ as_of() }}
)

select
    {{ surrogate_key(['entry_id', 'position']) }} as posting_key,
    postings.*,
    {{ day_in('effective_at', 'time_zone') }} as effective_on
from postings
