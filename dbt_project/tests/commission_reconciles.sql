{{ config(meta={'dagster': {'ref': {'name': 'mart_revenue'}}}) }}
-- Commission in the ledger is the commission of the releases, in every currency.
with said as (
    select currency_code, sum(commission) as ledger, 0 as releases
    from {{ ref('mart_revenue') }}
    where kind = 'posting'
    group by currency_code
    union all
    select currency_code, 0, sum(commission)
    from {{ ref('stg_payments__releases') }}
    where released_at <= {{ as_of() }}
    group by currency_code
)

select currency_code, sum(ledger) as ledger, sum(releases) as releases
from said
group by currency_code
having sum(ledger) <> sum(releases)
