"""State tables as data, and the refusal of a move that they do not list."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from domain.kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)


class IllegalMove(Conflict):
    """The thing is in a state from which this step does not exist."""


def check_move(moves: Mapping[S, frozenset[S]], here: S, there: S, *, noun: str) -> None:
    """Raise `IllegalMove` unless `moves` lists the step from `here` to `there`."""
    if there not in moves.get(here, frozenset()):
        was, asked = (state.replace("_", " ").lower() for state in (here, there))
        raise IllegalMove(f"This {noun} is {was}, so it cannot become {asked}.")
