"""People are asked to join, change roles and leave; nobody reaches above themselves, and an owner always stays."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, orders, reactions
from domain.identity import LinkPurpose, OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from tests.app.signed_in import session_of
from tests.make.market import PASSWORD, Company, company, offer

V = Variant


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Mill", V.FACTORY_OWNER, V.FACTORY_MANAGER, V.SALES_REPRESENTATIVE)


def invited(actor: Actor, email: str = "new@mill.example", variant: Variant = V.PRODUCTION_MANAGER) -> tuple[UUID, str]:
    """An invitation and the token that its mail carries."""
    invitation_id = run(actor, identity.invite_member, request_id=uuid4(), email=email, variant=variant)
    return invitation_id, token_of(invitation_id)


def token_of(invitation_id: UUID) -> str:
    with begin(Actor.system()) as work:
        link_id = work.session.execute(
            sa.text("select link_id from invitations where id = :id"), {"id": invitation_id}
        ).scalar_one()
    return identity.token_of(link_id)


def join(token: str, **facts: object) -> UUID | None:
    facts = {"name": "Nora New", "password": PASSWORD} | facts
    return run(Actor.system(), identity.join_organization, token=token, **facts)


def team(who: Actor) -> dict[str, str]:
    """Role by e-mail of those who belong to the team now."""
    with begin(who) as work:
        return {row.email: row.variant for row in identity.my_team(work) if row.state == "active"}


def events(name: str) -> list[dict[str, object]]:
    with begin(Actor.system()) as work:
        found = work.session.execute(sa.text("select facts from events where name = :name order by id"), {"name": name})
        return [row.facts for row in found]


def actor_of(email: str) -> Actor:
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email=email))


# --- joining -------------------------------------------------------------------------------------


def test_a_new_person_joins_by_the_link_of_the_invitation(maker: Company) -> None:
    invitation_id, token = invited(maker.owner)
    with begin(Actor.system()) as work:
        card = identity.invitation_card(work, token=token)
    assert (card.org_name, card.variant, card.person_id) == ("Mill", "production_manager", None)
    assert join(token) is not None
    assert team(maker.owner)["new@mill.example"] == "production_manager"
    assert session_of("new@mill.example")
    [accepted] = events("InvitationAccepted")
    assert accepted["before"] == {"state": "open"}
    assert accepted["after"] == {"state": "accepted", "variant": "production_manager"}
    assert "new@mill.example" not in str(events("MemberInvited"))  # addresses stand beside the log, not in it


def test_the_letter_carries_the_link_and_the_table_does_not(maker: Company) -> None:
    _, token = invited(maker.owner)
    reactions.deliver_new()
    with begin(Actor.system()) as work:
        [row] = work.session.execute(sa.text("select * from outgoing_emails where kind = 'invitation'")).all()
    assert (row.recipient, row.org_id) == ("new@mill.example", maker.org_id)
    assert token not in str(row)
    assert identity.token_of(UUID(row.facts["link_id"])) == token


def refused_links(maker: Company) -> dict[str, str]:
    _, used = invited(maker.owner, "used@mill.example")
    join(used)
    revoked_id, revoked = invited(maker.owner, "revoked@mill.example")
    run(maker.owner, identity.revoke_invitation, invitation_id=revoked_id, reason="Wrong address")
    resent_id, resent = invited(maker.owner, "resent@mill.example")
    run(maker.owner, identity.resend_invitation, invitation_id=resent_id)
    _, good = invited(maker.owner, "good@mill.example")
    forged = good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")
    with begin(Actor.system()) as work:
        other = work.session.execute(sa.text("select id from organizations limit 1")).scalar_one()
    foreign = identity.token_of(
        run(
            Actor.system(), identity.make_link, purpose=LinkPurpose.PASSWORD_RESET, org_id=other, life=timedelta(days=1)
        )
    )
    return {"used": used, "revoked": revoked, "replaced": resent, "forged": forged, "foreign": foreign, "none": ""}


def test_a_link_that_is_used_revoked_replaced_forged_or_for_something_else_is_refused(maker: Company) -> None:
    links = refused_links(maker)
    before = team(maker.owner)
    sentences = set()
    for token in links.values():
        with pytest.raises(NotFound) as refusal:
            join(token)
        sentences.add(refusal.value.sentence)
    assert len(sentences) == 1  # nobody learns what was wrong with it
    assert team(maker.owner) == before


def test_an_expired_invitation_is_refused(maker: Company) -> None:
    with begin(Actor.system()) as work:
        now = work.now
    with clock(now - timedelta(days=7, seconds=1)):
        _, late = invited(maker.owner, "late@mill.example")
        _, control = invited(maker.owner, "control@mill.example")
        assert join(control) is not None
    with pytest.raises(NotFound):
        join(late)
    assert "late@mill.example" not in team(maker.owner)


def test_an_existing_person_joins_with_their_password_and_keeps_one_account(maker: Company) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop")
    email = shop.emails[V.BUSINESS_OWNER]
    invitation_id, token = invited(maker.owner, email, V.SALES_REPRESENTATIVE)
    assert join(token, password="not the password at all") is None
    assert email not in team(maker.owner)
    with begin(Actor.system()) as work:
        moments_later = work.now + timedelta(seconds=1)  # a session begins where its person joined first
    with clock(moments_later):
        assert join(token) == shop.owner.user_id
    with begin(Actor.system()) as work:
        count = work.session.execute(sa.text("select count(*) from people where email = :e"), {"e": email}).scalar_one()
    assert count == 1

    session_id = session_of(email)
    with begin(Actor.system()) as work:
        places = identity.workplaces(work, session_id=session_id)
        who, _ = identity.whose_session(work, session_id=session_id) or pytest.fail("no session")
    assert {place.name for place in places} == {"Mill", "Corner Shop"}
    assert who.org_id == shop.org_id
    run(Actor.system(), identity.switch_organization, session_id=session_id, org_id=maker.org_id)
    with begin(Actor.system()) as work:
        who, actor = identity.whose_session(work, session_id=session_id) or pytest.fail("no session")
    assert (who.org_name, actor.variant, actor.org_id) == ("Mill", "sales_representative", maker.org_id)


def test_nobody_switches_to_an_organisation_of_others(maker: Company) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop")
    session_id = session_of(maker.emails[V.FACTORY_OWNER])
    with pytest.raises(NotFound):
        run(Actor.system(), identity.switch_organization, session_id=session_id, org_id=shop.org_id)
    with begin(Actor.system()) as work:
        who, _ = identity.whose_session(work, session_id=session_id) or pytest.fail("no session")
    assert who.org_id == maker.org_id


def test_passwords_are_not_guessed_without_end_by_an_invitation(maker: Company) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop")
    _, token = invited(maker.owner, shop.emails[V.BUSINESS_OWNER], V.SALES_REPRESENTATIVE)
    for _ in range(5):
        assert join(token, password="not the password at all") is None
    with pytest.raises(identity.TooManyTries):
        join(token)


# --- what one may not do --------------------------------------------------------------------------


def test_nobody_grants_what_they_lack(maker: Company) -> None:
    manager, seller = maker.people[V.FACTORY_MANAGER], maker.people[V.SALES_REPRESENTATIVE]
    before = team(maker.owner)
    for actor, variant, refusal in (
        (manager, V.FACTORY_OWNER, identity.AboveYou),
        (seller, V.SALES_REPRESENTATIVE, NotAllowed),
        (maker.owner, V.BUSINESS_OWNER, Invalid),
    ):
        with pytest.raises(refusal):
            run(actor, identity.invite_member, request_id=uuid4(), email="x@mill.example", variant=variant)
    with pytest.raises(identity.AboveYou):
        run(manager, identity.change_role, person_id=seller.user_id, variant=V.FACTORY_OWNER)
    assert team(maker.owner) == before
    assert events("MemberInvited") == events("MemberRoleChanged") == []
    invited(manager, "welder@mill.example", V.PRODUCTION_MANAGER)  # and what they hold they may give


def test_a_manager_cannot_touch_the_owner(maker: Company) -> None:
    manager = maker.people[V.FACTORY_MANAGER]
    for command, facts in (
        (identity.remove_member, {}),
        (identity.change_role, {"variant": V.SALES_REPRESENTATIVE}),
    ):
        with pytest.raises(identity.AboveYou):
            run(manager, command, person_id=maker.owner.user_id, **facts)
    assert team(maker.owner)[maker.emails[V.FACTORY_OWNER]] == "factory_owner"


def test_the_last_owner_cannot_go_or_be_demoted(maker: Company) -> None:
    owner, manager = maker.owner, maker.people[V.FACTORY_MANAGER]
    for command, facts in (
        (identity.remove_member, {"handed_to": manager.user_id}),
        (identity.change_role, {"variant": V.FACTORY_MANAGER}),
    ):
        with pytest.raises(identity.LastOwner):
            run(owner, command, person_id=owner.user_id, **facts)
    assert events("MemberRemoved") == events("MemberRoleChanged") == []
    run(owner, identity.change_role, person_id=manager.user_id, variant=V.FACTORY_OWNER, reason="She takes over")
    run(owner, identity.change_role, person_id=owner.user_id, variant=V.FACTORY_MANAGER)
    assert sorted(team(owner).values()) == ["factory_manager", "factory_owner", "sales_representative"]
    assert events("MemberRoleChanged")[0] == {
        "person_id": str(manager.user_id), "before": {"variant": "factory_manager"},
        "after": {"variant": "factory_owner"}, "reason": "She takes over",
    }  # fmt: skip


def test_the_same_address_is_invited_once_and_a_member_not_at_all(maker: Company) -> None:
    invited(maker.owner)
    with pytest.raises(Conflict):
        invited(maker.owner, "NEW@mill.example")
    with pytest.raises(Conflict):
        invited(maker.owner, maker.emails[V.FACTORY_MANAGER])
    assert len(events("MemberInvited")) == 1


# --- leaving ---------------------------------------------------------------------------------------


def test_a_removed_member_is_out_at_once_and_a_colleague_has_the_work(maker: Company) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop", V.BUSINESS_OWNER, V.STORE_MANAGER, V.PURCHASING_AGENT)
    agent, manager = shop.people[V.PURCHASING_AGENT], shop.people[V.STORE_MANAGER]
    thing = offer(maker, "Flour")
    run(agent, orders.add_to_basket, offer_id=thing, quantity=7)
    run(manager, orders.add_to_basket, offer_id=thing, quantity=3)
    session_id = session_of(shop.emails[V.PURCHASING_AGENT])
    run(shop.owner, identity.remove_member, person_id=agent.user_id, handed_to=manager.user_id, reason="Left the firm")
    with begin(Actor.system()) as work:
        assert identity.whose_session(work, session_id=session_id) is None
    reactions.deliver_new()
    with begin(manager) as work:
        [group] = orders.my_basket(work).groups
    assert [line.quantity for line in group.lines] == [10]
    [moved] = events("WorkHandedOver")
    assert moved == {
        "person_id": str(agent.user_id), "handed_to": str(manager.user_id), "moved": {"basket_lines": 1},
    }  # fmt: skip
    [removed] = events("MemberRemoved")
    assert (removed["before"], removed["after"], removed["reason"]) == (
        {"state": "active", "variant": "purchasing_agent"}, {"state": "removed"}, "Left the firm",
    )  # fmt: skip
    assert run(Actor.system(), _sign_in, email=shop.emails[V.PURCHASING_AGENT]) is None
    with begin(Actor.system()) as work:
        revoked = sa.text("select revoked_at is not null from sign_in_sessions where id = :id")
        assert work.session.execute(revoked, {"id": session_id}).scalar_one()


def _sign_in(work, *, email):  # type: ignore[no-untyped-def]
    return identity.sign_in(work, email=email, password=PASSWORD, nonce="n", address="test")


def test_work_goes_to_nobody_outside_of_the_team(maker: Company) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop")
    seller = maker.people[V.SALES_REPRESENTATIVE]
    for heir in (shop.owner.user_id, seller.user_id, uuid4()):
        with pytest.raises(Invalid):
            run(maker.owner, identity.remove_member, person_id=seller.user_id, handed_to=heir)
    with pytest.raises(DomainError):
        run(maker.owner, identity.remove_member, person_id=shop.owner.user_id)
    assert len(team(maker.owner)) == 3
    assert events("MemberRemoved") == []


def test_somebody_who_left_may_be_asked_back(maker: Company) -> None:
    seller = maker.people[V.SALES_REPRESENTATIVE]
    email = maker.emails[V.SALES_REPRESENTATIVE]
    run(maker.owner, identity.remove_member, person_id=seller.user_id)
    assert email not in team(maker.owner)
    _, token = invited(maker.owner, email, V.PRODUCTION_MANAGER)
    assert join(token) == seller.user_id
    assert team(maker.owner)[email] == "production_manager"
    assert actor_of(email).variant == "production_manager"


# --- limits go with the roles that one gives -----------------------------------------------------


def limit_of(who: Actor, email: str) -> str | None:
    with begin(who) as work:
        ids = {row.email: row.person_id for row in identity.my_team(work)}
        return next(
            (str(row.amount) for row in identity.members_reach(work) if row.person_id == ids[email] and row.amount), None
        )


def limited(maker: Company, amount: str | None) -> Actor:
    manager = maker.people[V.FACTORY_MANAGER]
    run(maker.owner, identity.set_member_limits, person_id=manager.user_id, currency="EUR",
        amount=None if amount is None else Decimal(amount))  # fmt: skip
    return manager


def test_whoever_acts_up_to_an_amount_brings_nobody_in_who_acts_without_one(maker: Company) -> None:
    manager = limited(maker, "500.00")
    join(invited(manager, "double@mill.example", V.FACTORY_MANAGER)[1])
    assert limit_of(maker.owner, "double@mill.example") == "500.0000"
    assert [change["after"]["amount"] for change in events("MemberLimitChanged")] == ["500.00", "500.0000"]
    limited(maker, None)
    join(invited(manager, "free@mill.example", V.FACTORY_MANAGER)[1])
    assert limit_of(maker.owner, "free@mill.example") is None


def test_another_role_and_back_takes_no_limit_away(maker: Company) -> None:
    manager, clerk = limited(maker, "500.00"), maker.people[V.SALES_REPRESENTATIVE]
    [email] = [each for variant, each in maker.emails.items() if variant is V.SALES_REPRESENTATIVE]
    run(maker.owner, identity.set_member_limits, person_id=clerk.user_id, amount=Decimal("100.00"), currency="EUR")
    for variant in (V.PRODUCTION_MANAGER, V.SALES_REPRESENTATIVE):
        run(manager, identity.change_role, person_id=clerk.user_id, variant=variant)
    assert limit_of(maker.owner, email) == "500.0000"


# --- letters to strangers ------------------------------------------------------------------------


def test_a_stranger_is_not_written_to_without_end(maker: Company) -> None:
    invitation_id, _ = invited(maker.owner, "stranger@elsewhere.example")
    for _ in range(2):
        run(maker.owner, identity.resend_invitation, invitation_id=invitation_id)
    with pytest.raises(identity.TooManyLetters):
        run(maker.owner, identity.resend_invitation, invitation_id=invitation_id)
    run(maker.owner, identity.revoke_invitation, invitation_id=invitation_id)
    with pytest.raises(identity.TooManyLetters):
        invited(maker.owner, "stranger@elsewhere.example")
    assert len(events("MemberInvited")) == 3
    invited(maker.owner, "another@elsewhere.example")
    with begin(Actor.system()) as work:
        later = work.now + timedelta(minutes=61)
    with clock(later):
        invited(maker.owner, "stranger@elsewhere.example")
