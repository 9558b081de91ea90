"""Counting what must not be tried without end: by a bucket that is stored as a hash, never as an address."""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, select, text

from domain.identity.events import OwnPasswordRefused
from domain.identity.guesses import GUESSES, GUESSES_WINDOW, TooManyTries, bucket_of, wait_for
from domain.identity.models import FactorTry, Person
from domain.identity.passwords import is_right
from domain.kernel.ids import new_id
from domain.kernel.work import Work

__all__ = ["TooManyTries", "count_try", "knows_password", "too_many"]


def too_many(work: Work, bucket: str, *, limit: int, within: timedelta) -> bool:
    """Whether this was tried `limit` times or more. Tries that come together are counted one after the other."""
    name = _hashed(bucket)
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:bucket))"), {"bucket": name})
    tried: int = work.session.execute(
        text("select count(*) from sign_in_attempts where bucket = :bucket and attempted_at > :since"),
        {"bucket": name, "since": work.now - within},
    ).scalar_one()
    return tried >= limit


def count_try(work: Work, bucket: str) -> None:
    work.session.execute(
        text("insert into sign_in_attempts (id, bucket, attempted_at) values (:id, :bucket, :now)"),
        {"id": new_id(), "bucket": _hashed(bucket), "now": work.now},
    )


def knows_password(work: Work, person: Person, typed: str) -> bool:
    """Whether somebody who is signed in knows the own password: whoever sits at a screen that was left open does not.

    A wrong one is written down, so the answer must commit; the sixth within a quarter of an hour is not looked at.
    Raises `TooManyTries`. Announces `OwnPasswordRefused`.
    """
    bucket = bucket_of("own password", str(person.id))
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:bucket))"), {"bucket": bucket})
    mine = (FactorTry.person_id == person.id, FactorTry.bucket == bucket)
    since = work.now - GUESSES_WINDOW
    tried = work.session.scalars(
        select(FactorTry.tried_at).where(*mine, FactorTry.tried_at > since).order_by(FactorTry.tried_at)
    ).all()
    if len(tried) >= GUESSES:
        raise wait_for(tried[-GUESSES], work.now)
    if is_right(typed, person.password_hash):
        work.session.execute(delete(FactorTry).where(*mine))
        return True
    work.session.add(FactorTry(id=new_id(), person_id=person.id, bucket=bucket, tried_at=work.now))
    work.record(OwnPasswordRefused(subject_id=person.id, session_id=work.actor.sign_in_session_id))
    return False


def _hashed(bucket: str) -> str:
    return hashlib.sha256(bucket.encode()).hexdigest()
