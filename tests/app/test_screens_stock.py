"""The screens of the stock hub: every view opens, counting is blind, and what people do there happens."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from domain import orders, stock
from domain.identity import Variant
from domain.kernel.work import begin, run
from tests.app.test_screens_seller_admin import labels, opened, press, screen, texts
from tests.app.test_strangers_screens import drawn
from tests.make.market import Company, buy, make_market, offer, orders_of, receive, sheet
from tests.make.stocked import stock_things

pytestmark = pytest.mark.usefixtures("database")
OWNER, KEEPER, SALES = Variant.FACTORY_OWNER, Variant.PRODUCTION_MANAGER, Variant.SALES_REPRESENTATIVE


@pytest.fixture
def world(database: Any) -> SimpleNamespace:
    """A maker with something of each kind in stock, and a shop that has ordered."""
    market = make_market(makers=1)
    [maker] = market.makers
    made = SimpleNamespace(market=market, maker=maker, variant=maker.variants[0])
    with begin(maker.owner) as work:
        today = work.now.date()
    made.soon = receive(maker, made.variant, 8, lot="SOON", expires_on=today + timedelta(days=20))
    buy(market.retailer, {maker.offers[0]: 5})
    stock_things(made, market.retailer, maker)
    return made


def open_for(maker: Company, who: Variant, url: str, **address: object) -> str:
    with screen(maker.emails[who], url, **address) as at:
        return drawn(at)


def test_every_view_opens_for_the_owner_and_the_keeper(world: SimpleNamespace) -> None:
    for who in (OWNER, KEEPER):
        for show, seen in (("products", "Thing 1"), ("places", "Second warehouse"), ("kept", "A friend"),
                           ("moves", "Received")):  # fmt: skip
            assert seen in open_for(world.maker, who, "manufacturer-stock", show=show), (who, show)
    for url, address, seen in (
        ("story", {"variant": world.variant}, "Why there are so many"),
        ("lots", {}, "SOON"), ("lots", {"show": "expiring"}, "SOON"), ("lots", {"show": "stopped"}, "HELD"),
        ("lots", {"show": "serials"}, "No such number"), ("lot", {"lot": world.held_lot}, "It smells"),
        ("transfers", {}, "Second warehouse"), ("transfers", {"show": "wrong"}, "Broken"),
        ("transfers", {"show": "over"}, "Second warehouse"), ("transfer", {"transfer": world.sent}, "take in"),
        ("counts", {}, "Ready"), ("counts", {"show": "due"}, "Nothing is due"),
        ("count", {"count": world.finished_count}, "-50"),
    ):  # fmt: skip
        assert seen in open_for(world.maker, OWNER, f"manufacturer-{url}", **address), (url, address)


def test_whoever_counts_sees_nothing_that_is_expected(world: SimpleNamespace) -> None:
    with screen(world.maker.emails[KEEPER], "manufacturer-count", count=world.open_count) as at:
        assert "100" not in texts(at) and "Expected" not in drawn(at)
        at.number_input[0].set_value(88)
        press(at, "Save")
        assert "Everything is counted" in texts(at)
        press(at, "Finish")
        assert "-12" in drawn(at) or "Closed" in drawn(at)  # twelve is small: corrected at once
    with begin(world.maker.owner) as work:
        assert stock.count_sheet(work, count_id=world.open_count).state == "closed"


def test_who_may_not_approves_nothing_and_the_manager_does(world: SimpleNamespace) -> None:
    with screen(world.maker.emails[KEEPER], "manufacturer-count", count=world.finished_count) as at:
        assert "Correct the stock" not in labels(at) and "Count again" in labels(at)
    with screen(world.maker.emails[OWNER], "manufacturer-count", count=world.finished_count) as at:
        with opened(at, "Correct the stock"):
            at.text_input[-1].set_value("Water")
            press(at, "Correct the stock")
    with begin(world.maker.owner) as work:
        assert stock.count_sheet(work, count_id=world.finished_count).state == "closed"


def test_a_lot_is_called_back_from_its_screen(world: SimpleNamespace) -> None:
    with screen(world.maker.emails[OWNER], "manufacturer-lot", lot=world.soon) as at:
        assert "5 units in 1 order of 1 customer" in texts(at)
        with opened(at, "Call back"):
            at.text_area[-1].set_value("Glass in it")
            press(at, "Call back")
        assert "Called back" in drawn(at)


def test_what_arrived_is_taken_in_and_costs_are_masked(world: SimpleNamespace) -> None:
    with begin(world.maker.owner) as work:
        sheet = stock.transfer_sheet(work, transfer_id=world.drafted)
    with screen(world.maker.emails[OWNER], "manufacturer-transfer", transfer=world.drafted) as at:
        with opened(at, "Send"):
            press(at, "The goods have left")
    run(world.maker.owner, stock.receive_transfer, request_id=uuid4(), transfer_id=world.drafted,
        arrived={sheet.lines[0].line_id: stock.Arrived(4, 0)})  # fmt: skip
    assert "Received" in open_for(world.maker, OWNER, "manufacturer-transfer", transfer=world.drafted)
    for who, sees in ((OWNER, True), (KEEPER, False)):
        with screen(world.maker.emails[who], "manufacturer-stock") as at:
            with opened(at, "Receive goods"):
                assert any("What a unit cost" in field.label for field in at.number_input) is sees


def test_units_with_numbers_are_shipped_by_them(world: SimpleNamespace) -> None:
    maker, shop = world.maker, world.market.retailer
    offer(maker, "Press", on_hand=0)
    run(maker.owner, stock.receive_stock, request_id=uuid4(), variant_id=maker.variants[-1],
        location_id=maker.location_id, quantity=2, serials=["N-1", "N-2"])  # fmt: skip
    # What was bought before has no numbers, so nobody is asked for any.
    for offer_id, numbered in ((maker.offers[0], False), (maker.offers[-1], True)):
        placed = orders_of(shop, buy(shop, {offer_id: 1}))[maker.org_id]
        run(maker.owner, orders.confirm_order, order_id=placed)
        assert sheet(shop.owner, placed).lines[0].has_serials is False  # none of the buyer's business
        with screen(maker.emails[OWNER], "manufacturer-order", order=placed) as at:
            with opened(at, "Ship goods"):
                assert any(field.label == "Serial numbers of Press" for field in at.text_area) is numbered
                next(field for field in at.text_input if field.label == "Tracking number").set_value("JD77")
                if numbered:
                    press(at, "Ship")
                    assert "say which of them leave" in texts(at)
                    next(field for field in at.text_area if field.label == "Serial numbers of Press").set_value("N-2")
                press(at, "Ship")
        assert sheet(maker.owner, placed).lines[0].shipped == 1
    with begin(maker.owner) as work:
        [gone], _ = stock.find_serials(work, find="N-2")
    assert (gone.state, gone.order_id) == ("shipped", placed)
