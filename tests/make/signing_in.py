"""People who sign in, with and without a second factor; the clock goes on from code to code."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pyotp

from domain import identity
from domain.identity import CodeAwaited, Ticket
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock, run
from tests.make.market import PASSWORD

NONCE, HOME = "the nonce of this browser", "192.0.2.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def now() -> datetime:
    with begin(Actor.system()) as work:
        return work.now


@contextmanager
def after(**time: float) -> Iterator[datetime]:
    """The same world, later."""
    at = now() + timedelta(**time)
    with clock(at):
        yield at


def try_password(
    email: str, *, password: str = PASSWORD, nonce: str = NONCE, address: str = HOME, agent: str = FIREFOX
) -> Ticket | CodeAwaited | None:
    return run(
        Actor.system(), identity.sign_in, email=email, password=password, nonce=nonce, address=address, user_agent=agent
    )


def try_code(code: str, *, nonce: str = NONCE, address: str = HOME) -> Ticket | None:
    return run(Actor.system(), identity.finish_sign_in, nonce=nonce, code=code, address=address)


def pick_up(ticket: Ticket, *, nonce: str = NONCE) -> UUID:
    return run(Actor.system(), identity.redeem_ticket, ticket=ticket.ticket, nonce=nonce)


def signed_in(email: str, *, nonce: str = NONCE) -> Actor:
    """The actor of a new session by the password alone."""
    ticket = try_password(email, nonce=nonce)
    assert isinstance(ticket, Ticket)
    found = who_is(pick_up(ticket, nonce=nonce))
    assert found is not None
    return found


def who_is(session_id: UUID) -> Actor | None:
    with begin(Actor.system()) as work:
        found = identity.whose_session(work, session_id=session_id)
    return found[1] if found else None


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or some half minutes later."""
    return pyotp.TOTP(secret).at(now(), counter_offset=steps)


def enrol(person: Actor) -> tuple[str, list[str]]:
    """Turn a person's second factor on: the secret, and the recovery codes."""
    secret = run(person, identity.start_factor, password=PASSWORD).secret
    codes = run(person, identity.confirm_factor, code=code_of(secret), address=HOME)
    assert codes is not None
    return secret, codes


def without_session(person: Actor) -> Actor:
    return replace(person, sign_in_session_id=None)
