"""The guard: ends what the supervisor started when the supervisor itself was killed.

It reads the supervisor's pipe: `+123` and `-123` tell which process groups live, `done` that all was
stopped in order. When the pipe ends without `done`, the supervisor is dead, and the groups and the
embedded database must not live on unseen. It holds a lock, so that the next start waits for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

_GRACE_S = 5


def main(home: Path) -> None:
    (home / "run").mkdir(parents=True, exist_ok=True)
    with open(home / "run" / "guard.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        groups: set[int] = set()
        for line in sys.stdin:
            word = line.strip()
            if word == "done":
                return
            (groups.add if word.startswith("+") else groups.discard)(int(word[1:]))
        _end(groups)
        from domain.kernel import postgres

        postgres.stop(home)


def _end(groups: set[int]) -> None:
    until = time.monotonic() + _GRACE_S
    for group in groups:
        _signal(group, signal.SIGTERM)
    while any(_signal(group, 0) for group in groups) and time.monotonic() < until:
        time.sleep(0.1)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, sign: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)
        return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
