"""A lost second factor: a way back that takes other eyes and time, tells the person of every step, and can be stopped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity, notifications, payments, verification
from domain.identity import CodeAwaited, OrgKind, Ticket, Variant
from domain.identity.models import SecondFactor
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.sealing import unseal
from domain.kernel.work import Work, begin, run
from domain.reactions import deliver_new
from tests.make.market import PASSWORD, Company, company, vouch_for
from tests.make.signing_in import after, code_of, enrol, signed_in, try_code, try_password, who_is

SYSTEM = Actor.system()
PHONE, LOST = "+4915112345678", "the nonce of the browser of somebody without a phone"
IBAN = "DE89370400440532013000"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


@pytest.fixture
def manager(shop: Company) -> Actor:
    """Has a second factor, a confirmed phone, and a session in some browser."""
    person = signed_in(shop.emails[Variant.STORE_MANAGER])
    enrol(person)
    sql("update people set phone = :phone, phone_confirmed_at = created_at where id = :id", person)
    return person


@pytest.fixture
def email(shop: Company, manager: Actor) -> str:
    return shop.emails[Variant.STORE_MANAGER]


def sql(words: str, person: Actor) -> None:
    def do(work: Work) -> None:
        work.session.execute(sa.text(words), {"id": person.user_id, "phone": PHONE})

    run(SYSTEM, do)


def asks(email: str) -> UUID:
    assert isinstance(try_password(email, nonce=LOST), CodeAwaited)
    return run(SYSTEM, identity.report_lost_factor, nonce=LOST)


def decide(actor: Actor, loss_id: UUID, *, is_approved: bool = True, reason: str = "I called them") -> None:
    run(actor, identity.decide_lost_factor, loss_id=loss_id, is_approved=is_approved, reason=reason)


def tend() -> int:
    return run(SYSTEM, identity.tend_lost_factors)


def state_of(loss_id: UUID) -> str:
    with begin(SYSTEM) as work:
        found = work.session.execute(sa.text("select state from factor_losses where id = :id"), {"id": loss_id})
        return str(found.scalar_one())


def has_factor(person: Actor) -> bool:
    with begin(person) as work:
        return identity.my_factor(work) is not None


def lives(person: Actor) -> bool:
    assert person.sign_in_session_id is not None
    return who_is(person.sign_in_session_id) is not None


def events(*prefixes: str) -> list[str]:
    with begin(SYSTEM) as work:
        names = work.session.scalars(sa.text("select name from events order by id"))
        return [name for name in names if name.startswith(prefixes)]


def written(table: str = "outgoing_emails") -> list[tuple[str, str]]:
    deliver_new()
    with begin(SYSTEM) as work:
        rows = work.session.execute(sa.text("select kind, recipient from " + table + " order by created_at, kind"))
        return [(row.kind, row.recipient) for row in rows]


def link_of(kind: str) -> str:
    """The token that the latest letter of this kind carries."""
    deliver_new()
    with begin(SYSTEM) as work:
        facts: dict[str, Any] = work.session.execute(
            sa.text("select facts from outgoing_emails where kind = :kind order by created_at desc limit 1"),
            {"kind": kind},
        ).scalar_one()
    return notifications.token_in(facts)


# --- the way back ------------------------------------------------------------------------------


def test_an_owner_says_yes_the_time_passes_and_the_factor_goes(shop: Company, manager: Actor, email: str) -> None:
    # No session lives that long today; it would have to end all the same.
    sql("update sign_in_sessions set expires_at = expires_at + interval '9 days' where person_id = :id", manager)
    loss_id = asks(email)
    with begin(shop.owner) as work:
        [waiting] = identity.lost_factors(work)
    assert (waiting.loss_id, waiting.state, waiting.decider) == (loss_id, "asked", "owner")
    decide(shop.owner, loss_id)
    assert has_factor(manager)
    with after(hours=20, minutes=59):
        assert tend() == 0
    with after(hours=21, minutes=1):
        assert tend() == 1 and tend() == 0  # the last letter, three hours before
    with after(hours=23, minutes=59):
        assert tend() == 0 and has_factor(manager) and lives(manager)
    with after(hours=24, minutes=1):
        assert tend() == 1
        assert not has_factor(manager) and not lives(manager)
        assert isinstance(try_password(email), Ticket)
    assert state_of(loss_id) == "done"
    assert events("FactorLoss", "LostFactor") == [
        "FactorLossReported", "FactorLossApproved", "FactorLossNear", "LostFactorRemoved",
    ]  # fmt: skip
    steps = {"factor_loss_asked", "factor_loss_approved", "factor_loss_near", "lost_factor_removed"}
    assert {kind for kind, to in written() if to == email} >= steps
    assert set(written("outgoing_texts")) == {(kind, PHONE) for kind in steps}


def test_a_worker_that_was_down_tells_first_and_waits(shop: Company, manager: Actor, email: str) -> None:
    decide(shop.owner, asks(email))
    with after(days=3):
        assert tend() == 1 and tend() == 0
        assert has_factor(manager)
    with after(days=3, hours=3, minutes=1):
        assert tend() == 1
    assert not has_factor(manager)


def test_money_stays_closed_for_three_days_whatever_is_set_up_since(shop: Company) -> None:
    address = shop.emails[Variant.BUSINESS_OWNER]
    person = signed_in(address)
    change = {"holder": "Corner Shop", "iban": IBAN}
    run(person, payments.change_bank_account, **change)
    enrol(person)
    assert state_of(let_in_by_the_platform(shop)) == "done"
    with after(hours=30):
        back = signed_in(address)
        enrol(back)
        for act in (lambda: run(back, payments.change_bank_account, **change), lambda: new_address(back)):
            with pytest.raises(identity.ClosedAfterLoss, match="another 6[0-9] hours"):
                act()
    with after(hours=100), pytest.raises(identity.StepUpNeeded):  # a code of the new factor opens it again
        run(back, payments.change_bank_account, **change)


def new_address(person: Actor) -> UUID:
    return run(person, identity.request_email_change, new_email="another@corner.example")


def let_in_by_the_platform(of: Company) -> UUID:
    """The only owner of an organisation that has proved itself gets in again by two people of the platform."""
    vouch_for(of)
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPPORT, Variant.OPERATIONS)
    loss_id = asks(of.emails[Variant.BUSINESS_OWNER])
    for variant in (Variant.SUPPORT, Variant.OPERATIONS):
        vouch(platform.people[variant], loss_id)
    for hours in (22, 25):
        with after(hours=hours):
            assert tend() == 1
    return loss_id


def vouch(actor: Actor, loss_id: UUID, *, is_approved: bool = True) -> None:
    run(actor, verification.vouch_for_person, loss_id=loss_id, is_approved=is_approved, reason="Seen on a call")


# --- who decides -------------------------------------------------------------------------------


def test_nobody_decides_on_his_own_and_nobody_without_the_right(shop: Company, manager: Actor, email: str) -> None:
    loss_id = asks(email)
    stranger = company(OrgKind.RETAILER, "Another Shop", Variant.BUSINESS_OWNER)
    own = replace(shop.owner, user_id=manager.user_id)  # a manager who became an owner meanwhile
    for actor, error in ((own, identity.OtherEyesNeeded), (manager, NotAllowed), (stranger.owner, NotFound)):
        with pytest.raises(error):
            decide(actor, loss_id)
    with pytest.raises(Invalid):
        decide(shop.owner, loss_id, reason=" ")
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPPORT)
    with pytest.raises(NotFound):  # there is an owner who can
        vouch(platform.people[Variant.SUPPORT], loss_id)
    with begin(stranger.owner) as work:
        assert identity.lost_factors(work) == []
    assert state_of(loss_id) == "asked" and events("FactorLoss") == ["FactorLossReported"]
    decide(shop.owner, loss_id, is_approved=False, reason="It was not them")
    assert state_of(loss_id) == "refused"
    with after(days=3):
        assert tend() == 0 and has_factor(manager)


def test_for_the_only_owner_two_people_of_the_platform_decide_on_what_is_proved(database: sa.Connection) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)
    owner = signed_in(shop.emails[Variant.BUSINESS_OWNER])
    enrol(owner)
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPPORT, Variant.OPERATIONS, Variant.FINANCE)
    support, operations = platform.people[Variant.SUPPORT], platform.people[Variant.OPERATIONS]
    loss_id = asks(shop.emails[Variant.BUSINESS_OWNER])
    sql(
        "update verification_submissions set ended_at = counts_from"
        " where org_id = (select org_id from memberships where person_id = :id)", owner,
    )  # fmt: skip
    with pytest.raises(verification.NothingProved):
        vouch(support, loss_id)
    vouch_for(shop)
    with pytest.raises(NotAllowed):
        vouch(platform.people[Variant.FINANCE], loss_id)
    vouch(support, loss_id)
    assert state_of(loss_id) == "asked"
    with pytest.raises(identity.OtherEyesNeeded):
        vouch(support, loss_id)
    with after(days=2):
        assert tend() == 0
    assert state_of(loss_id) == "asked" and has_factor(owner)
    vouch(operations, loss_id)
    assert state_of(loss_id) == "approved"


def test_who_works_for_two_organisations_is_not_for_one_owner_to_let_in(shop: Company, email: str) -> None:
    other = company(OrgKind.RETAILER, "Second Shop", Variant.BUSINESS_OWNER)
    run(other.owner, identity.invite_member, request_id=uuid4(), email=email, variant=Variant.PURCHASING_AGENT)
    token = link_of("invitation")
    person = run(SYSTEM, identity.join_organization, token=token, password=PASSWORD)
    assert person is not None
    loss_id = asks(email)
    for owner in (shop.owner, other.owner):
        with pytest.raises(NotFound):
            decide(owner, loss_id)
    assert state_of(loss_id) == "asked"


def test_who_joins_another_organisation_meanwhile_is_not_let_in_by_the_first_owner(shop: Company, email: str) -> None:
    loss_id = asks(email)
    other = company(OrgKind.RETAILER, "Second Shop", Variant.BUSINESS_OWNER)
    run(other.owner, identity.invite_member, request_id=uuid4(), email=email, variant=Variant.PURCHASING_AGENT)
    decide(shop.owner, loss_id)
    run(SYSTEM, identity.join_organization, token=link_of("invitation"), password=PASSWORD)
    with after(minutes=60 * 24 * 15):
        assert tend() == 1
    person = shop.people[Variant.STORE_MANAGER]
    assert state_of(loss_id) == "cancelled" and has_factor(person)


# --- stopping it -------------------------------------------------------------------------------


def by_session(manager: Actor, email: str) -> None:
    with begin(manager) as work:
        assert identity.my_lost_factor(work) is not None
    run(manager, identity.cancel_lost_factor)


def by_link(manager: Actor, email: str) -> None:
    token = link_of("factor_loss_approved")
    run(SYSTEM, identity.stop_lost_factor, token=token)
    with pytest.raises(NotFound):
        run(SYSTEM, identity.stop_lost_factor, token=token)


def by_an_older_link(manager: Actor, email: str) -> None:
    run(SYSTEM, identity.stop_lost_factor, token=link_of("factor_loss_asked"))


def by_the_factor(manager: Actor, email: str) -> None:
    with begin(SYSTEM) as work:
        sealed = work.session.get_one(SecondFactor, manager.user_id).sealed_secret
    secret = unseal(sealed, purpose="second factor", owner=str(manager.user_id))
    with after(minutes=2):
        assert isinstance(try_password(email), CodeAwaited)
        assert try_code(code_of(secret)) is not None


@pytest.mark.parametrize("stop", [by_session, by_link, by_an_older_link, by_the_factor])
def test_whoever_still_has_a_way_in_stops_it(
    shop: Company, manager: Actor, email: str, stop: Callable[[Actor, str], None]
) -> None:
    loss_id = asks(email)
    decide(shop.owner, loss_id)
    stop(manager, email)
    assert state_of(loss_id) == "cancelled"
    with after(days=2):
        assert tend() == 0
    assert has_factor(manager)
    assert events("LostFactor") == []
    with pytest.raises(NotFound):
        decide(shop.owner, loss_id)


def test_a_stranger_stops_nothing(shop: Company, manager: Actor, email: str) -> None:
    loss_id = asks(email)
    with pytest.raises(NotFound):
        run(shop.owner, identity.cancel_lost_factor)
    token = link_of("factor_loss_asked")
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (forged, "", identity.token_of(uuid4())):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.stop_lost_factor, token=wrong)
    assert state_of(loss_id) == "asked"


# --- asking ------------------------------------------------------------------------------------


def test_without_the_right_password_nothing_can_be_asked_and_nothing_is_told(shop: Company, email: str) -> None:
    assert try_password(email, password="a wrong password", nonce=LOST) is None
    for nonce in (LOST, "another"):
        with pytest.raises(NotFound, match="sign-in has expired"):
            run(SYSTEM, identity.report_lost_factor, nonce=nonce)
        with begin(SYSTEM) as work:
            assert identity.lost_factor_of_browser(work, nonce=nonce) is None
    assert isinstance(try_password(shop.emails[Variant.BUSINESS_OWNER], nonce=LOST), Ticket)  # has no factor
    with pytest.raises(NotFound):
        run(SYSTEM, identity.report_lost_factor, nonce=LOST)
    assert isinstance(try_password(email, nonce=LOST), CodeAwaited)
    with after(minutes=11), pytest.raises(NotFound):
        run(SYSTEM, identity.report_lost_factor, nonce=LOST)
    assert events("FactorLoss") == [] and not [kind for kind, _ in written() if "loss" in kind]


def test_asking_twice_is_one_request_and_nobody_asks_without_end(shop: Company, manager: Actor, email: str) -> None:
    assert asks(email) == asks(email)
    assert [kind for kind, _ in written() if kind == "factor_loss_asked"] == ["factor_loss_asked"]
    for _ in range(2):
        run(manager, identity.cancel_lost_factor)
        asks(email)
    run(manager, identity.cancel_lost_factor)
    with pytest.raises(Conflict, match="tomorrow"):
        asks(email)
    with after(days=1, minutes=1):
        asks(email)


def test_what_nobody_decides_on_ends_after_a_week(shop: Company, manager: Actor, email: str) -> None:
    loss_id = asks(email)
    with after(days=6, hours=23):
        assert tend() == 0
    with after(days=7, minutes=1):
        assert tend() == 1
    assert state_of(loss_id) == "cancelled" and has_factor(manager)
    with pytest.raises(NotFound):
        decide(shop.owner, loss_id)


def test_the_owner_reads_every_step_in_the_log_of_the_organisation(shop: Company, email: str) -> None:
    decide(shop.owner, asks(email))
    with begin(shop.owner) as work:
        rows = work.session.execute(
            sa.text("select name, facts from events where concerns_org_id = :org and name like 'FactorLoss%'"),
            {"org": shop.org_id},
        ).all()
    assert [row.name for row in rows] == ["FactorLossReported", "FactorLossApproved"]
    assert rows[1].facts["reason"] == "I called them" and email not in str(rows)
