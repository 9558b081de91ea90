select
    p.product_id,
    p.product_name,
    c.category_name,
    p.base_unit,
    p.created_by_org_id,
    p.history_id,
    p.external_id
from {{ ref('stg_catalog__products') }} as p
left join {{ ref('stg_catalog__categories') }} as c using (category_id)
