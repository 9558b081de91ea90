"""Durable timers: a command to run later, at most once per key.

The worker fires what is due through `domain.reactions.fire_due_timers`. Setting a timer under a
key that exists is a no-op, so a command that runs twice sets one timer.
"""

from datetime import datetime
from typing import Any

from domain.kernel.ids import new_id
from domain.kernel.work import Work


def set_timers(work: Work, command: str, due: dict[str, tuple[datetime, dict[str, Any]]]) -> None:
    """Set one timer per key: `{key: (due_at, facts of the command)}`. They are stored when the command has ended.

    The facts name an order or a purchase of the actor's own, as `set_timers` in the database sees to.
    """
    timers = work.session.info.setdefault("timers", {}).setdefault(command, [])
    timers += [
        {"id": new_id(), "key": key, "due_at": at.isoformat(), "facts": facts} for key, (at, facts) in due.items()
    ]
