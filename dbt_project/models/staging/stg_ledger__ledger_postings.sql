select
    entry_id,
    position,
    account_id,
    amount,
    currency as currency_code
from {{ source('market', 'ledger_postings') }}
