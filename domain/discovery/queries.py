"""Search and product pages: what a buyer sees, always from published offers only.

Ranking, facets and prices are computed on at most `CANDIDATES` matches, so a broad word costs no more
than a narrow one; the page then says "2,000+".
"""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.catalog import PackRow, Tier
from domain.discovery.stock_display import shown_stock
from domain.discovery.views import Facet, OfferCard, ProductRow, ProductSheet, ResultPage
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work
from domain.verification import CERTIFICATES, Requirement

CANDIDATES = 2000
ORDERS = {
    "relevance": "rank desc, from_price, product_id",
    "price": "from_price, rank desc, product_id",
    "lead_time": "lead_time_days, rank desc, product_id",
    "name": "name, product_id",
}

_CANDIDATES = """
with wanted as (select websearch_to_tsquery('simple', :find) || websearch_to_tsquery('english', :find) as query),
matches as materialized (
    select p.id, p.name, p.brand, p.category_id, p.base_unit, p.picture_file_id,
           case when :find = '' then 0 else ts_rank_cd(p.search, w.query)
                + case when lower(p.name) = lower(:find) then 10 else 0 end end as rank
    from products p cross join wanted w
    where p.history_id is null
      and (:find = '' or p.search @@ w.query
           or exists (select 1 from product_variants v join offers o on o.variant_id = v.id
                      where v.product_id = p.id and (lower(o.sku) = lower(:find) or v.gtin = :find)))
      and exists (select 1 from product_variants v join offers o on o.variant_id = v.id
                  where v.product_id = p.id and o.state = 'published')
    limit :candidates
), fuzzy as (
    select p.id, p.name, p.brand, p.category_id, p.base_unit, p.picture_file_id,
           public.word_similarity(:find, p.name)::double precision as rank
    from products p
    where :find <> '' and not exists (select 1 from matches) and p.history_id is null
      and :find operator(public.<%) p.name
      and exists (select 1 from product_variants v join offers o on o.variant_id = v.id
                  where v.product_id = p.id and o.state = 'published')
    order by rank desc limit 200
), found as materialized (
    select * from matches union all select * from fuzzy
), offered as materialized (
    select f.id as product_id, f.name, f.brand, f.base_unit, f.picture_file_id, f.rank, c.id as category_id,
           c.name as category, o.id as offer_id, o.seller_id, s.name as seller_name, o.sku, o.currency,
           o.minimum_quantity, o.order_increment, o.lead_time_days, t.unit_price as from_price
    from found f
    left join categories c on c.id = f.category_id
    join product_variants v on v.product_id = f.id
    join offers o on o.variant_id = v.id and o.state = 'published'
    join organizations s on s.id = o.seller_id and s.state = 'active'
    join lateral (select min(unit_price) as unit_price from price_tiers t
                  where t.offer_id = o.id and t.valid_to is null) t on t.unit_price is not null
    where (cast(:max_moq as bigint) is null or o.minimum_quantity <= :max_moq)
      and (cast(:max_lead as bigint) is null or o.lead_time_days <= :max_lead)
), stocked as materialized (
    select d.*, coalesce(a.available, 0) as available
    from offered d
    left join stock_available((select array_agg(offer_id) from offered), :now) a on a.offer_id = d.offer_id
), certified as materialized (
    -- What holds on the day and covers the product: of a certificate for some categories only theirs.
    select s.offer_id from stocked s
    join sellers_certificates((select array_agg(distinct seller_id) from stocked
                               where cast(:certificate as text) is not null), :today) c
      on c.org_id = s.seller_id and c.requirement = :certificate
     and (cardinality(coalesce(c.category_ids, '{}')) = 0 or s.category_id = any (c.category_ids))
), kept as materialized (
    select * from stocked where (not :in_stock or available >= minimum_quantity)
      and (cast(:certificate as text) is null or offer_id in (select offer_id from certified))
)
"""


def search_products(
    work: Work,
    *,
    find: str = "",
    category_id: UUID | None = None,
    seller_id: UUID | None = None,
    max_minimum_quantity: int | None = None,
    max_lead_time_days: int | None = None,
    in_stock: bool = False,
    certificate: Requirement | None = None,
    order: str = "relevance",
    page: int = 1,
    size: int = 24,
) -> ResultPage:
    """One page of products with the best offer of each, and facets over all candidates.

    With a `certificate` only offers of sellers whose certificate of that kind holds today and covers the product.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    if certificate is not None and Requirement(certificate) not in CERTIFICATES:
        raise Invalid("Results can be kept to what a certificate covers.")
    if order not in ORDERS:
        raise Invalid(f"Results can be ordered by {', '.join(ORDERS)}.")
    facts: dict[str, Any] = {
        "find": find.strip()[:200],
        "max_moq": max_minimum_quantity,
        "max_lead": max_lead_time_days,
        "in_stock": in_stock,
        "category_id": category_id,
        "seller_id": seller_id,
        "now": work.now,
        "today": work.now.date(),
        "certificate": certificate,
        "candidates": CANDIDATES,
        "size": size,
        "skip": (max(page, 1) - 1) * size,
    }
    # The order is picked from the list above, never from what came in.
    row = work.session.execute(_page_query(order), facts).one()
    found = row.rows or []
    stock = shown_stock(
        work,
        available={UUID(each["offer_id"]): (UUID(each["seller_id"]), each["available"]) for each in found},
    )
    return ResultPage(
        rows=[ProductRow.model_validate(each | stock[UUID(each["offer_id"])].told) for each in found],
        total=row.total or 0,
        counted_to=CANDIDATES,
        categories=[Facet.model_validate(facet) for facet in row.categories or []],
        suppliers=[Facet.model_validate(facet) for facet in row.suppliers or []],
    )


def _page_query(order: str) -> Any:
    return _PAGES[order]


_PAGES = {
    name: text(
        _CANDIDATES
        + """
, chosen as (
    select * from kept
    where (cast(:category_id as uuid) is null or category_id = :category_id)
      and (cast(:seller_id as uuid) is null or seller_id = :seller_id)
), best as materialized (
    select distinct on (product_id) *,
           count(*) over (partition by product_id) as offers,
           (select count(distinct x.seller_id) from chosen x where x.product_id = chosen.product_id) as sellers
    from chosen
    order by product_id, (available >= minimum_quantity) desc, from_price, offer_id
), paged as (
    select * from best order by """
        + order_by
        + """ limit :size offset :skip
)
select (select count(*) from best) as total,
       (select jsonb_agg(to_jsonb(paged) order by """
        + order_by
        + """) from paged) as rows,
       (select jsonb_agg(jsonb_build_object('value', category_id, 'label', category, 'count', n) order by n
         desc, category)
        from (select category_id, category, count(distinct product_id) as n from kept
              where category_id is not null and (cast(:seller_id as uuid) is null or seller_id = :seller_id)
              group by 1, 2) f) as categories,
       (select jsonb_agg(jsonb_build_object('value', seller_id, 'label', seller_name, 'count', n) order by n
         desc, seller_name)
        from (select seller_id, seller_name, count(distinct product_id) as n from kept
              where (cast(:category_id as uuid) is null or category_id = :category_id)
              group by 1, 2 limit 100) f) as suppliers
"""
    )
    for name, order_by in ORDERS.items()
}


def product_sheet(work: Work, *, product_id: UUID) -> ProductSheet:
    """All of a product with every published offer for it. Raises `NotFound` when nobody offers it."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    product = work.session.execute(
        text(
            "select p.id as product_id, p.name, p.brand, c.name as category, p.description, p.base_unit,"
            " p.specifications, p.picture_file_id from products p left join categories c on c.id = p.category_id"
            " where p.id = :id and p.history_id is null"
        ),
        {"id": product_id},
    ).one_or_none()
    offers = _offer_cards(work, product_id) if product else []
    if product is None or not offers:
        raise NotFound("This product is not for sale at the moment.")
    return ProductSheet(**product._asdict(), offers=offers)


def _offer_cards(work: Work, product_id: UUID) -> list[OfferCard]:
    rows = work.session.execute(
        text(
            "with shown as materialized (select o.*, v.name as variant_name, v.options from product_variants v"
            " join offers o on o.variant_id = v.id and o.state = 'published'"
            " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
            " where v.product_id = :id)"
            " select o.id as offer_id, o.variant_id, o.variant_name, o.options, o.seller_id, s.name as seller_name,"
            " s.country_code as seller_country, o.sku, o.currency, o.minimum_quantity, o.order_increment,"
            " o.lead_time_days, o.tax_rate, coalesce(a.available, 0) as available,"
            " (select jsonb_agg(jsonb_build_object('minimum_quantity', t.minimum_quantity,"
            "   'unit_price', t.unit_price::text) order by t.minimum_quantity)"
            "   from price_tiers t where t.offer_id = o.id and t.valid_to is null) as tiers,"
            " (select jsonb_agg(jsonb_build_object('name', k.name, 'base_units', k.base_units) order by k.base_units)"
            "   from offer_packs k where k.offer_id = o.id) as packs, r.rating, coalesce(r.reviews, 0) as reviews"
            " from shown o join organizations s on s.id = o.seller_id and s.state = 'active'"
            " left join stock_available((select array_agg(id) from shown), :now) a on a.offer_id = o.id"
            " left join lateral (select round(avg(stars), 1) as rating, count(*) as reviews from reviews r"
            "   where r.subject_id = o.seller_id and r.published_at is not null) r on true"
            " order by o.variant_name, s.name, o.sku"
        ),
        {"id": product_id, "now": work.now},
    ).all()
    stock = shown_stock(work, available={row.offer_id: (row.seller_id, row.available) for row in rows})
    return [
        OfferCard.model_validate(
            row._asdict()
            | stock[row.offer_id].told
            | {
                "tiers": [Tier.model_validate(t) for t in row.tiers or []],
                "packs": [PackRow.model_validate(p) for p in row.packs or []],
            }
        )
        for row in rows
        if row.tiers
    ]
