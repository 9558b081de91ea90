select
    p.id as payout_id,
    p.org_id as organization_id,
    p.kind as payout_kind,
    p.amount,
    p.currency as currency_code,
    b.sent_at
from {{ source('market', 'payouts') }} as p
inner join {{ source('market', 'payout_batches') }} as b on b.id = p.batch_id
