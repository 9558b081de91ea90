"""The mail server of development: it keeps every letter as a file in the data folder and sends none.

It listens on loopback only. The newest letters are kept; a letter that comes twice (same Message-ID) is one file.
"""

from __future__ import annotations

import logging
import re
import signal
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from domain.kernel import log
from domain.kernel.ids import new_id
from domain.kernel.settings import settings

_KEPT = 1000
_LARGEST = 5_000_000


class Keeper:
    """Writes what arrives into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        keep(self._folder, envelope.content)
        return "250 Message kept"


def keep(folder: Path, content: bytes) -> Path:
    """Keep one letter under a name made of its Message-ID, and forget the oldest beyond the newest thousand."""
    given = str(message_from_bytes(content).get("Message-ID", ""))
    name = re.sub(r"[^A-Za-z0-9-]", "", given.partition("@")[0])[:80] or str(new_id())
    file = folder / f"{name}.eml"
    file.write_bytes(content)
    for old in sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)
    return file


def listening(folder: Path, port: int) -> Controller:
    """A sink in a thread of its own; `stop()` ends it."""
    sink = Controller(
        Keeper(folder), hostname="127.0.0.1", port=port, ready_timeout=20, data_size_limit=_LARGEST,
        ident="Wholesale OS mail sink",
    )  # fmt: skip
    sink.start()
    return sink


def main() -> None:
    log.setup("mail")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes down who gets what
    known, ended = settings(), threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    sink = listening(known.folder("mail"), known.mail_port)
    ended.wait()
    sink.stop()


if __name__ == "__main__":
    main()
