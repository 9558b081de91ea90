select
    shipment_id,
    line_id,
    shipped,
    delivered
from {{ source('market', 'shipment_lines') }}
