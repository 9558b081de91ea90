"""The case `sign-in` of `wholesale bench`: whether time tells a known address from an unknown one, and what it costs.

Wrong passwords are tried for an address that has an account and for one that has none, in turns that change places,
so that what else the machine does falls on both alike; what is compared are the pairs. Each try comes from an
address of its own, as the limit of tries would answer otherwise. Beside it stands argon2 alone, in the same
turns: what of a sign-in is the hashing.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import time
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.benches.machine import machine_cpu_s, scratch
from domain import identity
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import run

KNOWN, UNKNOWN = "owner@known.example", "owner@unknown.example"
PASSWORD, WRONG = "a sentence for the bench", "another sentence for it"
WARM_UP, FEWEST = 3, 10
_places = count(1)


@dataclass(frozen=True)
class Result:
    """`difference_ms` is known less unknown, the mean of all pairs, with the ends of its 95 % interval.

    `cpu_difference_ms` is the same of our processor time, which holds on a busy machine as well.
    `argon2_share` is the processor time of the hashing alone in that of a refused sign-in. `foreign` is the share of
    the machine that others used meanwhile.
    """

    pairs: int
    known_ms: float
    unknown_ms: float
    difference_ms: float
    low_ms: float
    high_ms: float
    cpu_difference_ms: float
    refused_cpu_ms: float
    right_cpu_ms: float
    argon2_ms: float
    argon2_cpu_ms: float
    argon2_share: float
    foreign: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure(*, seconds: float = 0.0, tries: int | None = None) -> Result:
    """Try for this long, and at least ten pairs; with `tries`, exactly so many wrong passwords, half of them each."""
    with scratch(_fill):
        return _measure(seconds, max(FEWEST, tries // 2) if tries else None)


def _fill() -> None:
    org_id = run(
        Actor.system(), identity.register_organization, request_id=uuid4(), kind=OrgKind.RETAILER, name="Bench shop",
        country_code="DE", time_zone="Europe/Berlin",
    )  # fmt: skip
    run(
        Actor.system(), identity.add_member, request_id=uuid4(), org_id=org_id, email=KNOWN, name="Somebody",
        variant=Variant.BUSINESS_OWNER, password=PASSWORD,
    )  # fmt: skip


def _measure(seconds: float, pairs: int | None) -> Result:
    hasher = PasswordHasher()
    stored = hasher.hash(PASSWORD)
    cases = {
        "known": lambda: _try(KNOWN, WRONG),
        "unknown": lambda: _try(UNKNOWN, WRONG),
        "right": lambda: _try(KNOWN, PASSWORD),
        "argon2": lambda: _hash_alone(hasher, stored),
    }
    for _ in range(WARM_UP):
        for case in cases.values():
            case()
    wall: dict[str, list[float]] = {name: [] for name in cases}
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    order, draw = list(cases), random.Random(1)
    began, machine, mine = time.monotonic(), machine_cpu_s(), time.process_time()

    def is_done() -> bool:
        done = len(wall["known"])
        return done >= pairs if pairs else done >= FEWEST and time.monotonic() - began >= seconds

    while not is_done():
        draw.shuffle(order)
        for name in order:
            at, used = time.perf_counter(), time.process_time()
            cases[name]()
            wall[name].append((time.perf_counter() - at) * 1000)
            cpu[name].append((time.process_time() - used) * 1000)
    took = time.monotonic() - began
    others = max(0.0, machine_cpu_s() - machine - (time.process_time() - mine))
    differences = _pairs(wall)
    mean = statistics.mean(differences)
    half = 1.96 * statistics.stdev(differences) / len(differences) ** 0.5
    refused = statistics.median(cpu["known"] + cpu["unknown"])
    return Result(
        pairs=len(differences), known_ms=statistics.mean(wall["known"]), unknown_ms=statistics.mean(wall["unknown"]),
        difference_ms=mean, low_ms=mean - half, high_ms=mean + half,
        cpu_difference_ms=statistics.mean(_pairs(cpu)), refused_cpu_ms=refused,
        right_cpu_ms=statistics.median(cpu["right"]), argon2_ms=statistics.median(wall["argon2"]),
        argon2_cpu_ms=statistics.median(cpu["argon2"]), argon2_share=statistics.median(cpu["argon2"]) / refused,
        foreign=min(1.0, others / (took * (os.cpu_count() or 1))),
    )  # fmt: skip


def _pairs(taken: dict[str, list[float]]) -> list[float]:
    return [one - other for one, other in zip(taken["known"], taken["unknown"], strict=True)]


def _try(email: str, password: str) -> None:
    run(
        Actor.system(), identity.sign_in, email=email, password=password, nonce=uuid4().hex,
        address=f"place {next(_places)}",
    )  # fmt: skip


def _hash_alone(hasher: PasswordHasher, stored: str) -> None:
    with contextlib.suppress(VerifyMismatchError):
        hasher.verify(stored, WRONG)
