"""Let many people act at the same instant, over several processes with real commits."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin, run

DONE = "done"


@dataclass(frozen=True)
class Try:
    """One command of one person."""

    actor: Actor
    command: Callable[..., Any]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """`what` is "done", or the name of the refusal; an answer of `crash:` is a defect."""

    what: str
    answer: Any
    seconds: float


def race(tries: Sequence[Try], *, processes: int = 2) -> list[Outcome]:
    """Start all tries at one barrier, dealt out in turn to the processes; the outcomes in their order."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(len(tries)), context.Queue()
    numbered = list(enumerate(tries))
    started = [
        context.Process(target=_run_share, args=(numbered[share::processes], barrier, answers))
        for share in range(processes)
    ]
    for process in started:
        process.start()
    found = dict(answers.get(timeout=120) for _ in tries)
    for process in started:
        process.join(30)
    return [found[number] for number in range(len(tries))]


def _run_share(share: list[tuple[int, Try]], barrier: Any, answers: Any) -> None:
    def attempt(number: int, wanted: Try) -> None:
        with begin(wanted.actor):
            pass  # connected before the race, so that it begins for all at once
        barrier.wait(60)
        start = time.monotonic()
        what, answer = DONE, None
        try:
            answer = run(wanted.actor, wanted.command, **wanted.facts)
        except DomainError as refusal:
            what = type(refusal).__name__
        except Exception as problem:
            what = f"crash: {problem!r}"
        answers.put((number, Outcome(what, answer, time.monotonic() - start)))

    threads = [threading.Thread(target=attempt, args=pair) for pair in share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
