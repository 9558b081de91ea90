"""The audit trail for its readers: an owner sees the own log, and of the other side only what both know."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, identity, logistics, orders, payments, reports
from domain.identity import Permission, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.events import seal
from domain.kernel.work import Work, begin, clock, run
from domain.reports import AuditRow, Who
from tests.make.market import PASSWORD, Market, buy, make_market, orders_of, sheet

ALWAYS = {"first": datetime(2000, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC), "size": 500}
IBAN = "DE89370400440532013000"


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=2)


def log(actor: Actor, **filters: Any) -> list[AuditRow]:
    question = reports.all_audit if actor.is_staff else reports.own_audit
    with begin(actor) as work:
        rows, total = question(work, **ALWAYS | filters)
    assert total == len(rows)
    return rows


def named(rows: list[AuditRow], name: str) -> list[AuditRow]:
    return [row for row in rows if row.name == name]


def signed_in(market: Market) -> UUID:
    email = market.retailer.emails[Variant.BUSINESS_OWNER]
    run(Actor.system(), identity.sign_in, email=email, password="wrong", nonce="n", address="a")
    run(Actor.system(), identity.sign_in, email=email, password=PASSWORD, nonce="n", address="a")
    person = market.retailer.owner.user_id
    assert person is not None
    return person


def traded(market: Market) -> UUID:
    """An order of the shop with the first maker, confirmed, shipped, received and accepted."""
    shop, maker = market.retailer, market.makers[0]
    order_id = orders_of(shop, buy(shop, {maker.offers[0]: 10}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order_id)
    [line] = sheet(maker.owner, order_id).lines
    run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=logistics.Carrier.DHL,
        tracking="JD0001", shipped={line.line_id: 10},
    )  # fmt: skip
    with begin(shop.owner) as work:
        [shipment] = logistics.shipments_of_order(work, order_id=order_id)
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment.shipment_id)
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id)
    return order_id


def test_sign_ins_and_bank_changes_say_who_what_before_and_after(market: Market) -> None:
    person, owner = signed_in(market), market.retailer.owner
    run(owner, payments.change_bank_account, holder="Corner Shop GmbH", iban=IBAN)
    run(owner, payments.change_bank_account, holder="Corner Shop AG", iban="GB82WEST12345698765432")
    rows = log(owner)
    [entered], [refused] = named(rows, "SignedInEvent"), named(rows, "SignInRefused")
    assert (entered.subject_id, refused.subject_id) == (person, person)
    assert entered.names[str(person)] == "business_owner of Corner Shop"
    last, first = named(rows, "BankAccountChanged")
    assert (last.who, last.actor_name, last.org_name) == (Who.PERSON, "business_owner of Corner Shop", "Corner Shop")
    assert [(c.what, c.before, c.after) for c in last.changes] == [
        ("iban", "DE…3000", "GB…5432"), ("holder", "Corner Shop GmbH", "Corner Shop AG"),
    ]  # fmt: skip
    assert [(c.what, c.before, c.after) for c in first.changes] == [
        ("iban", None, "DE…3000"), ("holder", None, "Corner Shop GmbH"),
    ]  # fmt: skip
    with begin(Actor.system()) as work:
        facts = work.session.execute(sa.text("select facts::text from events")).scalars()
        assert not any("Corner Shop" in row or IBAN in row for row in facts)


def test_an_owner_reads_the_own_log_and_nothing_else(market: Market) -> None:
    signed_in(market)
    traded(market)
    shop, (maker, stranger) = market.retailer, market.makers
    run(stranger.owner, payments.change_bank_account, holder="Maker 2", iban=IBAN)
    theirs = {shop.org_id, maker.org_id}
    for row in log(stranger.owner):
        assert theirs.isdisjoint({row.org_id, *(UUID(i) for i in row.names if UUID(i) in theirs)}), row
        assert not any(str(org) in str(row.facts) for org in theirs)
    assert named(log(stranger.owner), "OrderPlaced") == []
    assert named(log(maker.owner), "SignedInEvent") == []
    with begin(Actor.system()) as work:
        mine = work.session.execute(
            sa.text(
                "select count(*) from events where :org in (org_id, buyer_id, seller_id)"
                " or (subject = 'organization' and subject_id = :org) or facts ->> 'for_org_id' = cast(:org as text)"
            ),
            {"org": shop.org_id},
        ).scalar_one()
    assert len(log(shop.owner)) == mine


def test_of_the_other_side_only_what_both_know(market: Market) -> None:
    order_id = traded(market)
    shop, maker = market.retailer, market.makers[0]
    theirs, ours = log(maker.owner), log(shop.owner)
    [placed] = named(theirs, "OrderPlaced")
    assert (placed.who, placed.actor_id, placed.actor_name, placed.org_name) == (
        Who.OTHER_SIDE, None, None, "The buyer",
    )  # fmt: skip
    assert "purchase_id" not in placed.facts and placed.facts["total"]
    assert shop.owner.user_id not in {row.actor_id for row in theirs}
    assert str(shop.owner.user_id) not in str(theirs)
    [released], [seen] = named(theirs, "MoneyReleased"), named(ours, "MoneyReleased")
    assert {"gross", "commission", "net"} <= released.facts.keys()
    assert "gross" in seen.facts and {"commission", "net"}.isdisjoint(seen.facts)
    [confirmed] = named(ours, "OrderConfirmed")
    assert (confirmed.who, confirmed.org_name, confirmed.reason) == (Who.OTHER_SIDE, "Maker 1", None)
    assert [(c.what, c.before, c.after) for c in confirmed.changes] == [("state", "awaiting_seller", "confirmed")]
    assert confirmed.names[str(order_id)] == sheet(shop.owner, order_id).number
    assert named(ours, "PricesChanged") == named(ours, "OfferCreated") == []


def test_staff_who_may_read_everything_find_it_by_name_and_kind(market: Market) -> None:
    signed_in(market)
    operations = market.platform.people[Variant.OPERATIONS]
    everything = log(operations)
    with begin(Actor.system()) as work:
        assert len(everything) == work.session.execute(sa.text("select count(*) from events")).scalar_one()
    found = log(operations, find="corner")
    assert found and {row.org_name for row in found} <= {"Corner Shop", None, "Platform"}
    assert named(found, "SignedInEvent") and not named(found, "OfferCreated")
    only = log(operations, names=["OfferCreated"])
    assert {row.name for row in only} == {"OfferCreated"} and only[0].names[str(only[0].subject_id)] == "Thing 2"
    with begin(operations) as work:
        page, total = reports.all_audit(work, **ALWAYS | {"size": 5, "page": 2})
    assert [row.event_id for row in page] == [row.event_id for row in everything][5:10] and total == len(everything)


def test_filters_by_time_person_and_subject(market: Market) -> None:
    owner, agent = market.retailer.owner, market.retailer.people[Variant.PURCHASING_AGENT]
    with begin(owner) as work:
        soon = work.now + timedelta(days=3)
    with clock(soon):
        run(agent, orders.add_to_basket, offer_id=market.makers[0].offers[0], quantity=10)
        run(agent, identity.refuse_screen, screen="admin-home")
        run(owner, identity.refuse_screen, screen="admin-ledger")
    rows = log(owner, person_id=agent.user_id)
    assert {(row.name, row.actor_id) for row in rows if row.actor_id} == {("ScreenRefused", agent.user_id)}
    assert [row.facts["screen"] for row in log(owner, subject_id=owner.user_id, names=["ScreenRefused"])] == [
        "admin-ledger"
    ]
    later = {row.name for row in log(owner, first=soon)}
    assert later == {"ScreenRefused"} and "ScreenRefused" not in {row.name for row in log(owner, end=soon)}


def test_an_erased_person_has_no_name_and_the_chain_still_holds(market: Market) -> None:
    owner, agent = market.retailer.owner, market.retailer.people[Variant.PURCHASING_AGENT]
    run(agent, identity.refuse_screen, screen="admin-home")
    run(owner, payments.change_bank_account, holder="Ada", iban=IBAN)
    seal()

    def erase(work: Work) -> None:
        work.session.execute(sa.text("update people set name = '' where id = :id"), {"id": agent.user_id})
        identity.erase_personal_changes(work, person_id=owner.user_id or uuid4())

    run(Actor.system(), erase)
    [refused] = log(owner, names=["ScreenRefused"])
    assert (refused.who, refused.actor_name, refused.actor_id) == (Who.ERASED, None, agent.user_id)
    [changed] = log(owner, names=["BankAccountChanged"])
    assert changed.is_erased and changed.sealed_in == 1 and [c.what for c in changed.changes] == ["iban"]
    with begin(market.platform.people[Variant.COMPLIANCE]) as work:
        assert reports.audit_chain(work).broken is None


def test_who_has_no_right_is_told_nothing(market: Market) -> None:
    people = [*market.retailer.people.values(), *market.makers[0].people.values(), *market.platform.people.values()]
    for actor in people:
        for question, right in (
            (reports.own_audit, Permission.SEE_AUDIT_LOG), (reports.all_audit, Permission.SEE_ALL_AUDIT),
        ):  # fmt: skip
            if not actor.may(right):
                with pytest.raises(NotAllowed), begin(actor) as work:
                    question(work, **ALWAYS)
    with pytest.raises(NotFound), begin(Actor.anonymous()) as work:
        reports.own_audit(work, **ALWAYS)


def test_business_changes_keep_what_was_before(market: Market) -> None:
    maker = market.makers[0]
    with begin(maker.owner) as work:
        [offer, *_], _ = catalog.my_offers(work)
    run(maker.owner, catalog.change_product, product_id=offer.product_id, name="Better thing", brand="Brand")
    run(maker.owner, catalog.set_price_tiers, offer_id=maker.offers[0], tiers=[(1, Decimal(8)), (50, Decimal(7))])
    for minimum in (Decimal(100), Decimal(250)):
        run(maker.owner, catalog.set_seller_terms, currency="EUR", order_minimum=minimum, shipping_fee=Decimal(0))
    rows = log(maker.owner)
    [product] = named(rows, "ProductChanged")
    assert [(c.what, c.before, c.after) for c in product.changes] == [
        ("brand", None, "Brand"), ("name", "Thing 1", "Better thing"),
    ]  # fmt: skip
    prices = named(rows, "PricesChanged")[0]
    assert ("from 100", "9.000000", None) in [(c.what, c.before, c.after) for c in prices.changes]
    terms = named(rows, "SellerTermsChanged")[0]
    assert [(c.what, c.before, c.after) for c in terms.changes] == [("order_minimum", "100", "250")]
