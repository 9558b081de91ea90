"""The stage of the demo: a simulated clock, a seeded random source, and an agenda of what happens when.

Stories are generators: they do something through the domain's commands, say at which instant they go on, and
are resumed then. What would go on after today stays as it is, so a market always has orders in all states.
"""

import heapq
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import event

from domain.kernel import database
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.ids import ids_from, made_of
from domain.kernel.work import clock, run

Story = Generator[datetime, None, None]
Scene = Callable[[], Story | None]

_OPENS, _CLOSES = 7, 17  # hours of UTC in which people of these companies work


class Stage:
    """What all stories share. `now` is the simulated present, `today` the instant at which the demo ends."""

    def __init__(self, today: datetime, seed: int) -> None:
        self.random = Random(seed)
        self.today = today
        self.now = today
        self._ids = Random(seed + 1)
        self._agenda: list[tuple[datetime, int, Any]] = []
        self._counted = 0
        self.refused: list[str] = []

    # --- the agenda ---------------------------------------------------------------------------

    def at(self, moment: datetime, scene: Scene) -> None:
        """Let something happen at an instant; what it returns, if anything, is the story that follows."""
        self._push(moment, scene)

    def tell(self, story: Story) -> None:
        """Begin a story now."""
        try:
            self._push(next(story), story)
        except StopIteration:
            return

    def play(self) -> None:
        """Everything on the agenda up to today, in its order."""
        while self._agenda and self._agenda[0][0] <= self.today:
            moment, _, thing = heapq.heappop(self._agenda)
            self.now = max(self.now, moment)
            if callable(thing):
                following = thing()
                if following is not None:
                    self.tell(following)
            else:
                self.tell(thing)
        self.now = self.today

    def _push(self, moment: datetime, thing: Any) -> None:
        self._counted += 1
        heapq.heappush(self._agenda, (moment, self._counted, thing))

    # --- time -----------------------------------------------------------------------------------

    def in_hours(self, least: float, most: float) -> datetime:
        """An instant so many hours from now, moved into the next working hours."""
        return self.working(self.now + timedelta(hours=self.random.uniform(least, most)))

    def working(self, moment: datetime) -> datetime:
        """The instant itself when somebody is at work then, else one in the morning of the next working day."""
        if moment.hour >= _CLOSES:
            moment = self._morning(moment + timedelta(days=1))
        elif moment.hour < _OPENS:
            moment = self._morning(moment)
        while moment.weekday() > 4:
            moment += timedelta(days=1)
        return moment

    def back(self, working_days: float) -> datetime:
        """So many working days before today: where scenes stand that must have happened by now."""
        moment, left = self.today, working_days
        while left >= 1:
            moment -= timedelta(days=1)
            left -= moment.weekday() < 5
        moment -= timedelta(hours=10 * left)
        while moment.weekday() > 4 or not _OPENS <= moment.hour < _CLOSES:
            moment -= timedelta(hours=1)
        return moment

    def _morning(self, moment: datetime) -> datetime:
        return moment.replace(hour=_OPENS) + timedelta(minutes=self.random.randint(0, 170))

    # --- commands -------------------------------------------------------------------------------

    def do(self, actor: Actor, command: Callable[..., Any], **facts: Any) -> Any:
        """One command at the simulated present; time goes on by some seconds."""
        with clock(min(self.now, self.today)), ids_from(self.new_id):
            answer = run(actor, command, **facts)
        self.now += timedelta(seconds=self.random.randint(4, 40))
        return answer

    def attempt(self, actor: Actor, command: Callable[..., Any], **facts: Any) -> bool:
        """As a person would: a refusal (out of stock, too little money) is no accident. Whether it was done."""
        try:
            self.do(actor, command, **facts)
        except DomainError as refusal:
            self.note(command, refusal)
            return False
        return True

    def scene(self, play: Callable[..., None], *facts: Any) -> Scene:
        """A scene that a refusal ends early: the market of another day may lack what it is about."""

        def tried() -> None:
            try:
                play(self, *facts)
            except DomainError as refusal:
                self.note(play, refusal)

        return tried

    def note(self, command: Callable[..., Any], refusal: DomainError) -> None:
        """Remember what was refused: a few of some hundred are trade, more are a mistake in a story."""
        self.refused.append(f"{self.now:%Y-%m-%d} {command.__name__}: {refusal.sentence}")

    def new_id(self) -> UUID:
        return made_of(int(min(self.now, self.today).timestamp() * 1000), self._ids.getrandbits(80))

    @contextmanager
    def present(self) -> Iterator[None]:
        """For what reads the clock without being a command of somebody: deliveries and timers."""
        with clock(min(self.now, self.today)), ids_from(self.new_id):
            yield


@contextmanager
def quick_commits() -> Iterator[None]:
    """Do not wait for the disk after each of thousands of commands; the last commit brings all to it."""
    engine = database.engine()

    def relax(connection: Any, record: Any, proxy: Any) -> None:
        if "is_relaxed" not in record.info:
            connection.autocommit = True  # a setting made inside a transaction would go with its rollback
            connection.execute("set synchronous_commit = off")
            connection.autocommit = False
            record.info["is_relaxed"] = True

    event.listen(engine, "checkout", relax)
    try:
        yield
    finally:
        event.remove(engine, "checkout", relax)
        database.dispose()
