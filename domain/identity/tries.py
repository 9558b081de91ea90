"""Counting what must not be tried without end: by a bucket that is stored as a hash, never as an address."""

import hashlib
from datetime import timedelta

from sqlalchemy import text

from domain.identity.guesses import TooManyTries
from domain.kernel.ids import new_id
from domain.kernel.work import Work

__all__ = ["TooManyTries", "count_try", "too_many"]


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


def _hashed(bucket: str) -> str:
    return hashlib.sha256(bucket.encode()).hexdigest()
