select
    id as review_id,
    order_id,
    buyer_id,
    seller_id,
    author_id,
    subject_id,
    stars,
    written_at,
    published_at
from {{ source('market', 'reviews') }}
