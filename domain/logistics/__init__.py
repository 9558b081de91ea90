"""Logistics: shipments of orders, with carrier and tracking, and what arrived of them.

`ship` and `deliver` are steps of the order's commands, which keep the quantities. A shipment is delivered
once, with a count per line.
"""

from domain.logistics.commands import AlreadyDelivered, deliver, ship
from domain.logistics.models import Carrier
from domain.logistics.queries import shipments_of_order
from domain.logistics.views import ShipmentLineRow, ShipmentSheet

__all__ = ["AlreadyDelivered", "Carrier", "ShipmentLineRow", "ShipmentSheet", "deliver", "ship", "shipments_of_order"]
