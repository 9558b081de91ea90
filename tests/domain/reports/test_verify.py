"""Each invariant is broken on purpose, by the owner who can, and exactly what must be reported is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from app.commands import verify as command
from domain import ledger
from domain import orders as trading
from domain.kernel import database as db
from domain.kernel import money
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.work import Work, begin, clock, run
from domain.ledger import Draft, Family, Kind, Leg
from domain.logistics import Carrier
from domain.reports.verify import MEANING, violations
from tests.make.market import buy, make_market, orders_of, sheet

SYSTEM = Actor.system()
STAFF = Actor(user_id=new_id(), org_id=new_id(), scope=Scope.PLATFORM)

# --- a small world: one order of each kind ------------------------------------------------------


def fixed(number: int) -> UUID:
    return UUID(f"00000000-0000-7000-8000-{number:012d}")


def line_of(order: UUID, no: int) -> UUID:
    return UUID(int=order.int + no * 2**32)


BUYER, SELLER, PERSON, HISTORY, PRODUCT, VARIANT, OFFER, LOCATION, LOT = map(fixed, range(1001, 1010))
COMPLETED, CANCELLED, UNPAID, IMPORTED, CONFIRMED = orders = tuple(map(fixed, range(2001, 2006)))
PURCHASES = {order: fixed(3001 + place) for place, order in enumerate(orders)}
FIRST, SECOND, REFUND, RETURN = map(fixed, range(4001, 4005))
PATHS = {
    COMPLETED: "awaiting_payment awaiting_seller confirmed in_production ready completed",
    CANCELLED: "awaiting_payment awaiting_seller cancelled",
    UNPAID: "awaiting_payment",
    CONFIRMED: "awaiting_payment awaiting_seller confirmed",
}


@dataclass(frozen=True, kw_only=True)
class OrderMoved(Event):
    subject: ClassVar[str] = "order"


def insert(work: Work, table: str, **row: object) -> None:
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    plain = {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}
    work.session.execute(sa.text(f"insert into {table} ({columns}) values ({values})"), plain)


def found_market(work: Work) -> None:
    now = {"created_at": work.now}
    insert(work, "histories", id=HISTORY, name="old", time_zone="UTC", currency="EUR", content_hash="x", orders=1,
           lines=1, imported_at=work.now)  # fmt: skip
    for id, kind in ((BUYER, "retailer"), (SELLER, "manufacturer")):
        insert(work, "organizations", id=id, kind=kind, name=kind, time_zone="UTC", locale="en", currency="EUR", **now)
    insert(work, "people", id=PERSON, email="a@example.org", name="A", **now)
    insert(work, "products", id=PRODUCT, created_by_org_id=SELLER, name="Bolt", description="", base_unit="each", **now)
    insert(work, "product_variants", id=VARIANT, product_id=PRODUCT, name="Bolt")
    insert(work, "offers", id=OFFER, seller_id=SELLER, variant_id=VARIANT, sku="B", state="published", currency="EUR",
           minimum_quantity=1, order_increment=1, lead_time_days=0, tax_rate=Decimal("0.08"), **now)  # fmt: skip
    insert(work, "locations", id=LOCATION, org_id=SELLER, name="Main")
    insert(work, "lots", id=LOT, org_id=SELLER, variant_id=VARIANT, code="-")
    rows = [{"variant_id": str(VARIANT), "location_id": str(LOCATION), "lot_id": str(LOT), "quantity": 1000}]
    call(work, "stock_record(cast(:rows as jsonb), 'received', 'receipt', :id, :now)", rows=json.dumps(rows), id=LOT)


def call(work: Work, function: str, **facts: object) -> None:
    work.session.execute(sa.text(f"select {function}"), {"now": work.now, **facts})


def place(work: Work, order: UUID, quantities: tuple[int, ...], price: str, shipping: str) -> None:
    lines = [(count, count * Decimal(price), Decimal(shipping) / len(quantities)) for count in quantities]
    goods = sum((goods for _, goods, _ in lines), Decimal(0))
    tax = goods * Decimal("0.08")
    totals = {"goods": goods, "tax": tax, "shipping": Decimal(shipping), "total": goods + tax + Decimal(shipping)}
    origin, purchase, state = (
        ("imported" if order == IMPORTED else "live"),
        PURCHASES[order],
        PATHS.get(order, "completed"),
    )
    shared = {"buyer_id": BUYER, "currency": "EUR", "origin": origin, "created_at": work.now, **totals}
    insert(work, "purchases", id=purchase, number=f"P{purchase}", payment_method="bank_transfer", **shared)
    insert(work, "supplier_orders", id=order, number=f"O{order}", purchase_id=purchase,
           seller_id=SELLER, buyer_name="b", seller_name="s", state=state.split()[0], version=1,
           delivery_address={}, **shared)  # fmt: skip
    for no, (count, line_goods, line_shipping) in enumerate(lines, 1):
        insert(work, "order_lines", id=line_of(order, no), order_id=order, buyer_id=BUYER, seller_id=SELLER,
               line_no=no, offer_id=OFFER, variant_id=VARIANT, sku="B", name="Bolt", currency="EUR", ordered=count,
               unit_price=Decimal(price), exact_value=line_goods, goods=line_goods, tax_rate=Decimal("0.08"),
               tax=line_goods * Decimal("0.08"), shipping=line_shipping, price_trace=[])  # fmt: skip
    insert(work, "payment_dues", order_id=order, position=1, buyer_id=BUYER, seller_id=SELLER, kind="full",
           amount=totals["total"], currency="EUR", due_at=work.now)  # fmt: skip
    placed = [Leg(Family.MEMO_PLACED, goods), Leg(Family.MEMO_CONTRA, -goods)]
    ledger.post(work, entries=[Draft(Kind.GMV_PLACED, str(order), "EUR", placed, order_id=order)])
    if order != IMPORTED:
        insert(work, "payments", id=new_id(), purchase_id=purchase, buyer_id=BUYER,
               method="bank_transfer", state="awaiting_transfer", amount=totals["total"], currency="EUR",
               reference=f"R{purchase}", created_at=work.now)  # fmt: skip
        soon = work.now + timedelta(minutes=15)
        call(work, "stock_take(cast(:orders as uuid[]), :soon, :now)", orders=[order], soon=soon)


def pay(work: Work, order: UUID) -> None:
    total = work.session.execute(
        sa.text("select total from supplier_orders where id = :id"), {"id": order}
    ).scalar_one()
    work.session.execute(
        sa.text("update payments set state = 'captured', captured_at = :now where purchase_id = :id"),
        {"id": PURCHASES[order], "now": work.now},
    )
    legs = [Leg(Family.BANK_ESCROW, total), Leg(Family.ESCROW, -total, order)]
    ledger.post(work, entries=[Draft(Kind.ORDER_FUNDED_BY_TRANSFER, str(order), "EUR", legs, order_id=order)])
    call(work, "stock_firm(cast(:orders as uuid[]))", orders=[order])
    insert(work, "commission_lines", order_id=order, position=1, buyer_id=BUYER, seller_id=SELLER,
           beneficiary="platform", rate=Decimal("0.04"), vat_rate=Decimal("0.20"), frozen_at=work.now)  # fmt: skip


def accept(work: Work, acceptance: UUID, goods: str, gross: str) -> None:
    commission = Decimal(goods) * Decimal("0.04")
    vat = commission * Decimal("0.20")
    net = Decimal(gross) - commission - vat
    parties = {"order_id": COMPLETED, "buyer_id": BUYER, "seller_id": SELLER}
    insert(work, "acceptances", id=acceptance, how="buyer", accepted_at=work.now, **parties)
    insert(work, "releases", id=acceptance, acceptance_id=acceptance, currency="EUR", gross=Decimal(gross),
           goods=Decimal(goods), commission=commission, commission_vat=vat, distributor=0, net=net,
           released_at=work.now, **parties)  # fmt: skip
    legs = [
        Leg(Family.ESCROW, Decimal(gross), COMPLETED),
        Leg(Family.PAYABLE_SELLER, -net, SELLER),
        Leg(Family.COMMISSION_REVENUE, -commission),
        Leg(Family.COMMISSION_VAT, -vat),
    ]
    ledger.post(work, entries=[Draft(Kind.GOODS_ACCEPTED, str(acceptance), "EUR", legs, order_id=COMPLETED)])


def refund(work: Work, order: UUID, amount: str) -> None:
    insert(work, "refunds", id=REFUND, order_id=order, buyer_id=BUYER, seller_id=SELLER, cause="cancelled",
           amount=Decimal(amount), currency="EUR", route="wallet", state="sent", decided_at=work.now)  # fmt: skip
    owed = [Leg(Family.ESCROW, Decimal(amount), order), Leg(Family.REFUND_PAYABLE, -Decimal(amount), BUYER)]
    kept = [Leg(Family.REFUND_PAYABLE, Decimal(amount), BUYER), Leg(Family.WALLET, -Decimal(amount), BUYER)]
    ledger.post(
        work,
        entries=[
            Draft(Kind.ORDER_REFUNDED, str(REFUND), "EUR", owed, order_id=order),
            Draft(Kind.REFUND_TO_WALLET, str(REFUND), "EUR", kept, order_id=order),
        ],
    )
    call(work, "stock_release(:order, null)", order=order)


def trade(work: Work) -> None:
    place(work, COMPLETED, (60, 40), "100", "200.00")
    place(work, CANCELLED, (1,), "10", "0.00")
    place(work, UNPAID, (2,), "10", "5.00")
    place(work, IMPORTED, (3,), "0.5", "0.00")
    place(work, CONFIRMED, (1,), "10", "0.00")
    for order in (COMPLETED, CANCELLED, CONFIRMED):
        pay(work, order)
    lines = [{"line_id": str(line_of(COMPLETED, no)), "quantity": count} for no, count in ((1, 60), (2, 40))]
    call(work, "stock_ship(:order, :order, cast(:lines as jsonb), :now)", order=COMPLETED, lines=json.dumps(lines))
    accept(work, FIRST, "6000.00", "6600.00")
    accept(work, SECOND, "4000.00", "4400.00")
    refund(work, CANCELLED, "10.80")
    insert(work, "return_documents", id=RETURN, origin="imported", history_id=HISTORY, external_id="c1", buyer_id=BUYER,
           seller_id=SELLER, currency="EUR", goods=Decimal("0.50"), returned_at=work.now)  # fmt: skip
    insert(work, "return_lines", return_id=RETURN, line_no=1, buyer_id=BUYER, seller_id=SELLER, offer_id=OFFER,
           currency="EUR", quantity=1, unit_price=Decimal("0.5"), discount=0, exact_value=Decimal("0.5"),
           goods=Decimal("0.50"))  # fmt: skip


def move(work: Work, *, request_id: UUID) -> None:
    for order, path in PATHS.items():
        before = None
        for state in path.split():
            work.record(OrderMoved(subject_id=order, from_state=before, to_state=state))
            before = state
        work.session.execute(
            sa.text("update supplier_orders set state = :state, version = :version where id = :id"),
            {"state": before, "version": len(path.split()), "id": order},
        )


def seal(work: Work) -> None:
    call(work, "seal_audit(5, :now)")
    call(work, "seal_audit(100, :now)")
    work.session.execute(
        sa.text(
            "insert into deliveries (event_id, reaction, state, attempts, next_try_at, done_at)"
            " select max(id), 'tell', 'done', 1, :now, :now from events"
        ),
        {"now": work.now},
    )


@pytest.fixture
def world(fresh_database: str) -> None:
    for build in (found_market, trade):
        run(SYSTEM, build)
    run(SYSTEM, move, request_id=uuid4())
    run(SYSTEM, seal)


@contextmanager
def owner() -> Iterator[sa.Connection]:
    """The one who can do everything; nothing of it stays."""
    with db.engine(db.Role.OWNER).connect() as connection:
        yield connection
        connection.rollback()


def broken(connection: sa.Connection) -> dict[int, list[str]]:
    rows = connection.execute(sa.text("select number, violations, sample from invariants where violations > 0")).all()
    assert all(len(row.sample) == min(row.violations, 5) for row in rows)
    return {row.number: row.sample for row in rows}


# --- the ways to break them --------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    """SQL that breaks one invariant, and the others that cannot hold then (`implies`)."""

    number: int
    what: str
    sql: str
    implies: frozenset[int] = frozenset()


def drop(table: str, *constraints: str) -> str:
    return "".join(f"alter table {table} drop constraint {table}_{name};" for name in constraints)


def silence(table: str) -> str:
    return f"alter table {table} disable trigger user;"


def account(family: str, column: str = "account_id") -> str:
    return f"{column} = (select id from ledger_accounts where family = '{family}')"


ANY_ESCROW_ENTRY = (
    "(select entry_id from ledger_postings where " + account("bank.escrow") + " order by entry_id limit 1)"
)
ELSEWHERE = (
    "insert into locations (id, org_id, name) select gen_random_uuid(), org_id, 'Other' from locations limit 1;"
)
ALLOCATION = (
    "insert into stock_allocations (id, org_id, variant_id, holder_id, quantity, used, state, note, ends_at, made_at)"
    f" select gen_random_uuid(), '{SELLER}', '{VARIANT}', '{BUYER}', MANY, USED, 'active', '',"
    " transaction_timestamp() + interval '1 day', transaction_timestamp()"
)
BUDGET = (
    "insert into price_rules (id, seller_id, step, kind, title, scope, percent, minimum_quantity, starts_at, created_at)"
    f" select '{LOT}', '{SELLER}', 'promotion', 'percent', 'Spring', 'all', 10, 1, transaction_timestamp(),"
    " transaction_timestamp();"
    "insert into promotion_budgets (rule_id, seller_id, unit_limit, units_spent)"
    f" values ('{LOT}', '{SELLER}', 10, 3)"
)
BREAKS = [
    Break(
        1,
        "a posting is missing",
        silence("ledger_postings") + f"delete from ledger_postings where {account('rev.commission')} and amount = -240",
        frozenset({2, 6}),
    ),
    Break(
        2,
        "an entry has no posting",
        "insert into ledger_entries select gen_random_uuid(), 'commission_swept', 'x', null, null, effective_at,"
        " recorded_at from ledger_entries limit 1",
    ),
    Break(
        2,
        "two entries are wrong by the same cent",
        silence("ledger_postings")
        + f"update ledger_postings set amount = amount + case when entry_id = {ANY_ESCROW_ENTRY} then 1 else -1 end"
        + f" where {account('bank.escrow')} and entry_id in (select entry_id from ledger_postings"
        + f" where {account('bank.escrow')} order by entry_id limit 2)",
    ),
    Break(
        3,
        "a kept balance is wrong",
        f"update ledger_accounts set balance = balance - 1 where {account('wallet.buyer', 'id')}",
    ),
    Break(
        3,
        "an account without one keeps a balance",
        "update ledger_accounts set balance = 1 where family = 'bank.escrow'",
    ),
    Break(4, "a version is wrong", "update ledger_accounts set version = version + 1 where family = 'pay.seller'"),
    Break(
        4,
        "a running balance is wrong",
        silence("ledger_postings")
        + f"update ledger_postings set balance_after = balance_after - 1 where {account('wallet.buyer')}",
    ),
    Break(
        4,
        "a number is left out",
        silence("ledger_postings")
        + f"update ledger_postings set account_version = 7 where {account('pay.seller')} and account_version = 2",
    ),
    Break(
        5,
        "an escrow is overdrawn",
        drop("ledger_accounts", "never_overspent_check")
        + f"update ledger_accounts set balance = 1 where holder_id = '{COMPLETED}'",
        frozenset({3, 6}),
    ),
    Break(
        5,
        "an ended order holds money",
        f"update supplier_orders set state = 'expired' where id = '{CONFIRMED}'",
        frozenset({12, 15}),
    ),
    Break(5, "a release is forgotten", f"delete from releases where id = '{FIRST}'", frozenset({6})),
    Break(
        6,
        "a captured payment is not what was funded",
        f"update payments set amount = amount + 1 where purchase_id = '{PURCHASES[CONFIRMED]}'",
    ),
    Break(
        6,
        "an entry refers to no acceptance of ours",
        silence("ledger_entries") + f"update ledger_entries set reference = '{LOT}' where reference = '{FIRST}'",
    ),
    Break(
        6,
        "a leg of a release went to another account",
        silence("ledger_postings")
        + f"update ledger_postings set {account('vat.commission')} where {account('rev.commission')} and amount = -240",
    ),
    Break(
        7,
        "more goes back than came in",
        "insert into refunds select gen_random_uuid(),"
        f" '{CONFIRMED}', buyer_id, seller_id, 'twice', 10.81, currency, route, state, decided_at from refunds",
        frozenset({5, 6}),
    ),
    Break(8, "the frozen rate is another", f"update commission_lines set rate = 0.05 where order_id = '{COMPLETED}'"),
    Break(8, "no rate was frozen", f"delete from commission_lines where order_id = '{COMPLETED}'"),
    Break(
        8,
        "the parts are not the whole",
        drop("releases", "whole_check") + f"update releases set net = net - 1 where id = '{FIRST}'",
        frozenset({6}),
    ),
    Break(
        9,
        "a line is not quantity times price",
        drop("order_lines", "exact_value_check")
        + f"update order_lines set exact_value = exact_value + 0.001 where order_id = '{UNPAID}'",
    ),
    Break(
        9, "an order is not its lines", f"update order_lines set shipping = shipping + 1 where order_id = '{UNPAID}'"
    ),
    Break(9, "the tax is not its rate", f"update order_lines set tax_rate = 0.09 where order_id = '{UNPAID}'"),
    Break(
        9,
        "a purchase is not its orders",
        f"update purchases set goods = goods + 1, total = total + 1 where id = '{PURCHASES[IMPORTED]}'",
    ),
    Break(9, "a return is not its lines", "update return_documents set goods = goods + 1"),
    Break(
        10,
        "nothing is less than nothing",
        drop("stock_balances", "on_hand_check", "reserved_check")
        + silence("stock_movements")
        + "insert into lots select gen_random_uuid(), org_id, variant_id, 'X' from lots;"
        "insert into stock_balances select variant_id, location_id, (select id from lots where code = 'X'), org_id, -1,"
        " 0"
        " from stock_balances;"
        "insert into stock_movements (org_id, variant_id, location_id, lot_id, quantity, kind, cause, cause_id,"
        " recorded_at)"
        " select org_id, variant_id, location_id, (select id from lots where code = 'X'), -1, 'counted', 'x', lot_id,"
        " recorded_at from stock_movements limit 1",
        frozenset({40}),
    ),
    Break(
        10,
        "more is reserved than there is",
        drop("stock_balances", "reserved_check") + "update stock_balances set reserved = on_hand + 1",
        frozenset({12}),
    ),
    Break(11, "stock came from nowhere", "update stock_balances set on_hand = on_hand + 1", frozenset({40})),
    Break(
        11, "a movement is missing", silence("stock_movements") + "delete from stock_movements where kind = 'shipped'"
    ),
    Break(12, "more is reserved than is held", "update stock_balances set reserved = reserved + 1"),
    Break(
        12,
        "a hold has run out",
        f"update stock_reservations set expires_at = created_at - interval '1 hour' where order_id = '{UNPAID}'",
    ),
    Break(
        12,
        "an ended order holds stock",
        f"update stock_reservations set order_id = '{CANCELLED}' where order_id = '{UNPAID}'",
    ),
    Break(
        50,
        "what was not accepted lies in a store",
        f"insert into locations (id, org_id, name) values (gen_random_uuid(), '{BUYER}', 'Shop');"
        " insert into store_receipts (id, org_id, order_id, location_id, put_at) select gen_random_uuid(), org_id,"
        f" '{CONFIRMED}', id, transaction_timestamp() from locations where org_id = '{BUYER}';"
        " insert into store_receipt_lines (receipt_id, line_id, org_id, variant_id, quantity) select r.id, l.id, r.org_id,"
        " l.variant_id, 1 from store_receipts r join order_lines l on l.order_id = r.order_id limit 1",
    ),
    Break(
        51,
        "what was sold still lies there",
        "insert into store_sales (id, org_id, location_id, variant_id, sold_on, quantity, cause_id, recorded_at)"
        " select gen_random_uuid(), org_id, location_id, variant_id, '2026-01-05', 1, gen_random_uuid(), recorded_at"
        " from stock_movements limit 1",
    ),
    Break(15, "a step is not in the log", f"update supplier_orders set version = version + 1 where id = '{CONFIRMED}'"),
    Break(
        15,
        "the log ends in another state",
        f"update supplier_orders set state = 'in_production' where id = '{CONFIRMED}'",
    ),
    Break(
        15,
        "a step was not a legal one",
        "delete from state_moves where machine = 'order' and (from_state, to_state) = ('in_production', 'ready')",
    ),
    Break(
        15,
        "a step is in the log twice",
        "insert into events (name, subject, subject_id, from_state, to_state, facts,"
        " scope, command, effective_at, recorded_at) select name, subject, subject_id, from_state, to_state, facts,"
        f" scope, command, effective_at, recorded_at from events where subject_id = '{UNPAID}'",
    ),
    Break(
        15,
        "an imported order moves",
        "insert into events (name, subject, subject_id, to_state, facts, scope, command,"
        f" effective_at, recorded_at) select name, subject, '{IMPORTED}', 'awaiting_payment', facts, scope, command,"
        f" effective_at, recorded_at from events where subject_id = '{UNPAID}'",
    ),
    Break(
        16,
        "an event was changed",
        silence("events") + "update events set facts = '{\"a\": 1}' where id = (select min(id) from events)",
    ),
    Break(
        16,
        "an event was taken out",
        drop("audit_sealed_events", "event_id_fkey")
        + silence("events")
        + f"delete from events where subject_id = '{UNPAID}'",
        frozenset({15}),
    ),
    Break(16, "a batch was rewritten", "update audit_seals set hash = sha256('x') where batch = 2"),
    Break(
        16,
        "a batch was taken out",
        "delete from audit_sealed_events where batch = 1;"
        + drop("audit_sealed_events", "batch_fkey")
        + "delete from audit_seals where batch = 1",
    ),
    Break(
        16,
        "a sealed event was forgotten",
        "delete from audit_sealed_events where event_id = (select max(event_id) from audit_sealed_events)",
    ),
    Break(
        16,
        "the application may change the log",
        "do $$ begin execute 'grant update on events to ' ||"
        " (select quote_ident(roles[1]) from pg_policies where tablename = 'events' and policyname = 'app_select');"
        " end $$",
    ),
    Break(17, "a delivery was never tried", "update deliveries set attempts = 0"),
    Break(17, "a delivery has no end", "update deliveries set done_at = null"),
    Break(
        17,
        "what was delivered never happened",
        drop("deliveries", "event_id_fkey") + "update deliveries set event_id = 999999",
    ),
    Break(18, "an effect has no request", "delete from requests"),
    Break(
        18,
        "one request has two bodies",
        drop("requests", "pkey")
        + "insert into requests select org_id, request_id, command, sha256('x'), answer, recorded_at from requests",
    ),
    Break(
        18,
        "one request has two effects",
        "insert into events (name, subject, subject_id, facts, scope, command,"
        " request_id, effective_at, recorded_at) select name, subject, subject_id, facts, scope, command, request_id,"
        f" effective_at, recorded_at + interval '1 second' from events where subject_id = '{UNPAID}'",
    ),
    Break(28, "a line is in another currency", f"update order_lines set currency = 'USD' where order_id = '{UNPAID}'"),
    Break(
        28,
        "a payment is in another currency",
        f"update payments set currency = 'USD' where purchase_id = '{PURCHASES[UNPAID]}'",
    ),
    Break(28, "a due is in another currency", f"update payment_dues set currency = 'USD' where order_id = '{UNPAID}'"),
    Break(
        28, "an order is in another currency", f"update supplier_orders set currency = 'USD' where id = '{IMPORTED}'"
    ),
    Break(
        28,
        "a posting is in another currency",
        silence("ledger_postings") + "update ledger_postings set currency = 'USD' where amount = -240",
        frozenset({1, 2, 6}),
    ),
    Break(
        29,
        "an amount is finer than a cent",
        drop("payment_dues", "amount_settled_check")
        + f"update payment_dues set amount = 0.001 where order_id = '{UNPAID}'",
    ),
    Break(
        29,
        "an amount is no number",
        drop("payment_dues", "amount_settled_check")
        + f"update payment_dues set amount = 'NaN' where order_id = '{UNPAID}'",
    ),
    Break(
        29,
        "a yen has cents",
        drop("payment_dues", "amount_settled_check")
        + f"update payment_dues set amount = 0.5, currency = 'JPY' where order_id = '{UNPAID}'",
        frozenset({28}),
    ),
    Break(40, "a layer has lost a unit", "update stock_layers set remaining = remaining - 1 where remaining > 0"),
    Break(
        40,
        "a layer lies elsewhere",
        ELSEWHERE + "update stock_layers set location_id = (select id from locations where name = 'Other')",
    ),
    Break(40, "what was used is not noted", "delete from stock_layer_uses"),
    Break(
        41,
        "a transfer is on the way with nothing",
        ELSEWHERE + "insert into stock_transfers (id, org_id, from_location_id, to_location_id, state, note, made_at)"
        f" select '{LOT}', org_id, '{LOCATION}', id, 'sent', '', transaction_timestamp() from locations"
        " where name = 'Other';"
        "insert into stock_transfer_lines (id, org_id, transfer_id, variant_id, lot_id, from_location_id, quantity)"
        f" select '{LOT}', org_id, id, '{VARIANT}', '{LOT}', from_location_id, 5 from stock_transfers",
    ),
    Break(
        41,
        "something lies in transit that nobody sent",
        f"update locations set kind = 'transit' where id = '{LOCATION}'",
    ),
    Break(
        42,
        "more numbers than units",
        "insert into stock_serials (id, org_id, variant_id, lot_id, serial, state, location_id, received_at)"
        " select gen_random_uuid(), org_id, variant_id, lot_id, 'N' || g, 'in_stock', location_id,"
        " transaction_timestamp() from stock_balances, generate_series(1, on_hand + 1) g",
    ),
    Break(
        42,
        "one number twice",
        drop("stock_serials", "org_id_variant_id_serial_key")
        + "insert into stock_serials (id, org_id, variant_id, lot_id, serial, state, location_id, received_at)"
        " select gen_random_uuid(), org_id, variant_id, lot_id, 'N', 'in_stock', location_id,"
        " transaction_timestamp() from stock_balances, generate_series(1, 2) g",
    ),
    Break(43, "an allocation was used by nobody", ALLOCATION.replace("USED", "5").replace("MANY", "10")),
    Break(44, "a budget says more than was spent", BUDGET),
    Break(
        45,
        "two prices hold at once",
        "insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from, valid_to)"
        f" select gen_random_uuid(), '{OFFER}', '{SELLER}', 1, 1 + n, transaction_timestamp() + n * interval '1 hour',"
        " transaction_timestamp() + (n + 2) * interval '1 hour' from generate_series(0, 1) n",
    ),
    Break(43, "more is kept than there is", ALLOCATION.replace("USED", "0").replace("MANY", "1000000")),
]


def test_every_invariant_is_broken_somewhere_here(database: sa.Connection) -> None:
    with begin(SYSTEM) as work:
        assert [row.number for row in violations(work)] == sorted(MEANING)
    assert {one.number for one in BREAKS} == set(MEANING)


@pytest.mark.parametrize("number", sorted(MEANING))
def test_what_is_broken_is_reported_and_nothing_else(world: None, number: int) -> None:
    for one in (one for one in BREAKS if one.number == number):
        with owner() as connection:
            assert broken(connection) == {}
            connection.exec_driver_sql(one.sql)
            assert set(broken(connection)) == {one.number} | one.implies, one.what
    with owner() as connection:
        assert broken(connection) == {}


def test_an_empty_market_breaks_nothing(database: sa.Connection) -> None:
    with begin(SYSTEM) as work:
        assert {row.violations for row in violations(work)} == {0}


def test_an_honest_step_breaks_nothing(world: None) -> None:
    def step(work: Work) -> None:
        legs = [Leg(Family.BANK_ESCROW, Decimal(50)), Leg(Family.WALLET, Decimal(-50), BUYER)]
        ledger.post(work, entries=[Draft(Kind.WALLET_TOPPED_UP, "line 9", "EUR", legs, org_id=BUYER)])

    run(SYSTEM, step)
    with begin(SYSTEM) as work:
        assert {row.violations for row in violations(work)} == {0}


def test_a_trade_through_the_commands_breaks_nothing(database: sa.Connection) -> None:
    """One seller declines, one delivers in two parts, one is not answered; then the log is sealed."""
    market = make_market(makers=3)
    shop, (one, two, three) = market.retailer, market.makers
    bought = orders_of(shop, buy(shop, {maker.offers[0]: 100 for maker in (one, two, three)}))
    run(one.owner, trading.decline_order, order_id=bought[one.org_id], reason="Sold out")
    run(two.owner, trading.confirm_order, order_id=bought[two.org_id])
    (line,) = sheet(two.owner, bought[two.org_id]).lines
    for part in (60, 40):
        shipment_id = run(
            two.owner,
            trading.ship_goods,
            request_id=uuid4(),
            order_id=bought[two.org_id],
            carrier=Carrier.DHL,
            tracking=f"T{part}",
            shipped={line.line_id: part},
        )
        known = {"request_id": uuid4(), "order_id": bought[two.org_id]}
        run(shop.owner, trading.record_receipt, shipment_id=shipment_id, **known)
        run(shop.owner, trading.accept_goods, request_id=uuid4(), order_id=bought[two.org_id])
        with begin(SYSTEM) as work:
            assert [row for row in violations(work) if row.violations] == []
    run(SYSTEM, lambda work: call(work, "seal_audit(1000, :now)"))
    with begin(SYSTEM) as work:
        assert [row for row in violations(work) if row.violations] == []


def test_at_most_five_are_named_and_all_are_counted(world: None) -> None:
    with owner() as connection:
        connection.exec_driver_sql(
            "insert into ledger_entries select gen_random_uuid(), 'commission_swept', n::text, null, null,"
            " '2025-01-01', '2025-01-01' from generate_series(1, 7) as n"
        )
        row = connection.execute(sa.text("select * from invariants where violations > 0")).one()
    assert (row.number, row.violations, len(row.sample)) == (2, 7, 5)


def test_a_hold_has_five_minutes_to_be_swept(world: None) -> None:
    with begin(SYSTEM) as work:
        hold = sa.text("select expires_at from stock_reservations where expires_at is not null")
        expires_at = work.session.execute(hold).scalar_one()
    for late, wanted in ((timedelta(minutes=5), 0), (timedelta(minutes=5, seconds=1), 1)):
        with clock(expires_at + late), begin(SYSTEM) as work:
            assert {row.number: row.violations for row in violations(work)}[12] == wanted


def test_only_staff_jobs_and_the_builder_see_the_invariants(world: None) -> None:
    for actor in (STAFF, SYSTEM):
        with begin(actor) as work:
            assert len(violations(work)) == len(MEANING)
    for actor in (Actor(user_id=PERSON, org_id=BUYER, org_kind="retailer"), Actor.anonymous()):
        with begin(actor) as work:
            with pytest.raises(NotFound):
                violations(work)
            assert work.session.execute(sa.text("select * from invariants")).all() == []
    count = sa.text("select count(*) from invariants")
    with db.engine(db.Role.APP).connect() as connection:
        assert connection.execute(count).scalar_one() == 0
    with db.engine(db.Role.BUILDER).connect() as connection:
        assert connection.execute(count).scalar_one() == len(MEANING)
    for role in (db.Role.APP, db.Role.BUILDER):
        with db.engine(role).connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(sa.text("select * from ledger_breaches"))
    with db.engine(db.Role.ANALYST).connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(count)


def test_the_command_ends_with_one_when_something_is_broken(world: None) -> None:
    app, shell = typer.Typer(), CliRunner()
    command.register(app)
    whole = shell.invoke(app, [])
    assert whole.exit_code == 0 and f"All {len(MEANING)} hold." in whole.output
    with db.engine(db.Role.OWNER).begin() as connection:
        connection.exec_driver_sql("update stock_balances set on_hand = on_hand + 1")
    table = shell.invoke(app, [])
    assert table.exit_code == 1 and f"2 of {len(MEANING)} are broken." in table.output
    listed = shell.invoke(app, ["--format", "json"])
    assert listed.exit_code == 1
    rows = {row["number"]: row for row in json.loads(listed.output)}
    assert rows[11]["violations"] == 1 and rows[11]["sample"] == [f"{VARIANT}/{LOCATION}/{LOT}"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.decimals(-(10**9), 10**9, places=4)
        | st.integers(-(10**7), 10**7).map(lambda n: Decimal(n) * Decimal("0.0005")),
        min_size=1,
        max_size=50,
    ),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_the_database_rounds_as_the_code_does(database: sa.Connection, amounts: list[Decimal], currency: str) -> None:
    found = database.execute(
        sa.text(
            "select rounded(a, :currency)"
            " from unnest(cast(:amounts as numeric[])) with ordinality as x(a, n) order by n"
        ),
        {"amounts": amounts, "currency": currency},
    ).scalars()
    assert list(found) == [money.rounded(amount, currency) for amount in amounts]
