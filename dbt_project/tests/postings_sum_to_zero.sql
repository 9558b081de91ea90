-- Every entry adds up to nothing in each of its currencies.
select entry_id, currency_code, sum(amount) as amount
from {{ ref('fct_ledger_postings') }}
group by entry_id, currency_code
having sum(amount) <> 0
