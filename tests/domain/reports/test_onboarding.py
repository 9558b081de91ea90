"""Getting started and the funnel are computed from what happened; delivery wishes go with the order."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, orders, reports, verification
from domain.identity import BusinessDetails, OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from tests.make.market import PASSWORD, Market, buy, make_market, orders_of, sheet, top_up

DETAILS = BusinessDetails(
    name="Café Sonne", legal_name="Sonne GmbH", registration_number="HRB 4711", street="Markt 1", postal_code="04109",
    city="Leipzig", country_code="DE",
)  # fmt: skip
SYSTEM = Actor.system()


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


def steps(actor: Actor) -> dict[str, bool]:
    with begin(actor) as work:
        return {step.key: step.is_done for step in reports.getting_started(work)}


def test_the_checklist_follows_what_was_done(market: Market) -> None:
    shop, [maker] = market.retailer, market.makers
    before = steps(shop.owner)
    assert before["terms"] and before["place"] and not before["first_purchase"]
    assert not steps(maker.owner)["first_sale"]
    order_id = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    assert steps(shop.owner)["first_purchase"] and not steps(shop.owner)["first_delivery"]
    run(maker.owner, orders.confirm_order, order_id=order_id)
    lines = {line.line_id: 5 for line in sheet(maker.owner, order_id).lines}
    shipment = run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL,
                   tracking="T", shipped=lines)  # fmt: skip
    run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment)
    assert steps(shop.owner)["first_delivery"]
    assert not steps(maker.owner)["first_money"]
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order_id)
    done = steps(maker.owner)
    assert done["first_offer"] and done["stock"] and done["first_sale"] and done["first_money"]
    assert not steps(shop.owner)["repeat_purchase"]
    buy(shop, {maker.offers[0]: 5})
    assert steps(shop.owner)["repeat_purchase"]


def test_a_distributor_is_asked_for_warehouse_and_territory(market: Market) -> None:
    found = steps(market.distributor.owner)
    assert not found["warehouse"] and not found["territory"]
    run(
        market.distributor.owner, identity.add_site, request_id=uuid4(), org_id=market.distributor.org_id,
        kind="warehouse", name="Hub", street="Grabenweg 64", postal_code="6020", city="Innsbruck", country_code="AT",
    )  # fmt: skip
    assert steps(market.distributor.owner)["warehouse"]


def test_the_platform_has_no_checklist(market: Market) -> None:
    with begin(market.finance) as work, pytest.raises(NotFound):
        reports.getting_started(work)


def register(email: str, start: Any, confirm_after: timedelta | None, finish_after: timedelta | None) -> UUID | None:
    """A registration that gets as far as its times are given."""
    with clock(start):
        registration_id = run(
            SYSTEM, identity.begin_registration, kind=OrgKind.RETAILER, name="Mara", email=email, password=PASSWORD,
            address=email,
        )  # fmt: skip
        terms = identity.terms_at(start)
        assert terms is not None
        run(SYSTEM, identity.save_registration_step, registration_id=registration_id, business=DETAILS)
        run(SYSTEM, identity.save_registration_step, registration_id=registration_id, terms_version=terms.version)
    if confirm_after is None:
        return None
    with clock(start + confirm_after):
        with begin(SYSTEM) as work:
            link_id = work.session.execute(
                sa.text("select id from links where facts ->> 'registration_id' = :id"), {"id": str(registration_id)}
            ).scalar_one()
        token = identity.token_of(link_id)
        run(SYSTEM, identity.confirm_registration, token=token, registration_id=registration_id)
    if finish_after is None:
        return None
    with clock(start + confirm_after + finish_after):
        return run(SYSTEM, identity.finish_registration, registration_id=registration_id)


def test_the_funnel_counts_and_times_every_step(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.identity.registering.hashed", lambda *_, **__: identity.HashedPassword("nobody signs in"))
    with begin(SYSTEM) as work:
        start = work.now - timedelta(days=20)
    hour = timedelta(hours=1)
    register("one@sonne.example", start, None, None)
    register("two@sonne.example", start, hour, None)
    register("three@sonne.example", start, 2 * hour, hour)
    org_id = register("four@sonne.example", start, 3 * hour, 3 * hour)
    assert org_id is not None
    register("before@sonne.example", start - timedelta(days=1), hour, hour)  # begun before the period
    assert funnel(market, start)[:3] == [
        ("begun", 4, None, timedelta(0)), ("confirmed", 3, 2 * hour, 2 * hour), ("finished", 2, 2 * hour, 4.5 * hour),
    ]  # fmt: skip

    run(SYSTEM, verification.vouch, org_ids=[org_id], reason="known")
    with begin(SYSTEM) as work:
        owner = identity.actor_of(identity.person_by_email(work, email="four@sonne.example"))
        [site] = work.session.execute(sa.text("select id from sites where org_id = :org"), {"org": org_id}).scalars()
    market.distributor.org_id, market.distributor.name = org_id, "Café Sonne"
    top_up(market.distributor, "1000.00", market.finance)
    run(owner, orders.add_to_basket, offer_id=market.makers[0].offers[0], quantity=5)
    run(owner, orders.place_order, request_id=uuid4(), site_id=site, method="wallet")
    counts = {key: count for key, count, _, _ in funnel(market, start)}
    assert counts == {
        "begun": 4, "confirmed": 3, "finished": 2, "verified": 1, "first_step": 1, "first_trade": 1, "first_money": 0,
    }  # fmt: skip


def funnel(market: Market, start: Any) -> list[tuple[str, int, timedelta | None, timedelta | None]]:
    with begin(market.platform.people[Variant.ANALYTICS]) as work:
        stages = reports.onboarding_funnel(work, first=start, end=work.now, kind=OrgKind.RETAILER)
    return [(stage.key, stage.count, stage.median, stage.median_from_start) for stage in stages]


def test_delivery_wishes_go_with_new_orders_and_open_ones_keep_theirs(market: Market) -> None:
    shop, [maker] = market.retailer, market.makers
    first = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    run(
        shop.owner, identity.set_delivery_preferences, site_id=shop.site_id, dock_hours="Mon-Fri 7-15",
        preferred_carrier="dpd", delivery_notes="Ring twice, ask for Jo",
    )  # fmt: skip
    second = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    assert sheet(maker.owner, first).delivery_address["dock_hours"] is None
    found = sheet(maker.owner, second).delivery_address
    assert (found["dock_hours"], found["preferred_carrier"]) == ("Mon-Fri 7-15", "dpd")
    with begin(SYSTEM) as work:
        [facts] = work.session.execute(
            sa.text("select facts from events where name = 'DeliveryPreferencesChanged'")
        ).scalars()
    assert facts["before"] == {"dock_hours": None, "preferred_carrier": None}
    assert "Jo" not in str(facts)  # what may name people stands beside the log


def test_wishes_for_a_place_of_others_are_refused(market: Market) -> None:
    with pytest.raises(NotFound):
        run(market.distributor.owner, identity.set_delivery_preferences, site_id=market.retailer.site_id)
    with pytest.raises(Invalid):
        run(market.retailer.owner, identity.set_delivery_preferences, site_id=market.retailer.site_id,
            dock_hours="x" * 121)  # fmt: skip
