"""Log lines: one JSON object a line, the same fields everywhere, nothing personal.

A line may carry the reference number that a user was shown, the organisation, the actor, the command,
its milliseconds and its statements: `log.info("placed", extra={"command": "place_order", "ms": 12})`.
Ids only: no name, address or content of a form belongs in a log.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler

from domain.kernel.settings import settings

FIELDS = ("reference", "org", "actor", "command", "ms", "statements")
_FILE_BYTES = 5_000_000
_FILES = 5


class JsonLines(logging.Formatter):
    def __init__(self, process_name: str) -> None:
        super().__init__()
        self._process_name = process_name

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process_name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def setup(process_name: str, *, to_file: bool = False) -> None:
    """Send this process's log lines to stderr, or to `<home>/logs/<process_name>.log`, which rotates."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if to_file:
        file = settings().folder("logs") / f"{process_name}.log"
        handler = RotatingFileHandler(file, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
    handler.setFormatter(JsonLines(process_name))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("alembic", "procrastinate", "httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
