select
    id as return_id,
    origin,
    history_id,
    external_id,
    order_id,
    buyer_id,
    seller_id,
    currency as currency_code,
    goods,
    returned_at,
    promised_at,
    first_shipped_at,
    delivered_at
from {{ source('market', 'return_documents') }}
