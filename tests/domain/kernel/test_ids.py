import time
from uuid import RFC_4122

from domain.kernel.ids import new_id


def test_an_id_is_a_uuid_of_version_seven() -> None:
    made = [new_id() for _ in range(1000)]
    assert all(id.version == 7 and id.variant == RFC_4122 for id in made)
    assert len(set(made)) == len(made)


def test_an_id_starts_with_its_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    id = new_id()
    after = time.time_ns() // 1_000_000
    assert before <= id.int >> 80 <= after


def test_later_ids_sort_later() -> None:
    first = new_id()
    time.sleep(0.002)
    second = new_id()
    assert first < second and str(first) < str(second)


def test_every_random_bit_is_used() -> None:
    seen_set = seen_clear = 0
    for _ in range(200):
        seen_set |= new_id().int
        seen_clear |= ~new_id().int
    random_bits = (0xFFF << 64) | ((1 << 62) - 1)
    assert seen_set & random_bits == random_bits
    assert seen_clear & random_bits == random_bits
