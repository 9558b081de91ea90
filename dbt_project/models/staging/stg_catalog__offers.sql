select
    id as offer_id,
    seller_id,
    variant_id,
    sku,
    state,
    currency as currency_code
from {{ source('market', 'offers') }}
