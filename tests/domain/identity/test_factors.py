"""The second factor: a code counts once, guessing is slow and locks nobody else out, and money asks for it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from domain import identity, payments, reactions
from domain.identity import CodeAwaited, OrgKind, StepUpNeeded, Ticket, TooManyTries, Variant
from domain.kernel import configuration
from domain.kernel.actor import Actor
from domain.kernel.configuration import Setting
from domain.kernel.errors import Conflict, NotAllowed, NotFound
from domain.kernel.sealing import CannotOpen, seal, unseal
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, company
from tests.make.signing_in import (
    HOME,
    NONCE,
    after,
    code_of,
    enrol,
    now,
    pick_up,
    signed_in,
    try_code,
    try_password,
    who_is,
    without_session,
)

ELSEWHERE = "198.51.100.7"
IBAN = "DE89370400440532013000"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)


@pytest.fixture
def email(shop: Company) -> str:
    return shop.emails[Variant.BUSINESS_OWNER]


@pytest.fixture
def owner(shop: Company, email: str) -> Actor:
    """The owner in a session of their own."""
    return signed_in(email)


def count(database: sa.Connection, statement: str, **facts: object) -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.text(statement), facts).scalar_one())


def events(name: str) -> int:
    with begin(Actor.system()) as work:
        return int(
            work.session.execute(sa.text("select count(*) from events where name = :name"), {"name": name}).scalar_one()
        )


def half(email: str, nonce: str = NONCE, address: str = HOME) -> None:
    assert isinstance(try_password(email, nonce=nonce, address=address), CodeAwaited)


# --- two steps ---------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_alone_opens_nothing(
    database: sa.Connection, owner: Actor, email: str
) -> None:
    secret, _ = enrol(owner)
    sessions = count(database, "select count(*) from sign_in_sessions")
    half(email, nonce="another browser")
    assert count(database, "select count(*) from sign_in_sessions") == sessions
    with after(seconds=31):
        ticket = try_code(code_of(secret), nonce="another browser")
    assert ticket is not None
    assert who_is(ticket.session_id) is None  # until the browser with the nonce picks it up
    assert who_is(pick_up(ticket, nonce="another browser")) is not None


def test_the_second_step_belongs_to_the_browser_that_gave_the_password(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    with after(seconds=31):
        half(email)
        with begin(Actor.system()) as work:
            assert identity.awaits_code(work, nonce=NONCE)
            assert not identity.awaits_code(work, nonce="another browser")
        with pytest.raises(NotFound):
            try_code(code_of(secret), nonce="another browser")
        run(Actor.system(), identity.give_up_sign_in, nonce=NONCE)
        with pytest.raises(NotFound):
            try_code(code_of(secret))


def test_the_first_step_is_forgotten_after_ten_minutes(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    half(email)
    with after(minutes=10, seconds=1), pytest.raises(NotFound):
        try_code(code_of(secret))


@pytest.mark.parametrize("why", ["disabled", "removed"])
def test_somebody_who_was_disabled_or_removed_does_not_get_past_the_second_step(
    database: sa.Connection, owner: Actor, email: str, why: str
) -> None:
    secret, _ = enrol(owner)
    half(email)
    shut_out(owner, why)
    with after(seconds=31), pytest.raises(NotFound):
        try_code(code_of(secret))


def shut_out(person: Actor, why: str) -> None:
    def do(work: object) -> None:
        statement = {
            "disabled": "update people set state = 'disabled' where id = :id",
            "removed": "update memberships set state = 'removed', removed_at = :now where person_id = :id",
        }[why]
        work.session.execute(sa.text(statement), {"id": person.user_id, "now": work.now})  # type: ignore[attr-defined]

    run(Actor.system(), do)  # type: ignore[arg-type]


def test_setting_it_up_takes_the_password_and_a_first_code_and_ends_other_sessions(
    database: sa.Connection, owner: Actor, email: str
) -> None:
    other = signed_in(email, nonce="another browser")
    assert run(owner, identity.start_factor, password="not my password at all") is None
    assert count(database, "select count(*) from second_factors") == 0
    draft = run(owner, identity.start_factor, password="a long sentence for tests")
    assert draft.secret in draft.uri and "Wholesale" in draft.uri
    assert draft.secret not in repr(draft)
    assert isinstance(try_password(email, nonce="third"), Ticket)  # not on before the first code
    assert run(owner, identity.confirm_factor, code="000000", address=HOME) is None
    assert who_is(other.sign_in_session_id) is not None  # type: ignore[arg-type]
    codes = run(owner, identity.confirm_factor, code=code_of(draft.secret), address=HOME)
    assert codes is not None and len(set(codes)) == 10
    assert who_is(other.sign_in_session_id) is None  # type: ignore[arg-type]
    assert who_is(owner.sign_in_session_id) is not None  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        run(owner, identity.start_factor, password="a long sentence for tests")


def test_neither_the_secret_nor_a_recovery_code_can_be_read_from_the_database(
    database: sa.Connection, owner: Actor
) -> None:
    secret, codes = enrol(owner)
    with begin(Actor.system()) as work:
        rows = work.session.execute(
            sa.text(
                "select encode(sealed_secret, 'escape') from second_factors union all"
                " select encode(code_hash, 'escape') from recovery_codes union all select facts::text from events"
                " union all select answer::text from requests"
            )
        ).scalars()
        stored = "\n".join(rows)
    assert secret not in stored
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_what_was_sealed_opens_for_its_owner_and_purpose_only() -> None:
    sealed = seal("secret", purpose="second factor", owner="me")
    assert unseal(sealed, purpose="second factor", owner="me") == "secret"
    for purpose, who, bytes_ in (
        ("second factor", "you", sealed),
        ("another", "me", sealed),
        ("second factor", "me", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(CannotOpen):
            unseal(bytes_, purpose=purpose, owner=who)


# --- a code counts once ------------------------------------------------------------------------


def test_a_replayed_code_is_refused(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    with after(seconds=31):
        code = code_of(secret)
        half(email)
        assert try_code(code) is not None
        half(email)
        assert try_code(code) is None
        assert run(owner, identity.show_factor, code=code, address=HOME) is False
    with after(seconds=61):
        assert try_code(code_of(secret)) is not None


def test_the_code_that_turned_it_on_is_used_up(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    half(email)
    assert try_code(code_of(secret)) is None


def test_a_code_of_the_step_before_or_after_counts_and_no_other(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    with after(minutes=10):
        half(email)
        assert [try_code(code_of(secret, steps=steps)) for steps in (-2, 2)] == [None, None]
        assert try_code(code_of(secret, steps=-1)) is not None
        half(email)
        assert try_code(code_of(secret, steps=1)) is not None
        half(email)
        assert try_code(code_of(secret)) is None  # an older one than the last, though it was never shown


def test_a_code_shown_twice_at_the_same_instant_counts_once(fresh_database: str) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)
    owner = signed_in(shop.emails[Variant.BUSINESS_OWNER])
    secret, _ = enrol(owner)
    at = now() + timedelta(seconds=31)
    with clock(at):
        code = code_of(secret)

    def show(_: int) -> bool:
        with clock(at):
            return run(owner, identity.show_factor, code=code, address=HOME)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(show, range(4))) == [False, False, False, True]


def test_the_database_refuses_a_step_that_goes_back(owner: Actor) -> None:
    enrol(owner)

    def go_back(work: object) -> None:
        work.session.execute(sa.text("update second_factors set last_step = last_step - 1"))  # type: ignore[attr-defined]

    with pytest.raises(DBAPIError, match="cannot go back"):
        run(Actor.system(), go_back)  # type: ignore[arg-type]


# --- recovery codes ----------------------------------------------------------------------------


def test_a_used_recovery_code_is_refused(owner: Actor, email: str) -> None:
    _, codes = enrol(owner)
    half(email)
    assert try_code(codes[0].lower()) is not None
    half(email)
    assert try_code(codes[0]) is None
    assert try_code(codes[1].replace("-", " ")) is not None
    with begin(owner) as work:
        sheet = identity.my_factor(work)
    assert sheet is not None and sheet.codes_left == 8
    assert events("RecoveryCodeUsed") == 2


def test_new_recovery_codes_void_the_old_ones_and_ask_for_a_recent_code(owner: Actor, email: str) -> None:
    secret, codes = enrol(owner)
    with after(minutes=11):
        with pytest.raises(StepUpNeeded):
            run(owner, identity.renew_recovery_codes)
        assert run(owner, identity.show_factor, code=code_of(secret), address=HOME) is True
        renewed = run(owner, identity.renew_recovery_codes)
        assert len(renewed) == 10 and not set(renewed) & set(codes)
        half(email)
        assert try_code(codes[0]) is None
        assert try_code(renewed[0]) is not None


def test_a_recovery_code_of_somebody_else_is_worth_nothing(database: sa.Connection, owner: Actor, email: str) -> None:
    enrol(owner)
    other = company(OrgKind.RETAILER, "Other Shop", Variant.BUSINESS_OWNER)
    _, foreign = enrol(signed_in(other.emails[Variant.BUSINESS_OWNER], nonce="other"))
    half(email)
    assert try_code(foreign[0]) is None


def test_turning_it_off_takes_a_code(database: sa.Connection, owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    with after(seconds=31):
        assert run(owner, identity.remove_factor, code="000000", address=HOME) is False
        half(email)
        assert run(owner, identity.remove_factor, code=code_of(secret), address=HOME) is True
        assert isinstance(try_password(email), Ticket)
    assert count(database, "select count(*) from recovery_codes") == 0
    assert (events("FactorEnrolled"), events("FactorRemoved")) == (1, 1)


def test_each_change_of_the_second_factor_is_written_to_its_person_once(owner: Actor, email: str) -> None:
    _, codes = enrol(owner)
    assert run(owner, identity.show_factor, code=codes[0], address=HOME) is True
    assert run(owner, identity.remove_factor, code=codes[1], address=HOME) is True
    for _ in range(2):
        reactions.deliver_new()
    with begin(Actor.system()) as work:
        rows = work.session.execute(sa.text("select kind, recipient, facts::text from outgoing_emails")).all()
    assert sorted(row.kind for row in rows) == [
        "recovery_code_used", "recovery_code_used", "second_factor_off", "second_factor_on",
    ]  # fmt: skip
    assert {row.recipient for row in rows} == {email}
    assert not any(code in row.facts for code in codes for row in rows)


# --- guessing ----------------------------------------------------------------------------------


def test_codes_cannot_be_tried_by_force_and_the_owner_is_not_locked_out(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    with after(seconds=31) as at:
        half(email, nonce="guesser", address=ELSEWHERE)
        right = code_of(secret)
        guesses = [f"{(int(right) + step) % 1_000_000:06}" for step in range(1, 6)]
        assert [try_code(guess, nonce="guesser", address=ELSEWHERE) for guess in guesses] == [None] * 5
        with pytest.raises(TooManyTries, match="15 minutes"):
            try_code(right, nonce="guesser", address=ELSEWHERE)
        assert (events("FactorRefused"), events("SignInLocked")) == (5, 1)
        half(email)
        assert try_code(right) is not None  # the owner, from home
    with clock(at + timedelta(minutes=15, seconds=1)):
        half(email, nonce="guesser", address=ELSEWHERE)
        assert try_code(code_of(secret), nonce="guesser", address=ELSEWHERE) is not None  # released in time


def test_guesses_from_many_places_are_counted_together(owner: Actor, email: str) -> None:
    secret, _ = enrol(owner)
    with after(seconds=31):
        half(email)
        for place in range(20):
            assert try_code("000000", address=f"203.0.113.{place}") is None
        with pytest.raises(TooManyTries):
            try_code(code_of(secret), address="203.0.113.99")
    assert who_is(owner.sign_in_session_id) is not None  # type: ignore[arg-type]


# --- before money ------------------------------------------------------------------------------


def accounts() -> list[tuple[str, str]]:
    with begin(Actor.system()) as work:
        return [tuple(row) for row in work.session.execute(sa.text("select holder, iban from bank_accounts"))]


@pytest.fixture
def _asked_again() -> Iterator[None]:
    configuration._known.clear()
    yield
    configuration._known.clear()


def test_the_bank_account_asks_for_a_recent_second_factor(database: sa.Connection, owner: Actor, email: str) -> None:
    run(owner, payments.change_bank_account, holder="Shop", iban=IBAN)  # without a second factor it is as it was
    secret, _ = enrol(owner)
    run(owner, payments.change_bank_account, holder="Shop Ltd", iban=IBAN)  # just shown
    with after(minutes=10, seconds=1):
        changes, before = events("BankAccountChanged"), accounts()
        with pytest.raises(StepUpNeeded):
            run(owner, payments.change_bank_account, holder="Thief", iban="GB82WEST12345698765432")
        with pytest.raises(StepUpNeeded):
            run(without_session(owner), payments.change_bank_account, holder="Thief", iban=IBAN)
        assert (events("BankAccountChanged"), accounts()) == (changes, before)
        half(email, nonce="another browser")
        ticket = try_code(code_of(secret), nonce="another browser")
        assert ticket is not None
        elsewhere = who_is(pick_up(ticket, nonce="another browser"))
        assert elsewhere is not None
        run(elsewhere, payments.change_bank_account, holder="Shop plc", iban=IBAN)
        with pytest.raises(StepUpNeeded):  # shown in another session, not in this one
            run(owner, payments.change_bank_account, holder="Thief", iban=IBAN)
    assert accounts() == [("Shop plc", IBAN)]


def test_payouts_ask_for_a_recent_second_factor(database: sa.Connection) -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.FINANCE)
    finance = signed_in(platform.emails[Variant.FINANCE])
    secret, _ = enrol(finance)
    with after(minutes=11):
        for command, facts in (
            (payments.prepare_payouts, {"request_id": platform.org_id, "currency": "EUR"}),
            (payments.send_payouts, {"batch_id": platform.org_id}),
        ):
            with pytest.raises(StepUpNeeded):
                run(finance, command, **facts)
        assert count(database, "select count(*) from payout_batches") == 0
        assert run(finance, identity.show_factor, code=code_of(secret), address=HOME) is True
        with pytest.raises(payments.NothingToPayOut):
            run(finance, payments.prepare_payouts, request_id=platform.org_id, currency="EUR")


@pytest.mark.usefixtures("_asked_again")
def test_the_platform_may_ask_for_a_second_factor_of_everybody(database: sa.Connection, owner: Actor) -> None:
    def ask(work: object) -> None:
        configuration.store(
            work,  # type: ignore[arg-type]
            setting=Setting.FACTOR_REQUIRED_FOR_MONEY, value=Decimal(1),
            effective_from=work.now + timedelta(minutes=1),  # type: ignore[attr-defined]
        )  # fmt: skip

    run(Actor.system(), ask)  # type: ignore[arg-type]
    configuration._known.clear()
    with after(minutes=2):
        with pytest.raises(NotAllowed, match="second factor"):
            run(owner, payments.change_bank_account, holder="Shop", iban=IBAN)
        assert accounts() == []
        enrol(owner)
        run(owner, payments.change_bank_account, holder="Shop", iban=IBAN)
    assert accounts() == [("Shop", IBAN)]


def test_people_see_their_own_second_factor_alone(database: sa.Connection, shop: Company, owner: Actor) -> None:
    enrol(owner)
    stranger = company(OrgKind.RETAILER, "Other Shop", Variant.BUSINESS_OWNER).owner
    tables = ("second_factors", "recovery_codes", "sign_in_sessions", "events")
    for actor, sees in ((stranger, False), (owner, True)):
        with begin(actor) as work:
            for table in tables:
                who = "subject_id" if table == "events" else "person_id"
                statement = f"select exists (select 1 from {table} where {who} = :id)"
                assert work.session.execute(sa.text(statement), {"id": owner.user_id}).scalar_one() is sees
