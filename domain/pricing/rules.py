"""Customer groups, price rules and promotions of a seller, and its minimums by product.

A rule is never rewritten, since orders name it as their reason: it is ended, and another one is made.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select, text

from domain import catalog
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code, rounded
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.pricing.events import (
    GroupClosed,
    GroupMembersChanged,
    GroupOpened,
    ProductMinimumChanged,
    RuleEnded,
    RuleMade,
)
from domain.pricing.models import CustomerGroup, PriceRule, ProductMinimum, PromotionBudget
from domain.pricing.states import RuleKind, Scope, Step

MOST_OFFERS = 2000


# --- groups --------------------------------------------------------------------------------------


def open_group(work: Work, *, request_id: UUID, name: str, customer_ids: Collection[UUID] = ()) -> UUID:
    """Put some of one's own customers into a group with a name. Returns the group.

    Raises `Conflict` for a name that is taken, `NotFound` for who has never ordered. Announces `GroupOpened`,
    `GroupMembersChanged`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    seller_id = work.actor.require_org()
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Invalid("The name of the group must have between 1 and 80 characters.")
    taken = work.session.execute(
        text(
            "select 1 from customer_groups where seller_id = :me and lower(name) = lower(:name) and closed_at is null"
        ),
        {"me": seller_id, "name": name},
    ).scalar()
    if taken:
        raise Conflict(f"You already have a group named {name}.")
    group = CustomerGroup(id=new_id(), seller_id=seller_id, name=name, created_at=work.now)
    work.session.add(group)
    work.session.flush()
    work.record(GroupOpened(subject_id=group.id, seller_id=seller_id))
    if customer_ids:
        _set_members(work, group.id, customer_ids)
    return group.id


def set_group_members(work: Work, *, group_id: UUID, customer_ids: Collection[UUID]) -> None:
    """Say who is in a group of one's own from now on; who was in it before keeps what was ordered.

    Raises `NotFound` for who has never ordered. Announces `GroupMembersChanged`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    _own_group(work, group_id)
    _set_members(work, group_id, customer_ids)


def close_group(work: Work, *, group_id: UUID) -> None:
    """Close a group of one's own: nobody is in it any more, so its rules hold for nobody. Announces `GroupClosed`."""
    work.actor.require(Permission.MANAGE_PRICES)
    group = _own_group(work, group_id)
    _set_members(work, group_id, ())
    group.closed_at = work.now
    work.record(GroupClosed(subject_id=group_id, seller_id=group.seller_id))


def _set_members(work: Work, group_id: UUID, customer_ids: Collection[UUID]) -> None:
    wanted = sorted(set(customer_ids))
    require_customers(work, wanted)
    facts = {"group_id": group_id, "wanted": wanted, "me": work.actor.require_org(), "now": work.now}
    before: Iterable[UUID] = work.session.execute(
        text("select buyer_id from customer_group_members where group_id = :group_id and valid_to is null order by 1"),
        facts,
    ).scalars()
    had = list(before)
    if had == wanted:
        return
    work.session.execute(
        text(
            "update customer_group_members set valid_to = :now"
            " where group_id = :group_id and valid_to is null and buyer_id <> all(:wanted)"
        ),
        facts,
    )
    work.session.execute(
        text(
            "insert into customer_group_members (id, group_id, seller_id, buyer_id, valid_from)"
            " select new_id(:now), :group_id, :me, w.id, :now from unnest(cast(:wanted as uuid[])) as w(id)"
            " where not exists (select 1 from customer_group_members m where m.group_id = :group_id"
            "   and m.buyer_id = w.id and m.valid_to is null)"
        ),
        facts,
    )
    work.record(
        GroupMembersChanged(
            subject_id=group_id, seller_id=work.actor.org_id, before=[str(each) for each in had],
            after=[str(each) for each in wanted],
        )
    )  # fmt: skip


def require_customers(work: Work, customer_ids: Sequence[UUID]) -> None:
    """Refuse whoever has never ordered from one's own organisation, as if they did not exist."""
    if not customer_ids:
        return
    known: int = work.session.execute(
        text("select count(distinct buyer_id) from supplier_orders where seller_id = :me and buyer_id = any(:ids)"),
        {"me": work.actor.require_org(), "ids": list(customer_ids)},
    ).scalar_one()
    if known < len(set(customer_ids)):
        raise NotFound


def _own_group(work: Work, group_id: UUID) -> CustomerGroup:
    group = work.session.scalar(
        select(CustomerGroup)
        .where(CustomerGroup.id == group_id, CustomerGroup.seller_id == work.actor.require_org())
        .with_for_update()
    )
    if group is None:
        raise NotFound
    if group.closed_at is not None:
        raise Conflict("This group is closed.")
    return group


# --- rules and promotions ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Budget:
    """What a promotion may cost: money taken off (in the rule's currency), units sold under it, or both."""

    amount: Decimal | None = None
    units: int | None = None


def make_rule(
    work: Work,
    *,
    request_id: UUID,
    step: Step,
    kind: RuleKind,
    title: str,
    group_id: UUID | None = None,
    customer_id: UUID | None = None,
    scope: Scope = Scope.ALL,
    category_id: UUID | None = None,
    offer_ids: Collection[UUID] = (),
    fixed_prices: Mapping[UUID, Sequence[tuple[int, Decimal]]] | None = None,
    percent: Decimal | None = None,
    amount: Decimal | None = None,
    currency: str | None = None,
    minimum_quantity: int = 1,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    budget_amount: Decimal | None = None,
    budget_units: int | None = None,
) -> UUID:
    """Take something off the list price: for a customer or a group, or as a promotion for a time. Returns the rule.

    The title is read by buyers as the reason of their price. A fixed list names its offers and what they cost from
    which quantity on (`fixed_prices`). Raises `Invalid`, `NotFound` for what is not one's own,
    `catalog.BelowFloor` for fixed prices. Announces `RuleMade`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    step, kind, scope = Step(step), RuleKind(kind), Scope(scope)
    seller_id = work.actor.require_org()
    fixed = {offer_id: catalog.checked_tiers(ladder, 2**62) for offer_id, ladder in (fixed_prices or {}).items()}
    offers = sorted(set(fixed if kind is RuleKind.FIXED else offer_ids))
    rule = PriceRule(
        id=new_id(), seller_id=seller_id, step=step.value, kind=kind.value, title=_title(title), group_id=group_id,
        buyer_id=customer_id, scope=scope.value, category_id=category_id, percent=percent, amount=amount,
        currency=None if currency is None else currency_code(currency),
        minimum_quantity=base_units(minimum_quantity, what="minimum quantity"), starts_at=starts_at or work.now,
        ends_at=ends_at, made_by=work.actor.user_id, created_at=work.now,
    )  # fmt: skip
    _check(work, rule, offers)
    catalog.require_floor(work, {offer_id: ladder[-1][1] for offer_id, ladder in fixed.items()})
    budget = _checked_budget(rule, Budget(budget_amount, budget_units))
    work.session.add(rule)
    work.session.flush()
    _add_offers(work, rule, offers, fixed)
    if budget is not None:
        work.session.add(budget)
    work.record(
        RuleMade(
            subject_id=rule.id, seller_id=seller_id, step=rule.step, kind=rule.kind, group_id=group_id,
            customer_id=customer_id,
            terms={
                "percent": _said(percent), "amount": _said(amount), "currency": rule.currency, "scope": rule.scope,
                "offers": len(offers), "minimum_quantity": rule.minimum_quantity,
                "starts_at": rule.starts_at.isoformat(), "ends_at": ends_at.isoformat() if ends_at else None,
                "budget_amount": _said(budget_amount), "budget_units": budget_units,
            },
        )
    )  # fmt: skip
    return rule.id


def end_rule(work: Work, *, rule_id: UUID, ends_at: datetime | None = None) -> None:
    """End a rule or promotion of one's own, now or earlier than planned; what was ordered keeps its price.

    Raises `Conflict` when it has ended. Announces `RuleEnded`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    rule = work.session.scalar(
        select(PriceRule)
        .where(PriceRule.id == rule_id, PriceRule.seller_id == work.actor.require_org())
        .with_for_update()
    )
    if rule is None:
        raise NotFound
    # One that has not begun ends where it would begin: it never holds.
    end = max(ends_at or work.now, work.now, rule.starts_at)
    if rule.ends_at is not None and rule.ends_at <= end:
        raise Conflict("This has ended already, or ends before that day.")
    before = rule.ends_at.isoformat() if rule.ends_at else None
    rule.ends_at = end
    work.record(RuleEnded(subject_id=rule_id, seller_id=rule.seller_id, before=before, after=end.isoformat()))


def _check(work: Work, rule: PriceRule, offers: Sequence[UUID]) -> None:
    kind, scope = RuleKind(rule.kind), Scope(rule.scope)
    if rule.step == Step.CUSTOMER and (rule.group_id is None) == (rule.buyer_id is None):
        raise Invalid("Please choose one group or one customer.")
    if rule.step == Step.PROMOTION and (rule.buyer_id is not None or kind is RuleKind.FIXED):
        raise Invalid("A promotion takes a percentage or an amount off, for everybody or for a group.")
    if (kind is RuleKind.PERCENT) != (rule.percent is not None) or (kind is RuleKind.AMOUNT) != (
        rule.amount is not None
    ):
        raise Invalid("Please give either a percentage or an amount.")
    if rule.percent is not None and not (
        rule.percent.is_finite() and 0 < rule.percent < 100 and rule.percent == round(rule.percent, 4)
    ):
        raise Invalid("The percentage must be above 0 and below 100, with four decimals at most.")
    if rule.amount is not None:
        catalog.check_price(rule.amount, "that is taken off")
        if rule.currency is None:
            raise Invalid("Please say in which currency the amount is.")
    if kind is RuleKind.FIXED and scope is not Scope.OFFERS:
        raise Invalid("A fixed price list names its products.")
    if (scope is Scope.CATEGORY) != (rule.category_id is not None) or (scope is Scope.OFFERS) != bool(offers):
        raise Invalid("Please say for which products it holds.")
    if len(offers) > MOST_OFFERS:
        raise Invalid(f"A rule names at most {MOST_OFFERS:,} products. Please choose a category instead.")
    if rule.ends_at is not None and rule.ends_at <= max(rule.starts_at, work.now):
        raise Invalid("The end must lie after the beginning, and ahead.")
    if rule.starts_at < work.now:
        raise Invalid("A rule begins now or later; what was ordered keeps its price.")
    if rule.group_id is not None:
        _own_group(work, rule.group_id)
    if rule.buyer_id is not None:
        require_customers(work, [rule.buyer_id])
    facts = {"me": rule.seller_id, "offers": list(offers), "category": rule.category_id}
    known = work.session.execute(
        text(
            "select (select count(*) from offers where id = any(:offers) and seller_id = :me) as offers,"
            " (select count(*) from categories where id = :category) as categories"
        ),
        facts,
    ).one()
    if known.offers < len(offers) or known.categories < (rule.category_id is not None):
        raise NotFound


def _checked_budget(rule: PriceRule, budget: Budget) -> PromotionBudget | None:
    if budget.amount is None and budget.units is None:
        return None
    if rule.step != Step.PROMOTION:
        raise Invalid("Only a promotion has a budget.")
    if budget.amount is not None:
        if rule.currency is None:
            raise Invalid("Please say in which currency the budget is.")
        if not (
            budget.amount.is_finite()
            and 0 < budget.amount < 10**12
            and budget.amount == rounded(budget.amount, rule.currency)
        ):
            raise Invalid(f"The budget must be above 0 and exact in the smallest unit of {rule.currency}.")
    units = None if budget.units is None else base_units(budget.units, what="budget in units")
    return PromotionBudget(
        rule_id=rule.id, seller_id=rule.seller_id, currency=rule.currency, amount_limit=budget.amount, unit_limit=units
    )


def _add_offers(
    work: Work, rule: PriceRule, offers: Sequence[UUID], fixed: Mapping[UUID, Sequence[tuple[int, Decimal]]]
) -> None:
    rows = [
        {"offer_id": offer_id, "quantity": quantity, "price": price}
        for offer_id in offers
        for quantity, price in fixed.get(offer_id, [(1, None)])
    ]
    if rows:
        work.session.execute(
            text(
                "insert into price_rule_offers (rule_id, offer_id, minimum_quantity, seller_id, unit_price)"
                " select :rule_id, r.offer_id, r.quantity, :me, r.price from jsonb_to_recordset(cast(:rows as jsonb))"
                " as r(offer_id uuid, quantity bigint, price numeric)"
            ),
            {"rule_id": rule.id, "me": rule.seller_id, "rows": to_json(rows).decode()},
        )


def _title(title: str) -> str:
    title = title.strip()
    if not 1 <= len(title) <= 80:
        raise Invalid("The title, which buyers read, must have between 1 and 80 characters.")
    return title


def _said(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


# --- minimums ------------------------------------------------------------------------------------


def set_product_minimum(work: Work, *, product_id: UUID, minimum_quantity: int | None) -> None:
    """Say how much of a product an order has at least, all its variants together; None: only each variant's own.

    Orders that were placed stay. Raises `NotFound` for a product that one does not offer. Announces
    `ProductMinimumChanged`.
    """
    work.actor.require(Permission.MANAGE_PRICES)
    seller_id = work.actor.require_org()
    offered = work.session.execute(
        text(
            "select 1 from offers o join product_variants v on v.id = o.variant_id"
            " where o.seller_id = :me and v.product_id = :product_id limit 1"
        ),
        {"me": seller_id, "product_id": product_id},
    ).scalar()
    if not offered:
        raise NotFound
    known = work.session.get(ProductMinimum, (seller_id, product_id), with_for_update=True)
    before = known.minimum_quantity if known else None
    wanted = None if minimum_quantity is None else base_units(minimum_quantity, what="minimum quantity")
    if before == wanted:
        return
    if wanted is None:
        work.session.delete(known)
    elif known is None:
        work.session.add(ProductMinimum(seller_id=seller_id, product_id=product_id, minimum_quantity=wanted))
    else:
        known.minimum_quantity = wanted
    work.record(ProductMinimumChanged(subject_id=product_id, seller_id=seller_id, before=before, after=wanted))
