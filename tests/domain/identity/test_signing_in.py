"""Tries are counted where they come from, strangers learn nothing, and sessions end when they have to."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import identity
from domain.identity import OrgKind, SignInMethod, Ticket, TooManyTries, Variant, passwords
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import Work, begin, clock, run
from tests.make.market import PASSWORD, Company, company
from tests.make.signing_in import HOME, NONCE, after, code_of, enrol, pick_up, signed_in, try_code, try_password, who_is

ELSEWHERE = "198.51.100.7"
UNKNOWN = "nobody@nowhere.example"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)


@pytest.fixture
def email(shop: Company) -> str:
    return shop.emails[Variant.BUSINESS_OWNER]


def recorded(name: str) -> list[dict[str, Any]]:
    with begin(Actor.system()) as work:
        rows = work.session.execute(sa.text("select facts from events where name = :name order by id"), {"name": name})
        return [row.facts for row in rows]


def lives(person: Actor) -> bool:
    assert person.sign_in_session_id is not None
    return who_is(person.sign_in_session_id) is not None


class Counting:
    """The library's hasher, and how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._real = passwords._hasher

    def verify(self, stored: str, password: str) -> bool:
        self.asked.append(stored.split("$")[3])  # its parameters: memory, rounds, lanes
        return self._real.verify(stored, password)

    def hash(self, password: str) -> str:
        self.asked.append("hash")
        return self._real.hash(password)


# --- guessing ----------------------------------------------------------------------------------


def test_unknown_and_known_addresses_do_the_same_argon2_work(
    shop: Company, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords._decoy()
    work_done = {}
    for who in (email, UNKNOWN):
        counting = Counting()
        monkeypatch.setattr(passwords, "_hasher", counting)
        assert try_password(who, password="a wrong password") is None
        work_done[who] = counting.asked
        monkeypatch.undo()
    assert len(work_done[email]) == 1
    assert work_done[email] == work_done[UNKNOWN]


def test_five_bad_passwords_lock_this_place_and_release_it_in_time(shop: Company, email: str) -> None:
    said = {}
    for who in (email, UNKNOWN):
        assert [try_password(who, password="wrong", address=ELSEWHERE) for _ in range(5)] == [None] * 5
        with pytest.raises(TooManyTries) as refused:
            try_password(who, address=ELSEWHERE)
        said[who] = refused.value.sentence
    assert said[email] == said[UNKNOWN] == "Too many attempts. Please try again in 15 minutes."
    assert isinstance(try_password(email), Ticket)  # the owner, from home
    locked = recorded("SignInLocked")
    assert [(one["step"], one["for_org_id"]) for one in locked] == [("password", str(shop.org_id)), ("password", None)]
    assert ELSEWHERE not in str(locked) and email not in str(locked)
    with after(minutes=14), pytest.raises(TooManyTries, match="in 1 minute\\."):
        try_password(email, address=ELSEWHERE)
    with after(minutes=15, seconds=1):
        assert isinstance(try_password(email, address=ELSEWHERE), Ticket)


def test_guessing_does_not_end_the_owners_session(shop: Company, email: str) -> None:
    owner = signed_in(email)
    for _ in range(5):
        try_password(email, password="wrong", address=ELSEWHERE)
    assert lives(owner)


def test_every_way_in_asks_for_the_second_factor(shop: Company, email: str) -> None:
    owner = signed_in(email)
    way_in: dict[str, Any] = {"person_id": owner.user_id, "nonce": NONCE, "method": SignInMethod.LINK}
    ticket = run(Actor.system(), identity.admit, **way_in)
    assert isinstance(ticket, Ticket)
    pick_up(ticket)
    secret, _ = enrol(owner)
    assert isinstance(run(Actor.system(), identity.admit, **way_in), identity.CodeAwaited)
    with after(seconds=31):
        assert try_code(code_of(secret)) is not None
    assert [(one["method"], one["factor"]) for one in recorded("SignedInEvent")] == [
        ("password", "no"), ("link", "no"), ("link", "app"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        run(Actor.system(), identity.admit, person_id=uuid4(), nonce=NONCE, method=SignInMethod.LINK)


# --- sessions ----------------------------------------------------------------------------------


def end_by_sign_out(person: Actor) -> None:
    assert person.sign_in_session_id is not None
    run(Actor.system(), identity.sign_out, session_id=person.sign_in_session_id)


def by_statement(statement: str) -> Callable[[Actor], None]:
    def do(work: Work, *, person_id: UUID) -> None:
        work.session.execute(sa.text(statement), {"id": person_id, "now": work.now})

    return lambda person: run(Actor.system(), do, person_id=person.user_id)  # type: ignore[arg-type]


ENDS = {
    "signed out": end_by_sign_out,
    "disabled": by_statement("update people set state = 'disabled' where id = :id and cast(:now as timestamptz) > '0001-01-01'"),
    "removed from the organisation": by_statement(
        "update memberships set state = 'removed', removed_at = :now where person_id = :id"
    ),
    "ended from another browser": by_statement("update sign_in_sessions set revoked_at = :now where person_id = :id"),
}


@pytest.mark.parametrize("why", ENDS)
def test_a_session_is_over_for_somebody_who_was(shop: Company, email: str, why: str) -> None:
    owner = signed_in(email)
    assert lives(owner)
    ENDS[why](owner)
    assert not lives(owner)


def test_a_session_is_over_after_twelve_hours(shop: Company, email: str) -> None:
    owner = signed_in(email)
    with after(hours=12):
        assert not lives(owner)


def test_a_changed_password_ends_all_other_sessions_at_once(shop: Company, email: str) -> None:
    here, there = signed_in(email), signed_in(email, nonce="another browser")
    assert run(here, identity.change_password, current="not this", new="an entirely new sentence") is False
    assert lives(there)
    run(here, identity.change_password, current=PASSWORD, new="an entirely new sentence")
    assert lives(here) and not lives(there)
    assert try_password(email) is None
    assert isinstance(try_password(email, password="an entirely new sentence"), Ticket)


def test_whoever_sits_at_an_open_screen_does_not_try_passwords_without_end(
    database: sa.Connection, shop: Company, email: str
) -> None:
    here, new = signed_in(email), "an entirely new sentence"
    for guess in range(5):
        assert run(here, identity.change_password, current=f"guess {guess}", new=new) is False
    for _ in range(2):  # the right one is not looked at either, here or for a second factor
        with pytest.raises(TooManyTries):
            run(here, identity.change_password, current=PASSWORD, new=new)
        with pytest.raises(TooManyTries):
            run(here, identity.start_factor, password=PASSWORD)
    assert database.scalar(sa.text("select count(*) from events where name = 'OwnPasswordRefused'")) == 5
    assert isinstance(try_password(email), Ticket)  # who signs in elsewhere is not kept out
    with after(minutes=16):
        assert run(here, identity.change_password, current=PASSWORD, new=new) is True


def test_a_changed_password_takes_the_links_for_another_one_away(shop: Company, email: str) -> None:
    run(Actor.system(), identity.request_password_reset, email=email, address="198.51.100.7")
    with begin(Actor.system()) as work:
        link_id = work.session.scalar(sa.text("select id from links where purpose = 'password_reset'"))
    run(signed_in(email), identity.change_password, current=PASSWORD, new="an entirely new sentence")
    with pytest.raises(NotFound):
        run(Actor.system(), identity.reset_password, token=identity.token_of(link_id), new="some other new sentence")


def test_a_changed_password_forgets_who_signed_in_by_half(shop: Company, email: str) -> None:
    owner = signed_in(email)
    secret, _ = enrol(owner)
    try_password(email, nonce="thief")
    run(owner, identity.change_password, current=PASSWORD, new="an entirely new sentence")
    with after(seconds=31), pytest.raises(NotFound):
        try_code(code_of(secret), nonce="thief")


def test_people_see_where_they_are_signed_in_and_end_it(shop: Company, email: str) -> None:
    here, there = signed_in(email), signed_in(email, nonce="another browser")
    try_password(email, nonce="never picked up")
    with begin(here) as work:
        rows = identity.my_sessions(work)
    assert [(row.session_id, row.is_this) for row in rows] == [
        (here.sign_in_session_id, True), (there.sign_in_session_id, False),
    ]  # fmt: skip
    assert "Firefox" in (rows[0].user_agent or "")
    run(here, identity.end_session, session_id=there.sign_in_session_id)
    assert lives(here) and not lives(there)
    with pytest.raises(NotFound):
        run(here, identity.end_session, session_id=there.sign_in_session_id)


def test_nobody_ends_a_session_of_somebody_else(database: sa.Connection) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER, Variant.STORE_MANAGER)
    owner, manager = (signed_in(email, nonce=email) for email in shop.emails.values())
    with pytest.raises(NotFound):
        run(manager, identity.end_session, session_id=owner.sign_in_session_id)
    run(manager, identity.end_my_sessions)
    assert lives(owner) and recorded("SessionEnded") == []


@pytest.mark.parametrize("this_too", [False, True])
def test_signing_out_everywhere(shop: Company, email: str, this_too: bool) -> None:
    here, there = signed_in(email), signed_in(email, nonce="another browser")
    assert run(here, identity.end_my_sessions, this_too=this_too) == 1 + this_too
    assert (lives(here), lives(there)) == (not this_too, False)
    [told] = recorded("SessionsEnded")
    assert told["sessions"] == 1 + this_too


def test_a_session_in_use_is_noted(shop: Company, email: str) -> None:
    owner = signed_in(email)
    with after(minutes=30) as at:
        run(Actor.system(), identity.note_seen, session_id=owner.sign_in_session_id)
        with begin(owner) as work:
            [row] = identity.my_sessions(work)
    assert row.last_seen_at == at and row.created_at < at


def test_people_read_what_happened_to_their_sign_in_and_owners_of_others_do_not(shop: Company, email: str) -> None:
    owner = signed_in(email)
    try_password(email, password="wrong")
    run(owner, identity.change_password, current=PASSWORD, new="an entirely new sentence")
    with begin(owner) as work:
        rows, total = identity.my_sign_ins(work)
    assert [row.name for row in rows] == ["PasswordChanged", "SignInRefused", "SignedInEvent"] and total == 3
    assert rows[2].is_this and "Firefox" in (rows[2].user_agent or "")
    assert HOME not in str(rows)
    other = company(OrgKind.RETAILER, "Other Shop", Variant.BUSINESS_OWNER).owner
    with begin(other) as work:
        assert identity.my_sign_ins(work) == ([], 0)


def test_the_second_step_stays_open_while_the_clock_says_so(shop: Company, email: str) -> None:
    owner = signed_in(email)
    secret, _ = enrol(owner)
    with after(minutes=1) as at:
        waiting = try_password(email)
    assert isinstance(waiting, identity.CodeAwaited)
    with clock(waiting.until), pytest.raises(NotFound):
        try_code(code_of(secret))
    assert at < waiting.until
