"""Whether this process can serve: the database answers, and it has the shape that this code expects."""

from __future__ import annotations

import time
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from domain import migrations
from domain.kernel import database

_FRESH_S = 2.0
_last: tuple[float, Readiness] | None = None


class Readiness(StrEnum):
    READY = "ready"
    DATABASE_DOWN = "database down"
    UPDATING = "updating"


def readiness() -> Readiness:
    """Ask the database; an answer holds for two seconds, so that a crowd asks once."""
    global _last
    if _last is None or time.monotonic() - _last[0] > _FRESH_S:
        _last = (time.monotonic(), _look())
    return _last[1]


def _look() -> Readiness:
    try:
        return Readiness.READY if migrations.head_is_current() else Readiness.UPDATING
    except (SQLAlchemyError, OSError, database.Unusable):
        return Readiness.DATABASE_DOWN
