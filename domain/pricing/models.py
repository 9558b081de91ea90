"""What may lower a price beyond its list. Rows that say a price are never changed, only ended."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.kernel.records import Amount, Id, Instant, Key, Quantity, Record, UnitPrice, one_of
from domain.kernel.states import check_move
from domain.pricing.states import MOVES, PriceRequestState, RuleKind, Scope, Step

_PRICE = "unit_price > 0 and unit_price < 1000000000"


class CustomerGroup(Record):
    __tablename__ = "customer_groups"
    __table_args__ = (
        UniqueConstraint("id", "seller_id"),
        Index(
            "customer_groups_open_key", "seller_id", text("lower(name)"), unique=True,
            postgresql_where=text("closed_at is null"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    created_at: Mapped[Instant]
    closed_at: Mapped[datetime | None]


class GroupMember(Record):
    """A customer is in a group from one day to another; whoever comes back gets a row of their own."""

    __tablename__ = "customer_group_members"
    __table_args__ = (
        ForeignKeyConstraint(["group_id", "seller_id"], ["customer_groups.id", "customer_groups.seller_id"]),
        CheckConstraint("valid_to >= valid_from", name="valid"),
        Index(
            "customer_group_members_open_key", "group_id", "buyer_id", unique=True,
            postgresql_where=text("valid_to is null"),
        ),
        Index(None, "buyer_id", "group_id"),
    )  # fmt: skip

    id: Mapped[Id]
    group_id: Mapped[Key]
    seller_id: Mapped[Key]
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    valid_from: Mapped[Instant]
    valid_to: Mapped[datetime | None]


class PriceRule(Record):
    """So much less for a customer or a group (step `customer`), or for a time (step `promotion`)."""

    __tablename__ = "price_rules"
    __table_args__ = (
        UniqueConstraint("id", "seller_id"),
        ForeignKeyConstraint(["group_id", "seller_id"], ["customer_groups.id", "customer_groups.seller_id"]),
        one_of("step", Step),
        one_of("kind", RuleKind),
        one_of("scope", Scope),
        CheckConstraint("(kind = 'percent') = (percent is not null)", name="percent"),
        CheckConstraint("percent > 0 and percent < 100", name="percent_range"),
        CheckConstraint("(kind = 'amount') = (amount is not null)", name="amount"),
        CheckConstraint("amount > 0 and amount < 1000000000", name="amount_range"),
        CheckConstraint("amount is null or currency is not null", name="amount_currency"),
        CheckConstraint("(scope = 'category') = (category_id is not null)", name="category"),
        CheckConstraint("kind <> 'fixed' or (scope = 'offers' and step = 'customer')", name="fixed"),
        CheckConstraint(
            "case step when 'customer' then num_nonnulls(group_id, buyer_id) = 1 else buyer_id is null end",
            name="whose",
        ),
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint("ends_at >= starts_at", name="days"),
        Index(None, "seller_id", "starts_at"),
    )

    id: Mapped[Id]
    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    step: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    group_id: Mapped[UUID | None]
    buyer_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    scope: Mapped[str]
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(19, 6))
    currency: Mapped[str | None]
    minimum_quantity: Mapped[Quantity]
    starts_at: Mapped[Instant]
    ends_at: Mapped[datetime | None]
    made_by: Mapped[UUID | None]
    created_at: Mapped[Instant]


class RuleOffer(Record):
    """An offer that a rule is about; of a fixed price list, what it costs from a quantity on."""

    __tablename__ = "price_rule_offers"
    __table_args__ = (
        ForeignKeyConstraint(["rule_id", "seller_id"], ["price_rules.id", "price_rules.seller_id"]),
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint(_PRICE, name="unit_price"),
        Index(None, "offer_id"),
    )

    rule_id: Mapped[Key] = mapped_column(primary_key=True)
    offer_id: Mapped[Key] = mapped_column(primary_key=True)
    minimum_quantity: Mapped[Quantity] = mapped_column(primary_key=True)
    seller_id: Mapped[Key]
    unit_price: Mapped[Decimal | None] = mapped_column(Numeric(19, 6))


class PromotionBudget(Record):
    """What a promotion may cost its seller, in money taken off and in units; spent by `promotions_spend` alone."""

    __tablename__ = "promotion_budgets"
    __table_args__ = (
        ForeignKeyConstraint(["rule_id", "seller_id"], ["price_rules.id", "price_rules.seller_id"]),
        CheckConstraint("num_nonnulls(amount_limit, unit_limit) > 0", name="limit"),
        CheckConstraint("amount_limit is null or (amount_limit > 0 and currency is not null)", name="amount_limit"),
        CheckConstraint("unit_limit > 0", name="unit_limit"),
        CheckConstraint("amount_spent between 0 and coalesce(amount_limit, 0)", name="amount_spent"),
        CheckConstraint("units_spent >= 0 and (unit_limit is null or units_spent <= unit_limit)", name="units_spent"),
    )

    rule_id: Mapped[Key] = mapped_column(primary_key=True)
    seller_id: Mapped[Key]
    currency: Mapped[str | None]
    amount_limit: Mapped[Decimal | None] = mapped_column(Numeric(19, 4))
    unit_limit: Mapped[int | None]
    amount_spent: Mapped[Amount] = mapped_column(server_default=text("0"))
    units_spent: Mapped[Quantity] = mapped_column(server_default=text("0"))


class PriceRequest(Record):
    """A price below the floor for one customer, asked for by who may not give it."""

    __tablename__ = "price_requests"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id", "seller_id"], ["offers.id", "offers.seller_id"]),
        ForeignKeyConstraint(["rule_id", "seller_id"], ["price_rules.id", "price_rules.seller_id"]),
        one_of("state", PriceRequestState),
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint(_PRICE, name="unit_price"),
        CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
        CheckConstraint("(state = 'approved') = (rule_id is not null)", name="rule"),
        CheckConstraint("decided_by <> asked_by", name="others"),
        Index(None, "seller_id", "asked_at"),
    )

    id: Mapped[Id]
    seller_id: Mapped[Key]
    offer_id: Mapped[Key]
    buyer_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    minimum_quantity: Mapped[Quantity]
    unit_price: Mapped[UnitPrice]
    ends_at: Mapped[Instant]
    reason: Mapped[str]
    state: Mapped[str]
    asked_by: Mapped[Key]
    asked_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    rule_id: Mapped[UUID | None]

    def move_to(self, state: PriceRequestState) -> None:
        check_move(MOVES, PriceRequestState(self.state), state, noun="price request")
        self.state = state.value


class ProductMinimum(Record):
    """The smallest order of a product: all its variants together."""

    __tablename__ = "product_minimums"
    __table_args__ = (CheckConstraint("minimum_quantity > 0", name="minimum_quantity"), Index(None, "product_id"))

    seller_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    product_id: Mapped[Key] = mapped_column(ForeignKey("products.id"), primary_key=True)
    minimum_quantity: Mapped[Quantity]
