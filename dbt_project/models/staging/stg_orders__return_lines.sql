select
    return_id,
    line_no,
    offer_id,
    quantity,
    exact_value,
    goods
from {{ source('market', 'return_lines') }}
