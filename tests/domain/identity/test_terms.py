"""Nobody trades without having accepted the terms that hold; a new version asks once."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app import terms as texts
from domain import catalog, identity, orders
from domain.identity import TERMS, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, NotAllowed
from domain.kernel.work import begin, clock, run
from domain.payments import Method
from tests.make.market import Company, Market, buy, make_market, orders_of

OLD, NEW = datetime(2025, 3, 3, 9, tzinfo=UTC), datetime(2025, 8, 8, 9, tzinfo=UTC)


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1)


def trades(market: Market) -> list[tuple[Actor, Callable[..., Any], dict[str, Any]]]:
    """The commands that trade, ready to be done, as who does them."""
    shop, [maker] = market.retailer, market.makers
    order_id = orders_of(shop, buy(shop, {maker.offers[0]: 5}))[maker.org_id]
    run(shop.owner, orders.add_to_basket, offer_id=maker.offers[0], quantity=5)
    run(maker.owner, catalog.pause_offer, offer_id=maker.offers[0])
    return [
        (maker.owner, catalog.publish_offer, {"offer_id": maker.offers[0]}),
        (shop.owner, orders.place_order, {"request_id": uuid4(), "site_id": shop.site_id, "method": Method.WALLET}),
        (maker.owner, orders.confirm_order, {"order_id": order_id}),
    ]


def test_nobody_trades_without_having_accepted(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = trades(market)
    newer = identity.Terms("2026-11", datetime(2026, 1, 1, tzinfo=UTC).date(), "0" * 64)
    monkeypatch.setattr("domain.identity.terms.TERMS", (*TERMS, newer))
    for actor, command, facts in ready:
        before = counted(market)
        with pytest.raises(identity.TermsNotAccepted):
            run(actor, command, **facts)
        assert counted(market) == before
    for company in (market.retailer, *market.makers):
        run(company.owner, identity.accept_terms, version="2026-11")
    for actor, command, facts in ready:
        run(actor, command, **facts)
    assert counted(market) != before


def counted(market: Market) -> list[int]:
    with begin(Actor.system()) as work:
        return [
            int(work.session.execute(sa.text(statement)).scalar_one())
            for statement in (
                "select count(*) from events", "select count(*) from purchases",
                "select count(*) from offers where state = 'published'",
            )
        ]  # fmt: skip


def test_a_new_version_asks_once_and_the_old_acceptance_is_kept(market: Market) -> None:
    fresh = _fresh(market.distributor)
    with clock(OLD):
        run(fresh, identity.accept_terms, version="2025-01")
        run(fresh, identity.accept_terms, version="2025-01")
        assert _state(fresh) == ("2025-01", False, 1)
    with clock(NEW):
        assert _state(fresh) == ("2025-07", True, 1)
        with pytest.raises(Conflict):
            run(fresh, identity.accept_terms, version="2025-01")
        run(fresh, identity.accept_terms, version="2025-07")
        assert _state(fresh) == ("2025-07", False, 2)
    with begin(Actor.system()) as work:
        rows = work.session.execute(
            sa.text("select facts from events where name = 'TermsAccepted' and subject_id = :org order by id"),
            {"org": fresh.org_id},
        ).all()
    assert [(row.facts["before"], row.facts["after"]) for row in rows] == [
        ({"version": None}, {"version": "2025-01"}), ({"version": "2025-01"}, {"version": "2025-07"}),
    ]  # fmt: skip


def _fresh(company: Company) -> Actor:
    """An organisation that has accepted nothing, and its owner."""
    org_id = run(
        Actor.system(), identity.register_organization, request_id=uuid4(), kind=company.owner.org_kind,
        name="Fresh Trade", country_code="DE", time_zone="Europe/Berlin",
    )  # fmt: skip
    run(Actor.system(), identity.add_member, request_id=uuid4(), org_id=org_id, email="owner@fresh.example",
        name="Fred Fresh", variant=company.owner.variant, password=identity.HashedPassword("nobody signs in"))  # fmt: skip
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email="owner@fresh.example"))


def _state(actor: Actor) -> tuple[str | None, bool, int]:
    with begin(actor) as work:
        terms = identity.my_terms(work)
    return terms.current, terms.is_missing, len(terms.accepted)


def test_only_who_may_speak_for_the_organisation_accepts(market: Market) -> None:
    agent = market.retailer.people[Variant.PURCHASING_AGENT]
    with pytest.raises(NotAllowed):
        run(agent, identity.accept_terms, version="2025-07")


def test_every_version_has_its_text_and_the_text_its_hash() -> None:
    assert [one.since for one in TERMS] == sorted(one.since for one in TERMS)
    for one in TERMS:
        assert hashlib.sha256((texts.HERE / f"{one.version}.md").read_bytes()).hexdigest() == one.text_sha256
    assert {path.stem for path in texts.HERE.glob("*.md")} == {one.version for one in TERMS}


def test_what_has_changed_is_shown_paragraph_by_paragraph() -> None:
    changed = texts.changes("2025-01", "2025-07")
    assert len(changed) == 4
    assert "handed to a colleague" in changed[0][1] and "handed to a colleague" not in changed[0][0]
    assert texts.changes("2025-07", "2025-07") == ()
