"""Many lines at once, lists that outlive a session, and quick orders by number."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from domain import catalog, discovery, orders
from domain.identity import Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import Work, begin, run
from domain.orders import BasketRow, ListSheet
from domain.payments import Method
from tests.make.market import Company, Market, buy, make_market, offer


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=2)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def basket(who: Actor) -> dict[UUID, BasketRow]:
    with begin(who) as work:
        return {line.offer_id: line for group in orders.my_basket(work).groups for line in group.lines}


def sheet(who: Actor, list_id: UUID) -> ListSheet:
    with begin(who) as work:
        return orders.list_sheet(work, list_id=list_id)


def test_many_lines_go_in_at_once_or_not_at_all(market: Market) -> None:
    shop, maker = market.retailer.owner, market.makers[0]
    some = [offer(maker, f"Bolt {n}", tiers=[(1, "2.00"), (50, "1.00")]) for n in range(12)]
    run(shop, orders.set_basket_quantity, offer_id=some[0], quantity=1)  # the basket is there
    run(shop, orders.remove_from_basket, offer_id=some[0])
    with counted() as few:
        run(shop, orders.add_many_to_basket, quantities=dict.fromkeys(some[:2], 5))
    with counted() as many:
        assert run(shop, orders.add_many_to_basket, quantities=dict.fromkeys(some, 45)) == 12
    assert len(many) == len(few)
    lines = basket(shop)
    # What was there is added to, and priced as a whole.
    assert {lines[each].quantity for each in some[:2]} == {50} and {lines[each].quantity for each in some[2:]} == {45}
    assert {lines[each].unit_price for each in some[:2]} == {Decimal(1)}
    assert all(line.unit_price == line.seen_unit_price for line in lines.values())

    run(maker.owner, catalog.pause_offer, offer_id=some[0])
    for wanted, error in (
        ({some[1]: 1, some[0]: 1}, NotFound), ({some[1]: 1, uuid4(): 1}, NotFound), ({some[1]: 0}, Invalid), ({}, Invalid),
        ({uuid4(): 1 for _ in range(1001)}, Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            run(shop, orders.add_many_to_basket, quantities=wanted)
    assert basket(shop)[some[1]].quantity == 50
    with pytest.raises(NotFound):  # nobody buys from himself
        run(market.distributor.owner, orders.add_many_to_basket, quantities={offer(market.distributor, "Own"): 1})


def test_a_list_shows_what_has_changed_since(market: Market) -> None:
    shop, (one, other) = market.retailer.owner, market.makers
    first, second = one.offers[0], other.offers[0]
    run(shop, orders.add_many_to_basket, quantities={first: 10, second: 5000})
    kept = run(shop, orders.save_basket_as_list, request_id=uuid4(), name="Monday order")
    with pytest.raises(Conflict):
        run(shop, orders.save_basket_as_list, request_id=uuid4(), name=" Monday  order ")
    run(shop, orders.remove_from_basket, offer_id=first)
    run(shop, orders.remove_from_basket, offer_id=second)
    assert [line.drift for line in sheet(shop, kept).lines] == [0, 0]
    assert [line.reason for line in sheet(shop, kept).lines] == [None, "Only 1,000 are in stock right now."]

    run(one.owner, catalog.set_price_tiers, offer_id=first, tiers=[(1, Decimal("12.50"))])
    run(other.owner, discovery.set_audience, offer_ids=[second], shown_to=[])
    changed, gone = sheet(shop, kept).lines
    assert (changed.seen_unit_price, changed.unit_price, changed.drift, changed.goods) == (
        10,
        Decimal("12.5"),
        Decimal("2.5"),
        125,
    )
    assert (gone.unit_price, gone.is_for_sale, gone.reason) == (None, False, "This is not for sale at the moment.")

    loaded = run(shop, orders.load_list, list_id=kept)
    assert (loaded.added, [left.name for left in loaded.left_out]) == (1, ["Thing 2"])
    assert {offer_id: line.quantity for offer_id, line in basket(shop).items()} == {first: 10}
    assert run(shop, orders.renew_list_prices, list_id=kept) == 1
    assert sheet(shop, kept).lines[0].drift == 0
    run(shop, orders.set_list_quantity, list_id=kept, offer_id=first, quantity=3)
    run(shop, orders.set_list_quantity, list_id=kept, offer_id=second, quantity=0)
    assert [(line.offer_id, line.quantity) for line in sheet(shop, kept).lines] == [(first, 3)]


def test_a_list_is_one_persons_until_it_is_shared(market: Market) -> None:
    shop, colleague = market.retailer.owner, market.retailer.people[Variant.PURCHASING_AGENT]
    stranger = market.distributor.owner
    with pytest.raises(Invalid):
        run(shop, orders.save_basket_as_list, request_id=uuid4(), name="Nothing")
    run(shop, orders.add_many_to_basket, quantities={market.makers[0].offers[0]: 10})
    kept = run(shop, orders.save_basket_as_list, request_id=uuid4(), name="Mine")

    def refused(who: Actor) -> None:
        tried: list[tuple[Any, dict[str, Any]]] = [
            (orders.load_list, {}), (orders.forget_list, {}), (orders.renew_list_prices, {}),
            (orders.change_list, {"name": "Theirs", "is_shared": True}),
        ]  # fmt: skip
        for command, facts in tried:
            if who is not colleague or not shared or command is not orders.load_list:
                with pytest.raises(NotFound):
                    run(who, command, list_id=kept, **facts)

    shared = False
    refused(colleague)
    refused(stranger)
    with pytest.raises(NotFound):
        sheet(colleague, kept)
    run(shop, orders.change_list, list_id=kept, name="Ours", is_shared=True)
    shared = True
    refused(colleague)
    refused(stranger)
    assert sheet(colleague, kept).name == "Ours" and not sheet(colleague, kept).is_mine
    assert run(colleague, orders.load_list, list_id=kept).added == 1
    with begin(stranger) as work:
        assert orders.my_lists(work) == []
    run(shop, orders.forget_list, list_id=kept)
    with begin(colleague) as work:
        assert orders.my_lists(work) == []


# --- quick orders ---------------------------------------------------------------------------------


def read(who: Actor, pasted: str) -> list[orders.QuickLine]:
    with begin(who) as work:
        return orders.read_quick_order(work, pasted=pasted).lines


def sell(seller: Company, variant_id: UUID, sku: str, **more: Any) -> UUID:
    made = run(seller.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant_id, sku=sku,
               tiers=[(1, Decimal(7))], currency="EUR", **more)  # fmt: skip
    run(seller.owner, catalog.publish_offer, offer_id=made)
    return made


def test_lines_are_read_as_people_paste_them(market: Market) -> None:
    for pasted, wanted in (
        ("SKU;Qty\nAB-1;5\nAB-2; 2 Case\n4006381333931;1.200", [("AB-1", 5, ""), ("AB-2", 2, "case"), ("4006381333931", 1200, "")]),
        ("AB-1 5\n3 x CD 4\nFOO 2 cartons\n4006381333931 12", [("AB-1", 5, ""), ("CD 4", 3, ""), ("FOO", 2, "cartons"), ("4006381333931", 12, "")]),
        ("10\t4006381333931\tBlue cup\n2 box\tCUP-1\t", [("4006381333931", 10, ""), ("CUP-1", 2, "box")]),
        ('"A",1\r\n\r\n"B",2 pcs', [("A", 1, ""), ("B", 2, "")]),
    ):  # fmt: skip
        assert [(line.code, line.count, line.pack) for line in orders.parse_lines(pasted)] == wanted
    assert [line.why for line in orders.parse_lines("A;x\n;3\nB;0\nC;")] == [
        "“x” is not a quantity.", "There is no article number.", "The quantity must be 1 or more.",
        "There is no quantity.",
    ]  # fmt: skip


def test_no_paste_keeps_the_machine_busy(market: Market) -> None:
    """People share one process, so a line of blanks or of digits costs no more than another one."""
    began = time.process_time()
    for line in ("A" + " " * 5000 + "!", "1" + "\u00a0" * 5000 + "!", "A;" + "9" * 5000, "A " + "9" * 5000, "\t" * 5000):
        assert all(row.state in ("wrong", "unknown") for row in read(market.retailer.owner, f"{line}\nB;x"))
    assert time.process_time() - began < 2
    with pytest.raises(Invalid, match="1,000 lines"):
        read(market.retailer.owner, "A;1\n" * 200_000)


def test_each_line_is_found_ambiguous_unknown_or_wrong(market: Market) -> None:
    shop, (one, other) = market.retailer, market.makers
    thing = one.variants[0]
    cups = sell(one, thing, "CUP-1", packs=[("Case", 24)], minimum_quantity=10, order_increment=2)
    sell(other, thing, "same-1")
    sell(one, other.variants[0], "SAME-1")
    buy(shop, {cups: 10})
    lines = read(shop.owner, "cup-1;2 cases\nsame-1;5\nNOPE-9;1\nCUP-1;3 boxes\nCUP-1;x\nCUP-1;5\nCUP-1;11")
    assert [line.state for line in lines] == ["found", "ambiguous", "unknown", "wrong", "wrong", "found", "found"]
    assert (lines[0].offer_id, lines[0].quantity, lines[0].why) == (cups, 48, None)
    assert {each.sku for each in lines[1].substitutes} == {"same-1", "SAME-1"}
    assert lines[3].why == "This is not sold by the boxes; packs: Case of 24."
    assert (lines[5].why, lines[6].why) == ("The smallest order is 10.", "This is sold in steps of 2.")

    # What one had before and is no longer there: the same thing of others; else what is spelled alike.
    run(one.owner, catalog.discontinue_offer, offer_id=cups)
    [gone] = read(shop.owner, "CUP-1;5")
    assert gone.state == "unknown" and "same-1" in {each.sku for each in gone.substitutes}
    offer(one, "Stainless hex bolt")
    [alike] = read(shop.owner, "X99;5;stainles hex bolts")
    assert [each.name for each in alike.substitutes] == ["Stainless hex bolt"]
    # What is not shown to the shop is as unknown as what does not exist.
    hidden = sell(one, thing, "HIDDEN-1")
    run(one.owner, discovery.set_audience, offer_ids=[hidden], shown_to=[])
    secret, nothing = read(shop.owner, "HIDDEN-1;1\nHIDDEN-2;1")
    assert (secret.state, secret.why, secret.substitutes) == (nothing.state, nothing.why, nothing.substitutes)
    for pasted in ("", "\n \n", "A;1\n" * 1001):
        with pytest.raises(Invalid):
            read(shop.owner, pasted)


def test_five_hundred_lines_are_placed_in_seconds(market: Market, tmp_path: Path) -> None:
    shop, maker = market.retailer, market.makers[0]
    _bulk(maker, 500, tmp_path)
    with counted() as few:
        read(shop.owner, "BULK-1;2")
    pasted = "\n".join(f"BULK-{n};{n % 7 + 1}" for n in range(500))
    began = time.monotonic()
    with counted() as many:
        lines = read(shop.owner, pasted)
    assert len(many) == len(few)
    wanted = {line.offer_id: line.quantity for line in lines if line.offer_id and line.quantity}
    assert len(wanted) == 500
    run(shop.owner, orders.add_many_to_basket, quantities=wanted)
    run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
    assert time.monotonic() - began < 10
    with begin(Actor.system()) as work:
        assert work.session.execute(sa.text("select count(*) from order_lines")).scalar_one() == 500


def _bulk(maker: Company, count: int, folder: Path) -> None:
    """Many products with prices and stock at once, as a file of a supplier brings them."""
    file = folder / "bulk.csv"
    file.write_text(
        "product_id,sku,title,price_cents\n" + "".join(f"{n},BULK-{n},Bulk {n},150\n" for n in range(count))
    )
    run(Actor.system(), catalog.import_catalog, path=file, seller=maker.name)

    def fill(work: Work) -> None:
        facts = {"org": maker.org_id, "location": maker.location_id, "now": work.now, "cause": uuid4()}
        work.session.execute(
            sa.text(
                "insert into lots (id, org_id, variant_id, code) select gen_random_uuid(), :org, o.variant_id, '-'"
                " from offers o where o.seller_id = :org and o.sku like 'BULK-%'"
            ),
            facts,
        )
        work.session.execute(
            sa.text(
                "select stock_record((select jsonb_agg(jsonb_build_object('variant_id', t.variant_id, 'lot_id', t.id,"
                " 'location_id', cast(:location as uuid), 'quantity', 100)) from lots t join offers o on"
                " o.variant_id = t.variant_id and o.sku like 'BULK-%' where t.org_id = :org), 'received', 'receipt',"
                " :cause, :now)"
            ),
            facts,
        )

    run(Actor.system(), fill)
