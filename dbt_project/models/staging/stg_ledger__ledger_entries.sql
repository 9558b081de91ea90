select
    id as entry_id,
    kind as entry_kind,
    reference,
    order_id,
    effective_at,
    recorded_at
from {{ source('market', 'ledger_entries') }}
