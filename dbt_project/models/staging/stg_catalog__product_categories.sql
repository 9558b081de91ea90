-- The first period of a product reaches back for ever: imported orders are older than the row of their product.
select
    product_id,
    category_id,
    case
        when row_number() over (partition by product_id order by valid_from) = 1 then cast('-infinity' as timestamptz)
        else valid_from
    end as valid_from,
    coalesce(valid_to, cast('infinity' as timestamptz)) as valid_to
from {{ source('market', 'product_categories') }}
