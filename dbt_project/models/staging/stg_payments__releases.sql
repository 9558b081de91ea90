select
    id as release_id,
    order_id,
    currency as currency_code,
    gross,
    goods,
    commission,
    net,
    released_at,
    payout_id
from {{ source('market', 'releases') }}
