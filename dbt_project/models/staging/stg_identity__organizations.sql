select
    id as organization_id,
    kind,
    name as organization_name,
    origin,
    history_id,
    external_id,
    country,
    country_code,
    region,
    time_zone,
    currency as currency_code,
    state,
    registered_at,
    created_at
from {{ source('market', 'organizations') }}
