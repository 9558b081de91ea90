"""E-mail addresses: confirmed by a link, changed by two."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work, begin, clock, run
from tests.make.letters import letters_to
from tests.make.market import PASSWORD, Company, company

SYSTEM = Actor.system()
NEW = "new.me@corner-shop.example"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)


def email_of(shop: Company) -> str:
    return shop.emails[Variant.BUSINESS_OWNER]


def mine(shop: Company) -> identity.WaysIn:
    with begin(shop.owner) as work:
        return identity.my_ways_in(work)


def unconfirm(work: Work) -> None:
    work.session.execute(text("update people set email_confirmed_at = null"))


def asked(shop: Company) -> tuple[str, str]:
    """The tokens that the old and the new address got."""
    run(shop.owner, identity.request_email_change, new_email=NEW)
    old, new = letters_to(email_of(shop))[-1], letters_to(NEW)[-1]
    assert (old.kind, new.kind) == ("email_change_old", "email_change_new")
    return old.token, new.token


def signs_in(email: str) -> bool:
    return run(SYSTEM, identity.sign_in, email=email, password=PASSWORD, nonce="n", address=email) is not None


def test_a_link_confirms_the_address_once(shop: Company) -> None:
    run(SYSTEM, unconfirm)
    assert mine(shop).email_confirmed_at is None
    run(shop.owner, identity.request_email_confirmation)
    [letter] = letters_to(email_of(shop))
    for _ in range(2):
        with begin(SYSTEM) as work:
            identity.link_of(work, token=letter.token)
    assert mine(shop).email_confirmed_at is None  # looking is not confirming
    run(SYSTEM, identity.confirm_email, token=letter.token)
    assert mine(shop).email_confirmed_at is not None
    with pytest.raises(NotFound):
        run(SYSTEM, identity.confirm_email, token=letter.token)
    run(shop.owner, identity.request_email_confirmation)  # there is nothing left to ask for
    assert len(letters_to(email_of(shop))) == 1


def test_a_confirmation_lives_for_a_day(shop: Company) -> None:
    run(SYSTEM, unconfirm)
    run(shop.owner, identity.request_email_confirmation)
    [letter] = letters_to(email_of(shop))
    with begin(SYSTEM) as work:
        end = identity.link_of(work, token=letter.token).expires_at
        assert end - work.now <= timedelta(hours=24)
    with clock(end), pytest.raises(NotFound):
        run(SYSTEM, identity.confirm_email, token=letter.token)
    assert mine(shop).email_confirmed_at is None


def test_another_letter_makes_the_first_useless_and_there_are_not_many(shop: Company) -> None:
    run(SYSTEM, unconfirm)
    for _ in range(3):
        run(shop.owner, identity.request_email_confirmation)
    with pytest.raises(identity.TooManyLetters):
        run(shop.owner, identity.request_email_confirmation)
    *before, last = letters_to(email_of(shop))
    assert len(before) == 2
    for letter in before:
        with pytest.raises(NotFound):
            run(SYSTEM, identity.confirm_email, token=letter.token)
    run(SYSTEM, identity.confirm_email, token=last.token)


@pytest.mark.parametrize("new_first", [False, True])
def test_both_addresses_have_to_say_yes(shop: Company, new_first: bool) -> None:
    before = email_of(shop)
    first, second = reversed(asked(shop)) if new_first else asked(shop)
    assert run(SYSTEM, identity.confirm_email_change, token=first) is False
    assert mine(shop).email == before and signs_in(before) and not signs_in(NEW)
    with pytest.raises(NotFound):  # the same address twice is not both
        run(SYSTEM, identity.confirm_email_change, token=first)
    assert mine(shop).email == before
    assert run(SYSTEM, identity.confirm_email_change, token=second) is True
    assert mine(shop).email == NEW and signs_in(NEW) and not signs_in(before)
    assert letters_to(before)[-1].kind == "email_changed"


def test_the_old_address_can_say_no_even_after_the_new_one_said_yes(shop: Company) -> None:
    old, new = asked(shop)
    run(SYSTEM, identity.confirm_email_change, token=new)
    run(SYSTEM, identity.refuse_email_change, token=old)
    assert mine(shop).email == email_of(shop) and mine(shop).new_email is None
    for token in (old, new):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.confirm_email_change, token=token)


def test_a_wish_is_taken_back_or_replaced(shop: Company) -> None:
    old, new = asked(shop)
    run(shop.owner, identity.cancel_email_change)
    with pytest.raises(NotFound):
        run(shop.owner, identity.cancel_email_change)
    again = asked(shop)
    run(shop.owner, identity.request_email_change, new_email="third@corner-shop.example")
    for token in (old, new, *again):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.confirm_email_change, token=token)
    assert mine(shop).new_email == "third@corner-shop.example"
    with pytest.raises(identity.TooManyLetters):
        run(shop.owner, identity.request_email_change, new_email="fourth@corner-shop.example")


def test_a_wish_ends_after_a_day(shop: Company) -> None:
    old, new = asked(shop)
    run(SYSTEM, identity.confirm_email_change, token=new)
    with begin(SYSTEM) as work:
        end = identity.link_of(work, token=old).expires_at
    with clock(end):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.confirm_email_change, token=old)
        assert mine(shop).new_email is None
    assert mine(shop).email == email_of(shop)


def test_an_address_that_has_an_account_is_no_secret_given_away(shop: Company) -> None:
    taken = shop.emails[Variant.STORE_MANAGER]
    run(shop.owner, identity.request_email_change, new_email=taken)  # the same answer as for any other
    old, new = letters_to(email_of(shop))[-1].token, letters_to(taken)[-1].token
    run(SYSTEM, identity.confirm_email_change, token=old)
    with pytest.raises(identity.AddressInUse):
        run(SYSTEM, identity.confirm_email_change, token=new)
    assert mine(shop).email == email_of(shop)


def test_a_reset_link_to_the_old_address_ends_with_it(shop: Company) -> None:
    run(SYSTEM, identity.request_password_reset, email=email_of(shop), address="home")
    reset = letters_to(email_of(shop))[-1].token
    old, new = asked(shop)
    run(SYSTEM, identity.confirm_email_change, token=old)
    run(SYSTEM, identity.confirm_email_change, token=new)
    with pytest.raises(NotFound):
        run(SYSTEM, identity.reset_password, token=reset, new="quite another sentence of mine")


@pytest.mark.parametrize("written", ["", "x", "a@b", "a b@c.example", "a@b@c.example", "@c.example", "a@.example."])
def test_what_is_no_address_is_refused(shop: Company, written: str) -> None:
    with pytest.raises(Invalid):
        run(shop.owner, identity.request_email_change, new_email=written)
    with pytest.raises(Invalid):
        run(shop.owner, identity.request_email_change, new_email=email_of(shop).upper())
    assert mine(shop).new_email is None


def test_addresses_stand_beside_the_log_not_in_it(shop: Company) -> None:
    old, new = asked(shop)
    run(SYSTEM, identity.confirm_email_change, token=old)
    run(SYSTEM, identity.confirm_email_change, token=new)
    with begin(SYSTEM) as work:
        facts = work.session.scalars(text("select facts::text from events where name like 'Email%'")).all()
        beside = work.session.scalars(text("select after::text from event_personal")).all()
    assert len(facts) == 4 and not any("@" in one for one in facts)
    assert any(NEW in str(one) for one in beside)


def test_whom_staff_add_is_asked_to_confirm(shop: Company) -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPER_ADMIN)
    run(
        platform.owner, identity.add_member, request_id=uuid4(), org_id=shop.org_id, email="typed@corner-shop.example",
        name="Somebody New", variant=Variant.PURCHASING_AGENT, password="a sentence that staff have made up",
    )  # fmt: skip
    [letter] = letters_to("typed@corner-shop.example")
    assert letter.kind == "email_confirmation"
    with begin(SYSTEM) as work:
        statement = text("select email_confirmed_at from people where email = 'typed@corner-shop.example'")
        assert work.session.scalar(statement) is None
    run(SYSTEM, identity.confirm_email, token=letter.token)
    with begin(SYSTEM) as work:
        assert work.session.scalar(statement) is not None
    assert letters_to(email_of(shop)) == []  # whom the system adds is known
