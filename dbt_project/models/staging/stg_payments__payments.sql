select
    id as payment_id,
    purchase_id,
    buyer_id,
    method as payment_method,
    state,
    amount,
    currency as currency_code,
    created_at,
    captured_at
from {{ source('market', 'payments') }}
