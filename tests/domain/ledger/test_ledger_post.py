"""The one writer of the ledger, asked through its face and, where the face cannot ask wrongly, by SQL."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from domain import ledger
from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work, begin, run
from domain.ledger import Draft, Family, Kind, Leg, Overspent

SYSTEM = Actor.system()
KINDS_OF = {"buyer": "retailer", "seller": "manufacturer", "distributor": "distributor"}


@dataclass(frozen=True)
class Trade:
    """One order between a buyer and a seller, with one acceptance, as rows."""

    buyer: Actor
    seller: Actor
    distributor_id: UUID | None
    order_id: UUID
    acceptance_ids: tuple[UUID, UUID]


def make_trade(*, distributor: bool = False) -> Trade:
    ids = {name: new_id() for name in ("buyer", "seller", "order", "purchase", "first", "second")}
    ids["distributor"] = new_id() if distributor else None  # type: ignore[assignment]
    run(SYSTEM, _insert_trade, ids=ids)
    return Trade(
        Actor(user_id=new_id(), org_id=ids["buyer"]),
        Actor(user_id=new_id(), org_id=ids["seller"]),
        ids["distributor"],
        ids["order"],
        (ids["first"], ids["second"]),
    )


def _insert_trade(work: Work, *, ids: dict[str, UUID]) -> None:
    for kind in ("buyer", "seller", "distributor"):
        if ids[kind]:
            work.session.execute(
                sa.text(
                    "insert into organizations (id, kind, name, time_zone, locale, currency, created_at)"
                    " values (:id, :kind, :kind, 'UTC', 'en', 'EUR', :now)"
                ),
                {
                    "id": ids[kind],
                    "kind": {"buyer": "retailer", "seller": "manufacturer"}.get(kind, kind),
                    "now": work.now,
                },
            )
    facts = {**ids, "number": str(ids["order"]), "now": work.now}
    for statement in (
        "insert into purchases (id, number, buyer_id, payment_method, currency, goods, tax, shipping, total,"
        " created_at)"
        " values (:purchase, :number, :buyer, 'wallet', 'EUR', 10000, 800, 200, 11000, :now)",
        "insert into supplier_orders (id, number, purchase_id, buyer_id, seller_id, distributor_id, buyer_name,"
        " seller_name, state, currency, goods, tax, shipping, total, delivery_address, created_at)"
        " values (:order, :number, :purchase, :buyer, :seller, :distributor, 'b', 's', 'ready', 'EUR',"
        " 10000, 800, 200, 11000, '{}', :now)",
        "insert into acceptances (id, order_id, buyer_id, seller_id, how, accepted_at)"
        " values (:first, :order, :buyer, :seller, 'buyer', :now), (:second, :order, :buyer, :seller, 'buyer', :now)",
    ):
        work.session.execute(sa.text(statement), facts)


def topped_up(trade: Trade, amount: str, reference: str = "line 1") -> Draft:
    return Draft(
        Kind.WALLET_TOPPED_UP,
        f"{trade.order_id} {reference}",
        "EUR",
        [Leg(Family.BANK_ESCROW, Decimal(amount)), Leg(Family.WALLET, -Decimal(amount), trade.buyer.org_id)],
        org_id=trade.buyer.org_id,
    )


def funded(trade: Trade, amount: str, kind: Kind = Kind.ORDER_FUNDED_BY_WALLET, reference: str = "") -> Draft:
    source = (
        Leg(Family.WALLET, Decimal(amount), trade.buyer.org_id)
        if kind is Kind.ORDER_FUNDED_BY_WALLET
        else Leg(Family.BANK_ESCROW, Decimal(amount))
    )
    return Draft(
        kind,
        reference or str(trade.order_id),
        "EUR",
        [source, Leg(Family.ESCROW, -Decimal(amount), trade.order_id)],
        order_id=trade.order_id,
    )


def accepted(trade: Trade, which: int, *, net: str, commission: str, vat: str, distributor: str = "0") -> Draft:
    parts = [Decimal(part) for part in (net, commission, vat, distributor)]
    return Draft(
        Kind.GOODS_ACCEPTED,
        str(trade.acceptance_ids[which]),
        "EUR",
        [
            Leg(Family.ESCROW, sum(parts, Decimal(0)), trade.order_id),
            Leg(Family.PAYABLE_SELLER, -parts[0], trade.seller.org_id),
            Leg(Family.COMMISSION_REVENUE, -parts[1]),
            Leg(Family.COMMISSION_VAT, -parts[2]),
            Leg(Family.PAYABLE_DISTRIBUTOR, -parts[3], trade.distributor_id),
        ],
        order_id=trade.order_id,
    )


def settle(work: Work, *, entries: list[Draft]) -> int:
    """Post, and ask the deferred trigger now instead of at commit."""
    posted = ledger.post(work, entries=entries)
    work.session.execute(sa.text("set constraints all immediate"))
    work.session.execute(sa.text("set constraints all deferred"))
    return posted


def post(actor: Actor, *entries: Draft) -> int:
    return run(actor, settle, entries=list(entries))


def balances() -> dict[str, Decimal]:
    with begin(SYSTEM) as work:
        return {row.family: -row.balance for row in ledger.trial_balance(work) if row.balance}


def counts() -> tuple[int, int]:
    with begin(SYSTEM) as work:
        return tuple(  # type: ignore[return-value]
            work.session.execute(sa.text(f"select count(*) from {table}")).scalar_one()  # noqa: S608
            for table in ("ledger_entries", "ledger_postings")
        )


# --- the worked order --------------------------------------------------------------------------


def test_worked_order_pays_everybody_to_the_cent(database: sa.Connection) -> None:
    """Order W: goods 10,000.00, tax 800.00, shipping 200.00; commission 4 % and 20 % tax on it; 60 %, then 40 %."""
    trade = make_trade()
    post(SYSTEM, funded(trade, "11000.00", Kind.ORDER_FUNDED_BY_TRANSFER))
    assert balances() == {"bank.escrow": Decimal("-11000"), "escrow": Decimal("11000")}

    post(trade.buyer, accepted(trade, 0, net="6312.00", commission="240.00", vat="48.00"))
    assert balances() == {
        "bank.escrow": Decimal("-11000"),
        "escrow": Decimal("4400"),
        "pay.seller": Decimal("6312"),
        "rev.commission": Decimal("240"),
        "vat.commission": Decimal("48"),
    }

    post(trade.buyer, accepted(trade, 1, net="4208.00", commission="160.00", vat="32.00"))
    assert balances() == {
        "bank.escrow": Decimal("-11000"),
        "pay.seller": Decimal("10520"),
        "rev.commission": Decimal("400"),
        "vat.commission": Decimal("80"),
    }

    payout, sweep = str(new_id()), str(new_id())
    paid = [Leg(Family.PAYABLE_SELLER, Decimal(10520), trade.seller.org_id), Leg(Family.BANK_ESCROW, Decimal(-10520))]
    swept = [Leg(Family.BANK_OPERATING, Decimal(480)), Leg(Family.BANK_ESCROW, Decimal(-480))]
    post(
        SYSTEM,
        Draft(Kind.EARNINGS_SENT, payout, "EUR", paid, org_id=trade.seller.org_id),
        Draft(Kind.COMMISSION_SWEPT, sweep, "EUR", swept),
    )
    assert balances() == {
        "bank.operating": Decimal("-480"),
        "rev.commission": Decimal("400"),
        "vat.commission": Decimal("80"),
    }


def test_worked_order_with_a_distributor(database: sa.Connection) -> None:
    trade = make_trade(distributor=True)
    post(SYSTEM, funded(trade, "11000.00", Kind.ORDER_FUNDED_BY_TRANSFER))
    post(trade.buyer, accepted(trade, 0, net="6222.00", commission="240.00", vat="48.00", distributor="90.00"))
    post(trade.buyer, accepted(trade, 1, net="4148.00", commission="160.00", vat="32.00", distributor="60.00"))
    assert balances() == {
        "bank.escrow": Decimal("-11000"),
        "pay.seller": Decimal("10370"),
        "pay.distributor": Decimal("150"),
        "rev.commission": Decimal("400"),
        "vat.commission": Decimal("80"),
    }


def test_refund_goes_back_the_way_it_came(database: sa.Connection) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "11000.00"))
    post(trade.buyer, funded(trade, "11000.00"))
    refund = str(new_id())
    back = [
        Draft(
            Kind.ORDER_REFUNDED,
            refund,
            "EUR",
            [
                Leg(Family.ESCROW, Decimal(540), trade.order_id),
                Leg(Family.REFUND_PAYABLE, Decimal(-540), trade.buyer.org_id),
            ],
            order_id=trade.order_id,
        ),
        Draft(
            Kind.REFUND_TO_WALLET,
            refund,
            "EUR",
            [
                Leg(Family.REFUND_PAYABLE, Decimal(540), trade.buyer.org_id),
                Leg(Family.WALLET, Decimal(-540), trade.buyer.org_id),
            ],
            order_id=trade.order_id,
        ),
    ]
    assert post(trade.seller, *back) == 2
    assert balances() == {"bank.escrow": Decimal("-11000"), "escrow": Decimal("10460"), "wallet.buyer": Decimal("540")}


# --- twice is once -----------------------------------------------------------------------------


def test_an_entry_stands_once_per_reference(database: sa.Connection) -> None:
    trade = make_trade()
    assert post(SYSTEM, topped_up(trade, "100.00")) == 1
    assert post(SYSTEM, topped_up(trade, "100.00")) == 0
    assert post(SYSTEM, topped_up(trade, "999.00"), topped_up(trade, "5.00", "line 2")) == 1
    assert balances() == {"bank.escrow": Decimal("-105"), "wallet.buyer": Decimal("105")}


def test_locked_accounts_chain_their_postings(database: sa.Connection) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "100.00"), topped_up(trade, "20.00", "line 2"))
    post(trade.buyer, funded(trade, "30.00"))
    with begin(SYSTEM) as work:
        chain = work.session.execute(
            sa.text(
                "select p.account_version, p.amount, p.balance_after, a.version, a.balance from ledger_postings p"
                " join ledger_accounts a on a.id = p.account_id where a.family = 'wallet.buyer' order by 1"
            )
        ).all()
    assert chain == [(1, -100, -100, 3, -90), (2, -20, -120, 3, -90), (3, 30, -90, 3, -90)]


# --- refusals ----------------------------------------------------------------------------------


def stranger(trade: Trade) -> Actor:
    return Actor(user_id=new_id(), org_id=new_id())


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (stranger, lambda t: funded(t, "10.00")),
        (lambda t: Actor.anonymous(), lambda t: funded(t, "10.00")),
        (lambda t: t.seller, lambda t: funded(t, "10.00")),
        (lambda t: replace(t.seller, scope=Scope.PLATFORM), lambda t: funded(t, "10.00")),
        (lambda t: t.buyer, lambda t: topped_up(t, "10.00", "line 2")),
        (lambda t: t.buyer, lambda t: funded(t, "10.00", Kind.ORDER_FUNDED_BY_TRANSFER)),
        (lambda t: t.seller, lambda t: accepted(t, 0, net="9.00", commission="0.80", vat="0.20")),
        (stranger, lambda t: accepted(t, 0, net="9.00", commission="0.80", vat="0.20")),
    ],
    ids=[
        "a stranger spends the buyer's wallet",
        "nobody spends the buyer's wallet",
        "the seller spends the buyer's wallet",
        "staff spend the buyer's wallet",
        "the buyer tops up his own wallet",
        "the buyer says that a transfer came",
        "the seller accepts his own goods",
        "a stranger accepts the goods",
    ],
)
def test_who_has_no_right_to_the_cause_is_a_stranger(
    database: sa.Connection, who: Callable[[Trade], Actor], what: Callable[[Trade], Draft]
) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "500.00"), funded(trade, "400.00", reference="first"))
    before = counts(), balances()
    with pytest.raises(NotFound):
        post(who(trade), what(trade))
    assert (counts(), balances()) == before


def changed_leg(draft: Draft, position: int, **changes: object) -> Draft:
    legs = list(draft.legs)
    legs[position] = replace(legs[position], **changes)  # type: ignore[arg-type]
    return replace(draft, legs=legs)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: changed_leg(funded(t, "10.00"), 0, holder_id=t.seller.org_id),
        lambda t: changed_leg(funded(t, "10.00"), 1, holder_id=new_id()),
        lambda t: changed_leg(funded(t, "10.00"), 1, holder_id=None),
        lambda t: changed_leg(funded(t, "10.00"), 1, family=Family.PAYABLE_SELLER, holder_id=t.seller.org_id),
        lambda t: changed_leg(funded(t, "10.00"), 0, family=Family.BANK_ESCROW, holder_id=None),
        lambda t: changed_leg(changed_leg(funded(t, "10.00"), 0, amount=Decimal(-10)), 1, amount=Decimal(10)),
        lambda t: replace(funded(t, "10.00"), order_id=None),
        lambda t: replace(funded(t, "10.00"), order_id=new_id()),
        lambda t: replace(accepted(t, 0, net="9.00", commission="0.80", vat="0.20"), reference=str(new_id())),
        lambda t: changed_leg(accepted(t, 0, net="9.00", commission="0.80", vat="0.20"), 1, holder_id=t.buyer.org_id),
    ],
    ids=[
        "another's wallet",
        "another order's escrow",
        "an escrow of nobody",
        "the seller instead of the escrow",
        "the bank instead of the wallet",
        "the wrong way round",
        "no order",
        "an order that does not exist",
        "goods that nobody accepted",
        "earnings of the buyer",
    ],
)
def test_a_leg_outside_of_its_kind_is_refused_even_to_the_system(
    database: sa.Connection, spoil: Callable[[Trade], Draft]
) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "500.00"), funded(trade, "400.00", reference="first"))
    before = counts(), balances()
    for actor in (trade.buyer, SYSTEM):
        with pytest.raises(NotFound):
            post(actor, spoil(trade))
    assert (counts(), balances()) == before


def test_what_is_in_no_table_is_refused(database: sa.Connection) -> None:
    trade = make_trade()

    def post_raw(work: Work, *, kind: str, family: str) -> None:
        legs = [{"family": family, "amount": "1"}, {"family": "bank.escrow", "amount": "-1"}]
        entry = {"kind": kind, "reference": "x", "currency": "EUR", "postings": legs}
        work.session.execute(
            sa.text("select ledger_post(cast(:entries as jsonb), :now, :now)"),
            {"entries": json.dumps([entry]), "now": work.now},
        )

    for kind, family in (("money_wished_for", "bank.operating"), ("commission_swept", "bank.offshore")):
        with pytest.raises(NotFound):
            run(SYSTEM, post_raw, kind=kind, family=family)
    run(SYSTEM, post_raw, kind="commission_swept", family="bank.operating")
    assert counts() == (1, 2)
    assert trade.order_id


def test_an_entry_that_does_not_balance_is_refused_at_commit(fresh_database: str) -> None:
    trade = make_trade()
    lopsided = changed_leg(topped_up(trade, "10.00"), 1, amount=Decimal("-9.99"))
    single = replace(topped_up(trade, "10.00"), legs=[Leg(Family.BANK_ESCROW, Decimal(10))])

    def post_and_leave(work: Work, *, entry: Draft) -> int:
        return ledger.post(work, entries=[entry])

    for entry in (lopsided, single):
        with pytest.raises(DBAPIError, match="does not balance"):
            run(SYSTEM, post_and_leave, entry=entry)
    assert counts() == (0, 0)


@pytest.mark.parametrize("amount", ["500.01", "1000000000000"])
def test_a_locked_account_is_never_overspent(database: sa.Connection, amount: str) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "500.00"))
    before = counts(), balances()
    with pytest.raises(Overspent):
        post(trade.buyer, funded(trade, amount))
    assert (counts(), balances()) == before
    post(trade.buyer, funded(trade, "500.00"))


def test_the_escrow_is_never_overspent(database: sa.Connection) -> None:
    trade = make_trade()
    post(SYSTEM, funded(trade, "100.00", Kind.ORDER_FUNDED_BY_TRANSFER))
    with pytest.raises(Overspent):
        post(trade.buyer, accepted(trade, 0, net="100.01", commission="0", vat="0"))


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [("0.001", DBAPIError), ("1000000000000000", Invalid), ("NaN", NotFound), ("Infinity", Invalid)],
)
def test_an_amount_that_cannot_be_settled_is_refused(
    database: sa.Connection, amount: str, refusal: type[Exception]
) -> None:
    trade = make_trade()
    with pytest.raises(refusal):
        post(SYSTEM, topped_up(trade, amount))
    assert counts() == (0, 0)


def test_postings_are_never_changed(database: sa.Connection) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "10.00"))

    def change(work: Work, *, statement: str) -> None:
        work.session.execute(sa.text(statement))

    for table in ("ledger_postings", "ledger_entries", "ledger_accounts"):
        for statement in (
            f"delete from {table}",
            f"update {table} set currency = 'USD'",
            f"insert into {table} default values",
        ):
            with pytest.raises(DBAPIError, match="permission denied|does not exist"):
                run(SYSTEM, change, statement=statement)


def test_fifty_spend_a_wallet_that_covers_ten(fresh_database: str) -> None:
    trade = make_trade()
    post(SYSTEM, topped_up(trade, "100.00"))

    def spend(number: int) -> bool:
        try:
            return bool(post(trade.buyer, funded(trade, "10.00", reference=f"try {number}")))
        except Overspent:
            return False

    with ThreadPoolExecutor(8) as threads:
        spent = list(threads.map(spend, range(50)))
    assert spent.count(True) == 10
    assert balances() == {"bank.escrow": Decimal("-100"), "escrow": Decimal("100")}


# --- any history -------------------------------------------------------------------------------

AMOUNTS = st.integers(1, 500).map(lambda cents: Decimal(cents).scaleb(-2))
STEPS = st.lists(st.tuples(st.sampled_from(["top up", "fund", "again"]), AMOUNTS), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_history_agrees_with_a_plain_count(database: sa.Connection, steps: list[tuple[str, Decimal]]) -> None:
    trade = make_trade()
    wallet = escrow = Decimal(0)
    last: Draft | None = None
    for number, (step, amount) in enumerate(steps):
        if step == "again":
            assert last is None or post(SYSTEM, last) == 0
        elif step == "top up":
            last = topped_up(trade, str(amount), f"line {number}")
            assert post(SYSTEM, last) == 1
            wallet += amount
        elif amount > wallet:
            with pytest.raises(Overspent):
                post(trade.buyer, funded(trade, str(amount), reference=f"{trade.order_id} {number}"))
        else:
            last = funded(trade, str(amount), reference=f"{trade.order_id} {number}")
            assert post(trade.buyer, last) == 1
            wallet, escrow = wallet - amount, escrow + amount
    with begin(SYSTEM) as work:
        held = [
            ledger.held_for(work, family=family, holder_id=holder, currency="EUR")
            for family, holder in ((Family.WALLET, trade.buyer.org_id), (Family.ESCROW, trade.order_id))
        ]
    assert held == [wallet, escrow]


def test_posting_never_reads_a_table_whole(database: sa.Connection) -> None:
    """Not even while the tables are small: a plan made then is kept while they grow."""
    trade = make_trade()
    run(SYSTEM, ledger.post, entries=[topped_up(trade, "100.00")])
    whole = sa.text(
        "select relname, seq_scan from pg_stat_xact_user_tables"
        " where relname in ('ledger_accounts', 'ledger_entries', 'ledger_postings', 'supplier_orders') order by 1"
    )
    before = database.execute(whole).all()
    run(trade.buyer, ledger.post, entries=[funded(trade, "60.00")])
    assert len(before) == 4
    assert database.execute(whole).all() == before
    database.execute(sa.text("select count(*) from ledger_accounts"))
    assert database.execute(whole).all() != before, "the counter must see a table that is read whole"
