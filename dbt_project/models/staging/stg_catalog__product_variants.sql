select
    id as variant_id,
    product_id
from {{ source('market', 'product_variants') }}
