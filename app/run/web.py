"""The web process as the supervisor starts it, and as the benches measure it."""

from __future__ import annotations

import sys


def command(port: int) -> list[str]:
    """uvicorn on this port of this machine; a proxy in front of it brings TLS and other machines."""
    return [
        sys.executable, "-m", "uvicorn", "app.asgi:app", "--host", "127.0.0.1", "--port", str(port),
        "--no-server-header",
    ]  # fmt: skip
