"""The products of an imported order history: categories, products, variants and offers in one sweep each."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.kernel.work import Work

_DROP = text("drop table if exists pg_temp.staged_skus")

# Under which SKU the seller sells each staged product. A seller that exists may sell it already, under the
# file's SKU or under the name that an earlier import gave it: then the past is that offer's. Two new products of
# one seller under one SKU are told apart by their own ids.
_SKUS = text("""
    create temporary table staged_skus on commit drop as
    with named as (
        select s.product_id, p.org_id as seller_id, coalesce(s.sku, s.product_id) as sku,
               coalesce(s.sku, s.product_id) || ' (' || s.product_id || ')' as long_sku,
               count(*) over (partition by p.org_id, coalesce(s.sku, s.product_id)) > 1 as is_shared
        from staged_products s
        join staged_parties p on p.kind = 'manufacturer' and p.external_id = s.supplier_id
    )
    select n.product_id, n.seller_id, coalesce(short.id, long.id) is not null as is_sold,
           coalesce(short.sku, long.sku, case when n.is_shared then n.long_sku else n.sku end) as sku
    from named n
    left join offers short on short.seller_id = n.seller_id and short.sku = n.sku
    left join offers long on long.seller_id = n.seller_id and long.sku = n.long_sku
""")

_CATEGORIES = text("""
    insert into categories (id, history_id, name)
    select new_id(:now), :history_id, s.category
    from staged_products s join staged_skus k using (product_id)
    where s.category is not null and not k.is_sold group by s.category order by s.category
""")

_PRODUCTS = text("""
    insert into products (id, created_by_org_id, category_id, name, description, base_unit, specifications,
                          history_id, external_id, created_at)
    select new_id(:now), k.seller_id, c.id, coalesce(s.name, s.product_id), '', coalesce(s.unit, 'each'),
           jsonb_strip_nulls(jsonb_build_object('list_price', trim_scale(round(s.list_price, 6))::text)),
           :history_id, s.product_id, :now
    from staged_products s
    join staged_skus k using (product_id)
    left join categories c on c.history_id = :history_id and c.name = s.category
    where not k.is_sold
    order by s.line
""")

_VARIANTS = text("""
    insert into product_variants (id, product_id, name)
    select new_id(:now), id, name from products where history_id = :history_id
""")

_OFFERS = text("""
    insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment,
                        lead_time_days, tax_rate, created_at)
    select new_id(:now), k.seller_id, v.id, k.sku, 'discontinued', h.currency, 1, 1, 0, 0, :now
    from staged_skus k
    join products p on p.history_id = :history_id and p.external_id = k.product_id
    join product_variants v on v.product_id = p.id
    join histories h on h.id = :history_id
""")


def adopt_products(work: Work, *, history_id: UUID) -> None:
    """Make the staged products part of the catalog, each with one variant and one offer that nobody can order.

    What its seller sells already gets nothing new. `staged_skus` tells for each product which offer it is.
    """
    identity.require_own_history(work, history_id=history_id)
    for statement in (_DROP, _SKUS, _CATEGORIES, _PRODUCTS, _VARIANTS, _OFFERS):
        work.session.execute(statement, {"history_id": history_id, "now": work.now})


_MAKE_WAY = text("""
    update offers f set sku = f.sku || ' (past)'
    from product_variants v join products p on p.id = v.product_id
    where f.seller_id = :seller_id and f.sku = any (:skus) and v.id = f.variant_id and p.history_id is not null
""")


def make_way(work: Work, *, seller_id: UUID, skus: Sequence[str]) -> None:
    """Let SKUs that stand only in the seller's imported past be used again.

    The lines of the past keep the SKU they were sold under; what is imported from now on is the new offer's.
    """
    work.session.execute(_MAKE_WAY, {"seller_id": seller_id, "skus": list(skus)})
