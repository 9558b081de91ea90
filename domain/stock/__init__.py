"""Stock: how many base units of which variant lie where, in which lot, and what is reserved for whom.

Balances are written only by owner-owned SQL functions together with an append-only movement, under
row locks taken in the order of (variant, location, lot). A reservation holds lots, oldest expiry first,
for an order line; it is all or nothing. `take`, `firm`, `release` and `ship` are steps of the order's
commands. Announces receipts and counts. Refuses to go below zero or below what is reserved.
"""

from domain.stock.alerts import StockRanLow, ThresholdSet, open_alerts, set_threshold, tend_alerts
from domain.stock.commands import (
    NO_LOT,
    LargeAdjustment,
    OutOfStock,
    add_location,
    count_stock,
    firm,
    receive_stock,
    release,
    require_own_warehouses,
    ship,
    take,
)
from domain.stock.demand import daily_demand
from domain.stock.queries import my_locations, my_movements, my_stock
from domain.stock.views import AlertRow, Demand, LocationRow, MovementRow, StockRow, WishRow
from domain.stock.wishes import (
    ProductionWishClosed,
    ProductionWished,
    close_production_wish,
    production_wishes,
    wish_production,
)

__all__ = [
    "AlertRow",
    "Demand",
    "StockRanLow",
    "ThresholdSet",
    "daily_demand",
    "open_alerts",
    "ProductionWishClosed",
    "ProductionWished",
    "WishRow",
    "close_production_wish",
    "production_wishes",
    "set_threshold",
    "wish_production",
    "tend_alerts",
    "NO_LOT",
    "LargeAdjustment",
    "LocationRow",
    "MovementRow",
    "OutOfStock",
    "StockRow",
    "add_location",
    "count_stock",
    "firm",
    "my_locations",
    "my_movements",
    "my_stock",
    "receive_stock",
    "release",
    "require_own_warehouses",
    "ship",
    "take",
]
