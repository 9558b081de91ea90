"""Identifiers: UUID version 7 (RFC 9562), so that new rows land together in an index."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_source: ContextVar[Callable[[], UUID] | None] = ContextVar("source", default=None)


def new_id() -> UUID:
    """A fresh id. The first 48 bits are the Unix time in milliseconds, the rest is random."""
    source = _source.get()
    if source is not None:
        return source()
    return made_of(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big"))


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
