"""Baskets, purchases, supplier orders with their lines, acceptances and returns."""

from datetime import datetime
from decimal import Decimal
from typing import Any
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain import catalog, pricing, stock  # noqa: F401  foreign keys point at their tables: known wherever orders are
from domain.identity.states import Origin
from domain.kernel.records import (
    Amount,
    Currency,
    ExactValue,
    Id,
    Instant,
    Json,
    Key,
    Quantity,
    Rate,
    Record,
    UnitPrice,
    one_of,
    settled,
)
from domain.kernel.states import check_move
from domain.orders.states import MOVES, REQUEST_MOVES, OrderState, RequestState
from domain.payments.states import Method


class Basket(Record):
    """What a buyer collects before checkout. One is open per organisation and person.

    One that waits for an approval is set aside (`requested_at`), so that its person can fill another.
    """

    __tablename__ = "baskets"
    __table_args__ = (
        Index(
            "baskets_open_key",
            "buyer_id",
            "person_id",
            unique=True,
            postgresql_where=text("placed_at is null and requested_at is null"),
        ),
        UniqueConstraint("id", "buyer_id"),
    )

    id: Mapped[Id]
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[Instant]
    placed_at: Mapped[datetime | None]
    requested_at: Mapped[datetime | None]


class BasketLine(Record):
    """`seen_unit_price` is the price the buyer was shown; a change since is confirmed anew."""

    __tablename__ = "basket_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(["basket_id", "buyer_id"], ["baskets.id", "baskets.buyer_id"], ondelete="CASCADE"),
    )

    basket_id: Mapped[Key] = mapped_column(primary_key=True)
    offer_id: Mapped[Key] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    buyer_id: Mapped[Key]
    quantity: Mapped[Quantity]
    seen_unit_price: Mapped[UnitPrice]
    added_at: Mapped[Instant]


class ApprovalRule(Record):
    """How an organisation approves purchases; without a row nobody approves their own and no amount asks for it.

    From `amount` on everybody but an owner asks, personal limit or not.
    """

    __tablename__ = "approval_rules"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"), *settled("amount"))

    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(19, 4))
    currency: Mapped[Currency]
    own_requests: Mapped[bool]
    set_by: Mapped[UUID | None]
    set_at: Mapped[Instant]


class PurchaseRequest(Record):
    """A basket whose person may not order it alone, with all that the order needs."""

    __tablename__ = "purchase_requests"
    __table_args__ = (
        one_of("state", RequestState),
        one_of("payment_method", Method),
        *settled("total"),
        CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
        CheckConstraint("(state = 'approved') = (purchase_id is not null)", name="purchase"),
        ForeignKeyConstraint(["basket_id", "buyer_id"], ["baskets.id", "baskets.buyer_id"]),
        ForeignKeyConstraint(["site_id", "buyer_id"], ["sites.id", "sites.org_id"]),
        ForeignKeyConstraint(["purchase_id", "buyer_id"], ["purchases.id", "purchases.buyer_id"]),
        Index(
            "purchase_requests_waiting_key", "basket_id", unique=True, postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "buyer_id", "asked_at"),
    )  # fmt: skip

    id: Mapped[Id]
    buyer_id: Mapped[Key]
    basket_id: Mapped[Key]
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    site_id: Mapped[Key]
    payment_method: Mapped[str]
    currency: Mapped[Currency]
    total: Mapped[Amount]
    note: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    reminded_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    purchase_id: Mapped[UUID | None]

    def move_to(self, state: RequestState) -> None:
        check_move(REQUEST_MOVES, RequestState(self.state), state, noun="request")
        self.state = state.value


class Purchase(Record):
    """One checkout: the sum of its supplier orders, one per seller."""

    __tablename__ = "purchases"
    __table_args__ = (
        one_of("origin", Origin),
        one_of("payment_method", (*Method, "unknown")),
        UniqueConstraint("history_id", "external_id"),
        UniqueConstraint("id", "buyer_id"),
        ForeignKeyConstraint(["site_id", "buyer_id"], ["sites.id", "sites.org_id"]),
        *settled("goods", "tax", "shipping", "total"),
        CheckConstraint("total = goods + tax + shipping", name="total"),
        Index(None, "buyer_id", "created_at"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(server_default=text("'live'"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    external_id: Mapped[str | None]
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    site_id: Mapped[UUID | None]
    placed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    payment_method: Mapped[str]
    currency: Mapped[Currency]
    goods: Mapped[Amount]
    tax: Mapped[Amount]
    shipping: Mapped[Amount]
    total: Mapped[Amount]
    created_at: Mapped[Instant]


class SupplierOrder(Record):
    """What one seller owes one buyer of a purchase. `version` counts its state changes."""

    __tablename__ = "supplier_orders"
    __table_args__ = (
        one_of("origin", Origin),
        one_of("state", OrderState),
        one_of("payment_method", (*Method, "unknown")),
        *settled("goods", "tax", "shipping", "total"),
        CheckConstraint("total = goods + tax + shipping", name="total"),
        CheckConstraint("goods >= 0 and tax >= 0 and shipping >= 0", name="not_negative"),
        CheckConstraint("produced_percent between 0 and 100", name="produced_percent"),
        ForeignKeyConstraint(["purchase_id", "buyer_id"], ["purchases.id", "purchases.buyer_id"]),
        ForeignKeyConstraint(["site_id", "buyer_id"], ["sites.id", "sites.org_id"]),
        UniqueConstraint("id", "buyer_id", "seller_id"),
        Index(None, "purchase_id"),
        Index(None, "buyer_id", "created_at"),
        Index(None, "seller_id", "created_at"),
        Index("supplier_orders_secured_at_idx", "secured_at"),
        Index("supplier_orders_completed_at_idx", "completed_at"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(server_default=text("'live'"))
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    purchase_id: Mapped[Key]
    parent_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    distributor_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    site_id: Mapped[UUID | None]
    buyer_name: Mapped[str]
    seller_name: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    payment_method: Mapped[str] = mapped_column(server_default=text("'unknown'"))
    currency: Mapped[Currency]
    goods: Mapped[Amount]
    tax: Mapped[Amount]
    shipping: Mapped[Amount]
    total: Mapped[Amount]
    produced_percent: Mapped[int] = mapped_column(server_default=text("0"))
    lead_time_days: Mapped[int] = mapped_column(server_default=text("0"))
    production_days: Mapped[int] = mapped_column(server_default=text("0"))
    delivery_address: Mapped[Json]
    buyer_note: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Instant]
    secured_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    first_shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.line_no", lazy="raise")

    def move_to(self, state: OrderState) -> None:
        check_move(MOVES, OrderState(self.state), state, noun="order")
        self.state = state.value
        self.version += 1


class OrderLine(Record):
    """One offer of an order. All quantities are base units; amounts are for `ordered` of them.

    `exact_value` is quantity x unit price - discount before rounding to the minor unit (`goods`).
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "buyer_id", "seller_id"],
            ["supplier_orders.id", "supplier_orders.buyer_id", "supplier_orders.seller_id"],
        ),
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        ForeignKeyConstraint(["policy_id", "seller_id"], ["sale_policies.id", "sale_policies.seller_id"]),
        Index("order_lines_policy_id_idx", "policy_id", postgresql_where=text("policy_id is not null")),
        UniqueConstraint("order_id", "line_no"),
        Index(None, "offer_id"),
        *settled("goods", "tax", "shipping"),
        CheckConstraint("ordered > 0", name="ordered"),
        CheckConstraint("least(confirmed, cancelled, shipped, delivered, accepted, lost) >= 0", name="not_negative"),
        CheckConstraint("confirmed + cancelled <= ordered", name="confirmed"),
        CheckConstraint("shipped <= confirmed", name="shipped"),
        CheckConstraint("delivered + lost <= shipped", name="delivered"),
        CheckConstraint("accepted <= delivered", name="accepted"),
        CheckConstraint("exact_value = ordered * unit_price - discount", name="exact_value"),
    )

    id: Mapped[Id]
    order_id: Mapped[Key]
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    line_no: Mapped[int]
    offer_id: Mapped[Key]
    variant_id: Mapped[Key] = mapped_column(ForeignKey("product_variants.id"))
    sku: Mapped[str]
    name: Mapped[str]
    currency: Mapped[Currency]
    ordered: Mapped[Quantity]
    confirmed: Mapped[Quantity] = mapped_column(server_default=text("0"))
    cancelled: Mapped[Quantity] = mapped_column(server_default=text("0"))
    shipped: Mapped[Quantity] = mapped_column(server_default=text("0"))
    delivered: Mapped[Quantity] = mapped_column(server_default=text("0"))
    accepted: Mapped[Quantity] = mapped_column(server_default=text("0"))
    lost: Mapped[Quantity] = mapped_column(server_default=text("0"))
    unit_price: Mapped[UnitPrice]
    discount: Mapped[UnitPrice] = mapped_column(server_default=text("0"))
    exact_value: Mapped[ExactValue]
    goods: Mapped[Amount]
    tax_rate: Mapped[Rate]
    tax: Mapped[Amount]
    shipping: Mapped[Amount]
    price_trace: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    policy_id: Mapped[UUID | None]  # the version of warranty and returns it was ordered under
    grade: Mapped[str | None]


class PromotionUse(Record):
    """What a promotion gave to an order line, and what came back: written by the database's own functions alone."""

    __tablename__ = "promotion_uses"
    __table_args__ = (
        UniqueConstraint("line_id", "kind"),
        ForeignKeyConstraint(["rule_id", "seller_id"], ["price_rules.id", "price_rules.seller_id"]),
        ForeignKeyConstraint(
            ["order_id", "buyer_id", "seller_id"],
            ["supplier_orders.id", "supplier_orders.buyer_id", "supplier_orders.seller_id"],
        ),
        one_of("kind", ("spent", "returned")),
        *settled("amount"),
        CheckConstraint(
            "case kind when 'spent' then amount >= 0 and units > 0 else amount <= 0 and units < 0 end", name="sign"
        ),
        Index(None, "rule_id"),
        Index(None, "order_id"),
    )

    id: Mapped[Id]
    rule_id: Mapped[Key]
    seller_id: Mapped[Key]
    buyer_id: Mapped[Key]
    order_id: Mapped[Key]
    line_id: Mapped[Key] = mapped_column(ForeignKey("order_lines.id"))
    kind: Mapped[str]
    currency: Mapped[Currency]
    amount: Mapped[Amount]
    units: Mapped[Quantity]
    used_at: Mapped[Instant]


class ProductionReport(Record):
    __tablename__ = "production_reports"
    __table_args__ = (CheckConstraint("percent between 0 and 100", name="percent"), Index(None, "order_id"))

    id: Mapped[Id]
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    percent: Mapped[int]
    note: Mapped[str]
    reported_by: Mapped[Key]
    reported_at: Mapped[Instant]


class Acceptance(Record):
    """The buyer (or the timer) takes delivered goods; each one releases its share of the escrow."""

    __tablename__ = "acceptances"
    __table_args__ = (one_of("how", ("buyer", "timer")), Index(None, "order_id"))

    id: Mapped[Id]
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    how: Mapped[str]
    accepted_by: Mapped[UUID | None]
    accepted_at: Mapped[Instant]


class AcceptanceLine(Record):
    __tablename__ = "acceptance_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    acceptance_id: Mapped[Key] = mapped_column(ForeignKey("acceptances.id"), primary_key=True)
    line_id: Mapped[Key] = mapped_column(ForeignKey("order_lines.id"), primary_key=True)
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    quantity: Mapped[Quantity]


class ReturnDocument(Record):
    """Goods that went back, with positive quantities; imported ones may know no original order."""

    __tablename__ = "return_documents"
    __table_args__ = (
        one_of("origin", Origin),
        UniqueConstraint("history_id", "external_id", "seller_id"),
        *settled("goods"),
        CheckConstraint("goods >= 0", name="goods"),
        Index(None, "buyer_id"),
    )

    id: Mapped[Id]
    origin: Mapped[str]
    history_id: Mapped[UUID | None] = mapped_column(ForeignKey("histories.id"))
    external_id: Mapped[str | None]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier_orders.id"))
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    currency: Mapped[Currency]
    goods: Mapped[Amount]
    returned_at: Mapped[Instant]
    promised_at: Mapped[datetime | None]
    first_shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class ReturnLine(Record):
    __tablename__ = "return_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("exact_value = quantity * unit_price - discount", name="exact_value"),
        *settled("goods"),
    )

    return_id: Mapped[Key] = mapped_column(ForeignKey("return_documents.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    buyer_id: Mapped[Key]
    seller_id: Mapped[Key]
    offer_id: Mapped[Key] = mapped_column(ForeignKey("offers.id"))
    currency: Mapped[Currency]
    quantity: Mapped[Quantity]
    unit_price: Mapped[UnitPrice]
    discount: Mapped[UnitPrice]
    exact_value: Mapped[ExactValue]
    goods: Mapped[Amount]


class SavedList(Record):
    """A saved basket: of one person, or shared within the organisation."""

    __tablename__ = "saved_lists"
    __table_args__ = (UniqueConstraint("id", "org_id"), UniqueConstraint("org_id", "person_id", "name"))

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    is_shared: Mapped[bool]
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]


class SavedListLine(Record):
    """What a line was called and cost when it was saved, so that one is told what changed, or what is gone."""

    __tablename__ = "saved_list_lines"
    __table_args__ = (
        ForeignKeyConstraint(["list_id", "org_id"], ["saved_lists.id", "saved_lists.org_id"]),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("seen_unit_price >= 0 and seen_unit_price < 1000000000", name="seen_unit_price"),
        Index(None, "offer_id"),
    )

    list_id: Mapped[Key] = mapped_column(primary_key=True)
    offer_id: Mapped[Key] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    org_id: Mapped[Key]
    position: Mapped[int]
    quantity: Mapped[Quantity]
    sku: Mapped[str]
    name: Mapped[str]
    seller_name: Mapped[str]
    currency: Mapped[Currency]
    seen_unit_price: Mapped[UnitPrice]


class StoreReceipt(Record):
    """Goods of an order that a buyer put into a store or warehouse of their own."""

    __tablename__ = "store_receipts"
    __table_args__ = (
        UniqueConstraint("id", "org_id", name="store_receipts_id_key"),
        ForeignKeyConstraint(["location_id", "org_id"], ["locations.id", "locations.org_id"]),
        Index(None, "order_id"),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    order_id: Mapped[Key] = mapped_column(ForeignKey("supplier_orders.id"))
    location_id: Mapped[Key]
    put_by: Mapped[UUID | None]
    put_at: Mapped[Instant]


class StoreReceiptLine(Record):
    __tablename__ = "store_receipt_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(["receipt_id", "org_id"], ["store_receipts.id", "store_receipts.org_id"]),
        Index(None, "line_id"),
    )

    receipt_id: Mapped[Key] = mapped_column(primary_key=True)
    line_id: Mapped[Key] = mapped_column(ForeignKey("order_lines.id"), primary_key=True)
    org_id: Mapped[Key]
    variant_id: Mapped[Key]
    quantity: Mapped[Quantity]


class BasketAddition(Record):
    """That an offer was put into a basket, written by the database itself. Sellers get counts, never rows."""

    __tablename__ = "basket_additions"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        UniqueConstraint("buyer_id", "offer_id", "added_at"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "seller_id", "added_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    offer_id: Mapped[Key]
    seller_id: Mapped[Key]
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    quantity: Mapped[Quantity]
    added_at: Mapped[Instant]
