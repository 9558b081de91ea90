"""Discovery: search, facets and product pages, as a buyer sees them.

Owns whom an offer is shown to, and what buyers are told of stock. Shows published offers only, and only to whom
their seller shows them, with the actor's own price and what is told of the stock. Full-text
search first; when nothing matches, names that are spelled alike.
"""

from domain.discovery.audience import audience_choices, audience_of, set_audience, why_hidden
from domain.discovery.comparison import MOST as MOST_COMPARED
from domain.discovery.comparison import compare, landed_prices
from domain.discovery.events import AudienceChosen, StockDisplayChosen
from domain.discovery.queries import product_sheet
from domain.discovery.search import CANDIDATES, ORDERS, count_words, find_by_number, search_products
from domain.discovery.states import Audience, Display, DisplayFor, Shown
from domain.discovery.stock_display import FEW, my_stock_displays, set_stock_display, shown_stock
from domain.discovery.views import (
    AudienceChoices,
    AudienceRow,
    AudienceSheet,
    Choice,
    ComparedProduct,
    Comparison,
    Facet,
    Facets,
    Landed,
    NumberHit,
    OfferCard,
    ProductRow,
    ProductSheet,
    ResultPage,
    StockDisplayRow,
    StockShown,
    Visibility,
    Why,
)

__all__ = [
    "CANDIDATES",
    "FEW",
    "MOST_COMPARED",
    "ORDERS",
    "Audience",
    "AudienceChoices",
    "AudienceChosen",
    "AudienceRow",
    "AudienceSheet",
    "Choice",
    "ComparedProduct",
    "Comparison",
    "Display",
    "DisplayFor",
    "Facet",
    "Facets",
    "Landed",
    "NumberHit",
    "OfferCard",
    "ProductRow",
    "ProductSheet",
    "ResultPage",
    "Shown",
    "StockDisplayChosen",
    "StockDisplayRow",
    "StockShown",
    "Visibility",
    "Why",
    "audience_choices",
    "audience_of",
    "compare",
    "count_words",
    "find_by_number",
    "landed_prices",
    "my_stock_displays",
    "product_sheet",
    "search_products",
    "set_audience",
    "set_stock_display",
    "shown_stock",
    "why_hidden",
]
