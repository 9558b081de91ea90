select
    id as account_id,
    family,
    kind as account_kind,
    holder_id,
    currency as currency_code
from {{ source('market', 'ledger_accounts') }}
