"""Checkout: one basket becomes one purchase with one supplier order per seller, whole or not at all.

The number of SQL statements does not grow with the lines: the basket is loaded with its offers' rules in
one, prices are resolved in one, everything is written in one, stock is taken in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text

from domain import identity, payments, pricing, stock, verification
from domain.identity import Permission, WorkingCalendar
from domain.kernel.calendar import after_business_hours
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.timers import set_timers
from domain.kernel.work import Work
from domain.orders.events import OrderPlaced, OrderSecured, PurchasePlaced
from domain.orders.states import OrderState
from domain.orders.steps import Parties
from domain.orders.totals import PricedOrder, Terms, Wanted, price_basket
from domain.payments import Held, Method
from domain.pricing import LineUse, PromotionUsedUp
from domain.verification import Capability


class PriceChanged(Conflict):
    """A price differs from what the buyer was shown, or its promotion was used up at this very moment; nothing is
    ordered until it is confirmed."""


class EmptyBasket(Invalid):
    pass


class AboveCap(NotAllowed):
    """A buyer who is verified up to level 1 only orders up to a limit."""


class SellerNotVerified(Conflict):
    """A seller may not take new orders, because a proof of its business is missing or has run out."""


class ApprovalNeeded(NotAllowed):
    """The organisation's rule has somebody else look at a purchase of this size."""


def place_order(
    work: Work, *, request_id: UUID, site_id: UUID, method: Method, basket_id: UUID | None = None, note: str = ""
) -> UUID:
    """Buy one's open basket, delivered to a site of one's own. Returns the purchase.

    Paid from the wallet, the orders go to their sellers at once; with a bank transfer they wait for the
    money and the goods stay reserved meanwhile. What is above the person's limit or asks for an approval by the
    organisation's rule goes by `ask_approval`. Raises `identity.OrganizationIsSuspended`,
    `identity.TermsNotAccepted`, `identity.AboveLimit`, `ApprovalNeeded`, `verification.NotVerified`, `AboveCap`,
    `SellerNotVerified`, `PriceChanged`, `BelowMinimum`, `stock.OutOfStock`, `ledger.Overspent`, `EmptyBasket`.
    Announces `PurchasePlaced` and, per order, `OrderPlaced` and `OrderSecured`.
    """
    work.actor.require(Permission.PLACE_ORDERS)
    level = require_buying(work)
    method = Method(method)
    if method is Method.WALLET:
        work.actor.require(Permission.PAY)
    loaded = load_basket(work, site_id, basket_id=basket_id)
    check_prices(loaded)
    orders = priced(work, loaded, level)
    require_alone(work, site_id=site_id, total=total_of(orders), currency=orders[0].currency)
    return place(work, loaded, site_id, orders, method, checked_note(note))


def require_buying(work: Work) -> int:
    """What every purchase asks of the organisation and the person; returns how far the business is verified."""
    identity.require_active_organization(work)
    identity.require_terms(work)
    verification.require_confirmed_person(work)
    return verification.require_capability(work, Capability.BUY)


def require_alone(work: Work, *, site_id: UUID, total: Decimal, currency: str) -> None:
    """Refuse what the person may not order without a colleague: outside of the store, above the limit, by the rule."""
    buyer_id = work.actor.require_org()
    identity.require_reach(
        work, buyer_id=buyer_id, seller_id=None, site_id=site_id, permission=Permission.PLACE_ORDERS,
        amount=total, currency=currency,
    )  # fmt: skip
    if work.actor.variant is None or identity.is_owner(work.actor.variant):
        return
    rule = work.session.execute(
        text("select amount, currency from approval_rules where org_id = :org_id and amount is not null"),
        {"org_id": buyer_id},
    ).one_or_none()
    if rule is not None and (rule.currency != currency or total > rule.amount):
        raise ApprovalNeeded(
            f"Purchases above {rule.amount:,.2f} {rule.currency} need the approval of a colleague at your company."
        )


def priced(work: Work, loaded: "Loaded", level: int) -> list[PricedOrder]:
    """The basket as one order per seller, refused when a seller may not sell or the buyer may not buy as much."""
    orders = price_basket(loaded.wanted, loaded.terms)
    _check_sellers(work, loaded)
    _check_cap(work, loaded.buyer_id, level, orders)
    return orders


def total_of(orders: Sequence[PricedOrder]) -> Decimal:
    return sum((order.total for order in orders), Decimal(0))


def checked_note(note: str) -> str:
    if len(note) > 1000:
        raise Invalid("A note has at most 1,000 characters.")
    return note.strip()


def place(
    work: Work, basket: "Loaded", site_id: UUID, orders: Sequence[PricedOrder], method: Method, note: str
) -> UUID:
    """Write the purchase of a basket that was checked, take its stock and hold or await its money."""
    purchase_id, is_paid = new_id(), method is Method.WALLET
    hours = Setting.PAYMENT_WINDOW_HOURS_WALLET if is_paid else Setting.PAYMENT_WINDOW_HOURS_BANK
    due_at = work.now + timedelta(hours=int(value_of(work, hours)))
    held = [
        Held(new_id(), basket.buyer_id, order.seller_id, order.currency, order.total, order.goods) for order in orders
    ]
    uses = _write(work, purchase_id, basket, site_id, orders, held, method, note)
    _spend(work, basket, uses)
    stock.take(work, order_ids=[order.order_id for order in held], expires_at=None if is_paid else due_at)
    payments.open_payment(
        work, purchase_id=purchase_id, buyer_id=basket.buyer_id, method=method, orders=held, due_at=due_at
    )
    if is_paid:
        payments.hold(work, orders=held, method=method)
        set_answer_timers(work, {order.order_id: kept for order, kept in zip(held, basket.calendars, strict=True)})
    else:
        set_timers(work, "expire_purchase", {f"expire:{purchase_id}": (due_at, {"purchase_id": str(purchase_id)})})
    _tell(work, purchase_id, basket.buyer_id, held, method, is_paid)
    return purchase_id


def _spend(work: Work, basket: "Loaded", uses: Sequence[LineUse]) -> None:
    """Let promotions pay what they give to the lines; budgets are locked after the orders and before the stock."""
    try:
        pricing.spend_promotions(work, uses=uses)
    except PromotionUsedUp as short:
        lines = [
            line.name
            for line in basket.wanted
            if line.price.use is not None and line.price.use.rule_id in short.rule_ids
        ]
        others = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        raise PriceChanged(
            f"The promotion on {lines[0]}{others} has just been used up by others, so the price is another one."
            " Please look at the new prices and confirm them."
        ) from short


def set_answer_timers(work: Work, calendars: dict[UUID, WorkingCalendar], *, placed_at: datetime | None = None) -> None:
    """Each seller has so many business hours, by its own calendar, to answer its order: as it was when placed."""
    hours = int(value_of(work, Setting.SELLER_ANSWER_BUSINESS_HOURS, at=placed_at))
    due: dict[str, tuple[datetime, dict[str, Any]]] = {}
    for order_id, kept in calendars.items():
        at = after_business_hours(work.now, hours, time_zone=kept.time_zone, holidays=kept.closed)
        due[f"answer:{order_id}"] = (at, {"order_id": str(order_id)})
    set_timers(work, "decline_unanswered", due)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A basket that is about to be ordered, its row locked; `calendars` are those of its sellers by their ids.

    `on_sale`: of the offers whose product has a category, that and since when they are on sale.
    """

    basket_id: UUID
    buyer_id: UUID
    person_id: UUID
    buyer_name: str
    address: dict[str, Any]
    calendars: list[WorkingCalendar]
    wanted: list[Wanted]
    terms: dict[UUID, Terms]
    seen: dict[UUID, Decimal]
    on_sale: dict[UUID, tuple[UUID, datetime]]


_WHICH = """
    where b.buyer_id = :buyer_id and b.placed_at is null
      and case when :is_requested then b.requested_at is not null and b.id = :basket_id
          else b.requested_at is null and b.person_id = :person_id
            and (cast(:basket_id as uuid) is null or b.id = :basket_id) end
"""
# In a statement of its own: what is read after the wait is what whoever held the basket has left in it.
_LOCK = text("select b.id from baskets b" + _WHICH + "for update")
_LOAD = text(
    """
with basket as (
    select b.id, b.buyer_id, b.person_id, g.name as buyer_name
    from baskets b join organizations g on g.id = b.buyer_id
"""
    + _WHICH
    + """)
select b.id as basket_id, b.person_id, b.buyer_name, l.offer_id, l.quantity, l.seen_unit_price, o.variant_id,
       o.seller_id, o.sku,
       p.category_id, o.published_at, p.id as product_id, p.name as product_name,
       m.minimum_quantity as product_minimum,
       o.state, o.minimum_quantity, o.order_increment, o.lead_time_days, o.tax_rate, s.name as seller_name,
       s.time_zone as seller_zone, (select coalesce(array_agg(h.closed_on), '{}') from org_holidays h
         where h.org_id = o.seller_id and h.closed_on between :yesterday and :horizon) as seller_closed,
       case v.name when 'Standard' then p.name else p.name || ', ' || v.name end as name,
       t.order_minimum, t.shipping_fee, t.free_shipping_from,
       jsonb_build_object('name', a.name, 'street', a.street, 'postal_code', a.postal_code, 'city', a.city,
                          'region', a.region, 'country_code', a.country_code, 'dock_hours', a.dock_hours,
                          'preferred_carrier', a.preferred_carrier, 'delivery_notes', a.delivery_notes) as address
from basket b
join sites a on a.id = :site_id and a.org_id = b.buyer_id
join basket_lines l on l.basket_id = b.id
left join offers o on o.id = l.offer_id and o.state = 'published'
     and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))
left join organizations s on s.id = o.seller_id and s.state = 'active'
left join product_variants v on v.id = o.variant_id
left join products p on p.id = v.product_id
left join product_minimums m on m.seller_id = o.seller_id and m.product_id = p.id
left join seller_terms t on t.seller_id = o.seller_id and t.currency = o.currency
order by o.seller_id, l.added_at, l.offer_id
"""
)


def load_basket(work: Work, site_id: UUID, *, basket_id: UUID | None, is_requested: bool = False) -> Loaded:
    """One's own open basket, or one that a colleague has asked an approval for, locked and at today's prices."""
    buyer_id = work.actor.require_org()
    which = {
        "buyer_id": buyer_id, "person_id": work.actor.user_id, "basket_id": basket_id, "is_requested": is_requested,
    }  # fmt: skip
    work.session.execute(_LOCK, which)
    rows = work.session.execute(
        _LOAD,
        which
        | {
            "site_id": site_id, "yesterday": work.now.date() - timedelta(days=1),
            "horizon": work.now.date() + timedelta(days=identity.HORIZON_DAYS),
        },
    ).all()  # fmt: skip
    if not rows:
        known = work.session.execute(
            text("select 1 from sites where id = :id and org_id = :org"), {"id": site_id, "org": buyer_id}
        ).scalar()
        raise EmptyBasket("Your basket is empty.") if known else NotFound
    if any(row.seller_id is None or row.seller_name is None for row in rows):
        raise NotFound("Something in your basket is no longer for sale. Please take it out and try again.")
    prices = pricing.resolve(work, quantities={row.offer_id: row.quantity for row in rows}, together=True)
    if len(prices) < len(rows):
        raise NotFound("Something in your basket no longer has a price. Please take it out and try again.")
    wanted = [
        Wanted(
            row.offer_id, row.variant_id, row.seller_id, row.seller_name, row.sku, row.name, row.quantity,
            row.minimum_quantity, row.order_increment, row.lead_time_days, row.tax_rate, prices[row.offer_id],
            row.product_id, row.product_name, row.product_minimum,
        )
        for row in rows
    ]  # fmt: skip
    terms = {
        row.seller_id: Terms(row.order_minimum, row.shipping_fee, row.free_shipping_from)
        for row in rows
        if row.order_minimum is not None
    }
    calendars = {
        row.seller_id: WorkingCalendar(time_zone=row.seller_zone, closed=frozenset(row.seller_closed)) for row in rows
    }
    kept = [calendars[seller] for seller in sorted(calendars)]
    return Loaded(
        basket_id=rows[0].basket_id, buyer_id=buyer_id, person_id=rows[0].person_id, buyer_name=rows[0].buyer_name,
        address=rows[0].address, calendars=kept, wanted=wanted, terms=terms,
        seen={row.offer_id: row.seen_unit_price for row in rows},
        on_sale={row.offer_id: (row.category_id, row.published_at) for row in rows if row.category_id is not None},
    )  # fmt: skip


def _check_sellers(work: Work, loaded: "Loaded") -> None:
    """Whose verification has run out finishes what is open, and takes nothing new; so does who sells regulated goods
    without their certificate."""
    names = {line.seller_id: line.seller_name for line in loaded.wanted}
    levels = verification.levels_of_sellers(work, org_ids=list(names))
    needed = verification.LEVEL_OF[Capability.SELL]
    for seller_id in sorted(names):
        if levels.get(seller_id, 0) < needed:
            raise SellerNotVerified(
                f"{names[seller_id]} cannot take new orders at the moment, because its verification is not complete."
                " Please take its products out of the basket."
            )
    sold = {line.offer_id: (line.seller_id, *loaded.on_sale[line.offer_id]) for line in loaded.wanted
            if line.offer_id in loaded.on_sale}  # fmt: skip
    missing = verification.sellers_not_certified(work, sold={*sold.values()}, levels=levels)
    for line in loaded.wanted:
        if line.offer_id in sold and sold[line.offer_id][:2] in missing:
            raise SellerNotVerified(
                f"{line.seller_name} cannot take new orders of {line.name} at the moment, because a certificate that"
                " its category asks for is missing or has run out. Please take it out of the basket."
            )


def _check_cap(work: Work, buyer_id: UUID, level: int, orders: Sequence[PricedOrder]) -> None:
    """Below level 2 what was ordered in 30 days counts together, so that many small orders do not make a large one.

    The cap is a number in whichever currency the order has; currencies are never added.
    """
    cap = verification.purchase_cap(work, level)
    if cap is None:
        return
    # Colleagues who order at once count one after the other, or each would fit where both do not.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:whose))"), {"whose": f"purchase cap {buyer_id}"})
    placed = work.session.execute(
        text(
            "select currency, sum(total) as total from supplier_orders where buyer_id = :buyer and origin = 'live'"
            " and created_at > :since and state not in ('cancelled', 'declined', 'expired') group by currency"
        ),
        {"buyer": buyer_id, "since": work.now - timedelta(days=30)},
    )
    totals: dict[str, Decimal] = {row.currency: row.total for row in placed}
    for order in orders:
        totals[order.currency] = totals.get(order.currency, Decimal(0)) + order.total
    for currency in sorted({order.currency for order in orders}):
        if totals[currency] > cap:
            raise AboveCap(
                f"Until your business is verified up to level 2 you can order for {cap:,.0f} {currency} in 30 days;"
                f" with this purchase it would be {totals[currency]:,.2f} {currency}. Open Verification to see what is"
                " missing."
            )


def check_prices(loaded: Loaded) -> None:
    changed = [line for line in loaded.wanted if line.price.unit_price != loaded.seen[line.offer_id]]
    if changed:
        first = changed[0]
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise PriceChanged(
            f"The price of {first.name}{others} has changed since you put it into the basket."
            " Please look at the new prices and confirm them."
        )


_WRITE = text("""
with purchase as (
    insert into purchases (id, number, buyer_id, site_id, placed_by, payment_method, currency, goods, tax, shipping,
      total, created_at)
    values (:purchase_id, 'P' || nextval('purchase_numbers'), :buyer_id, :site_id, :person_id, :method, :currency,
            :goods, :tax, :shipping, :total, :now)
    returning number
), orders as (
    insert into supplier_orders (id, number, purchase_id, buyer_id, seller_id, site_id, buyer_name, seller_name,
                                 state, version,
                                 payment_method, currency, goods, tax, shipping, total, lead_time_days,
                                   delivery_address, buyer_note,
                                 created_at, secured_at, production_days)
    select o.id, p.number || '-' || o.position, :purchase_id, :buyer_id, o.seller_id, :site_id, :buyer_name,
      o.seller_name, :state,
           :version, :method, :currency, o.goods, o.tax, o.shipping, o.total, o.lead_time_days, cast(:address
             as jsonb), :note,
           :now, :secured_at, coalesce((
             select max(f.production_days) from jsonb_to_recordset(cast(:lines as jsonb)) as w(order_id uuid,
               offer_id uuid) join offers f on f.id = w.offer_id where w.order_id = o.id), 0)
    from purchase p cross join jsonb_to_recordset(cast(:orders as jsonb)) as o(
        id uuid, position integer, seller_id uuid, seller_name text, goods numeric, tax numeric, shipping numeric,
        total numeric, lead_time_days bigint)
), closed as (
    update baskets set placed_at = :now where id = :basket_id
)
insert into order_lines (id, order_id, buyer_id, seller_id, line_no, offer_id, variant_id, sku, name, currency, ordered,
                         unit_price, exact_value, goods, tax_rate, tax, shipping, price_trace, policy_id, grade)
select l.id, l.order_id, :buyer_id, l.seller_id, l.line_no, l.offer_id, l.variant_id, l.sku, l.name, :currency,
  l.ordered,
       l.unit_price, l.exact_value, l.goods, l.tax_rate, l.tax, l.shipping, l.price_trace, f.policy_id, f.grade
from jsonb_to_recordset(cast(:lines as jsonb)) as l(
    id uuid, order_id uuid, seller_id uuid, line_no bigint, offer_id uuid, variant_id uuid, sku text, name text,
    ordered bigint, unit_price numeric, exact_value numeric, goods numeric, tax_rate numeric, tax numeric,
    shipping numeric, price_trace jsonb)
left join offers f on f.id = l.offer_id  -- what was promised with the goods stays what it is now
""")


def _write(
    work: Work,
    purchase_id: UUID,
    basket: Loaded,
    site_id: UUID,
    orders: Sequence[PricedOrder],
    held: Sequence[Held],
    method: Method,
    note: str,
) -> list[LineUse]:
    """Write purchase, orders and lines; returns which lines a promotion pays for."""
    is_paid = method is Method.WALLET
    uses: list[LineUse] = []
    order_rows = [
        {
            "id": h.order_id, "position": position, "seller_id": o.seller_id, "seller_name": o.seller_name,
            "goods": o.goods, "tax": o.tax, "shipping": o.shipping, "total": o.total, "lead_time_days":
            o.lead_time_days,
        }
        for position, (o, h) in enumerate(zip(orders, held, strict=True), 1)
    ]  # fmt: skip
    line_rows: list[dict[str, Any]] = [
        {
            "id": new_id(), "order_id": h.order_id, "seller_id": o.seller_id, "line_no": line_no,
            "offer_id": line.wanted.offer_id, "variant_id": line.wanted.variant_id, "sku": line.wanted.sku,
            "name": line.wanted.name, "ordered": line.wanted.quantity, "unit_price": line.wanted.price.unit_price,
            "exact_value": line.exact_value, "goods": line.goods, "tax_rate": line.wanted.tax_rate, "tax": line.tax,
            "shipping": line.shipping, "price_trace": line.wanted.price.trace,
        }
        for o, h in zip(orders, held, strict=True)
        for line_no, line in enumerate(o.lines, 1)
    ]  # fmt: skip
    work.session.execute(
        _WRITE,
        {
            "purchase_id": purchase_id,
            "site_id": site_id,
            "buyer_id": basket.buyer_id,
            "buyer_name": basket.buyer_name,
            "person_id": basket.person_id,
            "basket_id": basket.basket_id,
            "method": method.value,
            "currency": orders[0].currency,
            "goods": sum((o.goods for o in orders), Decimal(0)),
            "tax": sum((o.tax for o in orders), Decimal(0)),
            "shipping": sum((o.shipping for o in orders), Decimal(0)),
            "total": sum((o.total for o in orders), Decimal(0)),
            "state": (OrderState.AWAITING_SELLER if is_paid else OrderState.AWAITING_PAYMENT).value,
            "version": 2 if is_paid else 1,
            "address": to_json(basket.address).decode(),
            "note": note,
            "now": work.now,
            "secured_at": work.now if is_paid else None,
            "orders": to_json(order_rows).decode(),
            "lines": to_json(line_rows).decode(),
        },
    )
    for row, line in zip(line_rows, (line for order in orders for line in order.lines), strict=True):
        if line.wanted.price.use is not None:
            uses.append(LineUse(row["order_id"], row["id"], line.wanted.price.use))
    return uses


def _tell(work: Work, purchase_id: UUID, buyer_id: UUID, orders: Sequence[Held], method: Method, is_paid: bool) -> None:
    total = sum((order.total for order in orders), Decimal(0))
    work.record(
        PurchasePlaced(subject_id=purchase_id, buyer_id=buyer_id, orders=len(orders), total=total,
                       currency=orders[0].currency)
    )  # fmt: skip
    for order in orders:
        parties: Parties = {"subject_id": order.order_id, "buyer_id": buyer_id, "seller_id": order.seller_id}
        work.record(
            OrderPlaced(**parties, to_state=OrderState.AWAITING_PAYMENT.value, purchase_id=purchase_id,
                        total=order.total, currency=order.currency)
        )  # fmt: skip
        if is_paid:
            work.record(
                OrderSecured(**parties, from_state=OrderState.AWAITING_PAYMENT.value,
                             to_state=OrderState.AWAITING_SELLER.value, method=method.value)
            )  # fmt: skip
