"""What people look at and search for, on its way to the database without anybody waiting for it.

A screen puts a note into a bounded queue in this process, which takes microseconds and cannot fail; one thread
writes the notes in batches, as the system. When the database is out of reach they wait; when too many
wait, further ones are dropped and counted. They count people, they prove nothing: losing a few at a crash is fine.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import streamlit as st
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from app import measures
from app.sign_in import Here
from domain import identity
from domain.identity import ActivityKind, Seen
from domain.kernel.actor import Actor
from domain.kernel.settings import Unusable
from domain.kernel.work import run

WAITING_AT_MOST = 5_000
BATCH = 200
PAUSE_S = 1.0
LONGEST_WORDS = 200

# What in an address says which thing a screen shows; the rest are filters, pages and tabs.
SUBJECTS = ("order", "purchase", "product", "offer", "org")

_log = logging.getLogger("activity")


@dataclass(frozen=True, slots=True)
class _Note:
    org_id: UUID
    person_id: UUID
    kind: ActivityKind
    screen: str
    facts: dict[str, Any]
    noted_at: float  # on the clock that never jumps; only the age is told to the database


class Notebook:
    """The queue of one process, and the thread that empties it."""

    def __init__(self, waiting_at_most: int = WAITING_AT_MOST) -> None:
        self._waiting: queue.Queue[_Note] = queue.Queue(waiting_at_most)
        self._batch: list[_Note] = []  # under way, and kept here while the database is out of reach
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, here: Here, kind: ActivityKind, screen: str, facts: Mapping[str, Any]) -> None:
        """Put a note into the queue; when that is full the note is dropped and counted.

        Nothing is noted of who looks through somebody else's eyes: the person has seen nothing.
        """
        who, actor = here
        if actor.is_looking:
            return
        try:
            self._waiting.put_nowait(
                _Note(who.org_id, who.person_id, kind, screen, dict(facts), noted_at=time.monotonic())
            )
        except queue.Full:
            measures.activity_lost.labels("queue full").inc()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._keep_writing, name="activity", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what still waits, and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5)

    def flush(self) -> None:
        """Write what waits, in batches. What cannot be written for want of a database stays for the next time."""
        with self._one_at_a_time:
            while True:
                self._batch = self._batch or self._next_batch()
                if not self._batch or not self._write():
                    return
                self._batch = []

    def _keep_writing(self) -> None:
        while not self._stopping.wait(PAUSE_S):
            self.flush()
        self.flush()

    def _next_batch(self) -> list[_Note]:
        batch: list[_Note] = []
        while len(batch) < BATCH:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return batch

    def _write(self) -> bool:
        """Whether the batch is done with: written, or refused for good."""
        now = time.monotonic()
        try:
            seen = [
                Seen(
                    org_id=note.org_id, person_id=note.person_id, kind=note.kind, screen=note.screen,
                    facts=note.facts, age=timedelta(seconds=now - note.noted_at),
                )
                for note in self._batch
            ]  # fmt: skip
            run(Actor.system(), identity.record_activity, seen=seen)
        except (OperationalError, InterfaceError, TimeoutError, Unusable):
            return False
        except Exception as problem:  # the thread's edge: nobody would start it again, and all later notes would wait
            measures.activity_lost.labels("refused").inc(len(self._batch))
            _log.error("a batch of activity was refused: %s", type(problem).__name__)
        return True


notebook = Notebook()


def note_view(here: Here, screen: str) -> None:
    """Note that a screen was opened: once for each thing that it shows, however often it is drawn.

    A browser tab remembers what it showed last, so a button, a filter or a page of a table is no new view;
    another screen, another order on the same screen, and a reload are.
    """
    opened = (screen, *(st.query_params.get(name) for name in SUBJECTS))
    if st.session_state.get("opened") == opened:
        return
    st.session_state["opened"] = opened
    st.session_state.pop("searched", None)
    notebook.note(here, ActivityKind.PAGE_VIEW, screen, _shown(screen))


def _shown(screen: str) -> dict[str, str]:
    """The product that a product's page shows: what the funnel of its sellers counts. Nothing else of an address."""
    said = st.query_params.get("product") if screen == "retailer-product" else None
    try:
        return {"product": str(UUID(said))} if said else {}
    except ValueError:
        return {}


def note_search(
    here: Here, screen: str, *, find: str, results: int, ms: float | None = None, **filters: str | int | bool | None
) -> None:
    """Note a search by words or filters and how much it found: once, however often its answer is drawn.

    `ms` is how long its answer took, in milliseconds. Sorting and paging are left to the caller to leave out: they
    ask nothing new.
    """
    asked = {name: value for name, value in filters.items() if value}
    if find.strip():
        asked["find"] = find.strip()[:LONGEST_WORDS]
    if not asked or st.session_state.get("searched") == asked:
        return
    st.session_state["searched"] = asked
    took = {} if ms is None else {"ms": round(ms, 1)}
    notebook.note(here, ActivityKind.SEARCH, screen, {**asked, "results": results, **took})
