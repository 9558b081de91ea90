"""One whole trade through the faces: the money and the goods always add up."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from domain import ledger, notifications, orders, payments, reactions, stock
from domain.identity import Variant
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.work import RequestReused, begin, clock, run
from domain.ledger import Family
from domain.logistics import Carrier
from domain.orders import OrderState
from domain.payments import Method
from tests.make.market import buy, company, make_market, offer, orders_of, receive, sheet, terms, top_up

D = Decimal


def wallet(actor):
    with begin(actor) as work:
        return payments.my_wallet(work, currency="EUR").balance


def owed(actor):
    with begin(actor) as work:
        return payments.my_balance(work, currency="EUR")


def free(actor, offer_id):
    from domain.kernel.work import begin as open_work

    with open_work(actor) as work:
        from sqlalchemy import text

        return work.session.execute(
            text("select available from stock_available(array[cast(:id as uuid)], :now)"),
            {"id": offer_id, "now": work.now},
        ).scalar()


def ship_all(maker, order_id, **lines):
    s = sheet(maker.owner, order_id)
    return run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="T1",
        shipped={line.line_id: line.confirmed - line.shipped for line in s.lines},
    )  # fmt: skip


@pytest.mark.usefixtures("database")
def test_three_sellers_one_checkout_one_declines_one_splits_one_delivers_short():
    market = make_market()
    one, two, three = market.makers
    shop = market.retailer
    purchase = buy(shop, {one.offers[0]: 100, two.offers[0]: 100, three.offers[0]: 50})
    by_seller = orders_of(shop, purchase)
    assert wallet(shop.owner) == D("50000.00") - D("972.00") * 2 - D("540.00")

    run(one.owner, orders.decline_order, order_id=by_seller[one.org_id], reason="Sold out at the plant")
    assert wallet(shop.owner) == D("50000.00") - D("972.00") - D("540.00")
    assert free(shop.owner, one.offers[0]) == 1000

    # Two ships 60 + 40.
    run(two.owner, orders.confirm_order, order_id=by_seller[two.org_id])
    line = sheet(two.owner, by_seller[two.org_id]).lines[0].line_id
    shipments = []
    for part in (60, 40):
        shipments.append(
            run(two.owner, orders.ship_goods, request_id=uuid4(), order_id=by_seller[two.org_id], carrier=Carrier.DHL,
                tracking=f"T{part}", shipped={line: part})
        )  # fmt: skip
        assert sheet(shop.owner, by_seller[two.org_id]).lines[0].shipped == (60 if part == 60 else 100)
    for shipment in shipments:
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=by_seller[two.org_id], shipment_id=shipment)
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=by_seller[two.org_id])
    done = sheet(shop.owner, by_seller[two.org_id])
    assert done.state == OrderState.COMPLETED
    assert done.money.released == D("972.00") and done.money.held == 0
    # 900.00 goods: 36.00 commission and 7.20 VAT on it
    assert owed(two.owner) == D("972.00") - D("36.00") - D("7.20")

    # Three delivers 48 of 50.
    run(three.owner, orders.confirm_order, order_id=by_seller[three.org_id])
    shipment = ship_all(three, by_seller[three.org_id])
    line = sheet(three.owner, by_seller[three.org_id]).lines[0].line_id
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=by_seller[three.org_id], shipment_id=shipment,
        counts={line: 48})  # fmt: skip
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=by_seller[three.org_id])
    waiting = sheet(shop.owner, by_seller[three.org_id])
    assert waiting.state == OrderState.READY and waiting.money.held == D("21.60")
    run(three.owner, orders.close_short, order_id=by_seller[three.org_id])
    done = sheet(shop.owner, by_seller[three.org_id])
    assert done.state == OrderState.COMPLETED
    assert (done.money.released, done.money.refunded, done.money.held) == (D("518.40"), D("21.60"), D(0))
    with begin(market.platform.people[Variant.FINANCE]) as work:
        memo = {a.family: a.balance for a in ledger.trial_balance(work) if a.kind == "memo"}
    assert memo["memo.gmv.placed"] == D("2300.00")  # 2 x 900.00 + 500.00
    assert memo["memo.gmv.confirmed"] == D("1400.00")
    assert memo["memo.gmv.completed"] == D("1380.00")  # 900.00 + 48 x 10.00


@pytest.mark.usefixtures("database")
def test_worked_order_w_nets_10520_00():
    market = make_market(makers=1)
    maker, shop = market.makers[0], market.retailer
    terms(maker, shipping="200.00")
    made = offer(maker, "Machine", tiers=[(1, "100.00")], tax_rate="0.08")
    order = orders_of(shop, buy(shop, {made: 100}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    line = sheet(maker.owner, order).lines[0].line_id
    for part in (60, 40):
        shipment = run(
            maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier=Carrier.UPS, tracking="x",
            shipped={line: part},
        )  # fmt: skip
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=shipment)
        run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    with begin(maker.owner) as work:
        rows, total = payments.my_earnings(work)
    assert total == 2
    assert sorted((r.gross, r.commission, r.commission_vat, r.net) for r in rows) == [
        (D("4400.00"), D("160.00"), D("32.00"), D("4208.00")),
        (D("6600.00"), D("240.00"), D("48.00"), D("6312.00")),
    ]
    assert owed(maker.owner) == D("10520.00")

    run(maker.owner, payments.change_bank_account, holder="Maker", iban="DE89 3704 0044 0532 0130 00")
    finance = market.finance
    batch = run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
    with pytest.raises(NotAllowed):
        run(finance, payments.send_payouts, batch_id=batch)
    assert owed(maker.owner) == D("10520.00")
    second = company_finance(market)
    run(second, payments.send_payouts, batch_id=batch)
    assert owed(maker.owner) == 0
    with begin(finance) as work:
        balances = {a.family: a.balance for a in ledger.trial_balance(work)}
        assert "10520.00,EUR" in payments.bank_file(work, batch_id=batch)
    assert balances["bank.escrow"] == D("50000.00") - D("11000.00")
    assert balances["bank.operating"] == D("480.00")


def company_finance(market):
    """A second person in finance."""
    from uuid import uuid4 as new

    from domain import identity
    from domain.kernel.actor import Actor

    email = f"finance.{new().hex[:6]}@platform.example"
    run(Actor.system(), identity.add_member, request_id=new(), org_id=market.platform.org_id, email=email,
        name="Second", variant=Variant.FINANCE, password="another long sentence")  # fmt: skip
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email=email))


@pytest.mark.usefixtures("database")
def test_bank_transfer_waits_is_matched_and_the_rest_goes_to_the_wallet():
    from datetime import date

    market = make_market(wallet="0")
    shop, maker = market.retailer, market.makers[0]
    purchase = buy(shop, {maker.offers[0]: 10}, method=Method.BANK_TRANSFER)
    order = orders_of(shop, purchase)[maker.org_id]
    assert sheet(shop.owner, order).state == OrderState.AWAITING_PAYMENT
    with pytest.raises(NotFound):
        sheet(maker.owner, order)  # nobody paid: it does not exist for the seller
    with pytest.raises(Conflict):
        run(maker.owner, orders.confirm_order, order_id=order)
    reference = sheet(shop.owner, order).payment.reference
    line = run(market.finance, payments.record_bank_line, bank_reference="B1", booked_on=date(2026, 1, 5), payer="Shop",
               remittance=f"pay {reference.lower()}", amount=D("110.00"), currency="EUR")  # fmt: skip
    with begin(market.finance) as work:
        [row], _ = payments.bank_lines(work)
    assert row.suggested_org == "Corner Shop" and row.suggested_amount == D("108.00")
    assert run(market.finance, orders.match_transfer, bank_line_id=line, purchase_id=purchase)
    assert sheet(maker.owner, order).state == OrderState.AWAITING_SELLER
    assert wallet(shop.owner) == D("2.00")
    with pytest.raises(payments.AlreadyMatched):
        run(market.finance, orders.match_transfer, bank_line_id=line, purchase_id=purchase)
    run(maker.owner, orders.decline_order, order_id=order, reason="no")
    assert wallet(shop.owner) == D("2.00")  # it came by bank, so it goes back by bank
    run(shop.owner, payments.change_bank_account, holder="Shop", iban="DE89370400440532013000")
    batch = run(market.finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
    run(company_finance(market), payments.send_payouts, batch_id=batch)
    assert sheet(shop.owner, order).money.refunded == D("108.00")


@pytest.mark.usefixtures("database")
def test_too_little_money_goes_to_the_wallet_and_the_buyer_pays_from_there():
    from datetime import date

    market = make_market(wallet="0")
    shop, maker = market.retailer, market.makers[0]
    purchase = buy(shop, {maker.offers[0]: 10}, method=Method.BANK_TRANSFER)
    line = run(market.finance, payments.record_bank_line, bank_reference="B2", booked_on=date(2026, 1, 5), payer="Shop",
               remittance="-", amount=D("100.00"), currency="EUR")  # fmt: skip
    assert not run(market.finance, orders.match_transfer, bank_line_id=line, purchase_id=purchase)
    with pytest.raises(ledger.Overspent):
        run(shop.owner, orders.pay_from_wallet, request_id=uuid4(), purchase_id=purchase)
    top_up(shop, "8.00", market.finance)
    run(shop.owner, orders.pay_from_wallet, request_id=uuid4(), purchase_id=purchase)
    assert wallet(shop.owner) == 0
    assert sheet(maker.owner, orders_of(shop, purchase)[maker.org_id]).state == OrderState.AWAITING_SELLER


@pytest.mark.usefixtures("database")
def test_a_purchase_nobody_pays_expires_and_its_goods_are_free_again():
    market = make_market(wallet="0")
    shop, maker = market.retailer, market.makers[0]
    purchase = buy(shop, {maker.offers[0]: 10}, method=Method.BANK_TRANSFER)
    assert free(shop.owner, maker.offers[0]) == 990
    with begin(shop.owner) as work:
        now = work.now
    with clock(now + timedelta(hours=119)):
        assert reactions.fire_due_timers() == 0
    with clock(now + timedelta(hours=121)):
        assert reactions.fire_due_timers() == 1
        assert reactions.fire_due_timers() == 0
    assert sheet(shop.owner, orders_of(shop, purchase)[maker.org_id]).state == OrderState.EXPIRED
    assert free(shop.owner, maker.offers[0]) == 1000


@pytest.mark.usefixtures("database")
def test_a_seller_who_does_not_answer_declines_and_silence_accepts_and_closes_shortage():
    market = make_market()
    shop, (one, two, _) = market.retailer, market.makers
    with begin(shop.owner) as work:
        now = work.now
    with clock(now):
        by_seller = orders_of(shop, buy(shop, {one.offers[0]: 1, two.offers[0]: 10}))
        run(two.owner, orders.confirm_order, order_id=by_seller[two.org_id])
        shipment = ship_all(two, by_seller[two.org_id])
        line = sheet(two.owner, by_seller[two.org_id]).lines[0].line_id
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=by_seller[two.org_id],
            shipment_id=shipment, counts={line: 9})  # fmt: skip
    with clock(now + timedelta(days=10)):
        reactions.fire_due_timers()
    assert sheet(shop.owner, by_seller[one.org_id]).state == OrderState.DECLINED
    done = sheet(shop.owner, by_seller[two.org_id])
    assert done.state == OrderState.COMPLETED
    assert done.money.released == D("97.20") and done.money.refunded == D("10.80")


@pytest.mark.usefixtures("database")
def test_accepting_in_part_refunds_the_rest_and_the_buyer_may_still_cancel():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 30}))[maker.org_id]
    line = sheet(maker.owner, order).lines[0].line_id
    with pytest.raises(Invalid):
        run(maker.owner, orders.confirm_order, order_id=order, quantities_confirmed={line: 0})
    with pytest.raises(Invalid):
        run(maker.owner, orders.confirm_order, order_id=order, quantities_confirmed={line: 31})
    run(maker.owner, orders.confirm_order, order_id=order, quantities_confirmed={line: 20})
    assert sheet(shop.owner, order).money.refunded == D("108.00")
    assert free(shop.owner, maker.offers[0]) == 980
    run(shop.owner, orders.cancel_order, order_id=order)
    assert wallet(shop.owner) == D("50000.00")
    assert free(shop.owner, maker.offers[0]) == 1000
    with pytest.raises(Conflict):
        run(maker.owner, orders.start_production, order_id=order)


@pytest.mark.usefixtures("database")
def test_production_goes_forward_only_and_ends_ready():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 3}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    run(maker.owner, orders.start_production, order_id=order)
    with pytest.raises(Conflict):
        run(shop.owner, orders.cancel_order, order_id=order)
    run(maker.owner, orders.report_production, order_id=order, percent=60, note="painted")
    with pytest.raises(Invalid):
        run(maker.owner, orders.report_production, order_id=order, percent=59)
    run(maker.owner, orders.report_production, order_id=order, percent=100)
    assert sheet(shop.owner, order).state == OrderState.READY


@pytest.mark.usefixtures("database")
def test_the_same_request_twice_is_one_purchase_and_another_body_is_refused():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    request = uuid4()
    first = buy(shop, {maker.offers[0]: 3}, request_id=request)
    again = run(shop.owner, orders.place_order, request_id=request, site_id=shop.site_id, method=Method.WALLET)
    assert first == again
    assert wallet(shop.owner) == D("50000.00") - D("32.40")
    with pytest.raises(RequestReused):
        run(shop.owner, orders.place_order, request_id=request, site_id=shop.site_id, method=Method.BANK_TRANSFER)


@pytest.mark.usefixtures("database")
def test_refusals_at_checkout_leave_everything_as_it_was():
    market = make_market(wallet="100.00", on_hand=5)
    shop, (one, _, _) = market.retailer, market.makers
    other = company("retailer", "Other Shop")
    with pytest.raises(orders.EmptyBasket):
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    run(shop.owner, orders.add_to_basket, offer_id=one.offers[0], quantity=6)
    with pytest.raises(NotFound):  # somebody else's delivery address
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=other.site_id, method=Method.WALLET)
    with pytest.raises(stock.OutOfStock) as short:
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    assert list(short.value.missing.values()) == [5]
    receive(one, one.variants[0], 100)
    run(shop.owner, orders.set_basket_quantity, offer_id=one.offers[0], quantity=10)
    with pytest.raises(ledger.Overspent):  # 108.00 with 100.00 in the wallet
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    from domain import catalog

    run(one.owner, catalog.set_price_tiers, offer_id=one.offers[0], tiers=[(1, D("9.00"))])
    with pytest.raises(orders.PriceChanged):
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    terms(one, order_minimum="90.01")
    run(shop.owner, orders.confirm_basket_prices)
    with pytest.raises(orders.BelowMinimum, match=r"0\.01 EUR"):
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    assert wallet(shop.owner) == D("100.00")
    assert free(shop.owner, one.offers[0]) == 105
    with begin(shop.owner) as work:
        assert orders.orders_of_buyer(work)[1] == 0
        assert orders.my_basket(work).groups[0].missing_to_minimum == D("0.01")


@pytest.mark.usefixtures("database")
def test_stock_goes_out_oldest_expiry_first_and_lines_of_one_variant_share_it():
    from datetime import date

    market = make_market(on_hand=0)
    maker, shop = market.makers[0], market.retailer
    receive(maker, maker.variants[0], 5, lot="B", expires_on=date(2099, 5, 1))
    receive(maker, maker.variants[0], 5, lot="A", expires_on=date(2099, 4, 1))
    receive(maker, maker.variants[0], 5, lot="OLD", expires_on=date(2020, 4, 1))
    assert free(shop.owner, maker.offers[0]) == 10
    order = orders_of(shop, buy(shop, {maker.offers[0]: 7}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    ship_all(maker, order)
    with begin(maker.owner) as work:
        rows, _ = stock.my_stock(work)
    assert {row.lot: row.on_hand for row in rows} == {"A": 0, "B": 3, "OLD": 5}


@pytest.mark.usefixtures("database")
def test_feedback_is_blind_until_both_have_written_and_notices_arrive():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 3}))[maker.org_id]
    with pytest.raises(Conflict):
        run(shop.owner, orders.leave_feedback, request_id=uuid4(), order_id=order, stars=5)
    run(maker.owner, orders.confirm_order, order_id=order)
    shipment = ship_all(maker, order)
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=shipment)
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    run(shop.owner, orders.leave_feedback, request_id=uuid4(), order_id=order, stars=5, comment="Quick and careful")
    assert sheet(maker.owner, order).reviews == []
    with pytest.raises(Conflict):
        run(shop.owner, orders.leave_feedback, request_id=uuid4(), order_id=order, stars=1)
    run(maker.owner, orders.leave_feedback, request_id=uuid4(), order_id=order, stars=4)
    assert {r.stars for r in sheet(maker.owner, order).reviews} == {4, 5}
    assert reactions.deliver_new() > 0
    assert reactions.deliver_new() == 0
    with begin(maker.owner) as work:
        kinds = [n.kind for n in notifications.my_notices(work)[0]]
    assert {"new_order", "goods_received", "money_released", "order_completed", "review_written"} <= set(kinds)
    with begin(market.makers[1].owner) as work:
        assert notifications.unread(work) == 0


@pytest.mark.usefixtures("database")
def test_a_production_manager_sees_the_order_without_a_price():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 3}))[maker.org_id]
    seen = sheet(maker.people[Variant.PRODUCTION_MANAGER], order)
    assert seen.total is None and seen.money is None and seen.postings == [] and seen.lines[0].unit_price == 0
    assert sheet(maker.owner, order).total == D("32.40")
    assert sheet(shop.owner, order).commissions == []


def test_escrow_of_an_order_is_seen_by_its_parties_only(database):
    market = make_market()
    shop, (one, two, _) = market.retailer, market.makers
    order = orders_of(shop, buy(shop, {one.offers[0]: 3}))[one.org_id]

    def held(actor):
        with begin(actor) as work:
            return ledger.held_for(work, family=Family.ESCROW, holder_id=order, currency="EUR")

    assert held(shop.owner) == held(one.owner) == D("32.40")
    assert held(two.owner) == 0


@pytest.mark.usefixtures("database")
def test_a_seller_who_cannot_deliver_withdraws_until_something_is_shipped():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    by_state = {}
    for name in ("confirmed", "producing", "shipped"):
        order = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
        run(maker.owner, orders.confirm_order, order_id=order)
        by_state[name] = order
    run(maker.owner, orders.start_production, order_id=by_state["producing"])
    with pytest.raises(Conflict):  # the buyer can no longer cancel what is being made
        run(shop.owner, orders.cancel_order, order_id=by_state["producing"])
    line = sheet(maker.owner, by_state["shipped"]).lines[0].line_id
    run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=by_state["shipped"], carrier=Carrier.DHL,
        tracking="T", shipped={line: 1})  # fmt: skip
    for name in ("confirmed", "producing"):
        with pytest.raises(Invalid):
            run(maker.owner, orders.withdraw_order, order_id=by_state[name], reason=" ")
        run(maker.owner, orders.withdraw_order, order_id=by_state[name], reason="The kiln broke")
        assert sheet(shop.owner, by_state[name]).money.refunded == D("108.00")
    with pytest.raises(Conflict):
        run(maker.owner, orders.withdraw_order, order_id=by_state["shipped"], reason="no")
    assert wallet(shop.owner) == D("50000.00") - D("108.00")
    assert free(shop.owner, maker.offers[0]) == 990


@pytest.mark.usefixtures("database")
def test_a_buyer_cancels_what_is_not_shipped_two_weeks_after_the_promise():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    order = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    run(maker.owner, orders.start_production, order_id=order)
    promised = sheet(shop.owner, order).promised_at
    with clock(promised + timedelta(days=13)), pytest.raises(Conflict):
        run(shop.owner, orders.cancel_order, order_id=order)
    with clock(promised + timedelta(days=15)):
        run(shop.owner, orders.cancel_order, order_id=order)
    assert wallet(shop.owner) == D("50000.00")


@pytest.mark.usefixtures("database")
def test_what_has_expired_is_not_shipped():
    market = make_market(on_hand=0)
    maker, shop = market.makers[0], market.retailer
    with begin(shop.owner) as work:
        now = work.now
    receive(maker, maker.variants[0], 5, lot="SOON", expires_on=(now + timedelta(days=3)).date())
    receive(maker, maker.variants[0], 5, lot="LATER", expires_on=(now + timedelta(days=300)).date())
    order = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    line = sheet(maker.owner, order).lines[0].line_id
    facts = {"order_id": order, "carrier": Carrier.DHL, "tracking": "T"}
    with clock(now + timedelta(days=4)):
        with pytest.raises(stock.OutOfStock):
            run(maker.owner, orders.ship_goods, request_id=uuid4(), shipped={line: 10}, **facts)
        assert sheet(maker.owner, order).lines[0].shipped == 0
        run(maker.owner, orders.ship_goods, request_id=uuid4(), shipped={line: 5}, **facts)


@pytest.mark.usefixtures("database")
def test_terms_hold_in_their_own_currency_and_an_order_is_worth_something():
    market = make_market()
    shop, maker = market.retailer, market.makers[0]
    terms(maker, order_minimum="100", shipping="5.50")
    yen = offer(maker, "Yen thing", tiers=[(1, "30")], currency="JPY", tax_rate="0")
    top_up(shop, "1000", market.finance, currency="JPY")
    order = orders_of(shop, buy(shop, {yen: 2}))[maker.org_id]
    assert (sheet(shop.owner, order).total, sheet(shop.owner, order).shipping) == (D("60"), D("0"))
    dust = offer(market.makers[1], "Dust", tiers=[(1, "0.001")])
    run(shop.owner, orders.add_to_basket, offer_id=dust, quantity=1)
    with pytest.raises(Invalid, match="smallest coin"):
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
