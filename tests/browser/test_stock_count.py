"""Somebody counts on a telephone while a shop goes on buying: the count corrects what was lost and nothing else."""

import threading
from collections.abc import Callable
from uuid import uuid4

import sqlalchemy as sa

from domain import orders
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from domain.logistics import Carrier
from domain.reports.verify import violations
from tests.browser.conftest import Visitor
from tests.make.market import PASSWORD, Company, buy, make_market, offer, orders_of, sheet

LOST = 12


def sell(shop: Company, maker: Company, offer_index: int, units: int) -> None:
    order_id = orders_of(shop, buy(shop, {maker.offers[offer_index]: units}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order_id)
    line = sheet(maker.owner, order_id).lines[0].line_id
    run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="T",
        shipped={line: units},
    )  # fmt: skip


def on_hand(maker: Company, offer_index: int) -> int:
    with begin(Actor.system()) as work:
        facts = {"variant": maker.variants[offer_index]}
        return int(
            work.session.execute(
                sa.text("select sum(on_hand)::int from stock_balances where variant_id = :variant"), facts
            ).scalar_one()
        )


def test_a_count_on_a_telephone_while_orders_run(visitor: Callable[[str], Visitor]) -> None:
    market = make_market(makers=1, on_hand=500)
    shop, maker = market.retailer, market.makers[0]
    offer(maker, "Second thing", on_hand=500)
    sold, meanwhile = [0, 0], [0, 0]
    failed: list[Exception] = []
    over = threading.Event()

    def trade() -> None:
        """One order after the other, of both things, until the count is over."""
        while not over.wait(0.4):
            for index in (0, 1):
                try:
                    sell(shop, maker, index, 1)
                    sold[index] += 1
                except Exception as error:  # told at the end: a thread cannot fail a test
                    failed.append(error)
                    return

    worker = visitor("count")
    worker.page.set_viewport_size({"width": 390, "height": 844})
    worker.sign_in(maker.emails[Variant.PRODUCTION_MANAGER], PASSWORD, at="manufacturer-counts")
    worker.press("Begin a count")
    worker.fill("Name", "November")
    worker.press("Begin")
    worker.sees("November", "0 of 2 counted")
    text = worker.text()
    assert text.index("Second thing") < text.index("Thing 1")
    assert "Expected" not in text and "500" not in text  # blind

    trading = threading.Thread(target=trade)
    trading.start()
    try:
        for done, index in enumerate((1, 0), 1):  # by name: "Second thing", "Thing 1"
            # What lies there is what the books say at this instant; of the second thing some are lost.
            card = worker.page.locator("[data-testid=stForm]").first
            before = sold[index]
            card.locator("input").fill(str(on_hand(maker, index) - LOST * index))
            card.get_by_role("button", name="Save").click()
            worker.settle()
            worker.sees(f"{done} of 2 counted")
            meanwhile[index] = sold[index] + 1 - before
        worker.press("Finish")
        worker.sees("The count is finished")
    finally:
        over.set()
        trading.join(60)
    assert not failed, failed
    assert min(sold) > 2, "nothing was sold meanwhile"
    with begin(Actor.system()) as work:
        assert [row.name for row in violations(work) if row.violations] == []
        found = dict(
            work.session.execute(
                sa.text("select variant_id, sum(quantity)::int from stock_movements where kind = 'counted' group by 1")
            ).all()
        )
    # What left between a look at the books and the press on Save was still counted: so many more are found.
    assert -LOST <= found[maker.variants[1]] <= -LOST + meanwhile[1]
    assert 0 <= found.get(maker.variants[0], 0) <= meanwhile[0]
    for index in (0, 1):
        assert on_hand(maker, index) == 500 - sold[index] + found.get(maker.variants[index], 0)
