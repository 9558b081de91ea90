select
    id as product_id,
    created_by_org_id,
    category_id,
    name as product_name,
    base_unit,
    history_id,
    external_id,
    created_at
from {{ source('market', 'products') }}
