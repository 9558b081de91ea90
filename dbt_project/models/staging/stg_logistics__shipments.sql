select
    id as shipment_id,
    order_id,
    shipped_at,
    delivered_at
from {{ source('market', 'shipments') }}
