"""Pricing: the one resolver of prices, with a trace of why, and what may lower a price beyond its list.

It reads the catalogue's price lists and owns the rest: customer groups, price rules of groups and customers,
promotions with budgets, wishes for prices below the floor, and minimums by product. Everything that shows or charges a
price asks `resolve`, so the search page, the basket and the order always agree. The order of the steps stands in
`arithmetic`. Budgets are spent by the order that uses them, under a lock, and come back when it ends unsold.
"""

from domain.pricing.arithmetic import Use
from domain.pricing.queries import (
    my_customers,
    my_groups,
    my_price_lists,
    my_product_minimums,
    my_rules,
    price_history,
)
from domain.pricing.requests import ask_price, decide_price_request, price_requests
from domain.pricing.resolver import Ask, Price, resolve, resolve_many, shown_prices
from domain.pricing.rules import close_group, end_rule, make_rule, open_group, set_group_members, set_product_minimum
from domain.pricing.spending import LineUse, PromotionUsedUp, return_promotions, spend_promotions
from domain.pricing.states import PriceRequestState, RuleKind, Scope, Step
from domain.pricing.views import (
    CustomerRow,
    GroupRow,
    PastPrice,
    PricedOffer,
    PriceRequestRow,
    ProductMinimumRow,
    RuleRow,
)

__all__ = [
    "Ask",
    "CustomerRow",
    "GroupRow",
    "LineUse",
    "PastPrice",
    "Price",
    "PriceRequestRow",
    "PriceRequestState",
    "PricedOffer",
    "ProductMinimumRow",
    "PromotionUsedUp",
    "RuleKind",
    "RuleRow",
    "Scope",
    "Step",
    "Use",
    "ask_price",
    "close_group",
    "decide_price_request",
    "end_rule",
    "make_rule",
    "my_customers",
    "my_groups",
    "my_price_lists",
    "my_product_minimums",
    "my_rules",
    "open_group",
    "price_history",
    "price_requests",
    "resolve",
    "resolve_many",
    "return_promotions",
    "set_group_members",
    "set_product_minimum",
    "shown_prices",
    "spend_promotions",
]
