"""Shipments of supplier orders, and what arrived of them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Key, Quantity, Record, one_of


class Carrier(StrEnum):
    DHL = "dhl"
    FEDEX = "fedex"
    UPS = "ups"
    DPD = "dpd"
    OWN_FLEET = "own_fleet"
    OTHER = "other"


class Shipment(Record):
    __tablename__ = "shipments"
    __table_args__ = (
        one_of("carrier", Carrier),
        CheckConstraint("delivered_at is null or delivered_at >= shipped_at", name="delivered_after_shipped"),
        UniqueConstraint("order_id", "position"),
        Index(None, "buyer_id"),
        Index(None, "seller_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    position: Mapped[int]
    carrier: Mapped[str]
    tracking: Mapped[str]
    shipped_at: Mapped[Instant]
    delivered_at: Mapped[datetime | None]
    received_by: Mapped[str | None]


class ShipmentLine(Record):
    __tablename__ = "shipment_lines"
    __table_args__ = (
        CheckConstraint("shipped > 0", name="shipped"),
        CheckConstraint("delivered is null or delivered between 0 and shipped", name="delivered"),
    )

    shipment_id: Mapped[Key] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    line_id: Mapped[Key] = mapped_column(ForeignKey("order_lines.id"), primary_key=True)
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    shipped: Mapped[Quantity]
    delivered: Mapped[Quantity | None]
