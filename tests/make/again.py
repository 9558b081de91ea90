"""Every metric a second time, straight from the application's tables and in plain Python.

Nothing here reads the warehouse or its SQL: a *fact* is one counted thing on its day, with what it adds, what
it can be split by and who may see it; a metric is a list of facts and a way to fold them. The definitions are
those of the registry's text. Slow and simple on purpose: it is what the quick figures are compared with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text

from domain.kernel.work import Work
from domain.payments import part
from domain.reports import Grain

PLATFORM_ZONE = "UTC"
UNKNOWN = "(unknown)"
ZERO, ONE = Decimal(0), Decimal(1)
DAY = timedelta(days=1)


class Fact(NamedTuple):
    """One counted thing: what it adds above and below the line, and who is counted once."""

    day: date
    above: Decimal
    at: Mapping[str, str]  # value by dimension
    parties: frozenset[str]
    currency: str | None = None
    below: Decimal = ZERO
    who: str = ""
    is_aged: bool = True  # enough days have passed to know it
    known_until: date = date.max  # the last day that is fully known of `who`
    other_days: tuple[date, ...] = ()  # all days on which `who` traded


class Figure(NamedTuple):
    value: Decimal | None
    above: Decimal | None = None
    below: Decimal | None = None


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def day_in(moment: datetime, zone: str) -> date:
    return moment.astimezone(_zone(zone)).date()


# --- what the application knows ------------------------------------------------------------------


class Books:
    """The application's tables, read once; `as_of` is the instant up to which the warehouse read them."""

    def __init__(self, work: Work, as_of: datetime) -> None:
        self.made: dict[Callable[[Books], list[Fact]], list[Fact]] = {}  # facts that were asked for before
        self._of_line: dict[tuple[Any, str], dict[str, str]] = {}
        self.as_of = as_of
        self.today = day_in(as_of, PLATFORM_ZONE)

        def rows(query: str) -> list[Any]:
            return list(work.session.execute(text(query)))

        self.organizations = {
            str(row.id): row
            for row in rows(
                "select o.*, coalesce(h.time_zone, 'UTC') as zone from organizations o"
                " left join histories h on h.id = o.history_id"
            )
        }
        self.orders = {
            str(row.id): row
            for row in rows(
                "select o.*, coalesce(h.time_zone, 'UTC') as zone from supplier_orders o"
                " left join histories h on h.id = o.history_id order by o.created_at, o.number"
            )
        }
        self.lines = rows(
            "select l.id, l.order_id, l.buyer_id, l.seller_id, l.currency, l.ordered, l.confirmed, l.delivered,"
            " l.accepted, l.lost, l.goods, l.tax, l.shipping, c.name as category from order_lines l"
            " join product_variants v on v.id = l.variant_id join products p on p.id = v.product_id"
            " left join categories c on c.id = p.category_id order by l.order_id, l.line_no"
        )
        self.releases = rows("select * from releases")
        self.refunds = rows("select * from refunds")
        self.payments = rows("select * from payments")
        self.purchases = {str(row.id): row for row in rows("select * from purchases")}
        self.reviews = rows("select * from reviews")
        self.payouts = {
            str(row.id): row
            for row in rows("select p.*, b.sent_at, b.state from payouts p join payout_batches b on b.id = p.batch_id")
        }
        self.returns = rows(
            "select d.*, coalesce(h.time_zone, 'UTC') as zone from return_documents d"
            " left join histories h on h.id = d.history_id"
        )
        self.return_lines = rows("select * from return_lines")
        self.deliveries = rows(
            "select l.line_id, l.shipped, l.delivered, s.delivered_at, s.shipped_at from shipment_lines l"
            " join shipments s on s.id = l.shipment_id"
        )
        self.confirmed = {
            str(row.subject_id): Decimal(row.goods)
            for row in rows(
                "select subject_id, facts ->> 'goods' as goods from events where name = 'OrderConfirmed'"
            )
        }
        self.commissions = rows(
            "select e.order_id, e.effective_at, p.amount, p.currency from ledger_postings p"
            " join ledger_entries e on e.id = p.entry_id join ledger_accounts a on a.id = p.account_id"
            " where a.kind = 'income'"
        )
        self.escrow = rows(
            "select e.order_id, e.effective_at, p.amount, p.currency from ledger_postings p"
            " join ledger_entries e on e.id = p.entry_id join ledger_accounts a on a.id = p.account_id"
            " where a.family = 'escrow'"
        )
        self.acts = rows(
            "select e.actor_user_id as person_id, e.org_id, e.effective_at as at, e.name, e.command from events e"
            " where e.actor_user_id is not null and e.org_id is not null"
        )
        self.views = rows("select person_id, org_id, occurred_at as at, kind from activity")
        self.category_of_offer = {
            str(row.id): row.category
            for row in rows(
                "select f.id, c.name as category from offers f join product_variants v on v.id = f.variant_id"
                " join products p on p.id = v.product_id left join categories c on c.id = p.category_id"
            )
        }

    @property
    def last_full_day(self) -> date:
        return self.today - timedelta(days=1)

    @cached_property
    def _known_until(self) -> dict[Any, date]:
        """The last day of each history."""
        last: dict[Any, date] = {}
        for order in self.orders.values():
            if order.history_id is not None and order.secured_at is not None:
                day = day_in(order.secured_at, order.zone)
                last[order.history_id] = max(day, last.get(order.history_id, date.min))
        return last

    def known_until_of_history(self, history_id: Any) -> date:
        return min(self._known_until.get(history_id, date.min), self.last_full_day)

    def known_until(self, org_id: Any) -> date:
        """The last day that is fully known of an organisation: of an imported one the last of its history."""
        row = self.organizations[str(org_id)]
        if row.origin == "live":
            return self.last_full_day
        return self.known_until_of_history(row.history_id)

    # --- how an order is seen ---

    def country(self, org_id: Any) -> str:
        row = self.organizations[str(org_id)]
        return row.country_code or row.country or UNKNOWN

    def kind(self, org_id: Any) -> str:
        return str(self.organizations[str(org_id)].kind)

    @cached_property
    def _at(self) -> dict[str, dict[str, str]]:
        return {
            key: {
                "origin": o.origin,
                "buyer": str(o.buyer_id),
                "seller": str(o.seller_id),
                "buyer_country": self.country(o.buyer_id),
                "seller_country": self.country(o.seller_id),
                "payment_method": o.payment_method,
                "role": self.kind(o.buyer_id),
            }
            for key, o in self.orders.items()
        }

    def at(self, order_id: Any, category: str | None = None) -> dict[str, str]:
        """What an order can be split by, or one of its lines of a category."""
        if category is None:
            return self._at[str(order_id)]
        if (order_id, category) not in self._of_line:
            self._of_line[order_id, category] = {**self._at[str(order_id)], "category": category}
        return self._of_line[order_id, category]

    @cached_property
    def _parties(self) -> dict[str, frozenset[str]]:
        return {
            key: frozenset(str(p) for p in (o.buyer_id, o.seller_id, o.distributor_id) if p is not None)
            for key, o in self.orders.items()
        }

    def parties_named(self, row: Mapping[str, Any]) -> frozenset[str]:
        """Whose a row of a report is, by the document that it names."""
        if row.get("order_id") is not None:
            return self.parties(row["order_id"])
        number = str(row.get("order_number") or row.get("document_number") or row.get("purchase_number"))
        if number in self.by_number:
            return self.parties(self.by_number[number].id)
        for document in (*self.purchases.values(), *self.returns):
            if number in (getattr(document, "number", None), getattr(document, "external_id", None)):
                return frozenset({str(document.buyer_id), str(getattr(document, "seller_id", ""))})
        return frozenset()

    @cached_property
    def by_number(self) -> dict[str, Any]:
        return {order.number: order for order in self.orders.values()}

    def parties(self, order_id: Any) -> frozenset[str]:
        return self._parties[str(order_id)]

    @cached_property
    def completed(self) -> dict[str, tuple[Decimal, Decimal]]:
        """(goods, gross) of what was accepted, by completed order; a history has no releases and says all."""
        found: dict[str, list[Decimal]] = {
            key: [ZERO, ZERO] if o.origin == "live" else [o.goods, o.total]
            for key, o in self.orders.items()
            if o.completed_at is not None
        }
        for release in self.releases:
            if (sums := found.get(str(release.order_id))) is not None:
                sums[0] += release.goods
                sums[1] += release.gross
        return {key: (goods, gross) for key, (goods, gross) in found.items()}

    def order_facts(
        self,
        moment: str,
        amount: Callable[[Any], Decimal],
        *,
        counts: Callable[[Any], bool] = lambda o: True,
        below: Callable[[Any], Decimal] = lambda o: ZERO,
        who: Callable[[Any], Any] = lambda o: "",
    ) -> list[Fact]:
        """A fact per order that has reached `moment`, on the day of it."""
        return [
            Fact(day_in(getattr(o, moment), o.zone), amount(o), self.at(key), self.parties(key),
                 o.currency, below(o), str(who(o)))
            for key, o in self.orders.items()
            if getattr(o, moment) is not None and counts(o)
        ]  # fmt: skip


# --- periods -------------------------------------------------------------------------------------


def starts(day: date, grain: str | None) -> date | None:
    """The first day of the period that a day is in."""
    match grain:
        case None:
            return None
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    raise AssertionError(grain)


def ends(start: date, grain: str) -> date:
    """The first day after the period that begins here."""
    match grain:
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return (start + timedelta(days=31)).replace(day=1)
        case "quarter":
            return (start + timedelta(days=93)).replace(day=1)
    raise AssertionError(grain)


# --- folds ---------------------------------------------------------------------------------------

Fold = Callable[[Sequence[Fact]], Figure]


def total(facts: Sequence[Fact]) -> Figure:
    value = sum((f.above for f in facts), ZERO)
    return Figure(value, value)


def ratio(facts: Sequence[Fact]) -> Figure:
    above, below = sum((f.above for f in facts), ZERO), sum((f.below for f in facts), ZERO)
    return Figure(above / below if below else None, above, below)


def distinct(facts: Sequence[Fact]) -> Figure:
    value = Decimal(len({f.who for f in facts}))
    return Figure(value, value)


def per_distinct(facts: Sequence[Fact]) -> Figure:
    above, below = sum((f.above for f in facts), ZERO), Decimal(len({f.who for f in facts}))
    return Figure(above / below if below else None, above, below)


def middle(facts: Sequence[Fact]) -> Figure:
    """The median of the facts, those of one `who` added up first."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for number, fact in enumerate(facts):
        sums[fact.who or str(number)] += fact.above
    return Figure(median(sums.values()) if sums else None)


# --- orders and their money ----------------------------------------------------------------------

def _placed(books: Books) -> list[Fact]:
    return books.order_facts("secured_at", lambda o: o.goods)


def _confirmed(books: Books) -> list[Fact]:
    return books.order_facts("confirmed_at", lambda o: confirmed_goods(books, o))


def confirmed_goods(books: Books, order: Any) -> Decimal:
    """What the seller said yes to; a later cancellation takes nothing from it."""
    return order.goods if order.origin == "imported" else books.confirmed[str(order.id)]


def _completed(books: Books) -> list[Fact]:
    return books.order_facts("completed_at", lambda o: books.completed[str(o.id)][0])


def _is_end_demand(books: Books, order: Any) -> bool:
    return books.kind(order.buyer_id) != "distributor"


def _end_demand(books: Books) -> list[Fact]:
    return books.order_facts(
        "completed_at", lambda o: books.completed[str(o.id)][0], counts=lambda o: _is_end_demand(books, o)
    )


def _gross(books: Books) -> list[Fact]:
    return books.order_facts("completed_at", lambda o: books.completed[str(o.id)][1])


def _orders(books: Books) -> list[Fact]:
    return books.order_facts("secured_at", lambda o: ONE)


def _completed_orders(books: Books) -> list[Fact]:
    return books.order_facts("completed_at", lambda o: ONE)


def _orders_by(side: str, moment: str) -> Callable[[Books], list[Fact]]:
    """One per order, by who bought or sold it."""
    return lambda books: books.order_facts(moment, lambda o: ONE, who=lambda o: getattr(o, side))


def _purchases(books: Books) -> list[Fact]:
    """A purchase counts once, on the day on which the first of its orders was secured."""
    first: dict[str, date] = {}
    facts = books.order_facts("secured_at", lambda o: ONE, who=lambda o: o.purchase_id)
    for fact in facts:
        first[fact.who] = min(fact.day, first.get(fact.who, date.max))
    return [fact._replace(day=first[fact.who]) for fact in facts]


def _wanted_orders(books: Books) -> list[Fact]:
    """Placed orders without those that ended before their seller had said yes."""
    return books.order_facts(
        "secured_at", lambda o: o.goods, counts=lambda o: o.confirmed_at is not None or o.ended_at is None,
        below=lambda o: ONE, who=lambda o: o.purchase_id,
    )  # fmt: skip


def by_line(books: Books, moment: str, amount: Callable[[Any, Any], Decimal]) -> list[Fact]:
    """A fact per line of the orders that have reached `moment`, so that a category can be told."""
    facts = []
    for line in books.lines:
        order = books.orders[str(line.order_id)]
        if (at := getattr(order, moment)) is not None:
            facts.append(
                Fact(day_in(at, order.zone), amount(order, line), books.at(order.id, line.category or UNKNOWN),
                     books.parties(order.id), order.currency)
            )  # fmt: skip
    return facts


def _placed_lines(books: Books) -> list[Fact]:
    return by_line(books, "secured_at", lambda order, line: line.goods)


def accepted(line: Any, *columns: str) -> Decimal:
    """What the accepted units of a line are worth."""
    values = [getattr(line, name) for name in columns]
    if line.accepted != line.ordered:
        values = [part(value, line.accepted, line.ordered, line.currency) for value in values]
    return sum(values, ZERO)


def _completed_lines(books: Books) -> list[Fact]:
    return by_line(books, "completed_at", lambda order, line: accepted(line, "goods"))


def _end_demand_lines(books: Books) -> list[Fact]:
    return by_line(
        books, "completed_at", lambda order, line: accepted(line, "goods") if _is_end_demand(books, order) else ZERO
    )


def _gross_lines(books: Books) -> list[Fact]:
    return by_line(books, "completed_at", lambda order, line: accepted(line, "goods", "tax", "shipping"))


def order_fact(books: Books, order_id: Any, moment: datetime, above: Decimal, below: Decimal = ZERO, **rest: Any) -> Fact:
    """A fact of an order at some moment of its own."""
    order = books.orders[str(order_id)]
    day = day_in(moment, order.zone)
    return Fact(day, above, books.at(order_id), books.parties(order_id), order.currency, below, **rest)


def _sellers_own(facts: list[Fact]) -> list[Fact]:
    """What the platform takes from a seller, and when it pays him, is not the buyer's to see."""
    return [fact._replace(parties=frozenset({fact.at["seller"]})) for fact in facts]


def _commission(books: Books) -> list[Fact]:
    """Income accounts of the ledger, credit positive, on the day of the entry."""
    return _sellers_own(
        [order_fact(books, row.order_id, row.effective_at, -row.amount) for row in books.commissions]
    )  # fmt: skip


def _commission_on_completed(books: Books) -> list[Fact]:
    """What the platform earned on each completed order, over its accepted goods; a history paid no commission."""
    earned: dict[str, Decimal] = defaultdict(Decimal)
    for row in books.commissions:
        earned[str(row.order_id)] -= row.amount
    facts = books.order_facts(
        "completed_at", lambda o: earned[str(o.id)], below=lambda o: books.completed[str(o.id)][0],
        counts=lambda o: o.origin == "live",
    )  # fmt: skip
    return _sellers_own(facts)


def _payments(books: Books) -> list[Fact]:
    """Each payment on the day it was asked for: whether the money was there within 24 hours."""
    facts = []
    for row in books.payments:
        good = row.captured_at is not None and row.captured_at - row.created_at <= timedelta(hours=24)
        at = {"buyer": str(row.buyer_id), "buyer_country": books.country(row.buyer_id), "payment_method": row.method,
              "role": books.kind(row.buyer_id), "origin": "live"}  # fmt: skip
        facts.append(
            Fact(day_in(row.created_at, PLATFORM_ZONE), ONE if good else ZERO, at, frozenset({str(row.buyer_id)}),
                 row.currency, ONE)
        )  # fmt: skip
    return _aged_by(books, 1, facts)


def _reviews(books: Books) -> list[Fact]:
    """Published feedback, by the role of whom it is about."""
    found = []
    for row in books.reviews:
        if row.published_at is not None:
            fact = order_fact(books, row.order_id, row.published_at, Decimal(row.stars), ONE)
            sides = frozenset({str(row.buyer_id), str(row.seller_id)})
            found.append(fact._replace(at={**fact.at, "role": books.kind(row.subject_id)}, parties=sides))
    return found


def _reviewed(books: Books) -> list[Fact]:
    """Completed orders, and whether their buyer has left feedback."""
    by_buyer = {str(r.order_id) for r in books.reviews if r.author_id == r.buyer_id and r.published_at is not None}
    return books.order_facts(
        "completed_at", lambda o: ONE if str(o.id) in by_buyer else ZERO, below=lambda o: ONE,
        counts=lambda o: o.origin == "live",
    )  # fmt: skip


DAY_SECONDS = Decimal(86_400)


def _days(since: datetime, until: datetime) -> Decimal:
    return Decimal(str((until - since).total_seconds())) / DAY_SECONDS


def _time_to_confirm(books: Books) -> list[Fact]:
    return books.order_facts(
        "confirmed_at", lambda o: _days(o.secured_at, o.confirmed_at), below=lambda o: ONE,
        counts=lambda o: o.origin == "live",
    )  # fmt: skip


# --- people and companies ------------------------------------------------------------------------

PAGE_VIEWS = 3
LOGINS = frozenset({"SignedInEvent", "SignedOut", "SignInRefused", "ScreenRefused"})


def _acts(books: Books) -> list[Fact]:
    """What people did: a command counts at once, page views when there are three in the period."""
    found = [
        (act, PAGE_VIEWS) for act in books.acts if act.name not in LOGINS
    ] + [(view, 1) for view in books.views if view.kind == "page_view"]  # fmt: skip
    return [
        Fact(day_in(act.at, PLATFORM_ZONE), Decimal(weight),
             {"role": books.kind(act.org_id), "org": str(act.org_id)}, frozenset(), who=str(act.person_id))
        for act, weight in found
        if books.kind(act.org_id) != "platform"
    ]  # fmt: skip


def _count_active(facts: Sequence[Fact], who: Callable[[Fact], str]) -> Decimal:
    seen: dict[str, Decimal] = defaultdict(Decimal)
    for fact in facts:
        seen[fact.who] += fact.above
    return Decimal(len({who(fact) for fact in facts if seen[fact.who] >= PAGE_VIEWS}))


def active(facts: Sequence[Fact]) -> Figure:
    value = _count_active(facts, lambda f: f.who)
    return Figure(value, value)


def active_organizations(facts: Sequence[Fact]) -> Figure:
    value = _count_active(facts, lambda f: f.at["org"])
    return Figure(value, value)


def _daily(facts: Sequence[Fact]) -> Decimal:
    """Active people of each day, added up."""
    days: dict[date, list[Fact]] = defaultdict(list)
    for fact in facts:
        days[fact.day].append(fact)
    return sum((_count_active(rows, lambda f: f.who) for rows in days.values()), ZERO)


@dataclass(frozen=True, slots=True)
class Trader:
    """The days on which an organisation bought (or sold): its life as a customer."""

    org_id: str
    kind: str
    origin: str
    country: str
    registered_on: date | None
    days: tuple[date, ...]  # sorted, one per order
    amounts: Mapping[str, tuple[tuple[date, Decimal], ...]] = field(default_factory=dict)  # by currency

    @property
    def first(self) -> date:
        return self.days[0]

    def came_back(self, first: int, last: int) -> bool:
        """Whether another order came on day `first` to `last` after the first one."""
        return any(first <= (day - self.first).days <= last for day in self.days[1:])


@cache
def traders(books: Books, side: str) -> list[Trader]:
    """Buyers by secured orders, sellers by confirmed ones."""
    moment = {"buyer": "secured_at", "seller": "confirmed_at"}[side]
    days: dict[str, list[date]] = defaultdict(list)
    amounts: dict[str, dict[str, list[tuple[date, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    for order in books.orders.values():
        if (at := getattr(order, moment)) is not None:
            org_id, day = str(getattr(order, f"{side}_id")), day_in(at, order.zone)
            days[org_id].append(day)
            worth = order.goods if side == "buyer" else confirmed_goods(books, order)
            amounts[org_id][order.currency].append((day, worth))
    found = []
    for org_id, o in books.organizations.items():
        found.append(
            Trader(
                org_id, o.kind, o.origin, books.country(org_id),
                None if o.registered_at is None else day_in(o.registered_at, o.zone), tuple(sorted(days[org_id])),
                {currency: tuple(rows) for currency, rows in amounts[org_id].items()},
            )
        )  # fmt: skip
    return found


# --- lines that were due -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueLine:
    """A confirmed line whose promised day is over, and the units that had arrived by the end of it."""

    order: Any
    line: Any
    due_on: date
    owed: int
    in_time: int

    @property
    def is_on_time(self) -> bool:
        return self.in_time >= self.owed

    @property
    def is_in_full(self) -> bool:
        return self.in_time >= self.line.ordered


@cache
def due_lines(books: Books) -> list[DueLine]:
    """Confirmed lines that were due, without those given up whole before.

    Lost units are not owed. An imported line that was completed counts where its delivery is known, and none
    counts that was due after the last day of its history.
    """
    came: dict[str, list[Any]] = defaultdict(list)
    for row in books.deliveries:
        came[str(row.line_id)].append(row)
    found = []
    for line in books.lines:
        order = books.orders[str(line.order_id)]
        if order.promised_at is None or order.confirmed_at is None:
            continue
        due_on, owed = day_in(order.promised_at, order.zone), line.confirmed - line.lost
        if due_on > books.last_full_day:
            continue
        if order.origin == "imported":
            is_known = order.delivered_at is not None or order.completed_at is None
            if not is_known or not owed or due_on > books.known_until_of_history(order.history_id):
                continue
            is_in_time = order.delivered_at is not None and day_in(order.delivered_at, order.zone) <= due_on
            in_time = line.delivered if is_in_time else 0
        else:
            if not owed:
                # Cut or given up whole, or cancelled: before the promised day nothing was owed any more.
                given_up = order.ended_at is not None and order.state == "cancelled"
                if not given_up or day_in(order.ended_at, order.zone) <= due_on:
                    continue
                owed = 1
            in_time = sum(
                r.delivered for r in came[str(line.id)]
                if r.delivered_at is not None and day_in(r.delivered_at, order.zone) <= due_on
            )  # fmt: skip
        found.append(DueLine(order, line, due_on, owed, in_time))
    return found


# --- asking --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Again:
    """A metric the second time. `fold` gets the facts of the period, or, when it `looks_back`, all of them."""

    facts: Callable[[Books], list[Fact]]
    fold: Callable[..., Figure]
    looks_back: bool = False
    by_currency: bool = True  # money stands in rows of its own currency; counts are taken over all
    lines: Callable[[Books], list[Fact]] | None = None  # the same by order line, which alone knows a category
    finest: Grain = Grain.DAY  # asked by less it answers by this
    is_whole: bool = False  # its periods are never cut at the ends of what is asked
    matures_days: int = 0  # by period it is not known until all of the period is so old

    def facts_for(self, books: Books, dimensions: Collection[str]) -> list[Fact]:
        """The facts that know these dimensions."""
        made = self.lines if "category" in dimensions and self.lines is not None else self.facts
        if made not in books.made:
            books.made[made] = sorted(made(books), key=_day)
        return books.made[made]


def _day(fact: Fact) -> date:
    return fact.day


def during(facts: Sequence[Fact], first: date, end: date) -> Sequence[Fact]:
    """The facts of the days from `first` to before `end`; they come sorted by day."""
    return facts[bisect_left(facts, first, key=_day) : bisect_left(facts, end, key=_day)]


Cell = tuple[str | None, str | None]  # value of the dimension, currency


def figures(
    metric: Again,
    facts: Sequence[Fact],
    *,
    first: date,
    end: date,
    today: date,
    by: str | None = None,
    currency: str | None = None,
    filters: Mapping[str, Sequence[str]] | None = None,
    is_by_period: bool = False,
) -> dict[Cell, Figure]:
    """The metric over the days from `first` to before `end`, by dimension and currency."""
    cells: dict[Cell, list[Fact]] = defaultdict(list)
    for fact in facts if metric.looks_back else during(facts, first, end):
        if currency is not None and fact.currency is not None and fact.currency != currency:
            continue
        if any(fact.at.get(name) not in wanted for name, wanted in (filters or {}).items()):
            continue
        cells[None if by is None else fact.at[by], fact.currency if metric.by_currency else None].append(fact)
    found = {}
    for cell, rows in cells.items():
        aged = [fact for fact in rows if fact.is_aged]
        is_old = end - timedelta(days=1) + timedelta(days=metric.matures_days) < today
        if metric.matures_days and is_by_period and (len(aged) < len(rows) or not is_old):
            found[cell] = Figure(None)
        elif metric.looks_back:
            found[cell] = metric.fold(rows, first, end, today)
        else:
            found[cell] = metric.fold(aged)
    return found


# --- folds over time -----------------------------------------------------------------------------


def _until_now(end: date, today: date) -> date:
    """A period that runs is taken up to the last full day."""
    return min(end, today)


def _share(above: int | Decimal, below: int | Decimal) -> Figure:
    above, below = Decimal(above), Decimal(below)
    return Figure(above / below if below else None, above, below)


def churned(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Of those with an order in the 90 days before the period, those without one in its last 90 days."""
    end = _until_now(end, today)
    begun = during(facts, first - timedelta(days=90), min(first, today))
    before = {f.who for f in begun if f.known_until >= end - DAY}
    lately = {f.who for f in during(facts, end - timedelta(days=90), end)}
    return _share(len(before - lately), len(before))


def churned_goods(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """The same by what they had traded; who came back in another currency has not gone."""
    end = _until_now(end, today)
    begun = during(facts, first - timedelta(days=90), min(first, today))
    before = [f for f in begun if f.known_until >= end - DAY]
    days = {f.who: f.other_days for f in before}
    gone = {who for who, each in days.items() if not _any_between(each, end - timedelta(days=90), end)}
    return _share(sum((f.above for f in before if f.who in gone), ZERO), sum((f.above for f in before), ZERO))


def _any_between(days: Sequence[date], first: date, end: date) -> bool:
    """Whether one of the days, sorted, lies in the period."""
    return bisect_left(days, first) < bisect_left(days, end)


def repeated(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Of the buyers of the 365 days until the period's end, those who bought on two days or more."""
    end = _until_now(end, today)
    days: dict[str, set[date]] = defaultdict(set)
    for fact in during(facts, end - timedelta(days=365), end):
        days[fact.who].add(fact.day)
    return _share(sum(len(seen) >= 2 for seen in days.values()), len(days))


def reactivated(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Those of the period without an order in the 90 days before it, but with one before these."""
    now = {f.who for f in during(facts, first, end)}
    lately = {f.who for f in during(facts, first - timedelta(days=90), first)}
    earlier = {f.who for f in during(facts, date.min, first - timedelta(days=90))}
    value = Decimal(len((now & earlier) - lately))
    return Figure(value, value)


def until_the_end(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    return total(during(facts, date.min, end))


def grown(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """What there was at the end against what there was before the first day."""
    now, before = len(during(facts, date.min, end)), len(during(facts, date.min, first))
    return Figure(Decimal(now) / before - 1 if before else None, Decimal(now), Decimal(before))


def grown_by_quarter(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """The quarter in which the period ends against the one before it."""
    start = starts(end - DAY, "quarter")
    assert start is not None
    now = sum((f.above for f in during(facts, start, ends(start, "quarter"))), ZERO)
    before_first = starts(start - DAY, "quarter")
    assert before_first is not None
    before = sum((f.above for f in during(facts, before_first, start)), ZERO)
    return Figure(now / before - 1 if before else None, now, before)


def rated(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Mean stars of the 365 days until the period's end."""
    end = _until_now(end, today)
    return ratio(during(facts, end - timedelta(days=365), end))


def reached_categories(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Categories with their first order in the period, and three sellers by its end."""
    sellers: dict[str, set[str]] = defaultdict(set)
    for fact in during(facts, date.min, end):
        sellers[fact.at["category"]].add(fact.at["seller"])
    before = {f.at["category"] for f in during(facts, date.min, first)}
    value = Decimal(sum(len(who) >= 3 and c not in before and c != UNKNOWN for c, who in sellers.items()))
    return Figure(value, value)


def per_day(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Active people of a day, on average over the days that have begun."""
    begun = (min(end, today + DAY) - first).days
    return _share(_daily(during(facts, first, end)), max(begun, 0))


def _months(first: date, end: date, today: date) -> list[date]:
    """The first days of the months of a period that have begun."""
    found, at = [], starts(first, "month")
    assert at is not None
    while at < end and at <= today:
        found.append(at)
        at = ends(at, "month")
    return found


def per_month(count: Callable[[Sequence[Fact]], Figure]) -> Callable[..., Figure]:
    """The mean over the months that have begun, each counted as a whole."""

    def fold(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
        months = _months(first, end, today)
        return _share(sum((count(during(facts, m, ends(m, "month"))).value or ZERO for m in months), ZERO), len(months))

    return fold


def sticky(facts: Sequence[Fact], first: date, end: date, today: date) -> Figure:
    """Mean daily over mean monthly active people."""
    daily, monthly = per_day(facts, first, end, today).value, per_month(active)(facts, first, end, today).value
    return Figure(daily / monthly if daily is not None and monthly else None)


# --- the metrics by the registry's names ---------------------------------------------------------


@cache
def _main_traders(books: Books) -> list[Trader]:
    """Each organisation by the side on which its kind is judged: manufacturers sell, all others buy."""
    sides = {side: {t.org_id: t for t in traders(books, side)} for side in ("buyer", "seller")}
    return [
        sides["seller" if o.kind == "manufacturer" else "buyer"][org_id]
        for org_id, o in books.organizations.items()
        if o.kind != "platform"
    ]


def _of(trader: Trader) -> dict[str, str]:
    return {"origin": trader.origin, "role": trader.kind}


def _registered(books: Books) -> list[Fact]:
    return [
        Fact(t.registered_on, ONE, _of(t), frozenset(), who=t.org_id)
        for t in _main_traders(books)
        if t.registered_on is not None
    ]


def _activation(books: Books) -> list[Fact]:
    return [
        Fact(t.registered_on, ONE if t.days and 0 <= (t.first - t.registered_on).days <= 30 else ZERO, _of(t),
             frozenset(), None, ONE, is_aged=t.registered_on + timedelta(days=30) <= books.known_until(t.org_id))
        for t in _main_traders(books)
        if t.registered_on is not None
    ]  # fmt: skip


def _retention(first: int, last: int) -> Callable[[Books], list[Fact]]:
    def facts(books: Books) -> list[Fact]:
        return [
            Fact(t.first, ONE if t.came_back(first, last) else ZERO, _of(t), frozenset(), None, ONE,
                 is_aged=t.first + timedelta(days=last) <= books.known_until(t.org_id))
            for t in _main_traders(books)
            if t.days
        ]  # fmt: skip

    return facts


def _gmv_retention(first: int, last: int) -> Callable[[Books], list[Fact]]:
    def worth(t: Trader, currency: str, since: int, until: int) -> Decimal:
        return sum((a for day, a in t.amounts[currency] if since <= (day - t.first).days <= until), ZERO)

    def facts(books: Books) -> list[Fact]:
        return [
            Fact(t.first, worth(t, currency, first, last), _of(t), frozenset(), currency, worth(t, currency, 0, 29),
                 is_aged=t.first + timedelta(days=last) <= books.known_until(t.org_id))
            for t in _main_traders(books)
            if t.days
            for currency in t.amounts
        ]  # fmt: skip

    return facts


def _trade(books: Books) -> list[Fact]:
    """A fact per order of each organisation, on the side by which its kind is judged."""
    return [
        Fact(day, amount, _of(t), frozenset(), currency, who=t.org_id, known_until=books.known_until(t.org_id),
             other_days=t.days)
        for t in _main_traders(books)
        for currency, rows in t.amounts.items()
        for day, amount in rows
    ]  # fmt: skip


def _bought(books: Books) -> list[Fact]:
    return [
        Fact(day, ONE, _of(t), frozenset(), currency, who=t.org_id)
        for t in traders(books, "buyer")
        for currency, rows in t.amounts.items()
        for day, _ in rows
    ]


def _first_sales(books: Books) -> list[Fact]:
    return [
        Fact(t.first, Decimal((t.first - t.registered_on).days), _of(t), frozenset())
        for t in _main_traders(books)
        if t.days and t.registered_on is not None and t.first >= t.registered_on
    ]


def _reached_countries(books: Books) -> list[Fact]:
    """Each country of buyers on the day on which it came to have three buyers and two sellers of completed orders."""
    buyers: dict[str, set[str]] = defaultdict(set)
    sellers: dict[str, set[str]] = defaultdict(set)
    reached: dict[str, date] = {}
    for fact in sorted(_completed(books), key=_day):
        country = fact.at["buyer_country"]
        buyers[country].add(fact.at["buyer"])
        sellers[country].add(fact.at["seller"])
        if country != UNKNOWN and len(buyers[country]) >= 3 and len(sellers[country]) >= 2:
            reached.setdefault(country, fact.day)
    return [Fact(day, Decimal(1), {}, frozenset()) for day in reached.values()]


def _take(books: Books) -> list[Fact]:
    """Revenue when posted, beside the GMV of live orders when completed."""
    orders = books.order_facts(
        "completed_at", lambda o: ZERO, below=lambda o: books.completed[str(o.id)][0],
        counts=lambda o: o.origin == "live",
    )  # fmt: skip
    return [*_commission(books), *_sellers_own(orders)]


def _aged_by(books: Books, days: int, facts: list[Fact]) -> list[Fact]:
    return [f._replace(is_aged=f.day + timedelta(days=days) <= books.last_full_day) for f in facts]


def _refunded(days: int, *, is_count: bool) -> Callable[[Books], list[Fact]]:
    def facts(books: Books) -> list[Fact]:
        back: dict[str, Decimal] = defaultdict(Decimal)
        for row in books.refunds:
            order = books.orders[str(row.order_id)]
            if order.completed_at is not None and row.decided_at <= order.completed_at + timedelta(days=days):
                back[str(order.id)] += row.amount
        found = books.order_facts(
            "completed_at",
            (lambda o: ONE if back[str(o.id)] else ZERO) if is_count else (lambda o: back[str(o.id)]),
            below=(lambda o: ONE) if is_count else (lambda o: o.total),
            counts=lambda o: o.origin == "live",
        )
        return _aged_by(books, days, found)

    return facts


def _net(books: Books) -> list[Fact]:
    """Accepted goods of completed orders less what came back of them afterwards; over the accepted goods."""
    back: dict[str, Decimal] = defaultdict(Decimal)
    for row in books.returns:
        if row.order_id is not None:
            back[str(row.order_id)] += row.goods
    for row in books.refunds:
        order = books.orders[str(row.order_id)]
        if order.completed_at is not None and row.decided_at > order.completed_at:
            back[str(order.id)] += row.amount
    return books.order_facts(
        "completed_at", lambda o: books.completed[str(o.id)][0] - back[str(o.id)],
        below=lambda o: books.completed[str(o.id)][0],
    )  # fmt: skip


def _captured(books: Books) -> list[Fact]:
    return books.order_facts("completed_at", lambda o: o.total, below=lambda o: books.completed[str(o.id)][0])


def _held(books: Books) -> list[Fact]:
    return [order_fact(books, row.order_id, row.effective_at, -row.amount) for row in books.escrow]


def _payout_days(books: Books) -> list[Fact]:
    found = []
    for row in books.releases:
        payout = books.payouts.get(str(row.payout_id))
        if payout is not None and payout.sent_at is not None:
            found.append(order_fact(books, row.order_id, payout.sent_at, _days(row.released_at, payout.sent_at)))
    return _sellers_own(found)


def _due(above: Callable[[DueLine], Any], below: Callable[[DueLine], Any]) -> Callable[[Books], list[Fact]]:
    def facts(books: Books) -> list[Fact]:
        return [
            Fact(due.due_on, Decimal(above(due)), books.at(due.order.id, due.line.category or UNKNOWN),
                 books.parties(due.order.id), due.order.currency, Decimal(below(due)))
            for due in due_lines(books)
        ]  # fmt: skip

    return facts


def _units(books: Books) -> list[Fact]:
    """Units that went back, over units that arrived, each on its day."""
    found = []
    lines = {str(line.id): line for line in books.lines}

    def arrived(line: Any, moment: datetime, units: int) -> Fact:
        fact = order_fact(books, line.order_id, moment, ZERO, Decimal(units))
        # A credit note knows no distributor, so a rate for one would lack what went back.
        sides = frozenset({str(line.buyer_id), str(line.seller_id)})
        return fact._replace(at={**fact.at, "category": line.category or UNKNOWN}, parties=sides)

    for row in books.deliveries:
        if row.delivered_at is not None and row.delivered:
            found.append(arrived(lines[str(row.line_id)], row.delivered_at, row.delivered))
    for line in books.lines:
        order = books.orders[str(line.order_id)]
        if order.origin == "imported" and line.delivered:
            moment = order.delivered_at or order.completed_at
            if moment is not None:
                found.append(arrived(line, moment, line.delivered))
    documents = {str(row.id): row for row in books.returns}
    for row in books.return_lines:
        document = documents[str(row.return_id)]
        at = {
            "origin": document.origin, "buyer": str(row.buyer_id), "seller": str(row.seller_id),
            "buyer_country": books.country(row.buyer_id), "seller_country": books.country(row.seller_id),
            "role": books.kind(row.buyer_id), "category": books.category_of_offer[str(row.offer_id)] or UNKNOWN,
        }  # fmt: skip
        found.append(
            Fact(day_in(document.returned_at, document.zone), Decimal(row.quantity), at,
                 frozenset({str(row.buyer_id), str(row.seller_id)}), row.currency)
        )  # fmt: skip
    return found


BY_MONTH: dict[str, Any] = {"finest": Grain.MONTH, "is_whole": True}
BY_QUARTER: dict[str, Any] = {"finest": Grain.QUARTER, "is_whole": True}

METRICS: dict[str, Again] = {
    "gmv_placed": Again(_placed, total, lines=_placed_lines),
    "gmv_confirmed": Again(_confirmed, total),
    "gmv_completed": Again(_completed, total, lines=_completed_lines),
    "gmv_end_demand": Again(_end_demand, total, lines=_end_demand_lines),
    "gmv_gross": Again(_gross, total, lines=_gross_lines),
    "net_transaction_value": Again(_net, total),
    "transaction_value_per_gmv": Again(_net, ratio),
    "captured_per_gmv": Again(_captured, ratio),
    "orders": Again(_orders, total, by_currency=False),
    "completed_orders": Again(_completed_orders, total, by_currency=False),
    "purchases": Again(_purchases, distinct, by_currency=False),
    "aov_buyer": Again(_wanted_orders, per_distinct),
    "aov_buyer_median": Again(_wanted_orders, middle),
    "aov_seller": Again(_wanted_orders, ratio),
    "aov_seller_median": Again(_wanted_orders, lambda facts: middle([f._replace(who="") for f in facts])),
    "orders_per_buyer": Again(_orders_by("buyer_id", "secured_at"), per_distinct, by_currency=False),
    "active_buyers": Again(_orders_by("buyer_id", "secured_at"), distinct, by_currency=False),
    "active_sellers": Again(_orders_by("seller_id", "confirmed_at"), distinct, by_currency=False),
    "dau": Again(_acts, per_day, looks_back=True, by_currency=False),
    "mau": Again(_acts, per_month(active), looks_back=True, by_currency=False, **BY_MONTH),
    "stickiness": Again(_acts, sticky, looks_back=True, by_currency=False, **BY_MONTH),
    "active_organizations": Again(_acts, per_month(active_organizations), looks_back=True, by_currency=False, **BY_MONTH),
    "registered_organizations": Again(_registered, total, by_currency=False),
    "activation_rate": Again(_activation, ratio, by_currency=False, matures_days=30),
    "retention_30": Again(_retention(1, 30), ratio, by_currency=False, matures_days=30),
    "retention_60": Again(_retention(31, 60), ratio, by_currency=False, matures_days=60),
    "retention_90": Again(_retention(61, 90), ratio, by_currency=False, matures_days=90),
    "gmv_retention_30": Again(_gmv_retention(1, 30), ratio, matures_days=30),
    "gmv_retention_60": Again(_gmv_retention(31, 60), ratio, matures_days=60),
    "gmv_retention_90": Again(_gmv_retention(61, 90), ratio, matures_days=90),
    "second_order_90": Again(_retention(1, 90), ratio, by_currency=False, matures_days=90),
    "repeat_purchase_rate": Again(_bought, repeated, looks_back=True, by_currency=False, finest=Grain.MONTH),
    "churn_rate": Again(_trade, churned, looks_back=True, by_currency=False, finest=Grain.MONTH),
    "gmv_churn": Again(_trade, churned_goods, looks_back=True, finest=Grain.MONTH),
    "reactivated_organizations": Again(_trade, reactivated, looks_back=True, by_currency=False, finest=Grain.MONTH),
    "time_to_first_sale": Again(_first_sales, middle, by_currency=False),
    "revenue_total": Again(_commission, total),
    "revenue_commission": Again(_commission, total),
    "commission_rate": Again(_commission_on_completed, ratio),
    "take_rate": Again(_take, ratio),
    "payment_success_rate": Again(_payments, ratio, by_currency=False, matures_days=1),
    "refund_rate_30": Again(_refunded(30, is_count=False), ratio, matures_days=30),
    "refund_rate_90": Again(_refunded(90, is_count=False), ratio, matures_days=90),
    "refunded_orders_30": Again(_refunded(30, is_count=True), ratio, by_currency=False, matures_days=30),
    "refunded_orders_90": Again(_refunded(90, is_count=True), ratio, by_currency=False, matures_days=90),
    "escrow_held": Again(_held, until_the_end, looks_back=True),
    "payout_days": Again(_payout_days, middle, by_currency=False),
    "on_time_rate": Again(_due(lambda d: d.is_on_time, lambda d: 1), ratio, by_currency=False),
    "otif_rate": Again(_due(lambda d: d.is_in_full, lambda d: 1), ratio, by_currency=False),
    "fill_rate": Again(_due(lambda d: d.in_time, lambda d: d.line.ordered), ratio, by_currency=False),
    "days_to_confirm": Again(_time_to_confirm, ratio, by_currency=False),
    "returns_rate": Again(_units, ratio, by_currency=False),
    "average_rating": Again(_reviews, rated, looks_back=True, by_currency=False, finest=Grain.MONTH),
    "reviewed_share": Again(_reviewed, ratio, by_currency=False),
    "gmv_growth": Again(_completed, grown_by_quarter, looks_back=True, lines=_completed_lines, **BY_QUARTER),
    "transaction_growth": Again(
        _completed_orders, grown_by_quarter, looks_back=True, by_currency=False, **BY_QUARTER
    ),
    "organization_growth": Again(_registered, grown, looks_back=True, by_currency=False, finest=Grain.MONTH),
    "expansion_countries": Again(_reached_countries, total, by_currency=False),
    "expansion_categories": Again(_completed_lines, reached_categories, looks_back=True, by_currency=False, finest=Grain.MONTH),
}

