select
    id as event_id,
    name as event_name,
    subject_id,
    facts,
    org_id as organization_id,
    actor_user_id as person_id,
    scope,
    effective_at,
    recorded_at
from {{ source('market', 'events') }}
