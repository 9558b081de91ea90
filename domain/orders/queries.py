"""Questions about baskets, purchases and orders."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import discovery, identity, ledger, logistics, payments, pricing, trust
from domain.discovery import StockShown
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.money import rounded
from domain.kernel.work import Work
from domain.orders.states import BOUND, ENDED, OrderState, Progress, progress
from domain.orders.totals import Terms, Wanted, check_quantity, mixes
from domain.orders.views import (
    BasketGroup,
    BasketRow,
    BasketSheet,
    MixRow,
    OrderLineRow,
    OrderRow,
    OrderSheet,
    PurchaseSheet,
    RunningLow,
    SalesWeek,
    StepRow,
    WorkList,
)
from domain.payments import Commission
from domain.pricing import Price

# --- the basket -----------------------------------------------------------------------------------


def my_basket(work: Work) -> BasketSheet:
    """One's own open basket, grouped by seller, at today's prices, with what stands in the way."""
    work.actor.require(Permission.FILL_BASKET)
    return basket_sheet(work, basket_id=None)


def basket_sheet(work: Work, *, basket_id: UUID | None) -> BasketSheet:
    """A basket of the organisation, or one's own open one, at today's prices; who may see it the caller has asked."""
    rows = work.session.execute(
        text(
            "with mine as materialized (select l.*, b.id as open_id from baskets b join basket_lines l on"
            " l.basket_id = b.id"
            " where b.buyer_id = :buyer_id and b.id = coalesce(cast(:basket_id as uuid), (select id from baskets"
            " where buyer_id = :buyer_id and person_id = :person_id and placed_at is null and requested_at is null)))"
            " select m.open_id, m.offer_id, m.quantity, m.seen_unit_price, o.variant_id, o.seller_id, o.sku, o.state,"
            " o.currency, o.minimum_quantity, o.order_increment, o.lead_time_days, o.tax_rate, s.name as seller_name,"
            " p.id as product_id, p.picture_file_id, p.name as product_name, n.minimum_quantity as product_minimum,"
            " case v.name when 'Standard' then p.name else p.name || ', ' || v.name end as name,"
            " t.order_minimum, t.shipping_fee, t.free_shipping_from, coalesce(a.available, 0) as available"
            " from mine m left join (offers o join organizations s on s.id = o.seller_id and s.state = 'active')"
            " on o.id = m.offer_id and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
            " left join product_variants v on v.id = o.variant_id left join products p on p.id = v.product_id"
            " left join product_minimums n on n.seller_id = o.seller_id and n.product_id = p.id"
            " left join seller_terms t on t.seller_id = o.seller_id and t.currency = o.currency"
            " left join stock_available((select array_agg(offer_id) from mine), :now) a on a.offer_id = m.offer_id"
            " order by s.name, m.added_at, m.offer_id"
        ),
        {
            "buyer_id": work.actor.require_org(), "person_id": work.actor.user_id, "basket_id": basket_id,
            "now": work.now,
        },
    ).all()  # fmt: skip
    prices = (
        pricing.resolve(work, quantities={row.offer_id: row.quantity for row in rows}, together=True) if rows else {}
    )
    stock = discovery.shown_stock(
        work, available={row.offer_id: (row.seller_id, row.available) for row in rows if row.seller_id is not None}
    )
    groups = [
        _group([row for row in rows if row.seller_id == seller_id], prices, stock)
        for seller_id in dict.fromkeys(row.seller_id for row in rows if row.seller_id is not None)
    ]
    gone = sum(1 for row in rows if row.seller_id is None)
    lines = [line for group in groups for line in group.lines]
    currencies = {group.currency for group in groups}
    one = currencies.pop() if len(currencies) == 1 else None

    def total(part: str) -> Decimal:
        return sum((getattr(group, part) for group in groups), Decimal(0)) if one else Decimal(0)

    return BasketSheet(
        basket_id=rows[0].open_id if rows else None, groups=groups, currency=one, goods=total("goods"),
        tax=total("tax"), shipping=total("shipping"), total=total("total"),
        prices_changed=sum(1 for line in lines if line.unit_price != line.seen_unit_price),
        ready=bool(groups) and one is not None and not gone
        and not any(line.problem for line in lines)
        and not any(group.missing_to_minimum for group in groups)
        and not any(mix.missing for group in groups for mix in group.mixes),
        gone=gone,
    )  # fmt: skip


def _group(rows: list[Any], prices: dict[UUID, Price], stock: dict[UUID, StockShown]) -> BasketGroup:
    terms = Terms(rows[0].order_minimum or Decimal(0), rows[0].shipping_fee or Decimal(0), rows[0].free_shipping_from)
    lines = [_basket_row(row, prices.get(row.offer_id), stock[row.offer_id].units) for row in rows]
    currency = rows[0].currency
    goods = sum((line.goods for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    shipping = terms.shipping(goods, currency)
    return BasketGroup(
        seller_id=rows[0].seller_id, seller_name=rows[0].seller_name, currency=currency, lines=lines, goods=goods,
        tax=tax, shipping=shipping, total=goods + tax + shipping, order_minimum=terms.order_minimum,
        missing_to_minimum=max(Decimal(0), rounded(terms.order_minimum - goods, currency)),
        free_shipping_from=terms.free_shipping_from,
        mixes=[
            MixRow(product_id=mix.product_id, product_name=mix.product_name, quantity=mix.quantity,
                   minimum_quantity=mix.minimum_quantity, missing=mix.missing, missing_value=mix.missing_value)
            for mix in mixes([_wanted(row, prices[row.offer_id]) for row in rows if row.offer_id in prices])
        ],
    )  # fmt: skip


def _basket_row(row: Any, price: Price | None, told: int | None) -> BasketRow:
    unit_price = price.unit_price if price else row.seen_unit_price
    goods = rounded(unit_price * row.quantity, row.currency)
    return BasketRow(
        offer_id=row.offer_id, product_id=row.product_id, picture_file_id=row.picture_file_id, sku=row.sku,
        name=row.name, quantity=row.quantity, minimum_quantity=row.minimum_quantity,
        order_increment=row.order_increment, lead_time_days=row.lead_time_days, available=told,
        currency=row.currency, unit_price=unit_price, seen_unit_price=row.seen_unit_price, goods=goods,
        tax=rounded(goods * row.tax_rate, row.currency), next_quantity=price.next_quantity if price else None,
        next_unit_price=price.next_unit_price if price else None,
        list_price=price.list_price if price else unit_price,
        price_trace=[dict(step) for step in price.trace] if price else [], problem=_problem(row, price, told),
    )  # fmt: skip


def _problem(row: Any, price: Price | None, told: int | None) -> str | None:
    if price is None or row.state != "published":
        return "This is no longer for sale. Please take it out of the basket."
    if row.available < row.quantity:
        if told is None:
            return "Fewer are in stock than you want."
        return f"Only {told:,} are in stock right now." if told else "This is out of stock right now."
    try:
        check_quantity(_wanted(row, price))
    except Invalid as refusal:
        return refusal.sentence
    return None


def _wanted(row: Any, price: Price) -> Wanted:
    return Wanted(
        row.offer_id, row.variant_id, row.seller_id, row.seller_name, row.sku, row.name, row.quantity,
        row.minimum_quantity, row.order_increment, row.lead_time_days, row.tax_rate, price, row.product_id,
        row.product_name, row.product_minimum,
    )  # fmt: skip


# --- lists ----------------------------------------------------------------------------------------

_ROWS = """
select o.id as order_id, o.number, o.purchase_id, o.buyer_id, o.seller_id, o.buyer_name, o.seller_name, o.state,
       o.currency, o.goods, o.total, o.created_at, o.promised_at, o.first_shipped_at,
       q.ordered, q.confirmed, q.shipped, q.delivered, q.accepted, o.rows_in_all as total_rows
from (
    select x.*, count(*) over () as rows_in_all from supplier_orders x
    where x.origin = 'live' and {whose}
      and (cast(:stores as uuid[]) is null or x.buyer_id <> :org_id or x.site_id = any(cast(:stores as uuid[])))
      and (cast(:customers as uuid[]) is null or x.seller_id <> :org_id
           or x.buyer_id = any(cast(:customers as uuid[])))
      and (cast(:regions as uuid[]) is null or in_regions(cast(:regions as uuid[]),
           x.delivery_address ->> 'country_code', x.delivery_address ->> 'postal_code',
           cast(x.created_at at time zone 'UTC' as date)))
      and (cast(:states as text[]) is null or x.state = any(cast(:states as text[])))
      and (:find = '' or strpos(lower(x.number || ' ' || x.buyer_name || ' ' || x.seller_name), lower(:find)) > 0)
    order by x.created_at desc, x.id desc limit :size offset :skip
) o
cross join lateral (
    select sum(ordered)::bigint as ordered, sum(confirmed)::bigint as confirmed, sum(shipped)::bigint as shipped,
           sum(delivered)::bigint as delivered, sum(accepted)::bigint as accepted
    from order_lines l where l.order_id = o.id
) q
order by o.created_at desc, o.id desc
"""
_BOUGHT = text(_ROWS.replace("{whose}", "x.buyer_id = :org_id"))
_SOLD = text(_ROWS.replace("{whose}", "x.seller_id = :org_id and x.state not in ('awaiting_payment', 'expired')"))
_ALL = text(_ROWS.replace("{whose}", "cast(:org_id as uuid) is null"))
_OF_PURCHASE = text(_ROWS.replace("{whose}", "x.buyer_id = :org_id and x.purchase_id = :purchase_id"))


def orders_of_buyer(
    work: Work, *, states: list[OrderState] | None = None, find: str = "", page: int = 1, size: int = 50
) -> tuple[list[OrderRow], int]:
    """What one's own organisation bought, newest first: one page, and how many there are in all."""
    work.actor.require(Permission.SEE_PURCHASES)
    return _listed(work, _BOUGHT, work.actor.require_org(), states, find, page, size)


def orders_of_seller(
    work: Work, *, states: list[OrderState] | None = None, find: str = "", page: int = 1, size: int = 50
) -> tuple[list[OrderRow], int]:
    """What was bought from one's own organisation and is paid, newest first; and how many in all."""
    work.actor.require(Permission.SEE_SALES)
    return _listed(work, _SOLD, work.actor.require_org(), states, find, page, size)


def all_orders(
    work: Work, *, states: list[OrderState] | None = None, find: str = "", page: int = 1, size: int = 50
) -> tuple[list[OrderRow], int]:
    """All live orders, for the platform's staff; newest first, and how many there are in all."""
    work.actor.require(Permission.SEE_ALL_ORDERS)
    return _listed(work, _ALL, None, states, find, page, size)


def _listed(
    work: Work, statement: Any, org_id: UUID | None, states: list[OrderState] | None, find: str, page: int, size: int,
    **facts: Any,
) -> tuple[list[OrderRow], int]:  # fmt: skip
    reach = identity.reach_of(work)
    rows = work.session.execute(
        statement,
        {
            "org_id": org_id,
            "stores": None if reach.stores is None else list(reach.stores),
            "customers": None if reach.customers is None else list(reach.customers),
            "regions": None if reach.regions is None else list(reach.regions),
            "states": [OrderState(state).value for state in states] if states else None,
            "find": find.strip(),
            "size": size,
            "skip": (max(page, 1) - 1) * size,
            **facts,
        },
    ).all()
    return [_order_row(work, row) for row in rows], rows[0].total_rows if rows else 0


def _order_row(work: Work, row: Any) -> OrderRow:
    values = row._asdict() | {"progress": _progress(row), "is_late": _late(row, work.now)}
    if not work.actor.may(Permission.SEE_ALL_ORDERS):
        side = "buyer" if row.buyer_id == work.actor.org_id else "seller"
        values |= {} if _sees_money(work, side) else {"goods": Decimal(0), "total": Decimal(0)}
    return OrderRow.model_validate(values)


def _sees_money(work: Work, side: str) -> bool:
    """What a seller charges and what a buyer pays are seen by different roles."""
    return work.actor.may(Permission.SEE_COSTS if side == "buyer" else Permission.SEE_PRICES)


def _progress(row: Any) -> Progress:
    return progress(confirmed=row.confirmed, shipped=row.shipped, delivered=row.delivered, accepted=row.accepted)


def _late(row: Any, now: datetime) -> bool:
    unshipped = row.state in BOUND and row.first_shipped_at is None
    return bool(unshipped and row.promised_at is not None and row.promised_at < now)


def purchase_sheet(work: Work, *, purchase_id: UUID) -> PurchaseSheet:
    """One of one's own checkouts with its orders and its payment."""
    work.actor.require(Permission.SEE_PURCHASES)
    row = work.session.execute(
        text(
            "select id as purchase_id, number, currency, goods, tax, shipping, total, payment_method, created_at,"
            " buyer_id, site_id from purchases where id = :id and buyer_id = :org_id"
        ),
        {"id": purchase_id, "org_id": work.actor.require_org()},
    ).one_or_none()
    if row is None:
        raise NotFound
    _within_reach(work, row)
    hidden = {} if _sees_money(work, "buyer") else dict.fromkeys(("goods", "tax", "shipping", "total"), Decimal(0))
    orders, _ = _listed(work, _OF_PURCHASE, work.actor.org_id, None, "", 1, 200, purchase_id=purchase_id)
    payment = payments.payment_of_purchase(work, purchase_id=purchase_id) if not hidden else None
    orders = sorted(orders, key=lambda order: order.number)
    return PurchaseSheet(**row._asdict() | hidden, orders=orders, payment=payment)


def work_list(work: Work) -> WorkList:
    """What waits for the actor's organisation, as buyer and as seller: numbers of orders."""
    if not (work.actor.may(Permission.SEE_PURCHASES) or work.actor.may(Permission.SEE_SALES)):
        raise NotFound
    row = work.session.execute(
        text(
            "select count(*) filter (where o.seller_id = :me and o.state = 'awaiting_seller') as to_answer,"
            " count(*) filter (where o.seller_id = :me and o.state = any(:bound) and q.shipped < q.confirmed"
            "   and o.state <> 'in_production') as to_ship,"
            " count(*) filter (where o.seller_id = :me and o.state = 'in_production') as in_production,"
            " count(*) filter (where o.buyer_id = :me and q.on_the_way) as to_receive,"
            " count(*) filter (where o.buyer_id = :me and q.accepted < q.delivered) as to_accept,"
            " count(*) filter (where o.buyer_id = :me and o.state = 'awaiting_payment') as to_pay,"
            " count(*) filter (where o.state = any(:bound) and o.first_shipped_at is null and o.promised_at <"
            " :now) as late,"
            " coalesce(sum(o.total) filter (where o.currency = g.currency), 0) as open_value, g.currency"
            " from organizations g left join supplier_orders o on :me in (o.buyer_id, o.seller_id)"
            "   and o.origin = 'live' and o.state <> all(:ended)"
            " left join lateral (select sum(confirmed) as confirmed, sum(shipped) as shipped,"
            "   sum(delivered) as delivered, sum(accepted) as accepted, sum(delivered + lost) < sum(shipped) as"
            " on_the_way"
            "   from order_lines l where l.order_id = o.id) q on o.id is not null"
            " where g.id = :me group by g.currency"
        ),
        {
            "me": work.actor.require_org(),
            "now": work.now,
            "bound": [state.value for state in BOUND],
            "ended": [state.value for state in ENDED],
        },
    ).one()
    sides = {"buyer": Permission.SEE_PURCHASES, "seller": Permission.SEE_SALES}
    seen = all(_sees_money(work, side) for side, right in sides.items() if work.actor.may(right))
    return WorkList.model_validate(row._asdict() | ({} if seen else {"open_value": Decimal(0)}))


def sales_by_week(work: Work, *, weeks: int = 12) -> list[SalesWeek]:
    """What one's own organisation sold and was paid for, week by week in its own currency and zone, oldest first."""
    work.actor.require(Permission.SEE_SALES)
    work.actor.require(Permission.SEE_PRICES)
    rows = work.session.execute(
        text(
            "with me as (select id, currency, time_zone, cast(date_trunc('week', :now at time zone time_zone) as date)"
            "   as this_week from organizations where id = :me), sold as ("
            " select cast(date_trunc('week', o.secured_at at time zone me.time_zone) as date) as week_on,"
            "   count(*) as orders, sum(o.goods) as goods from supplier_orders o join me on o.seller_id = me.id"
            " where o.origin = 'live' and o.currency = me.currency and o.secured_at >= :since group by 1)"
            " select cast(w.week_on as date) as week_on, coalesce(s.orders, 0) as orders, coalesce(s.goods, 0)"
            " as goods,"
            " me.currency from me cross join lateral generate_series(me.this_week - 7 * (:weeks - 1), me.this_week,"
            " interval '7 days') as w(week_on) left join sold s on s.week_on = cast(w.week_on as date) order by 1"
        ),
        {
            "me": work.actor.require_org(),
            "now": work.now,
            "since": work.now - timedelta(weeks=weeks + 1),
            "weeks": weeks,
        },
    )
    return [SalesWeek.model_validate(row._asdict()) for row in rows]


def running_low(work: Work, *, size: int = 5) -> list[RunningLow]:
    """One's own published offers whose free stock is below the minimum quantity or four weeks of sales, worst first."""
    work.actor.require(Permission.SEE_STOCK)
    rows = work.session.execute(
        text(
            "select f.id as offer_id, f.sku, case v.name when 'Standard' then p.name else p.name || ', ' || v.name end"
            "   as name, b.available, s.sold from offers f join product_variants v on v.id = f.variant_id"
            " join products p on p.id = v.product_id cross join lateral (select coalesce(sum(on_hand -"
            " reserved), 0)::bigint"
            "   as available from stock_balances where org_id = f.seller_id and variant_id = f.variant_id"
            "   and is_for_sale) b"
            " cross join lateral (select coalesce(sum(l.confirmed), 0)::bigint as sold from order_lines l"
            "   join supplier_orders o on o.id = l.order_id where l.offer_id = f.id and o.origin = 'live'"
            "   and o.confirmed_at >= :since) s"
            " where f.seller_id = :me and f.state = 'published' and b.available < greatest(s.sold, f.minimum_quantity)"
            " order by b.available - s.sold, p.name, f.sku limit :size"
        ),
        {"me": work.actor.require_org(), "since": work.now - timedelta(weeks=4), "size": size},
    )
    return [RunningLow.model_validate(row._asdict()) for row in rows]


# --- one order ------------------------------------------------------------------------------------


def order_sheet(work: Work, *, order_id: UUID) -> OrderSheet:
    """All of one order for its buyer, its seller or the platform. Strangers get `NotFound`.

    The seller and the platform see the commission; the buyer does not. Roles that see no prices get
    no amounts. An order that is not paid yet does not exist for its seller.
    """
    row = work.session.execute(
        text(
            "select o.*, u.number as purchase_number"
            " from supplier_orders o left join purchases u on u.id = o.purchase_id where o.id = :id"
        ),
        {"id": order_id},
    ).one_or_none()
    side = _side(work, row)
    _within_reach(work, row)
    lines = _lines(work, order_id)
    sees_money = side == "platform" or _sees_money(work, side)
    sums = {field: sum(getattr(line, field) for line in lines) for field in _QUANTITIES}
    values = row._asdict()  # type: ignore[union-attr]
    money = payments.money_of_order(work, order_id=order_id, currency=values["currency"]) if sees_money else None
    if not sees_money:
        values |= dict.fromkeys(("goods", "tax", "shipping", "total"))
        lines = [line.model_copy(update=_MASKED) for line in lines]
    return OrderSheet(
        **{field: values[field] for field in _PLAIN}, order_id=order_id, side=side,
        purchase_number=values["purchase_number"] or values["number"].rpartition("-")[0],
        progress=progress(**sums), is_late=_late(row, work.now), lines=lines,
        shipments=logistics.shipments_of_order(work, order_id=order_id), steps=_steps(work, order_id, sees_money),
        money=money,
        payment=(
            payments.payment_of_purchase(work, purchase_id=values["purchase_id"])
            if side != "seller" and sees_money
            else None
        ),
        postings=_postings(work, order_id, side) if sees_money else [],
        commissions=_commissions(work, order_id) if sees_money and side != "buyer" else [],
        reviews=trust.reviews_of(work, order_id=order_id),
    )  # fmt: skip


_AMOUNTS = {"total", "goods", "gross", "refunded"}
_QUANTITIES = ("confirmed", "shipped", "delivered", "accepted")
_MASKED = {"unit_price": Decimal(0), "goods": Decimal(0), "tax": Decimal(0), "shipping": Decimal(0), "price_trace": []}
_PLAIN = (
    "number", "purchase_id", "origin", "buyer_id", "seller_id", "buyer_name", "seller_name", "state", "payment_method",
    "currency", "goods", "tax", "shipping", "total", "produced_percent", "lead_time_days", "delivery_address",
    "buyer_note", "created_at", "secured_at", "confirmed_at", "promised_at", "delivered_at", "completed_at", "ended_at",
)  # fmt: skip


def _side(work: Work, row: Any) -> str:
    me = work.actor.org_id
    if row is not None and work.actor.may(Permission.SEE_ALL_ORDERS):
        return "platform"
    if row is not None and me == row.buyer_id and work.actor.may(Permission.SEE_PURCHASES):
        return "buyer"
    unpaid = row is not None and row.secured_at is None
    if row is not None and me == row.seller_id and work.actor.may(Permission.SEE_SALES) and not unpaid:
        return "seller"
    raise NotFound


def _within_reach(work: Work, row: Any) -> None:
    """Raises `NotFound` outside of the stores, customers or regions that the actor is kept to."""
    identity.require_reach(
        work, buyer_id=row.buyer_id, seller_id=getattr(row, "seller_id", None), site_id=row.site_id,
        address=getattr(row, "delivery_address", None), at=row.created_at,
    )  # fmt: skip


def _lines(work: Work, order_id: UUID) -> list[OrderLineRow]:
    rows = work.session.execute(
        text(
            "select id as line_id, line_no, offer_id, sku, name, ordered, confirmed, cancelled, shipped, delivered,"
            " accepted, lost, unit_price, goods, tax_rate, tax, shipping, price_trace, policy_id, grade, variant_id,"
            " seller_id = :me and exists (select 1 from stock_serials s where s.org_id = l.seller_id"
            "   and s.variant_id = l.variant_id and s.state = 'in_stock') as has_serials"
            " from order_lines l where order_id = :id order by line_no"
        ),
        {"id": order_id, "me": work.actor.org_id},
    )
    return [OrderLineRow.model_validate(row._asdict()) for row in rows]


def _steps(work: Work, order_id: UUID, sees_money: bool) -> list[StepRow]:
    """The order's events; a person's name is shown to the own organisation and the platform only."""
    rows = work.session.execute(
        text(
            "select e.name, e.effective_at as at, e.from_state, e.to_state, e.facts, e.org_id as by_org_id,"
            " p.name as by_person from events e"
            " left join people p on p.id = e.actor_user_id and (e.org_id = :me or :staff)"
            " where e.subject = 'order' and e.subject_id = :id order by e.id"
        ),
        {"id": order_id, "me": work.actor.org_id, "staff": work.actor.may(Permission.SEE_ALL_ORDERS)},
    )
    steps = [row._asdict() for row in rows]
    if not sees_money:
        for step in steps:
            step["facts"] = {name: fact for name, fact in step["facts"].items() if name not in _AMOUNTS}
    return [StepRow.model_validate(step) for step in steps]


def _postings(work: Work, order_id: UUID, side: str) -> list[ledger.PostingRow]:
    return ledger.postings_of_order(work, order_id=order_id, with_memo=side == "platform")


def _commissions(work: Work, order_id: UUID) -> list[Commission]:
    rows = work.session.execute(
        text("select beneficiary, rate, vat_rate from commission_lines where order_id = :id order by position"),
        {"id": order_id},
    )
    return [Commission(row.beneficiary, row.rate, row.vat_rate) for row in rows]
