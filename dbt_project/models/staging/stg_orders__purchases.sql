select
    id as purchase_id,
    number as purchase_number,
    external_id,
    payment_method,
    created_at
from {{ source('market', 'purchases') }}
