"""Identifiers are of their version, and sort as they were made."""

import time

from domain.kernel.ids import made_of, new_id


def test_ids_sort_as_they_are_made() -> None:
    made = []
    for _ in range(1000):
        made.append(new_id())
        time.sleep(0.000_001)  # more than the 244 ns that an id can tell apart
    assert made == sorted(made) and len(set(made)) == 1000
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_ids_with_nothing_but_chance_below_the_millisecond_do_not() -> None:
    tails = [1 << 79, 0]
    assert made_of(5, tails[0]) > made_of(5, tails[1])
