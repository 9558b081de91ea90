select
    id as history_id,
    name as history_name,
    time_zone,
    currency as currency_code,
    imported_at
from {{ source('market', 'histories') }}
