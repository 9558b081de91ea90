"""The catalogue: categories, products with variants, and each seller's offers.

A product is a shared identity; an *offer* is one seller's SKU for one variant, with order rules (minimum
quantity, increment, packs), price tiers and a lead time. Offers are draft, published, paused or
discontinued. Prices are never overwritten: a new list closes the old rows. Announces what changed with
before and after. Relies on identity. Refuses rising price ladders, doubled SKUs and changes to what
somebody else has just changed.
"""

from domain.catalog.audience import mark_audience
from domain.catalog.commands import (
    SkuTaken,
    change_offer,
    change_product,
    create_category,
    create_offer,
    create_product,
    discontinue_offer,
    pause_offer,
    publish_offer,
    set_lead_time,
    set_seller_terms,
)
from domain.catalog.history import adopt_products
from domain.catalog.prices import (
    BelowFloor,
    StaleVersion,
    begin_prices,
    change_prices,
    changed_ladders,
    check_price,
    may_go_to,
    plan_prices,
    planned_prices,
    require_floor,
    set_price_floor,
    set_price_tiers,
    set_prices,
    withdraw_plan,
)
from domain.catalog.queries import categories, my_offers, offer_sheet, seller_terms, variants_of_product
from domain.catalog.states import OfferState
from domain.catalog.uploading import CatalogImported, ImportedCatalog, import_catalog
from domain.catalog.views import CategoryRow, OfferRow, OfferSheet, PackRow, PlanRow, SellerTermsSheet, Tier

__all__ = [
    "BelowFloor",
    "CatalogImported",
    "CategoryRow",
    "ImportedCatalog",
    "OfferRow",
    "OfferSheet",
    "OfferState",
    "PackRow",
    "PlanRow",
    "SellerTermsSheet",
    "SkuTaken",
    "StaleVersion",
    "Tier",
    "adopt_products",
    "begin_prices",
    "categories",
    "change_offer",
    "change_prices",
    "change_product",
    "changed_ladders",
    "check_price",
    "create_category",
    "create_offer",
    "create_product",
    "discontinue_offer",
    "import_catalog",
    "mark_audience",
    "may_go_to",
    "my_offers",
    "offer_sheet",
    "pause_offer",
    "plan_prices",
    "planned_prices",
    "publish_offer",
    "require_floor",
    "seller_terms",
    "set_lead_time",
    "set_price_floor",
    "set_price_tiers",
    "set_prices",
    "set_seller_terms",
    "variants_of_product",
    "withdraw_plan",
]
