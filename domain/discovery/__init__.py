"""Discovery: search, facets and product pages, as a buyer sees them.

Owns no tables. Shows published offers only, with the actor's own price and how much is free. Full-text
search first; when nothing matches, names that are spelled alike.
"""

from domain.discovery.queries import CANDIDATES, ORDERS, product_sheet, search_products
from domain.discovery.views import Facet, OfferCard, ProductRow, ProductSheet, ResultPage

__all__ = [
    "CANDIDATES",
    "ORDERS",
    "Facet",
    "OfferCard",
    "ProductRow",
    "ProductSheet",
    "ResultPage",
    "product_sheet",
    "search_products",
]
