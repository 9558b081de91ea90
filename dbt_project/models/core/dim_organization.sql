select
    o.organization_id,
    o.kind,
    o.organization_name,
    o.origin,
    o.history_id,
    h.history_name,
    o.external_id,
    o.country,
    o.country_code,
    o.region,
    o.time_zone,
    o.currency_code,
    o.state,
    o.registered_at,
    o.created_at
from {{ ref('stg_identity__organizations') }} as o
left join {{ ref('stg_identity__histories') }} as h using (history_id)
