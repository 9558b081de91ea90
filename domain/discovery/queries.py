"""Product pages: what a buyer sees, always from published offers only."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from domain.catalog import PackRow, Tier
from domain.discovery.stock_display import shown_stock
from domain.discovery.views import OfferCard, ProductSheet
from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


def product_sheet(work: Work, *, product_id: UUID) -> ProductSheet:
    """All of a product with every published offer for it. Raises `NotFound` when nobody offers it."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    product = work.session.execute(
        text(
            "select p.id as product_id, p.name, p.brand, c.name as category, p.description, p.base_unit,"
            " p.specifications, p.picture_file_id, p.option_names from products p"
            " left join categories c on c.id = p.category_id"
            " where p.id = :id and p.history_id is null"
        ),
        {"id": product_id},
    ).one_or_none()
    offers = offer_cards(work, [product_id]).get(product_id, []) if product else []
    if product is None or not offers:
        raise NotFound("This product is not for sale at the moment.")
    return ProductSheet(**product._asdict(), offers=offers)


def offer_cards(work: Work, product_ids: Sequence[UUID]) -> dict[UUID, list[OfferCard]]:
    """Every offer of these products that the one who asks sees, by product."""
    rows = work.session.execute(
        text(
            "with shown as materialized (select o.*, v.product_id, v.name as variant_name, v.options, v.gtin from"
            " product_variants v"
            " join offers o on o.variant_id = v.id and o.state = 'published'"
            " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
            " where v.product_id = any(:ids))"
            " select o.product_id, o.id as offer_id, o.variant_id, o.gtin, o.grade, o.shelf_life_days,"
            " o.production_days, o.policy_id, o.variant_name, o.options, o.seller_id, s.name as seller_name,"
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
        {"ids": list(product_ids), "now": work.now},
    ).all()
    stock = shown_stock(work, available={row.offer_id: (row.seller_id, row.available) for row in rows})
    cards: dict[UUID, list[OfferCard]] = {}
    for row in rows:
        if row.tiers:
            parts = {
                "tiers": [Tier.model_validate(t) for t in row.tiers],
                "packs": [PackRow.model_validate(p) for p in row.packs or []],
            }
            card = OfferCard.model_validate(row._asdict() | stock[row.offer_id].told | parts)
            cards.setdefault(row.product_id, []).append(card)
    return cards
