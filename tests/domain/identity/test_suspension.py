"""Suspension: what stops, what goes on, who decides, and one appeal to other eyes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain import catalog, discovery, identity, notifications, orders, reactions, reports
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.states import IllegalMove
from domain.kernel.work import begin, clock, run
from domain.logistics import Carrier
from tests.app.signed_in import session_of
from tests.make.market import Company, buy, company, offer, orders_of, sheet, top_up

SYSTEM = Actor.system()
pytestmark = pytest.mark.usefixtures("database")


@dataclass
class World:
    shop: Company
    maker: Company
    platform: Company
    offer: UUID

    def staff(self, variant: Variant) -> Actor:
        return self.platform.people[variant]


@pytest.fixture
def world(database: None) -> Iterator[World]:
    platform = company(
        OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.SUPPORT, Variant.SUPER_ADMIN, Variant.FINANCE
    )
    shop, maker = company(OrgKind.RETAILER, "Shop"), company(OrgKind.MANUFACTURER, "Maker")
    made = offer(maker, "Teapot")
    top_up(shop, "1000.00", platform.people[Variant.FINANCE])
    yield World(shop, maker, platform, made)


def suspend(world: World, whom: Company, **facts: Any) -> UUID:
    return run(
        world.staff(Variant.OPERATIONS), identity.suspend_organization, request_id=uuid4(), org_id=whom.org_id,
        reason="Goods that infringe a trade mark", **facts,
    )  # fmt: skip


def rows(query: str) -> list[Any]:
    with begin(SYSTEM) as work:
        return list(work.session.execute(text(query)).all())


def refused(error: type[DomainError], actor: Actor, command: Callable[..., Any], **facts: Any) -> None:
    """Refused, and nothing moved."""
    look = "select (select count(*) from events), (select count(*) from suspensions),"
    look += " (select string_agg(state, '' order by id) from organizations)"
    before = rows(look)
    with pytest.raises(error):
        run(actor, command, **facts)
    assert rows(look) == before


def found(world: World) -> int:
    with begin(world.shop.owner) as work:
        return discovery.search_products(work, find="Teapot").total


def test_a_suspended_seller_sells_nothing_new_and_finishes_what_is_open(world: World) -> None:
    order = orders_of(world.shop, buy(world.shop, {world.offer: 5}))[world.maker.org_id]
    unanswered = orders_of(world.shop, buy(world.shop, {world.offer: 2}))[world.maker.org_id]
    draft = run(world.maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=world.maker.variants[0],
                sku="SECOND", tiers=[(1, Decimal("3"))], currency="EUR")  # fmt: skip
    run(world.shop.owner, orders.add_to_basket, offer_id=world.offer, quantity=1)
    assert found(world) == 1
    suspend(world, world.maker)
    assert found(world) == 0
    with begin(world.shop.owner) as work:
        with pytest.raises(NotFound):
            identity.supplier_card(work, org_id=world.maker.org_id)
        assert not orders.my_basket(work).ready
    refused(NotFound, world.shop.owner, orders.add_to_basket, offer_id=world.offer, quantity=1)
    refused(NotFound, world.shop.owner, orders.place_order, request_id=uuid4(), site_id=world.shop.site_id,
            method="wallet")  # fmt: skip
    refused(identity.OrganizationIsSuspended, world.maker.owner, catalog.publish_offer, offer_id=draft)
    # What is open goes on, an order that waited for an answer too: answered, shipped, accepted, paid.
    run(world.maker.owner, orders.confirm_order, order_id=unanswered)
    run(world.maker.owner, orders.confirm_order, order_id=order)
    lines = {line.line_id: line.confirmed for line in sheet(world.maker.owner, order).lines}
    shipment = run(world.maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier=Carrier.DHL,
                   tracking="T1", shipped=lines)  # fmt: skip
    run(world.shop.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=shipment)
    run(world.shop.owner, orders.accept_goods, request_id=uuid4(), order_id=order)
    assert sheet(world.maker.owner, order).state == "completed"
    [[owed]] = rows("select -balance from ledger_accounts where family = 'pay.seller'")
    assert owed > 0


def test_a_suspended_buyer_begins_nothing_and_receives_what_it_bought(world: World) -> None:
    order = orders_of(world.shop, buy(world.shop, {world.offer: 5}))[world.maker.org_id]
    run(world.shop.owner, orders.add_to_basket, offer_id=world.offer, quantity=1)
    suspend(world, world.shop)
    refused(identity.OrganizationIsSuspended, world.shop.owner, orders.add_to_basket, offer_id=world.offer, quantity=1)
    refused(identity.OrganizationIsSuspended, world.shop.owner, orders.place_order, request_id=uuid4(),
            site_id=world.shop.site_id, method="wallet")  # fmt: skip
    run(world.maker.owner, orders.confirm_order, order_id=order)
    run(world.shop.owner, orders.cancel_order, order_id=order)
    run(world.staff(Variant.OPERATIONS), identity.restore_organization, org_id=world.shop.org_id, note="Cleared up")
    run(world.shop.owner, orders.place_order, request_id=uuid4(), site_id=world.shop.site_id, method="wallet")


def test_the_people_of_a_suspended_organisation_sign_in_and_read_why(world: World) -> None:
    suspend(world, world.shop)
    session_id = session_of(next(iter(world.shop.emails.values())))
    with begin(SYSTEM) as work:
        here = identity.whose_session(work, session_id=session_id)
    assert here is not None and here[0].org_state == "suspended"
    with begin(here[1]) as work:
        why = identity.my_suspension(work)
    assert why is not None and why.reason == "Goods that infringe a trade mark"
    # Who decided it is the platform's matter.
    assert (why.decided_by, why.decided_by_name, why.proposed_by) == (None, None, None)
    with begin(world.maker.owner) as work:
        assert identity.my_suspension(work) is None


def test_support_proposes_and_somebody_else_decides(world: World) -> None:
    support, boss = world.staff(Variant.SUPPORT), world.staff(Variant.SUPER_ADMIN)
    facts = {"org_id": world.maker.org_id, "reason": "Three complaints about forged labels"}
    refused(NotAllowed, support, identity.suspend_organization, request_id=uuid4(), **facts)
    refused(NotAllowed, boss, identity.propose_suspension, request_id=uuid4(), **facts)
    refused(NotAllowed, world.maker.owner, identity.propose_suspension, request_id=uuid4(), **facts)
    proposed = run(support, identity.propose_suspension, request_id=uuid4(), **facts)
    assert found(world) == 1  # a proposal changes nothing
    refused(Conflict, support, identity.propose_suspension, request_id=uuid4(), **facts)
    decision = {"suspension_id": proposed, "is_approved": True, "note": "Seen the labels"}
    refused(NotAllowed, support, identity.decide_suspension, **decision)
    refused(NotAllowed, world.staff(Variant.FINANCE), identity.decide_suspension, **decision)
    run(boss, identity.decide_suspension, **decision)
    assert found(world) == 0
    refused(IllegalMove, boss, identity.decide_suspension, **decision)
    refused(Conflict, world.staff(Variant.OPERATIONS), identity.suspend_organization, request_id=uuid4(), **facts)


def test_a_proposal_that_is_declined_leaves_everything_as_it_was(world: World) -> None:
    proposed = run(world.staff(Variant.SUPPORT), identity.propose_suspension, request_id=uuid4(),
                   org_id=world.maker.org_id, reason="A rumour")  # fmt: skip
    run(world.staff(Variant.SUPER_ADMIN), identity.decide_suspension, suspension_id=proposed, is_approved=False,
        note="Nothing to it")  # fmt: skip
    assert found(world) == 1
    refused(Conflict, world.staff(Variant.OPERATIONS), identity.restore_organization, org_id=world.maker.org_id,
            note="Nothing")  # fmt: skip


def test_nobody_decides_on_a_proposal_or_an_appeal_of_his_own(world: World) -> None:
    operations = world.staff(Variant.OPERATIONS)
    suspension = suspend(world, world.maker)
    refused(Conflict, world.shop.owner, identity.appeal_suspension, appeal="Not about us")
    run(world.maker.owner, identity.appeal_suspension, appeal="We hold the licence, see attached")
    refused(Conflict, world.maker.owner, identity.appeal_suspension, appeal="Once more")
    answer = {"suspension_id": suspension, "is_granted": True, "answer": "The licence is real"}
    refused(identity.OtherEyesNeeded, operations, identity.decide_appeal, **answer)
    refused(Conflict, operations, identity.restore_organization, org_id=world.maker.org_id, note="Around the appeal")
    refused(NotAllowed, world.staff(Variant.SUPPORT), identity.decide_appeal, **answer)
    run(world.staff(Variant.SUPER_ADMIN), identity.decide_appeal, **answer)
    assert found(world) == 1
    refused(Conflict, world.staff(Variant.SUPER_ADMIN), identity.decide_appeal, **answer)
    facts = rows("select name, facts -> 'before' ->> 'state', facts -> 'after' ->> 'state', facts ->> 'reason' from"
                 " events where name in ('OrganizationSuspended', 'OrganizationRestored') order by id")  # fmt: skip
    assert [tuple(row) for row in facts] == [
        ("OrganizationSuspended", "active", "suspended", "Goods that infringe a trade mark"),
        ("OrganizationRestored", "suspended", "active", "The licence is real"),
    ]


def test_a_refused_appeal_is_final_for_this_suspension(world: World) -> None:
    suspension = suspend(world, world.maker)
    run(world.maker.owner, identity.appeal_suspension, appeal="Please")
    run(world.staff(Variant.SUPER_ADMIN), identity.decide_appeal, suspension_id=suspension, is_granted=False,
        answer="The labels are forged")  # fmt: skip
    refused(Conflict, world.maker.owner, identity.appeal_suspension, appeal="Please, please")
    reactions.deliver_new()
    letters = rows("select kind, recipient from outgoing_emails order by id")
    email = next(iter(world.maker.emails.values()))
    assert [tuple(row) for row in letters] == [("organization_suspended", email), ("appeal_refused", email)]


def test_a_suspension_ends_at_its_time_by_itself(world: World) -> None:
    with begin(SYSTEM) as work:
        now = work.now
    refused(Invalid, world.staff(Variant.OPERATIONS), identity.suspend_organization, request_id=uuid4(),
            org_id=world.maker.org_id, reason="Too late", until=now - timedelta(days=1))  # fmt: skip
    suspend(world, world.maker, until=now + timedelta(days=7))
    with clock(now + timedelta(days=6)):
        assert run(SYSTEM, identity.lift_ended_suspensions) == 0 and found(world) == 0
    with clock(now + timedelta(days=7)):
        assert run(SYSTEM, identity.lift_ended_suspensions) == 1 and found(world) == 1
        assert run(SYSTEM, identity.lift_ended_suspensions) == 0


def test_owner_is_told_once_by_notice_and_letter_and_staff_of_what_waits(world: World) -> None:
    suspend(world, world.maker)
    run(world.maker.owner, identity.appeal_suspension, appeal="We hold the licence")
    reactions.deliver_new()
    run(SYSTEM, notifications.mail_notices)
    told = rows("select n.kind, o.kind from notices n join organizations o on o.id = n.org_id"
                " where n.kind <> 'wallet_topped_up' order by n.id")  # fmt: skip
    assert [tuple(row) for row in told] == [
        ("organization_suspended", "manufacturer"), ("suspension_appealed", "platform"),
    ]  # fmt: skip
    letters = rows("select kind, recipient, facts ->> 'reason' as reason from outgoing_emails where kind <> 'notice'")
    assert [(row.kind, row.recipient) for row in letters] == [
        ("organization_suspended", next(iter(world.maker.emails.values())))
    ]
    assert letters[0].reason == "Goods that infringe a trade mark"
    about = rows("select distinct facts ->> 'notice' from outgoing_emails where kind = 'notice'"
                 " and facts ->> 'notice' <> 'wallet_topped_up'")  # fmt: skip
    assert [row[0] for row in about] == ["suspension_appealed"]  # to the platform; the owner has his letter


def test_who_belongs_to_an_organisation_does_not_decide_about_it(world: World) -> None:
    def join(work: Any) -> None:
        work.session.execute(
            text("insert into memberships (person_id, org_id, variant, state, created_at, removed_at) values"
                 " (:person, :org, 'factory_owner', 'removed', :now, :now)"),
            {"person": world.staff(Variant.OPERATIONS).user_id, "org": world.maker.org_id, "now": work.now},
        )  # fmt: skip

    run(SYSTEM, join)
    refused(identity.OtherEyesNeeded, world.staff(Variant.OPERATIONS), identity.suspend_organization,
            request_id=uuid4(), org_id=world.maker.org_id, reason="An old quarrel")  # fmt: skip
    refused(Invalid, world.staff(Variant.OPERATIONS), identity.suspend_organization, request_id=uuid4(),
            org_id=world.platform.org_id, reason="A coup")  # fmt: skip


def test_the_preview_says_what_a_suspension_touches_before_it_is_done(world: World) -> None:
    orders_of(world.shop, buy(world.shop, {world.offer: 5}))
    run(world.shop.owner, orders.add_to_basket, offer_id=world.offer, quantity=1)
    with begin(world.staff(Variant.SUPPORT)) as work:
        seen = reports.suspension_preview(work, org_id=world.maker.org_id)
    assert (seen.open_sales, seen.open_purchases, seen.unanswered, seen.active_offers) == (1, 0, 1, 1)
    assert (seen.units_reserved, seen.baskets, seen.parties) == (5, 1, 1)
    [[held]] = rows("select sum(-balance) from ledger_accounts where family = 'escrow'")
    assert [(money.currency, money.held) for money in seen.money] == [("EUR", held)] and held > 50
    assert [(party.name, party.orders) for party in seen.largest_parties] == [("Shop", 1)]
    for stranger in (world.maker.owner, world.staff(Variant.FINANCE)):
        with begin(stranger) as work, pytest.raises(NotAllowed):
            reports.suspension_preview(work, org_id=world.maker.org_id)


def test_a_person_who_is_disabled_is_out_at_once_and_back_when_enabled(world: World) -> None:
    email = next(iter(world.shop.emails.values()))
    session_id = session_of(email)
    person_id = world.shop.owner.user_id
    assert person_id is not None
    with begin(SYSTEM) as work:
        assert identity.whose_session(work, session_id=session_id) is not None
    operations = world.staff(Variant.OPERATIONS)
    facts = {"person_id": person_id, "reason": "Lost a laptop"}
    refused(NotAllowed, world.staff(Variant.SUPPORT), identity.disable_person, **facts)
    refused(Conflict, operations, identity.disable_person, person_id=operations.user_id, reason="Myself")
    run(operations, identity.disable_person, **facts)
    with begin(SYSTEM) as work:
        assert identity.whose_session(work, session_id=session_id) is None
    refused(Conflict, operations, identity.disable_person, **facts)
    run(operations, identity.enable_person, **facts)
    with begin(SYSTEM) as work:
        assert identity.whose_session(work, session_id=session_id) is None  # what was ended stays ended
    assert session_of(email) != session_id


def test_nobody_decides_on_the_account_of_somebody_above_or_of_a_colleague_elsewhere(world: World) -> None:
    operations, admin = world.staff(Variant.OPERATIONS), world.staff(Variant.SUPER_ADMIN)
    before = rows("select id, state from people order by id")
    for decide in (identity.disable_person, identity.enable_person):
        refused(NotAllowed, operations, decide, person_id=admin.user_id, reason="A quarrel")
    with begin(SYSTEM) as work:
        email = identity.person_by_email(work, email=next(iter(world.platform.emails.values()))).email
    run(world.shop.owner, identity.invite_member, request_id=uuid4(), email=email, variant=Variant.PURCHASING_AGENT)
    [(link_id,)] = rows("select link_id from invitations")
    run(SYSTEM, identity.join_organization, token=identity.token_of(link_id), password="", signed_in=operations.user_id)
    refused(identity.OtherEyesNeeded, operations, identity.disable_person, person_id=world.shop.owner.user_id,
            reason="A quarrel")  # fmt: skip
    assert rows("select id, state from people order by id") == before
    run(operations, identity.disable_person, person_id=world.staff(Variant.FINANCE).user_id, reason="Lost a laptop")


def test_who_suspends_at_once_takes_over_an_open_proposal(world: World) -> None:
    proposed = run(world.staff(Variant.SUPPORT), identity.propose_suspension, request_id=uuid4(),
                   org_id=world.maker.org_id, reason="A rumour")  # fmt: skip
    assert suspend(world, world.maker) == proposed
    with begin(world.maker.owner) as work:
        why = identity.my_suspension(work)
    assert why is not None and why.reason == "Goods that infringe a trade mark"
    # Both took part in the decision, so neither looks at the appeal.
    run(world.maker.owner, identity.appeal_suspension, appeal="Please")
    refused(identity.OtherEyesNeeded, world.staff(Variant.OPERATIONS), identity.decide_appeal, suspension_id=proposed,
            is_granted=True, answer="Well then")  # fmt: skip


def test_a_restoration_is_proposed_and_decided_by_other_eyes(world: World) -> None:
    support, boss = world.staff(Variant.SUPPORT), world.staff(Variant.SUPER_ADMIN)
    facts = {"request_id": uuid4(), "org_id": world.maker.org_id, "reason": "The licence is real"}
    refused(Conflict, support, identity.propose_restoration, **facts)  # it is not suspended
    suspension = suspend(world, world.maker)
    refused(NotAllowed, boss, identity.propose_restoration, **facts)
    refused(NotAllowed, world.maker.owner, identity.propose_restoration, **facts)
    refused(Invalid, support, identity.propose_restoration, **facts | {"reason": " "})
    decision = {"suspension_id": suspension, "is_approved": True, "note": "Seen the licence"}
    refused(Conflict, boss, identity.decide_restoration, **decision)  # nothing is proposed
    assert run(support, identity.propose_restoration, **facts) == suspension
    assert found(world) == 0  # a proposal changes nothing
    refused(Conflict, support, identity.propose_restoration, **facts | {"request_id": uuid4()})
    refused(NotAllowed, support, identity.decide_restoration, **decision)
    with begin(boss) as work:
        [waits] = identity.open_suspensions(work)
    assert (waits.restore_reason, waits.restore_proposed_by) == ("The licence is real", support.user_id)
    with begin(world.maker.owner) as work:  # what the platform weighs is the platform's
        own = identity.my_suspension(work)
    assert own is not None and (own.restore_reason, own.restore_proposed_by_name) == (None, None)
    # Whoever proposed it and has another role since then does not decide either, whichever way.
    promoted = replace(boss, user_id=support.user_id)
    refused(identity.OtherEyesNeeded, promoted, identity.decide_restoration, **decision)
    refused(identity.OtherEyesNeeded, promoted, identity.restore_organization, org_id=world.maker.org_id, note="Mine")
    run(boss, identity.decide_restoration, **decision)
    assert found(world) == 1
    refused(Conflict, boss, identity.decide_restoration, **decision)
    reactions.deliver_new()
    told = rows("select kind from notices where kind like '%restor%' order by id")
    assert [row[0] for row in told] == ["restoration_proposed", "organization_restored"]
    with begin(world.maker.owner) as work:
        trail, _ = reports.own_audit(work, first=work.now - timedelta(1), end=work.now + timedelta(1))
    assert {row.name for row in trail} & {"RestorationProposed", "OrganizationRestored"} == {"OrganizationRestored"}


def test_a_restoration_that_is_declined_leaves_the_suspension(world: World) -> None:
    support, operations = world.staff(Variant.SUPPORT), world.staff(Variant.OPERATIONS)
    suspension = suspend(world, world.maker)
    facts = {"org_id": world.maker.org_id, "reason": "They asked nicely"}
    run(support, identity.propose_restoration, request_id=uuid4(), **facts)
    run(operations, identity.decide_restoration, suspension_id=suspension, is_approved=False, note="Not enough")
    assert found(world) == 0
    run(support, identity.propose_restoration, request_id=uuid4(), **facts)
    run(world.maker.owner, identity.appeal_suspension, appeal="We hold the licence")
    # An appeal goes first, and to eyes that had no part in either.
    boss = world.staff(Variant.SUPER_ADMIN)
    refused(Conflict, boss, identity.decide_restoration, suspension_id=suspension, is_approved=True, note="Now")
    answer = {"suspension_id": suspension, "is_granted": True, "answer": "It is real"}
    refused(identity.OtherEyesNeeded, replace(boss, user_id=support.user_id), identity.decide_appeal, **answer)
    run(boss, identity.decide_appeal, **answer)
    assert found(world) == 1
