"""One rule for new passwords: long enough, and nothing that others try first. Nothing is cut off."""

import pytest
import sqlalchemy as sa

from domain import identity
from domain.identity import OrgKind, passwords
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid
from domain.kernel.work import run
from tests.make.market import company

OWN = ("Maria Lindqvist", "maria@lindqvist-glasbruk.example", "Lindqvist Glasbruk")
REFUSED = {
    "too short": "fourteen chars",
    "too long": "ab cd ef" * 33,
    "one character": "a" * 20,
    "a common one with a year and signs": "Password2026!!!!",
    "a common one twice": "dragondragondragon",
    "a walk over the keyboard": "qwertyuiop123456",
    "digits in a row": "123456789012345678",
    "our own name": "wholesale password 1",
    "the person's name": "maria.lindqvist.26",
    "the company's name": "LindqvistGlasbruk1",
}
ACCEPTED = {
    "a sentence": "a long sentence for tests",
    "fifteen characters": "fifteen letters",
    "common words in a row": "correct horse battery",
    "digits only, not in a row": "739104826150927",
    "128 characters": "sixteen letters!" * 7 + "and some more :)",
    "letters of any language": "Übermorgen läuft der Fluß",
    "own words among others": "Maria counts the geese of autumn",
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_weak_password_is_refused(why: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_strength(REFUSED[why], own_words=OWN)


@pytest.mark.parametrize("why", ACCEPTED)
def test_a_good_password_needs_no_composition(why: str) -> None:
    passwords.check_strength(ACCEPTED[why], own_words=OWN)


def test_common_passwords_are_refused_however_they_are_stretched() -> None:
    common = passwords._common()
    assert len(common) >= 3000
    letters = sorted(password for password in common if password.isalpha() and len(set(password)) > 3)
    for password in letters[:: len(letters) // 200]:
        for stretched in (f"{password}2026!!!!!!!!!!!", password * 5):
            with pytest.raises(Invalid):
                passwords.check_strength(stretched)


def test_nothing_is_cut_off_and_accents_may_be_typed_in_either_way() -> None:
    long = "a very long sentence, " * 11
    stored = passwords.hash_password(long)
    assert passwords.is_right(long, stored)
    assert not passwords.is_right(long[:-1], stored)
    assert passwords.is_right("cafe\u0301 au lait at noon", passwords.hash_password("caf\u00e9 au lait at noon"))


def test_a_new_colleague_gets_no_password_made_of_the_company_s_name(database: sa.Connection) -> None:
    shop = company(OrgKind.RETAILER, "Lindqvist Glasbruk")
    with pytest.raises(Invalid):
        run(
            Actor.system(), identity.add_member, request_id=shop.org_id, org_id=shop.org_id, email="x@y.example",
            name="X", variant=identity.Variant.STORE_MANAGER, password="lindqvist glasbruk 1",
        )  # fmt: skip


def test_the_demo_s_password_goes_on_working_though_it_is_short() -> None:
    from app.demo.market import PASSWORD as SHOWN

    with pytest.raises(Invalid):
        identity.hashed(SHOWN)
    assert passwords.is_right(SHOWN, identity.hashed(SHOWN, is_for_show=True).value)
