"""What a buyer below level 2 may order counts together, for colleagues who order in the same moment as well."""

from threading import Barrier, Thread
from uuid import uuid4

from domain import identity, orders
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from domain.orders import AboveCap
from domain.payments import Method
from tests.domain.verification.test_verification import newcomer
from tests.make.market import PASSWORD, company, offer, terms, vouch_for


def test_colleagues_who_order_at_once_stay_below_the_cap_together(fresh_database: str) -> None:
    maker = company(OrgKind.MANUFACTURER, "Maker")
    terms(maker)
    chair = offer(maker, "Chair", tiers=[(1, "1500.00")], tax_rate="0")
    shop = newcomer(OrgKind.RETAILER, "New Shop")
    buyers = []
    for number in range(4):
        email = f"buyer{number}@new-shop.example"
        run(Actor.system(), identity.add_member, request_id=uuid4(), org_id=shop.org_id, email=email,
            name=f"Buyer {number}", variant=Variant.PURCHASING_AGENT, password=PASSWORD)  # fmt: skip
        with begin(Actor.system()) as work:
            buyers.append(identity.actor_of(identity.person_by_email(work, email=email)))
    vouch_for(shop, level=1)
    ready, refused = Barrier(len(buyers)), []

    def order(buyer: Actor) -> None:
        run(buyer, orders.add_to_basket, offer_id=chair, quantity=1)
        ready.wait()
        try:
            run(buyer, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method=Method.BANK_TRANSFER)
        except AboveCap:
            refused.append(buyer)

    threads = [Thread(target=order, args=(buyer,)) for buyer in buyers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.connect(db.Role.OWNER) as connection:
        placed = connection.execute("select count(*), sum(total) from market.supplier_orders").fetchone()
    assert placed == (3, 4500) and len(refused) == 1  # of 5,000 in 30 days
