"""Asking a virus scanner about files that were stored: clamd's INSTREAM over TCP.

The scanner is a program of its own (`WHOLESALE_CLAMD`), so the worker asks it and no command waits for it. When it
does not answer, files stay where they are, unread, and the next tick asks again.
"""

from __future__ import annotations

import logging
import socket
import struct

from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.settings import settings
from domain.kernel.work import begin, run

_PATIENCE_S = 30.0
_PIECE = 64 * 1024
_log = logging.getLogger(__name__)


class ScannerSilent(Exception):
    """The scanner does not answer."""


class ScannerPuzzling(Exception):
    """The scanner said something that is neither yes nor no; the file stays unread."""


def scan_waiting() -> int:
    """Ask the scanner about what waits for it. Returns how many files were scanned.

    Raises: ScannerSilent at once, ScannerPuzzling after the other files were asked about.
    """
    address = settings().clamd
    if address is None:
        return 0
    system = Actor.system()
    with begin(system) as work:
        waiting = files.scans_waiting(work)
    puzzling: ScannerPuzzling | None = None
    for one in waiting:
        try:
            harm = ask_clamd(address, one.path.read_bytes())
        except ScannerPuzzling as problem:  # of this one file; the others need not wait for it
            puzzling = problem
            continue
        if harm:
            _log.warning("the scanner found %s in file %s", harm, one.file_id)
        run(system, files.record_scan, file_id=one.file_id, harm=harm)
    if puzzling:
        raise puzzling
    return len(waiting)


def ask_clamd(address: str, content: bytes) -> str | None:
    """The name of what the scanner found in these bytes, or None when it found nothing.

    Raises: ScannerSilent, ScannerPuzzling.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_PATIENCE_S) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), _PIECE):
                piece = content[start : start + _PIECE]
                line.sendall(struct.pack("!I", len(piece)) + piece)
            line.sendall(struct.pack("!I", 0))
            said = b""
            while part := line.recv(4096):
                said += part
                if said.endswith(b"\0"):
                    break
    except OSError as problem:
        raise ScannerSilent(f"The virus scanner at {address} does not answer.") from problem
    answer = said.rstrip(b"\0\n").decode("utf-8", "replace")
    if answer == "stream: OK":
        return None
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise ScannerPuzzling(f"The virus scanner at {address} said: {answer[:120]!r}")
