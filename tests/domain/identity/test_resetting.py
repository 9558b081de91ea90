"""Forgotten passwords: one link, one hour, one use, and nothing that tells who has an account."""

from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy import event, text

from domain import identity
from domain.identity import LinkPurpose, OrgKind
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import begin, clock, run
from tests.make.letters import letters_to
from tests.make.market import PASSWORD, Company, company

SYSTEM = Actor.system()
NEW = "quite another sentence of mine"


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop")


def email_of(shop: Company) -> str:
    return next(iter(shop.emails.values()))


def ask(email: str, address: str = "home") -> None:
    run(SYSTEM, identity.request_password_reset, email=email, address=address)


def link_for(shop: Company) -> str:
    ask(email_of(shop))
    return [letter for letter in letters_to(email_of(shop)) if letter.kind == "password_reset"][-1].token


def sign_in(shop: Company, password: str) -> object:
    return run(SYSTEM, identity.sign_in, email=email_of(shop), password=password, nonce="n", address="home")


def rows(statement: str, **facts: object) -> list[sa.Row]:  # type: ignore[type-arg]
    with begin(SYSTEM) as work:
        return list(work.session.execute(text(statement), facts).all())


def test_a_link_sets_a_new_password_and_ends_every_session(shop: Company) -> None:
    ticket = sign_in(shop, PASSWORD)
    assert isinstance(ticket, identity.Ticket)
    session_id = run(SYSTEM, identity.redeem_ticket, ticket=ticket.ticket, nonce="n")
    run(SYSTEM, identity.reset_password, token=link_for(shop), new=NEW)
    with begin(SYSTEM) as work:
        assert identity.whose_session(work, session_id=session_id) is None
    live = rows("select 1 from sign_in_sessions where person_id = :id and revoked_at is null", id=shop.owner.user_id)
    assert live == []  # the reset opens none either
    assert sign_in(shop, PASSWORD) is None
    assert isinstance(sign_in(shop, NEW), identity.Ticket)
    assert [one.kind for one in letters_to(email_of(shop))] == ["password_reset", "password_changed"]


def test_a_reused_reset_link_is_refused(shop: Company) -> None:
    token = link_for(shop)
    run(SYSTEM, identity.reset_password, token=token, new=NEW)
    with pytest.raises(NotFound, match="already used"):
        run(SYSTEM, identity.reset_password, token=token, new=f"{NEW} once more")
    assert isinstance(sign_in(shop, NEW), identity.Ticket)


def test_an_expired_reset_link_is_refused(shop: Company) -> None:
    token = link_for(shop)
    [row] = rows("select expires_at - created_at as life, expires_at from links where purpose = 'password_reset'")
    assert row.life == timedelta(hours=1)
    with clock(row.expires_at), pytest.raises(NotFound):
        run(SYSTEM, identity.reset_password, token=token, new=NEW)
    with clock(row.expires_at - timedelta(seconds=1)):
        run(SYSTEM, identity.reset_password, token=token, new=NEW)


def test_a_forged_reset_link_is_refused(shop: Company) -> None:
    link_for(shop)
    [row] = rows("select id from links where purpose = 'password_reset'")
    # Whoever can read the table knows the id; without the key that is worth nothing. Neither is another kind's token.
    invitation = run(
        SYSTEM, identity.make_link, purpose=LinkPurpose.INVITATION, person_id=shop.owner.user_id,
        life=timedelta(hours=1),
    )  # fmt: skip
    tail = identity.token_of(invitation)[22:]
    for forged in (str(row.id), row.id.hex, identity.token_of(row.id)[:22] + tail, identity.token_of(invitation)):
        with pytest.raises(NotFound):
            run(SYSTEM, identity.reset_password, token=forged, new=NEW)
    assert isinstance(sign_in(shop, PASSWORD), identity.Ticket)


def test_looking_at_a_link_uses_nothing_up_and_a_weak_password_neither(shop: Company) -> None:
    token = link_for(shop)
    for _ in range(3):
        with begin(SYSTEM) as work:
            identity.link_of(work, token=token, purpose=LinkPurpose.PASSWORD_RESET)
    with pytest.raises(Invalid):
        run(SYSTEM, identity.reset_password, token=token, new="short")
    with pytest.raises(Invalid):
        run(SYSTEM, identity.reset_password, token=token, new=email_of(shop))
    run(SYSTEM, identity.reset_password, token=token, new=NEW)


def test_one_new_password_makes_the_other_links_useless(shop: Company) -> None:
    first, second = link_for(shop), link_for(shop)
    run(SYSTEM, identity.reset_password, token=second, new=NEW)
    with pytest.raises(NotFound):
        run(SYSTEM, identity.reset_password, token=first, new=f"{NEW} again")


def test_a_reset_does_not_get_around_the_second_factor(shop: Company) -> None:
    secret = run(shop.owner, identity.start_factor, password=PASSWORD).secret
    with begin(SYSTEM) as work:
        code = pyotp.TOTP(secret).at(work.now)
    assert run(shop.owner, identity.confirm_factor, code=code, address="home")
    run(SYSTEM, identity.reset_password, token=link_for(shop), new=NEW)
    assert isinstance(sign_in(shop, NEW), identity.CodeAwaited)


def test_an_unknown_address_does_the_same_work_and_gets_no_letter(shop: Company) -> None:
    def statements(email: str) -> list[str]:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if "SAVEPOINT" not in statement:  # they are numbered
                seen.append(statement)

        event.listen(db.engine(), "before_cursor_execute", note)
        try:
            ask(email, address=email)
        finally:
            event.remove(db.engine(), "before_cursor_execute", note)
        return seen

    known = statements(email_of(shop))
    assert known == statements("nobody@nowhere.example")
    assert any("insert into sign_in_attempts" in one for one in known)
    assert letters_to("nobody@nowhere.example") == []
    assert [one.kind for one in letters_to(email_of(shop))] == ["password_reset"]
    [named] = rows("select count(*) as n from events where name = 'PasswordResetRequested' and facts::text like '%@%'")
    assert named.n == 0


def test_letters_and_tries_are_counted(shop: Company) -> None:
    for n in range(5):
        ask(email_of(shop), address=f"place {n}")
    assert len(letters_to(email_of(shop))) == 3  # and the fourth asks as quietly as the third
    for n in range(15):
        ask(f"somebody{n}@x.example", address="one place")
    for n in range(5):
        ask(f"more{n}@x.example", address="one place")
    with pytest.raises(identity.TooManyResets):
        ask(email_of(shop), address="one place")


def test_somebody_who_may_not_sign_in_gets_no_letter(shop: Company) -> None:
    token = link_for(shop)
    disable = text("update people set state = 'disabled' where id = :id")
    run(SYSTEM, _do, statement=disable, id=shop.owner.user_id)
    ask(email_of(shop))
    assert len(letters_to(email_of(shop))) == 1
    with pytest.raises(NotFound):
        run(SYSTEM, identity.reset_password, token=token, new=NEW)


def _do(work, *, statement: sa.TextClause, id: UUID) -> None:  # type: ignore[no-untyped-def]
    work.session.execute(statement, {"id": id})
