"""Pricing: the one resolver of prices, with a trace of why.

Owns no tables yet; it reads the catalogue's price tiers. Everything that shows or charges a price asks
`resolve`, so the search page, the basket and the order always agree.
"""

from domain.pricing.resolver import Price, resolve

__all__ = ["Price", "resolve"]
