"""Where goods lie. Owner-owned functions move stock; nothing else writes balances or movements."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Key, Quantity, Record, one_of


class MovementKind(StrEnum):
    RECEIVED = "received"
    COUNTED = "counted"
    SHIPPED = "shipped"


class ReservationState(StrEnum):
    HELD = "held"
    SHIPPED = "shipped"
    RELEASED = "released"


class Location(Record):
    """A place where stock is kept (screens say warehouse)."""

    __tablename__ = "locations"
    __table_args__ = (UniqueConstraint("org_id", "name"), UniqueConstraint("id", "org_id"))

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]


class Lot(Record):
    """A batch of one variant. Every balance has a lot; goods without batches share the lot "-"."""

    __tablename__ = "lots"
    __table_args__ = (UniqueConstraint("org_id", "variant_id", "code"), UniqueConstraint("id", "org_id", "variant_id"))

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    code: Mapped[str]
    expires_on: Mapped[date | None]


class Balance(Record):
    """On hand and reserved per owner, variant, location and lot. Base units."""

    __tablename__ = "stock_balances"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved"),
        Index("stock_balances_org_id_variant_id_idx", "org_id", "variant_id"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"), primary_key=True)
    location_id: Mapped[Key] = mapped_column(ForeignKey("locations.id"), primary_key=True)
    lot_id: Mapped[Key] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    on_hand: Mapped[Quantity] = mapped_column(server_default=text("0"))
    reserved: Mapped[Quantity] = mapped_column(server_default=text("0"))


class Movement(Record):
    """Why a balance is what it is: append-only, with the cause."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("kind", MovementKind),
        CheckConstraint("quantity <> 0", name="quantity"),
        Index(None, "org_id", "variant_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key]
    location_id: Mapped[Key]
    lot_id: Mapped[Key]
    quantity: Mapped[Quantity]
    kind: Mapped[str]
    cause: Mapped[str]
    cause_id: Mapped[UUID]
    actor_user_id: Mapped[UUID | None]
    recorded_at: Mapped[Instant]


class Reservation(Record):
    """Stock held for an order line, by lot. `quantity` is what is still held."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        one_of("state", ReservationState),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("(state = 'held') = (quantity > 0)", name="held"),
        Index(None, "order_id"),
        Index(
            "stock_reservations_held_idx",
            "variant_id",
            "location_id",
            "lot_id",
            postgresql_where=text("state = 'held'"),
        ),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    buyer_id: Mapped[Key]
    order_id: Mapped[Key]
    line_id: Mapped[Key]
    variant_id: Mapped[Key]
    location_id: Mapped[Key]
    lot_id: Mapped[Key]
    quantity: Mapped[Quantity]
    state: Mapped[str]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Instant]
