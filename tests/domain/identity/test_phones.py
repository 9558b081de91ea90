"""Telephones: six digits, ten minutes, three tries."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain import identity
from domain.identity import OrgKind
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import begin, clock, run
from tests.make.letters import texts_to
from tests.make.market import Company, company

NUMBER = "+49301234567"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop")


def mine(shop: Company) -> identity.WaysIn:
    with begin(shop.owner) as work:
        return identity.my_ways_in(work)


def code_sent(shop: Company) -> str:
    run(shop.owner, identity.request_phone_code, phone="0049 (30) 123-4567")
    return texts_to(NUMBER)[-1].code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_right_code_confirms_the_number(shop: Company) -> None:
    code = code_sent(shop)
    assert len(code) == 6 and code.isdigit()
    assert mine(shop).code_for == NUMBER and mine(shop).phone is None
    assert run(shop.owner, identity.confirm_phone, code=f"{code[:3]} {code[3:]}") is True
    assert mine(shop).phone == NUMBER and mine(shop).phone_confirmed_at is not None
    with pytest.raises(NotFound):  # once
        run(shop.owner, identity.confirm_phone, code=code)


def test_three_wrong_codes_and_the_person_waits_for_a_quarter_of_an_hour(shop: Company) -> None:
    code = code_sent(shop)
    for _ in range(3):
        assert run(shop.owner, identity.confirm_phone, code=wrong(code)) is False
    for attempt in (code, wrong(code)):
        with pytest.raises(identity.CoolingDown):
            run(shop.owner, identity.confirm_phone, code=attempt)
    with pytest.raises(identity.CoolingDown):
        run(shop.owner, identity.request_phone_code, phone=NUMBER)
    assert mine(shop).phone is None
    until = mine(shop).cooling_until
    assert until is not None
    with clock(until - timedelta(seconds=1)), pytest.raises(identity.CoolingDown):
        run(shop.owner, identity.request_phone_code, phone=NUMBER)
    with clock(until):
        assert run(shop.owner, identity.confirm_phone, code=code_sent(shop)) is True


def test_wrong_tries_count_across_codes(shop: Company) -> None:
    first = code_sent(shop)
    for _ in range(2):
        run(shop.owner, identity.confirm_phone, code=wrong(first))
    second = code_sent(shop)
    if first != second:
        assert run(shop.owner, identity.confirm_phone, code=first) is False  # the last code counts alone
    else:
        run(shop.owner, identity.confirm_phone, code=wrong(second))
    with pytest.raises(identity.CoolingDown):
        run(shop.owner, identity.confirm_phone, code=second)


def test_a_code_lives_for_ten_minutes_and_there_are_three(shop: Company) -> None:
    code = code_sent(shop)
    until = mine(shop).code_until
    assert until is not None
    with clock(until), pytest.raises(NotFound):
        run(shop.owner, identity.confirm_phone, code=code)
    for _ in range(2):
        code_sent(shop)
    with pytest.raises(identity.CoolingDown):
        code_sent(shop)
    assert len(texts_to(NUMBER)) == 3


@pytest.mark.parametrize("written", ["", "12345", "+0 123 4567", "call me", "+49 30 12345678901234567"])
def test_what_is_no_number_is_refused(shop: Company, written: str) -> None:
    with pytest.raises(Invalid):
        run(shop.owner, identity.request_phone_code, phone=written)
    assert mine(shop).code_for is None


def test_the_code_stands_in_no_row(shop: Company) -> None:
    code = code_sent(shop)
    with begin(Actor.system()) as work:
        for table in ("phone_codes", "outgoing_texts", "events"):
            found = work.session.scalars(text("select t::text from " + table + " t")).all()
            words = {word.strip('",(){}:') for row in found for word in row.split()}
            assert code not in words
