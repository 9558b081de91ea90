"""Discovery: search, facets and product pages, as a buyer sees them.

Owns whom an offer is shown to, and what buyers are told of stock. Shows published offers only, and only to whom
their seller shows them, with the actor's own price and what is told of the stock. Full-text
search first; when nothing matches, names that are spelled alike.
"""

from domain.discovery.audience import (
    audience_choices,
    audience_of,
    audiences_of,
    offers_of_number,
    set_audience,
    why_hidden,
)
from domain.discovery.comparison import MOST as MOST_COMPARED
from domain.discovery.comparison import compare, landed_prices, supplier_facts
from domain.discovery.events import AudienceChosen, NewProductsFound, SearchForgotten, SearchSaved, StockDisplayChosen
from domain.discovery.queries import product_sheet
from domain.discovery.saved import (
    forget_search,
    forget_searches_of,
    look_for_new,
    my_searches,
    recently_viewed,
    save_search,
    searches_due,
)
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
    Criteria,
    Facet,
    Facets,
    Landed,
    NumberHit,
    OfferCard,
    OfferName,
    ProductRow,
    ProductSheet,
    ResultPage,
    SavedSearchRow,
    StockDisplayRow,
    StockShown,
    SupplierFacts,
    ViewedProduct,
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
    "Criteria",
    "Display",
    "DisplayFor",
    "Facet",
    "Facets",
    "Landed",
    "NewProductsFound",
    "NumberHit",
    "OfferCard",
    "OfferName",
    "ProductRow",
    "ProductSheet",
    "ResultPage",
    "SavedSearchRow",
    "SearchForgotten",
    "SearchSaved",
    "Shown",
    "StockDisplayChosen",
    "StockDisplayRow",
    "StockShown",
    "SupplierFacts",
    "ViewedProduct",
    "Visibility",
    "Why",
    "audience_choices",
    "audience_of",
    "audiences_of",
    "compare",
    "count_words",
    "find_by_number",
    "forget_search",
    "forget_searches_of",
    "landed_prices",
    "look_for_new",
    "my_searches",
    "my_stock_displays",
    "offers_of_number",
    "product_sheet",
    "recently_viewed",
    "save_search",
    "search_products",
    "searches_due",
    "set_audience",
    "set_stock_display",
    "shown_stock",
    "supplier_facts",
    "why_hidden",
]
