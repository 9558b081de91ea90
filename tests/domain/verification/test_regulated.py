"""Regulated goods: the certificate is asked for when they come on sale, by whatever way, and at every order since."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, orders, verification
from domain.identity import Variant
from domain.kernel.work import begin, clock, run
from domain.orders import SellerNotVerified
from domain.verification import Decision, NotVerified
from domain.verification import Requirement as R
from tests.domain.verification.test_verification import NOW, compliance, decide, paper, rows, submit
from tests.make.market import Market, buy, make_market, receive

UNTIL = NOW + timedelta(days=30)


@pytest.fixture
def market(database: sa.Connection) -> Iterator[Market]:
    with clock(NOW):
        yield make_market(makers=1, wallet="20000.00")


@pytest.fixture
def toys(market: Market) -> UUID:
    return category(market, "Toys", regulated=True)


def category(market: Market, name: str, *, parent: UUID | None = None, regulated: bool = False) -> UUID:
    operations = market.platform.people[Variant.OPERATIONS]
    made: UUID = run(operations, catalog.create_category, name=name, parent_id=parent)
    if regulated:
        run(operations, verification.regulate_category, category_id=made, requirement=R.CE_CONFORMITY, reason="Safety of toys")
    return made


def goods(market: Market, category_id: UUID) -> tuple[UUID, UUID]:
    """A product of the maker and its offer, which is not on sale yet."""
    owner = market.makers[0].owner
    product = run(owner, catalog.create_product, request_id=uuid4(), name="Bear", category_id=category_id)
    with begin(owner) as work:
        [(variant, _)] = catalog.variants_of_product(work, product_id=product)
    made = run(owner, catalog.create_offer, request_id=uuid4(), variant_id=variant, sku=f"B{uuid4()}",
               tiers=[(1, Decimal(5))], currency="EUR")  # fmt: skip
    receive(market.makers[0], variant, 100)
    return product, made


def certify(market: Market, category_id: UUID) -> None:
    maker = market.makers[0]
    first, second, _ = compliance(market)
    proof = submit(maker, R.CE_CONFORMITY, file_ids=[paper(maker, "CE")], category_ids=[category_id], number="CE-1",
                   issuer="TÜV", expires_on=UNTIL.date())  # fmt: skip
    decide(first, proof, Decision.APPROVE)
    decide(second, proof, Decision.APPROVE)


def refused(match: str, command: Any, actor: Any, **facts: Any) -> None:
    before = rows("events")
    with pytest.raises(NotVerified, match=match):
        run(actor, command, **facts)
    assert rows("events") == before


def test_a_certificate_that_ran_out_stops_orders_of_what_it_was_for(market: Market, toys: UUID) -> None:
    maker, shop = market.makers[0], market.retailer
    certify(market, toys)
    _, bear = goods(market, toys)
    run(maker.owner, catalog.publish_offer, offer_id=bear)
    buy(shop, {bear: 2})
    with clock(UNTIL + timedelta(days=2)):
        run(shop.owner, orders.add_to_basket, offer_id=bear, quantity=1)
        placed = rows("supplier_orders")
        with pytest.raises(SellerNotVerified, match="of Bear .* certificate"):
            run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method="wallet")
        assert rows("supplier_orders") == placed
        run(shop.owner, orders.remove_from_basket, offer_id=bear)
        buy(shop, {maker.offers[0]: 1})  # what is not regulated goes on
        certify_anew = submit(maker, R.CE_CONFORMITY, file_ids=[paper(maker, "CE 2")], number="CE-2", issuer="TÜV",
                              expires_on=(UNTIL + timedelta(days=300)).date())  # fmt: skip
        first, second, _ = compliance(market)
        decide(first, certify_anew, Decision.APPROVE)
        decide(second, certify_anew, Decision.APPROVE)
        buy(shop, {bear: 1})


def test_what_was_on_sale_before_a_regulation_stays_so(market: Market) -> None:
    toys = category(market, "Toys")
    _, bear = goods(market, toys)
    run(market.makers[0].owner, catalog.publish_offer, offer_id=bear)
    operations = market.platform.people[Variant.OPERATIONS]
    with clock(NOW + timedelta(hours=1)):
        run(operations, verification.regulate_category, category_id=toys, requirement=R.CE_CONFORMITY, reason="Safety of toys")
        buy(market.retailer, {bear: 1})


def test_what_is_on_sale_does_not_slip_into_a_regulated_category(market: Market, toys: UUID) -> None:
    owner, tools = market.makers[0].owner, category(market, "Tools")
    product, bear = goods(market, tools)
    run(owner, catalog.publish_offer, offer_id=bear)
    refused("ce conformity", catalog.change_product, owner, product_id=product, category_id=toys)
    certify(market, toys)
    run(owner, catalog.change_product, product_id=product, category_id=toys)


def test_a_part_of_a_regulated_category_is_regulated(market: Market, toys: UUID) -> None:
    owner, bears = market.makers[0].owner, category(market, "Bears", parent=toys)
    _, bear = goods(market, bears)
    refused("ce conformity", catalog.publish_offer, owner, offer_id=bear)
    certify(market, toys)  # of the whole, so of the part as well
    run(owner, catalog.publish_offer, offer_id=bear)
