select
    id as refund_id,
    order_id,
    buyer_id,
    seller_id,
    cause,
    amount,
    currency as currency_code,
    decided_at,
    sent_at
from {{ source('market', 'refunds') }}
