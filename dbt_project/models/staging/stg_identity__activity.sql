select
    id as activity_id,
    occurred_at,
    org_id as organization_id,
    person_id,
    kind as activity_kind,
    screen,
    facts ->> 'find' as search_words,
    cast(facts ->> 'results' as bigint) as search_results
from {{ source('market', 'activity') }}
