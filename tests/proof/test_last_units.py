"""Fifty buyers and ten units, twenty payments from one wallet, two people at one button: one effect each.

Over two processes with real commits. The control reads the balance and then writes, as shops do that
oversell; the same check must fail for it, or the check proves nothing.
"""

import time
from collections import Counter
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, orders, payments
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.work import Work, begin, run
from domain.logistics import Carrier
from domain.orders import OrderState
from domain.payments import Method
from domain.reports.verify import violations
from tests.make.market import PASSWORD, buy, company, make_market, orders_of, sheet, top_up
from tests.proof.racing import DONE, Outcome, Try, race

BUYERS, UNITS = 50, 10
PRICE = Decimal("10.80")


def holds() -> None:
    with begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []


def one_value(statement: str, **facts: object) -> object:
    with begin(Actor.system()) as work:
        return work.session.execute(sa.text(statement), facts).scalar_one()


def check_last_units(outcomes: list[Outcome], variant_id: UUID) -> None:
    """Exactly as many winners as units, typed refusals for the rest, and nothing below zero."""
    assert Counter(outcome.what for outcome in outcomes) == {DONE: UNITS, "OutOfStock": BUYERS - UNITS}
    balance = "select on_hand - reserved from stock_balances where variant_id = :variant"
    assert one_value(balance, variant=variant_id) == 0
    assert one_value(balance.replace("on_hand - ", ""), variant=variant_id) == UNITS


def test_fifty_buyers_and_ten_units(fresh_database: str) -> None:
    market = make_market(makers=1, on_hand=UNITS, wallet="0")
    maker = market.makers[0]
    shops = [company(OrgKind.RETAILER, f"Shop {number}") for number in range(BUYERS)]
    for shop in shops:
        top_up(shop, "20.00", market.finance)
        run(shop.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=1)
    outcomes = race(
        [
            Try(
                shop.owner,
                orders.place_order,
                {"request_id": uuid4(), "site_id": shop.site_id, "method": Method.WALLET},
            )
            for shop in shops
        ]
    )
    check_last_units(outcomes, maker.variants[0])
    held = "select -sum(balance) from ledger_accounts where family = 'escrow'"
    assert one_value(held) == PRICE * UNITS
    assert one_value("select count(*) from supplier_orders") == UNITS
    wallets = "select min(-balance) from ledger_accounts where family = 'wallet.buyer'"
    assert one_value(wallets) == Decimal("20.00") - PRICE
    holds()


def take_without_a_guard(work: Work, *, variant_id: UUID) -> None:
    """The control: look whether there is enough, then write what follows from what was seen."""
    with db.connect(db.Role.OWNER) as connection:
        on_hand, reserved = connection.execute(
            "select on_hand, reserved from market.stock_balances where variant_id = %s", [variant_id]
        ).fetchone()
        if on_hand - reserved < 1:
            raise payments.NothingToPayOut("sold out")
        time.sleep(0.02)  # prices, taxes, addresses: what a checkout does between looking and writing
        connection.execute(
            "update market.stock_balances set reserved = %s where variant_id = %s", [reserved + 1, variant_id]
        )


def test_the_same_check_fails_for_read_then_write(fresh_database: str) -> None:
    market = make_market(makers=1, on_hand=UNITS, wallet="0")
    variant_id = market.makers[0].variants[0]
    tries = [Try(Actor.system(), take_without_a_guard, {"variant_id": variant_id}) for _ in range(BUYERS)]
    outcomes = race(tries)
    assert sum(outcome.what == DONE for outcome in outcomes) > UNITS
    with pytest.raises(AssertionError):
        check_last_units(outcomes, variant_id)


def test_twenty_payments_from_one_wallet(fresh_database: str) -> None:
    market = make_market(makers=1, wallet="0")
    shop, maker = market.retailer, market.makers[0]
    purchases = [buy(shop, {maker.offers[0]: 1}, method=Method.BANK_TRANSFER) for _ in range(20)]
    top_up(shop, str(PRICE * 7 + Decimal("0.01")), market.finance)
    outcomes = race(
        [
            Try(shop.owner, orders.pay_from_wallet, {"request_id": uuid4(), "purchase_id": purchase})
            for purchase in purchases
        ]
    )
    assert Counter(outcome.what for outcome in outcomes) == {DONE: 7, "Overspent": 13}
    with begin(shop.owner) as work:
        assert payments.my_wallet(work, currency="EUR").balance == Decimal("0.01")
    assert one_value("select count(*) from supplier_orders where state = 'awaiting_seller'") == 7
    holds()


ROUNDS = 3


def test_two_people_at_one_button_have_one_effect(fresh_database: str) -> None:
    market = make_market(makers=1, wallet="50000.00")
    shop, maker, finance = market.retailer, market.makers[0], market.finance
    second, third = (_colleague(market.platform.org_id, number) for number in (2, 3))
    pairs: dict[str, list[tuple[Try, Try]]] = {}

    def add(name: str, one: Try, two: Try) -> None:
        pairs.setdefault(name, []).append((one, two))

    def order(*, confirmed: bool = False) -> UUID:
        placed = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
        if confirmed:
            run(maker.owner, orders.confirm_order, order_id=placed)
        return placed

    def delivered() -> UUID:
        made = order(confirmed=True)
        line = sheet(maker.owner, made).lines[0].line_id
        shipment = run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=made, carrier=Carrier.DHL,
                       tracking="T", shipped={line: 5})  # fmt: skip
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=made, shipment_id=shipment)
        return made

    confirmed, accepted, contested, matched = [], [], [], []
    for number in range(ROUNDS):
        confirmed.append(order())
        click = Try(maker.owner, orders.confirm_order, {"order_id": confirmed[-1]})
        add("confirm twice", click, click)

        accepted.append(delivered())
        add("accept twice", *(
            Try(shop.owner, orders.accept_goods, {"request_id": uuid4(), "order_id": accepted[-1]}) for _ in (1, 2)
        ))  # fmt: skip

        contested.append(order())
        add("decline while the buyer cancels",
            Try(maker.owner, orders.decline_order, {"order_id": contested[-1], "reason": "no"}),
            Try(shop.owner, orders.cancel_order, {"order_id": contested[-1]}))  # fmt: skip

        matched.append(
            run(finance, payments.record_bank_line, bank_reference=f"R{number}", booked_on=date(2026, 1, 5), payer="S",
                remittance="-", amount=Decimal("7.00"), currency="EUR")
        )  # fmt: skip
        add("match a transfer twice", *(
            Try(who, payments.match_top_up, {"bank_line_id": matched[-1], "org_id": shop.org_id})
            for who in (finance, second)
        ))  # fmt: skip

    done = delivered()
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=done)
    run(maker.owner, payments.change_bank_account, holder="Maker", iban="DE89370400440532013000")
    batch = run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
    add("send a batch twice", *(Try(who, payments.send_payouts, {"batch_id": batch}) for who in (second, third)))

    run(shop.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=2)
    checkout = {"request_id": uuid4(), "site_id": shop.site_id, "method": Method.WALLET}
    add("one request twice", *(Try(shop.owner, orders.place_order, checkout) for _ in (1, 2)))
    before = one_value("select count(*) from purchases")

    tries = [attempt for rounds in pairs.values() for pair in rounds for attempt in pair]
    outcomes = iter(race(tries))
    seen = {name: [(next(outcomes), next(outcomes)) for _ in rounds] for name, rounds in pairs.items()}

    loses = {
        "confirm twice": "IllegalMove", "accept twice": "NothingToAccept", "match a transfer twice": "AlreadyMatched",
        "decline while the buyer cancels": "IllegalMove", "send a batch twice": "IllegalMove",
    }  # fmt: skip
    for name, refusal in loses.items():
        for pair in seen[name]:
            assert sorted(outcome.what for outcome in pair) == sorted([DONE, refusal]), name
    [(one, two)] = seen["one request twice"]
    assert (one.what, two.what) == (DONE, DONE) and one.answer == two.answer
    assert one_value("select count(*) from purchases") == before + 1

    for made in confirmed:
        assert sheet(maker.owner, made).state == OrderState.CONFIRMED
    for made in accepted:
        assert sheet(shop.owner, made).money.released == PRICE * 5
    for made in contested:
        assert sheet(shop.owner, made).money.refunded == PRICE * 5
    with begin(shop.owner) as work:
        left = payments.my_wallet(work, currency="EUR").balance
    held = PRICE * 5 * (2 * ROUNDS + 1) + PRICE * 2
    assert left == Decimal("50000.00") + Decimal("7.00") * ROUNDS - held
    with begin(maker.owner) as work:
        owed = payments.my_balance(work, currency="EUR")
    assert owed == (PRICE * 5 - Decimal("2.40")) * ROUNDS  # the sent batch settled the first; 4 % and its VAT are off
    holds()


def _colleague(org_id: UUID, number: int) -> Actor:
    email = f"finance.colleague.{number}@platform.example"
    run(Actor.system(), identity.add_member, request_id=uuid4(), org_id=org_id, email=email, name=f"Colleague {number}",
        variant=Variant.FINANCE, password=PASSWORD)  # fmt: skip
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email=email))
