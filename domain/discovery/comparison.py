"""What goods cost at the door, and products side by side."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from domain import catalog, pricing
from domain.discovery.queries import offer_cards
from domain.discovery.views import ComparedProduct, Comparison, Landed, OfferCard, SupplierFacts
from domain.identity import Permission
from domain.kernel.errors import Invalid
from domain.kernel.money import rounded
from domain.kernel.quantities import base_units
from domain.kernel.work import Work

MOST = 5


def landed_prices(work: Work, *, quantities: Mapping[UUID, int]) -> dict[UUID, Landed]:
    """What each offer costs at the door at its quantity, ordered alone: goods at one's own price, tax and the seller's
    shipping. An offer that one does not see, or that has no price, is missing.

    Tax is on the goods, as at checkout; shipping is the seller's fee for an order, whatever the place, and falls away
    from the seller's limit on. What else is ordered from the seller shares the shipping and is not counted here.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    wanted = {offer_id: base_units(quantity) for offer_id, quantity in quantities.items()}
    prices = pricing.resolve(work, quantities=wanted)
    rows = work.session.execute(_TERMS, {"ids": sorted(prices)})
    landed = {}
    for row in rows:
        price = prices[row.offer_id]
        goods = rounded(price.unit_price * price.quantity, price.currency)
        tax = rounded(goods * row.tax_rate, price.currency)
        is_free = row.free_shipping_from is not None and goods >= row.free_shipping_from
        shipping = Decimal(0) if is_free else rounded(row.shipping_fee or Decimal(0), price.currency)
        total = goods + tax + shipping
        landed[row.offer_id] = Landed(
            offer_id=row.offer_id, price=price, quantity=price.quantity, currency=price.currency,
            unit_price=price.unit_price, list_price=price.list_price, goods=goods, tax=tax, shipping=shipping,
            total=total, each=(total / price.quantity).quantize(Decimal("0.000001")),
            missing=max(Decimal(0), rounded((row.order_minimum or Decimal(0)) - goods, price.currency)),
        )  # fmt: skip
    return landed


_TERMS = text(
    "select o.id as offer_id, o.tax_rate, t.order_minimum, t.shipping_fee, t.free_shipping_from from offers o"
    " left join seller_terms t on t.seller_id = o.seller_id and t.currency = o.currency where o.id = any(:ids)"
)


def compare(work: Work, *, product_ids: Sequence[UUID], quantity: int | None = None) -> Comparison:
    """Up to five products side by side at a quantity (left out: the smallest order of each), in the order asked for.

    Of each the offer that is cheapest at the door stands for it. A product that one does not see, or that nobody sells,
    is left out as one that does not exist. Raises `Invalid` for more than five.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    ids = list(dict.fromkeys(product_ids))
    if len(ids) > MOST:
        raise Invalid(f"At most {MOST} products stand side by side.")
    cards = offer_cards(work, ids)
    wanted = {
        card.offer_id: max(quantity or card.minimum_quantity, card.minimum_quantity)
        for each in cards.values()
        for card in each
        if card.seller_id != work.actor.org_id
    }
    landed = landed_prices(work, quantities=wanted) if wanted else {}
    rows = {row.product_id: row for row in work.session.execute(_PRODUCTS, {"ids": ids})}
    claims = catalog.product_claims(work, product_ids=ids)
    products = []
    for product_id in ids:
        offers = [card for card in cards.get(product_id, []) if card.offer_id in landed]
        if not offers or product_id not in rows:
            continue
        best = min(offers, key=lambda card: _rank(card, landed[card.offer_id]))
        products.append(
            ComparedProduct(
                **rows[product_id]._asdict(), offers=len(offers), offer=best, landed=landed[best.offer_id],
                certificates=sorted({claim.requirement for claim in claims.get(product_id, [])}),
            )
        )  # fmt: skip
    shown = [product.product_id for product in products]
    return Comparison(
        products=products, specifications=catalog.aligned_specifications(work, product_ids=shown) if shown else []
    )


_PRODUCTS = text(
    "select p.id as product_id, p.name, p.brand, c.name as category, p.base_unit, p.picture_file_id from products p"
    " left join categories c on c.id = p.category_id where p.id = any(:ids) and p.history_id is null"
)


def _rank(card: OfferCard, landed: Landed) -> tuple[bool, Decimal, int, UUID]:
    return card.stock == "out", landed.each, card.lead_time_days, card.offer_id


def supplier_facts(work: Work, *, org_id: UUID) -> SupplierFacts:
    """What a supplier has on sale for the one who asks: how many products, how fast, and the regions it serves."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    row = work.session.execute(_SUPPLIER, {"org_id": org_id, "day": work.now.date()}).one()
    return SupplierFacts.model_validate(row._asdict())


_SUPPLIER = text(
    "select count(distinct v.product_id) as products, coalesce(min(o.lead_time_days), 0) as lead_time_days_min,"
    " coalesce(max(o.lead_time_days), 0) as lead_time_days_max,"
    " (select coalesce(array_agg(distinct r.name order by r.name), '{}') from territory_assignments t"
    "   join regions r on r.id = t.region_id where t.distributor_id = :org_id and :day >= t.valid_from"
    "   and (t.valid_to is null or :day < t.valid_to)) as regions"
    " from offers o join product_variants v on v.id = o.variant_id"
    " where o.seller_id = :org_id and o.state = 'published'"
    " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
)
