"""Identifiers: UUID version 7 (RFC 9562), so that new rows land together in an index."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_source: ContextVar[Callable[[], UUID] | None] = ContextVar("source", default=None)


def new_id() -> UUID:
    """A fresh id: the Unix time in milliseconds, its fraction in 12 bits (RFC 9562, 6.2, method 3), and random bits.

    So ids that one process makes one after the other sort in that order, also within a millisecond.
    """
    source = _source.get()
    if source is not None:
        return source()
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    return made_of(milliseconds, (nanoseconds * 4096 // 1_000_000) << 68 | int.from_bytes(os.urandom(8), "big"))


def made_of(milliseconds: int, tail: int) -> UUID:
    """The id of an instant (Unix time in milliseconds) with these 80 random bits."""
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (tail >> 68 & 0xFFF) << 64
    return UUID(int=value | 0b10 << 62 | tail & 0x3FFFFFFFFFFFFFFF)


@contextmanager
def ids_from(source: Callable[[], UUID]) -> Iterator[None]:
    """Take ids from a source that can be repeated: for the demo and the simulation, beside `work.clock`."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
