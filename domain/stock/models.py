"""Where goods lie. Owner-owned functions move stock; nothing else writes balances, movements or layers."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Id, Instant, Key, Quantity, Record, one_of
from domain.kernel.states import check_move
from domain.stock.states import (
    COUNT_MOVES,
    DISCREPANCY_MOVES,
    LOT_MOVES,
    TRANSFER_MOVES,
    AllocationState,
    CountLineState,
    CountState,
    DiscrepancyState,
    HoldState,
    LocationKind,
    LotState,
    MovementKind,
    ReservationState,
    SerialState,
    TransferState,
)


class Location(Record):
    """A place where stock is kept: a warehouse or a store, with zones and bins in it. Goods may lie at any level."""

    __tablename__ = "locations"
    __table_args__ = (
        one_of("kind", LocationKind),
        CheckConstraint("(kind in ('zone', 'bin')) = (parent_id is not null)", name="parent"),
        CheckConstraint("(parent_id is null) = (warehouse_id is null)", name="warehouse"),
        UniqueConstraint("org_id", "parent_id", "kind", "name", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "org_id"),
        ForeignKeyConstraint(["parent_id", "org_id"], ["locations.id", "locations.org_id"]),
        ForeignKeyConstraint(["warehouse_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index("locations_one_of_a_kind_idx", "org_id", "kind", unique=True,
              postgresql_where=text("kind in ('transit', 'aside')")),
        Index(None, "warehouse_id", postgresql_where=text("warehouse_id is not null")),
        Index(None, "parent_id", postgresql_where=text("parent_id is not null")),
    )  # fmt: skip

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default=text("'warehouse'"))
    parent_id: Mapped[UUID | None]
    warehouse_id: Mapped[UUID | None]  # the root of the tree; null: it is one
    code: Mapped[str | None]


class Lot(Record):
    """A batch of one variant. Every balance has a lot; goods without batches share the lot "-"."""

    __tablename__ = "lots"
    __table_args__ = (
        one_of("state", LotState),
        CheckConstraint("made_on <= expires_on", name="made_on"),
        UniqueConstraint("org_id", "variant_id", "code"),
        UniqueConstraint("id", "org_id", "variant_id"),
        Index(None, "org_id", "expires_on", postgresql_where=text("expires_on is not null")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    code: Mapped[str]
    expires_on: Mapped[date | None]
    made_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(server_default=text("'available'"))
    state_reason: Mapped[str | None]
    state_changed_at: Mapped[datetime | None]

    def move_to(self, state: LotState) -> None:
        check_move(LOT_MOVES, LotState(self.state), state, noun="lot")
        self.state = state.value


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
    # Goods on the way or set aside belong to the owner and cannot be sold. A location never changes its kind.
    is_for_sale: Mapped[bool] = mapped_column(server_default=text("true"))


class Movement(Record):
    """Why a balance is what it is: append-only, with the cause."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("kind", MovementKind),
        CheckConstraint("quantity <> 0", name="quantity"),
        CheckConstraint("unit_cost is null or (unit_cost >= 0 and currency is not null and quantity > 0)", name="cost"),
        Index(None, "org_id", "variant_id", "id"),
        Index(None, "lot_id", "id"),
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
    note: Mapped[str | None]
    unit_cost: Mapped[Decimal | None] = mapped_column(Numeric(19, 6))
    currency: Mapped[str | None]


class Reservation(Record):
    """Stock held for an order line or by hand, by lot. `quantity` is what is still held."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        one_of("state", ReservationState),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("(state = 'held') = (quantity > 0)", name="held"),
        CheckConstraint(
            "(order_id is null) = (hold_id is not null) and (order_id is null) = (line_id is null)", name="cause"
        ),
        Index(None, "order_id"),
        Index(None, "hold_id", postgresql_where=text("hold_id is not null")),
        Index(
            "stock_reservations_held_idx",
            "variant_id",
            "location_id",
            "lot_id",
            postgresql_where=text("state = 'held'"),
        ),
        ForeignKeyConstraint(["hold_id", "org_id"], ["stock_holds.id", "stock_holds.org_id"]),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    buyer_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    line_id: Mapped[UUID | None]
    hold_id: Mapped[UUID | None]
    variant_id: Mapped[Key]
    location_id: Mapped[Key]
    lot_id: Mapped[Key]
    quantity: Mapped[Quantity]
    state: Mapped[str]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Instant]


class Hold(Record):
    """Units that somebody keeps back by hand, without an order, until an instant or until they let go."""

    __tablename__ = "stock_holds"
    __table_args__ = (
        one_of("state", HoldState),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(state = 'released') = (ended_at is not null)", name="ended"),
        UniqueConstraint("id", "org_id"),
        Index(None, "expires_at", postgresql_where=text("state = 'held' and expires_at is not null")),
        Index(None, "org_id", "state"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    quantity: Mapped[Quantity]
    note: Mapped[str]
    state: Mapped[str]
    expires_at: Mapped[datetime | None]
    made_by: Mapped[UUID | None]
    made_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]


class Allocation(Record):
    """Units of a variant that only one customer may order until a day. What is left then is free for all."""

    __tablename__ = "stock_allocations"
    __table_args__ = (
        one_of("state", AllocationState),
        CheckConstraint("quantity > 0 and used between 0 and quantity", name="quantity"),
        CheckConstraint("org_id <> holder_id", name="holder"),
        CheckConstraint("(state = 'ended') = (ended_at is not null)", name="ended"),
        UniqueConstraint("id", "org_id"),
        Index(
            "stock_allocations_one_active_idx", "org_id", "variant_id", "holder_id", unique=True,
            postgresql_where=text("state = 'active'"),
        ),
        Index(None, "holder_id", postgresql_where=text("state = 'active'")),
        Index(None, "ends_at", postgresql_where=text("state = 'active'")),
    )  # fmt: skip

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    holder_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    quantity: Mapped[Quantity]
    used: Mapped[Quantity] = mapped_column(server_default=text("0"))
    state: Mapped[str]
    note: Mapped[str]
    ends_at: Mapped[Instant]
    made_by: Mapped[UUID | None]
    made_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]


class Draw(Record):
    """How much of an allocation an order line used."""

    __tablename__ = "stock_draws"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        ForeignKeyConstraint(["allocation_id", "org_id"], ["stock_allocations.id", "stock_allocations.org_id"]),
        Index(None, "order_id"),
    )

    allocation_id: Mapped[Key] = mapped_column(primary_key=True)
    line_id: Mapped[Key] = mapped_column(primary_key=True)
    org_id: Mapped[Key]
    order_id: Mapped[Key]
    quantity: Mapped[Quantity]


class Layer(Record):
    """What came in together at one cost. What goes out of a lot in a place uses its oldest layers first."""

    __tablename__ = "stock_layers"
    __table_args__ = (
        CheckConstraint("quantity > 0 and remaining between 0 and quantity", name="remaining"),
        CheckConstraint("unit_cost >= 0 and (unit_cost is null) = (currency is null)", name="cost"),
        UniqueConstraint("id", "org_id"),
        ForeignKeyConstraint(["lot_id", "org_id", "variant_id"], ["lots.id", "lots.org_id", "lots.variant_id"]),
        Index(
            "stock_layers_left_idx", "variant_id", "location_id", "lot_id", "received_at", "id",
            postgresql_where=text("remaining > 0"),
        ),
        Index(None, "org_id", "variant_id", "received_at"),
        Index(None, "movement_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key]
    location_id: Mapped[Key]
    lot_id: Mapped[Key]
    movement_id: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[Instant]  # when the goods came to the organisation: a move between its places keeps it
    recorded_at: Mapped[Instant]
    unit_cost: Mapped[Decimal | None] = mapped_column(Numeric(19, 6))
    currency: Mapped[str | None]
    is_estimated: Mapped[bool] = mapped_column(server_default=text("false"))
    quantity: Mapped[Quantity]
    remaining: Mapped[Quantity]


class LayerUse(Record):
    """How many units of a layer a movement took."""

    __tablename__ = "stock_layer_uses"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(["layer_id", "org_id"], ["stock_layers.id", "stock_layers.org_id"]),
        Index(None, "movement_id"),
        Index(None, "org_id", "used_at"),
    )

    layer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    movement_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    org_id: Mapped[Key]
    variant_id: Mapped[Key]
    quantity: Mapped[Quantity]
    used_at: Mapped[Instant]


class Serial(Record):
    """One single unit by its number: where it is, or how it left. A number exists once a variant and owner."""

    __tablename__ = "stock_serials"
    __table_args__ = (
        one_of("state", SerialState),
        CheckConstraint("(state = 'in_stock') = (location_id is not null)", name="place"),
        CheckConstraint("(state = 'shipped') = (shipment_id is not null)", name="shipment"),
        UniqueConstraint("org_id", "variant_id", "serial"),
        ForeignKeyConstraint(["lot_id", "org_id", "variant_id"], ["lots.id", "lots.org_id", "lots.variant_id"]),
        ForeignKeyConstraint(["location_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index(None, "variant_id", "location_id", "lot_id", postgresql_where=text("state = 'in_stock'")),
        Index(None, "shipment_id", postgresql_where=text("shipment_id is not null")),
        ForeignKeyConstraint(
            ["transfer_line_id", "org_id"], ["stock_transfer_lines.id", "stock_transfer_lines.org_id"]
        ),
        Index(None, "transfer_line_id", postgresql_where=text("transfer_line_id is not null")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    variant_id: Mapped[Key]
    lot_id: Mapped[Key]
    serial: Mapped[str]
    state: Mapped[str]
    location_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    shipment_id: Mapped[UUID | None]
    received_at: Mapped[Instant]
    left_at: Mapped[datetime | None]
    transfer_line_id: Mapped[UUID | None]  # while it is on the way, or set aside


class LifeTerm(Record):
    """How much of a lot's life must be left for goods that go to a customer; without a customer for all others."""

    __tablename__ = "stock_life_terms"
    __table_args__ = (
        CheckConstraint("least_percent between 0 and 100", name="least_percent"),
        UniqueConstraint("org_id", "buyer_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    buyer_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    least_percent: Mapped[int]
    set_by: Mapped[UUID | None]
    set_at: Mapped[Instant]


class Transfer(Record):
    """Goods that go from one own place to another; between sending and receiving they lie in transit."""

    __tablename__ = "stock_transfers"
    __table_args__ = (
        one_of("state", TransferState),
        CheckConstraint("from_location_id <> to_location_id", name="places"),
        UniqueConstraint("id", "org_id"),
        ForeignKeyConstraint(["from_location_id", "org_id"], ["locations.id", "locations.org_id"]),
        ForeignKeyConstraint(["to_location_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index(None, "org_id", "state"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    from_location_id: Mapped[Key]
    to_location_id: Mapped[Key]
    state: Mapped[str]
    note: Mapped[str]
    made_by: Mapped[UUID | None]
    made_at: Mapped[Instant]
    sent_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def move_to(self, state: TransferState) -> None:
        check_move(TRANSFER_MOVES, TransferState(self.state), state, noun="transfer")
        self.state = state.value


class TransferLine(Record):
    """One lot of a transfer: what was sent, and what of it arrived well or not."""

    __tablename__ = "stock_transfer_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 and received >= 0 and rejected >= 0", name="quantity"),
        CheckConstraint("received + rejected <= quantity", name="arrived"),
        UniqueConstraint("id", "org_id"),
        UniqueConstraint("transfer_id", "variant_id", "lot_id", "from_location_id"),
        ForeignKeyConstraint(["transfer_id", "org_id"], ["stock_transfers.id", "stock_transfers.org_id"]),
        ForeignKeyConstraint(["lot_id", "org_id", "variant_id"], ["lots.id", "lots.org_id", "lots.variant_id"]),
        ForeignKeyConstraint(["from_location_id", "org_id"], ["locations.id", "locations.org_id"]),
    )

    id: Mapped[Id]
    org_id: Mapped[Key]
    transfer_id: Mapped[Key]
    variant_id: Mapped[Key]
    lot_id: Mapped[Key]
    from_location_id: Mapped[Key]
    quantity: Mapped[Quantity]
    received: Mapped[Quantity] = mapped_column(server_default=text("0"))
    rejected: Mapped[Quantity] = mapped_column(server_default=text("0"))


class Discrepancy(Record):
    """Units of a transfer that did not arrive well; they are set aside until somebody says what became of them."""

    __tablename__ = "stock_discrepancies"
    __table_args__ = (
        one_of("state", DiscrepancyState),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        ForeignKeyConstraint(["line_id", "org_id"], ["stock_transfer_lines.id", "stock_transfer_lines.org_id"]),
        Index(None, "org_id", "state"),
        Index(None, "line_id"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    line_id: Mapped[Key]
    quantity: Mapped[Quantity]
    state: Mapped[str]
    what: Mapped[str]
    opened_by: Mapped[UUID | None]
    opened_at: Mapped[Instant]
    reason: Mapped[str | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]

    def move_to(self, state: DiscrepancyState) -> None:
        check_move(DISCREPANCY_MOVES, DiscrepancyState(self.state), state, noun="discrepancy")
        self.state = state.value


class Count(Record):
    """A count of what lies in a place, while trade goes on."""

    __tablename__ = "stock_counts"
    __table_args__ = (
        one_of("state", CountState),
        CheckConstraint("(state in ('closed', 'cancelled')) = (ended_at is not null)", name="ended"),
        UniqueConstraint("id", "org_id"),
        ForeignKeyConstraint(["location_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index(None, "org_id", "state"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    location_id: Mapped[Key]
    name: Mapped[str]
    state: Mapped[str]
    made_by: Mapped[UUID | None]
    made_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]

    def move_to(self, state: CountState) -> None:
        check_move(COUNT_MOVES, CountState(self.state), state, noun="count")
        self.state = state.value


class CountLine(Record):
    """One lot in one place to count. `expected` is the balance at the instant of the count, after `movement_id`."""

    __tablename__ = "stock_count_lines"
    __table_args__ = (
        one_of("state", CountLineState),
        CheckConstraint("counted >= 0", name="counted"),
        CheckConstraint("(state = 'open') = (counted is null)", name="open"),
        CheckConstraint("(counted is null) = (expected is null)", name="expected"),
        UniqueConstraint("count_id", "variant_id", "location_id", "lot_id"),
        ForeignKeyConstraint(["count_id", "org_id"], ["stock_counts.id", "stock_counts.org_id"]),
        ForeignKeyConstraint(["lot_id", "org_id", "variant_id"], ["lots.id", "lots.org_id", "lots.variant_id"]),
        ForeignKeyConstraint(["location_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index(None, "org_id", "variant_id", "counted_at"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key]
    count_id: Mapped[Key]
    variant_id: Mapped[Key]
    location_id: Mapped[Key]
    lot_id: Mapped[Key]
    state: Mapped[str]
    counted: Mapped[int | None]
    expected: Mapped[int | None]
    movement_id: Mapped[int | None]
    counted_by: Mapped[UUID | None]
    counted_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))

    @property
    def difference(self) -> int:
        return 0 if self.counted is None or self.expected is None else self.counted - self.expected

    def note(self, counted: int, expected: int, movement_id: int | None, by: UUID | None, at: datetime) -> None:
        """What somebody counted, beside what lay there at that instant; the last word counts."""
        self.state, self.counted, self.expected = CountLineState.COUNTED.value, counted, expected
        self.movement_id, self.counted_by, self.counted_at = movement_id, by, at
        self.tries = (self.tries or 0) + 1

    def forget(self) -> None:
        """It is counted again, by somebody who does not see what was counted first."""
        self.state, self.counted, self.expected = CountLineState.OPEN.value, None, None
        self.movement_id = self.counted_by = self.counted_at = None

    def post(self) -> None:
        self.state = CountLineState.POSTED.value
