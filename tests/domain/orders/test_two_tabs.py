"""One person in two tabs: what was put into the basket before the order was placed is ordered, and nothing is lost."""

import threading
from uuid import uuid4

from domain import orders
from domain.kernel.work import Work, run
from domain.payments import Method
from tests.make.market import make_market, orders_of, sheet


def test_an_order_waits_for_what_is_just_put_into_its_basket(fresh_database: str) -> None:
    market = make_market(makers=1)
    shop, [maker] = market.retailer, market.makers
    [offer_id] = maker.offers
    run(shop.owner, orders.set_basket_quantity, offer_id=offer_id, quantity=1)
    is_changed, may_go = threading.Event(), threading.Event()

    def change_slowly(work: Work) -> None:
        orders.set_basket_quantity(work, offer_id=offer_id, quantity=7)
        is_changed.set()
        may_go.wait(20)

    placed = []
    other = threading.Thread(target=run, args=(shop.owner, change_slowly))
    other.start()
    assert is_changed.wait(20)
    buying = threading.Thread(
        target=lambda: placed.append(
            run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.WALLET)
        )
    )
    buying.start()
    buying.join(0.5)
    assert buying.is_alive()  # it waits for the basket
    may_go.set()
    other.join(20)
    buying.join(20)
    ordered = sheet(shop.owner, orders_of(shop, placed[0])[maker.org_id]).lines
    assert [line.ordered for line in ordered] == [7]
