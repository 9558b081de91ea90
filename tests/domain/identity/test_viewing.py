"""Looking through somebody else's eyes: whose, for how long, what is seen, and that nothing at all can be done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError, ProgrammingError

from domain import identity, notifications, payments, reactions, reports
from domain.identity import NotForYourEyes, OrgKind, Permission, Variant, ViewConsentState
from domain.kernel import files
from domain.kernel.actor import Actor, OnlyLooking
from domain.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.states import IllegalMove
from domain.kernel.work import begin, clock, run
from tests.app.signed_in import now, session_of
from tests.domain.test_strangers import ENTRIES, faces
from tests.make.files import a_pdf
from tests.make.market import Company, Market, company, make_market

SYSTEM = Actor.system()
V = Variant


@pytest.fixture
def market(database: Any) -> Market:
    return make_market(makers=1)


def signed_in(who: Company, variant: Variant) -> tuple[UUID, Actor]:
    """A session of a person, and the actor as the screens know it."""
    session_id = session_of(who.emails[variant])
    return session_id, replace(who.people[variant], sign_in_session_id=session_id)


def eyes(session_id: UUID) -> tuple[identity.SignedIn, Actor]:
    with begin(SYSTEM) as work:
        found = identity.seen_as(work, session_id=session_id)
    assert found is not None
    return found


def looks(session_id: UUID) -> bool:
    return eyes(session_id)[0].looking is not None


def written() -> list[Any]:
    counts = (
        "select (select count(*) from events), (select count(*) from viewings), (select count(*) from view_consents)"
    )
    with begin(SYSTEM) as work:
        return list(work.session.execute(text(counts)).one())


def refused(kind: type[DomainError], who: Actor, act: Callable[..., Any], **facts: Any) -> None:
    before = written()
    with pytest.raises(kind):
        run(who, act, **facts)
    assert written() == before


def events(*names: str) -> list[Any]:
    query = "select name, actor_user_id, scope, concerns_org_id, facts from events where name = any(:names) order by id"
    with begin(SYSTEM) as work:
        return list(work.session.execute(text(query), {"names": list(names)}).all())


def looking_at_the_agent(market: Market) -> tuple[UUID, Actor]:
    """The shop's owner looks as its purchasing agent: the session, and the actor that it gives."""
    shop = market.retailer
    session_id, owner = signed_in(shop, V.BUSINESS_OWNER)
    run(owner, identity.view_as_colleague, person_id=shop.people[V.PURCHASING_AGENT].user_id)
    return session_id, eyes(session_id)[1]


# --- a colleague --------------------------------------------------------------------------------


def test_an_owner_sees_what_a_colleague_sees_and_no_more(market: Market) -> None:
    shop = market.retailer
    session_id, agent = looking_at_the_agent(market)
    who = eyes(session_id)[0]
    own = shop.people[V.PURCHASING_AGENT]
    assert (who.person_id, who.variant, who.session_id) == (own.user_id, V.PURCHASING_AGENT, session_id)
    assert who.looking and who.looking.viewer_id == shop.owner.user_id and not who.looking.is_staff
    assert (agent.user_id, agent.permissions, agent.scope) == (own.user_id, own.permissions, own.scope)
    assert (agent.viewer_id, agent.sign_in_session_id) == (shop.owner.user_id, None)
    with begin(agent) as work:
        assert {site.name for site in identity.my_sites(work)} == {"Main store"}
        with pytest.raises(NotAllowed):  # the owner may, the agent may not
            payments.my_bank_account(work)
    run(SYSTEM, identity.stop_viewing, session_id=session_id)
    assert not looks(session_id) and eyes(session_id)[0].person_id == shop.owner.user_id
    run(SYSTEM, identity.stop_viewing, session_id=session_id)  # twice is once
    [started, stopped] = events("ViewStarted", "ViewStopped")
    assert started.actor_user_id == shop.owner.user_id and started.facts["person_id"] == str(own.user_id)
    assert (stopped.facts["ending"], stopped.facts["viewer_id"]) == ("viewer", str(shop.owner.user_id))
    assert {started.concerns_org_id, stopped.concerns_org_id} == {shop.org_id}


def test_the_scopes_of_the_colleague_hold(market: Market) -> None:
    shop = market.retailer
    second = run(
        shop.owner, identity.add_site, request_id=uuid4(), org_id=shop.org_id, kind="store", name="Second store",
        street="Ring 2", postal_code="04109", city="Leipzig", country_code="DE",
    )  # fmt: skip
    clerk = shop.people[V.STORE_MANAGER].user_id
    run(shop.owner, identity.set_member_scopes, person_id=clerk, kind="store", subject_ids=[second])
    session_id, owner = signed_in(shop, V.BUSINESS_OWNER)
    run(owner, identity.view_as_colleague, person_id=clerk)
    with begin(eyes(session_id)[1]) as work:
        assert [site.name for site in identity.my_sites(work)] == ["Second store"]


def test_nobody_looks_through_the_eyes_of_somebody_who_may_do_more(market: Market) -> None:
    maker, shop, platform = market.makers[0], market.retailer, market.platform
    _, manager = signed_in(maker, V.FACTORY_MANAGER)
    refused(NotForYourEyes, manager, identity.view_as_colleague, person_id=maker.owner.user_id)
    _, owner = signed_in(shop, V.BUSINESS_OWNER)
    refused(NotFound, owner, identity.view_as_colleague, person_id=maker.people[V.PRODUCTION_MANAGER].user_id)
    refused(Invalid, owner, identity.view_as_colleague, person_id=owner.user_id)
    _, agent = signed_in(shop, V.PURCHASING_AGENT)
    refused(NotAllowed, agent, identity.view_as_colleague, person_id=shop.people[V.STORE_MANAGER].user_id)
    _, top = signed_in(platform, V.SUPER_ADMIN)
    refused(NotForYourEyes, top, identity.view_as_colleague, person_id=platform.people[V.SUPPORT].user_id)
    # Without a session of one's own there is nothing that could look.
    refused(Conflict, shop.owner, identity.view_as_colleague, person_id=agent.user_id)
    refused(Conflict, replace(owner, sign_in_session_id=session_of(shop.emails[V.PURCHASING_AGENT])),
            identity.view_as_colleague, person_id=agent.user_id)  # fmt: skip


def test_a_look_ends_by_itself_and_when_a_right_goes(market: Market) -> None:
    shop = market.retailer
    agent = shop.people[V.PURCHASING_AGENT].user_id
    session_id, _ = looking_at_the_agent(market)
    with clock(now() + timedelta(minutes=31)):
        assert not looks(session_id)
        assert run(SYSTEM, identity.end_views) == 1 and run(SYSTEM, identity.end_views) == 0
    assert events("ViewStopped")[-1].facts["ending"] == "time"
    # A colleague who becomes an owner is still within an owner's rights; one who leaves is not there any more.
    session_id, _ = looking_at_the_agent(market)
    run(shop.owner, identity.change_role, person_id=agent, variant=V.BUSINESS_OWNER)
    assert looks(session_id)
    run(SYSTEM, identity.stop_viewing, session_id=session_id)
    run(shop.people[V.BUSINESS_OWNER], identity.change_role, person_id=agent, variant=V.PURCHASING_AGENT)
    session_id, _ = looking_at_the_agent(market)
    run(shop.owner, identity.remove_member, person_id=agent)
    assert not looks(session_id)
    assert run(SYSTEM, identity.end_views) == 1 and events("ViewStopped")[-1].facts["ending"] == "consent"


def test_a_look_ends_when_the_looker_loses_the_right_or_the_session(market: Market) -> None:
    maker = market.makers[0]
    session_id, manager = signed_in(maker, V.FACTORY_MANAGER)
    rep = maker.people[V.SALES_REPRESENTATIVE].user_id
    run(manager, identity.view_as_colleague, person_id=rep)
    run(maker.owner, identity.change_role, person_id=rep, variant=V.FACTORY_OWNER)
    assert not looks(session_id)  # above the manager now
    run(maker.owner, identity.change_role, person_id=rep, variant=V.SALES_REPRESENTATIVE)
    assert looks(session_id)
    run(maker.owner, identity.change_role, person_id=manager.user_id, variant=V.PRODUCTION_MANAGER)
    assert not looks(session_id)
    run(SYSTEM, identity.end_views)
    session_id, _ = looking_at_the_agent(market)
    run(SYSTEM, identity.sign_out, session_id=session_id)
    with begin(SYSTEM) as work:
        assert identity.seen_as(work, session_id=session_id) is None
    assert run(SYSTEM, identity.end_views) == 1 and events("ViewStopped")[-1].facts["ending"] == "session"


# --- read-only ----------------------------------------------------------------------------------


def test_every_command_of_every_face_is_refused_and_nothing_moves(market: Market) -> None:
    """The list is that of the strangers, so a new command is in it; the refusal comes before anything else."""
    _, agent = looking_at_the_agent(market)
    before = written()
    commands = [name for name, entry in ENTRIES.items() if entry.writes and name in faces()]
    for name in commands:
        with pytest.raises(OnlyLooking, match="nothing can be changed"):
            run(agent, faces()[name])
    assert written() == before and len(commands) > 150
    # The control: with the person's own eyes one of them goes through.
    run(market.retailer.people[V.PURCHASING_AGENT], payments.wallet_reference)


def test_the_database_refuses_to_write_as_well(market: Market) -> None:
    _, agent = looking_at_the_agent(market)
    with begin(agent) as work, pytest.raises(InternalError, match="read-only transaction"):
        work.session.execute(text("update people set name = 'Spy' where id = :id"), {"id": agent.user_id})


def test_what_is_a_persons_alone_is_not_shown(market: Market) -> None:
    shop = market.retailer
    run(shop.owner, payments.change_bank_account, holder=shop.name, iban="DE89370400440532013000")
    paper = run(shop.owner, files.store, content=a_pdf("Extract"), name="extract.pdf",
                needs=[Permission.SUBMIT_VERIFICATION])  # fmt: skip
    run(shop.owner, identity.open_view, request_id=uuid4(), hours=1)
    session_id, support = signed_in(market.platform, V.SUPPORT)
    run(support, identity.view_as_member, consent_id=consent_of(shop.owner))
    seen = eyes(session_id)[1]
    for question in (identity.my_sessions, identity.my_sign_ins, identity.my_factor, identity.my_ways_in):
        with begin(seen) as work, pytest.raises(OnlyLooking):
            question(work)
    with begin(seen) as work, pytest.raises(NotFound):
        files.read(work, file_id=paper)
    with begin(seen) as work:
        account = payments.my_bank_account(work)
    assert account and account.iban == "DE89****3000"
    refused(OnlyLooking, seen, identity.start_factor, password="x")
    refused(OnlyLooking, seen, identity.renew_recovery_codes, code="x")
    refused(OnlyLooking, seen, reports.record_export, what="orders", format="csv", rows=1, choices={})
    # The control: the owner sees all of it.
    with begin(shop.owner) as work:
        own = payments.my_bank_account(work)
        assert own and own.iban == "DE89370400440532013000" and files.read(work, file_id=paper)
        assert identity.my_sessions(work) == [] and identity.my_ways_in(work).email


def test_looks_are_not_nested(market: Market) -> None:
    """Who looks can begin no other look, and a second one of the same session ends the first."""
    shop = market.retailer
    clerk, agent = (shop.people[variant].user_id for variant in (V.STORE_MANAGER, V.PURCHASING_AGENT))
    session_id, owner = signed_in(shop, V.BUSINESS_OWNER)
    run(owner, identity.view_as_colleague, person_id=clerk)
    refused(OnlyLooking, eyes(session_id)[1], identity.view_as_colleague, person_id=agent)
    run(owner, identity.view_as_colleague, person_id=agent)
    assert eyes(session_id)[0].person_id == agent
    assert [row.facts["ending"] for row in events("ViewStopped")] == ["another"]


# --- a member, by the platform's people ---------------------------------------------------------


def ask(market: Market, of: Actor, *, by: Variant = V.SUPPORT) -> UUID:
    return run(
        market.platform.people[by], identity.ask_to_view, request_id=uuid4(), org_id=of.org_id, person_id=of.user_id,
        reason="The basket looks wrong",
    )  # fmt: skip


def consent_of(member: Actor) -> UUID:
    with begin(member) as work:
        return identity.my_views(work)[0][0].consent_id


def test_support_looks_with_consent_and_not_a_moment_longer(market: Market) -> None:
    shop, agent = market.retailer, market.retailer.people[V.PURCHASING_AGENT]
    session_id, support = signed_in(market.platform, V.SUPPORT)
    consent = ask(market, agent)
    refused(Conflict, support, identity.view_as_member, consent_id=consent)  # not answered yet
    refused(Conflict, support, identity.ask_to_view, request_id=uuid4(), org_id=shop.org_id, person_id=agent.user_id,
            reason="Again")  # fmt: skip
    reactions.deliver_new()
    with begin(agent) as work:
        [notice] = [row for row in notifications.my_notices(work)[0] if row.kind == "security_view_asked"]
    assert (notice.subject, notice.facts["reason"]) == ("view", "The basket looks wrong")
    with begin(shop.owner) as work:  # an owner may answer for the agent, so an owner hears of it
        assert "security_view_asked" in {row.kind for row in notifications.my_notices(work)[0]}
    refused(NotFound, shop.people[V.STORE_MANAGER], identity.grant_view, consent_id=consent, hours=1)
    refused(NotFound, market.makers[0].owner, identity.grant_view, consent_id=consent, hours=1)
    refused(NotFound, support, identity.grant_view, consent_id=consent, hours=1)
    refused(Invalid, agent, identity.grant_view, consent_id=consent, hours=73)
    run(agent, identity.grant_view, consent_id=consent, hours=4)
    _, operations = signed_in(market.platform, V.OPERATIONS)
    refused(NotFound, operations, identity.view_as_member, consent_id=consent)  # it was given to who asked
    run(support, identity.view_as_member, consent_id=consent)
    who, seen = eyes(session_id)
    assert who.looking and who.looking.is_staff and (who.org_id, who.variant) == (shop.org_id, V.PURCHASING_AGENT)
    assert not seen.is_staff and seen.scope == agent.scope and seen.permissions == agent.permissions
    with begin(seen) as work, pytest.raises(NotAllowed):  # what support may, the member may not
        identity.find_organizations(work)
    run(agent, identity.end_view_consent, consent_id=consent)
    assert not looks(session_id)
    refused(Conflict, support, identity.view_as_member, consent_id=consent)
    refused(IllegalMove, agent, identity.end_view_consent, consent_id=consent)
    logged = events("ViewConsentAsked", "ViewConsentAnswered", "ViewStarted", "ViewStopped")
    assert [row.name for row in logged] == [
        "ViewConsentAsked", "ViewConsentAnswered", "ViewStarted", "ViewConsentAnswered", "ViewStopped"]  # fmt: skip
    assert {row.concerns_org_id for row in logged} == {shop.org_id}
    assert [row.facts["person_id"] for row in logged] == [str(agent.user_id)] * 5
    assert (logged[2].actor_user_id, logged[2].scope) == (support.user_id, "platform")
    assert (logged[3].facts["before"]["state"], logged[3].facts["after"]["state"]) == ("granted", "withdrawn")
    # Both sides see afterwards when it was; the member does not see who of the platform.
    with begin(agent) as work:
        [[told], [look]] = identity.my_views(work)
    assert (told.state, look.viewer_name, look.ended_by) == (ViewConsentState.WITHDRAWN, None, "consent")
    with begin(support) as work:
        [_, [look]] = identity.views_of_organization(work, org_id=shop.org_id)
    assert look.viewer_name and look.reason == "The basket looks wrong"
    with begin(shop.owner) as work:
        rows, _ = reports.own_audit(work, first=now() - timedelta(days=1), end=now() + timedelta(days=1),
                                    names=["ViewStarted"])  # fmt: skip
    assert [(row.who, row.names[str(agent.user_id)] != "") for row in rows] == [(reports.Who.STAFF, True)]


def test_the_database_lets_nobody_of_the_platform_consent(market: Market) -> None:
    shop, support = market.retailer, market.platform.people[V.SUPPORT]
    consent = ask(market, shop.owner)

    def grant(work: Any) -> int:
        statement = "update view_consents set state = 'granted', answered_at = :now where id = :id returning id"
        return len(work.session.execute(text(statement), {"now": work.now, "id": consent}).all())

    def make(work: Any) -> None:
        statement = (
            "insert into view_consents (id, org_id, person_id, reason, state, asked_at, expires_at, answered_at)"
            " values (:id, :org, :person, '', 'granted', :now, cast(:now as timestamptz) + interval '1 hour', :now)"
        )
        facts = {"id": uuid4(), "org": shop.org_id, "person": shop.owner.user_id, "now": work.now}
        work.session.execute(text(statement), facts)

    assert run(support, grant) == 0
    with pytest.raises(ProgrammingError, match="row-level security"):
        run(support, make)
    assert run(shop.owner, grant) == 1  # the control
    run(shop.owner, make)


def test_a_consent_runs_out_and_a_wish_too(market: Market) -> None:
    agent = market.retailer.people[V.PURCHASING_AGENT]
    session_id, support = signed_in(market.platform, V.SUPPORT)
    consent, at = ask(market, agent), now()
    with clock(at + timedelta(days=8)):
        refused(Conflict, agent, identity.grant_view, consent_id=consent, hours=1)
    run(agent, identity.grant_view, consent_id=consent, hours=1)
    with clock(at + timedelta(minutes=45)):
        run(support, identity.view_as_member, consent_id=consent)
        assert looks(session_id)
        until = eyes(session_id)[0].looking.until  # type: ignore[union-attr]
        assert until <= at + timedelta(minutes=61)  # half an hour, or what is left of the consent
    with clock(at + timedelta(minutes=62)):
        assert not looks(session_id)
        refused(Conflict, support, identity.view_as_member, consent_id=consent)
        with begin(support) as work:
            assert identity.views_of_organization(work, org_id=agent.org_id)[0][0].is_lapsed  # type: ignore[arg-type]


def test_an_owner_opens_and_answers_and_refuses(market: Market) -> None:
    shop = market.retailer
    _, operations = signed_in(market.platform, V.OPERATIONS)
    run(shop.owner, identity.open_view, request_id=uuid4(), hours=2, reason="Have a look at my orders")
    run(operations, identity.view_as_member, consent_id=consent_of(shop.owner))  # for whoever of them helps
    asked = ask(market, shop.people[V.STORE_MANAGER], by=V.OPERATIONS)
    run(shop.owner, identity.end_view_consent, consent_id=asked)
    refused(Conflict, operations, identity.view_as_member, consent_id=asked)
    refused(IllegalMove, shop.owner, identity.grant_view, consent_id=asked, hours=1)
    run(shop.owner, identity.grant_view, consent_id=ask(market, shop.people[V.STORE_MANAGER], by=V.OPERATIONS), hours=1)


def test_whose_eyes_are_never_looked_through(market: Market) -> None:
    shop, platform = market.retailer, market.platform
    support, compliance = platform.people[V.SUPPORT], platform.people[V.COMPLIANCE]
    wish = {"request_id": uuid4(), "reason": "Curious"}
    for admin in (platform.people[V.FINANCE], support):
        refused(NotForYourEyes, support, identity.ask_to_view, org_id=platform.org_id, person_id=admin.user_id, **wish)
    refused(NotForYourEyes, compliance, identity.open_view, request_id=uuid4(), hours=1)
    refused(NotFound, support, identity.ask_to_view, org_id=shop.org_id, person_id=support.user_id, **wish)
    refused(
        NotFound, support, identity.ask_to_view, org_id=market.makers[0].org_id, person_id=shop.owner.user_id, **wish
    )
    refused(Invalid, support, identity.ask_to_view, org_id=shop.org_id, person_id=shop.owner.user_id, request_id=uuid4(),
            reason="")  # fmt: skip
    for variant in (V.COMPLIANCE, V.FINANCE, V.ANALYTICS, V.SUPER_ADMIN):
        refused(NotAllowed, platform.people[variant], identity.ask_to_view, org_id=shop.org_id,
                person_id=shop.owner.user_id, **wish)  # fmt: skip
    # Somebody of a shop who works for the platform too is one of the platform's people.
    token = identity.token_of(link_for(shop, platform.emails[V.FINANCE]))
    finance = platform.people[V.FINANCE]
    run(SYSTEM, identity.join_organization, token=token, password="", signed_in=finance.user_id)
    refused(NotForYourEyes, support, identity.ask_to_view, org_id=shop.org_id, person_id=finance.user_id, **wish)


def link_for(shop: Company, email: str) -> UUID:
    invitation = run(shop.owner, identity.invite_member, request_id=uuid4(), email=email, variant=V.PURCHASING_AGENT)
    with begin(SYSTEM) as work:
        return UUID(str(work.session.execute(
            text("select link_id from invitations where id = :id"), {"id": invitation}).scalar_one()))  # fmt: skip


def test_strangers_see_no_consents_and_no_looks(market: Market) -> None:
    other = company(OrgKind.RETAILER, "Other shop")
    ask(market, market.retailer.owner)
    with begin(other.owner) as work:
        assert identity.my_views(work) == ([], [])
        assert work.session.execute(text("select count(*) from view_consents")).scalar() == 0
        with pytest.raises(NotAllowed):
            identity.views_of_organization(work, org_id=market.retailer.org_id)
    with begin(market.retailer.people[V.PURCHASING_AGENT]) as work:  # nor does a colleague whom it does not concern
        assert identity.my_views(work) == ([], [])
