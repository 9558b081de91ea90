"""Questions about what is for sale, as its seller sees it."""

from uuid import UUID

from sqlalchemy import text

from domain.catalog.views import CategoryRow, OfferRow, OfferSheet, PackRow, ProductSheet, SellerTermsSheet, Tier
from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


def categories(work: Work) -> list[CategoryRow]:
    """The category tree, by name."""
    if not work.actor.may(Permission.SEE_PLATFORM):
        work.actor.require(Permission.SEARCH_PRODUCTS)
    rows = work.session.execute(
        text("select id as category_id, parent_id, name from categories where history_id is null order by name")
    )
    return [CategoryRow.model_validate(row._asdict()) for row in rows]


def my_offers(
    work: Work, *, find: str = "", state: str | None = None, page: int = 1, size: int = 50
) -> tuple[list[OfferRow], int]:
    """The actor's own offers with their stock: one page, and how many there are in all.

    What stands only in an imported past is left out.
    """
    work.actor.require(Permission.SEE_OFFERS)
    rows = work.session.execute(
        text(
            "with mine as (select o.*, v.name as variant_name, p.id as product_id, p.name as product_name,"
            " c.name as category,"
            " count(*) over () as total"
            " from offers o join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id"
            " left join categories c on c.id = p.category_id"
            " where o.seller_id = :org_id and p.history_id is null"
            " and (cast(:state as text) is null or o.state = :state)"
            " and (strpos(lower(p.name), lower(:find)) > 0 or strpos(lower(o.sku), lower(:find)) > 0"
            "   or ltrim(v.gtin, '0') = ltrim(:find, '0'))"
            " order by p.name, v.name, o.sku limit :size offset :skip)"
            " select m.id as offer_id, m.product_id, m.variant_id, m.product_name, m.variant_name, m.category, m.sku,"
            " m.state, m.currency, t.from_price, m.minimum_quantity, m.order_increment, m.lead_time_days,"
            " coalesce(b.on_hand, 0) as on_hand, coalesce(b.reserved, 0) as reserved, m.total from mine m"
            " left join lateral (select min(unit_price) as from_price from price_tiers t"
            "   where t.offer_id = m.id and t.valid_to is null) t on true"
            " left join lateral (select sum(on_hand)::bigint as on_hand, sum(reserved)::bigint as reserved"
            "   from stock_balances b where b.org_id = m.seller_id and b.variant_id = m.variant_id and b.is_for_sale)"
            " b on true"
            " order by m.product_name, m.variant_name, m.sku"
        ),
        {
            "org_id": work.actor.require_org(),
            "find": find,
            "state": state,
            "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()
    hidden: dict[str, object] = {} if work.actor.may(Permission.SEE_PRICES) else {"from_price": None}
    if not work.actor.may(Permission.SEE_STOCK):
        hidden |= {"on_hand": 0, "reserved": 0}
    found = [OfferRow.model_validate(row._asdict() | hidden) for row in rows]
    return found, rows[0].total if rows else 0


def offer_sheet(work: Work, *, offer_id: UUID) -> OfferSheet:
    """All of one of the actor's own offers. Prices are left out for those who may not see them."""
    work.actor.require(Permission.SEE_OFFERS)
    row = work.session.execute(
        text(
            "select o.id as offer_id, o.seller_id, p.id as product_id, v.id as variant_id, p.name as product_name,"
            " v.name as variant_name, p.brand, p.category_id, p.description, p.base_unit, p.specifications, v.options,"
            " v.gtin, o.sku, o.state, o.version, o.currency, o.minimum_quantity, o.order_increment, o.lead_time_days,"
            " o.tax_rate, p.picture_file_id, o.published_at, o.grade, o.shelf_life_days, o.minimum_life_share,"
            " o.production_days, o.policy_id,"
            " (select jsonb_agg(jsonb_build_object('minimum_quantity', t.minimum_quantity, 'unit_price',"
            " t.unit_price::text)"
            "   order by t.minimum_quantity) from price_tiers t where t.offer_id = o.id and t.valid_to is null)"
            " as tiers,"
            " (select jsonb_agg(jsonb_build_object('name', k.name, 'base_units', k.base_units,"
            " 'level', k.level) order by k.base_units)"
            "   from offer_packs k where k.offer_id = o.id) as packs"
            " from offers o join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id"
            " where o.id = :offer_id and o.seller_id = :org_id"
        ),
        {"offer_id": offer_id, "org_id": work.actor.require_org()},
    ).one_or_none()
    if row is None:
        raise NotFound
    values = row._asdict()
    tiers = values["tiers"] or [] if work.actor.may(Permission.SEE_PRICES) else []
    return OfferSheet.model_validate(
        values
        | {
            "tiers": [Tier.model_validate(t) for t in tiers],
            "packs": [PackRow.model_validate(p) for p in values["packs"] or []],
        }
    )


_PRODUCT = text("""
    select p.id as product_id, p.name, p.brand, p.description, p.category_id, c.name as category, p.base_unit,
           p.specifications, p.option_names, p.picture_file_id, p.created_by_org_id = :org_id as is_mine,
           category_is_reviewed(p.category_id) as is_reviewed, p.created_at
    from products p left join categories c on c.id = p.category_id
    where p.id = :product_id and (p.created_by_org_id = :org_id or exists (
        select 1 from product_variants v join offers o on o.variant_id = v.id
        where v.product_id = p.id and o.seller_id = :org_id))
""")


def product_sheet(work: Work, *, product_id: UUID) -> ProductSheet:
    """A product that one described or offers, as its seller sees it. Raises `NotFound`."""
    work.actor.require(Permission.SEE_OFFERS)
    facts = {"product_id": product_id, "org_id": work.actor.require_org()}
    row = work.session.execute(_PRODUCT, facts).one_or_none()
    if row is None:
        raise NotFound
    return ProductSheet.model_validate(row._asdict())


def variants_of_product(work: Work, *, product_id: UUID) -> list[tuple[UUID, str]]:
    """The variants of a product: (id, name), by name; of what others describe those that one sells or is shown."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    rows = work.session.execute(
        text(
            "select v.id, v.name from product_variants v join products p on p.id = v.product_id"
            " where v.product_id = :id and v.removed_at is null and (:staff or p.created_by_org_id = :me"
            "   or exists (select 1 from offers o where o.variant_id = v.id and (o.seller_id = :me"
            "     or o.state = 'published' and offer_is_shown(o.id, o.audience, o.seller_id))))"
            " order by v.name"
        ),
        {"id": product_id, "me": work.actor.org_id, "staff": work.actor.is_staff},
    )
    return [(row.id, row.name) for row in rows]


def seller_terms(work: Work, *, seller_id: UUID) -> SellerTermsSheet | None:
    """How a seller ships, or None when nothing was said: no minimum, no fee.

    Of others, for those who look for products; of one's own organisation, for those who see its prices.
    """
    is_own = work.actor.org_id == seller_id
    work.actor.require(Permission.SEE_PRICES if is_own else Permission.SEARCH_PRODUCTS)
    row = work.session.execute(
        text(
            "select seller_id, currency, order_minimum, shipping_fee, free_shipping_from from seller_terms"
            " where seller_id = :id"
        ),
        {"id": seller_id},
    ).one_or_none()
    return SellerTermsSheet.model_validate(row._asdict()) if row else None
